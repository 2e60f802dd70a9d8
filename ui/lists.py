"""The park's lists as readers see them: its sites and sectors, and what words of spreadsheets were said to mean."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import pandas as pd
import streamlit as st

from data.spellings import FIELDS, Spelling, spell, spellings
from ui import history, park, past, reader, scope, show
from ui.decisions import choices, fields, meant
from ui.markup import plain
from ui.trouble import failure
from ui.view import View

_SAID = "essaim_lists_said"


def author(view: View) -> None:
    """Whose name the receipts of this page will bear."""
    t = view.t
    show.note(
        t(
            "Each decision is a receipt in your name, {by}: it stands on the page History and can be taken back there.",
            by=reader.who().name,
        )
    )


def by() -> str:
    """The name of the reader, who may write here. Raises SignedOut, NotYours."""
    return reader.must("lists").name


def note(kind: str, receipt: int) -> None:
    """Has the log and the reader told of a decision that was written."""
    reader.noting()("decision", kind=kind, receipt=receipt)
    tell("written", receipt)


def tell(what: str, more: object = None) -> None:
    """Keeps what became of a decision, to be said in the next run."""
    st.session_state[_SAID] = (what, more)


def said(view: View) -> None:
    """What became of the last decision, said once."""
    t = view.t
    what, more = st.session_state.pop(_SAID, (None, None))
    if what == "written":
        st.success(t("Written: receipt {number} says so.", number=str(more)))
    elif what == "refused":
        st.warning(plain(t(more[0], **more[1])) if isinstance(more, tuple) else "")
    elif what == "failed" and isinstance(more, Exception):
        failure(t, more, t("This decision"))


def names(view: View) -> None:
    """The sites and sectors there are."""
    t = view.t
    left, right = show.side_by_side(2)
    for place, by_what, heading in ((left, "site", t("Sites")), (right, "sector", t("Sectors"))):
        with place:
            show.section(heading)
            known = view.sites if by_what == "site" else view.sectors
            if not known:
                show.note(t("The files name none yet."))
                continue
            show.table(view, pd.DataFrame({heading: list(known)}), alt=heading, key=f"list_{by_what}")


def spelt(view: View) -> None:
    """Every spelling that was settled, who said so, and a way to say it otherwise."""
    t = view.t
    show.section(t("Spellings"))
    show.note(t("What was said of a word holds for every list to come. It moves no figure of what is loaded."))
    found = spellings(past.receipts())
    if not found:
        show.note(t("No word had to be settled yet."))
    else:
        named = fields(t)
        rows = {
            t("Field"): [named.get(one.field, one.field) for one in found],
            t("As written"): [one.written for one in found],
            t("Means"): [meant(t, one.field, one.means) for one in found],
            t("Receipt"): [one.receipt.number for one in found],
            t("By whom"): [str(one.receipt.body.get("by") or "") for one in found],
            t("Written"): [history.when(t, datetime.fromisoformat(one.receipt.body["accepted_at"])) for one in found],
        }
        heading = t.many("{n:,} spelling", "{n:,} spellings", len(found))
        show.table(view, pd.DataFrame(rows), alt=heading, key="spellings")
    if park.sight().sites is not None:
        show.note(t("What a word means is said by who may see all sites: it holds for the lists of each."))
        return
    with st.expander(t("Say what a word means"), key="say_spelling"):
        _form(view, found)


def _form(view: View, found: list[Spelling]) -> None:
    t, named = view.t, fields(view.t)
    known = {"": t("a word not settled yet")} | {
        str(place): t("{field}: {value}", field=named.get(one.field, one.field), value=one.written)
        for place, one in enumerate(found)
    }
    chosen = st.selectbox(t("Word"), list(known), format_func=lambda one: known[one], key="spelling_of")
    if chosen:
        field, written = found[int(chosen)].field, found[int(chosen)].written
    else:
        field = st.selectbox(t("Field"), FIELDS, format_func=lambda one: named[one], key="spelling_field")
        written = st.text_input(t("As written"), key="spelling_written", max_chars=120)
    options = list(choices(field)) or list({"site": view.sites, "sector": view.sectors}.get(field, ()))
    means = st.selectbox(
        t("Means"),
        options,
        index=None,
        placeholder=t("nothing"),
        format_func=lambda one: meant(t, field, one),
        key=f"spelling_means_{field}_{chosen}",
    )
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            t("Say so"),
            type="primary",
            key="spelling_yes",
            disabled=not written.strip(),
            on_click=partial(_write, field, written.strip(), means),
        )
        if chosen:
            st.button(t("Forget it"), key="spelling_no", on_click=partial(_write, field, written, None, forget=True))


def _write(field: str, written: str, means: str | None, forget: bool = False) -> None:
    scope.rewrite()
    try:
        receipt = spell(park.warehouse(), field, written, means, by(), forget, park.sight())
        note("spelling", receipt.number)
    except Exception as error:
        tell("failed", error)
