"""Knows how the invented park's spreadsheets look, and writes the same workbook as the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

Value = str | int | float | date | None

DATE, TEXT, NUMBER, AREA, MONEY, PLACE = "dd/mm/yyyy", "@", "0", "#,##0.0", "#,##0.00", "0.0000"
HEADER_ROW = 5
PACKED_AT = (2020, 10, 25, 18, 0, 0)

_BOLD, _TITLE, _ITALIC = Font(bold=True), Font(bold=True, size=14), Font(italic=True)
_FILL = PatternFill("solid", start_color="FFDDE8F0")


@dataclass(frozen=True)
class Heading:
    """A column as the park heads it: text, number format, width in characters, and whether the last row adds it up."""

    text: str
    format: str = TEXT
    width: int = 14
    total: bool = False


def write_book(
    path: Path, sheet: str, titles: Sequence[str], headings: Sequence[Heading], rows: Sequence[Sequence[Value]]
) -> Path:
    """Writes a workbook of one sheet: titles, the header in row 5, a row each, and the totals where a heading asks."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for at, title in enumerate(titles, start=1):
        page.cell(at, 1, title).font = _TITLE if at == 1 else _ITALIC
        page.merge_cells(start_row=at, end_row=at, start_column=1, end_column=min(6, len(headings)))
    for at, heading in enumerate(headings, start=1):
        cell = page.cell(HEADER_ROW, at, heading.text)
        cell.font, cell.fill, cell.alignment = _BOLD, _FILL, Alignment(wrap_text=True, vertical="center")
        page.column_dimensions[get_column_letter(at)].width = heading.width
    for row, values in enumerate(rows, start=HEADER_ROW + 1):
        for at, (heading, value) in enumerate(zip(headings, values, strict=True), start=1):
            if value is not None:
                _fill(page.cell(row, at), value, heading)
    if any(heading.total for heading in headings):
        _add_up(page.cell, HEADER_ROW + 1 + len(rows), headings, rows)
    page.freeze_panes = f"C{HEADER_ROW + 1}"
    book.properties.creator = titles[0]
    book.properties.created = datetime(*PACKED_AT)
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(_repacked(held.getvalue()))
    return path


def _fill(cell: Cell, value: Value, heading: Heading) -> None:
    cell.value = value
    # What is written as text ("2003", "n.c.") stays text beside dates and numbers.
    cell.number_format = TEXT if isinstance(value, str) else heading.format


def _add_up(
    cell_at: Callable[..., Cell], row: int, headings: Sequence[Heading], rows: Sequence[Sequence[Value]]
) -> None:
    cell_at(row, 1, "Total").font = _BOLD
    for at, heading in enumerate(headings):
        if heading.total:
            cell = cell_at(row, at + 1, round(sum(v for r in rows if isinstance(v := r[at], int | float)), 2))
            cell.font, cell.number_format = _BOLD, heading.format


def _repacked(content: bytes) -> bytes:
    """The same workbook without the hour it was written at, which openpyxl puts into its properties and zip entries."""
    fixed = datetime(*PACKED_AT).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + fixed, part)
            entry = zipfile.ZipInfo(name, PACKED_AT)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            new.writestr(entry, part, compresslevel=9)
    return held.getvalue()
