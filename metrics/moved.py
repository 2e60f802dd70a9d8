"""Why a number moved between two states of knowledge: what happened, and what each receipt corrected of the past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from metrics import METRICS, period
from metrics.ask import Generation, Scope, ask
from metrics.metric import Metric
from metrics.names import names as every_name

# What can be told apart into parts: one number at a time.
MOVABLE = tuple(name for name, metric in METRICS.items() if not metric.curve)
HEADLINE = ("hosted", "former", "survival_5y", "entries")

Figures = dict[str, float | None]
# The figure as it was known after the receipt of that number (0: before all), as of a scope's day.
Read = Callable[[int, Scope], float | None]


@dataclass(frozen=True)
class Part:
    """What moved the number by `change`: these receipts, by what they say of the earlier day; or, where `happened`,
    what happened between the two days. Both where the number cannot be given in between."""

    receipts: tuple[int, ...]
    happened: bool
    change: float


@dataclass(frozen=True)
class Moved:
    """The number before and after, None where it cannot be given, and the parts that add up to the difference."""

    before: float | None
    after: float | None
    parts: tuple[Part, ...] = ()


def moved(
    read: Read, first: int, receipts: Sequence[int], before: Scope, after: Scope, most: int | None = None
) -> Moved:
    """The way from the figure of `before`, known after receipt `first`, to that of `after`, known after `receipts`.

    First the past is corrected, receipt by receipt in their order, as of the earlier day; then what happened up to the
    later day comes in, as it is known at the end: what a new list reports of days after the earlier one is no
    correction. Each part is the difference of two neighbouring figures, so that the parts add up whatever the metric.
    With more than `most` receipts, neighbours are taken together; so are steps between which there is no figure.
    """
    groups = _together(receipts, most)
    last = receipts[-1] if receipts else first
    steps: list[tuple[int, Scope]] = [(first, before), *((group[-1], before) for group in groups)]
    causes: list[tuple[tuple[int, ...], bool]] = [(group, False) for group in groups]
    if after != before:
        steps.append((last, after))
        causes.append(((), True))
    figures = [read(number, scope) for number, scope in steps]
    if figures[0] is None or figures[-1] is None:
        return Moved(figures[0], figures[-1])
    given = [place for place, figure in enumerate(figures) if figure is not None]
    parts = []
    for here, there in pairwise(given):
        between = causes[here:there]
        change = (figures[there] or 0.0) - (figures[here] or 0.0)
        numbers = tuple(number for group, _ in between for number in group)
        parts.append(Part(numbers, any(happened for _, happened in between), change))
    return Moved(figures[0], figures[-1], tuple(parts))


def _together(receipts: Sequence[int], most: int | None) -> list[tuple[int, ...]]:
    """The receipts one by one, or in at most `most` groups of neighbours."""
    size = 1 if most is None else max(1, -(-len(receipts) // most))
    return [tuple(receipts[place : place + size]) for place in range(0, len(receipts), size)]


def figures(generation: Generation, names: Iterable[str], scope: Scope) -> Figures:
    """One number per metric, None where it is not given.

    Names that this state of knowledge has not heard of yet stand for nobody.
    """
    wanted = [METRICS[name] for name in names]
    known = heard_of(generation, scope)
    if known is None:
        return {metric.name: 0.0 if counts(metric) else None for metric in wanted}
    found: Figures = {}
    windows: dict[Scope, list[str]] = {}
    for metric in wanted:
        windows.setdefault(windowed(metric, known), []).append(metric.name)
    for window, together in windows.items():
        answer = ask(generation, together, window)
        for name, value in zip(answer["metric"].tolist(), answer["value"].tolist(), strict=True):
            found[str(name)] = None if value != value else float(value)
    return found


def headline(generation: Generation) -> Figures:
    """The figures a reader meets first, on the latest day that this state of knowledge states."""
    if generation.stated_on is None:
        return dict.fromkeys(HEADLINE)
    return figures(generation, HEADLINE, Scope(as_of=generation.stated_on))


def windowed(metric: Metric, scope: Scope) -> Scope:
    """The scope as the tiles take it: flows in its window, else in the twelve months up to its last day; all else up
    to that day."""
    if not metric.counts_periods:
        return replace(scope, start=None)
    if scope.start and scope.end:
        return scope
    assert scope.as_of is not None
    return replace(scope, start=year_before(min(scope.end or scope.as_of, scope.as_of)) + timedelta(days=1))


def year_before(day: date) -> date:
    """The same day a year earlier, 28 February for the 29th."""
    return period.before(day, years=1)


def counts(metric: Metric) -> bool:
    """Whether of nobody there are none, rather than no figure."""
    return metric.unit not in ("share", "days", "years")


def heard_of(generation: Generation, scope: Scope) -> Scope | None:
    """The scope without the names that are not known; None where nothing known is left of a filter."""
    if not scope.filters:
        return scope
    known = every_name(generation)
    left = {
        dimension: tuple(name for name in chosen if name in known[dimension])
        for dimension, chosen in scope.filters.items()
    }
    if not all(left.values()):
        return None
    return replace(scope, sites=left.get("site", ()), sectors=left.get("sector", ()), cohorts=left.get("cohort", ()))
