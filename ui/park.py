"""Which state of knowledge the pages show, and the names there are in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas as pd

import data.sight
from data.sight import EVERYTHING, Sight
from data.warehouse import Generation, Warehouse
from metrics import tally
from metrics.names import names as every_name
from ui import reader
from ui.kept import kept

_POSITIONS = "select site, any_value(latitude), any_value(longitude) from sites group by site order by site"


@dataclass(frozen=True)
class Names:
    """Everything that can be filtered by."""

    sites: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()


@cache
def warehouse() -> Warehouse:
    """The process's one warehouse; it opens each generation once and hands out a cursor per question."""
    return Warehouse.from_environment()


def sight() -> Sight:
    """What the reader of this run may see. Raises SignedOut where nobody is signed in."""
    return reader.sight()


def generation(known_on: date | None = None) -> Generation:
    """The state of knowledge on a day, by default the latest, as far as the reader may see it: looked up at every run,
    so that a load shows at once."""
    return _prepared(data.sight.generation(warehouse(), sight(), known_on))


def for_nobody() -> Generation:
    """The latest state of knowledge for the process itself, before anybody reads it."""
    return _prepared(data.sight.generation(warehouse(), EVERYTHING))


def _prepared(found: Generation) -> Generation:
    tally.prepare(found)
    return found


def verify() -> None:
    """Raises where the ledger cannot be read or the latest generation does not answer."""
    for_nobody().query("select 1")


def names(park: Generation) -> Names:
    """The sites, sectors and cohorts of one state of knowledge, in a lasting order."""

    def found() -> Names:
        listed = every_name(park)
        return Names(listed["site"], listed["sector"], listed["cohort"])

    return kept.get(("names", park.key), found)


def positions(park: Generation) -> dict[str, tuple[float, float] | None]:
    """Latitude and longitude of each site; None where no list gives them."""
    table = kept.get(("positions", park.key), lambda: park.query(_POSITIONS))
    return {
        str(site): None if pd.isna(latitude) or pd.isna(longitude) else (float(latitude), float(longitude))
        for site, latitude, longitude in table.itertuples(index=False, name=None)
    }
