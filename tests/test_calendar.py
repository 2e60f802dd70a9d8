"""The calendar conventions: half-open days, anniversaries, 29 February, what is observable, what proves life."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from metrics.ask import Scope, ask
from tests.model import Park

CASES_FILE = Path(__file__).parent.parent.parent / "shared" / "golden" / "calendar_conventions.json"
CASES: list[dict[str, Any]] = json.loads(CASES_FILE.read_text())["cases"] if CASES_FILE.exists() else []


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def park_of(case: dict[str, Any]) -> Park:
    """The case as a row: a follow-up date makes it a status, a programme exit an exit, a successor an identifier."""
    as_of = date.fromisoformat(case["as_of"])
    reason = case.get("exit_reason", "")
    row = {
        "firm_id": "A",
        "site": "S",
        "entered_on": day(case["entry"]),
        "left_on": day(case.get("programme_exit")),
        "closed_on": day(case.get("closure")),
        "status": "alumni" if case.get("last_known_alive") else None,
        "status_on": day(case.get("last_known_alive")),
        "exit_reason": "merged" if reason.startswith(("merged", "acquired")) else reason or None,
        "successor_id": "B" if case.get("successor") else None,
    }
    return Park(as_of, tenants=[row])


@pytest.mark.skipif(not CASES, reason="../shared/golden is not here")
@pytest.mark.parametrize("case", CASES, ids=[f"{place}-{case['five_year'][:24]}" for place, case in enumerate(CASES)])
def test_convention(case: dict[str, Any]) -> None:
    park = park_of(case)
    rate = ask(park, ["survival_5y"]).iloc[0]
    said = case["five_year"]
    if said.startswith("survived"):
        assert (rate["value"], rate["n"], rate["unknown"]) == (1, 1, 0)
    elif said == "not survived":
        assert (rate["value"], rate["n"], rate["events"]) == (0, 1, 1)
    elif said == "not yet observable":
        assert rate["n"] == 0 and rate["value"] != rate["value"] and "not yet observable" in rate["note"]
    elif said.startswith("unknown"):
        assert (rate["n"], rate["unknown"], rate["lower_bound"], rate["upper_bound"]) == (0, 1, 0, 1)
    elif said.startswith("neither"):
        assert (rate["n"], rate["unknown"]) == (0, 0) and "1 merged" in rate["note"]
    else:
        assert said.startswith("not entered yet")
        counts = ask(park, ["hosted", "supported", "entries", "survival_5y"])
        assert counts["value"].fillna(0).tolist() == [0, 0, 0, 0]


def hosted(park: Park, on: date) -> int:
    return int(ask(park, ["hosted"], Scope(as_of=on))["value"].iloc[0])


def test_a_stay_holds_its_first_day_and_not_its_last() -> None:
    park = Park(
        date(2021, 1, 1),
        tenants=[{"firm_id": "A", "site": "S", "entered_on": date(2020, 3, 1), "left_on": date(2020, 3, 10)}],
    )
    assert [hosted(park, date(2020, 2, 29)), hosted(park, date(2020, 3, 1))] == [0, 1]
    assert [hosted(park, date(2020, 3, 9)), hosted(park, date(2020, 3, 10))] == [1, 0]


def test_a_stay_of_no_length_enters_and_is_never_hosted() -> None:
    one = date(2020, 3, 1)
    park = Park(date(2021, 1, 1), tenants=[{"firm_id": "A", "site": "S", "entered_on": one, "left_on": one}])
    counts = ask(park, ["entries", "exits", "supported", "former"])
    assert counts["value"].tolist() == [1, 1, 1, 1]
    assert hosted(park, one) == 0


@pytest.mark.parametrize(("pause", "entries"), [(timedelta(0), 0), (timedelta(days=731), 0), (timedelta(days=732), 1)])
def test_a_pause_of_up_to_24_months_is_the_same_presence(pause: timedelta, entries: int) -> None:
    left = date(2015, 1, 1)
    stays = [
        {"firm_id": "A", "site": "S", "entered_on": date(2012, 1, 1), "left_on": left},
        {"firm_id": "A", "site": "S", "entered_on": left + pause},
    ]
    park = Park(date(2020, 1, 1), tenants=stays)
    counts = ask(park, ["entries", "re_entries", "exits", "hosted"])
    assert counts["value"].tolist() == [1, entries, entries, 1]


@pytest.mark.parametrize(("pause", "transfers"), [(0, 1), (731, 1), (732, 0)])
def test_an_arrival_within_24_months_of_another_site_is_a_transfer(pause: int, transfers: int) -> None:
    left = date(2015, 1, 1)
    stays = [
        {"firm_id": "A", "site": "S", "entered_on": date(2012, 1, 1), "left_on": left},
        {"firm_id": "A", "site": "T", "entered_on": left + timedelta(days=pause)},
    ]
    counts = ask(Park(date(2020, 1, 1), tenants=stays), ["transfers", "re_entries", "entries"])
    assert counts["value"].tolist() == [transfers, 1 - transfers, 1]


def test_a_closure_ends_the_stay() -> None:
    row = {"firm_id": "A", "site": "S", "entered_on": date(2012, 1, 1), "closed_on": date(2014, 6, 1)}
    park = Park(date(2020, 1, 1), tenants=[row])
    assert [hosted(park, date(2014, 5, 31)), hosted(park, date(2014, 6, 1))] == [1, 0]
    assert ask(park, ["closed", "alumni"])["value"].tolist() == [1, 0]
    before = ask(park, ["closed", "survival_km_5y"], Scope(as_of=date(2014, 5, 31)))
    assert before["value"].iloc[0] == 0 and before["events"].iloc[1] == 0


def test_a_closure_that_a_later_stay_follows_is_void() -> None:
    stays = [
        {
            "firm_id": "A",
            "site": "S",
            "entered_on": date(2010, 1, 1),
            "left_on": date(2012, 1, 1),
            "exit_reason": "closed",
        },
        {"firm_id": "A", "site": "S", "entered_on": date(2015, 1, 1)},
    ]
    park = Park(date(2020, 1, 1), tenants=stays)
    assert ask(park, ["closed", "hosted"])["value"].tolist() == [0, 1]
    assert ask(park, ["survival_5y"])["value"].iloc[0] == 1


def test_leaving_is_not_closing_and_later_evidence_proves_life() -> None:
    left = {"firm_id": "A", "site": "S", "entered_on": date(2010, 1, 1), "left_on": date(2012, 1, 1)}
    unknown = ask(Park(date(2020, 1, 1), tenants=[left]), ["survival_5y", "closed"])
    assert unknown["unknown"].iloc[0] == 1 and unknown["value"].iloc[1] == 0
    told = Park(date(2020, 1, 1), tenants=[left], records_closures=True)
    assert ask(told, ["survival_5y"])["value"].iloc[0] == 1
    # What a list stated in 2020 proves, it proves for 2016 too.
    assert ask(told, ["survival_5y"], Scope(as_of=date(2016, 1, 1)))["value"].iloc[0] == 1


def test_a_closure_without_a_date_that_must_precede_the_anniversary_counts() -> None:
    """Known closed in 2014: closed before the anniversary in 2015, whenever it was."""
    dated = [
        {"firm_id": f"D{n}", "site": "S", "entered_on": date(2010, 1, 1), "closed_on": date(2012, 1, 1)}
        for n in range(19)
    ]
    undated = {
        "firm_id": "U",
        "site": "S",
        "entered_on": date(2010, 1, 1),
        "status": "closed",
        "status_on": date(2014, 1, 1),
    }
    answer = ask(Park(date(2020, 1, 1), tenants=[*dated, undated]), ["survival_5y"]).iloc[0]
    assert (answer["value"], answer["events"], answer["unknown"]) == (0, 20, 0)


def test_only_evidence_before_the_day_it_was_known_closed_counts() -> None:
    """Closed by 2017, on an unknown day: a list that still shows it as active in 2020 proves nothing about 2015."""
    left = {"firm_id": "A", "site": "S", "entered_on": date(2010, 1, 1), "left_on": date(2012, 1, 1)}
    told = {"firm_id": "A", "cohort": "P", "status": "closed", "status_on": date(2017, 1, 1), "records_closures": False}
    park = Park(date(2020, 1, 1), tenants=[left], cohorts=[told], records_closures=True)
    assert ask(park, ["survival_5y"])["unknown"].iloc[0] == 1
    early = {**told, "status_on": date(2015, 1, 1)}
    park = Park(date(2020, 1, 1), tenants=[left], cohorts=[early], records_closures=True)
    assert ask(park, ["survival_5y"])["events"].iloc[0] == 1


def test_a_list_of_statuses_without_closing_dates_does_not_determine_survival() -> None:
    firms = [{"firm_id": f"A{n}", "site": "S", "entered_on": date(2010, 1, 1)} for n in range(8)]
    gone = [{"firm_id": f"C{n}", "site": "S", "entered_on": date(2010, 1, 1), "status": "closed"} for n in range(2)]
    park = Park(date(2020, 1, 1), tenants=[*firms, *gone])
    for row in ask(park, ["survival_5y", "survival_km_5y", "survival_rmst_5y", "survival_curve"]).to_dict("records"):
        assert row["value"] != row["value"] and "2 of 2 known closures have no date" in row["note"]
    rate = ask(park, ["survival_5y"]).iloc[0]
    assert (rate["unknown"], rate["lower_bound"], rate["upper_bound"]) == (2, 0.8, 1.0)


@pytest.mark.parametrize(("dated", "given"), [(9, True), (8, False)])
def test_one_closure_in_ten_may_lack_its_date(dated: int, given: bool) -> None:
    rows = [{"firm_id": "U", "site": "S", "entered_on": date(2010, 1, 1), "status": "closed"}]
    for n in range(dated):
        rows.append({"firm_id": f"D{n}", "site": "S", "entered_on": date(2010, 1, 1), "closed_on": date(2019, 1, 1)})
    answers = ask(Park(date(2020, 1, 1), tenants=rows), ["survival_5y", "survival_km_5y", "survival_rmst_5y"])
    assert answers["value"].notna().tolist() == [given] * 3


def test_a_row_that_says_closed_and_when_it_left_closes_then() -> None:
    rows = [
        {
            "firm_id": "A",
            "site": "S",
            "entered_on": date(2010, 1, 1),
            "left_on": date(2012, 1, 1),
            "exit_reason": "closed",
        },
        {"firm_id": "B", "site": "S", "entered_on": date(2010, 1, 1), "left_on": date(2012, 1, 1), "status": "closed"},
    ]
    answer = ask(Park(date(2020, 1, 1), tenants=rows), ["survival_5y"]).iloc[0]
    assert (answer["value"], answer["n"]) == (0, 2)


def test_a_life_goes_on_with_the_successors() -> None:
    rows = [
        {"firm_id": "A", "site": "S", "entered_on": date(2010, 1, 1), "left_on": date(2012, 1, 1), "successor_id": "B"},
        {"firm_id": "B", "site": "S", "entered_on": date(2012, 1, 1), "left_on": date(2016, 1, 1), "successor_id": "C"},
        {"firm_id": "C", "site": "S", "entered_on": date(2016, 1, 1), "closed_on": date(2018, 1, 1)},
    ]
    park = Park(date(2020, 1, 1), tenants=rows)
    assert ask(park, ["survival_5y"], Scope(cohorts=("2010",)))["value"].iloc[0] == 1
    assert ask(park, ["closed"])["value"].iloc[0] == 3
    assert ask(park, ["closed"], Scope(as_of=date(2017, 12, 31)))["value"].iloc[0] == 0
