"""The stated day: the day a list says it describes, found in its titles, headers, sheet names or file name."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from data.cells import plain
from data.dates import MONTHS, dates
from data.problem import Problem

if TYPE_CHECKING:
    from data.table import Table

_MONTH = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_DAY = (
    rf"\d{{4}}[-/. ]\d{{1,2}}[-/. ]\d{{1,2}}|\d{{1,2}}[-/. ]\d{{1,2}}[-/. ]\d{{4}}"
    rf"|\d{{1,2}}(?:er)?[- ](?:{_MONTH})\.?[- ]\d{{4}}|(?:{_MONTH})\.? \d{{1,2}}, ?\d{{4}}"
)
_MONTH_END = rf"(?:fin|fin de|end of|end) (?:{_MONTH})\.? \d{{4}}"
# "Édité le 31/10/2020" is when a list was printed: only words that speak of the situation introduce a stated day.
_SAID = re.compile(
    rf"(?<!\w)(?:situation(?: du| le| on| a| de)?|stated(?: on)?|as (?:of|at|on)|au|a la date du"
    rf"|(?:statut|status) (?:le|on|du)|بتاريخ)[ :]+(?:le |the |la )?({_DAY}|{_MONTH_END})(?!\d)"
)
_NAMED = re.compile(rf"(?<!\d)({_DAY}|(?:19|20)\d{{6}})(?!\d)")
_HEADER_DATE = re.compile(
    rf"(?:^| )[(\[]?(?:(?:au|a|en|le|du|fin|fin de|as of|as at|as on|on|of|in)[ :]+)*"
    rf"(?:{_DAY}|(?:{_MONTH})\.? \d{{4}}|(?:19|20)\d{{2}})[)\]]?(?= |$)"
)
_SIGNS = str.maketrans({**dict.fromkeys("‐‑–—−_", "-"), **dict.fromkeys("\u00a0\u202f", " "), "’": "'"})


def _clean(text: str) -> str:
    return " ".join(plain(text).translate(_SIGNS).split())


def undated(header: str) -> str:
    """A header without the day, month or year it carries: "Statut au 20/08/2026" is a column Statut."""
    return _HEADER_DATE.sub("", _clean(header)).strip()


def _day(text: str, today: date, order: str | None) -> date | None:
    if end := re.fullmatch(rf"\D*?({_MONTH})\.? (\d{{4}})", text):
        year, month = int(end[2]), MONTHS[end[1]]
        return date(year, month, monthrange(year, month)[1])
    return dates([text], today, order).values[0]


def days_said(text: str, today: date, order: str | None = None) -> list[date]:
    """The days that a title or header says it describes; the last day of the month for "fin octobre 2020"."""
    found = [_day(text, today, order) for text in _SAID.findall(_clean(text))]
    return [day for day in found if day]


def days_named(name: str, today: date, order: str | None = None) -> list[date]:
    """The days in the name of a sheet or file: 2020-10-25, 25-10-2020, 20201025, "25 octobre 2020"."""
    found = [_day(text, today, order) for text in _NAMED.findall(_clean(name))]
    return [day for day in found if day]


def stated_day(
    tables: Sequence[Table], file_name: str, today: date, given: date | None, order: str | None
) -> tuple[date | None, list[Problem]]:
    """The stated day of a load and what is wrong with it.

    `given` (asked for, or from the mapping) comes first, then titles, headers, sheet names, the file's name; the first
    of these that names a day decides. Two days in one of them are an error, as is none at all.
    """
    if given:
        return given, _ahead(given, today)
    places: tuple[Iterable[tuple[str, str, list[date]]], ...] = (
        ((table.sheet, title, days_said(title, today, order)) for table in tables for title in table.titles),
        ((table.sheet, header, days_said(header, today, order)) for table in tables for header in table.headers),
        ((table.sheet, table.sheet, days_named(table.sheet, today, order)) for table in tables),
        ((file_name, file_name, days_named(file_name, today, order)) for _ in (0,)),
    )
    for place in places:
        found: dict[date, str] = {}
        for _, text, days in place:
            for day in days:
                found.setdefault(day, text.strip())
        if len(found) > 1:
            (first, first_where), (second, second_where) = list(found.items())[:2]
            details = {
                "first": first.isoformat(),
                "second": second.isoformat(),
                "first_where": first_where,
                "second_where": second_where,
            }
            return None, [Problem("stated-day-conflict", details=details)]
        if found:
            day = next(iter(found))
            return day, _ahead(day, today)
    return None, [Problem("stated-day-missing")]


def _ahead(day: date, today: date) -> list[Problem]:
    return [Problem("stated-day-ahead", value=day.isoformat(), details={"day": day.isoformat()})] if day > today else []
