"""The one bar of filters: popovers, the URL that says the same, and a chip to remove each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode, urlsplit

import streamlit as st

from data.warehouse import Generation
from metrics.ask import NONE, Scope
from ui import language
from ui.markup import plain
from ui.park import Names
from ui.view import View
from words import MISSING, Words

# What is in the URL, in its order there; the keys of the widgets are the names of the parameters.
NAMED = ("site", "sector", "cohort")
DAYS = ("from", "to", "as_of", "known_on")
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
_DROPPED, _PATH = "essaim_dropped", "essaim_path"
_PILLS = 14


@dataclass(frozen=True)
class Filters:
    """What the reader has set; the day of knowledge chooses the generation, the rest is a Scope."""

    names: Mapping[str, tuple[str, ...]]
    days: Mapping[str, date | None]

    @property
    def known_on(self) -> date | None:
        return self.days["known_on"]

    @property
    def backwards(self) -> bool:
        """The period ends before it begins."""
        start, end = self.days["from"], self.days["to"]
        return start is not None and end is not None and end < start

    def scope(self, as_of: date) -> Scope:
        """The question's scope; a period that ends before it begins has no end."""
        return Scope(
            sites=self.names["site"],
            sectors=self.names["sector"],
            cohorts=self.names["cohort"],
            start=self.days["from"],
            end=None if self.backwards else self.days["to"],
            as_of=self.days["as_of"] or as_of,
        )


def carry_over() -> None:
    """Keeps language and filters in the URL when the page has changed: what a reader chose Streamlit leaves out then.

    Before any widget. Values set anew are written to the URL; on the way back in the browser's history the URL counts.
    """
    path = urlsplit(st.context.url or "").path
    if path != st.session_state.setdefault(_PATH, path):
        st.session_state[_PATH] = path
        rewrite()


def rewrite() -> None:
    """Has language and filters written to the URL in this run, what the reader chose in the browser among them.

    Streamlit's server does not see what its browser part writes there, and whenever it writes itself drops that.
    """
    for key in (language.KEY, *NAMED, *DAYS):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def bar(latest: Generation, known: Names, t: Words) -> Filters:
    """Draws the popovers, bound to the URL, and gives what they say; values that mean nothing are dropped and told."""
    options = {"site": known.sites, "sector": known.sectors, "cohort": known.cohorts}
    _drop(options)
    labels = {"site": t("Site"), "sector": t("Sector"), "cohort": t("Cohort")}
    filters: dict[str, tuple[str, ...]] = {}
    for dimension in NAMED:
        with st.popover(labels[dimension], key=f"open_{dimension}"):
            filters[dimension] = _names(labels[dimension], dimension, options[dimension], t)
    days: dict[str, date | None] = {}
    with st.popover(t("Period"), key="open_period"):
        st.caption(t("Entries, exits and lives are counted within it; stocks are read on its last day."))
        days["from"] = _day(t("From"), "from")
        days["to"] = _day(t("To"), "to")
    with st.popover(t("As of"), key="open_as_of"):
        st.caption(t("The day in the world that the figures describe. Nothing chosen: the latest day the files state."))
        days["as_of"] = _day(t("As of"), "as_of")
    with st.popover(t("As known on"), key="open_known_on"):
        st.caption(t("What the files accepted up to that day said. Nothing chosen: all that is known."))
        days["known_on"] = _day(t("As known on"), "known_on")
    return Filters(filters, days)


def _names(label: str, dimension: str, options: tuple[str, ...], t: Words) -> tuple[str, ...]:
    """Names to choose among, in their lasting order."""
    if not options:
        st.caption(t("Nothing in the files to choose from."))
        return ()
    # Pills take their labels for markup.
    if len(options) <= _PILLS and all(plain(name) == name for name in options):
        chosen = st.pills(
            label,
            options,
            selection_mode="multi",
            key=dimension,
            bind="query-params",
            format_func=written,
            on_change=forget,
        )
    else:
        chosen = st.multiselect(
            label,
            options,
            placeholder=t("All"),
            key=dimension,
            bind="query-params",
            format_func=written,
            on_change=forget,
        )
    return tuple(name for name in options if name in chosen)


def _day(label: str, key: str) -> date | None:
    chosen = st.date_input(
        label,
        value=None,
        min_value=EARLIEST,
        max_value=LATEST,
        key=key,
        bind="query-params",
        format="DD/MM/YYYY",
        on_change=forget,
    )
    return chosen if isinstance(chosen, date) else None


def written(name: str) -> str:
    """How a name stands in a filter and in the URL: the same in both languages, so that a link means the same."""
    return MISSING if name == NONE else name


def chips(filters: Filters, view: View) -> None:
    """A button per filter that removes it, one that removes all, and one that pins the days."""
    t = view.t
    labels = {"site": t("Site"), "sector": t("Sector"), "cohort": t("Cohort")}
    for dimension in NAMED:
        for name in filters.names[dimension]:
            told = t("(none)") if name == NONE else name
            _chip(
                t("{what}: {name}", what=labels[dimension], name=told),
                t,
                f"{dimension}_{name}",
                toggle,
                dimension,
                name,
            )
    for key in DAYS:
        day = filters.days[key]
        if day is not None:
            _chip(_told(key, t.short_day(day), t), t, key, clear, (key,))
    active = [key for key in NAMED if filters.names[key]] + [key for key in DAYS if filters.days[key]]
    if len(active) > 1 or sum(map(len, filters.names.values())) > 1:
        st.button(t("Remove all filters"), key="chip_all", type="tertiary", on_click=clear, args=((*NAMED, *DAYS),))
    if filters.days["as_of"] is None or filters.days["known_on"] is None:
        st.button(
            t("Pin these days"),
            key="pin",
            type="tertiary",
            on_click=pin,
            args=(view.as_of, view.known_on),
            help=t(
                "Writes both days into the address: a link to this page then shows the same figures after later loads."
            ),
        )


def _told(key: str, day: str, t: Words) -> str:
    return {
        "from": t("From {day}", day=day),
        "to": t("To {day}", day=day),
        "as_of": t("As of {day}", day=day),
        "known_on": t("As known on {day}", day=day),
    }[key]


def _chip(label: str, t: Words, key: str, act: Callable[..., None], *args: object) -> None:
    # In the theme's colour, as text: on a ground of that colour Streamlit writes in white, too pale in the dark theme.
    st.button(
        f":primary[**{plain(label)} ×**]", key=f"chip_{key}", on_click=act, args=args, help=t("Remove this filter")
    )


def toggle(dimension: str, value: str) -> None:
    """Filters by a name, or no longer. For callbacks: widgets that stand already are not written to."""
    rewrite()
    chosen = list(st.session_state.get(dimension) or [])
    st.session_state[dimension] = [name for name in chosen if name != value] if value in chosen else [*chosen, value]
    forget()


def pick(dimension: str, value: str | None) -> None:
    """What a click on a chart does: filters by that name alone, or no longer where it is the only one already."""
    rewrite()
    if dimension == "year":
        _pick_year(int(value or 0))
        return
    name = NONE if value is None else value
    st.session_state[dimension] = [] if list(st.session_state.get(dimension) or []) == [name] else [name]
    forget()


def _pick_year(year: int) -> None:
    """A year is no name but a period: its first and its last day."""
    days = date(year, 1, 1), date(year, 12, 31)
    chosen = st.session_state.get("from"), st.session_state.get("to")
    st.session_state["from"], st.session_state["to"] = (None, None) if chosen == days else days
    forget()


def clear(keys: Iterable[str]) -> None:
    """Removes filters, in a callback."""
    rewrite()
    for key in keys:
        st.session_state[key] = [] if key in NAMED else None
    forget()


def pin(as_of: date, known_on: date | None) -> None:
    """Says both days in the URL, so that it shows the same after a later load."""
    rewrite()
    st.session_state["as_of"], st.session_state["known_on"] = as_of, known_on


def forget() -> None:
    """What the URL said wrongly is told until the reader chooses something."""
    st.session_state.pop(_DROPPED, None)


def dropped() -> list[str]:
    """The values of the URL that mean nothing here, as they came."""
    return list(st.session_state.get(_DROPPED, ()))


def _drop(options: Mapping[str, tuple[str, ...]]) -> None:
    """Remembers what the URL asks for that there is not; the widgets leave it out by themselves."""
    known = {dimension: {written(name) for name in names} for dimension, names in options.items()}
    wrong = [
        value
        for dimension in NAMED
        for value in st.query_params.get_all(dimension)
        if value and value not in known[dimension]
    ]
    wrong += [value for key in DAYS for value in st.query_params.get_all(key) if value and not _is_day(value)]
    if wrong:
        st.session_state[_DROPPED] = wrong


def _is_day(value: str) -> bool:
    try:
        return EARLIEST <= date.fromisoformat(value) <= LATEST
    except ValueError:
        return False


def href(view: View, page: str = "", **more: str) -> str:
    """The address of a page with the view's filters and more parameters."""
    scope = view.scope
    parameters: list[tuple[str, str]] = [("lang", view.t.language)]
    for dimension, names in zip(NAMED, (scope.sites, scope.sectors, scope.cohorts), strict=True):
        parameters += [(dimension, written(name)) for name in names]
    for key in DAYS:
        if (day := st.session_state.get(key)) is not None:
            parameters.append((key, day.isoformat()))
    return f"/{page}?{urlencode([*parameters, *more.items()])}"
