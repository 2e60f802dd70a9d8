"""Months, quarters and years: their first days and their labels, 2020-07, 2020Q3 and 2020."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def begins(step: str, day: date) -> date:
    """The first day of the period that holds `day`."""
    return date(day.year, (day.month - 1) // MONTHS[step] * MONTHS[step] + 1, 1)


def follows(step: str, first: date) -> date:
    """The first day of the next period."""
    months = first.year * 12 + first.month - 1 + MONTHS[step]
    return date(months // 12, months % 12 + 1, 1)


def label(step: str, first: date) -> str:
    """What the period that begins on `first` is called."""
    if step == "month":
        return f"{first.year}-{first.month:02}"
    return f"{first.year}" if step == "year" else f"{first.year}Q{(first.month + 2) // 3}"


def before(day: date, years: int = 0, months: int = 0) -> date:
    """The same day of an earlier month; the last day of a month that is too short for it."""
    count = day.year * 12 + day.month - 1 - years * 12 - months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def bounds(name: str) -> tuple[date, date]:
    """The first and the last day of the period of that label."""
    step = "quarter" if "Q" in name else "month" if "-" in name else "year"
    year, _, part = name.replace("Q", "-").partition("-")
    first = date(int(year), (int(part or 1) - 1) * MONTHS[step] % 12 + 1, 1)
    return first, follows(step, first) - timedelta(days=1)
