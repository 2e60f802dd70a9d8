"""A load in two steps: what a review promises is what accepting it gives, and nothing is written before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from data.changes import changes
from data.home import Home
from data.intake import accept, day_of, load, propose
from data.layouts import remembered
from data.ledger import Conflict
from data.match import Mapping
from data.review import Choices, Review
from data.warehouse import Built, Warehouse
from metrics.effect import HEADLINES, effects, headlines

HEADERS = ["Site", "Code", "Raison sociale", "Date d'entrée", "Date de sortie", "Motif de sortie"]
ROWS = [
    ["Rabat", "F-1", "Atlas", "01/02/2012", "", ""],
    ["Rabat", "F-2", "Boussole", "05/03/2013", "01/06/2019", "fermeture"],
    ["Tanger", "F-3", "Cèdre", "17/09/2014", "", ""],
]
NEW = Choices(mapping=Mapping(new_sites=True, new_sectors=True), accept_warnings=True, by="Amal")


def listed(rows: list[list[str]], day: str = "25/10/2020", headers: list[str] | None = None) -> bytes:
    """A list of tenants as bytes."""
    lines = [f"Situation au {day}", ";".join(headers or HEADERS), *(";".join(row) for row in rows)]
    return "\n".join(lines).encode()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(Home.at(tmp_path / "home"))


def proposed(warehouse: Warehouse, content: bytes, choices: Choices = NEW, name: str = "liste.csv") -> Review:
    return propose(warehouse, content, name, choices, day_of(warehouse, choices))


def test_nothing_is_written_before_it_is_accepted(warehouse: Warehouse) -> None:
    review = proposed(warehouse, listed(ROWS))
    assert review.outcome.refused is None and review.outcome.difference.added == 3
    assert review.outcome.receipt is None and warehouse.ledger.receipts() == []
    outcome = accept(warehouse, review, by="Badr")
    (receipt,) = warehouse.ledger.receipts()
    assert outcome.receipt == receipt.number == 1 and receipt.body["by"] == "Badr"
    warehouse.ledger.verify()
    warehouse.verify()


def test_a_review_thrown_away_leaves_nothing(warehouse: Warehouse) -> None:
    review = proposed(warehouse, listed(ROWS))
    review.close()
    assert not list(warehouse.home.generations.iterdir()) and not warehouse.ledger.receipts()


def test_steps_are_told_as_they_begin(warehouse: Warehouse) -> None:
    steps: list[str] = []
    review = propose(warehouse, listed(ROWS), "liste.csv", NEW, date.today(), at=steps.append)
    assert steps == ["read", "match", "check", "compare"]
    again = propose(warehouse, listed(ROWS), "liste.csv", NEW, date.today(), review.book, steps.append)
    assert steps[4:] == ["match", "check", "compare"] and again.outcome == review.outcome
    review.close()
    again.close()


def test_what_was_proposed_on_an_older_ledger_is_not_accepted(warehouse: Warehouse) -> None:
    first, second = proposed(warehouse, listed(ROWS)), proposed(warehouse, listed(ROWS[:2]))
    accept(warehouse, first, by="Amal")
    for by in (None, "Badr"):
        with pytest.raises(Conflict):
            accept(warehouse, second, by)
    assert len(warehouse.ledger.receipts()) == 1
    warehouse.verify()


def test_what_was_proposed_on_another_day_is_not_accepted(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = proposed(warehouse, listed(ROWS))
    monkeypatch.setattr("data.intake.day_of", lambda *_: date(2099, 1, 1))
    with pytest.raises(Conflict):
        accept(warehouse, review, by="Amal")
    review.close()


def test_a_generation_swept_away_is_built_again(warehouse: Warehouse) -> None:
    review = proposed(warehouse, listed(ROWS))
    assert review.draft is not None
    review.draft.trial.unlink()
    assert accept(warehouse, review, by="Amal").receipt == 1
    warehouse.verify()


@pytest.mark.parametrize("mode", ["update", "replace"])
def test_the_figures_promised_are_those_after_accepting(warehouse: Warehouse, mode: str) -> None:
    sites = ("Agadir", "Rabat", "Tanger")
    base = [
        [sites[n % 3], f"F-{n}", f"Firme {n}", f"01/0{1 + n % 9}/{2008 + n % 12}", f"01/10/{2020 if n % 4 else ''}", ""]
        for n in range(90)
    ]
    base = [
        [*row[:4], row[4] if row[4][-1] != "/" else "", "fermeture" if n % 4 and n % 3 else ""]
        for n, row in enumerate(base)
    ]
    accept(warehouse, proposed(warehouse, listed(base)))
    rows = [["Rabat", f"N-{n}", f"Nouvelle {n}", f"{1 + n % 27:02}/0{1 + n % 9}/2021", "", ""] for n in range(40)]
    rows += [["Agadir", "N-99", "Close", "01/02/2010", "01/03/2012", "fermeture"]]
    choices = replace(NEW, mode=mode)
    review = proposed(warehouse, listed(rows, "31/12/2021"), choices)
    assert review.draft is not None, review.outcome
    aside = Built(warehouse, review.draft.receipts, review.draft.trial)
    now = warehouse.generation()
    promised = effects(now, aside)
    aside.close()
    moved = {(one.metric, one.site) for one in promised if one.moved}
    assert {("hosted", None), ("entries", "Rabat"), ("hosted", "Rabat"), ("closed", "Agadir")} <= moved
    assert {one.metric for one in promised} == set(HEADLINES)
    assert {
        (one.metric, one.site): one.before for one in promised if (one.metric, one.site) in headlines(now)
    } == headlines(now)
    accept(warehouse, review, by="Amal")
    then = headlines(warehouse.generation())
    assert {(one.metric, one.site): one.after for one in promised if (one.metric, one.site) in then} == then


def test_an_empty_park_has_no_figures_before(warehouse: Warehouse) -> None:
    review = proposed(warehouse, listed(ROWS))
    assert review.draft is not None
    aside = Built(warehouse, review.draft.receipts, review.draft.trial)
    told = {(one.metric, one.site): one for one in effects(warehouse.generation(), aside)}
    assert told[("hosted", None)].before is None and told[("hosted", None)].after == 2
    aside.close()
    review.close()


def test_changes_are_told_cell_by_cell(warehouse: Warehouse) -> None:
    accept(warehouse, proposed(warehouse, listed(ROWS)))
    later = [
        ["Rabat", "F-1", "Atlas SARL", "01/02/2012", "15/05/2021", "diplômée"],
        ROWS[1],
        ["Tanger", "F-4", "Dune", "2021", "", ""],
    ]
    review = proposed(warehouse, listed(later, "31/12/2021"), replace(NEW, mode="replace"))
    assert review.proposal is not None
    found = changes(review.proposal)
    cells = {(row["field"], row["old"], row["new"]) for row in found.cells.to_pylist()}
    assert {
        ("firm_name", "Atlas", "Atlas SARL"),
        ("left_on", None, "2021-05-15"),
        ("exit_reason", None, "graduated"),
    } <= cells
    assert {(row["sheet"], row["row"]) for row in found.cells.to_pylist()} == {("liste", 3)}
    assert [row["firm_name"] for row in found.added.to_pylist()] == ["Dune"]
    assert [(row["firm_name"], row["file"]) for row in found.removed.to_pylist()] == [("Cèdre", "liste.csv")]
    counted = review.outcome.difference
    assert (counted.added, counted.changed, counted.removed, counted.same) == (1, 1, 1, 1)
    review.close()


def test_a_layout_is_remembered(warehouse: Warehouse) -> None:
    odd = ["Lieu", *HEADERS[1:3], "Arrivée le", *HEADERS[4:]]
    mapping = Mapping(
        columns={"Lieu": "site", "Arrivée le": "entered_on"}, new_sites=True, stated_on=date(2020, 10, 25)
    )
    choices = replace(NEW, mapping=mapping, mode="replace", records_closures=True)
    accept(warehouse, proposed(warehouse, listed(ROWS, headers=odd), choices))
    turned = [[row[2], row[1], row[0], *row[3:]] for row in ROWS]
    headers = [odd[2], odd[1], odd[0], *odd[3:]]
    review = proposed(warehouse, listed(turned, "31/12/2021", headers), Choices())
    assert review.book is not None
    again, receipt = remembered(warehouse.ledger.receipts(), review.book, Choices())
    assert receipt == 1 and again.mode == "replace" and again.kind == "tenants"
    assert again.mapping.columns == mapping.columns and again.mapping.records_closures
    assert again.mapping.stated_on is None and not again.mapping.new_sites
    other = proposed(warehouse, listed(ROWS), Choices())
    assert other.book is not None
    assert remembered(warehouse.ledger.receipts(), other.book, Choices()) == (Choices(), None)
    review.close()
    other.close()


def test_load_is_the_two_in_a_row(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_bytes(listed(ROWS))
    assert load(warehouse, path, replace(NEW, dry_run=True)).difference.added == 3
    assert not warehouse.ledger.receipts() and not list(warehouse.home.generations.glob(".build-*"))
    assert load(warehouse, path, NEW).receipt == 1
    again = load(warehouse, path, NEW)
    # Beside how its days are read.
    assert again.receipt == 1 and [p.code for p in again.problems if p.code != "date-order-beside"] == [
        "already-loaded"
    ]
    assert not list(warehouse.home.generations.glob(".build-*"))
