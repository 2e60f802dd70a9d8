"""Programme intakes: how many firms each took in and what became of them, linked with all else in a release.

An intake is what the lists name as one. A firm that no list gives one is told by the year in which it entered: a year
is no programme, and these firms stand together as those of none. Who was taken in is as well known as who entered.
Where all firms of an intake entered in one year, or are of one sector or one site, or the other way round, anybody may
know that one is part of the other, and the relations say so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from metrics import METRICS
from metrics.ask import NONE
from publish.cells import OTHER, TOTAL, Cell, Name, Relation, Thresholds, merged

BY = "programme"
# By table the figure in it.
_FIGURES = ("supported", "hosted", "former", "alumni", "closed")
TABLES = {f"{metric}_by_{BY}": metric for metric in _FIGURES if METRICS[metric].public}
_TAKEN_IN, _LEFT, _CLOSED = (f"{metric}_by_{BY}" for metric in ("supported", "former", "closed"))
_YEAR = re.compile(r"[0-9]{4}")
_PLACES = {"site": 0, "sector": 1, "year": 2}
# The rows of figures by dimensions, whose names are words.
Rows = Callable[[Sequence[str], Sequence[str]], list[dict[str, Any]]]


def programmes(
    rows: Rows,
    listed: Sequence[str],
    thresholds: Thresholds,
    before: Iterable[str],
    cells: dict[Name, Cell],
    relations: list[Relation],
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Adds the tables of the intakes; returns their names in the order of `listed`, and those put together as OTHER.

    Nothing is added, and no name returned, where the lists name no intake. `before` are those that were put together in
    the release before, `cells` and `relations` all else that it holds.
    """
    totals = {row["cohort"]: int(row["value"]) for row in rows(["supported"], ["cohort"]) if _named(row["cohort"])}
    if not totals:
        return (), frozenset()
    found = merged(totals, thresholds.merge, before)
    apart = found if len(found) > 1 else frozenset[str]()

    def group(name: str) -> str:
        return OTHER if name in apart else name if _named(name) else NONE

    counts: Counter[Name] = Counter()
    for row in rows([*TABLES.values()], ["cohort"]):
        counts[f"{row['metric']}_by_{BY}", (group(row["cohort"]),)] += int(row["value"])
    for name, value in counts.items():
        cells[name] = _cell(name, value, thresholds)
    groups = {label for _, (label,) in counts}
    named = [name for name in listed if _named(name) and name in groups]
    names = (*named, *(name for name in (OTHER, NONE) if name in groups))
    relations += _adding_up(names)
    for dimension in _PLACES:
        relations += _nested(dimension, _firms(rows, dimension, group), cells)
    relations += _closed_in(_firms(rows, "year", group), cells)
    return names, apart


def _named(name: str) -> bool:
    return name != NONE and not _YEAR.fullmatch(name)


def _cell(name: Name, value: int, thresholds: Thresholds) -> Cell:
    table, key = name
    listed = TABLES[table] in ("supported", "hosted")
    sensitive = METRICS[TABLES[table]].sensitive or (listed and not thresholds.public)
    # Whoever closed is one of those who left.
    whole = (_LEFT, key) if table == _CLOSED else None
    known = listed and thresholds.public
    # Few have left an intake of late: that what is hidden is no 0 would tell the rest.
    return Cell(table, key, value, value, sensitive=sensitive, known=known, floor=0, whole=whole)


def _of_all(table: str) -> Name:
    """The figure of the network that the intakes and the firms of none add up to."""
    metric = TABLES[table]
    return "entries" if metric == "supported" else metric, (TOTAL,) * len(_PLACES)


def _adding_up(groups: Sequence[str]) -> Iterator[Relation]:
    for table in TABLES:
        yield Relation(((1, _of_all(table)), *((-1, (table, (group,))) for group in groups)))
    for whole, *parts in (("supported", "hosted", "former"), ("former", "alumni", "closed")):
        for group in groups:
            terms = [(-1, (f"{part}_by_{BY}", (group,))) for part in parts]
            yield Relation(((1, (f"{whole}_by_{BY}", (group,))), *terms))


def _firms(rows: Rows, dimension: str, group: Callable[[str], str]) -> Counter[tuple[str, str]]:
    """How many firms are both of a site, a sector or an entry year and of an intake."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows(["entries"], [dimension, "cohort"]):
        found[str(row[dimension]), group(row["cohort"])] += int(row["value"])
    return +found


def _nested(dimension: str, firms: Counter[tuple[str, str]], cells: Mapping[Name, Cell]) -> Iterator[Relation]:
    """Intakes all of whose firms are of one site, sector or year, or the other way round: no part exceeds its whole."""
    inside: dict[str, list[str]] = {}
    outside: dict[str, list[str]] = {}
    for (label, group), many in firms.items():
        if many == cells[_TAKEN_IN, (group,)].value:
            inside.setdefault(label, []).append(group)
        if many == sum(its for (one, _), its in firms.items() if one == label):
            outside.setdefault(group, []).append(label)
    for table in TABLES:
        metric = _of_all(table)[0]
        for label, groups in inside.items():
            whole = _at(metric, dimension, label)
            if whole in cells:
                parts = tuple((1, (table, (group,))) for group in groups)
                yield Relation(((-1, whole), *parts), at_most=True)
        for group, labels in outside.items():
            # A firm may be at several sites: each of them alone is part of the intake.
            for some in [[label] for label in labels] if dimension == "site" else [labels]:
                wholes = tuple((1, _at(metric, dimension, label)) for label in some)
                if all(name in cells for _, name in wholes):
                    yield Relation(((-1, (table, (group,))), *wholes), at_most=True)


def _at(metric: str, dimension: str, label: str) -> Name:
    return metric, tuple(label if place == _PLACES[dimension] else TOTAL for place in _PLACES.values())


def _closed_in(firms: Counter[tuple[str, str]], cells: Mapping[Name, Cell]) -> Iterator[Relation]:
    """Who entered in some years and closed since is one of the closed of the intakes that took in firms then.

    Of an intake all of whose firms entered in these years, the others of these years may all have closed.
    """
    for name, years in _by_years(cells).items():
        groups = Counter[str]()
        for (year, group), many in firms.items():
            groups[group] += many if year in years else 0
        groups = +groups
        yield Relation(((1, name), *((-1, (_CLOSED, (group,))) for group in groups)), at_most=True)
        whole = [group for group, many in groups.items() if many == cells[_TAKEN_IN, (group,)].value]
        if whole:
            entered = [(-1, _at("entries", "year", year)) for year in years]
            known = [term for term in entered if term[1] in cells]
            mine = [(factor, (table, (group,))) for group in whole for factor, table in ((-1, _CLOSED), (1, _TAKEN_IN))]
            yield Relation(((1, name), *mine, *known), at_most=True)


def _by_years(cells: Mapping[Name, Cell]) -> dict[Name, list[str]]:
    """The counts of closed firms by years of entry, each with its years; of those by age that of the oldest."""
    found: dict[Name, list[str]] = {}
    oldest: dict[str, int] = {}
    for table, key in cells:
        if table == "survival_5y:closed" and key[2] != TOTAL and key[:2] == (TOTAL, TOTAL):
            found[table, key] = [key[2]]
        if table == "survival_by_age:closed":
            oldest[key[0]] = max(oldest.get(key[0], 0), int(key[1]))
    for label, age in oldest.items():
        first, *_, last = [int(year) for year in label.split("–")] * 2
        found["survival_by_age:closed", (label, str(age))] = [str(year) for year in range(first, last + 1)]
    return found
