"""Why a number moved: the parts add up to the difference, whatever the ledger, the metric and the days."""

from __future__ import annotations

import math
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data import intake
from data.home import Home
from data.ledger import Conflict, standing, taken_back
from data.warehouse import Warehouse
from metrics import METRICS
from metrics.ask import Scope, ask
from metrics.moved import HEADLINE, MOVABLE, Figures, Moved, Part, counts, figures, headline, moved
from tests.often import often
from tests.test_warehouse import _accept, _stay

D1, D2 = Scope(as_of=date(2019, 1, 1)), Scope(as_of=date(2020, 1, 1))


def reads(table: dict[tuple[int, date], float | None]) -> Any:
    return lambda number, scope: table[number, scope.as_of]


def test_corrections_come_in_the_order_of_their_receipts_and_what_happened_last() -> None:
    known = {(0, D1): 10.0, (1, D1): 12.0, (2, D1): 12.0, (3, D1): 9.0, (3, D2): 14.0}
    found = moved(reads({(n, s.as_of or date.min): v for (n, s), v in known.items()}), 0, [1, 2, 3], D1, D2)
    expected = (Part((1,), False, 2.0), Part((2,), False, 0.0), Part((3,), False, -3.0), Part((), True, 5.0))
    assert found == Moved(10.0, 14.0, expected)


def test_steps_without_a_figure_in_between_go_together() -> None:
    table = {(0, D1): 0.5, (1, D1): None, (2, D1): 0.75, (3, D1): None, (3, D2): 0.25}
    found = moved(reads({(n, s.as_of or date.min): v for (n, s), v in table.items()}), 0, [1, 2, 3], D1, D2)
    assert found.parts == (Part((1, 2), False, 0.25), Part((3,), True, -0.5))


def test_without_a_figure_at_an_end_there_are_no_parts() -> None:
    table: dict[tuple[int, date], float | None] = {(0, date(2019, 1, 1)): None, (0, date(2020, 1, 1)): 1.0}
    assert moved(reads(table), 0, [], D1, D2) == Moved(None, 1.0)


def test_many_receipts_are_taken_together_with_their_neighbours() -> None:
    found = moved(lambda number, scope: float(number), 0, range(1, 101), D1, D1, most=40)
    assert len(found.parts) <= 40 and sum(part.change for part in found.parts) == 100
    assert [n for part in found.parts for n in part.receipts] == list(range(1, 101))


def test_the_same_state_on_the_same_day_has_no_parts() -> None:
    assert moved(lambda number, scope: 3.0, 4, [], D1, D1) == Moved(3.0, 3.0)


SITES = ("Agadir", "Rabat")
FIRST = date(2008, 1, 1)
days = st.integers(0, 4500).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def stay(draw: st.DrawFn) -> dict[str, object]:
    place, site = draw(st.integers(0, 7)), draw(st.sampled_from(SITES))
    # Lists of later days say of a stay when it ended, not when it began: that is what it is recognised by.
    entered = FIRST + timedelta(days=500 * place + 70 * SITES.index(site))
    left = draw(st.none() | st.integers(0, 2000).map(lambda n: entered + timedelta(days=n)))
    more: dict[str, object] = {}
    if draw(st.integers(0, 2)) == 0:
        more["closed_on"] = entered + timedelta(days=draw(st.integers(0, 3000)))
    return _stay(f"F{place}", site, entered.isoformat(), left.isoformat() if left else None, **more)


Acts = list[tuple[str, Any]]


@st.composite
def acts(draw: st.DrawFn) -> Acts:
    """Lists, updates and replacements, and undoes of whatever stands, on days of knowledge that only go on."""
    told: Acts = []
    for number in range(draw(st.integers(2, 6))):
        if number and draw(st.integers(0, 3)) == 0:
            told.append(("undo", draw(st.integers(0, number - 1))))
        else:
            rows = {one["key"]: one for one in draw(st.lists(stay(), min_size=1, max_size=6))}
            told.append((draw(st.sampled_from(["update", "replace"])), list(rows.values())))
    return told


def written(warehouse: Warehouse, told: Acts) -> None:
    for number, (act, what) in enumerate(told):
        known_on = f"{2019 + number // 2}-0{1 + number % 2}-01"
        if act == "undo":
            receipts = warehouse.ledger.receipts()
            there = [one for one in receipts if one.number not in taken_back(receipts)]
            body = {"action": "undo", "known_on": known_on, "takes_back": [there[what % len(there)].number]}
            warehouse.ledger.append(warehouse.ledger.prepare(body))
        else:
            covers = sorted({row["site"] for row in what}) if act == "replace" else []
            _accept(warehouse, known_on, what, mode=act, covers=covers, records_closures=number % 2 == 0)


@settings(
    max_examples=often(24),
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@given(acts(), st.integers(0, 6), st.integers(0, 6), st.sampled_from([(), ("Agadir",)]), st.data())
def test_the_parts_add_up_on_any_ledger(
    told: Acts, first: int, last: int, sites: tuple[str, ...], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(Home.at(Path(folder)))
        written(warehouse, told)
        receipts = warehouse.ledger.receipts()
        first, last = sorted((first % (len(receipts) + 1), last % (len(receipts) + 1)))
        earlier, later = sorted((data.draw(days), data.draw(days)))
        before, after = Scope(sites=sites, as_of=earlier), Scope(sites=sites, as_of=later)
        states: dict[tuple[int, Scope], Figures] = {}
        for number in range(first, last + 1):
            with warehouse.aside(receipts[:number]) as state:
                for scope in (before, after):
                    states[number, scope] = figures(state, MOVABLE, scope)
        for name in MOVABLE:
            found = moved(
                lambda number, scope, name=name: states[number, scope][name],  # type: ignore[misc]
                first,
                range(first + 1, last + 1),
                before,
                after,
            )
            assert (found.before, found.after) == (states[first, before][name], states[last, after][name])
            if found.before is None or found.after is None:
                assert not found.parts
                continue
            whole = sum(part.change for part in found.parts)
            if counts(METRICS[name]):
                assert found.before + whole == found.after, name
            else:
                assert math.isclose(found.before + whole, found.after, rel_tol=1e-12, abs_tol=1e-12), name
            assert [n for part in found.parts for n in part.receipts] == list(range(first + 1, last + 1))
        warehouse.close()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Five firms from one list, and a later list that corrects one of them."""
    made = Warehouse(Home.at(tmp_path / "home"))
    firms = [_stay(f"F{place}", "Agadir", f"201{place}-03-01") for place in range(5)]
    _accept(made, "2019-01-01", firms)
    _accept(made, "2020-01-01", [_stay("F1", "Agadir", "2011-03-01", "2013-01-01"), _stay("G", "Rabat", "2019-06-01")])
    return made


def test_a_state_aside_says_what_a_generation_says(warehouse: Warehouse) -> None:
    receipts = warehouse.ledger.receipts()
    for known_on, number in ((date(2019, 1, 1), 1), (date(2020, 1, 1), 2)):
        with warehouse.aside(receipts[:number]) as state:
            generation = warehouse.generation(known_on)
            assert (state.stated_on, state.known_on) == (generation.stated_on, generation.known_on)
            assert headline(state) == headline(generation)
            scope = Scope(as_of=date(2018, 6, 1))
            assert figures(state, MOVABLE, scope) == figures(generation, MOVABLE, scope)


def test_of_nothing_known_there_are_none_and_no_share(warehouse: Warehouse) -> None:
    with warehouse.aside([]) as state:
        assert headline(state) == dict.fromkeys(HEADLINE)
        found = figures(state, ["hosted", "survival_5y"], Scope(sites=("Agadir",), as_of=date(2019, 1, 1)))
    assert found == {"hosted": 0.0, "survival_5y": None}


def test_what_a_later_list_corrects_and_what_it_reports_are_told_apart(warehouse: Warehouse) -> None:
    def read(number: int, scope: Scope) -> float | None:
        with warehouse.aside(warehouse.ledger.receipts()[:number]) as state:
            return figures(state, ["hosted"], scope)["hosted"]

    found = moved(read, 1, [2], D1, D2)
    assert found == Moved(5.0, 5.0, (Part((2,), False, -1.0), Part((), True, 1.0)))


def test_undo_and_redo_change_the_figures_and_restore_them_to_the_last_digit(warehouse: Warehouse) -> None:
    scope = Scope(as_of=date(2020, 1, 1))
    whole = ask(warehouse.generation(), MOVABLE, scope)
    undo = intake.undo(warehouse, 2, "Amina", warehouse.ledger.receipts()[-1].hash)
    assert undo.body["by"] == "Amina" and undo.takes_back == [2]
    assert figures(warehouse.generation(), ["hosted"], scope) == {"hosted": 5.0}
    assert not ask(warehouse.generation(), MOVABLE, scope).equals(whole)
    redo = intake.undo(warehouse, undo.number, "Amina")
    assert ask(warehouse.generation(), MOVABLE, scope).equals(whole)
    with pytest.raises(LookupError):
        intake.undo(warehouse, undo.number, "Amina")
    # An undo whose redo was taken back stands again, and can be redone again.
    intake.undo(warehouse, redo.number, "Amina")
    assert [one.number for one in standing(warehouse.ledger.receipts())] == [1]
    intake.undo(warehouse, undo.number, "Amina")
    assert ask(warehouse.generation(), MOVABLE, scope).equals(whole)
    assert warehouse.ledger.verify() == 6


def test_an_undo_decided_on_figures_that_are_old_is_refused(warehouse: Warehouse) -> None:
    seen = warehouse.ledger.receipts()[-1].hash
    _accept(warehouse, "2020-02-01", [_stay("H", "Rabat", "2019-07-01")])
    with pytest.raises(Conflict):
        intake.undo(warehouse, 2, "Amina", seen)
    assert len(warehouse.ledger.receipts()) == 3 and len(list(warehouse.home.generations.glob(".build-*"))) == 0
