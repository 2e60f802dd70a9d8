"""What a Metric is: one number the park reports, declared once with its meaning, and the notes beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

# How a row is cut; `day` is the row's own day for flows, and `d` the day a stock is read on.
DIMENSIONS = ("site", "sector", "cohort", "year", "quarter", "month")
PERIODS = ("month", "quarter", "year")
# What rows without a name are called in filters.
NONE = "(none)"

# What may stand beside a value, in the order in which it is handed out, and what the rows of a curve carry besides.
FIELDS = ("value", "low", "high", "n", "at_risk", "events", "unknown", "lower_bound", "upper_bound", "note")
# `age` is in whole years by the calendar, `age_days` in days.
CURVE_FIELDS = ("age", "age_days", "outcome", "censored")

# Codes become sentences where they are handed out; a sentence may name any part or field of its row. Numbers stand
# where they need no plural.
NOTES = {
    "nobody": "no firm in this scope",
    "not_yet_observable": "not yet observable: no firm of this scope has reached the day in question",
    "refused": (
        "not given: {undated:,.0f} of {closures:,.0f} known closures have no date, "
        "so the lists do not determine survival"
    ),
    "untraced": "not given: the fate of every firm concerned is unknown",
    "indicative": "indicative: firms of unknown fate: {unknown:,.0f}; {traced:.1%} traced",
    "not_all_yet": "not yet observable: {waiting:,.0f} of {firms:,.0f} have not reached this age",
    "traced": "{traced:.1%} traced",
    "merged": "{merged:,.0f} merged or absorbed, counted in neither",
    "waiting": "{waiting:,.0f} more not yet observable",
    "undated": (
        "closures of unknown day, maybe after five years, that count up to the day last known alive: {undated:,.0f}"
    ),
    "no_closures": "no closures: the low end is the exact one-sided bound 0.05^(1/{at_risk:,.0f})",
    "few_at_risk": "fewer than 10 at risk",
    "too_young": "not yet observable: nobody has been followed that long",
    "thin_start": "a closure fell at an age at which fewer than 10 were at risk: read with care",
    "founding_unknown": "firms left out, their founding day not known or never seen after it: {left_out:,.0f}",
    "not_reached": "not reached: more than half are still there",
    "no_capacity": "no list gives what the site can let",
    "sites_left_out": "sites left out since no list gives what they can let: {left_out:,.0f}",
    "areas_missing": "area unknown for {missing:,.0f} of {n:,.0f} stays, counted as none",
    "by_units": "by units: no area is known",
    "running": "period not over",
    "ahead": "the day lies after the latest stated day, {stated}: what happened since is not known",
    "cut": "only the part of the period inside the window asked for",
    "few_to_compare": "not enough data: fewer than 10 firms or fewer than 5 closures",
    "one_to_compare": "not enough data: fewer than two groups can be compared",
    "cut_alike": "this window is not over: in every year the days up to {last} are counted",
    "not_begun": "this window has not begun",
    "before_lists": "before the first entry in the lists",
    "lists_begin": "the first entry in the lists lies inside this window",
    "not_known_then": "nothing was known on {known_then_on}",
    "stated_then": "the lists known on {known_then_on} went up to {stated_then}",
    "not_cut": "this figure cannot be cut or filtered that way",
}

Numbers = npt.NDArray[Any]
Parts = dict[str, Numbers]


class Say(Protocol):
    """Says a constant sentence to a reader, the numbers and days of its places filled in as that reader writes them."""

    def __call__(self, template: str, /, **places: Any) -> str: ...


def plain(template: str, /, **places: Any) -> str:
    """The sentence in the English of the code."""
    return template.format_map(places)


@dataclass(frozen=True)
class Among:
    """Some of the rows that a metric is made from: those for which the SQL condition `where` holds.

    `equals` names the field or the aggregate of the metric that says how many they are, or with a `weight` their sum.
    `means` is what a list is wanted to say of each: "entry", "there", "exit", "closing", "alive", "fate" (whichever of
    both holds), "area", "approximate" (a date of which not every part is said).
    """

    where: str
    equals: str = ""
    means: str = "entry"
    weight: str = ""


@dataclass(frozen=True)
class Metric:
    """One number.

    `over` names a table or view of the model, each row of which carries `firm_no, site, sector, cohort, day`. `sql` is
    one aggregate over it, or several by name of which `finish` makes the fields: it takes one array per name, an item
    per group, and returns arrays for any of FIELDS; a curve returns several rows per group and their groups' places as
    `of`; `curve` says which of CURVE_FIELDS they carry. `stock` marks a level, read on the last day of a period and
    never added up over it; its expressions read that day as `d`. `dimensions` are those it can be cut and filtered by.
    `formula` is the number in signs, `limits` what it does not say.
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
    curve: tuple[str, ...] = ()
    formula: str = ""
    limits: str = ""
    behind: Mapping[str, Among] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)

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
