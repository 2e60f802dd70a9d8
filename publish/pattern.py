"""Which further counts to hide, as few as possible, so that none of those that must be hidden can be worked out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

# Other tables that would be printed alike differ from the true one by at most this in each count: to be told apart,
# one is enough.
REACH = 3
# How far one programme searches; what it has found by then hides enough, if perhaps not least. Counted in steps, so
# that a busy machine hides the same; the seconds are for a machine that stands still.
NODES, SECONDS = 1_000, 60.0


@dataclass
class Linked:
    """Counts that add up together: their true values, least and most, the rows of factors, what hiding each costs.

    `likely` is the most that those think it can be who guess the thresholds. `cost` is None where a count cannot be
    hidden, 0 where it is hidden already. All are lists by place.
    """

    value: list[int] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    likely: list[float] = field(default_factory=list)
    cost: list[float | None] = field(default_factory=list)
    rows: list[tuple[dict[int, int], bool]] = field(default_factory=list)

    def add(self, value: int, low: float, likely: float, cost: float | None) -> int:
        """Its place."""
        self.value.append(value)
        self.low.append(min(low, value))
        self.high.append(float("inf"))
        self.likely.append(likely)
        self.cost.append(cost)
        return len(self.value) - 1


class Unprotectable(Exception):
    """No pattern hides these counts: too much of what adds up to them is known. `places` says which."""

    def __init__(self, places: Collection[int]) -> None:
        super().__init__(f"{len(places)} cannot be hidden: what is known to everybody determines them")
        self.places = tuple(places)


def hide(linked: Linked, wanted: Iterable[int]) -> set[int]:
    """The places hidden so that each of `wanted` and of the others hidden has two values or more that fit.

    The proof is built with the pattern: other tables of whole numbers that agree with it in all that is shown, each
    count hidden being another one in at least one of them.
    """
    hidden = {place for place, cost in enumerate(linked.cost) if cost == 0}
    left = set(wanted)
    hidden |= left
    found: set[int] = set()
    for group in _apart(linked, left):
        found |= _differing(linked, hidden | found, group)
    return found | hidden


def _apart(linked: Linked, wanted: set[int]) -> list[set[int]]:
    """The wanted places in groups that nothing links: what cannot be hidden links nothing."""
    root = list(range(len(linked.value)))

    def top(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    for factors, _ in linked.rows:
        free = [place for place in factors if linked.cost[place] is not None]
        for place in free[1:]:
            root[top(place)] = top(free[0])
    groups: dict[int, set[int]] = {}
    for place in wanted:
        groups.setdefault(top(place), set()).add(place)
    return [groups[name] for name in sorted(groups)]


def _differing(linked: Linked, hidden: set[int], wanted: set[int]) -> set[int]:
    """The cheapest places to hide so that every wanted one can be another; in halves where not all can at once."""
    moved = witness(linked, hidden, wanted, linked.likely)
    if moved is None and len(wanted) == 1:
        # Not even those who guess the thresholds should know; where that cannot be, all others must not.
        moved = witness(linked, hidden, wanted, linked.high) or witness(linked, hidden, wanted, linked.high, 4 * REACH)
        if moved is None:
            raise Unprotectable(wanted)
    if moved is not None:
        return moved
    ordered = sorted(wanted)
    found: set[int] = set()
    for half in (ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]):
        found |= _differing(linked, hidden | found, set(half))
    return found


def witness(
    linked: Linked, hidden: set[int], wanted: set[int], high: Sequence[float], reach: int = 0
) -> set[int] | None:
    """The places, every wanted one among them, at which another fitting table differs from the true one, if one does.

    Of all of them it is that whose places not hidden yet cost least.
    Those not hidden yet differ by one, or by up to `reach`.
    """
    near = _near(linked, wanted)
    free = [place for place in near if linked.cost[place] is not None]
    at = {place: number for number, place in enumerate(free)}
    size = len(free)
    step = max(reach, REACH)
    # Up and down by place, then whether it goes up: both ways at once would be no change at all.
    cost, most = np.zeros(3 * size), np.zeros(3 * size)
    whole = np.zeros(3 * size)
    least, upper = np.zeros(3 * size), most
    rows: list[tuple[dict[int, float], float, float]] = []
    for number, place in enumerate(free):
        up, down, sign = number, size + number, 2 * size + number
        value = linked.value[place]
        far = step if place in hidden else max(reach, 1)
        upper[up] = min(far, high[place] - value)
        upper[down] = min(far, value - linked.low[place])
        if place in hidden:
            upper[sign] = 1
            whole[[up, down, sign]] = 1
            if place in wanted:
                rows.append(({up: 1, down: 1}, 1, np.inf))
            rows.append(({up: 1, sign: -max(upper[up], 1)}, -np.inf, 0))
            rows.append(({down: 1, sign: max(upper[down], 1)}, -np.inf, max(upper[down], 1)))
        elif far == 1:
            whole[[up, down]] = 1
            cost[[up, down]] = float(linked.cost[place] or 0)
            rows.append(({up: 1, down: 1}, -np.inf, 1))
        else:
            upper[sign] = 1
            whole[[up, down, sign]] = 1
            cost[sign] = float(linked.cost[place] or 0)
            rows.append(({up: 1, down: 1, sign: -far}, -np.inf, 0))
    if (upper < 0).any():
        upper = np.maximum(upper, 0)
    for factors, at_most in linked.rows:
        terms = {place: factor for place, factor in factors.items() if place in at}
        if not terms:
            continue
        row: dict[int, float] = {}
        for place, factor in terms.items():
            row[at[place]], row[size + at[place]] = factor, -factor
        slack = -sum(factor * linked.value[place] for place, factor in factors.items())
        rows.append((row, -np.inf if at_most else 0, slack if at_most else 0))
    solved = milp(
        cost,
        integrality=whole,
        bounds=Bounds(least, upper),
        constraints=_matrix(rows, 3 * size),
        options={"node_limit": NODES, "time_limit": SECONDS, "mip_rel_gap": 0.02},
    )
    if solved.x is None:
        return None
    change = np.rint(solved.x[:size]).astype(int) - np.rint(solved.x[size : 2 * size]).astype(int)
    moved = {place: int(change[number]) for number, place in enumerate(free) if change[number]}
    if not _fits(linked, moved) or not wanted <= set(moved):
        return None
    return set(moved)


def _near(linked: Linked, wanted: set[int]) -> list[int]:
    """The places that anything links with a wanted one, in order."""
    by_place: dict[int, list[int]] = {}
    for number, (factors, _) in enumerate(linked.rows):
        for place in factors:
            if linked.cost[place] is not None:
                by_place.setdefault(place, []).append(number)
    found, front = set(wanted), list(wanted)
    seen: set[int] = set()
    while front:
        for number in by_place.get(front.pop(), ()):
            if number not in seen:
                seen.add(number)
                new = {place for place in linked.rows[number][0] if linked.cost[place] is not None} - found
                found |= new
                front.extend(new)
    return sorted(found)


def _fits(linked: Linked, moved: Mapping[int, int]) -> bool:
    """Whether the table changed so is one, in whole numbers: a solver's word is not a proof."""
    if any(not linked.low[p] <= linked.value[p] + by <= linked.high[p] for p, by in moved.items()):
        return False
    for factors, at_most in linked.rows:
        change = sum(factor * moved.get(place, 0) for place, factor in factors.items())
        if at_most:
            if change + sum(factor * linked.value[place] for place, factor in factors.items()) > 0:
                return False
        elif change:
            return False
    return True


def _matrix(rows: list[tuple[dict[int, float], float, float]], width: int) -> LinearConstraint:
    across = [place for row, _, _ in rows for place in row]
    down = [number for number, (row, _, _) in enumerate(rows) for _ in row]
    factors = [factor for row, _, _ in rows for factor in row.values()]
    matrix = coo_array((factors, (down, across)), shape=(len(rows), width)).tocsr()
    return LinearConstraint(matrix, [low for _, low, _ in rows], [high for _, _, high in rows])
