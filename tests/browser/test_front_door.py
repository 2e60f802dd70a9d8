"""The running app's front door: health, headers, and what no visitor may reach."""

from __future__ import annotations

import http.client

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.started import Running

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")


def answer(app: Running, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.request(method, path, headers=headers, body=b"x" if method == "PUT" else None)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_app_says_that_it_is_well(sample_app: Running, path: str) -> None:
    assert answer(sample_app, "GET", path)[0] == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health", "/nothing-here"])
def test_every_answer_carries_the_policy(sample_app: Running, path: str) -> None:
    _, headers, _ = answer(sample_app, "GET", path)
    assert "script-src 'self' 'sha256-" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health"])
def test_another_host_name_is_refused(sample_app: Running, path: str) -> None:
    assert answer(sample_app, "GET", path, Host="park.example")[0] == 403


def test_a_websocket_for_another_host_name_is_refused(sample_app: Running) -> None:
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert answer(sample_app, "GET", "/_stcore/stream", Host="park.example", **asked)[0] == 403


def test_no_file_can_be_pushed_into_memory_without_a_session_and_its_token(sample_app: Running) -> None:
    assert answer(sample_app, "PUT", "/_stcore/upload_file/session/file")[0] == 403
    assert answer(sample_app, "GET", "/_stcore/upload_file/session/file")[0] == 404
    assert answer(sample_app, "GET", "/_stcore/metrics")[0] == 404


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
        _, headers, body = answer(sample_app, "GET", path, **{"Accept-Language": accept})
        assert f'<html lang="{language}">'.encode() in body and headers["content-language"] == language


def test_scripts_go_out_compressed_and_are_kept_for_ever(sample_app: Running) -> None:
    _, _, page = answer(sample_app, "GET", "/")
    script = page.decode().split('type="module" crossorigin src=".')[1].split('"')[0]
    _, headers, body = answer(sample_app, "GET", script, **{"Accept-Encoding": "br"})
    whole = answer(sample_app, "GET", script)[2]
    assert headers["content-encoding"] == "br" and "immutable" in headers["cache-control"]
    assert len(body) < len(whole) / 2


def opened(browser: Page, app: Running, path: str = "/") -> None:
    browser.goto(app.url + path)
    expect(browser.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=60_000)
    expect(browser.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=30_000)


def test_a_first_view_is_light_and_a_second_one_lighter(sample_app: Running, chromium: Browser) -> None:
    """What goes over the wire, the frames of the WebSocket included."""
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 1000})
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
    page = chromium.new_page(locale="en-GB", viewport={"width": 1440, "height": 1000})
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


def test_less_motion_for_those_who_ask_for_it(sample_app: Running, chromium: Browser) -> None:
    page = chromium.new_page(locale="en-GB", reduced_motion="reduce")
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
    page = chromium.new_page(locale="en-GB", viewport={"width": 794, "height": 1123})
    opened(page, sample_app)
    page.emulate_media(media="print")
    for hidden in ("stPopover", "stHeader", "stButtonGroup"):
        assert not any(one.is_visible() for one in page.get_by_test_id(hidden).all()), hidden
    expect(page.get_by_test_id("stMetric").first).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") > 1500, "the whole page, not a window on it"
    page.close()
