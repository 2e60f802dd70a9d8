"""What a file looks like once read: a book of grids of cells as written, and how much of it is allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from data.problem import Problem, Refused


class CellError(str):
    """What a formula that went wrong shows (#N/A, #DIV/0! …): a missing value, never a text and never 0."""


Cell = None | str | bool | int | float | date | datetime | time | timedelta | CellError
Rows = list[list[Cell]]
# No number or date is longer as a text, and the pattern takes time with the cube of the length.
SHORT = 40
# A text longer than this is nobody's column name.
LONG = 120
BLANKS = "\u00a0\u202f"
NUMBER = re.compile(
    rf"[-+(]?\s*[\d\s.,'’{BLANKS}]*\d[\d\s.,'’{BLANKS}]*\s*(%|€|\$|£|dh|dhs|mad|mdh|kdh|m²|m2)?\s*\)?", re.IGNORECASE
)
DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d{2}.*)?")


@dataclass(frozen=True)
class Limits:
    """How much a file may ask for: bytes, cells, and the seconds and bytes of the child that parses it."""

    packed: int = 20_000_000
    inflated: int = 200_000_000
    ratio: int = 200
    entries: int = 2_000
    sheets: int = 100
    rows: int = 1_048_576
    columns: int = 500
    cells: int = 5_000_000
    characters: int = 100_000
    memory: int = 1_000_000_000
    cpu: int = 20
    wall: int = 30


@dataclass(frozen=True)
class Grid:
    """One sheet, cells as written.

    `rows[0]` is row 1 of the sheet; rows may differ in length. `merged` holds (row, column, last row, last column),
    zero based and inclusive, where the reader knows them; `unanswered` the (row, column), zero based, of formulas that
    carry no stored result, so that the cell reads as blank.
    """

    name: str
    visible: bool
    rows: Rows
    merged: tuple[tuple[int, int, int, int], ...] = ()
    unanswered: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Book:
    """A file as read: its name, the format its content is in, its sheets in order and what should be said about it."""

    file: str
    format: str
    grids: tuple[Grid, ...]
    notes: tuple[Problem, ...] = ()


def refuse(code: str, **details: Any) -> Refused:
    """The exception for a file that cannot be read, naming the reason declared under `code`."""
    places = {key: details.pop(key) for key in ("sheet", "row", "column", "value") if key in details}
    return Refused(Problem(code, **places, details=details), unreadable=True)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing, or nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def is_blank_row(row: Sequence[Cell]) -> bool:
    """Whether every cell of a row is blank."""
    return not any(cell is not None and not is_blank(cell) for cell in row)


def filled(row: Sequence[Cell]) -> tuple[tuple[int, str], ...]:
    """The places and texts of what is not blank, so that two rows can be compared as a reader would."""
    return tuple((place, text_of(cell).casefold()) for place, cell in enumerate(row) if not is_blank(cell))


def text_of(cell: Cell) -> str:
    """A cell as a name: stripped, inner line breaks and runs of blanks made one blank."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, date | time):
        return cell.isoformat()
    return " ".join(str(cell).split()) if isinstance(cell, str) else str(cell)


def is_value(cell: Cell) -> bool:
    """Whether a cell holds a number, a date or a truth value, typed or written as a text, or failed to."""
    if isinstance(cell, str) and not isinstance(cell, CellError):
        return is_number(cell) or (len(cell) <= SHORT and bool(DAY.fullmatch(cell.strip())))
    return cell is not None


def is_number(text: str) -> bool:
    """Whether a text is a number as people write it, with separators, a percent sign or a currency."""
    # The pattern takes time with the cube of the length; no number is that long.
    return len(text) <= SHORT and bool(NUMBER.fullmatch(text.strip()))


def is_year(cell: Cell) -> bool:
    """Whether a cell is a year of the last century or of this one, as it may stand above a column of figures."""
    text = text_of(cell)
    return text.isdecimal() and len(text) == 4 and text[:2] in ("19", "20")
