"""A chart as it is sent to browsers: asked for, drawn by its form and written as JSON, once for all readers alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from charts.chart import Chart
from charts.written import Written
from metrics import METRICS
from metrics.ask import PERIODS, Answer, Scope
from ui import park
from ui.kept import kept
from ui.view import View

Form = Callable[..., Chart]


@dataclass(frozen=True)
class Question:
    """What a chart is asked for: a form, the metrics and what they are cut by, and of the view's scope what `changes`.

    `options` are the page's own arguments of the form. All that follows from it is worked out once.
    """

    view: View
    form: Form
    names: tuple[str, ...]
    by: tuple[str, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def scope(self) -> Scope:
        """Months and quarters are shown for the reader's period, else for the last years; years go back to the
        first."""
        if {"month", "quarter"} & {*self.by}:
            return self.view.scoped(**{"start": self.view.first, **self.changes})
        return self.view.scoped(**self.changes)

    @cached_property
    def key(self) -> Hashable:
        """What the chart depends on."""
        form = f"{self.form.__module__}.{self.form.__qualname__}"
        view = self.view
        return ("drawn", view.identity, view.look, self.scope, form, self.names, self.by, settled(self.options))

    def answer(self) -> Answer:
        """The numbers to be drawn."""
        return replace(self.view, scope=self.scope).ask(self.names, self.by)

    def chart(self) -> Chart:
        """The chart, drawn anew."""
        return self.form(self.answer(), self.view.t, self.view.look, **self.given())

    def given(self) -> dict[str, Any]:
        """What the form is called with: the page's options, and of what the view knows, what the form declares."""
        view, scope, declared = self.view, self.scope, _declared(self.form)
        period = next((name for name in self.by if name in PERIODS), None)
        dimension = next((name for name in self.by if name not in PERIODS), None)
        known: dict[str, Any] = {
            "metric": METRICS[self.names[0]],
            "metrics": tuple(METRICS[name] for name in self.names),
            "by": dimension or period,
            "as_of": scope.as_of,
            "first": scope.start,
            "last": min(scope.end or view.as_of, view.as_of),
            "scope": scope,
            "park": view.park,
            "sites": view.sites,
        }
        if "positions" in declared:
            known["positions"] = park.positions(view.park)
        if period is not None:
            known["period"] = period
            # A form that knows no periods takes years for names.
            known["by"] = dimension if "period" in declared else dimension or period
        return {name: known[name] for name in declared if name in known} | dict(self.options)


@dataclass(frozen=True)
class Drawn:
    """What is shown of a chart. Neither figure nor table is kept: `chart()` draws it again for tables and pictures.

    They are thousands of objects that the collection of garbage would visit after every run.
    """

    figure: Written
    title: str
    alt: str
    notes: tuple[str, ...]
    said: tuple[str, ...]
    picks: str | None
    n: float | None
    chart: Callable[[], Chart]


def drawn(asked: Question) -> Drawn:
    """The chart of a question, made once for a state of knowledge, scope and language."""
    return kept.get(asked.key, lambda: of(asked.chart(), asked.chart, asked.answer()))


def is_drawn(asked: Question) -> bool:
    """Whether the chart is there already, so that nobody has to wait for it."""
    return asked.key in kept


def of(chart: Chart, again: Callable[[], Chart], asked: Answer | None = None) -> Drawn:
    """What is shown of a chart that is there already; `asked` is the answer it was drawn from."""
    n, notes = _rests_on(asked)
    return Drawn(
        figure=Written(str(chart.figure.to_json())),
        title=chart.title,
        alt=chart.alt,
        notes=tuple(chart.notes),
        said=notes,
        picks=chart.picks,
        n=n,
        chart=again,
    )


def _rests_on(asked: Answer | None) -> tuple[float | None, tuple[str, ...]]:
    """The number of firms behind an answer, and its notes; those of single groups would stand for all of them."""
    metrics = [] if asked is None else asked["metric"].tolist()
    if asked is None or len(set(metrics)) < len(metrics):
        return None, ()
    known = [n for n in asked["n"].tolist() if n == n]
    return max(known, default=None), tuple(
        dict.fromkeys(note for note in asked["note"].tolist() if note and note == note)
    )


@cache
def _declared(form: Form) -> tuple[str, ...]:
    return tuple(inspect.signature(form).parameters)


def settled(thing: Any) -> Hashable:
    """The same thing as part of a key."""
    if isinstance(thing, Mapping):
        return tuple(sorted((str(name), settled(item)) for name, item in thing.items()))
    if isinstance(thing, list | tuple):
        return tuple(settled(item) for item in thing)
    return thing if isinstance(thing, Hashable) else repr(thing)
