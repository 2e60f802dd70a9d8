"""Levels over time: one line per name, or a small panel for each on one scale; and the mix of names."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from charts.chart import Chart, Rows, nothing
from charts.grouped import Grouped, Numbers, Series, day_of
from charts.levels import alt, largest, latest, levels, notes, points, reads, title
from charts.mixture import mix
from charts.over_time import count_axis, percent_axis, room, time_axis
from charts.says import each, heading, is_count, no_value, percent
from charts.theme import DASHES, FAINT, NORMAL, Look, figure, short, words_in
from metrics.metric import Metric
from words import Words

__all__ = ["mix", "multiples", "trend"]

HEIGHT = 340
PANELS = 12


def trend(
    table: Rows,
    t: Words,
    look: Look,
    *,
    metric: Metric,
    by: str | None = "site",
    period: str = "year",
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
) -> Chart:
    """A line per name with the name and the latest value at its end.

    `table` answers ask() by period and `by`. A count without a row is 0 from the name's first year on; a share without
    one is a gap. Shares stand on an axis from 0 to 100 %.
    """
    found = levels(table, t, look, metric, by, period, first, last, as_of)
    headings = [heading(t, period), *([heading(t, by)] if by else []), t(metric.label)]
    if found is None:
        return nothing(t, no_value(t, metric, table, first, last or day_of(table, as_of)), headings, by)
    scale = 100 if metric.unit == "share" else 1
    data = [_line(t, metric, found, one, scale) for one in found.series]
    top = 100.0 if metric.unit == "share" else max(largest(found), 1.0)
    labels, beside = _end_labels(t, metric, found, top, scale)
    drawn = figure(
        data,
        t,
        height=HEIGHT,
        annotations=labels,
        margin={**room(t.share(1, 0) if metric.unit == "share" else t.count(top)), "r": beside},
        xaxis=time_axis(t, found, range=[-0.4, len(found.labels) - 0.6] if len(found.labels) > 1 else [-0.5, 0.5]),
        yaxis=percent_axis(t) if metric.unit == "share" else count_axis(top, range=[0, top * 1.06]),
    )
    return Chart(
        drawn,
        title(t, metric, found),
        alt(t, metric, found, t("Lines, {by}", by=each(t, by)) if by else t("A line")),
        points(found, headings),
        reads(t, metric, headings),
        by,
        tuple(notes(t, metric, found)),
    )


def multiples(
    table: Rows,
    t: Words,
    look: Look,
    *,
    metric: Metric,
    by: str = "site",
    period: str = "year",
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
) -> Chart:
    """A small panel per name, all on one scale, the other names faint behind; two panels beside each other.

    Of more than PANELS names the largest are shown and the others taken together where they add up.
    """
    found = levels(table, t, look, metric, by, period, first, last, as_of, PANELS)
    headings = [heading(t, period), heading(t, by), t(metric.label)]
    if found is None:
        return nothing(t, no_value(t, metric, table, first, last or day_of(table, as_of)), headings, by)
    scale = 100 if metric.unit == "share" else 1
    top = 100.0 if metric.unit == "share" else max(largest(found), 1.0)
    columns = 1 if len(found.series) == 1 else 2
    rows = -(-len(found.series) // columns)
    height, gap, head = 170 * rows, 0.12, 26
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    labels = []
    for place, one in enumerate(found.series):
        row, column = divmod(place, columns)
        number = "" if place == 0 else str(place + 1)
        across = [column * (1 + gap) / 2, column * (1 + gap) / 2 + (1 - gap) / 2] if columns == 2 else [0.0, 1.0]
        # The head of each panel holds its name, its foot the first and the last period.
        above, below = 1 - row / rows, 1 - (row + 1) / rows
        up = [below + 26 / height, above - head / height]
        at = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        data.append(_behind(found, place, scale) | at)
        data.append(_line(t, metric, found, one, scale) | at)
        ends = [found.told[0], found.told[-1]] if len(found.told) > 1 else found.told
        layout[f"xaxis{number}"] = time_axis(
            t,
            found,
            domain=across,
            anchor=f"y{number}",
            tickvals=ends,
            ticktext=ends,
            range=[-0.5 - 0.02 * len(found.labels), len(found.labels) * 1.02 - 0.5],
            automargin=False,
        )
        scaled = percent_axis(t) if metric.unit == "share" else count_axis(top, range=[0, top * 1.08], nticks=3)
        layout[f"yaxis{number}"] = scaled | {"domain": up, "anchor": f"x{number}", "automargin": False}
        if column:
            layout[f"yaxis{number}"]["showticklabels"] = False
        labels.append(
            words_in(
                f"<b>{short(one.full, 22)}</b> {_value(t, metric, one.values[-1])}",
                size=NORMAL,
                x=across[0],
                y=above,
                xref="paper",
                yref="paper",
                xanchor="left",
                yanchor="top",
            )
        )
    drawn = figure(
        data,
        t,
        height=height + 8,
        annotations=labels,
        margin={"l": 8 + 8 * len(_value(t, metric, top / scale)), "r": 10, "t": 4, "b": 4},
        **layout,
    )
    return Chart(
        drawn,
        title(t, metric, found),
        alt(t, metric, found, t("Small panels with a line each, {by}, on one scale", by=each(t, by))),
        points(found, headings),
        reads(t, metric, headings),
        by,
        tuple(notes(t, metric, found)),
    )


def _plain(items: Numbers, scale: float) -> list[float | None]:
    """The values as JSON has them, gaps as None."""
    return [None if value != value else value * scale for value in items.tolist()]


def _value(t: Words, metric: Metric, value: float) -> str:
    return t.share(value, 0) if metric.unit == "share" else t.value(value, metric.unit)


def _line(t: Words, metric: Metric, found: Grouped, one: Series, scale: float) -> dict[str, Any]:
    sizes = [0] * len(found.labels)
    there = np.flatnonzero(~np.isnan(one.values))
    if len(there):
        sizes[there[-1]] = 8
    value = percent(t, "%{y:.1f}") if metric.unit == "share" else "%{y:,}" if is_count(metric) else "%{y:,.1f}"
    said = (
        t("<b>{period}</b><br>{name}: {value}", period="%{x}", name="%{meta[0]}", value=value)
        if one.full
        else t("<b>{period}</b><br>{value}", period="%{x}", value=value)
    )
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": found.told,
        "y": _plain(one.values, scale),
        "name": one.legend,
        "line": {"color": one.colour, "width": 2.5, "dash": DASHES[one.again % len(DASHES)]},
        "marker": {"color": one.colour, "size": sizes, "opacity": 1, "line": {"width": 0}},
        "meta": [one.hover],
        "customdata": [[one.key]] * len(found.told),
        "hovertemplate": said + "<extra></extra>",
        "connectgaps": False,
    }


def _behind(found: Grouped, place: int, scale: float) -> dict[str, Any]:
    """The other names, faint, for comparison."""
    xs: list[str | None] = []
    ys: list[float | None] = []
    for at, one in enumerate(found.series):
        if at != place:
            xs += [*found.told, None]
            ys += [*_plain(one.values, scale), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": ys,
        "line": {"color": FAINT, "width": 1.5},
        "hoverinfo": "skip",
    }


def _end_labels(t: Words, metric: Metric, found: Grouped, top: float, scale: float) -> tuple[list[dict[str, Any]], int]:
    """The names at the ends of their lines, moved apart where they would touch, and the room they take."""
    ends = []
    for one in found.series:
        value = latest(one.values)
        name = short(one.full, 15, 2) if one.full else ""
        text = f"{name} <b>{_value(t, metric, value)}</b>".strip()
        ends.append((value * scale, text, one.colour))
    ends.sort(key=lambda end: end[0])
    # Pixels of the drawing itself, and of a line of text.
    tall, line = HEIGHT - 50, 17
    placed: list[float] = []
    upper = -np.inf
    for value, text, _ in ends:
        half = line * (1 + text.count("<br>")) / 2
        at = max(value / (top * 1.06) * tall, upper + half)
        placed.append(at)
        upper = at + half
    # Pushed out above: move down again from the top.
    ceiling = float(tall + 8)
    for place in range(len(ends) - 1, -1, -1):
        half = line * (1 + ends[place][1].count("<br>")) / 2
        placed[place] = min(placed[place], ceiling - half)
        ceiling = placed[place] - half
    labels = [
        words_in(
            f'<span style="color:{colour}">●</span> {text}',
            size=NORMAL,
            x=1,
            y=at / tall * top * 1.06,
            xref="paper",
            yref="y",
            xanchor="left",
            yanchor="middle",
        )
        for at, (_, text, colour) in zip(placed, ends, strict=True)
    ]
    widest = max((len(part) for _, text, _ in ends for part in _bare(text).split("\n")), default=0)
    return labels, int(24 + 6.9 * widest)


def _bare(text: str) -> str:
    """A label without its markup, to measure it."""
    for mark, instead in (("<br>", "\n"), ("<b>", ""), ("</b>", ""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(mark, instead)
    return text
