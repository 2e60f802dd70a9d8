"""What one run of a page looks at: a state of knowledge, a scope, and the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from charts.chart import Source
from charts.theme import Look
from data.warehouse import Generation
from metrics import METRICS, period
from metrics.ask import NONE, Answer, Scope, answer
from ui.kept import kept
from words import Words

MONTHS_SHOWN = 36


@dataclass(frozen=True)
class Figure:
    """One number and what stands beside it; None where it does not apply or is not given."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    at_risk: float | None = None
    events: float | None = None
    unknown: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class View:
    """Everything a page needs to ask and to speak.

    `scope` is what the filters say, its `as_of` always a day; `sites`, `sectors` and `cohorts` are all the names there
    are, in a lasting order, whatever is filtered.
    """

    park: Generation
    t: Words
    scope: Scope
    sites: tuple[str, ...]
    sectors: tuple[str, ...]
    cohorts: tuple[str, ...]

    @cached_property
    def look(self) -> Look:
        """The colours of names and the reader's signs."""
        return Look(sites=self.sites, sectors=self.sectors, cohorts=self.cohorts)

    @property
    def as_of(self) -> date:
        """The day in the world that the page describes."""
        assert self.scope.as_of is not None
        return self.scope.as_of

    @property
    def known_on(self) -> date | None:
        """The day up to which the park's files were known."""
        return self.park.known_on

    @property
    def last(self) -> date:
        """The last day of charts over time: that of the period asked for, never after `as_of`."""
        return min(self.scope.end or self.as_of, self.as_of)

    @property
    def first(self) -> date:
        """The first day of charts over time: that of the period asked for, else three years of whole months."""
        return self.scope.start or period.before(self.last.replace(day=1), months=MONTHS_SHOWN - 1)

    @cached_property
    def identity(self) -> tuple[Any, ...]:
        """What every answer depends on besides the question: the state of knowledge and the language."""
        return (self.park.key, self.park.known_on, self.t.language)

    def year(self, ago: int = 0) -> dict[str, Any]:
        """The twelve months up to `last`, or those `ago` years before, as changes for `ask`."""
        last = period.before(self.last, years=ago)
        return {"start": period.before(last, years=1) + timedelta(days=1), "end": last}

    def scoped(self, **changes: Any) -> Scope:
        """The scope with some of its fields changed."""
        return replace(self.scope, **changes) if changes else self.scope

    def within(self, changes: Mapping[str, Any]) -> View:
        """The same view of another scope: what is said about it is about that scope."""
        return replace(self, scope=self.scoped(**changes)) if changes else self

    def ask(self, names: str | Sequence[str], by: Sequence[str] = (), **changes: Any) -> Answer:
        """What metrics.ask.answer says for this view, worked out once; nobody changes it.

        `changes` are fields of Scope that differ from the view's.
        """
        wanted = (names,) if isinstance(names, str) else tuple(names)
        scope = self.scoped(**changes)
        return kept.get(
            ("answer", self.identity, wanted, tuple(by), scope),
            lambda: answer(self.park, wanted, scope, tuple(by), self.t),
        )

    def figure(self, name: str, **changes: Any) -> Figure:
        """One metric for the whole scope, as an object."""
        return self.figures((name,), **changes)[name]

    def figures(self, names: Sequence[str], **changes: Any) -> dict[str, Figure]:
        """Metrics for the whole scope, by their names."""
        said = self.ask(names, **changes)
        columns = {name: said[name].tolist() for name in Figure.__dataclass_fields__}
        return {
            str(metric): Figure(**{name: _given(items[place]) for name, items in columns.items()})
            for place, metric in enumerate(said["metric"].tolist())
        }

    @property
    def sentence(self) -> str:
        """What the reader is looking at."""
        t, scope = self.t, self.scope
        if not scope.sites and getattr(self.park, "sites", None):
            # Of the network as a whole a reader of some sites is told nothing.
            scope = replace(scope, sites=self.park.sites or ())
        about = [
            t.many("the site {names}", "the sites {names}", len(scope.sites), names=_named(t, scope.sites)),
            t.many("the sector {names}", "the sectors {names}", len(scope.sectors), names=_named(t, scope.sectors)),
            t.many("the cohort {names}", "the cohorts {names}", len(scope.cohorts), names=_named(t, scope.cohorts)),
        ]
        asked = [
            words for words, names in zip(about, (scope.sites, scope.sectors, scope.cohorts), strict=True) if names
        ]
        if scope.start and scope.end:
            asked.append(t("the period from {start} to {end}", start=scope.start, end=scope.end))
        elif scope.start:
            asked.append(t("the period since {start}", start=scope.start))
        elif scope.end:
            asked.append(t("the period up to {end}", end=scope.end))
        what = t.list(asked) if asked else t("the whole network")
        if self.known_on is None:
            return t("You are looking at {what}: the situation on {as_of}.", what=what, as_of=self.as_of)
        if self.last < self.as_of:
            return t(
                "You are looking at {what}: firms counted on {last}, their fate as of {as_of}, as known on {known_on}.",
                what=what,
                last=self.last,
                as_of=self.as_of,
                known_on=self.known_on,
            )
        return t(
            "You are looking at {what}: the situation on {as_of}, as known on {known_on}.",
            what=what,
            as_of=self.as_of,
            known_on=self.known_on,
        )

    def source(self, names: Sequence[str]) -> Source:
        """What is printed into everything that leaves the app."""
        t = self.t
        return Source(
            definitions=tuple((t(METRICS[name].label), t(METRICS[name].says)) for name in names),
            scope=self.sentence,
            stated_on=self.as_of,
            known_on=self.known_on,
            name=t("Essaim, invented data (the sample park)") if self.park.sample else "Essaim",
            made_on=date.today(),
        )


def _named(t: Words, names: Sequence[str]) -> str:
    return t.list(t("(none)") if name == NONE else name for name in names)


def _given(value: Any) -> Any:
    """The value, None where a metric leaves it out."""
    return None if value is None or value != value or value == "" else value
