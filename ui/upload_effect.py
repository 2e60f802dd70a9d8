"""The fourth step of an upload: the rows and cells that would change, and the figures before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from data.changes import MOST, Rows
from data.sheets import SHEETS
from metrics import METRICS
from metrics.effect import Effect
from ui import show
from ui.desk import Paper
from ui.upload_columns import label
from ui.view import View
from words import MISSING, Words


def counted(t: Words, paper: Paper) -> str:
    """How many rows are added, changed, removed and left as they are."""
    change = paper.outcome.difference
    return " · ".join(
        [
            t.many("{n:,} row added", "{n:,} rows added", change.added),
            t.many("{n:,} changed", "{n:,} changed", change.changed),
            t.many("{n:,} removed", "{n:,} removed", change.removed),
            t.many("{n:,} as before", "{n:,} as before", change.same),
        ]
    )


def rows(view: View, paper: Paper) -> None:
    """The rows that change: cell by cell, those that come and those that go."""
    t, found, change = view.t, paper.changes, paper.outcome.difference
    assert found is not None
    kind = paper.review.matches[0].kind
    st.markdown(f"**{counted(t, paper)}**")
    taken_back = paper.review.draft.receipt.takes_back if paper.review.draft else []
    if taken_back:
        show.note(t("The invented sample park is taken out: its rows do not count among these."))
    offered = {
        "cells": (t("Changed cells"), found.cells),
        "removed": (t("Removed rows"), found.removed),
        "added": (t("Added rows"), found.added),
    }
    offered = {name: pair for name, pair in offered.items() if len(pair[1])}
    if not offered:
        return
    # The first is shown: what changes is looked at before what comes.
    chosen = st.segmented_control(
        t("Rows"),
        list(offered),
        default=next(iter(offered)),
        format_func=lambda one: offered[one][0],
        key="changed_rows",
        required=True,
        label_visibility="collapsed",
    )
    title, table = offered[chosen if chosen in offered else next(iter(offered))]
    said = listed(t, kind, table)
    st.dataframe(said, hide_index=True, height="auto" if len(said) < 8 else 320, key=f"rows_{chosen}", alt=title)
    full = {"added": change.added, "removed": change.removed}.get(chosen or "", 0)
    if len(said) == MOST and (chosen == "cells" or full > MOST):
        show.note(t("The first {n:,} are listed.", n=MOST))


def listed(t: Words, kind: str, table: Rows) -> pd.DataFrame:
    """Changed cells, or rows, as a reader reads them."""
    names = table.column_names
    columns: dict[str, list[Any]] = {}
    for name in names:
        values = table.column(name).to_pylist()
        if name in ("sheet", "row", "field", "old", "new", "file") or not any(value is not None for value in values):
            continue
        columns[label(t, kind, name)] = [_written(t, value) for value in values]
    if "field" in names:
        fields = table.column("field").to_pylist()
        columns[t("What changes")] = [_field(t, kind, field) for field in fields]
        for name, heading in (("old", t("Before")), ("new", t("After"))):
            values = zip(fields, table.column(name).to_pylist(), strict=True)
            columns[heading] = [_cell(t, kind, field, value) for field, value in values]
    if "file" in names:
        columns[t("File")] = table.column("file").to_pylist()
    columns[t("Row")] = [
        f"{sheet}!{row}"
        for sheet, row in zip(table.column("sheet").to_pylist(), table.column("row").to_pylist(), strict=True)
    ]
    return pd.DataFrame(columns)


def _field(t: Words, kind: str, field: str) -> str:
    if field == "notes":
        return t("Notes")
    if field.endswith("_precision"):
        return t("{field}: how exact", field=label(t, kind, field.removesuffix("_precision")))
    return label(t, kind, field)


def _cell(t: Words, kind: str, field: str, value: str | None) -> str:
    """An old or new text: days as the reader writes them, choices in French for French readers."""
    if value is None:
        return MISSING
    if field.endswith("_precision"):
        return {"day": t("to the day"), "month": t("to the month"), "year": t("to the year")}.get(value, value)
    column = next((column for column in SHEETS[kind].columns if column.name == field), None)
    if column is None:
        return value
    if column.type == "date":
        return t.short_day(date.fromisoformat(value))
    if column.type == "yes_no":
        return t("yes") if value == "true" else t("no")
    words = column.choices.get(value)
    return words[0] if words and t.language == "fr" else value


def _written(t: Words, value: Any) -> Any:
    return t.short_day(value) if isinstance(value, date) else "" if value is None else value


def figures(view: View, paper: Paper) -> None:
    """The headline figures before and after: the network's, and each site's behind a click."""
    t, draft = view.t, paper.review.draft
    st.markdown(f"**{t('The figures, before and after')}**")
    if draft is not None:
        old, new = draft.now.stated_on, _stated(paper)
        if old is not None and new is not None and old != new:
            show.note(t("Before: the situation on {old}. After: the situation on {new}.", old=old, new=new))
    network = [one for one in paper.effects if one.site is None]
    _table(t, network, t("The network"), "network")
    sites = [one for one in paper.effects if one.site is not None]
    moved = [one for one in sites if one.moved]
    if moved:
        with st.expander(t("Site by site"), key="by_site"):
            _table(t, moved, t("Site by site"), "sites")
    elif sites:
        show.note(t("No figure of any site changes."))


def _stated(paper: Paper) -> date | None:
    """The latest day that any list would state."""
    draft, clean = paper.review.draft, paper.review.clean
    days = [date.fromisoformat(day) for r in (draft.receipts if draft else []) if (day := r.body.get("stated_on"))]
    return max(days, default=clean.stated_on if clean else None)


def _table(t: Words, effects: Sequence[Effect], alt: str, key: str) -> None:
    columns: dict[str, list[str]] = {}
    if any(one.site for one in effects):
        columns[t("Site")] = [one.site or "" for one in effects]
    columns[t("Figure")] = [t(METRICS[one.metric].label) for one in effects]
    columns[t("Before")] = [t.value(one.before, METRICS[one.metric].unit) for one in effects]
    columns[t("After")] = [t.value(one.after, METRICS[one.metric].unit) for one in effects]
    columns[t("Change")] = [_change(t, one) for one in effects]
    st.dataframe(pd.DataFrame(columns), hide_index=True, height="content", key=f"effect_{key}", alt=alt)


def _change(t: Words, one: Effect) -> str:
    if one.before is None or one.after is None:
        return MISSING if one.before == one.after else t("new") if one.before is None else t("no longer given")
    change = one.after - one.before
    unit = METRICS[one.metric].unit
    if unit == "share":
        return t("{change} points", change=t.signed(100 * change, 1)) if change else "0"
    if unit == "days":
        return t("{change} days", change=t.signed(change))
    return t.signed(change)
