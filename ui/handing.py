"""Files that not everybody may have: handed out once, to the one session that asked, by a link that soon dies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import streamlit as st

from access import tickets
from ui import reader, scope
from words import Words

_HANDED = "essaim_handed"
_NONE: Mapping[str, Any] = MappingProxyType({})


def file(
    t: Words,
    label: str,
    name: str,
    mime: str,
    make: Callable[[], bytes],
    key: str,
    asks: str,
    event: str = "",
    facts: Mapping[str, Any] = _NONE,
) -> None:
    """A button that makes a link to a file, for readers who may do what it `asks`; for others there is nothing.

    The log says it as `event` with its `facts`, or as an export of what it asks. Such a file never lies among
    Streamlit's, which anybody signed in may fetch who knows the address.
    """
    if not reader.may(asks):
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", width="content", key=f"file_{key}"):
        st.button(label, key=key, on_click=partial(_hand, name, mime, make, key, asks, event, facts))
        handed = st.session_state.get(_HANDED)
        if handed and handed[0] == key:
            st.link_button(
                t("Save it now"),
                handed[1],
                type="primary",
                help=t("The link works once, within five minutes, and for you alone."),
            )
            # Whatever is done next, the link was used or is no longer wanted.
            del st.session_state[_HANDED]


def _hand(
    name: str, mime: str, make: Callable[[], bytes], key: str, asks: str, event: str, facts: Mapping[str, Any]
) -> None:
    scope.rewrite()
    who = reader.must(asks)
    st.session_state[_HANDED] = (key, tickets.issue(who.session, name, mime, make))
    reader.noting()(event or "export", **(facts if event else {"what": asks}))
