"""The page Upload from a file to its receipt: a clean one, a messy one, refusals, coming back, and two at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import words
from data.jobs import Jobs
from metrics.ask import Scope, ask
from tests.conftest import READER, reading_as
from tests.test_review import HEADERS, ROWS, listed
from ui import park
from ui.desk import desk
from ui.kept import kept

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A ledger and jobs of this test's own."""
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    park.warehouse.cache_clear()
    kept.clear()
    yield tmp_path
    park.warehouse.cache_clear()
    kept.clear()


def opened(language: str, **parameters: str) -> AppTest:
    """The page, run once."""
    test = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=120)
    for name, value in {"lang": language, **parameters}.items():
        test.query_params[name] = value
    test.run()
    return whole(test.switch_page("../pages/upload.py").run())


def whole(test: AppTest) -> AppTest:
    """The test again; fails where the page broke."""
    assert [one.value for one in test.exception] == []
    return test


def rested(test: AppTest) -> AppTest:
    """The page once the work on its file is done."""
    for _ in range(60):
        whole(test.run())
        if not test.get("progress"):
            return test
        time.sleep(0.2)
    raise AssertionError("the work does not end")


def brought(test: AppTest, name: str, content: bytes) -> AppTest:
    test.file_uploader[0].upload(name, content)
    return rested(test)


def text(test: AppTest) -> str:
    """All that is read on the page but tables."""
    kinds = ("title", "header", "markdown", "caption", "error", "warning", "success", "info")
    return "\n".join(str(getattr(one, "value", "")) for kind in kinds for one in test.get(kind))


def press(test: AppTest, label: str) -> AppTest:
    button = next(one for one in test.button if label in one.label)
    button.click()
    return rested(test)


def accepted(test: AppTest, t: words.Words, by: str = "Amal Idrissi") -> AppTest:
    for box in test.checkbox:
        if box.key and box.key.startswith("seen_"):
            box.check()
    with reading_as(by):
        return press(test, t("Accept and write"))


def tables(test: AppTest) -> list[list[list[Any]]]:
    return [one.value.to_numpy().tolist() for one in test.dataframe]


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_a_clean_list_goes_from_the_file_to_its_receipt(empty: Path, language: str) -> None:
    t = words.of(language)
    test = brought(opened(language), "liste.csv", listed(ROWS))
    assert "Rabat" in text(test) and not park.warehouse().ledger.receipts()
    press(test, t.many("It is new: add it", "They are new: add them", 2))
    said = text(test)
    assert t("What will change") in said and t.many("{n:,} row added", "{n:,} rows added", 3) in said
    figures = next(table for table in tables(test) if table[0][0] == t("Hosted firms"))
    after = {row[0]: row[2] for row in figures}
    assert (after[t("Hosted firms")], after[t("Former tenants")], after[t("Closed")]) == ("2", "1", "1")
    assert t("The receipt will bear your name, {by}.", by=READER) in text(test)
    accepted(test, t)
    (receipt,) = park.warehouse().ledger.receipts()
    assert receipt.body["by"] == "Amal Idrissi" and receipt.body["file"] == "liste.csv"
    assert "Amal Idrissi" in text(test) and any("undo 1" in one.value for one in test.code)
    answer = ask(park.generation(), ["hosted", "former", "closed"], Scope()).set_index("metric")["value"]
    assert answer.tolist() == [2, 1, 1]
    # Its bytes are in the ledger: the job keeps none.
    assert not list((empty / "jobs").glob("*/content"))


MESSY = [
    ["Rabat", "F-1", "Atlas", "01/02/2012", "01/01/2011", "", "x"],
    ["Rabt", "F-2", "Boussole", "31/02/2013", "", "", "y"],
    ["Tanger", "F-3", "Cèdre", "17/09/2014", "05/05/2015", "parti ailleurs", "z"],
    ["Tanger", "F-5", "Dune", "17/09/2015", "", "", ""],
]


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_a_messy_list_is_mended_step_by_step(empty: Path, language: str) -> None:
    t = words.of(language)
    test = brought(opened(language), "liste.csv", listed(ROWS))
    press(test, t.many("It is new: add it", "They are new: add them", 2))
    accepted(test, t)
    press(test, t("Another file"))
    headers = [*HEADERS[:3], "Arrivé au parc le", *HEADERS[4:], "Remarque"]
    # No day is said anywhere, and one needed column has a name of its own.
    content = listed(MESSY, headers=headers).split(b"\n", 1)[1]
    brought(test, "suivi.csv", content)
    said = text(test)
    assert "stated-day" not in said and t("Not yet: what stands in red above has to be settled first.") in said
    assert len(test.error) == 2, "the missing column and the missing day are asked for"
    field = next(one for one in test.selectbox if "Arrivé au parc le" in one.label)
    field.select("entered_on")
    test.date_input[0].set_value(date(2021, 12, 31))
    press(test, t("Read again with these choices"))
    assert not test.error
    problems = next(table for table in tables(test) if any("!" in str(row[1]) for row in table))
    cells = {(row[1], row[4]) for row in problems}
    assert {("suivi!E2", "left-before-entry"), ("suivi!A3", "unknown-site"), ("suivi!F4", "unknown-choice")} <= cells
    assert ("suivi!D3", "impossible-date-required") in cells
    word = next(one for one in test.selectbox if "Rabt" in one.label)
    word.select("Rabat")
    reason = next(one for one in test.selectbox if "parti ailleurs" in one.label)
    reason.select("moved")
    press(test, t("Read again with these meanings"))
    assert "Rabt" not in str([row[2] for row in tables(test)[0] if row[4] == "unknown-site"])
    press(test, t("Accept and write"))
    assert len(park.warehouse().ledger.receipts()) == 1, "neither a name nor a look at the problems"
    accepted(test, t, "Badr")
    receipt = park.warehouse().ledger.receipts()[-1]
    assert receipt.number == 2 and receipt.body["stated_on"] == "2021-12-31"
    assert receipt.body["mapping"]["columns"] == {"Arrivé au parc le": "entered_on"}
    assert receipt.body["mapping"]["values"] == {"site": {"Rabt": "Rabat"}, "exit_reason": {"parti ailleurs": "moved"}}

    # The next list of the same layout needs only its day, and that may stand above it.
    press(test, t("Another file"))
    rows = [["Rabt", "F-9", "Erg", "03/03/2021", "", "", ""]]
    brought(test, "suivi-2.csv", listed(rows, "31/12/2022", headers))
    assert t("As in receipt {number}, whose file had the same headers.", number=2) in text(test)
    assert not test.error and t.many("{n:,} row added", "{n:,} rows added", 1) in text(test)


@pytest.mark.parametrize("language", list(words.LANGUAGES))
@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x00\x01\xff\xfe" * 99]
)
def test_what_cannot_be_read_is_refused_in_a_sentence(empty: Path, language: str, content: bytes) -> None:
    test = brought(opened(language), "liste.xlsx", content)
    assert len(test.error) == 1 and len(test.error[0].value) > 20
    assert words.of(language)("Nothing was written. Mend the file as said and bring it again.") in text(test)
    assert not park.warehouse().ledger.receipts()
    press(test, words.of(language)("Another file instead"))
    assert test.file_uploader and not list((empty / "jobs").iterdir())


def test_an_upload_is_found_again_where_it_was(empty: Path) -> None:
    t = words.of("fr")
    test = brought(opened("fr"), "liste.csv", listed(ROWS))
    press(test, t.many("It is new: add it", "They are new: add them", 2))
    job = test.query_params["job"]
    # Another visitor, after the process and all that it had worked out are gone.
    park.warehouse.cache_clear()
    later = rested(opened("fr", job=job[0] if isinstance(job, list) else job))
    assert t.many("{n:,} row added", "{n:,} rows added", 3) in text(later)
    start = opened("fr")
    assert "liste.csv" in text(start)
    press(start, t("Set aside"))
    assert "liste.csv" not in text(start)


def test_what_was_shown_on_an_older_ledger_is_worked_out_anew(empty: Path) -> None:
    t = words.of("en")
    first, second = opened("en"), opened("en")
    for test, rows in ((first, ROWS), (second, [*ROWS, ["Rabat", "F-4", "Dune", "01/01/2015", "", ""]])):
        brought(test, f"{len(rows)}.csv", listed(rows))
        press(test, "add them")
    accepted(first, t, "Amal")
    accepted(second, t, "Badr")
    assert "worked out anew" in text(second) and len(park.warehouse().ledger.receipts()) == 1
    assert t.many("{n:,} row added", "{n:,} rows added", 1) in text(second)
    accepted(second, t, "Badr")
    assert [one.body["by"] for one in park.warehouse().ledger.receipts()] == ["Amal", "Badr"]


def test_the_same_file_is_accepted_once(empty: Path) -> None:
    t = words.of("en")
    test = brought(opened("en"), "liste.csv", listed(ROWS))
    press(test, "add them")
    accepted(test, t)
    press(test, "Another file")
    brought(test, "liste.csv", listed(ROWS))
    assert t("There is nothing to accept.") in text(test)
    assert "receipt 1" in str(tables(test)) and "Amal Idrissi" in str(tables(test))


def test_a_job_of_another_name_is_no_job(empty: Path) -> None:
    jobs = Jobs(park.warehouse().home)
    for name in ("../ledger", "0" * 15, "", "g" * 16, "0" * 16):
        assert jobs.find(name) is None
        jobs.drop(name)
    assert "no longer there" in text(opened("en", job="../ledger"))


def test_work_that_breaks_says_so_with_a_reference(
    empty: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret of Villa Bleue")

    with monkeypatch.context() as patch:
        patch.setattr("ui.desk.propose", broken)
        test = brought(opened("en"), "liste.csv", listed(ROWS))
        (error,) = [one.value for one in test.error]
        reference = error.split("**")[1]
        assert "Villa Bleue" not in error
        assert any(reference in record.getMessage() and record.exc_info for record in caplog.records)
    press(test, "Try again")
    assert not test.error and "Rabat" in text(test)
    assert desk().jobs.open()


def test_broken_accents_are_read_as_meant_after_one_click(empty: Path) -> None:
    t = words.of("fr")
    content = listed([["Rabat", "F-1", "Éco-Santé", "13/02/2012", "", ""]]).decode().encode().decode("cp1252").encode()
    test = brought(opened("fr"), "liste.csv", content)
    press(test, t("Read them as they were meant"))
    press(test, t.many("It is new: add it", "They are new: add them", 1))
    assert not test.error and t("Read them as they were meant") not in [button.label for button in test.button]
    accepted(test, t)
    (row,) = park.generation().arrow("select firm_name, entered_on from tenants").to_pylist()
    assert row == {"firm_name": "Éco-Santé", "entered_on": date(2012, 2, 13)}
    # What came is kept as it came, and next month's list is read so without a click.
    (receipt,) = park.warehouse().ledger.receipts()
    assert park.warehouse().ledger.original(receipt.original or "") == content
    assert receipt.body["mapping"]["repair_accents"] is True


def test_a_disk_that_takes_no_file_says_so_on_the_page(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    test = opened("fr")
    with monkeypatch.context() as patch:
        patch.setattr("data.jobs._write", full)
        test.file_uploader[0].upload("liste.csv", listed(ROWS))
        whole(test.run())
        (told,) = [one.value for one in test.error]
        assert "Le disque de cette machine est plein" in told
    brought(test, "liste.csv", listed(ROWS))
    assert not test.error and not list((empty / "jobs").glob("*/.*"))


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_rows_are_left_as_they_were_and_the_figures_follow(empty: Path, language: str) -> None:
    t = words.of(language)
    test = brought(opened(language), "liste.csv", listed(ROWS))
    press(test, t.many("It is new: add it", "They are new: add them", 2))
    accepted(test, t)
    press(test, t("Another file"))
    rows = [*ROWS, *(["Rabat", f"F-{n}", f"Firme {n}", f"13/05/202{n % 2}", "", ""] for n in range(7, 10))]
    brought(test, "suite.csv", listed([[*ROWS[0][:4], "15/05/2021", "diplômée"], *rows[1:]], "31/12/2021"))

    def hosted() -> list[Any]:
        return next(table for table in tables(test) if table[0][0] == t("Hosted firms"))[0][1:3]

    assert hosted() == ["2", "4"]
    # The cells that change are shown first: all of them, then one of the rows that come.
    press(test, t("Leave all of these as they were"))
    assert hosted() == ["2", "5"]
    job = desk().jobs.open()[0]
    test.session_state[f"changed_rows_{job.id}"] = "added"
    rested(test)
    shown = next(one for one in test.dataframe if t("Choice") in one.value.columns)
    assert shown.value[t("Choice")].tolist() == [t("taken")] * 3
    test.session_state[f"rows_added__{job.turn}"] = {"selection": {"rows": [2], "columns": [], "cells": []}}
    rested(test)
    press(test, t.many("Leave the selected row as it was", "Leave the {n:,} selected rows as they were", 1))
    assert hosted() == ["2", "4"]
    accepted(test, t, "Badr")
    receipt = park.warehouse().ledger.receipts()[-1]
    assert receipt.number == 2 and receipt.body["by"] == "Badr"
    assert receipt.body["left_as_they_were"] == ["changed", "F-9 | Rabat | 2021-05-13"]
    assert ask(park.generation(), ["hosted"], Scope())["value"].tolist() == [4]


def test_tables_of_a_sheet_are_chosen(empty: Path) -> None:
    t = words.of("fr")
    second = ["Site", "Code", "Raison sociale", "Date d'entrée", "Motif de sortie"]
    more = [";".join(second), "Rabat;F-8;Dune;13/01/2015;parti ailleurs", "Rabat;F-9;Erg;13/01/2016;"]
    content = listed(ROWS) + b"\n\n" + "\n".join(more).encode()
    test = brought(opened("fr"), "liste.csv", content)
    choice = test.multiselect[0]
    assert choice.options == ["liste A2:F5", "liste A7:E9"] and choice.value == ["liste!A2", "liste!A7"]
    press(test, t.many("It is new: add it", "They are new: add them", 2))
    assert t.many("{n:,} row added", "{n:,} rows added", 5) in text(test)
    assert "liste!E8" in str(tables(test)), "of the second table, where that column stands elsewhere"
    test.multiselect[0].set_value(["liste!A7"])
    press(test, t("Read again with these choices"))
    assert t.many("{n:,} row added", "{n:,} rows added", 2) in text(test)
    test.multiselect[0].set_value([])
    press(test, t("Read again with these choices"))
    assert t.many("{n:,} row added", "{n:,} rows added", 5) in text(test)


def test_the_order_of_dates_is_chosen_for_a_column_and_remembered(empty: Path) -> None:
    t = words.of("fr")
    rows = [["Rabat", "F-1", "Atlas", "03/04/2012", "", ""]]
    test = brought(opened("fr"), "liste.csv", listed(rows))
    label = t("Order of dates in the column {name}", name="Date d'entrée")
    assert t("because dates are mostly written so here; nothing in the list says it") in text(test)
    next(one for one in test.selectbox if one.label == label).select("mdy")
    press(test, t("Read again with these choices"))
    press(test, t.many("It is new: add it", "They are new: add them", 1))
    accepted(test, t)
    (receipt,) = park.warehouse().ledger.receipts()
    assert receipt.body["mapping"]["date_order"] == {"Date d'entrée": "mdy"}
    assert str(park.generation().query("select entered_on from tenants")["entered_on"][0])[:10] == "2012-03-04"
    press(test, t("Another file"))
    brought(test, "suite.csv", listed([["Rabat", "F-2", "Dune", "05/06/2013", "", ""]], "31/12/2021"))
    chosen = next(one for one in test.selectbox if one.label == label)
    assert chosen.value == "mdy" and t("as you said") in text(test)
    chosen.select("")
    press(test, t("Read again with these choices"))
    assert next(one for one in test.selectbox if one.label == label).value == ""
