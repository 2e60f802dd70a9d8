"""A generation's entries, ends and lives as arrays of days: counts for any day, window and filter without a statement.

`ask` answers from it where `prepare` has been called: for those who look at one generation again and again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from metrics.metric import NONE, PERIODS, Numbers, Parts
from metrics.period import begins, follows, label

COUNTED = {"presence": ("hosted", "supported", "former", "alumni", "closed", "entries"), "life": ("survival_5y",)}
ALL = frozenset(name for names in COUNTED.values() for name in names)
FATES = ("alive", "closed", "merged", "unknown")
_DAY = timedelta(days=1)
# A table of more cells (names times days) than this is left to a statement.
_CELLS = 4_000_000
_TALLIES, _TABLES, _CHOICES = 3, 24, 6

_CODES = """
    coalesce(enum_code(site), -1)::int as site, coalesce(enum_code(sector), -1)::int as sector,
    coalesce(enum_code(cohort), -1)::int as cohort, (day - $zero)::int as day
"""
_PRESENCES = f"""
select {_CODES}, coalesce(until - $zero, 10000000)::int as until, coalesce(gone_on - $zero, 10000000)::int as gone,
    first, firm_no as firm
from presence where by_site = $by_site
"""
_LIVES = f"""
select {_CODES}, enum_code(fate)::tinyint as fate,
    coalesce(least(closed_on, closed_by) - $zero, 10000000)::int as closed,
    coalesce(closed_by - $zero, 10000000)::int as closed_by
from life
"""
Filters = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Asked:
    """What `ask` wants counted over one table; `stock` says that levels are read, on the last day of each period."""

    over: str
    stock: bool
    by: tuple[str, ...]
    filters: Filters
    start: date | None
    end: date
    as_of: date


@dataclass(frozen=True)
class _Span:
    """A period's label, and the places in time from which and up to which, not included, days are counted."""

    label: str | None
    low: int
    high: int


class _Kept:
    """The latest answers under their keys, at most so many; two who ask at once may both work."""

    def __init__(self, size: int) -> None:
        self._size, self._items, self._lock = size, OrderedDict[Hashable, Any](), threading.Lock()

    def find(self, key: Hashable) -> Any:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        found = self.find(key)
        if found is None:
            found = make()
            with self._lock:
                self._items[key] = found
                while len(self._items) > self._size:
                    self._items.popitem(last=False)
        return found


Rows = dict[str, Numbers]


class Tally:
    """The arrays of one generation, and the tables of counts up to each day that were asked for lately."""

    def __init__(self, query: Callable[[str, dict[str, Any]], pd.DataFrame], stated_on: date) -> None:
        names = "select unnest(enum_range(null::{0}_name))::varchar as name"
        self.names = {
            dimension: tuple(query(names.format(dimension), {})["name"]) for dimension in ("site", "sector", "cohort")
        }
        first = query("select least((select min(day) from presence), (select min(day) from life)) as day", {})["day"][0]
        self.first = stated_on if pd.isna(first) else min(pd.Timestamp(first).date(), stated_on)
        self.last = stated_on
        # Places in time 0 to `after`: the first day is 0, and `after` whatever comes later than the last.
        self.after = (self.last - self.first).days + 1
        self._rows = {
            "network": self._presences(query(_PRESENCES, {"zero": self.first, "by_site": False})),
            "sites": self._presences(query(_PRESENCES, {"zero": self.first, "by_site": True})),
            "life": self._placed(query(_LIVES, {"zero": self.first}), "day", "closed", "closed_by"),
        }
        # Firms are told apart only where several rows may be one presence.
        _, whose, often = np.unique(self._rows["sites"].pop("firm"), return_inverse=True, return_counts=True)
        self._rows["sites"]["firm"] = np.where(often[whose] > 1, whose, -1).astype(np.int32)
        del self._rows["network"]["firm"]
        self._tables, self._choices = _Kept(_TABLES), _Kept(_CHOICES)
        # What nobody has filtered is asked for most; it stays.
        self._whole = _Kept(len(self.names) * _TABLES)
        for what in ("rows", "again", "ended"):
            for level, dimension in (("network", None), ("network", "sector"), ("sites", "site")):
                if self._groups(dimension) * (self.after + 1) <= _CELLS:
                    self._upto(what, level, {}, dimension)
        for what in FATES:
            self._upto(what, "life", {}, None)
        self._upto("gone", "network", {}, None)

    def _placed(self, table: pd.DataFrame, *days: str) -> Rows:
        rows = {name: table[name].to_numpy() for name in table.columns}
        rows |= {name: np.minimum(rows[name], self.after).astype(np.int32) for name in days}
        for name in ("site", "sector", "cohort"):
            # Nameless rows come last, as in the order of a statement.
            rows[name] = np.where(rows[name] < 0, len(self.names[name]), rows[name]).astype(np.int16)
        return rows

    def _presences(self, table: pd.DataFrame) -> Rows:
        rows = self._placed(table, "day", "until", "gone")
        return self._ended(rows)

    def _ended(self, rows: Rows) -> Rows:
        """A firm counts as closed once, with its first presence; nothing ends before it begins."""
        rows["until"] = np.maximum(rows["until"], rows["day"])
        rows["gone"] = np.where(rows["first"], np.maximum(rows["gone"], rows["day"]), self.after).astype(np.int32)
        return rows

    def place(self, day: date) -> int:
        """The place in time of a day."""
        return min(max((day - self.first).days, 0 if day >= self.first else -1), self.after)

    # Which rows

    def _level(self, asked: Asked) -> str:
        if asked.over == "life":
            return "life"
        sites = asked.filters.get("site", ())
        if "site" in asked.by or len(sites) == 1:
            return "sites"
        return "together" if sites else "network"

    def _chosen(self, level: str, filters: Filters) -> Rows:
        """The rows that the filters leave; several sites count as one place."""
        if not filters:
            return self._rows[level]
        key = (level, *filters.items())

        def choose() -> Rows:
            rows = self._rows["sites" if level == "together" else level]
            kept = np.ones(len(rows["day"]), dtype=bool)
            for dimension, names in filters.items():
                known = self.names[dimension]
                wanted = np.isin(np.array([*known, NONE], dtype=object), list(names))
                kept &= wanted[rows[dimension]]
            places = kept.nonzero()[0]
            chosen = {name: items[places] for name, items in rows.items()}
            return self._joined(chosen) if level == "together" else chosen

        rows: Rows = self._choices.get(key, choose)
        return rows

    def _joined(self, rows: Rows) -> Rows:
        """Presences at several sites as presences at one place: those of a firm that touch or overlap become one."""
        several = rows["firm"] >= 0
        alone = {name: items[~several] for name, items in rows.items()}
        order = np.lexsort((rows["until"][several], rows["day"][several], rows["firm"][several]))
        moved = {name: items[several][order] for name, items in rows.items()}
        firm, day, until = (moved[name].astype(np.int64) for name in ("firm", "day", "until"))
        if len(firm):
            # A firm's days lie above those of the firms before it, so that one running maximum serves all.
            shift = np.cumsum(np.r_[0, firm[1:] != firm[:-1]]) * (self.after + 2)
            reach = np.maximum.accumulate(until + shift)
            starts = np.r_[True, day[1:] + shift[1:] > reach[:-1]]
            begun = starts.nonzero()[0]
            moved = {name: items[begun] for name, items in moved.items()}
            moved["until"] = (np.maximum.reduceat(until, begun)).astype(np.int32)
            moved["first"] = np.r_[True, moved["firm"][1:] != moved["firm"][:-1]]
            # The firm's closing stands in its row that was first at a site; it is the same at each.
            latest = np.full(int(moved["firm"].max()) + 1, self.after, dtype=np.int32)
            np.minimum.at(latest, rows["firm"][several], rows["gone"][several])
            moved["gone"] = latest[moved["firm"]]
        return self._ended({name: np.concatenate([alone[name], moved[name]]) for name in rows})

    # How many up to each day

    def _upto(self, what: str, level: str, filters: Filters, dimension: str | None, as_of: int = -1) -> Numbers:
        """How many of `what` lie before each place in time: a row per name of the dimension, the nameless last."""
        key = (what, level, dimension, as_of, *filters.items())

        def add() -> Numbers:
            rows = self._chosen(level, filters)
            kept: Any = slice(None)
            days = rows["until" if what == "ended" else "gone" if what == "gone" else "day"]
            if what == "again":
                kept = ~rows["first"]
            elif what in FATES:
                kept = rows["fate"] == FATES.index(what)
            elif what == "closures":
                kept = rows["closed"] <= as_of
            elif what == "undated":
                kept = (rows["closed_by"] <= as_of) & (rows["fate"] == FATES.index("unknown"))
            groups, width = self._groups(dimension), self.after + 1
            days = days[kept]
            places = days if dimension is None else rows[dimension][kept].astype(np.int32) * np.int32(width) + days
            counted = np.bincount(places, minlength=groups * width).reshape(groups, width)
            upto = np.zeros((groups, width), dtype=np.int32)
            np.cumsum(counted[:, :-1], axis=1, out=upto[:, 1:])
            return upto

        upto: Numbers = (self._tables if filters else self._whole).get(key, add)
        return upto

    def _groups(self, dimension: str | None) -> int:
        return 1 if dimension is None else len(self.names[dimension]) + 1

    # Answers

    def counted(self, asked: Asked, metrics: Sequence[str]) -> tuple[dict[str, Numbers], dict[str, Parts]] | None:
        """(names of the groups by dimension, aggregates by metric), as the statement would give them.

        None where it takes the statement: for other metrics, later days, finer cuts.
        """
        named = [name for name in asked.by if name not in PERIODS]
        if not set(metrics) <= set(COUNTED.get(asked.over, ())) or len(named) > 1 or len(asked.by) - len(named) > 1:
            return None
        dimension = named[0] if named else None
        if asked.as_of > self.last or self._groups(dimension) * (self.after + 1) > _CELLS:
            return None
        level = self._level(asked)

        def upto(what: str, as_of: int = -1) -> Numbers:
            return self._upto(what, level, asked.filters, dimension, as_of)

        spans = self._spans(asked, level)
        low = np.array([span.low for span in spans], dtype=int)
        high = np.array([span.high for span in spans], dtype=int)

        def within(what: str, last: int | None = None, as_of: int = -1) -> Numbers:
            table = upto(what, as_of)
            ends = high if last is None else np.minimum(high, last + 1)
            return table[:, np.maximum(ends, low)] - table[:, low]

        if asked.over == "life":
            there, parts = self._fates(asked, within)
        else:
            there, parts = _presences(within, metrics)
        # Without a cut there is one row, even of nobody; else a row per group of somebody.
        found = np.argwhere(there > 0) if asked.by else np.zeros((1, 2), dtype=int)
        if asked.by and asked.by[0] in PERIODS:
            found = found[np.lexsort((found[:, 0], found[:, 1]))]
        names: dict[str, Numbers] = {}
        for name in asked.by:
            words = [span.label for span in spans] if name in PERIODS else [*self.names[name], None]
            names[name] = np.array(words, dtype=object)[found[:, 1 if name in PERIODS else 0]]
        rows, columns = found[:, 0], found[:, 1]
        return names, {
            metric: {name: items[rows, columns].astype(np.int64) for name, items in its.items()}
            for metric, its in parts.items()
        }

    def _fates(self, asked: Asked, within: Callable[..., Numbers]) -> tuple[Numbers, dict[str, Parts]]:
        # The last day of entry whose fifth anniversary has passed; that of 29 February is 1 March.
        back = asked.as_of.replace(day=28) if (asked.as_of.month, asked.as_of.day) == (2, 29) else asked.as_of
        last = self.place(back.replace(year=back.year - 5))
        as_of = self.place(asked.as_of)
        firms = sum((within(fate) for fate in FATES), np.zeros((1, 1), dtype=int))
        reached = {fate: within(fate, last) for fate in FATES}
        parts = {
            "firms": firms,
            "waiting": firms - sum(reached.values()),
            **reached,
            "closures": within("closures", None, as_of),
            "undated": within("undated", last, as_of),
        }
        return firms, {"survival_5y": parts}

    def _spans(self, asked: Asked, level: str) -> list[_Span]:
        """The periods asked for, or the one window; levels count from the first day on."""
        end = self.place(asked.end) + 1
        step = next((name for name in asked.by if name in PERIODS), None)
        from_start = 0 if asked.start is None else max(self.place(asked.start), 0)
        if step is None:
            return [_Span(None, 0 if asked.stock else min(from_start, end), end)]
        start = asked.start
        if start is None:
            days = self._chosen(level, asked.filters)["day"]
            start = self.first + int(days.min()) * _DAY if len(days) else asked.end + _DAY
        spans, day = [], begins(step, start)
        while day <= asked.end:
            following = follows(step, day)
            high = min(self.place(following - _DAY) + 1, end)
            low = 0 if asked.stock else min(max(self.place(day), from_start), high)
            spans.append(_Span(label(step, day), low, high))
            day = following
        return spans


def _presences(within: Callable[..., Numbers], metrics: Sequence[str]) -> tuple[Numbers, dict[str, Parts]]:
    there = within("rows")
    first = there - within("again")
    parts: dict[str, Numbers] = {"supported": first, "entries": first}
    if {*metrics} & {"hosted", "former", "alumni"}:
        parts["hosted"] = there - within("ended")
        parts["former"] = first - parts["hosted"]
    if {*metrics} & {"closed", "alumni"}:
        parts["closed"] = within("gone")
    if "alumni" in metrics:
        parts["alumni"] = parts["former"] - parts["closed"]
    return there, {name: {"value": parts[name]} for name in metrics}


_kept = _Kept(_TALLIES)
_building = threading.Lock()


def _name(generation: Any) -> Hashable:
    """What a state of knowledge is known by: its key, or itself."""
    name: Hashable = getattr(generation, "key", generation)
    return name


def prepare(generation: Any) -> None:
    """Reads the arrays of a generation unless they are there: 0.4 s and 60 MB for a million firms, once.

    From then on `ask` answers what it can without a statement; the latest few generations are kept.
    """
    if generation.stated_on is None:
        return
    with _building:
        _kept.get(_name(generation), lambda: Tally(generation.query, generation.stated_on))


def of(generation: Any) -> Tally | None:
    """The tally of a generation, if it was prepared."""
    found: Tally | None = _kept.find(_name(generation))
    return found
