"""Where the table is in a sheet: its header under the titles, its rows, and what between and below is not data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from data.grid import LONG, Cell, Column, Grid, filled, is_blank, is_blank_row, is_value, is_year, refuse, text_of
from data.left_out import left_out
from data.problem import Problem

LOOK_AHEAD = 40
# So many lines are named; who mends them finds the rest.
NAMED = 20


@dataclass(frozen=True)
class LeftOut:
    """A row of the sheet, 1-based, that is not data: 'title', 'blank', 'total', 'note' or 'repeated-header'."""

    row: int
    why: str


@dataclass(frozen=True)
class Table:
    """A table found in a sheet, column by column.

    `header_rows` are 1-based rows of the sheet (two where the names stand on two rows); `headers` the names as written,
    stripped, empty and repeated ones allowed; `columns` the cells below, blanks None, in the order of `headers`; `rows`
    the 1-based row of the sheet each of them comes from; `titles` the texts above the header and in the notes; `places`
    the 0-based column of the sheet of each header; `notes` what should be said about the columns.
    """

    sheet: str
    header_rows: tuple[int, ...]
    headers: tuple[str, ...]
    columns: Sequence[Sequence[Cell]]
    rows: list[int]
    titles: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    places: tuple[int, ...] = ()
    notes: tuple[Problem, ...] = ()


def find_table(grid: Grid, header: int | None = None, known: Callable[[str], bool] | None = None) -> Table | None:
    """Finds the one table of a sheet; None where no row looks like the names of columns.

    `header` is the 1-based row that holds the names, where a person said so; Refused where that row is blank. `known`
    says whether a text looks like one of our column names and makes its row more likely to be the header.
    """
    rows = grid.rows
    cells = [column.blanked() for column in grid.columns]
    # Sheets often end in thousands of rows that are formatted and blank.
    end = 1 + max((int(np.flatnonzero(column.codes).max(initial=-1)) for column in cells), default=-1)
    width = len(cells)
    if header is not None:
        if not 1 <= header <= end or is_blank_row(rows[header - 1]):
            raise refuse("header-not-found", sheet=grid.name, row=header)
        lower = header - 1
    else:
        found = _header(rows[: min(end, LOOK_AHEAD * 3 + 1)], known)
        if found is None:
            return None
        lower = found
        named = filled(rows[lower])
        while lower + 1 < end and filled(rows[lower + 1]) == named:
            lower += 1
    upper = _upper(grid, lower, known)
    names = _names(grid, upper, lower, width, known)
    first = lower + 1
    if upper is None and header is None:
        # The second row of a header may hang below the one that looked like it.
        hanging = _hanging(grid, lower, end)
        if hanging:
            upper, lower, first = lower, hanging, hanging + 1
            names = _names(grid, upper, lower, width, known)
    columns = [column.taken(slice(first, end)) for column in cells]
    kept = [place for place in range(width) if names[place] or len(columns[place].values) > 1]
    columns = [columns[place] for place in kept]
    left, texts = left_out(columns, [names[place] for place in kept], grid.name)
    _fill_down(columns, kept, first, grid.merged)
    top = lower if upper is None else upper
    headers_above = [row for row in range(top) if filled(rows[row]) == filled(rows[lower])]
    out = [
        LeftOut(row + 1, "repeated-header" if row in headers_above else "blank" if is_blank_row(rows[row]) else "title")
        for row in range(top)
    ]
    out += [LeftOut(first + index + 1, why) for index, why in sorted(left.items())]
    numbers = list(range(first + 1, end + 1))
    if left:
        stay = np.ones(end - first, bool)
        stay[list(left)] = False
        columns = [column.taken(stay) for column in columns]
        numbers = [number for number in numbers if number - first - 1 not in left]
    above = [text_of(cell) for row in range(top) if row not in headers_above for cell in rows[row]]
    return Table(
        grid.name,
        (lower + 1,) if upper is None else (upper + 1, lower + 1),
        tuple(names[place] for place in kept),
        columns,
        numbers,
        tuple(text for text in [*above, *texts] if text),
        tuple(out),
        tuple(kept),
        (*_unanswered(grid, names, set(numbers)), *_ragged(grid, lower, numbers)),
    )


def header_texts(grid: Grid, known: Callable[[str], bool] | None = None) -> tuple[str, ...]:
    """The texts of the row that looks most like the names of columns; none where no row does."""
    rows = grid.rows
    found = _header(rows[: LOOK_AHEAD * 3 + 1], known) if len(rows) else None
    return () if found is None else tuple(text for cell in rows[found] if (text := text_of(cell)))


def _header(rows: Sequence[list[Cell]], known: Callable[[str], bool] | None) -> int | None:
    """The row, zero based, that looks most like the names of the columns below it."""
    candidates = [index for index, row in enumerate(rows[: LOOK_AHEAD * 2]) if not is_blank_row(row)][:LOOK_AHEAD]
    widest = max((sum(not is_blank(cell) for cell in rows[index]) for index in candidates), default=0)
    best, chosen = 0.0, None
    above: list[int] = []
    for index in candidates:
        size = sum(not is_blank(cell) for cell in rows[index])
        score = _likeness(rows, index, widest, known)
        # Of two rows alike the upper one is the header and the lower one data.
        score -= 0.6 * min(3, sum(other >= 0.8 * size for other in above)) + 0.01 * len(above)
        above.append(size)
        if score > best:
            best, chosen = score, index
    return chosen


def _likeness(rows: Sequence[list[Cell]], index: int, widest: int, known: Callable[[str], bool] | None) -> float:
    """How much a row looks like names: filled as the rows below are, texts over values, no two alike, none long."""
    row = rows[index]
    here = [place for place, cell in enumerate(row) if not is_blank(cell)]
    below = [other for other in rows[index + 1 : index + 1 + LOOK_AHEAD] if not is_blank_row(other)]
    typical = sorted(sum(not is_blank(cell) for cell in other) for other in below)
    usual = typical[(len(typical) * 3) // 4] if typical else len(here)
    texts = [place for place in here if isinstance(row[place], str) and not is_value(row[place])]
    years = [place for place in here if is_year(row[place])]
    if not texts and not (known and any(known(text_of(row[place])) for place in here)):
        return 0.0
    values = len(here) - len(texts) - len(years)
    long = sum(len(text_of(row[place])) > LONG for place in texts)
    contrast = 0
    for place in texts + years:
        column = [other[place] for other in below[:20] if place < len(other) and not is_blank(other[place])]
        if column and sum(map(is_value, column)) * 2 > len(column) and not all(map(is_year, column[:1])):
            contrast += 1
    distinct = len({text_of(row[place]).casefold() for place in here}) / len(here)
    # A few columns without a name are common; a row that only half fits is a title or a group of columns.
    fit = min(1.0, len(here) / (0.8 * usual)) if usual else 1.0
    score = 2 * fit * fit + contrast / len(here) + 0.3 * distinct - 4 * values / len(here) - 2 * long / len(here)
    score += 0.5 * len(here) / widest
    if below and sum(not is_blank(cell) for cell in below[0]) < 0.6 * usual:
        score -= 1
    if known:
        score += 3 * sum(known(text_of(row[place])) for place in texts) / max(len(here), usual)
    if usual > 2 and len(here) == 1:
        score -= 2
    return score


def _upper(grid: Grid, lower: int, known: Callable[[str], bool] | None) -> int | None:
    """The row just above the header where it groups the header's columns: a name over several columns, or a name for a
    column that the lower row leaves open."""
    if lower == 0:
        return None
    row, below = grid.rows[lower - 1], grid.rows[lower]
    here = [place for place, cell in enumerate(row) if not is_blank(cell)]
    named = sum(not is_blank(cell) for cell in below)
    if not here or any(is_value(row[place]) and not is_year(row[place]) for place in here):
        return None
    if filled(row) == filled(below):
        return None
    spans = [
        right - left + 1 for top, left, bottom, right in grid.merged if top == lower - 1 == bottom and right > left
    ]
    if any(span >= max(named, 2) for span in spans):
        return None
    falls = [m for m in grid.merged if m[0] == lower - 1 and m[2] == lower]
    covered = {p for top, left, _, right in grid.merged if top == lower - 1 for p in range(left, right + 1)}
    loose = sum(place not in covered and place < len(below) and not is_blank(below[place]) for place in here)
    if spans and len(here) >= 2 and sum(spans) * 2 >= named and len(here) <= named and loose <= len(spans):
        return lower - 1
    if falls and len(here) >= 2:
        return lower - 1
    repeated = len({text_of(cell).casefold() for cell in below if not is_blank(cell)}) < named
    open_places = [place for place in here if place >= len(below) or is_blank(below[place])]
    if known and any(known(text_of(row[place])) for place in open_places):
        return lower - 1
    return lower - 1 if repeated and open_places and 2 <= len(here) < named and not spans else None


def _hanging(grid: Grid, upper: int, end: int) -> int | None:
    """The row below a header where it is its second row: all texts, under merged names or under repeated blanks."""
    lower = upper + 1
    if lower >= end:
        return None
    row, above = grid.rows[lower], grid.rows[upper]
    here = [place for place, cell in enumerate(row) if not is_blank(cell)]
    if len(here) < 2 or any(is_value(row[place]) for place in here):
        return None
    spans = [m for m in grid.merged if m[0] == upper == m[2] and m[3] > m[1]]
    falls = [m for m in grid.merged if m[0] == upper and m[2] == lower]
    open_places = [place for place in here if place >= len(above) or is_blank(above[place])]
    after = [other for other in grid.rows[lower + 1 : lower + 1 + 20] if not is_blank_row(other)]
    typed = [p for p in here if any(p < len(other) and is_value(other[p]) for other in after)]
    if (spans or falls) and open_places:
        return lower
    if len(open_places) >= 2 and len(typed) * 2 >= len(here):
        return lower
    return None


def _names(grid: Grid, upper: int | None, lower: int, width: int, known: Callable[[str], bool] | None) -> list[str]:
    """One name for each column of the sheet. Two rows are joined "upper lower"; a name that only groups columns is left
    away where the lower name is unique, for "Bail" over "Superficie" says nothing that the field needs."""
    below = [text_of(cell) for cell in grid.rows[lower]] + [""] * width
    if upper is None:
        return below[:width]
    above = [text_of(cell) for cell in grid.rows[upper]] + [""] * width
    group = list(range(width))
    for top, left, bottom, right in grid.merged:
        if top <= upper <= bottom:
            for place in range(left, min(right, width - 1) + 1):
                above[place], group[place] = above[left], left
    if not any(top <= upper <= bottom and right > left for top, left, bottom, right in grid.merged):
        for place in range(1, width):
            if not above[place] and below[place] and above[place - 1]:
                above[place], group[place] = above[place - 1], group[place - 1]
    often = Counter(name.casefold() for name in below[:width] if name)
    size = Counter(group)
    names = []
    for place in range(width):
        over, under = above[place], below[place]
        joined = over[:-1] + under if over.endswith("-") else f"{over} {under}".strip()
        if over.casefold() == under.casefold():
            joined = under
        grouped = size[group[place]] > 1
        if not under and grouped:
            joined = ""
        elif grouped and often[under.casefold()] == 1 and not (known and known(joined) and not known(under)):
            joined = under
        names.append(joined)
    return names


def _fill_down(
    columns: list[Column], kept: list[int], first: int, merged: tuple[tuple[int, int, int, int], ...]
) -> None:
    """Writes the value of a vertically merged cell into every row it covers, in its first column."""
    where = {place: number for number, place in enumerate(kept)}
    for top, left, bottom, _ in merged:
        column = columns[where[left]] if left in where else None
        if column is None or bottom <= top or top < first or top - first >= len(column):
            continue
        covered = column.codes[top - first : bottom - first + 1]
        covered[covered == 0] = covered[0]


def _unanswered(grid: Grid, names: list[str], rows: set[int]) -> tuple[Problem, ...]:
    """A warning for each column whose data rows hold formulas that were never computed."""
    count = Counter(column for row, column in grid.unanswered if row + 1 in rows and column < len(names))
    return tuple(
        Problem("formula-without-result", sheet=grid.name, column=names[column], details={"count": number})
        for column, number in sorted(count.items())
    )


def _ragged(grid: Grid, lower: int, numbers: list[int]) -> list[Problem]:
    """Lines of a text that are longer or shorter than its header, by number: a cell may stand in the wrong column."""
    if grid.written is None:
        return []
    width = len(grid.written[lower])
    named = max((place for place, cell in enumerate(grid.written[lower], 1) if not is_blank(cell)), default=0)
    longer = [n for n in numbers if any(not is_blank(cell) for cell in grid.written[n - 1][width:])]
    shorter = [n for n in numbers if len(grid.written[n - 1]) < named]
    return [
        Problem(code, grid.name, None, None, None, {"count": len(lines), "lines": _few(lines)})
        for code, lines in (("ragged-lines", longer), ("short-lines", shorter))
        if lines
    ]


def _few(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:NAMED])) + (" …" if len(lines) > NAMED else "")
