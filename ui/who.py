"""Who is who: firms that two spellings may have made of one, with the evidence, and what was decided of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from data.decide import REFUSALS, Refusal, decide
from data.same import APART, SAME, decided
from data.who import FIRMS, SIGNS, Proposal, proposals
from ui import history, lists, park, past, scope, show, undoing
from ui.kept import kept
from ui.markup import plain
from ui.view import View
from words import Words

_SHOWN = 10
_SURE = 0.9


@dataclass(frozen=True)
class Found:
    """The pairs that nobody has decided on yet, the surest first, and what the firms in them are called."""

    pairs: list[Proposal]
    names: dict[str, str]


def found(view: View) -> Found:
    """Looked for once in a state of knowledge."""
    if view.park.empty:
        return Found([], {})

    def looked() -> Found:
        firms = view.park.arrow(FIRMS)
        pairs = proposals(firms, set(decided(view.park.receipts)))
        meant = {firm for pair in pairs for firm in (pair.a, pair.b)}
        columns = zip(firms["firm_id"].to_pylist(), firms["names"].to_pylist(), strict=True)
        return Found(pairs, {firm: names[0] for firm, names in columns if firm in meant and names})

    return kept.get(("who", view.park.key), looked)


def proposed(view: View) -> None:
    """A card per pair: the two firms, what speaks for one, and the two answers."""
    t = view.t
    show.section(t("Two spellings, one firm?"))
    pairs, names = found(view).pairs, found(view).names
    if not pairs:
        show.note(t("No two firms look like one that was not decided on."))
    else:
        show.note(
            t.many(
                "{n:,} pair of firms may be one firm. Until somebody decides, they count as two.",
                "{n:,} pairs of firms may be one firm each. Until somebody decides, they count as two.",
                len(pairs),
            )
        )
    pages = -(-len(pairs) // _SHOWN)
    place = st.container()
    at = st.pagination(pages, key="who_page") if pages > 1 else 1
    with place:
        for pair in pairs[(at - 1) * _SHOWN : at * _SHOWN]:
            _card(view, pair, names)


def _card(view: View, pair: Proposal, names: Mapping[str, str]) -> None:
    t = view.t
    reason = " ".join(one.message for one in pair.evidence if SIGNS[one.code].weight > 0)
    with st.container(border=True, gap="small", key=f"who_{pair.a}_{pair.b}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.header(plain(t("{a} and {b}", a=firm(pair.a, names), b=firm(pair.b, names))), anchor=False)
            sure = t("likely") if pair.score >= _SURE else t("to be looked at")
            st.badge(sure, color="green" if pair.score >= _SURE else "gray")
        st.markdown("\n".join(f"- {plain(evidence(t, one.code, one.details))}" for one in pair.evidence))
        with st.container(horizontal=True, gap="xsmall"):
            for a in (pair.a, pair.b):
                st.link_button(
                    plain(t("Look at {firm}", firm=firm(a, names))), scope.href(view, "firms", firm=a), type="tertiary"
                )
        with st.container(horizontal=True, gap="xsmall"):
            for action, label in ((SAME, t("One firm")), (APART, t("Two firms"))):
                st.button(
                    label,
                    key=f"{action}_{pair.a}_{pair.b}",
                    on_click=partial(_decide, action, pair.a, pair.b, reason),
                )


def evidence(t: Words, code: str, details: Mapping[str, Any]) -> str:
    """One sign in the reader's words."""
    return t(SIGNS[code].sentence, **details)


def firm(identifier: str, names: Mapping[str, str]) -> str:
    """A firm by its name and identifier; those without one are known by their name."""
    if identifier.startswith("name:"):
        return names.get(identifier, identifier.removeprefix("name:"))
    return f"{names[identifier]} ({identifier})" if identifier in names else identifier


def by_hand(view: View) -> None:
    """Any two firms, by their identifiers, for what no likeness shows."""
    t = view.t
    with st.expander(t("Decide on two firms yourself"), key="by_hand"):
        show.note(t("Write the identifiers as the lists have them; a firm without one by “name:” and its name."))
        left, right = show.side_by_side(2, 220)
        with left:
            a = st.text_input(t("First firm"), key="who_a", max_chars=120).strip()
        with right:
            b = st.text_input(t("Second firm"), key="who_b", max_chars=120).strip()
        reason = st.text_input(t("Reason"), key="who_reason", max_chars=300).strip()
        with st.container(horizontal=True, gap="xsmall"):
            for action, label in ((SAME, t("One firm")), (APART, t("Two firms"))):
                st.button(
                    label,
                    key=f"hand_{action}",
                    disabled=not (a and b and reason),
                    on_click=partial(_decide, action, a, b, reason),
                )


def _decide(action: str, a: str, b: str, reason: str) -> None:
    scope.rewrite()
    try:
        lists.note(action, decide(park.warehouse(), action, a, b, by=lists.by(), reason=reason).number)
    except Refusal as refusal:
        lists.tell("refused", (REFUSALS[refusal.code], refusal.details))
    except Exception as error:
        lists.tell("failed", error)


def decisions(view: View) -> None:
    """What was decided and stands, each with a way to take it back."""
    t, receipts = view.t, past.receipts()
    standing = [
        one for one in reversed(receipts) if one.action in (SAME, APART) and one.number not in past.gone(receipts)
    ]
    if not standing:
        return
    show.section(t("Decided"))
    for receipt in standing[:30]:
        with st.container(border=True, gap="small", key=f"decided_{receipt.number}"):
            st.markdown(f"**{plain(history.named(t, receipt, past.acts(receipts)))}**")
            st.caption("  \n".join(plain(line) for line in history.facts(t, receipt)))
            undoing.button(view, receipt, receipt.action, receipts)
            if undoing.asked() == receipt.number:
                undoing.confirm(view, receipt, receipt.action, receipts)
