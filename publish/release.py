"""Which tables a release holds, and their figures, as the metrics answer them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from metrics import METRICS
from metrics.ask import Generation, Scope, ask
from metrics.metric import NONE
from publish import curves
from publish.cells import TOTAL, Cell, Name, Rate, Relation, Tables, Thresholds, adding, merged

DIMENSIONS = ("site", "sector", "year")
OTHER = "(other)"
STOCKS = ("supported", "hosted", "alumni", "closed")
# What stands in the place of a site for the firms that several sites count: known, for whoever moved was seen to.
SEVERAL = "(several)"
_WHOLE, _SITE, _SECTOR, _BOTH = (), ("site",), ("sector",), ("site", "sector")
_FLOWS = (_WHOLE, _SITE, _SECTOR, ("year",), ("site", "year"), ("sector", "year"))
# A year over for longer is hardly ever corrected.
_SETTLED = 2


@dataclass(frozen=True)
class Draft:
    """What a release is made from: tables that are not protected yet, curves by key, and the days they hold for."""

    tables: Tables
    lines: Mapping[tuple[str, ...], tuple[curves.Point, ...]]
    shares: Mapping[tuple[str, str], float | None]
    as_of: date
    known_on: date | None
    together: frozenset[str] = frozenset()


def draft(
    generation: Generation,
    thresholds: Thresholds | None = None,
    as_of: date | None = None,
    together: Iterable[str] = (),
) -> Draft:
    """The release's figures for a state of knowledge, sectors of few firms together in one.

    `together` are the sectors that the release before has put together: they stay so.
    """
    thresholds = thresholds or Thresholds()
    scope = Scope(as_of=as_of)
    totals = {key[1]: value for key, value in _counts(generation, ["supported"], scope, _SECTOR)["supported"].items()}
    few = merged(totals, thresholds.merge, together)
    names = dict.fromkeys(few, OTHER) if len(few) > 1 else {}
    day = as_of or generation.stated_on
    assert day is not None
    tables = Tables({}, members={OTHER: few} if names else {})
    for by in (_WHOLE, _SITE, _SECTOR, _BOTH):
        tables += _cells(_counts(generation, STOCKS, scope, by, names), thresholds, day)
    for by in _FLOWS:
        tables += _cells(_counts(generation, ["entries"], scope, by, names), thresholds, day)
    tables += _survival(generation, scope, names)
    tables += Tables({}, tuple(_added(tables)))
    tables = _with_several(tables)
    tables += Tables({}, tuple(_within(tables, day)))
    return Draft(
        tables,
        _curves(generation, scope, names),
        _occupancy(generation, scope, thresholds),
        day,
        generation.known_on,
        few,
    )


Counted = dict[str, dict[tuple[str, ...], int]]


def _counts(
    generation: Generation,
    metrics: Iterable[str],
    scope: Scope,
    by: tuple[str, ...],
    names: Mapping[str, str] | None = None,
    field: str = "value",
) -> Counted:
    """Whole numbers by metric and key, merged sectors added up."""
    answer = ask(generation, metrics, scope, by)
    found: Counted = {name: {} for name in metrics}
    for row in answer.to_dict("records"):
        if not pd.isna(row[field]):
            key = _key(row, by, names or {})
            its = found[row["metric"]]
            its[key] = its.get(key, 0) + int(row[field])
    return found


def _key(row: Mapping[Any, Any], by: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    words = {name: NONE if pd.isna(row[name]) else str(row[name]) for name in by}
    if "sector" in words:
        words["sector"] = names.get(words["sector"], words["sector"])
    return tuple(words.get(name, TOTAL) for name in DIMENSIONS)


def _cells(counted: Counted, thresholds: Thresholds, day: date) -> Tables:
    cells = {}
    for table, values in counted.items():
        for key, value in values.items():
            # The directory says who is there; that a site or a sector has so many is read off it.
            known = thresholds.public and table == "hosted" and TOTAL in key[:2]
            cells[table, key] = Cell(
                table,
                key,
                value,
                value,
                sensitive=METRICS[table].sensitive or not thresholds.public,
                known=known,
                lasting=bool(key[2]) and int(key[2]) <= day.year - _SETTLED,
            )
    return Tables(cells)


def _survival(generation: Generation, scope: Scope, names: Mapping[str, str]) -> Tables:
    """The rate with its two counts, the firms of unknown fate beside."""
    cells: dict[Name, Cell] = {}
    rates = []
    for by in (_WHOLE, _SITE, _SECTOR):
        n, events, unknown = (
            _counts(generation, ["survival_5y"], scope, by, names, field)["survival_5y"]
            for field in ("n", "events", "unknown")
        )
        for key, below in n.items():
            closed = events.get(key, 0)
            for table, value, floor in (
                ("survival_5y.n", below, 1),
                ("survival_5y.alive", below - closed, 0),
                ("survival_5y.closed", closed, 0),
                ("survival_5y.unknown", unknown.get(key, 0), 1),
            ):
                cells[table, key] = Cell(table, key, value, value, floor=floor)
            parts = [(f"survival_5y.{part}", key) for part in ("alive", "closed", "n")]
            rates.append(Rate("survival_5y", key, parts[0], parts[1], parts[2]))
    adds = tuple(Relation(((1, r.numerator), (1, r.complement), (-1, r.denominator))) for r in rates)
    return Tables(cells, adds, tuple(rates))


def _added(tables: Tables) -> list[Relation]:
    """How the tables add up: over sectors, sites and years, and what a firm is now to what it ever was."""
    shown = {frozenset(place for place, label in enumerate(key) if label) for _, key in tables.cells}
    found = []
    for table in sorted({table for table, _ in tables.cells}):
        cells = {name: cell for name, cell in tables.cells.items() if name[0] == table}
        found += adding(cells, sorted(shown, key=sorted))
    for table, key in sorted(tables.cells):
        if table == "supported":
            found.append(Relation(((1, (table, key)), *((-1, (part, key)) for part in STOCKS[1:]))))
        if table == "entries" and not key[2]:
            found.append(Relation(((1, (table, key)), (-1, ("supported", key)))))
    return found


def _within(tables: Tables, day: date) -> list[Relation]:
    """What cannot be more than something else: everybody knows it, so the tables say it."""
    found = []
    for table, key in sorted(tables.cells):
        if table == "survival_5y.n":
            everyone = Relation(((1, (table, key)), (1, ("survival_5y.unknown", key)), (-1, ("supported", key))), True)
            found += [everyone, Relation(((1, ("survival_5y.closed", key)), (-1, ("closed", key))), True)]
            # Who has reached the fifth anniversary entered five years ago at the latest, six at the earliest known.
            fate = ((1, (table, key)), (1, ("survival_5y.unknown", key)))
            years = [(int(k[2]), (t, k)) for t, k in tables.cells if t == "entries" and k[2] and k[:2] == key[:2]]
            late = tuple((-1, name) for year, name in sorted(years) if year <= day.year - 5)
            early = tuple((1, name) for year, name in sorted(years) if year < day.year - 5)
            found += [Relation((*fate, *late), True), Relation((*((-1, name) for _, name in fate), *early), True)]
    return [r for r in found if sum(factor * int(tables.value(name)) for factor, name in r.terms) <= 0]


def _with_several(tables: Tables) -> Tables:
    """Where sites add up to more than the whole, for firms that several of them count, by how many is known."""
    cells, relations = dict(tables.cells), []
    for relation in tables.relations:
        left = sum(factor * int(tables.value(name)) for factor, name in relation.terms)
        if left:
            table, (_, *rest) = relation.terms[0][1]
            name = f"{table}+", (SEVERAL, *rest)
            cells[name] = Cell(*name, -left, abs(left), known=True)
            relation = Relation((*relation.terms, (1, name)))
        relations.append(relation)
    return Tables(cells, tuple(relations), tables.rates, tables.means, tables.members)


def _occupancy(generation: Generation, scope: Scope, thresholds: Thresholds) -> dict[tuple[str, str], float | None]:
    """Occupancy by site, and of the whole; None where few firms make it, and of the whole too where one site has it."""
    found: dict[tuple[str, str], float | None] = {}
    for by in (_WHOLE, _SITE):
        for row in ask(generation, ["occupancy"], scope, by).to_dict("records"):
            if not pd.isna(row["value"]):
                shown = row["n"] >= thresholds.firms
                found["occupancy", _key(row, by, {})[0]] = float(row["value"]) if shown else None
    if None in found.values() and ("occupancy", TOTAL) in found:
        found["occupancy", TOTAL] = None
    return found


def _curves(
    generation: Generation, scope: Scope, names: Mapping[str, str]
) -> dict[tuple[str, ...], tuple[curves.Point, ...]]:
    found = {}
    for by in (_WHOLE, _SITE, _SECTOR):
        answer = ask(generation, ["survival_curve"], scope, by)
        groups: dict[tuple[str, ...], list[dict[Any, Any]]] = {}
        for row in answer.to_dict("records"):
            if not pd.isna(row["value"]) and not pd.isna(row["age_days"]):
                key = _key(row, by, {})
                if key[1] not in names:
                    groups.setdefault(key, []).append(row)
        for key, rows in groups.items():
            found[key] = curves.quarterly(rows)
    return found
