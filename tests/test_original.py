"""The cells that a figure is followed to hold what is said: opened again here by openpyxl, or by Python's own csv."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string

from data.home import Home
from data.intake import SAMPLE, Choices, load
from data.ledger import Receipt
from data.match import Mapping
from data.original import line, reread
from data.warehouse import Warehouse
from metrics import METRICS
from metrics.behind import behind

SHEETS = Path(__file__).parents[2] / "shared" / "sheets"
GOOD, MESSY = "good/constructed_locataires_fr_cp1252_semicolon.csv", "messy/constructed_rapport_locataires_2020.xlsx"
# Between them they ask for every thing that a list can say of a firm.
NAMES = ("hosted", "closed", "exits", "transfers", "survival_5y", "approximate_dates", "occupancy")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    warehouse = Warehouse(Home.at(tmp_path_factory.mktemp("sample")))
    for name in ("secteurs", "sites", "locataires-rabat", "promotion-2010", "promotion-2014"):
        choices = Choices(accept_warnings=True, known_on=date(2020, 10, 25), by="sample")
        assert load(warehouse, SAMPLE / f"{name}.xlsx", choices).refused is None
    yield warehouse
    warehouse.close()


def followed(warehouse: Warehouse, each: int) -> Iterator[tuple[dict[Any, Any], Receipt, Any]]:
    """Some rows behind every list of every figure, with their receipts and what the row says in the field named."""
    park, dice = warehouse.generation(), Random(1)
    receipts = {receipt.number: receipt for receipt in park.receipts}
    for name in NAMES:
        for part in METRICS[name].behind:
            rows = behind(park, name, part=part, age=5).rows.to_dict("records")
            for row in dice.sample(rows, min(each, len(rows))):
                table = row["kind"] if row["kind"] == "sites" else "said"
                where = "receipt = $receipt and sheet = $sheet and row = $row"
                place = {name: row[name] for name in ("receipt", "sheet", "row")}
                said = park.query(f"select {row['field']} as said from {table} where {where}", place)
                yield row, receipts[row["receipt"]], said["said"].iloc[0]


def is_said(held: Any, said: Any) -> bool:
    """Whether a cell holds what was read from it: a day, whole or as far as it is known, a number, or a word."""
    if isinstance(held, datetime):
        return held.date() == said.date()
    if isinstance(said, date):
        # 03/2004 and 2003 are the first days of what they name.
        figures = [int(one) for one in re.findall(r"\d+", str(held))]
        whole = sorted((said.day, said.month, said.year), reverse=True)
        return sorted(figures, reverse=True) in (whole, whole[:2], whole[:1], [said.year, said.month], [said.year])
    if isinstance(said, float):
        return float(str(held).replace(",", ".")) == said
    return bool(str(held).strip())


def plain(held: Any) -> Any:
    """A cell as both readers have it: a day without a time, and a whole number, whatever its type."""
    if isinstance(held, datetime):
        return held.date()
    return int(held) if isinstance(held, float) and held.is_integer() else held


def test_cells_of_the_sample_park_hold_what_is_said(sample: Warehouse) -> None:
    theirs: dict[str, Any] = {}
    ours: dict[str, Any] = {}
    seen = set()
    for row, receipt, said in followed(sample, each=9):
        if row["file"] not in theirs:
            theirs[row["file"]] = openpyxl.load_workbook(SAMPLE / row["file"])
            ours[row["file"]] = reread(sample.ledger, receipt)
        page = theirs[row["file"]][row["sheet"]]
        cell = page[row["cell"]]
        assert cell.row == row["row"] and is_said(cell.value, said), (row, cell.value, said)
        written = {one.letters: one for one in line(ours[row["file"]], receipt, row["sheet"], row["row"])}
        assert plain(written[cell.column_letter].value) == plain(cell.value)
        assert written[cell.column_letter].header == page.cell(5, cell.column).value
        assert row["by"] == "sample" and row["accepted_on"] == receipt.body["accepted_at"][:10]
        seen.add(row["field"])
    assert seen >= {"entered_on", "left_on", "closed_on", "status_on", "area_m2", "lettable_area_m2"}


@pytest.mark.skipif(not SHEETS.is_dir(), reason="../shared/sheets is not here")
@pytest.mark.parametrize("name", [GOOD, MESSY])
def test_cells_of_other_peoples_lists(name: str, tmp_path: Path) -> None:
    warehouse = Warehouse(Home.at(tmp_path))
    choices = Choices(
        mapping=Mapping(new_sites=True, new_sectors=True), accept_warnings=True, stated_on=date(2026, 1, 1), by="Amal"
    )
    assert load(warehouse, SHEETS / name, choices).refused is None
    if name.endswith(".csv"):
        with open(SHEETS / name, encoding="cp1252", newline="") as handle:
            lines = list(csv.reader(handle, delimiter=";"))
    else:
        book = openpyxl.load_workbook(SHEETS / name)
    (receipt,) = warehouse.generation().receipts
    ours = reread(warehouse.ledger, receipt)
    found = 0
    for row, _, said in followed(warehouse, each=4):
        letters = row["cell"].rstrip("0123456789")
        place = column_index_from_string(letters)
        held = lines[row["row"] - 1][place - 1] if name.endswith(".csv") else book[row["sheet"]][row["cell"]].value
        assert is_said(held, said), (row, held, said)
        written = {one.letters: one for one in line(ours, receipt, row["sheet"], row["row"])}
        assert plain(written[letters].value) == plain(held)
        found += 1
    assert found > 20
    warehouse.close()


def test_a_row_that_is_not_there(sample: Warehouse) -> None:
    receipt = sample.generation().receipts[0]
    book = reread(sample.ledger, receipt)
    for sheet, row in (("Nowhere", 1), (book.grids[0].name, 0), (book.grids[0].name, 10_000)):
        with pytest.raises(LookupError, match="has no row"):
            line(book, receipt, sheet, row)
