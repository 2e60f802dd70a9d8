"""What every figure has in common: one colour per name whatever the filters, quiet axes, room on a phone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

# Each at least 3:1 against the light and the dark ground of .streamlit/config.toml.
PALETTE = ("#178799", "#d07a22", "#6b7fc7", "#4f9d69", "#b85c86", "#94814f", "#3c8dbc", "#8c9440")
OTHER = "#7d8a91"

# What the browser offers beside a figure: an SVG to keep, and nothing that would catch a finger scrolling by.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtonsToRemove": [
        "zoom2d",
        "pan2d",
        "select2d",
        "lasso2d",
        "zoomIn2d",
        "zoomOut2d",
        "autoScale2d",
        "resetScale2d",
    ],
    "toImageButtonOptions": {"format": "svg", "filename": "essaim"},
}


def colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name. Give all the names there are, in one lasting order: then no filter recolours a chart."""
    return {name: PALETTE[position % len(PALETTE)] for position, name in enumerate(names)}


def dress(figure: go.Figure, height: int = 340) -> go.Figure:
    """Gives a figure the common look and hands it back."""
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 36, "b": 0},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal", "title": None},
        hovermode="x unified",
        bargap=0.2,
    )
    figure.update_xaxes(fixedrange=True, showgrid=False, title=None, automargin=True)
    figure.update_yaxes(fixedrange=True, title=None, automargin=True, rangemode="tozero")
    return figure
