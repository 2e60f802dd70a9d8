"""Tables and pictures as files: each made when it is asked for, with source and definition printed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from charts.chart import Chart
from publish import tables
from ui import reader
from ui.view import View

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# How a file ends, what browsers call it, and what makes it.
Kind = tuple[str, str, Callable[[], bytes]]


def tables_of(
    view: View, made: Callable[[], Chart], names: Sequence[str], key: str, more: Sequence[Kind] = (), file: str = ""
) -> None:
    """Buttons for the table behind a chart as CSV and XLSX and for whatever else there is `more`.

    Each file that is made is written into the log.
    """
    t, source, note = view.t, view.source(names), reader.noting()
    file = f"essaim-{file or key}-{view.as_of.isoformat()}".replace("_", "-")
    kinds: list[Kind] = [
        ("csv", "text/csv", lambda: tables.csv(made(), t, source)),
        ("xlsx", XLSX, lambda: tables.xlsx(made(), t, source)),
        *more,
    ]

    def noted(kind: str, make: Callable[[], bytes]) -> bytes:
        content = make()
        note("export", what=names[0] if names else "table", format=kind)
        return content

    with st.container(horizontal=True, gap="xsmall"):
        for kind, mime, make in kinds:
            content = partial(noted, kind, make)
            st.download_button(kind.upper(), content, f"{file}.{kind}", mime, key=f"{kind}_{key}", on_click="ignore")
