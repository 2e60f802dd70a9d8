"""The land that maps are drawn on is there, is where it should be, and can be cut anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from charts import land


def inside(longitude: float, latitude: float, rings: Sequence[land.Ring]) -> bool:
    """Whether a point lies in an odd number of outlines."""
    crossings = 0
    for ring in rings:
        (x, y), (then_x, then_y) = ring[:-1].T, ring[1:].T
        across = (y > latitude) != (then_y > latitude)
        at = x[across] + (latitude - y[across]) / (then_y[across] - y[across]) * (then_x[across] - x[across])
        crossings += int((at > longitude).sum())
    return crossings % 2 == 1


PLACES = [
    ("Settat", -7.6, 33.0, True),
    ("Fès", -5.0, 34.0, True),
    ("Madrid", -3.7, 40.4, True),
    ("Riyadh", 46.7, 24.7, True),
    ("Nairobi", 36.8, -1.3, True),
    ("Sydney's hinterland", 150.0, -33.5, True),
    ("the Atlantic", -15.0, 33.0, False),
    ("the Mediterranean", 5.0, 38.5, False),
    ("the Caspian Sea", 51.0, 41.0, False),
    ("the Pacific", -150.0, 0.0, False),
]


@pytest.mark.parametrize(("name", "longitude", "latitude", "is_land"), PLACES)
def test_land_is_land_and_sea_is_sea(name: str, longitude: float, latitude: float, is_land: bool) -> None:
    assert inside(longitude, latitude, land.rings()) is is_land
    # The same in what is cut out around the place.
    box = land.within(longitude - 6, latitude - 5, longitude + 6, latitude + 5)
    assert inside(longitude, latitude, box) is is_land


def test_what_is_cut_stays_in_its_box_and_is_closed() -> None:
    west, south, east, north = -12.0, 27.0, 0.0, 37.0
    cut = land.within(west, south, east, north)
    assert cut
    for ring in cut:
        assert (ring[0] == ring[-1]).all()
        assert ring[:, 0].min() >= west and ring[:, 0].max() <= east
        assert ring[:, 1].min() >= south and ring[:, 1].max() <= north


def test_open_sea_has_no_land() -> None:
    assert land.within(-30.0, -8.0, -25.0, 0.0) == ()


def test_the_file_is_small() -> None:
    assert land.FILE.stat().st_size < 400_000


def test_the_file_is_made_of_a_topology() -> None:
    """Two arcs make a square, one of them backwards; what falls together at our precision is left out."""
    topology: dict[str, Any] = {
        "transform": {"scale": [0.001, 0.001], "translate": [10, 20]},
        "arcs": [[[0, 0], [1000, 0], [0, 1000]], [[0, 0], [0, 1000], [1, 1], [999, -1]]],
        "objects": {"land": {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "arcs": [[0, -2]]}]}},
    }
    (packed,) = land.made_of(topology)["rings"]
    square = np.cumsum(np.array(packed).reshape(-1, 2), axis=0) / land.STEPS
    assert square.tolist() == [[10, 20], [11, 20], [11, 21], [10, 21], [10, 20]]
    assert json.dumps(packed)
