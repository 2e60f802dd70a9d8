"""A chart as it is sent to browsers: asked for, drawn by its form and written as JSON, once for all readers alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from charts.chart import Chart
from charts.written import Written
from metrics import METRICS
from metrics.ask import PERIODS, Answer
from ui import park
from ui.kept import kept
from ui.view import View

Form = Callable[..., Chart]


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


def drawn(
    view: View,
    form: Form,
    names: Sequence[str],
    by: Sequence[str],
    changes: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Drawn:
    """The chart of a form for a question, made once for a state of knowledge, scope and language."""
    key = _key(view, form, names, by, changes, options)
    changes = window(view, by, changes)

    def chart() -> Chart:
        table = view.ask(names, by, **changes)
        return form(table, view.t, view.look, **given(form, view, names, by, changes, options))

    return kept.get(key, lambda: of(chart(), chart, view.ask(names, by, **changes)))


def is_drawn(
    view: View,
    form: Form,
    names: Sequence[str],
    by: Sequence[str],
    changes: Mapping[str, Any],
    options: Mapping[str, Any],
) -> bool:
    """Whether the chart is there already, so that nobody has to wait for it."""
    return _key(view, form, names, by, changes, options) in kept


def _key(
    view: View,
    form: Form,
    names: Sequence[str],
    by: Sequence[str],
    changes: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Hashable:
    return (
        "drawn",
        view.identity,
        view.look,
        view.scoped(**window(view, by, changes)),
        f"{form.__module__}.{form.__qualname__}",
        tuple(names),
        tuple(by),
        settled(options),
    )


def window(view: View, by: Sequence[str], changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Months and quarters are shown for the reader's period, else for the last years; years go back to the first."""
    return {"start": view.first, **changes} if {"month", "quarter"} & {*by} else changes


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


def given(
    form: Form,
    view: View,
    names: Sequence[str],
    by: Sequence[str],
    changes: Mapping[str, Any],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """What a form is called with: the page's options, and of what the view knows, what the form declares."""
    scope = view.scoped(**changes)
    period = next((name for name in by if name in PERIODS), None)
    dimension = next((name for name in by if name not in PERIODS), None)
    last = min(scope.end or view.as_of, view.as_of)
    known: dict[str, Any] = {
        "metric": METRICS[names[0]],
        "metrics": tuple(METRICS[name] for name in names),
        "by": dimension or period,
        "as_of": scope.as_of,
        "first": scope.start,
        "last": last,
        "scope": scope,
        "park": view.park,
        "sites": view.sites,
    }
    if "positions" in _declared(form):
        known["positions"] = park.positions(view.park)
    if period is not None:
        known["period"] = period
        # A form that knows no periods takes years for names.
        known["by"] = dimension if "period" in _declared(form) else dimension or period
    return {name: known[name] for name in _declared(form) if name in known} | dict(options)


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
