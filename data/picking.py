"""Which tables of a book one load takes, what each of their columns means, and which sheets are left out."""

from __future__ import annotations

import hashlib
import json

from data.cells import fold
from data.match import Mapping, Match, known_header, match
from data.problem import Problem, Refused
from data.read import Book
from data.sheets import SHEETS
from data.table import Table, find_table, header_texts

# A sheet with this many columns that we know is a list, and no note.
_A_LIST = 3


def layout(book: Book) -> str:
    """Names what the visible sheets of a book are headed with, in whatever order: next month's list has the same."""
    headers = {fold(text) for grid in book.grids if grid.visible for text in header_texts(grid, known_header)}
    return hashlib.sha256(json.dumps(sorted(headers), ensure_ascii=False).encode()).hexdigest()[:16]


def pick(
    book: Book, kind: str | None, sheet: str | None, mapping: Mapping
) -> tuple[str, list[Table], list[Match], list[Problem]]:
    """The tables to load, all of one kind, with their matches; what is left out is named in the problems."""
    wanted = sheet or mapping.sheet
    if wanted is not None and wanted not in [grid.name for grid in book.grids]:
        names = ", ".join(grid.name for grid in book.grids)
        raise Refused(Problem("sheet-not-found", value=wanted, details={"found": names}))
    grids = [g for g in book.grids if (g.name == wanted if wanted is not None else g.visible)]
    found_tables = [(g, find_table(g, header=mapping.header, known=known_header)) for g in grids]
    tables = [table for _, table in found_tables if table is not None and table.rows]
    problems = [Problem("hidden-sheet", sheet=g.name) for g in book.grids if not g.visible and wanted is None]
    headers = [table for _, table in found_tables if table is not None]
    if not tables:
        raise Refused(*problems, Problem("header-only" if headers else "no-data", sheet=_first_sheet(headers)))
    kind = kind or mapping.kind
    matched = [(table, match(table, mapping, kind)) for table in tables]
    complete = [(table, found) for table, found in matched if not found.missing]
    if not complete:
        unfilled = [t for t in headers if not t.rows and not match(t, mapping, kind).missing]
        if unfilled:
            raise Refused(*problems, Problem("header-only", sheet=_first_sheet(unfilled)))
        # Nothing fits: the table that comes nearest says which columns are missing.
        table, found = max(matched, key=lambda pair: (len(pair[1].columns), len(pair[0].rows)))
        return found.kind, [table], [found], problems
    weight: dict[str, int] = {}
    for table, found in complete:
        weight[found.kind] = weight.get(found.kind, 0) + len(table.rows)
    chosen = max(weight, key=lambda k: weight[k])
    for table, found in matched:
        if found.kind != chosen or found.missing:
            problems.append(_left_out(table, found, chosen))
    kept = [(table, found) for table, found in complete if found.kind == chosen]
    return chosen, [table for table, _ in kept], [found for _, found in kept], problems


def _first_sheet(tables: list[Table]) -> str | None:
    return tables[0].sheet if tables else None


def _left_out(table: Table, found: Match, chosen: str) -> Problem:
    """Why a sheet is not loaded; a sheet that holds a list must not go unnoticed."""
    if not found.missing:
        return Problem("other-kind", sheet=table.sheet, details={"other": found.kind})
    if len(found.columns) < _A_LIST:
        return Problem("sheet-left-out", sheet=table.sheet, details={"kind": chosen})
    lacking = SHEETS[found.kind]
    missing = ", ".join(" or ".join(lacking.column(name).fr for name in names) for names in found.missing)
    return Problem("sheet-incomplete", sheet=table.sheet, details={"missing": missing})
