"""The accounts as an administrator looks after them: who may come in, in which role, and who is signed in now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from access import accounts, sessions, setup
from access.account import ROLES
from access.accounts import Account, Refusal
from access.hosts import normal
from access.roles import MAY, Who
from ui import reader, scope, show
from ui.markup import plain
from ui.trouble import failure
from ui.view import View
from words import Words

_SAID, _CHOSEN = "essaim_accounts_said", "account"


def role(t: Words, name: str) -> str:
    """A role in a word."""
    words = {"leader": t("leader"), "analyst": t("analyst"), "publisher": t("publisher"), "admin": t("admin")}
    return words.get(name, name)


def moment(t: Words, at: datetime) -> str:
    """A day and a time of it, in universal time."""
    at = at.astimezone(UTC)
    return t("{day}, {time} UTC", day=t.short_day(at.date()), time=f"{at:%H:%M}")


def said(view: View) -> None:
    """What became of the last change, said once; a link is shown this once and never again."""
    t = view.t
    what, more = st.session_state.pop(_SAID, (None, {}))
    if what == "refused":
        st.warning(plain(t(more["sentence"], **more["details"])))
    elif what == "failed":
        failure(t, more["error"], t("This change"))
    elif what == "link":
        st.success(plain(t("Give this link to {name}: it works once, within an hour, to choose a password.", **more)))
        st.code(more["link"], language=None, wrap_lines=True)
    elif what == "done":
        st.success(plain(t("Done. Whoever was signed in as {name} has to sign in again.", **more)))


def everybody(view: View) -> list[Account]:
    """Every account in a table, and all of them."""
    t = view.t
    found = accounts.list_all(reader.store())
    now = {one.account for one in sessions.sessions(reader.store())}
    rows = {
        t("Name"): [one.name for one in found],
        t("Role"): [role(t, one.role) for one in found],
        t("Sites"): [", ".join(one.sites) or t("all sites") for one in found],
        t("State"): [_state(t, one, one.id in now) for one in found],
        t("Changed on"): [t.short_day(one.changed_at.date()) for one in found],
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("Accounts"), key="accounts", width="stretch")
    return found


def _state(t: Words, one: Account, here: bool) -> str:
    if one.disabled:
        return t("disabled")
    if not one.password and not one.oidc_subject:
        return t("no password yet")
    states = [t("signed in")] if here else []
    return ", ".join([*states, t("with codes") if one.totp else t("without codes")])


def added(view: View) -> None:
    """A form for a new account."""
    t = view.t
    show.section(t("Add an account"))
    with st.form("new_account", clear_on_submit=True):
        st.text_input(t("Name, or e-mail address"), key="new_name", max_chars=100)
        _role_and_sites(view, "new", "leader", ())
        st.form_submit_button(t("Add, and make a link for the password"), on_click=_add)


def changed(view: View, found: Sequence[Account]) -> None:
    """One account chosen: its role, its sites, its sessions, and the ways to change them."""
    t = view.t
    if not found:
        return
    show.section(t("Change an account"))
    name = show.choice(view, t("Account"), {str(one.id): one.name for one in found}, key=_CHOSEN, menu=True)
    # Accounts come and go between two runs.
    one = next((one for one in found if str(one.id) == name), found[0])
    with st.form(f"account_{one.id}"):
        _role_and_sites(view, f"of_{one.id}", one.role, one.sites)
        st.form_submit_button(t("Keep"), on_click=partial(_done, partial(_limit, one), one))
    with st.container(horizontal=True, gap="xsmall"):
        doors: dict[str, tuple[str, Callable[[], Any]]] = {
            "out": (t("End the sessions"), partial(_done, partial(_call, sessions.revoke_all, one), one)),
        }
        if not one.oidc_subject:
            # Whoever signs in through the organisation has no password here.
            doors = {"link": (t("Link for a new password"), partial(_link, one)), **doors}
        if one.totp:
            doors["codes"] = (t("Ask for no codes"), partial(_done, partial(_call, accounts.drop_totp, one), one))
        turn, label = (accounts.enable, t("Let in again")) if one.disabled else (accounts.disable, t("Disable"))
        doors["turn"] = (label, partial(_done, partial(_call, turn, one), one))
        for key, (label, act) in doors.items():
            st.button(label, key=f"{key}_{one.id}", on_click=act)
    _sessions(view, one)


def _role_and_sites(view: View, key: str, role_now: str, sites_now: Sequence[str]) -> None:
    t = view.t
    names = list(MAY)
    st.radio(t("Role"), names, names.index(role_now), format_func=lambda one: t(ROLES[one]), key=f"{key}_role")
    known = list(dict.fromkeys([*view.sites, *sites_now]))
    st.multiselect(t("Only these sites"), known, list(sites_now), placeholder=t("All sites"), key=f"{key}_sites")


def _sessions(view: View, one: Account) -> None:
    t = view.t
    found = sessions.sessions(reader.store(), one.id)
    if not found:
        show.note(t("Nobody is signed in as {name}.", name=one.name))
        return
    rows = {
        t("Signed in"): [moment(t, each.opened_at) for each in found],
        t("Last seen"): [moment(t, each.seen_at) for each in found],
        t("From"): [each.address for each in found],
        t("Browser"): [each.agent for each in found],
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("Sessions"), key="sessions", width="stretch")


def _add() -> None:
    by, store = reader.must("accounts"), reader.store()

    def act() -> None:
        name, sites = st.session_state["new_name"], st.session_state["new_sites"]
        made = accounts.add(store, name, st.session_state["new_role"], sites, by=by, address=_address())
        _tell_link(made, by)

    _tried(act)


def _link(one: Account) -> None:
    by = reader.must("accounts")
    _tried(lambda: _tell_link(one, by))


def _tell_link(one: Account, by: Who) -> None:
    token = setup.reset(reader.store(), one.id, by=by, address=_address())
    st.session_state[_SAID] = ("link", {"name": one.name, "link": origin() + setup.path(token)})


def _limit(one: Account) -> None:
    by, store = reader.must("accounts"), reader.store()
    sites, wanted = st.session_state[f"of_{one.id}_sites"], st.session_state[f"of_{one.id}_role"]
    accounts.set_role(store, one.id, wanted, by=by, address=_address())
    accounts.set_sites(store, one.id, sites, by=by, address=_address())


def _call(change: Callable[..., Any], one: Account) -> None:
    by = reader.must("accounts")
    change(reader.store(), one.id, by=by, address=_address())


def _done(act: Callable[[], None], one: Account) -> None:
    if _tried(act):
        st.session_state[_SAID] = ("done", {"name": one.name})


def _tried(act: Callable[[], None]) -> bool:
    """Does something and keeps what became of it, to be said in the next run."""
    scope.rewrite()
    try:
        act()
    except Refusal as refusal:
        st.session_state[_SAID] = ("refused", {"sentence": refusal.sentence, "details": refusal.details})
    except (reader.SignedOut, reader.NotYours):
        raise
    except Exception as error:
        st.session_state[_SAID] = ("failed", {"error": error})
    else:
        return True
    return False


def _address() -> str | None:
    return normal(st.context.ip_address)


def origin() -> str:
    """The address that the reader uses for this app, which the link is to begin with."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
