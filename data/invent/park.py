"""Knows the history of the invented park: who entered, moved, left or closed at four sites up to 25 October 2020.

The history is drawn by seeded dice; a few totals are held by stratified assignment: how many firms enter in a site's
year and in a window of the year, how many are still there on the stated day, how many of the firms whose fifth
anniversary has passed closed before it, merged before it or were last seen before it. Which firms, and when, is left
to the dice.
"""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

from data.invent.firms import (
    AGADIR,
    CASABLANCA,
    RABAT,
    SITES,
    STATED_ON,
    TANGIER,
    YEAR,
    Firm,
    Site,
    Stay,
    days,
    drawn,
)
from data.invent.follow_up import UNKNOWN_SHARE, follow_up, furnish, lose_from_sight
from data.invent.names import CREATIVE, GREEN, Register, subsector

SEED = 25_10_2020

# How the months of a year share its entries; in 2020 spring stops and autumn catches up.
SEASON = (1.25, 1.0, 1.1, 1.0, 0.9, 1.0, 0.8, 0.45, 1.3, 1.25, 1.0, 0.7)
SEASON_2020 = (1.1, 1.2, 0.8, 0.25, 0.3, 0.9, 1.4, 0.6, 1.8, 1.6, 0.0, 0.0)
WINDOW_ENTRIES = {2018: 54, 2019: 55, 2020: 52}  # from 1 April to 25 October, network entries

FIVE_YEAR_SURVIVAL = 0.8805
EARLY_MERGERS = 4
CLOSING_YEARS = (0.14, 0.26, 0.25, 0.19, 0.16)  # of the closures before the fifth anniversary, by year of age


def invent_park() -> list[Firm]:
    """The whole park as it is known on the stated day, in order of network entry: the same at every call."""
    dice = random.Random(SEED)  # nosec B311
    firms = _enter(dice)
    _end(dice, firms)
    _stay(dice, firms)
    _move(dice, firms)
    _return(dice, firms)
    lose_from_sight(dice, firms)
    follow_up(dice, firms)
    furnish(dice, firms)
    return firms


# Entering


def _enter(dice: random.Random) -> list[Firm]:
    register = Register(dice)
    firms = []
    for year in range(SITES[0].opened_on.year, STATED_ON.year + 1):
        sites = [site for site in SITES for _ in range(_planned(site, year))]
        dice.shuffle(sites)
        for place, site in enumerate(sites):
            window = place < WINDOW_ENTRIES[year] if year in WINDOW_ENTRIES else None
            firms.append(_newcomer(dice, register, site, _entry_day(dice, site, year, window)))
    return sorted(firms, key=lambda firm: (firm.entered_on, firm.firm_id))


def _planned(site: Site, year: int) -> int:
    at = year - site.opened_on.year
    return site.entries[at] if 0 <= at < len(site.entries) else 0


def in_window(day: date) -> bool:
    """Whether a day lies between 1 April and 25 October of its year."""
    return date(day.year, 4, 1) <= day <= date(day.year, 10, 25)


def _entry_day(dice: random.Random, site: Site, year: int, window: bool | None) -> date:
    """A working day of the year, often the first or the middle of a month, inside or outside the window where told."""
    season = SEASON_2020 if year == 2020 else SEASON
    while True:
        month = dice.choices(range(1, 13), season)[0]
        day = date(year, month, dice.choice((1, 1, 15, *dice.choices(range(1, 29), k=4))))
        day += timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])
        holiday = day.month == 1 and day.day == 1
        if not holiday and site.opened_on <= day <= STATED_ON and window in (None, in_window(day)):
            return day


def _newcomer(dice: random.Random, register: Register, site: Site, day: date) -> Firm:
    precision = "day"
    if 2002 <= day.year <= 2004:  # the first registers were kept on paper
        precision = dice.choices(("day", "month", "year"), (70, 20, 10))[0]
        day = {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[precision]
    line = subsector(dice, day)
    return Firm(
        firm_id=register.identifier(),
        name=register.name(line.words),
        line=line,
        entered_on=day,
        site=site,
        precision=precision,
        founded_on=max(date(1990, 3, 1), day - days(20 + dice.expovariate(1 / 1.7) * YEAR)),
        legal_form=dice.choices(("SARL", "SARL AU", "SA", "SAS", "Coopérative"), (58, 30, 6, 4, 2))[0],
        women_led=dice.random() < 0.24,
    )


# Closing and merging


def _end(dice: random.Random, firms: list[Firm]) -> None:
    luck = {year: dice.lognormvariate(0, 0.25) for year in range(2001, 2021)}
    risk = {firm.firm_id: _risk(firm) * luck[firm.entered_on.year] for firm in firms}
    observable = [firm for firm in firms if firm.observable]
    unknown = round(UNKNOWN_SHARE * len(observable))
    closing = round((1 - FIVE_YEAR_SURVIVAL) * (len(observable) - unknown - EARLY_MERGERS))
    ending = drawn(dice, observable, [risk[firm.firm_id] for firm in observable], closing + EARLY_MERGERS)
    dice.shuffle(ending)
    for place, firm in enumerate(ending):
        firm.end, firm.end_on = ("closed" if place < closing else "merged"), _closing_day(dice, firm)
    for firm in firms:
        if firm.end is None and not firm.observable and dice.random() < 0.12 * risk[firm.firm_id]:
            _happens(firm, "closed", _closing_day(dice, firm))
    for firm in firms:
        later = firm.anniversary + days(15 + dice.expovariate(0.024) * YEAR)
        if firm.end is None:
            _happens(firm, dice.choices(("closed", "merged"), (92, 8))[0], later)


def _risk(firm: Firm) -> float:
    sector = {GREEN: 0.8, CREATIVE: 1.25}.get(firm.line.sector, 1.0)
    young = 1.2 if firm.entered_on - firm.founded_on < days(YEAR) else 0.9
    return sector * young * firm.site.risk * (1.2 if 2006 <= firm.entered_on.year <= 2008 else 1.0)


def _closing_day(dice: random.Random, firm: Firm) -> date:
    """A day strictly before the fifth anniversary, at an age drawn from `CLOSING_YEARS`."""
    age = dice.choices(range(5), CLOSING_YEARS)[0] + dice.random()
    return firm.entered_on + days(min(max(age * YEAR, 150), 1815))


def _happens(firm: Firm, end: str, on: date) -> None:
    if on <= STATED_ON:
        firm.end, firm.end_on = end, on


# Staying, moving, coming back


def _stay(dice: random.Random, firms: list[Firm]) -> None:
    """Gives each firm its first presence, its length stretched so that a site's planned number is still there."""
    length = {firm.firm_id: _length(dice) * (1.1 if firm.entered_on.year < 2014 else 1.0) for firm in firms}
    for site in SITES:
        here = [firm for firm in firms if firm.site is site]
        alive = [firm for firm in here if firm.end is None]
        # A firm is still there where its stretched length reaches past the stated day.
        needed = sorted((STATED_ON - firm.entered_on).days / length[firm.firm_id] for firm in alive)
        stretch = (needed[site.hosted - 1] + needed[min(site.hosted, len(needed) - 1)]) / 2
        for firm in here:
            spent = length[firm.firm_id] * stretch
            still = firm.end is None and spent > (STATED_ON - firm.entered_on).days
            left_on = None if still else min(_leaving_day(dice, firm, spent), firm.end_on or STATED_ON)
            firm.stays = [Stay(site.name, firm.entered_on, left_on, None, firm.precision)]
    for firm in firms:
        _conclude(dice, firm)


def _length(dice: random.Random) -> float:
    """Days of a presence: the programme's three years for some, spread around three years and a half for the others."""
    if dice.random() < 0.3:
        return dice.gauss(3.0, 0.15) * YEAR
    return max(100.0, dice.weibullvariate(4.3, 2.2) * YEAR)


def _leaving_day(dice: random.Random, firm: Firm, spent: float) -> date:
    """The day of exit, at the end of its month for every second firm."""
    day = firm.entered_on + timedelta(days=math.floor(spent))
    month_end = day.replace(day=28) + timedelta(days=4)
    month_end -= timedelta(days=month_end.day)
    return min(month_end if dice.random() < 0.5 else day, STATED_ON)


def _conclude(dice: random.Random, firm: Firm) -> None:
    """Why the last stay ended, and the day the firm ended the programme, which is not the day it closed."""
    stay = firm.stays[-1]
    spent = (stay.left_on or STATED_ON) - firm.entered_on
    if stay.left_on is not None:
        reasons = (76, 16, 3, 5) if spent > days(900) else (25, 48, 10, 17)
        reason = dice.choices(("graduated", "moved", "evicted", "other"), reasons)[0]
        stay.exit_reason = firm.end if stay.left_on == firm.end_on else reason
    if stay.exit_reason == "graduated" and stay.left_on is not None:
        firm.graduated_on = max(stay.entered_on, stay.left_on - days(dice.choice((0, 0, 0, 15, 30, 45))))
    elif spent > days(1250):
        firm.graduated_on = firm.entered_on + days(1096 + dice.randrange(-20, 60))


# From, to, how many firms; those that moved to the newest site are all still there.
MOVES = (
    (CASABLANCA, RABAT, 14),
    (RABAT, CASABLANCA, 4),
    (CASABLANCA, TANGIER, 9),
    (RABAT, TANGIER, 3),
    (CASABLANCA, AGADIR, 5),
    (RABAT, AGADIR, 2),
)


def _move(dice: random.Random, firms: list[Firm]) -> None:
    """Some firms change site: one stay ends by a transfer, the next begins elsewhere, most often the same day."""
    for origin, target, number in MOVES:
        able = [firm for firm in firms if len(firm.stays) == 1 and firm.site is origin and _can_move(firm, target)]
        if target is AGADIR:
            able = [firm for firm in able if firm.left_on is None]
        for firm in dice.sample(able, number):
            first = firm.stays[0]
            earliest, latest = _moving_days(firm, target)
            moved_on = earliest + days(dice.random() * (latest - earliest).days)
            again_on = moved_on + days(dice.choice((0, 0, 0, 0, 5, 20, 40)))
            firm.stays = [
                Stay(first.site, first.entered_on, moved_on, "transfer", first.precision),
                Stay(target.name, again_on, first.left_on, first.exit_reason),
            ]


def _moving_days(firm: Firm, target: Site) -> tuple[date, date]:
    earliest = max(firm.entered_on + days(200), target.opened_on + days(10))
    return earliest, (firm.left_on or STATED_ON) - days(60)


def _can_move(firm: Firm, target: Site) -> bool:
    earliest, latest = _moving_days(firm, target)
    return earliest + days(30) < latest


# Site, shortest and longest gap in days, firms that come back, how many of them are still hosted.
RETURNS = (
    (CASABLANCA, (60, 600), 12, 2),
    (CASABLANCA, (800, 2000), 9, 2),
    (RABAT, (60, 600), 4, 1),
    (RABAT, (800, 2000), 3, 0),
)


def _return(dice: random.Random, firms: list[Firm]) -> None:
    """Some firms come back: within 24 months the same presence goes on, after a longer gap it is a re-entry."""
    for site, gap, number, staying in RETURNS:
        for place in range(number):
            able = [f for f in firms if f.site is site and f.left_on and f.end is None and len(f.stays) == 1]
            firm, entered_on, left_on = _second_stay(dice, able, gap, place < staying)
            firm.stays.append(Stay(site.name, entered_on, left_on, None))
            _conclude(dice, firm)


def _second_stay(
    dice: random.Random, firms: list[Firm], gap: tuple[int, int], hosted: bool
) -> tuple[Firm, date, date | None]:
    while True:
        firm = dice.choice(firms)
        assert firm.left_on is not None
        entered_on = firm.left_on + days(dice.randrange(*gap))
        left_on = entered_on + days(dice.randrange(300, 1100))
        fits = entered_on < STATED_ON - days(20) < left_on if hosted else left_on < STATED_ON - days(20)
        if fits and not (entered_on.year in WINDOW_ENTRIES and in_window(entered_on)):
            return firm, entered_on, None if hosted else left_on
