"""Whether what is printed can be undone: what anybody can work out of all releases together, by whole-number programmes.

It knows nothing of how tables are protected, and thinks the worst of those who read them: they have all releases, know
what lies long enough back to have stayed the same, and what everybody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from publish.cells import COUNT, SUM, Cell, Name, Number, Printed, Thresholds

# An unknown: a figure of a release; what is lasting and has the same value in several is one unknown of none (0).
Known = tuple[Name, Number, int]
_FAR = 6
_ROUNDS = 12
_SECONDS = 20.0


def _unknown(cell: Cell, release: Printed) -> Known:
    return cell.name, cell.value, 0 if cell.lasting else release.number


@dataclass(frozen=True)
class Finding:
    """A figure that is not safe: how, in which release, and between which ends it must lie by what is printed.

    `since` is the number of the earlier release where it is the change since then that is not.
    """

    number: int
    name: Name
    what: str
    low: float
    high: float
    value: Number
    since: int = 0

    def __str__(self) -> str:
        table, key = self.name
        where = " × ".join(label or "*" for label in key)
        return f"release {self.number}, {table}, {where}: {self.what}, between {self.low:g} and {self.high:g}"


class Undone(Exception):
    """The release must not be published; `findings` says which cells can be worked out."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


def check(releases: Sequence[Printed], thresholds: Thresholds | None = None) -> None:
    """Raises Undone where anything hidden in any of the releases can be worked out of them all, the newest last."""
    findings = audit(releases, thresholds)
    if findings:
        raise Undone(findings)


def audit(releases: Sequence[Printed], thresholds: Thresholds | None = None) -> list[Finding]:
    """Every figure that is not safe, by name; none where the releases may stand together."""
    thresholds = thresholds or Thresholds()
    if not releases:
        return []
    found = _shown_though_few(releases[-1], thresholds)
    found += _differences_shown(releases, thresholds)
    counts = Counts(releases, thresholds, guessed=False)
    found += counts.determined()
    found += Sums(releases, thresholds).estimated()
    return sorted(set(found), key=lambda finding: (finding.number, finding.name, finding.what))


def bounds(releases: Sequence[Printed], name: Name, thresholds: Thresholds | None = None) -> tuple[float, float]:
    """The least and the most that a hidden count of the newest release can be, by all that is printed."""
    counts = Counts(releases, thresholds or Thresholds(), guessed=False)
    return counts.ends(counts.places[_unknown(releases[-1].tables.cells[name], releases[-1])])


# What needs no programme


def _shown_though_few(release: Printed, thresholds: Thresholds) -> list[Finding]:
    tables, found = release.tables, []

    def tell(name: Name, what: str, value: Number) -> None:
        found.append(Finding(release.number, name, what, float(value), float(value), value))

    for name, cell in tables.cells.items():
        if cell.known or name in release.hidden:
            continue
        if cell.kind == SUM:
            if _rival_knows([amount for _, amount in cell.largest], thresholds):
                tell(name, "a sum of few", cell.value)
        elif cell.sensitive and not release.base and 0 < cell.value < thresholds.least:
            tell(name, "a count of few", cell.value)
    for rate in tables.rates:
        value = release.rate(rate)
        below = tables.value(rate.denominator)
        if value is None or release.base:
            continue
        few = any(0 < tables.value(name) < thresholds.least for name in (rate.numerator, rate.complement))
        if below < thresholds.denominator or few:
            tell(rate.name, "a rate of few", value)
    for mean in tables.means:
        shown = release.mean(mean)
        if shown is not None and tables.value(mean.count) < thresholds.denominator:
            tell(mean.name, "a mean of few", shown)
    return found


def _differences_shown(releases: Sequence[Printed], thresholds: Thresholds) -> list[Finding]:
    newest, found = releases[-1], []
    for name, cell in newest.tables.cells.items():
        if cell.known or not cell.sensitive or name in newest.hidden or newest.base:
            continue
        for before in releases[:-1]:
            same = before.tables.cells.get(name)
            if same is None or name in before.hidden or before.base:
                continue
            change = abs(cell.value - same.value)
            then, now = dict(same.largest), dict(cell.largest)
            moves = [now.get(one, Decimal(0)) - then.get(one, Decimal(0)) for one in {*then, *now}]
            few = cell.kind == COUNT and 0 < change < thresholds.least
            if few or (cell.kind == SUM and _rival_knows(moves, thresholds)):
                what = f"the change since release {before.number} is that of few"
                found.append(Finding(newest.number, name, what, float(change), float(change), cell.value))
                break
    return found


def _rival_knows(contributions: Iterable[Decimal], thresholds: Thresholds) -> bool:
    """Whether the sum of these tells somebody among them too much of the largest."""
    ordered = sorted((abs(amount) for amount in contributions if amount), reverse=True)
    if not ordered:
        return False
    margin = Decimal(max(thresholds.within, thresholds.percent)) / 100
    return len(ordered) < thresholds.firms or sum(ordered[2:], Decimal(0)) < margin * ordered[0]


# Counts


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
        place = self.places.setdefault(_unknown(cell, release), len(self.value))
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
                    place = self.places[_unknown(tables.cells[name], release)]
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
            for name in names:
                cell = release.tables.cells.get(name)
                if cell is None or cell.kind != COUNT or cell.known:
                    continue
                if release.base and not (cell.sensitive and 0 < cell.value < self.thresholds.least):
                    continue
                found[self.places[_unknown(cell, release)]] = release.number, name
        shown = {
            self.places[_unknown(cell, release)]
            for release in self.releases
            if not release.base
            for name, cell in release.tables.cells.items()
            if cell.kind == COUNT and name not in release.hidden
        }
        return {place: where for place, where in found.items() if place not in shown}

    @cached_property
    def changes(self) -> dict[tuple[int, int], tuple[int, Name, int]]:
        """Pairs of places of one sensitive figure in the newest release and an earlier one that differ by few firms."""
        newest = self.releases[-1]
        found = {}
        for before in self.releases[:-1]:
            for name in newest.tables.cells.keys() & before.tables.cells.keys():
                cell, same = newest.tables.cells[name], before.tables.cells[name]
                few = 0 < abs(cell.value - same.value) < self.thresholds.least
                if cell.kind == COUNT and cell.sensitive and not cell.known and few:
                    pair = self.places[_unknown(cell, newest)], self.places[_unknown(same, before)]
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
        """Those of the places, and of the pairs, for which no other table was found in which they are another number."""
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


# Sums


class Sums:
    """Every sum of every release as an unknown that is not negative, with what is printed, and rivals who know theirs."""

    def __init__(self, releases: Sequence[Printed], thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self.places: dict[Known, int] = {}
        self.cells: list[Cell] = []
        self.fixed: list[bool] = []
        self.where: dict[int, tuple[int, Name]] = {}
        self.rows: list[dict[int, int]] = []
        self.ends_of_means: list[tuple[int, float, float]] = []
        for release in releases:
            for name, cell in release.tables.cells.items():
                if cell.kind != SUM:
                    continue
                place = self.places.setdefault(_unknown(cell, release), len(self.cells))
                if place == len(self.cells):
                    self.cells.append(cell)
                    self.fixed.append(False)
                if cell.known or name not in release.hidden or not cell.value:
                    self.fixed[place] = True
                else:
                    self.where[place] = release.number, name
            for relation in release.tables.relations:
                row = {
                    self.places[_unknown(release.tables.cells[name], release)]: factor
                    for factor, name in relation.terms
                    if name in release.tables.cells and release.tables.cells[name].kind == SUM
                }
                if row and not relation.at_most:
                    self.rows.append(row)
            for mean in release.tables.means:
                shown = release.mean(mean)
                if shown is not None and mean.total in release.tables.cells:
                    half = Decimal(5) / 10 ** (mean.places + 1)
                    many = Decimal(release.tables.value(mean.count))
                    place = self.places[_unknown(release.tables.cells[mean.total], release)]
                    self.ends_of_means.append((place, float((shown - half) * many), float((shown + half) * many)))

    def estimated(self) -> list[Finding]:
        """The hidden sums of which somebody, knowing what is printed and its own part, knows the largest too well."""
        found = []
        for place, (number, name) in sorted(self.where.items()):
            cell = self.cells[place]
            if self.fixed[place] or not _rival_knows([amount for _, amount in cell.largest], self.thresholds):
                continue
            low, high = self.interval(place)
            if not self._open(cell, low, high):
                what = "its largest contribution can be estimated"
                found.append(Finding(number, name, what, low, high, cell.value))
        return found

    def _open(self, cell: Cell, low: float, high: float) -> bool:
        amounts = [float(amount) for _, amount in cell.largest]
        first, second = amounts[0], amounts[1] if len(amounts) > 1 else 0.0
        total, slack = float(cell.value), 1e-6 * max(1.0, float(cell.value))
        margin = self.thresholds.within / 100 * first
        # Between these the largest must lie, for the second largest.
        upper, lower = high - second, low - (total - first)
        near = lower > first - margin + slack and upper < first + margin - slack
        need = max(0.0, self.thresholds.percent / 100 * first - (total - first - second))
        return not near and high >= total + need - slack and low <= total - need + slack

    def interval(self, place: int) -> tuple[float, float]:
        """Between which ends a sum lies for a circle of firms, the largest of every other sum, who pool their own parts.

        What they cannot know together, none of them knows alone.
        """
        whose = self.cells[place].largest[0][0]
        scale = max(1.0, float(self.cells[place].value))
        limits: list[tuple[float, float | None]] = []
        for number, cell in enumerate(self.cells):
            value = float(cell.value) / scale
            if self.fixed[number]:
                limits.append((value, value))
                continue
            others = [amount for holding, amount in cell.largest if holding != whose]
            known = float(max(others, default=Decimal(0))) / scale
            alone = len(cell.largest) == 1 and cell.largest[0][0] != whose
            limits.append((known, value if alone else None))
        for number, low, high in self.ends_of_means:
            least, most = limits[number]
            limits[number] = (
                max(least, low / scale),
                high / scale if most is None else min(most, max(high / scale, least)),
            )
        rows = np.zeros((len(self.rows), len(self.cells)))
        for number, row in enumerate(self.rows):
            for one, factor in row.items():
                rows[number, one] = factor
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(self.cells))
            aim[place] = sign
            solved = linprog(
                aim,
                A_eq=rows if len(rows) else None,
                b_eq=np.zeros(len(rows)) if len(rows) else None,
                bounds=limits,
                method="highs",
            )
            if solved.status == 3:
                ends.append(np.inf if sign < 0 else -np.inf)
            elif solved.x is None:
                # The solver failed: nothing is proved, so nothing is safe.
                ends.append(float(self.cells[place].value))
            else:
                ends.append(float(solved.x[place]) * scale)
        return ends[0], ends[1]
