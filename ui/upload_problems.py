"""The third step of an upload: every problem with its cell, said in the reader's language, and words to settle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from data.jobs import Job
from data.problem import Problem
from ui import show
from ui.desk import Paper
from ui.markup import plain
from ui.upload_columns import ASKS, label, says
from ui.upload_words import CHOICES, COLUMNS, told
from ui.view import View
from words import Words

MOST_SETTLED = 30
# More kinds than these are chosen from a list.
MOST_KINDS = 12
_NAMED = 6
_UNKNOWN = {"unknown-site": "site", "unknown-sector": "sector"}


def severities(t: Words) -> dict[str, str]:
    """How bad a problem is."""
    return {"error": t("Error"), "warning": t("Warning"), "note": t("Note")}


def counted(t: Words, problems: Sequence[Problem]) -> str:
    """How many there are of each."""
    count = Counter(problem.severity for problem in problems)
    if not count["error"] and not count["warning"]:
        return t("none")
    parts = []
    if count["error"]:
        parts.append(t.many("{n:,} error", "{n:,} errors", count["error"]))
    if count["warning"]:
        parts.append(t.many("{n:,} warning", "{n:,} warnings", count["warning"]))
    return t.list(parts)


def cell(paper: Paper, problem: Problem) -> str:
    """The place of a problem as a spreadsheet names it: Locataires!F37."""
    if problem.sheet is None:
        return ""
    if problem.row is None:
        return problem.sheet
    places = paper.places.of(problem) if problem.column else []
    return str(places[0]) if places else f"{problem.sheet}!{problem.row}"


def listed(t: Words, paper: Paper, problems: Sequence[Problem]) -> pd.DataFrame:
    """The problems as a table, one row each."""
    named = severities(t)
    return pd.DataFrame(
        {
            t("Severity"): [named[problem.severity] for problem in problems],
            t("Cell"): [cell(paper, problem) for problem in problems],
            t("Value"): [problem.value or "" for problem in problems],
            t("What is wrong, and how to mend it"): [told(t, problem) for problem in problems],
            t("Code"): [problem.code for problem in problems],
        }
    )


def table(view: View, paper: Paper) -> list[Problem]:
    """All problems, filtered by severity and by what is wrong; what stops everything is said above, or in step 2.

    → those that the filters leave
    """
    t, problems = view.t, paper.outcome.problems
    if not problems:
        show.note(t("Every cell is as it should be."))
        return []
    for problem in problems:
        if problem.severity == "error" and problem.row is None and problem.code not in ASKS:
            st.error(plain(told(t, problem)))
    named, count = severities(t), Counter(problem.severity for problem in problems)
    offered = [severity for severity in named if count[severity]]
    severity = st.pills(
        t("Severity"),
        offered,
        format_func=lambda one: t("{what} ({n:,})", what=named[one], n=count[one]),
        key="problem_severity",
    )
    kind = _kind(t, [problem for problem in problems if severity in (None, problem.severity)])
    chosen = [p for p in problems if severity in (None, p.severity) and kind in (None, p.wrong.title)]
    if kind and chosen:
        show.note(t(chosen[0].wrong.reason))
    said = t.many("{n:,} problem", "{n:,} problems", len(chosen))
    st.dataframe(
        listed(t, paper, chosen),
        hide_index=True,
        height="auto" if len(chosen) < 6 else 380,
        column_config={
            t("Severity"): st.column_config.TextColumn(width=110),
            t("Cell"): st.column_config.TextColumn(width=210),
            t("Value"): st.column_config.TextColumn(width=160),
            t("What is wrong, and how to mend it"): st.column_config.TextColumn(width=760),
        },
        key="problems",
        alt=said,
    )
    if count["error"] and any(p.row is not None and p.severity == "error" for p in problems):
        show.note(t("A row with an error stays out; the others can be accepted."))
    return chosen


def _kind(t: Words, problems: Sequence[Problem]) -> str | None:
    """The kinds of problems there are, the worst and most frequent first, each with its number → the one asked for.

    A kind goes by its title, which the codes of one wrong share that leaves out the row here and the cell there.
    """
    kinds, order = Counter(problem.wrong.title for problem in problems), list(severities(t))
    worst: dict[str, int] = {}
    for problem in problems:
        title = problem.wrong.title
        worst[title] = min(worst.get(title, len(order)), order.index(problem.severity))
    offered = sorted(kinds, key=lambda title: (worst[title], -kinds[title]))

    def said(title: str) -> str:
        return t("{what} ({n:,})", what=t(title), n=kinds[title])

    label, key = t("What is wrong"), "problem_kind"
    if len(offered) <= MOST_KINDS:
        return st.pills(label, offered, format_func=said, key=key)
    return st.selectbox(label, offered, index=None, format_func=said, placeholder=t("All"), key=key)


def settle(view: View, job: Job, paper: Paper) -> None:
    """Words that the park does not know, each with what it may mean; what is chosen is remembered with the layout."""
    t, words = view.t, unknown(paper)
    if any(problem.code == "double-encoded" for problem in paper.outcome.problems):
        with st.container(horizontal=True, vertical_alignment="center", key="repair_box"):
            st.markdown(t("Accents look broken, like Ã© for é."), width="stretch")
            again = t("Read them as they were meant")
            st.button(again, key=f"repair_{job.id}_{job.turn}", on_click=partial(_add, job, "repair_accents"))
    if not words:
        return
    sample = view.park.sample and job.said.get("sample") != "keep"
    names = {"site": () if sample else view.sites, "sector": () if sample else view.sectors}
    _new(t, job, [value for field, value in words if field == "site"], "new_sites")
    _new(t, job, [value for field, value in words if field == "sector"], "new_sectors")
    words = Counter({key: n for key, n in words.items() if COLUMNS[key[0]].choices or names.get(key[0])})
    if not words:
        return
    with (
        st.expander(
            t.many("{n:,} word to settle", "{n:,} words to settle", len(words)), key=f"settle_{job.id}_{job.turn}"
        ),
        st.form(f"words_{job.id}_{job.turn}", border=False),
    ):
        st.caption(t("Say what each means; the next list with the same headers is then read so too."))
        asked, kind = list(words.items())[:MOST_SETTLED], paper.review.matches[0].kind
        for number, ((field, value), rows) in enumerate(asked):
            column = COLUMNS[field]
            options = list(column.choices) or list(names.get(field, ()))
            st.selectbox(
                plain(t("{field}: {value} ({n:,})", field=label(t, kind, field), value=value, n=rows)),
                options,
                index=None,
                format_func=lambda one: CHOICES.get(one, one) if t.language == "fr" else one,
                placeholder=t("leave as it is"),
                key=f"word_{job.id}_{job.turn}_{number}",
            )
        st.form_submit_button(
            t("Read again with these meanings"), on_click=partial(_settled, job, [key for key, _ in asked])
        )


def _new(t: Words, job: Job, values: list[str], what: str) -> None:
    """Names that the park's list does not have, and one click to add them all."""
    if not values:
        return
    shown = t.list([f"“{value}”" for value in values[:_NAMED]] + (["…"] if len(values) > _NAMED else []))
    if what == "new_sites":
        told = t.many(
            "A site is not on the park's list: {names}.",
            "{n:,} sites are not on the park's list: {names}.",
            len(values),
            names=shown,
        )
        label = t.many("It is new: add it", "They are new: add them", len(values))
    else:
        told = t.many(
            "A sector is not on the park's list: {names}.",
            "{n:,} sectors are not on the park's list: {names}.",
            len(values),
            names=shown,
        )
        label = t.many("It is new: add it", "They are new: add them", len(values))
    with st.container(horizontal=True, vertical_alignment="center", key=f"{what}_box"):
        st.markdown(plain(told), width="stretch")
        st.button(label, key=f"add_{what}_{job.id}_{job.turn}", on_click=partial(_add, job, what))


def _add(job: Job, what: str) -> None:
    says(job, mapping={**job.choices.mapping.as_json(), what: True})


def unknown(paper: Paper) -> Counter[tuple[str, str]]:
    """(field, text) of every word that no list knows, with the number of rows."""
    fields: dict[str, str] = {}
    for table, match in zip(paper.review.tables, paper.review.matches, strict=True):
        fields |= {table.headers[place].strip(): name for name, place in match.columns.items()}
    found: Counter[tuple[str, str]] = Counter()
    for problem in paper.outcome.problems:
        field = _UNKNOWN.get(problem.code)
        if problem.code == "unknown-choice":
            field = fields.get((problem.column or "").strip())
        if field and problem.value:
            found[(field, problem.value)] += 1
    return found


def _settled(job: Job, asked: list[tuple[str, str]]) -> None:
    mapping = job.choices.mapping.as_json()
    values = {field: dict(meanings) for field, meanings in mapping.get("values", {}).items()}
    for number, (field, value) in enumerate(asked):
        meaning = st.session_state.get(f"word_{job.id}_{job.turn}_{number}")
        if meaning is not None:
            values.setdefault(field, {})[value] = meaning
    says(job, mapping={**mapping, "values": values})
