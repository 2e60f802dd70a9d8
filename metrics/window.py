"""One window of the year, compared over the years: what came in it, as known today and as known just as soon after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from metrics.ask import Generation, NothingLoaded, Scope, check_names, parts_of
from metrics.entries import ENTRIES
from metrics.interval import poisson
from metrics.metric import NOTES, Numbers, Say, plain
from metrics.names import first_day

_DAY = timedelta(days=1)
_ENTERED = "count(*) filter (first and day between $first_{0} and $last_{0})"


def same_window(
    generation: Generation,
    scope: Scope,
    start: date,
    end: date,
    years: int,
    say: Say = plain,
    generation_at: Callable[[date], Generation] | None = None,
) -> pd.DataFrame:
    """Entries from `start` to `end` and in the same days of the year before, and so on: `years` rows, the oldest first.

    Columns: year (of the window's last day), first and last (the days counted), value, low, high, running (the window
    is not over on the day described: every year is cut to the same last day), note; and the same lag, as far as
    `generation_at` gives what was known on a day: known_then_on, value_then, low_then, high_then, note_then. A window's
    lag is that of the newest one: from its last day counted to the day known. A value is missing where the window has
    not begun or lies before all entries. The scope's filters and day count, its own window does not. Raises ValueError
    for a window that ends before it starts or is longer than a year, Unknown, NothingLoaded.
    """
    as_of = scope.as_of or generation.stated_on
    if as_of is None:
        raise NothingLoaded
    if not start <= end < _moved(start, 1) or years < 1:
        raise ValueError(f"{start} to {end} is no window of a year.")
    check_names(generation, scope)
    begun, running = start <= as_of, start <= as_of < end
    # A window that ends with February does so in every year.
    until = (as_of if running else end) + _DAY
    spans = [(_moved(start, -ago), _moved(until, -ago) - _DAY) for ago in reversed(range(years))]
    scope = replace(scope, as_of=as_of)
    values = _entered(generation, scope, spans).astype(float)
    known_from = first_day(generation)
    before = np.array([known_from is None or last < known_from for _, last in spans])
    values[before] = np.nan
    if not begun:
        values[-1] = np.nan
    notes = []
    for place, (first, last) in enumerate(spans):
        codes = ["cut_alike"] if running else []
        codes += ["before_lists"] if before[place] else []
        codes += ["lists_begin"] if known_from and first < known_from <= last else []
        codes += ["not_begun"] if not begun and place == years - 1 else []
        sentences = [say(NOTES[code], **({"last": last} if code == "cut_alike" else {})) for code in codes]
        notes.append(say("; ").join(sentences))
    table = pd.DataFrame(
        {
            "year": [last.year for _, last in spans],
            "first": _column([first for first, _ in spans]),
            "last": _column([last for _, last in spans]),
            **_with_limits(values),
            "running": running,
            "note": _column([note or None for note in notes]),
        }
    )
    table.attrs = {"as_of": as_of, "known_on": generation.known_on}
    return table.assign(**_as_known_then(generation, scope, spans, table, generation_at, say))


def _as_known_then(
    generation: Generation,
    scope: Scope,
    spans: list[tuple[date, date]],
    table: pd.DataFrame,
    generation_at: Callable[[date], Generation] | None,
    say: Say,
) -> dict[str, Numbers]:
    """The columns of the same lag; the newest window is known today as it is known then."""
    size = len(spans)
    values = np.full(size, np.nan)
    days: list[date | None] = [None] * size
    notes: list[str | None] = [None] * size
    known_on = generation.known_on
    if generation_at is not None and known_on is not None:
        lag = known_on - spans[-1][1]
        values[-1], days[-1] = table["value"].iloc[-1], known_on
        for place in range(size - 1):
            known_then = days[place] = spans[place][1] + lag
            if np.isnan(table["value"].iloc[place]):
                continue
            then = generation_at(known_then)
            stated = then.stated_on
            if stated is None:
                notes[place] = say(NOTES["not_known_then"], known_then_on=known_then)
                continue
            first, last = spans[place]
            if stated < last:
                notes[place] = say(NOTES["stated_then"], known_then_on=known_then, stated_then=stated)
            if stated >= first:
                # What is described ends with the lists, as it does today.
                values[place] = _entered(then, replace(scope, as_of=min(last, stated)), [(first, last)])[0]
    told = {f"{name}_then": items for name, items in _with_limits(values).items()}
    return {"known_then_on": _column(days), **told, "note_then": _column(notes)}


def _entered(generation: Generation, scope: Scope, spans: list[tuple[date, date]]) -> Numbers:
    """The entries in each span, in one statement."""
    counts = {str(place): _ENTERED.format(place) for place in range(len(spans))}
    days = {f"first_{place}": first for place, (first, _) in enumerate(spans)}
    days |= {f"last_{place}": last for place, (_, last) in enumerate(spans)}
    metric = replace(ENTRIES, sql=counts, finish=None)
    whole = replace(scope, start=spans[0][0], end=spans[-1][1])
    _, parts, _ = parts_of(generation, metric, whole, values=days)
    return np.concatenate([parts[name] for name in counts])


def _with_limits(values: Numbers) -> dict[str, Numbers]:
    low, high = poisson(values)
    missing = np.isnan(values)
    return {"value": values, "low": np.where(missing, np.nan, low), "high": np.where(missing, np.nan, high)}


def _moved(day: date, years: int) -> date:
    """The same day of another year; 29 February becomes 1 March."""
    leap = (day.month, day.day) == (2, 29) and years != 0
    return date(day.year + years, 3, 1) if leap else day.replace(year=day.year + years)


def _column(items: Sequence[object]) -> Numbers:
    column = np.empty(len(items), dtype=object)
    column[:] = items
    return column
