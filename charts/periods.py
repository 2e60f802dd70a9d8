"""Months, quarters and years in a row: their labels without gaps, their days, and how a reader sees them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from words import Words

# So many marks under an axis do not touch on a phone.
_TICKS = {"month": 5, "quarter": 5, "year": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_LABEL = re.compile(r"(\d{4})(?:Q([1-4])|-(\d\d))?")


def first_day(label: str) -> date:
    """The first day of a period by its label, 2020, 2020Q3 or 2020-07; raises ValueError for any other text."""
    found = _LABEL.fullmatch(label)
    if not found:
        raise ValueError(f"{label!r} names no period.")
    year, quarter, month = found.groups()
    return date(int(year), int(month or 3 * int(quarter or 1) - 2), 1)


def last_day(label: str) -> date:
    """The last day of a period by its label."""
    step = _MONTHS["quarter" if "Q" in label else "month" if "-" in label else "year"]
    year, month = divmod(first_day(label).year * 12 + first_day(label).month - 1 + step, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


def label_of(day: date, period: str) -> str:
    """The label of the month, quarter or year of a day."""
    if period == "year":
        return f"{day.year}"
    return f"{day.year}Q{(day.month + 2) // 3}" if period == "quarter" else f"{day.year}-{day.month:02d}"


def row(first: date, last: date, period: str) -> list[str]:
    """The labels of every period from that of `first` to that of `last`."""
    step = _MONTHS[period]
    start, end = ((day.year * 12 + day.month - 1) // step for day in (first, last))
    return [label_of(date(place * step // 12, place * step % 12 + 1, 1), period) for place in range(start, end + 1)]


@lru_cache(maxsize=4096)
def told(t: Words, label: str) -> str:
    """A period as the reader writes it."""
    return t.period(label)


def ticks(t: Words, labels: list[str], period: str, most: int | None = None) -> dict[str, list[str]]:
    """Which of the categories of an axis are written under it, and how: few enough for a phone.

    Categories are `told` labels. Years stand for their first month or quarter where there are several.
    """
    most = most or _TICKS[period]
    first = {"month": "-01", "quarter": "Q1", "year": ""}[period]
    by_year = [label for label in labels if label.endswith(first)]
    if period != "year" and len(by_year) < 3:
        step = -(-len(labels) // most)
        # Counted from the end: the latest period always has its name.
        kept = labels[::-1][::step][::-1]
        return {"tickvals": [told(t, label) for label in kept], "ticktext": [told(t, label) for label in kept]}
    step = next(one for one in (1, 2, 5, 10, 20, 25, 50, 100, 1000) if len(by_year) <= one * 7)
    kept = [label for label in by_year if int(label[:4]) % step == 0] if step > 1 else by_year
    return {"tickvals": [told(t, label) for label in kept], "ticktext": [label[:4] for label in kept]}
