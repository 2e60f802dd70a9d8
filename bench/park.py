"""An invented park of any size as input tables, the model run over them, and the questions it answers."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from data.building import PROVENANCE, fill, input_schema
from data.home import Home
from data.sheets import SHEETS
from data.warehouse import Generation, Warehouse

STATED_ON = date(2026, 6, 30)
SECTORS = 10


def tenants(firms: int, sites: int, seed: int = 20260630) -> pd.DataFrame:
    """One row per stay: one firm in ten has moved to a second site; a third has left alive, a third closed.

    Columns: firm_id, site, sector, founded_on, entered_on, left_on, exit_reason, closed_on, status, status_on, area_m2.
    """
    draw = np.random.default_rng(seed)
    today = np.datetime64(STATED_ON)
    entered = np.datetime64("2001-01-01") + draw.integers(0, 9_300, firms)
    stayed = draw.exponential(1_200, firms).astype(int) + 30
    lived = draw.exponential(8_000, firms).astype(int) + 60
    left, closed = entered + np.minimum(stayed, lived), entered + lived
    heard = entered + draw.integers(0, 9_300, firms)
    gone, dead, followed = left <= today, closed <= today, heard <= today
    site = draw.integers(0, sites, firms)
    frame = pd.DataFrame(
        {
            "firm_id": np.char.add("F", np.arange(firms).astype(str)),
            "site": np.char.add("Site ", site.astype(str)),
            "sector": np.char.add("Sector ", draw.integers(0, SECTORS, firms).astype(str)),
            "founded_on": entered - draw.integers(0, 1_500, firms),
            "entered_on": entered,
            "left_on": np.where(gone, left, np.datetime64("NaT")),
            "exit_reason": pd.Series(np.where(closed <= left, "closed", "graduated")).where(gone),
            "closed_on": np.where(dead & gone, closed, np.datetime64("NaT")),
            "status": pd.Series(np.where(dead, "closed", "alumni")).where(gone & (dead | followed)),
            "status_on": np.where(~dead & gone & followed, heard, np.datetime64("NaT")),
            "area_m2": draw.integers(10, 200, firms).astype(float),
        }
    )
    movers = frame.sample(frac=0.1, random_state=seed)
    middle = movers["entered_on"] + (movers["left_on"].fillna(pd.Timestamp(STATED_ON)) - movers["entered_on"]) / 2
    middle = middle.dt.floor("D")
    second = movers.assign(entered_on=middle, site=np.char.add("Site ", ((site[movers.index] + 1) % sites).astype(str)))
    facts: dict[str, Any] = {"exit_reason": "moved", "closed_on": pd.NaT, "status": None, "status_on": pd.NaT}
    first = movers.assign(left_on=middle, **facts)
    return pd.concat([frame.drop(movers.index), first, second], ignore_index=True)


def said(firms: int, sites: int) -> dict[str, pa.Table]:
    """What one file of each kind would have said of such a park, as data.building.input_schema has it."""
    rows = tenants(firms, sites)
    places = pd.DataFrame({"site": sorted(rows["site"].unique()), "lettable_area_m2": 3_000_000.0})
    given = {
        "tenants": rows,
        "sites": places,
        "cohorts": rows.iloc[:0],
        "sectors": rows.iloc[:0],
        "solutions": rows.iloc[:0],
    }
    tables = {}
    for kind, frame in given.items():
        schema = input_schema(SHEETS[kind])
        filled = frame.assign(
            stated_on=STATED_ON, receipt=1, records_closures=False, row=np.arange(len(frame)), sheet="Feuil1"
        )
        filled["key"] = filled["row"].astype(str)
        columns = [
            pa.array(filled[field.name], from_pandas=True).cast(field.type)
            if field.name in filled
            else pa.nulls(len(filled), field.type)
            for field in schema
        ]
        tables[kind] = pa.table(columns, schema=schema)
    return tables


def settle(home: Home, firms: int, sites: int) -> Generation:
    """Puts such a park into an empty ledger and builds its generation, as two accepted files would have.

    The rows go in as clean rows: reading a spreadsheet of a million lines would only say how long reading takes.
    """
    warehouse = Warehouse(home)
    for kind, table in said(firms, sites).items():
        if not len(table):
            continue
        sink = BytesIO()
        pa.parquet.write_table(table.drop_columns([name for name, _ in PROVENANCE]), sink, compression="zstd")
        body = {
            "action": "load",
            "known_on": STATED_ON.isoformat(),
            "by": "bench",
            "kind": kind,
            "mode": "update",
            "covers": [],
            "file": f"{kind}.xlsx",
            "stated_on": STATED_ON.isoformat(),
            "records_closures": False,
            "rows": len(table),
            "invented": True,
        }
        receipt = warehouse.ledger.prepare(body, b"", sink.getvalue())
        warehouse.ledger.append(receipt, b"", sink.getvalue())
    return warehouse.generation()


class Park:
    """What `metrics.ask` asks, in memory."""

    stated_on: date | None = STATED_ON
    known_on: date | None = STATED_ON

    def __init__(self, firms: int, sites: int) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("set enable_progress_bar = false")
        fill(self._connection, said(firms, sites), [])

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        cursor = self._connection.cursor()
        try:
            return cursor.execute(sql, values or {}).df()
        finally:
            cursor.close()
