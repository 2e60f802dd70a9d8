"""Knows what a site, a stay and a firm of the invented park are, and the days they are counted by."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from data.invent.names import Subsector

STATED_ON = date(2020, 10, 25)
YEAR = 365.25


@dataclass(frozen=True)
class Site:
    """A site: its space, and how many firms enter the network there each year from its opening on."""

    name: str
    opened_on: date
    lettable_area_m2: float
    lettable_units: int
    latitude: float
    longitude: float
    entries: tuple[int, ...]
    hosted: int  # of the firms that entered the network here and never left it, how many are still hosted
    rent: float  # monthly rent of a square metre in 2020
    risk: float  # of closing, relative to the network


CASABLANCA, RABAT, TANGIER, AGADIR = SITES = (
    Site(
        "Casablanca", date(2001, 2, 5), 13_600, 300, 33.5731, -7.5898,
        (62, 48, 51, 55, 57, 62, 66, 70, 66, 72, 76, 62, 56, 56, 54, 50, 50, 49, 49, 37), 172, 68, 1.0,
    ),
    Site("Rabat", date(2012, 5, 14), 6_200, 124, 34.0209, -6.8416, (34, 26, 27, 25, 26, 26, 25, 26, 17), 75, 74, 0.8),
    Site("Tanger", date(2015, 3, 16), 5_000, 90, 35.7595, -5.8340, (26, 21, 21, 21, 22, 13), 53, 58, 1.1),
    Site("Agadir", date(2020, 1, 20), 2_400, 48, 30.4278, -9.5981, (16,), 15, 52, 1.0),
)  # fmt: skip


@dataclass
class Stay:
    """One stay: half-open days, no exit while the firm is there; `precision` says how well the entry is known."""

    site: str
    entered_on: date
    left_on: date | None
    exit_reason: str | None
    precision: str = "day"
    area_m2: float = 0.0
    monthly_rent: float = 0.0
    headcount: int | None = None


@dataclass
class Firm:
    """A firm of the network: its stays in order, its end where it has one, and what its last follow-up says."""

    firm_id: str
    name: str
    line: Subsector
    entered_on: date
    site: Site
    precision: str
    founded_on: date
    legal_form: str
    women_led: bool
    end: str | None = None  # closed | merged
    end_on: date | None = None
    stays: list[Stay] = field(default_factory=list)
    graduated_on: date | None = None
    status: str = "unknown"
    status_on: date | None = None
    headcount: int | None = None

    @property
    def anniversary(self) -> date:
        """The fifth anniversary of the network entry; of 29 February, 1 March."""
        return anniversary(self.entered_on)

    @property
    def observable(self) -> bool:
        """Whether the fifth anniversary has passed by the stated day."""
        return self.anniversary <= STATED_ON

    @property
    def left_on(self) -> date | None:
        return self.stays[-1].left_on

    @property
    def known_closed_on(self) -> date | None:
        return self.end_on if self.end == "closed" else None


def anniversary(day: date, years: int = 5) -> date:
    """The same day some years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def days(number: float) -> timedelta:
    return timedelta(days=round(number))


def drawn(dice: random.Random, firms: list[Firm], weights: list[float], number: int) -> list[Firm]:
    """That many of the firms without replacement, each by its weight (Efraimidis and Spirakis: greatest u^(1/w))."""
    keys = [(dice.random() ** (1 / weight), at) for at, weight in enumerate(weights)]
    return [firms[at] for _, at in sorted(keys, reverse=True)[:number]]
