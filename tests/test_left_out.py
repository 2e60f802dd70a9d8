"""Tables left out of a release: not in it, protected all the same, and in a later one if somebody wants them there."""

from __future__ import annotations

from datetime import date

import pytest

from data.ledger import Conflict
from data.warehouse import Warehouse
from publish import release
from publish.__main__ import main
from publish.cells import Name, Printed
from publish.content import OPTIONAL, of_table
from publish.effect import moved
from publish.release import Refusal
from tests.test_release import PLAIN, loaded, warehouse  # noqa: F401 (fixtures)
from tests.test_warehouse import _accept, _stay

KEPT = ("former", "survival_5y")


def test_a_table_left_out_is_in_no_byte_and_the_others_are_as_they_were(warehouse: Warehouse) -> None:  # noqa: F811
    whole, some = release.draft(warehouse, PLAIN), release.draft(warehouse, PLAIN, tables=KEPT)
    assert {*some.content.told["tables"]} == {"hosted", "entries", *KEPT}
    for name, its in some.content.told["tables"].items():
        assert its == whole.content.told["tables"][name]
    some_parks_have = {"occupancy", "entries_by_month", "programmes"}
    assert {of_table(name) for name in whole.content.told["tables"]} >= {*OPTIONAL} - some_parks_have
    with pytest.raises(Refusal, match="rents"):
        release.draft(warehouse, PLAIN, tables=["rents"])


def test_a_draft_is_published_as_it_was_seen_or_not_at_all(warehouse: Warehouse) -> None:  # noqa: F811
    seen = release.draft(warehouse, PLAIN, tables=KEPT)
    receipt = release.freeze(warehouse, PLAIN, "Amina", seen)
    assert receipt.original is not None and warehouse.ledger.original(receipt.original) == seen.content.raw
    assert release.reproduce(warehouse, 1).raw == seen.content.raw
    with pytest.raises(Conflict):
        release.freeze(warehouse, PLAIN, "Amina", seen)
    assert len(release.releases(warehouse)) == 1
    generation = warehouse.generation()
    found = moved(warehouse, generation, generation)
    assert found is not None and found.changes == ()


def test_what_it_hid_stays_protected_when_it_comes_back(warehouse: Warehouse) -> None:  # noqa: F811
    """The next release knows what the one before would have hidden: it is held against both together."""
    release.publish(warehouse, PLAIN, "Amina", tables=())
    first = release.releases(warehouse)[0]
    assert not first.content.hidden, "what is hidden is in no table that was published"
    _accept(warehouse, "2020-06-01", [_stay(f"N{n}", "Rabat", "2020-03-01", sector="TIC") for n in range(9)])
    told: list[tuple[str, int, int]] = []
    second = release.draft(warehouse, PLAIN, as_of=date(2020, 6, 1), at=lambda *step: told.append(step))
    assert told == [("count", 0, 1), ("earlier", 1, 1), ("protect", 0, 1)]
    (before,) = second.earlier
    then = release.rebuilt(warehouse, first.number)
    assert before.hidden == then.printed.hidden != frozenset()
    same = {one for one in before.hidden & {*second.truth.tables.cells} if _is_same(before, second.printed, one)}
    assert same and same <= second.printed.hidden, "what was hidden and is the same stays hidden"


def _is_same(one: Printed, other: Printed, name: Name) -> bool:
    return name in one.tables.cells and one.tables.value(name) == other.tables.value(name)


def test_the_command_leaves_tables_out(warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    assert main(["release", "--dry-run", "--tables", "former, survival_5y"]) == 0
    told = capsys.readouterr().out
    assert "survival_5y: " in told and "survival_curve" not in told
    assert main(["release", "--dry-run", "--tables", "rents"]) == 3
    assert "rents" in capsys.readouterr().err
