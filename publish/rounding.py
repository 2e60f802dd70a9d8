"""The other method: every count a multiple of five, the tables still adding up. For one cut at a time only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from publish.audit import Undone, audit
from publish.cells import COUNT, SUM, Name, Printed, Tables, Thresholds
from publish.protect import CannotBeProtected, own_reasons, protect


def rounded(tables: Tables, thresholds: Thresholds | None = None, earlier: Sequence[Printed] = ()) -> Printed:
    """The release with counts rounded to one of the two multiples beside them, as near as lets the tables add up.

    Rounding each by itself can be undone: four sevens printed 5 under a total of 28 printed 30 can be nothing else.
    With totals that are the sums of what is printed, one more or less fits everywhere. What has not changed is printed
    as before. Sums are protected as without rounding. Raises CannotBeProtected, or Undone where an audit finds a count.
    """
    thresholds = thresholds or Thresholds()
    base = thresholds.base
    cells = {name: cell for name, cell in tables.cells.items() if cell.kind == COUNT}
    names = list(cells)
    at = {name: place for place, name in enumerate(names)}
    under = np.array([int(cells[name].value) // base for name in names])
    over = np.array([-(-int(cells[name].value) // base) for name in names])
    for release in earlier:
        for name in names:
            same = release.tables.cells.get(name)
            if name in release.rounded and same is not None and same.value == cells[name].value:
                under[at[name]] = over[at[name]] = release.rounded[name] // base
    rows, most = [], []
    for relation in tables.relations:
        if all(name not in tables.cells or name in cells for _, name in relation.terms):
            rows.append({at[name]: factor for factor, name in relation.terms if name in at})
            most.append(-np.inf if relation.at_most else 0)
    # Up where the count lies nearer to the multiple above it.
    price = np.array([base - 2 * (int(cells[name].value) % base) for name in names], dtype=float)
    across = [place for row in rows for place in row]
    down = [number for number, row in enumerate(rows) for _ in row]
    factors = [factor for row in rows for factor in row.values()]
    matrix = coo_array((factors, (down, across)), shape=(len(rows), len(names))).tocsr()
    solved = milp(
        price,
        integrality=np.ones(len(names)),
        bounds=Bounds(under, over),
        constraints=LinearConstraint(matrix, most, 0) if rows else (),
        options={"time_limit": 20.0, "mip_rel_gap": 0.01},
    )
    if solved.x is None:
        raise CannotBeProtected(set(names))
    shown = {name: int(np.rint(solved.x[place])) * base for name, place in at.items()}
    few = {rate.name for rate in tables.rates} & own_reasons(tables, thresholds)
    printed = Printed(earlier[-1].number + 1 if earlier else 1, tables, frozenset(few), {}, base, shown)
    printed = _with_sums(printed, tables, thresholds, earlier)
    findings = audit((*earlier, printed), thresholds)
    if findings:
        raise Undone(findings)
    return printed


def _with_sums(printed: Printed, tables: Tables, thresholds: Thresholds, earlier: Sequence[Printed]) -> Printed:
    """What of sums and means is hidden, as where nothing is rounded."""
    names: set[Name] = {name for name, cell in tables.cells.items() if cell.kind == SUM}
    names |= {mean.name for mean in tables.means}
    if not names:
        return printed
    alone = Tables(
        {name: cell if name in names else replace(cell, sensitive=False) for name, cell in tables.cells.items()},
        tables.relations,
        (),
        tables.means,
    )
    safe = protect(alone, thresholds, earlier)
    why = {name: safe.why[name] for name in safe.hidden & names}
    return replace(printed, hidden=printed.hidden | (safe.hidden & names), why=why)
