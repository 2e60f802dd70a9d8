"""Sums of what firms declared: which may not be shown, and which others are hidden so that no rival works them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from publish.cells import Cell, Thresholds

Contributions = Sequence[Decimal | int]


def too_few(contributions: Contributions, least: int) -> bool:
    """Minimum frequency: fewer than `least` contribute."""
    return len(contributions) < least


def dominated(contributions: Contributions, firms: int, percent: float) -> bool:
    """The (n, k) rule: the `firms` largest hold more than `percent` per cent."""
    ordered = sorted(map(Decimal, contributions), reverse=True)
    return sum(ordered[:firms]) * 100 > Decimal(str(percent)) * sum(ordered)


def estimable(contributions: Contributions, percent: float) -> bool:
    """The p % rule: the second largest, taking its own from the sum, knows the largest to within p per cent."""
    ordered = sorted(map(Decimal, contributions), reverse=True)
    return bool(ordered) and sum(ordered[2:]) * 100 < Decimal(str(percent)) * ordered[0]


def unsafe(contributions: Contributions, thresholds: Thresholds) -> bool:
    """Whether a sum of these may not be shown; of nobody, or of nothing, it may."""
    amounts = [abs(Decimal(amount)) for amount in contributions if amount]
    strict = max(thresholds.percent, thresholds.within)
    return bool(amounts) and (too_few(amounts, thresholds.firms) or estimable(amounts, strict))


def changed(before: Cell, now: Cell) -> list[Decimal]:
    """What each holding's contribution changed by between two releases: their difference shows no more than these."""
    then, today = dict(before.largest), dict(now.largest)
    moves = [today.get(holding, Decimal(0)) - then.get(holding, Decimal(0)) for holding in {*then, *today}]
    return [move for move in moves if move]


def protection(cell: Cell, thresholds: Thresholds) -> Decimal:
    """By how much, up and down, what is shown must leave a hidden sum open."""
    strict = Decimal(max(thresholds.percent, thresholds.within) + 1) / 100
    return strict * cell.largest[0][1] if cell.largest else Decimal(0)


def hide(
    cells: Mapping[int, Cell],
    rows: Sequence[Mapping[int, int]],
    cost: Mapping[int, float | None],
    wanted: Iterable[int],
    thresholds: Thresholds,
) -> tuple[set[int], list[int]]:
    """The places hidden, the wanted ones among them, and those that no pattern protects.

    For each wanted sum other tables are found that differ in it by its protection, up and down, and in the others no
    more than the largest contributor of each, knowing its own part, must hold possible. `cost` is None where a sum
    cannot be hidden, 0 where it is.
    """
    order = sorted(wanted, key=lambda place: (-protection(cells[place], thresholds), place))
    hidden = {place for place, its in cost.items() if its == 0} | {*order}
    failed = []
    for place in order:
        moved = _moved(cells, rows, {p: 0.0 if p in hidden else its for p, its in cost.items()}, place, thresholds)
        if moved is None:
            failed.append(place)
        else:
            hidden |= moved
    return hidden, failed


def _moved(
    cells: Mapping[int, Cell],
    rows: Sequence[Mapping[int, int]],
    cost: Mapping[int, float | None],
    target: int,
    thresholds: Thresholds,
) -> set[int] | None:
    whose = cells[target].largest[0][0] if cells[target].largest else ""
    aim = protection(cells[target], thresholds)
    if not aim:
        return set()
    free = [place for place in cells if cost[place] is not None]
    at = {place: number for number, place in enumerate(free)}
    size = len(free)
    # In units of the protection aimed at: a solver's tolerances are absolute.
    room = np.zeros(size)
    for place, number in at.items():
        insider = max((amount for holding, amount in cells[place].largest if holding != whose), default=Decimal(0))
        room[number] = float(min((Decimal(cells[place].value) - insider) / aim, Decimal(2)))
    room = np.maximum(room, 0)
    room[at[target]] = 1
    lowest, highest = np.r_[-room, np.zeros(size)], np.r_[room, np.ones(size)]
    lowest[at[target]] = 1
    constraints: list[tuple[dict[int, float], float, float]] = []
    for row in rows:
        terms = {at[place]: float(factor) for place, factor in row.items() if place in at}
        if terms:
            constraints.append((terms, 0, 0))
    for place, number in at.items():
        if cost[place]:
            constraints.append(({number: 1, size + number: -room[number]}, -np.inf, 0))
            constraints.append(({number: -1, size + number: -room[number]}, -np.inf, 0))
    price = np.r_[np.zeros(size), [float(cost[place] or 0) for place in free]]
    solved = milp(
        price,
        integrality=np.r_[np.zeros(size), np.ones(size)],
        bounds=Bounds(lowest, highest),
        constraints=_matrix(constraints, 2 * size) if constraints else (),
        options={"node_limit": 2_000, "time_limit": 60.0, "mip_rel_gap": 0.01},
    )
    if solved.x is None:
        return None
    return {place for place, number in at.items() if abs(solved.x[number]) > 1e-7}


def _matrix(rows: list[tuple[dict[int, float], float, float]], width: int) -> LinearConstraint:
    across = [place for row, _, _ in rows for place in row]
    down = [number for number, (row, _, _) in enumerate(rows) for _ in row]
    factors = [factor for row, _, _ in rows for factor in row.values()]
    matrix = coo_array((factors, (down, across)), shape=(len(rows), width)).tocsr()
    return LinearConstraint(matrix, [low for _, low, _ in rows], [high for _, _, high in rows])
