"""The firms behind a figure: which they are, in which cell of which file each is said, and what that cell holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zlib import crc32

import pandas as pd
import streamlit as st

from charts.chart import Chart
from charts.says import heading, named
from charts.written import Written
from data import sight
from data.problem import Refused
from metrics import METRICS
from metrics.ask import LEVELLED, NONE
from metrics.behind import MOST, NO_ROWS, Behind, behind, narrowed
from metrics.between import CAME, CHANGED, SIDES, WENT, between
from metrics.metric import PERIODS, Metric
from metrics.moved import counts, heard_of
from ui import files, park, past, scope
from ui.asked import Asked, State
from ui.kept import Kept
from ui.markup import plain
from ui.trouble import failure
from ui.view import View
from words import MISSING, Words

MOST_IN_A_FILE = 100_000
HEIGHT = 330
# So much of a cell is said in a sentence; the table under it has it whole.
LONGEST = 300
# A list may hold thousands of rows: few are kept.
_lists = Kept(12)
# The metrics that follow lives, whose firms' ends are worth a column.
_LIVES = ("life", "aging")


def parts(t: Words, metric: Metric) -> dict[str, str]:
    """What each list of a metric holds, as a reader calls it."""
    every = {
        "counted": t("Counted"),
        "alive": t("Alive: numerator"),
        "known": t("Alive or closed: denominator"),
        "closed": t("Closed"),
        "unknown": t("Fate unknown: in neither"),
        "merged": t("Merged: in neither"),
        "waiting": t("Not that old yet: in neither"),
        "lives": t("All counted: denominator"),
        "at_risk": t("Still followed at that age"),
        "undated": t("Closed, day unknown"),
        "left_out": t("Left out"),
        "censored": t("Not seen to close"),
        "ended": t("Left"),
        "open": t("Still there"),
        "left": t("Left, heard of since"),
        "untraced": t("Left, untraced"),
        "let": t("Let: numerator"),
        "places": t("Can be let: denominator"),
        "missing": t("Area unknown: counted as none"),
    }
    if metric.name == "survival_outcomes":
        every["merged"] = t("Merged")
    return {name: every[name] for name in metric.behind}


def door(view: View, asked: Callable[[], Sequence[Asked]], key: str) -> None:
    """The door to the firms behind one figure or several; nothing is asked before it is opened.

    Behind it is a dialog: there is room for lists, and a choice there does not run the page again.
    """
    t = view.t
    if st.button(t("Firms behind it"), type="tertiary", key=f"behind_{key}"):
        st.dialog(t("Firms behind it"), width="large")(_room)(view, asked, key)


def _room(view: View, asked: Callable[[], Sequence[Asked]], key: str) -> None:
    try:
        _opened(view, asked(), key)
    except Exception as error:
        failure(view.t, error, view.t("This list"))


def _opened(view: View, figures: Sequence[Asked], key: str) -> None:
    t = view.t
    if park.sight().sites is not None and any(one.state for one in figures):
        # Such states are worked out of all sites' rows, and their lists would name firms of all.
        st.caption(t("The firms behind these figures are for readers of all sites."))
        return
    if not figures:
        st.caption(t("There is no figure here to ask for."))
        return
    with ExitStack() as states, st.container(gap="small"):
        with st.container(horizontal=True, gap="small"):
            asked = figures[_choice(t("Figure"), [one.label for one in figures], f"{key}_figure")]
            metric = METRICS[asked.name]
            there, known = _there(view, asked, states)
            by = tuple(name for name in asked.by if name in metric.dimensions)
            group, each_site = _group(there, metric, by, key)
            age = _age(t, metric, key)
        there = replace(there, scope=narrowed(asked.scope, metric, group))
        labels = parts(t, metric)
        place = f"{key}_{crc32(repr((asked, group, age, each_site)).encode())}"
        # The list chosen stays when another bar is.
        chosen = f"part_{key}_{metric.name}"
        part = st.session_state.get(chosen) or asked.part or next(iter(labels))
        question = _Question(there, metric, part, age, each_site, asked.state, known)
        if asked.since is not None:
            before, heard = _there(view, asked.since, states, there if asked.since.state == asked.state else None)
            earlier = replace(question, view=before, state=asked.since.state, known=heard)
            _difference(earlier, question, labels, chosen, place)
            return
        found = question.found()
        st.markdown(question.figure())
        _said(question)
        _listed(t, labels, found.counts, chosen, part)
        _table(question, found, labels[part], f"{place}_{part}", lambda: question.found(MOST_IN_A_FILE))


def _there(view: View, asked: Asked, states: ExitStack, same: View | None = None) -> tuple[View, bool]:
    """The view of what is asked, perhaps of another state of knowledge, open as long as `states` is (or as `same` has
    it open); and whether that state has heard of anything of what is filtered by."""
    if asked.state is None:
        there = park.generation(asked.known_on) if asked.known_on else view.park
        return replace(view, park=there, scope=asked.scope), True
    there = same.park if same else states.enter_context(asked.state.opened())
    known = heard_of(there, asked.scope)
    return replace(view, park=there, scope=known or asked.scope), known is not None


def _said(question: _Question) -> None:
    """Which situation the figure is of, and which state of knowledge."""
    told = question.view.sentence
    st.caption(plain(f"{told} {question.state.told}" if question.state else told))


def _listed(
    t: Words, labels: Mapping[str, str], counts: Mapping[str, int], chosen: str, part: str, least: int = 2
) -> None:
    """The choice among the lists of a figure, where there are so many."""
    if len(labels) >= least:
        st.session_state[chosen] = part
        st.segmented_control(
            t("List"),
            list(labels),
            format_func=lambda name: t("{list} ({n:,})", list=labels[name], n=counts[name]),
            key=chosen,
            required=True,
        )


def _difference(before: _Question, after: _Question, labels: Mapping[str, str], chosen: str, place: str) -> None:
    """The firms that make the difference between two figures, list by list: come in, gone out, or otherwise in it."""
    t, metric = after.view.t, after.metric
    was, now = (t.value(end.value, metric.unit) for end in (before, after))
    st.markdown(t("{label}: {value}", label=plain(t(metric.label)), value=f"**{was} → {now}**"))
    for question in (before, after):
        _said(question)
    identity = ("between", *((one.view.identity, one.view.scope, one.known) for one in (before, after)), place)
    both, found = _lists.get((*identity, after.part), lambda: _compared(before, after))
    _listed(t, labels, both[1].counts, chosen, after.part)
    told = {
        CAME: t("Come in"),
        WENT: t("Gone out"),
        CHANGED: t("In both, with other days, areas or dates"),
    }
    sides = {side: told[side] for side in SIDES if found[side].counts[after.part]}
    if not sides:
        st.caption(t("The same firms are in this list before and after."))
        return
    if max(one.counts[one.part] for one in both) > MOST_IN_A_FILE:
        st.caption(t("Only the newest {n:,} of each are compared.", n=MOST_IN_A_FILE))
    key = f"side_{place}"
    side = st.session_state.get(key)
    side = side if side in sides else next(iter(sides))
    _listed(t, sides, {one: found[one].counts[after.part] for one in sides}, key, side, least=1)
    label = t("{list}, {side}", list=labels[after.part], side=sides[side])
    question, rows = before if side == WENT else after, found[side]
    short = replace(rows, rows=rows.rows.head(MOST))
    _table(question, short, label, f"{place}_{after.part}_{side}", lambda: rows)


def _compared(before: _Question, after: _Question) -> tuple[tuple[Behind, Behind], dict[str, Behind]]:
    both = before.found(MOST_IN_A_FILE), after.found(MOST_IN_A_FILE)
    return both, between(*both)


def _choice(label: str, options: Sequence[str], key: str) -> int:
    """The place of the option chosen; of one alone nobody is asked."""
    if len(options) == 1:
        return 0
    return int(st.selectbox(label, range(len(options)), format_func=lambda one: options[one], key=key, width=300))


def _group(view: View, metric: Metric, by: Sequence[str], key: str) -> tuple[dict[str, str | None], bool]:
    """The bar, cell or point that is meant, a choice per dimension, what is left open not being cut; and whether what
    is meant are all sites, each by itself, as the chart shows them."""
    t = view.t
    if not by:
        return {}, False
    answer = view.ask(metric.name, by)
    group: dict[str, str | None] = {}
    each_site = False
    for name in by:
        there = list(dict.fromkeys(one if isinstance(one, str) else NONE for one in answer[name].tolist()))
        there = sorted(there, reverse=True) if name in PERIODS else there
        whole = [t("the last day") if name in PERIODS and metric.stock else t("all together")]
        if name == "site" and metric.over in LEVELLED and "counted" in metric.behind:
            whole = [t("every site by itself"), t("all together")]
        told = [*whole, *(t.period(one) if name in PERIODS else named(t, one) for one in there)]
        chosen = _choice(heading(t, name), told, f"{key}_{metric.name}_{name}")
        if chosen >= len(whole):
            one = there[chosen - len(whole)]
            group[name] = None if one == NONE else one
        each_site |= len(whole) > 1 and not chosen
    return group, each_site


def _age(t: Words, metric: Metric, key: str) -> int | None:
    """The age in years at which the lists are read, where they are read at one."""
    if not any("$age" in one.where for one in metric.behind.values()):
        return None
    ages = range(1, 6 if metric.name == "survival_outcomes" else 11)
    told = [t.many("{n} year", "{n} years", age) for age in ages]
    widget = f"{key}_{metric.name}_age"
    st.session_state.setdefault(widget, 4)
    return ages[_choice(t("Age"), told, widget)]


@dataclass(frozen=True)
class _Question:
    """One list of one figure."""

    view: View
    metric: Metric
    part: str
    age: int | None
    each_site: bool
    state: State | None = None
    # False where its state of knowledge has not heard of anything filtered by: those are nobody.
    known: bool = True

    def found(self, limit: int = MOST) -> Behind:
        view, metric = self.view, self.metric
        if not self.known:
            return Behind(metric, self.part, dict.fromkeys(metric.behind, 0), NO_ROWS)
        asked = (metric.name, view.scope, self.part, self.age, limit, self.each_site)
        if limit > MOST:
            return behind(view.park, *asked)
        return _lists.get((view.identity, *asked), lambda: behind(view.park, *asked))

    @property
    def value(self) -> float | None:
        """The figure as a number."""
        if not self.known:
            return 0.0 if counts(self.metric) else None
        return self.view.figure(self.metric.name).value

    def figure(self) -> str:
        """The figure that the list is behind, in the words of its tile."""
        t, metric, sizes = self.view.t, self.metric, self.found().counts
        label = t(metric.label)
        if not self.known:
            return t("{label}: {value}", label=plain(label), value=f"**{t.value(self.value, metric.unit)}**")
        if self.each_site:
            return t("{label}: {value}", label=plain(label), value=f"**{t.count(sizes[self.part])}**")
        answer = self.view.ask(metric.name)
        rows = list(range(len(answer)))
        if self.age is not None and "age" in answer:
            rows = [place for place in rows if answer["age"][place] == self.age]
        if len(rows) != 1:
            return f"**{plain(label)}**"
        value, note = answer["value"][rows[0]], answer["note"][rows[0]]
        told = t("{label}: {value}", label=plain(label), value=f"**{t.value(value, metric.unit)}**")
        if value == value and {"alive", "known"} <= set(sizes):
            told = t("{figure}, {n:,} of {all:,}", figure=told, n=sizes["alive"], all=sizes["known"])
        return t("{figure} ({note})", figure=told, note=plain(note)) if note else told


def _table(question: _Question, found: Behind, label: str, key: str, whole: Callable[[], Behind]) -> None:
    """The firms, each with its cell; a row that is chosen shows what the cell holds. `whole` gives them all."""
    view, state = question.view, question.state
    t, size = view.t, found.counts[found.part]
    if not size:
        st.caption(t("Nobody."))
        return
    if size > len(found.rows):
        st.caption(t("The newest {n:,} of {all:,} are listed; the files hold more.", n=len(found.rows), all=size))
    table = listed(found, t, state)
    alt = t("{list} ({n:,})", list=label, n=size)
    days = st.column_config.DateColumn(format="DD/MM/YYYY")
    chosen: Any = st.dataframe(
        table,
        hide_index=True,
        height="auto" if len(table) < 8 else HEIGHT,
        column_config={str(name): days for name in table if any(isinstance(one, date) for one in table[name].head(50))},
        key=f"behind_rows_{key}",
        on_select="rerun",
        selection_mode="single-row",
        placeholder=MISSING,
        alt=alt,
    )
    rows = chosen["selection"]["rows"]
    if rows and rows[0] < len(found.rows):
        cell(view, found.rows.iloc[rows[0]].to_dict(), state)
    else:
        st.caption(t("Choose a row to see what its cell holds."))

    def every() -> Chart:
        title = t("{label}: {value}", label=t(found.metric.label), value=alt)
        return Chart(Written('{"data": []}'), title, title, listed(whole(), t, state))

    files.tables_of(view, every, [found.metric.name], f"behind_{key}", file=f"{found.metric.name}-{found.part}")


def listed(found: Behind, t: Words, state: State | None = None) -> pd.DataFrame:
    """The firms and their cells under headings for a reader; days stay days, so that they sort. Of a file that is not
    accepted yet nobody is named, nor a receipt."""
    rows = found.rows
    if state is not None and state.under_way is not None:
        names = ["by", "accepted_on", "receipt"]
        rows = rows.assign(
            **{name: rows[name].where(rows["receipt"] != state.under_way.number, None) for name in names}
        )
    weight = {"area": t("Area or units"), "approximate": t("Approximate dates")}.get(
        found.metric.behind[found.part].means
    )
    told: dict[str, Any] = {
        t("Firm"): rows["firm_name"].where(rows["firm_name"].notna(), rows["firm_id"]),
        t("Site"): rows["site"],
        t("Entry"): rows["entered_on"],
        t("Exit"): rows["left_on"],
    }
    if found.metric.over in _LIVES:
        told |= {t("Closing"): rows["closed_on"], t("Last sign of life"): rows["alive_on"]}
    if weight and rows["weight"].notna().any():
        told[weight] = rows["weight"].astype(float)
    told |= {
        t("File"): rows["file"],
        t("Sheet"): rows["sheet"],
        t("Cell"): [cell or str(row) for cell, row in zip(rows["cell"], rows["row"], strict=True)],
        t("By whom"): rows["by"],
        t("Written"): [one and date.fromisoformat(one) for one in rows["accepted_on"]],
        t("Situation on"): rows["stated_on"],
        t("Receipt"): rows["receipt"],
        t("Sector"): rows["sector"],
        t("Cohort"): rows["cohort"],
    }
    table = pd.DataFrame(told)
    return table.drop(columns=[name for name in (t("Sector"), t("Cohort")) if table[name].isna().all()])


def cell(view: View, row: Mapping[Any, Any], state: State | None = None) -> None:
    """What the cell holds in the file as it was brought, and what stands beside it."""
    t = view.t
    known = [*past.receipts(), *([state.under_way] if state and state.under_way else [])]
    receipt = next((one for one in known if one.number == row["receipt"]), None)
    read = state.book if state and state.book and receipt is state.under_way else None
    if receipt is None or not (read or receipt.original):
        st.caption(t("No list says more."))
        return
    try:
        with st.spinner(t("The file is opened …")):
            seen = park.sight()
            if read:
                # The file is the reader's own, and not written yet.
                cells = sight.own_cells(read, receipt, row["sheet"], row["row"], seen)
            else:
                cells = sight.cells(park.warehouse(), receipt, row["sheet"], row["row"], seen)
    except sight.Unseen:
        st.caption(t("What this row holds in its file is shown to those who may see it."))
        return
    except (Refused, LookupError):
        st.caption(t("The file cannot be opened any more under today's limits: it can be had on the page History."))
        return
    letters = str(row.get("cell") or "").rstrip("0123456789")
    held = next((" ".join(written(one.value, t).split()) for one in cells if one.letters == letters), "")
    where = t("{sheet}!{cell} in {file}", sheet=row["sheet"], cell=row.get("cell") or str(row["row"]), file=row["file"])
    st.markdown(
        t("{where} holds: {text}", where=plain(where), text=f"**{plain(held[:LONGEST] or MISSING)}**")
        if letters
        else plain(where)
    )
    beside = pd.DataFrame(
        {
            t("Column"): [one.letters for one in cells],
            t("Header"): [one.header or MISSING for one in cells],
            t("In the file"): [t("withheld") if one.withheld else written(one.value, t) for one in cells],
        }
    )
    st.dataframe(beside, hide_index=True, height=min(250, 38 + 35 * len(beside)), alt=where)
    # A firm that only the file under way knows has no page yet.
    if row.get("firm_id") and not (state and state.under_way):
        told = t("Everything that lists say of this firm")
        st.markdown(f"[{plain(told)}]({scope.href(view, 'firms', firm=row['firm_id'])})")


def written(value: object, t: Words) -> str:
    """A cell of a file as it stands there; days as both languages write them in figures."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        day = t.short_day(value.date())
        return day if not (value.hour or value.minute or value.second) else f"{day} {value:%H:%M}"
    if isinstance(value, date):
        return t.short_day(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
