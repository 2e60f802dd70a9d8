"""Names ranked by size, each above its bar."""

from __future__ import annotations

from datetime import date
from typing import Any

from charts.chart import Chart, Rows, nothing
from charts.grouped import as_name, day_of, other
from charts.says import adds_up, counted, each, heading, is_count, named, names, no_value, reader, span, values
from charts.theme import NORMAL, OTHER, PALETTE, QUIET, Look, axis, figure, rgba, short
from metrics.metric import Metric
from words import Words

ROWS = 12
ROW_HEIGHT = 46


def ranked(
    table: Rows,
    t: Words,
    look: Look,
    *,
    metric: Metric,
    by: str = "sector",
    as_of: date | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Chart:
    """A horizontal bar per name, the largest on top, its value at its end; shares on an axis from 0 to 100 %.

    `table` answers ask() by `by`. Of more than ROWS names the smallest become one bar, where they can be added up.
    """
    day = last or day_of(table, as_of)
    headings = [heading(t, by), t(metric.label)]
    names_of = table[by].tolist() if by in table else []
    found = {
        as_name(name): float(value)
        for name, value in zip(names_of, table["value"].tolist() if names_of else [], strict=True)
        if value is not None and value == value
    }
    if not found:
        return nothing(t, no_value(t, metric, table, first, day), headings, by)
    places = {name: place for place, name in enumerate(look.order(by, found))}
    order = sorted(found, key=lambda name: (-found[name], places[name]))
    whole = sum(found.values())
    rows: list[tuple[str | None, str, float, str]] = [
        (name, named(t, name), found[name], PALETTE[0] if by not in ("site", "sector") else look.colour(by, name))
        for name in order
    ]
    left_out = 0
    if len(rows) > ROWS:
        rest = rows[ROWS - 1 :]
        rows = rows[: ROWS - 1]
        if adds_up(metric, by):
            rows.append((None, other(t, len(rest)), sum(one[2] for one in rest), OTHER))
        else:
            left_out = len(rest)
    parts = adds_up(metric, by) and whole > 0 and len(found) > 1
    told = [_told(t, metric, value, value / whole if parts else None) for _, _, value, _ in rows]
    return Chart(
        _drawn(t, metric, rows, told),
        _title(t, metric, by, found, order, whole, first, day),
        _alt(t, metric, by, rows, told, left_out, first, day),
        {headings[0]: [named(t, name) for name in order], headings[1]: [found[name] for name in order]},
        {headings[1]: reader(t, metric.unit)},
        by,
        tuple(_notes(t, metric, by, left_out)),
    )


def _told(t: Words, metric: Metric, value: float, share: float | None) -> str:
    if share is None:
        return t.value(value, metric.unit)
    return t("{value} ({share:.0%})", value=t.value(value, metric.unit), share=share)


def _drawn(t: Words, metric: Metric, rows: list[tuple[str | None, str, float, str]], told: list[str]) -> Any:
    percent = metric.unit == "share"
    lengths = [100 * value if percent else value for _, _, value, _ in rows]
    # Room for what is written behind the longest bar, a phone's width taken as the least.
    reach = 100.0 if percent else (max(lengths) or 1.0)
    behind = max(len(text) for text in told) * 7.5 / 270
    at = [-place for place in range(len(rows))]
    custom = [[name] for name, _, _, _ in rows]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": lengths,
        "y": [place - 0.18 for place in at],
        "width": 0.34,
        "marker": {"color": [colour for *_, colour in rows], "line": {"width": 0}, "cornerradius": 2},
        "text": told,
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": NORMAL},
        "customdata": [[name, short(full, 40, 3), text] for (name, full, _, _), text in zip(rows, told, strict=True)],
        "hovertemplate": t("<b>{name}</b><br>{value}", name="%{customdata[1]}", value="%{customdata[2]}")
        + "<extra></extra>",
    }
    labels = {
        "type": "scatter",
        "mode": "text",
        "x": [0] * len(rows),
        "y": [place + 0.22 for place in at],
        "text": [short(full, 52) for _, full, _, _ in rows],
        "textposition": "middle right",
        "textfont": {"size": NORMAL},
        "cliponaxis": False,
        "customdata": custom,
        "hoverinfo": "skip",
    }
    tracks = [
        {
            "type": "rect",
            "x0": 0,
            "x1": 100,
            "y0": place - 0.35,
            "y1": place - 0.01,
            "fillcolor": rgba(OTHER, 0.14),
            "line": {"width": 0},
            "layer": "below",
        }
        for place in (at if percent else ())
    ]
    zero = {"type": "line", "x0": 0, "x1": 0, "y0": -0.45, "y1": 1, "yref": "y", "line": {"color": QUIET, "width": 1}}
    return figure(
        [bars, labels],
        t,
        height=ROW_HEIGHT * len(rows) + 16,
        shapes=[*tracks, {**zero, "y0": at[-1] - 0.42, "y1": 0.02}],
        xaxis=axis(range=[0, reach * (1 + behind)], visible=False),
        yaxis=axis(range=[at[-1] - 0.5, 0.5], visible=False),
        margin={"pad": 0},
    )


def _title(
    t: Words,
    metric: Metric,
    by: str,
    found: dict[str, float],
    order: list[str],
    whole: float,
    first: date | None,
    day: date | None,
) -> str:
    top, bottom = found[order[0]], found[order[-1]]
    leading = [named(t, name) for name in order if found[name] == top]
    when = _when(t, metric, first, day)
    if not is_count(metric):
        label, high, low = t(metric.label), t.value(top, metric.unit), t.value(bottom, metric.unit)
        if len(order) == 1:
            return t("{label}, {name}: {value}, {when}", label=label, name=leading[0], value=high, when=when)
        if high == low:
            return t("{label}: {value} for each, {when}", label=label, value=high, when=when)
        ends = {"name": leading[0], "high": high, "other": named(t, order[-1]), "low": low}
        if len(leading) > 1:
            return t("{label}: from {low} to {high}, {when}", label=label, low=low, high=high, when=when)
        return t(
            "{label}: highest for {name} ({high}), lowest for {other} ({low}), {when}", label=label, when=when, **ends
        )
    if top <= 0:
        return t("{label}: none, {when}", label=t(metric.label), when=when)
    if len(order) == 1:
        return t("{name}: {whole}, {when}", name=leading[0], whole=counted(t, metric, top), when=when)
    parted = adds_up(metric, by) or not metric.stock
    if parted:
        said = counted(t, metric, whole, by)
        if len(leading) > 1:
            return t(
                "{names} come first with {part:,} each of {whole}, {when}",
                names=names(t, leading),
                part=top,
                whole=said,
                when=when,
            )
        return t(
            "{name} comes first with {part:,} of {whole}, {when}", name=leading[0], part=top, whole=said, when=when
        )
    said = counted(t, metric, top)
    if len(leading) > 1:
        return t("{names} come first with {whole} each, {when}", names=names(t, leading), whole=said, when=when)
    return t("{name} comes first with {whole}, {when}", name=leading[0], whole=said, when=when)


def _when(t: Words, metric: Metric, first: date | None, day: date | None) -> str:
    if metric.stock:
        return t("on {day}", day=day) if day else t("on the latest day")
    return span(t, first, day)


def _alt(
    t: Words,
    metric: Metric,
    by: str,
    rows: list[tuple[str | None, str, float, str]],
    told: list[str],
    left_out: int,
    first: date | None,
    day: date | None,
) -> str:
    said = t(
        "Horizontal bars, {by}, the largest first: {label}, {when}.",
        by=each(t, by),
        label=t(metric.label),
        when=_when(t, metric, first, day),
    )
    listed = t("{values}.", values=values(t, [(full, text) for (_, full, _, _), text in zip(rows, told, strict=True)]))
    return " ".join([said, listed, *_left_out(t, left_out)])


def _left_out(t: Words, left_out: int) -> list[str]:
    if not left_out:
        return []
    return [t.many("{n:,} more is in the table.", "{n:,} more are in the table.", left_out)]


def _notes(t: Words, metric: Metric, by: str, left_out: int) -> list[str]:
    told = _left_out(t, left_out)
    if is_count(metric) and metric.stock and not adds_up(metric, by):
        told.append(t("A firm at two sites counts at each: the sites may add up to more than the network."))
    return told
