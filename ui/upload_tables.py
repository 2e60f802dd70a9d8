"""Which tables of a sheet are taken, where it has several."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from data.jobs import Job
from data.tables import area, place
from ui.desk import Paper
from words import Words


def choose(t: Words, job: Job, paper: Paper, key: str) -> None:
    """Every table of the sheets that have several, those that are taken already chosen."""
    offered, (options, taken) = _offered(paper), _options(job, paper)
    if options:
        st.multiselect(
            t("Tables to take, where a sheet has several"),
            options,
            default=taken,
            format_func=lambda name: f"{name.rpartition('!')[0]} {offered.get(name, name.rpartition('!')[2])}".strip(),
            placeholder=t("all that fit"),
            key=key,
        )


def asked(job: Job, paper: Paper, chosen: list[str] | None) -> list[str]:
    """What is said of the tables then: nothing new where those are chosen that were, nothing at all where none is."""
    options, taken = _options(job, paper)
    if chosen is None or set(chosen) == set(taken):
        return list(job.choices.mapping.table)
    # What is alone on its sheet stays with those chosen.
    return [*(name for name in _taken(paper) if name not in options), *chosen] if chosen else []


def _options(job: Job, paper: Paper) -> tuple[list[str], list[str]]:
    """The tables to choose from, and those of them that are taken; what was asked for in vain is among both."""
    lost = [] if paper.review.tables else list(job.choices.mapping.table)
    options = [*_offered(paper), *lost]
    return options, [name for name in (*_taken(paper), *lost) if name in options]


def _taken(paper: Paper) -> list[str]:
    return [f"{table.sheet}!{place(table)}" for table in paper.review.tables]


def _offered(paper: Paper) -> dict[str, str]:
    """The tables of the sheets that have several: each by its sheet and first cell, with the cells it takes up."""
    found = {f"{table.sheet}!{place(table)}": area(table) for table in paper.review.tables}
    others = [problem for problem in paper.outcome.problems if problem.code in ("table-left-out", "table-not-chosen")]
    found |= {f"{problem.sheet}!{problem.details['table']}": problem.details["area"] for problem in others}
    sheets = Counter(name.rpartition("!")[0] for name in found)
    return {name: cells for name, cells in found.items() if sheets[name.rpartition("!")[0]] > 1}
