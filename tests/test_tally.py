"""What is counted without a statement is what the statement would have said, cell for cell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import tally
from metrics.ask import Scope, Unknown, ask
from tests.model import Park
from tests.often import often
from tests.test_properties import CHECKED, COHORTS, SECTORS, SITES, STATED, Rows, rows, some_day

COUNTED = ["hosted", "supported", "former", "alumni", "closed", "entries", "survival_5y"]
CUTS: list[tuple[str, ...]] = [(), ("site",), ("sector",), ("cohort",), ("year",), ("quarter",), ("month",)]
CUTS += [("year", "site"), ("site", "month"), ("quarter", "sector"), ("cohort", "year")]


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    day = st.one_of(st.none(), some_day)
    return Scope(
        draw(st.sampled_from([(), (), (SITES[0],), SITES[:2], SITES[1:], SITES])),
        draw(st.sampled_from([(), (), (SECTORS[0] or "",), ("(none)", "TIC")])),
        draw(st.sampled_from([(), (), ("2012",), (COHORTS[0] or "", "2013")])),
        draw(day),
        draw(day),
        draw(day),
    )


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return bool(one.equals(other) and list(one.columns) == list(other.columns) and one.attrs == other.attrs)


@settings(CHECKED, max_examples=often(100))
@given(rows(), st.lists(st.tuples(scopes(), st.sampled_from(CUTS)), min_size=10, max_size=10))
def test_every_answer_is_the_statements(given_rows: Rows, asked: list[tuple[Scope, tuple[str, ...]]]) -> None:
    park = Park(STATED, tenants=given_rows)

    def answer(scope: Scope, by: tuple[str, ...]) -> pd.DataFrame | str:
        try:
            return ask(park, COUNTED, scope, by)
        except Unknown as wrong:
            return str(wrong)

    stated = [answer(*one) for one in asked]
    tally.prepare(park)
    assert tally.of(park) is not None
    for one, wanted in zip(asked, stated, strict=True):
        found = answer(*one)
        assert found == wanted if isinstance(found, str) or isinstance(wanted, str) else same(found, wanted), one


@CHECKED
@given(rows())
def test_the_day_after_the_leap_day_is_counted_as_in_the_statement(given_rows: Rows) -> None:
    park = Park(date(2024, 2, 29), tenants=given_rows)
    days = [date(2024, 2, 29), date(2024, 2, 28), date(2017, 2, 28), date(2017, 3, 1), date(2020, 2, 29)]
    stated = [ask(park, COUNTED, Scope(as_of=day)) for day in days]
    tally.prepare(park)
    assert all(same(one, ask(park, COUNTED, Scope(as_of=day))) for one, day in zip(stated, days, strict=True))


@pytest.fixture
def park() -> Park:
    tenants = [
        {"firm_id": f"F{n}", "site": SITES[n % 3], "sector": SECTORS[n % 2], "entered_on": date(2010 + n % 9, 1, 1)}
        for n in range(60)
    ]
    return Park(STATED, tenants=tenants)


def test_no_statement_is_needed_once_it_is_prepared(park: Park, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tally.of(park) is None
    tally.prepare(park)
    query, asked = park.query, []

    def counted(sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        asked.append(sql)
        return query(sql, values)

    monkeypatch.setattr(park, "query", counted)
    tally.prepare(park)
    ask(park, COUNTED, Scope(sites=SITES[:2], sectors=("TIC",)))
    ask(park, COUNTED, Scope(as_of=date(2015, 5, 5)), ("month", "site"))
    assert asked == []
    # Other metrics, finer cuts and days after everything stated take one.
    ask(park, [*COUNTED, "median_stay"])
    assert len(asked) == 1
    ask(park, ["entries"], by=("site", "sector"))
    assert len(asked) == 2
    assert "after the latest stated day" in ask(park, ["hosted"], Scope(as_of=date(2030, 1, 1)))["note"].iloc[0]
    assert len(asked) == 3
    with pytest.raises(Unknown, match="Did you mean Agadir"):
        ask(park, ["hosted"], Scope(sites=("Agadirr",)))


def test_many_readers_at_once_get_their_own_answers(park: Park) -> None:
    asked = [
        (Scope(sites=(site,), as_of=date(year, 6, 1)), by)
        for site in SITES
        for year in range(2011, 2020)
        for by in CUTS
    ]
    stated = [ask(park, COUNTED, scope, by) for scope, by in asked]
    with ThreadPoolExecutor(8) as pool:
        tally.prepare(park)
        found = list(pool.map(lambda one: ask(park, COUNTED, *one), asked * 3))
    assert all(same(one, other) for one, other in zip(stated * 3, found, strict=True))


def test_nothing_loaded_and_an_empty_park() -> None:
    empty = Park(STATED)
    stated = ask(empty, COUNTED, by=("year",)), ask(empty, COUNTED)
    tally.prepare(empty)
    assert same(stated[0], ask(empty, COUNTED, by=("year",))) and same(stated[1], ask(empty, COUNTED))
    nothing = Park(STATED)
    nothing.stated_on = None
    tally.prepare(nothing)
    assert tally.of(nothing) is None
