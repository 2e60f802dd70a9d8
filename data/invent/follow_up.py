"""Knows how the invented firms are followed up: who answers, who is lost from sight, their space, rents and jobs."""

from __future__ import annotations

import random
from datetime import date

from data.invent.firms import SITES, STATED_ON, YEAR, Firm, days, drawn

UNKNOWN_SHARE = 0.068  # of the firms whose fifth anniversary has passed: last seen alive before it


def lose_from_sight(dice: random.Random, firms: list[Firm]) -> None:
    """Marks the firms last seen alive before their fifth anniversary; the older the intake, the more of them."""
    observable = [firm for firm in firms if firm.observable]
    able = [f for f in observable if f.end is None and f.left_on and f.left_on + days(45) < f.anniversary]
    weights = [2.0 if firm.entered_on.year < 2009 else 1.0 for firm in able]
    lost = drawn(dice, able, weights, round(UNKNOWN_SHARE * len(observable)))
    for firm in lost:
        assert firm.left_on is not None
        if dice.random() < 0.5:
            firm.status = "alumni"
            firm.status_on = firm.left_on + days(dice.random() * ((firm.anniversary - firm.left_on).days - 10))
    found = {firm.firm_id for firm in lost}
    for firm in firms:
        if firm.end is None and firm.left_on and firm.firm_id not in found:
            _trace(dice, firm)


def _trace(dice: random.Random, firm: Firm) -> None:
    """An alumnus answered a yearly follow-up; the firms that need not have done so sometimes never did."""
    assert firm.left_on is not None
    seen_enough = not firm.observable or firm.left_on >= firm.anniversary
    if seen_enough and dice.random() < 0.2:
        return
    since = firm.left_on if seen_enough else max(firm.left_on, firm.anniversary)
    rounds = [date(year, 9, 1) + days(dice.randrange(0, 50)) for year in range(since.year, 2021)]
    rounds = [day for day in rounds if day >= since] or [STATED_ON]
    firm.status = "alumni"
    firm.status_on = rounds[-1] if dice.random() < 0.75 else dice.choice(rounds)


def follow_up(dice: random.Random, firms: list[Firm]) -> None:
    for firm in firms:
        if firm.left_on is None:
            firm.status, firm.status_on = "hosted", STATED_ON
        elif firm.end == "closed" and firm.end_on:
            firm.status, firm.status_on = "closed", min(STATED_ON, firm.end_on + days(dice.randrange(0, 240)))
        elif firm.end == "merged":
            firm.status, firm.status_on = "merged", firm.end_on


# Space, rent, jobs


def furnish(dice: random.Random, firms: list[Firm]) -> None:
    rents = {site.name: site.rent for site in SITES}
    for firm in firms:
        people, area = (
            dice.lognormvariate(1.5, 0.6),
            dice.lognormvariate(3.4, 0.5) * 1.03 ** (firm.entered_on.year - 2001),
        )
        for stay in firm.stays:
            age = (stay.entered_on - firm.entered_on).days / YEAR
            stay.area_m2 = max(12.0, round(2 * area * (1 + 0.08 * age)) / 2)
            rate = rents[stay.site] * 1.022 ** (stay.entered_on.year - 2020) * dice.choice((0.9, 0.95, 1.0, 1.0, 1.05))
            stay.monthly_rent = round(stay.area_m2 * round(rate, 2), 2)
            stayed = ((stay.left_on or STATED_ON) - firm.entered_on).days / YEAR
            told = dice.random() < (0.94 if stay.left_on is None else 0.6)
            stay.headcount = max(1, round(people * (1 + 0.18 * stayed))) if told else None
        if firm.status == "hosted":
            firm.headcount = firm.stays[-1].headcount
        elif firm.status == "alumni" and firm.status_on and dice.random() < 0.7:
            firm.headcount = max(1, round(people * (1 + 0.12 * (firm.status_on - firm.entered_on).days / YEAR)))
