"""Which rows below a header are not data: blank rows, totals, repeated headers and the notes at the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import numpy as np

from data.grid import LONG, CellError, Column, is_number, is_value, text_of

MOMENTS = (date, datetime, time, timedelta)
# What every word for a total holds.
HELD = tuple(word.encode() for word in ("tota", "somme", "summe", "suma", "ensemble", "cumul", "مجموع", "جمالي"))
WORD = r"(?:totaux|totals?|somme|summe|suma|ensemble|cumul|(?:ال)?(?:مجموع|إجمالي|اجمالي))"
TOTAL = re.compile(rf"\W*(?:(?:grand|sub|sous|super|net|montant|nombre)[\s-]*)?{WORD}\b", re.IGNORECASE)
ONLY_TOTAL = re.compile(
    rf"\W*(?:(?:grand|sub|sous|super|net)[\s-]*)?{WORD}"
    r"(?:\s+(?:g[ée]n[ée]ral|g[ée]n[ée]raux|global|overall|r[ée]seau|parc|العام|الكلي))?\W*",
    re.IGNORECASE,
)
NOTE = re.compile(
    r"\s*(?:[*†‡(]|\[?\d\]|n\.?\s?b\.?\b|notes?\b|source\b|contact\b|remarques?\b|\W*donn[ée]es\b)", re.IGNORECASE
)


def left_out(columns: list[Column], names: list[str], sheet: str) -> tuple[dict[int, str], list[str]]:
    """The rows below the header that are not data, and the texts of the notes among them.

    `columns` are the cells below the header, blanks None, `names` the header of each. The rows are indices into the
    columns, with the reason: 'blank', 'total', 'note' or 'repeated-header'.
    """
    height = len(columns[0]) if columns else 0
    blank = np.ones(height, bool)
    for column in columns:
        blank &= column.blank
    left: dict[int, str] = dict.fromkeys(np.flatnonzero(blank).tolist(), "blank")
    left.update(dict.fromkeys(_same_as_header(columns, names), "repeated-header"))
    notes = _notes(columns, left, height)
    left.update(dict.fromkeys(notes, "note"))
    for index in _candidates(columns):
        if left.get(index, "note") == "note" and _is_total(columns, index, left, sheet):
            left[index] = "total"
    # A total may have hidden the notes above it.
    notes += _notes(columns, left, height)
    left.update({index: "note" for index in notes if left.get(index) != "total"})
    return left, [text_of(column[index]) for index in sorted(set(notes)) for column in columns]


def _same_as_header(columns: list[Column], names: list[str]) -> list[int]:
    """The rows that say the header again."""
    named = [(column, name.casefold()) for column, name in zip(columns, names, strict=True) if name]
    if not named:
        return []
    column, name = min(named, key=lambda item: len(item[0].values))
    again = _rows(column, lambda cell: text_of(cell).casefold() == name)
    return [i for i in again if all(text_of(column[i]).casefold() == name for column, name in named)]


def _rows(column: Column, means: Callable[[str], object]) -> list[int]:
    """The rows whose cell is a text that means something."""
    likely = [place for place, cell in enumerate(column.values) if isinstance(cell, str) and means(cell)]
    return np.flatnonzero(column.holding(likely)).tolist() if likely else []


def _candidates(columns: list[Column]) -> list[int]:
    """The rows that hold a text which begins like a total; few, so that they can be looked at one by one."""
    found: set[int] = set()
    for column in columns:
        # The words have no capitals or Latin ones, and bytes are lowered thirty times faster than letters.
        joined = "\n".join(column.texts()).encode("utf-8", "replace").lower()
        if any(word in joined for word in HELD):
            found.update(_rows(column, TOTAL.match))
    return sorted(found)


def _is_total(columns: list[Column], index: int, left: dict[int, str], sheet: str) -> bool:
    """Whether a row that holds a word for total is one, and not the firm "Total Services".

    Its first cell is the label, and the rest are numbers or blanks. If the label says no more than "total", or names a
    value of the table ("Sous-total Rabat"), some column that is filled in most other rows must be blank here, or a
    number must be the sum of those above; any other label needs the sum, or nearly everything blank.
    """
    height = len(columns[0])
    row = [column[index] for column in columns]
    filled = [place for place, cell in enumerate(row) if cell is not None]
    label = row[filled[0]]
    if not isinstance(label, str) or not TOTAL.match(label):
        return False
    others = filled[1:]
    if any(isinstance(row[place], MOMENTS) for place in others):
        return False
    texts = [cell for cell in (row[place] for place in others) if isinstance(cell, str)]
    if any(not isinstance(text, CellError) and not is_number(text) for text in texts):
        return False
    start = max(0, index - 200)
    near = [i - start for i in range(start, min(height, index + 200)) if i != index and i not in left]
    around = [column[start : index + 200] for column in columns]
    usual = [place for place, cells in enumerate(around) if sum(cells[i] is not None for i in near) * 2 > len(near)]
    missing = [place for place in usual if row[place] is None]
    text_missing = any(sum(isinstance(around[p][i], str | date) for i in near) * 2 > len(near) for p in missing)
    if _sums_up(columns, index, others, left):
        return True
    if ONLY_TOTAL.fullmatch(label):
        return bool(missing) or index == height - 1 or len(columns) == 1
    rest = TOTAL.sub("", label, count=1).strip(" :-–—()\u00a0").casefold()
    rest = re.sub(r"^(?:de|du|des|pour|of|for|site)\s+", "", rest)
    if rest and (rest == sheet.strip().casefold() or _is_value_of(rest, columns)):
        return bool(missing)
    return text_missing and len(missing) * 2 >= len(usual) and bool(others)


def _is_value_of(text: str, columns: list[Column]) -> bool:
    """Whether a casefolded text stands in a column of few values, such as the sites or the sectors."""
    few = [column.texts() for column in columns if len(column.values) <= 200]
    return any(cell.strip().casefold() == text for texts in few for cell in texts)


def _sums_up(columns: list[Column], index: int, others: list[int], left: dict[int, str]) -> bool:
    """Whether a number of the row is the sum of at least two numbers above it, all or since the last total."""
    since = max((i for i, why in left.items() if why == "total" and i < index), default=-1)
    for place in others:
        cell = columns[place][index]
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            continue
        for start in {0, since + 1}:
            above = [part for i, part in enumerate(columns[place][start:index], start) if i not in left]
            parts = [part for part in above if isinstance(part, int | float) and not isinstance(part, bool)]
            if len(parts) > 1 and cell and abs(sum(parts) - cell) <= 1e-6 * max(1.0, abs(cell)):
                return True
    return False


def _notes(columns: list[Column], left: dict[int, str], height: int) -> list[int]:
    """The rows at the end that hold only a few texts: notes, sources, contacts."""
    filled = sum(len(column.values) > 1 for column in columns)
    few = max(1, filled // 3)
    notes: list[int] = []
    for index in range(height - 1, -1, -1):
        if left.get(index) in ("blank", "note", "total"):
            continue
        cells = [column[index] for column in columns if column[index] is not None]
        if index in left or len(cells) > few or not all(isinstance(c, str) and not is_value(c) for c in cells):
            break
        # In a narrow list a row with one text may be a row like any other: only what is marked as a note is one.
        if filled < 4 and (filled < 2 or not (NOTE.match(str(cells[0])) or len(str(cells[0])) > LONG)):
            break
        notes.append(index)
    # A list whose every row is this thin is the table itself.
    return notes if len(notes) < height - sum(why != "note" for why in left.values()) else []
