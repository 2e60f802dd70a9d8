"""Which groups are compared and which say too little; the adjustment for many pairs; a witness on random samples."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.ask import NothingLoaded, Scope, Unknown
from metrics.compare import compare, holm, log_rank, tallied
from tests import reference
from tests.model import Park
from tests.test_properties import CHECKED

STATED = date(2020, 10, 25)


def firms(site: str, closures: int, size: int, **more: Any) -> list[dict[str, Any]]:
    """Firms that entered in turn in 2010; the first ones closed, each a month after the other."""
    return [
        {
            "firm_id": f"{site} {n}",
            "site": site,
            "entered_on": date(2010, 1, 1 + n),
            **({"closed_on": date(2012 + n // 12, 1 + n % 12, 1)} if n < closures else {}),
            **more,
        }
        for n in range(size)
    ]


def test_groups_that_say_too_little_are_left_out_and_said() -> None:
    tenants = [*firms("A", 6, 12), *firms("B", 9, 12), *firms("C", 4, 12), *firms("D", 9, 9)]
    found = compare(Park(STATED, tenants=tenants), Scope(), "site")
    assert found.groups["compared"].tolist() == [True, True, False, False]
    why = "not enough data: fewer than 10 firms or fewer than 5 closures"
    assert [note if isinstance(note, str) else None for note in found.groups["note"]] == [None, None, why, why]
    assert found.groups["n"].tolist() == [12, 12, 12, 9] and found.groups["events"].tolist() == [6, 9, 4, 9]
    assert found.pairs[["first", "second"]].to_numpy().tolist() == [["A", "B"]] and found.df == 1
    alone = compare(Park(STATED, tenants=[*firms("A", 6, 12), *firms("B", 9, 12)]), Scope(), "site")
    assert (found.chi_square, found.p) == (alone.chi_square, alone.p)


def test_one_group_is_no_comparison() -> None:
    for tenants in ([], firms("A", 6, 12), [*firms("A", 6, 12), *firms("B", 2, 12)]):
        found = compare(Park(STATED, tenants=tenants), Scope(), "site")
        assert np.isnan(found.chi_square) and np.isnan(found.p) and found.pairs.empty
        assert found.note == "not enough data: fewer than two groups can be compared"


def test_a_group_whose_closures_have_no_date_is_left_out() -> None:
    undated = firms("C", 0, 12)
    for n, row in enumerate(undated):
        row |= {"status": "closed", "status_on": date(2019, 1, 1)} if n < 6 else {}
    tenants = [*firms("A", 6, 12), *firms("B", 9, 12), *undated, *firms("C", 6, 12, firm_id=None)]
    for n, row in enumerate(tenants[-12:]):
        row["firm_id"] = f"more {n}"
    found = compare(Park(STATED, tenants=tenants), Scope(), "site")
    assert found.groups["compared"].tolist() == [True, True, False]
    assert found.groups["note"].iloc[2].startswith("not given: 6 of 12 known closures have no date")


def aloud(template: str, /, **places: Any) -> str:
    return template.format_map(places).upper()


def test_notes_and_names_and_nothing() -> None:
    park = Park(STATED, tenants=firms("A", 6, 12))
    assert compare(park, Scope(), "site", say=aloud).note == "NOT ENOUGH DATA: FEWER THAN TWO GROUPS CAN BE COMPARED"
    with pytest.raises(Unknown, match="There is no dimension 'month'"):
        compare(park, Scope(), "month")
    with pytest.raises(Unknown, match="There is no site 'B'"):
        compare(park, Scope(sites=("B",)), "sector")
    park.stated_on = None
    with pytest.raises(NothingLoaded):
        compare(park, Scope(), "site")


def test_a_past_day_knows_only_the_closures_before_it() -> None:
    park = Park(STATED, tenants=[*firms("A", 6, 12), *firms("B", 9, 12)])
    found = compare(park, Scope(as_of=date(2012, 5, 1)), "site")
    assert found.groups["events"].tolist() == [5, 5] and found.as_of == date(2012, 5, 1)


def test_pairs_are_adjusted_after_holm() -> None:
    """R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") gives 0.03 0.06 0.06 0.02."""
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([0.2])).tolist() == [0.2]


lives = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=12)


@CHECKED
@given(st.lists(lives, min_size=2, max_size=4))
def test_the_test_equals_the_reference(groups: list[list[tuple[int, bool]]]) -> None:
    if not any(ended for lives in groups for _, ended in lives):
        return
    coded = [np.array([2 * days + (not ended) for days, ended in lives]) for lives in groups]
    chi_square, df, expected = log_rank(*tallied(coded))
    excess, spread = reference.log_rank(groups)
    ended = np.array([sum(over for _, over in lives) for lives in groups])
    assert (ended - expected).tolist() == pytest.approx(excess, abs=1e-9)
    told = [place for place, value in enumerate(expected) if value > 0]
    free = told[:-1]
    assert df == len(free)
    inverse = np.linalg.pinv(np.array(spread)[np.ix_(free, free)], rcond=1e-10)
    part = np.array(excess)[free]
    assert chi_square == pytest.approx(float(part @ inverse @ part), abs=1e-7)
