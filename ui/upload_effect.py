"""The fourth step of an upload: the figures before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext

import pandas as pd
import streamlit as st

from data.jobs import Job
from data.review import Draft
from data.warehouse import Built, Generation
from metrics import METRICS
from metrics.effect import Effect, scope_of
from ui import park, past, show
from ui.asked import Asked, State
from ui.behind import door
from ui.desk import Paper
from ui.view import View
from words import MISSING, Words


def figures(view: View, job: Job, paper: Paper) -> None:
    """The headline figures before and after: the network's, each site's behind a click, and the firms behind each."""
    t, draft = view.t, paper.review.draft
    if not paper.effects:
        return
    st.markdown(f"**{t('The figures, before and after')}**")
    if draft is not None:
        old, new = draft.now.stated_on, paper.stated_on
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
    if draft is not None:
        door(view, lambda: behind(t, job, paper), f"effect_{job.id}")


def behind(t: Words, job: Job, paper: Paper) -> list[Asked]:
    """Every figure before and after, the network's first, for those who ask for the firms behind it."""
    draft = paper.review.draft
    assert draft is not None
    before, after = _states(t, job, paper, draft)
    asked = []
    for one in paper.effects:
        if one.site is not None and not one.moved:
            continue
        label = t(METRICS[one.metric].label)
        label = label if one.site is None else t("{figure}, {site}", figure=label, site=one.site)
        for value, stated_on, state, told in (
            (one.before, draft.now.stated_on, before, t("{figure}, before", figure=label)),
            (one.after, paper.stated_on, after, t("{figure}, after", figure=label)),
        ):
            if value is not None and stated_on is not None:
                asked.append(Asked(told, one.metric, scope_of(one, stated_on), state=state))
    return asked


def _states(t: Words, job: Job, paper: Paper, draft: Draft) -> tuple[State, State]:
    """What is known without the file and what would be known with it, or is, where it was accepted."""
    if job.receipt is not None:
        receipts = past.receipts()
        before = [one for one in receipts if one.number < job.receipt]
        return past.after(t, before), past.after(t, [one for one in receipts if one.number <= job.receipt])
    now = State(t("Known now, without this file."), lambda: nullcontext(draft.now))
    return now, State(
        t("Known once this file is accepted; nothing of it is written yet."),
        lambda: trial(draft),
        draft.receipt,
        paper.review.book,
    )


@contextmanager
def trial(draft: Draft) -> Iterator[Generation]:
    """The generation that an upload was worked out on, as long as it is there; else one like it, in memory."""
    if draft.trial.exists():
        with closing(Built(park.warehouse(), draft.receipts, draft.trial)) as then:
            yield then
    else:
        with closing(past.Past(draft.receipts, draft.clean(park.warehouse()))) as then:
            yield then


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
