"""Random parks and releases in a row, protected, then attacked: nothing is recovered; unprotected, much is."""

from __future__ import annotations

import os
from functools import cache

import pytest

from publish.cells import COUNT, SUM, Printed, Thresholds
from publish.protect import protect
from publish.secure import ROUNDING, secure
from tests.attack.attacker import Figure, Leaf, between_releases, by_programmes, by_rivals, by_subtraction, counts
from tests.attack.parks import Park

# `make attack` asks for all of them; `make test` for a tenth.
PARKS = int(os.environ.get("ESSAIM_ATTACK", "20"))
RELEASES = max(2, PARKS // 10)
IN_A_ROW = (0, 2) if PARKS < 200 else tuple(range(0, 12, 2))
# Of whom it tells, and whether it is settled as soon as they are among these.
AMONG = {"closed": "supported", "closed_after_5": "of_known_fate"}
SETTLED = {"closed": False, "closed_after_5": True}
FEW, WITHIN = Thresholds().change, Thresholds().within / 100


def read(printed: Printed) -> Leaf:
    """What is printed, and nothing else."""
    cells = printed.tables.cells
    return Leaf(
        {name: printed.cell(name) for name, cell in cells.items() if cell.kind == COUNT},  # type: ignore[misc]
        {name: printed.cell(name) for name, cell in cells.items() if cell.kind == SUM},  # type: ignore[misc]
        [relation.terms for relation in printed.tables.relations],
        [(r.numerator, r.complement, r.denominator, printed.rate(r), r.places) for r in printed.tables.rates],
        [(m.total, m.count, printed.mean(m), m.places) for m in printed.tables.means],
        frozenset(name for name, cell in cells.items() if cell.lasting),
        frozenset(name for name, cell in cells.items() if cell.floor),
        {name: int(printed.tables.value((AMONG[name[0]], name[1]))) for name in cells if name[0] in AMONG},
        printed.base,
        frozenset(name for name, cell in cells.items() if cell.known),
    )


def recovered(printed: Printed) -> list[str]:
    """What an attack on one release finds."""
    leaf = read(printed)
    system = counts([leaf])
    found = [f"{name} is determined" for name in sorted(by_subtraction(system) | set(by_programmes(system)))]
    behind = {name: cell.largest for name, cell in printed.tables.cells.items() if cell.kind == SUM}
    return found + [f"{name} is estimated" for name in sorted(by_rivals(leaf, behind, WITHIN))]


def park(seed: int) -> Park:
    return Park(seed, most=220 if PARKS >= 200 else 120)


@pytest.mark.parametrize("seed", range(PARKS))
def test_nothing_is_recovered_from_a_release(seed: int) -> None:
    tables = park(seed).tables(sensitive=seed % 4 == 3)
    printed = secure(tables)
    assert recovered(printed) == []


def test_without_complementary_suppression_the_same_attack_succeeds() -> None:
    """Else the attack shows nothing."""
    found = {seed: recovered(protect(park(seed).tables(), complementary=False)) for seed in range(6)}
    assert all(any("determined" in one for one in its) for its in found.values())
    assert any("estimated" in one for its in found.values() for one in its)


@pytest.mark.parametrize("seed", range(0, PARKS, 10))
def test_nothing_is_recovered_from_rounded_releases(seed: int) -> None:
    """Of no small count is it known what it is, from a release or from three; what has not changed is printed alike."""
    grown = park(seed)
    releases: list[Printed] = []
    for _ in range(3):
        releases.append(secure(grown.tables(sensitive=seed % 20 == 10), earlier=releases, method=ROUNDING))
        grown.age()
    for printed, before in zip(releases[1:], releases, strict=False):
        for name in printed.rounded.keys() & before.rounded.keys():
            if printed.tables.value(name) == before.tables.value(name):
                assert printed.rounded[name] == before.rounded[name]
    system = counts([read(printed) for printed in releases])
    small = {
        (number, name)
        for number, printed in enumerate(releases)
        for name, cell in printed.tables.cells.items()
        if cell.sensitive and 0 < cell.value < FEW and not cell.known
    }
    assert small & (by_subtraction(system) | {*by_programmes(system)}) == set()


def test_rounding_each_count_by_itself_is_undone() -> None:
    """Four fours under sixteen, printed 0 and 20, can be nothing else."""
    parts: list[Figure] = [("closed", (label,)) for label in "abcd"]
    figures: dict[Figure, int | None] = {("closed", ("",)): 20, **dict.fromkeys(parts, 0)}
    leaf = Leaf(figures, {}, [((1, ("closed", ("",))), *((-1, part) for part in parts))], base=5)
    assert {name for _, name in by_programmes(counts([leaf]))} == figures.keys()


@cache
def in_a_row(seed: int) -> tuple[Printed, ...]:
    """Yearly releases of a park that grows and is corrected: one each year, whatever was shown before."""
    grown = park(seed)
    releases: list[Printed] = []
    for _ in range(RELEASES):
        releases.append(secure(grown.tables(), earlier=releases))
        grown.age()
    return tuple(releases)


@pytest.mark.parametrize("seed", IN_A_ROW)
def test_nothing_is_recovered_from_releases_side_by_side(seed: int) -> None:
    releases = in_a_row(seed)
    assert len(releases) == RELEASES
    # What is left out to be able to publish at all is the exception.
    assert sum(bool(printed.withheld) for printed in releases) <= RELEASES * 0.1
    leaves = [read(printed) for printed in releases]
    system = counts(leaves)
    assert sorted(by_subtraction(system)) == []
    assert by_programmes(system) == {}
    assert between_releases(leaves, SETTLED, FEW) == set()


def test_releases_that_do_not_know_each_other_give_firms_away() -> None:
    grown, leaves = park(0), []
    for _ in range(3):
        leaves.append(read(secure(grown.tables())))
        grown.age()
    assert between_releases(leaves, SETTLED, FEW)
