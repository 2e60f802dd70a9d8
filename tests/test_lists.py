"""Several lists that speak of one firm: each proves what it says on its own day, and a later one undoes no proof."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from metrics.ask import Scope, ask
from tests.model import Park

ENTERED = date(2012, 1, 1)


def _stay(stated: str, **said: Any) -> dict[str, Any]:
    """What one list, stated on a day, says of the one stay of firm F."""
    day = date.fromisoformat(stated)
    row = {"firm_id": "F", "firm_name": "F", "site": "A", "entered_on": ENTERED, "key": "F", "stated_on": day}
    return {
        **row,
        "receipt": day.toordinal(),
        **{k: date.fromisoformat(v) if k.endswith("_on") else v for k, v in said.items()},
    }


def _park(*tenants: dict[str, Any], cohorts: tuple[dict[str, Any], ...] = ()) -> Park:
    return Park(max(row["stated_on"] for row in (*tenants, *cohorts)), tenants=tenants, cohorts=cohorts)


def _value(park: Park, name: str, as_of: str, **scope: Any) -> float | None:
    value = ask(park, [name], Scope(as_of=date.fromisoformat(as_of), **scope))["value"].iloc[0]
    return None if pd.isna(value) else float(value)


@pytest.mark.parametrize("later", [[], ["2019-06-30"], ["2019-06-30", "2021-06-30"]])
def test_a_list_that_repeats_an_undated_closing_does_not_move_it(later: list[str]) -> None:
    park = _park(_stay("2018-06-30", status="closed"), *(_stay(day, status="closed") for day in later))
    assert (_value(park, "hosted", "2018-07-01"), _value(park, "closed", "2018-07-01")) == (0, 1)


@pytest.mark.parametrize("later", [[], ["2017-06-30"], ["2017-06-30", "2018-06-30"]])
def test_a_list_that_repeats_an_undated_leaving_does_not_move_the_exit(later: list[str]) -> None:
    park = _park(_stay("2016-06-30", status="alumni"), *(_stay(day, status="alumni") for day in later))
    exits = ask(park, ["exits"], Scope(), by=("year",))
    assert dict(zip(exits["year"], exits["value"], strict=True)) == {"2016": 1}


def test_a_leaving_counts_from_the_first_list_after_the_last_that_shows_the_firm() -> None:
    park = _park(
        _stay("2016-06-30", status="alumni"), _stay("2017-06-30", status="hosted"), _stay("2018-06-30", status="alumni")
    )
    assert [_value(park, "hosted", day) for day in ("2016-12-31", "2018-06-29", "2018-06-30")] == [1, 1, 0]


def test_a_declaration_of_closures_is_not_lost_by_a_later_list_without_it() -> None:
    left = {"left_on": "2014-01-01", "exit_reason": "graduated"}
    park = _park(_stay("2018-06-30", records_closures=True, **left), _stay("2019-06-30", **left))
    assert _value(park, "survival_5y", "2019-06-30") == 1


def test_a_later_undated_closing_does_not_erase_an_earlier_proof_of_life() -> None:
    left = {"left_on": "2015-01-01", "exit_reason": "graduated"}
    park = _park(
        _stay("2018-06-30", status="alumni", status_on="2018-06-01", **left),
        _stay("2020-06-30", status="closed", status_on="2020-06-01", **left),
    )
    assert (_value(park, "survival_5y", "2018-07-01"), _value(park, "closed", "2018-07-01")) == (1, 0)
    assert _value(park, "closed", "2020-06-30") == 1


def test_a_status_without_a_day_holds_on_its_own_lists_day() -> None:
    intake = {"firm_id": "F", "firm_name": "F", "site": "A", "cohort": "P", "key": "F | P"}
    early = {**intake, "stated_on": date(2015, 6, 30), "receipt": 1, "entered_on": ENTERED, "status": "hosted"}
    late = {**intake, "stated_on": date(2021, 6, 30), "receipt": 2}
    park = Park(date(2021, 6, 30), cohorts=[early, late])
    answer = ask(park, ["survival_5y"], Scope()).iloc[0]
    assert answer["unknown"] == 1 and pd.isna(answer["value"])


def test_a_planned_exit_falls_away_where_a_later_list_does_not_repeat_it() -> None:
    planned = _stay("2018-06-30", left_on="2018-08-01", exit_reason="graduated")
    park = _park(planned, _stay("2019-06-30", status="hosted"))
    assert (_value(park, "hosted", "2019-06-30"), _value(park, "exits", "2019-06-30")) == (1, 0)
    assert _value(_park(planned), "hosted", "2018-08-01") == 0


def test_leaving_with_a_day_does_not_undo_a_closing_with_a_date_of_its_own() -> None:
    stay = _stay("2018-06-30", left_on="2013-01-01", closed_on="2014-01-01")
    told = {"firm_id": "F", "firm_name": "F", "cohort": "P", "key": "F | P", "status": "alumni", "receipt": 9}
    told |= {"stated_on": date(2018, 6, 30), "status_on": date(2016, 1, 1)}
    park = _park(stay, cohorts=(told,))
    assert (_value(park, "closed", "2018-06-30"), _value(park, "survival_5y", "2018-06-30")) == (1, 0)


def test_an_unknown_status_neither_ends_a_stay_nor_proves_a_life() -> None:
    park = _park(_stay("2018-06-30", status="unknown"))
    assert (_value(park, "hosted", "2018-06-30"), _value(park, "exits", "2018-06-30")) == (1, 0)
    untraced = _stay("2018-06-30", status="unknown", left_on="2013-01-01", records_closures=True)
    answer = ask(_park(untraced), ["survival_5y"], Scope()).iloc[0]
    assert answer["unknown"] == 1


@pytest.mark.parametrize(("since", "value", "merged"), [("2005-01-01", None, True), ("2014-06-01", 1.0, False)])
def test_a_successor_that_was_there_before_absorbed_the_firm(since: str, value: float | None, merged: bool) -> None:
    absorbed = _stay("2018-06-30", left_on="2014-06-01", exit_reason="merged", successor_id="G")
    successor = {**_stay("2018-06-30", entered_on=since), "firm_id": "G", "firm_name": "G", "key": "G"}
    answer = ask(_park(absorbed, successor), ["survival_5y"], Scope(start=ENTERED, end=ENTERED)).iloc[0]
    assert (None if pd.isna(answer["value"]) else answer["value"]) == value
    assert ("merged" in (answer["note"] or "")) == merged


def test_a_successor_known_from_follow_up_alone_carries_the_life_on() -> None:
    gone = _stay("2018-06-30", left_on="2014-06-01", exit_reason="merged", successor_id="G")
    told = {"firm_id": "G", "firm_name": "G", "cohort": "P", "key": "G | P", "status": "closed", "receipt": 9}
    told |= {"stated_on": date(2018, 6, 30), "closed_on": date(2016, 1, 1)}
    park = _park(gone, cohorts=(told,))
    assert (_value(park, "survival_5y", "2018-06-30"), _value(park, "closed", "2018-06-30")) == (0, 1)
