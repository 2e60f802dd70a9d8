"""Scope (filters, as of, as known on) and ask(): metrics become one question per table, and one table of answers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd

from metrics import METRICS
from metrics.metric import CURVE_FIELDS, DIMENSIONS, FIELDS, NOTES, Metric, Numbers, Parts, also

NONE = "(none)"
_BOUND = re.compile(r"\$(\w+)")
PERIODS = ("month", "quarter", "year")
# Tables that hold each fact at both levels, the network's and a site's; `<table>_in(sites)` takes several sites as one.
_LEVELLED = ("presence", "departure", "other_presence")
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
        if self.over in _LEVELLED:
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
        used = set(_BOUND.findall(statement))
        table = generation.query(statement, {name: value for name, value in self.values.items() if name in used})
        groups = {name: _words(table[name]) for name in self.by}
        found = {alias: table[alias].to_numpy() for alias in aliases.values()}
        return [
            _Answer.of(metric, {name: found[aliases[sql]] for name, sql in metric.parts.items()}, groups, len(table))
            for metric in self.metrics
        ]


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

    def sentences(self) -> Numbers:
        """The notes spelt out with the numbers of their rows; None where there is nothing to say."""
        spelt = np.full(self.size, None, dtype=object)
        named = {**self.parts, **self.fields}
        constant: dict[str, str] = {}
        for place, codes in enumerate(self.fields.get("note", ())):
            if not codes:
                continue
            if codes not in constant:
                template = "; ".join(NOTES[code] for code in codes.split(","))
                row = {name: items[place] for name, items in named.items()} if "{" in template else {}
                spelt[place] = template.format_map(row)
                if not row:
                    constant[codes] = spelt[place]
            else:
                spelt[place] = constant[codes]
        return spelt

    def column(self, name: str) -> Numbers:
        if name == "metric":
            return np.full(self.size, self.metric.name, dtype=object)
        if name == "note":
            return self.sentences()
        if name in self.groups:
            return self.groups[name]
        if name in self.fields:
            items = self.fields[name]
            return items if name == "outcome" else items.astype(float)
        return (
            np.full(self.size, np.nan)
            if name in FIELDS or name in CURVE_FIELDS[::2]
            else np.full(self.size, None, dtype=object)
        )


def ask(
    generation: Generation, metrics: Iterable[str | Metric], scope: Scope | None = None, by: Sequence[str] = ()
) -> pd.DataFrame:
    """The figures of `metrics` for `scope`: a row per metric and combination of the dimensions `by`, curves several.

    Columns: `metric`, the dimensions, FIELDS (missing where they do not apply; shares are fractions, `note` is a
    sentence), and for curves CURVE_FIELDS. A combination without any row of the model has no row: it counts nobody.
    `attrs` holds `as_of`, `known_on`, and `fields`: which fields each metric fills. Raises Unknown for names nothing
    bears, NothingLoaded where no day is known.
    """
    scope, by = scope or Scope(), tuple(by)
    wanted = [find(metric) if isinstance(metric, str) else metric for metric in metrics]
    for name in by:
        if name not in DIMENSIONS:
            raise Unknown("dimension", name, DIMENSIONS)
    as_of = scope.as_of or generation.stated_on
    if as_of is None:
        raise NothingLoaded
    _check_names(generation, scope)
    together: dict[tuple[str, bool], list[Metric]] = {}
    # Up to one day and with no first, stocks and flows are about the same rows.
    apart = scope.start is not None or any(name in PERIODS for name in by)
    answers: dict[str, _Answer] = {}
    for metric in wanted:
        if {*by, *scope.filters} <= {*metric.dimensions}:
            together.setdefault((metric.over, metric.stock and apart), []).append(metric)
        else:
            fields = {"value": np.array([np.nan]), "note": np.array(["not_cut"], dtype=object)}
            answers[metric.name] = _Answer(metric, dict.fromkeys(by, np.array([None], dtype=object)), fields, {}, 1)
    for group in together.values():
        for answer in _Question(group, scope, by, as_of).ask(generation):
            answer.flag_periods(scope, as_of)
            if generation.stated_on is not None and as_of > generation.stated_on:
                answer.flag_ahead(generation.stated_on)
            answers[answer.metric.name] = answer
    table = _table([answers[metric.name] for metric in wanted], by)
    table.attrs = {
        "as_of": as_of,
        "known_on": generation.known_on,
        "fields": {name: [f for f in (*FIELDS, *CURVE_FIELDS) if f in one.fields] for name, one in answers.items()},
    }
    return table


def find(name: str) -> Metric:
    """The metric of that name; raises Unknown with the nearest ones."""
    if name not in METRICS:
        raise Unknown("metric", name, METRICS)
    return METRICS[name]


def _check_names(generation: Generation, scope: Scope) -> None:
    for dimension, names in scope.filters.items():
        known = generation.query(f"select unnest(enum_range(null::{dimension}_name))::varchar as name")["name"].tolist()
        for name in names:
            if name not in known and name != NONE:
                raise Unknown(dimension, name, known)


def _period_note(label: str, scope: Scope, as_of: date, stock: bool) -> str | None:
    """Whether a period, named 2020, 2020Q3 or 2020-07, is over and whole on `as_of` within the window of `scope`."""
    period = pd.Period(label)
    first, last = period.start_time.date(), period.end_time.date()
    if last > as_of:
        return "running"
    if stock:
        return "cut" if scope.end and scope.end < last else None
    if (scope.start and scope.start > first) or (scope.end and scope.end < last):
        return "cut"
    return None


def _table(answers: list[_Answer], by: tuple[str, ...]) -> pd.DataFrame:
    curved = [name for name in CURVE_FIELDS if any(name in answer.fields for answer in answers)]
    names = ["metric", *by, *FIELDS, *curved]
    if not answers:
        return pd.DataFrame(columns=names)
    return pd.DataFrame(
        {name: np.concatenate([answer.column(name) for answer in answers]) for name in names}, copy=False
    )
