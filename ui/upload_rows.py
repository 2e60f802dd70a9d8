"""The rows that an upload would change, group by group, and which of them are left as they were."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from data.changes import MOST, Rows, at_site, keys_of
from data.jobs import Job
from data.leaving import Proposal
from data.sheets import SHEETS
from ui import show
from ui.desk import Paper
from ui.upload_columns import label, says
from ui.view import View
from words import MISSING, Words

_SHOWN = "essaim_shown_"
_NOT_SHOWN = {"key", "other", "sheet", "row", "field", "old", "new", "file"}


def counted(t: Words, paper: Paper) -> str:
    """How many rows are added, changed, removed and left as they are."""
    change = paper.outcome.difference
    told = [
        t.many("{n:,} row added", "{n:,} rows added", change.added),
        t.many("{n:,} changed", "{n:,} changed", change.changed),
        t.many("{n:,} removed", "{n:,} removed", change.removed),
    ]
    if change.moved:
        told[-1] += " " + t.many("({n:,} firm of these moves site)", "({n:,} firms of these move site)", change.moved)
    told.append(t.many("{n:,} as before", "{n:,} as before", change.same))
    if change.left:
        told.append(t.many("{n:,} left as it was", "{n:,} left as they were", change.left))
    return " · ".join(told)


def rows(view: View, job: Job, paper: Paper) -> None:
    """The rows that would change: cell by cell, those that come, go and move, each of them taken or left."""
    t, found, proposal = view.t, paper.changes, paper.review.proposal
    assert found is not None and proposal is not None
    st.markdown(f"**{counted(t, paper)}**")
    taken_back = paper.review.draft.receipt.takes_back if paper.review.draft else []
    if taken_back:
        show.note(t("The invented sample park is taken out: its rows do not count among these."))
    offered = {
        "moved": (t("Firms that move site"), found.moved),
        "changed": (t("Changed cells"), found.cells),
        "removed": (t("Removed rows"), found.removed),
        "added": (t("Added rows"), found.added),
    }
    offered = {name: pair for name, pair in offered.items() if len(pair[1])}
    if not offered:
        return
    key = f"changed_rows_{job.id}"
    # The first is shown: what changes is looked at before what comes.
    _again(key, list(offered), next(iter(offered)))
    chosen = st.segmented_control(
        t("Rows"),
        list(offered),
        format_func=lambda one: offered[one][0],
        key=key,
        required=True,
        label_visibility="collapsed",
    )
    group = chosen if chosen in offered else next(iter(offered))
    st.session_state[_SHOWN + key] = group
    _table(view, job, proposal, group, *offered[group])


def _again(key: str, offered: Sequence[str], first: str | None) -> None:
    """Chooses what was chosen before the work that a decision sets off, during which the choice is not on the page."""
    if key not in st.session_state or st.session_state[key] not in (*offered, first):
        before = st.session_state.get(_SHOWN + key)
        st.session_state[key] = before if before in offered else first


def _table(view: View, job: Job, proposal: Proposal, group: str, title: str, table: Rows) -> None:
    """One group of rows, those of one site where so chosen, and what to do with them or with those selected."""
    t, sites = view.t, sorted(proposal.groups[group])
    site = None
    if len(sites) > 1:
        chosen = f"rows_site_{group}_{job.id}"
        _again(chosen, sites, None)
        site = st.selectbox(
            t("Rows of the site"),
            sites,
            index=None,
            format_func=lambda one: one or t("no site said"),
            placeholder=t("all sites"),
            key=chosen,
        )
        st.session_state[_SHOWN + chosen] = site
        table = table if site is None else at_site(table, site)
    said = listed(t, proposal.sheet.kind, table, proposal.left)
    key = f"rows_{group}_{sites.index(site) if site is not None else ''}_{job.turn}"
    st.dataframe(
        said,
        hide_index=True,
        height="auto" if len(said) < 8 else 320,
        key=key,
        alt=title,
        on_select="rerun",
        selection_mode="multi-row",
    )
    if len(said) == MOST:
        show.note(t("The first {n:,} are listed.", n=MOST))
    selected = [row for row in st.session_state[key]["selection"]["rows"] if row < len(table)]
    word = group if site is None else f"{group}:{site}"
    keys = frozenset().union(*(keys_of(table)[row] for row in selected)) if selected else proposal.meant(word)
    leave, take = keys - proposal.left, keys & proposal.left
    with st.container(horizontal=True, vertical_alignment="center", key="leaving"):
        if leave:
            told = (
                t.many("Leave the selected row as it was", "Leave the {n:,} selected rows as they were", len(selected))
                if selected
                else t("Leave all of these as they were")
            )
            words = leaving(proposal, job.choices.left_as_they_were, keys, None if selected else word)
            st.button(told, key="leave", on_click=partial(says, job, left=words))
        if take:
            told = (
                t.many("Take the selected row", "Take the {n:,} selected rows", len(selected))
                if selected
                else t("Take all of these")
            )
            words = taking(proposal, job.choices.left_as_they_were, keys)
            st.button(told, key="take", on_click=partial(says, job, left=words))
        if proposal.left and take != proposal.left:
            st.button(t("Take everything"), key="take_all", type="tertiary", on_click=partial(says, job, left=[]))
    show.note(
        t(
            "Select rows at their left edge to leave single ones as they were: what is left is neither added, changed "
            "nor removed, and the figures are worked out without it. A row with several changed cells is one row."
        )
    )


def leaving(proposal: Proposal, words: tuple[str, ...], keys: Set[str], group: str | None) -> list[str]:
    """What is said once these rows are left too, as their whole `group` where that is meant."""
    others = [word for word in words if (meant := proposal.meant(word)) and not meant <= keys]
    covered: frozenset[str] = frozenset().union(*map(proposal.meant, others))
    return [*others, *([group] if group else sorted(keys - covered))]


def taking(proposal: Proposal, words: tuple[str, ...], keys: Set[str]) -> list[str]:
    """What is said once these rows are taken after all: a group that holds one of them becomes its other rows."""
    said: list[str] = []
    for word in words:
        meant = proposal.meant(word)
        said += ([word] if meant else []) if meant.isdisjoint(keys) else sorted(meant - keys)
    return list(dict.fromkeys(said))


def listed(t: Words, kind: str, table: Rows, left: Set[str]) -> pd.DataFrame:
    """Changed cells, or rows, as a reader reads them, those whose key is in `left` said to be left as they were."""
    names = table.column_names
    said = {True: t("left"), False: t("taken")}
    columns: dict[str, list[Any]] = {t("Choice"): [said[not left.isdisjoint(keys)] for keys in keys_of(table)]}
    for name in names:
        values = table.column(name).to_pylist()
        if name in _NOT_SHOWN or not any(value is not None for value in values):
            continue
        columns[t("Site before") if name == "site_before" else label(t, kind, name)] = [
            _written(t, value) for value in values
        ]
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
