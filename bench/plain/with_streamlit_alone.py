"""Four tiles and four charts of fifty points, always the same: the least that such a page costs Streamlit."""

from __future__ import annotations

import gc

import duckdb  # noqa: F401
import pandas as pd  # noqa: F401
import plotly.graph_objects as go
import streamlit as st

st.set_page_config(page_title="Park", layout="wide")


@st.cache_resource
def settle() -> None:
    """What is loaded by now need not be looked at again, when Streamlit collects garbage after every run."""
    gc.collect()
    gc.freeze()


for column, value in zip(st.columns(4), (320, 1200, 88, 53), strict=True):
    column.metric("Firms", value)
for number in range(4):
    st.plotly_chart(go.Figure(go.Scatter(x=list(range(50)), y=[(7 * x + number) % 40 for x in range(50)])), key=number)
settle()
