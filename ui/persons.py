"""One person in all the files, at their request: what is kept about them, handed out or erased for good."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from data.erasing import Unerasable
from data.persons import SHORTEST, Erased, Found, TooShort, erase, export, find
from ui import handing, park, reader, scope, show
from ui.markup import plain
from ui.trouble import failure
from ui.view import View
from words import Words

_TEXT, _REASON, _SURE, _SAID = "persons_text", "persons_reason", "persons_sure", "essaim_persons_said"
MOST = 500


def said(view: View) -> None:
    """What became of the last erasure, said once."""
    t = view.t
    what, more = st.session_state.pop(_SAID, (None, None))
    if what == "failed":
        failure(t, more, t("The erasure"))
    elif what == "unerasable":
        st.warning(t("One of the files cannot be written again without these cells. Nothing was erased."))
    elif what == "named":
        st.warning(t("The receipt keeps the reason: write it without the person's name. Nothing was erased."))
    elif isinstance(more, Erased):
        _told(t, more)


def _told(t: Words, done: Erased) -> None:
    if done.receipt is not None:
        st.success(
            t.many(
                "{n:,} cell is erased: receipt {number} says so. Backups made before still hold it.",
                "{n:,} cells are erased: receipt {number} says so. Backups made before still hold them.",
                len(done.gone),
                number=str(done.receipt),
            )
        )
    if done.jobs:
        st.info(
            t.many("{n:,} upload under way was set aside.", "{n:,} uploads under way were set aside.", len(done.jobs))
        )
    if done.receipts:
        numbers = t.list([str(one) for one in done.receipts])
        st.warning(t("The receipts {numbers} hold the text in their own words, which stay.", numbers=numbers))
    for name in done.unread:
        st.warning(plain(t("{file} cannot be read any more: whether it speaks of the person is not known.", file=name)))
    if done.receipt is None and not done.jobs:
        st.info(t("Nothing that could be erased speaks of this person."))


def limited(view: View) -> bool:
    """Whether the reader sees some sites alone, and so not all that the files keep; then that is said."""
    if park.sight().sites is None:
        return False
    show.note(view.t("A person may be named in the files of every site: this page is for readers of all sites."))
    return True


def asked(view: View) -> str:
    """Whom the request is about; "" where nobody is named yet."""
    t = view.t
    with st.form("persons"):
        text = st.text_input(t("A name, an e-mail address or a telephone number"), key=_TEXT, max_chars=200)
        st.form_submit_button(t("Look in every file"), on_click=_look)
    return str(text or "").strip()


def _look() -> None:
    scope.rewrite()
    reader.must("erase")
    reader.noting()("persons-seen", what="search")


def found(view: View, text: str) -> list[Found]:
    """Every cell that speaks of the person, in a table; none where the text is too short, which is said."""
    t = view.t
    try:
        with st.spinner(t("Every file is opened …")):
            cells = find(park.warehouse(), text)
    except TooShort:
        st.warning(t("Give at least {least} letters or digits.", least=str(SHORTEST)))
        return []
    if not cells:
        show.note(t("No file speaks of this person."))
        return []
    st.markdown(t.many("{n:,} cell speaks of this person.", "{n:,} cells speak of this person.", len(cells)))
    rows = {
        t("File"): [one.file for one in cells[:MOST]],
        t("Cell"): [f"{one.sheet}!{one.cell or one.row}" for one in cells[:MOST]],
        t("Column"): [one.header for one in cells[:MOST]],
        t("Text"): [one.text for one in cells[:MOST]],
        t("When erased"): [t("stays: figures are made of it") if one.stays else t("goes") for one in cells[:MOST]],
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("Cells"), key="persons_cells", width="stretch")
    return cells


def handed_out(view: View, text: str) -> None:
    """What is kept about the person, as a file for them."""
    t = view.t
    make = partial(export, park.warehouse(), text)
    label, event = t("Make a file for the person"), "person-exported"
    handing.file(t, label, "essaim-person.json", "application/json", make, "person", "erase", event)


def erased(view: View, text: str, cells: Sequence[Found]) -> None:
    """The form that erases, which wants a reason and a yes."""
    t = view.t
    show.section(t("Erase"))
    show.note(
        t(
            "The cells leave the files, the rows and the uploads under way, for good: this cannot be taken back. The "
            "figures stay as they are, and a receipt says that it was done, by whom and why, but not about whom."
        )
    )
    with st.form("erase"):
        st.text_input(t("Reason, without the person's name"), key=_REASON, max_chars=200)
        st.checkbox(t("Erase these cells for good"), key=_SURE)
        st.form_submit_button(t("Erase"), type="primary", on_click=partial(_erase, text), disabled=not cells)


def _erase(text: str) -> None:
    scope.rewrite()
    who = reader.must("erase")
    if who.sites:
        raise reader.NotYours("erase")
    reason = str(st.session_state.get(_REASON) or "").strip()
    if not (st.session_state.get(_SURE) and reason):
        return
    try:
        if text.casefold() in f"{reason} {who.name}".casefold():
            st.session_state[_SAID] = ("named", None)
            return
        done = erase(park.warehouse(), text, who.name, reason)
    except Unerasable:
        st.session_state[_SAID] = ("unerasable", None)
    except Exception as error:
        st.session_state[_SAID] = ("failed", error)
    else:
        st.session_state[_SAID] = ("done", done)
        if done.receipt is not None:
            reader.noting()("person-erased", receipt=done.receipt, rows=len(done.gone))
