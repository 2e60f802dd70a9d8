"""Which language a reader is spoken to in, and the switch between them."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar

import streamlit as st

import words
from words import LANGUAGES, Words

KEY = "lang"
_spoken: ContextVar[Words] = ContextVar("spoken")


def preferred(asked: str | None, accepted: str | None) -> str:
    """The language of one who asked for it in the URL, else in the browser ("fr-MA,fr;q=0.8"), else of the house."""
    tags = (tag.partition(";") for tag in (accepted or "").split(","))
    browser = [name.strip() for name, _, quality in tags if not re.fullmatch(r"\s*q=0(\.0*)?\s*", quality)]
    return words.preferred(asked, *browser, os.environ.get("ESSAIM_LANG"))


def switch() -> Words:
    """Draws the switch and gives the words of the language that is on."""
    # Without a default of its own the switch leaves every language in the URL, the browser's own among them. A value in
    # the URL that names no language is dropped by the switch itself.
    default = preferred(None, st.context.headers.get("Accept-Language") or st.context.locale)
    if KEY not in st.session_state and st.query_params.get(KEY) not in LANGUAGES:
        st.session_state[KEY] = default
    language = st.segmented_control(
        "Langue · Language",
        list(LANGUAGES),
        required=True,
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    t = words.of(language or default)
    _spoken.set(t)
    return t


def spoken() -> Words:
    """The words of this run, whatever went wrong in it."""
    t = _spoken.get(None)
    return t or words.of(preferred(None, st.context.locale))
