"""Rows left as they were: what stands after a load is what stood before and the changes taken, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.building import stands
from data.changes import changes
from data.home import Home
from data.intake import accept, undo
from data.leaving import GROUPS
from data.review import Choices, Review
from data.warehouse import Warehouse
from tests.often import often
from tests.test_review import NEW, ROWS, listed, proposed
from ui.upload_rows import leaving, taking

SITES = ("Agadir", "Rabat", "Tanger")
FIRMS = [f"F-{n}" for n in range(6)]
DAYS = ["01/02/2012", "05/03/2013", "17/09/2014"]
CHECKED = settings(max_examples=often(16), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

row = st.tuples(
    st.sampled_from(SITES),
    st.sampled_from(FIRMS),
    st.sampled_from(["Atlas", "Boussole", ""]),
    st.sampled_from(DAYS),
    st.sampled_from(["", "01/06/2019"]),
    st.sampled_from(["", "diplômée"]),
).map(list)
lists = st.lists(row, min_size=1, max_size=9, unique_by=lambda one: (one[0], one[1], one[3]))


def named(rows: list[list[str]]) -> list[list[str]]:
    """A firm keeps its name, so that no list contradicts itself."""
    return [[site, firm, name and f"{name} {firm}", *rest] for site, firm, name, *rest in rows]


def standing(warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    """The rows of tenants that stand, each with where it was said."""
    generation = warehouse.generation()
    rows = [] if generation.empty else stands("tenants", generation.receipts, warehouse.clean).to_pylist()
    return {row["key"]: row for row in rows}


def known(path: Path, *files: bytes) -> Warehouse:
    warehouse = Warehouse(Home.at(path))
    for content in files:
        accept(warehouse, proposed(warehouse, content))
    return warehouse


def keyed(table: Any) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in table.to_pylist()}


@CHECKED
@given(data=st.data(), first=lists, second=lists, mode=st.sampled_from(["update", "replace"]))
def test_what_stands_is_what_stood_and_the_changes_taken(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, first: Any, second: Any, mode: str
) -> None:
    warehouse = known(tmp_path_factory.mktemp("home"), listed(named(first)))
    before = standing(warehouse)
    choices = replace(NEW, mode=mode)
    whole = proposed(warehouse, listed(named(second), "31/12/2021"), choices)
    assert whole.proposal is not None
    possible = sorted(whole.proposal.keys)
    groups = [f"{group}{at}" for group in GROUPS for at in ("", *(f":{site}" for site in SITES))]
    words = data.draw(st.lists(st.sampled_from([*possible, *possible, *groups]), max_size=4))
    left = frozenset().union(*map(whole.proposal.meant, words))
    review = proposed(warehouse, listed(named(second), "31/12/2021"), replace(choices, left_as_they_were=tuple(words)))
    wanted = {key: row for key, row in keyed(whole.proposal.after).items() if key not in left}
    wanted |= {key: before[key] for key in left if key in before}
    whole.close()
    assert review.proposal is not None and review.proposal.left == left
    # What would be taken without leaving anything is the same, whichever way it was worked out.
    assert keyed(review.proposal.after) == keyed(whole.proposal.after)
    told = review.outcome.difference
    assert (told.added, told.removed) == (
        len(wanted.keys() - before),
        len(before.keys() - wanted),
    ) and told.left == len(left)
    accept(warehouse, review, by="Amal")
    assert standing(warehouse) == wanted
    warehouse.close()


def moving(rows: list[list[str]], later: list[list[str]], mode: str, path: Path, *words: str) -> Review:
    """The review of a second list upon a first one."""
    warehouse = known(path, listed(rows))
    return proposed(warehouse, listed(later, "31/12/2021"), replace(NEW, mode=mode, left_as_they_were=words))


STAYS = "F-1 | Rabat | 2012-02-01"
COMES = "F-1 | Tanger | 2021-03-01"
ELSEWHERE = [["Tanger", "F-1", "Atlas", "01/03/2021", "", ""], ROWS[1], ROWS[2]]


@pytest.mark.parametrize("name", ["F-1", ""])
def test_a_firm_that_goes_here_and_comes_there_moves(tmp_path: Path, name: str) -> None:
    """By its identifier, or by its name where it has none."""
    firsts = [[row[0], name if row[2] == "Atlas" else row[1], *row[2:]] for row in ROWS]
    later = [[row[0], name if row[2] == "Atlas" else row[1], *row[2:]] for row in ELSEWHERE]
    review = moving(firsts, later, "replace", tmp_path)
    assert (review.outcome.difference.moved, review.outcome.difference.left) == (1, 0)
    assert review.proposal is not None
    (row,) = changes(review.proposal).moved.to_pylist()
    assert (row["firm_name"], row["site_before"], row["site"]) == ("Atlas", "Rabat", "Tanger")
    assert (row["other"], row["key"]) == ((STAYS, COMES) if name else ("name:atlas | Rabat | 2012-02-01", row["key"]))
    review.close()


@pytest.mark.parametrize(("left", "moved"), [("01/03/2021", 1), ("01/06/2019", 1), ("01/02/2019", 0)])
def test_a_stay_that_ends_here_before_another_begins_there_is_a_move(tmp_path: Path, left: str, moved: int) -> None:
    later = [[*ROWS[0][:4], left, "changement de site"], ["Tanger", "F-1", "Atlas", "01/03/2021", "", ""]]
    review = moving(ROWS, later, "update", tmp_path)
    assert (review.outcome.difference.changed, review.outcome.difference.added) == (1, 1)
    assert review.outcome.difference.moved == moved
    review.close()


def test_a_second_stay_at_the_same_site_is_no_move(tmp_path: Path) -> None:
    later = [
        ["Rabat", "F-1", "Atlas", "01/03/2021", "", ""],
        ["Tanger", "F-1", "Atlas", "01/03/2021", "", ""],
        *ROWS[1:],
    ]
    firsts = [[*ROWS[0][:4], "01/06/2019", ""], *ROWS[1:]]
    review = moving(firsts, later, "replace", tmp_path)
    assert (review.outcome.difference.removed, review.outcome.difference.moved) == (1, 0)
    review.close()


@pytest.mark.parametrize(
    ("mode", "words", "warned"), [("update", (), 1), ("replace", (), 0), ("replace", ("removed",), 1)]
)
def test_only_a_firm_that_would_be_at_both_sites_is_doubted(
    tmp_path: Path, mode: str, words: tuple[str, ...], warned: int
) -> None:
    review = moving(ROWS, [["Tanger", *ROWS[0][1:]], *ROWS[1:]], mode, tmp_path, *words)
    assert [p.code for p in review.outcome.problems].count("site-changed") == warned
    review.close()


def test_an_intake_whose_site_is_another_moves(tmp_path: Path) -> None:
    headers = ["Promotion", "Code", "Raison sociale", "Date d'entrée", "Site"]
    rows = [["Promo 1", "F-1", "Atlas", "01/02/2012", "Rabat"], ["Promo 1", "F-2", "Dune", "01/02/2012", "Rabat"]]
    choices = replace(NEW, kind="cohorts")
    warehouse = known(tmp_path)
    accept(warehouse, proposed(warehouse, listed(rows, headers=headers), choices))
    later = listed([[*rows[0][:4], "Tanger"], rows[1]], "31/12/2021", headers)
    review = proposed(warehouse, later, choices)
    assert (review.outcome.difference.changed, review.outcome.difference.moved) == (1, 1)
    left = proposed(warehouse, later, replace(choices, left_as_they_were=("moved:Tanger",)))
    assert (left.outcome.difference.changed, left.outcome.difference.moved, left.outcome.difference.left) == (0, 0, 1)
    review.close()
    left.close()


def test_a_row_left_is_still_said_where_it_was_said(tmp_path: Path) -> None:
    review = moving(ROWS, ELSEWHERE, "replace", tmp_path, "moved")
    assert review.draft is not None and review.outcome.left_out["not-taken"] == 1
    assert (review.outcome.difference.moved, review.outcome.difference.left) == (0, 2)
    warehouse = Warehouse(Home.at(tmp_path))
    accept(warehouse, review, by="Badr")
    rows = standing(warehouse)
    assert (rows[STAYS]["receipt"], rows[STAYS]["row"]) == (1, 3) and COMES not in rows
    assert {row["receipt"] for key, row in rows.items() if key != STAYS} == {2}
    body = warehouse.ledger.receipts()[-1].body
    assert body["left_as_they_were"] == ["moved"] and body["keeps"] == [STAYS] and body["by"] == "Badr"
    assert body["rows"] == 2
    warehouse.verify()
    # Without the receipt that had the row first, there is nothing to keep; with it again, there is.
    undo(warehouse, 1, "Badr")
    assert STAYS not in standing(warehouse)
    undo(warehouse, 3, "Badr")
    assert standing(warehouse) == rows


def test_a_later_replacement_spares_nothing(tmp_path: Path) -> None:
    warehouse = Warehouse(Home.at(tmp_path))
    accept(warehouse, moving(ROWS, ELSEWHERE, "replace", tmp_path, STAYS))
    assert STAYS in standing(warehouse)
    again = [["Rabat", "F-9", "Erg", "01/03/2021", "", ""], *ELSEWHERE]
    accept(warehouse, proposed(warehouse, listed(again, "31/12/2022"), replace(NEW, mode="replace")))
    assert STAYS not in standing(warehouse)


def test_the_guard_counts_what_goes_and_not_what_stays(tmp_path: Path) -> None:
    many = [["Rabat", f"F-{n}", f"Firme {n}", "13/02/2012", "", ""] for n in range(20)]
    warehouse = known(tmp_path, listed(many))
    choices = replace(NEW, mode="replace", accept_warnings=False)
    few = listed(many[:17], "31/12/2021")
    assert [p.code for p in proposed(warehouse, few, choices).outcome.problems] == ["removes-many"]
    kept = replace(choices, left_as_they_were=("F-17 | Rabat | 2012-02-13",))
    review = proposed(warehouse, few, kept)
    assert review.outcome.problems == () and review.outcome.difference.removed == 2
    review.close()


def test_where_everything_is_left_nothing_is_written(tmp_path: Path) -> None:
    warehouse = known(tmp_path, listed(ROWS))
    new = listed([*ROWS, ["Rabat", "F-4", "Dune", "01/01/2015", "", ""]])
    review = proposed(warehouse, new, replace(NEW, left_as_they_were=("added",)))
    assert review.draft is None and review.outcome.problems[-1].code == "nothing-taken"
    assert accept(warehouse, review).receipt is None and len(warehouse.ledger.receipts()) == 1
    assert review.proposal is not None and len(changes(review.proposal).added) == 1


def test_what_does_not_change_cannot_be_left(tmp_path: Path) -> None:
    choices = replace(NEW, accept_warnings=False, left_as_they_were=("F-1 | Rabat | 2012-02-02", "added:Oujda"))
    outcome = proposed(known(tmp_path), listed(ROWS), choices).outcome
    assert [(p.code, p.value) for p in outcome.problems if p.severity != "note"] == [
        ("nothing-to-leave", "F-1 | Rabat | 2012-02-02"),
        ("nothing-to-leave", "added:Oujda"),
    ]
    assert outcome.refused == "problems"


def test_what_was_left_is_not_left_in_the_next_list(tmp_path: Path) -> None:
    from data.layouts import remembered

    warehouse = known(tmp_path)
    accept(warehouse, proposed(warehouse, listed(ROWS), replace(NEW, left_as_they_were=("added:Tanger",))))
    review = proposed(warehouse, listed(ROWS, "31/12/2021"), NEW)
    assert review.book is not None
    assert remembered(warehouse.ledger.standing(), review.book, Choices())[0].left_as_they_were == ()
    review.close()


@given(st.data())
@settings(max_examples=often(60), deadline=None, suppress_health_check=list(HealthCheck))
def test_buttons_leave_and_take_what_they_say(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    review = _mixed(tmp_path_factory)
    proposal = review.proposal
    assert proposal is not None
    words: list[str] = []
    left: frozenset[str] = frozenset()
    groups = [group if site is None else f"{group}:{site}" for group in GROUPS for site in (None, *SITES)]
    for _ in range(data.draw(st.integers(1, 5))):
        now = proposal.but(left)
        group = data.draw(st.one_of(st.none(), st.sampled_from(groups)))
        keys = proposal.meant(group) if group else data.draw(st.frozensets(st.sampled_from(sorted(proposal.keys))))
        if data.draw(st.booleans()):
            words = leaving(now, tuple(words), keys, group)
            left |= keys
        else:
            words = taking(now, tuple(words), keys)
            left -= keys
        assert frozenset().union(*map(proposal.meant, words)) == left, words
    assert json.loads(json.dumps(words)) == words


_MADE: list[Review] = []


def _mixed(tmp_path_factory: pytest.TempPathFactory) -> Review:
    """A review with rows of every group at several sites, made once."""
    if not _MADE:
        later = [*ELSEWHERE[:1], [*ROWS[1][:4], "02/06/2019", ""], ["Agadir", "F-8", "Erg", "01/01/2020", "", ""]]
        _MADE.append(moving(ROWS, later, "replace", tmp_path_factory.mktemp("mixed")))
        _MADE[0].close()
    return _MADE[0]
