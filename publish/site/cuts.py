"""The cells of a release as several pages ask for them."""

from __future__ import annotations

from datetime import date
from typing import Any

from metrics import METRICS
from publish.site.reader import Reader

CUTS = ("site", "sector")


def since(reader: Reader, **only: str) -> date:
    """The first day of the first year in which anybody came, of the network or of some of it."""
    years = [int(cell["year"]) for cell in reader.content.cells("entries", "year", **only)]
    return date(min(years, default=reader.content.as_of.year), 1, 1)


def last_year(reader: Reader) -> str:
    """The latest year that is over."""
    as_of = reader.content.as_of
    return str(as_of.year if (as_of.month, as_of.day) == (12, 31) else as_of.year - 1)


def in_order(reader: Reader, table: str, dimension: str, **only: str) -> list[dict[str, Any]]:
    """A cell per name, in the lasting order; nobody where none is listed."""
    unit = METRICS[table].unit
    counted = unit == "firms" and reader.gives(table, dimension, *only)
    nobody: dict[str, Any] = {"value": 0} if counted else {"value": None}
    found = {cell[dimension]: cell for cell in reader.content.cells(table, dimension, **only)}
    return [found.get(one, {**nobody, dimension: one, **only}) for one in reader.content.names(dimension)]
