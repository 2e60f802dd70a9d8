"""How stays end by age: still there, left, closed, each as its share of all who entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from charts.chart import Chart, Rows, nothing
from charts.over_time import percent_axis
from charts.says import no_value, percent, values
from charts.theme import OTHER, PALETTE, SMALL, Look, axis, figure, on
from metrics.metric import Metric
from metrics.survival import FEW
from words import Words

# From the foot of a bar to its head, each in a colour that means it everywhere.
ENDINGS = {"hosted": PALETTE[0], "left": PALETTE[3], "untraced": OTHER, "merged": PALETTE[1], "closed": PALETTE[5]}
YEAR = 365.25


def outcomes(table: Rows, t: Words, look: Look, *, metric: Metric) -> Chart:
    """A bar of 100 % for each age, parted by how the time in the park has ended by then.

    `table` answers ask() for `survival_outcomes` without dimensions; an age that nobody has reached has no bar.
    """
    told = {
        "hosted": t("still hosted"),
        "left": t("left, heard of since"),
        "untraced": t("left, not traced"),
        "merged": t("merged"),
        "closed": t("closed while in the park"),
    }
    headings = [t("Age in years"), t("Outcome"), t("Share"), t("At risk")]
    found: dict[tuple[int, str], tuple[float, float]] = {}
    if "outcome" in table and "age_days" in table:
        columns = (table[name].tolist() for name in ("age_days", "outcome", "value", "at_risk"))
        for age, outcome, value, at_risk in zip(*columns, strict=True):
            if value == value and value is not None and outcome in told:
                found[round(age / YEAR), outcome] = (float(value), float(at_risk))
    ages = sorted({age for age, _ in found})
    if not ages:
        return nothing(t, no_value(t, metric, table), headings)
    shown = [t.many("{n} year", "{n} years", age) for age in ages]
    share = {outcome: [found.get((age, outcome), (0.0, 0.0))[0] for age in ages] for outcome in told}
    data = [
        {
            "type": "bar",
            "x": shown,
            "y": [100 * value for value in share[outcome]],
            "name": told[outcome],
            "marker": {"color": colour, "line": {"width": 0}},
            "text": [t.share(value, 0) if value >= 0.06 else "" for value in share[outcome]],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "textfont": {"size": SMALL, "color": on(colour)},
            "constraintext": "none",
            "hovertemplate": t(
                "<b>{age}</b><br>{outcome}: {value}", age="%{x}", outcome=told[outcome], value=percent(t, "%{y:.1f}")
            )
            + "<extra></extra>",
        }
        for outcome, colour in ENDINGS.items()
    ]
    drawn = figure(
        data,
        t,
        height=380,
        barmode="stack",
        bargap=0.12,
        showlegend=True,
        xaxis=axis(
            type="category",
            categoryorder="array",
            categoryarray=shown,
            tickmode="array",
            tickvals=shown,
            ticktext=shown,
        ),
        yaxis=percent_axis(t, showgrid=False),
    )
    few = [at for at, age in enumerate(ages) if min(risk for (of, _), (_, risk) in found.items() if of == age) < FEW]
    # What so few have lived through is no headline.
    last = max((at for at in range(len(ages)) if at not in few), default=None)
    sentences = [
        t("Bars stacked to 100%, one per age from {first} to {last}.", first=shown[0], last=shown[-1])
        if len(ages) > 1
        else t("A bar of 100%, after {age}.", age=shown[0]),
        *(
            t(
                "After {age}: {values}.",
                age=age,
                values=values(t, [(told[one], t.share(share[one][at])) for one in ENDINGS]),
            )
            for at, age in enumerate(shown)
        ),
    ]
    notes = [t("Fewer than 10 at risk: {ages}.", ages=t.list(shown[at] for at in few))] if few else []
    rows: list[dict[str, Any]] = [
        {
            headings[0]: age,
            headings[1]: told[outcome],
            headings[2]: share[outcome][at],
            headings[3]: found[age, outcome][1] if (age, outcome) in found else None,
        }
        for at, age in enumerate(ages)
        for outcome in ENDINGS
    ]
    if last is None:
        title = t("{label}: fewer than 10 at risk at every age", label=t(metric.label))
    else:
        title = t(
            "{age} after entry: {hosted:.0%} are still hosted, {left:.0%} have left, "
            "{closed:.0%} closed while in the park",
            age=shown[last],
            hosted=share["hosted"][last],
            left=share["left"][last] + share["untraced"][last],
            closed=share["closed"][last],
        )
    reads: dict[str, Callable[[Any], str]] = {headings[2]: t.share, headings[0]: str, headings[3]: t.count}
    return Chart(drawn, title, " ".join([*sentences, *notes]), pd.DataFrame(rows), reads, None, tuple(notes))
