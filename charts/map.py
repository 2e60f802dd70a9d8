"""The sites on a map of the land around them, each a circle as large as its number; nothing is fetched."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from charts import land
from charts.chart import Chart, Rows, nothing
from charts.grouped import as_name, day_of
from charts.says import counted, heading, is_count, named, names, no_value, reader, values
from charts.theme import INK, NORMAL, OTHER, Look, axis, figure, rgba, short
from metrics.metric import Metric
from words import Words

HEIGHT = 420
# The narrowest a map is drawn, and the largest circle, in pixels.
NARROW, LARGEST = 330, 44
# Degrees around the outermost sites, at least.
AROUND = 1.2
# A map is never drawn wider than so many times its height.
WIDEST = 3.2


@dataclass(frozen=True)
class Place:
    """A site where it lies, with its number and the diameter of its circle in pixels."""

    name: str
    value: float
    latitude: float
    longitude: float
    size: float


def sites(
    table: Rows,
    t: Words,
    look: Look,
    *,
    metric: Metric,
    positions: Mapping[str, tuple[float, float] | None] | None = None,
    as_of: date | None = None,
    last: date | None = None,
) -> Chart:
    """A circle per site, its area in proportion to the value, with name and value beside it.

    `table` answers ask() by site; `positions` are (latitude, longitude) in degrees. One degree north is as long as one
    degree east at the middle of the map. Sites without a position are named under it. A stock is read on `last`.
    """
    day = last or day_of(table, as_of) if metric.stock else None
    headings = [heading(t, "site"), t(metric.label), t("Latitude"), t("Longitude")]
    rows = zip(
        table["site"].tolist() if "site" in table else [],
        table["value"].tolist() if "site" in table else [],
        strict=True,
    )
    found = {as_name(site): float(value) for site, value in rows if value is not None and value == value}
    if not found:
        return nothing(t, no_value(t, metric, table, None, last or day_of(table, as_of)), headings, "site")
    order = look.order("site", found)
    known = {site: at for site in order if (at := _position(positions, site)) is not None}
    lost = [site for site in order if site not in known]
    notes = [t("Not on the map, their position is not known: {names}.", names=names(t, lost))] if lost else []
    if not known:
        said = t("No list gives the position of any site: {names}", names=names(t, order, most=3, first=3))
        return nothing(t, said, headings, "site")
    most = max(found[site] for site in known)
    if most > 0:
        notes.append(t("The area of a circle is in proportion to its number."))
    places = [
        Place(site, found[site], *at, LARGEST * math.sqrt(max(found[site], 0) / most) if most > 0 else 6)
        for site, at in known.items()
    ]
    given = [known.get(site, (None, None)) for site in order]
    return Chart(
        _drawn(t, look, metric, places),
        _title(t, metric, found, order, day),
        _alt(t, metric, places, day, notes),
        pd.DataFrame(
            {
                headings[0]: [named(t, site) for site in order],
                headings[1]: [found[site] for site in order],
                headings[2]: [latitude for latitude, _ in given],
                headings[3]: [longitude for _, longitude in given],
            }
        ),
        {
            headings[1]: reader(t, metric.unit),
            headings[2]: lambda value: t.number(value, 4),
            headings[3]: lambda value: t.number(value, 4),
        },
        "site",
        tuple(notes),
    )


def _position(positions: Mapping[str, tuple[float, float] | None] | None, site: str) -> tuple[float, float] | None:
    """Where a site lies; None where that is missing or nowhere on Earth."""
    at = (positions or {}).get(site)
    if at is None or any(one is None or one != one for one in at) or abs(at[0]) > 85 or abs(at[1]) > 180:
        return None
    return float(at[0]), float(at[1])


def _drawn(t: Words, look: Look, metric: Metric, places: Sequence[Place]) -> Any:
    south, north = min(one.latitude for one in places), max(one.latitude for one in places)
    west, east = min(one.longitude for one in places), max(one.longitude for one in places)
    middle, centre = (south + north) / 2, (west + east) / 2
    stretch = 1 / math.cos(math.radians(middle))
    # Degrees of latitude from edge to edge: enough for all sites, their names included, on the narrowest screen.
    tall = max(
        (north - south) * 1.35 + 2 * AROUND,
        ((east - west) * 1.7 / stretch + 2 * AROUND) * HEIGHT / NARROW,
    )
    tall = min(tall, 178.0)
    half = tall / 2
    reach = half * WIDEST * stretch
    box = (centre - reach, max(middle - half * 1.2, -90.0), centre + reach, min(middle + half * 1.2, 90.0))
    shore_x, shore_y = _shores(*(round(edge, 2) for edge in box))
    coast = {
        "type": "scatter",
        "mode": "lines",
        "x": shore_x,
        "y": shore_y,
        "fill": "toself",
        "fillcolor": rgba(OTHER, 0.2),
        "line": {"color": rgba(OTHER, 0.55), "width": 0.8},
        "hoverinfo": "skip",
    }
    labels = _labels(t, metric, places, HEIGHT / tall, stretch)
    circles = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [one.longitude for one in places],
        "y": [one.latitude for one in places],
        "text": [text for text, _ in labels],
        "textposition": [side for _, side in labels],
        "textfont": {"size": NORMAL, "color": INK},
        "cliponaxis": False,
        "marker": {
            "size": [max(one.size, 6) for one in places],
            "color": [look.colour("site", one.name) for one in places],
            "opacity": 0.88,
            "line": {"width": 1, "color": "rgba(255,255,255,0.7)"},
        },
        "customdata": [[one.name, short(named(t, one.name), 40, 3), t.value(one.value, metric.unit)] for one in places],
        "hovertemplate": t("<b>{name}</b><br>{value}", name="%{customdata[1]}", value="%{customdata[2]}")
        + "<extra></extra>",
    }
    hidden = {"visible": False, "automargin": False}
    return figure(
        [coast, circles],
        t,
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        xaxis=axis(range=[centre - half * stretch * 0.6, centre + half * stretch * 0.6], constrain="range", **hidden),
        yaxis=axis(range=[middle - half, middle + half], scaleanchor="x", scaleratio=stretch, **hidden),
    )


def _shores(west: float, south: float, east: float, north: float) -> tuple[list[float | None], list[float | None]]:
    """The outlines of land in a box, one after the other with a gap between; beyond the date line the world goes on."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for turn in (-360.0, 0.0, 360.0):
        if west - turn > 180 or east - turn < -180:
            continue
        for ring in land.within(west - turn, south, east - turn, north):
            xs += [*np.round(ring[:, 0] + turn, 2).tolist(), None]
            ys += [*np.round(ring[:, 1], 2).tolist(), None]
    return xs, ys


def _labels(t: Words, metric: Metric, places: Sequence[Place], scale: float, stretch: float) -> list[tuple[str, str]]:
    """Name and value of each place, and the side of its circle where they touch no other circle or name."""
    texts = [
        t("<b>{name}</b> {value}", name=short(named(t, one.name), 18), value=t.value(one.value, metric.unit))
        for one in places
    ]
    spots = [(one.longitude / stretch * scale, -one.latitude * scale, one.size / 2) for one in places]
    taken = [(x - r, y - r, x + r, y + r) for x, y, r in spots]
    found: list[tuple[str, str]] = []
    for (x, y, r), text in zip(spots, texts, strict=True):
        wide, high = 7.2 * (len(text) - 7), 17
        sides = {
            "middle right": (x + r + 2, y - high / 2),
            "middle left": (x - r - 2 - wide, y - high / 2),
            "top center": (x - wide / 2, y - r - high),
            "bottom center": (x - wide / 2, y + r),
        }
        boxes = {side: (left, top, left + wide, top + high) for side, (left, top) in sides.items()}
        cost = {side: sum(_overlap(box, other) for other in taken) for side, box in boxes.items()}
        side = min(cost, key=lambda one: cost[one])
        taken.append(boxes[side])
        found.append((text, side))
    return found


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The area that two rectangles share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _title(t: Words, metric: Metric, found: Mapping[str, float], order: Sequence[str], day: date | None) -> str:
    best = max(found.values())
    leading = [named(t, site) for site in order if found[site] == best]
    what = counted(t, metric, best) if is_count(metric) else t.value(best, metric.unit)
    places: dict[str, Any] = {"names": names(t, leading), "name": leading[0], "what": what, "label": t(metric.label)}
    if best <= 0:
        return (
            t("{label}: none at any site on {day}", day=day, **places)
            if day
            else t("{label}: none at any site", **places)
        )
    if len(found) == 1:
        return t("{name}: {what} on {day}", day=day, **places) if day else t("{name}: {what}", **places)
    if len(leading) > 1:
        if day:
            return t("{names} come first with {whole} each on {day}", names=places["names"], whole=what, day=day)
        return t("{names} come first with {what} each", **places)
    if day and is_count(metric):
        return t("{name} comes first of {sites:,} sites with {what} on {day}", sites=len(found), day=day, **places)
    if day:
        return t("{label}: highest at {name} ({what}) on {day}", day=day, **places)
    return t("{label}: highest at {name} ({what})", **places)


def _alt(t: Words, metric: Metric, places: Sequence[Place], day: date | None, notes: Sequence[str]) -> str:
    first = (
        t("Map with a circle per site: {label} on {day}.", label=t(metric.label), day=day)
        if day
        else t("Map with a circle per site: {label}.", label=t(metric.label))
    )
    from_north = sorted(places, key=lambda one: -one.latitude)
    listed = values(t, [(named(t, one.name), t.value(one.value, metric.unit)) for one in from_north])
    return " ".join([first, t("From north to south, {values}.", values=listed), *notes])
