"""Survival curves as they are read from an answer: each group's, as far as enough firms are at risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from charts.chart import Rows
from charts.grouped import as_name
from charts.says import named
from charts.theme import PALETTE, Look
from metrics.survival import FEW
from words import Words

Numbers = npt.NDArray[Any]
YEAR = 365.25


@dataclass(frozen=True, eq=False)
class Life:
    """One group's curve as far as it may be read: where at least FEW are at risk."""

    key: str | None
    full: str
    colour: str
    again: int
    age: Numbers
    value: Numbers
    low: Numbers
    high: Numbers
    at_risk: Numbers
    n: float

    def at(self, days: float) -> float | None:
        """The share still in activity at an age; None beyond the curve."""
        if self.age[-1] < days:
            return None
        return float(self.value[np.searchsorted(self.age, days, side="right") - 1])

    def watched(self, days: float) -> tuple[float, bool] | None:
        """How many are at risk at an age, and whether that is exact: between two rows it is at least the later one's.

        None beyond the curve.
        """
        if self.age[-1] < days:
            return None
        place = int(np.searchsorted(self.age, days))
        return float(self.at_risk[place]), bool(self.age[place] == days)

    def limits(self, days: float) -> tuple[float, float] | None:
        """The 95 % interval at an age; None where there is none."""
        place = int(np.searchsorted(self.age, days, side="right")) - 1
        low, high = float(self.low[place]), float(self.high[place])
        return None if low != low or high != high else (low, high)


def read(table: Rows, look: Look, t: Words, by: str | None) -> list[Life]:
    """The curves of an answer in the lasting order of their names, cut where fewer than FEW are at risk."""
    if not len(table) or (by and by not in table) or "age_days" not in table:
        return []
    keys = np.array([as_name(name) for name in table[by].tolist()] if by else [""] * len(table), dtype=object)
    columns = {
        name: np.asarray(table[name], dtype=float) for name in ("age_days", "value", "low", "high", "at_risk", "n")
    }
    found = []
    there = ~np.isnan(columns["value"]) & ~np.isnan(columns["age_days"])
    for key in look.order(by, set(keys.tolist())):
        rows = (keys == key) & there
        if not rows.any():
            continue
        # The curve's own rows come before those of whole years at the same age.
        in_turn = np.flatnonzero(rows)[np.argsort(columns["age_days"][rows], kind="stable")]
        own = {name: items[in_turn] for name, items in columns.items()}
        enough = int((own["at_risk"] >= FEW).cumprod().sum())
        own = {name: items[: max(enough, 1)] for name, items in own.items()}
        found.append(
            Life(
                key if by else None,
                named(t, key) if by else "",
                PALETTE[0],
                0,
                own["age_days"],
                own["value"],
                own["low"],
                own["high"],
                own["at_risk"],
                float(own["n"][0]),
            )
        )
    return found
