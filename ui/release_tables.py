"""The tables of a release as strangers meet them, what is hidden in them and why, and what changed between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from charts.says import heading
from metrics import METRICS
from metrics.ask import NONE
from publish import reasons
from publish.cells import OTHER
from publish.columns import WHOLE, title
from publish.content import HIDDEN, OPTIONAL, Content, metric_of
from publish.curves import QUARTER
from publish.reasons import Hidden, Reasons
from publish.release import labels, revisions
from ui import show
from ui.view import View
from words import MISSING, Words

# In this order, what is left of it, down; what is right of it, across.
DIMENSIONS = ("age_days", "month", "years", "year", "age", "site", "sector", "programme")
# Tables as a publisher looks through them; whatever else there is comes after.
ORDER = ("hosted", "entries", *OPTIONAL)
MOST = 500


def table_name(t: Words, name: str) -> str:
    """A table of a release in words."""
    if name == "survival_by_age":
        return t("Cohorts, age by age")
    return t("Programme intakes") if name == "programmes" else title(name, t)


def label(t: Words, dimension: str, name: str) -> str:
    """One label of a cell in words: a site, a sector, a year, an age."""
    if dimension in ("site", "sector", "programme"):
        none = t("No programme") if dimension == "programme" else t("(not stated)")
        return {OTHER: t("Other"), NONE: none}.get(name, name)
    if dimension == "month":
        return t.period(name)
    if dimension == "age_days":
        return t("{years} years", years=t.number(round(int(name) / QUARTER) / 4, 2))
    if dimension == "age":
        return t.many("{n:,} year after", "{n:,} years after", int(name))
    return name


def about(t: Words, its: Mapping[str, str]) -> str:
    """What a figure is of."""
    return ", ".join(label(t, dimension, name) for dimension, name in its.items()) or t("Whole network")


def _heading(t: Words, dimension: str) -> str:
    more = {"years": t("Entry years"), "age": t("Age"), "age_days": t("Since entry")}
    return more.get(dimension) or heading(t, dimension)


def _cut(cell: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dimension for dimension in DIMENSIONS if dimension in cell)


def value(t: Words, name: str, cell: Mapping[str, Any]) -> str:
    if cell.get("status") == HIDDEN:
        return HIDDEN
    value = cell.get("value")
    if name in WHOLE:
        return t.share(value, 0)
    return MISSING if value is None else t.value(float(value), _unit(name))


def _unit(name: str) -> str:
    return METRICS[metric_of(name)].unit


def shown(view: View, content: Content, key: str, why: Reasons | None = None) -> None:
    """One table at a time, cut as it is in the release; for a draft, why each hidden figure is."""
    t, tables = view.t, content.told["tables"]
    names = [name for name in (*ORDER, *tables) if name in tables]
    told = {name: _counted(t, name, tables[name]["cells"]) for name in dict.fromkeys(names)}
    with show.row():
        name = _one(t("Table"), told, f"{key}_table")
        cells = tables[name]["cells"]
        cuts = sorted(
            {_cut(cell) for cell in cells}, key=lambda cut: (len(cut), [DIMENSIONS.index(one) for one in cut])
        )
        # The whole stands in the last line of each list that adds up to it.
        cuts = [cut for cut in cuts if cut or not any(len(one) == 1 for one in cuts)]
        cut_names = {str(place): _cut_told(t, cut) for place, cut in enumerate(cuts)}
        place = _one(t("Cut"), cut_names, f"{key}_cut_{name}")
    cut = cuts[int(place)]
    mine = [cell for cell in cells if _cut(cell) == cut or (len(cut) == 1 and not _cut(cell))]
    alt = f"{table_name(t, name)}, {cut_names[place]}"
    rows = _crossed(t, name, cut, mine) if len(cut) == 2 else _listed(t, name, cut, mine, why)
    right = {column: st.column_config.TextColumn(alignment="right") for column in _figures(t, rows, cut)}
    st.dataframe(rows, hide_index=True, alt=alt, key=f"{key}_rows_{name}_{place}", width="content", column_config=right)
    if any(cell.get("status") == HIDDEN for cell in mine):
        show.note(t("c: hidden. Strangers are told that it is, never why, and never which number it was."))
    if why is not None and name == "survival_curve" and why.curveless:
        groups = t.list(label(t, "site", one) for one in why.curveless)
        show.note(t("No curve is given for {groups}: too few closures, or too few firms.", groups=groups))


def _one(label: str, options: Mapping[str, str], key: str) -> str:
    """One of some, by its name; the first unless another is chosen."""
    chosen = st.selectbox(label, list(options), format_func=lambda one: options[one], key=key, width=340)
    return str(chosen or next(iter(options)))


def _counted(t: Words, name: str, cells: Sequence[Mapping[str, Any]]) -> str:
    """A table and how much of it is hidden."""
    few = sum(cell.get("status") == HIDDEN for cell in cells)
    return f"{table_name(t, name)} ({t.many('{n:,} hidden', '{n:,} hidden', few)})" if few else table_name(t, name)


def _figures(t: Words, rows: pd.DataFrame, cut: Sequence[str]) -> list[str]:
    """The columns that hold figures."""
    words = {_heading(t, dimension) for dimension in (cut[:1] if len(cut) == 2 else cut)} | {t("Of"), t("Why hidden")}
    return [str(column) for column in rows if column not in words]


def _cut_told(t: Words, cut: tuple[str, ...]) -> str:
    if not cut:
        return t("Whole network")
    return t("by {dimensions}", dimensions=t.list(_heading(t, dimension).lower() for dimension in cut))


def cut_named(t: Words, table: str, by: Sequence[str]) -> str:
    """A table and how it is cut."""
    return f"{table_name(t, table)} ({_cut_told(t, tuple(by))})"


def _listed(
    t: Words, name: str, cut: tuple[str, ...], cells: Sequence[Mapping[str, Any]], why: Reasons | None
) -> pd.DataFrame:
    """A line per figure, with what is printed beside it."""
    said = {} if why is None else {tuple(one.labels.items()): one for one in why.hidden if one.table == name}
    rows = []
    for cell in _ordered(cells):
        whole = "" if _cut(cell) else t("Whole network")
        row: dict[str, str] = {_heading(t, one): whole or label(t, one, str(cell[one])) for one in cut}
        if not cut:
            row[t("Of")] = whole
        row[t("As printed")] = value(t, name, cell)
        if any("low" in one for one in cells):
            there = cell.get("low") is not None and cell.get("high") is not None
            row[t("95 % interval")] = f"{t.share(cell['low'])} – {t.share(cell['high'])}" if there else ""
        if any("n" in one or "at_risk" in one for one in cells):
            n = cell.get("n", cell.get("at_risk"))
            row[t("Firms")] = "" if n is None else t.count(n)
        if said:
            hidden = said.get(tuple(labels(dict(cell))))
            row[t("Why hidden")] = why_told(t, hidden.why) if hidden else ""
        rows.append(row)
    return pd.DataFrame(rows)


def _crossed(t: Words, name: str, cut: tuple[str, ...], cells: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The first dimension down, the second across; what is not listed is nobody, or no figure where it is a share."""
    down, across = cut
    ordered = _ordered(cells)
    columns = sorted({str(cell[across]) for cell in ordered}, key=lambda one: _order(across, one))
    at = {(str(cell[down]), str(cell[across])): cell for cell in ordered}
    nobody = {"value": 0 if _unit(name) == "firms" else None}
    return pd.DataFrame(
        [
            {
                _heading(t, down): label(t, down, row),
                **{label(t, across, one): value(t, name, at.get((row, one), nobody)) for one in columns},
            }
            for row in dict.fromkeys(str(cell[down]) for cell in ordered)
        ]
    )


def _ordered(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By their labels, each as it counts; the whole last."""

    def order(cell: Mapping[str, Any]) -> tuple[Any, ...]:
        return not _cut(cell), *(_order(dimension, str(cell[dimension])) for dimension in _cut(cell))

    return sorted(cells, key=order)


def _order(dimension: str, name: str) -> tuple[Any, ...]:
    if dimension in ("age", "age_days"):
        return int(name), ""
    # What was put together and what is not stated come last.
    return int(name in (OTHER, NONE)), name.casefold()


def why_told(t: Words, why: str) -> str:
    """A reason in words."""
    return {
        reasons.SMALL: t("few firms"),
        reasons.HOLDING: t("tells of one holding"),
        reasons.RATE: t("few firms on one side of the share"),
        reasons.AGAIN: t("hidden in an earlier release, and the same since"),
        reasons.CHANGE: t("an earlier release taken from it tells of few firms"),
        reasons.OTHERS: t("others could be worked out by subtraction"),
    }[why]


def hidden(view: View, found: Reasons) -> None:
    """Every figure printed as "c": of what, why, and what it is in truth."""
    t = view.t
    rows = pd.DataFrame(
        [
            {
                t("Table"): table_name(t, one.table),
                t("Of"): about(t, one.labels),
                t("Why hidden"): why_told(t, one.why),
                t("In truth"): _truth(t, one),
            }
            for one in found.hidden
        ]
    )
    st.dataframe(rows, hide_index=True, alt=t("Hidden figures"), key="hidden_rows", width="stretch")
    show.note(t("“In truth” stands here alone, for those who publish: in no page, file or answer for others."))


def _truth(t: Words, one: Hidden) -> str:
    value = t.value(float(one.value), _unit(one.table))
    if one.parts is None:
        return value
    return t("{value} ({part} of {all})", value=value, part=t.count(int(one.parts[0])), all=t.count(int(one.parts[1])))


def changed(view: View, before: Content, after: Content, key: str) -> int:
    """What two releases do not say alike, in a table; returns how many figures."""
    t = view.t
    found = [one for one in revisions(before, after) if one.table != "survival_curve"]
    found.sort(key=lambda one: ORDER.index(one.table) if one.table in ORDER else len(ORDER))
    if not found:
        show.note(t("No figure that both releases give was changed."))
        return 0
    rows = pd.DataFrame(
        [
            {
                t("Table"): table_name(t, one.table),
                t("Of"): about(t, one.labels),
                t("Before"): value(t, one.table, one.before),
                t("After"): value(t, one.table, one.after),
            }
            for one in found[:MOST]
        ]
    )
    right = {column: st.column_config.TextColumn(alignment="right") for column in (t("Before"), t("After"))}
    alt = t("What changed")
    st.dataframe(rows, hide_index=True, alt=alt, key=f"changed_{key}", width="content", column_config=right)
    if len(found) > MOST:
        show.note(t("The first {most:,} of {n:,} are shown.", most=MOST, n=len(found)))
    return len(found)
