"""What strangers may see of a release: what falls under a threshold is hidden, and with it what would give it away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from publish import sums
from publish.cells import COUNT, SUM, TOTAL, Cell, Name, Number, Printed, Rate, Tables, Thresholds
from publish.pattern import Linked, Unprotectable, hide

# A figure and its value: what has the same value in two releases is taken for known to be the same.
Known = tuple[Name, Number]


class CannotBeProtected(Exception):
    """What everybody knows determines figures that must be hidden; `names` says which."""

    def __init__(self, names: Collection[Name]) -> None:
        super().__init__("; ".join(f"{table} {' × '.join(filter(None, key))}".strip() for table, key in sorted(names)))
        self.names = tuple(sorted(names))


def own_reasons(tables: Tables, thresholds: Thresholds, earlier: Sequence[Printed] = ()) -> set[Name]:
    """Primary suppression: the cells, rates and means that may not be shown, whatever else is."""
    found = {cell.name for cell in tables.cells.values() if not cell.known and _small(cell, thresholds)}
    for release in earlier:
        for cell in tables.cells.values():
            if not cell.known and _shows_a_change(cell, release, tables, thresholds):
                found.add(cell.name)
    for rate in tables.rates:
        if _unsteady(tables, rate, thresholds):
            found |= {rate.name, rate.numerator, rate.complement}
    for mean in tables.means:
        if 0 < tables.value(mean.count) < thresholds.denominator:
            # With the number of firms beside it, the sum is the mean.
            found |= {mean.name, mean.total}
    return {name for name in found if name not in tables.cells or not tables.cells[name].known}


def _small(cell: Cell, thresholds: Thresholds) -> bool:
    if cell.kind == SUM:
        return sums.unsafe([amount for _, amount in cell.largest], thresholds)
    return cell.sensitive and 0 < cell.value < thresholds.least


def _unsteady(tables: Tables, rate: Rate, thresholds: Thresholds) -> bool:
    """Below so many it is hidden, 0 and 100 % among them; else where few make it, or few keep it from being whole."""
    below = tables.value(rate.denominator)
    few = [tables.value(name) for name in (rate.numerator, rate.complement)]
    return 0 < below < thresholds.denominator or any(0 < value < thresholds.least for value in few)


def _shows_a_change(cell: Cell, release: Printed, tables: Tables, thresholds: Thresholds) -> bool:
    """Whether, what an earlier release showed taken from it, it would tell of a few firms."""
    same = release.tables.cells.get(cell.name)
    if same is not None and cell.name in release.hidden:
        # What was hidden then and is the same now stays hidden.
        return same.value == cell.value
    if cell.kind == SUM:
        moves = sums.changed(same, cell) if same is not None else []
        return bool(moves) and same is not None and sums.unsafe(moves, thresholds)
    if not cell.sensitive:
        return False
    then = _then(cell.name, release, tables)
    return then is not None and 0 < abs(cell.value - then) < thresholds.least


def _then(name: Name, release: Printed, tables: Tables) -> Number | None:
    """What an earlier release showed for it, put together where its categories stood apart; None if it cannot be."""
    table, key = name
    cells = release.tables.cells
    if not any(cell_table == table for cell_table, _ in cells):
        return None
    parts = [key]
    for place, label in enumerate(key):
        apart = tables.members.get(label, frozenset()) - release.tables.members.get(label, frozenset())
        labels = [label, *sorted(apart)] if apart else [label]
        parts = [(*part[:place], one, *part[place + 1 :]) for part in parts for one in labels]
    names = [(table, part) for part in parts]
    if any(one in release.hidden for one in names) or not any(one in cells for one in names):
        return None
    return sum((release.tables.value(one) for one in names), 0)


@dataclass
class _Together:
    """The counts of this release and of the earlier ones as one system; a figure of one value is one place in it."""

    linked: Linked = field(default_factory=Linked)
    places: dict[Known, int] = field(default_factory=dict)

    def place(self, name: Name, tables: Tables) -> int:
        return self.places[name, tables.value(name)]


def protect(
    tables: Tables,
    thresholds: Thresholds | None = None,
    earlier: Sequence[Printed] = (),
    *,
    also: Iterable[Known] = (),
    complementary: bool = True,
) -> Printed:
    """The release as it may be printed after the `earlier` ones, hiding as little as possible.

    `also` are further figures, of this release or an earlier one, that an audit found not to be safe. Without
    `complementary` only what falls under a threshold is hidden: for showing that this is not enough. Raises
    CannotBeProtected.
    """
    thresholds = thresholds or Thresholds()
    own = own_reasons(tables, thresholds, earlier)
    hidden, also = set(own), set(also)
    number = earlier[-1].number + 1 if earlier else 1
    while complementary:
        more = _counts(tables, thresholds, earlier, hidden, also, own) | _sums(tables, thresholds, earlier, hidden)
        more |= hidden | _of_rates(tables, hidden | more)
        if more == hidden:
            break
        hidden = more
    hidden |= _of_rates(tables, hidden)
    return Printed(number, tables, frozenset(hidden), {n: "own" if n in own else "others" for n in hidden})


def _of_rates(tables: Tables, hidden: Collection[Name]) -> set[Name]:
    """What is hidden with a part of it: a rate shown beside its denominator shows both counts it is made of."""
    found: set[Name] = set()
    for rate in tables.rates:
        parts = {rate.numerator, rate.complement}
        if rate.name in hidden or parts & {*hidden}:
            found |= {rate.name, *(name for name in parts if name in tables.cells)}
        elif rate.denominator in hidden:
            found.add(rate.name)
    for mean in tables.means:
        if {mean.total, mean.count} & {*hidden}:
            found.add(mean.name)
    return found


def _weight(cell: Cell) -> float:
    """What hiding it costs a reader: one figure, more where it is about many firms, most for the whole park."""
    whole = 4 if all(label == TOTAL for label in cell.key) else 1
    return float(whole * (1 + cell.n**0.5 / 4))


def _counts(
    tables: Tables,
    thresholds: Thresholds,
    earlier: Sequence[Printed],
    hidden: Collection[Name],
    also: Collection[Known],
    own: Collection[Name],
) -> set[Name]:
    together = _Together()
    linked = together.linked
    shown_before = {
        (name, cell.value)
        for release in earlier
        for name, cell in release.tables.cells.items()
        if cell.kind == COUNT and name not in release.hidden
    }
    for release in earlier:
        for name in release.hidden & release.tables.cells.keys():
            cell = release.tables.cells[name]
            if cell.kind == COUNT and (name, cell.value) not in together.places:
                fixed = (name, cell.value) in shown_before
                _add(together, cell, None if fixed else 0, thresholds, release.why.get(name) == "own")
    for name, cell in tables.cells.items():
        if cell.kind != COUNT or (name, cell.value) in together.places:
            continue
        fixed = cell.known or (name, cell.value) in shown_before or (cell.value == 0 and cell.floor > 0)
        cost = None if fixed else 0 if name in hidden else _weight(cell)
        _add(together, cell, cost, thresholds, name in own)
    for among in (*(release.tables for release in earlier), tables):
        for relation in among.relations:
            if all(name not in among.cells or among.cells[name].kind == COUNT for _, name in relation.terms):
                _relate(together, among, relation.terms, relation.at_most)
    wanted = {
        together.place(name, tables)
        for name in hidden
        if name in tables.cells and tables.cells[name].kind == COUNT and not tables.cells[name].known
    }
    wanted |= {together.places[known] for known in also if known in together.places}
    wanted = {place for place in wanted if linked.cost[place] is not None}
    if not wanted:
        return set()
    try:
        places = hide(linked, wanted)
    except Unprotectable as wrong:
        named = {place: name for (name, _), place in together.places.items()}
        raise CannotBeProtected({named[place] for place in wrong.places}) from None
    return {
        name
        for name, cell in tables.cells.items()
        if cell.kind == COUNT and not cell.known and together.place(name, tables) in places
    }


def _add(together: _Together, cell: Cell, cost: float | None, thresholds: Thresholds, own: bool) -> None:
    """A count with its least and most. Who guesses the threshold knows what lies under it: that must not help."""
    value = int(cell.value)
    under = own and cell.floor > 0 and 0 < value < thresholds.least
    high = thresholds.least - 1 if under else float("inf")
    together.places[cell.name, cell.value] = together.linked.add(value, cell.floor, high, cost)


def _relate(together: _Together, tables: Tables, terms: Iterable[tuple[int, Name]], at_most: bool) -> None:
    factors: dict[int, int] = {}
    for factor, name in terms:
        place = together.places.get((name, tables.value(name)))
        if place is None and name in tables.cells and tables.value(name):
            # Shown in an earlier release: a known number, that the others add up with.
            place = together.linked.add(int(tables.value(name)), 0, float("inf"), None)
            together.places[name, tables.value(name)] = place
        if place is not None:
            factors[place] = factors.get(place, 0) + factor
    if any(together.linked.cost[place] is not None for place in factors):
        together.linked.rows.append((factors, at_most))


def _sums(
    tables: Tables, thresholds: Thresholds, earlier: Sequence[Printed], hidden: Collection[Name]
) -> set[Name]:
    wanted = [name for name in sorted(hidden) if name in tables.cells and tables.cells[name].kind == SUM]
    if not wanted:
        return set()
    shown_before = {
        (name, cell.value)
        for release in earlier
        for name, cell in release.tables.cells.items()
        if cell.kind == SUM and name not in release.hidden
    }
    places: dict[Known, int] = {}
    cells: dict[int, Cell] = {}
    cost: dict[int, float | None] = {}
    rows: list[dict[int, int]] = []
    for release in (*earlier, None):
        among = release.tables if release else tables
        for name, cell in among.cells.items():
            if cell.kind != SUM or (name, cell.value) in places:
                continue
            place = places[name, cell.value] = len(cells)
            cells[place] = cell
            gone = release is not None and name not in release.hidden
            if cell.known or gone or (name, cell.value) in shown_before or not cell.value:
                cost[place] = None
            else:
                cost[place] = 0 if release or name in hidden else _weight(cell)
        for relation in among.relations:
            terms = [(factor, places[name, among.value(name)]) for factor, name in relation.terms
                     if name in among.cells and among.cells[name].kind == SUM]
            if terms and not relation.at_most:
                rows.append({})
                for factor, place in terms:
                    rows[-1][place] = rows[-1].get(place, 0) + factor
    # What is hidden for others' sake alone is safe to show, and asks for no more.
    aims = [places[name, tables.cells[name].value] for name in wanted
            if sums.unsafe([amount for _, amount in tables.cells[name].largest], thresholds)
            or any(_shows_a_change(tables.cells[name], release, tables, thresholds) for release in earlier)]
    aims = [place for place in aims if cost[place] is not None]
    found, failed = sums.hide(cells, rows, cost, aims, thresholds)
    if failed:
        raise CannotBeProtected({cells[place].name for place in failed})
    return {name for name, cell in tables.cells.items() if cell.kind == SUM and places[name, cell.value] in found}
