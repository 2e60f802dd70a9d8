"""The rows of one load: each column of all its tables typed once, its wrong cells reported in their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from data import cells
from data.cells import Cell, Typed, fold
from data.dates import dates
from data.figures import numbers
from data.grid import Codes
from data.grid import Column as Cells
from data.match import Mapping, Match
from data.names import Lists, nearest
from data.orders import DateOrder, settle
from data.problem import Problem
from data.sheet import Column
from data.sheets import SHEETS
from data.table import Table

Rows = npt.NDArray[np.bool_]


@dataclass
class Field:
    """One column of all tables: its distinct cells as written, which of them each row has, and what they are."""

    column: Column
    raw: list[Cell]
    codes: Codes
    typed: Typed

    @property
    def given(self) -> Rows:
        return np.array([value is not None for value in self.typed.values], bool)[self.codes]

    def says(self, words: set[str]) -> Rows:
        """The rows whose value is one of these."""
        return np.array([value in words for value in self.typed.values], bool)[self.codes]

    def counts(self) -> list[int]:
        """The number of rows that have each distinct cell."""
        return np.bincount(self.codes, minlength=len(self.raw)).tolist()

    def replaced(self, values: list[Any]) -> None:
        self.typed = Typed(values, self.typed.wrongs)


@dataclass
class Load:
    """The rows of all tables of one load under one number, and where each stands in the file."""

    kind: str
    tables: Sequence[Table]
    matches: Sequence[Match]
    mapping: Mapping
    lists: Lists
    fields: dict[str, Field] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    found: list[tuple[int, Problem]] = field(default_factory=list)
    orders: dict[str, DateOrder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sheet = SHEETS[self.kind]
        self.size = sum(len(table.rows) for table in self.tables)
        lengths = [len(table.rows) for table in self.tables]
        self.table_of = np.repeat(np.arange(len(self.tables)), lengths)
        self.row_of = np.fromiter((row for table in self.tables for row in table.rows), np.int64, self.size)
        self.refused = np.zeros(self.size, bool)

    def header(self, name: str, table: int = 0) -> str | None:
        place = self.matches[table].columns.get(name)
        return None if place is None else self.tables[table].headers[place].strip()

    def headers(self, name: str) -> list[str]:
        """What a field is headed with, in each of the tables that have it."""
        found = (self.header(name, table) for table in range(len(self.tables)))
        return [header for header in found if header]

    def any_header(self, name: str) -> str:
        return next(iter(self.headers(name)), name)

    def report(self, code: str, row: int, name: str | None = None, **details: Any) -> None:
        """A problem of one row, at the cell of `name` where one is named; an error refuses the row."""
        table = int(self.table_of[row])
        value = None
        if name is not None and name in self.fields:
            of = self.fields[name]
            value = shown(of.raw[of.codes[row]])
        header = self.header(name, table) if name else None
        problem = Problem(code, self.tables[table].sheet, int(self.row_of[row]), header or name, value, details)
        self.found.append((row, problem))
        if problem.severity == "error":
            self.refused[row] = True


def shown(cell: Cell) -> str | None:
    if cell is None:
        return None
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def distinct(column: Sequence[Cell]) -> Cells:
    """The column as its distinct cells and which of them each row has."""
    return column if isinstance(column, Cells) else Cells.of(column)


@cache
def _words(column: Column) -> dict[str, str | None]:
    words: dict[str, str | None] = {fold(word): None for word in column.blanks}
    for canonical, synonyms in column.choices.items():
        words |= {fold(word): canonical for word in (canonical, *synonyms)}
    return words


def _choices(column: Column, raw: Sequence[Cell]) -> Typed:
    words = _words(column)
    values: list[str | None] = []
    wrongs: dict[int, tuple[str, dict[str, Any]]] = {}
    for i, cell in enumerate(raw):
        word = fold(cells.spelling(cell) or "")
        if word in words:
            values.append(words[word])
        elif cells.missing(cell):
            values.append(None)
        else:
            values.append(column.otherwise)
            near = words[fold(nearest(word, words))] or "–"
            wrongs[i] = (
                "unknown-choice",
                {"otherwise": column.otherwise, "known": ", ".join(column.choices), "nearest": near},
            )
    return Typed(values, wrongs)


_BETWEEN = re.compile(r"[,;/|\n]+")


def _several(column: Column, raw: Sequence[Cell]) -> Typed:
    """The choices that each cell names; words that are none of them are left out, and said."""
    words = _words(column)
    values: list[str | None] = []
    wrongs: dict[int, tuple[str, dict[str, Any]]] = {}
    for i, cell in enumerate(raw):
        folded = fold(cells.spelling(cell) or "")
        parts = (
            [folded] if folded in words else [part for one in _BETWEEN.split(str(cell or "")) if (part := fold(one))]
        )
        meant = {words[part] for part in parts if part in words}
        values.append(", ".join(one for one in column.choices if one in meant) or None)
        if unknown := [part for part in parts if part not in words and not cells.missing(part)]:
            wrongs[i] = ("unknown-choices", {"words": ", ".join(unknown), "known": ", ".join(column.choices)})
    return Typed(values, wrongs)


def _typed(column: Column, raw: Sequence[Cell], today: date, order: str | None) -> Typed:
    readers: dict[str, Callable[[], Typed]] = {
        "date": lambda: dates(raw, today, order),
        "number": lambda: numbers(raw, "number", column.low, column.high, shares=False),
        "money": lambda: numbers(raw, "money", column.low, column.high),
        "integer": lambda: numbers(raw, "integer", column.low, column.high),
        "yes_no": lambda: cells.yes_no(raw),
        "choice": lambda: _choices(column, raw),
        "choices": lambda: _several(column, raw),
        "link": lambda: cells.addresses(raw),
        "id": lambda: cells.identifiers(raw),
    }
    return readers.get(column.type, lambda: Typed([cells.spelling(cell) for cell in raw]))()


# The digits of Morocco's common identifier of enterprises.
ICE = 15


def type_columns(load: Load, today: date) -> None:
    """Types each matched column once for all tables: one order of dates and one decimal sign hold for the load."""
    read: dict[str, list[Cell]] = {}
    for column in load.sheet.columns:
        if all(column.name not in match.columns for match in load.matches):
            continue
        together = []
        for table, match in zip(load.tables, load.matches, strict=True):
            place = match.columns.get(column.name)
            together.append(Cells.blanks(len(table.rows)) if place is None else distinct(table.columns[place]))
        joined = Cells.joined(together)
        # A list of its own: a site that the sheet's name gives is appended to it.
        raw, codes = list(joined.values), joined.codes
        meant = raw
        if meanings := load.mapping.values.get(column.name):
            folded = {fold(text): meaning for text, meaning in meanings.items()}
            meant = [folded.get(fold(cells.spelling(cell) or ""), cell) for cell in raw]
        read[column.name] = meant
        load.fields[column.name] = Field(
            column, raw, codes, _typed(column, meant, today, load.mapping.order_of(load.headers(column.name)))
        )
    settle(load, read, today)
    for name, of in load.fields.items():
        _report_cells(load, name, of)
    for names in load.sheet.needs:
        if names == ("site",) or not set(names) & set(load.fields):
            continue
        present = np.zeros(load.size, bool)
        wrong = np.zeros(load.size, bool)
        for name in names:
            if name in load.fields:
                of = load.fields[name]
                present |= of.given
                wrong |= rows_of(of, of.typed.wrongs)
        report_missing(load, names, ~present & ~wrong)


def rows_of(of: Field, wanted: Iterable[int]) -> Rows:
    """The rows whose cell is one of these distinct ones."""
    mask = np.zeros(len(of.raw), bool)
    mask[list(wanted)] = True
    return mask[of.codes]


def report_missing(load: Load, names: tuple[str, ...], where: Rows) -> None:
    """One problem for each row that gives none of the columns that it needs one of."""
    label = " or ".join(load.sheet.column(name).label for name in names)
    for row in np.flatnonzero(where):
        load.report("missing-value", int(row), names[0], label=label, fields=" or ".join(names))


def _report_cells(load: Load, name: str, of: Field) -> None:
    required = load.sheet.required(name)
    for row in np.flatnonzero(rows_of(of, of.typed.wrongs)) if of.typed.wrongs else ():
        i = of.codes[row]
        code, details = of.typed.wrongs[i]
        needed = required
        if code == "damaged-identifier":
            firm = load.fields.get("firm_name")
            needed = name == "firm_id" and (firm is None or firm.typed.values[firm.codes[row]] is None)
        if needed and of.typed.values[i] is None:
            code = f"{code}-required"
        load.report(code, int(row), name, **details)
    if of.column.type == "id":
        _report_ice(load, name, of)


def _report_ice(load: Load, name: str, of: Field) -> None:
    """Identifiers under a header that says ICE, all digits and not 15 of them: they stand, but somebody should look."""
    lengths = {
        i: len(value)
        for i, value in enumerate(of.typed.values)
        # Much shorter ones are a numbering of the park's own.
        if value and value.isdecimal() and ICE != len(value) >= ICE - 6
    }
    if not lengths:
        return
    called = np.array(["ice" in fold(load.header(name, t) or "").split() for t in range(len(load.tables))])
    for row in np.flatnonzero(rows_of(of, lengths) & called[load.table_of]):
        load.report("ice-length", int(row), name, digits=lengths[of.codes[row]])
