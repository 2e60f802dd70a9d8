"""The parts pages are made of: a title, tiles, a chart with all that belongs to it, tables, and words without data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from charts.chart import Chart
from charts.picture import can_draw, picture, why_none
from charts.theme import CONFIG
from charts.written import Written
from metrics import METRICS, tally
from ui import behind, drawing, files, page, scope
from ui import tiles as told
from ui.asked import Asked
from ui.drawing import Drawn
from ui.markup import plain
from ui.meaning import declared, definition, search, unknown_fates
from ui.trouble import failure
from ui.view import View

__all__ = [
    "chart",
    "choice",
    "declared",
    "definition",
    "drawn",
    "note",
    "nothing",
    "row",
    "search",
    "section",
    "side_by_side",
    "step",
    "table",
    "tiles",
    "title",
    "unknown_fates",
    "warning",
]
MOST_BUTTONS = 14


def title(view: View, heading: str, lead: str = "") -> None:
    """The page's heading above the filters, and a sentence under it; says so where the data is invented."""
    with page.head():
        st.title(heading, anchor=False)
        if lead:
            st.markdown(lead)
        if view.park.sample:
            st.caption(view.t("Invented data: only the sample park is loaded. None of these firms exists."))


def tiles(view: View, names: Sequence[str], changes: Mapping[str, Any] | None = None) -> None:
    """A tile per metric, wrapping on narrow screens; `changes` are fields of Scope that differ from the view's."""
    try:
        with _waiting(names, lambda: told.is_made(view, names, changes or {}), 240):
            made = told.made(view, names, changes or {})
    except Exception as error:
        failure(view.t, error, view.t("These figures"))
        return
    grid = st.grid(len(made), min_column_width=250, gap="small")
    for tile in made:
        with grid.container(border=True, height="stretch", gap="xsmall"):
            st.metric(
                tile.label,
                tile.value,
                tile.change,
                delta_color=tile.colour,
                delta_arrow=tile.arrow,
                delta_description=tile.change_told,
                help=tile.says,
            )
            lines = [plain(line) for line in tile.lines]
            if tile.years:
                st.image(told.line(tile.years), alt=tile.years_told, width="stretch")
                lines.insert(0, tile.years_between)
            st.caption("  \n".join(lines))
    with st.container(horizontal=True, key=f"more_tiles_{'_'.join(names)}"):
        scoped = view.within(changes or {})
        behind.door(scoped, lambda: told.behind(scoped, names), f"tiles_{'_'.join(names)}")


def chart(
    view: View,
    form: drawing.Form,
    names: str | Sequence[str],
    by: Sequence[str] = (),
    *,
    changes: Mapping[str, Any] | None = None,
    picks: str | None = None,
    key: str = "",
    **options: Any,
) -> None:
    """A chart and all that belongs to it: asked, drawn, shown, explained, and given away as table and picture.

    `names` are metrics, `changes` fields of Scope that differ from the view's; whatever else the form declares and is
    not among `options` is filled in from the view. What fails says so in its own place.
    """
    wanted = _names(names)
    asked = drawing.Question(view, form, wanted, tuple(by), changes or {}, options)
    try:
        with _waiting(wanted, lambda: drawing.is_drawn(asked), 420):
            made = drawing.drawn(asked)
        key = key or "_".join([form.__name__, *wanted, *by])

        def lists() -> list[Asked]:
            return [Asked(view.t(METRICS[name].label), name, asked.scope, tuple(by)) for name in wanted]

        _chart(view.within(changes or {}), made, wanted, key, picks or made.picks, lists)
    except Exception as error:
        with st.container(border=True):
            failure(view.t, error, view.t("This chart"))


def _waiting(names: Sequence[str], there: Callable[[], bool], height: int) -> AbstractContextManager[Any]:
    """A grey shape in the place of what takes more than half a second; the place is taken whether it is shown or not,
    so that what follows stays where it is. What is counted without a statement is there at once."""
    if tally.ALL.issuperset(names):
        return nullcontext()
    return nullcontext(st.empty()) if there() else st.skeleton(height)


def drawn(
    view: View,
    made: Chart,
    names: str | Sequence[str],
    key: str,
    behind: Callable[[], Sequence[Asked]] | None = None,
) -> None:
    """The same for a chart that is no form over an answer of ask(); `behind` gives the figures in it."""
    try:
        _chart(view, drawing.of(made, lambda: made), _names(names), key, made.picks, behind)
    except Exception as error:
        with st.container(border=True):
            failure(view.t, error, view.t("This chart"))


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _chart(
    view: View,
    made: Drawn,
    names: tuple[str, ...],
    key: str,
    picks: str | None,
    lists: Callable[[], Sequence[Asked]] | None,
) -> None:
    t = view.t
    with st.container(border=True, gap="small", height="stretch", key=f"chart_{key}"):
        st.header(plain(made.title), anchor=False)
        # The filter is part of the key: a figure that stays the same forgets what was clicked when a chip removes it.
        chosen = "_".join(map(str, [*view.scope.filters.get(picks or "", ()), view.scope.start, view.scope.end]))
        figure(made, f"figure_{key}_{chosen}", picks)
        if made.notes:
            st.caption("  \n".join(plain(note) for note in made.notes))
        with st.container(horizontal=True, gap="xsmall", key=f"more_{key}"):
            # A line of life shows no number that wants a definition.
            what = names and st.popover(t("Definition"), type="tertiary", on_change="rerun", key=f"definition_{key}")
            if what and what.open:
                with what:
                    definition(view, names)
                    _standing(view, made)
            numbers = st.popover(t("Table and downloads"), type="tertiary", on_change="rerun", key=f"numbers_{key}")
            if numbers.open:
                with numbers:
                    whole = made.chart()
                    _grid(whole.table, whole.reads, plain(made.title), key)
                    _downloads(view, made, names, key)
            if lists:
                behind.door(view, lists, key)


def figure(made: Drawn, key: str, picks: str | None) -> None:
    """The drawing alone; a click filters by the dimension it picks."""
    if picks is None:
        st.plotly_chart(made.figure, config=CONFIG, alt=made.alt, key=key)
    else:
        click = partial(_clicked, key, picks)
        st.plotly_chart(made.figure, config=CONFIG, alt=made.alt, key=key, on_select=click, selection_mode="points")


def _clicked(key: str, dimension: str) -> None:
    """Filters by the point clicked. A selection that was taken back says nothing: the chips take filters back."""
    state = st.session_state.get(key) or {}
    points = (state.get("selection") or {}).get("points") or ()
    for point in points:
        value = point.get("customdata")
        value = value[0] if isinstance(value, list | tuple) and value else value
        if isinstance(value, str):
            scope.pick(dimension, value)
            return


def _standing(view: View, made: Drawn) -> None:
    """What the figures of a chart rest on: how many firms, which notes, which days."""
    t = view.t
    if made.n is not None:
        st.markdown(t.many("It rests on {n:,} firm.", "It rests on {n:,} firms.", made.n))
    for note in made.said:
        st.markdown(plain(t.sentence(note)))
    st.caption(plain(view.sentence))


def _grid(
    table: pd.DataFrame,
    reads: Mapping[str, Callable[[Any], str]],
    alt: str,
    key: str,
    height: Any = "auto",
    chosen: Callable[[int], None] | None = None,
) -> None:
    """Raw values, written for the reader by the styler, so that they still sort as numbers."""
    styled = table.style.format({name: read for name, read in reads.items() if name in table})
    told: dict[str, Any] = {"hide_index": True, "alt": alt, "key": f"table_{key}", "height": height, "width": "content"}
    if chosen is None:
        st.dataframe(styled, **told)
        return
    rows = st.dataframe(styled, on_select="rerun", selection_mode="single-row", **told)["selection"]["rows"]
    if rows and rows[0] < len(table):
        chosen(rows[0])


def _downloads(view: View, made: Drawn, names: tuple[str, ...], key: str) -> None:
    """The table and the picture, each made when it is asked for, with source and definition printed in."""
    t, source = view.t, view.source(names)
    pictures: list[files.Kind] = []
    if can_draw():
        pictures.append(("svg", "image/svg+xml", lambda: picture(made.chart(), t, "svg", source)))
        pictures.append(("png", "image/png", lambda: picture(made.chart(), t, "png", source)))
    else:
        st.caption(plain(why_none(t)))
    files.tables_of(view, made.chart, names, key, pictures)


def table(
    view: View,
    rows: pd.DataFrame,
    *,
    alt: str,
    key: str,
    reads: Mapping[str, Callable[[Any], str]] | None = None,
    names: Sequence[str] = (),
    height: Any = "auto",
    chosen: Callable[[int], None] | None = None,
    file: str = "",
) -> None:
    """A table alone, with its downloads; `names` are the metrics whose definitions are printed into them. `chosen`
    shows more of a row that is chosen."""
    _grid(rows, reads or {}, alt, key, height, chosen)
    made = Chart(Written('{"data": []}'), alt, alt, rows, reads or {})
    files.tables_of(view, lambda: made, names, key, file=file)


def choice(
    view: View, label: str, options: Mapping[str, str], key: str, default: str | None = None, menu: bool = False
) -> str:
    """A choice that belongs to one page, the first option being its default; kept in the URL in words that no
    language changes. Of many options a `menu` opens."""
    if not options:
        return ""
    first = default or next(iter(options))
    asked = st.query_params.get(key, first)
    widget = f"choice_{key}"
    st.session_state[widget] = asked if asked in options else first

    def chosen() -> None:
        scope.rewrite()
        if st.session_state[widget] == first:
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = st.session_state[widget]

    names = list(options)

    def told(name: str) -> str:
        return options[name]

    # Buttons take their labels for markup, and there is room for few of them.
    if menu or len(names) > MOST_BUTTONS or any(plain(told(name)) != told(name) for name in names):
        return str(st.selectbox(label, names, format_func=told, key=widget, on_change=chosen, width=360))
    return str(st.segmented_control(label, names, format_func=told, key=widget, required=True, on_change=chosen))


def section(heading: str) -> None:
    """A heading between the parts of a page."""
    st.header(plain(heading), anchor=False, divider="gray")


def step(heading: str, says: str, commands: str) -> None:
    """Something to do, and the commands that do it."""
    with st.container(border=True, height="stretch"):
        st.header(plain(heading), anchor=False)
        st.markdown(plain(says))
        st.code(commands, language=None, wrap_lines=True)


def row() -> DeltaGenerator:
    """A place for small things beside each other, such as choices."""
    return st.container(horizontal=True, gap="medium")


def side_by_side(number: int, least: int = 330) -> list[DeltaGenerator]:
    """Equal columns that go under each other where each would be narrower than `least` pixels."""
    grid = st.grid(number, min_column_width=least, gap="small")
    return [grid.container(height="stretch") for _ in range(number)]


def note(text: str) -> None:
    """A quiet line."""
    st.caption(plain(text))


def warning(text: str) -> None:
    """A line that has to be read."""
    st.warning(plain(text))


def nothing(view: View, text: str) -> None:
    """An empty place, and why it is empty."""
    with st.container(border=True):
        st.markdown(plain(text))
        if view.scope.filters or view.scope.start or view.scope.end:
            st.caption(view.t("Remove a filter to see more."))
