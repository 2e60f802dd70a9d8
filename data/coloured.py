"""The workbook that a person brought, given back with its problems on it: cells coloured and commented, all listed."""

from __future__ import annotations

import importlib.util
import logging
import pickle
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.grid import OURS, Book, CellError, Grid, column_index
from data.places import Place
from data.review import Review

log = logging.getLogger("essaim")

CHILD = Path(__file__).with_name("coloured_child.py")
# Beyond them the workbook is not opened with its formats: that takes a kilobyte and more for a cell.
MOST_CELLS = 200_000
# Spreadsheet programs become slow with more comments than these; the colours and the list go on.
MOST_COMMENTS = 20_000
MEMORY, SECONDS = 1_500_000_000, 120
MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
}
# From the mildest to the worst, which wins where a cell has several.
SEVERITIES = ("mended", "note", "warning", "error")


@dataclass(frozen=True)
class Line:
    """One problem or correction as it is told: its severity (of SEVERITIES), cells, value, sentence and code."""

    severity: str
    places: Sequence[Place]
    where: str
    value: str
    says: str
    code: str = ""


@dataclass(frozen=True)
class Labels:
    """What is written around the lines, in the reader's language.

    `headings` stand over severity, cell, value, sentence and code; `severities` names each of SEVERITIES; `kept` says
    what the same workbook keeps, `anew` that it is a new one, `listed` that it holds nothing but the list.
    """

    title: str
    headings: tuple[str, str, str, str, str]
    severities: Mapping[str, str]
    kept: str
    anew: str
    listed: str


def name_of(book: Book) -> tuple[str, str]:
    """What the workbook given back is called, and its MIME type; the stem stays, for a day may be read in it."""
    kind = "xlsm" if book.format == "xlsm" else "xlsx"
    return f"{Path(book.file).stem}.{kind}", MIME[kind]


def coloured(content: bytes, review: Review, lines: Sequence[Line], labels: Labels) -> bytes:
    """The workbook with each line's cells coloured and commented, and one more sheet that lists the lines.

    An .xlsx or .xlsm is the file that was brought, its formats, formulas, comments and macros with it; what is another
    format, too large or cannot be opened so becomes a new workbook of the cells as read, and at worst one that holds
    the list alone. Corrections stand in their cells. Read again, it says what the file and its corrections say.
    """
    assert review.book is not None
    book = review.book
    request = _request(book, review, lines, labels)
    size = sum(len(grid.columns) * len(grid.columns[0]) for grid in book.grids if grid.columns)
    if book.format in MIME and size <= MOST_CELLS and (same := made({**request, "way": "same", "content": content})):
        return same
    if anew := made({**request, "way": "new", "sheets": [sheet_of(grid, book) for grid in book.grids]}):
        return anew
    listed = made({**request, "way": "list"})
    if listed is None:
        raise RuntimeError("The workbook with the problems could not be written.")
    return listed


def _request(book: Book, review: Review, lines: Sequence[Line], labels: Labels) -> dict[str, Any]:
    """What the child needs to know, in nothing but lists, texts and numbers."""
    marks: dict[Place, tuple[int, list[str]]] = {}
    for line in lines:
        told = f"{labels.severities[line.severity]}: {line.says}"
        for place in line.places:
            worst, texts = marks.setdefault(place, (0, []))
            if told not in texts:
                texts.append(told)
            marks[place] = max(worst, SEVERITIES.index(line.severity)), texts
    by_sheet: dict[str, list[tuple[int, int, str, str]]] = defaultdict(list)
    for number, (place, (worst, texts)) in enumerate(marks.items()):
        comment = "\n".join(texts) if number < MOST_COMMENTS else ""
        by_sheet[_title(place.sheet, book)].append((place.row, place.column + 1, SEVERITIES[worst], comment))
    writes: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for one in review.choices.corrections:
        writes[_title(one.sheet, book)].append((one.row, column_index(one.column) + 1, one.becomes))
    listed = []
    for line in lines:
        first = next(iter(line.places), None)
        to = (_title(first.sheet, book), f"{first.letters}{first.row}") if first else None
        listed.append((line.severity, [labels.severities[line.severity], *_texts(line)], to))
    return {
        "names": [grid.name for grid in book.grids],
        "marks": dict(by_sheet),
        "writes": dict(writes),
        "listed": listed,
        "title": labels.title,
        "headings": list(labels.headings),
        "notes": {"same": labels.kept, "new": labels.anew, "list": labels.listed},
        "macros": book.format == "xlsm",
        "ours": OURS,
        "memory": MEMORY,
        "seconds": SECONDS,
    }


def _texts(line: Line) -> list[str]:
    return [line.where, line.value, line.says, line.code]


def _title(name: str, book: Book) -> str:
    """The name of a sheet in the workbook given back; a text has none but its file's, which may not do for a sheet."""
    if book.format != "csv":
        return name
    fits = 0 < len(name) <= 31 and not set(name) & set("\\/*?:[]") and not name.startswith("'") and name.isprintable()
    return name if fits else "Feuil1"


def sheet_of(grid: Grid, book: Book) -> tuple[Any, ...]:
    """A sheet as read: its name, whether it is seen, its merged ranges, and each column's distinct cells and codes."""
    columns = [([_plain(cell) for cell in column.values], column.codes.tolist()) for column in grid.columns]
    return _title(grid.name, book), grid.visible, list(grid.merged), columns


def _plain(cell: Any) -> Any:
    """A cell in types that the child knows: an error is told from a text by its tuple."""
    return ("error", str(cell)) if isinstance(cell, CellError) else cell


def made(request: dict[str, Any]) -> bytes | None:
    """The workbook that the child writes; None where it gives up, runs out of its limits or is not done in time."""
    package = importlib.util.find_spec("openpyxl")
    assert package is not None and package.origin is not None
    request["path"] = str(Path(package.origin).parents[1])
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", str(CHILD)],
            input=pickle.dumps(request),
            capture_output=True,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode == 0 and done.stdout.startswith(b"PK"):
        return done.stdout
    log.warning("No coloured workbook in the way %r: %s", request["way"], done.stderr.decode("utf-8", "replace")[-300:])
    return None
