"""What a row says as a whole: whether its dates can stand together, and whether another row says the same."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]  # days since 1970-01-01
Mask = npt.NDArray[np.bool_]
NO_DAY = np.iinfo(np.int32).min
_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date | None) -> int:
    return NO_DAY if day is None else day.toordinal() - _EPOCH


def iso(number: int) -> str:
    return date.fromordinal(int(number) + _EPOCH).isoformat()


def last_day(day: date | None, precision: str | None) -> date | None:
    """The last day that a date known to the day, month or year may mean."""
    if day is None or precision == "day":
        return day
    if precision == "month":
        return day.replace(day=monthrange(day.year, day.month)[1])
    return date(day.year, 12, 31)


@dataclass
class Moments:
    """One date of every row: its day, and the last day it may mean given its precision."""

    days: Days
    latest: Days

    @property
    def given(self) -> Mask:
        return self.days != NO_DAY


@dataclass
class Verdicts:
    """Rows found wrong: (code, row index, details)."""

    found: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)

    def add(self, code: str, where: Mask, details: Callable[[int], dict[str, Any]]) -> None:
        self.found += [(code, int(i), details(int(i))) for i in np.flatnonzero(where)]


def judge_dates(moments: dict[str, Moments], stated_on: date | None) -> Verdicts:
    """The rules between the dates of a row.

    A date known to the month or year stands for the whole of it: only what no day of it can mend is wrong. Where an
    exit or a closing may fall after the entry although its first day does not, `moments` is changed to the day of the
    entry: the first day of a month stands for a day that nobody knows.
    """
    verdicts = Verdicts()

    def said(*names: str) -> Callable[[int], dict[str, Any]]:
        extra = {"stated_on": stated_on.isoformat()} if stated_on else {}
        return lambda i: {name: iso(moments[name].days[i]) for name in names} | extra

    entered = moments.get("entered_on")
    if entered is not None:
        for name, code in (("left_on", "left-before-entry"), ("closed_on", "closed-before-entry")):
            if name in moments:
                end = moments[name]
                both = entered.given & end.given
                verdicts.add(code, both & (end.latest < entered.days), said(name, "entered_on"))
                end.days = np.where(
                    both & (end.days < entered.days) & (end.latest >= entered.days), entered.days, end.days
                )
        if "left_on" in moments:
            left = moments["left_on"]
            exact = (left.latest == left.days) & (entered.latest == entered.days)
            verdicts.add("no-length", entered.given & (left.days == entered.days) & exact, said("entered_on"))
        if "founded_on" in moments:
            founded = moments["founded_on"]
            later = founded.given & entered.given & (founded.days > entered.latest)
            verdicts.add("founded-after-entry", later, said("founded_on", "entered_on"))
    if stated_on is not None:
        for name, code in (("entered_on", "planned-entry"), ("left_on", "planned-exit"), ("closed_on", "closed-ahead")):
            if name in moments:
                verdicts.add(code, moments[name].days > day_number(stated_on), said(name))
    return verdicts


def repeated(keys: npt.NDArray[np.int64], standing: Mask) -> dict[int, int]:
    """Rows whose key an earlier standing row has → that earlier row; keys are small, a negative one like no other."""
    order = np.flatnonzero(standing & (keys >= 0))
    first = np.empty(keys.max(initial=-1) + 1, np.int64)
    # Written backwards, the last row written for each key is the first that has it.
    first[keys[order[::-1]]] = order[::-1]
    again = order[first[keys[order]] != order]
    return dict(zip(again.tolist(), first[keys[again]].tolist(), strict=True))
