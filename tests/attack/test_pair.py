"""Whoever was given a wider edition attacks it with the public releases beside it."""

from __future__ import annotations

import os
from functools import cache

import pytest

from publish.cells import Printed, Tables, Thresholds
from publish.pair import Given, secured, widened
from publish.secure import secure
from tests.attack.attacker import Leaf, between_releases, by_programmes, by_subtraction, counts
from tests.attack.parks import Park
from tests.attack.test_attack import SETTLED, read

PARKS = int(os.environ.get("ESSAIM_ATTACK", "20"))
SEEDS = (0, 2) if PARKS < 200 else tuple(range(40))
WIDER = Thresholds(least=3, firms=3)
# Parks whose firms the public release of the second year would give away to whoever had the edition of the first.
TOLD = (5, 10)


def park(seed: int) -> Park:
    return Park(seed, most=40)


def beside(public: Leaf, edition: Leaf) -> Leaf:
    """Both as they lie before whoever has them: what stands in either."""
    either = {name: shown if shown is not None else edition.counts[name] for name, shown in public.counts.items()}
    sums = {name: shown if shown is not None else edition.sums[name] for name, shown in public.sums.items()}
    shares = [
        (*one[:3], one[3] if one[3] is not None else other[3], one[4])
        for one, other in zip(public.shares, edition.shares, strict=True)
    ]
    means = [
        (*one[:2], one[2] if one[2] is not None else other[2], one[3])
        for one, other in zip(public.means, edition.means, strict=True)
    ]
    return Leaf(either, sums, public.adds, shares, means, public.lasting, public.never_zero, public.among)


def determined(*leaves: Leaf) -> set[object]:
    system = counts(list(leaves))
    return {*by_subtraction(system), *by_programmes(system)}


def alone(tables: Tables, hidden: frozenset[object]) -> Printed:
    return Printed(1, tables, hidden)  # type: ignore[arg-type]


@cache
def first(seed: int) -> tuple[Printed, Printed]:
    """A public release, and it with the edition."""
    public = secure(park(seed).tables())
    return public, widened(public, WIDER)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_recovered_from_a_release_and_its_edition(seed: int) -> None:
    public, both = first(seed)
    assert both.hidden <= public.hidden
    assert determined(beside(read(public), read(alone(public.tables, both.hidden)))) == set()


def test_an_edition_that_does_not_know_the_public_release_is_undone_by_it() -> None:
    """Else the attack shows nothing: safe by itself, and given away by what is public."""
    public, _ = first(2)
    edition = secure(public.tables, WIDER)
    assert determined(read(edition)) == set() != determined(beside(read(public), read(edition)))


def second(seed: int, *, counting: bool) -> list[Leaf]:
    """What lies before an organisation a year later, which has only the edition of the first year."""
    grown = park(seed)
    public, both = first(seed)
    grown.age()
    told = [Given("Banque", WIDER, (both,))] if counting else []
    later = secured(grown.tables(), Thresholds(), [public], told)
    return [beside(read(public), read(alone(public.tables, both.hidden))), read(later)]


@pytest.mark.parametrize("seed", TOLD)
def test_a_later_public_release_tells_an_organisation_of_no_firm(seed: int) -> None:
    assert between_releases(second(seed, counting=True), SETTLED, WIDER.change) == set()


def test_a_later_public_release_that_forgets_what_was_given_tells_of_firms() -> None:
    assert all(between_releases(second(seed, counting=False), SETTLED, WIDER.change) for seed in TOLD)
