"""Survival statistics against R's: Kaplan-Meier and its intervals, restricted means, delayed entry, Aalen-Johansen."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrics import lifetime
from metrics.ask import Scope, ask
from metrics.compare import compare, log_rank, tallied
from metrics.interval import loglog, poisson
from tests import reference
from tests.model import Park

GOLDEN = Path(__file__).parent.parent.parent / "shared" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="../shared/golden is not here")
EXPECTED: dict[str, Any] = json.loads((GOLDEN / "expected.json").read_text()) if GOLDEN.is_dir() else {}
SETS = [name for name, data in EXPECTED.items() if "km_overall" in data and name != "psych_delayed_entry"]
STATED = date(2020, 12, 31)


def exactly(wanted: Any) -> Any:
    """Equal to nine decimals."""
    return pytest.approx(wanted, abs=1e-9, rel=0)


def rows(name: str) -> list[dict[str, str]]:
    with open(GOLDEN / f"{name}.csv", newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def codes(times: list[int], events: list[int]) -> np.ndarray[Any, Any]:
    return np.array([2 * time + 1 - event for time, event in zip(times, events, strict=True)])


def samples() -> list[tuple[str, dict[str, Any], list[int], list[int]]]:
    """Every right-censored sample of the golden file: its name, R's answers, times and events."""
    found = []
    for name in SETS:
        table = rows(name)
        wanted = {"": EXPECTED[name]["km_overall"], **EXPECTED[name]["km_by_group"]}
        for group, answers in wanted.items():
            kept = [row for row in table if group in ("", row["group"])]
            found.append(
                (f"{name} {group}".strip(), answers, [int(r["time"]) for r in kept], [int(r["event"]) for r in kept])
            )
    for name, case in EXPECTED.get("edge_cases", {}).items():
        found.append((name, case["km"], case["data"]["time"], case["data"]["event"]))
    return found


SAMPLES = samples()


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_kaplan_meier(sample: tuple[str, dict[str, Any], list[int], list[int]]) -> None:
    _, answers, times, events = sample
    curve = lifetime.kaplan_meier(codes(times, events))
    assert lifetime.median(curve) == answers["median"]
    assert len(times) == answers["n"] and curve.events.sum() == answers["events"]
    for at in answers["at"]:
        day = at["t"]
        survival, spread = curve.after(day)
        # In company of others, as by site.
        at_once = lifetime.kaplan_meier_at([codes([1], [1]), None, codes(times, events), codes([7], [0])], day)
        quick = (at_once["survival"][2], at_once["greenwood"][2])
        assert (at_once["n"][2], at_once["events"][2]) == (len(times), curve.events[curve.age <= day].sum())
        assert at_once["at_risk"][2] == sum(time >= day for time in times)
        slow = reference.kaplan_meier(list(zip(times, map(bool, events), strict=True)), day)
        for found in ((survival, spread), quick, slow):
            assert found[0] == exactly(at["surv"])
            if at["greenwood_se"] is not None:
                assert found[0] * found[1] ** 0.5 == exactly(at["greenwood_se"])
        assert curve.risk_before(day) == at["n_risk_just_before"]
        low, high = (float(end[0]) for end in loglog(np.array([survival]), np.array([spread])))
        if 0 < at["surv"] < 1:
            assert [low, high] == exactly(at["ci95_loglog"])
            assert list(reference.loglog(*slow)) == exactly(at["ci95_loglog"])
        else:
            assert np.isnan(low) and np.isnan(high) and reference.loglog(*slow) == (None, None)


@pytest.mark.parametrize("name", SETS)
def test_log_rank(name: str) -> None:
    table, wanted = rows(name), EXPECTED[name]["logrank"]
    names = [group.removeprefix("group=") for group in wanted["groups"]]
    groups = [[row for row in table if row["group"] == group] for group in names]
    lives = [[(int(row["time"]), row["event"] == "1") for row in group] for group in groups]
    at_risk, events = tallied([codes([t for t, _ in group], [int(e) for _, e in group]) for group in lives])
    chi_square, df, expected = log_rank(at_risk, events)
    assert (chi_square, df) == (exactly(wanted["chisq"]), wanted["df"])
    assert list(expected) == exactly(wanted["expected"])
    excess, spread = reference.log_rank(lives)
    inverse = np.linalg.inv(np.array(spread)[:-1, :-1])
    assert np.array(excess)[:-1] @ inverse @ np.array(excess)[:-1] == exactly(wanted["chisq"])


@pytest.mark.parametrize("name", ["veteran_celltype", "lung"])
def test_firm_records_compare_as_the_sample(name: str) -> None:
    wanted = EXPECTED[name]["logrank"]
    found = compare(dressed(name), Scope(), "site")
    assert (found.chi_square, found.df) == (exactly(wanted["chisq"]), wanted["df"])
    assert found.p == pytest.approx(wanted["p"], rel=1e-9) and found.note is None
    assert found.groups["site"].tolist() == [group.removeprefix("group=") for group in wanted["groups"]]
    assert found.groups["events"].tolist() == wanted["observed"] and found.groups["n"].tolist() == wanted["n"]
    assert found.groups["expected"].tolist() == exactly(wanted["expected"])
    for pair in found.pairs.to_dict("records"):
        alone = compare(dressed(name), Scope(sites=(pair["first"], pair["second"])), "site")
        assert alone.chi_square == exactly(pair["chi_square"]) and alone.p == pytest.approx(pair["p"], rel=1e-9)


@pytest.mark.parametrize("name", SETS)
def test_restricted_mean(name: str) -> None:
    table = rows(name)
    curve = lifetime.kaplan_meier(codes([int(r["time"]) for r in table], [int(r["event"]) for r in table]))
    for answer in EXPECTED[name]["rmst"]:
        assert lifetime.restricted_mean(curve, answer["tau"]) == exactly((answer["rmst"], answer["se"]))


def test_delayed_entry() -> None:
    table = rows("psych_delayed_entry")
    wanted = EXPECTED["psych_delayed_entry"]
    for group, answers in {"": wanted["km_overall"], **wanted["km_by_group"]}.items():
        kept = [row for row in table if group in ("", row["group"])]
        starts = [int(row["start"]) for row in kept]
        times, events = [int(row["time"]) for row in kept], [int(row["event"]) for row in kept]
        curve = lifetime.kaplan_meier_delayed(np.array(starts), codes(times, events))
        for at in answers["at"]:
            survival, spread = curve.after(at["t"])
            assert survival == exactly(at["surv"])
            assert survival * spread**0.5 == exactly(at["greenwood_se"])
            assert reference.delayed(list(zip(starts, times, map(bool, events), strict=True)), at["t"]) == exactly(
                at["surv"]
            )
            assert curve.risk_before(at["t"]) == at["n_risk_just_before"]
            if 0 < at["surv"] < 1:
                ends = [float(end[0]) for end in loglog(np.array([survival]), np.array([spread]))]
                assert ends == exactly(at["ci95_loglog"])


def test_competing_outcomes() -> None:
    table = rows("mgus2_competing")
    wanted = EXPECTED["mgus2_competing"]
    kinds = {"pcm": 0, "death": 1, "0": 2}
    for group, answers in {"": wanted["aj_overall"], **wanted["aj_by_group"]}.items():
        kept = [row for row in table if group in ("", row["group"])]
        days = tuple(at["t"] for at in answers["at"])
        coded = np.array([3 * int(row["time"]) + kinds[row["cause"]] for row in kept])
        shares, _ = lifetime.outcomes(coded, 3, days)
        slow_lives = [(int(row["time"]), row["cause"] if row["cause"] != "0" else None) for row in kept]
        for share, at in zip(shares, answers["at"], strict=True):
            assert list(share) == exactly([at["cif_pcm"], at["cif_death"], at["event_free"]])
            assert share.sum() == exactly(1)
            slow = reference.outcomes(slow_lives, at["t"])
            assert [slow["pcm"], slow["death"], slow[None]] == exactly(list(share))


def dressed(name: str) -> Park:
    """The same durations as firm records: entry and exit, in a list that records closures."""
    records = rows(f"tenants_{name}")
    tenants = [
        {
            "firm_id": record["firm_id"],
            "site": record["site"],
            "entered_on": date.fromisoformat(record["entry_date"]),
            "left_on": date.fromisoformat(record["exit_date"]) if record["exit_date"] else None,
            "exit_reason": record["exit_reason"] or None,
        }
        for record in records
    ]
    return Park(STATED, tenants=tenants, records_closures=True)


@pytest.mark.parametrize("name", ["veteran_celltype", "lung"])
def test_firm_records_give_the_answers_of_the_sample(name: str) -> None:
    park = dressed(name)
    answers = EXPECTED[name]
    for by, groups in (((), {None: answers["km_overall"]}), (("site",), answers["km_by_group"])):
        curve = ask(park, ["survival_curve"], by=by)
        stay = ask(park, ["median_stay"], by=by)
        for group, wanted in groups.items():
            mine = curve if group is None else curve[curve["site"] == group]
            assert (mine["n"] == wanted["n"]).all()
            assert mine["events"].sum() == wanted["events"]
            for at in wanted["at"]:
                # A curve ends where the follow-up does; what R prints beyond is its last value.
                point = mine[mine["age_days"] <= at["t"]].iloc[-1]
                assert point["value"] == exactly(at["surv"])
                if 0 < at["surv"] < 1:
                    assert [point["low"], point["high"]] == exactly(at["ci95_loglog"])
                following = mine[mine["age_days"] >= at["t"]]
                if len(following) and following["age_days"].iloc[0] == at["t"]:
                    assert following["at_risk"].iloc[0] == at["n_risk_just_before"]
            # In these records leaving is closing or not being seen any more, so the median stay is the sample's median.
            median = stay if group is None else stay[stay["site"] == group]
            assert median["value"].iloc[0] == wanted["median"]


def test_firms_founded_before_they_entered_count_from_founding() -> None:
    """The delayed-entry sample as firm records, years read as multiples of 25 days so that five years lie inside."""
    table = rows("psych_delayed_entry")
    tenants = []
    for row in table:
        founded = STATED - timedelta(days=25 * int(row["time"]))
        tenants.append(
            {
                "firm_id": row["id"],
                "site": row["group"],
                "founded_on": founded,
                "entered_on": founded + timedelta(days=25 * int(row["start"])),
                "closed_on": STATED if row["event"] == "1" else None,
            }
        )
    park = Park(STATED, tenants=tenants)
    lives = [(25 * int(r["start"]), 25 * int(r["time"]), r["event"] == "1") for r in table]
    answer = ask(park, ["survival_km_5y_founded"]).iloc[0]
    assert answer["value"] == exactly(reference.delayed(lives, 1826))
    assert answer["n"] == 26
    assert answer["at_risk"] == sum(start < 1826 <= time for start, time, _ in lives)


def test_counts_have_exact_poisson_limits() -> None:
    """Ulm (1990) and every table of exact limits: 50 gives 37.11 to 65.92; none gives 0 to 3.69."""
    low, high = poisson(np.array([50.0, 0.0]))
    assert [round(float(end), 2) for end in (low[0], high[0], low[1], high[1])] == [37.11, 65.92, 0.0, 3.69]


def test_scope_of_one_group_equals_the_group() -> None:
    park = dressed("veteran_celltype")
    by_site = ask(park, ["survival_rmst_5y", "survival_5y"], by=("site",))
    for site in ("adeno", "large", "smallcell", "squamous"):
        alone = ask(park, ["survival_rmst_5y", "survival_5y"], Scope(sites=(site,)))
        same = by_site[by_site["site"] == site].drop(columns="site").reset_index(drop=True)
        assert same.equals(alone)
