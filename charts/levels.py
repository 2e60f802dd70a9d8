"""Levels over time as series of numbers, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from charts.chart import Columns, Rows
from charts.grouped import Grouped, Numbers, grouped
from charts.over_time import cut_notes, level_notes
from charts.says import FEW, among, counted, is_count, reader, values
from charts.theme import DASHES, Look
from metrics.metric import Metric
from words import Words


def levels(
    table: Rows,
    t: Words,
    look: Look,
    metric: Metric,
    by: str | None,
    period: str,
    first: date | None,
    last: date | None,
    as_of: date | None,
    most: int | None = None,
) -> Grouped | None:
    """The series, each from its first value on; names are taken together only where their values add up."""
    counts = is_count(metric)
    keep: dict[str, Any] = {"most": most} if most else {}
    if not counts:
        keep = {"most": None}
    found = grouped(
        table,
        t,
        look,
        by=by,
        period=period,
        first=first,
        last=last,
        as_of=as_of,
        missing=0.0 if counts else np.nan,
        **keep,
    )
    if found is None:
        return None
    limit = most or len(DASHES) * 4
    if not counts and len(found.series) > limit:
        found.series.sort(key=lambda one: -latest(one.values))
        del found.series[limit:]
    if counts:
        for one in found.series:
            came = np.flatnonzero(one.values)
            one.values[: came[0] if len(came) else 0] = np.nan
    return found


def latest(items: Numbers) -> float:
    """The latest value there is."""
    there = np.flatnonzero(~np.isnan(items))
    return float(items[there[-1]]) if len(there) else -1.0


def largest(found: Grouped) -> float:
    """The largest value of any series."""
    every = np.array([one.values for one in found.series])
    return 0.0 if np.isnan(every).all() else float(np.nanmax(every))


def title(t: Words, metric: Metric, found: Grouped) -> str:
    """Who is first at the end, and where they stood at the beginning."""
    at = len(found.labels) - 1
    day = found.day_of(at) if metric.stock else found.last
    ends = [(one, float(one.values[at])) for one in found.series if one.values[at] == one.values[at]]
    if not ends:
        return t("{label}: nothing known for {period}", label=t(metric.label), period=found.told[at])
    own = [(one, value) for one, value in ends if one.key is not None or not found.by]
    best = max((value for _, value in own), default=0.0)
    leading = [one for one, value in own if value == best]
    if is_count(metric) and best <= 0:
        return t("{label}: none on {day}", label=t(metric.label), day=day)
    whole = counted(t, metric, best) if is_count(metric) else t.value(best, metric.unit)
    start = next((place for place, value in enumerate(leading[0].values.tolist()) if value == value), at)
    was = {"then": t.value(float(leading[0].values[start]), metric.unit), "period": found.told[start]}
    if not found.by:
        what = whole if is_count(metric) else t("{label}: {value}", label=t(metric.label), value=whole)
        if start == at:
            return t("{what} on {day}", what=what, day=day)
        return t("{what} on {day}, against {then} in {period}", what=what, day=day, **was)
    if len(leading) > 1:
        told = t.list(one.full for one in leading[:7])
        return t("{names} come first with {whole} each on {day}", names=told, whole=whole, day=day)
    if len(found.series) == 1:
        if start == at:
            return t("{name}: {whole} on {day}", name=leading[0].full, whole=whole, day=day)
        return t(
            "{name}: {whole} on {day}, against {then} in {period}", name=leading[0].full, whole=whole, day=day, **was
        )
    if start == at:
        return t("{name} comes first with {whole} on {day}", name=leading[0].full, whole=whole, day=day)
    return t(
        "{name} comes first with {whole} on {day}, against {then} in {period}",
        name=leading[0].full,
        whole=whole,
        day=day,
        **was,
    )


def alt(t: Words, metric: Metric, found: Grouped, kind: str) -> str:
    """The lines in words: what they show, where each begins, its highest and its latest value."""
    of = {"kind": kind, "label": t(metric.label), "first": found.told[0], "last": found.told[-1]}
    told = [
        t("{kind}: {label} from {first} to {last}.", **of)
        if len(found.told) > 1
        else t("{kind}: {label} in {first}.", **of)
    ]
    for one in found.series:
        there = np.flatnonzero(~np.isnan(one.values))
        if not len(there):
            continue
        name = one.full or t("All")
        if len(there) * len(found.series) <= FEW or len(there) == 1:
            listed = [(found.told[place], t.value(float(one.values[place]), metric.unit)) for place in there]
            told.append(t("{name}: {values}.", name=name, values=values(t, listed)))
            continue
        high = int(there[int(np.argmax(one.values[there]))])
        places = {
            "name": name,
            "first": t.value(float(one.values[there[0]]), metric.unit),
            "first_period": found.told[int(there[0])],
            "most": t.value(float(one.values[high]), metric.unit),
            "most_period": among(t, found.told[high], int((one.values == one.values[high]).sum())),
            "now": t.value(float(one.values[there[-1]]), metric.unit),
            "now_period": found.told[int(there[-1])],
        }
        told.append(
            t("{name}: {first} in {first_period}, {now} in {now_period}.", **places)
            if places["most"] in (places["first"], places["now"])
            else t(
                "{name}: {first} in {first_period}, at most {most} in {most_period}, {now} in {now_period}.", **places
            )
        )
    return " ".join([*told, *notes(t, metric, found)])


def notes(t: Words, metric: Metric, found: Grouped) -> list[str]:
    return level_notes(t, found) if metric.stock else cut_notes(t, found)


def points(found: Grouped, headings: Sequence[str]) -> Columns:
    """A row per point that is drawn."""
    rows = [
        (label, one.full, value)
        for place, label in enumerate(found.labels)
        for one in found.series
        if (value := float(one.values[place])) == value
    ]
    columns: dict[str, Any] = {headings[0]: [row[0] for row in rows]}
    if found.by:
        columns[headings[1]] = [row[1] for row in rows]
    columns[headings[-1]] = [row[2] for row in rows]
    return columns


def reads(t: Words, metric: Metric, headings: Sequence[str]) -> dict[str, Any]:
    return {headings[0]: lambda label: t.period(str(label)), headings[-1]: reader(t, metric.unit)}
