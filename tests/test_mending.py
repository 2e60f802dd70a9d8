"""Cells corrected by a person: read as if the file said so, written down, and never put over what nobody looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import __main__ as cli
from data.grid import Book, CellError, Grid, Rows, column_index, column_letters
from data.home import Home
from data.intake import accept, day_of, load, propose
from data.jobs import Job, said_of
from data.layouts import remembered
from data.mending import Correction, CorrectionError, mended
from data.places import Place, Places
from data.problem import Problem, Refused
from data.review import Choices, Review
from data.warehouse import Warehouse
from tests.test_review import HEADERS, NEW, ROWS, listed

WRONG = [*ROWS, ["Tanger", "F-4", "Dune", "31/02/2015", "", ""]]
SHEET = "liste"


def corrected(row: int, column: str, was: str, becomes: str, sheet: str = SHEET) -> Correction:
    return Correction(sheet, row, column, was, becomes, "Amal", "the lease says so", "2020-11-02T10:00:00+00:00")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(Home.at(tmp_path / "home"))


def proposed(warehouse: Warehouse, content: bytes, *corrections: Correction) -> Review:
    choices = replace(NEW, corrections=corrections)
    return propose(warehouse, content, f"{SHEET}.csv", choices, day_of(warehouse, choices))


def book(rows: Rows, merged: tuple[tuple[int, int, int, int], ...] = (), text: bool = False) -> Book:
    grid = Grid.of_rows(SHEET, True, rows, merged)
    return Book("liste.xlsx", "xlsx", (grid if text else replace(grid, written=None),))


def test_a_corrected_cell_is_read_as_corrected(warehouse: Warehouse) -> None:
    content = listed(WRONG)
    before = proposed(warehouse, content)
    (problem,) = [p for p in before.outcome.problems if p.severity == "error"]
    (place,) = Places(before).of(problem)
    assert str(place) == "liste!D6" and before.outcome.rows == 3
    before.close()
    correction = corrected(6, "D", "31/02/2015", "28/02/2015")
    review = proposed(warehouse, content, correction)
    assert [p.code for p in review.outcome.problems if p.severity == "error"] == [] and review.outcome.rows == 4
    accept(warehouse, review, by="Badr")
    (receipt,) = warehouse.ledger.receipts()
    assert receipt.body["corrections"] == [correction.as_json()] and receipt.body["by"] == "Badr"
    # The file is kept as it came, and the figure still leads to the cell in it.
    assert warehouse.ledger.original(str(receipt.original)) == content
    rows = warehouse.generation().arrow("select entered_on, sheet, row, name_key from tenants where firm_id = 'F-4'")
    assert rows.to_pylist() == [{"entered_on": date(2015, 2, 28), "sheet": "liste", "row": 6, "name_key": "dune"}]
    assert receipt.body["columns"]["liste"]["entered_on"] == "D"
    warehouse.ledger.verify()
    warehouse.verify()


def test_the_file_as_read_stays_as_it_was_read(warehouse: Warehouse) -> None:
    review = proposed(warehouse, listed(WRONG), corrected(6, "D", "31/02/2015", "28/02/2015"))
    assert review.book is not None and review.book.grids[0].rows[5][3] == "31/02/2015"
    # What was worked out once is worked out again from the same cells, without the correction.
    again = propose(warehouse, listed(WRONG), f"{SHEET}.csv", NEW, date.today(), review.book)
    assert "impossible-date-required" in {p.code for p in again.outcome.problems}
    review.close()
    again.close()


@pytest.mark.parametrize(
    ("correction", "code"),
    [
        (corrected(6, "D", "01/02/2015", "28/02/2015"), "correction-stale"),
        (corrected(6, "D", "", "28/02/2015"), "correction-stale"),
        (corrected(7, "D", "", "28/02/2015"), "correction-astray"),
        (corrected(6, "Z", "", "28/02/2015"), "correction-astray"),
        (corrected(6, "D", "31/02/2015", "28/02/2015", sheet="Feuil2"), "correction-astray"),
    ],
)
def test_a_correction_of_something_else_is_refused(warehouse: Warehouse, correction: Correction, code: str) -> None:
    review = proposed(warehouse, listed(WRONG), correction)
    assert review.outcome.refused == "problems" and review.draft is None
    (problem,) = [p for p in review.outcome.problems if p.severity == "error"]
    assert problem.code == code and correction.cell in problem.message and correction.becomes in problem.message
    assert accept(warehouse, review, by="Amal").receipt is None and not warehouse.ledger.receipts()


def test_corrections_are_made_one_after_the_other() -> None:
    first, second = corrected(1, "A", "a", "b"), corrected(1, "A", "b", "c")
    assert mended(book([["a", 1.0]]), [first, second]).grids[0].rows[0] == ["c", 1.0]
    with pytest.raises(Refused):
        mended(book([["a", 1.0]]), [second, first])


def test_what_is_typed_is_text_and_nothing_empties() -> None:
    rows: Rows = [["a", 1.0, CellError("#N/A")], ["b", True, None]]
    made = mended(
        book(rows),
        [corrected(1, "B", "1.0", "True"), corrected(1, "C", "#N/A", "#N/A"), corrected(2, "A", "b", "")],
    )
    cells = made.grids[0].rows
    assert cells[0] == ["a", "True", "#N/A"] and cells[1] == [None, True, None]
    assert type(cells[0][1]) is str and type(cells[0][2]) is str and cells[1][1] is True


def test_the_corrected_row_of_a_text_may_be_shorter_than_others() -> None:
    made = mended(book([["a", "b", "c"], ["d"]], text=True), [corrected(2, "C", "", "e")])
    assert made.grids[0].rows[1] == ["d", None, "e"] and made.grids[0].columns[2][1] == "e"


def test_a_formula_without_result_that_is_corrected_has_one() -> None:
    read = book([["a", None]])
    read = replace(read, grids=(replace(read.grids[0], columns=(*read.grids[0].columns,), unanswered=((0, 1),)),))
    assert mended(read, [corrected(1, "B", "", "5")]).grids[0].unanswered == ()


@given(
    st.lists(st.lists(st.sampled_from(["", "a", "b", "1"]), min_size=3, max_size=3), min_size=1, max_size=6),
    st.data(),
)
def test_one_cell_changes_and_no_other(cells: list[list[str]], data: st.DataObject) -> None:
    row, column = data.draw(st.integers(0, len(cells) - 1)), data.draw(st.integers(0, 2))
    becomes = data.draw(st.sampled_from(["", "a", "c"]))
    rows: Rows = [[cell or None for cell in line] for line in cells]
    made = mended(book(rows), [corrected(row + 1, column_letters(column), cells[row][column], becomes)])
    rows[row][column] = becomes or None
    assert made.grids[0].rows == rows


@given(st.integers(0, 20_000))
def test_a_column_has_one_name(index: int) -> None:
    letters = column_letters(index)
    assert column_index(letters) == (index if len(letters) < 4 else -1)
    assert column_index(letters.lower()) == column_index("") == column_index("A1") == -1


def test_a_correction_holds_for_its_file_alone(warehouse: Warehouse) -> None:
    review = proposed(warehouse, listed(WRONG), corrected(6, "D", "31/02/2015", "28/02/2015"))
    assert review.book is not None
    accept(warehouse, review, by="Amal")
    choices, receipt = remembered(warehouse.ledger.standing(), review.book, Choices())
    assert receipt == 1 and choices.corrections == ()


def test_an_upload_keeps_its_corrections() -> None:
    choices = replace(NEW, corrections=(corrected(6, "D", "31/02/2015", "28/02/2015"),))
    said = json.loads(json.dumps(said_of(choices)))
    assert Job("0" * 16, "liste.csv", "", said=said).choices.corrections == choices.corrections
    # One that began before there were corrections goes on.
    del said["corrections"]
    assert Job("0" * 16, "liste.csv", "", said=said).choices.corrections == ()


def test_a_problem_leads_to_every_cell_it_is_about(warehouse: Warehouse) -> None:
    rows = [
        ["Rabat", "", "", "01/02/2012", "", ""],
        ["Rabat", "F-1", "Atlas", "01/02/2012", "01/01/2011", ""],
        ["Rabat", "F-2", "Boussole", "01/02/2012", "", ""],
        ["Rabat", "F-2", "Boussole", "01/02/2012", "01/02/2014", ""],
    ]
    review = proposed(warehouse, listed(rows))
    places = Places(review)
    found = {p.code: [str(place) for place in places.of(p)] for p in review.outcome.problems if p.row}
    assert found["missing-value"] == ["liste!B3", "liste!C3"]
    assert found["left-before-entry"] == ["liste!E4", "liste!D4"]
    assert found["contradicting-row"] == ["liste!E6"]
    assert places.of(Problem("nothing-new")) == places.of(Problem("missing-value", "Feuil9", 3, "Site")) == []
    review.close()


def test_of_merged_cells_the_one_that_holds_the_value_is_meant(warehouse: Warehouse) -> None:
    rows: Rows = [[*HEADERS], ["Rabt", *ROWS[0][1:]], [None, *ROWS[1][1:]], ["Rabat", *ROWS[2][1:]]]
    merged = book(rows, merged=((1, 0, 2, 0),))
    choices = Choices(stated_on=date(2020, 10, 25), mapping=NEW.mapping)
    review = propose(warehouse, b"", "liste.xlsx", choices, date.today(), merged)
    places = Places(review)
    assert places.of(Problem("unknown-site", SHEET, 3, "Site", "Rabt")) == [Place(SHEET, 2, 0)]
    assert places.of(Problem("unknown-site", SHEET, 4, "Site", "Rabat")) == [Place(SHEET, 4, 0)]
    review.close()
    both = replace(choices, corrections=(corrected(2, "A", "Rabt", "Rabat"),))
    review = propose(warehouse, b"", "liste.xlsx", both, date.today(), merged)
    assert review.clean is not None and review.clean.rows.column("site").to_pylist() == ["Rabat"] * 3
    review.close()


def said(**changes: Any) -> str:
    one = {"sheet": SHEET, "row": 6, "column": "D", "was": "31/02/2015", "becomes": "28/02/2015", "reason": "typo"}
    return json.dumps([{**one, **changes}])


def test_corrections_without_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    (path := tmp_path / f"{SHEET}.csv").write_bytes(listed(WRONG))
    (made := tmp_path / "corrections.json").write_text(said())
    asked = ["load", str(path), "--corrections", str(made), "--new-sites", "--by", "Amal", "--json"]
    assert cli.main(asked) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 4
    ledger = Warehouse(Home.at(tmp_path / "home")).ledger
    (correction,) = ledger.receipts()[0].body["corrections"]
    assert (correction["by"], correction["reason"], correction["was"]) == ("Amal", "typo", "31/02/2015")
    assert cli.main(["load", str(path), *asked[1:]]) == 2, "corrections of two files at once"
    made.write_text(said(was="30/02/2015"))
    assert cli.main(asked) == 3
    assert "liste!D6" in json.loads(capsys.readouterr().out)["problems"][0]["message"]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "{}",
        "[1]",
        said(column="4"),
        said(row=0),
        said(row=True),
        said(becomes=None),
        said(reason=" "),
        said(other=1),
        said(becomes="x" * 40_000),
    ],
)
def test_what_is_no_correction_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "corrections.json"
    with pytest.raises(CorrectionError, match="cannot be read"):
        Correction.load(path, "Amal")
    path.write_text(content)
    with pytest.raises(CorrectionError):
        Correction.load(path, "Amal")


def test_a_load_applies_them_too(warehouse: Warehouse, tmp_path: Path) -> None:
    (path := tmp_path / f"{SHEET}.csv").write_bytes(listed(WRONG))
    choices = replace(NEW, accept_warnings=False, corrections=(corrected(6, "D", "31/02/2015", "28/02/2015"),))
    assert load(warehouse, path, choices).rows == 4
