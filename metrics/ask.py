"""Scope (filters, as of, as known on) and ask(): metrics become one question per table, and one table of answers."""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pandas as pd

from metrics import METRICS, tally
from metrics.metric import (
    CURVE_FIELDS,
    DIMENSIONS,
    FIELDS,
    NONE,
    NOTES,
    PERIODS,
    Metric,
    Numbers,
    Parts,
    Say,
    also,
    plain,
)
from metrics.period import bounds

_BOUND = re.compile(r"\$(\w+)")
# Tables that hold each fact at both levels, the network's and a site's; `<table>_in(sites)` takes several sites as one.
LEVELLED = ("presence", "departure", "other_presence")
_LABELS = {
    "year": "year({day})::varchar",
    "quarter": "year({day}) || 'Q' || quarter({day})",
    "month": "strftime({day}, '%Y-%m')",
}


class Generation(Protocol):
    """One state of knowledge that can be asked: `stated_on` is its latest stated day, `known_on` the day of it."""

    @property
    def stated_on(self) -> date | None: ...

    @property
    def known_on(self) -> date | None: ...

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Scope:
    """What a figure is about. Empty filters mean all; "(none)" means rows without the name.

    `start` and `end` are the first and the last day of the window: flows are counted, and lives taken, by their day in
    it; stocks are read on its last day. `as_of` is the day in the world described; by default the latest stated day.
    """

    sites: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    as_of: date | None = None

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        named = {"site": self.sites, "sector": self.sectors, "cohort": self.cohorts}
        return {dimension: names for dimension, names in named.items() if names}


class Unknown(Exception):
    """A name that nothing bears: a metric, a dimension, or a site, sector or cohort to filter by."""

    sentence = "There is no {what} {name}."
    sentence_with_near = "There is no {what} {name}. Did you mean {near}?"

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.4)
        template = self.sentence_with_near if near else self.sentence
        super().__init__(template.format(what=what, name=repr(name), near=" or ".join(near)))


class NothingLoaded(Exception):
    """No accepted list says anything about any day yet."""

    def __init__(self) -> None:
        super().__init__("Nothing is loaded yet: load a list with `python -m data load FILE`.")


class NotYetKnown(Exception):
    """Nothing was known yet on the day asked for."""

    def __init__(self, asked: date, first: date) -> None:
        super().__init__(f"Nothing was known yet on {asked}: the first list was known on {first}.")


@dataclass
class _Question:
    """One statement in the making: metrics over one table, all stocks or all flows where periods or a start tell them
    apart."""

    metrics: list[Metric]
    scope: Scope
    by: tuple[str, ...]
    as_of: date
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.over, self.stock = self.metrics[0].over, any(metric.stock for metric in self.metrics)
        self.values["as_of"] = self.as_of
        self.end = min(self.scope.end or self.as_of, self.as_of)

    @property
    def periodic(self) -> bool:
        return any(period in self.by for period in PERIODS)

    def source(self) -> tuple[str, list[str]]:
        """The table and the conditions that the level and the filters of the scope put on its rows."""
        filters = dict(self.scope.filters)
        conditions = []
        source = self.over
        if self.over in LEVELLED:
            if len(self.scope.sites) > 1 and "site" not in self.by:
                source, self.values["site"] = f"{self.over}_in($site)", list(filters.pop("site"))
            else:
                conditions.append("by_site = $by_site")
                self.values["by_site"] = "site" in self.by or bool(self.scope.sites)
        for dimension, names in filters.items():
            conditions.append(f"coalesce({dimension}::varchar, '{NONE}') in (select unnest(${dimension}))")
            self.values[dimension] = list(names)
        return source, conditions

    def labels(self, day: str) -> list[str]:
        """The dimensions as named columns, periods read from `day`."""
        return [f"{_LABELS[name].format(day=day)} as {name}" if name in PERIODS else name for name in self.by]

    def rows(self) -> tuple[str, list[str], list[str]]:
        """Common table expressions before, conditions on, and dimension columns of the rows asked for, in `asked`."""
        source, conditions = self.source()
        where = f" where {' and '.join(conditions)}" if conditions else ""
        if self.stock and self.periodic:
            step = next(period for period in PERIODS if period in self.by)
            self.values |= {"end": self.end, "start": self.scope.start}
            last = f"least((period.day + interval 1 {step} - interval 1 day)::date, $end::date)"
            before = f"""with kept as (select * from {source}{where}),
                first as (select date_trunc('{step}', coalesce($start::date, min(day))) as day from kept),
                period as (
                    select unnest(range(first.day, $end::date + interval 1 day, interval 1 {step})) as day from first
                ),
                asked as (select kept.*, {last} as d from period join kept on kept.day <= {last})"""
            return before, [], self.labels("d")
        if self.stock:
            self.values["end"] = self.end
            return f"with asked as (select *, $end::date as d from {source}{where})", ["day <= $end"], self.labels("d")
        conditions.append("day <= $end")
        self.values["end"] = self.end
        if self.scope.start is not None:
            conditions.append("day >= $start")
            self.values["start"] = self.scope.start
        return f"with asked as (from {source})", conditions, self.labels("day")

    def ask(self, generation: Generation) -> list[_Answer]:
        found = self.tallied(tally.of(generation))
        if found is None:
            return self.stated(generation)
        groups, parts = found
        sizes = {name: len(next(iter(its.values()))) for name, its in parts.items()}
        return [_Answer.of(metric, parts[metric.name], groups, sizes[metric.name]) for metric in self.metrics]

    def tallied(self, counts: tally.Tally | None) -> tuple[dict[str, Numbers], dict[str, Parts]] | None:
        """What the tally counts without a statement, if it can."""
        if counts is None or any(METRICS.get(metric.name) is not metric for metric in self.metrics):
            return None
        window = self.scope.start, self.end
        asked = tally.Asked(self.over, self.stock, self.by, self.scope.filters, *window, self.as_of)
        return counts.counted(asked, [metric.name for metric in self.metrics])

    def stated(self, generation: Generation) -> list[_Answer]:
        """The same by a statement."""
        before, conditions, labels = self.rows()
        where = f" where {' and '.join(conditions)}" if conditions else ""
        # An aggregate that several metrics need is asked for once.
        aliases: dict[str, str] = {}
        for metric in self.metrics:
            for sql in metric.parts.values():
                aliases.setdefault(sql, f"part_{len(aliases)}")
        columns = ", ".join([*labels, *(f"{sql} as {alias}" for sql, alias in aliases.items())])
        group = " group by all order by all" if self.by else ""
        statement = f"{before} select {columns} from asked{where}{group}"
        table = generation.query(statement, bound(statement, self.values))
        groups = {name: _words(table[name]) for name in self.by}
        found = {alias: table[alias].to_numpy() for alias in aliases.values()}
        return [
            _Answer.of(metric, {name: found[aliases[sql]] for name, sql in metric.parts.items()}, groups, len(table))
            for metric in self.metrics
        ]


def bound(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that a statement names."""
    used = set(_BOUND.findall(statement))
    return {name: value for name, value in values.items() if name in used}


def question(metric: Metric, scope: Scope, as_of: date, by: tuple[str, ...] = ()) -> tuple[str, str, dict[str, Any]]:
    """The rows that a metric looks at, not grouped: common table expressions that end with `asked`, the condition
    on it ("" or " where …"), and the values of both. For what lists them, that it lists the ones that are counted."""
    one = _Question([metric], scope, by, as_of)
    before, conditions, _ = one.rows()
    return before, f" where {' and '.join(conditions)}" if conditions else "", one.values


@cache
def _places(template: str) -> tuple[str, ...]:
    """The names of the places of a note."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(template) if name)


def _words(names: pd.Series) -> Numbers:
    """Names as plain words, None where there is none."""
    words = np.empty(len(names), dtype=object)
    words[:] = [name if isinstance(name, str) else None for name in names.tolist()]
    return words


@dataclass
class _Answer:
    """The rows of one metric: groups and fields as columns, `parts` for the sentences of its notes."""

    metric: Metric
    groups: dict[str, Numbers]
    fields: Parts
    parts: Parts
    size: int

    @staticmethod
    def of(metric: Metric, parts: Parts, groups: dict[str, Numbers], size: int) -> _Answer:
        # Nobody in any group: there is nothing to finish.
        fields = metric.finish(parts) if metric.finish and size else {"value": parts.get("value", np.zeros(size))}
        whose = fields.pop("of", None)
        if whose is not None:
            size = len(whose)
            groups = {name: items[whose] for name, items in groups.items()}
            parts = {name: items[whose] for name, items in parts.items()}
        return _Answer(metric, groups, fields, parts, size)

    def flag_periods(self, scope: Scope, as_of: date) -> None:
        """Notes which periods are not over, or, for flows, only partly inside the window asked for."""
        period = next((name for name in PERIODS if name in self.groups), None)
        if period is None or not (self.metric.counts_periods or self.metric.stock):
            return
        flags = {label: _period_note(label, scope, as_of, self.metric.stock) for label in set(self.groups[period])}
        notes = self.fields.get("note", np.full(self.size, "", dtype=object))
        flagged = [flags[label] for label in self.groups[period]]
        self.fields["note"] = np.array(
            [",".join(filter(None, pair)) for pair in zip(notes, flagged, strict=True)], dtype=object
        )

    def flag_ahead(self, stated: date) -> None:
        """Notes that the day asked for lies after everything the lists state."""
        self.parts["stated"] = np.full(self.size, stated, dtype=object)
        notes = self.fields.get("note", np.full(self.size, "", dtype=object))
        self.fields["note"] = also(notes, ahead=np.full(self.size, True))

    def sentences(self, say: Say) -> Numbers:
        """The notes said with the numbers of their rows; None where there is nothing to say."""
        told = np.full(self.size, None, dtype=object)
        named = {**self.parts, **self.fields}
        alike: dict[str, list[int]] = {}
        for place, codes in enumerate(self.fields.get("note", ())):
            if codes:
                alike.setdefault(codes, []).append(place)
        for codes, places in alike.items():
            templates = [NOTES[code] for code in codes.split(",")]
            filled = [{name: named[name] for name in _places(template)} for template in templates]
            if any(filled):
                for place in places:
                    rows = [{name: items[place] for name, items in columns.items()} for columns in filled]
                    told[place] = say("; ").join([say(one, **row) for one, row in zip(templates, rows, strict=True)])
            else:
                told[places] = say("; ").join([say(template) for template in templates])
        return told

    def column(self, name: str, say: Say) -> Numbers:
        if name == "metric":
            return np.full(self.size, self.metric.name, dtype=object)
        if name == "note":
            return self.sentences(say)
        if name in self.groups:
            return self.groups[name]
        if name in self.fields:
            items = self.fields[name]
            return items if name == "outcome" else items.astype(float)
        return np.full(self.size, None if name == "outcome" else np.nan, dtype=object if name == "outcome" else float)


class _Filled(dict[str, list[str]]):
    """Which fields each metric fills. Pandas copies what it finds in `attrs` to the bottom for every column read."""

    def __deepcopy__(self, memo: Any) -> _Filled:
        return self


@dataclass(frozen=True)
class Answer:
    """Figures as arrays by column, read like a DataFrame's; `attrs` are those of `ask`. Nobody changes it.

    For those who read a few numbers many times: pandas takes longer to make the table than the tally to count.
    """

    columns: Mapping[str, Numbers]
    attrs: Mapping[Hashable | None, Any]

    def __getitem__(self, name: str) -> Numbers:
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return len(self.columns["metric"])

    def frame(self) -> pd.DataFrame:
        """The same as a DataFrame."""
        table = pd.DataFrame(dict(self.columns), copy=False)
        table.attrs = {**self.attrs}
        return table


def ask(
    generation: Generation,
    metrics: Iterable[str | Metric],
    scope: Scope | None = None,
    by: Sequence[str] = (),
    say: Say = plain,
) -> pd.DataFrame:
    """The figures of `metrics` for `scope`: a row per metric and combination of the dimensions `by`, curves several.

    Columns: `metric`, the dimensions, FIELDS (missing where they do not apply; shares are fractions, `note` is a
    sentence, said by `say`), and for curves CURVE_FIELDS. A combination without any row of the model has no row: it
    counts nobody. `attrs` holds `as_of`, `known_on`, and `fields`: which fields each metric fills. Raises Unknown for
    names nothing bears, NothingLoaded where no day is known.
    """
    return answer(generation, metrics, scope, by, say).frame()


def answer(
    generation: Generation,
    metrics: Iterable[str | Metric],
    scope: Scope | None = None,
    by: Sequence[str] = (),
    say: Say = plain,
) -> Answer:
    """What `ask` answers, as arrays."""
    answers, as_of = _answered(generation, metrics, scope, by)
    curved = [name for name in CURVE_FIELDS if any(name in one.metric.curve for one in answers)]
    filled = {one.metric.name: [name for name in (*FIELDS, *CURVE_FIELDS) if name in one.fields] for one in answers}
    return Answer(
        {name: _column(answers, name, say) for name in ("metric", *by, *FIELDS, *curved)},
        {"as_of": as_of, "known_on": generation.known_on, "fields": _Filled(filled)},
    )


def _column(answers: list[_Answer], name: str, say: Say) -> Numbers:
    columns = [one.column(name, say) for one in answers]
    return columns[0] if len(columns) == 1 else np.concatenate(columns) if columns else np.empty(0, dtype=object)


def _answered(
    generation: Generation, metrics: Iterable[str | Metric], scope: Scope | None, by: Sequence[str]
) -> tuple[list[_Answer], date]:
    """An answer per metric, with its notes, and the day it holds for."""
    scope, by = scope or Scope(), tuple(by)
    wanted = [find(metric) if isinstance(metric, str) else metric for metric in metrics]
    for name in by:
        if name not in DIMENSIONS:
            raise Unknown("dimension", name, DIMENSIONS)
    as_of = scope.as_of or generation.stated_on
    if as_of is None:
        raise NothingLoaded
    scope = within(generation, scope)
    together: dict[tuple[str, bool, bool], list[Metric]] = {}
    # What is counted already need not wait for what takes a statement.
    counted = tally.ALL if tally.of(generation) else frozenset[str]()
    # Up to one day and with no first, stocks and flows are about the same rows.
    apart = scope.start is not None or any(name in PERIODS for name in by)
    answers: dict[str, _Answer] = {}
    for metric in wanted:
        if {*by, *scope.filters} <= {*metric.dimensions}:
            together.setdefault((metric.over, metric.stock and apart, metric.name in counted), []).append(metric)
        else:
            fields = {"value": np.array([np.nan]), "note": np.array(["not_cut"], dtype=object)}
            answers[metric.name] = _Answer(metric, dict.fromkeys(by, np.array([None], dtype=object)), fields, {}, 1)
    for group in together.values():
        for answer in _Question(group, scope, by, as_of).ask(generation):
            answer.flag_periods(scope, as_of)
            if generation.stated_on is not None and as_of > generation.stated_on:
                answer.flag_ahead(generation.stated_on)
            answers[answer.metric.name] = answer
    return [answers[metric.name] for metric in wanted], as_of


def parts_of(
    generation: Generation,
    metric: Metric,
    scope: Scope,
    by: Sequence[str] = (),
    values: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[dict[str, Numbers], Parts, date]:
    """What `metric` is made from, unfinished: names of the groups by dimension, aggregates, and the day they hold for.

    `values` are further values that its aggregates name. For what answers with something else than figures.
    """
    as_of = scope.as_of or generation.stated_on
    if as_of is None:
        raise NothingLoaded
    scope = within(generation, scope)
    (answer,) = _Question([metric], scope, tuple(by), as_of, {**values}).ask(generation)
    return answer.groups, answer.parts, as_of


def find(name: str) -> Metric:
    """The metric of that name; raises Unknown with the nearest ones."""
    if name not in METRICS:
        raise Unknown("metric", name, METRICS)
    return METRICS[name]


def within(generation: Generation, scope: Scope) -> Scope:
    """The scope as a generation answers for it: of one that is limited to some sites, those of them asked for, or all.

    Raises Unknown where it names a site, sector or cohort that nothing bears: another site is like none.
    """
    limit: tuple[str, ...] | None = getattr(generation, "sites", None)
    if limit is not None:
        if not limit:
            raise NothingLoaded
        for name in scope.sites:
            if name not in limit:
                raise Unknown("site", name, limit)
    check_names(generation, scope)
    return scope if limit is None else replace(scope, sites=scope.sites or limit)


def check_names(generation: Generation, scope: Scope) -> None:
    """Raises Unknown where the scope names a site, sector or cohort that nothing bears."""
    counts = tally.of(generation)
    for dimension, names in scope.filters.items():
        if counts is not None and {*names} <= {*counts.names[dimension], NONE}:
            continue
        known = generation.query(f"select unnest(enum_range(null::{dimension}_name))::varchar as name")["name"].tolist()
        for name in names:
            if name not in known and name != NONE:
                raise Unknown(dimension, name, known)


def _period_note(label: str, scope: Scope, as_of: date, stock: bool) -> str | None:
    """Whether a period, named 2020, 2020Q3 or 2020-07, is over and whole on `as_of` within the window of `scope`."""
    first, last = bounds(label)
    if last > as_of:
        return "running"
    if stock:
        return "cut" if scope.end and scope.end < last else None
    if (scope.start and scope.start > first) or (scope.end and scope.end < last):
        return "cut"
    return None
