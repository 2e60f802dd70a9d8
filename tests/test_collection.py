"""The collection of good, messy and hostile spreadsheets: each read or refused as its list says."""

from __future__ import annotations

import hashlib
import json
import tempfile
from datetime import datetime
from pathlib import Path

import pytest

from data.problem import Refused
from data.read import read
from data.table import find_table
from tests.workbooks import why

SHEETS = Path(__file__).parents[2] / "shared" / "sheets"
MANIFEST = SHEETS / "MANIFEST.json"
FILES = json.loads(MANIFEST.read_text())["files"] if MANIFEST.exists() else []
collection = pytest.mark.skipif(not FILES, reason="../shared/sheets is not beside this clone")


def names(bucket: str) -> list[str]:
    return [entry["file"] for entry in FILES if entry["bucket"] == bucket] or ["absent"]


def entry_of(name: str) -> dict:
    return next(entry for entry in FILES if entry["file"] == name)


def check(name: str) -> None:
    """What the collection's list says of a file, as far as reading goes."""
    entry = entry_of(name)
    expected = entry["expected"]
    book = read((SHEETS / name).read_bytes(), Path(name).name)
    tables = {grid.name: find_table(grid) for grid in book.grids}
    shown = [tables[grid.name] for grid in book.grids if grid.visible and tables[grid.name]]
    if "n_rows" not in expected:
        return
    table = tables[expected["sheet"]] if "sheet" in expected else shown[0]
    assert table is not None
    totals = sum(left.why == "total" for left in table.left_out) if name in COUNTED_WITH_TOTALS else 0
    assert len(table.rows) + totals == expected["n_rows"]
    if "n_cols" in expected:
        assert len(table.headers) == expected["n_cols"]
    if "header_rows" in expected:
        assert table.header_rows[-1] == expected["header_rows"][-1]
    listed = list(expected.get("columns", ()))
    wanted_headers = expected.get("first_headers", listed if len(listed) > 8 else [])
    for header, wanted in zip(table.headers, wanted_headers, strict=False):
        assert header.endswith(wanted.strip())
    truth = expected.get("truth", {})
    if "sum eff" in truth:
        assert sum(int(str(cell)) for cell in table.columns[table.headers.index("eff")]) == truth["sum eff"]
    if "sum_effectif" in truth:
        heads = table.columns[table.headers.index("Effectif")]
        assert sum(int(float(str(cell).replace("\xa0", ""))) for cell in heads) == truth["sum_effectif"]
    if "first_ice" in truth and not name.startswith("messy/constructed_rapport"):
        assert table.columns[table.headers.index("ICE")][0] == truth["first_ice"]


# Their sub-totals stand in the count of the collection's list and are left out here.
COUNTED_WITH_TOTALS = {"messy/poi_florida_data.ashx.xls"}
# One holds no value in any cell; the other an ampersand that makes its XML unreadable to every parser.
UNREAD = {"messy/roo_file_item_error.xlsx", "messy/openspout_one_sheet_with_invalid_xml_characters.xlsx"}


@collection
@pytest.mark.parametrize("name", names("good"))
def test_every_good_file_is_read_right(name: str) -> None:
    check(name)


@collection
@pytest.mark.parametrize("name", names("messy"))
def test_messy_files_are_read_as_far_as_they_can_be(name: str) -> None:
    if name in UNREAD:
        assert why((SHEETS / name).read_bytes()) in ("blank-file", "damaged")
    else:
        check(name)


@collection
@pytest.mark.parametrize("name", names("hostile"))
def test_every_hostile_file_is_refused_or_read_as_it_may_be(name: str) -> None:
    entry = entry_of(name)
    content = (SHEETS / name).read_bytes()
    start = datetime.now()
    try:
        book = read(content, Path(name).name)
    except Refused as refused:
        assert refused.unreadable
        assert len(refused.problems) == 1
        assert "Traceback" not in str(refused) and len(str(refused)) < 400
    else:
        tables = [table for table in map(find_table, book.grids) if table and table.rows]
        assert entry["expected"]["outcome"] != "refuse" or not tables
    assert (datetime.now() - start).total_seconds() < 30
    assert hashlib.sha256((SHEETS / name).read_bytes()).hexdigest() == hashlib.sha256(content).hexdigest()
    assert not Path(tempfile.gettempdir(), "held_pwned").exists()
