"""Organisations that see more of a release: what each was given, and the links by which it opens it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import pandas as pd
import streamlit as st

from access import partner_links
from access.hosts import normal
from access.partner_links import DAYS, LONGEST, PartnerLink
from access.roles import Who
from access.setup import whole
from data.ledger import EDITION_PROPOSED, Receipt
from publish import partners
from publish.audit import Undone
from publish.content import Content
from publish.given import Edition, editions, proposals, same
from publish.partners import Made
from publish.protect import CannotBeProtected
from publish.release import Release, current, revisions
from publish.settings import Settings
from ui import accounts, history, park, public, publishing, reader, release_tables, releases, scope, show
from ui.kept import kept
from ui.markup import plain
from ui.trouble import failure
from ui.view import View
from words import MISSING, Words

_SAID, _ASKED, _NAME = "essaim_partner_said", "essaim_partner_asked", "partner_name"
MOST = 500


def listed(view: View, settings: Settings) -> None:
    """The whole part: what waits, who was given what, and whom to give the newest release."""
    t = view.t
    said(view)
    show.note(
        t(
            "An organisation that you name can open, by a link, an edition of the newest release with more of its "
            "figures. It is audited together with the public releases, and later releases count what it was given."
        )
    )
    for one in _waiting():
        _proposal(view, one)
    given, found = _given(), reader.links().every()
    names = list(dict.fromkeys(one.audience for one in given))
    for name in names:
        its = [one for one in given if one.audience == name]
        _organisation(view, name, its, [one for one in found if same(one.audience, name)])
    if not names:
        show.nothing(view, t("No organisation was given a release yet."))
    _asking(view, names)
    asked = str(st.session_state.get(_ASKED) or "")
    if asked:
        _preview(view, asked, settings)


def _head() -> str:
    receipts = park.warehouse().ledger.receipts()
    return receipts[-1].hash if receipts else ""


def _given() -> list[Edition]:
    return kept.get(("editions", _head()), lambda: editions(park.warehouse()))


def _waiting() -> list[Edition]:
    return kept.get(("proposed editions", _head()), lambda: proposals(park.warehouse()))


# What there is


def _proposal(view: View, one: Edition) -> None:
    """What somebody proposed to give, for another person to decide."""
    t, body = view.t, one.receipt.body
    with st.container(border=True, gap="small", key=f"proposal_{one.receipt.number}"):
        said = t("Release {number} for {audience} waits for approval", number=str(one.number), audience=one.audience)
        st.header(plain(said), anchor=False)
        st.markdown(plain(t("{by} proposed it. Another person approves it, or does not.", by=body["by"])))
        _more(view, one.number, one.content, f"waiting_{one.receipt.number}")
        with st.form(f"decide_{one.receipt.number}", border=False):
            st.text_input(t("Reason, where it is refused"), key=f"why_{one.receipt.number}", max_chars=300)
            with st.container(horizontal=True, gap="xsmall"):
                st.form_submit_button(t("Approve"), type="primary", on_click=partial(_approve, one.audience))
                refuse = partial(_withdraw, one.audience, f"why_{one.receipt.number}")
                st.form_submit_button(t("Refuse"), on_click=refuse)


def _organisation(view: View, name: str, its: Sequence[Edition], links: Sequence[PartnerLink]) -> None:
    """One organisation: what it was given, whether its pages stand, its links."""
    t, last = view.t, its[-1]
    newest = current(_releases())
    standing = current(kept.get(("standing editions", _head()), lambda: partners.standing(park.warehouse()))[name])
    key = str(its[0].receipt.number)
    with st.container(border=True, gap="small", key=f"organisation_{key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.header(plain(name), anchor=False)
            good = sum(one.state == "good" for one in links)
            told = t.many("{n:,} link open", "{n:,} links open", good) if good else t("no link open")
            st.badge(told, color="green" if good else "gray")
        st.caption("  \n".join(plain(line) for line in _facts(t, its)))
        if standing is None:
            show.warning(t("Nothing stands that its links could open."))
        elif newest is not None and newest.number > standing.number:
            st.markdown(
                t(
                    "Its pages show release {number}; the newest is {newest}.",
                    number=str(standing.number),
                    newest=str(newest.number),
                )
            )
            ask = partial(_ask, name)
            st.button(t("See what it would show of the newest"), key=f"renew_{key}", on_click=ask)
        _state(view, name)
        if links:
            _table(view, links, key)
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            if standing is not None:
                _new_link(view, name, key)
            if last.withdrawn is None:
                _take_back(view, last, key)


def _releases() -> list[Release]:
    return releases.every()[0]


def _facts(t: Words, its: Sequence[Edition]) -> list[str]:
    lines = []
    for one in reversed(its[-3:]):
        body = one.receipt.body
        at = history.when(t, datetime.fromisoformat(body["accepted_at"]))
        line = t("Release {number}, given by {by}, {when}", number=str(one.number), by=body["by"], when=at)
        if body.get("approved_by"):
            line = t("{what}; approved by {name}", what=line, name=body["approved_by"])
        if one.withdrawn is not None:
            line = t("{what}; withdrawn: {reason}", what=line, reason=one.withdrawn.body["reason"])
        lines.append(line)
    return lines


def _state(view: View, name: str) -> None:
    """Whether the pages are what the ledger gives."""
    t = view.t
    try:
        pages = public.partners().of(name)
        state = pages.state() if pages else None
    except Exception as error:
        failure(t, error, t("The state of the public pages"))
        return
    if state is None:
        return
    if state.problem:
        show.warning(t("Its pages could not be written. It is tried again; tell whoever looks after the app."))
    elif not state.fits:
        _written(view, name)


@st.fragment(run_every=3.0)
def _written(view: View, name: str) -> None:
    """Looked at again until they are."""
    pages = public.partners().of(name)
    if pages is None or pages.state().fits:
        st.rerun()
    show.note(view.t("Its pages are being written: about a minute, and the link opens them."))


def _table(view: View, links: Sequence[PartnerLink], key: str) -> None:
    t = view.t
    states = {
        "good": t("open"),
        "expired": t("expired"),
        "revoked": t("revoked"),
        "altered": t("altered: opens nothing"),
    }
    rows = [
        {
            t("Link"): one.number,
            t("Made"): accounts.moment(t, one.made_at),
            t("By whom"): one.made_by,
            t("Good until"): accounts.moment(t, one.expires_at),
            t("Last opened"): accounts.moment(t, one.used_at) if one.used_at else MISSING,
            t("State"): states[one.state],
        }
        for one in links
    ]
    alt = t.many("{n:,} link", "{n:,} links", len(rows))
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=alt, key=f"links_{key}", width="stretch")
    with st.container(horizontal=True, gap="xsmall"):
        for one in links:
            if one.state == "good":
                label = t("Revoke link {number}", number=str(one.number))
                st.button(label, key=f"revoke_{one.number}", on_click=partial(_revoke, one.number))


def _new_link(view: View, name: str, key: str) -> None:
    t = view.t
    with st.form(f"link_{key}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(t("Good for how many days"), 1, LONGEST, DAYS, key=f"days_{key}", width=220)
        st.form_submit_button(t("Make a link"), on_click=partial(_link, name, f"days_{key}"))


def _take_back(view: View, one: Edition, key: str) -> None:
    t = view.t
    opened = st.popover(t("Withdraw release {number} …", number=str(one.number)), type="tertiary")
    with opened, st.form(f"back_{key}", border=False):
        show.note(t("Its pages say that it was withdrawn, and why. What was seen was seen: later releases count it."))
        st.text_input(t("Reason, as the organisation will read it"), key=f"reason_{key}", max_chars=300)
        st.form_submit_button(t("Withdraw it"), on_click=partial(_withdraw, one.audience, f"reason_{key}"))


# What could be given


def _asking(view: View, names: Sequence[str]) -> None:
    t = view.t
    show.section(t("Give the newest release to an organisation"))
    with st.form("partner", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(t("Organisation"), key=_NAME, max_chars=partners.LONGEST, width=360)
        st.form_submit_button(t("See what it would show"), on_click=_ask_typed)


def _preview(view: View, audience: str, settings: Settings) -> None:
    """The figures that an organisation would see beyond the public's, and the decision."""
    t = view.t
    made = _draft(view, audience, settings)
    if made is None:
        return
    number = str(made.release.number)
    with st.container(border=True, gap="small", key="partner_preview"):
        heading = t("Release {number} for {audience}", number=number, audience=made.audience)
        st.header(plain(heading), anchor=False)
        st.markdown(
            t.many(
                "{n:,} figure more than the public has; {hidden:,} stay hidden.",
                "{n:,} figures more than the public has; {hidden:,} stay hidden.",
                len(made.more),
                hidden=made.hidden,
            )
        )
        _more(view, made.release.number, made.content, "preview")
        show.note(
            t("The audit finds nothing that could be worked out of these, the public releases and what it had before.")
        )
        with st.container(horizontal=True, gap="xsmall"):
            label = t("Propose it to another person") if settings.approval else t("Give it")
            give = partial(_give, made.audience, settings)
            st.button(label, type="primary", key="partner_give", on_click=give)
            st.button(t("Leave it as it is"), key="partner_leave", on_click=partial(_ask, ""))


def _more(view: View, number: int, content: Content, key: str) -> None:
    """The figures of an edition that the public release hides."""
    t = view.t
    before = next(one.content for one in _releases() if one.number == number)
    found = [one for one in revisions(before, content) if one.after["value"] is not None]
    if not found:
        return
    rows = [
        {
            t("Table"): release_tables.table_name(t, one.table),
            t("Of"): release_tables.about(t, one.labels),
            t("For the public"): release_tables.value(t, one.table, one.before),
            t("For the organisation"): release_tables.value(t, one.table, one.after),
        }
        for one in found[:MOST]
    ]
    alt = t("The figures that are not public")
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=alt, key=f"more_{key}", width="content")


def _draft(view: View, audience: str, settings: Settings) -> Made | None:
    t = view.t
    try:
        with st.spinner(t("The edition is worked out and audited …")):
            return kept.get(
                ("edition", _head(), audience.casefold(), settings.partner),
                lambda: partners.draft(park.warehouse(), settings, audience),
            )
    except partners.Refusal as refusal:
        st.warning(plain(_refused(t, refusal)))
    except (CannotBeProtected, Undone):
        show.warning(t("It cannot be given: with what is known already, hidden figures could be worked out."))
    except Exception as error:
        failure(t, error, t("This edition"))
    return None


def _refused(t: Words, refusal: partners.Refusal | partner_links.Refusal) -> str:
    return t(refusal.sentence, **{name: str(value) for name, value in refusal.details.items()})


# What is done


def _ask(audience: str) -> None:
    scope.rewrite()
    st.session_state[_ASKED] = audience


def _ask_typed() -> None:
    _ask(" ".join(str(st.session_state.get(_NAME) or "").split()) or " ")


def _give(audience: str, settings: Settings) -> None:
    def act(who: Who) -> None:
        receipt = partners.publish(park.warehouse(), settings, audience, who.name)
        proposed = receipt.action == EDITION_PROPOSED
        _note("edition-proposed" if proposed else "edition-given", receipt)
        st.session_state[_SAID] = ("proposed" if proposed else "given", receipt.body["audience"])
        st.session_state[_ASKED] = ""

    _tried(act)


def _approve(audience: str) -> None:
    def act(who: Who) -> None:
        _note("edition-approved", partners.approve(park.warehouse(), audience, who.name))
        st.session_state[_SAID] = ("given", audience)

    _tried(act)


def _withdraw(audience: str, key: str) -> None:
    def act(who: Who) -> None:
        reason = " ".join(str(st.session_state.get(key) or "").split())
        _note("edition-withdrawn", partners.withdraw(park.warehouse(), audience, who.name, reason))
        st.session_state[_SAID] = ("withdrawn", audience)

    _tried(act)


def _link(audience: str, key: str) -> None:
    def act(who: Who) -> None:
        days, address = int(st.session_state[key]), normal(st.context.ip_address)
        made, path = reader.links().issue(audience, days, by=who, address=address)
        st.session_state[_SAID] = ("link", (made, accounts.origin() + path if accounts.origin() else whole(path)))

    _tried(act)


def _revoke(number: int) -> None:
    def act(who: Who) -> None:
        reader.links().revoke(number, by=who, address=normal(st.context.ip_address))
        st.session_state[_SAID] = ("revoked", number)

    _tried(act)


def _note(event: str, receipt: Receipt) -> None:
    number = receipt.body.get("number", receipt.body.get("release"))
    reader.noting()(event, release=number, receipt=receipt.number)
    public.partners().refresh()


def _tried(act: Callable[[Who], None]) -> None:
    """Does it and keeps what became of it, to be said in the next run."""
    scope.rewrite()
    who = publishing.must()
    try:
        act(who)
    except (partners.Refusal, partner_links.Refusal) as refusal:
        st.session_state[_SAID] = ("refused", refusal)
    except Exception as error:
        st.session_state[_SAID] = ("failed", error)


def said(view: View) -> None:
    """What became of the last act, said once; a link is shown this once and never again."""
    t = view.t
    what, more = st.session_state.pop(_SAID, ("", None))
    if what == "given":
        told = t("{audience} was given the release. Make a link, and give it to them.", audience=more)
        st.success(plain(told))
    elif what == "proposed":
        st.success(
            plain(t("It waits for another person’s approval. {audience} sees nothing of it yet.", audience=more))
        )
    elif what == "withdrawn":
        st.success(plain(t("What {audience} was to see is withdrawn, with the reason.", audience=more)))
    elif what == "revoked":
        st.success(t("Link {number} opens nothing any more.", number=str(more)))
    elif what == "link":
        made, address = more
        until = accounts.moment(t, made.expires_at)
        told = t(
            "Give this link to {audience} alone: whoever has it sees the pages, until {until}. It is not shown again.",
            audience=made.audience,
            until=until,
        )
        st.success(plain(told))
        st.code(address, language=None, wrap_lines=True)
    elif what == "refused":
        st.warning(plain(_refused(t, more)))
    elif what == "failed":
        failure(t, more, t("This change"))
