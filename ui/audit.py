"""The log as an auditor reads it: who did what, when and from where, and whether any of it was changed since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import streamlit as st

from access.log import EVENTS, Broken, Entry, Log
from ui import handing, reader, scope, show
from ui.accounts import moment, role
from ui.view import View
from words import MISSING, Words

PER_PAGE = 100
_BEFORE, _CHECKED = "essaim_audit_before", "essaim_audit_checked"


def checked(view: View) -> None:
    """A way to have the whole chain checked, and what came of it."""
    t = view.t
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(t("Check the whole log"), key="check_log", on_click=_check)
        handing.file(
            t,
            t("Make a file of the whole log"),
            "essaim-log.jsonl",
            "application/jsonl",
            _lines,
            key="log_file",
            asks="audit",
            event="log-exported",
        )
    found = st.session_state.pop(_CHECKED, None)
    if isinstance(found, Broken):
        st.error(t("The log was tampered with: its first wrong line is number {number}.", number=str(found.number)))
    elif found is not None:
        st.success(
            t.many(
                "{n:,} line, each chained to the one before: none was changed, none is missing.",
                "{n:,} lines, each chained to the one before: none was changed, none is missing.",
                found,
            )
        )


def _check() -> None:
    scope.rewrite()
    reader.must("audit")
    try:
        st.session_state[_CHECKED] = Log(reader.store()).verify()
    except Broken as broken:
        st.session_state[_CHECKED] = broken


def _lines() -> bytes:
    return "".join(f"{line}\n" for line in Log(reader.store()).lines()).encode()


def listed(view: View) -> None:
    """The newest lines, of one kind or of all, and the way to those before."""
    t = view.t
    titles = {"": t("all"), **{kind: t(one.title) for kind, one in EVENTS.items()}}
    kind = show.choice(view, t("What"), titles, key="what", menu=True)
    asked, before = st.session_state.get(_BEFORE, ("", None))
    before = before if asked == kind else None
    found = Log(reader.store()).events(kinds=[kind] if kind else (), n=PER_PAGE + 1, before=before)
    if not found:
        show.note(t("The log holds no such line."))
        return
    shown = found[:PER_PAGE]
    st.dataframe(
        pd.DataFrame(_rows(t, shown)), hide_index=True, alt=t("Log"), key="log", width="stretch", height="content"
    )
    with st.container(horizontal=True, gap="xsmall"):
        if before is not None:
            st.button(t("Newest lines"), key="newest", on_click=_turn, args=(kind, None))
        if len(found) > PER_PAGE:
            st.button(t("Older lines"), key="older", on_click=_turn, args=(kind, shown[-1].number))


def _turn(kind: str, before: int | None) -> None:
    scope.rewrite()
    st.session_state[_BEFORE] = (kind, before)


def _rows(t: Words, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [
        {
            t("Line"): one.number,
            t("When"): moment(t, one.at),
            t("Who"): one.who["name"] if one.who else MISSING,
            t("Role"): role(t, one.who["role"]) if one.who else MISSING,
            t("What"): t(EVENTS[one.kind].title) if one.kind in EVENTS else one.kind,
            t("Facts"): ", ".join(f"{name} {_told(value)}" for name, value in one.facts.items()),
            t("From"): one.address or MISSING,
        }
        for one in entries
    ]


def _told(value: Any) -> str:
    return " + ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
