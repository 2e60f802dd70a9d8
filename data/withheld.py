"""What a receipt does not keep: the values of cells about persons and of cells in columns that nobody declared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from data.grid import column_letters
from data.match import Mapping, Match
from data.mending import Correction
from data.problem import Problem
from data.sheets import SHEETS
from data.table import Table


class Cells:
    """Which cells of a load are of a declared column that is not about persons: only these may be quoted."""

    def __init__(self, kind: str, tables: Sequence[Table], matches: Sequence[Match]) -> None:
        self._persons = SHEETS[kind].persons
        self._headers: dict[str, set[str]] = {}
        self._columns: dict[tuple[str, int], set[str]] = {}
        for table, found in zip(tables, matches, strict=True):
            letters = {column_letters(table.places[at]) for name, at in found.columns.items() if self._may(name)}
            for row in table.rows:
                self._columns.setdefault((table.sheet, row), set()).update(letters)
            mine = {at for name, at in found.columns.items() if self._may(name)}
            closed = {header.strip() for at, header in enumerate(table.headers) if header and at not in mine}
            self._headers.setdefault(table.sheet, set()).update(closed)

    def _may(self, name: str) -> bool:
        return name not in self._persons

    def correction(self, one: Correction) -> dict[str, Any]:
        """A correction as its receipt keeps it."""
        told = one.as_json()
        if one.column in self._columns.get((one.sheet, one.row), ()):
            return told
        return {**told, "was": None, "becomes": None, "withheld": True}

    def problem(self, one: Problem) -> dict[str, Any]:
        """A problem as its receipt keeps it."""
        told = one.as_json()
        sheets: Iterable[str] = self._headers if one.sheet is None else (one.sheet,)
        if one.value is None or one.column is None:
            return told
        if not any(one.column in self._headers.get(sheet, ()) for sheet in sheets):
            return told
        return {**told, "value": None, "message": f"{one.wrong.title}.", "withheld": True}

    def mapping(self, one: Mapping) -> dict[str, Any]:
        """What was said of a file's columns and words, but for the words about persons."""
        told = one.as_json()
        values = told.get("values")
        if values:
            told = {**told, "values": {name: said for name, said in values.items() if self._may(name)}}
        return told
