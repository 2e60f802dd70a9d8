"""From a number to its cells: the lists behind a figure hold just what it counts, and the cells what is said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from metrics import METRICS
from metrics.ask import LEVELLED, Scope, ask, parts_of
from metrics.behind import behind, narrowed
from metrics.metric import Metric
from tests.model import Park
from tests.often import often
from tests.test_properties import COHORTS, CUTS, FIRST, SECTORS, SITES, STATED, Rows

PLACES = [
    {"site": SITES[0], "lettable_area_m2": 300.0, "lettable_units": 7},
    {"site": SITES[1], "lettable_units": 5},
]


def told(park: Park, metric: Metric, scope: Scope, row: Mapping[Any, Any], name: str, age: int | None) -> float:
    """How many the answer says that a list has, from its field or, where it has none, from what it is made of."""
    equals = metric.behind[name].equals
    if metric.curve == ("age_days", "censored"):
        curve = ask(park, [metric], scope)
        return float(curve[equals].sum() if equals != "n" else curve[equals].max())
    if equals in row and row[equals] == row[equals]:
        return float(row[equals])
    _, parts, _ = parts_of(park, metric, scope)
    if equals not in parts:
        finished = metric.finish(parts) if metric.finish else {}
        return float(finished[equals][age - 1 if age and len(finished[equals]) > 1 else 0])
    return float(parts[equals][0])


def check(park: Park, metric: Metric, scope: Scope, row: Mapping[Any, Any], turn: int) -> None:
    """Every list of the metric is as long as the figure says, and one of them is looked at."""
    age = int(row["age"]) if row.get("age", math.nan) == row.get("age", math.nan) and "age" in row else None
    if metric.name == "survival_outcomes":
        age = round(row["age_days"] / 365.25)
    part = list(metric.behind)[turn % len(metric.behind)]
    found = behind(park, metric.name, scope, part, age)
    assert len(found.rows) == found.counts[part]
    if metric.over not in ("space", "transfer", "departure") and metric.name != "re_entries":
        assert found.rows["firm_id"].is_unique
    for name, among in metric.behind.items():
        # A curve that is not given says nothing of its lives.
        refused = metric.name in ("survival_curve", "survival_km_years") and row["value"] != row["value"]
        if among.equals and not among.weight and not refused:
            assert found.counts[name] == told(park, metric, scope, row, name, age), (metric.name, name, scope)
    if metric.name == "approximate_dates":
        assert sum(found.rows["weight"]) == row["value"]
    if metric.name == "occupancy" and row["value"] == row["value"]:
        let, of = (behind(park, "occupancy", scope, name).rows["weight"] for name in ("let", "places"))
        assert len(let) == row["n"]
        assert math.isclose(sum(one or 0 for one in let) / sum(of), row["value"], rel_tol=1e-9)


def some_park(dice: Random) -> Park:
    """A park of some forty firms, full of what makes lists differ: moves, returns, closures known by a day, mergers."""
    tenants: Rows = []
    for firm in range(dice.randint(25, 45)):
        entered = FIRST + timedelta(days=dice.randrange(5500))
        for _ in range(dice.choice([1, 1, 1, 2, 3])):
            left = dice.choice([None, entered + timedelta(days=dice.randrange(1, 2500))])
            closed = entered + timedelta(days=dice.randrange(4000)) if dice.random() < 0.25 else None
            status = dice.choice([None, None, "hosted", "alumni", "closed", "merged", "unknown"])
            tenants.append(
                {
                    "firm_id": f"F{firm}",
                    "site": dice.choice(SITES),
                    "sector": dice.choice(SECTORS),
                    "cohort": dice.choice(COHORTS),
                    "entered_on": entered,
                    "left_on": left,
                    "exit_reason": dice.choice([None, "graduated", "closed", "merged"]) if left else None,
                    "closed_on": closed,
                    "status": None if closed else status,
                    "status_on": dice.choice([None, entered + timedelta(days=dice.randrange(3000))]),
                    "founded_on": dice.choice([None, entered - timedelta(days=dice.randrange(900))]),
                    "founded_on_precision": dice.choice(["day", "month"]),
                    "area_m2": dice.choice([None, 12.5, 40.0]),
                    "occupant_type": "bank" if firm % 11 == 0 else None,
                    "row": len(tenants) + 2,
                }
            )
            entered = (left or entered) + timedelta(days=dice.choice([0, 30, 900]))
    return Park(STATED, tenants=tenants, sites=PLACES if dice.random() < 0.7 else [], records_closures=True)


def some_scope(dice: Random) -> Scope:
    """A scope that leaves somebody in most of the time; closures without a date refuse nothing less than all."""
    day = FIRST + timedelta(days=dice.randrange(3000, 6000))
    return dice.choice(
        [
            Scope(),
            Scope(as_of=day),
            Scope(end=day),
            Scope(start=date(2008, 3, 1), end=day),
            Scope(sites=SITES[:2]),
            Scope(sites=SITES[1:2], sectors=("TIC",)),
            Scope(sectors=("(none)", "TIC"), as_of=day),
        ]
    )


@pytest.mark.parametrize("seed", range(often(6)))
def test_the_lists_behind_a_figure_are_what_it_counts(seed: int) -> None:
    dice = Random(seed)
    park = some_park(dice)
    for metric in METRICS.values():
        for turn in range(4):
            scope, by = some_scope(dice), dice.choice(CUTS)
            cut = tuple(name for name in by if name in metric.dimensions)
            if not {*scope.filters} <= {*metric.dimensions}:
                continue
            answer = ask(park, [metric], scope, cut).to_dict("records")
            # One group stands for all of them.
            for row in [dice.choice(answer)] if answer else []:
                group = {name: row[name] if isinstance(row[name], str) else None for name in cut}
                check(park, metric, narrowed(scope, metric, group), row, turn)
            if "counted" in metric.behind and metric.over in LEVELLED:
                sites = ask(park, [metric], scope, ("site",))["value"].sum()
                assert behind(park, metric.name, scope, each_site=True).counts == {"counted": sites}


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_figure_has_lists_behind_it(name: str) -> None:
    metric = METRICS[name]
    assert metric.behind
    # One list at least is held against the figure itself, or its parts.
    assert any(among.equals for among in metric.behind.values())
