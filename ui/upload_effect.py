"""The fourth step of an upload: the figures before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from metrics import METRICS
from metrics.effect import Effect
from ui import show
from ui.desk import Paper
from ui.view import View
from words import MISSING, Words


def figures(view: View, paper: Paper) -> None:
    """The headline figures before and after: the network's, and each site's behind a click."""
    t, draft = view.t, paper.review.draft
    if not paper.effects:
        return
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
