"""The cohort table as a triangle: who entered together, age by age, what is not lived through yet hatched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from charts.chart import Chart, Rows, nothing
from charts.grouped import as_name
from charts.says import heading, is_indicative, named, no_value, percent, values
from charts.theme import OTHER, SMALL, Look, axis, figure, on, rgba, short
from metrics.metric import Metric
from metrics.survival import FEW
from words import Words

# From the share written in the palest cell to that in the darkest: survival lies in the upper half.
PALE, DEEP = 0.5, 1.0
SHADES = ("#dcebee", "#0b5563")
ROW = 26
HEAD = 26
FIVE = 5


def triangle(table: Rows, t: Words, look: Look, *, metric: Metric, by: str = "year") -> Chart:
    """A row per cohort, the oldest on top, a column per age in years, the share as per cent in each cell.

    `table` has `by`, `age` (in years) or `age_days`, `value`, `n`; a cell without a value is hatched. Cells of fewer
    than FEW firms are pale whatever their value, and so are those whose share is only indicative: `unknown` is more
    than a tenth of all. A click filters by cohort, or by the entries of a year.
    """
    headings = [heading(t, by), t("Age in years"), t(metric.label), t("Firms"), t("Note")]
    cells = _cells(table, by)
    keys = look.order(by, {key for key, _ in cells}) if by == "cohort" else sorted({key for key, _ in cells})
    ages = sorted({age for _, age in cells})
    given = {at: cell for at, cell in cells.items() if cell["value"] is not None}
    if not cells or not given:
        return nothing(t, no_value(t, metric, table), headings)
    notes = _notes(t, cells)
    rows = [(key, age, cells[key, age]) for key in keys for age in ages if (key, age) in cells]
    return Chart(
        _drawn(t, cells, keys, ages, by),
        _title(t, metric, given, keys, ages),
        _alt(t, metric, given, keys, ages, notes),
        pd.DataFrame(
            {
                headings[0]: [named(t, key) for key, _, _ in rows],
                headings[1]: [age for _, age, _ in rows],
                headings[2]: [cell["value"] for _, _, cell in rows],
                headings[3]: [cell["n"] for _, _, cell in rows],
                headings[4]: [cell["note"] or (t("indicative") if cell["indicative"] else None) for _, _, cell in rows],
            }
        ),
        {headings[1]: str, headings[2]: t.share, headings[3]: t.count, headings[4]: _noted},
        by,
        tuple(notes),
    )


def _noted(note: Any) -> str:
    return note if isinstance(note, str) else ""


def _cells(table: Rows, by: str) -> dict[tuple[str, int], dict[str, Any]]:
    """What is known of each cohort at each age, missing numbers as None."""
    if by not in table or not len(table):
        return {}
    ages = (
        table["age"].tolist()
        if "age" in table
        else [days / 365.25 for days in table["age_days"].tolist()]
        if "age_days" in table
        else [float("nan")] * len(table)
    )
    columns = [
        table[name].tolist() if name in table else [None] * len(table) for name in ("value", "n", "unknown", "note")
    ]
    found = {}
    for key, age, value, n, unknown, note in zip(table[by].tolist(), ages, *columns, strict=True):
        if age == age and age is not None:
            found[as_name(key), round(age)] = {
                "value": None if value is None or value != value else float(value),
                "n": None if n is None or n != n else float(n),
                "indicative": is_indicative(n, unknown),
                "note": note if isinstance(note, str) else None,
            }
    return found


def _is_few(cell: dict[str, Any]) -> bool:
    return cell["n"] is not None and cell["n"] < FEW


@lru_cache(maxsize=128)
def _shade(value: float) -> tuple[str, str]:
    """The colour of a share, between the two SHADES, and that of the number on it."""
    part = min(max((value - PALE) / (DEEP - PALE), 0.0), 1.0)
    ends = [[int(shade[place : place + 2], 16) for place in (1, 3, 5)] for shade in SHADES]
    mixed = [round(pale + part * (deep - pale)) for pale, deep in zip(*ends, strict=True)]
    colour = "#" + "".join(f"{one:02x}" for one in mixed)
    return colour, on(colour)


def _drawn(
    t: Words, cells: dict[tuple[str, int], dict[str, Any]], keys: Sequence[str], ages: Sequence[int], by: str
) -> Any:
    whole: dict[str, list[Any]] = {name: [] for name in ("at", "text", "colour", "ink", "custom")}
    pale: dict[str, list[Any]] = {name: [] for name in ("at", "text", "custom")}
    open_cells: dict[str, list[Any]] = {name: [] for name in ("at", "custom")}
    reasons: dict[str, str] = {}
    indicative = t("Indicative: more than 10% of the fates unknown")
    for place, key in enumerate(keys):
        told = short(named(t, key), 40, 2)
        for age in ages:
            cell = cells.get((key, age))
            if cell is None:
                continue
            value, at = cell["value"], (age - 0.47, -place)
            if value is None:
                open_cells["at"].append(at)
                why = cell["note"] or t("not observable yet")
                if why not in reasons:
                    reasons[why] = short(t.sentence(why), 44, 3)
                open_cells["custom"].append([key, told, age, reasons[why]])
                continue
            one = pale if _is_few(cell) or cell["indicative"] else whole
            one["at"].append(at)
            one["text"].append(f"{100 * value:.0f}")
            one["custom"].append([key, told, age, round(100 * value, 2), cell["n"]])
            if one is whole:
                colour, ink = _shade(round(value, 2))
                whole["colour"].append(colour)
                whole["ink"].append(ink)
            else:
                pale["custom"][-1].append(f"<br>{indicative}" if cell["indicative"] else "")
    lived = {"name": "%{customdata[1]}", "age": "%{customdata[2]}"}
    given = t(
        "<b>{name}</b>, after {age} years<br>{share} of {n} firms",
        share=percent(t, "%{customdata[3]:.1f}"),
        n="%{customdata[4]:,}",
        **lived,
    )
    missing = t("<b>{name}</b>, after {age} years<br>{why}", why="%{customdata[3]}", **lived)

    def bars(at: Sequence[tuple[float, int]], custom: Sequence[Any], hover: str = given, **more: Any) -> dict[str, Any]:
        return {
            "type": "bar",
            "orientation": "h",
            "base": [x for x, _ in at],
            "x": [0.94] * len(at),
            "y": [y for _, y in at],
            "width": 0.9,
            "customdata": custom,
            "hovertemplate": hover + "<extra></extra>",
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "constraintext": "none",
            **more,
        }

    data = [
        bars(
            whole["at"],
            whole["custom"],
            text=whole["text"],
            textfont={"size": SMALL, "color": whole["ink"]},
            marker={"color": whole["colour"], "line": {"width": 0}},
        ),
        bars(
            pale["at"],
            pale["custom"],
            given + "%{customdata[5]}",
            marker={"color": rgba(OTHER, 0.16), "line": {"width": 0}},
        ),
        bars(
            open_cells["at"],
            open_cells["custom"],
            missing,
            marker={
                "color": rgba(OTHER, 0.5),
                "line": {"width": 0},
                "pattern": {"shape": "/", "size": 6, "solidity": 0.16},
            },
        ),
        {
            "type": "scatter",
            "mode": "text",
            "x": [x + 0.47 for x, _ in pale["at"]],
            "y": [y for _, y in pale["at"]],
            "text": pale["text"],
            "textfont": {"size": SMALL},
            "hoverinfo": "skip",
            "customdata": [[one[0]] for one in pale["custom"]],
        },
    ]
    names = [short(named(t, key), 16) for key in keys]
    return figure(
        [trace for trace in data if trace["y"]],
        t,
        height=ROW * len(keys) + HEAD + 12,
        barmode="overlay",
        bargap=0,
        margin={"l": 4, "r": 4, "t": HEAD, "b": 4, "pad": 2},
        xaxis=axis(
            side="top",
            range=[ages[0] - 0.5, ages[-1] + 0.5],
            tickmode="array",
            tickvals=list(ages),
            ticktext=[str(age) for age in ages],
        ),
        yaxis=axis(
            range=[-len(keys) + 0.5, 0.5],
            tickmode="array",
            tickvals=[-place for place in range(len(keys))],
            ticktext=names,
        ),
    )


def _title(
    t: Words,
    metric: Metric,
    given: dict[tuple[str, int], dict[str, Any]],
    keys: Sequence[str],
    ages: Sequence[int],
) -> str:
    """The range of the shares after five years, or at the latest age that any cohort has lived through.

    What is only indicative is never said, what is of few firms only where there is nothing else.
    """
    known = {at: cell for at, cell in given.items() if not cell["indicative"]}
    if not known:
        return t("{label}: indicative only, more than 10% of the fates unknown", label=t(metric.label))
    settled = {at: cell for at, cell in known.items() if not _is_few(cell)} or known
    lived = {age for _, age in settled}
    age = FIVE if FIVE in lived else max(lived)
    sure = [(key, settled[key, age]) for key in keys if (key, age) in settled]
    low, high = (pick(sure, key=lambda pair: pair[1]["value"]) for pick in (min, max))
    places = {
        "age": t.many("{n} year", "{n} years", age),
        "low": low[1]["value"],
        "lowest": named(t, low[0]),
        "high": high[1]["value"],
        "highest": named(t, high[0]),
    }
    if len(sure) == 1:
        return t("{age} after entry, {high:.0%} of the firms of {highest} are in activity", **places)
    if t.share(low[1]["value"], 0) == t.share(high[1]["value"], 0):
        if len(sure) < sum(at == age for _, at in given):
            return t("{age} after entry, {high:.0%} of the firms of each cohort not pale are in activity", **places)
        return t("{age} after entry, {high:.0%} of the firms of every cohort are in activity", **places)
    return t(
        "{age} after entry, from {low:.0%} ({lowest}) to {high:.0%} ({highest}) of the firms are in activity", **places
    )


def _notes(t: Words, cells: dict[tuple[str, int], dict[str, Any]]) -> list[str]:
    told = [t("Columns: full years since entry; cells: per cent still in activity.")]
    if any(cell["value"] is None for cell in cells.values()):
        told.append(t("Hatched: not all firms of the cohort have reached that age, or the share is not given."))
    given = [cell for cell in cells.values() if cell["value"] is not None]
    few, indicative = any(_is_few(cell) for cell in given), any(cell["indicative"] for cell in given)
    if few and indicative:
        told.append(
            t(
                "Pale: a share of fewer than {few} firms, or only indicative: more than 10% of the fates unknown.",
                few=FEW,
            )
        )
    elif few:
        told.append(t("Pale: a share of fewer than {few} firms.", few=FEW))
    elif indicative:
        told.append(t("Pale: only indicative, more than 10% of the fates unknown."))
    return told


def _alt(
    t: Words,
    metric: Metric,
    given: dict[tuple[str, int], dict[str, Any]],
    keys: Sequence[str],
    ages: Sequence[int],
    notes: Sequence[str],
) -> str:
    """The table row by row: each cohort's first, fifth and latest share, what is only indicative where all are."""
    places = {
        "label": t(metric.label),
        "first": named(t, keys[0]),
        "last": named(t, keys[-1]),
        "youngest": ages[0],
        "oldest": ages[-1],
    }
    told = [
        t("Heat map: {label}; one row, {first}, a column per age from {youngest} to {oldest} years.", **places)
        if len(keys) == 1
        else t(
            "Heat map: {label}; a row per cohort from {first} to {last}, "
            "a column per age from {youngest} to {oldest} years.",
            **places,
        )
    ]
    for key in keys:
        there = [age for age in ages if (key, age) in given]
        if there:
            sure = [age for age in there if not given[key, age]["indicative"]] or there
            shown = there if len(given) <= 12 else sorted({sure[0], *({FIVE} & set(sure)), sure[-1]})
            listed = [
                (
                    t.many("{n} year", "{n} years", age),
                    t("{value:.1%} (indicative)", value=given[key, age]["value"])
                    if given[key, age]["indicative"]
                    else t.share(given[key, age]["value"]),
                )
                for age in shown
            ]
            told.append(t("{name}: {values}.", name=named(t, key), values=values(t, listed)))
    return " ".join([*told, *notes])
