"""A file without some of its cells: the same workbook or text where its format can be edited, else a new workbook."""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from data.cells import plain
from data.coloured import MEMORY, MIME, MOST_CELLS, SECONDS, made, sheet_of
from data.fields import shown
from data.grid import OURS, Book, column_index, column_letters
from data.mending import Correction, mended
from data.problem import Refused
from data.read import read
from data.read_text import delimiter_of

# A cell of a file: its sheet, its 1-based row, the letters of its column.
Place = tuple[str, int, str]


class Unerasable(Exception):
    """A file that cannot be written again without those cells; nothing was erased."""


def without(book: Book, content: bytes, places: Iterable[Place], text: str) -> bytes:
    """The file without these cells, every other one reading as it did; `text` is nowhere in an edited workbook's parts.

    An .xlsx or .xlsm stays what it is, with its formats and formulas, where nothing but those cells holds the text; a
    CSV stays one. Anything else becomes a new workbook of the cells as they were read. Raises Unerasable.
    """
    gone = sorted(set(places))
    wanted = mended(book, [_emptied(book, place) for place in gone])
    ways = [_text] if book.format == "csv" else [_same, _new] if book.format in MIME else [_new]
    for way in ways:
        found = way(book, wanted, content, gone)
        if found is not None and _reads(found, wanted) and not (way is _same and holds(found, text)):
            return found
    raise Unerasable(f"{book.file} cannot be written again without these cells.")


def holds(content: bytes, text: str) -> bool:
    """Whether a file holds a text anywhere: in its bytes, or in those of its parts."""
    parts = [content]
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts += [archive.read(name) for name in archive.namelist()]
    wanted = {text, html.escape(text), html.escape(text, quote=False)}
    needles = {one.encode(code, "replace") for one in wanted for code in ("utf-8", "utf-16-le", "cp1252")}
    if any(needle in part for part in parts for needle in needles):
        return True
    return any(plain(text) in plain(part.decode("utf-8", "replace")) for part in parts)


def _emptied(book: Book, place: Place) -> Correction:
    sheet, row, letters = place
    grid = next(one for one in book.grids if one.name == sheet)
    was = shown(grid.columns[column_index(letters)][row - 1]) or ""
    return Correction(sheet, row, letters, was, "", "", "", "")


def _reads(content: bytes, wanted: Book) -> bool:
    """Whether a file written again says what it has to."""
    try:
        again = read(content, wanted.file)
    except Refused:
        return False
    if wanted.format == "csv":
        again = replace(again, grids=tuple(replace(one, name=wanted.grids[0].name) for one in again.grids))
    return _cells(again) == _cells(wanted)


def _cells(book: Book) -> dict[Place, str]:
    return {
        (grid.name, row + 1, column_letters(place)): str(shown(column[row]))
        for grid in book.grids
        for place, column in enumerate(grid.columns)
        for row in range(len(column.codes))
        if column[row] is not None and str(column[row]).strip()
    }


def _request(book: Book, gone: list[Place]) -> dict[str, Any]:
    writes: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for sheet, row, letters in gone:
        writes[sheet].append((row, column_index(letters) + 1, ""))
    return {
        "names": [grid.name for grid in book.grids],
        "marks": {},
        "writes": dict(writes),
        "listed": None,
        "macros": book.format == "xlsm",
        "ours": OURS,
        "memory": MEMORY,
        "seconds": SECONDS,
    }


def _same(book: Book, wanted: Book, content: bytes, gone: list[Place]) -> bytes | None:
    size = sum(len(grid.columns) * len(grid.columns[0]) for grid in book.grids if grid.columns)
    return made({**_request(book, gone), "way": "same", "content": content}) if size <= MOST_CELLS else None


def _new(book: Book, wanted: Book, content: bytes, gone: list[Place]) -> bytes | None:
    return made({**_request(book, gone), "way": "new", "sheets": [sheet_of(grid, book) for grid in wanted.grids]})


def _text(book: Book, wanted: Book, content: bytes, gone: list[Place]) -> bytes | None:
    """A text stays one, in UTF-8 and with the sign between its cells."""
    sign = delimiter_of(content)
    for first in ("", f"sep={sign}\r\n"):
        target = io.StringIO(newline="")
        target.write(first)
        csv.writer(target, delimiter=sign, lineterminator="\r\n").writerows(
            [["" if cell is None else cell for cell in row] for row in wanted.grids[0].rows]
        )
        found = target.getvalue().encode("utf-8-sig")
        if _reads(found, wanted):
            return found
    return None
