"""How the dashboard is made: the park into a SQLite file, datasets, charts and one filter through the REST API."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import APIRequestContext, Playwright

from bench.superset import NAME, PASSWORD

HOSTED = "count(distinct case when hosted = 1 then firm_id end)"
COUNTED = "count(distinct firm_id)"
SURVIVING = "1.0 * sum(fate = 'alive' and reached) / sum(fate in ('alive', 'closed') and reached)"
# (name, kind of chart, dataset, metric, further settings)
CHARTS: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("Hosted firms", "big_number_total", "stays", HOSTED, {"y_axis_format": ",d"}),
    ("Former tenants", "big_number_total", "stays", f"{COUNTED} - {HOSTED}", {"y_axis_format": ",d"}),
    ("Five-year survival", "big_number_total", "lives", SURVIVING, {"y_axis_format": ".1%"}),
    ("Entries, last 12 months", "big_number_total", "lives", "sum(last_year)", {"y_axis_format": ",d"}),
    (
        "Entries per month by site",
        "echarts_timeseries_bar",
        "entries",
        COUNTED,
        {"x_axis": "month", "groupby": ["site"], "stack": "Stack", "time_grain_sqla": "P1M"},
    ),
    (
        "Hosted firms by site over the years",
        "echarts_timeseries_line",
        "stock",
        "sum(firms)",
        {"x_axis": "year", "groupby": ["site"], "time_grain_sqla": "P1Y"},
    ),
    ("Hosted firms by site", "echarts_timeseries_bar", "stays", HOSTED, {"x_axis": "site", "groupby": []}),
    ("Hosted firms by sector", "echarts_timeseries_bar", "stays", HOSTED, {"x_axis": "sector", "groupby": []}),
]


def write(path: Path, stays: pd.DataFrame, lives: pd.DataFrame, today: pd.Timestamp) -> None:
    """The park as tables that SQL alone can ask: what Superset's own queries would not find out is worked out here."""
    there = (stays["entered_on"] <= today) & (stays["left_on"].isna() | (stays["left_on"] > today))
    first = stays.groupby(["firm_id", "site"], observed=True)["entered_on"].min().reset_index()
    first = first[first["entered_on"] > today - pd.DateOffset(years=3)]
    years = pd.date_range(stays["entered_on"].min(), today, freq="YE")
    stock = [
        stays[(stays["entered_on"] <= day) & (stays["left_on"].isna() | (stays["left_on"] > day))]
        .groupby("site")["firm_id"]
        .nunique()
        .reset_index(name="firms")
        .assign(year=day.strftime("%Y-01-01"))
        for day in years
    ]
    tables = {
        "stays": stays[["firm_id", "site", "sector"]].assign(hosted=there.astype(int)),
        "lives": lives[["firm_id", "site", "sector", "fate"]].assign(
            reached=(lives["anniversary"] <= today).astype(int),
            last_year=(lives["day"] > today - pd.DateOffset(years=1)).astype(int),
        ),
        "entries": first[["firm_id", "site"]].assign(month=first["entered_on"].dt.strftime("%Y-%m-01")),
        "stock": pd.concat(stock),
    }
    connection = sqlite3.connect(path)
    for name, table in tables.items():
        table.to_sql(name, connection, index=False)
        if "site" in table:
            connection.execute(f"create index {name}_site on {name} (site)")
    connection.commit()
    connection.close()


def make(api: APIRequestContext, path: Path) -> str:
    """Makes the dashboard over the tables in `path`; returns its address below the server's."""
    login = {"username": NAME, "password": PASSWORD, "provider": "db", "refresh": False}
    token = _told(api.post("/api/v1/security/login", data=login))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    def post(what: str, body: dict[str, Any]) -> int:
        return int(_told(api.post(f"/api/v1/{what}/", data=body, headers=headers))["id"])

    database = post("database", {"database_name": "Park", "sqlalchemy_uri": f"sqlite:///{path}"})
    datasets = {name: post("dataset", {"database": database, "table_name": name}) for name in _tables()}
    for name, column in (("entries", "month"), ("stock", "year")):
        known = _told(api.get(f"/api/v1/dataset/{datasets[name]}", headers=headers))["result"]["columns"]
        columns = [
            {"id": one["id"], "column_name": one["column_name"], "is_dttm": one["column_name"] == column}
            for one in known
        ]
        _told(api.put(f"/api/v1/dataset/{datasets[name]}", data={"columns": columns}, headers=headers))
    dashboard = post("dashboard", {"dashboard_title": "Park", "slug": "park", "published": True})
    charts = {}
    for name, kind, dataset, sql, more in CHARTS:
        metric = {"expressionType": "SQL", "sqlExpression": sql, "label": name, "optionName": f"metric_{name}"}
        asked = {"metric": metric} if kind == "big_number_total" else {"metrics": [metric], "row_limit": 10_000}
        settings = {"viz_type": kind, "datasource": f"{datasets[dataset]}__table", "adhoc_filters": [], **asked, **more}
        charts[name] = post(
            "chart",
            {
                "slice_name": name,
                "viz_type": kind,
                "datasource_id": datasets[dataset],
                "datasource_type": "table",
                "params": json.dumps(settings),
                "dashboards": [dashboard],
            },
        )
    body = {
        "position_json": json.dumps(_places(charts)),
        "json_metadata": json.dumps(_filter(datasets["stays"], list(charts.values()))),
    }
    _told(api.put(f"/api/v1/dashboard/{dashboard}", data=body, headers=headers))
    return "/superset/dashboard/park/"


def _tables() -> list[str]:
    return list(dict.fromkeys(dataset for _, _, dataset, _, _ in CHARTS))


def _told(answer: Any) -> dict[str, Any]:
    if not answer.ok:
        raise RuntimeError(f"Superset answered {answer.status} to {answer.url}: {answer.text()[:500]}")
    return dict(answer.json())


def _places(charts: dict[str, int]) -> dict[str, Any]:
    """Four tiles in the first row, two charts in each of the others."""
    names = list(charts)
    rows = [names[:4], names[4:6], names[6:]]
    parents = ["ROOT_ID", "GRID_ID"]
    places: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": ["ROW-0", "ROW-1", "ROW-2"], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": "Park"}},
    }
    for number, row in enumerate(rows):
        children = [f"CHART-{charts[name]}" for name in row]
        places[f"ROW-{number}"] = {
            "type": "ROW",
            "id": f"ROW-{number}",
            "children": children,
            "parents": parents,
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for name, child in zip(row, children, strict=True):
            size = {"width": 12 // len(row), "height": 20 if number == 0 else 40}
            places[child] = {
                "type": "CHART",
                "id": child,
                "children": [],
                "parents": [*parents, f"ROW-{number}"],
                "meta": {"chartId": charts[name], "sliceName": name, **size},
            }
    return places


def _filter(dataset: int, charts: list[int]) -> dict[str, Any]:
    """One filter by site, several at a time, over all charts."""
    return {
        "native_filter_configuration": [
            {
                "id": "NATIVE_FILTER-site",
                "name": "Site",
                "type": "NATIVE_FILTER",
                "filterType": "filter_select",
                "targets": [{"datasetId": dataset, "column": {"name": "site"}}],
                "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
                "controlValues": {"multiSelect": True, "enableEmptyFilter": False},
                "cascadeParentIds": [],
                "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
                "chartsInScope": charts,
                "tabsInScope": [],
                "description": "",
            }
        ]
    }


def sign_in(playwright: Playwright, url: str) -> list[Any]:
    """The cookies of somebody signed in by the form, as a visitor is."""
    api = playwright.request.new_context(base_url=url)
    answer = api.post("/login/", form={"username": NAME, "password": PASSWORD})
    if not answer.ok:
        raise RuntimeError(f"Superset answered {answer.status} to the form")
    cookies: list[Any] = api.storage_state()["cookies"]
    api.dispose()
    return cookies
