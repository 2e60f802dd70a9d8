"""What a publisher does with releases: each a receipt in the reader's name, a line in the log, and said once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from access.roles import Who
from data.ledger import PROPOSED, Conflict, Receipt
from publish import release
from publish.release import REFUSALS, Refusal
from ui import park, reader, scope
from ui.drafting import Question, drafting
from ui.markup import plain
from ui.public import standing
from ui.trouble import failure
from ui.view import View
from words import Words

_SAID, _LAST, _ASKED = "essaim_release_said", "essaim_release_last_said", "essaim_release_asked"


def whole() -> bool:
    """Whether the reader sees every site: a release speaks of them all."""
    return park.sight().sites is None


def must() -> Who:
    """Who publishes. Raises SignedOut, or NotYours where that person may not, or sees some sites alone."""
    who = reader.must("release")
    if who.sites:
        raise reader.NotYours("release")
    return who


def asked() -> str:
    """Which question stands open: "publish", "withdraw-3" …; "" for none."""
    return str(st.session_state.get(_ASKED) or "")


def ask(what: str) -> None:
    """Opens a question, or with "" closes it. For callbacks."""
    scope.rewrite()
    st.session_state[_ASKED] = what


def publish(question: Question, seen: str) -> None:
    """Publishes or proposes the draft whose hash the reader has seen, as it is."""

    def act(who: Who) -> None:
        _, paper = drafting().look(question)
        draft = paper.draft if paper else None
        if draft is None or draft.content.hash != seen:
            raise Conflict("It is another draft by now.")
        receipt = release.freeze(park.warehouse(), question.settings, who.name, draft)
        proposed = receipt.action == PROPOSED
        event = "release-proposed" if proposed else "release-published"
        _note(event, receipt, tables=len(draft.content.told["tables"]))
        st.session_state[_SAID] = ("proposed" if proposed else "published", receipt.body["number"])
        if not proposed:
            _show_published()

    _tried(act)


def _show_published() -> None:
    """Has the page show what is published now, the first of its parts."""
    st.query_params.pop("part", None)


def approve(number: int, tables: int) -> None:
    """Publishes what another person proposed."""

    def act(who: Who) -> None:
        receipt = release.approve(park.warehouse(), number, who.name)
        _note("release-approved", receipt, tables=tables)
        st.session_state[_SAID] = ("published", number)
        _show_published()

    _tried(act)


def withdraw(number: int, key: str, proposal: bool = False) -> None:
    """Takes a release, or a proposal, back, for the reason in the field of that key."""

    def act(who: Who) -> None:
        reason = " ".join(str(st.session_state.get(key) or "").split())
        receipt = release.withdraw(park.warehouse(), number, who.name, reason)
        _note("release-rejected" if proposal else "release-withdrawn", receipt)
        st.session_state[_SAID] = ("rejected" if proposal else "withdrawn", number)

    _tried(act)


def _note(event: str, receipt: Receipt, **facts: int) -> None:
    """Writes into the log what was done, and has the public pages looked at."""
    number = receipt.body.get("number", receipt.body.get("release"))
    reader.noting()(event, release=number, receipt=receipt.number, **facts)
    # The public pages follow; what was withdrawn leaves them at once.
    standing().refresh()


def _tried(act: Callable[[Who], None]) -> None:
    """Does it and keeps what became of it, to be said in the next run; a question answered is closed."""
    scope.rewrite()
    who = must()
    try:
        act(who)
    except Conflict:
        st.session_state[_SAID] = ("late", None)
    except Refusal as refusal:
        st.session_state[_SAID] = ("refused", refusal)
        if refusal.code == "no-reason":
            return
    except Exception as error:
        st.session_state[_SAID] = ("failed", error)
    st.session_state[_ASKED] = ""


def _done(told: str) -> None:
    """Says it where the page begins, and for a moment where the reader is: the button stands far below."""
    st.success(told)
    # A longer one would be cut, with words of Streamlit's own under it.
    st.toast(f"{told.partition('. ')[0].rstrip('.')}.")


def said(view: View) -> None:
    """What became of the last question, said once."""
    t = view.t
    st.session_state[_LAST] = st.session_state.pop(_SAID, ("", None))
    what, more = st.session_state[_LAST]
    if what == "published":
        _done(
            t(
                "Release {number} is published. The public pages are being written; they change as a whole once they "
                "are ready.",
                number=str(more),
            )
        )
    elif what == "proposed":
        _done(t("Release {number} waits for another person’s approval. Nothing is public yet.", number=str(more)))
    elif what == "rejected":
        _done(t("Release {number} will not be published: a receipt says why.", number=str(more)))
    elif what == "withdrawn":
        _done(t("Release {number} is withdrawn: the public pages say so, with the reason.", number=str(more)))
    elif what == "late":
        st.warning(
            t("Somebody else’s receipt came first, so nothing was written. The figures below are new: decide again.")
        )
    elif what == "refused":
        st.warning(plain(refused(t, more)))
    elif what == "failed":
        failure(t, more, t("The release"))


def say_again() -> None:
    """Has it said in the next run too: one that nobody asked for."""
    st.session_state[_SAID] = st.session_state.get(_LAST, ("", None))


def refused(t: Words, error: Refusal) -> str:
    """Why a release cannot be made, approved or withdrawn, in words."""
    details: dict[str, Any] = {
        name: str(value) if isinstance(value, int) else value for name, value in error.details.items()
    }
    return t(REFUSALS[error.code], **details)
