"""The way of a file on the page Upload: brought, read, looked at, accepted; the address says which file it is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from data.fault import kind
from data.jobs import WORKING, Job
from data.limits import allowed
from data.problem import Problem
from ui import (
    park,
    reader,
    released,
    scope,
    show,
    trouble,
    upload_columns,
    upload_effect,
    upload_mending,
    upload_problems,
    upload_rows,
)
from ui.desk import Paper, desk
from ui.markup import plain
from ui.upload_words import told
from ui.view import View
from words import Words

log = logging.getLogger("essaim")

JOB = "job"
OVERVIEW = Path(__file__).resolve().parent.parent / "pages" / "overview.py"
_ROUND, _FAULT, _UNSEEN = "essaim_upload_round", "essaim_upload_fault", "essaim_unseen"
# Most lists are read by then: who brings one sees its answer and no bar.
_AT_ONCE = 1.5


@dataclass(frozen=True)
class Look:
    """One upload as it stands: the job, and what was worked out where it rests."""

    job: Job
    paper: Paper | None


def opened(view: View) -> Look | None:
    """The upload that the address names; None where it names none, or one that is gone, which is said."""
    id = st.query_params.get(JOB)
    if not id:
        return None
    desk().wait(id, _AT_ONCE)
    found = _look(id)
    if found is not None and found[0].step == "done" and park.generation().key != view.park.key:
        # It was written while this run waited: the pages and figures around are those of before.
        st.rerun()
    if found is None:
        st.info(view.t("This upload is no longer there: it was set aside or is too old. Nothing of it was written."))
        return None
    return Look(*found)


def _may(job: Job) -> bool:
    """Whether the reader may see a job: one of other sites is like none."""
    mine = park.sight()
    return mine.writes and (mine.sites is None or (job.sites is not None and mine.covers(job.sites)))


def _look(id: str) -> tuple[Job, Paper | None] | None:
    found = desk().look(id)
    return found if found is not None and _may(found[0]) else None


def bring(view: View) -> None:
    """The first step: a place to drop a file, and the uploads that wait to be gone on with."""
    t = view.t
    key = f"file_{st.session_state.setdefault(_ROUND, 0)}"
    with st.container(border=True):
        _heading(t, 1, t("File"))
        st.file_uploader(
            t(
                "A list of tenants, of cohorts, of sites or of sectors: Excel, LibreOffice or CSV, up to {size:,} MB.",
                size=allowed().packed // 1_000_000,
            ),
            key=key,
            on_change=_brought,
            args=(key,),
        )
        if fault := st.session_state.pop(_FAULT, None):
            st.error(trouble.machine(t, fault))
        st.caption(
            t(
                "Headers in French or English are recognised; title rows, totals and hidden sheets are left out and "
                "said. The file is read as it is, its macros and links are never run."
            )
        )
    waiting = [job for job in desk().jobs.open() if _may(job)]
    if waiting:
        show.section(t("Uploads to go on with"))
        for job in waiting[:10]:
            with st.container(horizontal=True, vertical_alignment="center", key=f"open_{job.id}"):
                st.markdown(plain(job.name), width="stretch")
                st.button(t("Go on"), key=f"go_{job.id}", on_click=go_to, args=(job.id,))
                st.button(t("Set aside"), key=f"drop_{job.id}", type="tertiary", on_click=desk().drop, args=(job.id,))


def _brought(key: str) -> None:
    file = st.session_state.get(key)
    if file is None or not reader.may("upload"):
        return
    try:
        job = desk().bring(file.name, file.getvalue(), park.sight().sites)
    except OSError as error:
        log.exception("A file could not be taken")
        st.session_state[_FAULT] = kind(error)
        return
    # Another field next time: this one would keep the bytes of the file.
    st.session_state[_ROUND] += 1
    go_to(job.id)


def go_to(id: str | None) -> None:
    """Writes into the address which upload is looked at. For callbacks."""
    scope.rewrite()
    if id is None:
        st.query_params.pop(JOB, None)
    else:
        st.query_params[JOB] = id


def _heading(t: Words, number: int, name: str, state: str = "") -> None:
    st.header(t("{number}. {name}", number=number, name=name) + (f" — {plain(state)}" if state else ""), anchor=False)


def steps(t: Words) -> dict[str, str]:
    """What is being done with a file, in the order in which it is done."""
    return {
        "waiting": t("Waiting for its turn"),
        "read": t("Reading the file"),
        "match": t("Finding the list and its columns"),
        "check": t("Checking every cell"),
        "compare": t("Comparing with what is known"),
        "count": t("Working out the figures before and after"),
        "write": t("Writing it down"),
    }


@st.fragment(run_every=1.0)
def progress(view: View, id: str) -> None:
    """Which step runs, looked at once a second; the page may be left meanwhile."""
    found = _look(id)
    if found is None or found[1] is not None or found[0].step not in WORKING:
        st.rerun()
        return
    t, job = view.t, found[0]
    named = steps(t)
    at = list(named).index(job.step)
    with st.container(border=True):
        _heading(t, 1, t("File"), job.name)
        st.progress((at + 0.5) / len(named), text=named[job.step])
        st.caption(t("You may leave this page and come back to this address: the work goes on and waits for you."))


def file(view: View, look: Look) -> None:
    """The first step once it is taken: which file, and that it can be put aside."""
    t, outcome = view.t, _paper(look).outcome
    with st.container(border=True):
        _heading(t, 1, t("File"), look.job.name)
        if look.job.stale:
            st.warning(
                t("Something else was loaded meanwhile. Everything below has been worked out anew: look at it again.")
            )
        if outcome.refused == "unreadable":
            for problem in outcome.problems:
                st.error(plain(told(t, problem)))
            st.markdown(t("Nothing was written. Mend the file as said and bring it again."))
        else:
            line = t.many("{n:,} row of data is read.", "{n:,} rows of data are read.", outcome.rows)
            if outcome.left_out:
                line += " " + t("Left out: {what}.", what=left_out(t, outcome.left_out))
            st.markdown(plain(line))
        st.button(t("Another file instead"), key="aside", type="tertiary", on_click=_set_aside, args=(look.job.id,))


def left_out(t: Words, counts: dict[str, int]) -> str:
    """The rows of the sheet that are no data, by why."""
    named = {
        "title": t.many("{n:,} title row", "{n:,} title rows", counts.get("title", 0)),
        "blank": t.many("{n:,} blank row", "{n:,} blank rows", counts.get("blank", 0)),
        "total": t.many("{n:,} total", "{n:,} totals", counts.get("total", 0)),
        "note": t.many("{n:,} note", "{n:,} notes", counts.get("note", 0)),
        "repeated-header": t.many("{n:,} repeated header", "{n:,} repeated headers", counts.get("repeated-header", 0)),
        "error": t.many("{n:,} row with errors", "{n:,} rows with errors", counts.get("error", 0)),
        "repeated": t.many("{n:,} repeated row", "{n:,} repeated rows", counts.get("repeated", 0)),
        "not-taken": t.many("{n:,} row left as it was", "{n:,} rows left as they were", counts.get("not-taken", 0)),
    }
    return t.list(named[why] for why in named if counts.get(why))


def _set_aside(id: str) -> None:
    desk().drop(id)
    go_to(None)


def columns(view: View, look: Look) -> None:
    """The second step: which sheet, which header, what each column means, and what only a person knows."""
    t, paper = view.t, _paper(look)
    if paper.outcome.refused == "unreadable":
        return
    with st.container(border=True):
        state = _kind(t, paper) if paper.review.tables else ""
        _heading(t, 2, t("Sheet and columns"), state)
        if look.job.remembered:
            show.note(t("As in receipt {number}, whose file had the same headers.", number=look.job.remembered))
        upload_columns.form(view, look.job, paper)


def _kind(t: Words, paper: Paper) -> str:
    return upload_columns.kinds(t)[paper.review.matches[0].kind]


def problems(view: View, look: Look) -> None:
    """The third step: everything that is wrong, by cell, and the ways to mend it."""
    t, paper = view.t, _paper(look)
    if paper.outcome.refused == "unreadable":
        return
    with st.container(border=True):
        _heading(t, 3, t("Problems"), upload_problems.counted(t, paper.outcome.problems))
        upload_problems.settle(view, look.job, paper)
        chosen = upload_problems.table(view, paper)
        upload_mending.cells(view, look.job, paper, chosen)
        upload_mending.made(view, look.job)
        upload_mending.workbook(view, look.job, paper)


def effect(view: View, look: Look) -> None:
    """The fourth step: the rows and the figures, before and after."""
    t, paper = view.t, _paper(look)
    if paper.outcome.refused == "unreadable":
        return
    with st.container(border=True):
        _heading(t, 4, t("What will change"))
        if paper.changes is None:
            told = t("Nothing: every row of this file is known already.")
            show.note(
                told if paper.outcome.refused is None else t("This is worked out once steps 2 and 3 are settled.")
            )
        else:
            upload_rows.rows(view, look.job, paper)
            upload_effect.figures(view, look.job, paper)
            if paper.review.draft is not None and look.job.receipt is None:
                released.figures(view, paper.review.draft)


def acceptance(view: View, look: Look) -> None:
    """The last step, the only one that writes."""
    t, paper = view.t, _paper(look)
    outcome = paper.outcome
    if outcome.refused == "unreadable":
        return
    with st.container(border=True):
        _heading(t, 5, t("Accept"))
        if paper.review.draft is None:
            show.note(_nothing(t, paper))
            return
        warned = [p for p in outcome.problems if p.severity != "note"]
        if warned:
            st.checkbox(_seen(t, warned), key=f"seen_{look.job.id}_{look.job.turn}")
        show.note(t("The receipt will bear your name, {by}.", by=reader.who().name))
        st.button(
            t("Accept and write"), key="accept", type="primary", on_click=_accepted, args=(look.job, bool(warned))
        )
        if st.session_state.pop(_UNSEEN, False):
            st.error(t("Tick that you have looked at the problems first."))
        show.note(t("It can be undone afterwards: a receipt is taken back by one more receipt, and nothing is erased."))


def _nothing(t: Words, paper: Paper) -> str:
    """Why there is nothing to accept."""
    if paper.outcome.refused is None:
        return t("There is nothing to accept.")
    if any(problem.severity == "error" and problem.row is None for problem in paper.outcome.problems):
        return t("Not yet: what stands in red above has to be settled first.")
    return t("Not yet: no row of this file can stand. Settle the problems under step 3 first.")


def _seen(t: Words, warned: list[Problem]) -> str:
    rows = {(p.sheet, p.row) for p in warned if p.severity == "error" and p.row is not None}
    told = t.many("I have looked at the problem above.", "I have looked at the {n:,} problems above.", len(warned))
    if rows:
        told += " " + t.many("{n:,} row stays out.", "{n:,} rows stay out.", len(rows))
    return told


def _accepted(job: Job, warned: bool) -> None:
    by = reader.must("upload").name
    if warned and not st.session_state.get(f"seen_{job.id}_{job.turn}"):
        st.session_state[_UNSEEN] = True
    else:
        scope.rewrite()
        told = reader.noting()
        desk().accept(job.id, by, lambda outcome: told("upload", receipt=outcome.receipt or 0, rows=outcome.rows))


def done(view: View, look: Look) -> None:
    """What was written, where to see it, and how to take it back."""
    t, job = view.t, look.job
    with st.container(border=True):
        _heading(t, 5, t("Done"))
        st.success(
            t(
                "{file} is in the ledger as receipt {number}, accepted by {by}.",
                file=plain(job.name),
                number=job.receipt or 0,
                by=plain(job.by),
            )
        )
        if look.paper is not None and look.paper.changes is not None:
            st.markdown(upload_rows.counted(t, look.paper))
            upload_effect.figures(view, job, look.paper)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(OVERVIEW, label=t("See the overview"))
            st.button(t("Another file"), key="next", on_click=go_to, args=(None,))
        show.note(t("To take it back (one more receipt; nothing is erased):"))
        st.code(f"python -m data undo {job.receipt}", language=None)


def failed(view: View, look: Look) -> None:
    """The app broke on this file: what still holds, and what to do."""
    t, job = view.t, look.job
    with st.container(border=True):
        _heading(t, 1, t("File"), job.name)
        if job.fault:
            st.error(trouble.machine(t, job.fault))
        st.error(
            t(
                "This file could not be worked on just now. Nothing was written and the rest of the app works. Try "
                "again; if it stays so, tell whoever looks after the app this reference: **{reference}**",
                reference=job.reference or "",
            )
        )
        st.button(t("Try again"), key="again", on_click=desk().again, args=(job.id,))
        st.button(t("Another file instead"), key="aside", type="tertiary", on_click=_set_aside, args=(job.id,))


def _paper(look: Look) -> Paper:
    assert look.paper is not None
    return look.paper
