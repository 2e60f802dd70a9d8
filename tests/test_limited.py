"""A reader of some sites sees what everybody sees who filters by them, and nothing of any other site."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import limited
from data.building import ASKED
from data.warehouse import LIMITED, Warehouse
from metrics import METRICS, tally
from metrics.ask import NothingLoaded, Scope, Unknown, ask
from metrics.behind import behind
from metrics.firms import history, search
from metrics.names import names
from tests.model import Park
from tests.often import often
from tests.test_properties import CHECKED, SITES, STATED, Rows, rows
from tests.test_warehouse import _accept, _stay, warehouse  # noqa: F401

CUTS: list[tuple[str, ...]] = [(), ("site",), ("sector",), ("cohort",), ("year",), ("quarter",), ("site", "year")]
LIMITS = [(SITES[0],), (SITES[1],), (SITES[0], SITES[2]), SITES, ("Ailleurs",)]


class Part:
    """What a park's limited file answers."""

    def __init__(self, park: Park, sites: Sequence[str], path: Path) -> None:
        def fetch(sql: str, values: dict[str, Any]) -> pa.Table:
            return park._connection.sql(sql, params=values).to_arrow_table()

        limited.limit(path, fetch, sites, park.stated_on)
        self.stated_on = self.known_on = park.stated_on
        self.sites = tuple(sites)
        self._connection = duckdb.connect(str(path), read_only=True, config=ASKED)

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        return self._connection.execute(sql, values or {}).df()


# Lists behind figures, of each table one.
LISTS = ("hosted", "exits", "survival_5y", "transfers", "occupancy")


@settings(CHECKED, max_examples=often(16))
@given(rows(), st.sampled_from(LIMITS), st.sampled_from(CUTS), st.booleans(), st.sampled_from(LISTS))
def test_limited_is_unlimited_filtered(given_rows: Rows, sites: Any, by: Any, counted: bool, listed: str) -> None:
    park = Park(STATED, tenants=given_rows)
    known = {row["site"] for row in given_rows}
    meant = tuple(site for site in sites if site in known)
    with tempfile.TemporaryDirectory() as folder:
        part = Part(park, sites, Path(folder) / "part.duckdb")
        if counted:
            tally.prepare(part)
        found = ask(part, METRICS, Scope(), by)
        for other in {*known, "Nulle part"} - {*sites}:
            with pytest.raises(Unknown):
                ask(part, ["hosted"], Scope(sites=(other,)), by)
        if not meant:
            assert not (found["value"].fillna(0) > 0).any()
            return
        wanted = ask(park, METRICS, Scope(sites=meant), by)
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)
        for name in METRICS[listed].behind:
            mine, its = behind(part, listed, part=name), behind(park, listed, Scope(sites=meant), name)
            assert mine.counts == its.counts
            columns = ["firm_id", "site", "entered_on", "left_on", "closed_on", "weight"]
            assert mine.rows[columns].equals(its.rows[columns])


@settings(CHECKED, max_examples=often(12))
@given(rows(), st.sampled_from(LIMITS))
def test_no_name_of_another_site_is_in_the_file(given_rows: Rows, sites: tuple[str, ...]) -> None:
    marked = [{**row, "firm_name": f"zz{row['firm_id']}zz", "name_key": f"zz{row['firm_id']}zz"} for row in given_rows]
    here = {row["firm_id"] for row in marked if row["site"] in sites}
    park = Park(STATED, tenants=marked, cohorts=[{**row, "cohort": "P", "site": None} for row in marked[:5]])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.duckdb"
        part = Part(park, sites, path)
        tables = part.query("select table_name from duckdb_tables() where not internal")["table_name"]
        held = "".join(part.query(f'select * from "{name}"').to_csv() for name in tables)
        enums = part.query("select unnest(enum_range(null::site_name))::varchar as name")["name"].tolist()
        part._connection.close()
        raw = path.read_bytes()
    for row in marked:
        name = str(row["firm_name"])
        assert row["firm_id"] in here or (name not in held and name.encode() not in raw)
    assert set(enums) <= set(sites)
    assert all(row["site"] in sites or f",{row['site']}," not in held for row in marked)


def test_a_warehouse_keeps_a_file_for_each_limit_and_sweeps_them(
    warehouse: Warehouse,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("data.warehouse._KEPT_FILES", 2)
    _accept(warehouse, "2020-01-31", [_stay("A", "Rabat", "2015-01-01"), _stay("B", "Tanger", "2016-01-01")])
    whole, part = warehouse.generation(), warehouse.generation(sites=("Rabat",))
    assert part.key != whole.key and part.key.startswith(LIMITED)
    assert part.key == warehouse.generation(sites=("Rabat", "Rabat")).key
    assert part.arrow("select firm_id from tenants").to_pylist() == [{"firm_id": "A"}]
    assert part.stated_on == whole.stated_on == date(2020, 1, 31)
    assert search(part, Scope())["firm_id"].tolist() == ["A"]
    assert names(part)["site"] == ("Rabat",)
    with pytest.raises(Unknown):
        history(part, "B")
    with pytest.raises(NothingLoaded):
        ask(warehouse.generation(sites=()), ["hosted"])
    for number in range(2):
        assert warehouse.generation(sites=("Rabat", str(number))).arrow("select 1").num_rows == 1
    kept = list(warehouse.home.generations.glob(f"{LIMITED}*.duckdb"))
    assert len(kept) == 2 and len(list(warehouse.home.generations.glob("*.duckdb"))) == 3
    warehouse.rebuild()
    assert not list(warehouse.home.generations.glob(f"{LIMITED}*.duckdb"))
