"""What to say when something is missing or breaks: what happened, what still works, what to do."""

from __future__ import annotations

import logging
import secrets
from datetime import date

import streamlit as st

from metrics.ask import NothingLoaded, NotYetKnown, Unknown
from ui import language, scope
from ui.markup import plain
from ui.park import Names
from ui.view import View
from words import Words

log = logging.getLogger("essaim")


def about_the_scope(view: View, filters: scope.Filters, names: Names) -> None:
    """Says what of the address was left out, and stops where a name filtered by was not known yet."""
    t = view.t
    if wrong := scope.dropped():
        st.info(t("Left out, because nothing here is called so: {values}.", values=plain(t.list(wrong))))
    stated = view.park.stated_on
    if stated is not None and view.as_of > stated:
        st.warning(
            t(
                "The day described, {as_of}, lies after the latest day that the files state, {stated}: what happened "
                "since is not known, and the figures of those days are too low.",
                as_of=view.as_of,
                stated=stated,
            )
        )
    if filters.backwards:
        st.info(t("The period ends before it begins: its end is left out."))
    known = {"site": names.sites, "sector": names.sectors, "cohort": names.cohorts}
    absent = [one for key, chosen in view.scope.filters.items() for one in chosen if one not in known[key]]
    if absent:
        st.warning(
            t(
                "Nothing was known of {names} on {day}. Remove that filter, or choose a later day.",
                names=plain(t.list(absent)),
                day=view.known_on,
            )
        )
        st.stop()


def not_yet_known(t: Words, asked: date | None, first: date | None) -> None:
    """What to say about a day before everything known."""
    with st.container(border=True):
        st.title(t("Nothing was known yet"), anchor=False)
        if asked and first:
            st.markdown(
                t("On {asked} nothing had been loaded: the first list was known on {first}.", asked=asked, first=first)
            )
        st.button(t("Show what is known today"), on_click=scope.clear, args=(("known_on",),), key="today")


def sentence(t: Words, error: Exception) -> str | None:
    """What the reader did that leads nowhere, in words; None where it is the app that failed."""
    if isinstance(error, NothingLoaded):
        return t("Nothing is loaded yet: load a list first.")
    if isinstance(error, NotYetKnown):
        return t("Nothing was known yet on the day asked for. Choose a later day under “As known on”.")
    if isinstance(error, Unknown):
        return t("The page asks for a name that is not in these files. Remove a filter and try again.")
    return None


def machine(t: Words, fault: str) -> str:
    """What a full, read-only or failing disk (`data.fault.kind`) did not let happen, and what holds all the same."""
    told = {
        "full": t("The disk of this machine is full or fails, so that nothing can be written."),
        "read-only": t("The disk of this machine can only be read just now, so that nothing can be written."),
        "rights": t("This machine does not let the app write where its ledger is."),
    }
    holds = t("What was accepted before is as it was, and its figures are shown. Tell whoever looks after the app.")
    return " ".join([told.get(fault) or t("This machine did not let the app write or read its files."), holds])


def failure(t: Words, error: Exception, what: str) -> None:
    """In the place of what failed: that it failed, what still works, what to do, and a reference that is in the log."""
    if told := sentence(t, error):
        st.info(told)
        return
    reference = secrets.token_hex(4)
    log.error("Error %s on a page", reference, exc_info=error)
    st.error(
        t(
            "{what} cannot be shown just now. Nothing was changed and the rest of the app works. Try again; if it "
            "stays so, tell whoever looks after the app this reference: **{reference}**",
            what=what,
            reference=reference,
        )
    )


def script_error(error: Exception) -> bool:
    """What a page that broke shows instead of the exception; True: nothing more is to be shown."""
    t = language.spoken()
    failure(t, error, t("This page"))
    return True
