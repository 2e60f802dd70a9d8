"""From one figure to another: each part of the way a bar that begins where the one before it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from charts.chart import Chart, nothing
from charts.says import reader, values
from charts.theme import NORMAL, OTHER, PALETTE, QUIET, Look, axis, figure, short
from metrics.metric import Metric
from words import Words

# So many parts are drawn; the smallest of more become one.
ROWS = 10
ROW_HEIGHT = 46
BEFORE, RECEIPTS, HAPPENED, AFTER = "before", "receipts", "happened", "after"


@dataclass(frozen=True)
class _Row:
    label: str
    kind: str
    start: float
    end: float
    told: str

    @property
    def change(self) -> float:
        return self.end - self.start


def waterfall(table: pd.DataFrame, t: Words, look: Look, *, metric: Metric) -> Chart:
    """The figure before and after as marks, and a bar per part between them with its signed change.

    `table` has a row per step with `label` (in the reader's words), `kind` (BEFORE, RECEIPTS, HAPPENED or AFTER),
    `change`, and `value`, the figure after it. Parts that change nothing are in the table alone.
    """
    headings = [t("Part"), t("Change"), t(metric.label)]
    if len(table) < 2:
        return nothing(t, t("{label}: nothing to compare", label=t(metric.label)), headings)
    steps = table.to_dict("records")
    parts = [step for step in steps if step["kind"] in (RECEIPTS, HAPPENED)]
    rows = _rows(t, metric, steps)
    return Chart(
        _drawn(t, metric, rows),
        _title(t, metric, steps, parts),
        _alt(t, metric, rows, parts),
        pd.DataFrame(
            {headings[0]: table["label"], headings[1]: table["change"], headings[2]: table["value"]}
        ).reset_index(drop=True),
        {
            headings[1]: lambda change: "" if change != change else told(t, metric, change),
            headings[2]: _reads(t, metric),
        },
        None,
        tuple(_notes(t, metric, rows, parts)),
    )


def told(t: Words, metric: Metric, change: float) -> str:
    """A change with its sign and its unit, with as many decimals as it takes to see it."""
    if metric.unit == "share":
        return t("{change} points", change=t.signed(100 * change, _digits(100 * change, 1)))
    if metric.unit == "days":
        return t("{change} years", change=t.signed(change / 365.25, _digits(change / 365.25, 2)))
    if metric.unit == "years":
        return t("{change} years", change=t.signed(change, _digits(change, 2)))
    return t.signed(change)


def apart(t: Words, metric: Metric, before: float, after: float) -> tuple[str, str]:
    """Two figures, with as many decimals as it takes to tell them apart."""
    told = t.value(before, metric.unit), t.value(after, metric.unit)
    if metric.unit != "share" or before == after:
        return told
    digits = next((n for n in range(1, 9) if t.share(before, n) != t.share(after, n)), 1)
    return t.share(before, digits), t.share(after, digits)


def _digits(change: float, least: int) -> int:
    return next((digits for digits in range(least, 9) if round(change, digits)), least)


def _reads(t: Words, metric: Metric) -> Any:
    read = reader(t, metric.unit)
    return lambda value: "" if value != value else read(value)


def _rows(t: Words, metric: Metric, steps: list[dict[Any, Any]]) -> list[_Row]:
    """What is drawn, from the first figure down to the last."""
    moving = [step for step in steps if step["kind"] in (RECEIPTS, HAPPENED) and step["change"]]
    receipts = sorted((step for step in moving if step["kind"] == RECEIPTS), key=lambda step: -abs(step["change"]))
    # Small parts that are taken together come after the others, where all that follows is what happened.
    small = receipts[ROWS - 1 :] if len(receipts) > ROWS else []
    kept = [step for step in moving if step["kind"] == RECEIPTS and not any(step is one for one in small)]
    if small:
        label = t.many("{n:,} other part", "{n:,} other parts", len(small))
        kept.append({"label": label, "kind": RECEIPTS, "change": sum(step["change"] for step in small)})
    kept += [step for step in moving if step["kind"] == HAPPENED]
    first, last = steps[0], steps[-1]
    ends = apart(t, metric, first["value"], last["value"])
    rows = [_Row(first["label"], BEFORE, first["value"], first["value"], ends[0])]
    level = first["value"]
    for step in kept:
        rows.append(_Row(step["label"], step["kind"], level, level + step["change"], told(t, metric, step["change"])))
        level += step["change"]
    return [*rows, _Row(last["label"], AFTER, last["value"], last["value"], ends[1])]


def _reach(metric: Metric, rows: list[_Row]) -> tuple[float, float]:
    """The ends of the axis: from nothing, unless the changes would be too small to see then."""
    lowest = min(min(row.start, row.end) for row in rows)
    highest = max(max(row.start, row.end) for row in rows)
    span = highest - lowest
    if lowest >= 0 and (not span or lowest < 2 * span):
        return 0.0, highest or 1.0
    # A round number, since it is said.
    step = 0.001 if metric.unit == "share" else 1.0 if metric.unit != "years" else 0.01
    return math.floor((lowest - 0.08 * span) / step) * step, highest


def _drawn(t: Words, metric: Metric, rows: list[_Row]) -> Any:
    scale = 100.0 if metric.unit == "share" else 1.0
    low, high = (scale * end for end in _reach(metric, rows))
    behind = (max(len(row.told) for row in rows) + 3) * 7.5 / 240
    at = [-place for place in range(len(rows))]
    drawn = list(zip(at, rows, strict=True))
    bars = [(place, row) for place, row in drawn if row.kind in (RECEIPTS, HAPPENED)]
    ends = [(place, row) for place, row in drawn if row.kind in (BEFORE, AFTER)]
    hover = t("<b>{name}</b><br>{value}", name="%{customdata[0]}", value="%{customdata[1]}") + "<extra></extra>"
    colours = {RECEIPTS: PALETTE[1], HAPPENED: PALETTE[0]}

    def custom(those: list[tuple[int, _Row]]) -> list[list[str]]:
        return [[short(row.label, 40, 3), row.told] for _, row in those]

    data = [
        {
            "type": "bar",
            "orientation": "h",
            "base": [scale * min(row.start, row.end) for _, row in bars],
            "x": [scale * abs(row.change) for _, row in bars],
            "y": [place - 0.18 for place, _ in bars],
            "width": 0.34,
            "marker": {"color": [colours[row.kind] for _, row in bars], "line": {"width": 0}},
            "customdata": custom(bars),
            "hovertemplate": hover,
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [scale * row.end for _, row in ends],
            "y": [place - 0.18 for place, _ in ends],
            "marker": {"symbol": "diamond", "size": 12, "color": OTHER, "line": {"width": 0}},
            "cliponaxis": False,
            "customdata": custom(ends),
            "hovertemplate": hover,
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": [scale * max(row.start, row.end) for row in rows],
            "y": [place - 0.18 for place in at],
            "text": [f"\u00a0\u00a0\u00a0{row.told}" for row in rows],
            "textposition": "middle right",
            "textfont": {"size": NORMAL},
            "cliponaxis": False,
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": [low] * len(rows),
            "y": [place + 0.22 for place in at],
            "text": [short(row.label, 44) for row in rows],
            "textposition": "middle right",
            "textfont": {"size": NORMAL},
            "cliponaxis": False,
            "hoverinfo": "skip",
        },
    ]
    # Where one part ends the next begins.
    steps = [
        {
            "type": "line",
            "x0": scale * row.end,
            "x1": scale * row.end,
            "y0": place - 0.35,
            "y1": place - 1.01,
            "line": {"color": QUIET, "width": 1, "dash": "dot"},
            "layer": "below",
        }
        for place, row in drawn[:-1]
    ]
    return figure(
        data,
        t,
        height=ROW_HEIGHT * len(rows) + 16,
        shapes=steps,
        xaxis=axis(range=[low, low + (high - low) * (1 + behind)], visible=False),
        yaxis=axis(range=[at[-1] - 0.5, 0.5], visible=False),
        margin={"pad": 0},
    )


def _title(t: Words, metric: Metric, steps: list[dict[Any, Any]], parts: list[dict[Any, Any]]) -> str:
    label = t(metric.label)
    before, after = steps[0]["value"], steps[-1]["value"]
    ends = dict(zip(("before", "after"), apart(t, metric, before, after), strict=True))
    happened = [part["change"] for part in parts if part["kind"] == HAPPENED and part["change"]]
    corrected = [part["change"] for part in parts if part["kind"] == RECEIPTS and part["change"]]
    if not happened and not corrected:
        return t("{label}: {before}, nothing moved it", label=label, before=ends["before"])
    if not corrected:
        return t("{label}: from {before} to {after}, by what happened in between", label=label, **ends)
    if not happened:
        return t("{label}: from {before} to {after}, by corrections of the past alone", label=label, **ends)
    return t(
        "{label}: from {before} to {after}; what happened {happened}, corrections of the past {corrected}",
        label=label,
        happened=told(t, metric, sum(happened)),
        corrected=told(t, metric, sum(corrected)),
        **ends,
    )


def _alt(t: Words, metric: Metric, rows: list[_Row], parts: list[dict[Any, Any]]) -> str:
    said = t("Waterfall, from the figure before to the figure after: {label}.", label=t(metric.label))
    listed = t("{values}.", values=values(t, [(row.label, row.told) for row in rows]))
    return " ".join([said, listed, *_still(t, parts)])


def _still(t: Words, parts: list[dict[Any, Any]]) -> list[str]:
    still = sum(part["kind"] == RECEIPTS and not part["change"] for part in parts)
    if not still:
        return []
    return [t.many("{n:,} part of the way did not move it.", "{n:,} parts of the way did not move it.", still)]


def _notes(t: Words, metric: Metric, rows: list[_Row], parts: list[dict[Any, Any]]) -> list[str]:
    notes = _still(t, parts)
    low, _ = _reach(metric, rows)
    if low:
        notes.append(
            t("The axis begins at {low}, so that the changes can be seen.", low=t.value(max(low, 0.0), metric.unit))
        )
    return notes
