"""What a date cell says: a day in any form people write it, its precision, one order of day and month per column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from data.cells import Cell, Typed, fold, missing, plain

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january يناير",
            "fevrier fevr fev february feb فبراير",
            "mars mar march mrs مارس",
            "avril avr april apr ابريل أبريل",
            "mai may ماي مايو",
            "juin june jun يونيو",
            "juillet juil july jul يوليوز يوليو",
            "aout august aug غشت أغسطس اغسطس",
            "septembre september sept sep شتنبر سبتمبر",
            "octobre october oct أكتوبر اكتوبر",
            "novembre november nov نونبر نوفمبر",
            "decembre december dec دجنبر ديسمبر",
        ),
        start=1,
    )
    for name in map(plain, names.split())
}
_TIME = r"(?:[ t]+\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)? ?(?:[ap]\.?m\.?)? ?(?:z|utc|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}}) ?[-/. ] ?(\d{{1,2}}) ?[-/. ] ?(\d{{1,2}}){_TIME}")
_PAIR = re.compile(rf"(\d{{1,2}}) ?[-/. ] ?(\d{{1,2}}) ?[-/. ] ?(\d{{4}}|\d{{2}}){_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_YEAR = re.compile(r"(\d{1,2}) ?[-/.] ?(\d{4})")
_YEAR_MONTH = re.compile(r"(\d{4}) ?[-/.] ?(\d{1,2})")
_DAY_NAMED = re.compile(
    rf"(?:[^\W\d]+[.,]? )?(\d{{1,2}})(?:er|st|nd|rd|th)?[-/. ]*(?:de |of )?([^\W\d]+)[-/., ]*'?(\d{{4}}|\d{{2}}){_TIME}"
)
_NAMED_DAY = re.compile(rf"(?:[^\W\d]+[.,] )?([^\W\d]+)[-. ]*(\d{{1,2}})(?:st|nd|rd|th)?(?:, ?| )(\d{{4}}){_TIME}")
_NAMED_MONTH = re.compile(r"([^\W\d]+)[-/., ]*'?(\d{4}|\d{2})")
_STILL_THERE = frozenset(
    {"en cours", "a ce jour", "ce jour", "aujourd'hui", "present", "presente", "ongoing", "current"}
)
_STILL_THERE |= {"toujours la", "toujours present", "toujours presente", "now", "indetermine", "indeterminee", "حاليا"}
_YEARS = range(1900, 2101)
_FIRST, _LAST = date(_YEARS[0], 1, 1), date(_YEARS[-1], 12, 31)
_DASHES = str.maketrans({**dict.fromkeys("‐‑‒–—−", "-"), **dict.fromkeys("\u00a0\u202f\u2007\u2009", " "), "’": "'"})


@dataclass(frozen=True)
class DateRead:
    """What one date cell can be: one day for certain, or a day in each order, or a wrong."""

    day: date | None = None
    precision: str = "day"
    dmy: date | None = None
    mdy: date | None = None
    wrong: str | None = None


_NO_DATE = DateRead()


def _compact(found: re.Match[str]) -> DateRead:
    return _one(int(found[1]), int(found[2]), int(found[3]))


def _one(year: int, month: int, day: int, precision: str = "day") -> DateRead:
    if year not in _YEARS:
        return DateRead(wrong="year-out-of-range")
    try:
        return DateRead(date(year, month, day), precision)
    except ValueError:
        return DateRead(wrong="impossible-date")


def _serial(number: float) -> DateRead:
    """A number in a date column: a year, a serial of the 1900 system, or yyyymmdd written as a number."""
    if number != number or abs(number) > 1e9:
        return DateRead(wrong="unreadable-date")
    if number.is_integer() and int(number) in _YEARS:
        return DateRead(date(int(number), 1, 1), "year")
    if 1 <= number < 2_958_466:
        # Excel counts a 29 February 1900 that never was: serials up to 60 stand one day later than the rest.
        day = date(1899, 12, 31 if number < 60 else 30) + timedelta(days=int(number))
        return _one(day.year, day.month, day.day)
    if number.is_integer() and (compact := _COMPACT.fullmatch(str(int(number)))):
        return _compact(compact)
    return DateRead(wrong="unreadable-date")


def _year(digits: str, today: date) -> int:
    """Two digits are the century in which the year is at most ten years ahead of today."""
    if len(digits) == 4:
        return int(digits)
    year = 2000 + int(digits)
    return year if year <= today.year + 10 else year - 100


def _pair(found: re.Match[str], today: date) -> DateRead:
    """Two numbers and a year: a day in each order, where each is one."""
    first, second, year = int(found[1]), int(found[2]), _year(found[3], today)
    if first == second or year not in _YEARS or (first > 12 and second > 12):
        return _one(year, second, first)
    dmy = _one(year, second, first).day if second <= 12 else None
    mdy = _one(year, first, second).day if first <= 12 else None
    return DateRead(dmy=dmy, mdy=mdy) if dmy or mdy else DateRead(wrong="impossible-date")


def read_date(cell: Cell, today: date) -> DateRead:
    """One date cell read by itself; two-digit years and numbers as `dates` says."""
    if isinstance(cell, str):
        if found := _PAIR.fullmatch(cell):
            return _pair(found, today)
    elif isinstance(cell, datetime | date):
        return _one(cell.year, cell.month, cell.day)
    elif isinstance(cell, bool | timedelta):
        return DateRead(wrong="unreadable-date")
    elif isinstance(cell, int | float):
        return _serial(float(cell))
    if cell is None:
        return _NO_DATE
    text = " ".join(plain(str(cell)).translate(_DASHES).split())
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups()
        return _one(int(year), int(month), int(day))
    if found := _PAIR.fullmatch(text):
        return _pair(found, today)
    if text.isdecimal():
        number = int(text)
        if len(text) == 4 and number in _YEARS:
            return DateRead(date(number, 1, 1), "year")
        # Five digits are a serial that lost its format on the way through a CSV: 1950 to 2099.
        if len(text) == 5 and 18_264 <= number <= 73_050:
            return _serial(float(number))
        if compact := _COMPACT.fullmatch(text):
            return _compact(compact)
        return DateRead(wrong="unreadable-date")
    if found := _MONTH_YEAR.fullmatch(text):
        return _one(int(found[2]), int(found[1]), 1, "month")
    if found := _YEAR_MONTH.fullmatch(text):
        return _one(int(found[1]), int(found[2]), 1, "month")
    if (found := _DAY_NAMED.fullmatch(text)) and found[2] in MONTHS:
        return _one(_year(found[3], today), MONTHS[found[2]], int(found[1]))
    if (found := _NAMED_DAY.fullmatch(text)) and found[1] in MONTHS:
        return _one(int(found[3]), MONTHS[found[1]], int(found[2]))
    if (found := _NAMED_MONTH.fullmatch(text)) and found[1] in MONTHS:
        return _one(_year(found[2], today), MONTHS[found[1]], 1, "month")
    if missing(text) or fold(text) in _STILL_THERE:
        return _NO_DATE
    return DateRead(wrong="unreadable-date")


def dates(cells: Sequence[Cell], today: date, order: str | None = None) -> Typed:
    """The distinct cells of one column as days, with their precision; one order of day and month for the whole column.

    The order is `order` ('dmy' or 'mdy') where given, else what the dates with a day over 12 say, else day first. Where
    such dates say both, day first is read and those of the other order are wrong: no cell is read by itself.
    """
    # Most cells are days as such, about which there is nothing to decide.
    reads = [cell if type(cell) is date and _FIRST <= cell <= _LAST else read_date(cell, today) for cell in cells]
    open_reads = [read for read in reads if isinstance(read, DateRead)]
    only_dmy = any(read.dmy and not read.mdy for read in open_reads)
    only_mdy = any(read.mdy and not read.dmy for read in open_reads)
    chosen = order or ("mdy" if only_mdy and not only_dmy else "dmy")
    values: list[date | None] = []
    precisions: list[str | None] = []
    wrongs: dict[int, tuple[str, dict[str, Any]]] = {}
    doubtful = set()
    for i, read in enumerate(reads):
        if not isinstance(read, DateRead):
            values.append(read)
            precisions.append("day")
            continue
        day = read.day
        if read.dmy or read.mdy:
            day = read.dmy if chosen == "dmy" else read.mdy
            if day is None:
                wrongs[i] = ("contrary-date", {"order": ORDERS[chosen]})
            elif read.dmy and read.mdy:
                doubtful.add(i)
        elif read.wrong:
            wrongs[i] = (read.wrong, {})
        values.append(day)
        precisions.append(read.precision if day else None)
    return Typed(
        values,
        wrongs,
        precisions,
        order=chosen,
        doubtful=frozenset(doubtful),
        decided=bool(order or only_dmy or only_mdy),
        torn=only_dmy and only_mdy,
        witness=next((i for i, read in enumerate(reads) if isinstance(read, DateRead) and _says(read, chosen)), None),
    )


def _says(read: DateRead, order: str) -> bool:
    """Whether a date can be read in this order alone."""
    one, other = (read.dmy, read.mdy) if order == "dmy" else (read.mdy, read.dmy)
    return one is not None and other is None


ORDERS = {"dmy": "day/month/year", "mdy": "month/day/year"}
