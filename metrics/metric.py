"""What a Metric is: one number the park reports, declared once with its meaning, and the notes beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# How a row is cut; `day` is the row's own day for flows, and `d` the day a stock is read on.
DIMENSIONS = ("site", "sector", "cohort", "year", "quarter", "month")

# What may stand beside a value, in the order in which it is handed out, and what the rows of a curve carry besides.
FIELDS = ("value", "low", "high", "n", "at_risk", "events", "unknown", "lower_bound", "upper_bound", "note")
CURVE_FIELDS = ("age_days", "outcome", "censored")

# Codes become sentences where they are handed out; a sentence may name any part or field of its row.
NOTES = {
    "nobody": "no firm in this scope",
    "not_yet_observable": "not yet observable: no firm of this scope has reached the day in question",
    "refused": (
        "not given: {undated:.0f} of {closures:.0f} known closures have no date, so the lists do not determine survival"
    ),
    "untraced": "not given: the fate of every firm concerned is unknown",
    "indicative": "indicative: fate unknown for {unknown:.0f} firms, {traced:.1%} traced",
    "traced": "{traced:.1%} traced",
    "merged": "{merged:.0f} merged or absorbed, counted in neither",
    "waiting": "{waiting:.0f} more not yet observable",
    "undated": "{undated:.0f} closures of unknown day, maybe after five years, count up to the day last known alive",
    "no_closures": "no closures: the low end is the exact one-sided bound 0.05^(1/{at_risk:.0f})",
    "few_at_risk": "fewer than 10 at risk",
    "too_young": "not yet observable: nobody has been followed that long",
    "thin_start": "a closure fell at an age at which fewer than 10 were at risk: read with care",
    "founding_unknown": "{left_out:.0f} firms left out: founding day not known, or not seen after it",
    "not_reached": "not reached: more than half are still there",
    "no_capacity": "no list gives what the site can let",
    "sites_left_out": "{left_out:.0f} sites left out: no list gives what they can let",
    "areas_missing": "area unknown for {missing:.0f} of {n:.0f} stays, counted as none",
    "by_units": "by units: no area is known",
    "running": "period not over",
    "ahead": "the day lies after the latest stated day, {stated}: what happened since is not known",
    "cut": "only the part of the period inside the window asked for",
    "not_cut": "this figure cannot be cut or filtered that way",
}

Numbers = npt.NDArray[Any]
Parts = dict[str, Numbers]


@dataclass(frozen=True)
class Metric:
    """One number.

    `over` names a table or view of the model, each row of which carries `firm_id, site, sector, cohort, day`. `sql` is
    one aggregate over it, or several by name of which `finish` makes the fields: it takes one array per name, an item
    per group, and returns arrays for any of FIELDS; a curve returns several rows per group and their groups' places as
    `of`. `stock` marks a level, read on the last day of a period and never added up over it; its expressions read that
    day as `d`. `dimensions` are those it can be cut and filtered by.
    """

    name: str
    label: str
    says: str
    over: str
    sql: str | Mapping[str, str]
    unit: str
    stock: bool = False
    sensitive: bool = False
    public: bool = True
    finish: Callable[[Parts], Parts] | None = None
    dimensions: tuple[str, ...] = DIMENSIONS

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def parts(self) -> Mapping[str, str]:
        """The aggregates by name; a metric of one has it as `value`."""
        return {"value": self.sql} if isinstance(self.sql, str) else self.sql

    @property
    def counts_periods(self) -> bool:
        """Whether the value of a period grows until the period is over."""
        return not self.stock and self.over in ("presence", "departure", "transfer") and self.unit != "days"


def noted(size: int, **when: Numbers) -> Numbers:
    """The codes of NOTES whose condition holds in each of `size` rows, joined by commas."""
    notes = np.full(size, "", dtype=object)
    for code, holds in when.items():
        if holds.any():
            notes[holds] = [f"{note},{code}" if note else code for note in notes[holds]]
    return notes


def also(notes: Numbers, **when: Numbers) -> Numbers:
    """The notes, one per row, with further codes where their conditions hold."""
    more = noted(len(notes), **when)
    return np.array([",".join(filter(None, pair)) for pair in zip(notes, more, strict=True)], dtype=object)


def given(items: Any) -> bool:
    """Whether a group has a list at all: the list of nothing is missing."""
    return isinstance(items, np.ndarray) and len(items) > 0
