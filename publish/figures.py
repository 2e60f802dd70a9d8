"""The tables of a release as they are in truth: what is counted, cut how, and how it all adds up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any

import pandas as pd

from metrics import METRICS
from metrics.ask import NONE, NothingLoaded, Scope, ask
from metrics.ask import Generation as Asked
from metrics.metric import NOTES
from metrics.names import names as every_name
from publish.cells import OTHER, TOTAL, Cell, Name, Rate, Relation, Tables, Thresholds, adding, merged
from publish.curves import Point, quarterly
from publish.programmes import BY as PROGRAMME
from publish.programmes import programmes

# What stands in the place of a site for the firms that several sites count.
SEVERAL = "(several)"
# A year over for longer is hardly ever corrected.
SETTLED = 2
CUTS = ("site", "sector", "year")
STOCKS = ("hosted", "former", "alumni", "closed")
# Whom the operator's directory names: the tenants of today and those who came.
IN_DIRECTORY = {"hosted", "entries"}
RATE, AGES = "survival_5y", "survival_by_age"
MONTHS = 36
WIDTHS = (1, 2, 3, 5)
Key = tuple[str, ...]

_POSITIONS = """
select site, any_value(latitude) as latitude, any_value(longitude) as longitude from sites
where latitude is not null and longitude is not null group by site order by site
"""
# The notes that may leave the house carry no number of firms.
_TOLD = {"not_yet_observable", "refused", "untraced", "indicative", "not_all_yet", "running", "few_at_risk", "by_units"}
_CODES = {template: code for code, template in NOTES.items()}


@dataclass(frozen=True)
class Truth:
    """What a release is made from, nothing hidden yet.

    `tables` are the counts and rates that add up; `beside` says what stands beside a figure by its name;
    `curves` are Kaplan-Meier rows by group, `shares` the occupancy by site, `months` the entries of the last months.
    `width` is how many entry years one row of the cohort table takes together.
    """

    as_of: date
    known_on: date
    names: Mapping[str, tuple[str, ...]]
    tables: Tables
    beside: Mapping[Name, Mapping[str, Any]]
    curves: Mapping[Key, tuple[Point, ...]]
    shares: Mapping[Key, Mapping[str, Any]]
    months: Mapping[str, int]
    positions: Mapping[str, tuple[float, float]]
    width: int = 1
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Cutter:
    """Asks for figures with the small categories put together."""

    generation: Asked
    as_of: date
    together: Mapping[str, frozenset[str]]

    def rows(self, metrics: Sequence[str], by: Sequence[str], **window: Any) -> list[dict[str, Any]]:
        """A row per metric and group, `by` as words, OTHER for what was put together."""
        found: list[dict[str, Any]] = []
        merging = [name for name in by if self.together.get(name)]
        for choice in product((False, True), repeat=len(merging)):
            others = {name for name, other in zip(merging, choice, strict=True) if other}
            filters: dict[str, Any] = {f"{name}s": tuple(sorted(self.together[name])) for name in others}
            rest = [name for name in by if name not in others]
            table = ask(self.generation, metrics, Scope(as_of=self.as_of, **filters, **window), rest, _code)
            for row in table.to_dict("records"):
                labels = {name: OTHER if name in others else _label(row[name]) for name in by}
                if not any(labels[name] in self.together.get(name, ()) for name in rest):
                    found.append({**{str(key): value for key, value in row.items()}, **labels})
        return found


def _code(template: str, /, **_places: Any) -> str:
    """A note as its code: what it says is said in the reader's language, and without its numbers."""
    return f" {_CODES[template]}" if template in _CODES else ""


def _label(value: Any) -> str:
    return NONE if value is None or pd.isna(value) else str(value)


def truth(
    generation: Asked,
    thresholds: Thresholds,
    *,
    as_of: date | None = None,
    before: Mapping[str, Iterable[str]] | None = None,
    width: int | None = None,
    intakes: bool = True,
) -> Truth:
    """Everything a release may hold, as it is. `before` and `width` are the earlier release's: what was put together
    stays together. Without `intakes` nothing is told of programmes, as in the first releases. Raises NothingLoaded."""
    day, known_on = as_of or generation.stated_on, generation.known_on
    if day is None or known_on is None:
        raise NothingLoaded
    before = before or {}
    plain = _Cutter(generation, day, {})
    together = {}
    for dimension in ("site", "sector"):
        totals = {row[dimension]: int(row["value"]) for row in plain.rows(["supported"], [dimension])}
        found = merged(totals, thresholds.merge, before.get(dimension, ()))
        together[dimension] = found if len(found) > 1 else frozenset[str]()
    cutter = _Cutter(generation, day, together)
    listed = every_name(generation)
    names = {}
    for dimension, apart in together.items():
        kept = [name for name in listed[dimension] if name not in apart]
        names[dimension] = (*kept, *([OTHER] if apart else []))
    cells: dict[Name, Cell] = {}
    relations: list[Relation] = []
    beside: dict[Name, Mapping[str, Any]] = {}
    _stocks(cutter, thresholds, cells, relations)
    _entries(cutter, thresholds, cells, relations)
    rates = _rates(cutter, cells, relations, beside)
    _reached(cells, relations, day)
    width = width or _width(cutter, thresholds)
    rates += _ages(cutter, width, cells, relations, beside)
    _closures(cells, relations, names)
    if intakes:
        earlier = before.get(PROGRAMME, ())
        named, apart = programmes(cutter.rows, listed["cohort"], thresholds, earlier, cells, relations)
        if named:
            names[PROGRAMME], together[PROGRAMME] = named, apart
    tables = Tables(cells, (), tuple(rates), (), {OTHER: frozenset().union(*together.values())})
    tables = Tables(cells, tuple(one for one in relations if _holds(tables, one)), tables.rates, (), tables.members)
    return Truth(
        day,
        known_on,
        names,
        tables,
        beside,
        _curves(cutter),
        _shares(cutter),
        _months(cutter),
        _positions(generation, names["site"]),
        width,
        {dimension: tuple(sorted(apart)) for dimension, apart in together.items()},
    )


def _holds(tables: Tables, relation: Relation) -> bool:
    """What a reader may rely on is what is so: a firm without a site, say, is in no site's figures."""
    told = sum(factor * tables.value(name) for factor, name in relation.terms)
    return told <= 0 if relation.at_most else told == 0


def _key(row: Mapping[str, Any]) -> Key:
    return tuple(str(row.get(name, TOTAL)) for name in CUTS)


def _put(
    cells: dict[Name, Cell],
    table: str,
    key: Key,
    value: Any,
    *,
    sensitive: bool,
    known: bool,
    floor: int,
    **more: Any,
) -> None:
    count = int(value)
    cells[table, key] = Cell(table, key, count, count, sensitive=sensitive, known=known, floor=floor, **more)


def _stocks(cutter: _Cutter, thresholds: Thresholds, cells: dict[Name, Cell], relations: list[Relation]) -> None:
    shown = [name for name in STOCKS if METRICS[name].public]
    for by in ((), ("site",), ("sector",), ("site", "sector")):
        for row in cutter.rows(["hosted"] if len(by) > 1 else shown, by):
            name = row["metric"]
            directory = thresholds.public and name in IN_DIRECTORY
            # Former tenants are counted in the open; which of them closed is not.
            sensitive = METRICS[name].sensitive or (name in IN_DIRECTORY and not thresholds.public)
            # Whoever closed is one of those who left.
            whole = ("former", _key(row)) if name == "closed" and "former" in shown else None
            _put(cells, name, _key(row), row["value"], sensitive=sensitive, known=directory, floor=1, whole=whole)
    for name in shown:
        _adding_up(name, cells, relations)
    for key in [key for table, key in cells if table == "former"]:
        split = [(-1, (part, key)) for part in ("alumni", "closed")]
        relations.append(Relation(((1, ("former", key)), *split)))


def _entries(cutter: _Cutter, thresholds: Thresholds, cells: dict[Name, Cell], relations: list[Relation]) -> None:
    for chosen in product((False, True), repeat=len(CUTS)):
        by = [name for name, wanted in zip(CUTS, chosen, strict=True) if wanted]
        for row in cutter.rows(["entries"], by):
            public = thresholds.public
            lasting = "year" in by and int(row["year"]) <= cutter.as_of.year - SETTLED
            its: dict[str, Any] = {"sensitive": not public, "known": public, "floor": 1, "lasting": lasting}
            _put(cells, "entries", _key(row), row["value"], **its)
    _adding_up("entries", cells, relations)


def _adding_up(table: str, cells: dict[Name, Cell], relations: list[Relation]) -> None:
    """Sums over sectors and years; and over sites, with the firms that are on several: whoever moved was seen to."""
    mine = {name: cell for name, cell in cells.items() if name[0] == table}
    for at_sites in (False, True):
        some = {name: cell for name, cell in mine.items() if bool(name[1][0]) is at_sites}
        levels = [frozenset(place for place, label in enumerate(key) if label) for _, key in some]
        relations.extend(adding(some, list(dict.fromkeys(levels))))
    sites: dict[Key, list[Name]] = {}
    for _, key in mine:
        if key[0]:
            sites.setdefault((TOTAL, *key[1:]), []).append((table, key))
    for key, parts in sites.items():
        if (table, key) in cells:
            more = sum(int(cells[part].value) for part in parts) - int(cells[table, key].value)
            several = f"{table}+", (SEVERAL, *key[1:])
            if more:
                cells[several] = Cell(*several, more, abs(more), known=True)
            terms = ((1, (table, key)), *((-1, part) for part in parts), *([(1, several)] if more else []))
            relations.append(Relation(terms))
            relations.extend(Relation(((1, part), (-1, (table, key))), at_most=True) for part in parts)


def _rates(
    cutter: _Cutter, cells: dict[Name, Cell], relations: list[Relation], beside: dict[Name, Mapping[str, Any]]
) -> list[Rate]:
    """Five-year survival of the network, by site, by sector and by entry year, with the counts it is made of."""
    rates = []
    for by in ((), ("site",), ("sector",), ("year",)):
        for row in cutter.rows([RATE], by):
            rates += _rate(RATE, _key(row), row, cells, relations, beside)
    for part in ("alive", "closed", "n"):
        mine = {name: cell for name, cell in cells.items() if name[0] == f"{RATE}:{part}"}
        relations.extend(adding(mine, [frozenset(), frozenset({0}), frozenset({1}), frozenset({2})]))
    return rates


def _rate(
    table: str,
    key: Key,
    row: Mapping[str, Any],
    cells: dict[Name, Cell],
    relations: list[Relation],
    beside: dict[Name, Mapping[str, Any]],
) -> list[Rate]:
    """One share with its counts; none where the lists do not give it."""
    counts = {"n": row["n"], "closed": row["events"], "alive": row["n"] - row["events"]}
    for part, value in counts.items():
        # Of those who reached the day it is settled who had closed: a change is about who has reached it since.
        told: dict[str, Any] = {"whole": (f"{table}:n", key), "joining": True} if part == "closed" else {}
        _put(cells, f"{table}:{part}", key, value, sensitive=part == "closed", known=False, floor=0, **told)
    numerator, complement, denominator = ((f"{table}:{part}", key) for part in ("alive", "closed", "n"))
    relations.append(Relation(((1, denominator), (-1, numerator), (-1, complement))))
    if table == RATE:
        # The bounds beside a rate tell how many are of unknown fate: everybody knows it.
        untraced = (f"{table}:unknown", key)
        _put(cells, *untraced, row["unknown"], sensitive=False, known=True, floor=0)
        relations.append(Relation(((1, denominator), (1, untraced), (-1, ("entries", key))), at_most=True))
    fields = ("low", "high", "lower_bound", "upper_bound")
    beside[table, key] = {
        **{name: _rounded(row[name], 3) for name in fields},
        "traced": _rounded(row["n"] / (row["n"] + row["unknown"]), 3) if row["n"] else None,
        "notes": _notes(row),
    }
    given = not math.isnan(row["value"])
    return [Rate(table, key, numerator, complement, denominator)] if given else []


def _notes(row: Mapping[str, Any]) -> list[str]:
    note = row.get("note")
    return [code for code in note.split() if code in _TOLD] if isinstance(note, str) else []


def _rounded(value: Any, places: int) -> float | None:
    return None if value is None or math.isnan(value) else round(float(value), places)


def _bands(cutter: _Cutter, width: int) -> list[tuple[int, int]]:
    """Entry years taken together, each as its first and last; they begin at multiples, whatever the first year is."""
    years = sorted({int(row["year"]) for row in cutter.rows(["entries"], ["year"])})
    starts = sorted({year - year % width for year in years})
    return [(start, start + width - 1) for start in starts]


def _aged(cutter: _Cutter, width: int) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for first, last in _bands(cutter, width):
        window = {"start": date(first, 1, 1), "end": date(last, 12, 31)}
        if first > cutter.as_of.year:
            continue
        label = str(first) if first == last else f"{first}–{last}"
        found += [(label, row) for row in cutter.rows([AGES], [], **window)]
    return found


def _width(cutter: _Cutter, thresholds: Thresholds) -> int:
    """The fewest entry years together that leave most of the cohort table to be read."""
    for width in WIDTHS:
        rows = [row for _, row in _aged(cutter, width) if not math.isnan(row["value"])]
        few = [row for row in rows if row["n"] < thresholds.denominator or 0 < row["events"] < thresholds.least]
        if len(few) * 4 <= len(rows):
            return width
    return WIDTHS[-1]


def _ages(
    cutter: _Cutter,
    width: int,
    cells: dict[Name, Cell],
    relations: list[Relation],
    beside: dict[Name, Mapping[str, Any]],
) -> list[Rate]:
    """The cohort table: entry years × age. A closure stays one at every later age."""
    rates = []
    for label, row in _aged(cutter, width):
        key = (label, str(int(row["age"])))
        if math.isnan(row["value"]):
            beside[AGES, key] = {"notes": _notes(row)}
            continue
        rates += _rate(AGES, key, row, cells, relations, beside)
        earlier = (f"{AGES}:closed", (label, str(int(row["age"]) - 1)))
        if earlier in cells:
            relations.append(Relation(((1, earlier), (-1, (f"{AGES}:closed", key))), at_most=True))
        if key[1] == "5":
            first, *_, last = [int(year) for year in label.split("–")] * 2
            for part in ("alive", "closed", "n"):
                years = [(f"{RATE}:{part}", (TOTAL, TOTAL, str(year))) for year in range(first, last + 1)]
                known = [(-1, name) for name in years if name in cells]
                relations.append(Relation(((1, (f"{AGES}:{part}", key)), *known)))
    return rates


def _reached(cells: Mapping[Name, Cell], relations: list[Relation], day: date) -> None:
    """Who has reached the fifth anniversary entered five years ago at the latest."""
    for table, key in list(cells):
        if table != f"{RATE}:n" or key[0] or key[2]:
            # A life is told at the site of its first entry, the entries of a site are all that come.
            continue
        fate = ((1, (table, key)), (1, (f"{RATE}:unknown", key)))
        entered = [
            (int(its[2]), (name, its)) for name, its in cells if name == "entries" and its[2] and its[:2] == key[:2]
        ]
        late = tuple((-1, name) for year, name in sorted(entered) if year <= day.year - 5)
        relations.append(Relation((*fate, *late), at_most=True))


def _closures(cells: Mapping[Name, Cell], relations: list[Relation], names: Mapping[str, Sequence[str]]) -> None:
    """Who closed within five years has closed by now."""
    for sector in (TOTAL, *names["sector"]):
        key = (TOTAL, sector, TOTAL)
        within, closed = (f"{RATE}:closed", key), ("closed", key)
        if within in cells and closed in cells:
            relations.append(Relation(((1, within), (-1, closed)), at_most=True))


def _curves(cutter: _Cutter) -> dict[Key, tuple[Point, ...]]:
    """Kaplan-Meier by group, the steps read at each quarter of a year."""
    found: dict[Key, tuple[Point, ...]] = {}
    for by in ((), ("site",), ("sector",)):
        steps: dict[Key, list[dict[str, Any]]] = {}
        for row in cutter.rows(["survival_curve"], by):
            if not math.isnan(row["value"]):
                steps.setdefault(_key(row), []).append(row)
        found |= {key: quarterly(rows) for key, rows in steps.items()}
    return found


def _shares(cutter: _Cutter) -> dict[Key, dict[str, Any]]:
    """Occupancy of the network and of each site, to the whole per cent, with how many stays it rests on."""
    if not METRICS["occupancy"].public:
        return {}
    return {
        _key(row): {"value": _rounded(row["value"], 2), "n": int(row["n"]), "notes": _notes(row)}
        for by in ((), ("site",))
        for row in cutter.rows(["occupancy"], by)
        if not math.isnan(row["value"])
    }


def _months(cutter: _Cutter) -> dict[str, int]:
    """Entries of the network in each of the last months, those of nobody as 0."""
    last = cutter.as_of
    months = []
    for back in reversed(range(MONTHS)):
        whole = last.year * 12 + last.month - 1 - back
        months.append(f"{whole // 12:04d}-{whole % 12 + 1:02d}")
    start = date(int(months[0][:4]), int(months[0][5:]), 1)
    found = {row["month"]: int(row["value"]) for row in cutter.rows(["entries"], ["month"], start=start)}
    return {month: found.get(month, 0) for month in months}


def _positions(generation: Asked, sites: Sequence[str]) -> dict[str, tuple[float, float]]:
    table = generation.query(_POSITIONS)
    rows = table.to_dict("records")
    found = {str(row["site"]): (float(row["latitude"]), float(row["longitude"])) for row in rows}
    return {site: place for site, place in found.items() if site in sites}
