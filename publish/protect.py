"""What strangers may see of a release: what falls under a threshold is hidden, and with it what would give it away.

The change of a figure since an earlier release is what one subtraction gives of two figures that are each allowed, so
no suppressed count is bounded by it. But it may name somebody: a count is of few because its labels say who they are,
and a change has as labels those of the firms that it may be about. Where a whole is known ("closed" among those who
left, "closed within five years" among those who have reached them), these are the firms that could have changed:
on a whole that they are counted in on joining it, those who joined since (everybody can list who entered the park five
years ago), or where nobody joined, any of it; else all of the whole that were not in the count before. The change is
hidden where these are too few, or where all or all but one of them changed, for the one left then knows of each other.
That 2 of 60 former tenants closed since last year is told; that both of 2 did is not. Where no whole is known, a change
of few is a count of few. Sums follow the p % rule on what each firm's part changed by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from publish import sums
from publish.cells import COUNT, SUM, TOTAL, Cell, Cut, Name, Number, Printed, Rate, Tables, Thresholds
from publish.cuts import lessened, within
from publish.pattern import Linked, Unprotectable, hide

# A figure with its release; what is lasting and has the same value in several is one figure of none (0).
Figure = tuple[Name, Number, int]
# A figure that an audit found not to be safe, with the number of its release and, where it is the change since an
# earlier one that is not, the number of that one, else 0.
Found = tuple[int, Name, int]


def _figure(cell: Cell, number: int) -> Figure:
    return cell.name, cell.value, 0 if cell.lasting else number


class CannotBeProtected(Exception):
    """What everybody knows determines figures that must be hidden; `names` says which."""

    def __init__(self, names: Collection[Name]) -> None:
        super().__init__("; ".join(f"{table} {' × '.join(filter(None, key))}".strip() for table, key in sorted(names)))
        self.names = tuple(sorted(names))


def own_reasons(
    tables: Tables, thresholds: Thresholds, earlier: Sequence[Printed] = (), *, repeat: bool = True
) -> set[Name]:
    """Primary suppression: the cells, rates and means that may not be shown, whatever else is.

    With `repeat`, also what an earlier release hid and is the same now.
    """
    found = {cell.name for cell in tables.cells.values() if not cell.known and _small(cell, thresholds)}
    for release in earlier:
        for cell in tables.cells.values():
            if not cell.known and _shows_a_change(cell, release, tables, thresholds, repeat):
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
    return 0 < below < thresholds.denominator or any(0 < int(value) < thresholds.least for value in few)


def _shows_a_change(cell: Cell, release: Printed, tables: Tables, thresholds: Thresholds, repeat: bool = True) -> bool:
    """Whether, what an earlier release showed taken from it, it would tell of a few firms."""
    same = release.tables.cells.get(cell.name)
    if same is not None and cell.name in release.hidden:
        # What was hidden then and is the same now stays hidden.
        return repeat and same.value == cell.value and release.why.get(cell.name) != "cut"
    if cell.kind == SUM:
        moves = sums.changed(same, cell) if same is not None else []
        return bool(moves) and same is not None and sums.unsafe(moves, thresholds)
    if not cell.sensitive:
        return False
    parts = _parts(cell.name, release, tables)
    if not any(one in release.tables.cells for one in parts) or any(one in release.hidden for one in parts):
        return False
    return names_few(cell, release, tables, thresholds)


def names_few(cell: Cell, release: Printed, tables: Tables, thresholds: Thresholds) -> bool:
    """Whether the change of a count since an earlier release, which showed it, tells of firms that can be named."""

    def then(name: Name) -> int:
        return int(sum(release.tables.value(one) for one in _parts(name, release, tables)))

    before, now = then(cell.name), int(cell.value)
    change = abs(now - before)
    if not change:
        return False
    if cell.whole is None or not any(one in release.tables.cells for one in _parts(cell.whole, release, tables)):
        return change < thresholds.least
    old, new = then(cell.whole), int(tables.value(cell.whole))
    meant = (abs(new - old) or new) if cell.joining else max(old, new) - min(before, now)
    return meant < thresholds.change or meant - change <= 1


def _parts(name: Name, release: Printed, tables: Tables) -> list[Name]:
    """What an earlier release called it, where its categories stood apart."""
    table, key = name
    parts = [key]
    for place, label in enumerate(key):
        apart = tables.members.get(label, frozenset()) - release.tables.members.get(label, frozenset())
        labels = [label, *sorted(apart)] if apart else [label]
        parts = [(*part[:place], one, *part[place + 1 :]) for part in parts for one in labels]
    return [(table, part) for part in parts]


@dataclass
class _Together:
    """The counts of this release and of the earlier ones as one system."""

    linked: Linked = field(default_factory=Linked)
    places: dict[Figure, int] = field(default_factory=dict)

    def add(self, cell: Cell, number: int, cost: float | None, thresholds: Thresholds, own: bool) -> None:
        """Takes in a count unless it is there; who guesses the threshold guesses what lies under it."""
        figure, value = _figure(cell, number), int(cell.value)
        if figure not in self.places:
            under = own and cell.floor > 0 and 0 < value < thresholds.least
            likely = thresholds.least - 1 if under else float("inf")
            self.places[figure] = self.linked.add(value, cell.floor, likely, cost)

    def change(self, now: int, then: int) -> int:
        """One count minus another as a count of its own."""
        value = self.linked.value[now] - self.linked.value[then]
        place = self.linked.add(value, float("-inf"), float("inf"), 0)
        self.linked.rows.append(({place: 1, now: -1, then: 1}, False))
        return place

    def relate(self, tables: Tables, number: int) -> None:
        """How the counts of one release add up; what is not there is shown."""
        for relation in tables.relations:
            cells = [(factor, tables.cells[name]) for factor, name in relation.terms if name in tables.cells]
            if any(cell.kind != COUNT for _, cell in cells):
                continue
            factors: dict[int, int] = {}
            for factor, cell in cells:
                figure = _figure(cell, number)
                if figure not in self.places:
                    self.places[figure] = self.linked.add(int(cell.value), 0, float("inf"), None)
                place = self.places[figure]
                factors[place] = factors.get(place, 0) + factor
            if any(self.linked.cost[place] is not None for place in factors):
                self.linked.rows.append((factors, relation.at_most))


def protect(
    tables: Tables,
    thresholds: Thresholds | None = None,
    earlier: Sequence[Printed] = (),
    *,
    also: Iterable[Found] = (),
    complementary: bool = True,
    without: Collection[Cut] = (),
) -> Printed:
    """The release as it may be printed after the `earlier` ones, hiding as little as possible.

    `also` are further figures, of this release or an earlier one, that an audit found not to be safe. The cuts
    `without` are not given at all. Without `complementary` only what falls under a threshold is hidden: for showing
    that this is not enough. Raises CannotBeProtected.
    """
    thresholds = thresholds or Thresholds()
    tables = lessened(tables, without)
    withheld = within(tables, without)
    own = own_reasons(tables, thresholds, earlier)
    hidden, also = own | withheld, set(also)
    number = earlier[-1].number + 1 if earlier else 1
    while complementary:
        try:
            more = _counts(tables, thresholds, earlier, hidden, also, number, own, withheld)
        except CannotBeProtected as wrong:
            # Hidden once for others' sake and the same still; where all around it is known by now, so is it.
            freed = {*wrong.names} & (own - own_reasons(tables, thresholds, earlier, repeat=False))
            if not freed:
                raise
            own -= freed
            hidden = own | withheld
            continue
        more |= _sums(tables, thresholds, earlier, hidden, number)
        more |= hidden | _of_rates(tables, hidden | more)
        if more == hidden:
            break
        hidden = more
    hidden |= _of_rates(tables, hidden)
    why = {name: "cut" if name in withheld else "own" if name in own else "others" for name in hidden}
    return Printed(number, tables, frozenset(hidden), why, withheld=frozenset(without))


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
    also: Collection[Found],
    number: int,
    own: Collection[Name],
    withheld: Collection[Name],
) -> set[Name]:
    together = _Together()
    linked = together.linked
    for release in earlier:
        for name, cell in release.tables.cells.items():
            if cell.kind == COUNT and not cell.known and name not in release.hidden and cell.lasting:
                # Shown once, it is known for good.
                together.add(cell, release.number, None, thresholds, False)
    for release in earlier:
        for name in sorted(release.hidden & release.tables.cells.keys()):
            cell = release.tables.cells[name]
            if cell.kind == COUNT:
                together.add(cell, release.number, 0, thresholds, release.why.get(name) == "own")
    for name, cell in tables.cells.items():
        if cell.kind == COUNT:
            fixed = cell.known or (cell.value == 0 and cell.floor > 0)
            cost = None if fixed else 0 if name in hidden else _weight(cell)
            together.add(cell, number, cost, thresholds, name in own)
    for release in earlier if also else ():
        # Long, and hardly ever needed: what is lasting is held as it was shown, above.
        together.relate(release.tables, release.number)
    together.relate(tables, number)
    by_number = {release.number: release.tables for release in earlier} | {number: tables}
    wanted = set()
    named = {place: name for (name, _, _), place in together.places.items()}
    for among, name, since in {(number, name, 0) for name in hidden} | {*also}:
        found = by_number[among].cells.get(name)
        nobody = among == number and name in withheld and found is not None and not found.value
        if found is not None and found.kind == COUNT and not nobody:
            place = together.places[_figure(found, among)]
            if since:
                place = together.change(place, together.places[_figure(by_number[since].cells[name], since)])
                named[place] = name
            wanted.add(place)
    wanted = {place for place in wanted if linked.cost[place] is not None}
    if not wanted:
        return set()
    try:
        places = hide(linked, wanted)
    except Unprotectable as wrong:
        raise CannotBeProtected({named[place] for place in wrong.places}) from None
    return {
        name
        for name, cell in tables.cells.items()
        if cell.kind == COUNT and not cell.known and together.places[_figure(cell, number)] in places
    }


def _sums(
    tables: Tables, thresholds: Thresholds, earlier: Sequence[Printed], hidden: Collection[Name], number: int
) -> set[Name]:
    """As `_counts`, release by release: what firms declare changes, so that no sum is lasting."""
    cells = {name: cell for name, cell in tables.cells.items() if cell.kind == SUM}
    wanted = [name for name in sorted(hidden) if name in cells and not cells[name].known]
    if not wanted:
        return set()
    places = {name: place for place, name in enumerate(cells)}
    cost = {
        places[name]: None if cell.known or not cell.value else 0 if name in hidden else _weight(cell)
        for name, cell in cells.items()
    }
    rows = []
    for relation in tables.relations:
        terms = {places[name]: factor for factor, name in relation.terms if name in places}
        if terms and not relation.at_most:
            rows.append(terms)
    # What is hidden for others' sake alone is safe to show, and asks for no more.
    aims = [
        places[name]
        for name in wanted
        if sums.unsafe([amount for _, amount in cells[name].largest], thresholds)
        or any(_shows_a_change(cells[name], release, tables, thresholds) for release in earlier)
    ]
    by_place = {places[name]: cell for name, cell in cells.items()}
    found, failed = sums.hide(by_place, rows, cost, [place for place in aims if cost[place] is not None], thresholds)
    if failed:
        raise CannotBeProtected({by_place[place].name for place in failed})
    return {name for name, place in places.items() if place in found}
