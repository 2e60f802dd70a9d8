"""Where land is: the world's coastlines in `land.json`, cut to what a map shows, and how that file is made.

The geometry is Natural Earth's (naturalearthdata.com, 1:50m land, version 4.1.0), which is in the public domain, taken
from the npm package `world-atlas` 2.0.2 (ISC licence). `python -m charts.land land-50m.json` makes `land.json` from it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_name("land.json")
# Coordinates are kept in hundredths of a degree, about a kilometre: finer than the 1:50m outlines themselves.
STEPS = 100
Ring = npt.NDArray[Any]


@lru_cache(maxsize=1)
def rings() -> tuple[Ring, ...]:
    """Every outline of land and of a lake in it: arrays of (longitude, latitude) in degrees, closed."""
    packed = json.loads(FILE.read_text(encoding="ascii"))["rings"]
    return tuple(np.cumsum(np.array(one).reshape(-1, 2), axis=0) / STEPS for one in packed)


@lru_cache(maxsize=64)
def within(west: float, south: float, east: float, north: float) -> tuple[Ring, ...]:
    """The outlines of what land there is in a box given in degrees, cut at its edges; none for open sea."""
    found = []
    for ring in rings():
        low, high = ring.min(axis=0), ring.max(axis=0)
        if low[0] > east or high[0] < west or low[1] > north or high[1] < south:
            continue
        cut = ring
        for axis, edge, side in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
            cut = _cut(cut, axis, edge, side)
        if len(cut) > 3:
            found.append(cut)
    return tuple(found)


def _cut(ring: Ring, axis: int, edge: float, side: int) -> Ring:
    """The part of a closed ring on one side of a line (Sutherland and Hodgman, 1974)."""
    if not len(ring):
        return ring
    depth = (ring[:, axis] - edge) * side
    inside = depth >= 0
    if inside.all():
        return ring
    before, after = inside[:-1], inside[1:]
    crossed = before != after
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (depth[:-1] / (depth[:-1] - depth[1:]))[:, None]
        crossings = ring[:-1] + part * (ring[1:] - ring[:-1])
    crossings[:, axis] = edge
    # Of each edge first the point where it crosses, then its end where that lies inside.
    pairs = np.stack([crossings, ring[1:]], axis=1).reshape(-1, 2)
    kept = pairs[np.stack([crossed, after], axis=1).ravel()]
    return np.vstack([kept, kept[:1]]) if len(kept) else kept


def made_of(topology: dict[str, Any]) -> dict[str, Any]:
    """The content of `land.json` from a TopoJSON topology with an object `land`: rings of whole steps, each point as
    its difference to the one before."""
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]
    packed = []
    for polygon in _polygons(topology["objects"]["land"]):
        for ring in polygon:
            steps = np.rint(_joined(arcs, ring) * STEPS).astype(int)
            moved = np.ones(len(steps), dtype=bool)
            moved[1:] = (steps[1:] != steps[:-1]).any(axis=1)
            steps = steps[moved]
            if len(steps) > 3:
                packed.append(np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=int)).ravel().tolist())
    return {"source": "Natural Earth, 1:50m land, public domain", "rings": packed}


def _polygons(geometry: dict[str, Any]) -> Iterator[Iterable[list[int]]]:
    for inner in geometry.get("geometries", ()):
        yield from _polygons(inner)
    if geometry["type"] == "MultiPolygon":
        yield from geometry["arcs"]
    elif geometry["type"] == "Polygon":
        yield geometry["arcs"]


def _joined(arcs: list[Ring], ring: Iterable[int]) -> Ring:
    """The arcs of a ring end to end; ~n is arc n backwards, and each begins where the one before ended."""
    parts = [arcs[place] if place >= 0 else arcs[~place][::-1] for place in ring]
    return np.vstack([parts[0], *(part[1:] for part in parts[1:])])


if __name__ == "__main__":
    content = made_of(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    FILE.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="ascii")
