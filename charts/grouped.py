"""Answers as numbers by period and name: gaps filled, names in their lasting order, those too many taken together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from charts import periods
from charts.chart import Rows
from charts.says import named
from charts.theme import NAMES, OTHER, PALETTE, Look, safe, short
from metrics.ask import NONE
from words import Words

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Series:
    """One name's row of a figure: `key` filters by it (None for several together), `full` is its name as a reader sees
    it, `again` how many series before it have the same colour."""

    key: str | None
    full: str
    colour: str
    again: int
    values: Numbers

    @property
    def legend(self) -> str:
        return short(self.full)

    @property
    def hover(self) -> str:
        return short(self.full, 40, 3)

    @property
    def safe(self) -> str:
        return safe(self.full)


@dataclass(frozen=True)
class Grouped:
    """Values by period and name. `series` are all there are, in lasting order; `missing` stands where no row was."""

    labels: list[str]
    told: list[str]
    series: list[Series]
    period: str
    by: str | None
    first: date
    last: date

    @property
    def cut(self) -> list[int]:
        """The places of the periods of which only a part is counted: the first and the last may be."""
        starts_late = self.first > periods.first_day(self.labels[0])
        ends_early = self.last < periods.last_day(self.labels[-1])
        return sorted({*([0] if starts_late else []), *([len(self.labels) - 1] if ends_early else [])})

    @property
    def totals(self) -> Numbers:
        """The sum over all names in each period."""
        if not self.series:
            return np.zeros(len(self.labels))
        return np.nansum([one.values for one in self.series], axis=0)

    def day_of(self, place: int) -> date:
        """The day that a stock of a period is read on."""
        return min(periods.last_day(self.labels[place]), self.last)


def as_name(value: Any) -> str:
    """A name as it is filtered by; what is missing is "(none)"."""
    return value if isinstance(value, str) else NONE if value is None or pd.isna(value) else str(value)


def day_of(table: Rows, as_of: date | None) -> date | None:
    """The day that an answer describes."""
    return as_of or table.attrs.get("as_of")


def grouped(
    table: Rows,
    t: Words,
    look: Look,
    *,
    by: str | None,
    period: str,
    first: date | None,
    last: date | None,
    as_of: date | None,
    missing: float = 0.0,
    most: int | None = NAMES,
) -> Grouped | None:
    """The answer of ask() by period and name from `first` to `last`; None where it has no row with a value.

    Of more than `most` names the largest keep their own series and the others become one.
    """
    rows = zip(
        table[period].tolist() if period in table else [],
        table[by].tolist() if by else [None] * len(table),
        table["value"].tolist(),
        strict=True,
    )
    found = {
        (label, as_name(name) if by else ""): float(value)
        for label, name, value in rows
        if isinstance(label, str) and value is not None and value == value
    }
    if not found:
        return None
    seen = sorted({label for label, _ in found})
    end = last or day_of(table, as_of) or periods.last_day(seen[-1])
    start = first or periods.first_day(seen[0])
    labels = periods.row(start, max(start, end), period)
    place = {label: at for at, label in enumerate(labels)}
    keys = look.order(by, {name for _, name in found}) if by else [""]
    at = {name: where for where, name in enumerate(keys)}
    values = np.full((len(keys), len(labels)), missing)
    for (label, name), value in found.items():
        if label in place:
            values[at[name], place[label]] = value
    if most is not None and len(keys) > most:
        largest = sorted(range(len(keys)), key=lambda one: -np.nansum(values[one]))[: most - 1]
        kept = sorted(largest)
        others = [one for one in range(len(keys)) if one not in largest]
    else:
        kept, others = list(range(len(keys))), []
    marks = look.marks(by, [keys[one] for one in kept]) if by else [(PALETTE[0], 0)]
    series = [
        Series(keys[one] if by else None, named(t, keys[one]) if by else "", colour, again, values[one])
        for one, (colour, again) in zip(kept, marks, strict=True)
    ]
    if others:
        series.append(Series(None, other(t, len(others)), OTHER, 0, np.nansum(values[others], axis=0)))
    return Grouped(labels, [periods.told(t, label) for label in labels], series, period, by, min(start, end), end)


def other(t: Words, n: int) -> str:
    """What the names without a series of their own are called together."""
    return t.many("Other ({n:,})", "Others ({n:,})", n)
