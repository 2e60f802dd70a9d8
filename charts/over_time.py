"""What figures over time share: the axis of periods, axes of counts and shares, what is said of periods cut short."""

from __future__ import annotations

from typing import Any

from charts import periods
from charts.grouped import Grouped
from charts.theme import FAINT, QUIET, axis
from words import Words


def time_axis(t: Words, found: Grouped, **also: Any) -> dict[str, Any]:
    """The periods as categories, so that each is written as the reader writes it; few of them are written out."""
    shown = {"tickmode": "array", **periods.ticks(t, found.labels, found.period)}
    return axis(type="category", categoryorder="array", categoryarray=found.told, **{**shown, **also})


def count_axis(most: float, **also: Any) -> dict[str, Any]:
    """An axis of counts from 0 with whole numbers, and a quiet line at each."""
    least = {"dtick": 1} if most <= 4 else {"nticks": 5}
    reach = {} if most > 0 else {"range": [0, 1]}
    common = {"rangemode": "tozero", "tickformat": ",d", "showgrid": True, "gridcolor": FAINT, "zerolinecolor": QUIET}
    return axis(**{**common, **least, **reach, **also})


def room(label: str, legend: bool = False) -> dict[str, int]:
    """Margins that hold the widest label of the upright axis, a line of labels under the other and, above, a legend.

    Whatever needs more gets it: but then Plotly draws all a second time, which takes it as long again.
    """
    return {"l": 18 + 7 * len(label), "b": 34, **({"t": 36} if legend else {})}


def percent_axis(t: Words, **also: Any) -> dict[str, Any]:
    """An axis of shares in per cent from 0 to 100, written as the reader writes them."""
    steps = [0, 25, 50, 75, 100]
    common = {
        "range": [0, 101],
        "tickmode": "array",
        "tickvals": steps,
        "ticktext": [t.share(step / 100, 0) for step in steps],
        "showgrid": True,
        "gridcolor": FAINT,
    }
    return axis(**{**common, **also})


def cut_notes(t: Words, found: Grouped, hatched: bool = False) -> list[str]:
    """Says of which periods only a part is counted."""
    told = []
    for place in found.cut:
        days = {
            "period": found.told[place],
            "first": max(found.first, periods.first_day(found.labels[place])),
            "last": min(found.last, periods.last_day(found.labels[place])),
        }
        if hatched:
            told.append(
                t("{period} is counted from {first} to {last} only (hatched): compare it with no whole one.", **days)
            )
        else:
            told.append(t("{period} is counted from {first} to {last} only: compare it with no whole one.", **days))
    return [t.sentence(one) for one in told]


def level_notes(t: Words, found: Grouped) -> list[str]:
    """Says on which day the last period is read where that is not its own last."""
    day = found.day_of(len(found.labels) - 1)
    if day == periods.last_day(found.labels[-1]):
        return []
    told = t("{period} is read on {day}, each earlier period on its last day.", period=found.told[-1], day=day)
    return [t.sentence(told)]
