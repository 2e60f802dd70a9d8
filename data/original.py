"""One row of a file as it was brought: its cells as written there, beside the headers they stand under."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.grid import Book, Cell, Grid, column_letters
from data.ledger import Ledger, Receipt
from data.match import known_header
from data.read import read
from data.sheets import SHEETS
from data.table import find_table

# The header stands this near the top, see find_table.
_TOP = 160
# The first cell of a further table.
_FURTHER = re.compile(r"[A-Z]+([0-9]+)")


@dataclass(frozen=True)
class Written:
    """A cell: the letters of its column, the header it stands under, and what it holds, as the file has it.

    What is `withheld` is about persons, or in a column that nobody declared: its value is not given.
    """

    letters: str
    header: str
    value: Cell
    withheld: bool = False


def reread(ledger: Ledger, receipt: Receipt) -> Book:
    """The file of a receipt, read again from the untouched bytes; Refused where today's limits do not let it in."""
    return read(ledger.original(str(receipt.original)), str(receipt.body["file"]))


def columns_of(body: Mapping[str, Any], sheet: str, row: int) -> Mapping[str, str]:
    """Field → the letters of its column in the table of a sheet that a row is in; a further table of a sheet stands
    under the sheet and its first cell, "Feuil1!A30"."""
    columns: Mapping[str, Mapping[str, str]] = body.get("columns", {})
    tables = [(0, sheet)]
    for name in columns:
        place = _FURTHER.fullmatch(name.removeprefix(f"{sheet}!"))
        if place and name.startswith(f"{sheet}!") and int(place[1]) <= row:
            tables.append((int(place[1]), name))
    return columns.get(max(tables)[1], {})


def line(book: Book, receipt: Receipt, sheet: str, row: int, persons: bool = False) -> tuple[Written, ...]:
    """The cells of one row of a sheet, 1-based, those without header and value left out; LookupError where the file
    has no such row. A cell that is merged with one above holds what that one holds. Without `persons`, what is about
    persons and what nobody declared is withheld."""
    grid = next((grid for grid in book.grids if grid.name == sheet), None)
    if grid is None or not 0 < row <= len(grid.rows):
        raise LookupError(f"{book.file} has no row {row} on a sheet {sheet}.")
    about = SHEETS[receipt.body["kind"]].persons if receipt.body.get("kind") in SHEETS else ()
    fields = columns_of(receipt.body, sheet, row)
    shown = {letters for name, letters in fields.items() if name not in about}
    headers = headers_of(grid, (receipt.body.get("mapping") or {}).get("header"))
    cells = grid.rows[row - 1]
    told = []
    for place in range(max([len(cells), *(one + 1 for one in headers)])):
        value = cells[place] if place < len(cells) else None
        if value is None:
            above = next((m for m in grid.merged if m[1] == place and m[0] < row - 1 <= m[2]), None)
            value = grid.rows[above[0]][place] if above else None
        if value is not None or headers.get(place):
            letters = column_letters(place)
            withheld = not persons and letters not in shown
            told.append(Written(letters, headers.get(place, ""), None if withheld else value, withheld))
    return tuple(told)


def headers_of(grid: Grid, header: int | None) -> dict[int, str]:
    """The header over each column, where one is found."""
    top = slice(0, max(_TOP, (header or 0) + 1))
    merged = tuple(one for one in grid.merged if one[2] < top.stop)
    written = None if grid.written is None else grid.written[top]
    table = find_table(
        Grid(grid.name, grid.visible, tuple(column.taken(top) for column in grid.columns), merged, (), written),
        header,
        known_header,
    )
    return dict(zip(table.places, table.headers, strict=True)) if table else {}
