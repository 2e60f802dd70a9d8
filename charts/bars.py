"""Bars: counts per period stacked by name; the ranking of names and the windows of years beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from charts import lines
from charts.chart import Chart, Rows, nothing
from charts.grouped import Grouped, day_of, grouped
from charts.over_time import count_axis, cut_notes, room, time_axis
from charts.ranking import ranked
from charts.says import FEW, among, counted, each, heading, is_count, names, no_value, values
from charts.theme import PATTERNS, Look, figure
from charts.years import windows
from metrics.metric import Metric
from words import Words

__all__ = ["by_period", "ranked", "windows"]

HATCHED = "/"


def by_period(
    table: Rows,
    t: Words,
    look: Look,
    *,
    metric: Metric,
    by: str | None = "site",
    period: str = "month",
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
) -> Chart:
    """Counts per month, quarter or year from `first` to `last`, stacked by name.

    `table` answers ask() by period and `by`. Periods without a row count 0; one of which only a part lies inside the
    days counted is hatched. What cannot be stacked (shares, levels) is drawn as `lines.trend` draws it.
    """
    if metric.stock or not is_count(metric):
        return lines.trend(table, t, look, metric=metric, by=by, period=period, first=first, last=last, as_of=as_of)
    found = grouped(table, t, look, by=by, period=period, first=first, last=last, as_of=as_of)
    headings = [heading(t, period), *([heading(t, by)] if by else []), t(metric.label)]
    if found is None:
        return nothing(t, no_value(t, metric, table, first, last or day_of(table, as_of)), headings, by)
    totals = found.totals
    cut = set(found.cut)
    shapes = [HATCHED if place in cut else "" for place in range(len(found.labels))]
    whole = totals.tolist()
    data = [
        {
            "type": "bar",
            "x": found.told,
            "y": one.values.tolist(),
            "name": one.legend,
            "marker": {
                "color": one.colour,
                "line": {"width": 0},
                "pattern": {
                    "shape": [shape or PATTERNS[one.again % len(PATTERNS)] for shape in shapes],
                    "size": 6,
                    "solidity": 0.45,
                },
            },
            "meta": [one.hover],
            "customdata": [[one.key, total] for total in whole],
            "hovertemplate": t(
                "<b>{period}</b><br>{name}: {value}<br>All: {total}",
                period="%{x}",
                name="%{meta[0]}",
                value="%{y:,}",
                total="%{customdata[1]:,}",
            )
            + "<extra></extra>"
            if by
            else t("<b>{period}</b><br>{value}", period="%{x}", value="%{y:,}") + "<extra></extra>",
        }
        for one in found.series
    ]
    drawn = figure(
        data,
        t,
        height=340,
        barmode="stack",
        margin=room(t.count(max(whole)), legend=len(found.series) > 1),
        showlegend=len(found.series) > 1,
        xaxis=time_axis(t, found),
        yaxis=count_axis(max(whole)),
    )
    rows: dict[str, Any] = {
        headings[0]: [label for label in found.labels for _ in found.series],
        **({headings[1]: [one.full for one in found.series] * len(found.labels)} if by else {}),
        headings[-1]: np.array([one.values for one in found.series]).T.ravel(),
    }
    return Chart(
        drawn,
        _title(t, metric, found),
        _alt(t, metric, found, whole),
        rows,
        {headings[0]: lambda label: t.period(str(label)), headings[-1]: t.count},
        by,
        (*cut_notes(t, found, hatched=True), *_moves(t, metric, by)),
    )


def _moves(t: Words, metric: Metric, by: str | None) -> list[str]:
    if by == "site" and metric.name == "entries":
        return [t("A firm that comes from another site counts as an entry of the site that receives it.")]
    return []


def _title(t: Words, metric: Metric, found: Grouped) -> str:
    """Who has the most, or which period has."""
    total, days = float(found.totals.sum()), {"first": found.first, "last": found.last}
    if total <= 0:
        return t("{label}: none from {first} to {last}", label=t(metric.label), **days)
    whole = counted(t, metric, total, found.by)
    own = [one for one in found.series if one.key is not None]
    sums = [float(one.values.sum()) for one in own]
    leading = [one.full for one, part in zip(own, sums, strict=True) if part == max(sums)] if sums else []
    if len(found.series) == 1 and found.by:
        return t("{name}: {whole} from {first} to {last}", name=found.series[0].full, whole=whole, **days)
    if len(leading) == 1:
        parts = {"name": leading[0], "part": max(sums), "whole": whole}
        return t("{name} comes first with {part:,} of {whole}, {first} to {last}", **parts, **days)
    if leading:
        parts = {"names": names(t, leading), "part": max(sums), "whole": whole}
        return t("{names} come first with {part:,} each of {whole}, {first} to {last}", **parts, **days)
    at = int(found.totals.argmax())
    tied = int((found.totals == found.totals[at]).sum())
    most = {"whole": whole, "period": among(t, found.told[at], tied), "most": float(found.totals[at])}
    if len(found.labels) == 1:
        return t("{whole} from {first} to {last}", whole=whole, **days)
    return t("{whole} from {first} to {last}, the most in {period}: {most:,}", **most, **days)


def _alt(t: Words, metric: Metric, found: Grouped, whole: Sequence[float]) -> str:
    """The bars in words: what they count, each name's sum, the least and the most of a period, and the latest."""
    kind = {
        "month": t("Bars per month"),
        "quarter": t("Bars per quarter"),
        "year": t("Bars per year"),
    }[found.period]
    of = {"kind": kind, "label": t(metric.label), "first": found.first, "last": found.last}
    told = [
        t("{kind}, stacked {by}: {label} from {first} to {last}.", by=each(t, found.by), **of)
        if found.by
        else t("{kind}: {label} from {first} to {last}.", **of)
    ]
    if found.by:
        sums = [(one.full, t.count(one.values.sum())) for one in found.series]
        told.append(t("In all, {values}.", values=values(t, sums)))
    if len(whole) * max(len(found.series), 1) <= FEW:
        if len(found.series) > 1:
            for at, label in enumerate(found.told):
                parts = values(t, [(one.full, t.count(one.values[at])) for one in found.series])
                told.append(t("{period}: {values}.", period=label, values=parts))
        else:
            told.append(
                t("{values}.", values=values(t, [(a, t.count(b)) for a, b in zip(found.told, whole, strict=True)]))
            )
    else:
        low, high = int(np.argmin(whole)), int(np.argmax(whole))
        told.append(
            t(
                "The least is {least:,} ({when_least}), the most {most:,} ({when_most}); "
                "the latest, {latest}, has {now:,}.",
                least=whole[low],
                when_least=among(t, found.told[low], list(whole).count(whole[low])),
                most=whole[high],
                when_most=among(t, found.told[high], list(whole).count(whole[high])),
                latest=found.told[-1],
                now=whole[-1],
            )
        )
    return " ".join([*told, *cut_notes(t, found, hatched=True)])
