"""How a receipt is taken back or brought back: first what the figures become, then one more receipt."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import streamlit as st

from data import intake
from data.ledger import Conflict, Receipt
from ui import history, park, past, reader, scope, show
from ui.markup import plain
from ui.trouble import failure
from ui.view import View

log = logging.getLogger("essaim")
_ASKED, _SAID = "essaim_undo", "essaim_undone"


def asked() -> int | None:
    """The receipt that the reader is about to take back."""
    number = st.session_state.get(_ASKED)
    return number if isinstance(number, int) else None


def button(view: View, receipt: Receipt, act: str, receipts: Sequence[Receipt]) -> None:
    """Opens the question; nothing is written yet."""
    t = view.t
    label = t("Redo …") if act == "undo" else t("Undo …")
    st.button(label, key=f"undo_{receipt.number}", on_click=_ask, args=(receipt.number,))


def _ask(number: int | None) -> None:
    scope.rewrite()
    st.session_state[_ASKED] = number


def confirm(view: View, receipt: Receipt, act: str, receipts: Sequence[Receipt]) -> None:
    """What the figures become, whose name will be written, and the two ways on."""
    t = view.t
    with st.container(border=True, gap="small", key="undo_question"):
        try:
            there, made = intake.undoing(park.warehouse(), receipt.number, "")
            before, after = past.known(there).headline, past.known([*there, made]).headline
        except LookupError:
            st.warning(
                t("Receipt {number} does not stand any more: nothing is left to take back.", number=receipt.number)
            )
            return
        except Exception as error:
            failure(t, error, t("These figures"))
            return
        st.markdown(
            t("**What the figures become when receipt {number} is brought back**", number=receipt.takes_back[0])
            if act == "undo"
            else t("**What the figures become when receipt {number} no longer counts**", number=receipt.number)
        )
        if before == after:
            st.markdown(t("None of the headline figures will move."))
        else:
            history.effects(view, before, after)
        show.note(
            t(
                "Nothing is erased: one more receipt says so, and it can be taken back like any other. It will bear "
                "your name, {by}.",
                by=reader.who().name,
            )
        )
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                t("Bring it back") if act == "undo" else t("Take it back"),
                key="undo_yes",
                type="primary",
                on_click=_write,
                args=(receipt.number, act, there[-1].hash),
            )
            st.button(t("Leave it as it is"), key="undo_no", on_click=_ask, args=(None,))


def _write(number: int, act: str, head: str) -> None:
    """Writes the receipt, if the ledger still is what the figures shown were worked out on."""
    scope.rewrite()
    try:
        written = intake.undo(park.warehouse(), number, reader.must("history").name, head)
    except Conflict:
        st.session_state[_SAID] = ("late", number, None)
        return
    except LookupError:
        st.session_state[_SAID] = ("gone", number, None)
    except Exception as error:
        st.session_state[_SAID] = ("failed", number, error)
    else:
        reader.noting()("undo", receipt=written.number, undone=number)
        st.session_state[_SAID] = ("redone" if act == "undo" else "undone", number, written.number)
    st.session_state[_ASKED] = None


def said(view: View) -> None:
    """What became of the last question, said once."""
    t = view.t
    what, number, more = st.session_state.pop(_SAID, (None, None, None))
    if what == "undone":
        st.success(plain(t("Receipt {number} no longer counts: receipt {more} says so.", number=number, more=more)))
    elif what == "redone":
        st.success(
            plain(t("What receipt {number} took back counts again: receipt {more} says so.", number=number, more=more))
        )
    elif what == "late":
        st.warning(
            t("Somebody else’s receipt came first, so nothing was written. The figures below are new: decide again.")
        )
    elif what == "gone":
        st.warning(t("Receipt {number} does not stand any more: nothing is left to take back.", number=number))
    elif what == "failed":
        failure(t, more, t("Undo"))
