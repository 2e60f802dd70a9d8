"""What something is made of, period by period: shares stacked to 100 %."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from charts.chart import Chart, Rows, nothing
from charts.grouped import Grouped, Numbers, day_of, grouped
from charts.over_time import cut_notes, level_notes, percent_axis, room, time_axis
from charts.says import FEW, adds_up, each, heading, no_value, percent, values
from charts.theme import PATTERNS, Look, figure
from metrics.metric import Metric
from words import Words


def mix(
    table: Rows,
    t: Words,
    look: Look,
    *,
    metric: Metric,
    by: str = "sector",
    period: str = "year",
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
) -> Chart:
    """Bars of equal height, one per period, parted by name; the latest share of each stands beside its name.

    `table` answers ask() by period and `by` for a metric that counts.
    """
    found = grouped(table, t, look, by=by, period=period, first=first, last=last, as_of=as_of)
    share_of = t("Share")
    headings = [heading(t, period), heading(t, by), share_of, t(metric.label)]
    if found is None or not found.totals.any():
        return nothing(t, no_value(t, metric, table, first, last or day_of(table, as_of)), headings, by)
    totals = found.totals
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [np.where(totals > 0, one.values / totals, np.nan) for one in found.series]
    at = int(np.flatnonzero(totals)[-1])
    data = [
        {
            "type": "bar",
            "x": found.told,
            "y": [None if share != share else 100 * share for share in part.tolist()],
            "name": t("{name} {share:.0%}", name=one.legend, share=part[at]),
            "marker": {
                "color": one.colour,
                "line": {"width": 0},
                "pattern": {"shape": PATTERNS[one.again % len(PATTERNS)], "size": 6, "solidity": 0.45},
            },
            "meta": [one.hover],
            "customdata": [[one.key, value] for value in one.values.tolist()],
            "hovertemplate": t(
                "<b>{period}</b><br>{name}: {value} ({count})",
                period="%{x}",
                name="%{meta[0]}",
                value=percent(t, "%{y:.1f}"),
                count="%{customdata[1]:,}",
            )
            + "<extra></extra>",
        }
        for one, part in zip(found.series, shares, strict=True)
    ]
    drawn = figure(
        data,
        t,
        height=360,
        barmode="stack",
        bargap=0.08,
        margin=room(t.share(1, 0), legend=True),
        showlegend=True,
        xaxis=time_axis(t, found),
        yaxis=percent_axis(t, showgrid=False),
    )
    keys = [(place, one) for place in range(len(found.labels)) for one in range(len(found.series)) if totals[place] > 0]
    rows = {
        headings[0]: [found.labels[place] for place, _ in keys],
        headings[1]: [found.series[one].full for _, one in keys],
        headings[2]: [shares[one][place] for place, one in keys],
        headings[3]: [found.series[one].values[place] for place, one in keys],
    }
    notes = level_notes(t, found) if metric.stock else cut_notes(t, found)
    if not adds_up(metric, by):
        notes.append(t("A firm at two sites counts at each: the shares are of the sum of the sites."))
    return Chart(
        drawn,
        _title(t, metric, found, shares, at),
        _alt(t, metric, found, shares, at, notes),
        rows,
        {headings[0]: lambda label: t.period(str(label)), headings[2]: t.share, headings[3]: t.count},
        by,
        tuple(notes),
    )


def _title(t: Words, metric: Metric, found: Grouped, shares: list[Numbers], at: int) -> str:
    """Which name has the largest share at the end, and what it had at the beginning."""
    largest = max(range(len(shares)), key=lambda one: (found.series[one].key is not None, shares[one][at]))
    start = int(np.flatnonzero(found.totals)[0])
    places: dict[str, Any] = {
        "name": found.series[largest].full,
        "label": t(metric.label),
        "share": float(shares[largest][at]),
        "period": found.told[at],
        "was": float(shares[largest][start]),
        "start": found.told[start],
    }
    if start == at or len(found.series) == 1:
        return t("{label}: {name} has {share:.0%} in {period}", **places)
    return t("{label}: {name} has {share:.0%} in {period}, against {was:.0%} in {start}", **places)


def _alt(t: Words, metric: Metric, found: Grouped, shares: list[Numbers], at: int, notes: list[str]) -> str:
    of = {"by": each(t, found.by or ""), "label": t(metric.label), "first": found.told[0], "last": found.told[-1]}
    told = [
        t("Bars stacked to 100%, {by}: {label} from {first} to {last}.", **of)
        if len(found.told) > 1
        else t("A bar of 100%, {by}: {label} in {first}.", **of)
    ]
    there = np.flatnonzero(found.totals).tolist()
    if len(there) * len(shares) > FEW:
        there = sorted({there[0], at})
    for place in there:
        listed = [(one.full, t.share(part[place])) for one, part in zip(found.series, shares, strict=True)]
        told.append(t("{period}: {values}.", period=found.told[place], values=values(t, listed)))
    return " ".join([*told, *notes])
