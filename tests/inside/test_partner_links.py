"""Partners' links: what opens them, for how long, and that everything else answers like nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from access import __main__ as cli
from access.log import Log
from access.partner_door import PartnerDoor
from access.partner_links import LONGEST, PartnerLinks, Refusal
from access.rates import Rate
from access.roles import Who
from access.store import Store
from access.tables import partner_link, tables
from data import store as database
from data.home import Home
from data.ledger import EDITION, Ledger
from tests.conftest import awaited
from tests.inside.conftest import Clock, quick_store
from tests.inside.conftest import home as each_home  # noqa: F401 (a fixture: on each kind of database)

KEY = b"a secret of enough bytes for these"
BY = Who(1, "Nadia", "publisher")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One kind of database will do for most."""
    return Home.at(tmp_path / "home")


@pytest.fixture
def links(store: Store) -> PartnerLinks:
    return PartnerLinks(store, KEY)


def token_of(path: str) -> str:
    prefix, token, rest = path.rsplit("/", 2)
    assert (prefix, rest) == ("/partner", "")
    return token


def kinds(store: Store) -> list[str]:
    return [entry.kind for entry in Log(store).events()]


def test_a_link_opens_what_it_is_for_until_its_last_day(each_home: Home, clock: Clock) -> None:  # noqa: F811
    store = quick_store(each_home, clock)
    links = PartnerLinks(store, KEY)
    made, path = links.issue(" Banque  du Sud ", 30, by=BY)
    token = token_of(path)
    assert (made.audience, made.made_by, made.state) == ("Banque du Sud", "Nadia", "good")
    clock.move(days=29, hours=23)
    opened = links.opened(token)
    assert opened is not None and opened.audience == "Banque du Sud"
    assert links.every()[0].used_at == clock.at
    clock.move(hours=2)
    assert links.opened(token) is None and links.every()[0].state == "expired"
    assert kinds(store)[:3] == ["partner-link-refused", "partner-link-opened", "partner-link-made"]
    clock.move(days=-40)
    assert links.opened(token) is None, "a clock set back before it was made opens nothing"
    store.close()


def test_a_link_that_was_taken_back_opens_nothing_from_then_on(links: PartnerLinks, store: Store) -> None:
    made, path = links.issue("Banque", by=BY)
    other, second = links.issue("Banque", by=BY)
    assert links.opened(token_of(path)) and links.opened(token_of(second))
    assert links.revoke(made.number, by=BY) and not links.revoke(made.number, by=BY) and not links.revoke(99, by=BY)
    assert links.opened(token_of(path)) is None and links.opened(token_of(second)) == links.every()[0]
    assert [(one.number, one.state) for one in links.every()] == [(other.number, "good"), (made.number, "revoked")]
    assert kinds(store).count("partner-link-revoked") == 1


def forgeries(token: str) -> list[str]:
    opener, signature = token.split(".")
    turned = opener[:-1] + ("A" if opener[-1] != "A" else "B")
    return [
        "",
        opener,
        f"{opener}.",
        f"{opener}.{signature[:-2]}AA",
        f"{turned}.{signature}",
        f"{opener}.{opener}",
        f"{signature}.{opener}",
        token + "A",
        f" {token}",
        token.replace(".", "%2e"),
        "é" * 43 + "." + signature,
    ]


def test_what_nobody_signed_opens_nothing_and_asks_the_database_nothing(
    links: PartnerLinks, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = links.issue("Banque", by=BY)
    stranger = PartnerLinks(store, b"another secret of enough bytes, yes")
    unknown = token_of(links.issue("Banque", by=BY)[1])
    with store.writing() as connection:
        connection.execute(sa.delete(partner_link).where(partner_link.c.number == 2))
    assert links.opened(unknown) is None and stranger.opened(token_of(path)) is None
    monkeypatch.setattr(store, "reading", lambda: pytest.fail("the database was asked"))
    assert [one for one in forgeries(token_of(path)) if links.opened(one)] == []


@pytest.mark.parametrize("column", ["audience", "expires_at"])
def test_a_row_that_was_altered_opens_nothing(links: PartnerLinks, store: Store, clock: Clock, column: str) -> None:
    _, path = links.issue("Banque", 5, by=BY)
    clock.move(days=400)
    later = clock.at
    clock.move(days=-400)
    with store.writing() as connection:
        changed: Any = {"audience": "Another", "expires_at": later}[column]
        connection.execute(sa.update(partner_link).values({column: changed}))
    assert links.opened(token_of(path)) is None and links.every()[0].state == "altered"


def test_the_database_holds_nothing_that_opens_anything(links: PartnerLinks, store: Store) -> None:
    _, path = links.issue("Banque", by=BY)
    opener = token_of(path).split(".")[0]
    with store.reading() as connection:
        told = [str(row) for table in tables.tables.values() for row in connection.execute(sa.select(table))]
    assert told and not any(opener in row for row in told)


@pytest.mark.parametrize(("audience", "days"), [("Banque", 0), ("Banque", LONGEST + 1), (" ", 9), ("B\0", 9)])
def test_what_is_no_link_is_refused(links: PartnerLinks, store: Store, audience: str, days: int) -> None:
    with pytest.raises(Refusal):
        links.issue(audience, days, by=BY)
    assert links.every() == [] and kinds(store) == []


def test_links_come_to_accounts_that_are_older_than_they_are(store: Store) -> None:
    older = [table for name, table in tables.tables.items() if name != partner_link.name]
    if store.engine.dialect.name == "sqlite":
        store.home.folder.mkdir(parents=True, exist_ok=True)
    with database.writing(store.engine) as connection:
        tables.create_all(connection, tables=older)
    made = PartnerLinks(store, KEY)
    assert made.every() == [] and made.opened("a" * 43 + "." + "b" * 43) is None
    assert made.issue("Banque", by=BY)[0].number == 1


# The door


@dataclass
class Said:
    status: int
    headers: dict[str, str]
    body: bytes


def asked(door: PartnerDoor, path: str) -> Said:
    """What the door answers."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"if-none-match", b"*")]}
    awaited(door(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Said(sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:]))


def pages(audience: str) -> Callable[[Scope, Receive, Send], Any] | None:
    """What stands for one organisation, with the headers that public pages have."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        loose = {
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": "public, max-age=300",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors *",
            "ETag": '"x"',
        }
        told = f"{audience} {scope['path']} {scope['headers']}"
        await PlainTextResponse(told, headers=loose)(scope, receive, send)

    return answer if audience == "Banque" else None


def test_the_pages_of_a_link_are_kept_nowhere_and_told_to_nobody(links: PartnerLinks) -> None:
    door = PartnerDoor(links, pages)
    path = links.issue("Banque", by=BY)[1]
    said = asked(door, f"{path}fr/index.html")
    assert (said.status, said.body) == (200, b"Banque /fr/index.html []")
    assert said.headers["cache-control"] == "no-store" and said.headers["referrer-policy"] == "no-referrer"
    assert said.headers["x-robots-tag"] == "noindex, nofollow" and said.headers["x-frame-options"] == "DENY"
    assert said.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert not {"access-control-allow-origin", "etag", "set-cookie"} & {*said.headers}
    bare = asked(door, path[:-1])
    assert bare.status == 308 and f"/partner/{bare.headers['location']}" == path
    assert bare.headers["referrer-policy"] == "no-referrer"


def test_all_links_that_open_nothing_answer_alike(links: PartnerLinks, clock: Clock) -> None:
    door = PartnerDoor(links, pages)
    old, gone, nobodys = (links.issue(name, 1, by=BY) for name in ("Banque", "Banque", "Nobody"))
    links.revoke(gone[0].number, by=BY)
    assert asked(door, old[1]).status == 200
    clock.move(days=2)
    fresh = links.issue("Banque", by=BY)[1]
    said = [asked(door, one) for one in (old[1], gone[1], nobodys[1], *(f"/partner/{f}/" for f in forgeries(fresh)))]
    assert {one.status for one in said} == {404} and len({(str(one.headers), one.body) for one in said}) == 1
    assert said[0].headers["cache-control"] == "no-store" and said[0].headers["referrer-policy"] == "no-referrer"
    # Whoever followed it learns what to do next.
    assert said[0].headers["content-type"].startswith("text/html")
    assert all(told in said[0].body.decode() for told in ("Demandez-en un autre", "Ask whoever sent it to you"))


def test_one_link_is_asked_only_so_often(links: PartnerLinks) -> None:
    door = PartnerDoor(links, pages, Rate(2, 0.01))
    path, other = (links.issue("Banque", by=BY)[1] for _ in range(2))
    assert [asked(door, path).status for _ in range(3)] == [200, 200, 429] and asked(door, other).status == 200


# The command line


def test_links_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    for name in ("ESSAIM_LEDGER", "ESSAIM_URL", "ESSAIM_HOSTS", "ESSAIM_SECRET", "ESSAIM_SECRET_FILE", "PORT"):
        monkeypatch.delenv(name, raising=False)

    def told(*arguments: str, status: int = 0) -> str:
        assert cli.main(["link", *arguments]) == status
        out = capsys.readouterr()
        return out.out if status == 0 else out.err

    assert "There is no link" in told("list")
    assert "was given no release" in told("add", "Banque", status=3)
    ledger = Ledger(Home.from_environment())
    body = {"action": EDITION, "audience": "Banque", "number": 1, "known_on": "2020-01-01"}
    ledger.append(ledger.prepare(body, b"{}"), b"{}")
    assert "from 1 to 366" in told("add", "Banque", "--days", "0", status=3)
    said = told("add", "banque", "--days", "7")
    path = said[said.index("/partner/") :].strip()
    assert "http://localhost:8501/partner/" in said
    (one,) = json.loads(told("list", "--json"))
    assert (one["number"], one["state"], one["used_at"]) == (1, "good", None) and token_of(path) not in str(one)
    assert "opens nothing any more" in told("revoke", "1") and "no link 1" in told("revoke", "1", status=3)
    assert "revoked" in told("list")
