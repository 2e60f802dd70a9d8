"""Why a figure moved between two days of knowledge: what is compared, and the way from one figure to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from charts import waterfall
from charts.chart import Chart
from data.ledger import Receipt
from metrics import METRICS
from metrics.ask import Scope
from metrics.metric import Metric
from metrics.moved import MOVABLE, Moved, Part, moved, windowed, year_before
from ui import history, past, show
from ui.asked import Asked
from ui.scope import EARLIEST, LATEST
from ui.view import View

# So many states of the past are worked out for one answer; with more receipts, neighbours go together.
MOST = 40


@dataclass(frozen=True)
class Ends:
    """The two states compared: the days of knowledge, and the days in the world as scopes."""

    known: date
    before: Scope
    later: date
    after: Scope

    def between(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """What came to be known between them."""
        return [one for one in receipts if self.known < one.known_on <= self.later]

    def first(self, receipts: Sequence[Receipt]) -> int:
        """The last receipt that the earlier state knew."""
        return max((one.number for one in receipts if one.known_on <= self.known), default=0)


def explained(view: View, receipts: Sequence[Receipt]) -> None:
    """The question and its answer."""
    t = view.t
    if view.park.empty:
        show.nothing(view, t("Every receipt was taken back: there is no figure that could have moved."))
        return
    labels = {name: t(METRICS[name].label) for name in MOVABLE}
    with show.row():
        name = show.choice(view, t("Figure"), labels, key="figure", menu=True)
        known, as_of = _default(view, receipts)
        known = _day(t("Compared with what was known on"), "was_known_on", known)
        as_of = _day(t("and the situation on"), "was_as_of", as_of)
    assert view.known_on is not None
    ends = Ends(known, replace(view.scope, as_of=as_of), view.known_on, view.scope)
    if known > ends.later or as_of > view.as_of:
        show.nothing(view, t("The days to compare with lie after the days you are looking at: choose earlier ones."))
        return
    metric = METRICS[name]
    with st.skeleton(420):
        found = answer(ends, name, receipts)
    if found.before is None or found.after is None:
        missing = (ends.known, as_of) if found.before is None else (ends.later, view.as_of)
        show.nothing(view, _none(view, metric, *missing))
        return
    made = drawn(view, metric, ends, found, receipts)
    show.drawn(view, made, name, key="moved", behind=lambda: behind(view, metric, ends, found, receipts))
    show.note(" ".join(_meant(view, metric, ends, receipts)))


def _default(view: View, receipts: Sequence[Receipt]) -> tuple[date, date]:
    """What was known before the last day on which anything came to be known; where that is the first one, the year."""
    earlier = [one for one in receipts if view.known_on and one.known_on < view.known_on]
    stated = past.known(earlier).stated_on if earlier else None
    if earlier and stated and earlier[-1].known_on:
        return earlier[-1].known_on, min(stated, view.as_of)
    return view.known_on or view.as_of, year_before(view.as_of)


def _day(label: str, key: str, default: date) -> date:
    chosen = st.date_input(
        label,
        value=default,
        min_value=EARLIEST,
        max_value=LATEST,
        key=key,
        bind="query-params",
        format="DD/MM/YYYY",
        width=240,
    )
    return chosen if isinstance(chosen, date) else default


def answer(ends: Ends, name: str, receipts: Sequence[Receipt]) -> Moved:
    """The parts of the way, from figures of states that are worked out once."""

    def read(number: int, scope: Scope) -> float | None:
        return past.figures([one for one in receipts if one.number <= number], scope)[name]

    between = [one.number for one in ends.between(receipts)]
    return moved(read, ends.first(receipts), between, ends.before, ends.after, MOST)


def drawn(view: View, metric: Metric, ends: Ends, found: Moved, receipts: Sequence[Receipt]) -> Chart:
    """The parts as a waterfall, each named for this reader."""
    assert found.before is not None and found.after is not None
    assert ends.before.as_of is not None
    steps = [
        {
            "label": _state(view, ends.known, ends.before.as_of),
            "kind": waterfall.BEFORE,
            "change": float("nan"),
            "value": found.before,
        }
    ]
    level = found.before
    for part in found.parts:
        level += part.change
        kind = waterfall.HAPPENED if part.happened else waterfall.RECEIPTS
        label = _named(view, part, ends, receipts)
        steps.append({"label": label, "kind": kind, "change": part.change, "value": level})
    end = {"label": _state(view, ends.later, view.as_of), "kind": waterfall.AFTER}
    steps.append({**end, "change": float("nan"), "value": found.after})
    return waterfall.waterfall(pd.DataFrame(steps), view.t, view.look, metric=metric)


def behind(view: View, metric: Metric, ends: Ends, found: Moved, receipts: Sequence[Receipt]) -> list[Asked]:
    """The figures at both ends, and between two neighbouring ones the firms in each part of the way."""
    t = view.t

    def at(number: int, scope: Scope, label: str) -> Asked:
        these = [one for one in receipts if one.number <= number]
        return Asked(label, metric.name, windowed(metric, scope), state=past.after(t, these))

    first = ends.first(receipts)
    assert ends.before.as_of is not None
    before = here = at(first, ends.before, _state(view, ends.known, ends.before.as_of))
    last, scope, parts = first, ends.before, []
    for part in found.parts:
        last = max([last, *part.receipts])
        scope = ends.after if part.happened else scope
        there = at(last, scope, _named(view, part, ends, receipts))
        parts.append(replace(there, since=here))
        here = there
    return [before, *parts, replace(here, label=_state(view, ends.later, view.as_of), since=None)]


def _state(view: View, known: date, as_of: date) -> str:
    t = view.t
    return t("On {as_of}, as known on {known_on}", as_of=t.short_day(as_of), known_on=t.short_day(known))


def _named(view: View, part: Part, ends: Ends, receipts: Sequence[Receipt]) -> str:
    t = view.t
    by_number = {one.number: one for one in receipts}
    if part.happened and not part.receipts:
        assert ends.before.as_of is not None
        since = t.short_day(ends.before.as_of + timedelta(days=1))
        return t("What happened from {first} to {last}", first=since, last=t.short_day(view.as_of))
    if len(part.receipts) == 1 and not part.happened:
        return history.named(t, by_number[part.receipts[0]], past.acts(receipts))
    span = {"first": part.receipts[0], "last": part.receipts[-1]}
    if part.happened:
        return t("Receipts {first} to {last} and what happened, which cannot be told apart", **span)
    return t("Receipts {first} to {last} together", **span)


def _none(view: View, metric: Metric, known: date, as_of: date) -> str:
    return view.t(
        "“{label}” cannot be given for {as_of} as known on {known_on}: there is nothing to compare. Choose other days.",
        label=view.t(metric.label),
        as_of=as_of,
        known_on=known,
    )


def _meant(view: View, metric: Metric, ends: Ends, receipts: Sequence[Receipt]) -> list[str]:
    """How the parts are to be read."""
    t = view.t
    said = [
        t(
            "A receipt’s part is what it changed of the situation on {as_of}; what lists report of later days counts "
            "as what happened since.",
            as_of=ends.before.as_of,
        ),
        t("Both figures are worked out with today’s definitions: no part of the difference is a change of definition."),
    ]
    if metric.counts_periods and not (view.scope.start and view.scope.end):
        said.append(t("Each figure counts the twelve months up to its day."))
    if len(ends.between(receipts)) > MOST:
        said.append(t("So many receipts came in between that neighbours are taken together: choose closer days."))
    return said
