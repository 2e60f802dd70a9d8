"""The statistics again, slow and plain: every figure from the definitions, firm by firm and day by day, in pure Python.

Nothing here is shared with the model or the metrics; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

Row = Mapping[str, Any]
Stay = tuple[date, date | None, str | None]
FAR = date(9999, 12, 31)
Z = 1.959963984540054
DAY = timedelta(days=1)


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError


def anniversary(day: date, years: int = 5) -> date:
    """29 February becomes 1 March."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 3, 1)
    return date(day.year + years, day.month, day.day)


# Samples of lifetimes: pairs (days, ended).


def kaplan_meier(lives: Iterable[tuple[int, bool]], at: int) -> tuple[float, float]:
    """Survival after `at` days, and Greenwood's sum."""
    lives = list(lives)
    survival, spread = 1.0, 0.0
    for age in sorted({days for days, ended in lives if ended and days <= at}):
        at_risk = sum(days >= age for days, _ in lives)
        died = sum(days == age and ended for days, ended in lives)
        survival *= 1 - died / at_risk
        if at_risk > died:
            spread += died / (at_risk * (at_risk - died))
    return survival, spread


def loglog(survival: float, spread: float) -> tuple[float | None, float | None]:
    if survival in (0.0, 1.0):
        return None, None
    theta = Z * math.sqrt(spread) / abs(math.log(survival))
    return survival ** math.exp(theta), survival ** math.exp(-theta)


def median(lives: Iterable[tuple[int, bool]]) -> float | None:
    lives = list(lives)
    curve = [(age, kaplan_meier(lives, age)[0]) for age in sorted({days for days, _ in lives})]
    half = [age for age, survival in curve if abs(survival - 0.5) < 1e-9]
    below = [age for age, survival in curve if survival < 0.5 - 1e-9]
    if half:
        return (half[0] + (below[0] if below else curve[-1][0])) / 2
    return below[0] if below else None


def restricted_mean(lives: Iterable[tuple[int, bool]], to: int) -> float:
    """One day of life after another."""
    lives = list(lives)
    total, survival = 0.0, 1.0
    for day in range(to):
        at_risk = sum(days >= day for days, _ in lives)
        died = sum(days == day and ended for days, ended in lives)
        survival *= 1 - died / at_risk if at_risk else 1
        total += survival
    return total


def delayed(lives: Iterable[tuple[int, int, bool]], at: int) -> float:
    """Kaplan-Meier where each life (start, days, ended) is watched from `start` on."""
    lives = list(lives)
    survival = 1.0
    for age in sorted({days for _, days, ended in lives if ended and days <= at}):
        at_risk = sum(start < age <= days for start, days, _ in lives)
        died = sum(days == age and ended for start, days, ended in lives)
        survival *= 1 - died / at_risk
    return survival


def outcomes(lives: Iterable[tuple[int, str | None]], at: int) -> dict[str | None, float]:
    """Aalen-Johansen: the share of each kind of end by `at` days; None is the share still there."""
    lives = list(lives)
    shares: dict[str | None, float] = {kind: 0.0 for _, kind in lives if kind}
    still = 1.0
    for age in sorted({days for days, kind in lives if kind and days <= at}):
        at_risk = sum(days >= age for days, _ in lives)
        ended = [kind for days, kind in lives if days == age and kind]
        for kind in ended:
            shares[kind] += still / at_risk
        still *= 1 - len(ended) / at_risk
    return {**shares, None: still}


def log_rank(groups: list[list[tuple[int, bool]]]) -> tuple[list[float], list[list[float]]]:
    """(observed minus expected ends of each group, their covariances), in fractions, one age after another."""
    size = len(groups)
    excess = [Fraction(sum(ended for _, ended in lives)) for lives in groups]
    spread = [[Fraction(0)] * size for _ in groups]
    for age in sorted({days for lives in groups for days, ended in lives if ended}):
        risk = [sum(days >= age for days, _ in lives) for lives in groups]
        ended = sum(days == age and over for lives in groups for days, over in lives)
        whole = sum(risk)
        for one in range(size):
            excess[one] -= Fraction(ended * risk[one], whole)
            for other in range(size):
                if whole > 1:
                    share = Fraction(risk[one], whole) * ((one == other) - Fraction(risk[other], whole))
                    spread[one][other] += share * ended * (whole - ended) / (whole - 1)
    return [float(one) for one in excess], [[float(one) for one in row] for row in spread]


def wilson(hits: int, of: int) -> tuple[float, float]:
    share = hits / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    spread = Z / (1 + Z * Z / of) * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return middle - spread, middle + spread


# Parks: rows of tenants lists, one firm a mapping from its identifier.


@dataclass
class Firm:
    """What the lists say of one firm, put together."""

    sector: str | None
    cohort: str
    stays: list[Stay]
    seen: list[tuple[date, date]]
    founded_on: date | None = None
    closed_on: date | None = None
    closed_by: date | None = None
    merged_on: date | None = None
    alive_on: date = date.min
    home: str | None = None

    @property
    def entry(self) -> date:
        return min(start for start, _, _ in self.stays)

    @property
    def gone_on(self) -> date | None:
        return self.closed_on or self.closed_by

    def at(self, sites: Iterable[str | None] | None) -> list[Stay]:
        """The stays at these sites; None means anywhere."""
        return sorted(
            (stay for stay in self.stays if sites is None or stay[2] in sites),
            key=lambda stay: (stay[0], stay[1] or FAR),
        )


def over(row: Row) -> bool:
    if row["entered_on"] > row["stated_on"]:
        return False
    return bool(
        row.get("exit_reason")
        or row.get("status") in ("alumni", "closed", "merged")
        or (row.get("closed_on") and row["closed_on"] <= row["stated_on"])
    )


def until(row: Row) -> date | None:
    """The end of the stay a row tells, by the latest day it can have ended where it says only that it did."""
    if row.get("left_on") or not over(row):
        return row.get("left_on")
    known = [day for day in (row.get("graduated_on"), row.get("closed_on")) if day]
    return max(row["entered_on"], min(known) if known else (row.get("status_on") or row["stated_on"]))


def ending(row: Row) -> tuple[str, date | None, date | None] | None:
    """How, on which day or by which day the row says that the firm's activity ended."""
    if row.get("successor_id"):
        return None
    said = (row.get("exit_reason"), row.get("status"))
    how = "merged" if "merged" in said else "closed" if "closed" in said or row.get("closed_on") else None
    if how is None:
        return None
    day = row.get("closed_on")
    if day is None and (said[0] in ("closed", "merged") or said[1] == "closed"):
        day = row.get("left_on")
    return how, day, None if day else (row.get("status_on") or row["stated_on"])


def listed(row: Row) -> bool:
    """Whether the register shows the stay going on, on its stated day."""
    end, finish = until(row), ending(row)
    if row["entered_on"] > row["stated_on"] or (end is not None and end <= row["stated_on"]):
        return False
    return finish is None or (finish[1] is not None and finish[1] > row["stated_on"])


def evidence_here(row: Row) -> list[date]:
    """Evidence of life that undoes any closing before it."""
    days = [row["entered_on"]]
    if listed(row):
        days.append(row["stated_on"])
    status_on, closed_on = row.get("status_on"), row.get("closed_on")
    if row.get("status") == "hosted" and status_on and not (closed_on and closed_on <= status_on):
        days.append(status_on)
    if row.get("status") == "hosted" and not status_on and ending(row) is None:
        days.append(row["stated_on"])
    return [min(day, row["stated_on"]) for day in days]


def strong_evidence(row: Row) -> list[date]:
    """The same, and word from elsewhere, which undoes no closing with a date of its own."""
    days = evidence_here(row)
    status_on, closed_on = row.get("status_on"), row.get("closed_on")
    if row.get("status") == "alumni" and status_on and not (closed_on and closed_on <= status_on):
        days.append(min(status_on, row["stated_on"]))
    return days


def weak_evidence(row: Row) -> list[date]:
    days = [row.get("left_on"), row.get("graduated_on")]
    if row.get("successor_id"):
        days.append(row.get("closed_on") or (row.get("left_on") if said_ended(row) else None))
    return [min(day, row["stated_on"]) for day in days if day]


def said_ended(row: Row) -> bool:
    return row.get("exit_reason") in ("closed", "merged") or row.get("status") == "closed"


def recorded(row: Row) -> list[date]:
    finish = ending(row)
    if row.get("status") == "unknown":
        return []
    if row.get("records_closures") and (finish is None or (finish[1] or finish[2] or FAR) > row["stated_on"]):
        return [row["stated_on"]]
    return []


def firm(rows: list[Row]) -> Firm:
    """One firm from its rows, without its successor's life."""
    rows = sorted(rows, key=lambda row: (row["entered_on"], row["stated_on"], row["row"]))
    strong = max(day for row in rows for day in strong_evidence(row))
    here = max(day for row in rows for day in evidence_here(row))
    heir = any(row.get("successor_id") for row in rows)
    claims = []
    for place, row in enumerate(rows):
        said = ending(row)
        if said is None or heir:
            continue
        own = row.get("closed_on") is not None
        order = (-row["stated_on"].toordinal(), -place)
        if (here if own else strong) <= (said[1] or said[2] or FAR):
            claims.append((said[1] is None, not own, said[2] or date.min, *order, said))
        by = row.get("status_on") or row["stated_on"]
        if said[1] and not own and row.get("status") == "closed" and strong <= by:
            # Life proven after the exit leaves a status of closed without a day.
            claims.append((True, True, by, *order, (said[0], None, by)))
    made = Firm(
        next((row["sector"] for row in rows if row.get("sector")), None),
        next((row["cohort"] for row in rows if row.get("cohort")), "") or str(rows[0]["entered_on"].year),
        [],
        [],
        next((row["founded_on"] for row in reversed(rows) if row.get("founded_on")), None),
    )
    weak = [day for row in rows for day in weak_evidence(row)]
    books = [day for row in rows for day in recorded(row)]
    if not claims:
        made.alive_on = max([strong, *weak, *books])
    else:
        how, day, by = min(claims)[-1]
        if how == "closed":
            made.closed_on, made.closed_by = day, by
        else:
            made.merged_on = day or by
        made.alive_on = day or max([strong, *(other for other in [*weak, *books] if by and other < by)])
    take_stays(made, rows)
    return made


def take_stays(made: Firm, rows: list[Row]) -> None:
    """The stays of the firm, none outlasting it."""
    last = min([day for day in (made.closed_on, made.closed_by, made.merged_on) if day], default=FAR)
    for row in rows:
        if row["entered_on"] <= last:
            end = min(until(row) or FAR, last)
            made.stays.append((row["entered_on"], None if end == FAR else end, row.get("site")))
            seen = row["stated_on"] if listed(row) else min(until(row) or FAR, row["stated_on"])
            made.seen.append((row["entered_on"], max(row["entered_on"], seen)))
    if made.stays:
        made.home = min(made.stays, key=lambda stay: (stay[0], stay[1] or FAR, stay[2] or "~"))[2]


def firms(rows: Iterable[Row]) -> dict[str, Firm]:
    """Every firm of the tenants rows, successors' lives joined on."""
    rows = list(rows)
    since: dict[str, date] = {}
    for row in rows:
        since[row["firm_id"]] = min(row["entered_on"], since.get(row["firm_id"], FAR))
    by_firm: dict[str, list[Row]] = {}
    for row in rows:
        heir = row.get("successor_id")
        # Nobody succeeds himself, and who was there before absorbs.
        gone = row.get("left_on") or row.get("closed_on") or row.get("status_on") or row["stated_on"]
        merged = "merged" in (row.get("exit_reason"), row.get("status"))
        if heir == row["firm_id"] or (merged and heir and since.get(heir, FAR) < gone):
            heir = None
        by_firm.setdefault(row["firm_id"], []).append({**row, "successor_id": heir})
    found = {name: firm(its) for name, its in by_firm.items()}
    heirs = {}
    for name, its in by_firm.items():
        ordered = sorted(its, key=lambda row: (row["entered_on"], row["stated_on"], row["row"]))
        named = [row["successor_id"] for row in ordered if row.get("successor_id")]
        if named:
            heirs[name] = named[-1]
    alone = {name: (one.closed_on, one.closed_by, one.merged_on, one.alive_on) for name, one in found.items()}
    for name in heirs:
        line, heir = [], heirs.get(name)
        while heir in found and heir not in line:
            line.append(heir)
            heir = heirs.get(heir)
        strong = max(day for row in by_firm[name] for day in strong_evidence(row))
        one = found[name]
        for heir in line:
            closed_on, closed_by, merged_on, alive_on = alone[heir]
            one.alive_on = max(one.alive_on, alive_on)
            if closed_on and closed_on >= strong:
                one.closed_on = closed_on
            if closed_by and closed_by >= strong:
                one.closed_by = closed_by
            if merged_on and merged_on >= strong:
                one.merged_on = merged_on
        one.stays, one.seen = [], []
        take_stays(one, by_firm[name])
    for one in found.values():
        if one.stays:
            one.alive_on = one.closed_on or max(one.alive_on, one.entry)
    return {name: one for name, one in found.items() if one.stays}


# The figures. `sites` None means the network; otherwise those sites taken together as one place.

Sites = Iterable[str | None] | None


def hosted(park: Mapping[str, Firm], day: date, sites: Sites = None) -> int:
    return sum(any(start <= day < (end or FAR) for start, end, _ in one.at(sites)) for one in park.values())


def supported(park: Mapping[str, Firm], day: date, sites: Sites = None) -> int:
    return sum(any(start <= day for start, _, _ in one.at(sites)) for one in park.values())


def closed(park: Mapping[str, Firm], day: date, sites: Sites = None) -> int:
    return sum(
        any(start <= day for start, _, _ in one.at(sites)) and one.gone_on is not None and one.gone_on <= day
        for one in park.values()
    )


def alumni(park: Mapping[str, Firm], day: date, sites: Sites = None) -> int:
    return sum(
        any(start <= day for start, _, _ in one.at(sites))
        and not any(start <= day < (end or FAR) for start, end, _ in one.at(sites))
        and not (one.gone_on is not None and one.gone_on <= day)
        for one in park.values()
    )


def presences(stays: list[Stay]) -> list[tuple[date, date | None]]:
    """Stays that touch or overlap, joined."""
    joined: list[tuple[date, date | None]] = []
    for start, end, _ in stays:
        if joined and start <= (joined[-1][1] or FAR):
            last = max(joined[-1][1] or FAR, end or FAR)
            joined[-1] = (joined[-1][0], None if last == FAR else last)
        else:
            joined.append((start, end))
    return joined


def entries(park: Mapping[str, Firm], first: date, last: date, sites: Sites = None) -> int:
    return sum(first <= one.at(sites)[0][0] <= last for one in park.values() if one.at(sites))


def re_entries(park: Mapping[str, Firm], first: date, last: date, sites: Sites = None) -> int:
    count = 0
    for one in park.values():
        spans = presences(one.at(sites))
        for (_, end), (start, _) in pairwise(spans):
            assert end is not None
            count += first <= start <= last and start > months_later(end, 24)
    return count


def exits(park: Mapping[str, Firm], first: date, last: date, sites: Sites = None) -> int:
    count = 0
    for one in park.values():
        spans = presences(one.at(sites))
        for place, (_, end) in enumerate(spans):
            if end is not None and first <= end <= last:
                following = spans[place + 1][0] if place + 1 < len(spans) else None
                count += following is None or following > months_later(end, 24)
    return count


def transfers(park: Mapping[str, Firm], first: date, last: date, sites: Sites = None) -> int:
    count = 0
    for one in park.values():
        for site in {stay[2] for stay in one.stays if sites is None or stay[2] in sites}:
            spans = presences(one.at([site]))
            for place, (start, _) in enumerate(spans):
                before = spans[place - 1][1] if place else None
                back_soon = before is not None and start <= months_later(before, 24)
                elsewhere = any(
                    came < start and months_later(went or FAR - 800 * DAY, 24) >= start
                    for came, went in presences(one.at(None))
                )
                count += first <= start <= last and not back_soon and elsewhere
    return count


def stays_lengths(park: Mapping[str, Firm], as_of: date, sites: Sites = None) -> list[tuple[int, bool]]:
    lengths = []
    for one in park.values():
        its = one.at(sites)
        if not its or its[0][0] > as_of:
            continue
        ends = [end for _, end, _ in its]
        seen = max(
            seen
            for (start, end, site), (_, seen) in zip(one.stays, one.seen, strict=True)
            if sites is None or site in sites
        )
        start = its[0][0]
        last = None if None in ends else max(end for end in ends if end)
        if last is not None and last <= as_of:
            lengths.append(((last - start).days, True))
        else:
            lengths.append(((min(seen, as_of) - start).days, False))
    return lengths


def fate(one: Firm, day: date) -> str:
    if (one.closed_on and one.closed_on <= day) or (one.closed_by and one.closed_by <= day):
        return "closed"
    if one.merged_on and one.merged_on <= day:
        return "merged"
    return "alive" if one.alive_on >= day else "unknown"


def fates(park: Iterable[Firm], as_of: date, calendar: bool = False) -> dict[str, int]:
    """How many firms are alive, closed, merged or of unknown fate on an anniversary passed, or wait for it."""
    counts = dict.fromkeys(("alive", "closed", "merged", "unknown", "waiting"), 0)
    for one in park:
        if one.entry <= as_of:
            day = date(one.entry.year + 5, 1, 1) if calendar else anniversary(one.entry)
            counts["waiting" if day > as_of else fate(one, day)] += 1
    return counts


def fates_at(park: Iterable[Firm], as_of: date, age: int) -> dict[str, int]:
    """The same on the anniversary of that age, and how many closures of unknown day leave a fate open there."""
    counts = dict.fromkeys(("alive", "closed", "merged", "unknown", "waiting", "undated"), 0)
    for one in park:
        if one.entry <= as_of:
            day = anniversary(one.entry, age)
            found = "waiting" if day > as_of else fate(one, day)
            counts[found] += 1
            counts["undated"] += bool(found == "unknown" and one.closed_by and one.closed_by <= as_of)
    return counts


def lifetimes(park: Iterable[Firm], as_of: date) -> list[tuple[int, bool]]:
    """Days in activity since entry, and whether they ended in a closure."""
    lives = []
    for one in park:
        if one.entry <= as_of:
            known = one.closed_by if one.closed_by and (one.closed_by - one.entry).days <= 1826 else None
            closed = one.closed_on or known
            ended = closed is not None and closed <= as_of
            end = closed if ended and closed else min(one.alive_on, as_of)
            lives.append(((end - one.entry).days, ended))
    return lives


def refused(park: Iterable[Firm], as_of: date, undetermined: Callable[[Firm], bool]) -> bool:
    """More than one known closure in ten has no date and is left undetermined by that."""
    known = [one for one in park if one.entry <= as_of and one.gone_on and one.gone_on <= as_of]
    return sum(one.closed_by is not None and undetermined(one) for one in known) * 10 > len(known)


def open_at(born: date, one: Firm) -> bool:
    """A closing without a date that may lie before or after five years from `born`."""
    horizon = born + timedelta(days=1826)
    return bool(one.closed_by and one.closed_by > horizon and one.alive_on < horizon)
