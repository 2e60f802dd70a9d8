"""The collection's list says more than counts: types, sums, days, identifiers, reasons; all of it is compared here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.cells import fold, identifiers, spelling
from data.dates import dates
from data.figures import numbers
from data.grid import Cell
from data.home import Home
from data.intake import load, propose
from data.match import Mapping, known_header
from data.problem import Refused
from data.read import read
from data.repair import repaired
from data.review import Choices
from data.table import Table, find_table
from data.warehouse import Warehouse
from tests.test_collection import FILES, SHEETS, collection, entry_of

pytestmark = collection
TODAY = date(2026, 1, 1)
TRUE = [one["file"] for one in FILES if "sum_loyer_dh" in one["expected"].get("truth", {})] or ["absent"]
TYPED = [one["file"] for one in FILES if "columns" in one["expected"]] or ["absent"]
REASONED = [one["file"] for one in FILES if one["bucket"] == "hostile" and "message" in one["expected"]] or ["absent"]


def table_of(name: str) -> Table:
    entry = entry_of(name)
    book = repaired(read((SHEETS / name).read_bytes(), Path(name).name))
    sheet = entry["expected"].get("sheet")
    grids = [grid for grid in book.grids if (grid.name == sheet if sheet else grid.visible)]
    table = next(table for grid in grids if (table := find_table(grid, known=known_header)))
    return table


def column(table: Table, header: str) -> list[Cell]:
    """The cells under a header, whose first row may name a group of columns."""
    place = next(i for i, name in enumerate(table.headers) if fold(name).endswith(fold(header)))
    return list(table.columns[place])


def figures(table: Table, header: str, kind: str = "number") -> list[Any]:
    """The numbers of a column in the unit that its header names."""
    unit = 1_000_000 if "MDH" in header else 1
    cells = column(table, header)
    read_as = zip(cells, numbers(cells, kind).values, strict=True)
    return [value / unit if "MDH" in str(cell) else value for cell, value in read_as if value is not None]


@pytest.mark.parametrize("name", TRUE)
def test_sums_days_and_counts_are_those_of_the_list(name: str) -> None:
    truth, table = entry_of(name)["expected"]["truth"], table_of(name)
    assert len(table.rows) == truth["n_rows"]
    assert sum(figures(table, "Effectif", "integer")) == truth["sum_effectif"]
    assert round(sum(figures(table, "CA (MDH)")), 2) == truth["sum_ca_mdh"]
    assert float(sum(figures(table, "Loyer mensuel (DH)", "money"))) == truth["sum_loyer_dh"]
    days = [day for day in dates(column(table, "Date d'entrée"), TODAY).values if day]
    assert len(days) == truth["n_rows"]
    assert (min(days).isoformat(), max(days).isoformat()) == (truth["first_entry"], truth["last_entry"])
    assert sum(day.year == 2020 for day in days) == truth["entries_2020"]
    if "rapport" not in name:
        assert identifiers(column(table, "ICE")).values[0] == truth["first_ice"]
    sectors = Counter(spelling(cell) for cell in column(table, "Secteur d'activité"))
    assert {fold(str(one)): n for one, n in sectors.items()} == {
        fold(one): n for one, n in truth["rows_by_sector"].items()
    }


@pytest.mark.parametrize("name", TRUE)
def test_after_the_load_the_sites_have_their_rows(name: str, tmp_path: Path) -> None:
    """As the analyst settles it: the spellings of a site are said to be one."""
    truth = entry_of(name)["expected"]["truth"]
    spellings = {str(spelling(cell)) for cell in column(table_of(name), "Site")}
    sites = {text: next((s for s in truth["rows_by_site"] if _is(text, s)), text) for text in spellings}
    mapping = Mapping(new_sites=True, new_sectors=True, values={"site": sites})
    choices = Choices(mapping=mapping, accept_warnings=True, stated_on=date(2020, 11, 30))
    review = propose(
        Warehouse(Home.at(tmp_path / "home")), (SHEETS / name).read_bytes(), Path(name).name, choices, TODAY
    )
    review.close()
    assert review.clean is not None and review.outcome.refused is None
    assert Counter(review.clean.rows.column("site").to_pylist()) == truth["rows_by_site"]


def _is(text: str, site: str) -> bool:
    short = {"casablanca": ("casa",), "tanger": ("tangier", "tng"), "rabat": ("rbt",), "agadir": ("agd",)}
    folded = fold(text)
    return fold(site)[:4] in folded or folded in short.get(fold(site), ())


@pytest.mark.parametrize("name", TYPED)
def test_columns_are_of_the_types_that_the_list_says(name: str) -> None:
    table, wrong = table_of(name), {}
    for header, said in entry_of(name)["expected"]["columns"].items():
        cells = column(table, header)
        kind = re.split(r"\W", said)[0]
        if kind in ("text", "category"):
            typed = all(isinstance(cell, str) for cell in cells if cell is not None)
            short = "15 digits" in said and [c for c in cells if c and len(str(c)) != 15]
            # The report keeps its identifiers as numbers: their zeros are lost before it comes to us.
            fine = (typed or "rapport" in name) and (not short or "rapport" in name)
        elif kind == "date":
            fine = not dates(cells, TODAY).wrongs
        else:
            read_as = numbers(cells, "integer" if kind == "integer" else "number")
            fine = not read_as.wrongs
            if kind == "percent":
                shares = [value for value in read_as.values if value is not None]
                fine &= all(0 <= value <= 1 for value in shares) or all(0 <= value <= 100 for value in shares)
        if not fine:
            wrong[header] = said
    assert not wrong


REASONS: dict[str, set[str]] = {
    "damaged": {"damaged"},
    "too many columns": {"too-many-columns"},
    "compressed": {"compressed"},
    # A line without an end is one cell, whatever its bytes are.
    "not text": {"not-text", "cell-too-long"},
    "never closed": {"open-quote"},
    "no data found": {"blank-file"},
    "web page": {"web-page"},
    "17 billion": {"too-many-cells"},
    "password": {"password-protected"},
    "not a workbook": {"not-a-workbook"},
    "Excel 2003": {"excel-2003-xml"},
    "invalid cell reference": {"bad-reference"},
    "document type": {"document-type"},
    "empty": {"empty-file"},
    "unsafe": {"unsafe-name"},
    "inflates": {"inflates-too-much"},
    "malformed": {"damaged", "too-many-columns", "reader-crashed"},
}


@pytest.mark.parametrize("name", REASONED)
def test_what_is_refused_is_refused_for_the_reason_that_the_list_gives(name: str) -> None:
    message = entry_of(name)["expected"]["message"]
    try:
        book = read((SHEETS / name).read_bytes(), Path(name).name)
    except Refused as refusal:
        codes = {problem.code for problem in refusal.problems}
        for said, wanted in REASONS.items():
            if said in message:
                assert codes & wanted, (message, refusal)
                break
        return
    if "never_contains" in entry_of(name)["expected"]:
        pytest.fail("an entity was followed")
    if "NUL byte" in message:
        assert [(note.code, note.row) for note in book.notes] == [("nul-byte", 2)]
    if "n_rows" in entry_of(name)["expected"]:
        assert any(len(grid.rows) >= entry_of(name)["expected"]["n_rows"] for grid in book.grids)


def loaded(name: str, tmp_path: Path, said: Callable[[Choices], Choices] = lambda one: one) -> Any:
    mapping = Mapping(new_sites=True, new_sectors=True)
    choices = Choices(mapping=mapping, accept_warnings=True, stated_on=date(2020, 11, 30), by="test")
    return load(Warehouse(Home.at(tmp_path / "home")), SHEETS / name, said(choices))


def test_the_other_truths(tmp_path: Path) -> None:
    table = table_of("messy/constructed_identifiers.csv")
    # The list counts rows from 0 here.
    for field in ("ICE", "Code postal", "RIB"):
        truth = entry_of("messy/constructed_identifiers.csv")["expected"]["truth"][f"row1 {field}"]
        assert identifiers(column(table, field)).values[1] == truth
    for field in ("ICE", "RIB"):
        assert 3 in identifiers(column(table, field)).wrongs, "row 4 is damaged and cannot be recovered"
    assert sum(figures(table_of("messy/constructed_styled_blank_rows_60k.xlsx"), "Effectif")) == 375
    mojibake = table_of("messy/constructed_csv_mojibake_double_utf8.csv")
    assert mojibake.columns[0][0] == "Éco-Santé"
    outcome = loaded("messy/constructed_duplicates.csv", tmp_path)
    codes = Counter(problem.code for problem in outcome.problems)
    # Two rows are the same to the letter, one but for its capitals, and one firm stands on two sites: forty firms.
    assert codes["repeated-row"] == 3 and outcome.difference.added == 41
    generation = Warehouse(Home.at(tmp_path / "home")).generation()
    assert generation.arrow("select count(distinct firm_id) as n from tenants").to_pylist() == [{"n": 40}]
    codes_of = column(table_of("good/fr_fonds_solidarite_effectif.csv"), "classe_effectif")
    assert codes_of[0] == "00"
    hotels = table_of("messy/hotels_paris_fr_cp1252.csv")
    assert numbers(column(hotels, "Occupancy rate")).values[0] == 0.611553068
    musei = numbers(column(table_of("messy/musei_it_thousand_dot.csv"), "2011"))
    assert musei.wrongs, "what may be thousands or decimals is said"


@pytest.mark.parametrize(
    ("turns", "counts"),
    [
        (["v1", "v2"], (60, 0, 0)),
        (["v1", "v3"], (64, 4, 0)),
        (["v3", "v4"], (61, 0, 0)),
    ],
)
def test_the_months_of_a_series_follow_each_other(
    turns: list[str], counts: tuple[int, int, int], tmp_path: Path
) -> None:
    outcome: Any = None
    for turn in turns:
        outcome = loaded(f"messy/series/constructed_locataires_{turn}.csv", tmp_path)
        assert outcome.refused is None, outcome.problems
    firms, added, removed = counts
    warehouse = Warehouse(Home.at(tmp_path / "home"))
    ((found,),) = warehouse.generation().arrow("select count(distinct key) as n from tenants").to_pandas().to_numpy()
    assert (found, outcome.difference.added, outcome.difference.removed) == (firms, added, removed)


def test_a_replacement_that_would_remove_most_is_stopped(tmp_path: Path) -> None:
    from dataclasses import replace

    assert loaded("messy/series/constructed_locataires_v3.csv", tmp_path).refused is None
    outcome = loaded(
        "messy/series/constructed_locataires_v7.csv",
        tmp_path,
        lambda choices: replace(choices, mode="replace", accept_warnings=False, stated_on=date(2020, 12, 31)),
    )
    assert outcome.refused == "problems"
    assert {"removes-many"} <= {problem.code for problem in outcome.problems}
