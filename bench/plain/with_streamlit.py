"""The overview as a plain Streamlit page."""

from __future__ import annotations

import streamlit as st

from bench.plain import figures

st.set_page_config(page_title="Park", layout="wide")


@st.cache_data
def park() -> figures.Tables:
    return figures.read()


@st.cache_data
def overview(sites: list[str]) -> figures.Overview:
    return figures.overview(park().at(sites))


st.title("Park")
chosen = st.multiselect("Site", sorted(park().stays["site"].unique()), key="site")
shown = overview(sorted(chosen))
for column, (label, value) in zip(st.columns(4), shown.tiles.items(), strict=True):
    column.metric(label, value)
for figure in shown.charts[:2]:
    st.plotly_chart(figure)
for column, figure in zip(st.columns(2), shown.charts[2:], strict=True):
    column.plotly_chart(figure)
