"""The parts pages are made of: a title, tiles, a chart with its meaning and its table, and what to say without data."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from charts.theme import CONFIG
from data.warehouse import Generation
from metrics.metric import Metric
from ui import words
from ui.tiles import Card

if TYPE_CHECKING:
    import plotly.graph_objects as go

log = logging.getLogger("essaim")


def title(park: Generation) -> None:
    """Says which day in the world the page describes, and up to which day the park's files were known."""
    assert park.stated_on is not None
    known = f", as known on {words.day(park.known_on)}" if park.known_on else ""
    st.title(f"Situation on {words.day(park.stated_on)}{known}", anchor=False)
    if park.sample:
        st.info("Invented data: only the sample park is loaded. None of these firms exists.")


def cards(tiles: Sequence[Card]) -> None:
    """Tiles side by side, wrapping on a narrow screen; the definition opens from the question mark."""
    grid = st.grid(len(tiles), min_column_width=230, gap="small")
    for tile in tiles:
        with grid.container(border=True, height="stretch", gap="xsmall"):
            st.metric(tile.metric.label, tile.value, help=tile.metric.says)
            st.caption(" ".join(tile.lines))


def chart(
    heading: str, figure: go.Figure, table: pd.DataFrame, *, alt: str, caption: str, metrics: Iterable[Metric]
) -> None:
    """A figure under its heading, with the sentence that says how to read it, its definitions and its numbers.

    `table` is shown as it is: its columns are the table's headings and its values are ready to read. `alt` says in a
    sentence what the figure shows, for those who do not see it.
    """
    st.subheader(heading, anchor=False)
    st.plotly_chart(figure, config=CONFIG, alt=alt)
    st.caption(caption)
    with st.expander("What is counted"):
        for metric in metrics:
            st.markdown(f"**{metric.label}.** {metric.says}")
    with st.expander("The same numbers as a table"):
        st.dataframe(table, hide_index=True, alt=alt)


def nothing_loaded() -> None:
    """What to do while the ledger is empty."""
    st.title("Nothing is loaded yet", anchor=False)
    st.markdown(
        "Load the park's spreadsheets, then reload this page:\n\n"
        "- your own: `python -m data load FILE.xlsx`, and for an empty one to fill in "
        "`python -m data template tenants -o FILE.xlsx`;\n"
        "- or the invented sample park: `python -m data load-sample`."
    )


def script_error(error: Exception) -> bool:
    """Shows a reference instead of the exception, which goes to the log under it; True: nothing more is to be shown."""
    reference = secrets.token_hex(4)
    log.error("Error %s on a page", reference, exc_info=error)
    st.error(
        "This page cannot be shown just now. Nothing was changed. "
        f"Try again; if it stays so, tell whoever looks after the app this reference: **{reference}**"
    )
    return True
