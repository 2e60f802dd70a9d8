"""The releases there are: which one the public sees, what each says and changed, and how one is withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

import pandas as pd
import streamlit as st

from publish import release
from publish.content import HIDDEN
from publish.release import Release, current
from publish.settings import BadSetting, Settings
from publish.standing import PREFIX
from ui import history, park, publishing, release_tables, show
from ui.kept import kept
from ui.markup import plain
from ui.public import standing
from ui.trouble import failure
from ui.view import View
from words import MISSING, Words

PER_PAGE = 6


def limited(view: View) -> bool:
    """Whether the reader sees some sites alone, while a release speaks of all; then that is said."""
    if publishing.whole():
        return False
    show.note(view.t("A release speaks of every site: this page is for readers of all sites."))
    return True


def settings(view: View) -> Settings | None:
    """How this park publishes; None where a setting cannot be read, which is said."""
    try:
        return Settings.from_environment()
    except BadSetting as error:
        st.error(view.t("A setting cannot be read, so nothing can be released: {what}", what=plain(str(error))))
        return None


def every() -> tuple[list[Release], list[Release]]:
    """What was released, and what waits for approval, the oldest first."""
    warehouse = park.warehouse()
    receipts = warehouse.ledger.receipts()
    head = receipts[-1].hash if receipts else ""
    return kept.get(("releases", head), lambda: (release.releases(warehouse), release.proposals(warehouse)))


def part(view: View, waiting: Sequence[Release]) -> str:
    """Which part of the page is looked at."""
    t = view.t
    coming = t("Waiting for approval") if waiting else t("Next release")
    parts = {"published": t("Already published"), "next": coming, "partners": t("Partners’ links")}
    return show.choice(view, t("Show"), parts, key="part")


def public(view: View, found: Sequence[Release], waiting: Sequence[Release]) -> None:
    """What the public sees now, and what waits."""
    t, now = view.t, current(found)
    with st.container(border=True, height="stretch", gap="small"):
        st.header(t("What the public sees"), anchor=False)
        if now is None:
            st.markdown(
                t("Nothing: every release was withdrawn.") if found else t("Nothing yet: no release was published.")
            )
        else:
            st.markdown(
                t(
                    "Release {number}: situation on {as_of}, published on {day}.",
                    number=str(now.number),
                    as_of=now.content.as_of,
                    day=now.published_on,
                )
            )
            st.link_button(t("Open the public pages"), f"{PREFIX}/{t.language}/index.html")
        for one in waiting:
            st.badge(t("Release {number} waits for approval", number=str(one.number)), color="orange")
        if found:
            _pages(view)


def _pages(view: View) -> None:
    """Whether the public pages are what the ledger gives; looked at again as long as they are not."""
    t = view.t
    try:
        state = standing().state()
    except Exception as error:
        failure(t, error, t("The state of the public pages"))
        return
    if state.fits and state.at:
        told = t("The public pages are up to date, written on {at}.", at=history.when(t, state.at))
        st.markdown(f":green[✓] {plain(told)}")
    else:
        _written_anew(view)


@st.fragment(run_every=3.0)
def _written_anew(view: View) -> None:
    t, state = view.t, standing().state()
    if state.fits:
        st.rerun()
    elif state.problem:
        st.warning(
            t(
                "The public pages could not be written; those of before stay, without what was withdrawn. It is tried "
                "again; if it stays so, tell whoever looks after the app."
            )
        )
    elif state.at is not None:
        at = history.when(t, state.at)
        show.note(t("The public pages are being written anew. Until then those of {at} stay.", at=at))
    else:
        show.note(t("The public pages are being written."))


def calendar(view: View, found: Sequence[Release], settings: Settings, today: date) -> None:
    """The days of the next releases, and the one that is overdue."""
    t, last = view.t, found[-1].published_on if found else None
    late = [day for day in settings.dates if day <= today and (last is None or day > last)]
    coming = [day for day in settings.dates if day > today]
    with st.container(border=True, height="stretch", gap="small"):
        st.header(t("Next releases"), anchor=False)
        if late:
            st.badge(t("due since {day}", day=t.day(late[-1])), color="orange")
        for day in coming[:6]:
            left = t.many("in {n:,} day", "in {n:,} days", (day - today).days)
            st.markdown(t("**{day}**, {left}", day=t.day(day), left=left))
        if not coming:
            st.markdown(t("No date is set yet."))
        show.note(t("The public pages name these days. They are a setting, ESSAIM_RELEASE_DATES."))


def listed(view: View, found: Sequence[Release]) -> None:
    """Every release, the newest first, each with what it says and what it changed."""
    t = view.t
    if not found:
        show.nothing(view, t("No release yet. “Next release” shows the first one as it would be."))
        return
    show.section(t("All releases"))
    pages = -(-len(found) // PER_PAGE)
    place = st.container()
    at = st.pagination(pages, key="releases_page") if pages > 1 else 1
    newest = list(reversed(found))
    with place:
        for one in newest[(at - 1) * PER_PAGE : at * PER_PAGE]:
            _card(view, one, found)
    table = st.popover(t("All releases as a table"), type="tertiary", on_change="rerun", key="releases_table")
    if table.open:
        with table:
            _table(view, newest, found)


def _state(t: Words, one: Release, found: Sequence[Release]) -> tuple[str, str]:
    if one.withdrawn is not None:
        return t("withdrawn"), "red"
    return (t("current"), "green") if one is current(found) else (t("superseded"), "gray")


def _card(view: View, one: Release, found: Sequence[Release]) -> None:
    t, number = view.t, one.number
    said, colour = _state(t, one, found)
    before = current([other for other in found if other.number < number])
    with st.container(border=True, gap="small", key=f"release_{number}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            heading = t("Release {number}: situation on {as_of}", number=str(number), as_of=one.content.as_of)
            st.header(heading, anchor=False)
            st.badge(said, color=colour)  # type: ignore[arg-type]
        st.caption("  \n".join(plain(line) for line in facts(t, one)))
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.link_button(t("Public page"), f"{PREFIX}/r/{number}/{t.language}/index.html", type="tertiary")
            figures = st.popover(t("Figures"), type="tertiary", on_change="rerun", key=f"figures_{number}")
            if figures.open:
                with figures:
                    release_tables.shown(view, one.content, f"of_{number}")
            if before is not None:
                label = t("What changed since release {number}", number=str(before.number))
                moved = st.popover(label, type="tertiary", on_change="rerun", key=f"moved_{number}")
                if moved.open:
                    with moved:
                        release_tables.changed(view, before.content, one.content, str(number))
            if one.withdrawn is None:
                ask = f"withdraw-{number}"
                st.button(
                    t("Withdraw …"), key=f"withdraw_{number}", type="tertiary", on_click=publishing.ask, args=(ask,)
                )
        if one.withdrawn is None and publishing.asked() == f"withdraw-{number}":
            _withdraw(view, one, found)


def facts(t: Words, one: Release) -> list[str]:
    """Who published a release and when, how much is in it, and by what its bytes are known."""
    body = one.receipt.body
    when = history.when(t, datetime.fromisoformat(body["accepted_at"]))
    by = t("Published by {by}, {when}", by=body["by"], when=when)
    if body.get("approved_by"):
        by = t("Proposed by {by}, approved by {other}, {when}", by=body["by"], other=body["approved_by"], when=when)
    lines = [t("{by}; as known on {known_on}.", by=by, known_on=one.content.known_on)]
    cells, hidden = counted(one)
    tables = len(one.content.told["tables"])
    lines.append(
        t(
            "{figures} in {tables}, {hidden}; receipt {receipt}, fingerprint {hash}.",
            figures=t.many("{n:,} figure", "{n:,} figures", cells),
            tables=t.many("{n:,} table", "{n:,} tables", tables),
            hidden=t.many("{n:,} hidden", "{n:,} hidden", hidden),
            receipt=str(one.receipt.number),
            hash=one.content.hash[:12],
        )
    )
    if body.get("left_out"):
        names = t.list(release_tables.table_name(t, name) for name in body["left_out"])
        lines.append(t("Left out: {what}.", what=names))
    if one.withdrawn is not None:
        gone = one.withdrawn.body
        day = history.when(t, datetime.fromisoformat(gone["accepted_at"]))
        lines.append(t("Withdrawn by {by}, {when}: {reason}", by=gone["by"], when=day, reason=gone["reason"]))
    return lines


def counted(one: Release) -> tuple[int, int]:
    """How many figures a release has, and how many of them are hidden."""
    cells = [cell for its in one.content.told["tables"].values() for cell in its["cells"]]
    return len(cells), sum(cell.get("status") == HIDDEN for cell in cells)


def _withdraw(view: View, one: Release, found: Sequence[Release]) -> None:
    """What withdrawing means, and the reason, which the public reads."""
    t, number = view.t, one.number
    after = current([other for other in found if other is not one])
    with st.container(border=True, gap="small", key="withdraw_question"):
        if one is not current(found):
            told = t("Its address will say that release {number} was withdrawn, and why.", number=str(number))
        elif after is None:
            told = t("Nothing will be public but that release {number} was withdrawn, and why.", number=str(number))
        else:
            told = t(
                "The public pages will show release {after} again, and that release {number} was withdrawn, and why.",
                after=str(after.number),
                number=str(number),
            )
        st.markdown(told)
        show.note(t("Its figures stay in the ledger. This cannot be taken back; a new release can be published."))
        with st.form(f"withdraw_form_{number}", border=False):
            st.text_input(t("Reason, as the public will read it"), key=f"reason_{number}", max_chars=300)
            with st.container(horizontal=True, gap="xsmall"):
                st.form_submit_button(
                    t("Withdraw release {number}", number=str(number)),
                    type="primary",
                    on_click=partial(publishing.withdraw, number, f"reason_{number}"),
                )
                st.form_submit_button(t("Leave it as it is"), on_click=partial(publishing.ask, ""))


def _table(view: View, newest: Sequence[Release], found: Sequence[Release]) -> None:
    t = view.t
    rows = [
        {
            t("Release"): one.number,
            t("Situation on"): t.short_day(one.content.as_of),
            t("Known on"): t.short_day(one.content.known_on),
            t("Published"): history.when(t, datetime.fromisoformat(one.receipt.body["accepted_at"])),
            t("By whom"): one.receipt.body["by"],
            t("Approved by"): one.receipt.body.get("approved_by") or MISSING,
            t("State"): _state(t, one, found)[0],
            t("Figures"): counted(one)[0],
            t("Hidden"): counted(one)[1],
            "SHA-256": one.content.hash,
        }
        for one in newest
    ]
    alt = t.many("{n:,} release", "{n:,} releases", len(rows))
    show.table(view, pd.DataFrame(rows), alt=alt, key="releases", reads={t("Figures"): t.count, t("Hidden"): t.count})
