"""Finding the table in a sheet: the header under titles, and which rows are no data."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.grid import Cell, CellError, Grid
from data.problem import Refused
from data.read import read
from data.table import Table, find_table

REAL = Path(__file__).parents[2] / "shared" / "real"
HEADER: list[Cell] = ["Raison sociale", "Site", "Entrée", "Effectif"]
Merged = tuple[tuple[int, int, int, int], ...]


def firm(name: str, site: str | None = "Rabat", heads: Cell = 3) -> list[Cell]:
    """One row of a tenants list."""
    return [name, site, date(2020, 1, 2), heads]


def found(rows: list[list[Cell]], merged: Merged = (), header: int | None = None, known: object = None) -> Table:
    """The table of a sheet that has one."""
    table = find_table(Grid.of_rows("Feuil1", True, rows, merged), header, known)  # type: ignore[arg-type]
    assert table is not None
    return table


def why(table: Table) -> dict[int, str]:
    """The rows left out with their reason."""
    return {left.row: left.why for left in table.left_out}


def test_a_plain_list() -> None:
    table = found([HEADER, firm("A"), firm("B")])
    assert table.header_rows == (1,)
    assert table.headers == tuple(HEADER)
    assert table.columns[0] == ["A", "B"]
    assert table.rows == [2, 3]
    assert table.left_out == ()
    assert table.places == (0, 1, 2, 3)


def test_the_header_is_found_under_titles_and_the_titles_are_kept() -> None:
    table = found([["Parc technologique"], ["Situation au 25/10/2020"], [], HEADER, firm("A"), firm("B")])
    assert table.header_rows == (4,)
    assert table.titles == ("Parc technologique", "Situation au 25/10/2020")
    assert why(table) == {1: "title", 2: "title", 3: "blank"}
    assert table.rows == [5, 6]


def test_a_header_of_texts_over_rows_of_texts_is_the_first_row() -> None:
    rows: list[list[Cell]] = [
        ["Firm", "Site", "Sector"],
        ["A", "Rabat", "ICT"],
        ["B", "Fès", "ICT"],
        ["C", None, "ICT"],
    ]
    assert found(rows).header_rows == (1,)


def test_years_may_be_names_of_columns() -> None:
    assert found([["Site", "2019", "2020"], ["Rabat", "23", "24"], ["Fès", "12", "13"]]).headers == (
        "Site",
        "2019",
        "2020",
    )


def test_empty_and_repeated_names_are_kept() -> None:
    table = found([["a", "a", None, "b"], [1, "x", "y", 2.5], [2, "z", "w", 3.5]])
    assert table.headers == ("a", "a", "", "b")


def test_a_table_that_starts_further_right_says_where_its_columns_are() -> None:
    table = found([[None, None, *HEADER], [None, None, *firm("A")], [None, None, *firm("B")]])
    assert table.headers == tuple(HEADER)
    assert table.places == (2, 3, 4, 5)


def test_names_we_know_make_a_row_the_header() -> None:
    rows: list[list[Cell]] = [
        ["Liste", "des", "firmes", "du parc"],
        ["Firm", "Site", "x", "y"],
        ["A", "Rabat", "u", "v"],
    ]
    assert found(rows).header_rows == (1,)
    assert found(rows, known=lambda text: text in ("Firm", "Site")).header_rows == (2,)


def test_a_person_may_name_the_header_row() -> None:
    rows: list[list[Cell]] = [HEADER, ["Firm", "Site", "In", "n"], firm("A")]
    assert found(rows, header=2).headers == ("Firm", "Site", "In", "n")
    for row in (0, 9):
        with pytest.raises(Refused, match=f"Row {row} of sheet Feuil1"):
            find_table(Grid.of_rows("Feuil1", True, rows), header=row)


def test_a_sheet_without_names_has_no_table() -> None:
    assert find_table(Grid.of_rows("x", True, [[1.0, 2.0], [3.0, 4.0]])) is None
    assert find_table(Grid.of_rows("x", True, [])) is None
    assert find_table(Grid.of_rows("x", True, [[None, "  "], []])) is None


def test_a_header_alone_is_a_table_without_rows() -> None:
    table = found([HEADER])
    assert table.rows == []
    assert table.columns == [[], [], [], []]


def test_merged_group_names_over_unique_names_are_left_away() -> None:
    rows: list[list[Cell]] = [
        ["Identification", None, "Bail", None],
        ["Raison sociale", "ICE", "Superficie", "Loyer"],
        ["A", "001", 24.0, 100.0],
        ["B", "002", 36.0, 200.0],
    ]
    table = found(rows, ((0, 0, 0, 1), (0, 2, 0, 3)))
    assert table.header_rows == (1, 2)
    assert table.headers == ("Raison sociale", "ICE", "Superficie", "Loyer")


def test_group_names_tell_repeated_names_apart() -> None:
    rows: list[list[Cell]] = [
        ["Firme", "Entrée", None, "Sortie", None],
        [None, "Date", "Motif", "Date", "Motif"],
        ["A", date(2020, 1, 1), "x", date(2021, 1, 1), "y"],
        ["B", date(2020, 1, 1), "x", date(2021, 1, 1), "y"],
    ]
    table = found(rows, ((0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4)))
    assert table.header_rows == (1, 2)
    assert table.headers == ("Firme", "Entrée Date", "Entrée Motif", "Sortie Date", "Sortie Motif")
    assert table.rows == [3, 4]


def test_the_joined_name_is_taken_where_it_is_the_one_we_know() -> None:
    rows: list[list[Cell]] = [
        ["Firme", "Date", None],
        [None, "entrée", "sortie"],
        ["A", date(2020, 1, 1), date(2021, 1, 1)],
        ["B", date(2020, 1, 1), date(2021, 1, 1)],
    ]
    merged = ((0, 0, 1, 0), (0, 1, 0, 2))
    known = {"Firme", "Date entrée"}.__contains__
    assert found(rows, merged, known=known).headers == ("Firme", "Date entrée", "sortie")


def test_a_merged_site_is_filled_down_over_its_block() -> None:
    rows: list[list[Cell]] = [
        HEADER,
        firm("A", "Rabat"),
        firm("B", None),
        firm("C", "Fès"),
        firm("D", None),
        firm("E", None),
    ]
    table = found(rows, ((1, 1, 2, 1), (3, 1, 4, 1)))
    assert table.columns[1] == ["Rabat", "Rabat", "Fès", "Fès", None]


def test_a_merge_of_the_whole_sheet_is_no_work() -> None:
    rows: list[list[Cell]] = [HEADER, *(firm(f"F{n}") for n in range(50))]
    assert len(found(rows, ((1, 1, 1_048_575, 16_383),)).rows) == 50


@pytest.mark.parametrize(
    "label",
    [
        "TOTAL",
        "Total général",
        "Totaux",
        "total :",
        "TOTAL GÉNÉRAL",
        "Grand total",
        "Sous-total",
        "المجموع",
        "Total Rabat",
    ],
)
def test_total_rows_are_left_out(label: str) -> None:
    rows: list[list[Cell]] = [HEADER, firm("A"), firm("B", "Fès"), [label, None, None, 6]]
    table = found(rows)
    assert table.columns[0] == ["A", "B"]
    assert why(table) == {4: "total"}


def test_sub_totals_between_blocks_are_left_out() -> None:
    rows: list[list[Cell]] = [
        HEADER,
        firm("A"),
        ["Sous-total Rabat", None, None, 3],
        firm("B", "Fès"),
        firm("C", "Fès"),
    ]
    rows += [["Sous-total Fès", None, None, 6], ["TOTAL", None, None, 9], [], ["* provisoire"], ["Contact : direction"]]
    table = found(rows)
    assert table.columns[0] == ["A", "B", "C"]
    assert why(table) == {3: "total", 6: "total", 7: "total", 8: "blank", 9: "note", 10: "note"}
    assert table.titles == ("* provisoire", "Contact : direction")


@pytest.mark.parametrize(
    "row",
    [
        firm("Total Services"),
        firm("Total"),
        firm("TOTAL ENERGIES", None),
        ["Total Services", "Rabat", None, None],
        ["Totalement Bio", None, None, 3],
        ["Ensemble Atlas", None, date(2020, 1, 1), None],
    ],
)
def test_a_firm_called_total_stays(row: list[Cell]) -> None:
    rows: list[list[Cell]] = [HEADER, firm("A"), row, firm("B"), firm("C")]
    table = found(rows)
    assert table.rows == [2, 3, 4, 5]
    assert table.left_out == ()


def test_in_a_narrow_list_a_firm_called_total_stays_and_a_sum_goes() -> None:
    rows: list[list[Cell]] = [["Firm", "Heads"], ["A", 3], ["Total Services", 4], ["B", 5], ["Total", 12]]
    table = found(rows)
    assert table.columns[0] == ["A", "Total Services", "B"]
    assert why(table) == {5: "total"}


def test_a_total_of_formulas_without_results_is_still_a_total() -> None:
    assert why(found([HEADER, firm("A"), firm("B"), ["TOTAL", None, None, None]])) == {4: "total"}
    assert why(found([HEADER, firm("A"), firm("B"), ["TOTAL", None, None, CellError("#REF!")]])) == {4: "total"}


def test_blank_rows_and_blank_tails_are_no_data() -> None:
    rows: list[list[Cell]] = [HEADER, firm("A"), [None, "  ", None, None], firm("B")]
    rows += [[None] * 4 for _ in range(500)]
    table = found(rows)
    assert table.rows == [2, 4]
    assert why(table) == {3: "blank"}


def test_a_header_said_again_is_left_out() -> None:
    rows: list[list[Cell]] = [
        HEADER,
        firm("A"),
        firm("B"),
        ["RAISON SOCIALE ", "site", "Entrée", "Effectif"],
        firm("C"),
    ]
    table = found(rows)
    assert table.columns[0] == ["A", "B", "C"]
    assert why(table) == {4: "repeated-header"}
    again = found([HEADER, list(HEADER), firm("A"), firm("B")])
    assert again.header_rows == (2,)
    assert why(again) == {1: "repeated-header"}


def test_a_thin_last_row_in_a_narrow_list_is_data() -> None:
    rows: list[list[Cell]] = [["Firm", "Site"], ["A", "Rabat"], ["B", "Fès"], ["C", None]]
    assert found(rows).rows == [2, 3, 4]


def test_ragged_rows_are_made_even() -> None:
    table = found([["a", "b", "c"], ["x", "y"], ["z"]])
    assert [len(column) for column in table.columns] == [2, 2, 2]
    assert table.columns[2] == [None, None]


CELLS = st.one_of(
    st.none(), st.integers(-5, 5), st.floats(allow_nan=False), st.dates(), st.booleans(),
    st.sampled_from(["Total", "Sous-total", "Rabat", "a", "  ", "12,5", "* note", "2020-01-01"]),
)  # fmt: skip


@given(st.lists(st.lists(CELLS, max_size=5), max_size=12), st.lists(st.tuples(*[st.integers(0, 6)] * 4), max_size=3))
@settings(max_examples=150, deadline=None)
def test_every_row_that_holds_something_is_either_data_or_listed(rows: list[list[Cell]], merged: list) -> None:
    table = find_table(Grid.of_rows("x", True, rows, tuple(merged)))
    if table is None:
        return
    listed = [left.row for left in table.left_out]
    accounted = sorted([*table.rows, *listed, *table.header_rows])
    assert len(set(accounted)) == len(accounted)
    assert accounted == list(range(1, len(accounted) + 1))
    assert len(accounted) >= max(
        (n for n, row in enumerate(rows, 1) if any(c not in (None, "  ") for c in row)), default=0
    )
    assert {len(column) for column in table.columns} <= {len(table.rows)}


def test_a_hundred_thousand_rows_take_a_moment() -> None:
    rows: list[list[Cell]] = [
        [f"Firm {n}", f"{n:015d}", "Rabat", "TIC", "x", date(2020, 1, 1), None, 1.5, n, 3] for n in range(100_000)
    ]
    grid = Grid.of_rows("x", True, [[f"c{n}" for n in range(10)], *rows])
    start = time.process_time()
    table = find_table(grid)
    assert table is not None and len(table.rows) == 100_000
    assert time.process_time() - start < 2


@pytest.mark.skipif(not REAL.exists(), reason="../shared/real is not beside this clone")
def test_a_real_workbook_of_four_sheets_keeps_every_firm_and_no_total() -> None:
    book = read((REAL / "betagouv" / "variant_d_messy.xlsx").read_bytes(), "variant_d_messy.xlsx")
    tables = [table for table in map(find_table, book.grids) if table]
    assert [table.header_rows for table in tables] == [(5,)] * 4
    assert sum(len(table.rows) for table in tables) == 662
    assert all(sum(left.why == "total" for left in table.left_out) == 1 for table in tables)
    assert all("Situation arrêtée au 20/08/2026" in table.titles for table in tables)
