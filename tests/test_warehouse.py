"""Generations: built from receipts alone, verified, replaced when damaged, and asked by many threads at once."""

from __future__ import annotations

import concurrent.futures
from datetime import date
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from data.building import Damaged, held_schema, input_schema
from data.home import Home
from data.sheet import schema
from data.sheets import SHEETS
from data.warehouse import Warehouse


def _rows(kind: str, rows: list[dict[str, object]]) -> bytes:
    wanted = [field for field in input_schema(SHEETS[kind]) if field.name in ("key", *schema(SHEETS[kind]).names)]
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in wanted]
    sink = BytesIO()
    pa.parquet.write_table(pa.table(columns, schema=pa.schema(wanted)), sink)
    return sink.getvalue()


def _stay(firm: str, site: str, entered: str, left: str | None = None, **more: object) -> dict[str, object]:
    return {
        "key": f"{firm} | {site}",
        "firm_id": firm,
        "firm_name": firm,
        "name_key": firm.lower(),
        "site": site,
        "entered_on": date.fromisoformat(entered),
        "entered_on_precision": "day",
        "left_on": date.fromisoformat(left) if left else None,
        "left_on_precision": "day" if left else None,
        "sheet": "S",
        "row": 2,
        **more,
    }


def _accept(
    warehouse: Warehouse, stated: str, rows: list[dict[str, object]], kind: str = "tenants", **more: object
) -> int:
    body = {
        "action": "load",
        "known_on": stated,
        "kind": kind,
        "mode": "update",
        "covers": [],
        "file": f"{stated}.csv",
        "stated_on": stated,
        "records_closures": False,
        **more,
    }
    clean = _rows(kind, rows)
    receipt = warehouse.ledger.prepare(body, repr(rows).encode(), clean)
    warehouse.ledger.append(receipt, repr(rows).encode(), clean)
    return receipt.number


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(Home.at(tmp_path / "home"))


def _tenants(warehouse: Warehouse, known_on: date | None = None) -> list[tuple[object, ...]]:
    table = warehouse.generation(known_on).arrow(
        "select firm_id, site, left_on, area_m2, receipt from tenants order by key"
    )
    return [tuple(row.values()) for row in table.to_pylist()]


def test_an_empty_ledger_gives_an_empty_generation(warehouse: Warehouse) -> None:
    generation = warehouse.generation()
    assert generation.empty and generation.stated_on is None and not generation.sample
    assert _tenants(warehouse) == []


def test_the_latest_stated_day_speaks_and_a_blank_says_nothing(warehouse: Warehouse) -> None:
    _accept(warehouse, "2020-01-31", [_stay("A", "Rabat", "2015-01-01", area_m2=20.0)])
    _accept(warehouse, "2020-03-31", [_stay("A", "Rabat", "2015-01-01", "2020-03-01")])
    late = _accept(warehouse, "2020-04-01", [_stay("A", "Rabat", "2015-01-01", area_m2=5.0)], stated_on="2019-12-31")
    assert _tenants(warehouse) == [("A", "Rabat", date(2020, 3, 1), 20.0, 2)]
    assert late == 3
    assert warehouse.generation().stated_on == date(2020, 3, 31)


def test_what_no_row_fills_is_blank_until_one_does(warehouse: Warehouse) -> None:
    _accept(warehouse, "2020-01-31", [_stay("A", "Rabat", "2015-01-01")])
    assert _tenants(warehouse) == [("A", "Rabat", None, None, 1)]
    types = warehouse.generation().arrow("select * from tenants").schema
    assert types == held_schema(SHEETS["tenants"])
    _accept(warehouse, "2020-03-31", [_stay("A", "Rabat", "2015-01-01", area_m2=20.0)])
    assert _tenants(warehouse) == [("A", "Rabat", None, 20.0, 2)]


def test_a_status_and_its_day_are_taken_together(warehouse: Warehouse) -> None:
    row = _stay("A", "Rabat", "2015-01-01")
    told = {**row, "status": "alumni", "status_on": date(2019, 1, 1), "status_on_precision": "day"}
    _accept(warehouse, "2020-01-31", [told])
    _accept(warehouse, "2020-03-31", [{**row, "status": "closed"}])
    answer = warehouse.generation().arrow("select status, status_on from tenants").to_pylist()
    assert answer == [{"status": "closed", "status_on": None}]


def test_a_replacement_is_the_whole_truth_for_its_sites(warehouse: Warehouse) -> None:
    _accept(warehouse, "2020-01-31", [_stay("A", "Rabat", "2015-01-01"), _stay("B", "Tanger", "2016-01-01")])
    _accept(warehouse, "2020-02-29", [_stay("C", "Rabat", "2017-01-01")], mode="replace", covers=["Rabat"])
    assert [row[0] for row in _tenants(warehouse)] == ["B", "C"]
    assert [row[0] for row in _tenants(warehouse, date(2020, 2, 1))] == ["A", "B"]


def test_as_known_on_is_the_build_from_the_receipts_up_to_that_day(warehouse: Warehouse, tmp_path: Path) -> None:
    days = ["2020-01-31", "2020-02-29", "2020-03-31"]
    for i, day in enumerate(days):
        _accept(warehouse, day, [_stay(f"F{j}", "Rabat", "2015-01-01", area_m2=float(i + j)) for j in range(i + 1)])
    other = Warehouse(Home.at(tmp_path / "other"))
    for i, day in enumerate(days):
        _accept(other, day, [_stay(f"F{j}", "Rabat", "2015-01-01", area_m2=float(i + j)) for j in range(i + 1)])
        assert _tenants(warehouse, date.fromisoformat(day)) == _tenants(other)


def test_a_lost_or_damaged_generation_is_built_again(warehouse: Warehouse) -> None:
    _accept(warehouse, "2020-01-31", [_stay("A", "Rabat", "2015-01-01")])
    before = _tenants(warehouse)
    warehouse.close()
    (path,) = warehouse.home.generations.glob("[!.]*.duckdb")
    path.write_bytes(b"\0" * 5000)
    fresh = Warehouse(warehouse.home)
    with pytest.raises(Damaged, match="cannot be opened"):
        fresh.verify()
    assert _tenants(fresh) == before
    fresh.verify()


@pytest.mark.parametrize(
    "change",
    [
        "update tenants_filled set site = 'Tanger'",
        "create or replace view departure as select firm_no, site, sector, cohort, day, by_site from presence",
    ],
)
def test_verify_sees_a_generation_that_says_something_else(warehouse: Warehouse, change: str) -> None:
    _accept(warehouse, "2020-01-31", [_stay("A", "Rabat", "2015-01-01")])
    _tenants(warehouse)
    warehouse.close()
    (path,) = warehouse.home.generations.glob("[!.]*.duckdb")
    fresh = Warehouse(warehouse.home)
    copy = path.with_name("copy.duckdb")
    copy.write_bytes(path.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute(change)
    copy.replace(path)
    with pytest.raises(Damaged, match="does not hold what was written"):
        fresh.verify()


def test_a_generation_can_read_nothing_outside_itself_and_stays_so(warehouse: Warehouse) -> None:
    generation = warehouse.generation()
    with pytest.raises(duckdb.Error, match="disabled"):
        generation.query("select * from read_csv('/etc/passwd')")
    with pytest.raises(duckdb.Error, match="locked"):
        generation.query("set enable_external_access = true")
    with pytest.raises(duckdb.Error, match="read-only"):
        generation.query("create table t (a int)")


def test_threads_get_their_own_answers(warehouse: Warehouse) -> None:
    rows = [_stay(f"F{i}", "Rabat", "2015-01-01", area_m2=float(i)) for i in range(200)]
    _accept(warehouse, "2020-01-31", rows)
    generation = warehouse.generation()

    def ask(i: int) -> bool:
        answer = generation.query("select area_m2 from tenants where firm_id = $firm", {"firm": f"F{i % 200}"})
        return list(answer["area_m2"]) == [float(i % 200)]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(800)))


def test_only_the_newest_generations_are_kept(warehouse: Warehouse) -> None:
    for i in range(12):
        _accept(warehouse, f"2020-01-{i + 1:02d}", [_stay(f"F{i}", "Rabat", "2015-01-01")])
        warehouse.generation().query("select 1")
    assert len(list(warehouse.home.generations.iterdir())) <= 8
    assert len(_tenants(warehouse)) == 12
