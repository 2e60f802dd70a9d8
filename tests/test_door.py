"""The way in as a program asks it: marks on forms, cookies, what a refusal says, files that are handed out once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Message

from access import accounts, gate, sessions, setup, tickets
from access.door import Door, attached
from access.guard import HOST_COOKIE, PLAIN_COOKIE, Guard
from access.headers import OWN_POLICY, SecurityHeaders
from access.hosts import Hosts
from access.looks import Looks
from access.store import Store
from data.home import Home
from tests.conftest import awaited
from tests.test_guard import HERE, SITE, Answer

NAME, PASSWORD = "amal@park.example", "quatre ruches sous la pluie"


class Browser:
    """Asks the door through its guard, keeps cookies, and sends forms as a page of ours would."""

    def __init__(self, store: Store, site: str | None = None) -> None:
        door = Door(store, b"s" * 48, Looks(lambda name: f"./app/static/{name}", lambda asked, accepted: asked or "en"))
        hosts = Hosts.named([site] if site else [])
        self.app = Starlette(
            routes=door.routes(),
            middleware=[
                Middleware(SecurityHeaders, policy="default-src 'none'"),
                Middleware(Guard, **gate.asks(store), hosts=hosts),
            ],
        )
        self.host, self.scheme = site or HERE, "https" if site else "http"
        self.client = "192.0.2.7" if site else "127.0.0.1"
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        return awaited(self._ask(method, path, body, headers))

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        bare, _, query = path.partition("?")
        told = {"host": self.host, "cookie": "; ".join(f"{a}={b}" for a, b in self.cookies.items()), **headers}
        scope = {
            "type": "http",
            "method": method,
            "path": bare,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in told.items() if value],
            "scheme": self.scheme,
            "server": ("127.0.0.1", 8501),
            "client": (self.client, 1),
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        self.set = [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]
        for cookie in self.set:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        kept = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], kept, b"".join(one.get("body", b"") for one in sent[1:]))

    def mark(self, path: str) -> str:
        found = re.search(rb'name="csrf" value="([0-9a-f]{64})"', self.ask("GET", path).body)
        assert found
        return found.group(1).decode()

    def send(self, path: str, origin: str | None = None, **fields: str) -> Answer:
        return self.ask(
            "POST",
            path,
            urlencode(fields).encode(),
            **{"Content-Type": "application/x-www-form-urlencoded", "Origin": origin or f"{self.scheme}://{self.host}"},
        )

    def sign_in(self, name: str = NAME, password: str = PASSWORD, **more: str) -> Answer:
        return self.send("/signin", csrf=self.mark("/signin"), name=name, password=password, **more)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.at(Home.at(tmp_path))
    accounts.add(made, NAME, "analyst", (), PASSWORD)
    yield made
    made.close()


def test_signing_in_gives_a_cookie_that_no_script_reads(store: Store) -> None:
    browser = Browser(store)
    answer = browser.sign_in(next="/entries?lang=fr")
    assert (answer.status, answer.headers["location"]) == (303, "/entries?lang=fr")
    cookie = next(one for one in browser.set if one.startswith(PLAIN_COOKIE + "="))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Secure" not in cookie
    who = sessions.who(store, browser.cookies[PLAIN_COOKIE])
    assert who is not None and who.name == NAME
    outside = Browser(store, SITE)
    outside.sign_in()
    cookie = next(one for one in outside.set if one.startswith(HOST_COOKIE + "="))
    assert "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert all("Secure" in one for one in outside.set)


def test_a_token_is_new_at_every_sign_in_and_the_one_before_ends(store: Store) -> None:
    browser = Browser(store)
    browser.sign_in()
    first = browser.cookies[PLAIN_COOKIE]
    assert browser.ask("GET", "/signin").status == 303
    browser.send("/signout", csrf=browser.mark("/account"))
    assert sessions.who(store, first) is None
    browser.cookies[PLAIN_COOKIE] = "x" * 43
    browser.sign_in()
    assert browser.cookies[PLAIN_COOKIE] not in ("x" * 43, first)


@pytest.mark.parametrize("mark", ["", "0" * 64, "other browser", "other form"])
def test_a_form_that_is_not_ours_does_nothing(store: Store, mark: str) -> None:
    browser = Browser(store)
    given = browser.mark("/signin")
    if mark == "other browser":
        mark = Browser(store).mark("/signin")
    elif mark == "other form":
        token = setup.reset(store, accounts.list_all(store)[0].id)
        mark = browser.mark(f"/setup/{token}")
    assert mark != given
    answer = browser.send("/signin", csrf=mark, name=NAME, password=PASSWORD)
    assert answer.status == 403 and PLAIN_COOKIE not in browser.cookies
    assert browser.send("/signin", csrf=given, name=NAME, password=PASSWORD, origin="http://park.example").status == 403
    assert PLAIN_COOKIE not in browser.cookies
    browser.sign_in()
    for path in ("/signout", "/account/sessions", "/account/totp", "/account/password"):
        browser.send(path, csrf=mark, part="others", old=PASSWORD, password="sept lanternes", again="sept lanternes")
    assert sessions.who(store, browser.cookies[PLAIN_COOKIE]) is not None


def test_a_refusal_never_says_what_was_wrong(store: Store) -> None:
    told = set()
    for name, password in ((NAME, "not this one at all"), ("nobody@park.example", PASSWORD), (NAME, ""), ("", "")):
        answer = Browser(store).sign_in(name=name, password=password)
        body = re.sub(rb'value="[^"]*"', b"", answer.body)
        told.add((answer.status, body))
        assert PASSWORD.encode() not in answer.body
    assert len(told) == 1 and next(iter(told))[0] == 403


def test_who_fails_again_and_again_is_told_how_long_to_wait(store: Store) -> None:
    browser = Browser(store)
    answers = [browser.sign_in(password="not this one at all") for _ in range(8)]
    late = next(one for one in answers if one.status == 429)
    assert int(late.headers["retry-after"]) > 0 and b"Wait " in late.body and b"and try again." in late.body


@pytest.mark.parametrize(
    "wanted", ["https://park.example", "//park.example", "/\\park.example", "/nothing", "/signout"]
)
def test_signing_in_leads_nowhere_else(store: Store, wanted: str) -> None:
    answer = Browser(store).sign_in(next=wanted)
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_what_is_typed_is_never_markup(store: Store) -> None:
    answer = Browser(store).sign_in(name='"><script>alert(1)</script>')
    assert b"<script" not in answer.body and b"&lt;script&gt;" in answer.body
    assert answer.headers["content-security-policy"] == OWN_POLICY
    for path in ("/signin?next=%22%3E%3Cscript%3E", "/signin?lang=%3Cscript%3E", "/setup/" + "x" * 43):
        assert b"<script" not in Browser(store).ask("GET", path).body


@pytest.mark.parametrize(
    "body, kind",
    [
        (b"csrf=1&csrf=2", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"a=%00", "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(100)), "application/x-www-form-urlencoded"),
        (b'{"name": "a"}', "application/json"),
        (b"", ""),
        (b"name=a", "text/plain"),
    ],
)
def test_what_is_no_form_is_answered_as_one_that_is_not_ours(store: Store, body: bytes, kind: str) -> None:
    browser = Browser(store)
    origin = f"http://{HERE}"
    assert browser.ask("POST", "/signin", body, **{"Content-Type": kind, "Origin": origin}).status == 403


def test_a_file_is_handed_out_once_and_to_one_session(store: Store) -> None:
    one, other = Browser(store), Browser(store)
    one.sign_in()
    other.sign_in()
    who = sessions.who(store, one.cookies[PLAIN_COOKIE])
    assert who is not None
    path = tickets.issue(who.session, 'liste "été"\r\nX: y.csv', "text/csv", lambda: b"a;b")
    assert other.ask("GET", path).status == 404
    assert Browser(store).ask("GET", path).status == 303
    answer = one.ask("GET", path)
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (200, b"a;b", "no-store")
    assert answer.headers["content-disposition"].startswith("attachment; filename=") and "x" not in answer.headers
    assert one.ask("GET", path).status == 404
    assert "\r" not in attached("a\r\nb") and '"' not in attached('a"b').replace('filename="a_b"', "")


def test_an_admin_from_elsewhere_is_sent_to_enrol_and_no_further(store: Store) -> None:
    accounts.add(store, "root@park.example", "admin", (), PASSWORD)
    browser = Browser(store, SITE)
    browser.sign_in(name="root@park.example")
    answer = browser.ask("GET", "/entries")
    assert (answer.status, answer.headers["location"]) == (303, "/account?enrol=1")
    page = browser.ask("GET", "/account?enrol=1")
    assert b"an administrator needs one here" in page.body and b"data:image/svg+xml" in page.body
    here = Browser(store)
    here.sign_in(name="root@park.example")
    assert here.ask("GET", "/entries").status == 404, "let through: this app of a test has no such page"


def test_nobody_ends_the_sessions_of_others(store: Store) -> None:
    victim, browser = Browser(store), Browser(store)
    accounts.add(store, "karim@park.example", "admin", (), PASSWORD)
    victim.sign_in(name="karim@park.example")
    who = sessions.who(store, victim.cookies[PLAIN_COOKIE])
    assert who is not None
    browser.sign_in()
    browser.send("/account/sessions", csrf=browser.mark("/account"), part="one", session=who.session)
    assert sessions.who(store, victim.cookies[PLAIN_COOKIE]) is not None


def test_the_session_says_whether_it_is_one(store: Store) -> None:
    browser = Browser(store)
    assert browser.ask("GET", "/session").status == 401
    browser.sign_in()
    assert browser.ask("GET", "/session").status == 204
    store_now: Any = browser.cookies[PLAIN_COOKIE]
    who = sessions.who(store, store_now)
    assert who is not None
    accounts.disable(store, who.account)
    assert browser.ask("GET", "/session").status == 401


def test_a_reset_link_asks_for_the_second_factor_all_the_same(store: Store) -> None:
    account = accounts.list_all(store)[0]
    browser, fresh = Browser(store), "sept lanternes au bord du quai"
    path = setup.path(setup.reset(store, account.id))
    answer = browser.send(path, csrf=browser.mark(path), password=fresh, again=fresh)
    assert (answer.status, answer.headers["location"]) == (303, "/signin?lang=en&done=1")
    assert PLAIN_COOKIE not in browser.cookies and browser.ask("GET", path).status == 404
    assert browser.sign_in(password=fresh).status == 303
