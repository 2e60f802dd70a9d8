"""What the tables of a release are: cells, how they add up, the rates made of them, and the same as it is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations

# What stands for a category that is summed over in the places of a key.
TOTAL = ""
# What stands for the categories that were put together.
OTHER = "(other)"
COUNT, SUM = "count", "sum"

Number = int | Decimal
# A table and a label per dimension of the release, TOTAL where it is summed over.
Name = tuple[str, tuple[str, ...]]
# A table and the places of the dimensions that it is cut by.
Cut = tuple[str, tuple[int, ...]]


def gap(one: Number, other: Number) -> Decimal:
    """How far apart two numbers are, to the last digit."""
    return abs(Decimal(one) - Decimal(other))


@dataclass(frozen=True)
class Thresholds:
    """Below what nothing is shown. They are the operator's, and stand in no public output.

    `least` and `merge` are numbers of firms, as are `firms`, `denominator`, `curve` and `at_risk`; `percent` and
    `within` are per cent of the largest contribution. `public` says that the operator publishes the directory of
    tenants, so that plain counts of them are known to everybody. `change` is how many firms at least the change of a
    sensitive count between two releases may be about; a number larger than the park lets no change of a few be seen.
    """

    least: int = 5
    merge: int = 5
    firms: int = 5
    percent: int = 15
    within: int = 20
    denominator: int = 10
    curve: int = 30
    at_risk: int = 10
    base: int = 5
    public: bool = True
    change: int = 5


@dataclass(frozen=True)
class Cell:
    """One figure of a table that adds up: how many firms, or the sum of what they declared, whole cents or units.

    `n` firms contribute; `largest` holds the largest contributions of a sum, each with who is behind it (a holding
    counts as one), the largest first. `known` cells are public knowledge: never hidden, and told to every attacker.
    `floor` is the least that a reader knows it to be where it is hidden: 1 where a printed 0 stands for nobody, 0 for
    the counts behind a rate, which are not printed themselves. What is `lasting`, the entries of a year long over,
    everybody takes to be the same in every release that gives it the same value.

    `whole` names the count that it is a part of: any of these firms may come to be in it later (who closed are some of
    those who left). With `joining`, whether one is in it is settled on joining the whole (who closed within five years
    are some of those who have reached them).
    """

    table: str
    key: tuple[str, ...]
    value: Number
    n: int = 0
    largest: tuple[tuple[str, Decimal], ...] = ()
    kind: str = COUNT
    sensitive: bool = True
    known: bool = False
    floor: int = 1
    lasting: bool = False
    whole: Name | None = None
    joining: bool = False

    @property
    def name(self) -> Name:
        return self.table, self.key


@dataclass(frozen=True)
class Relation:
    """The terms, each times its factor, add up to 0; with `at_most` they add up to 0 or less. Absent cells are 0."""

    terms: tuple[tuple[int, Name], ...]
    at_most: bool = False


@dataclass(frozen=True)
class Rate:
    """A share: one count over another, with the count of those who make it less than whole; printed to `places`."""

    table: str
    key: tuple[str, ...]
    numerator: Name
    complement: Name
    denominator: Name
    places: int = 3

    @property
    def name(self) -> Name:
        return self.table, self.key


@dataclass(frozen=True)
class Mean:
    """A sum over a count; printed to `places`."""

    table: str
    key: tuple[str, ...]
    total: Name
    count: Name
    places: int = 1

    @property
    def name(self) -> Name:
        return self.table, self.key


@dataclass(frozen=True)
class Tables:
    """The tables of one release as they are in truth, with all that links them.

    `members` says by label which categories were put together under it.
    """

    cells: Mapping[Name, Cell]
    relations: tuple[Relation, ...] = ()
    rates: tuple[Rate, ...] = ()
    means: tuple[Mean, ...] = ()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def value(self, name: Name) -> Number:
        """What the cell holds; where there is none, nobody."""
        cell = self.cells.get(name)
        return 0 if cell is None else cell.value

    def __add__(self, other: Tables) -> Tables:
        return Tables(
            {**self.cells, **other.cells},
            self.relations + other.relations,
            self.rates + other.rates,
            self.means + other.means,
            {**self.members, **other.members},
        )


@dataclass(frozen=True)
class Printed:
    """A release as strangers see it, beside what it was made from.

    `hidden` are the cells and rates printed as "c", or not printed at all where their cut is `withheld`. With `base`,
    counts are printed as `rounded`, multiples of it. `why` says of each hidden one whether it fell under a threshold
    itself ("own"), keeps others from being worked out ("others") or is in a cut withheld ("cut"); it is for the
    operator alone.
    """

    number: int
    tables: Tables
    hidden: frozenset[Name]
    why: Mapping[Name, str] = field(default_factory=dict)
    base: int = 0
    rounded: Mapping[Name, int] = field(default_factory=dict)
    withheld: frozenset[Cut] = frozenset()

    def cell(self, name: Name) -> Number | None:
        """What is printed for a cell, None where it is hidden."""
        if name in self.hidden:
            return None
        return self.rounded[name] if name in self.rounded else self.tables.value(name)

    def rate(self, rate: Rate) -> Decimal | None:
        """What is printed for a rate, None where it is hidden or nobody is in it."""
        if rate.name in self.hidden:
            return None
        below = Decimal(self.rounded.get(rate.denominator, self.tables.value(rate.denominator)))
        above = Decimal(self.rounded.get(rate.numerator, self.tables.value(rate.numerator)))
        return round(above / below, rate.places) if below else None

    def mean(self, mean: Mean) -> Decimal | None:
        """What is printed for a mean, None where it is hidden or nobody is in it."""
        if mean.name in self.hidden:
            return None
        below = Decimal(self.tables.value(mean.count))
        return round(Decimal(self.tables.value(mean.total)) / below, mean.places) if below else None

    @property
    def cost(self) -> tuple[int, Number]:
        """How many counts are hidden beyond those that had to be, and how many firms they hold."""
        cells = [self.tables.cells[name] for name in self.hidden if name in self.tables.cells]
        beyond = [cell for cell in cells if self.why.get(cell.name) != "own" and cell.value]
        return len(beyond), sum(cell.value for cell in beyond if cell.kind == COUNT)


@dataclass(frozen=True)
class Row:
    """What one group of firms, or one firm of a sum, brings to a table: its labels, and how much."""

    key: tuple[str, ...]
    value: Number = 1
    holding: str = ""


def levels(places: int, most: int) -> list[frozenset[int]]:
    """Every choice of at most `most` dimensions out of `places`."""
    return [frozenset(chosen) for size in range(most + 1) for chosen in combinations(range(places), size)]


def cube(
    table: str,
    rows: Iterable[Row],
    shown: Sequence[frozenset[int]],
    *,
    kind: str = COUNT,
    sensitive: bool = True,
    known: Callable[[tuple[str, ...]], bool] = lambda key: False,
    floor: int = 1,
    lasting: Callable[[tuple[str, ...]], bool] = lambda key: False,
    everywhere: Iterable[tuple[str, ...]] = (),
    whole: str = "",
    joining: bool = False,
) -> Tables:
    """The cells of every level `shown` and how they add up; a level is the set of dimensions not summed over.

    Where a level is shown with one dimension less, its cells add up over that dimension. `everywhere` names keys that
    have a cell even where nobody is in it. `whole` is the table that holds the whole of each.
    """
    values: dict[tuple[str, ...], Number] = dict.fromkeys(everywhere, 0)
    counts: dict[tuple[str, ...], int] = dict.fromkeys(values, 0)
    behind: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for row in rows:
        for level in shown:
            key = tuple(label if place in level else TOTAL for place, label in enumerate(row.key))
            values[key] = values.get(key, 0) + row.value
            counts[key] = counts.get(key, 0) + (1 if kind == SUM else int(row.value))
            if kind == SUM:
                whose = behind.setdefault(key, {})
                whose[row.holding] = whose.get(row.holding, Decimal(0)) + Decimal(row.value)
    cells = {}
    for key, value in values.items():
        largest = sorted(behind.get(key, {}).items(), key=lambda item: (-item[1], item[0]))
        cells[table, key] = Cell(
            table,
            key,
            value,
            len(largest) if kind == SUM else counts[key],
            tuple(largest),
            kind,
            sensitive,
            known(key),
            floor,
            lasting(key),
            (whole, key) if whole else None,
            joining,
        )
    return Tables(cells, tuple(adding(cells, shown)))


def adding(cells: Mapping[Name, Cell], shown: Sequence[frozenset[int]]) -> list[Relation]:
    """Each margin as the sum of the cells one dimension finer."""
    parts: dict[tuple[Name, int], list[tuple[int, Name]]] = {}
    wanted = set(shown)
    for table, key in cells:
        level = frozenset(place for place, label in enumerate(key) if label != TOTAL)
        for place in level:
            if level - {place} in wanted:
                margin = (*key[:place], TOTAL, *key[place + 1 :])
                parts.setdefault(((table, margin), place), []).append((-1, (table, key)))
    return [Relation(((1, margin), *terms)) for (margin, _), terms in parts.items() if margin in cells]


def merged(totals: Mapping[str, int], least: int, before: Iterable[str] = ()) -> frozenset[str]:
    """The categories that go into "Other": those under `least`, a further one while they are still under it together.

    What was in "Other" in an earlier release (`before`) stays there: else a later table would take it apart.
    """
    together = {label for label, total in totals.items() if 0 < total < least} | {*before} & {*totals}
    left = sorted((total, label) for label, total in totals.items() if label not in together and total > 0)
    while together and left and sum(totals[label] for label in together) < least:
        together.add(left.pop(0)[1])
    # One category that is large enough is itself; one that went in alone stays what it is called.
    return frozenset(together)
