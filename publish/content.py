"""What a release says, and nothing else: figures as they are printed, as bytes that come out the same every time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from metrics import METRICS
from metrics.interval import wilson
from publish import curves
from publish.cells import TOTAL, Cut, Name, Printed, Rate, Tables, Thresholds
from publish.curves import QUARTER
from publish.cuts import cut, lessened, within
from publish.figures import AGES, CUTS, RATE, STOCKS, Key, Truth
from publish.programmes import BY as PROGRAMME
from publish.programmes import TABLES as INTAKES

FORMAT = 1
# How a cell says that it is hidden, and that there is no figure to give.
HIDDEN, NOT_GIVEN = "c", "x"
_AGE_CUTS = ("years", "age")
# What a release may be without; who is hosted and who came in is in each of them.
OPTIONAL = (
    "former",
    "alumni",
    "closed",
    "entries_by_month",
    "survival_5y",
    "survival_by_age",
    "survival_curve",
    "occupancy",
    "programmes",
)
# What comes and goes with another table; the tables of intakes together.
_WITH = {"survival_km_5y": "survival_curve", **dict.fromkeys(INTAKES, "programmes")}


def of_table(name: str) -> str:
    """The table of OPTIONAL with which a figure comes and goes: "survival_5y" for the counts that make the rate."""
    table = name.partition(":")[0]
    return _WITH.get(table, table)


def metric_of(table: str) -> str:
    """The metric whose figures a table holds."""
    return "entries" if table == "entries_by_month" else INTAKES.get(table, table)


def written(
    truth: Truth,
    printed: Printed,
    thresholds: Thresholds,
    number: int,
    head: str,
    left_out: Collection[str] = (),
) -> bytes:
    """The release as canonical JSON: keys sorted, no clock, no chance, nothing of what is hidden.

    `head` is the hash of the last receipt that it stands on; the tables `left_out` are not in it.
    """
    tables = _tables(truth, printed, thresholds)
    content = {
        "format": FORMAT,
        "number": number,
        "as_of": truth.as_of.isoformat(),
        "known_on": truth.known_on.isoformat(),
        "head": head,
        "method": ["merging", "rounding" if printed.base else "suppression", "audit"],
        **({"rounded_to": printed.base} if printed.base else {}),
        "names": {
            dimension: list(names)
            for dimension, names in truth.names.items()
            if dimension != PROGRAMME or "programmes" not in left_out
        },
        "positions": {site: [round(part, 4) for part in place] for site, place in truth.positions.items()},
        "cohort_width": truth.width,
        "withheld": _withheld(printed),
        "tables": {name: its for name, its in tables.items() if of_table(name) not in left_out},
    }
    return canonical(content)


def _withheld(printed: Printed) -> list[dict[str, Any]]:
    """The cuts that this release does not give, so as to keep what earlier ones hid."""
    told = {*STOCKS, "entries", RATE, AGES, *INTAKES}
    cuts = [(table, places) for table, places in sorted(printed.withheld) if table in told]
    return [{"table": table, "by": [_cuts(table)[place] for place in places]} for table, places in cuts]


def _cuts(table: str) -> tuple[str, ...]:
    return _AGE_CUTS if table == AGES else (PROGRAMME,) if table in INTAKES else CUTS


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no space."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _tables(truth: Truth, printed: Printed, thresholds: Thresholds) -> dict[str, Any]:
    tables: dict[str, Any] = {}

    def given(names: Iterable[Name], table: str) -> list[Key]:
        return [name[1] for name in sorted(names) if name[0] == table and cut(name) not in printed.withheld]

    def table(name: str, by: tuple[str, ...], cells: list[dict[str, Any]]) -> None:
        if cells:
            metric = metric_of(name)
            tables[name] = {"metric": metric, "unit": METRICS[metric].unit, "by": list(by), "cells": cells}

    for name in (*STOCKS, "entries", *INTAKES):
        counts = given(truth.tables.cells, name)
        table(name, by := _cuts(name), [{**_named(by, key), **_count(printed, (name, key))} for key in counts])
    months: list[dict[str, Any]] = [{"month": month, "value": value} for month, value in sorted(truth.months.items())]
    if months and (
        thresholds.public or (not printed.base and all(not 0 < row["value"] < thresholds.least for row in months))
    ):
        tables["entries_by_month"] = {"metric": "entries", "unit": "firms", "by": ["month"], "cells": months}
    rates = {rate.name: rate for rate in truth.tables.rates}
    for name, by in ((RATE, CUTS), (AGES, _AGE_CUTS)):
        keys = given(truth.beside, name)
        table(name, by, [{**_named(by, key), **_rate(truth, printed, rates, (name, key))} for key in keys])
    table("survival_curve", CUTS, list(_curves(truth, printed, thresholds)))
    table("survival_km_5y", CUTS, _at_five_years(tables.get("survival_curve", {"cells": []})["cells"]))
    shares = {key: _share(its, thresholds) for key, its in truth.shares.items()}
    if any(its["value"] is None for its in shares.values()):
        # The whole less the others would be the one that is hidden.
        shares = {key: its if any(key) else {"value": None, "status": HIDDEN} for key, its in shares.items()}
    table("occupancy", CUTS, [{**_named(CUTS, key), **its} for key, its in shares.items()])
    return tables


def _named(by: tuple[str, ...], key: Key) -> dict[str, str]:
    """The labels of a key, those summed over left out."""
    return {dimension: label for dimension, label in zip(by, key, strict=True) if label != TOTAL}


def _count(printed: Printed, name: Name) -> dict[str, Any]:
    value = printed.cell(name)
    return {"value": None, "status": HIDDEN} if value is None else {"value": int(value)}


def _rate(truth: Truth, printed: Printed, rates: Mapping[Name, Any], name: Name) -> dict[str, Any]:
    """A share with all that is printed beside it, or none of it."""
    beside = truth.beside[name]
    if name not in rates:
        return {"value": None, "status": NOT_GIVEN, "notes": beside["notes"]}
    value = printed.rate(rates[name])
    n = printed.cell(rates[name].denominator)
    if value is None:
        return {"value": None, "status": HIDDEN, **({} if n is None else {"n": int(n)})}
    if printed.base:
        beside = {**beside, **_rounded(printed, rates[name])}
    told = {key: item for key, item in beside.items() if item not in (None, [])}
    return {"value": float(value), "n": int(n or 0), **told}


def _rounded(printed: Printed, rate: Rate) -> dict[str, float | None]:
    """What stands beside a share of rounded counts, made of these."""
    base, table = printed.base, rate.table
    alive, n = (int(printed.cell(name) or 0) for name in (rate.numerator, rate.denominator))
    low, high = (round(float(end[0]), 3) for end in wilson(np.array([alive]), np.array([n])))
    unknown = (int(printed.tables.value((f"{table}:unknown", rate.key))) + base // 2) // base * base
    told: dict[str, float | None] = {"low": low, "high": high, "traced": round(n / (n + unknown), 3)}
    if table == RATE:
        bounds = {"lower_bound": alive / (n + unknown), "upper_bound": (alive + unknown) / (n + unknown)}
        return {**told, **{name: round(bound, 3) for name, bound in bounds.items()}}
    return {**told, "lower_bound": None, "upper_bound": None}


def _curves(truth: Truth, printed: Printed, thresholds: Thresholds) -> Iterator[dict[str, Any]]:
    """Curves of enough firms, of groups whose closures are shown, up to where few are at risk.

    Where one group alone of a dimension would be left out, none of its dimension is given: the whole less the others
    would be its curve.
    """
    base = printed.base
    given = {key: points for key, points in truth.curves.items() if _has_curve(key, printed, thresholds)}
    for level in (frozenset({0}), frozenset({1})):
        every, kept = ([key for key in some if _level(key) == level] for some in (truth.curves, given))
        if len(every) - len(kept) == 1:
            given = {key: points for key, points in given.items() if key not in kept}
    for key, points in sorted(curves.together(given, thresholds).items()):
        for quarter, point in enumerate(points):
            told = {"value": point.value, "low": point.low, "high": point.high}
            if base:
                told = {name: item if item is None else round(item, 2) for name, item in told.items()}
            # Numbers at risk stand at whole years alone: at each step they would tell how many closed in it.
            many = (point.at_risk + base // 2) // base * base if base else point.at_risk
            told |= {"at_risk": many} if quarter % 4 == 0 else {}
            given_ones = {name: item for name, item in told.items() if item is not None}
            yield {**_named(CUTS, key), "age_days": point.age_days, **given_ones}


def _level(key: Key) -> frozenset[int]:
    return frozenset(place for place, label in enumerate(key) if label != TOTAL)


def _has_curve(key: Key, printed: Printed, thresholds: Thresholds) -> bool:
    """Whether its closures are shown and more than a few: the drops of the curve tell of them."""
    closed = printed.tables.value(("closed", key))
    names = {("closed", key), (RATE, key)} | ({(f"{RATE}:closed", key)} if not printed.base else set())
    return closed >= thresholds.least and not printed.hidden & names


def _at_five_years(curve: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Kaplan-Meier at five years is the curve's twentieth quarter."""
    return [
        {name: item for name, item in row.items() if name != "age_days"}
        for row in curve
        if row["age_days"] == round(20 * QUARTER)
    ]


def _share(its: Mapping[str, Any], thresholds: Thresholds) -> dict[str, Any]:
    if its["n"] < thresholds.denominator:
        return {"value": None, "status": HIDDEN}
    return {"value": its["value"], **({"notes": its["notes"]} if its["notes"] else {})}


@dataclass(frozen=True)
class Content:
    """A release as it was frozen, to be read."""

    raw: bytes

    @cached_property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def number(self) -> int:
        return int(self.told["number"])

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.told["as_of"])

    @property
    def known_on(self) -> date:
        return date.fromisoformat(self.told["known_on"])

    def names(self, dimension: str) -> list[str]:
        """The sites or the sectors, in their lasting order."""
        return list(self.told["names"][dimension])

    def cells(self, table: str, *by: str, **only: str) -> list[dict[str, Any]]:
        """The cells of a table cut by exactly `by`, of those with the labels `only` (which are cut by too)."""
        wanted = {*by, *only}
        return [
            cell
            for cell in self.told["tables"].get(table, {"cells": []})["cells"]
            if {one for one in (*CUTS, *_AGE_CUTS, "month", PROGRAMME) if one in cell} == wanted
            and all(cell[name] == label for name, label in only.items())
        ]

    def cell(self, table: str, **only: str) -> dict[str, Any]:
        """The one cell with exactly these labels; empty where there is none."""
        found = self.cells(table, **only)
        return found[0] if found else {}

    @property
    def hidden(self) -> frozenset[Name]:
        """The counts and rates that are hidden, by the names that protection has for them."""
        found: set[Name] = set()
        for table, its in self.told["tables"].items():
            by = _cuts(table)
            for cell in its["cells"]:
                if cell.get("status") == HIDDEN and table not in ("occupancy",):
                    key = tuple(cell.get(name, TOTAL) for name in by)
                    found.add((table, key))
                    if table in (RATE, AGES):
                        found |= {(f"{table}:{part}", key) for part in ("alive", "closed")}
                        found |= {(f"{table}:n", key)} if "n" not in cell else set()
        return frozenset(found)

    @property
    def withheld(self) -> frozenset[Cut]:
        """The cuts that are not given."""
        return frozenset(
            (one["table"], tuple(_cuts(one["table"]).index(name) for name in one["by"]))
            for one in self.told["withheld"]
        )

    def printed(self, tables: Tables, own: Collection[Name], unseen: Collection[Name] = ()) -> Printed:
        """What strangers saw of these tables; `own` are those that fell under a threshold themselves, `unseen` are
        hidden in tables left out."""
        left, base = lessened(tables, self.withheld), int(self.told.get("rounded_to", 0))
        gone = within(left, self.withheld)
        hidden, shown = self.hidden | gone | frozenset(unseen), self._rounded(base) if base else {}
        if base:
            counts = {name for name, cell in left.cells.items() if not cell.known}
            shown = {name: value for name, value in shown.items() if name in counts}
            hidden |= counts - shown.keys()
        why = {name: "cut" if name in gone else "own" if name in own else "others" for name in hidden}
        return Printed(self.number, left, hidden, why, base, shown, self.withheld)

    def _rounded(self, base: int) -> dict[Name, int]:
        """What is printed of rounded counts: what stands there, and the count that a share is made of."""
        found: dict[Name, int] = {}
        for table, its in self.told["tables"].items():
            for cell in its["cells"]:
                key = tuple(cell.get(name, TOTAL) for name in _cuts(table))
                if table in (RATE, AGES) and "n" in cell:
                    found[f"{table}:n", key] = cell["n"]
                    if cell["value"] is not None:
                        found[f"{table}:alive", key] = round(cell["value"] * cell["n"] / base) * base
                elif table in (*STOCKS, "entries", *INTAKES) and cell["value"] is not None:
                    found[table, key] = cell["value"]
        return found
