"""The other method: every count a multiple of five, the tables still adding up as far as they can.

Rounding each by itself can be undone: four sevens printed 5 under a total of 28 printed 30 can be nothing else. With
totals that are the sums of what is printed, one more or less fits everywhere. Where what everybody knows exactly is in
a sum, or what was printed before is kept, a sum may be off by a multiple; the audit says whether that tells anything.

Nothing is left to chance, and what has not changed is printed as before: who has many releases cannot take their mean.
What is made of hidden parts alone, a rate of few firms or a sum, is hidden as without rounding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from publish.audit import Undone, audit
from publish.cells import COUNT, SUM, Cut, Name, Printed, Tables, Thresholds
from publish.cuts import lessened, within
from publish.protect import own_reasons, protect

# What it costs, in firms, that a sum is off by one multiple, and that a share is more than the whole.
_OFF, _MORE = 15, 500


@dataclass
class _Programme:
    """Rows over variables: one for each count, then two for each sum, by how much it is off."""

    price: list[float]
    least: list[float]
    most: list[float]
    rows: list[tuple[dict[int, int], float, float]] = field(default_factory=list)

    def off(self, price: float) -> int:
        self.price.append(price)
        self.least.append(0)
        self.most.append(np.inf)
        return len(self.price) - 1

    def solved(self) -> np.ndarray | None:
        down = [number for number, (row, _, _) in enumerate(self.rows) for _ in row]
        across = [place for row, _, _ in self.rows for place in row]
        factors = [factor for row, _, _ in self.rows for factor in row.values()]
        matrix = coo_array((factors, (down, across)), shape=(len(self.rows), len(self.price))).tocsr()
        ends = [low for _, low, _ in self.rows], [high for _, _, high in self.rows]
        found = milp(
            self.price,
            integrality=np.ones(len(self.price)),
            bounds=Bounds(self.least, self.most),
            constraints=LinearConstraint(matrix, *ends) if self.rows else (),
            options={"node_limit": 2_000, "time_limit": 60.0, "mip_rel_gap": 0.005},
        )
        return None if found.x is None else np.rint(found.x).astype(int)


def rounded(
    tables: Tables,
    thresholds: Thresholds | None = None,
    earlier: Sequence[Printed] = (),
    *,
    without: Collection[Cut] = (),
) -> Printed:
    """The release with each count that not everybody knows printed as one of the two multiples beside it.

    The cuts `without` are not given. Raises CannotBeProtected (of sums), or Undone where an audit finds a count.
    """
    thresholds = thresholds or Thresholds()
    tables = lessened(tables, without)
    withheld = within(tables, without)
    number = earlier[-1].number + 1 if earlier else 1
    few = own_reasons(tables, thresholds) & {rate.name for rate in tables.rates}
    gone = set(withheld)
    for rate in tables.rates:
        # A rate shows one of its counts beside the number of firms; the other is not printed.
        gone |= {rate.complement} & tables.cells.keys()
        if rate.name in few | withheld:
            gone |= {rate.name, *({rate.numerator} & tables.cells.keys())}
    why = {name: "cut" if name in withheld else "own" for name in gone}
    shown = {name: value for name, value in _multiples(tables, thresholds.base, earlier).items() if name not in gone}
    printed = Printed(number, tables, frozenset(gone), why, thresholds.base, shown, frozenset(without))
    printed = _with_sums(printed, tables, thresholds, earlier)
    findings = audit((*earlier, printed), thresholds)
    if findings:
        raise Undone(findings)
    return printed


def _multiples(tables: Tables, base: int, earlier: Sequence[Printed]) -> dict[Name, int]:
    cells = {name: cell for name, cell in tables.cells.items() if cell.kind == COUNT and not cell.known}
    at = {name: place for place, name in enumerate(cells)}
    counts = [int(cell.value) for cell in cells.values()]
    under, over = [count // base for count in counts], [-(-count // base) for count in counts]
    # Up where the count lies nearer to the multiple above it.
    programme = _Programme([float(base - 2 * (count % base)) for count in counts], [*map(float, under)], [*over])
    for release in earlier:
        for name, place in at.items():
            same = release.tables.cells.get(name)
            if name in release.rounded and release.base == base and same is not None and same.value == counts[place]:
                programme.least[place] = programme.most[place] = release.rounded[name] // base
    for relation in tables.relations:
        if all(name not in tables.cells or tables.cells[name].kind == COUNT for _, name in relation.terms):
            _adding_up(programme, tables, at, relation.terms, relation.at_most, base)
    for rate in tables.rates:
        if rate.numerator in at and rate.denominator in at:
            row = {at[rate.numerator]: 1, at[rate.denominator]: -1, programme.off(_MORE): -1}
            programme.rows.append((row, -np.inf, 0))
    found = programme.solved()
    # Whatever a solver fails at, the nearest is a multiple; the audit says what it is worth.
    nearest = [int(count / base + 0.5) for count in counts]
    return {name: int(nearest[place] if found is None else found[place]) * base for name, place in at.items()}


def _adding_up(
    programme: _Programme,
    tables: Tables,
    at: Mapping[Name, int],
    terms: Sequence[tuple[int, Name]],
    at_most: bool,
    base: int,
) -> None:
    row: dict[int, int] = {}
    known = 0.0
    for factor, name in terms:
        if name in at:
            row[at[name]] = row.get(at[name], 0) + factor
        else:
            known += factor * int(tables.value(name)) / base
    if len(row) < 2:
        return
    aim = -float(np.rint(known))
    row[programme.off(_OFF)] = -1
    if not at_most:
        row[programme.off(_OFF)] = 1
    programme.rows.append((row, -np.inf if at_most else aim, aim))


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
    hidden = safe.hidden & names
    return replace(
        printed, hidden=printed.hidden | hidden, why={**{name: safe.why[name] for name in hidden}, **printed.why}
    )
