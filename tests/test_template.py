"""The template filled in and loaded gives back every cell, and the help says every column."""

from __future__ import annotations

import json
import random
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.check import Lists, check
from data.match import Mapping, known_header, match
from data.read import read
from data.sheet import Column, schema
from data.sheets import SHEETS
from data.table import find_table
from data.template import STATED_DAY, help_text, write_template

PARK = Lists(("Casablanca", "Rabat"), (("TIC", "Fintech"), ("Design", None)))


def filled(kind: str, path: Path, rows: int = 3) -> list[dict[str, Any]]:
    """Fills the template as a person would, from its lists to choose from; → what was typed, canonical."""
    write_template(kind, path, PARK)
    book = openpyxl.load_workbook(path)
    main = book.worksheets[0]
    main["A1"] = str(main["A1"].value).replace("JJ/MM/AAAA", "25/10/2020")
    draw, said = random.Random(1), []
    for row in range(rows):
        record = {}
        for place, column in enumerate(SHEETS[kind].columns, start=1):
            typed, meant = _cell(column, row, draw)
            main.cell(4 + row, place).value = typed
            record[column.name] = meant
        said.append(record)
    book.save(path)
    return said


def _cell(column: Column, row: int, draw: random.Random) -> tuple[Any, Any]:
    if column.choices:
        name, labels = draw.choice(list(column.choices.items()))
        return labels[0], name
    if column.type == "date":
        order = ["founded_on", "opened_on", "entered_on", "graduated_on", "left_on", "closed_on", "status_on"]
        order += ["consent_on", "consent_until", "withdrawn_on"]
        day = date(2001 + order.index(column.name), 3, 13 + row)
        return datetime(day.year, day.month, day.day), day
    canned: dict[str, tuple[Any, Any]] = {
        "id": (f"00{row}7", f"00{row}7"),
        "text": (f"{column.fr} {row}", f"{column.fr} {row}"),
        "site": (("Rabat", "Casablanca", "Tanger")[row],) * 2,
        "sector": (("TIC", "Design", "Eau")[row],) * 2,
        "number": (12.5 + row, 12.5 + row),
        "money": (1250.55, Decimal("1250.55")),
        "integer": (5 + row, 5 + row),
        "link": (f"https://www.example.org/{row}",) * 2,
        "yes_no": ("oui", True),
    }
    return canned[column.type]


@pytest.mark.parametrize("kind", SHEETS)
def test_a_filled_template_loads_without_a_word(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "modele.xlsx"
    said = filled(kind, path)
    book = read(path.read_bytes(), path.name)
    tables = [t for g in book.grids if g.visible and (t := find_table(g, known=known_header)) is not None]
    matches = [match(table) for table in tables]
    fitting = [(t, m) for t, m in zip(tables, matches, strict=True) if m.columns]
    assert len(fitting) == 1  # neither the help nor the lists are taken for firms
    (table, found) = fitting[0]
    assert found.kind == kind and set(found.reasons.values()) == {"synonym"} and not found.unmatched
    mapping = Mapping(new_sites=True, new_sectors=True)
    clean = check([table], [found], mapping, PARK, file_name=path.name, today=date(2026, 1, 1))
    assert [p.message for p in clean.problems if p.severity != "note"] == []
    assert clean.stated_on == date(2020, 10, 25)
    rows = clean.rows.to_pylist()
    assert [{name: row[name] for name in said[0]} for row in rows] == said
    assert schema(SHEETS[kind]).names == clean.rows.column_names


def test_an_empty_template_asks_for_its_stated_day(tmp_path: Path) -> None:
    path = tmp_path / "modele.xlsx"
    write_template("tenants", path)
    table = find_table(read(path.read_bytes(), path.name).grids[0], known=known_header)
    assert table is not None and not table.rows and STATED_DAY in table.titles[0]


def test_a_template_offers_the_park_s_own_lists(tmp_path: Path) -> None:
    path = tmp_path / "modele.xlsx"
    write_template("tenants", path, PARK)
    book = openpyxl.load_workbook(path)
    offered = {tuple(cell.value for cell in column if cell.value) for column in book["Listes"].iter_cols()}
    assert book["Listes"].sheet_state == "hidden"
    assert PARK.sites in offered and ("TIC", "Design") in offered and ("oui", "non") in offered
    assert len(offered) == len(book.worksheets[0].data_validations.dataValidation)


@pytest.mark.parametrize("kind", SHEETS)
def test_the_help_says_every_column(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "modele.xlsx"
    write_template(kind, path, words=lambda sentence: f"«{sentence}»")
    written = [[cell.value or "" for cell in row] for row in openpyxl.load_workbook(path)["Aide"].iter_rows(min_row=2)]
    page = help_text(kind)
    assert len(written) == len(SHEETS[kind].columns)
    for column, row in zip(SHEETS[kind].columns, written, strict=True):
        assert row[0] == column.fr and row[3] == f"«{column.says}»" and row[4] == column.example
        assert (row[1] != "non") == any(column.name in names for names in SHEETS[kind].needs)
        line = next(line for line in page.splitlines() if f"| `{column.name}` |" in line)
        for name in (column.fr, column.en, column.says, column.example, *column.synonyms):
            assert name in line and (name in json.dumps(row, ensure_ascii=False).replace('\\"', '"'))


def test_no_kind_no_template(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        write_template("firms", tmp_path / "x.xlsx")
    assert not list(tmp_path.iterdir())
