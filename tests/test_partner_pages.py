"""The pages that a link opens: one organisation's, marked as theirs, gone as soon as anything is taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import words
from access.log import Log
from access.partner_links import PartnerLinks
from access.store import Store
from data.home import Home
from data.ledger import EDITION_WITHDRAWN
from data.warehouse import Warehouse
from publish import partner_pages, partners, release
from publish.content import HIDDEN, Content
from publish.given import editions
from publish.partner_pages import AllPages
from publish.settings import Settings
from tests.conftest import READER, reading_as
from tests.test_pages import forget, nothing_broke, shown, texts
from tests.test_release import park as firms
from tests.test_site import asked
from tests.test_standing import writer
from tests.test_warehouse import _accept
from ui import park, partner_links, reader

PLAIN = Settings()
NAME = "Banque <b>du</b> Sud"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small park with one public release and one edition of it."""
    home = tmp_path_factory.mktemp("given")
    made = Warehouse(Home.at(home))
    _accept(made, "2020-01-01", firms(firms=90), by="Amina", sheets=["S"], records_closures=True)
    release.publish(made, PLAIN, "Amina")
    partners.publish(made, PLAIN, NAME, "Amina")
    made.close()
    return home


@pytest.fixture
def warehouse(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    import shutil

    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    for name in ("ESSAIM_LEDGER", "ESSAIM_RELEASE_APPROVAL", "ESSAIM_SECRET", "ESSAIM_HOSTS", "ESSAIM_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("publish.serve.LOOK", 0.0)
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    forget()
    yield park.warehouse()
    forget()


# What is written


def values(told: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for table, its in told["tables"].items():
        for cell in its["cells"]:
            yield table, cell


def test_the_pages_hold_the_edition_and_nothing_that_it_hides(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    partner_pages.write(warehouse, NAME, folder, draw=lambda wanted, t, kept: ["<svg></svg>"] * len(wanted))
    (edition,), (public,) = editions(warehouse), release.releases(warehouse)
    raw = (folder / "r/1/data/release.json").read_bytes()
    assert raw == edition.content.raw != public.content.raw
    answers = [json.loads(path.read_bytes()) for path in sorted((folder / "api/v1/1").glob("*.json"))]
    hidden = [(table, cell) for table, cell in values(edition.content.told) if cell.get("status") == HIDDEN]
    assert hidden and all(cell["value"] is None for _, cell in hidden)
    assert sum(str(one).count("'status': 'c'") for one in answers) >= len(hidden)
    more = release.revisions(public.content, Content(raw))
    assert more and all(one.before["value"] is None for one in more)
    for language in words.LANGUAGES:
        pages = [path.read_text() for path in sorted((folder / language).glob("*.html"))]
        assert len(pages) > 8
        for page in pages:
            assert "Banque &lt;b&gt;du&lt;/b&gt; Sud" in page and NAME not in page
            assert '<meta name="robots" content="noindex">' in page and "creativecommons" not in page
            assert "ld+json" not in page and "/embed/" not in page and "openapi" not in page
            assert not re.findall(r'(?:href|src)="(?:https?:)?/', page.replace('href="https://', 'href="#')), (
                "no way out"
            )
    names = json.loads((folder / "manifest.json").read_bytes())
    assert not [name for name in names if name.startswith(("embed/", "cards/"))]
    package = json.loads((folder / "r/1/data/datapackage.json").read_bytes())
    assert package["licenses"][0]["name"] == "LicenseRef-not-public"
    with pytest.raises(LookupError):
        partner_pages.write(warehouse, "Another", tmp_path / "none")


# What stands


def test_what_was_taken_back_is_gone_before_anything_is_written(warehouse: Warehouse) -> None:
    every = AllPages(warehouse)
    pages, site = every.of(f" {NAME.upper()} "), every.site(NAME)
    assert pages is not None and site is not None and every.of("Another") is None and every.site("Another") is None
    assert asked(site, "/")[0] == 503, "nothing is written yet"
    pages.command = writer("theirs")
    every.look()
    assert pages.state().fits and asked(site, "/")[2] == b"theirs"
    assert not (warehouse.home.site / "now").exists(), "the public pages are elsewhere"
    pages.command = ["false"]
    partners.withdraw(warehouse, NAME, "Amina", "a list was wrong")
    site = every.site(NAME)
    assert site is not None and asked(site, "/")[0] == 503 and asked(site, "/r/1/en/index.html")[0] == 503
    every.look()
    told = unescape(asked(site, "/en/index.html")[2].decode())
    assert "a list was wrong" in told, "and then they say that it was, and why"
    assert f"No figures are open to {NAME}" in told and "are public" not in told, "the public's stand"


def test_a_public_release_that_is_withdrawn_takes_its_editions_along(warehouse: Warehouse) -> None:
    every = AllPages(warehouse)
    pages = every.of(NAME)
    assert pages is not None
    pages.command = writer("theirs")
    pages.look()
    release.withdraw(warehouse, 1, "Amina", "a list was wrong")
    site = every.site(NAME)
    assert site is not None and asked(site, "/")[0] == 503


# The page of publishers


@pytest.fixture
def store(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    told = SimpleNamespace(at=datetime.now(UTC), fits=True, writing=False, problem="")
    pages = SimpleNamespace(of=lambda name: SimpleNamespace(state=lambda: told), refresh=lambda: None)
    monkeypatch.setattr(partner_links.public, "partners", lambda: pages)
    monkeypatch.setattr(partner_links.releases, "standing", lambda: SimpleNamespace(state=lambda: told))
    yield reader.store()
    reader.store().close()
    reader.store.cache_clear()


def section(language: str = "en") -> AppTest:
    return shown("releases", language, part="partners")


def submit(test: AppTest, label: str) -> AppTest:
    next(one for one in test.button if one.label == label).click().run()
    return test


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_a_link_is_made_shown_once_and_taken_back(store: Store, language: str) -> None:
    t, test = words.of(language), section(language)
    nothing_broke(test)
    submit(test, t("Make a link"))
    nothing_broke(test)
    (link,) = [code.value for code in test.code]
    links = reader.links()
    token = link.split("/partner/")[1].strip("/")
    opened = links.opened(token)
    assert opened is not None and (opened.audience, opened.made_by) == (NAME, READER)
    assert timedelta(89) < opened.expires_at - datetime.now(UTC) <= timedelta(90)
    again = section(language)
    assert not again.code, "a link is never shown again"
    assert again.dataframe[0].value[t("State")].tolist() == [t("open")]
    submit(again, t("Revoke link {number}", number="1"))
    nothing_broke(again)
    assert links.opened(token) is None
    assert {entry.kind for entry in Log(store).events()} >= {"partner-link-made", "partner-link-revoked"}


def test_what_an_organisation_would_see_is_looked_at_and_given(
    store: Store, warehouse: Warehouse, reads: list[tuple[str, dict[str, object]]]
) -> None:
    test = section()
    test.text_input(key="partner_name").set_value("Région *Nord*")
    submit(test, "See what it would show")
    nothing_broke(test)
    made = partners.draft(warehouse, PLAIN, "Région *Nord*")
    assert any(f"{len(made.more)} figures more" in one and f"{made.hidden} stay" in one for one in texts(test))
    assert len(editions(warehouse)) == 1, "nothing is given before it is said"
    submit(test, "Give it")
    nothing_broke(test)
    given = editions(warehouse)[-1]
    assert (given.audience, given.receipt.body["by"], given.content.raw) == ("Région *Nord*", READER, made.content.raw)
    assert reads == [("edition-given", {"release": 1, "receipt": given.receipt.number})]
    test.text_input(key="partner_name").set_value("région *nord*")
    submit(test, "See what it would show")
    assert any("was given release 1 already" in one for one in texts(test))


def test_another_person_approves_or_refuses(
    store: Store, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_RELEASE_APPROVAL", "1")
    partners.publish(warehouse, Settings(approval=True), "Région", READER)
    test = submit(section(), "Approve")
    assert any("another person" in one for one in texts(test)) and len(editions(warehouse)) == 1
    with reading_as("Karim", "publisher"):
        submit(section(), "Approve")
    assert editions(warehouse)[-1].receipt.body["approved_by"] == "Karim"
    partners.publish(warehouse, Settings(approval=True), "Ministère", READER)
    with reading_as("Karim", "publisher"):
        test = section()
        test.text_input(key=f"why_{warehouse.ledger.receipts()[-1].number}").set_value("not agreed")
        submit(test, "Refuse")
    assert warehouse.ledger.receipts()[-1].action == EDITION_WITHDRAWN and len(editions(warehouse)) == 2


@pytest.mark.reads("publisher", "Rabat")
def test_who_sees_some_sites_alone_gives_nothing(store: Store) -> None:
    test = section()
    nothing_broke(test)
    assert not test.text_input and [one.key for one in test.button] == ["sign_out"]


def test_links_are_signed_by_the_secret_that_the_door_asks_by(store: Store) -> None:
    from access.secret import secret

    made, path = reader.links().issue(NAME, 5, by=reader.who())
    door = PartnerLinks(store, secret(store.home, "127.0.0.1"))
    opened = door.opened(path.split("/")[2])
    assert opened is not None and opened.number == made.number
