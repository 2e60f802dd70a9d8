"""Mending on the page: cells typed anew with author and reason, taken back again, or mended in the workbook itself."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

import words
from data.mending import Correction
from data.places import Place
from data.problem import WRONGS
from tests.test_review import ROWS, listed
from tests.test_upload import ROOT, accepted, brought, empty, opened, press, rested, tables, text, whole
from ui import park, upload_mending
from ui.desk import desk

__all__ = ["empty"]
WRONG = [*ROWS, ["Tanger", "F-4", "Dune", "31/02/2015", "", ""], ["Tanger", "F-5", "Erg", "2015", "", "parti"]]


def job_of(test: AppTest) -> str:
    named = test.query_params["job"]
    return named[0] if isinstance(named, list) else named


def look(test: AppTest) -> Any:
    found = desk().look(job_of(test))
    assert found is not None and found[1] is not None
    return found


def bring(language: str, t: words.Words, name: str = "liste.csv", content: bytes | None = None) -> AppTest:
    test = brought(opened(language), name, content or listed(WRONG))
    return press(test, t.many("It is new: add it", "They are new: add them", 2))


def field(test: AppTest, name: str) -> Any:
    return next(one for one in test.text_input if (one.key or "").startswith(f"mend_{name}_"))


def typed(test: AppTest, cells: dict[Place, str]) -> AppTest:
    """The page once a person has typed: the table itself is a canvas, which a browser's test types into."""
    job = look(test)[0]
    test.session_state[f"mend_typed_{job.id}_{job.turn}"] = cells
    return whole(test.run())


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_cells_are_mended_taken_back_and_written_down(empty: Path, language: str) -> None:
    t = words.of(language)
    test = bring(language, t)
    place = Place("liste", 6, 3)
    editor = next(table for table in tables(test) if any(row[0] == "D6" for row in table))
    assert [row[1:3] for row in editor if row[0] == "D6"] == [["31/02/2015", "31/02/2015"]]
    assert next(one for one in test.button if one.key == "mend").disabled
    typed(test, {place: "28/02/2015", Place("liste", 7, 5): "diplômée"})
    mend = t.many("Mend this cell", "Mend these {n:,} cells", 2)
    press(test, mend)
    assert t("Say why: each correction bears its reason.") in text(test) and look(test)[0].choices.corrections == ()
    field(test, "reason").input("selon le bail")
    press(test, mend)
    assert t.many("{n:,} cell mended", "{n:,} cells mended", 2) in text(test)
    assert t("by {by}: {reason}", by="Amal Idrissi", reason="selon le bail") in text(test)
    assert not any("D6" in str(row) for table in tables(test) for row in table)
    assert t.many("{n:,} row added", "{n:,} rows added", 5) in text(test)
    # The latest stands first: the reason of the exit.
    press(test, t("Take back"))
    assert [one.cell for one in look(test)[0].choices.corrections] == ["liste!D6"]
    accepted(test, t, "Badr")
    (receipt,) = park.warehouse().ledger.receipts()
    (correction,) = receipt.body["corrections"]
    assert (correction["was"], correction["becomes"]) == ("31/02/2015", "28/02/2015")
    assert (correction["by"], receipt.body["by"]) == ("Amal Idrissi", "Badr")
    history = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=120)
    history.query_params["lang"] = language
    history.run()
    whole(history.switch_page("../pages/history.py").run())
    labels = [block.proto.popover.label for block in history.get("popover")]
    assert t.many("{n:,} mended cell", "{n:,} mended cells", 1) in labels


def test_all_are_taken_back_at_once(empty: Path) -> None:
    t = words.of("en")
    test = bring("en", t)
    job = look(test)[0]
    made = [Correction("liste", 6, "D", "31/02/2015", f"2015-02-{n}", "A", "b", "") for n in (27, 28)]
    upload_mending.says(job, corrections=[one.as_json() for one in upload_mending._together([], made)])
    rested(test)
    assert "**1 cell mended**" in text(test) and "Take all back" not in [one.label for one in test.button]
    typed(test, {Place("liste", 7, 5): "diplômée"})
    field(test, "reason").input("x")
    press(test, "Mend this cell")
    press(test, "Take all back")
    assert look(test)[0].choices.corrections == () and "31/02/2015" in str(tables(test))


def test_a_correction_that_no_longer_fits_can_be_taken_back(empty: Path) -> None:
    t = words.of("en")
    test = bring("en", t)
    stale = Correction("liste", 6, "D", "30/02/2015", "01/03/2015", "Amal", "x", "")
    upload_mending.says(look(test)[0], corrections=[stale.as_json()])
    rested(test)
    assert any("30/02/2015" in one.value and "liste!D6" in one.value for one in test.error)
    press(test, "Take back")
    assert not test.error and look(test)[0].choices.corrections == ()


def test_one_cell_has_one_correction() -> None:
    def to(was: str, becomes: str, row: int = 6) -> Correction:
        return Correction("liste", row, "D", was, becomes, "Amal", "x", "")

    once = upload_mending._together([], [to("a", "b"), to("x", "y", 7)])
    again = upload_mending._together(once, [to("b", "c")])
    assert {(one.row, one.was, one.becomes) for one in again} == {(6, "a", "c"), (7, "x", "y")}
    assert [one.row for one in upload_mending._together(again, [to("c", "a")])] == [7], "as the file says: nothing"


def test_what_is_typed_belongs_to_its_cell_whatever_the_filter(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = desk().bring("liste.csv", listed(WRONG))
    first, second, third = (Place("liste", row, 0) for row in (3, 4, 5))
    state: dict[str, Any] = {}
    monkeypatch.setattr(upload_mending.st, "session_state", state)
    name = upload_mending._key(job, "typed")
    state[name] = {third: "z"}
    state["editor"] = {"edited_rows": {1: {"new": "b"}, "0": {"new": None}}}
    upload_mending._typed(job, "editor", [first, second], {})
    assert state[name] == {third: "z", first: "", second: "b"}
    # Other rows are shown: the same number is another cell. What a table began with is kept until it is typed anew.
    state["editor"] = {"edited_rows": {1: {"new": "c"}}}
    upload_mending._typed(job, "editor", [second, third], {second: "b", third: "z"})
    assert state[name] == {first: "", second: "b", third: "c"}


def test_a_table_of_other_cells_is_another_table(empty: Path) -> None:
    t = words.of("en")
    test = bring("en", t)
    job = look(test)[0]
    name = f"mend_rows_{job.id}_{job.turn}"
    number, places, _ = test.session_state[name]
    typed(test, {places[0]: "28/02/2015"})
    assert test.session_state[name][0] == number
    test.button_group(key="problem_kind").set_value(WRONGS["unknown-choice"].title)
    whole(test.run())
    fresh, shown, start = test.session_state[name]
    assert fresh > number and shown != places and start == {places[0]: "28/02/2015"}
    assert "Mend this cell" in [one.label for one in test.button], "what was typed under another filter still counts"
    # The last problem of the kind that is filtered by goes, and the filter with it.
    typed(test, {shown[0]: "diplômée"})
    field(test, "reason").input("x")
    press(test, "Mend this cell")
    assert "**1 cell mended**" in text(test) and "31/02/2015" in str(tables(test))


def test_the_workbook_is_given_back_and_read_again(empty: Path) -> None:
    t = words.of("fr")
    test = bring("fr", t)
    assert t("The workbook with its problems marked") in str(test.main)
    job, paper = look(test)
    made = upload_mending._workbook(t, job, paper)
    book = openpyxl.load_workbook(io.BytesIO(made))
    assert book.sheetnames == ["liste", "Essaim"]
    comment = book["liste"]["D6"].comment.text
    (line,) = [line for line in upload_mending.lines(t, paper) if Place("liste", 6, 3) in line.places]
    assert line.says in comment and comment.split("\n")[1].startswith(t("Error"))
    book["liste"]["D6"] = "28/02/2015"
    book.save(saved := io.BytesIO())
    again = bring("fr", t, "liste.xlsx", saved.getvalue())
    problems = {(one.code, one.row) for one in paper.outcome.problems}
    assert problems - {(one.code, one.row) for one in look(again)[1].outcome.problems} == {
        ("impossible-date-required", 6)
    }


def test_the_workbook_comes_where_the_file_is_gone(empty: Path) -> None:
    t = words.of("fr")
    test = bring("fr", t)
    job, paper = look(test)
    desk().jobs.done(job.id)
    book = openpyxl.load_workbook(io.BytesIO(upload_mending._workbook(t, job, paper)))
    assert book["liste"]["D6"].value == "31/02/2015" and book["liste"]["D6"].comment is not None


def test_cells_with_errors_come_first(empty: Path) -> None:
    test = bring("en", words.of("en"), content=listed([["Rabat", "F-5", "Erg", "2015", "", "parti"], *WRONG]))
    job = look(test)[0]
    _, places, _ = test.session_state[f"mend_rows_{job.id}_{job.turn}"]
    assert [str(place) for place in places[:2]] == ["liste!D7", "liste!F3"]


def test_a_file_without_a_problem_asks_for_nothing(empty: Path) -> None:
    t = words.of("en")
    test = bring("en", t, content=listed([row for row in ROWS if row[1] != "F-2"]))
    assert "mend" not in {one.key for one in test.button}
