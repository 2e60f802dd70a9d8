"""The cohort table: every cell equals the slow reference's, and no cell is given before all have lived through it."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import METRICS
from metrics.ask import Scope, ask
from tests import reference
from tests.model import Park
from tests.test_properties import CHECKED, STATED, Rows, rows

AGES = range(1, 11)


@CHECKED
@given(rows(), st.sampled_from([STATED, date(2016, 2, 29), date(2013, 1, 1)]), st.sampled_from(["year", "cohort"]))
def test_every_cell_equals_the_reference(given_rows: Rows, as_of: date, by: str) -> None:
    table = ask(Park(STATED, tenants=given_rows), ["survival_by_age"], Scope(as_of=as_of), (by,))
    firms = [one for one in reference.firms(given_rows).values() if one.entry <= as_of]
    groups = {str(one.entry.year) if by == "year" else one.cohort for one in firms}
    assert set(table[by]) == groups and len(table) == len(AGES) * len(groups)
    for row in table.to_dict("records"):
        its = [one for one in firms if row[by] == (str(one.entry.year) if by == "year" else one.cohort)]
        counts = reference.fates_at(its, as_of, int(row["age"]))
        known, closed = counts["alive"] + counts["closed"], [one for one in its if one.gone_on and one.gone_on <= as_of]
        assert [row["n"], row["events"], row["unknown"]] == [known, counts["closed"], counts["unknown"]]
        if counts["waiting"]:
            assert math.isnan(row["value"]) and math.isnan(row["lower_bound"])
            part = f"{counts['waiting']} of {len(its)} have not reached this age"
            assert row["note"].startswith("not yet observable")
            assert (part in row["note"]) == (counts["waiting"] < len(its))
        elif known and counts["undated"] * 10 <= len(closed):
            assert row["value"] == pytest.approx(counts["alive"] / known)
            assert [row["low"], row["high"]] == pytest.approx(reference.wilson(counts["alive"], known))
        else:
            assert math.isnan(row["value"]) and row["note"]


@CHECKED
@given(rows())
def test_age_five_is_the_five_year_rate_where_nobody_waits(given_rows: Rows) -> None:
    park = Park(STATED, tenants=given_rows)
    for by in ("year", "cohort", "site"):
        table = ask(park, ["survival_by_age"], by=(by,))
        fifth = table[table["age"] == 5].reset_index(drop=True)
        rate = ask(park, ["survival_5y"], by=(by,))
        there = ~fifth["note"].fillna("").str.contains("not yet observable")
        for name in rate.columns[1:]:
            told, wanted = (table.loc[there, name].astype(object) for table in (fifth, rate))
            assert told.where(told.notna(), "").tolist() == wanted.where(wanted.notna(), "").tolist(), name


def test_a_cell_waits_for_its_last_firm() -> None:
    tenants = [{"firm_id": f"F{n}", "site": "A", "entered_on": date(2015, 3, n)} for n in range(1, 13)]
    park = Park(date(2018, 3, 6), tenants=tenants)
    table = ask(park, ["survival_by_age"], by=("cohort",)).set_index("age")
    assert table["value"].notna().tolist() == [True, True, *[False] * 8]
    notes = table["note"].to_dict()
    assert notes[3] == "not yet observable: 6 of 12 have not reached this age"
    assert notes[4].startswith("not yet observable: no firm")
    whole = ask(park, ["survival_by_age"], Scope(as_of=date(2018, 3, 12))).set_index("age")
    assert whole["value"].notna().tolist() == [True, True, True, *[False] * 7]


@pytest.mark.parametrize(("as_of", "ages"), [(date(2020, 2, 29), 3), (date(2020, 3, 1), 4)])
def test_the_anniversary_of_29_february_is_1_march_even_in_a_leap_year(as_of: date, ages: int) -> None:
    park = Park(as_of, tenants=[{"firm_id": "F", "site": "A", "entered_on": date(2016, 2, 29)}])
    assert ask(park, ["survival_by_age"])["value"].notna().sum() == ages


def test_nobody_has_ten_empty_cells() -> None:
    table = ask(Park(STATED), ["survival_by_age"])
    assert table["age"].tolist() == [*AGES] and (table["note"] == "no firm in this scope").all()
    assert ask(Park(STATED), ["survival_by_age"], by=("cohort",)).empty


@CHECKED
@given(rows())
def test_the_yearly_curve_equals_the_reference(given_rows: Rows) -> None:
    park = Park(STATED, tenants=given_rows)
    table = ask(park, ["survival_km_years"])
    lives = reference.lifetimes(reference.firms(given_rows).values(), STATED)
    if table["value"].isna().all():
        assert not lives or table["note"].str.startswith("not given").all()
        return
    for row in table.to_dict("records"):
        days = int(365.25 * row["age"])
        survival, _ = reference.kaplan_meier(lives, days)
        assert row["value"] == pytest.approx(survival, abs=1e-12) and row["age_days"] == days
        assert row["at_risk"] == sum(life >= days for life, _ in lives)
        assert row["events"] == sum(ended and life <= days for life, ended in lives)
        assert row["n"] == len(lives)
    longest = max(life for life, _ in lives)
    assert table["age"].tolist() == [age for age in AGES if int(365.25 * age) <= longest]
    fifth = table[table["age"] == 5]
    if len(fifth):
        rate = ask(park, ["survival_km_5y"]).iloc[0]
        assert fifth["value"].iloc[0] == pytest.approx(rate["value"], abs=1e-12)
        assert fifth["at_risk"].iloc[0] == rate["at_risk"]


def test_every_metric_says_how_it_is_worked_out_and_what_it_does_not_say() -> None:
    silent = [name for name, metric in METRICS.items() if not metric.formula or not metric.limits.endswith(".")]
    assert silent == []


def test_a_group_without_a_curve_stands_beside_one_that_has_it() -> None:
    """Where one closure in ten or more has no day, the lists of that site do not determine a curve; others' do."""
    rows = [
        {"firm_id": f"F{n}", "site": "Rabat", "entered_on": date(2005, 1, 1 + n), "stated_on": STATED} for n in range(3)
    ]
    closed = {"status": "closed", "status_on": date(2019, 1, 1)}
    rows.append({"firm_id": "X", "site": "Agadir", "entered_on": date(2005, 1, 1), "stated_on": STATED, **closed})
    table = ask(Park(STATED, tenants=rows), ["survival_km_years", "survival_curve"], by=("site",))
    given = table.dropna(subset=["value"])
    assert set(given["site"]) == {"Rabat"} and set(table["site"]) == {"Rabat", "Agadir"}
