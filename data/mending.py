"""What a person corrects in a file without touching it: single cells, each with what stood there, by whom and why."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from data.fields import shown
from data.grid import Book, Cell, Column, Grid, column_index
from data.problem import Problem, Refused, Wrong, declare

# No cell of a spreadsheet holds a longer text.
LONGEST = 32_767


class CorrectionError(ValueError):
    """What is said to be corrections is none; the message says why."""


@dataclass(frozen=True)
class Correction:
    """One cell corrected: 1-based `row` and `column` letters of the sheet, as the file has them.

    `was` is the cell's text as a problem shows it, "" where it is blank; `becomes` is what a person typed instead, read
    like a cell of a CSV, "" to empty it; `at` is the moment, as ISO 8601.
    """

    sheet: str
    row: int
    column: str
    was: str
    becomes: str
    by: str
    reason: str
    at: str

    @property
    def cell(self) -> str:
        """The cell as a spreadsheet names it: Locataires!F37."""
        return f"{self.sheet}!{self.column}{self.row}"

    def as_json(self) -> dict[str, Any]:
        """The object that a receipt keeps and `load` reads."""
        return asdict(self)

    @classmethod
    def load(cls, path: Path, by: str = "") -> tuple[Correction, ...]:
        """The corrections of a file: a JSON array of objects, `by` and `at` filled in where an object leaves them out.

        Raises CorrectionError, which says what is wrong and where.
        """
        try:
            listed = json.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise CorrectionError(f"The file of corrections {path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise CorrectionError(f"The file of corrections {path} is not JSON: {error}.") from error
        if not isinstance(listed, list):
            raise CorrectionError("Corrections are a JSON array of objects.")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return tuple(cls._of(number, one, {"by": by, "at": now}) for number, one in enumerate(listed, 1))

    @classmethod
    def _of(cls, number: int, said: Any, defaults: dict[str, str]) -> Correction:
        names = [field.name for field in fields(cls)]
        if not isinstance(said, dict) or not set(said) <= set(names):
            raise CorrectionError(f"Correction {number} is one object with the parts {', '.join(names)}.")
        said = {**defaults, **said}
        for name in names:
            value = said.get(name)
            if name == "row":
                if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                    raise CorrectionError(f"Correction {number}: row is the number of a row, from 1.")
            elif not isinstance(value, str) or (name not in ("was", "becomes") and not value.strip()):
                raise CorrectionError(f"Correction {number}: {name} is a text.")
        if column_index(said["column"]) < 0:
            raise CorrectionError(f"Correction {number}: column is given by its letters, such as F.")
        if len(said["becomes"]) > LONGEST:
            raise CorrectionError(f"Correction {number}: no cell holds a text that long.")
        return cls(**said)


def mended(book: Book, corrections: Sequence[Correction]) -> Book:
    """The book with the corrections laid over its cells, one after the other; the book itself stays as it is.

    Raises Refused where a correction names no cell of the book, or one that holds something else than what was
    corrected: nothing is ever put over what nobody has looked at.
    """
    if not corrections:
        return book
    names = {grid.name for grid in book.grids}
    for correction in corrections:
        if correction.sheet not in names:
            raise _astray(correction)
    by_sheet: dict[str, list[Correction]] = defaultdict(list)
    for correction in corrections:
        by_sheet[correction.sheet].append(correction)
    return replace(book, grids=tuple(_grid(grid, by_sheet.get(grid.name, ())) for grid in book.grids))


def _grid(grid: Grid, corrections: Iterable[Correction]) -> Grid:
    columns, done = list(grid.columns), set()
    written = None if grid.written is None else list(grid.written)
    for one in corrections:
        row, place = one.row - 1, column_index(one.column)
        if not (0 <= place < len(columns) and 0 <= row < len(columns[place])):
            raise _astray(one)
        stands = shown(columns[place][row]) or ""
        if stands != one.was:
            details = {"cell": one.cell, "was": one.was, "becomes": one.becomes}
            raise Refused(Problem("correction-stale", value=stands, details=details))
        cell: Cell = one.becomes or None
        columns[place] = _with(columns[place], row, cell)
        if written is not None:
            cells = written[row]
            written[row] = [*cells[:place], *[None] * (place - len(cells)), cell, *cells[place + 1 :]]
        done.add((row, place))
    if not done:
        return grid
    unanswered = tuple(cell for cell in grid.unanswered if cell not in done)
    return replace(grid, columns=tuple(columns), unanswered=unanswered, written=written)


def _with(column: Column, row: int, cell: Cell) -> Column:
    """The column with another cell in one row; a text that looks like an error is a text."""
    same = (place for place, value in enumerate(column.values) if value == cell and type(value) is type(cell))
    place = next(same, len(column.values))
    values = column.values if place < len(column.values) else [*column.values, cell]
    codes = np.array(column.codes)
    codes[row] = place
    return Column(values, codes)


def _astray(correction: Correction) -> Refused:
    details = {"cell": correction.cell, "becomes": correction.becomes}
    return Refused(Problem("correction-astray", details=details))


declare(
    Wrong(
        "correction-stale",
        "error",
        "A correction of another cell",
        "A correction is made to what stood in the cell when somebody looked at it.",
        'A correction makes "{was}" in {cell} "{becomes}", and this file has "{value}" there. '
        "Look at the cell again and take the correction back.",
    ),
    Wrong(
        "correction-astray",
        "error",
        "A correction of a cell that is not there",
        "The file has changed since, or the correction belongs to another one.",
        'A correction makes {cell} "{becomes}", and this file has no such cell. Take the correction back.',
    ),
)
