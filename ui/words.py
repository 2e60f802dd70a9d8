"""How numbers and days are written for a reader."""

from __future__ import annotations

from datetime import date

import pandas as pd

NONE = "–"


def count(value: float | int | None) -> str:
    """A whole number with its thousands apart: 1,200."""
    return NONE if value is None or pd.isna(value) else f"{value:,.0f}"


def share(value: float | None, digits: int = 1) -> str:
    """A fraction between 0 and 1 as a percentage: 0.8804 → 88.0%."""
    return NONE if value is None or pd.isna(value) else f"{100 * value:.{digits}f}%"


def day(value: date) -> str:
    """25 October 2020."""
    return f"{value.day} {value:%B %Y}"


def month(value: date) -> str:
    """October 2020."""
    return f"{value:%B %Y}"


def sentence(text: str) -> str:
    """A note as a sentence: its first letter large, a full stop behind."""
    return f"{text[:1].upper()}{text[1:]}."


def change(now: float, before: float) -> str:
    """The difference of two counts with its sign: +3, −2, 0."""
    return "0" if now == before else f"{now - before:+,.0f}".replace("-", "−")


def year_up_to(end: date, ago: int = 0) -> tuple[date, date]:
    """First and last day of the twelve months that end with `end`, or of those `ago` years before."""
    last = pd.Timestamp(end) - pd.DateOffset(years=ago)
    return (last - pd.DateOffset(years=1) + pd.Timedelta(days=1)).date(), last.date()


def first_of_months(as_of: date, number: int) -> date:
    """The first day of the first of `number` months, the month of `as_of` being the last."""
    return (pd.Timestamp(as_of).replace(day=1) - pd.DateOffset(months=number - 1)).date()


def running_month(as_of: date) -> str:
    """Says that the month of `as_of` is not over; nothing where it is."""
    if pd.Timestamp(as_of).is_month_end:
        return ""
    return f"{month(as_of)} is not over (hatched): it is counted up to {day(as_of)} and compares with no full month."


def month_table(table: pd.DataFrame) -> pd.DataFrame:
    """Counts per month as they are read: the latest month first, written out, with the sum of the columns."""
    rows = table.iloc[::-1]
    return pd.concat(
        [
            pd.Series([month(day) for day in rows.index], index=rows.index, name="Month"),
            rows,
            rows.sum(axis=1).rename("All sites"),
        ],
        axis=1,
    )
