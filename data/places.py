"""Where a problem stands: the cells of the sheet that a person would change to mend it."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import NamedTuple

from data.grid import Grid, column_letters
from data.match import Match
from data.problem import Problem
from data.review import Review
from data.sheets import SHEETS
from data.table import Table

_DATES = {name for sheet in SHEETS.values() for name in sheet.dates}
# A sheet merged into more ranges than these is no list.
_MERGED = 10_000


class Place(NamedTuple):
    """A cell: its sheet, the 1-based row and the 0-based column."""

    sheet: str
    row: int
    column: int

    @property
    def letters(self) -> str:
        return column_letters(self.column)

    def __str__(self) -> str:
        """The cell as a spreadsheet names it: Locataires!F37."""
        return f"{self.sheet}!{self.letters}{self.row}"


class Places:
    """The cells behind the problems of one review."""

    def __init__(self, review: Review) -> None:
        self._tables = list(zip(review.tables, review.matches, strict=True))
        self._grids = {grid.name: grid for grid in review.book.grids} if review.book else {}
        self._columns = cache(self._column)
        self._merged = cache(self._merges)
        self._known: dict[int, tuple[Problem, list[Place]]] = {}

    def of(self, problem: Problem) -> list[Place]:
        """The cell that the problem names, then the others of its row that it is about; none where it names no row.

        Of cells merged into one it is the one that holds the value.
        """
        if id(problem) not in self._known:
            # The problem is kept beside its cells, so that no other one can have its number.
            self._known[id(problem)] = problem, self._of(problem)
        return self._known[id(problem)][1]

    def _of(self, problem: Problem) -> list[Place]:
        sheet, row = problem.sheet, problem.row
        if sheet is None or row is None:
            return []
        number = self._number(sheet, row)
        if number is None:
            return []
        said = str(problem.details.get("fields", ""))
        # "firm_id or firm_name" are fields, "Site, Motif de sortie" headers.
        names = [problem.column or "", *said.split(" or "), *said.split(", ")]
        names += [name for name in problem.details if name in _DATES]
        found = [self._columns(number, name.strip()) for name in names if name.strip()]
        places = [self._anchor(Place(sheet, row, column)) for column in found if column is not None]
        return list(dict.fromkeys(places))

    def _number(self, sheet: str, row: int) -> int | None:
        here = [number for number, (table, _) in enumerate(self._tables) if table.sheet == sheet]
        inside = (n for n in here if (rows := self._tables[n][0].rows) and rows[0] <= row <= rows[-1])
        return next(inside, here[0] if here else None)

    def _column(self, number: int, name: str) -> int | None:
        """The column of the sheet that a header or a field's name stands for; of two alike the one that is read."""
        table, match = self._tables[number]
        read = _read(table, match, name)
        if read is None:
            read = next((place for place, header in enumerate(table.headers) if header.strip() == name), None)
        return None if read is None else table.places[read]

    def _anchor(self, place: Place) -> Place:
        merged = self._merged(place.sheet).get(place.column, [])
        at = bisect_right(merged, place.row - 1, key=lambda one: one[0]) - 1
        if at >= 0 and merged[at][0] <= place.row - 1 <= merged[at][1]:
            return Place(place.sheet, merged[at][0] + 1, merged[at][2])
        return place

    def _merges(self, sheet: str) -> dict[int, list[tuple[int, int, int]]]:
        """For each column (first row, last row, first column) of the merged ranges that cover it, zero based."""
        grid: Grid | None = self._grids.get(sheet)
        found: dict[int, list[tuple[int, int, int]]] = {}
        for top, left, bottom, right in (grid.merged if grid else ())[:_MERGED]:
            for column in range(left, min(right + 1, len(grid.columns) if grid else 0)):
                found.setdefault(column, []).append((top, bottom, left))
        return {column: sorted(ranges) for column, ranges in found.items()}


def _read(table: Table, match: Match, name: str) -> int | None:
    return next(
        (place for field, place in match.columns.items() if name in (field, table.headers[place].strip())), None
    )
