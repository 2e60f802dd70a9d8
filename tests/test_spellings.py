"""What a word was said to mean holds for every list to come, can be said otherwise, and moves no figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.home import Home
from data.intake import Choices, load, undo
from data.layouts import remembered
from data.match import Mapping
from data.read import read
from data.spellings import meanings, spell, spellings
from data.warehouse import Warehouse
from tests.conftest import reading_as
from tests.test_pages import forget, nothing_broke, shown

HEADER = "Identifiant;Raison sociale;Site;Secteur;Entrée;Statut\n"
ROWS = "1001;Zelmira SARL;Rabat;Eau;15/01/2015;partie\n1002;Ourtako;Rabat;TIC;15/02/2015;là\n"
SAID = {"status": {"partie": "alumni", "là": "hosted"}}


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    forget()
    warehouse = Warehouse(Home.at(tmp_path / "home"))
    bring(warehouse, ROWS, "2020-01-31")
    yield warehouse
    forget()


def bring(warehouse: Warehouse, rows: str, day: str) -> None:
    path = warehouse.home.folder.parent / f"{day}.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    mapping = Mapping(values=SAID, new_sites=True, new_sectors=True)
    outcome = load(
        warehouse, path, Choices(mapping=mapping, stated_on=date.fromisoformat(day), by="Amal", accept_warnings=True)
    )
    assert outcome.receipt, outcome.problems


def test_the_last_word_on_a_spelling_holds_until_it_is_taken_back(warehouse: Warehouse) -> None:
    receipts = warehouse.ledger.receipts
    assert meanings(receipts()) == SAID
    said = spell(warehouse, "status", "PARTIE", "closed", by="Amal")
    assert {one.written: one.means for one in spellings(receipts())} == {"PARTIE": "closed", "là": "hosted"}
    spell(warehouse, "status", "là", None, by="Amal", forget=True)
    assert meanings(receipts()) == {"status": {"PARTIE": "closed"}}
    undo(warehouse, said.number, "Amal")
    assert meanings(receipts()) == {"status": {"partie": "alumni"}}


def test_a_spelling_moves_no_figure_and_builds_nothing(warehouse: Warehouse) -> None:
    before = warehouse.generation()
    spell(warehouse, "status", "partie", "closed", by="Amal")
    after = warehouse.generation()
    assert after.key == before.key and after.head != before.head
    assert warehouse.ledger.verify() == 2


def test_words_are_known_whatever_the_layout(warehouse: Warehouse) -> None:
    other = read(b"Firme;Lieu;Depuis;Situation\nRif;Rabat;01/02/2016;partie\n", "autre.csv")
    choices, receipt = remembered(warehouse.ledger.receipts(), other, Choices())
    assert receipt is None and choices.mapping.values == SAID


def test_what_is_no_word_of_a_list_cannot_be_said(warehouse: Warehouse) -> None:
    with pytest.raises(KeyError):
        spell(warehouse, "nothing", "x", "y", by="Amal")
    with pytest.raises(ValueError, match="no words"):
        spell(warehouse, "firm_name", "x", "y", by="Amal")


def press(test: AppTest, key: str) -> AppTest:
    return next(one for one in test.button if one.key == key).click().run()


def test_two_firms_are_said_to_be_one_on_the_page_and_taken_apart_again(warehouse: Warehouse) -> None:
    bring(warehouse, ";ZELMIRRA;Rabat;Eau;15/01/2015;partie\n", "2020-06-30")
    hosted = warehouse.generation().query("select count(distinct firm_no) as n from stay")["n"].iloc[0]
    test = shown("lists", "fr")
    nothing_broke(test)
    assert any("diffèrent d’une lettre" in one.value for one in test.markdown)
    test = press(test, "same_1001_name:zelmirra")
    nothing_broke(test)
    assert [one.value for one in test.success] == ["C’est écrit\u00a0: le reçu 3 en témoigne."]
    assert warehouse.ledger.receipts()[-1].body["reason"].startswith('"Zelmira SARL" and "ZELMIRRA" differ')
    now = warehouse.generation().query("select count(distinct firm_no) as n from stay")["n"].iloc[0]
    assert now == hosted - 1
    test = press(press(test, "undo_3"), "undo_yes")
    nothing_broke(test)
    again = warehouse.generation().query("select count(distinct firm_no) as n from stay")["n"].iloc[0]
    assert again == hosted and any(one.key == "same_1001_name:zelmirra" for one in test.button)


def test_a_word_is_settled_and_forgotten_on_the_page(warehouse: Warehouse) -> None:
    test = shown("lists")
    test.text_input(key="spelling_written").set_value("fermé hier").run()
    next(one for one in test.selectbox if one.key == "spelling_field").set_value("status").run()
    next(one for one in test.selectbox if (one.key or "").startswith("spelling_means")).set_value("closed").run()
    test = press(test, "spelling_yes")
    nothing_broke(test)
    assert meanings(warehouse.ledger.receipts())["status"]["fermé hier"] == "closed"
    next(one for one in test.selectbox if one.key == "spelling_of").set_value("0").run()
    test = press(test, "spelling_no")
    nothing_broke(test)
    assert "fermé hier" not in meanings(warehouse.ledger.receipts())["status"]


def test_nobody_decides_who_may_no_longer(warehouse: Warehouse) -> None:
    bring(warehouse, ";ZELMIRRA;Rabat;Eau;15/01/2015;partie\n", "2020-06-30")
    test = shown("lists")
    with reading_as("Karim", "leader"):
        press(test, "same_1001_name:zelmirra")
    assert len(warehouse.ledger.receipts()) == 2
