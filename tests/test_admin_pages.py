"""Pages of an administrator: accounts made and changed under their rules, and a log that says whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from unittest import mock

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest  # noqa: F401 (pages are tested here: somebody reads)

import words
from access import accounts, sessions, setup
from access.events import check
from access.log import Log
from access.store import Store
from access.tables import event
from data.home import Home
from data.intake import Choices, load
from data.match import Mapping
from data.persons import find
from data.warehouse import Warehouse
from tests.conftest import READER
from tests.test_pages import forget, nothing_broke, shown, texts
from ui import files, reader


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Accounts of an empty park: the admin who reads and a leader of one site."""
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    forget()
    made = Store.from_environment()
    accounts.add(made, READER, "admin", password="a long enough pass phrase")
    accounts.add(made, "Samira", "leader", ["Rabat"], password="another long pass phrase")
    yield made
    made.close()
    reader.store.cache_clear()
    forget()


def one(store: Store, name: str) -> accounts.Account:
    found = accounts.by_name(store, name)
    assert found is not None
    return found


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_every_account_is_listed_with_what_it_may(store: Store, language: str) -> None:
    t, test = words.of(language), shown("accounts", language)
    nothing_broke(test)
    listed = test.dataframe[0].value
    assert listed[t("Name")].tolist() == [READER, "Samira"]
    assert listed[t("Role")].tolist() == [t("admin"), t("leader")]
    assert listed[t("Sites")].tolist() == [t("all sites"), "Rabat"]


def test_a_new_account_comes_with_a_link_that_is_shown_once(store: Store) -> None:
    test = shown("accounts")
    test.text_input(key="new_name").set_value("Nadia")
    test.radio(key="new_role").set_value("analyst")
    next(one for one in test.button if "Add" in one.label).click().run()
    nothing_broke(test)
    made = one(store, "Nadia")
    assert (made.role, made.sites, made.password) == ("analyst", (), False)
    (link,) = [code.value for code in test.code]
    told = setup.peek(store, link.rsplit("/", 1)[1])
    assert told is not None and told.name == "Nadia"
    assert not shown("accounts").code, "a link is never shown again"
    assert {entry.kind for entry in Log(store).events()} >= {"account-added", "reset-link-issued"}


def test_a_name_that_is_taken_is_told_and_nothing_is_made(store: Store) -> None:
    test = shown("accounts")
    test.text_input(key="new_name").set_value("samira")
    next(one for one in test.button if "Add" in one.label).click().run()
    nothing_broke(test)
    assert "There is an account of this name already." in texts(test)
    assert len(accounts.list_all(store)) == 2


def test_another_role_ends_the_sessions(store: Store) -> None:
    samira = one(store, "Samira")
    token = sessions.open_session(store, samira.id, "127.0.0.1", "tests")
    test = shown("accounts", account=str(samira.id))
    test.radio(key=f"of_{samira.id}_role").set_value("analyst")
    next(one for one in test.button if one.label == "Keep").click().run()
    nothing_broke(test)
    assert one(store, "Samira").role == "analyst" and one(store, "Samira").sites == ("Rabat",)
    assert sessions.who(store, token) is None


def test_an_account_is_disabled_and_let_in_again(store: Store) -> None:
    samira = one(store, "Samira")
    for key, disabled in (("turn", True), ("turn", False)):
        test = shown("accounts", account=str(samira.id))
        test.button(key=f"{key}_{samira.id}").click().run()
        nothing_broke(test)
        assert one(store, "Samira").disabled is disabled


def test_the_last_admin_stays(store: Store) -> None:
    me = one(store, READER)
    test = shown("accounts", account=str(me.id))
    test.button(key=f"turn_{me.id}").click().run()
    nothing_broke(test)
    assert not one(store, READER).disabled
    assert any("last admin" in said for said in texts(test))


@pytest.mark.parametrize("page", ["accounts", "audit", "persons"])
@pytest.mark.parametrize("role", ["leader", "analyst", "publisher"])
def test_nobody_else_is_shown_them(store: Store, page: str, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from access.roles import Who

    monkeypatch.setattr(reader, "who", lambda: Who(2, "Samira", role, (), "session"))
    test = shown("overview")
    with pytest.raises(ValueError):
        test.switch_page(f"../pages/{page}.py").run()


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_the_log_is_read_newest_first_and_by_kind(store: Store, language: str) -> None:
    t, test = words.of(language), shown("audit", language)
    nothing_broke(test)
    assert test.dataframe[0].value[t("What")].tolist() == [t("Account added")] * 2
    assert test.dataframe[0].value[t("Line")].tolist() == [2, 1]
    nothing_broke(nothing := shown("audit", language, what="undo"))
    assert not nothing.dataframe


def test_a_changed_line_is_found(store: Store) -> None:
    test = shown("audit")
    test.button(key="check_log").click().run()
    nothing_broke(test)
    assert any("2 lines" in one.value for one in test.success)
    with store.changing() as connection:
        body = connection.execute(sa.select(event.c.body).where(event.c.number == 1)).scalar_one()
        wrong = json.dumps({**json.loads(body), "from": "192.0.2.9"})
        connection.execute(sa.update(event).where(event.c.number == 1).values(body=wrong))
    test.button(key="check_log").click().run()
    assert [said.value for said in test.error] == ["The log was tampered with: its first wrong line is number 1."]


@pytest.fixture
def named(store: Store) -> Warehouse:
    """A list that names the person behind a firm."""
    warehouse = Warehouse(Home.from_environment())
    path = warehouse.home.folder / "liste au 2020-10-25.csv"
    path.write_text(
        "Identifiant;Raison sociale;Site;Entrée;Gérant\nF1;Ourtako;Rabat;15/01/2015;Zineb Tahiri\n", encoding="utf-8"
    )
    choices = Choices(mapping=Mapping(new_sites=True, new_sectors=True), by="test", accept_warnings=True)
    assert load(warehouse, path, choices).receipt == 1
    forget()
    return warehouse


def test_a_person_is_found_and_erased_only_with_a_reason_and_a_yes(
    named: Warehouse, reads: list[tuple[str, dict[str, object]]]
) -> None:
    test = shown("persons")
    test.text_input(key="persons_text").set_value("zineb tahiri")
    next(one for one in test.button if one.label == "Look in every file").click().run()
    nothing_broke(test)
    assert test.dataframe[0].value["Text"].tolist()[0] == "Zineb Tahiri"
    assert reads == [("persons-seen", {"what": "search"})], "who looked is known, for whom is not"
    check(*reads[0])
    erase = next(one for one in test.button if one.label == "Erase")
    erase.click().run()
    assert len(named.ledger.receipts()) == 1, "without a yes nothing is erased"
    test.text_input(key="persons_reason").set_value("Asked for by Zineb Tahiri")
    test.checkbox(key="persons_sure").check()
    next(one for one in test.button if one.label == "Erase").click().run()
    assert len(named.ledger.receipts()) == 1, "the receipt must not name the person"
    test.text_input(key="persons_reason").set_value("Asked for by letter")
    test.checkbox(key="persons_sure").check()
    next(one for one in test.button if one.label == "Erase").click().run()
    nothing_broke(test)
    assert [one.action for one in named.ledger.receipts()] == ["load", "erase"]
    assert not find(named, "Zineb Tahiri")
    assert any("receipt 2" in one.value for one in test.success)


@pytest.mark.reads("admin", "Rabat")
def test_who_sees_some_sites_searches_no_file(named: Warehouse) -> None:
    test = shown("persons")
    nothing_broke(test)
    assert not test.text_input and any("all sites" in said for said in texts(test))


def test_a_table_handed_out_is_in_the_log_once_it_is_made(
    reads: list[tuple[str, dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: dict[str, Callable[[], bytes]] = {}
    monkeypatch.setattr(files.st, "download_button", lambda label, make, *_, **__: offered.setdefault(label, make))
    view = mock.Mock(as_of=date(2020, 10, 25))
    files.tables_of(view, mock.Mock(), ("hosted",), "stock", more=[("svg", "image/svg+xml", lambda: b"<svg/>")])
    assert not reads, "what is only offered is no export"
    assert offered["SVG"]() == b"<svg/>"
    assert reads == [("export", {"what": "hosted", "format": "svg"})]
    check(*reads[0])
