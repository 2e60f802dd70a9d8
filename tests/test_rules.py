"""Each rule between rows finds exactly the rows that break it, and leaves those alone that nearly do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data import building
from data.building import PROVENANCE, fill, held, input_schema
from data.cells import name_key
from data.compare import with_keys
from data.home import Home
from data.intake import Choices, load
from data.match import Mapping
from data.problem import WRONGS, Problem
from data.rules import FOLDER, RULES, broken
from data.sheet import schema
from data.sheets import SHEETS
from data.warehouse import Warehouse


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules look at the rows that stand; the figures made of them are not asked here."""
    monkeypatch.setattr(building, "run_model", lambda connection: None)


KNOWN_ON, STATED_ON = date(2020, 9, 30), date(2020, 10, 31)
Row = dict[str, Any]


def day(text: str | None) -> tuple[date | None, str | None]:
    """2015, 2015-03 or 2015-03-16 → its first day and its precision."""
    if text is None:
        return None, None
    parts = [int(part) for part in text.split("-")]
    return date(*[*parts, 1, 1][:3]), ("year", "month", "day")[len(parts) - 1]


def row(kind: str, **said: Any) -> Row:
    """One clean row; dates as texts, their precision as they are written."""
    for name in SHEETS[kind].dates:
        said[name], said[f"{name}_precision"] = day(said.get(name))
    if said.get("firm_name"):
        said["name_key"] = name_key(said["firm_name"])
    return {"kind": kind, "sheet": "L", **said}


def stay(firm: str | None, site: str, entered: str, left: str | None = None, **said: Any) -> Row:
    said = {"firm_name": f"Firme {firm}", **said}
    return row("tenants", firm_id=firm, site=site, entered_on=entered, left_on=left, **said)


def intake(firm: str | None, cohort: str, **said: Any) -> Row:
    said = {"firm_name": f"Firme {firm}", **said}
    return row("cohorts", firm_id=firm, cohort=cohort, **said)


def site(name: str, **said: Any) -> Row:
    return row("sites", site=name, **said)


def table(kind: str, rows: list[Row], receipt: int, stated_on: date) -> pa.Table:
    wanted = input_schema(SHEETS[kind])
    where_from = {"receipt": receipt, "file": "f", "stated_on": stated_on, "records_closures": False}
    return pa.Table.from_pylist([{"row": at, **where_from, **one} for at, one in enumerate(rows, start=2)], wanted)


def judged(fresh: list[Row], known: list[Row] = [], says_exits: bool = True) -> list[Problem]:  # noqa: B006
    """What loading the `fresh` rows (of one kind) beside the `known` ones breaks, by the real steps of a load."""
    (kind,) = {one["kind"] for one in fresh}
    with duckdb.connect(config={"threads": 1}) as connection:
        before = {k: table(k, [one for one in known if one["kind"] == k], 1, KNOWN_ON) for k in SHEETS}
        for k, standing in before.items():
            before[k] = standing.set_column(0, "key", keyed(k, standing, standing.slice(0, 0)).column("key"))
        loaded = table(kind, fresh, 2, STATED_ON).select(schema(SHEETS[kind]).names)
        loaded = keyed(kind, loaded, before[kind])
        values = {"receipt": 2, "file": "f", "stated_on": STATED_ON, "records_closures": False}
        said = loaded
        for name, type_ in PROVENANCE:
            said = said.append_column(name, pa.repeat(pa.scalar(values[name], type_), len(said)))
        rows = before | {kind: pa.concat_tables([before[kind], said.select(before[kind].column_names)])}
        fill(connection, rows, [])
        return broken(
            connection, kind, loaded, before[kind], receipt=2, stated_on=STATED_ON, says_exits=says_exits,
            header=lambda sheet, row, field: "Sortie le" if (sheet, field) == ("L", "left_on") else None,
        )  # fmt: skip


def keyed(kind: str, fresh: pa.Table, known: pa.Table) -> pa.Table:
    names = pa.table({"name_key": pa.array([], pa.string()), "firm_id": pa.array([], pa.string())})
    return with_keys(SHEETS[kind], fresh.select(schema(SHEETS[kind]).names), known, names)


@dataclass
class Case:
    """A park that breaks a rule in `rows` of the file (2 is its first), and a near miss that does not."""

    fresh: list[Row]
    near: list[Row]
    known: list[Row] = field(default_factory=list)
    near_known: list[Row] | None = None
    rows: tuple[int | None, ...] = (2,)


RABAT, TANGER = site("Rabat", opened_on="2012-05-14", lettable_area_m2=500.0), site("Tanger", opened_on="2015-03")
ICE = "001704504319822"

CASES: dict[str, Case] = {
    "exit-before-entry": Case(
        known=[intake("1", "Promotion 2014", left_on="2014-06-30"), intake("2", "Promotion 2014", left_on="2014-06")],
        fresh=[intake("1", "Promotion 2014", entered_on="2014-07-01")],
        near=[intake("2", "Promotion 2014", entered_on="2014-06-30")],
    ),
    "same-name-other-id": Case(
        known=[stay("1", "Rabat", "2015-01-15", firm_name="Un")],
        fresh=[stay("0001", "Rabat", "2015-01-15", firm_name="UN SARL"), stay("3", "Rabat", "2015-01-15")],
        near=[stay("0001", "Rabat", "2015-01-16", firm_name="Un")],
    ),
    "exit-withdrawn": Case(
        known=[stay("1", "Rabat", "2015-01-15", "2020-01-31")],
        fresh=[stay("1", "Rabat", "2015-01-15")],
        near=[stay("1", "Rabat", "2015-01-15", exit_reason="moved")],
    ),
    "site-changed": Case(
        known=[stay("1", "Rabat", "2015-01-15")],
        fresh=[stay("1", "Tanger", "2015-01-15")],
        near=[stay("1", "Tanger", "2015-01-15"), stay("1", "Rabat", "2015-01-15")],
    ),
    "overlapping-stays": Case(
        fresh=[stay("1", "Rabat", "2010-01-15", "2019-01-01"), stay("1", "Rabat", "2012-01-15")],
        near=[stay("1", "Rabat", "2010-01-15", "2012-01-15"), stay("1", "Rabat", "2012-01-15")],
        rows=(3,),
    ),
    "two-sites-at-once": Case(
        known=[stay("1", "Rabat", "2015-01-15")],
        fresh=[stay("2", "Rabat", "2018-01-15"), stay("1", "Tanger", "2018-01-15")],
        near=[stay("1", "Tanger", "2018-01-15")],
        near_known=[stay("1", "Rabat", "2015-01-15", "2018")],
        rows=(3,),
    ),
    "stay-twice": Case(
        known=[stay("1", "Rabat", "2015-01-15", firm_name="Zelmira Logiciels")],
        fresh=[stay(None, "Rabat", "2015-01-15", firm_name="Zelmirra Logiciel")],
        near=[stay(None, "Rabat", "2015-01-15", firm_name="Zelmira 2 Logiciels")],
    ),
    "name-under-two-ids": Case(
        known=[stay("1", "Rabat", "2015-01-15", firm_name="Un")],
        fresh=[stay("9", "Tanger", "2018-01-15", firm_name="Un SARL")],
        near=[stay("9", "Tanger", "2018-01-15", firm_name="Une")],
    ),
    "id-under-two-names": Case(
        known=[stay("1", "Rabat", "2015-01-15", firm_name="Zelmira Logiciels")],
        fresh=[intake("1", "Promotion 2015", firm_name="Ourtako"), intake("2", "Promotion 2015")],
        near=[intake("1", "Promotion 2015", firm_name="Zelmira Solutions")],
    ),
    "id-written-two-ways": Case(
        known=[stay(ICE, "Rabat", "2015-01-15")],
        fresh=[intake("1704504319822", "Promotion 2015"), intake("001 704504319823", "Promotion 2015")],
        near=[intake("1704504319821", "Promotion 2015"), intake("0704504319822", "Promotion 2015")],
    ),
    "same-ice-two-ids": Case(
        known=[
            stay("T-1", "Rabat", "2015-01-15", notes=f'{{"N° ICE": "{ICE}"}}'),
            stay("T-2", "Rabat", "2015-02-15", notes=f'{{"Ice": "{ICE}"}}'),
        ],
        fresh=[stay("T-3", "Rabat", "2016-01-15", notes=f'{{"Tél": "0522", "ICE": "{ICE}"}}')],
        near=[stay("T-3", "Rabat", "2016-01-15", notes=f'{{"Compte": "{ICE}"}}')],
    ),
    "entry-before-opening": Case(
        known=[RABAT, TANGER],
        fresh=[stay("1", "Rabat", "2012-05-13"), stay("2", "Rabat", "2012-05-14"), stay("3", "Tanger", "2014")],
        near=[stay("1", "Rabat", "2012"), stay("2", "Tanger", "2015-03-01")],
        rows=(2, 4),
    ),
    "opened-after-entries": Case(
        known=[stay("1", "Rabat", "2012-05-13"), stay("2", "Rabat", "2012-05-15"), stay("3", "Tanger", "2011-01-01")],
        fresh=[site("Casablanca", opened_on="2013-01-01"), RABAT],
        near=[site("Rabat", opened_on="2012-05-13")],
        rows=(3,),
    ),
    "entry-far-ahead": Case(
        fresh=[stay("1", "Rabat", "2021-11-01"), stay("2", "Rabat", "2020-11-01")],
        near=[stay("1", "Rabat", "2021-10-31")],
    ),
    "exit-far-ahead": Case(
        fresh=[stay("1", "Rabat", "2015-01-15", "2031-01-01")],
        near=[stay("1", "Rabat", "2015-01-15", "2030-01-01")],
    ),
    "status-ahead": Case(
        fresh=[intake("1", "Promotion 2015", status="alumni", status_on="2020-11-01")],
        near=[intake("1", "Promotion 2015", status="alumni", status_on="2020-10-31")],
    ),
    "entered-after-closing": Case(
        known=[intake("1", "Promotion 2015", closed_on="2017-06-30"), intake("2", "Promotion 2015", closed_on="2017")],
        fresh=[stay("1", "Rabat", "2017-07-01"), stay("2", "Rabat", "2017-07-01")],
        near=[stay("1", "Rabat", "2017-06-30", "2017-06-30")],
    ),
    "closed-still-hosted": Case(
        known=[intake("1", "Promotion 2015", closed_on="2020-06-30")],
        fresh=[stay("1", "Rabat", "2017-07-01"), stay("2", "Rabat", "2017-07-01", closed_on="2020-01-01")],
        near=[stay("1", "Rabat", "2017-07-01", "2020-06-30")],
    ),
    "active-after-closing": Case(
        known=[intake("1", "Promotion 2015", closed_on="2018-06-30")],
        fresh=[intake("1", "Accélération", status="alumni", status_on="2019-01-01")],
        near=[intake("1", "Accélération", status="alumni", status_on="2018-01-01")],
    ),
    "hosted-with-exit": Case(
        fresh=[stay("1", "Rabat", "2015-01-15", "2018-01-15", status="hosted")],
        near=[stay("1", "Rabat", "2015-01-15", "2018-01-15", status="hosted"), stay("1", "Tanger", "2018-01-15")],
    ),
    "moved-nowhere": Case(
        fresh=[stay("1", "Rabat", "2015-01-15", "2018-01-15", status="hosted", exit_reason="moved")],
        near=[
            stay("1", "Rabat", "2015-01-15", "2018-01-15", status="hosted", exit_reason="moved"),
            stay("1", "Tanger", "2018-01-15"),
            stay("2", "Rabat", "2015-01-15", "2018-01-15", exit_reason="moved"),
        ],
    ),
    "hosted-nowhere": Case(
        known=[stay("1", "Rabat", "2015-01-15", "2018-01-15"), stay("2", "Rabat", "2015-01-15")],
        fresh=[intake("1", "Promotion 2015", status="hosted"), intake("2", "Promotion 2015", status="hosted")],
        near=[intake("1", "Promotion 2015", status="hosted", status_on="2017-12-31")],
    ),
    "alumni-with-open-stay": Case(
        known=[stay("1", "Rabat", "2015-01-15")],
        fresh=[intake("1", "Promotion 2015", status="alumni", status_on="2020-06-30")],
        near=[intake("1", "Promotion 2015", status="alumni", status_on="2020-10-31")],
    ),
    "founded-after-first-entry": Case(
        known=[stay("1", "Rabat", "2015-01-15"), stay("2", "Rabat", "2015")],
        fresh=[intake("1", "Promotion 2015", founded_on="2017-01-16")],
        near=[intake("1", "Promotion 2015", founded_on="2017-01-15"), intake("2", "P", founded_on="2017-12-31")],
    ),
    "cohort-before-founding": Case(
        known=[stay("1", "Rabat", "2018-01-15", founded_on="2018-01-01")],
        fresh=[intake("1", "Promotion 2015")],
        near=[intake("1", "Promotion 2016")],
    ),
    "cohort-before-programme": Case(
        known=[RABAT] + [intake(f"{y}-{i}", f"Promotion {y}") for y in (2014, 2015, 2016) for i in range(3)],
        fresh=[intake("1", "Promotion 2011"), intake("2", "Promotion 2013")],
        near=[intake("1", "Promotion 2012"), intake("2", "Accélération")],
    ),
    "cohort-ahead": Case(
        fresh=[intake("1", "Promotion 2022")],
        near=[intake("1", "Promotion 2021")],
    ),
    "graduated-before-cohort": Case(
        fresh=[
            intake("1", "Promotion 2015", graduated_on="2014-12-31"),
            intake("2", "P", entered_on="2015-03-01", graduated_on="2015-02"),
        ],
        near=[
            intake("1", "Promotion 2015", graduated_on="2015"),
            intake("2", "P", entered_on="2015-03-01", graduated_on="2015-03"),
        ],
        rows=(2, 3),
    ),
    "stay-larger-than-site": Case(
        known=[RABAT],
        fresh=[stay("1", "Rabat", "2015-01-15", area_m2=500.5)],
        near=[stay("1", "Rabat", "2015-01-15", area_m2=500.0)],
    ),
    "site-overlet": Case(
        known=[RABAT, stay("1", "Rabat", "2015-01-15", "2016-01-15", area_m2=300.0)],
        fresh=[
            stay("2", "Rabat", "2015-02-15", area_m2=150.0),
            stay("3", "Rabat", "2015-03-15", area_m2=60.0),
            stay("4", "Rabat", "2015-04-15", area_m2=60.0),
        ],
        near=[stay("2", "Rabat", "2015-02-15", area_m2=200.0), stay("3", "Rabat", "2016-01-15", area_m2=300.0)],
        rows=(3,),
    ),
    "headcount-jump": Case(
        known=[stay("1", "Rabat", "2015-01-15", headcount=5), stay("2", "Rabat", "2015-01-15", headcount=1)],
        fresh=[stay("1", "Rabat", "2015-01-15", headcount=50), stay("2", "Rabat", "2015-01-15", headcount=12)],
        near=[stay("1", "Rabat", "2015-01-15", headcount=49)],
    ),
    "successor-unknown": Case(
        fresh=[stay("1", "Rabat", "2015-01-15", "2018-01-15", successor_id="7")],
        near=[stay("1", "Rabat", "2015-01-15", "2018-01-15", successor_id="7"), stay("7", "Rabat", "2018-01-15")],
    ),
    "successor-self": Case(
        fresh=[stay("1", "Rabat", "2015-01-15", "2018-01-15", successor_id="1")],
        near=[stay("1", "Rabat", "2015-01-15", "2018-01-15", successor_id="01")],
    ),
    "successor-circle": Case(
        known=[intake("1", "Promotion 2015", successor_id="2")],
        fresh=[intake("2", "Promotion 2015", successor_id="1")],
        near=[intake("2", "Promotion 2015", successor_id="3")],
    ),
    "stay-cut-in-two": Case(
        fresh=[stay("1", "Rabat", "2015-01-15", "2018-01-15"), stay("1", "Rabat", "2018-01-16")],
        near=[stay("1", "Rabat", "2015-01-15", "2018-01-15"), stay("1", "Rabat", "2018-01-17")],
        rows=(3,),
    ),
    "january-heap": Case(
        fresh=[stay(str(i), "Rabat", "2015-01-01" if i < 7 else f"2015-02-{i:02}") for i in range(20)],
        near=[stay(str(i), "Rabat", "2015-01-01" if i < 6 else "2015") for i in range(20)],
        rows=(None,),
    ),
    "sector-changed": Case(
        known=[stay("1", "Rabat", "2015-01-15", sector="TIC")],
        fresh=[intake("1", "Promotion 2015", sector="Énergie")],
        near=[intake("1", "Promotion 2015", sector="TIC"), intake("2", "Promotion 2015", sector="Énergie")],
    ),
    "occupant-changed": Case(
        known=[stay("1", "Rabat", "2015-01-15", occupant_type="bank")],
        fresh=[stay("1", "Tanger", "2015-02-15")],
        near=[stay("1", "Tanger", "2015-02-15", occupant_type="bank")],
    ),
    "merged-untraced": Case(
        fresh=[intake("1", "Promotion 2015", status="merged")],
        near=[
            intake("1", "Promotion 2015", status="merged", status_on="2019-01-01"),
            intake("2", "Promotion 2015", status="merged", successor_id="1"),
        ],
    ),
}  # fmt: skip


def offenders(problems: list[Problem], code: str) -> tuple[int | None, ...]:
    return tuple(problem.row for problem in problems if problem.code == code)


@pytest.mark.parametrize("code", CASES)
def test_a_rule_finds_the_rows_that_break_it(code: str) -> None:
    case = CASES[code]
    problems = judged(case.fresh, case.known)
    assert offenders(problems, code) == case.rows
    for problem in problems:
        assert problem.message.endswith(".") and "{" not in problem.message
        assert "None" not in problem.message
        assert problem.sheet == "L" and problem.column


@pytest.mark.parametrize("code", CASES)
def test_a_rule_leaves_alone_what_nearly_breaks_it(code: str) -> None:
    case = CASES[code]
    known = case.known if case.near_known is None else case.near_known
    assert offenders(judged(case.near, known), code) == ()


def test_every_rule_is_declared_tried_and_says_what_breaks_it() -> None:
    assert len(RULES) >= 20
    assert {rule.code for rule in RULES} == set(CASES)
    for rule in RULES:
        first = (FOLDER / f"{rule.code}.sql").read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("-- ") and first == f"-- {rule.says}" and rule.says.endswith(".")
        assert WRONGS[rule.code].severity in ("warning", "note")


def test_what_a_load_leaves_as_it_was_is_not_said_again() -> None:
    known = [stay("1", "Rabat", "2015-01-15", sector="TIC"), intake("1", "Promotion 2015", sector="Énergie")]
    assert judged([stay("1", "Rabat", "2015-01-15", sector="TIC")], known) == []
    assert judged([stay("1", "Rabat", "2015-01-15", sector="Eau")], known) != []


def test_a_blank_exit_says_nothing_where_the_file_has_no_column_of_exits() -> None:
    case = CASES["exit-withdrawn"]
    assert offenders(judged(case.fresh, case.known, says_exits=False), "exit-withdrawn") == ()


def test_the_column_is_named_as_the_file_names_it() -> None:
    (problem,) = judged([stay("1", "Rabat", "2015-01-15", "2031-01-01")])
    assert (problem.code, problem.column, problem.value) == ("exit-far-ahead", "Sortie le", "2031-01-01")
    (problem,) = judged([stay("1", "Rabat", "2021-12-15")])
    assert (problem.code, problem.column) == ("entry-far-ahead", "Date d'entrée")


def test_no_quoted_name_of_a_firm_comes_to_harm() -> None:
    (problem,) = judged([stay("1", "Rabat", "2021-12-15", firm_name='L\'Atelier "{x}" $kind; --')])
    assert 'L\'Atelier "{x}" $kind; --' in problem.message


def test_a_sites_list_and_other_kinds_are_judged_as_far_as_rules_speak_of_them() -> None:
    assert judged([RABAT, TANGER]) == []
    assert judged([row("sectors", sector="TIC")]) == []


def alarms(warehouse: Warehouse) -> list[str]:
    """What each load of a park would have broken beside all the others."""
    generation = warehouse.generation()
    tables = {kind: generation.arrow(f"select * from {kind}") for kind in ("tenants", "cohorts", "sites")}
    found: list[Problem] = []
    with duckdb.connect(config={"threads": 1}) as connection:
        for kind, rows in tables.items():
            connection.register("rows", held(SHEETS[kind], rows))
            connection.execute(f"create table {kind} as from rows")
            connection.unregister("rows")
        for receipt in generation.receipts:
            kind = receipt.body["kind"]
            if kind in tables:
                mine = pc.equal(tables[kind].column("receipt"), receipt.number)
                fresh, known = tables[kind].filter(mine), tables[kind].filter(pc.invert(mine))
                found += broken(
                    connection,
                    kind,
                    fresh,
                    known,
                    receipt=receipt.number,
                    stated_on=generation.stated_on,
                    says_exits=True,
                )
    return [problem.message for problem in found]


SAMPLE = Path(__file__).parent.parent / "data" / "sample"
REAL = Path(__file__).parent.parent.parent / "shared" / "real"


def test_the_invented_park_breaks_no_rule(tmp_path: Path) -> None:
    warehouse = Warehouse(Home.at(tmp_path))
    names = [
        "secteurs",
        "sites",
        *(path.stem for path in sorted(SAMPLE.glob("locataires-*"))),
        "promotion-2012",
        "promotion-2019",
    ]
    for name in names:
        outcome = load(warehouse, SAMPLE / f"{name}.xlsx", Choices(accept_warnings=True, by="test"))
        assert outcome.refused is None
    assert alarms(warehouse) == []


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real is not here")
@pytest.mark.parametrize(
    "file", ["apache/podlings.csv", "betagouv/variant_a_utf8_iso.csv", "betagouv/variant_d_messy.xlsx"]
)
def test_real_registers_break_no_rule(file: str, tmp_path: Path) -> None:
    columns = {"sponsor": "site", "start_date": "entered_on", "end_date": "left_on", "status": "exit_reason"}
    meanings = {"exit_reason": {"retired": "closed", "graduated": "graduated", "current": None}}
    chosen = {"kind": "tenants", "stated_on": "2026-08-20", "new_sites": True, "new_sectors": True}
    if file.startswith("apache"):
        chosen |= {"columns": {**columns, "id": "firm_id", "name": "firm_name"}, "values": meanings}
    warehouse = Warehouse(Home.at(tmp_path))
    choices = Choices(mapping=Mapping.load(chosen), accept_warnings=True, by="test")
    assert load(warehouse, REAL / file, choices).refused is None
    assert alarms(warehouse) == []


def _many(stays: int, intakes: int, firms: int) -> dict[str, pa.Table]:
    """A clean park: every firm one or two stays that follow each other at two sites, and an intake."""
    said: dict[str, Callable[[int], Row]] = {
        "tenants": lambda i: _one_of_many(i % firms, i // firms, i),
        "cohorts": lambda i: {**_firm(i), "cohort": f"Promotion {2001 + i % 3000 // 365}", "key": f"{i} | P", "row": i},
        "sites": lambda i: (
            {"site": SITES[i], "key": SITES[i], "row": i, "opened_on": date(2000, 1, 1)} | {"lettable_area_m2": 1e9}
        ),
    }
    sizes = {"tenants": stays, "cohorts": intakes, "sites": len(SITES)}
    where_from = {"sheet": "L", "receipt": 2, "file": "f", "stated_on": STATED_ON, "records_closures": False}
    return {
        kind: pa.Table.from_pylist([said[kind](i) | where_from for i in range(size)], input_schema(SHEETS[kind]))
        for kind, size in sizes.items()
    }


SITES = ("Casablanca", "Rabat", "Tanger", "Agadir")


def _firm(i: int) -> Row:
    name = f"{i * 2654435761 % 2**32:08x}"
    return {"firm_id": f"{i * 7919 + 100000:015}", "firm_name": f"{name} Services", "name_key": f"{name} services"}


def _one_of_many(i: int, turn: int, line: int) -> Row:
    came = date.fromordinal(date(2001, 1, 1).toordinal() + i % 3000 + turn * 2000)
    left = None if turn else date.fromordinal(came.toordinal() + 1500)
    at = SITES[(i * 31 % 101 + turn) % 4]
    said = {"site": at, "entered_on": came, "left_on": left, "exit_reason": None if turn else "moved", "row": line}
    precise = {"entered_on_precision": "day", "left_on_precision": None if turn else "day", "area_m2": 40.0}
    return _firm(i) | said | precise | {"key": f"{i} | {at} | {came}", "sector": f"S{i % 9}", "headcount": 5}


def test_a_hundred_thousand_sound_rows_break_nothing() -> None:
    tables = _many(70_000, 30_000, 50_000)
    with duckdb.connect(config={"threads": 1}) as connection:
        for kind, rows in tables.items():
            connection.register("rows", held(SHEETS[kind], rows))
            connection.execute(f"create table {kind} as from rows")
            connection.unregister("rows")
        fresh = tables["tenants"]
        none = fresh.slice(0, 0)
        assert broken(connection, "tenants", fresh, none, receipt=2, stated_on=STATED_ON, says_exits=True) == []
