"""The overview as a Dash page, served as `bench.plain.with_dash:server` by the Python of .bench-venv."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dash import Dash, Input, Output, dcc, html  # type: ignore[import-not-found]

from bench.plain import figures

park = figures.read()
sites = sorted(park.stays["site"].unique())
labels = ("Hosted firms", "Former tenants", "Five-year survival", "Entries, last 12 months")

app = Dash("park", title="Park")
server = app.server
app.layout = html.Div(
    [
        html.H1("Park"),
        dcc.Dropdown(sites, [], multi=True, id="site"),
        html.Div(
            [html.Div([html.Div(label), html.H2(id=f"tile-{place}")]) for place, label in enumerate(labels)],
            id="tiles",
            style={"display": "grid", "gridTemplateColumns": "repeat(4, 1fr)"},
        ),
        *(dcc.Graph(id=f"chart-{place}") for place in range(4)),
    ]
)


@lru_cache(maxsize=128)
def overview(chosen: tuple[str, ...]) -> figures.Overview:
    return figures.overview(park.at(list(chosen)))


@app.callback(
    *(Output(f"tile-{place}", "children") for place in range(4)),
    *(Output(f"chart-{place}", "figure") for place in range(4)),
    Input("site", "value"),
)
def changed(chosen: list[str] | None) -> list[Any]:
    shown = overview(tuple(sorted(chosen or [])))
    return [*shown.tiles.values(), *shown.charts]
