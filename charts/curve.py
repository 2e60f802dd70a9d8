"""How long firms live: survival curves with their bands and the numbers at risk, and how stays end by age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from charts.chart import Chart, Rows, frame, nothing
from charts.endings import outcomes
from charts.grouped import as_name
from charts.lives import YEAR, Life, Numbers, read
from charts.over_time import percent_axis
from charts.says import each, heading, named, names, no_value, percent, values
from charts.theme import (
    DASHES,
    NAMES,
    NORMAL,
    QUIET,
    SMALL,
    Look,
    axis,
    figure,
    rgba,
    short,
    words_in,
)
from metrics.metric import Metric
from metrics.survival import FEW, FIVE_YEARS
from words import Words

__all__ = ["outcomes", "survival"]

MARK = 5
# More bands than this cover each other.
BANDS = 3
# More steps than this are not seen: of those within one hundredth of a year the last is drawn.
STEPS = 400
# Pixels: the drawing itself, the ticks under it, and around it all.
PLOT, TICKS = 300, 22
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 4}
# How the dashes of lines look beside a name.
SIGNS = ("■", "▨", "▥", "▢")


def survival(
    table: Rows,
    t: Words,
    look: Look,
    *,
    metric: Metric,
    by: str | None = None,
    years: int = 10,
) -> Chart:
    """Kaplan-Meier curves as steps from 100 %, with their 95 % bands, five years marked, and the numbers at risk below.

    `table` answers ask() for `survival_curve`, all together or by `by`, and for `survival_km_years` beside it, which
    knows the numbers at risk at whole years and carries a curve on beyond its last closure. A curve stops where fewer
    than FEW are at risk; of more than NAMES groups the largest are drawn.
    """
    label = t(metric.label)
    headings = [
        *([heading(t, by)] if by else []),
        t("Age in years"),
        label,
        t("Low"),
        t("High"),
        t("At risk"),
        t("Closures"),
    ]
    every = read(table, look, t, by)
    if not every:
        notes = [str(note) for note in table["note"].tolist() if isinstance(note, str)] if "note" in table else []
        said = t("{label}: {note}", label=label, note=notes[0]) if notes else no_value(t, metric, table)
        return nothing(t, said, headings, by)
    lives = [one for one in every if len(one.age) > 1]
    short_of = [one for one in every if len(one.age) <= 1]
    if len(lives) > NAMES:
        largest = sorted(lives, key=lambda one: -one.n)[:NAMES]
        hidden = [one for one in lives if one not in largest]
        lives = [one for one in lives if one in largest]
    else:
        hidden = []
    if by:
        marks = look.marks(by, [one.key or "" for one in lives])
        lives = [
            Life(one.key, one.full, *mark, one.age, one.value, one.low, one.high, one.at_risk, one.n)
            for one, mark in zip(lives, marks, strict=True)
        ]
    if not lives:
        said = t("{label}: fewer than {few} firms at risk, too few for a curve", label=label, few=FEW)
        return nothing(t, said, headings, by)
    notes = _notes(t, lives, short_of, hidden)
    return Chart(
        _drawn(t, lives, by, years),
        _title(t, label, [*lives, *hidden], by),
        _alt(t, label, lives, by, notes),
        _table(t, table, by, headings),
        _reads(t, headings, label),
        by,
        tuple(notes),
    )


def _kept(one: Life, until: float) -> Numbers:
    """The places of the rows that are drawn."""
    places = np.flatnonzero(one.age <= until)
    if len(places) > STEPS:
        bins = np.floor(one.age[places] / YEAR * 100)
        places = places[np.append(bins[1:] != bins[:-1], True)]
    return places


def _drawn(t: Words, lives: list[Life], by: str | None, years: int) -> Any:
    data: list[dict[str, Any]] = []
    end = years * YEAR
    steps = _risk_years(t, lives, years)
    rows = _Rows(lives, bool(by))
    data.extend(rows.numbers(t, steps))
    for one in lives:
        places = _kept(one, end)
        # A curve goes on at its height up to the last age at which enough are watched, or to the edge.
        ages = (one.age[places] / YEAR).round(3).tolist()
        levels = (100 * one.value[places]).round(3).tolist()
        reach = round(min(float(one.age[-1]), end) / YEAR, 3)
        if reach > ages[-1]:
            ages.append(reach)
            levels.append(levels[-1])
        if len(lives) <= BANDS:
            data.append(_band(one, places, reach))
        limits = [
            [one.key, low, high, risk]
            for low, high, risk in zip(
                *(
                    _given(items, places, factor)
                    for items, factor in ((one.low, 100), (one.high, 100), (one.at_risk, 1))
                ),
                strict=True,
            )
        ]
        limits += [limits[-1]] * (len(ages) - len(limits))
        hover = {
            "name": "%{meta[0]}",
            "age": "%{x:.1f}",
            "value": percent(t, "%{y:.1f}"),
            "low": "%{customdata[1]:.1f}",
            "high": "%{customdata[2]:.1f}",
            "risk": "%{customdata[3]:,}",
        }
        said = t("After {age} years: {value} ({low} to {high})<br>At risk: {risk}", **hover)
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": ages,
                "y": levels,
                "line": {"color": one.colour, "width": 2.5, "shape": "hv", "dash": DASHES[one.again % len(DASHES)]},
                # Points that nobody sees, so that a curve can be clicked.
                "marker": {"color": one.colour, "size": 7, "opacity": 0},
                "meta": [short(one.full, 40, 3)],
                "customdata": limits,
                "hovertemplate": ("<b>%{meta[0]}</b><br>" if by else "") + said + "<extra></extra>",
            }
        )
    five = {"type": "line", "x0": MARK, "x1": MARK, "y0": 0, "y1": 100, "layer": "below"}
    ticks = list(range(years + 1))
    return figure(
        data,
        t,
        height=rows.height + sum(MARGIN.values()),
        shapes=[five | {"line": {"color": QUIET, "width": 1, "dash": "dot"}}] if years >= MARK else [],
        annotations=[*rows.names(t), *_labels(t, lives, by)],
        margin=MARGIN,
        xaxis=axis(
            range=[-0.45, years + 0.45],
            tickmode="array",
            tickvals=ticks,
            ticktext=[str(year) for year in ticks],
            anchor="y",
            automargin=False,
        ),
        yaxis=percent_axis(t, domain=[1 - PLOT / rows.height, 1]),
        yaxis2=axis(domain=[0, rows.under / rows.height], range=[-rows.under, 0], visible=False, anchor="x"),
    )


def _given(items: Numbers, places: Numbers, factor: float) -> list[float | None]:
    """Limits and counts as JSON has them, to as many digits as anybody reads."""
    return [None if value != value else round(value * factor, 2) for value in items[places].tolist()]


def _band(one: Life, places: Numbers, reach: float) -> dict[str, Any]:
    """The 95 % band as one outline, up its upper limit and back down its lower one; where there is none, the curve."""
    low = np.where(np.isnan(one.low[places]), one.value[places], one.low[places])
    high = np.where(np.isnan(one.high[places]), one.value[places], one.high[places])
    ages = np.append(one.age[places] / YEAR, reach)
    xs = np.repeat(ages, 2)[1:-1]
    upper, lower = np.repeat(high, 2), np.repeat(low, 2)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.concatenate([xs, xs[::-1]]).round(3).tolist(),
        "y": (100 * np.concatenate([upper, lower[::-1]])).round(2).tolist(),
        "fill": "toself",
        "fillcolor": rgba(one.colour, 0.18),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _at_risk(t: Words, one: Life, year: int) -> str:
    """How many are at risk at an age: nothing beyond the curve, "≥" where the answer tells no more."""
    found = one.watched(int(year * YEAR))
    if found is None:
        return ""
    return t.count(found[0]) if found[1] else f"≥{t.count(found[0])}"


def _risk_years(t: Words, lives: Sequence[Life], years: int) -> list[int]:
    """The ages under which there is room for a number, on a phone too, where a year is 26 pixels wide."""
    found = [one.watched(int(year * YEAR)) for one in lives for year in range(years + 1)]
    widest = 7 * max(len(f"{told[0]:,.0f}") + (not told[1]) for told in found if told is not None)
    if widest <= 22:
        return list(range(years + 1))
    step = (0, 2, 5, 8) if widest <= 46 else (0, 5)
    return [year for year in range(years + 1) if year % 10 in step]


@dataclass(frozen=True)
class _Rows:
    """The rows under the axis, in pixels from its ticks down: whose they are, and how many are at risk at some ages.

    They stand in for a legend, which would push the drawing down by who knows how much on a narrow screen.
    """

    lives: Sequence[Life]
    named: bool

    @property
    def each(self) -> int:
        return 40 if self.named else 20

    @property
    def under(self) -> int:
        return 44 + self.each * len(self.lives)

    @property
    def height(self) -> int:
        return PLOT + TICKS + self.under

    def numbers(self, t: Words, steps: Sequence[int]) -> list[dict[str, Any]]:
        rows = []
        for place, one in enumerate(self.lives):
            at = -(44 + self.each * place + (26 if self.named else 6))
            rows.append(
                {
                    "type": "scatter",
                    "mode": "text",
                    "x": list(steps),
                    "y": [at] * len(steps),
                    "yaxis": "y2",
                    "text": [_at_risk(t, one, year) for year in steps],
                    "textfont": {"size": SMALL},
                    "hoverinfo": "skip",
                    "cliponaxis": False,
                    "customdata": [[one.key]] * len(steps),
                }
            )
        return rows

    def names(self, t: Words) -> list[dict[str, Any]]:
        head: dict[str, Any] = {"xref": "paper", "yref": "y2", "yanchor": "middle"}
        told = [
            words_in(t("years since entry"), x=1, y=-8, xanchor="right", **head),
            words_in(t("At risk"), x=0, y=-26, xanchor="left", **head),
        ]
        for place, one in enumerate(self.lives if self.named else ()):
            five = one.at(FIVE_YEARS)
            name = (
                f'<span style="color:{one.colour}">{SIGNS[one.again % len(SIGNS)]}</span> <b>{short(one.full, 28)}</b>'
            )
            text = name if five is None else t("{name} {share:.0%} at 5 years", name=name, share=five)
            told.append(words_in(text, size=NORMAL, x=0, y=-(44 + self.each * place + 8), xanchor="left", **head))
        return told


def _labels(t: Words, lives: Sequence[Life], by: str | None) -> list[dict[str, Any]]:
    five = lives[0].at(FIVE_YEARS)
    if by or five is None:
        return []
    text = t("<b>{share:.1%}</b> at 5 years", share=five)
    return [words_in(text, size=NORMAL, x=MARK, y=100 * five, xanchor="left", yanchor="bottom", xshift=6, yshift=10)]


def _title(t: Words, label: str, lives: Sequence[Life], by: str | None) -> str:
    """What share is still in activity after five years, drawn or not, or at the end of the longest curve."""
    at_five = [(one, share) for one in lives if (share := one.at(FIVE_YEARS)) is not None]
    if not by:
        one = lives[0]
        if at_five:
            limits = one.limits(FIVE_YEARS)
            if limits is None:
                return t(
                    "{share:.1%} of firms are in activity five years after entry (Kaplan-Meier)", share=at_five[0][1]
                )
            return t(
                "{share:.1%} of firms are in activity five years after entry (Kaplan-Meier, {low:.1%} to {high:.1%})",
                share=at_five[0][1],
                low=limits[0],
                high=limits[1],
            )
        end = float(one.age[-1])
        return t(
            "{share:.1%} of firms are in activity {years:.1f} years after entry", share=one.at(end), years=end / YEAR
        )
    if not at_five:
        return t("{label}, {by}: no group has been followed for five years", label=label, by=each(t, by))
    if len(at_five) == 1:
        return t(
            "{name}: {share:.1%} are in activity five years after entry", name=at_five[0][0].full, share=at_five[0][1]
        )
    low, high = min(at_five, key=lambda pair: pair[1]), max(at_five, key=lambda pair: pair[1])
    if t.share(low[1]) == t.share(high[1]):
        return t("Five years after entry, {share:.1%} are in activity in every group", share=low[1])
    return t(
        "Five years after entry, from {low:.1%} ({lowest}) to {high:.1%} ({highest}) are in activity",
        low=low[1],
        lowest=low[0].full,
        high=high[1],
        highest=high[0].full,
    )


def _alt(t: Words, label: str, lives: Sequence[Life], by: str | None, notes: Sequence[str]) -> str:
    told = [
        t("Falling step curves, {by}: {label}, from 100% at entry.", by=each(t, by), label=label)
        if by
        else t("A falling step curve: {label}, from 100% at entry.", label=label)
    ]
    for one in lives:
        ends = [year for year in (1, 3, 5, 10) if one.at(round(year * YEAR)) is not None]
        listed = [(t.many("{n} year", "{n} years", year), t.share(one.at(round(year * YEAR)))) for year in ends]
        reach = float(one.age[-1])
        places = {"n": one.n, "end": reach / YEAR, "last": one.at(reach), "values": values(t, listed)}
        if one.full:
            places["name"] = one.full
            told.append(
                t("{name}, {n:,} firms: {values}; the curve ends after {end:.1f} years at {last:.1%}.", **places)
                if listed
                else t("{name}, {n:,} firms: the curve ends after {end:.1f} years at {last:.1%}.", **places)
            )
        else:
            told.append(
                t("{n:,} firms: {values}; the curve ends after {end:.1f} years at {last:.1%}.", **places)
                if listed
                else t("{n:,} firms: the curve ends after {end:.1f} years at {last:.1%}.", **places)
            )
    return " ".join([*told, *notes])


def _notes(t: Words, lives: list[Life], short_of: list[Life], hidden: list[Life]) -> list[str]:
    told = [t("Each curve stops where fewer than {few} firms are at risk.", few=FEW)]
    if len(lives) <= BANDS:
        told.append(t("The band is the 95% interval."))
    else:
        told.append(t("The 95% intervals are in the table."))
    if short_of:
        told.append(t("Too few firms for a curve: {names}.", names=names(t, [one.full for one in short_of])))
    if hidden:
        told.append(t("In the table only: {names}.", names=names(t, [one.full for one in hidden])))
    return told


def _table(t: Words, answer: Rows, by: str | None, headings: Sequence[str]) -> pd.DataFrame:
    """Every row of the curves, so that what is not drawn can be read, too."""
    columns = [*([by] if by else []), "age_days", "value", "low", "high", "at_risk", "events"]
    table = frame(answer)
    own = table["metric"] == table["metric"].iloc[0] if "metric" in table else slice(None)
    rows = table.loc[own, columns].copy()
    rows["age_days"] = rows["age_days"] / YEAR
    if by:
        rows[by] = [named(t, as_name(name)) for name in rows[by].tolist()]
    rows.columns = pd.Index(headings)
    return rows.reset_index(drop=True)


def _reads(t: Words, headings: Sequence[str], label: str) -> dict[str, Any]:
    shares = {label: t.share, t("Low"): t.share, t("High"): t.share}
    return {
        **shares,
        t("Age in years"): lambda years: t.number(years, 2),
        t("At risk"): t.count,
        t("Closures"): t.count,
    }
