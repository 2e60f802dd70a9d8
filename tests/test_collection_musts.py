"""What the collection's list says a file must or must not do, beyond its outcome and its sums, each compared here."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from data import intake
from data.changes import changes
from data.dates import dates
from data.figures import numbers
from data.grid import Book
from data.home import Home
from data.layouts import remembered
from data.match import known_header
from data.read import read
from data.review import Choices, Outcome
from data.table import Table, find_table
from data.warehouse import Warehouse
from tests.test_collection import FILES, SHEETS, collection, entry_of
from tests.test_collection_truth import TODAY, column, loaded, table_of

MUST = {one["file"] for one in FILES if one["bucket"] != "hostile" and "must" in one["expected"]}
V = "messy/series/constructed_locataires_v{}.csv"


def opened(name: str) -> tuple[Book, dict[str, Table | None]]:
    book = read((SHEETS / name).read_bytes(), Path(name).name)
    return book, {grid.name: find_table(grid, known=known_header) for grid in book.grids}


def codes(outcome: Outcome) -> Counter[str]:
    return Counter(problem.code for problem in outcome.problems)


def stored(home: Path, sql: str) -> list[dict[str, Any]]:
    warehouse = Warehouse(Home.at(home))
    try:
        return warehouse.generation().arrow(sql).to_pylist()
    finally:
        warehouse.close()


def test_columns_whose_names_collide_are_all_kept() -> None:
    table = table_of("messy/constructed_columns_collide_in_duckdb.csv")
    assert [cells[0] for cells in table.columns] == [f"v0{place}" for place in range(12)]


def test_a_change_of_encoding_is_named_by_its_line() -> None:
    book, tables = opened("messy/constructed_csv_two_encodings_one_file.csv")
    assert [(note.code, note.row) for note in book.notes] == [("mixed-encoding", 3)]
    (table,) = tables.values()
    assert table is not None and [cells[1] for cells in table.columns] == ["Médina", "Création"]
    assert not any("\ufffd" in str(cell) for cells in table.columns for cell in cells)


def test_a_date_does_not_depend_on_its_neighbours() -> None:
    cells = column(table_of("messy/constructed_dates_dmy_mdy_conflict.csv"), "Date d'entrée")
    read_as = dates(cells, TODAY)
    assert sorted(read_as.wrongs) == [1, 3] and read_as.values[4] == date(2020, 4, 3)
    # Wherever it stands among them it is the same day.
    assert dates([*cells[4:], *cells[:4]], TODAY).values[0] == date(2020, 4, 3)


def test_cells_that_look_like_formulas_stay_what_they_are() -> None:
    table = table_of("messy/constructed_formula_and_markup_injection.csv")
    cells = [str(cell) for cell in column(table, "Startup")]
    raw = (SHEETS / "messy/constructed_formula_and_markup_injection.csv").read_text("utf-8-sig")
    assert "-12" in cells and "+212661000000" in cells and "=cmd|'/C calc'!A0" in cells
    assert all(cell.replace('"', '""') in raw.replace("\r\n", "\n") for cell in cells if "\r" not in cell)


def test_formulas_without_results_are_no_missing_column() -> None:
    table = table_of("messy/constructed_formulas_without_cached_values.xlsx")
    assert [(note.code, note.column, note.details["count"]) for note in table.notes] == [
        ("formula-without-result", "Taux de survie", 15)
    ]
    assert [left.why for left in table.left_out] == ["total"] and len(table.rows) == 15


def test_what_is_no_data_is_left_out() -> None:
    repeated = table_of("messy/csv_repeated_header_fr.csv")
    assert Counter(left.why for left in repeated.left_out) == {"repeated-header": 2}
    deaths = table_of("messy/readxl_deaths.xlsx")
    assert len(deaths.rows) == 10 and "George Michael" in list(deaths.columns[0])
    styled = table_of("messy/constructed_styled_blank_rows_60k.xlsx")
    assert len(styled.rows) == 25


def test_a_hidden_sheet_is_no_default_and_totals_are_no_firms(tmp_path: Path) -> None:
    name = "messy/constructed_rapport_locataires_2020.xlsx"
    outcome = loaded(name, tmp_path)
    assert outcome.refused is None and outcome.sheets == ("Locataires 2020",)
    hidden = next(problem for problem in outcome.problems if problem.code == "hidden-sheet")
    assert hidden.sheet == "Archives 2019"
    assert (outcome.left_out["total"], outcome.left_out["note"], outcome.left_out["title"]) == (5, 2, 2)
    (said,) = stored(tmp_path / "home", "select sum(headcount) as n from tenants")
    assert said["n"] == entry_of(name)["expected"]["truth"]["sum_effectif"]


def test_counts_under_five_are_listed_as_no_numbers() -> None:
    _, tables = opened("messy/agate_covid_iss_it.xlsx")
    found = 0
    for table in filter(None, tables.values()):
        for cells in table.columns:
            small = {place for place, cell in enumerate(cells) if str(cell).strip() == "<5"}
            wrongs = numbers(list(cells), "integer").wrongs if small else {}
            assert all(wrongs[place][0] == "unreadable-number" for place in small)
            found += len(small)
    assert found == 38


def test_a_sheet_of_codes_is_not_loaded_as_firms(tmp_path: Path) -> None:
    outcome = loaded("messy/open_hub_bulk_template.xlsx", tmp_path)
    assert outcome.rows <= 1 and "shared_var" not in outcome.sheets


def test_codes_keep_their_zeros() -> None:
    assert column(table_of("good/fr_fonds_solidarite_effectif.csv"), "classe_effectif")[0] == "00"
    assert column(table_of("messy/csv_repeated_header_fr.csv"), "NUMCOM")[0] == "01001"


def test_the_same_file_again_is_known(tmp_path: Path) -> None:
    assert (SHEETS / V.format(1)).read_bytes() == (SHEETS / V.format(2)).read_bytes()
    assert loaded(V.format(1), tmp_path).difference.added == 60
    again = loaded(V.format(2), tmp_path)
    assert codes(again)["already-loaded"] == 1 and again.difference.says_nothing
    replaced = loaded(V.format(3), tmp_path, lambda one: replace(one, mode="replace"))
    moved = replaced.difference
    assert (moved.added, moved.removed, moved.changed) == (4, 3, 1)
    assert stored(tmp_path / "home", "select count(*) as n from tenants") == [{"n": 61}]


def test_renamed_headers_are_proposed_and_remembered(tmp_path: Path) -> None:
    assert loaded(V.format(3), tmp_path).refused is None
    warehouse, content = Warehouse(Home.at(tmp_path / "home")), (SHEETS / V.format(5)).read_bytes()
    choices = Choices(accept_warnings=True, stated_on=date(2020, 12, 31), by="test")
    review = intake.propose(warehouse, content, "v5.csv", choices, date.today())
    (table,), (match,) = review.tables, review.matches
    fields = {table.headers[place]: name for name, place in match.columns.items()}
    assert {"Nom entreprise": "firm_name", "Ville": "site", "Date entrée": "entered_on"}.items() <= fields.items()
    assert "Commentaire" not in fields and review.proposal is not None
    # It is the same 61 firms: nothing comes or goes, and of what is known only the new column's notes differ.
    difference = review.outcome.difference
    assert (len(table.rows), difference.added, difference.removed) == (61, 0, 0)
    assert set(changes(review.proposal).cells.column("field").to_pylist()) == {"notes"}
    intake.accept(warehouse, review)
    assert review.book is not None
    said, number = remembered(warehouse.ledger.receipts(), review.book, Choices())
    assert number == 2 and said.mapping.columns.items() <= fields.items()
    # Left out on choice, the column changes nothing.
    mapping = replace(choices.mapping, columns={"Commentaire": None})
    again = intake.propose(warehouse, content, "v5.csv", replace(choices, mapping=mapping), date.today())
    assert again.outcome.difference.added == again.outcome.difference.removed == 0
    again.close()
    warehouse.close()


def test_without_entries_it_is_said_what_cannot_be_counted_and_nothing_is_wiped(tmp_path: Path) -> None:
    assert loaded(V.format(3), tmp_path).refused is None
    before = stored(tmp_path / "home", "select key, entered_on from tenants order by key")
    outcome = loaded(V.format(6), tmp_path, lambda one: replace(one, stated_on=date(2020, 12, 31)))
    assert outcome.refused == "problems" and len(outcome.problems) and outcome.rows <= 61
    assert codes(outcome)["missing-column"] == codes(outcome)["no-entries"] == 1
    said = next(problem.message for problem in outcome.problems if problem.code == "no-entries")
    assert all(figure in said for figure in ("hosted", "entries", "cohorts", "survival"))
    assert stored(tmp_path / "home", "select key, entered_on from tenants order by key") == before
    assert len(before) == 61 and all(row["entered_on"] for row in before)


def test_a_truncated_copy_can_be_taken_back(tmp_path: Path) -> None:
    whole = "select key, headcount, entered_on, left_on from tenants order by key"
    assert loaded(V.format(3), tmp_path).refused is None
    before = stored(tmp_path / "home", whole)

    def replacing(one: Choices) -> Choices:
        return replace(one, mode="replace", stated_on=date(2020, 12, 31))

    stopped = loaded(V.format(7), tmp_path, lambda one: replace(replacing(one), accept_warnings=False))
    said = next(problem for problem in stopped.problems if problem.code == "removes-many")
    assert stopped.refused == "problems" and stored(tmp_path / "home", whole) == before
    # Replacing is for the sites that a file names: of their firms all but five would go.
    sites = {str(cell) for cell in column(table_of(V.format(7)), "Site")}
    there = sum(row["site"] in sites for row in stored(tmp_path / "home", "select site from tenants"))
    assert (said.details["removed"], said.details["known"]) == (there - 5, there)
    accepted = loaded(V.format(7), tmp_path, replacing)
    assert accepted.refused is None and accepted.receipt is not None
    assert len(stored(tmp_path / "home", whole)) == 61 - (there - 5)
    warehouse = Warehouse(Home.at(tmp_path / "home"))
    intake.undo(warehouse, accepted.receipt, "test")
    warehouse.close()
    assert stored(tmp_path / "home", whole) == before


# Compared elsewhere: "under 5 s" and "responsive" by bench/, the occupancy rate, the duplicates, the damaged
# identifiers, the sites' spellings and the order of columns by test_collection_truth, the exports by test_metrics.
ELSEWHERE = {
    "good/constructed_100k_rows.csv",
    "messy/hotels_paris_fr_cp1252.csv",
    "messy/constructed_duplicates.csv",
    "messy/constructed_locataires_fr_sites_variants.csv",
    "messy/series/constructed_locataires_v4.csv",
}
HERE = {
    "good/fr_fonds_solidarite_effectif.csv",
    "messy/agate_covid_iss_it.xlsx",
    *(f"messy/constructed_{name}" for name in (
        "columns_collide_in_duckdb.csv",
        "csv_two_encodings_one_file.csv",
        "dates_dmy_mdy_conflict.csv",
        "formula_and_markup_injection.csv",
        "formulas_without_cached_values.xlsx",
        "styled_blank_rows_60k.xlsx",
    )),
    "messy/constructed_rapport_locataires_2020.xlsx",
    "messy/csv_repeated_header_fr.csv",
    "messy/open_hub_bulk_template.xlsx",
    "messy/readxl_deaths.xlsx",
    *(V.format(n) for n in (2, 3, 6, 7)),
}  # fmt: skip
pytestmark = collection


def test_every_must_of_the_list_is_compared() -> None:
    assert MUST == HERE | ELSEWHERE


@pytest.mark.skipif(find_spec("xlwt") is None, reason="no library here writes .xls, and none at all writes .xlsb")
def test_a_workbook_of_1997_is_read(tmp_path: Path) -> None:
    import xlwt  # type: ignore[import-not-found,unused-ignore]

    book = xlwt.Workbook()
    sheet = book.add_sheet("Locataires")
    for row, cells in enumerate([["Site", "Code", "Date d'entrée"], ["Rabat", "001", "01/02/2012"]]):
        for place, cell in enumerate(cells):
            sheet.write(row, place, cell)
    book.save(path := tmp_path / "f.xls")
    (grid,) = read(path.read_bytes(), path.name).grids
    assert list(grid.rows[1]) == ["Rabat", "001", "01/02/2012"]
