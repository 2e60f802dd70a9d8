"""The receipts as a reader meets them: what was accepted or taken back, by whom, and what it did to the figures."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

from charts.says import named as as_said
from charts.waterfall import apart
from charts.waterfall import told as change_told
from data import sight
from data.ledger import PUBLISHING, REWRITES, Broken, Receipt
from metrics import METRICS
from metrics.moved import HEADLINE, Figures
from ui import amended, behind, handing, park, past, published, show, undoing
from ui.asked import Asked
from ui.decisions import fields, meant
from ui.kept import kept
from ui.markup import plain
from ui.view import View
from words import MISSING, Words

PER_PAGE = 8
DECISIONS = ("same", "apart", "spelling")
_CHECKED = "essaim_chain_checked"


@dataclass(frozen=True)
class Checked:
    """What a look at the whole ledger found: so many receipts, or what is wrong with the first one that is."""

    at: datetime
    receipts: int
    broken: Broken | None


def chain(view: View, receipts: Sequence[Receipt]) -> None:
    """Whether any receipt or file was changed after it was written, and which is the first."""
    t = view.t
    asked = st.session_state.get(_CHECKED, "")
    found = kept.get(("chain", receipts[-1].hash, asked), _check)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if found.broken is None:
            said = t.many(
                "The chain is whole: the receipt and its file are as they were written (checked {at}).",
                "The chain is whole: all {n:,} receipts and their files are as they were written (checked {at}).",
                found.receipts,
                at=when(t, found.at),
            )
            st.markdown(f":green[✓] {plain(said)}", width="content")
        else:
            st.warning(plain(_damage(t, found.broken)))
        st.button(t("Check again"), key="check_chain", type="tertiary", on_click=_ask_again)


def _check() -> Checked:
    now = datetime.now(UTC)
    try:
        return Checked(now, past.verified(), None)
    except Broken as broken:
        return Checked(now, 0, broken)


def _ask_again() -> None:
    st.session_state[_CHECKED] = datetime.now(UTC).isoformat()


def _damage(t: Words, broken: Broken) -> str:
    """The first broken link, and what to do about it."""
    number = broken.receipt or 0
    what = {
        "receipt": t("The chain is broken: receipt {number} is missing.", number=number),
        "hash": t("The chain is broken: receipt {number} was changed after it was written.", number=number),
        "original": t("The chain is broken: the file kept with receipt {number} was changed.", number=number),
        "clean": t("The chain is broken: the rows kept with receipt {number} were changed.", number=number),
    }.get(broken.part, t("The chain is broken: what the ledger keeps does not fit its receipts."))
    return t("{what} Do not load anything more; restore the last backup.", what=what)


def when(t: Words, moment: datetime) -> str:
    """A moment as the clock on the reader's wall shows it."""
    try:
        zone: Any = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    local = moment.astimezone(zone)
    return t("{day} at {time}", day=t.short_day(local.date()), time=f"{local:%H:%M}")


def chosen(view: View, receipts: Sequence[Receipt]) -> list[Receipt]:
    """The receipts that the reader wants to see, the newest first."""
    t = view.t
    acts = past.acts(receipts)
    there = {_sort(receipt, acts) for receipt in receipts}
    sorts = {"": t("all"), **{name: said for name, said in kinds(t).items() if name in there}}
    authors = sorted({_by(receipt) for receipt in receipts})
    with show.row():
        kind = show.choice(view, t("Kind"), sorts, key="kind") if len(there) > 1 else ""
        author = None
        if len(authors) > 1:
            author = st.selectbox(
                t("By whom"),
                authors,
                index=None,
                placeholder=t("Everybody"),
                key="author",
                bind="query-params",
                width=260,
            )
    return [
        receipt
        for receipt in reversed(receipts)
        if (not kind or _sort(receipt, acts) == kind) and (author is None or _by(receipt) == author)
    ]


def kinds(t: Words) -> dict[str, str]:
    """What receipts are about, in a word: a kind of list, or the taking back of one."""
    return {
        "tenants": t("tenants"),
        "cohorts": t("cohorts"),
        "sites": t("sites"),
        "sectors": t("sectors"),
        "solutions": t("solutions"),
        "undo": t("undo and redo"),
        "decision": t("who is who, and words"),
        "rewrite": t("persons and files"),
        "published": t("releases"),
    }


def _sort(receipt: Receipt, acts: dict[int, str]) -> str:
    act = acts[receipt.number]
    if act in REWRITES:
        return "rewrite"
    if act in PUBLISHING:
        return "published"
    return str(receipt.body.get("kind", "")) if act == "load" else "undo" if act in ("undo", "redo") else "decision"


def _by(receipt: Receipt) -> str:
    return str(receipt.body.get("by") or MISSING)


def listed(view: View, found: Sequence[Receipt], receipts: Sequence[Receipt]) -> None:
    """So many receipts at a time, each with its effect."""
    t = view.t
    undoing.said(view)
    if not found:
        show.nothing(view, t("No receipt is of this kind and by this author."))
        return
    show.note(
        t("Beside each receipt stand the figures just before and just after it, each on the latest day then stated.")
    )
    pages = -(-len(found) // PER_PAGE)
    place = st.container()
    at = st.pagination(pages, key=f"page_{len(found)}") if pages > 1 else 1
    shown = found[(at - 1) * PER_PAGE : at * PER_PAGE]
    with place:
        there = all(past.is_known(receipts[:end]) for one in shown for end in (one.number - 1, one.number))
        with nullcontext() if there else st.skeleton(420):
            for one in shown:
                _effect(one, receipts)
        for one in shown:
            _card(view, one, receipts)
    every = st.popover(t("All of these as a table"), type="tertiary", on_change="rerun", key="receipts_table")
    if every.open:
        with every:
            _table(view, found, receipts)


def _effect(receipt: Receipt, receipts: Sequence[Receipt]) -> tuple[Figures, Figures]:
    """The headline figures as everybody saw them before and after a receipt."""
    before = [one for one in receipts if one.number < receipt.number]
    return past.known(before).headline, past.known([*before, receipt]).headline


def _behind(t: Words, receipt: Receipt, receipts: Sequence[Receipt]) -> list[Asked]:
    """The figures before and after a receipt, for those who ask for the firms behind them."""
    before, then = ([one for one in receipts if one.number < end] for end in (receipt.number, receipt.number + 1))
    return past.both(t, (before, past.after(t, before)), (then, past.after(t, then)))


def _card(view: View, receipt: Receipt, receipts: Sequence[Receipt]) -> None:
    """One receipt and all that belongs to it."""
    t = view.t
    acts, gone = past.acts(receipts), past.gone(receipts)
    act = acts[receipt.number]
    with st.container(border=True, gap="small", key=f"receipt_{receipt.number}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.header(plain(named(t, receipt, acts)), anchor=False)
            if receipt.number in gone:
                st.badge(t("taken back by receipt {number}", number=gone[receipt.number]), color="gray")
            else:
                st.badge(t("stands"), color="green")
        st.caption("  \n".join(plain(line) for line in facts(t, receipt)))
        effects(view, *_effect(receipt, receipts))
        behind.door(view, lambda: _behind(t, receipt, receipts), f"receipt_{receipt.number}")
        with st.container(horizontal=True, gap="xsmall"):
            if act not in PUBLISHING and sight.has_original(park.warehouse(), receipt, park.sight()):
                _download(t, receipt)
            if receipt.body.get("corrections"):
                amended.corrections(t, receipt)
            if receipt.body.get("left_as_they_were"):
                amended.left(t, receipt)
            if receipt.number not in gone and act not in ("redo", *REWRITES, *PUBLISHING):
                undoing.button(view, receipt, act, receipts)
        if undoing.asked() == receipt.number:
            undoing.confirm(view, receipt, act, receipts)


def named(t: Words, receipt: Receipt, acts: dict[int, str]) -> str:
    """A receipt by its number and what it is about."""
    places: dict[str, Any] = {"number": receipt.number}
    if isinstance(receipt, sight.Veiled) and receipt.action == "load":
        return t("Receipt {number}: of other sites", **places)
    if receipt.action == "load":
        return t("Receipt {number}: {file}", file=receipt.body.get("file", MISSING), **places)
    if receipt.action == "erase":
        return t("Receipt {number}: a person erased", **places)
    if receipt.action == "retain":
        return t("Receipt {number}: files dropped", **places)
    if receipt.action in DECISIONS:
        return t("Receipt {number}: {decision}", decision=decided(t, receipt), **places)
    if receipt.action in PUBLISHING:
        return t("Receipt {number}: {published}", published=published.said(t, receipt), **places)
    undone = t.list(str(number) for number in receipt.takes_back)
    if acts.get(receipt.number) == "redo":
        return t("Receipt {number}: redo, takes back the undo {undone}", undone=undone, **places)
    return t("Receipt {number}: undo of receipt {undone}", undone=undone, **places)


def decided(t: Words, receipt: Receipt) -> str:
    """What a decision says, in words."""
    body = receipt.body
    if receipt.action == "spelling":
        field = fields(t).get(body["field"], body["field"])
        if body.get("forget"):
            return t("what “{written}” means as {field} is forgotten", written=body["written"], field=field)
        means = meant(t, body["field"], body["means"])
        return t("“{written}” means {means} as {field}", written=body["written"], means=means, field=field)
    a, b = (firm.removeprefix("name:") for firm in body["firms"])
    return (
        t("{a} and {b} are one firm", a=a, b=b)
        if receipt.action == "same"
        else t("{a} and {b} are two firms", a=a, b=b)
    )


def facts(t: Words, receipt: Receipt) -> list[str]:
    """Who wrote it and when, and what is in it."""
    body = receipt.body
    accepted = datetime.fromisoformat(body["accepted_at"])
    lines = []
    if receipt.action == "load" and not isinstance(receipt, sight.Veiled):
        what = kinds(t).get(str(body.get("kind")), str(body.get("kind")))
        sheets = t.list(str(sheet) for sheet in body.get("sheets") or [MISSING])
        rows = body.get("rows") or 0
        lines.append(
            t.many(
                "{n:,} row of {what}, sheet {sheets}",
                "{n:,} rows of {what}, sheet {sheets}",
                rows,
                what=what,
                sheets=sheets,
            )
        )
        if body.get("mode") == "replace":
            covers = t.list(str(name) for name in body.get("covers") or [])
            lines.append(
                t("Replaces all that was known of {names}.", names=covers) if covers else t("Replaces the whole list.")
            )
        if receipt.takes_back:
            lines.append(t("Puts aside the receipts {numbers}.", numbers=_span(receipt.takes_back)))
    if receipt.action == "erase":
        lines.append(
            t.many(
                "{n:,} cell about a person was erased from files and rows; nothing brings it back.",
                "{n:,} cells about a person were erased from files and rows; nothing brings them back.",
                body["cells"],
            )
        )
    if receipt.action == "retain":
        lines.append(
            t.many(
                "{n:,} file kept longer than {months} months was dropped; its rows and every figure stay.",
                "{n:,} files kept longer than {months} months were dropped; their rows and every figure stay.",
                len(body["originals"]),
                months=body["months"],
            )
        )
    if receipt.body.get("approved_by"):
        lines.append(t("Approved by {name}.", name=receipt.body["approved_by"]))
    if receipt.body.get("reason"):
        lines.append(t("Reason: {reason}", reason=receipt.body["reason"]))
    lines.append(
        t("By {by}, {when}; known on {known_on}.", by=_by(receipt), when=when(t, accepted), known_on=receipt.known_on)
    )
    return lines


def _span(numbers: Sequence[int]) -> str:
    """Numbers in a row, shortened where none is left out."""
    if len(numbers) > 2 and list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]}–{numbers[-1]}"
    return ", ".join(map(str, numbers))


def effects(view: View, before: Figures, after: Figures) -> None:
    """Each headline figure before and after; those that stay are quiet."""
    t = view.t
    if before == after:
        st.markdown(t("None of the headline figures moved."))
        return
    with st.container(horizontal=True, gap="medium"):
        for name in HEADLINE:
            st.markdown(plain_effect(t, name, before[name], after[name]), width="content")


def plain_effect(t: Words, name: str, before: float | None, after: float | None) -> str:
    """A figure before and after, and by how much it moved."""
    metric = METRICS[name]
    label = t("Entries in 12 months") if name == "entries" else t(metric.label)
    was, now = t.value(before, metric.unit), t.value(after, metric.unit)
    if before == after:
        return t("{label}  \n{value}, unmoved", label=plain(label), value=now)
    if before is None or after is None:
        return t("{label}  \n**{before} → {after}**", label=plain(label), before=was, after=now)
    was, now = apart(t, metric, before, after)
    change = change_told(t, metric, after - before)
    return t("{label}  \n**{before} → {after}** ({change})", label=plain(label), before=was, after=now, change=change)


def _download(t: Words, receipt: Receipt) -> None:
    seen = park.sight()
    name = str(receipt.body.get("file") or receipt.number)
    handing.file(
        t,
        t("Original file"),
        name.replace("/", "_").replace("\\", "_"),
        "application/octet-stream",
        lambda: sight.original(park.warehouse(), receipt, seen),
        key=f"original_{receipt.number}",
        asks="originals",
        event="original-downloaded",
        facts={"receipt": receipt.number, "file": receipt.original},
    )


def _table(view: View, found: Sequence[Receipt], receipts: Sequence[Receipt]) -> None:
    t = view.t
    acts, gone, said = past.acts(receipts), past.gone(receipts), kinds(t)
    words = {"load": t("load"), "undo": t("undo"), "redo": t("redo")} | dict.fromkeys(DECISIONS, t("decision"))
    words |= {"erase": t("erasure"), "retain": t("files dropped")}
    words |= published.acts(t)
    rows = [
        {
            t("Receipt"): one.number,
            t("Action"): words[acts[one.number]],
            t("Kind"): as_said(t, said.get(_sort(one, acts), _sort(one, acts))),
            t("File"): one.body.get("file") or MISSING,
            t("Rows"): one.body.get("rows"),
            t("By whom"): _by(one),
            t("Written"): when(t, datetime.fromisoformat(one.body["accepted_at"])),
            t("Known on"): t.short_day(one.known_on),
            t("Takes back"): _span(one.takes_back) or MISSING,
            t("Taken back by"): str(gone.get(one.number, MISSING)),
        }
        for one in found
    ]
    heading = t.many("{n:,} receipt", "{n:,} receipts", len(rows))
    show.table(view, pd.DataFrame(rows), alt=heading, key="receipts", reads={t("Rows"): t.count})
