"""What a file looks like once read: a book of grids of cells as written, and how much of it is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import zip_longest
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from data.problem import Problem, Refused


class CellError(str):
    """What a formula that went wrong shows (#N/A, #DIV/0! …): a missing value, never a text and never 0."""


Cell = None | str | bool | int | float | date | datetime | time | timedelta | CellError
Rows = list[list[Cell]]
Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
# No number or date is longer as a text, and the pattern takes time with the cube of the length.
SHORT = 40
# A text longer than this is nobody's column name.
LONG = 120
BLANKS = "\u00a0\u202f"
NUMBER = re.compile(
    rf"[-+(]?\s*[\d\s.,'’{BLANKS}]*\d[\d\s.,'’{BLANKS}]*\s*(%|€|\$|£|dh|dhs|mad|mdh|kdh|m²|m2)?\s*\)?", re.IGNORECASE
)
# The first cell of the sheet on which we list the problems of a workbook that we give back (data/coloured.py).
OURS = "essaim:problems"
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


class Column(Sequence[Cell]):
    """A column of cells: its distinct cells, and for each row which of them it is.

    A sheet of a million cells has some thousand distinct ones: what is asked of a cell is asked of these. The first of
    `values` is None, whether or not a row has it; 1, 1.0 and True are three, and so are a text and an error.
    """

    __slots__ = ("codes", "values")

    def __init__(self, values: list[Cell], codes: Codes) -> None:
        self.values, self.codes = values, codes

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Column:
        """The column of cells as they stand, the distinct ones in order of appearance."""
        types = set(map(type, cells)) - {type(None)}
        if len(types) < 2:
            place = {cell: number for number, cell in enumerate(dict.fromkeys((None, *cells)))}
            return cls(list(place), np.fromiter(map(place.__getitem__, cells), np.int32, len(cells)))
        typed = [(type(cell), cell) for cell in cells]
        several = {key: number for number, key in enumerate(dict.fromkeys(((type(None), None), *typed)))}
        codes = np.fromiter(map(several.__getitem__, typed), np.int32, len(cells))
        return cls([cell for _, cell in several], codes)

    @classmethod
    def blanks(cls, height: int) -> Column:
        """A column of that many rows without a cell."""
        return cls([None], np.zeros(height, np.int32))

    @classmethod
    def joined(cls, columns: Sequence[Column]) -> Column:
        """One column under the other."""
        if len(columns) == 1:
            return columns[0]
        together = cls.of([cell for column in columns for cell in column.values])
        starts = np.cumsum([0, *(len(column.values) for column in columns)])
        codes = [column.codes + start for column, start in zip(columns, starts[:-1], strict=True)]
        return cls(together.values, together.codes[np.concatenate(codes)])

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, place: int) -> Cell: ...
    @overload
    def __getitem__(self, place: slice) -> list[Cell]: ...
    def __getitem__(self, place: int | slice) -> Cell | list[Cell]:
        if isinstance(place, slice):
            return list(map(self.values.__getitem__, self.codes[place].tolist()))
        return self.values[self.codes[place]]

    def __iter__(self) -> Iterator[Cell]:
        return map(self.values.__getitem__, self.codes.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def blank(self) -> Mask:
        """The rows without a cell."""
        return self.codes == 0

    def texts(self) -> list[str]:
        """The distinct cells that are texts."""
        others: list[Any] = self.values[1:]
        return others if set(map(type, others)) == {str} else [cell for cell in others if isinstance(cell, str)]

    def holding(self, cells: Iterable[int]) -> Mask:
        """The rows that have one of these distinct cells."""
        wanted = np.zeros(len(self.values), bool)
        wanted[list(cells)] = True
        return wanted[self.codes]

    def blanked(self) -> Column:
        """The same cells, texts of blanks made None."""
        texts = self.texts()
        if all(texts) and not any(map(str.isspace, texts)):
            return self
        same = [0 if is_blank(cell) else place for place, cell in enumerate(self.values)]
        return Column(self.values, np.array(same, np.int32)[self.codes])

    def taken(self, rows: slice | Mask) -> Column:
        """The cells of some of the rows, and no others, in order of appearance."""
        codes = self.codes[rows]
        # Written backwards, the last place written for each cell is the first at which it stands; None comes before.
        first = np.full(len(self.values), len(codes), np.int32)
        first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1, dtype=np.int32)
        first[0] = -1
        used = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(codes))]
        places = np.empty(len(first), np.int32)
        places[used] = np.arange(len(used), dtype=np.int32)
        return Column(list(map(self.values.__getitem__, used.tolist())), places[codes])


class RowsOf(Sequence[list[Cell]]):
    """The rows of columns of one length, each made when it is asked for: most are never looked at as rows."""

    def __init__(self, columns: Sequence[Column], height: int) -> None:
        self.columns, self.height = columns, height

    def __len__(self) -> int:
        return self.height

    @overload
    def __getitem__(self, place: int) -> list[Cell]: ...
    @overload
    def __getitem__(self, place: slice) -> list[list[Cell]]: ...
    def __getitem__(self, place: int | slice) -> list[Cell] | list[list[Cell]]:
        if isinstance(place, slice):
            return list(map(list, zip(*(column[place] for column in self.columns), strict=True)))
        return [column[place] for column in self.columns]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and self[:] == list(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Grid:
    """One sheet, cells as written, column by column.

    The columns are of one length; row 0 is row 1 of the sheet. `merged` holds (row, column, last row, last column),
    zero based and inclusive, where the reader knows them; `unanswered` the (row, column), zero based, of formulas that
    carry no stored result, so that the cell reads as blank; `written` the rows of a text, which may differ in length.
    """

    name: str
    visible: bool
    columns: tuple[Column, ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    unanswered: tuple[tuple[int, int], ...] = ()
    written: Rows | None = None

    @classmethod
    def of_rows(cls, name: str, visible: bool, rows: Rows, merged: tuple[tuple[int, int, int, int], ...] = ()) -> Grid:
        """A sheet from its rows, which may differ in length."""
        return cls(name, visible, tuple(map(Column.of, zip_longest(*rows))), merged, (), rows)

    @cached_property
    def rows(self) -> Sequence[list[Cell]]:
        """The rows of the sheet, where it is a text as long as they were written."""
        if self.written is not None:
            return self.written
        return RowsOf(self.columns, len(self.columns[0]) if self.columns else 0)


@dataclass(frozen=True)
class Book:
    """A file as read: its name, the format its content is in, its sheets in order and what should be said about it."""

    file: str
    format: str
    grids: tuple[Grid, ...]
    notes: tuple[Problem, ...] = ()


def is_ours(grid: Grid) -> bool:
    """Whether a sheet is the one that we added to a workbook to list its problems."""
    return bool(grid.columns) and len(grid.columns[0]) > 0 and grid.columns[0][0] == OURS


def column_letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """A → 0, Z → 25, AA → 26; -1 for what is no column's name."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1 if re.fullmatch("[A-Z]{1,3}", letters) else -1


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
