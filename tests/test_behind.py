"""From a number to its cells: the lists behind a figure hold just what it counts, and the cells what is said."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import METRICS
from metrics.ask import Scope, Unknown, ask, parts_of
from metrics.behind import behind, narrowed
from metrics.metric import Metric
from tests.model import Park
from tests.test_properties import CHECKED, CUTS, SITES, STATED, Rows, rows
from tests.test_tally import scopes

PLACES = [
    {"site": SITES[0], "lettable_area_m2": 300.0, "lettable_units": 7},
    {"site": SITES[1], "lettable_units": 5},
]


def parks(given_rows: Rows, places: bool) -> Park:
    """The rows with areas here and there, and the sites where the park keeps a list of them."""
    areas = [None, 12.5, 40.0]
    tenants = [{**row, "area_m2": areas[number % 3]} for number, row in enumerate(given_rows)]
    return Park(STATED, tenants=tenants, sites=PLACES if places else [])


def told(park: Park, metric: Metric, scope: Scope, row: dict[str, Any], name: str, age: int | None) -> float:
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


def check(park: Park, metric: Metric, scope: Scope, row: dict[str, Any]) -> None:
    """Every list of the metric is as long as the figure says, and what it lists is what it counts."""
    age = int(row["age"]) if row.get("age", math.nan) == row.get("age", math.nan) and "age" in row else None
    if "outcome" in row and metric.name == "survival_outcomes":
        age = int(row["age_days"] / 365.24)
    for name, among in metric.behind.items():
        found = behind(park, metric.name, scope, name, age)
        assert len(found.rows) == found.counts[name]
        if among.weight:
            whole = sum(one or 0 for one in found.rows["weight"])
            if among.equals == "value":
                assert whole == row["value"]
            continue
        if among.equals and not (metric.curve == ("age_days", "censored") and math.isnan(row["value"])):
            assert found.counts[name] == told(park, metric, scope, row, name, age), (metric.name, name, scope)
        if metric.over not in ("space", "transfer", "departure") and not among.where.startswith("again"):
            assert found.rows["firm_id"].is_unique
    if metric.name == "occupancy" and row["value"] == row["value"]:
        let, of = (behind(park, "occupancy", scope, name).rows["weight"] for name in ("let", "places"))
        assert math.isclose(sum(one or 0 for one in let) / sum(of), row["value"], rel_tol=1e-9)


@settings(CHECKED, max_examples=60)
@given(rows(), st.booleans(), scopes(), st.sampled_from(CUTS), st.lists(st.sampled_from(sorted(METRICS)), max_size=4))
def test_the_lists_behind_a_figure_are_what_it_counts(
    given_rows: Rows, places: bool, scope: Scope, by: tuple[str, ...], names: list[str]
) -> None:
    park = parks(given_rows, places)
    for metric in (METRICS[name] for name in dict.fromkeys(names)):
        if not {*by, *scope.filters} <= {*metric.dimensions}:
            continue
        try:
            answer = ask(park, [metric], scope, by).to_dict("records")
        except Unknown:
            continue
        # The first and the last group stand for all of them.
        for row in [answer[0], answer[-1]] if answer else []:
            group = {name: row[name] if isinstance(row[name], str) else None for name in by}
            check(park, metric, narrowed(scope, metric, group), row)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_figure_has_lists_behind_it(name: str) -> None:
    metric = METRICS[name]
    assert metric.behind
    # One list at least is held against the figure itself, or its parts.
    assert any(among.equals for among in metric.behind.values())
