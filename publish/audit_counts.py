"""The hidden counts of all releases as whole numbers that are not known, and what the printed ones say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from publish.cells import COUNT, Cell, Name, Printed, Thresholds
from publish.cuts import within
from publish.finding import Finding, Known, tells_of_few, unknown

# Another table need not lie far from the true one to show that a figure is open; in so many tries most are shown so.
_FAR = 6
_ROUNDS = 12
_SECONDS = 20.0


@dataclass(frozen=True)
class _Row:
    """Factors by place, and between which ends their sum lies."""

    factors: Mapping[int, int]
    low: float
    high: float


class Counts:
    """Every count of every release as an unknown, with all that is known of them."""

    def __init__(self, releases: Sequence[Printed], thresholds: Thresholds, guessed: bool = True) -> None:
        """`guessed` has readers know which figures fell under the thresholds, and what these are."""
        self.releases, self.thresholds = releases, thresholds
        self.places: dict[Known, int] = {}
        self.value: list[int] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.rows: list[_Row] = []
        for release in releases:
            for name, cell in release.tables.cells.items():
                if cell.kind == COUNT:
                    self._learn(release, name, cell, guessed)
        for release in releases:
            self._link(release)

    def _learn(self, release: Printed, name: Name, cell: Cell, guessed: bool) -> None:
        value = int(cell.value)
        place = self.places.setdefault(unknown(cell, release), len(self.value))
        if place == len(self.value):
            self.value.append(value)
            self.low.append(0)
            self.high.append(np.inf)
        low: float
        high: float
        if cell.known:
            low = high = value
        elif name in release.hidden:
            low, high = cell.floor, np.inf
            if value < low:
                low = value
            if guessed and cell.sensitive and cell.floor and 0 < value < self.thresholds.least:
                high = self.thresholds.least - 1
        elif release.base:
            # Whichever of the two multiples beside it was printed.
            shown = release.rounded[name]
            low, high = max(0, shown - release.base + 1), shown + release.base - 1
        else:
            low = high = value
        self.low[place] = max(self.low[place], low)
        self.high[place] = min(self.high[place], high)

    def _link(self, release: Printed) -> None:
        tables = release.tables

        def factors(terms: Iterable[tuple[int, Name]]) -> dict[int, int]:
            found: dict[int, int] = {}
            for factor, name in terms:
                if name in tables.cells:
                    place = self.places[unknown(tables.cells[name], release)]
                    found[place] = found.get(place, 0) + factor
            return found

        for relation in tables.relations:
            if all(name not in tables.cells or tables.cells[name].kind == COUNT for _, name in relation.terms):
                self.rows.append(_Row(factors(relation.terms), -np.inf if relation.at_most else 0, 0))
        for rate in tables.rates:
            parts = ((1, rate.numerator), (1, rate.complement), (-1, rate.denominator))
            self.rows.append(_Row(factors(parts), 0, 0))
            shown = release.rate(rate)
            if shown is not None and not release.base:
                unit = 2 * 10**rate.places
                twice = int(shown * unit)
                over, under = ((unit, rate.numerator), (-twice - 1, rate.denominator)), ((-unit, rate.numerator),)
                self.rows.append(_Row(factors(over), -np.inf, 0))
                self.rows.append(_Row(factors((*under, (twice - 1, rate.denominator))), -np.inf, 0))

    @cached_property
    def targets(self) -> dict[int, tuple[int, Name]]:
        """The places of what was hidden and is shown nowhere, with the latest release that hides it."""
        found: dict[int, tuple[int, Name]] = {}
        for release in self.releases:
            names = release.hidden if not release.base else release.tables.cells.keys()
            withheld = within(release.tables, release.withheld)
            for name in names:
                cell = release.tables.cells.get(name)
                if cell is None or cell.kind != COUNT or cell.known:
                    continue
                if name in withheld and not cell.value:
                    # Nobody, and nothing printed of them.
                    continue
                if release.base and not (cell.sensitive and 0 < cell.value < self.thresholds.least):
                    continue
                found[self.places[unknown(cell, release)]] = release.number, name
        shown = {
            self.places[unknown(cell, release)]
            for release in self.releases
            if not release.base
            for name, cell in release.tables.cells.items()
            if cell.kind == COUNT and name not in release.hidden
        }
        return {place: where for place, where in found.items() if place not in shown}

    @cached_property
    def changes(self) -> dict[tuple[int, int], tuple[int, Name, int]]:
        """Pairs of places of one sensitive figure in the newest release and an earlier one whose change names few."""
        newest = self.releases[-1]
        found = {}
        for before in self.releases[:-1]:
            for name in newest.tables.cells.keys() & before.tables.cells.keys():
                cell, same = newest.tables.cells[name], before.tables.cells[name]
                few = tells_of_few(same, cell, before.tables, newest.tables, self.thresholds)
                if cell.kind == COUNT and cell.sensitive and not cell.known and few:
                    pair = self.places[unknown(cell, newest)], self.places[unknown(same, before)]
                    if {*pair} & self.targets.keys():
                        found[pair] = newest.number, name, before.number
        return found

    def determined(self) -> list[Finding]:
        """What has one value only that fits: what is hidden, and what changed by a few."""
        self._agree()
        open_places, open_pairs = set(self.targets), set(self.changes)
        for piece in self._pieces():
            places = {place for place in piece.places if place in open_places}
            pairs = {pair for pair in open_pairs if {*pair} & set(piece.at)}
            if not places and not pairs:
                continue
            left, unlike = piece.settled(places, pairs)
            open_places -= places - left
            open_pairs -= pairs - unlike
        found = []
        for place in sorted(open_places):
            number, name = self.targets[place]
            low, high = self.ends(place)
            if high - low < 1:
                found.append(Finding(number, name, "can be worked out", low, high, self.value[place]))
        alone = {finding.name for finding in found}
        for now, then in sorted(open_pairs):
            number, name, since = self.changes[now, then]
            low, high = self.ends(now, then)
            if high - low < 1 and name not in alone:
                found.append(Finding(number, name, "its change can be worked out", low, high, self.value[now], since))
                alone.add(name)
        return found

    def ends(self, place: int, minus: int | None = None) -> tuple[float, float]:
        """The least and the most that a count, or one minus another, can be."""
        for piece in self._pieces():
            if place in piece.at or minus in piece.at:
                return piece.ends(place, minus)
        return (0, 0) if minus is not None else (float(self.value[place]),) * 2

    def _agree(self) -> None:
        """What is true must fit what is printed, or the audit is about another release."""
        for row in self.rows:
            total = sum(factor * self.value[place] for place, factor in row.factors.items())
            if not row.low <= total <= row.high:
                raise ValueError(f"the tables do not add up: {[self._named(place) for place in row.factors]}")
        for place, value in enumerate(self.value):
            if not self.low[place] <= value <= self.high[place]:
                raise ValueError(f"what is printed is not true of {self._named(place)}")

    def _named(self, place: int) -> Name:
        return next(name for (name, _, _), its in self.places.items() if its == place)

    def _pieces(self) -> list[_Piece]:
        return self._all_pieces

    @cached_property
    def _all_pieces(self) -> list[_Piece]:
        free = np.array([self.low[place] < self.high[place] for place in range(len(self.value))])
        rows = [row for row in self.rows if any(free[place] for place in row.factors)]
        pairs = [
            (place, len(self.value) + number) for number, row in enumerate(rows) for place in row.factors if free[place]
        ]
        size = len(self.value) + len(rows)
        graph = coo_array((np.ones(len(pairs)), tuple(zip(*pairs, strict=True)) if pairs else ([], [])), (size, size))
        _, piece = connected_components(graph, directed=False)
        by_piece: dict[int, tuple[list[int], list[_Row]]] = {}
        for place in free.nonzero()[0]:
            by_piece.setdefault(int(piece[place]), ([], []))[0].append(int(place))
        for number, row in enumerate(rows):
            by_piece[int(piece[len(self.value) + number])][1].append(row)
        return [_Piece(self, places, its) for places, its in by_piece.values()]


class _Piece:
    """Unknowns that nothing links with others."""

    def __init__(self, counts: Counts, places: list[int], rows: list[_Row]) -> None:
        self.places, self.at = places, {place: number for number, place in enumerate(places)}
        self.value = np.array([counts.value[place] for place in places], dtype=np.int64)
        self.low = np.array([counts.low[place] for place in places]) - self.value
        self.high = np.array([counts.high[place] for place in places]) - self.value
        down, across, factors, low, high = [], [], [], [], []
        for number, row in enumerate(rows):
            there = sum(factor * counts.value[place] for place, factor in row.factors.items())
            for place, factor in row.factors.items():
                if place in self.at:
                    down.append(number)
                    across.append(self.at[place])
                    factors.append(factor)
            low.append(row.low - there)
            high.append(row.high - there)
        self.matrix: csr_array = coo_array(
            (np.array(factors, dtype=np.int64), (down, across)), shape=(len(rows), len(places))
        ).tocsr()
        self.row_low, self.row_high = np.array(low, dtype=float), np.array(high, dtype=float)

    def settled(self, places: set[int], pairs: set[tuple[int, int]]) -> tuple[set[int], set[tuple[int, int]]]:
        """Those of the places, and of the pairs, that are the same number in every other table that was found."""
        left, unlike = set(places), set(pairs)
        chance = np.random.default_rng(0)
        idle = 0
        for _ in range(_ROUNDS):
            if idle == 3 or not (left or unlike):
                break
            aim = np.zeros(len(self.places))
            for place in left:
                aim[self.at[place]] += chance.choice((-1, 1)) * chance.uniform(0.5, 1)
            for pair in unlike:
                for place, sign in zip(pair, (1, -1), strict=True):
                    if place in self.at:
                        aim[self.at[place]] += sign * chance.choice((-1, 1)) * chance.uniform(0.1, 0.3)
            moved = self._solve(aim, _FAR)
            before = len(left) + len(unlike)
            left, unlike = self._still(left, unlike, moved)
            idle = idle + 1 if len(left) + len(unlike) == before else 0
        for place in sorted(left):
            if place in left:
                left, unlike = self._turn(left, unlike, {place: 1})
        for now, then in sorted(unlike):
            if (now, then) in unlike:
                left, unlike = self._turn(left, unlike, {now: 1, then: -1})
        return left, unlike

    def _turn(
        self, left: set[int], unlike: set[tuple[int, int]], towards: Mapping[int, int]
    ) -> tuple[set[int], set[tuple[int, int]]]:
        for sign in (1, -1):
            aim = np.zeros(len(self.places))
            for place, factor in towards.items():
                if place in self.at:
                    aim[self.at[place]] += sign * factor
            moved = self._solve(aim, 1000)
            before = len(left) + len(unlike)
            left, unlike = self._still(left, unlike, moved)
            if len(left) + len(unlike) < before:
                break
        return left, unlike

    def _still(
        self, left: set[int], unlike: set[tuple[int, int]], moved: np.ndarray | None
    ) -> tuple[set[int], set[tuple[int, int]]]:
        if moved is None:
            return left, unlike

        def by(place: int) -> int:
            return int(moved[self.at[place]]) if place in self.at else 0

        return {p for p in left if not by(p)}, {(a, b) for a, b in unlike if by(a) == by(b)}

    def ends(self, place: int, minus: int | None) -> tuple[float, float]:
        aim, base = np.zeros(len(self.places)), 0.0
        for one, sign in ((place, 1), (minus, -1)):
            if one is not None and one in self.at:
                aim[self.at[one]] += sign
                base += sign * float(self.value[self.at[one]])
        found = []
        for sign in (-1, 1):
            moved = self._solve(sign * aim, 10_000)
            found.append(base + float(aim @ moved) if moved is not None else base)
        return found[0], found[1]

    def _solve(self, aim: np.ndarray, far: float) -> np.ndarray | None:
        """Another table as far as can be towards `aim`, as changes of the true one, proved in whole numbers."""
        low, high = np.maximum(self.low, -far), np.minimum(self.high, far)
        rows = LinearConstraint(self.matrix.astype(float), self.row_low, self.row_high) if self.matrix.shape[0] else ()
        solved = milp(
            -aim,
            integrality=np.ones(len(aim)),
            bounds=Bounds(low, high),
            constraints=rows,
            options={"time_limit": _SECONDS, "mip_rel_gap": 0.05},
        )
        if solved.x is None:
            return None
        moved = np.rint(solved.x).astype(np.int64)
        total = self.matrix @ moved
        if (moved < self.low).any() or (moved > self.high).any():
            return None
        return moved if (total >= self.row_low).all() and (total <= self.row_high).all() else None
