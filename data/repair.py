"""How text that was encoded twice is put right again: Ã© becomes é, where a person says that it should."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from data.grid import Book, Cell, Column, Grid
from data.problem import Problem

# What Windows-1252 makes of each byte; it has no letter for some, and programs write the control character instead.
_BYTES = {chr(code): code for code in range(256)} | {bytes([c]).decode("cp1252", "ignore"): c for c in range(128, 256)}
_BYTES.pop("", None)


def _letters(first: int, last: int) -> str:
    return "[" + re.escape("".join(letter for letter, code in _BYTES.items() if first <= code <= last)) + "]"


# Two, three or four letters that are one in UTF-8.
_NEXT = _letters(0x80, 0xBF)
_TWICE = re.compile(
    f"{_letters(0xC2, 0xDF)}{_NEXT}|{_letters(0xE0, 0xEF)}{_NEXT}{{2}}|{_letters(0xF0, 0xF4)}{_NEXT}{{3}}"
)


def mended(text: str) -> str:
    """The text that was meant, where this one is UTF-8 read as Windows-1252; the rest of it is left alone."""
    # Some files went through it more than once.
    for _ in range(4):
        meant = _TWICE.sub(_meant, text)
        if meant == text:
            break
        text = meant
    return text


def _meant(letters: re.Match[str]) -> str:
    try:
        return bytes(map(_BYTES.__getitem__, letters[0])).decode("utf-8")
    except UnicodeDecodeError:
        return letters[0]


def repaired(book: Book) -> Book:
    """The book with every text as it was meant; instead of the warning about it a note says how many were mended."""
    count = 0

    def meant(cell: Cell) -> Cell:
        nonlocal count
        if type(cell) is not str or cell.isascii():
            return cell
        text = mended(cell)
        count += text != cell
        return text

    def column(one: Column) -> Column:
        values = [meant(cell) for cell in one.values]
        # Two spellings of one text become one cell.
        return Column.joined([Column(values, one.codes), Column.blanks(0)])

    def grid(one: Grid) -> Grid:
        columns: Sequence[Column] = [column(cells) for cells in one.columns]
        written = one.written and [[mended(c) if type(c) is str else c for c in row] for row in one.written]
        return replace(one, columns=tuple(columns), written=written)

    grids = tuple(map(grid, book.grids))
    notes = [note for note in book.notes if note.code != "double-encoded"]
    if count:
        notes.append(Problem("accents-repaired", details={"count": count}))
    return replace(book, grids=grids, notes=tuple(notes))
