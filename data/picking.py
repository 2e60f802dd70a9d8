"""Which tables of a book one load takes, what each of their columns means, and which sheets are left out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from data.cells import fold
from data.match import Mapping, Match, known_header, match
from data.problem import Problem, Refused
from data.read import Book
from data.sheets import SHEETS
from data.table import Table, header_texts
from data.tables import area, find_tables, place, share_rows

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
    kind = kind or mapping.kind
    headers = [table for grid in grids for table in find_tables(grid, mapping, kind)]
    tables = [table for table in headers if table.rows]
    problems = [Problem("hidden-sheet", sheet=g.name) for g in book.grids if not g.visible and wanted is None]
    if not tables:
        raise Refused(*problems, Problem("header-only" if headers else "no-data", sheet=_first_sheet(headers)))
    several = {name for name, count in Counter(table.sheet for table in tables).items() if count > 1}
    if mapping.table:
        tables, others = _chosen(tables, mapping.table)
        problems += others
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
    kept = [(table, found) for table, found in complete if found.kind == chosen]
    if not mapping.table:
        kept = _alone(kept)
    for table, found in matched:
        if all(table is not one for one, _ in kept):
            left = _other_table(table) if table.sheet in several else _left_out(table, found, chosen)
            problems.append(left)
    problems += _together([table for table, _ in kept])
    return chosen, [table for table, _ in kept], [found for _, found in kept], problems


def _chosen(tables: list[Table], wanted: Sequence[str]) -> tuple[list[Table], list[Problem]]:
    """The tables that a person chose by their first cells, and what is said of the others; Refused where one is not."""
    named = {f"{table.sheet}!{place(table)}".casefold(): table for table in tables}
    cells = {name.rpartition("!")[2] for name in named}
    lost = [cell for cell in wanted if cell.casefold() not in named.keys() | cells]
    if lost:
        found = ", ".join(f"{table.sheet}!{area(table)}" for table in tables)
        raise Refused(*(Problem("table-not-found", value=cell, details={"found": found}) for cell in lost))
    asked = {cell.casefold() for cell in wanted}
    taken = [table for name, table in named.items() if not asked.isdisjoint({name, name.rpartition("!")[2]})]
    for number, table in enumerate(taken):
        for other in taken[:number]:
            if share_rows(table, other):
                raise Refused(Problem("tables-beside", table.sheet, details={"areas": f"{area(other)}, {area(table)}"}))
    others = [table for table in tables if all(table is not one for one in taken)]
    return taken, [
        Problem("table-not-chosen", table.sheet, details={"area": area(table), "table": place(table)})
        for table in others
    ]


def _alone(kept: list[tuple[Table, Match]]) -> list[tuple[Table, Match]]:
    """Of tables side by side the one with most rows."""
    return [
        (table, found)
        for table, found in kept
        if not any(
            share_rows(table, other) and (len(other.rows), -other.places[0]) > (len(table.rows), -table.places[0])
            for other, _ in kept
            if other is not table
        )
    ]


def _together(tables: list[Table]) -> list[Problem]:
    areas: dict[str, list[str]] = {}
    for table in tables:
        areas.setdefault(table.sheet, []).append(area(table))
    return [
        Problem("tables-taken", sheet, details={"areas": ", ".join(found)})
        for sheet, found in areas.items()
        if len(found) > 1
    ]


def _other_table(table: Table) -> Problem:
    return Problem("table-left-out", table.sheet, details={"area": area(table), "table": place(table)})


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
