"""A park in memory: input tables made from plain rows, the model run over them, and what a generation answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from data.building import fill, input_schema
from data.sheets import SHEETS

Rows = Iterable[Mapping[str, Any]]


class Park:
    """What `metrics.ask` asks: the model over the given rows, all stated on one day unless a row says otherwise.

    Each row is a mapping of canonical fields; `stated_on` and `records_closures` of the park are its defaults.
    """

    def __init__(
        self,
        stated_on: date,
        *,
        tenants: Rows = (),
        cohorts: Rows = (),
        sites: Rows = (),
        sectors: Rows = (),
        solutions: Rows = (),
        records_closures: bool = False,
    ) -> None:
        self.stated_on: date | None = stated_on
        self.known_on: date | None = stated_on
        self._connection = duckdb.connect()
        self._connection.execute("set threads = 1")
        given = {"tenants": tenants, "cohorts": cohorts, "sites": sites, "sectors": sectors, "solutions": solutions}
        said = {}
        for kind, rows in given.items():
            schema = input_schema(SHEETS[kind])
            filled = [
                {
                    "stated_on": stated_on,
                    "records_closures": records_closures,
                    "key": str(number),
                    "receipt": 1,
                    "row": number,
                    "sheet": "Feuil1",
                    "name_key": row.get("firm_name"),
                    **row,
                }
                for number, row in enumerate(rows, 1)
            ]
            said[kind] = pa.Table.from_pylist(filled, schema=schema)
        fill(self._connection, said, [])

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        return self._connection.execute(sql, values or {}).df()
