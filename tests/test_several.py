"""Several tables on one sheet: found, taken together or left out and said, and chosen by their first cell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.grid import Book, Grid
from data.home import Home
from data.intake import accept
from data.layouts import remembered
from data.match import Mapping, MappingError
from data.picking import pick
from data.problem import Refused
from data.review import Choices
from data.tables import area, find_tables
from data.warehouse import Warehouse
from tests.test_review import NEW, proposed

HEADS = ["Code", "Raison sociale", "Site", "Date d'entrée", "Date de sortie"]
SITES = ["Site", "Date d'ouverture", "Surface louable"]


def firms(count: int, first: int = 0) -> list[list[Any]]:
    return [[f"F-{n}", f"Firme {n}", "Rabat", "13/02/2012", None] for n in range(first, first + count)]


def grid(rows: list[list[Any]], name: str = "Feuil1") -> Grid:
    width = max(map(len, rows))
    return Grid.of_rows(name, True, [[*row, *[None] * (width - len(row))] for row in rows])


def areas(rows: list[list[Any]]) -> list[str]:
    return [area(table) for table in find_tables(grid(rows), Mapping(), None)]


def picked(*rows: list[list[Any]], mapping: Mapping | None = None) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """The tables taken from sheets, and what is said of the others."""
    book = Book("f.xlsx", "xlsx", tuple(grid(one, f"Feuil{n}") for n, one in enumerate(rows, 1)))
    _, tables, _, problems = pick(book, None, None, mapping or Mapping())
    return [f"{table.sheet}!{area(table)}" for table in tables], {p.code: p.details for p in problems}


FORMER = [*HEADS[:2], "Implantation", *HEADS[3:]]
STACKED = [["Situation au 25/10/2020"], HEADS, *firms(4), [], ["Anciens locataires"], [], FORMER, *firms(6, 10)]
BESIDE = [
    [*HEADS, None, *SITES],
    *[[*row, None, f"S-{n}", "01/01/2001", 5] for n, row in enumerate(firms(4))],
    *firms(3, 4),
]
OTHER_KIND = [SITES[:2], ["Rabat", "01/01/2001"], ["Tanger", "01/01/2002"], [], HEADS, *firms(6)]


def test_tables_one_under_the_other_are_taken_together() -> None:
    first, second = find_tables(grid(STACKED), Mapping(), None)
    assert (area(first), area(second)) == ("A2:E6", "A10:E16")
    assert second.titles == ("Situation au 25/10/2020", "Anciens locataires"), "the day above holds for both"
    assert (first.rows, second.rows) == ([3, 4, 5, 6], [11, 12, 13, 14, 15, 16])
    assert picked(STACKED) == (["Feuil1!A2:E6", "Feuil1!A10:E16"], {"tables-taken": {"areas": "A2:E6, A10:E16"}})


def test_a_day_of_its_own_is_the_tables_own() -> None:
    rows = [*STACKED[:7], ["Situation au 31/12/2019"], [], *STACKED[9:]]
    _, second = find_tables(grid(rows), Mapping(), None)
    assert second.titles == ("Situation au 31/12/2019",)


def test_a_table_of_another_kind_is_left_out_and_said() -> None:
    taken, said = picked(OTHER_KIND)
    assert taken == ["Feuil1!A5:E11"] and said["table-left-out"] == {"area": "A1:B3", "table": "A1"}


def test_of_tables_side_by_side_the_larger_is_taken() -> None:
    assert areas(BESIDE) == ["A1:E8", "G1:I5"]
    twice = [[*HEADS, None, *HEADS], *[[*row, None, *other] for row, other in zip(firms(3), firms(3, 9), strict=True)]]
    assert areas(twice) == ["A1:E4", "G1:K4"]
    taken, said = picked([*twice, [None] * 6 + firms(1, 20)[0]])
    assert taken == ["Feuil1!G1:K5"] and said["table-left-out"]["table"] == "A1"


@pytest.mark.parametrize(
    "rows",
    [
        # A blank column, blank rows, the same head again, a word that we know in a note, notes after a gap.
        [[*HEADS[:4], None, "Date de sortie", "Motif"], *[[*row[:4], None, None, "x"] for row in firms(4)]],
        [
            [*HEADS[:2], HEADS[3], None, "Site", "Superficie"],
            *[[*row[:2], row[3], None, "Rabat", 5] for row in firms(4)],
        ],
        [HEADS, *firms(3), [], *firms(3, 5)],
        [HEADS, *firms(3), [], HEADS, *firms(3, 5)],
        [HEADS, *firms(3), [], ["Site", "voir la liste des sites"]],
        [HEADS, *firms(3), [], ["Source : registre"], ["Contact", "Amal"]],
        [["Parc", "Rabat"], [], HEADS, *firms(3)],
    ],
)
def test_one_table_stays_one(rows: list[list[Any]]) -> None:
    assert len(areas(rows)) == 1 and "table-left-out" not in picked(rows)[1]


def test_a_table_is_chosen_by_its_first_cell() -> None:
    mapping = Mapping.load({"table": "A2"})
    taken, said = picked(STACKED, mapping=mapping)
    assert taken == ["Feuil1!A2:E6"] and said == {"table-not-chosen": {"area": "A10:E16", "table": "A10"}}
    assert picked(STACKED, mapping=Mapping.load({"table": ["feuil1!a2", "A10"]}))[0] == picked(STACKED)[0]
    assert Mapping.load(mapping.as_json()) == mapping and mapping.as_json() == {"table": ["A2"]}
    assert "table" not in Mapping().as_json()


@pytest.mark.parametrize(
    ("rows", "table", "code"), [(STACKED, ["A3"], "table-not-found"), (BESIDE, ["A1", "G1"], "tables-beside")]
)
def test_a_table_that_cannot_be_taken_is_refused(rows: list[list[Any]], table: list[str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        picked(rows, mapping=Mapping.load({"table": table}))
    assert [p.code for p in refused.value.problems] == [code]


@pytest.mark.parametrize("wrong", [3, "thirty", ["A1", 2], "A0", {"A": 1}])
def test_a_mapping_names_cells(wrong: Any) -> None:
    with pytest.raises(MappingError, match="first cell of a table"):
        Mapping.load({"table": wrong})


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4), st.booleans(), st.booleans())
def test_no_row_is_lost_or_taken_twice(first: int, second: int, gap: int, title: bool, turned: bool) -> None:
    """Whatever stands between them, two tables of a sheet give the rows of both."""
    head, rows = (FORMER[::-1], [row[::-1] for row in firms(second, 50)]) if turned else (FORMER, firms(second, 50))
    between: list[list[Any]] = [[] for _ in range(gap)] + ([["Anciens"], []] if title else [])
    found = find_tables(grid([HEADS, *firms(first), *between, head, *rows]), Mapping(), None)
    codes = [code for table in found for code in table.columns[table.headers.index("Code")]]
    assert codes == [row[0] for row in (*firms(first), *firms(second, 50))]
    numbers = [row for table in found for row in table.rows]
    assert numbers == [*range(2, first + 2), *range(first + 3 + len(between), first + 3 + len(between) + second)]


def test_both_tables_load_and_each_cell_is_found_again(tmp_path: Path) -> None:
    warehouse = Warehouse(Home.at(tmp_path))
    turned = [[row and str(row) for row in one[::-1]] for one in [FORMER, *firms(6, 10)]]
    lines = ["Situation au 25/10/2020", ";".join(HEADS), *(";".join(map(str, row[:4])) for row in firms(4)), ""]
    content = "\n".join([*lines, *(";".join(cell or "" for cell in row) for row in turned)]).encode()
    accept(warehouse, proposed(warehouse, content))
    body = warehouse.ledger.receipts()[0].body
    assert body["rows"] == 10 and body["sheets"] == ["liste"]
    assert (body["columns"]["liste"]["firm_id"], body["columns"]["liste!A8"]["firm_id"]) == ("A", "E")
    # One of them alone, and so with the next list as long as it stands where it stood.
    mapping = replace(NEW.mapping, table=("A8",))
    review = proposed(warehouse, content, replace(NEW, mapping=mapping, mode="replace"))
    assert review.outcome.difference.removed == 4
    accept(warehouse, review)
    assert review.book is not None
    assert remembered(warehouse.ledger.standing(), review.book, Choices())[0].mapping.table == ("A8",)
    later = proposed(warehouse, content.replace(b"\n\n", b"\n\n\n"))
    assert later.book is not None
    assert remembered(warehouse.ledger.standing(), later.book, Choices())[0].mapping.table == ()
    later.close()


def test_a_rule_names_the_header_of_the_table_that_its_row_is_in(tmp_path: Path) -> None:
    tables = [(HEADS, firms(4)), ([*HEADS[:4], "Sortie le"], firms(4, 10))]
    lines = ["Situation au 25/10/2020"]
    for heads, rows in tables:
        lines += [";".join(heads), *(";".join([*map(str, row[:4]), "13/02/2090"]) for row in rows), ""]
    review = proposed(Warehouse(Home.at(tmp_path)), "\n".join(lines).encode())
    said = {(p.row, p.column) for p in review.outcome.problems if p.code == "exit-far-ahead"}
    review.close()
    assert said == {*((row, HEADS[4]) for row in range(3, 7)), *((row, "Sortie le") for row in range(9, 13))}
