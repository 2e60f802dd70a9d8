"""Survival curves as strangers may see them: quarterly steps of enough firms, none left over by subtraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from publish.cells import TOTAL, Thresholds

QUARTER = 365.25 / 4
Key = tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One step: age in days, the share still in activity with its interval, and how many are at risk at the least."""

    age_days: int
    value: float
    low: float | None
    high: float | None
    at_risk: int


def quarterly(rows: Sequence[Mapping[Any, Any]]) -> tuple[Point, ...]:
    """The rows of one curve at whole quarters of a year, up to the last closure or end of follow-up."""
    ordered = sorted(rows, key=lambda row: float(row["age_days"]))
    points, step = [], 0
    while ordered and step * QUARTER <= ordered[-1]["age_days"]:
        age = round(step * QUARTER)
        last = [row for row in ordered if row["age_days"] <= age][-1:] or ordered[:1]
        following = next((row for row in ordered if row["age_days"] >= age), ordered[-1])
        ends = [None if pd.isna(last[0][end]) else round(float(last[0][end]), 3) for end in ("low", "high")]
        points.append(Point(age, round(float(last[0]["value"]), 3), ends[0], ends[1], int(following["at_risk"])))
        step += 1
    return tuple(points)


def together(curves: Mapping[Key, tuple[Point, ...]], thresholds: Thresholds) -> dict[Key, tuple[Point, ...]]:
    """The curves that may be shown, each up to where it may be.

    Each begins with enough firms and stops where few are at risk. What the curve of all leaves beside those shown, by
    site or by sector, is as large, or a further one stops: else it would be the curve of a few.
    """
    kept: dict[Key, tuple[Point, ...]] = {}
    for key, points in curves.items():
        if points and points[0].at_risk >= thresholds.curve:
            long = next((n for n, p in enumerate(points) if p.at_risk < thresholds.at_risk), len(points))
            kept[key] = points[:long]
    whole = next((key for key in kept if all(label == TOTAL for label in key)), None)
    if whole is None:
        return {}
    for place in range(len(whole)):
        parts = [key for key in kept if key[place] != TOTAL]
        for step, point in enumerate(kept[whole]):
            least = thresholds.curve if step == 0 else thresholds.at_risk
            shown = sorted(
                (key for key in parts if len(kept[key]) > step), key=lambda key: (kept[key][step].at_risk, key)
            )
            while shown and 0 < point.at_risk - sum(kept[key][step].at_risk for key in shown) < least:
                first = shown.pop(0)
                kept[first] = kept[first][:step]
    return {key: points for key, points in kept.items() if points}
