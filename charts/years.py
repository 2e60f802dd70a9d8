"""The same window of the year over the years, each count with the interval that chance leaves it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from charts.chart import Chart, nothing
from charts.over_time import count_axis
from charts.says import FEW, among, counted, heading, no_value, values
from charts.theme import INK, NORMAL, OTHER, PALETTE, Look, axis, figure, rgba
from metrics.metric import Metric
from words import Words

THEN = "value_then"


def windows(table: pd.DataFrame, t: Words, look: Look, *, metric: Metric) -> Chart:
    """A bar per year, the latest in colour, with its exact Poisson interval as a line.

    `table` is what metrics.window.same_window() gives: year, first, last, value, low, high, and where it is known
    value_then, what was known just as soon after the window of that year: a diamond on the bar.
    """
    headings = [heading(t, "year"), t(metric.label), t("Low"), t("High")]
    rows = [row for row in table.to_dict("records") if not _missing(row["value"])] if len(table) else []
    if not rows:
        return nothing(t, no_value(t, metric, table), headings)
    latest = rows[-1]
    then = [row for row in rows if not _missing(row.get(THEN)) and row["year"] != latest["year"]]
    years = [str(int(row["year"])) for row in rows]
    return Chart(
        _drawn(t, rows, then, years),
        _title(t, metric, rows),
        _alt(t, metric, rows, then),
        _table(t, table, headings),
        _reads(t, headings),
        None,
        tuple(_notes(t, rows, then)),
    )


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _drawn(t: Words, rows: list[dict[Any, Any]], then: list[dict[Any, Any]], years: list[str]) -> Any:
    count = [float(row["value"]) for row in rows]
    low, high = ([float(row[side]) for row in rows] for side in ("low", "high"))
    colours = [rgba(OTHER, 0.55)] * (len(rows) - 1) + [PALETTE[0]]
    label = t(
        "<b>{period}</b><br>{value} (95%: {low} to {high})",
        period="%{x}",
        value="%{y:,}",
        low="%{customdata[0]:.1f}",
        high="%{customdata[1]:.1f}",
    )
    bars = {
        "type": "bar",
        "name": t("As known today"),
        "x": years,
        "y": count,
        "marker": {"color": colours, "line": {"width": 0}, "cornerradius": 2},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [top - value for top, value in zip(high, count, strict=True)],
            "arrayminus": [value - bottom for bottom, value in zip(low, count, strict=True)],
            "color": OTHER,
            "thickness": 1.5,
            "width": 3,
        },
        "customdata": [list(pair) for pair in zip(low, high, strict=True)],
        "hovertemplate": label + "<extra></extra>",
        "showlegend": False,
    }
    data: list[dict[str, Any]] = [bars]
    if then:
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": t("As known just as soon after"),
                "x": [str(int(row["year"])) for row in then],
                "y": [float(row[THEN]) for row in then],
                "marker": {"symbol": "diamond", "size": 9, "color": PALETTE[1], "line": {"width": 0}},
                "hovertemplate": t("<b>{period}</b><br>As known then: {value}", period="%{x}", value="%{y:,}")
                + "<extra></extra>",
            }
        )
    # Above all bars in one row, where no interval crosses them; by place, since a year would be taken for one.
    shown = len(rows) <= FEW
    numbers = [
        {
            "text": f"<b>{t.count(value)}</b>" if place == len(rows) - 1 else t.count(value),
            "x": place,
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": NORMAL},
        }
        for place, value in enumerate(count)
        if shown
    ]
    step = 1 if len(years) <= 8 else -(-len(years) // 6)
    kept = years[::-1][::step][::-1]
    under = axis(
        type="category", categoryorder="array", categoryarray=years, tickmode="array", tickvals=kept, ticktext=kept
    )
    top = max([*high, *(float(row[THEN]) for row in then)])
    return figure(
        data,
        t,
        height=320,
        showlegend=bool(then),
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.12,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"size": NORMAL, "color": INK},
        },
        annotations=numbers,
        margin={"t": 28},
        xaxis=under,
        yaxis=count_axis(top),
    )


def _day(value: Any) -> date:
    return value if isinstance(value, date) else pd.Timestamp(value).date()


def _title(t: Words, metric: Metric, rows: list[dict[Any, Any]]) -> str:
    now = rows[-1]
    places = {
        "whole": counted(t, metric, float(now["value"])),
        "first": _day(now["first"]),
        "last": _day(now["last"]),
    }
    before = next((row for row in rows if int(row["year"]) == int(now["year"]) - 1), None)
    if before is None:
        return t("{whole} from {first} to {last}", **places)
    change = float(now["value"]) - float(before["value"])
    was = {"year": str(int(before["year"])), "before": float(before["value"])}
    if change == 0:
        return t("{whole} from {first} to {last}, as many as in the same window of {year}", **places, **was)
    return t(
        "{whole} from {first} to {last}, {change} on the same window of {year} ({before:,})",
        change=t.signed(change),
        **places,
        **was,
    )


def _alt(t: Words, metric: Metric, rows: list[dict[Any, Any]], then: list[dict[Any, Any]]) -> str:
    now = rows[-1]
    told = [
        t(
            "Bars: {label} from {first} to {last}, and in the same window of earlier years, "
            "with exact Poisson intervals.",
            label=t(metric.label),
            first=_day(now["first"]),
            last=_day(now["last"]),
        ),
        t(
            "{year}: {value:,} (95% interval {low:.1f} to {high:.1f}).",
            year=str(int(now["year"])),
            value=float(now["value"]),
            low=float(now["low"]),
            high=float(now["high"]),
        ),
    ]
    if len(rows) <= FEW:
        listed = [(str(int(row["year"])), t.count(row["value"])) for row in rows]
        told.append(t("{values}.", values=values(t, listed)))
    else:
        least, most = (pick(rows, key=lambda row: float(row["value"])) for pick in (min, max))
        tied = [sum(row["value"] == one["value"] for row in rows) for one in (least, most)]
        told.append(
            t(
                "The least is {least:,} ({when_least}), the most {most:,} ({when_most}).",
                least=float(least["value"]),
                when_least=among(t, str(int(least["year"])), tied[0]),
                most=float(most["value"]),
                when_most=among(t, str(int(most["year"])), tied[1]),
            )
        )
    if then:
        listed = [(str(int(row["year"])), t.count(row[THEN])) for row in then]
        told.append(t("As known just as soon after each window: {values}.", values=values(t, listed)))
    return " ".join(told)


def _notes(t: Words, rows: list[dict[Any, Any]], then: list[dict[Any, Any]]) -> list[str]:
    told = [t("Lines: what chance alone may have moved, 95%.")]
    if then:
        told.append(t("Diamonds: as known the same time after each window closed; late reports came since."))
    # A window that is not over is cut to one day in every year: what the newest says of it holds for all.
    said = [rows[-1]] if rows[-1].get("running") else rows
    notes = dict.fromkeys(str(row["note"]) for row in said if not _missing(row.get("note")) and row["note"])
    return [*told, *(t.sentence(note) for note in notes)]


def _table(t: Words, table: pd.DataFrame, headings: list[str]) -> pd.DataFrame:
    columns = {
        headings[0]: table["year"].astype(int),
        t("First day"): table["first"],
        t("Last day"): table["last"],
        headings[1]: table["value"],
        headings[2]: table["low"],
        headings[3]: table["high"],
    }
    if THEN in table and table[THEN].notna().any():
        columns[t("As known just as soon after")] = table[THEN]
        columns[t("Known on")] = table["known_then_on"]
    return pd.DataFrame(columns)


def _reads(t: Words, headings: list[str]) -> dict[str, Any]:
    def day(value: Any) -> str:
        return "" if _missing(value) else t.short_day(_day(value))

    def limit(value: float) -> str:
        return t.number(value, 1)

    days = {t("First day"): day, t("Last day"): day, t("Known on"): day}
    counts = {headings[1]: t.count, t("As known just as soon after"): t.count}
    return {**days, **counts, headings[0]: str, headings[2]: limit, headings[3]: limit}
