"""A rate by entry year: each year apart, with the interval that chance leaves it; no line, since years are no path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from charts.chart import Chart, Rows, frame, nothing
from charts.over_time import percent_axis
from charts.says import FEW, Fraction, heading, is_indicative, no_value, values
from charts.theme import OTHER, PALETTE, Look, axis, figure
from metrics.metric import Metric
from words import Words

HEIGHT = 320
TICKS = 7


def by_entry(table: Rows, t: Words, look: Look, *, metric: Metric) -> Chart:
    """A dot with its 95 % interval per entry year on an axis from 0 to 100 %; a year without a rate is a gap.

    `table` answers ask() by year. What is only indicative, more than a tenth of the fates unknown, is a hollow grey dot
    and left out of the title.
    """
    headings = [heading(t, "year"), t(metric.label), t("Low"), t("High")]
    given = [row for row in frame(table).to_dict("records") if not _missing(row["value"])]
    given.sort(key=lambda row: int(row["year"]))
    if not given:
        return nothing(t, no_value(t, metric, table), headings)
    sure = [row for row in given if not is_indicative(row.get("n"), row.get("unknown"))] or given
    pale = [row for row in given if not any(row is one for one in sure)]
    gaps = int(given[-1]["year"]) - int(given[0]["year"]) + 1 - len(given)
    notes = [t("Lines: the 95% interval. Where two of them overlap, chance alone may make the difference.")]
    notes += [t("Hollow: only indicative, more than 10% of the fates unknown.")] if pale else []
    notes += [t("A year without a dot: its rate is hidden or not given.")] if gaps else []
    fields = ("year", "value", "low", "high")
    return Chart(
        _drawn(t, sure, pale),
        _title(t, metric, sure),
        " ".join([_alt(t, metric, given, sure, pale), *notes]),
        pd.DataFrame({name: [row[field] for row in given] for name, field in zip(headings, fields, strict=True)}),
        dict.fromkeys(headings[1:], Fraction(t)),
        None,
        tuple(notes),
    )


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _drawn(t: Words, sure: Sequence[dict[Any, Any]], pale: Sequence[dict[Any, Any]]) -> Any:
    years = [int(row["year"]) for row in (*sure, *pale)]
    first, last = min(years), max(years)
    step = next(one for one in (1, 2, 5, 10, 20, 50) if (last - first) // one < TICKS)
    data = [_dots(t, rows, hollow) for rows, hollow in ((sure, False), (pale, True)) if rows]
    ticks = [year for year in range(first, last + 1) if year % step == 0]
    along = axis(
        range=[first - 0.6, last + 0.6], tickmode="array", tickvals=ticks, ticktext=[str(year) for year in ticks]
    )
    return figure(data, t, height=HEIGHT, xaxis=along, yaxis=percent_axis(t))


def _dots(t: Words, rows: Sequence[dict[Any, Any]], hollow: bool) -> dict[str, Any]:
    colour = OTHER if hollow else PALETTE[0]
    share = [100 * row["value"] for row in rows]
    low, high = ([row["value"] if _missing(row[side]) else row[side] for row in rows] for side in ("low", "high"))
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [int(row["year"]) for row in rows],
        "y": share,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [100 * top - value for top, value in zip(high, share, strict=True)],
            "arrayminus": [value - 100 * bottom for bottom, value in zip(low, share, strict=True)],
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        "marker": {
            "symbol": "circle-open" if hollow else "circle",
            "color": colour,
            "size": 9,
            "line": {"width": 2 if hollow else 0},
        },
        "customdata": [[None, _told(t, row)] for row in rows],
        "hovertemplate": t("<b>{period}</b><br>{value}", period="%{x}", value="%{customdata[1]}") + "<extra></extra>",
    }


def _told(t: Words, row: dict[Any, Any]) -> str:
    if _missing(row["low"]) or _missing(row["high"]):
        return t.share(row["value"])
    return t("{value:.1%} ({low:.1%} to {high:.1%})", value=row["value"], low=row["low"], high=row["high"])


def _ends(rows: Sequence[dict[Any, Any]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    return min(rows, key=lambda row: row["value"]), max(rows, key=lambda row: row["value"])


def _title(t: Words, metric: Metric, sure: Sequence[dict[Any, Any]]) -> str:
    least, most = _ends(sure)
    if t.share(least["value"], 0) == t.share(most["value"], 0):
        return t("{label}: {value:.0%}, whatever the entry year", label=t(metric.label), value=most["value"])
    return t(
        "{label}: {low:.0%} for entries of {lowest} to {high:.0%} for those of {highest}",
        label=t(metric.label),
        low=least["value"],
        lowest=str(least["year"]),
        high=most["value"],
        highest=str(most["year"]),
    )


def _alt(
    t: Words,
    metric: Metric,
    given: Sequence[dict[Any, Any]],
    sure: Sequence[dict[Any, Any]],
    pale: Sequence[dict[Any, Any]],
) -> str:
    """All years where they are few; else the least, the most and the latest."""
    told = [t("Dots with intervals on an axis from 0 to 100%, one per entry year: {label}.", label=t(metric.label))]
    if len(given) <= FEW:
        told.append(t("{values}.", values=values(t, [(str(row["year"]), _told(t, row)) for row in given])))
    else:
        least, most = _ends(sure)
        latest = sure[-1]
        told.append(
            t(
                "The least is {least} ({when_least}), the most {most} ({when_most}); the latest, {latest}, has {now}.",
                least=_told(t, least),
                when_least=str(least["year"]),
                most=_told(t, most),
                when_most=str(most["year"]),
                latest=str(latest["year"]),
                now=_told(t, latest),
            )
        )
    if pale:
        told.append(t("Only indicative: {years}.", years=t.list([str(row["year"]) for row in pale])))
    return " ".join(told)
