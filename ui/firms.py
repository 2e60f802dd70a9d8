"""Finding a firm, and showing what became of it and which cells say so."""

from __future__ import annotations

from functools import partial
from zlib import crc32

import pandas as pd
import streamlit as st

from charts import life
from metrics.ask import Unknown
from metrics.firms import History, history
from metrics.firms import search as find
from ui import behind, show
from ui.kept import kept
from ui.markup import plain
from ui.view import View
from words import MISSING, Words

MOST = 200
# What a row of a list may say, in the order in which a reader wants it.
SAID = ("firm_name", "site", "entered_on", "left_on", "exit_reason", "status", "closed_on", "founded_on", "cohort")


def states(t: Words) -> dict[str, str]:
    """What has become of a firm, as a reader says it."""
    return {
        "hosted": t("hosted"),
        "alumni": t("left, not known to be closed"),
        "closed": t("closed"),
        "merged": t("merged"),
        "other": t("other occupant"),
    }


def search(view: View) -> pd.DataFrame:
    """The field to search in, and the firms found, best first; a click on a row chooses the firm."""
    t = view.t
    asked = st.text_input(
        t("Name or identifier"), key="name", bind="query-params", placeholder=t("Any part of a name, accents or not")
    )
    found = kept.get(("firms", view.identity, view.scope, asked), lambda: find(view.park, view.scope, asked, MOST))
    if found.empty:
        show.nothing(view, t("No firm of this scope bears that name."))
        return found
    told = t.many("{n:,} firm", "{n:,} firms", found.attrs["found"])
    if found.attrs["found"] > len(found):
        told = t("{firms}; the first {shown:,} are listed", firms=told, shown=len(found))
    show.note(told)
    st.dataframe(
        listed(found, t),
        hide_index=True,
        height=248,
        column_config={t("Entry"): st.column_config.Column(width=100), t("Exit"): st.column_config.Column(width=100)},
        key="found",
        on_select=partial(_clicked, tuple(found["firm_id"])),
        selection_mode="single-row",
        alt=told,
    )
    return found


def _clicked(firms: tuple[str, ...]) -> None:
    rows = st.session_state["found"]["selection"]["rows"]
    if rows:
        st.query_params["firm"] = firms[rows[0]]


def _chosen() -> None:
    if st.session_state["chosen_firm"]:
        st.query_params["firm"] = st.session_state["chosen_firm"]
    else:
        st.query_params.pop("firm", None)


def listed(found: pd.DataFrame, t: Words) -> pd.DataFrame:
    """The firms found, as they are read."""
    state = states(t)
    return pd.DataFrame(
        {
            t("Firm"): found["name"],
            t("Identifier"): found["firm_id"].where(~found["firm_id"].str.startswith("name:"), MISSING),
            t("Sites"): [", ".join(sites) for sites in found["sites"]],
            t("Sector"): [sector or MISSING for sector in found["sector"]],
            t("Cohort"): [cohort or MISSING for cohort in found["cohort"]],
            t("Entry"): [day(one, t) for one in found["entered_on"]],
            t("Exit"): [day(one, t) for one in found["left_on"]],
            t("State"): [state[one] for one in found["state"]],
        }
    )


def day(value: object, t: Words) -> str:
    """A day in figures; a dash where there is none."""
    return MISSING if value is None or value != value else t.short_day(pd.Timestamp(str(value)).date())


def chosen(view: View, found: pd.DataFrame) -> History | None:
    """The firm chosen among those found, or named by the URL."""
    names = dict(zip(found["firm_id"], found["name"], strict=True))
    asked = st.query_params.get("firm")
    if asked and asked not in names:
        if firm := known(view, asked):
            names = {asked: firm.name, **names}
        else:
            show.warning(
                view.t(
                    "No list known here speaks of a firm {firm} by {day}: the address may name it wrongly, or a later "
                    "day. Search for it by its name.",
                    firm=asked.removeprefix("name:"),
                    day=view.as_of,
                )
            )
    if not names:
        return None
    # Kept in the URL by its identifier: a widget bound to the URL would write the label there.
    st.session_state["chosen_firm"] = asked if asked in names else None
    firm_id = st.selectbox(
        view.t("Firm"),
        list(names),
        format_func=lambda one: f"{names[one]} ({one})" if not one.startswith("name:") else names[one],
        key="chosen_firm",
        placeholder=view.t("Choose a firm"),
        on_change=_chosen,
    )
    return known(view, firm_id) if firm_id else None


def known(view: View, firm_id: str) -> History | None:
    """One firm's history up to the day described; None where there is no such firm by then."""
    try:
        return kept.get(("firm", view.identity, view.as_of, firm_id), lambda: history(view.park, firm_id, view.as_of))
    except Unknown:
        return None


def heading(view: View, firm: History) -> None:
    """Who it is and what has become of it, in one sentence."""
    t = view.t
    show.section(firm.name)
    told = t("{state} on {day}", state=states(t)[firm.state], day=view.as_of)
    about = [told, *(one for one in (firm.sector, firm.cohort) if one)]
    st.markdown(plain(" · ".join(t.sentence(about[0])[:-1] if place == 0 else one for place, one in enumerate(about))))
    if len(firm.names) > 1:
        show.note(t("Also listed as {names}.", names=t.list(firm.names[1:])))


def line(view: View, firm: History) -> None:
    """The firm's history as a line of life."""
    chart = life.life(firm.stays, view.t, view.look, firm=firm.name, events=firm.events, as_of=view.as_of)
    show.drawn(view, chart, (), key="life")


def sources(view: View, firm: History) -> None:
    """Every row of a list that speaks of the firm: file, sheet, row, and what it says."""
    t = view.t
    st.subheader(t("Where this comes from"), anchor=False)
    rows = firm.sources
    fields = [name for name in SAID if name in rows and rows[name].notna().any()]
    told = {
        t("File"): rows["file"],
        t("Sheet"): rows["sheet"],
        t("Row"): rows["row"].astype(int),
        t("Situation on"): [day(one, t) for one in rows["stated_on"]],
        t("Receipt"): rows["receipt"].astype(int),
    }
    heads = headings(t)
    told |= {heads[name]: [written(name, one, t) for one in rows[name]] for name in fields}
    show.table(
        view,
        pd.DataFrame(told),
        alt=t.many("{n} row of a list speaks of this firm.", "{n} rows of lists speak of this firm.", len(rows)),
        key=f"sources_{crc32(firm.firm_id.encode())}",
        file="sources",
        chosen=lambda place: behind.cell(view, rows.iloc[place].to_dict()),
    )
    show.note(t("Choose a row to see it in its file."))


def headings(t: Words) -> dict[str, str]:
    """The fields of a row, as a reader calls them."""
    return {
        "firm_name": t("Firm"),
        "site": t("Site"),
        "entered_on": t("Entry"),
        "left_on": t("Exit"),
        "exit_reason": t("Reason"),
        "status": t("Status"),
        "closed_on": t("Closing"),
        "founded_on": t("Founding"),
        "cohort": t("Cohort"),
    }


def written(field: str, value: object, t: Words) -> str:
    """A cell as it is read; a dash where the list says nothing."""
    if value is None or value != value:
        return MISSING
    if field in ("exit_reason", "status"):
        return life.meanings(t).get(str(value), str(value))
    return day(value, t) if hasattr(value, "year") else str(value)
