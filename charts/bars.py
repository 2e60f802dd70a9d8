"""Bars over time, stacked by name, the period that is not over marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

import pandas as pd
import plotly.graph_objects as go

from charts.theme import OTHER, dress

NO_NAME = "(none)"


def months(counts: pd.DataFrame, names: str, order: Sequence[str], first: date, last: date) -> pd.DataFrame:
    """One row per month from `first` to `last` (index: first day of the month), one column per name, no gaps.

    `counts`: long, with columns `month` (anything pandas reads as a day), `names` and `value`; a month it does not
    name counts 0. The columns follow `order`; those it does not hold come last, rows without a name as NO_NAME.
    """
    index = pd.date_range(pd.Timestamp(first).replace(day=1), last, freq="MS", name="month")
    named = counts.assign(month=pd.to_datetime(counts["month"]), name=counts[names].astype(object).fillna(NO_NAME))
    wide = named.pivot_table(index="month", columns="name", values="value", aggfunc="sum")
    columns = [name for name in order if name in wide] + [name for name in wide if name not in order]
    return wide.reindex(index=index, columns=pd.Index(columns)).fillna(0).astype("int64")


def stacked_months(table: pd.DataFrame, colours: Mapping[str, str], *, as_of: date) -> go.Figure:
    """Counts per month, one colour per column of `table` (as `months` gives it), stacked in its order.

    The last month is hatched when `as_of` is not its last day: it is not over.
    """
    running = pd.Timestamp(as_of) < table.index[-1] + pd.offsets.MonthEnd(0)
    shapes = [""] * (len(table) - 1) + ["/" if running else ""]
    figure = go.Figure(
        [
            go.Bar(
                x=table.index,
                y=table[name],
                name=escape(str(name), quote=False),
                marker={
                    "color": colours.get(name, OTHER),
                    "line": {"width": 0},
                    "pattern": {"shape": shapes, "size": 6, "solidity": 0.5},
                },
                xperiod="M1",
                xperiodalignment="middle",
                xhoverformat="%B %Y",
                hovertemplate="%{y:,}",
            )
            for name in table.columns
        ]
    )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(dtick="M12" if len(table) > 36 else "M6", tickformat="%b %Y")
    figure.update_yaxes(tickformat=",d")
    return dress(figure)
