"""What lifetimes say: Kaplan-Meier with its spread, median, restricted mean, delayed entry, competing outcomes.

A lifetime is coded as in the model: twice its days, and one more where its end was not seen, so that on one day ends
come before censorings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.metric import Numbers, given

_LONGEST = 2**31 - 1


@dataclass(frozen=True)
class Curve:
    """One item per distinct age in days: `at_risk` just before it, `events` and `censored` on it, and after it the
    share `survival` still there with `greenwood`, the sum of events / (at risk * (at risk - events)) that gives its
    variance."""

    age: Numbers
    at_risk: Numbers
    events: Numbers
    censored: Numbers
    survival: Numbers
    greenwood: Numbers

    def after(self, days: int) -> tuple[float, float]:
        """Survival and Greenwood's sum after `days`."""
        place = int(np.searchsorted(self.age, days, side="right"))
        return (float(self.survival[place - 1]), float(self.greenwood[place - 1])) if place else (1.0, 0.0)

    def thinnest(self, days: int) -> float:
        """The smallest number at risk at an age with an event, up to `days`; infinite where there is none."""
        counted = (self.events > 0) & (self.age <= days)
        return float(self.at_risk[counted].min()) if counted.any() else float("inf")

    def risk_before(self, days: int) -> int:
        """How many are at risk just before `days`."""
        place = int(np.searchsorted(self.age, days))
        return int(self.at_risk[place]) if place < len(self.age) else 0


def _summed(age: Numbers, at_risk: Numbers, events: Numbers, censored: Numbers) -> Curve:
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(at_risk > events, events / (at_risk * (at_risk - events)), 0.0)
        return Curve(age, at_risk, events, censored, np.cumprod(1 - events / at_risk), np.cumsum(steps))


def kaplan_meier(codes: Numbers) -> Curve:
    """The product-limit estimate of the lifetimes `codes` (Kaplan and Meier, 1958)."""
    counted = np.bincount(codes)
    events, censored = np.pad(counted, (0, len(counted) % 2)).reshape(-1, 2).T
    leaving = events + censored
    at_risk = leaving[::-1].cumsum()[::-1]
    age = leaving.nonzero()[0]
    return _summed(age, at_risk[age], events[age], censored[age])


def kaplan_meier_at(samples: Iterable[Any], days: int) -> dict[str, Numbers]:
    """Kaplan-Meier after `days` for many samples of codes at once (None for an empty one), without their curves.

    Per sample: `n`, `at_risk` just before `days`, `events` up to it, `survival` and `greenwood`. Read from the longest
    life down the i-th has i at risk, and tied ends telescope: the product of 1 - 1/i over them is the tie's own factor.
    """
    samples = list(samples)
    n = np.array([len(codes) if given(codes) else 0 for codes in samples], dtype=np.int64)
    answer: dict[str, Numbers] = {"n": n, "at_risk": np.zeros_like(n), "events": np.zeros_like(n)}
    answer |= {"survival": np.ones(len(n)), "greenwood": np.zeros(len(n))}
    if not n.any():
        return answer
    # One sort for all samples: the sample's place above, the code upside down below.
    keys = np.repeat(np.arange(len(n)) << 32, n) + (_LONGEST - np.concatenate([c for c in samples if given(c)]))
    keys.sort()
    codes, starts = _LONGEST - (keys & _LONGEST), (n.cumsum() - n)[n > 0]
    ended = ((codes % 2 == 0) & (codes <= 2 * days)).nonzero()[0]
    whose = keys[ended] >> 32
    rank = ended - (n.cumsum() - n)[whose] + 1
    factors, steps = np.ones(len(codes)), np.zeros(len(codes))
    factors[ended] = 1 - 1 / rank
    steps[ended[rank > 1]] = 1 / (rank[rank > 1] * (rank[rank > 1] - 1))
    answer["at_risk"][n > 0] = np.add.reduceat(codes >= 2 * days, starts, dtype=np.int64)
    answer["events"] = np.bincount(whose, minlength=len(n))
    answer["survival"][n > 0] = np.multiply.reduceat(factors, starts)
    answer["greenwood"][n > 0] = np.add.reduceat(steps, starts)
    return answer


def kaplan_meier_delayed(starts: Numbers, codes: Numbers) -> Curve:
    """The same where each lifetime is watched from its age in `starts` on: at risk at an age are those who came before
    it and have not gone before it (Klein and Moeschberger, 4.6). Each start is below its lifetime's days."""
    coming = np.bincount(starts)
    curve = kaplan_meier(codes)
    come = np.concatenate([[0], coming.cumsum()])[np.minimum(curve.age, len(coming))]
    gone = len(codes) - curve.at_risk
    return _summed(curve.age, come - gone, curve.events, curve.censored)


def median(curve: Curve) -> float | None:
    """The age at which survival falls to one half; the middle of a step that lies on it; None if it stays above."""
    low = curve.survival <= 0.5 + 1e-12
    if not low.any():
        return None
    first = int(low.argmax())
    if abs(curve.survival[first] - 0.5) > 1e-12:
        return float(curve.age[first])
    below = curve.survival < 0.5 - 1e-12
    end = int(below.argmax()) if below.any() else -1
    return float(curve.age[first] + curve.age[end]) / 2


def restricted_mean(curve: Curve, days: int) -> tuple[float, float]:
    """The mean lifetime up to `days` and its standard error: the area under the curve, and Greenwood's sum weighted by
    the squared area still to come (Klein and Moeschberger, 4.5)."""
    within = curve.age <= days
    age, survival = curve.age[within], curve.survival[within]
    areas = np.concatenate([[1.0], survival]) * np.diff(np.concatenate([[0], age, [days]]))
    to_come = areas.sum() - areas.cumsum()[:-1]
    variance = (to_come**2 * np.diff(np.concatenate([[0.0], curve.greenwood[within]]))).sum()
    return float(areas.sum()), float(np.sqrt(variance))


def outcomes(codes: Numbers, kinds: int, days: tuple[int, ...]) -> tuple[Numbers, Numbers]:
    """Competing outcomes after each of `days` (Aalen, Johansen, 1978): shares (days x kinds), and at risk just before.

    A code is `kinds` times the age plus the kind of end; the last kind is "still there": a censoring, its share what
    remains, so that each row adds up to 1.
    """
    counted = np.bincount(codes)
    counted = np.pad(counted, (0, -len(counted) % kinds)).reshape(-1, kinds)
    at_risk = counted.sum(axis=1)[::-1].cumsum()[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        hazards = np.where(at_risk[:, None] > 0, counted[:, :-1] / at_risk[:, None], 0.0)
    after = np.cumprod(1 - hazards.sum(axis=1))
    before = np.concatenate([[1.0], after[:-1]])
    ended = (before[:, None] * hazards).cumsum(axis=0)
    last = np.minimum(days, len(counted) - 1)
    shares = np.column_stack([ended[last], after[last]])
    return shares, np.array([at_risk[day] if day < len(at_risk) else 0 for day in days])
