"""The estimators of one question side by side: each with its interval, and how far unknown fates could move it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from charts.chart import Chart, Rows, frame, nothing
from charts.says import Fraction, is_indicative, no_value
from charts.theme import FAINT, NORMAL, OTHER, PALETTE, SMALL, Look, axis, figure, rgba, short, words_in
from metrics import METRICS
from metrics.metric import Metric
from words import Words

ROW = 66


@dataclass(frozen=True)
class Estimate:
    """One estimator's row; None where it does not apply or is not given."""

    name: str
    label: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    lower_bound: float | None
    upper_bound: float | None
    n: float | None
    unknown: float | None
    note: str | None

    def headline(self, t: Words) -> str:
        """The value, and whether unknown fates leave it only indicative."""
        if self.value is not None and is_indicative(self.n, self.unknown):
            return t("{value:.1%} (indicative)", value=self.value)
        return t.share(self.value)

    def told(self, t: Words) -> str:
        """The value with its interval."""
        if self.value is None:
            return t("not given")
        if self.low is None or self.high is None:
            return t.value(self.value, self.unit)
        if self.unit == "share":
            return t("{value:.1%} ({low:.1%} to {high:.1%})", value=self.value, low=self.low, high=self.high)
        return t("{value} ({low:.2f} to {high:.2f})", value=t.number(self.value, 2), low=self.low, high=self.high)


def estimates(table: Rows, t: Words, look: Look, *, metric: Metric) -> Chart:
    """A dot with its 95 % interval per estimator on an axis from 0 to 100 %, and faint the bounds of unknown fates.

    `table` answers ask() for several metrics without dimensions; `metric` is the headline, drawn in colour. What is no
    share (years of activity) is said in words.
    """
    headings = [t("Estimator"), t("Value"), t("Low"), t("High"), t("Lower bound"), t("Upper bound"), t("Firms")]
    every = _rows(t, table)
    shares = [one for one in every if one.unit == "share"]
    given = [one for one in shares if one.value is not None]
    beside = [one for one in every if one.unit != "share"]
    if not given:
        reasons = [one.note for one in shares if one.note]
        said = t("{label}: {note}", label=t(metric.label), note=reasons[0]) if reasons else no_value(t, metric, table)
        return nothing(t, said, headings)
    notes = _notes(t, given, beside)
    return Chart(
        _drawn(t, shares, metric),
        _title(t, given, metric),
        _alt(t, shares, notes),
        _table(every, headings),
        _reads(t, headings),
        None,
        tuple(notes),
    )


def _rows(t: Words, table: Rows) -> list[Estimate]:
    fields = ("value", "low", "high", "lower_bound", "upper_bound", "n", "unknown", "note")
    found = []
    for row in frame(table).to_dict("records"):
        known = METRICS.get(str(row.get("metric")))
        if known is not None:
            read = {name: None if pd.isna(row.get(name)) else row[name] for name in fields}
            found.append(Estimate(known.name, t(known.label), known.unit, **read))
    return found


def _drawn(t: Words, rows: Sequence[Estimate], metric: Metric) -> Any:
    data: list[dict[str, Any]] = []
    labels = []
    shapes: list[dict[str, Any]] = []
    for place, one in enumerate(rows):
        at = -place
        colour = PALETTE[0] if one.name == metric.name else OTHER
        labels.append(
            words_in(
                f"<b>{short(one.label, 25, 2)}</b>" if one.name == metric.name else short(one.label, 25, 2),
                size=NORMAL,
                x=0,
                y=at + 0.30,
                xanchor="left",
            )
        )
        labels.append(
            words_in(
                one.told(t).replace(" (", "<br>(", 1), size=SMALL, x=100, y=at + 0.30, xanchor="right", align="right"
            )
        )
        track = {"type": "line", "x0": 0, "x1": 100, "y0": at - 0.2, "y1": at - 0.2, "layer": "below"}
        shapes.append(track | {"line": {"color": FAINT, "width": 1}})
        if one.value is None:
            continue
        if one.lower_bound is not None and one.upper_bound is not None:
            data.append(_stroke(one.lower_bound, one.upper_bound, at, rgba(colour, 0.28), 9))
        if one.low is not None and one.high is not None:
            data.append(_stroke(one.low, one.high, at, colour, 3))
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [100 * one.value],
                "y": [at - 0.2],
                "marker": {"color": colour, "size": 8, "line": {"width": 0}},
                "customdata": [[None, short(one.label, 40, 2), one.told(t)]],
                "hovertemplate": t("<b>{name}</b><br>{value}", name="%{customdata[1]}", value="%{customdata[2]}")
                + "<extra></extra>",
            }
        )
    steps = [0, 25, 50, 75, 100]
    return figure(
        data,
        t,
        height=ROW * len(rows) + 40,
        shapes=shapes,
        annotations=labels,
        margin={"l": 10, "r": 16, "b": 4, "pad": 0},
        xaxis=axis(
            range=[-1, 101.5],
            tickmode="array",
            tickvals=steps,
            ticktext=[t.share(step / 100, 0) for step in steps],
            showgrid=True,
            gridcolor=FAINT,
        ),
        yaxis=axis(range=[-len(rows) + 0.5, 0.62], visible=False),
    )


def _stroke(start: float, end: float, at: float, colour: str, width: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [100 * start, 100 * end],
        "y": [at - 0.2, at - 0.2],
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
    }


def _title(t: Words, given: Sequence[Estimate], metric: Metric) -> str:
    values = [one.value for one in given if one.value is not None]
    low, high = min(values), max(values)
    headline = next((one for one in given if one.name == metric.name), None)
    if headline is None or headline.value is None:
        if len(values) == 1:
            only = next(one for one in given if one.value is not None)
            return t("{label}: {value}", label=only.label, value=only.headline(t))
        if t.share(low) == t.share(high):
            return t("{value:.1%} by every definition", value=low)
        return t("From {low:.1%} to {high:.1%}, depending on the definition", low=low, high=high)
    if len(given) == 1:
        return t("{label}: {value}", label=headline.label, value=headline.headline(t))
    others = [value for one in given if one is not headline and (value := one.value) is not None]
    places = {"label": headline.label, "value": headline.headline(t), "low": min(others), "high": max(others)}
    if t.share(min(others)) == t.share(max(others)):
        if len(others) == 1:
            return t("{label}: {value}; by another definition, {low:.1%}", **places)
        return t("{label}: {value}; by other definitions, {low:.1%}", **places)
    return t("{label}: {value}; by other definitions, {low:.1%} to {high:.1%}", **places)


def _notes(t: Words, given: Sequence[Estimate], beside: Sequence[Estimate]) -> list[str]:
    told = [t("Thin lines: the 95% interval.")]
    if any(one.lower_bound is not None for one in given):
        told.append(t("Broad pale lines: from all firms of unknown fate closed to all of them alive."))
    told += [t("{label}: {value}.", label=one.label, value=one.told(t)) for one in beside]
    return told


def _alt(t: Words, rows: Sequence[Estimate], notes: Sequence[str]) -> str:
    told = [t("Dots with intervals on an axis from 0 to 100%, one per estimator.")]
    for one in rows:
        bounds = (one.lower_bound, one.upper_bound)
        if one.value is not None and None not in bounds and t.share(bounds[0]) != t.share(bounds[1]):
            told.append(
                t(
                    "{label}: {value}; bounds {low:.1%} to {high:.1%}.",
                    label=one.label,
                    value=one.told(t),
                    low=one.lower_bound,
                    high=one.upper_bound,
                )
            )
        else:
            told.append(t("{label}: {value}.", label=one.label, value=one.told(t)))
    return " ".join([*told, *notes])


def _table(rows: Sequence[Estimate], headings: Sequence[str]) -> pd.DataFrame:
    fields = ("label", "value", "low", "high", "lower_bound", "upper_bound", "n")
    return pd.DataFrame(
        {heading: [getattr(one, name) for one in rows] for heading, name in zip(headings, fields, strict=True)}
    )


def _reads(t: Words, headings: Sequence[str]) -> dict[str, Any]:
    return {**dict.fromkeys(headings[1:6], Fraction(t)), headings[6]: t.count}
