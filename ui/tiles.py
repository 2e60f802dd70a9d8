"""What a tile says beside its figure: the change on the year, what the figure rests on, and the years behind it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from metrics import METRICS, period
from metrics.ask import Answer
from metrics.metric import Metric
from ui.asked import Asked
from ui.kept import kept
from ui.view import Figure, View
from words import Words

# More of these is what the park works for; more of the others is neither good nor bad.
WELCOME = {"hosted", "supported", "entries", "occupancy", "survival_5y", "survival_km_5y", "survival_rmst_5y"}
YEARS_SHOWN = 12
# Reads on both grounds.
COLOUR = "#178799"


@dataclass(frozen=True)
class Numbers:
    """What a tile is made of: the figure, the same a year before, those it splits into, and one per year."""

    metric: Metric
    now: Figure
    before: Figure
    parts: tuple[Figure, ...]
    years: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Tile:
    """One tile as it is written for this reader."""

    label: str
    says: str
    value: str
    change: str | None
    change_told: str | None
    arrow: Literal["up", "down", "off"]
    colour: Literal["green", "red", "gray"]
    lines: tuple[str, ...]
    years: tuple[tuple[str, float], ...]
    years_told: str
    years_between: str


PARTS = {"former": ("alumni", "closed")}


def made(view: View, names: Sequence[str], changes: Mapping[str, Any]) -> list[Tile]:
    """A tile per metric, worked out once for a scope and a language; `changes` are fields of Scope."""
    scoped = replace(view, scope=view.scoped(**changes))
    return kept.get(_key(view, names, changes), lambda: [tile(scoped, of) for of in numbers(scoped, names)])


def is_made(view: View, names: Sequence[str], changes: Mapping[str, Any]) -> bool:
    """Whether the tiles are there already, so that nobody has to wait for them."""
    return _key(view, names, changes) in kept


def _key(view: View, names: Sequence[str], changes: Mapping[str, Any]) -> Hashable:
    return ("tiles", view.identity, view.scoped(**changes), tuple(names))


def numbers(view: View, names: Sequence[str]) -> list[Numbers]:
    """All that the tiles need, with as few questions as it takes: levels and rates on the day, flows over a year."""
    levels = [name for name in names if not METRICS[name].counts_periods]
    flows = [name for name in names if METRICS[name].counts_periods]
    split = [part for name in levels for part in PARTS.get(name, ())]
    told: dict[str, Figure] = {}
    earlier: dict[str, Figure] = {}
    if levels:
        now, before = _days(view, flows=False)
        told |= view.figures([*levels, *split], **now)
        earlier |= view.figures(levels, **before)
    if flows:
        now, before = _days(view, flows=True)
        told |= view.figures(flows, **now)
        earlier |= view.figures(flows, **before)
    years = view.ask(names, by=("year",), **_years_shown(view))
    return [
        Numbers(
            METRICS[name],
            told.get(name, Figure()),
            earlier.get(name, Figure()),
            tuple(told.get(part, Figure()) for part in PARTS.get(name, ())),
            _by_year(years, METRICS[name], view),
        )
        for name in names
    ]


def _days(view: View, flows: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The days of a tile's figure and of the one a year before, as changes of the scope."""
    now, before = view.year(), view.year(ago=1)
    if view.scope.start:
        now = {"start": view.scope.start, "end": view.last}
        before = {name: period.before(day, years=1) for name, day in now.items()}
    if flows:
        return now, before
    end = None if view.scope.end is None else before["end"]
    return {}, {"as_of": period.before(view.as_of, years=1), "end": end}


def _years_shown(view: View) -> dict[str, Any]:
    """The days of the years behind a tile, as changes of the scope."""
    return {"start": view.last.replace(year=view.last.year - YEARS_SHOWN, month=1, day=1), "end": view.last}


def behind(view: View, names: Sequence[str]) -> list[Asked]:
    """Every figure on the tiles, for those who ask for the firms behind it."""
    t = view.t
    asked = []
    for name in names:
        label = t(METRICS[name].label)
        now, before = _days(view, METRICS[name].counts_periods)
        asked.append(Asked(label, name, view.scoped(**now)))
        asked += [Asked(t(METRICS[part].label), part, view.scoped(**now)) for part in PARTS.get(name, ())]
        asked.append(Asked(t("{figure}, a year before", figure=label), name, view.scoped(**before)))
        asked.append(Asked(t("{figure}, by year", figure=label), name, view.scoped(**_years_shown(view)), ("year",)))
    return asked


def _by_year(answer: Answer, metric: Metric, view: View) -> tuple[tuple[str, float], ...]:
    whole = view.last.year - ((view.last.month, view.last.day) != (12, 31))
    # A flow of a year that is not over would look like a fall, and so would the survival of a year whose last firms
    # are not five years old.
    last = whole if metric.counts_periods else whole - 5 if metric.over == "life" else view.last.year
    return tuple(
        (str(year), float(value))
        for name, year, value in zip(*(answer[column].tolist() for column in ("metric", "year", "value")), strict=True)
        if name == metric.name and value == value and int(year) <= last
    )


def tile(view: View, of: Numbers) -> Tile:
    """The figure in words."""
    t, metric, now = view.t, of.metric, of.now
    change, told = _change(view, of)
    # Streamlit reads the direction off a plain hyphen; ours is a true minus, and so it is told.
    arrow: Literal["up", "down", "off"] = (
        "off" if not change or change[0] not in "+−" else "up" if change[0] == "+" else "down"
    )
    colours: dict[str, Literal["green", "red", "gray"]] = {"up": "green", "down": "red", "off": "gray"}
    colour = colours[arrow] if metric.name in WELCOME else "gray"
    return Tile(
        label=t(metric.label),
        says=t(metric.says),
        value=t.value(now.value, metric.unit),
        change=change,
        change_told=told,
        arrow=arrow,
        colour=colour,
        lines=tuple(_lines(view, of)),
        years=of.years if len(of.years) > 2 else (),
        years_told=_years(t, of) if len(of.years) > 2 else "",
        years_between=_between(t, of) if len(of.years) > 2 else "",
    )


def _change(view: View, of: Numbers) -> tuple[str | None, str | None]:
    """The difference to a year before, and what it is a difference to."""
    t, now, before = view.t, of.now.value, of.before.value
    if now is None or before is None:
        return None, None
    difference = now - before
    if of.metric.unit == "share":
        points = t.signed(100 * difference, 1)
        return t("{change} points", change=points), t("in a year, from {before}", before=t.share(before))
    told = t("in a year, from {before}", before=t.value(before, of.metric.unit))
    if of.metric.unit == "days":
        return t("{change} days", change=t.signed(difference)), told
    if of.metric.unit == "years":
        return t("{change} years", change=t.signed(difference, 2)), told
    return t.signed(difference), told


def _lines(view: View, of: Numbers) -> list[str]:
    """What the figure rests on: its split, its window, its interval, its bounds, its years."""
    t, now, name = view.t, of.now, of.metric.name
    lines = []
    if name == "survival_5y" and now.n:
        alive = now.n - (now.events or 0)
        lines.append(
            t(
                "{alive:,} of {n:,} firms alive on their fifth anniversary of entry, inside or outside the park.",
                alive=alive,
                n=now.n,
            )
        )
        if now.unknown:
            share = now.unknown / (now.n + now.unknown)
            lines.append(
                t(
                    "Fate of {unknown:,} more unknown ({share:.1%}): between {low} and {high}.",
                    unknown=now.unknown,
                    share=share,
                    low=t.share(now.lower_bound),
                    high=t.share(now.upper_bound),
                )
            )
    elif name == "former" and all(part.value is not None for part in of.parts):
        alumni, closed = (part.value for part in of.parts)
        lines.append(t("{alumni:,} alumni and {closed:,} known to have closed.", alumni=alumni, closed=closed))
    elif of.metric.counts_periods:
        window = {"start": view.scope.start} if view.scope.start else view.year()
        end = t.short_day(view.last)
        lines.append(t("From {start} to {end}.", start=t.short_day(window["start"]), end=end))
    elif of.metric.stock:
        lines.append(t("On {day}.", day=view.last))
    if now.low is not None and now.high is not None and now.value is not None:
        low, high = t.value(now.low, of.metric.unit), t.value(now.high, of.metric.unit)
        lines.append(t("95% interval: {low} to {high}.", low=low, high=high))
    if now.n and name != "survival_5y" and of.metric.unit != "firms":
        lines.append(t.many("It rests on {n:,} firm.", "It rests on {n:,} firms.", now.n))
    if now.note:
        lines.append(t.sentence(now.note))
    return lines


def _years(t: Words, of: Numbers) -> str:
    """What the line shows, from which value to which."""
    (first, begin), (last, end) = of.years[0], of.years[-1]
    lowest, highest = min(value for _, value in of.years), max(value for _, value in of.years)
    low, high = t.value(lowest, of.metric.unit), t.value(highest, of.metric.unit)
    told = {"first": first, "last": last, "low": low, "high": high}
    told |= {"begin": t.value(begin, of.metric.unit), "end": t.value(end, of.metric.unit)}
    if _by_entry(of.metric):
        return t("By year of entry: {begin} in {first}, {end} in {last}, between {low} and {high}.", **told)
    return t("By year: {begin} in {first}, {end} in {last}, between {low} and {high}.", **told)


def _between(t: Words, of: Numbers) -> str:
    first, last = of.years[0][0], of.years[-1][0]
    if _by_entry(of.metric):
        return t("By year of entry, {first}–{last}", first=first, last=last)
    return t("By year, {first}–{last}", first=first, last=last)


def _by_entry(metric: Metric) -> bool:
    """Whether a year of this metric is the year in which its firms came in."""
    return not metric.stock and not metric.counts_periods


def line(years: Sequence[tuple[str, float]], width: int = 260, height: int = 40) -> str:
    """A spark line as SVG: one point per year, the last one marked; from the lowest value to the highest."""
    values = [value for _, value in years]
    low, span = min(values), max(values) - min(values) or 1
    step, room = (width - 8) / (len(values) - 1), height - 10
    points = [(4 + place * step, 5 + room * (1 - (value - low) / span)) for place, value in enumerate(values)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<polyline points="{path}" fill="none" stroke="{COLOUR}" stroke-width="1.6" stroke-linejoin="round"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOUR}"/></svg>'
    )
