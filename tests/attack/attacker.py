"""What somebody can work out of printed tables: by subtraction, by programmes, by rates, over releases, as a rival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

Figure = tuple[str, tuple[str, ...]]
Unknown = tuple[int, Figure]


@dataclass(frozen=True)
class Leaf:
    """One release as it lies before a reader: figures ("c" is None), how they add up, and shares with their parts.

    `lasting` figures are those of years long over. `adds` are factors by figure that come to 0; absent figures are 0.
    `among` says of how many firms a figure counts some: a directory names them, whether they are printed or not.
    With `base`, what is printed is one of the two multiples beside the count, but for those `exact`.
    """

    counts: Mapping[Figure, int | None]
    sums: Mapping[Figure, Decimal | None]
    adds: Sequence[Sequence[tuple[int, Figure]]]
    shares: Sequence[tuple[Figure, Figure, Figure, Decimal | None, int]] = ()
    means: Sequence[tuple[Figure, Figure, Decimal | None, int]] = ()
    lasting: frozenset[Figure] = frozenset()
    never_zero: frozenset[Figure] = frozenset()
    among: Mapping[Figure, int] = field(default_factory=dict)
    base: int = 0
    exact: frozenset[Figure] = frozenset()

    def rounds(self, name: Figure) -> bool:
        return bool(self.base) and name in self.counts and name not in self.exact


@dataclass
class System:
    """Unknowns by release and figure, equations and inequalities of whole numbers over them."""

    at: dict[Unknown, int] = field(default_factory=dict)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    rows: list[tuple[dict[int, int], float, float]] = field(default_factory=list)

    def unknown(self, name: Unknown, low: float = 0) -> int:
        if name not in self.at:
            self.at[name] = len(self.low)
            self.low.append(low)
            self.high.append(np.inf)
        return self.at[name]

    def say(self, factors: Mapping[int, int], low: float, high: float) -> None:
        if factors:
            self.rows.append((dict(factors), low, high))


def counts(leaves: Sequence[Leaf]) -> System:
    """What all releases say of their hidden counts, whoever has them side by side taking the past not to change."""
    system = System()
    for number, leaf in enumerate(leaves):

        def add(
            terms: Sequence[tuple[int, Figure]], low: float, high: float, number: int = number, leaf: Leaf = leaf
        ) -> None:
            factors: dict[int, int] = {}
            for factor, name in terms:
                value = leaf.counts.get(name, 0)
                if value is None or leaf.rounds(name):
                    place = system.unknown((number, name), int(name in leaf.never_zero))
                    factors[place] = factors.get(place, 0) + factor
                else:
                    low, high = low - factor * value, high - factor * value
            system.say(factors, low, high)

        for name, value in leaf.counts.items():
            if value is None:
                system.unknown((number, name), int(name in leaf.never_zero))
            elif leaf.rounds(name):
                place = system.unknown((number, name), max(0, value - leaf.base + 1))
                system.high[place] = value + leaf.base - 1
        for terms in leaf.adds:
            if all(name not in leaf.sums for _, name in terms):
                add(terms, 0, 0)
        for above, rest, below, share, places in leaf.shares:
            add([(1, above), (1, rest), (-1, below)], 0, 0)
            if share is not None and not leaf.base:
                unit = 10**places
                add([(2 * unit, above), (-int(2 * share * unit) - 1, below)], -np.inf, 0)
                add([(-2 * unit, above), (int(2 * share * unit) - 1, below)], -np.inf, 0)
    return system


def by_subtraction(system: System) -> set[Unknown]:
    """The unknowns that equations alone determine: Gauss and Jordan, in exact fractions."""
    table: list[dict[int, Fraction]] = []
    for factors, low, high in system.rows:
        if low == high:
            table.append({place: Fraction(factor) for place, factor in factors.items() if factor})
    pivots: dict[int, dict[int, Fraction]] = {}
    for row in table:
        for pivot in [place for place in row if place in pivots]:
            _less(row, pivots[pivot], pivot)
        if row:
            pivot = min(row)
            first = row[pivot]
            row = {place: factor / first for place, factor in row.items()}
            for other in pivots.values():
                if pivot in other:
                    _less(other, row, pivot)
            pivots[pivot] = row
    solved = {pivot for pivot, row in pivots.items() if len(row) == 1}
    return {name for name, place in system.at.items() if place in solved}


def _less(row: dict[int, Fraction], other: dict[int, Fraction], pivot: int) -> None:
    times = row.get(pivot, Fraction(0))
    if not times:
        return
    for place, factor in other.items():
        left = row.get(place, Fraction(0)) - times * factor
        if left:
            row[place] = left
        else:
            row.pop(place, None)


def by_programmes(system: System) -> dict[Unknown, int]:
    """The unknowns that can be one whole number only, by the least and the most each can be."""
    size = len(system.low)
    if not size:
        return {}
    matrix = np.zeros((len(system.rows), size))
    for number, (factors, _, _) in enumerate(system.rows):
        for place, factor in factors.items():
            matrix[number, place] = factor
    ends = [low for _, low, _ in system.rows], [high for _, _, high in system.rows]
    rows = LinearConstraint(matrix, *ends) if system.rows else ()
    limits = Bounds(np.array(system.low), np.minimum(system.high, 10_000))
    least, most = np.full(size, np.inf), np.full(size, -np.inf)

    def towards(aim: Any) -> None:
        solved = milp(aim, integrality=np.ones(size), bounds=limits, constraints=rows, options={"time_limit": 20.0})
        if solved.x is not None:
            found = np.rint(solved.x)
            np.minimum(least, found, out=least)
            np.maximum(most, found, out=most)

    chance = np.random.default_rng(1)
    for _ in range(6):
        aim = chance.normal(size=size)
        towards(aim)
        towards(-aim)
    for place in range(size):
        for sign in (1, -1):
            if most[place] - least[place] < 1:
                aim = np.zeros(size)
                aim[place] = sign
                towards(aim)
    return {name: int(least[place]) for name, place in system.at.items() if most[place] - least[place] < 1}


def between_releases(leaves: Sequence[Leaf], settled: Mapping[str, bool], few: int) -> set[Figure]:
    """Figures shown twice whose change befell firms that a directory names: few of them, or all of them but one.

    `settled` says by table whether what befalls a firm is settled when it comes in: then the change is about those who
    came in since, if any did.
    """
    found = set()
    for number, later in enumerate(leaves):
        for earlier in leaves[:number]:
            for name, value in later.counts.items():
                before = earlier.counts.get(name)
                if name[0] not in settled or value is None or before is None or value == before:
                    continue
                then, now = earlier.among.get(name, 0), later.among[name]
                named = (abs(now - then) or now) if settled[name[0]] else max(then, now) - min(before, value)
                if named < few or named - abs(value - before) < 2:
                    found.add(name)
    return found


def by_rivals(leaf: Leaf, behind: Mapping[Figure, Sequence[tuple[str, Decimal]]], within: float) -> set[Figure]:
    """Sums whose largest contribution somebody knows to within so much: an outsider, or a firm that knows its own.

    `behind` is what each firm declared, the largest first: of it a rival uses its own alone.
    """
    names = list(leaf.sums)
    at = {name: place for place, name in enumerate(names)}
    rows = [[(factor, at[name]) for factor, name in terms if name in at] for terms in leaf.adds]
    rows = [row for row in rows if row]
    matrix = np.zeros((len(rows), len(names)))
    for number, row in enumerate(rows):
        for factor, place in row:
            matrix[number, place] += factor
    limits: list[tuple[float, float | None]] = []
    for name in names:
        shown = leaf.sums[name]
        limits.append((0, None) if shown is None else (float(shown), float(shown)))
    for total, count, mean, places in leaf.means:
        many = leaf.counts.get(count)
        if mean is not None and many is not None and leaf.sums.get(total) is None:
            half = Decimal(5) / 10 ** (places + 1)
            limits[at[total]] = float((mean - half) * many), float((mean + half) * many)
    found = set()
    for name in names:
        firms = behind.get(name, ())
        if not firms or (leaf.sums[name] is not None and len(firms) > 40):
            continue
        first, largest = firms[0][0], float(firms[0][1])
        alone = {whose[0][0] for other, whose in behind.items() if len(whose) == 1 and leaf.sums[other] is None}
        rivals = [None, *sorted(({firm for firm, _ in firms[1:3]} | alone) - {first})]
        for rival in rivals:
            mine = {other: float(dict(whose).get(rival, 0)) for other, whose in behind.items()} if rival else {}
            known = list(limits)
            for other, own in mine.items():
                if leaf.sums[other] is None and own:
                    known[at[other]] = (own, own if len(behind[other]) == 1 else None)
            low, high = (_end(matrix, known, at[name], sign) for sign in (1, -1))
            own = mine.get(name, 0.0)
            upper = high - own
            lower = low - own if len(firms) <= 2 else 0.0
            few = len(firms) <= 2
            near = upper <= largest * (1 + within) * (1 - 1e-6)
            # Of fewer than five firms, the sum itself is theirs to tell.
            solved = len(firms) < 5 and first != rival and high - low < 1e-6 * largest
            if solved or (near and (lower >= largest * (1 - within) or not few)):
                found.add(name)
    return found


def _end(matrix: Any, limits: Sequence[tuple[float, float | None]], place: int, sign: int) -> float:
    if limits[place][0] == limits[place][1]:
        return limits[place][0]
    aim = np.zeros(len(limits))
    aim[place] = sign
    equal = {"A_eq": matrix, "b_eq": np.zeros(len(matrix))} if len(matrix) else {}
    solved = linprog(aim, bounds=limits, method="highs", **equal)
    return float(solved.x[place]) if solved.x is not None else (-np.inf if sign > 0 else np.inf)
