"""What everybody is shown: answered before any session is looked up, by its own headers, so often and no oftener."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from access.front import FRONT, RATE, Front
from access.guard import EVERYBODY, PLAIN_COOKIE, RULES
from access.hosts import Hosts
from access.rates import Rate
from publish.serve import Answer, Site, asked_whether, lists_firms
from publish.serve import _answer as made
from tests.test_guard import OURS, SITE, TOKENS, Asked, inside

OUTSIDE: dict[str, Any] = {"host": SITE, "scheme": "https", "client": ("192.0.2.1", 1)}
PATHS = ("/stats", "/stats/", "/stats/fr/index.html", "/stats/a b/é", "/api/v1", "/api/v1/metrics/hosted.json")


def test_only_these_are_answered_before_the_guard() -> None:
    assert {rule.name for rule in FRONT} == {"public-pages", "public-figures", "public-figures-asked", "partner-pages"}
    assert all(rule.who == EVERYBODY and rule.body == 0 and not rule.act for rule in FRONT)
    assert {method for rule in FRONT for method in rule.methods} == {"GET", "HEAD", "OPTIONS"}
    with pytest.raises(ValueError):
        Front(inside, {}, Hosts())
    with pytest.raises(ValueError):
        Front(inside, dict.fromkeys((rule.name for rule in RULES), inside), Hosts())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", [None, "admin"])
def test_who_asks_is_not_looked_up_and_not_passed_on(path: str, role: str | None) -> None:
    asked = Asked()
    asked.accounts.find = None  # type: ignore[method-assign,assignment]
    more = {
        "Authorization": "Bearer x",
        "X-Essaim-Session": "id-admin",
        "Accept-Encoding": "br",
        "If-None-Match": '"a"',
    }
    answer = asked(path, role=role, query="by=site", headers=more)
    assert answer.status == 200
    assert answer.json == {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": "by=site",
        "headers": [["accept-encoding", "br"], ["if-none-match", '"a"']],
    }
    assert answer.headers["content-security-policy"].endswith("frame-ancestors *"), "its headers are its own"
    assert not answer.headers.keys() & {"set-cookie", "x-robots-tag", "x-frame-options", "cache-control"}
    assert PLAIN_COOKIE not in str(answer.headers) and TOKENS["admin"] not in str(answer.json)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_nothing_can_be_done_there(path: str, method: str) -> None:
    assert Asked()(path, method, "admin", headers=OURS).status == 404


def test_behind_the_guard_these_addresses_are_none() -> None:
    """Were the front ever left out, Streamlit would not be asked instead."""
    asked = Asked()
    front: Any = asked.app
    asked.app = front.app
    for path in PATHS:
        for role in (None, "admin"):
            assert asked(path, role=role).status == 404


def test_a_foreign_name_and_an_open_line_are_refused() -> None:
    for given in ({"host": "park.example"}, {"host": None}, {**OUTSIDE, "host": "park.example"}):
        refused = Asked(Hosts.named([SITE]))("/stats/", **given)
        assert refused.status == 403 and b"path" not in refused.body
    assert Asked(Hosts.named([SITE]))("/stats/", **{**OUTSIDE, "scheme": "http"}).status == 403
    answer = Asked(Hosts.named([SITE]))("/stats/", **OUTSIDE)
    assert answer.status == 200 and answer.headers["strict-transport-security"]
    assert "strict-transport-security" not in Asked()("/stats/").headers


def test_requests_are_counted_by_address_whoever_asks() -> None:
    asked = Asked(Hosts.named([SITE]), rate=Rate(3, 0.5))
    statuses = [asked("/stats/", role=role, **OUTSIDE).status for role in (None, "admin", "leader", None)]
    assert statuses == [200, 200, 200, 429]
    refused = asked("/api/v1/metrics", **OUTSIDE)
    assert refused.status == 429 and int(refused.headers["retry-after"]) >= 1
    assert refused.headers["access-control-allow-origin"] == "*" and refused.headers["cache-control"] == "no-store"
    assert asked("/stats/", **{**OUTSIDE, "client": ("192.0.2.2", 1)}).status == 200
    # A neighbour in the same /64 of IPv6 is the same, and what is asked of the inside is counted apart.
    six = [asked("/stats/", **{**OUTSIDE, "client": (f"2001:db8::{n}", 1)}).status for n in range(1, 5)]
    assert six == [200, 200, 200, 429]
    assert asked("/entries", role="leader", **OUTSIDE).status == 200


def test_how_often_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESSAIM_STATS_RATE", raising=False)
    assert Rate.from_environment("ESSAIM_STATS_RATE", RATE) == Rate(500, 50)
    monkeypatch.setenv("ESSAIM_STATS_RATE", " 7 ")
    assert Rate.from_environment("ESSAIM_STATS_RATE", RATE) == Rate(70, 7)
    monkeypatch.setenv("ESSAIM_STATS_RATE", "0")
    assert Rate.from_environment("ESSAIM_STATS_RATE", RATE) is None
    for wrong in ("many", "-1", "1.5", "9999999"):
        monkeypatch.setenv("ESSAIM_STATS_RATE", wrong)
        with pytest.raises(SystemExit, match="ESSAIM_STATS_RATE"):
            Rate.from_environment("ESSAIM_STATS_RATE", RATE)
    unbounded = Asked(rate=None)
    assert {unbounded("/stats/").status for _ in range(30)} == {200}


def test_what_breaks_says_a_reference_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the secret of Villa Bleue")

    answer = Asked(shown=broken)("/stats/")
    assert answer.status == 500 and b"Villa" not in answer.body and b"Traceback" not in answer.body
    reference = answer.body.decode().rsplit(" ", 1)[1].strip(".\n")
    assert reference in caplog.text
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_scripts_of_any_page_may_read_figures_and_do_nothing_else() -> None:
    told = asked_whether("/api/v1/metrics/hosted.json")
    headers = dict(told.headers)
    assert told.status == 204 and headers[b"access-control-allow-origin"] == b"*"
    assert headers[b"access-control-allow-methods"] == b"GET, HEAD"
    assert b"access-control-allow-credentials" not in headers
    for path in ("/stats/", "/api/v10/metrics", "/api", "/"):
        assert asked_whether(path).status == 404


def test_embeds_alone_may_stand_in_frames_of_others() -> None:
    for name in ("en/index.html", "r/1/en/embed/a.html", "embedded.html", "data/embed/a.svg", "assets/embed/a.css"):
        headers = dict(made(name, b"x", "0" * 64, "").headers)
        assert headers[b"content-security-policy"].endswith(b"frame-ancestors 'none'"), name
        assert headers[b"x-frame-options"] == b"DENY"
    for name in ("embed/hosted.html", "embed/hosted.svg"):
        headers = dict(made(name, b"x", "0" * 64, "").headers)
        assert headers[b"content-security-policy"].endswith(b"frame-ancestors *") and b"x-frame-options" not in headers
        assert headers[b"content-security-policy"].startswith(b"default-src 'none'")


def test_what_may_change_is_not_kept_for_ever() -> None:
    def kept(name: str) -> bytes:
        return dict(made(name, b"x", "0" * 64, "").headers)[b"cache-control"]

    assert kept("assets/site.0a1b2c3d.css").endswith(b"immutable")
    for name in (
        "assets/logo.svg",
        "en/index.html",
        "r/1/en/index.html",
        "r/1/data/hosted.csv",
        "embed/a.0a1b2c3d.svg",
    ):
        assert kept(name) == b"public, max-age=300", name


@pytest.mark.parametrize("name", ["/stats/fr/directory.html", "/stats/r/3/data/directory.csv", "directory/it.html"])
def test_firms_are_listed_under_names_that_say_so(name: str) -> None:
    assert lists_firms(name) and not lists_firms(name.replace("directory", "director")), name
    assert lists_firms("api/v1/current/directory.by-sector.json") and not lists_firms("/stats/fr/index.html")


def test_every_answer_of_the_site_is_dressed() -> None:
    found: list[Answer] = [asked_whether("/api/v1/"), asked_whether("/"), made("a.html", b"", "0" * 64, "")]
    shelf = Site("nowhere", "/stats").shelf
    found += [shelf.answer(path) for path in ("/stats", "/stats/", "/elsewhere", "/api/v1/metrics")]
    for answer in found:
        headers = dict(answer.headers)
        for name in (b"content-security-policy", b"x-content-type-options", b"referrer-policy", b"cache-control"):
            assert name in headers, answer
        assert b"set-cookie" not in headers
