"""The release that could be published now, or waits for approval: every table as strangers would see it, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from metrics.ask import NothingLoaded
from publish.audit import Undone
from publish.content import OPTIONAL
from publish.protect import CannotBeProtected
from publish.reasons import AGAIN, CHANGE, OTHERS, Reasons
from publish.release import Draft, Refusal, Release, current
from publish.settings import METHODS, Settings
from ui import publishing, reader, release_tables, scope, show
from ui.drafting import Paper, Question, drafting
from ui.markup import plain
from ui.scope import EARLIEST, LATEST
from ui.trouble import failure
from ui.view import View
from words import Words

# Most drafts are there by then: who opens the page sees one and no bar.
_AT_ONCE = 2.0
_ALL = "all"


def asked(view: View, settings: Settings) -> Question:
    """What the next release is to describe and to hold; the address keeps it."""
    t = view.t
    with st.container(border=True, gap="small"):
        st.header(t("What it describes and holds"), anchor=False)
        with show.row():
            as_of = _day(
                t("As of"), "release_as_of", t("The day described; by default the latest that the lists state.")
            )
            known_on = _day(
                t("As known on"), "release_known_on", t("What the lists accepted up to that day said; by default all.")
            )
            named = {
                "suppression": t("hide what tells of few firms"),
                "rounding": t("round counts to multiples of {base}", base=str(settings.thresholds.base)),
            }
            first = METHODS.index(settings.method)
            method = st.selectbox(
                t("Protection"),
                METHODS,
                first,
                format_func=lambda one: named[one],
                key="release_method",
                width=340,
                on_change=scope.rewrite,
            )
        names = {name: release_tables.table_name(t, name) for name in OPTIONAL}
        kept = st.multiselect(
            t("Tables, besides hosted firms and entries"),
            list(names),
            list(names),
            format_func=lambda one: names[one],
            key="release_tables",
            placeholder=t("None"),
            on_change=scope.rewrite,
        )
        if len(kept) < len(names):
            show.note(t("Tables left out are protected along with the others: a later release may hold them."))
    tables = None if len(kept) == len(names) else tuple(name for name in names if name in kept)
    return Question(replace(settings, method=method or settings.method), as_of, known_on, tables)


def _day(label: str, key: str, says: str) -> date | None:
    chosen = st.date_input(
        label,
        value=None,
        min_value=EARLIEST,
        max_value=LATEST,
        key=key,
        format="DD/MM/YYYY",
        help=says,
        width=260,
        on_change=scope.rewrite,
    )
    return chosen if isinstance(chosen, date) else None


def proposed(view: View, one: Release, settings: Settings) -> Question:
    """What waits for approval, and by whom it was proposed."""
    t, body = view.t, one.receipt.body
    with st.container(border=True, gap="small"):
        st.header(t("Release {number} waits for approval", number=str(one.number)), anchor=False)
        st.markdown(plain(t("{by} proposed it. It is public once another person approves it.", by=body["by"])))
        show.note(t("Until then no other release can be made."))
    return Question(settings, number=one.number)


def paper(view: View, question: Question) -> Paper | None:
    """The draft as it is worked out; None while it is, which is shown."""
    found = drafting().look(question)[1]
    if found is None:
        drafting().wait(question, _AT_ONCE)
        found = drafting().look(question)[1]
    if found is None:
        _progress(view, question)
    return found


@st.fragment(run_every=1.0)
def _progress(view: View, question: Question) -> None:
    """Which step runs, looked at once a second."""
    step, found = drafting().look(question)
    if found is not None:
        publishing.say_again()
        st.rerun()
        return
    t = view.t
    named = {
        "waiting": t("Waiting for its turn"),
        "count": t("Counting every table"),
        "earlier": t("Looking at release {done} of the {of} before it", done=str(step.done), of=str(step.of)),
        "protect": t("Hiding what tells of few firms, and trying to work it out again"),
    }
    at = list(named).index(step.name) + (step.done / step.of if step.name == "earlier" else 0.5)
    with st.container(border=True):
        st.progress(min(at / len(named), 1.0), text=named[step.name])


def why_none(view: View, question: Question, found: Paper) -> None:
    """Why there is no draft, and what can be done."""
    t, wrong = view.t, found.wrong
    if isinstance(wrong, Refusal):
        show.warning(publishing.refused(t, wrong))
        return
    if isinstance(wrong, NothingLoaded):
        show.nothing(view, t("Nothing is loaded yet: load a list first."))
        return
    if isinstance(wrong, Undone):
        st.error(t("Nothing can be published: what is hidden can be worked out. The audit names these figures:"))
        rows = [
            {
                t("Release"): str(one.number),
                t("Table"): release_tables.table_name(t, one.name[0].partition(":")[0]),
                t("Of"): ", ".join(filter(None, one.name[1])) or t("Whole network"),
                t("Between"): t("{low} and {high}", low=t.number(one.low, 0), high=t.number(one.high, 0)),
            }
            for one in wrong.findings
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("What the audit found"), key="audit", width="content")
        show.note(t("Leave a table out, or choose another day."))
        return
    if isinstance(wrong, CannotBeProtected):
        st.error(t("Nothing can be published: what everybody knows gives these figures away, hidden or not:"))
        rows = [
            {
                t("Table"): release_tables.table_name(t, table.partition(":")[0]),
                t("Of"): ", ".join(filter(None, key)) or t("Whole network"),
            }
            for table, key in wrong.names
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("What the audit found"), key="audit", width="content")
        return
    assert wrong is not None
    failure(t, wrong, t("The release"))
    st.button(t("Try again"), key="draft_again", on_click=drafting().forget, args=(question,))


def preview(view: View, found: Reasons, before: Sequence[Release]) -> None:
    """The draft as a whole: what it says, what it hides and why, what changed, what the audit found."""
    t, draft = view.t, found.draft
    content, last = draft.content, current(before)
    show.section(
        t(
            "Release {number}: situation on {as_of}, as known on {known_on}",
            number=str(content.number),
            as_of=content.as_of,
            known_on=content.known_on,
        )
    )
    _warned(view, draft, last)
    _tiles(t, found)
    with st.container(border=True, gap="small"):
        st.header(t("As strangers would see it"), anchor=False)
        release_tables.shown(view, content, "draft", found)
    with st.container(border=True, gap="small"):
        st.header(t("What is hidden, and why"), anchor=False)
        if base := draft.printed.base:
            st.markdown(
                t(
                    "Counts that are not public knowledge are rounded to a multiple of {base}, up or down; shares are "
                    "made of the rounded counts.",
                    base=str(base),
                )
            )
        st.markdown(_cost(t, found))
        if found.hidden:
            release_tables.hidden(view, found)
        if withheld := content.told.get("withheld"):
            cuts = t.list(release_tables.cut_named(t, one["table"], one["by"]) for one in withheld)
            st.markdown(plain(t("Not given at all, so as to keep what earlier releases hid: {cuts}.", cuts=cuts)))
    with st.container(border=True, gap="small"):
        if last is None:
            st.header(t("What changed"), anchor=False)
            show.note(t("It is the first release: there is none to compare it with."))
        else:
            st.header(t("What changed since release {number}", number=str(last.number)), anchor=False)
            release_tables.changed(view, last.content, content, "draft")


def _warned(view: View, draft: Draft, last: Release | None) -> None:
    """What a publisher would rather know before."""
    t, content, stated = view.t, draft.content, view.park.stated_on
    if view.park.sample:
        show.warning(t("These figures are invented: only the sample park is loaded."))
    if stated is not None and content.as_of > stated:
        show.warning(
            t(
                "The day described, {as_of}, lies after the latest day that the files state, {stated}: what happened "
                "since is not known, and the figures of those days are too low.",
                as_of=content.as_of,
                stated=stated,
            )
        )
    if last is not None and content.as_of < last.content.as_of:
        show.warning(
            t(
                "Release {number} describes a later day, {as_of}: this one would take its place on the public pages.",
                number=str(last.number),
                as_of=last.content.as_of,
            )
        )
    if last is not None and content.told["tables"] == last.content.told["tables"]:
        show.note(t("It says exactly what release {number} says.", number=str(last.number)))


def _tiles(t: Words, found: Reasons) -> None:
    number, hidden = found.figures, len(found.hidden)
    others = sum(one.why == OTHERS for one in found.hidden)
    releases = len(found.draft.earlier)
    tiles = (
        (t("Figures"), t.count(number), t.many("in {n:,} table", "in {n:,} tables", len(_tables(found)))),
        (t("Hidden"), t.count(hidden), t("{share} of all", share=t.share(hidden / number if number else 0))),
        (t("Hidden for others’ sake"), t.count(others), t("so that the rest cannot be worked out")),
        (
            t("Audit of what is hidden"),
            t("passed"),
            t.many("tried with the {n:,} release before", "tried with the {n:,} releases before", releases)
            if releases
            else t("tried with all tables together"),
        ),
    )
    grid = st.grid(len(tiles), min_column_width=210, gap="small")
    for label, value, says in tiles:
        with grid.container(border=True, height="stretch", gap="xsmall"):
            st.metric(label, value)
            st.caption(says)


def _tables(found: Reasons) -> list[str]:
    return list(found.draft.content.told["tables"])


def _cost(t: Words, found: Reasons) -> str:
    """How many are hidden for what, in sentences."""
    if not found.hidden:
        return t("Nothing has to be hidden: every figure is given.")
    others = sum(one.why == OTHERS for one in found.hidden)
    before = sum(one.why in (AGAIN, CHANGE) for one in found.hidden)
    own = len(found.hidden) - others - before
    told = [
        t.many(
            "{n:,} figure is hidden because it tells of few firms itself.",
            "{n:,} figures are hidden because they tell of few firms themselves.",
            own,
        )
    ]
    if before:
        told.append(
            t.many(
                "{n:,} more is hidden because of an earlier release: together they would tell it.",
                "{n:,} more are hidden because of earlier releases: together they would tell them.",
                before,
            )
        )
    if others:
        told.append(
            t.many(
                "{n:,} more keeps them from being worked out by subtraction: the fewest that will do.",
                "{n:,} more keep them from being worked out by subtraction: the fewest that will do.",
                others,
            )
        )
    return " ".join(told)


def decision(view: View, question: Question, draft: Draft) -> None:
    """Publishes the draft, or proposes it to a second person; a question first."""
    t, settings, number = view.t, question.settings, str(draft.content.number)
    with st.container(border=True, gap="small", key="decision"):
        st.header(t("Publish"), anchor=False)
        if publishing.asked() != "publish":
            propose = t("Propose release {number} …", number=number)
            label = propose if settings.approval else t("Publish release {number} …", number=number)
            st.button(label, key="publish", type="primary", on_click=publishing.ask, args=("publish",))
            return
        what = (
            t(
                "Release {number} is proposed as it stands above; it is public once another person approves it.",
                number=number,
            )
            if settings.approval
            else t("Release {number} is published as it stands above, for everybody.", number=number)
        )
        st.markdown(what)
        show.note(
            t(
                "A release never changes; it can be withdrawn, which is said in public. Its receipt bears your name, "
                "{by}.",
                by=reader.who().name,
            )
        )
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                t("Propose it") if settings.approval else t("Publish it"),
                key="publish_yes",
                type="primary",
                on_click=partial(publishing.publish, question, draft.content.hash),
            )
            st.button(t("Not yet"), key="publish_no", on_click=publishing.ask, args=("",))


def approval(view: View, one: Release, draft: Draft) -> None:
    """Approves what another person proposed, or rejects it; whoever proposed it may take it back."""
    t, number = view.t, str(one.number)
    own = one.receipt.body["by"].strip().casefold() == reader.who().name.strip().casefold()
    with st.container(border=True, gap="small", key="decision"):
        st.header(t("Approve or reject"), anchor=False)
        if draft.content.hash != one.content.hash:
            st.error(
                t(
                    "The ledger does not give these figures as they were proposed: reject the proposal, and tell "
                    "whoever looks after the app."
                )
            )
        elif own:
            show.note(t("You proposed it yourself: it takes another person to approve it."))
        else:
            st.markdown(
                t(
                    "Once you approve it, release {number} is public as it stands above. Its receipt bears both names.",
                    number=number,
                )
            )
            st.button(
                t("Approve and publish"),
                key="approve",
                type="primary",
                on_click=partial(publishing.approve, one.number, len(one.content.told["tables"])),
            )
        with st.form("reject", border=False):
            st.text_input(t("Reason"), key="reject_reason", max_chars=300)
            st.form_submit_button(
                t("Take it back") if own else t("Reject it"),
                on_click=partial(publishing.withdraw, one.number, "reject_reason", proposal=True),
            )
