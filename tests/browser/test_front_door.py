"""The running app's front door: health, headers, and what no visitor may reach."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from access import sessions
from access.guard import PLAIN_COOKIE
from access.headers import HEADERS, OWN_POLICY
from access.store import Store
from data.home import Home
from tests.browser.seen import seen
from tests.browser.started import Running
from tests.conftest import READER

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def answer(
    app: Running, method: str, path: str, role: str | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    if role is not None:
        headers["Cookie"] = f"{PLAIN_COOKIE}={app.session(role)}"
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.request(method, path, headers=headers, body=b"x" if method == "PUT" else None)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_app_says_that_it_is_well(sample_app: Running, path: str) -> None:
    assert answer(sample_app, "GET", path)[0] == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health", "/nothing-here", "/signin", "/media/none.csv"])
@pytest.mark.parametrize("role", [None, "admin"])
def test_every_answer_carries_the_policy(sample_app: Running, path: str, role: str | None) -> None:
    _, headers, _ = answer(sample_app, "GET", path, role=role)
    policy = headers["content-security-policy"]
    assert policy == OWN_POLICY or "script-src 'self' 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
    assert headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health"])
def test_another_host_name_is_refused(sample_app: Running, path: str) -> None:
    assert answer(sample_app, "GET", path, Host="park.example")[0] == 403


def test_a_websocket_for_another_host_name_is_refused(sample_app: Running) -> None:
    assert answer(sample_app, "GET", "/_stcore/stream", role="admin", Host="park.example", **UPGRADE)[0] == 403


def test_nobody_is_told_who_serves(sample_app: Running) -> None:
    for path in ("/", "/healthz", "/signin", "/nothing-here"):
        assert "server" not in answer(sample_app, "GET", path)[1]
    with socket.create_connection(("127.0.0.1", sample_app.port), timeout=10) as line:
        line.sendall(b"nonsense\r\n\r\n")
        assert b"uvicorn" not in line.recv(4000).lower()


@contextmanager
def socket_of(app: Running, token: str, origin: str) -> Iterator[ClientConnection]:
    headers = {"Cookie": f"{PLAIN_COOKIE}={token}", "Origin": origin}
    address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
    with connect(address, additional_headers=headers, subprotocols=[Subprotocol("streamlit")]) as line:
        yield line


def test_an_open_socket_is_cut_when_its_session_ends(sample_app: Running) -> None:
    token = sample_app.session("analyst")
    with socket_of(sample_app, token, sample_app.url) as line:
        store = Store.at(Home.at(sample_app.home))
        who = sessions.who(store, token)
        assert who is not None
        sessions.revoke(store, who.session)
        store.close()
        with pytest.raises(ConnectionClosed) as closed:
            # Nothing but the end comes within five seconds.
            while True:
                line.recv(timeout=5)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401
    with pytest.raises(InvalidStatus), socket_of(sample_app, token, sample_app.url):
        pass


def test_a_socket_opens_for_our_own_pages_alone(sample_app: Running) -> None:
    token = sample_app.session("analyst")
    for origin in ("http://park.example", "null", sample_app.url.replace("http", "https"), "http://127.0.0.1:1"):
        with pytest.raises(InvalidStatus), socket_of(sample_app, token, origin):
            pass


def test_a_page_whose_session_ended_goes_to_the_door(sample_app: Running, chromium: Browser) -> None:
    with seen(sample_app, chromium, "desktop", "fr", role=None) as visit:
        cookies = sample_app.cookies("analyst")
        visit.page.context.add_cookies(cookies)
        visit.open("/entries?lang=fr&site=Rabat")
        store = Store.at(Home.at(sample_app.home))
        who = sessions.who(store, cookies[0]["value"])
        assert who is not None
        sessions.revoke(store, who.session)
        store.close()
        expect(visit.page).to_have_url(re.compile(r"/signin\?.*next=%2Fentries"), timeout=15_000)
        expect(visit.page.get_by_label("Mot de passe")).to_be_visible()


def test_it_listens_on_loopback_alone(sample_app: Running) -> None:
    """What the kernel says: no socket listens on this port on any other address."""
    with open("/proc/net/tcp") as table4, open("/proc/net/tcp6") as table6:
        rows = [line.split() for line in [*table4.readlines()[1:], *table6.readlines()[1:]]]
    listening = {
        row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == sample_app.port
    }
    assert listening == {"0100007F"}


def test_an_address_shows_the_page_in_the_language_it_asks_for(sample_app: Running) -> None:
    for path, accept, language in (("/?lang=fr", "en", "fr"), ("/entries?lang=en", "fr", "en"), ("/", "en-GB", "en")):
        _, headers, body = answer(sample_app, "GET", path, role="leader", **{"Accept-Language": accept})
        assert f'<html lang="{language}">'.encode() in body and headers["content-language"] == language


def test_scripts_go_out_compressed_and_are_kept_for_ever(sample_app: Running) -> None:
    _, _, page = answer(sample_app, "GET", "/", role="leader")
    script = page.decode().split('type="module" crossorigin src=".')[1].split('"')[0]
    _, headers, body = answer(sample_app, "GET", script, role="leader", **{"Accept-Encoding": "br"})
    whole = answer(sample_app, "GET", script, role="leader")[2]
    assert headers["content-encoding"] == "br" and "immutable" in headers["cache-control"]
    assert len(body) < len(whole) / 2


def page_of(chromium: Browser, app: Running, **look: Any) -> Page:
    """A page of a new visitor who is signed in; with it goes all of the visit."""
    page = chromium.new_page(**look)
    page.context.add_cookies(app.cookies())
    return page


def opened(browser: Page, app: Running, path: str = "/") -> None:
    browser.goto(app.url + path)
    expect(browser.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=60_000)
    expect(browser.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=30_000)


def test_a_first_view_is_light_and_a_second_one_lighter(sample_app: Running, chromium: Browser) -> None:
    """What goes over the wire, the frames of the WebSocket included."""
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 1000})
    context.add_cookies(sample_app.cookies())
    weights = []
    for _ in range(2):
        page = context.new_page()
        watched = context.new_cdp_session(page)
        received: list[float] = []
        watched.on(
            "Network.loadingFinished", lambda done, received=received: received.append(done["encodedDataLength"])
        )
        watched.on(
            "Network.webSocketFrameReceived",
            lambda frame, received=received: received.append(len(frame["response"]["payloadData"])),
        )
        watched.send("Network.enable")
        opened(page, sample_app)
        page.wait_for_timeout(1000)
        weights.append(sum(received))
        page.close()
    context.close()
    first, second = weights
    assert 500_000 < first <= 2_600_000
    assert second <= 100_000


def test_what_a_reader_chose_stays_in_the_address_from_page_to_page_and_back(
    sample_app: Running, chromium: Browser
) -> None:
    page = page_of(chromium, sample_app, locale="en-GB", viewport={"width": 1440, "height": 1000})
    opened(page, sample_app)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Site", exact=True).click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Rabat", exact=True).click()
    expect(page.get_by_role("button", name="Rabat ×")).to_be_visible(timeout=20_000)
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="fr", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "fr", timeout=20_000)
    page.get_by_test_id("stTopNavLink").nth(1).click()
    expect(page).to_have_url(f"{sample_app.url}/entries?lang=fr&site=Rabat", timeout=20_000)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("button", name="Rabat ×")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(1500)
    page.go_back()
    expect(page.get_by_test_id("stMetric").first).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="Rabat ×")).to_be_visible()
    page.wait_for_timeout(1500)
    assert "site=Rabat" in page.url and "lang=fr" in page.url
    page.close()


def test_signing_out_in_the_frame_ends_every_page_of_the_session(sample_app: Running, chromium: Browser) -> None:
    with seen(sample_app, chromium, "phone", "en", role="leader") as visit:
        visit.open("/?lang=en")
        other = visit.page.context.new_page()
        opened(other, sample_app, "/sites?lang=en")
        visit.page.locator(".st-key-reader").get_by_role("button", name=READER).click()
        visit.page.get_by_role("button", name="Sign out").click()
        for page in (visit.page, other):
            expect(page).to_have_url(re.compile("/signin"), timeout=15_000)


def test_less_motion_for_those_who_ask_for_it(sample_app: Running, chromium: Browser) -> None:
    page = page_of(chromium, sample_app, locale="en-GB", reduced_motion="reduce")
    opened(page, sample_app)
    longest = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll('*')].flatMap(one => {
            const style = getComputedStyle(one)
            const times = [style.transitionDuration, style.animationDuration]
            return times.flatMap(text => text.split(',').map(parseFloat))
        }))"""
    )
    assert longest <= 0.01
    page.close()


def test_paper_has_no_bars_and_no_buttons(sample_app: Running, chromium: Browser) -> None:
    page = page_of(chromium, sample_app, locale="en-GB", viewport={"width": 794, "height": 1123})
    opened(page, sample_app)
    page.emulate_media(media="print")
    for hidden in ("stPopover", "stHeader", "stButtonGroup"):
        assert not any(one.is_visible() for one in page.get_by_test_id(hidden).all()), hidden
    expect(page.get_by_test_id("stMetric").first).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") > 1500, "the whole page, not a window on it"
    page.close()
