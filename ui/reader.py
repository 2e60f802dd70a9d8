"""Who reads: the name behind the session that this run belongs to, and what that person may do here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import cache

import streamlit as st
from streamlit.proto.BackMsg_pb2 import BackMsg

from access import sessions
from access.hosts import Hosts, is_loopback, normal
from access.log import Log
from access.pages import PAGES
from access.partner_links import PartnerLinks
from access.roles import Who
from access.secret import secret
from access.store import Store
from data.sight import Sight
from ui.markup import plain
from words import Words

# What was looked up so lately, in seconds, is not looked up again: a session that has ended ends here as soon.
KEPT = 2.0
log = logging.getLogger("essaim")
SESSION = "essaim_session"
_kept: dict[str, tuple[float, Who | None]] = {}
_lock = threading.Lock()


class SignedOut(Exception):
    """Nobody is signed in, or no longer."""


class NotYours(Exception):
    """Whoever is signed in may not do this."""


@cache
def store() -> Store:
    """The process's accounts and sessions."""
    return Store.from_environment()


def links() -> PartnerLinks:
    """The links by which partners open what they were given, signed with the app's secret."""
    address = st.get_option("server.address")
    outside = Hosts.from_environment(address).first
    return PartnerLinks(store(), secret(store().home, (outside or address) if is_loopback(address) else address))


def who() -> Who:
    """Who reads. Raises SignedOut where the session has ended."""
    session = st.user.get(SESSION)
    found = _of(session) if isinstance(session, str) and session else None
    if found is None:
        raise SignedOut
    return found


def _of(session: str) -> Who | None:
    now = time.monotonic()
    with _lock:
        at, found = _kept.get(session, (float("-inf"), None))
    if now - at < KEPT:
        return found
    found = sessions.of(store(), session)
    with _lock:
        if len(_kept) > 2_000:
            _kept.clear()
        _kept[session] = (now, found)
    return found


def forget() -> None:
    """Has everybody looked up anew."""
    with _lock:
        _kept.clear()


def may(what: str) -> bool:
    """Whether the reader may do something; False where nobody is signed in."""
    try:
        return who().may(what)
    except SignedOut:
        return False


def must(what: str) -> Who:
    """Who reads, where that person may do this: for whatever writes. Raises SignedOut, NotYours."""
    found = who()
    if not found.may(what):
        raise NotYours(what)
    return found


def sight() -> Sight:
    """What of the park the reader may see."""
    return who().sight


def pages() -> list[str]:
    """The pages that the reader may open, in the order of the navigation."""
    found = who()
    return [name for name, capability in PAGES.items() if found.may(capability)]


def greet(t: Words) -> Who:
    """Who reads, for the frame; where nobody does, says so with the way in, and stops."""
    try:
        return who()
    except SignedOut:
        with st.container(border=True):
            st.title(t("You are signed out"), anchor=False)
            st.markdown(t("Nothing is shown any more. What you had accepted is written, what you had not is not."))
            st.link_button(t("Sign in"), f"/signin?lang={t.language}", type="primary")
        st.stop()


def badge(t: Words, reader: Who) -> None:
    """The reader's name, behind which are the account and the way out."""
    with st.popover(_label(reader.name), type="tertiary", help=t("Your account, and the way out"), key="reader"):
        st.link_button(t("Your account"), f"/account?lang={t.language}", type="tertiary")
        st.button(t("Sign out"), key="sign_out", on_click=_leave)


def _leave() -> None:
    """Ends the session; its pages, this one among them, lose their sockets a moment later and go to the door."""
    try:
        found = who()
    except SignedOut:
        return
    sessions.revoke(store(), found.session, by=found, address=normal(st.context.ip_address))
    forget()


def _label(name: str) -> str:
    return plain(name if len(name) <= 24 else f"{name[:23]}…")


def noting() -> Callable[..., None]:
    """Writes into the log what this reader did: `noting()("undo", receipt=3)`, from a worker's thread too."""
    found, address = who(), normal(st.context.ip_address)

    def note(event: str, **facts: object) -> None:
        try:
            Log(store()).write(event, found, address, **facts)
        except Exception:
            # What was done is done and has its receipt; that its line is missing is for whoever looks after the app.
            log.exception("The log cannot be written: %s", event)

    return note


def acted(message: bytes) -> bool:
    """Whether a message of the socket is what a person did, not the page by itself."""
    told = BackMsg()
    try:
        told.ParseFromString(message)
    except Exception:
        return False
    kind = told.WhichOneof("type")
    if kind == "rerun_script":
        return not told.rerun_script.is_auto_rerun
    return kind in ("backend_operation_request", "file_urls_request")
