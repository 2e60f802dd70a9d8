"""The second step of an upload: which sheet and header, what each column means and why, and what a person must say."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from data.cells import fold
from data.fields import shown
from data.jobs import Job
from data.match import Match
from data.sheets import SHEETS
from data.table import Table
from ui import scope, show, upload_tables
from ui.desk import Paper, desk
from ui.markup import plain
from ui.scope import EARLIEST, LATEST
from ui.upload_words import told
from ui.view import View
from words import Words

_EXAMPLES, _LONG = 3, 28
# What a person has to look at before the rest means anything.
ASKS = {
    "missing-column",
    "missing-site",
    "site-not-listed",
    "stated-day-missing",
    "stated-day-conflict",
    "sample-loaded",
    "column-by-likeness",
    "column-unsure",
    "column-twice",
    "header-not-found",
    "header-only",
    "no-data",
    "sheet-not-found",
    "other-kind",
    "sheet-incomplete",
    "date-order-torn",
    "table-left-out",
    "table-not-found",
    "tables-beside",
}


def says(job: Job, **changes: Any) -> None:
    """Has everything worked out anew with some choices changed. For callbacks."""
    scope.rewrite()
    desk().say(job.id, {**job.said, **changes})


def kinds(t: Words) -> dict[str, str]:
    """The kinds of lists there are."""
    return {
        "tenants": t("Tenants"),
        "cohorts": t("Cohorts"),
        "sites": t("Sites"),
        "sectors": t("Sectors"),
        "solutions": t("Solutions"),
    }


def label(t: Words, kind: str, name: str) -> str:
    """A field as our own spreadsheets head it, in the reader's language."""
    column = SHEETS[kind].column(name)
    return column.fr if t.language == "fr" else column.en


def form(view: View, job: Job, paper: Paper) -> None:
    """Everything about how the file is read, filled in with what was found; one button reads it anew."""
    t, review = view.t, paper.review
    asks = any(problem.code in ASKS for problem in paper.outcome.problems)
    show.note(summary(t, paper))
    for problem in paper.outcome.problems:
        if problem.code in ASKS and problem.severity == "error":
            st.error(plain(told(t, problem)))
    says_what = t("Check and correct") if asks else t("Change how the file is read")
    with st.expander(says_what, expanded=asks, key=_key(job, "form")), st.form(_key(job, "choices"), border=False):
        _sheet(view, job, paper)
        upload_tables.choose(t, job, paper, _key(job, "tables"))
        _park(view, job, paper)
        if review.tables:
            _fields(t, job, paper)
        st.form_submit_button(t("Read again with these choices"), on_click=partial(_submitted, job, paper))
    if st.session_state.pop("essaim_twice", None):
        st.error(t("Two columns were given the same meaning: choose one of them."))


def _key(job: Job, name: str) -> str:
    """Widgets begin anew whenever the file was read anew."""
    return f"{name}_{job.id}_{job.turn}"


def summary(t: Words, paper: Paper) -> str:
    """What was found without asking."""
    review, outcome = paper.review, paper.outcome
    known = {name for match in review.matches for name in match.columns}
    parts = [t.many("{n:,} column is understood.", "{n:,} columns are understood.", len(known))]
    if outcome.sheets:
        parts.insert(0, t("Sheet: {names}.", names=t.list(outcome.sheets)))
    if review.clean is not None and review.clean.stated_on is not None:
        parts.append(t("The list describes the situation on {day}.", day=review.clean.stated_on))
    return " ".join(parts)


def _sheet(view: View, job: Job, paper: Paper) -> None:
    """Where the list stands in the file, and what kind of list it is."""
    t, review = view.t, paper.review
    mapping = job.choices.mapping
    grids = review.book.grids if review.book else ()
    names = ["", *(grid.name for grid in grids)]
    hidden = {grid.name for grid in grids if not grid.visible}

    def called(name: str) -> str:
        if not name:
            return t("every sheet that holds such a list")
        return t("{name} (hidden)", name=name) if name in hidden else name

    one, two, three = show.side_by_side(3, 220)
    with one:
        st.selectbox(
            t("Sheet"), names, index=names.index(mapping.sheet or ""), format_func=called, key=_key(job, "sheet")
        )
    with two:
        found = review.tables[0].header_rows[-1] if review.tables else None
        st.number_input(
            t("Row with the column names"),
            min_value=1,
            max_value=1_000,
            value=mapping.header,
            placeholder=t("found in row {row}", row=str(found)) if found else t("not found"),
            key=_key(job, "header"),
        )
    with three:
        offered = kinds(t)
        kind = job.said.get("kind") or mapping.kind
        found_kind = offered[review.matches[0].kind] if review.matches else ""
        st.selectbox(
            t("Kind of list"),
            list(offered),
            index=list(offered).index(kind) if kind in offered else None,
            format_func=lambda one: offered[one],
            placeholder=t("found: {kind}", kind=found_kind) if found_kind else t("not found"),
            key=_key(job, "kind"),
        )


def _park(view: View, job: Job, paper: Paper) -> None:
    """What only a person knows: the day, the site, whether the list is the whole truth, and what is new."""
    t, said = view.t, job.said
    mapping, clean = job.choices.mapping, paper.review.clean
    codes = {problem.code for problem in paper.outcome.problems}
    one, two, three = show.side_by_side(3, 220)
    with one:
        given = said.get("stated_on")
        found = clean.stated_on if clean else None
        st.date_input(
            t("Day that the list describes"),
            value=date.fromisoformat(given) if given else found,
            min_value=EARLIEST,
            max_value=LATEST,
            format="DD/MM/YYYY",
            key=_key(job, "stated_on"),
        )
    with two:
        sites = list(dict.fromkeys([*([said["site"]] if said.get("site") else []), *view.sites]))
        st.selectbox(
            t("Site of all rows, where no column says it"),
            sites,
            index=0 if said.get("site") else None,
            placeholder=t("as the list says"),
            accept_new_options=True,
            key=_key(job, "site"),
        )
    with three:
        orders = _orders(t)
        st.selectbox(
            t("Order of dates"),
            list(orders),
            index=list(orders).index(mapping.whole_order or ""),
            format_func=lambda one: orders[one],
            key=_key(job, "date_order"),
        )
    modes = {
        "update": t("Add and change; what the file does not name stays"),
        "replace": t("Replace: the file is the whole truth for its sites, or its cohorts"),
    }
    st.radio(
        t("What the file does"),
        list(modes),
        index=list(modes).index(job.choices.mode),
        format_func=lambda one: modes[one],
        key=_key(job, "mode"),
    )
    if view.park.sample:
        kept = {"drop": t("Take the invented park out"), "keep": t("Count both together")}
        st.radio(
            t("Only the invented sample park is loaded so far"),
            list(kept),
            index=list(kept).index(said["sample"]) if said.get("sample") in kept else None,
            format_func=lambda one: kept[one],
            key=_key(job, "sample"),
        )
    st.checkbox(
        t("The list records closures: a firm it shows without one was active on that day"),
        value=bool(mapping.records_closures),
        key=_key(job, "records_closures"),
    )
    if mapping.new_sites or codes & {"unknown-site", "site-not-listed", "missing-site"} or not view.sites:
        st.checkbox(
            t("Sites that the park's list does not have are new: add them"),
            value=mapping.new_sites,
            key=_key(job, "new_sites"),
        )
    if mapping.new_sectors or "unknown-sector" in codes or not view.sectors:
        st.checkbox(
            t("Sectors that the park's list does not have are new: add them"),
            value=mapping.new_sectors,
            key=_key(job, "new_sectors"),
        )


def _orders(t: Words) -> dict[str, str]:
    return {"": t("as found"), "dmy": t("day/month/year"), "mdy": t("month/day/year")}


def _dates(t: Words, job: Job, paper: Paper, number: int, header: str, field: str | None) -> None:
    """How a column's dates are read where day and month could be taken for each other, and the choice of it."""
    found = paper.review.clean.orders.get(field or "") if paper.review.clean else None
    if found is None:
        return
    orders = _orders(t)
    why = {
        "said": t("as you said"),
        "cell": t("because {cell} can only be read so", cell=found.because or ""),
        "beside": t("because the column {column} is", column=found.because or ""),
        "habit": t("because dates are mostly written so here; nothing in the list says it"),
        "torn": t("though it holds dates of both orders"),
    }[found.why]
    if found.why != "cell" and not job.choices.mapping.whole_order:
        said = job.choices.mapping.order_of([header]) or ""
        st.selectbox(
            t("Order of dates in the column {name}", name=header),
            list(orders),
            index=list(orders).index(said),
            format_func=lambda one: orders[one],
            key=_key(job, f"order_{number}"),
        )
    told = t.many("{n:,} date can be read both ways", "{n:,} dates can be read both ways", found.count)
    st.caption(plain(t("{dates}; read {order}, {why}.", dates=told, order=orders[found.order], why=why)))


def _said_orders(job: Job, chosen: dict[str, str | None]) -> str | dict[str, str] | None:
    """The orders said for columns, once those chosen now are added; a column read as found is not among them."""
    before = job.choices.mapping.date_order
    said = dict(before) if before and not isinstance(before, str) else {}
    for header, order in chosen.items():
        said = {name: one for name, one in said.items() if fold(name) != fold(header)}
        if order:
            said[header] = order
    return said or None


def _headers(paper: Paper) -> list[tuple[str, Table, Match, int]]:
    """Every header once, with the first table that has it."""
    found: dict[str, tuple[str, Table, Match, int]] = {}
    for table, match in zip(paper.review.tables, paper.review.matches, strict=True):
        for place, header in enumerate(table.headers):
            if header.strip():
                found.setdefault(header, (header, table, match, place))
    # What has to be looked at comes first, what means nothing to us last.
    return sorted(found.values(), key=lambda one: _rank(one[2], one[3]))


def _rank(match: Match, place: int) -> int:
    field = _field(match, place)
    if field is not None:
        return 0 if match.reasons[field].startswith("likeness") else 2
    return 1 if place in match.unsure or place in match.twice or match.missing else 3


def _fields(t: Words, job: Job, paper: Paper) -> None:
    """Each column with what it is taken for and why."""
    kind = paper.review.matches[0].kind
    options = ["", *(column.name for column in SHEETS[kind].columns)]
    st.markdown(f"**{t('What each column means')}**")
    for number, (header, table, match, place) in enumerate(_headers(paper)):
        field = _field(match, place)
        left, right = show.side_by_side(2, 260)
        with left:
            st.markdown(f"**{plain(header)}**  \n:small[{plain(_examples(t, table, place))}]")
        with right:
            st.selectbox(
                t("Meaning of the column {name}", name=header),
                options,
                index=options.index(field or ""),
                format_func=lambda one: label(t, kind, one) if one else t("kept as a note"),
                label_visibility="collapsed",
                key=_key(job, f"field_{number}"),
            )
            st.caption(plain(_why(t, kind, job, match, place, header)))
            _dates(t, job, paper, number, header, field)


def _field(match: Match, place: int) -> str | None:
    return next((name for name, at in match.columns.items() if at == place), None)


def _examples(t: Words, table: Table, place: int) -> str:
    """The first few values of a column, as written."""
    values = [value for value in getattr(table.columns[place], "values", table.columns[place]) if value is not None]
    texts = [(shown(value) or "").replace("\n", " ") for value in values[:_EXAMPLES]]
    cut = [text if len(text) <= _LONG else f"{text[:_LONG]}…" for text in texts]
    return " · ".join(cut) or t("empty")


def _why(t: Words, kind: str, job: Job, match: Match, place: int, header: str) -> str:
    """How sure a meaning is, and why."""
    field = _field(match, place)
    if field is not None:
        reason = match.reasons[field]
        if reason == "mapping":
            return t("Sure: as remembered.") if job.remembered and not job.turn else t("Sure: as you said.")
        if reason == "synonym":
            return t("Sure: the name is known.")
        return t("Likely: the names are {n}% alike. Check it.", n=reason.split()[-1])
    if place in match.twice:
        return t("Another column already gives {field}.", field=label(t, kind, match.twice[place]))
    if place in match.unsure:
        return t("Not sure: it resembles {fields}.", fields=t.list(label(t, kind, one) for one in match.unsure[place]))
    if place in match.dropped:
        return t("Left out, as said.")
    return t("No known name: kept with its row as a note.")


def _submitted(job: Job, paper: Paper) -> None:
    """Takes the form's choices over; what was not touched stays as found."""
    state = st.session_state

    def chosen(name: str) -> Any:
        return state.get(_key(job, name))

    columns = dict(job.choices.mapping.columns)
    picked: dict[str, str] = {}
    for number, (header, _, match, place) in enumerate(_headers(paper)):
        was, now = _field(match, place), chosen(f"field_{number}") or None
        if now == was:
            continue
        if now is not None and now in picked:
            state["essaim_twice"] = True
            return
        columns[header] = now
        if now is not None:
            picked[now] = header
    # A meaning goes to the column that was given it now.
    columns = {header: name for header, name in columns.items() if name not in picked or picked[name] == header}
    orders = {
        header: chosen(f"order_{number}")
        for number, (header, *_) in enumerate(_headers(paper))
        if chosen(f"order_{number}") is not None
    }
    clean = paper.review.clean
    found = clean.stated_on if clean else None
    day = chosen("stated_on")
    said = job.choices.mapping
    mapping: dict[str, Any] = {
        **said.as_json(),
        "sheet": chosen("sheet") or None,
        "header": chosen("header"),
        "table": upload_tables.asked(job, paper, chosen("tables")),
        "date_order": chosen("date_order") or _said_orders(job, orders),
        "records_closures": bool(chosen("records_closures")),
        "columns": columns,
        "new_sites": bool(chosen("new_sites")),
        "new_sectors": bool(chosen("new_sectors")),
    }
    mapping.pop("kind", None)
    mapping.pop("stated_on", None)
    says(
        job,
        kind=chosen("kind"),
        site=chosen("site") or None,
        mode=chosen("mode"),
        # A day found in the file is found again; only another one has to be kept.
        stated_on=day.isoformat() if day and (day != found or job.said.get("stated_on")) else None,
        sample=chosen("sample"),
        mapping=mapping,
    )
