"""Several tables on one sheet, one under the other or side by side: where each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from data.grid import Book, Cell, Grid, column_letters, filled, is_blank, is_value, text_of
from data.match import Mapping, known_header, match
from data.stated import days_said
from data.table import LeftOut, Table, find_table

# Between blank rows and the names of columns there may be so many titles.
_TITLES = 2
# So many names that we know, and such a part of a row, make it the head of a table of its own.
_KNOWN, _PART = 2, 0.6


def find_tables(grid: Grid, mapping: Mapping, kind: str | None) -> list[Table]:
    """The tables of a sheet, from above and from the left; where there is but one, as `find_table` finds it.

    A second one has a head of names that we know, after a blank row; or it lies beside the first, a blank column
    between, is complete by itself and says again what the first says: "Site" in both.
    """
    whole = find_table(grid, header=mapping.header, known=known_header)
    if whole is None or mapping.header is not None:
        return [] if whole is None else [whole]
    bands = _bands(grid, _starts(grid, whole)) or [whole]
    return [table for band in bands for table in _beside(grid, band, mapping, kind)]


def place(table: Table) -> str:
    """Names a table on its sheet by its first cell: A30."""
    return f"{column_letters(table.places[0])}{table.header_rows[0]}"


def area(table: Table) -> str:
    """The cells a table takes up: A30:F52."""
    last = table.rows[-1] if table.rows else table.header_rows[-1]
    return f"{place(table)}:{column_letters(table.places[-1])}{last}"


def found_in(book: Book, mapping: Mapping) -> set[str]:
    """The first cells of the tables of a book, with their sheets and without; none where the mapping asks for none."""
    if not mapping.table:
        return set()
    tables = [table for grid in book.grids for table in find_tables(grid, mapping, mapping.kind)]
    return {cell for table in tables for cell in (place(table), f"{table.sheet}!{place(table)}")}


def share_rows(one: Table, other: Table) -> bool:
    """Whether two tables of a sheet lie side by side: of a row of the sheet one could not say whose it is."""
    return (
        one.sheet == other.sheet
        and bool(one.rows and other.rows)
        and one.rows[0] <= other.rows[-1]
        and other.rows[0] <= one.rows[-1]
    )


def _bands(grid: Grid, starts: list[int]) -> list[Table]:
    """The tables one under the other; none where that makes fewer than two of them."""
    bands: list[Table] = []
    top = starts[0]
    for end in [*starts[1:], len(grid.rows)]:
        table = _part(grid, top, end, 0, len(grid.columns))
        # What holds no row is no table, but stands above the next one.
        if table is not None and table.rows:
            bands.append(table)
            top = end
    if len(bands) < 2:
        return []
    above = bands[0].titles
    today = date.today()
    return [
        band
        if any(days_said(text, today) for text in (*band.titles, *band.headers))
        else replace(band, titles=(*above, *band.titles))
        for band in bands
    ]


def _starts(grid: Grid, whole: Table) -> list[int]:
    """The rows, zero based, at which the tables that lie one under the other begin, their titles with them."""
    rows = grid.rows
    head = whole.header_rows[0] - 1
    blank = {out.row - 1 for out in whole.left_out if out.why == "blank"}
    below = {row for gap in blank if gap > head for row in _after(gap, blank, len(rows))}
    heads = sorted({head, *(row for row in (*range(head), *below) if _is_head(rows[row]))})
    starts: list[int] = [0]
    last: int | None = None
    for row in heads:
        between = [one for one in blank if (last or 0) < one < row]
        if last is None:
            last = row
        elif between and filled(rows[row]) != filled(rows[last]):
            starts.append(_with_title(rows, max(between), blank, last))
            last = row
    return starts


def _after(gap: int, blank: set[int], end: int) -> range:
    """The few rows after the last of some blank ones."""
    return range(0) if gap + 1 in blank else range(gap + 1, min(gap + 2 + _TITLES, end))


def _is_head(row: Sequence[Cell]) -> bool:
    texts = [cell for cell in row if not is_blank(cell)]
    if len(texts) < _KNOWN or not all(isinstance(cell, str) and not is_value(cell) for cell in texts):
        return False
    known = sum(known_header(text_of(cell)) for cell in texts)
    return known >= max(_KNOWN, _PART * len(texts))


def _with_title(rows: Sequence[list[Cell]], gap: int, blank: set[int], last: int) -> int:
    """Where a table begins whose head comes after the blank row `gap`: a lone title above that gap is its own."""
    title = gap - 1
    while title in blank:
        title -= 1
    alone = title > last + 1 and title - 1 in blank and sum(not is_blank(cell) for cell in rows[title]) == 1
    return title if alone else gap + 1


def _part(grid: Grid, top: int, end: int, left: int, right: int) -> Table | None:
    """The table in some rows and columns of a sheet (ends exclusive), told by the sheet's own rows and columns."""
    columns = tuple(column.taken(slice(top, end)) for column in grid.columns[left:right])
    merged = tuple(
        (a - top, b - left, c - top, d - left)
        for a, b, c, d in grid.merged
        if top <= a and c < end and left <= b and d < right
    )
    unanswered = tuple((r - top, c - left) for r, c in grid.unanswered if top <= r < end and left <= c < right)
    table = find_table(Grid(grid.name, grid.visible, columns, merged, unanswered), known=known_header)
    if table is None:
        return None
    return replace(
        table,
        header_rows=tuple(row + top for row in table.header_rows),
        rows=[row + top for row in table.rows],
        left_out=tuple(LeftOut(out.row + top, out.why) for out in table.left_out),
        places=tuple(at + left for at in table.places),
    )


def _beside(grid: Grid, band: Table, mapping: Mapping, kind: str | None) -> list[Table]:
    """The tables that lie side by side in one band of a sheet; the band where they are one."""
    cuts = [n for n in range(1, len(band.places)) if band.places[n] - band.places[n - 1] > 1]
    if not cuts or not band.rows:
        return [band]
    edges = list(zip([0, *cuts], [*cuts, len(band.places)], strict=True))
    block = {n: number for number, (start, end) in enumerate(edges) for n in range(start, end)}
    found = match(band, mapping, kind)
    if not any(block[n] != block[found.columns[name]] for n, name in found.twice.items()):
        return [band]
    top, end = band.header_rows[0] - 1, max(band.rows[-1], *(out.row for out in band.left_out), 0)
    parts = [_part(grid, top, end, band.places[start], band.places[last - 1] + 1) for start, last in edges]
    tables = [part for part in parts if part is not None and part.rows]
    if len(tables) < len(edges) or any(match(table, mapping, kind).missing for table in tables):
        return [band]
    above = tuple(out for out in band.left_out if out.row <= top)
    named = [replace(table, titles=(*band.titles, *table.titles)) for table in tables]
    return [replace(named[0], left_out=(*above, *named[0].left_out)), *named[1:]]
