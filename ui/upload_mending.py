"""Mending what the third step shows: cells typed anew here, each with author and reason, or in the workbook itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

import pandas as pd
import streamlit as st

from data.coloured import Labels, Line, coloured, name_of
from data.fields import shown
from data.grid import Book, column_index
from data.jobs import Job
from data.mending import Correction
from data.places import Place
from data.problem import Problem
from ui import handing, reader, show
from ui.desk import Paper, desk
from ui.markup import plain
from ui.upload_columns import says
from ui.upload_problems import severities
from ui.upload_words import told
from ui.view import View
from words import Words

# As many cells as a person mends by hand; who has more mends them in the workbook.
MOST = 500
# A text that is longer is not typed anew in a table.
LONG = 1_000
PER_PAGE = 6
_RANK = {"error": 0, "warning": 1, "note": 2}
_MISSING = "essaim_mend_missing"


def cells(view: View, job: Job, paper: Paper, problems: Sequence[Problem]) -> None:
    """The cells behind some of the problems, to be typed anew; what is typed counts once the button is pressed."""
    t, found = view.t, _found(paper, problems)
    stand = ((place, _value(job, paper, place)) for place in found)
    values = dict(islice(((place, v) for place, v in stand if v is not None and len(v) <= LONG), MOST))
    if not values:
        return
    places = list(values)
    several = len(places) if len(places) < MOST else len(found)
    # Neither hangs on the filters: they would close it under the hands of who works there.
    wrong = any(problem.severity == "error" for problem in paper.outcome.problems)
    with st.expander(t("Mend cells here"), expanded=wrong, key=f"mend_{job.id}_{job.turn}"):
        st.caption(
            t(
                "Type the right value into the column “New value”; an empty one empties the cell. Your file stays as "
                "it is: the receipt keeps each correction with its author and its reason."
            )
        )
        if several > MOST:
            show.note(
                t("The first {n:,} cells are shown: filter above, or mend the rest in the workbook below.", n=MOST)
            )
        typed = _editor(t, job, paper, places, values, found)
        st.text_input(t("Why these cells are corrected"), key=_key(job, "reason"), max_chars=200)
        st.button(
            t.many("Mend this cell", "Mend these {n:,} cells", len(typed)) if typed else t("Mend these cells"),
            key="mend",
            disabled=not typed,
            on_click=_mend,
            args=(job, typed),
        )
        if st.session_state.pop(_MISSING, False):
            st.error(t("Say why: each correction bears its reason."))


def _key(job: Job, name: str) -> str:
    return f"mend_{name}_{job.id}_{job.turn}"


def _found(paper: Paper, problems: Sequence[Problem]) -> dict[Place, list[Problem]]:
    """The cells that the problems are about, each once, with its problems; those with errors come first."""
    found: dict[Place, list[Problem]] = {}
    for problem in sorted(problems, key=lambda one: _RANK[one.severity]):
        for place in paper.places.of(problem):
            found.setdefault(place, []).append(problem)
    return found


def _value(job: Job, paper: Paper, place: Place) -> str | None:
    """What stands in a cell now, corrected or as written; None for a place outside the sheet."""
    for one in reversed(job.choices.corrections):
        if (one.sheet, one.row, one.column) == (place.sheet, place.row, place.letters):
            return one.becomes
    return _written(paper, place)


def _written(paper: Paper, place: Place) -> str | None:
    assert paper.review.book is not None
    grid = next((grid for grid in paper.review.book.grids if grid.name == place.sheet), None)
    if grid is None or place.column >= len(grid.columns) or place.row > len(grid.columns[place.column]):
        return None
    return shown(grid.columns[place.column][place.row - 1]) or ""


def _editor(
    t: Words,
    job: Job,
    paper: Paper,
    places: list[Place],
    values: dict[Place, str],
    found: dict[Place, list[Problem]],
) -> dict[Place, tuple[str, str]]:
    """The table to type in → for each cell typed anew what stands there and what was typed, under other filters too."""
    state = st.session_state
    typed: dict[Place, str] = state.setdefault(_key(job, "typed"), {})
    # The table knows its rows by number only: other rows are another table, which begins with what was typed before.
    number, before, start = state.get(_key(job, "rows"), (0, None, {}))
    if before != places:
        number, start = number + 1, dict(typed)
        state[_key(job, "rows")] = number, places, start
    headers = {
        (table.sheet, place): header
        for table in paper.review.tables
        for header, place in zip(table.headers, table.places, strict=True)
    }
    one_sheet = len(paper.review.tables) == 1
    frame = pd.DataFrame(
        {
            "cell": [f"{place.letters}{place.row}" if one_sheet else str(place) for place in places],
            "value": [values[place] for place in places],
            "new": [start.get(place, values[place]) for place in places],
            "header": [headers.get((place.sheet, place.column), "") for place in places],
            "wrong": [" ".join(dict.fromkeys(told(t, problem) for problem in found[place])) for place in places],
        },
        dtype=object,
    )
    key = f"{_key(job, 'editor')}_{number}"
    text = st.column_config.TextColumn
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        height="auto" if len(places) < 8 else 320,
        disabled=["cell", "value", "header", "wrong"],
        column_config={
            "cell": text(t("Cell"), width=70 if one_sheet else 190),
            "value": text(t("Value"), width=115),
            "new": text(t("New value"), width=135, max_chars=LONG),
            "header": text(t("Column"), width=150),
            "wrong": text(t("What is wrong, and how to mend it"), width=760),
        },
        on_change=_typed,
        args=(job, key, places, start),
        alt=t.many("{n:,} cell to mend", "{n:,} cells to mend", len(places)),
    )
    stand = {place: _value(job, paper, place) or "" for place in typed}
    return {place: (stand[place], text) for place, text in typed.items() if text != stand[place]}


def _typed(job: Job, key: str, places: list[Place], start: dict[Place, str]) -> None:
    """Keeps what was typed by its cell."""
    edited = (st.session_state.get(key) or {}).get("edited_rows", {})
    now = {places[int(row)]: str(cells["new"] or "") for row, cells in edited.items() if "new" in cells}
    typed = st.session_state.get(_key(job, "typed"), {})
    others = {place: text for place, text in typed.items() if place not in set(places)}
    mine = {place: text for place, text in start.items() if place in set(places)}
    st.session_state[_key(job, "typed")] = {**others, **mine, **now}


def _mend(job: Job, typed: dict[Place, tuple[str, str]]) -> None:
    """Adds what was typed to the corrections, and has everything worked out anew."""
    by = reader.must("upload").name
    reason = " ".join(str(st.session_state.get(_key(job, "reason")) or "").split())
    if not reason:
        st.session_state[_MISSING] = True
        return
    now = datetime.now(UTC).isoformat(timespec="seconds")
    fresh = [
        Correction(place.sheet, place.row, place.letters, was, text, by, reason, now)
        for place, (was, text) in typed.items()
    ]
    _say(job, _together(_standing(job), fresh))


def _standing(job: Job) -> list[Correction]:
    """The corrections there are now, somebody else's among them."""
    return list((desk().jobs.find(job.id) or job).choices.corrections)


def _together(standing: list[Correction], fresh: list[Correction]) -> list[Correction]:
    """One correction for each cell, from what the file says to what was said last; none where the two are the same."""
    cells = {one.cell: one for one in standing}
    for one in fresh:
        first = cells.pop(one.cell, one)
        if one.becomes != first.was:
            cells[one.cell] = replace(one, was=first.was)
    return list(cells.values())


def _say(job: Job, corrections: list[Correction]) -> None:
    says(job, corrections=[one.as_json() for one in corrections])


def made(view: View, job: Job) -> None:
    """The corrections made so far, each with a way back."""
    t, corrections = view.t, job.choices.corrections
    if not corrections:
        return
    with st.container(border=True, gap="xsmall", key=f"made_{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            heading = t.many("{n:,} cell mended", "{n:,} cells mended", len(corrections))
            st.markdown(f"**{heading}**", width="stretch")
            if len(corrections) > 1:
                st.button(t("Take all back"), key=_key(job, "back"), type="tertiary", on_click=partial(_say, job, []))
        pages = -(-len(corrections) // PER_PAGE)
        place = st.container(gap="xsmall")
        at = st.pagination(pages, key=_key(job, "page")) if pages > 1 else 1
        with place:
            for one in corrections[::-1][(at - 1) * PER_PAGE : at * PER_PAGE]:
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(f"{plain(change(t, one))}  \n:small[{plain(whose(t, one))}]", width="stretch")
                    st.button(
                        t("Take back"),
                        key=_key(job, f"back_{one.cell}"),
                        type="tertiary",
                        on_click=_take_back,
                        args=(job, one),
                    )


def _take_back(job: Job, correction: Correction) -> None:
    _say(job, [one for one in _standing(job) if one.cell != correction.cell])


def change(t: Words, correction: Correction) -> str:
    """A correction in a line: Locataires!F37: “31/02/2015” → “28/02/2015”."""
    was, becomes = (
        t("“{text}”", text=_short(text)) if text.strip() else t("empty")
        for text in (correction.was, correction.becomes)
    )
    return t("{cell}: {was} → {becomes}", cell=correction.cell, was=was, becomes=becomes)


def whose(t: Words, correction: Correction) -> str:
    """Who corrected, and why."""
    return t("by {by}: {reason}", by=correction.by, reason=correction.reason)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:60]}…"


def workbook(view: View, job: Job, paper: Paper) -> None:
    """The way back into the person's own workbook: the same, its wrong cells coloured and commented."""
    t, book = view.t, paper.review.book
    if book is None or not (paper.outcome.problems or job.choices.corrections):
        return
    name, mime = name_of(book)
    with st.container(horizontal=True, vertical_alignment="center", key=f"workbook_{job.id}"):
        handing.file(
            t,
            t("The workbook with its problems marked"),
            name,
            mime,
            partial(_workbook, t, job, paper),
            key=f"coloured_{job.id}",
            asks="upload",
        )
        st.caption(
            t(
                "The same cells, those with problems coloured and commented and all listed on a sheet of their own. "
                "Mend them in your spreadsheet program and bring the file again."
            ),
            width="stretch",
        )


def _workbook(t: Words, job: Job, paper: Paper) -> bytes:
    assert paper.review.book is not None
    try:
        content = desk().jobs.content(job.id)
    except OSError:
        # Set aside or accepted elsewhere meanwhile: the cells as read are still at hand.
        content = b""
    return coloured(content, paper.review, lines(t, paper), labels(t, paper.review.book))


def lines(t: Words, paper: Paper) -> list[Line]:
    """Every problem and every correction, as the workbook tells them."""
    found = []
    for problem in paper.outcome.problems:
        places = paper.places.of(problem)
        where = str(places[0]) if places else problem.sheet or ""
        found.append(Line(problem.severity, places, where, problem.value or "", told(t, problem), problem.code))
    for one in paper.review.choices.corrections:
        place = Place(one.sheet, one.row, column_index(one.column))
        there = [place] if _written(paper, place) is not None else []
        found.append(Line("mended", there, one.cell, one.becomes, f"{change(t, one)}; {whose(t, one)}"))
    return found


def labels(t: Words, book: Book) -> Labels:
    """What stands around the list on the sheet of problems."""
    return Labels(
        t("Problems found in {file}", file=book.file),
        (t("Severity"), t("Cell"), t("Value"), t("What is wrong, and how to mend it"), t("Code")),
        {**severities(t), "mended": t("Mended")},
        t(
            "A copy of your workbook. Mend the coloured cells and bring it again: this sheet, the colours and our "
            "comments change nothing of what is read. Drawn shapes may be missing in the copy; your own file has them."
        ),
        t(
            "A new workbook with the cells of your file, without its formats and formulas. Mend the coloured cells and "
            "bring it again: this sheet, the colours and our comments change nothing of what is read."
        ),
        t("Your file could not be written again: this is the list of its problems alone. Mend them in your own file."),
    )
