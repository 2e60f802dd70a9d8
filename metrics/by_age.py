"""Survival at whole years of age: the cohort table, and the Kaplan-Meier curve read once a year."""

from __future__ import annotations

import numpy as np

from metrics.interval import loglog
from metrics.lifetime import kaplan_meier
from metrics.metric import Among, Metric, Numbers, Parts, given, noted
from metrics.survival import LIFE, SURVIVAL_CURVE, is_refused, no_curve, per_group, rate

AGES = range(1, 11)
# The same in days; five years are those of the Kaplan-Meier rate.
DAYS = np.array([int(365.25 * age) for age in AGES])
# A code is four whole numbers below this (three of the model's, and the anniversaries reached), and one bit: whether
# the firm is known to have closed, the day unknown.
_BASE = 12
_CODES = 2 * _BASE**4


def _tallied(samples: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The distinct (group, code) of all samples of codes, and how many lives have each."""
    sizes = [len(codes) if given(codes) else 0 for codes in samples]
    places = np.repeat(np.arange(len(samples)) * _CODES, sizes)
    keys = places + np.concatenate([np.zeros(0, int), *(codes for codes in samples if given(codes))]).astype(np.int64)
    bins = len(samples) * _CODES
    if bins > 4 * len(keys):
        distinct, counts = np.unique(keys, return_counts=True)
    else:
        every = np.bincount(keys, minlength=bins)
        distinct = every.nonzero()[0]
        counts = every[distinct]
    return distinct // _CODES, distinct % _CODES, counts


def _by_age(parts: Parts) -> Parts:
    groups, ages = len(parts["codes"]), len(AGES)
    place, code, lives = _tallied(parts["codes"])
    code, open_closure = np.divmod(code, 2)
    code, alive_to = np.divmod(code, _BASE)
    code, merged_from = np.divmod(code, _BASE)
    reached, closed_from = np.divmod(code, _BASE)

    def counted(kept: Numbers) -> Numbers:
        return np.bincount(place[kept], lives[kept], groups)

    columns: dict[str, list[Numbers]] = {name: [] for name in ("waiting", "closed", "merged", "alive", "unknown")}
    columns["undated"] = []
    for age in AGES:
        there, closed, merged = reached >= age, closed_from <= age, merged_from <= age
        left = there & ~closed & ~merged
        alive, unknown = left & (alive_to >= age), left & (alive_to < age)
        columns["waiting"].append(counted(~there))
        columns["closed"].append(counted(there & closed))
        columns["merged"].append(counted(there & merged & ~closed))
        columns["alive"].append(counted(alive))
        columns["unknown"].append(counted(unknown))
        columns["undated"].append(counted(unknown & (open_closure == 1)))
    cells: Parts = {name: np.column_stack(column).ravel() for name, column in columns.items()}
    cells["firms"] = np.repeat(np.bincount(place, lives, groups), ages)
    cells["closures"] = np.repeat(parts["closures"], ages)
    fields = {**cells, **rate(cells)}
    immature, none_yet = cells["waiting"] > 0, (cells["waiting"] == cells["firms"]) & (cells["firms"] > 0)
    for name in ("value", "low", "high", "lower_bound", "upper_bound"):
        fields[name] = np.where(immature, np.nan, fields[name])
    why = noted(len(immature), not_yet_observable=none_yet, not_all_yet=immature & ~none_yet)
    fields["note"] = np.where(immature, why, fields["note"])
    fields["age"] = np.tile(np.array(AGES), groups)
    fields["of"] = np.repeat(np.arange(groups), ages)
    return fields


SURVIVAL_BY_AGE = Metric(
    "survival_by_age",
    "Survival by age",
    "Among firms that entered together, the share in activity, inside or outside the park, on each anniversary of park "
    "entry from the first to the tenth. By entry year or cohort it is the cohort table; an age that any firm of the "
    "group has not reached yet is left empty, never extrapolated.",
    "aging",
    {
        "codes": f"""list((2 * (ages + {_BASE**3} * anniversaries(born, $as_of))
            + coalesce(closed_by <= $as_of, false)::int)::usmallint)""",
        "closures": "count(*) filter (closed_on <= $as_of or closed_by <= $as_of)",
    },
    "share",
    sensitive=True,
    finish=_by_age,
    curve=("age",),
    formula="alive ÷ (alive + closed), on each anniversary of entry; Wilson 95% interval",
    limits=(
        "A cohort of some fifty firms moves by several points by chance alone: read the intervals before "
        "comparing years."
    ),
    behind={
        "alive": Among("reached and not ended and alive_to >= $age", "alive", "alive"),
        "known": Among("reached and (closed_from <= $age or (not ended and alive_to >= $age))", "n", "fate"),
        "closed": Among("reached and closed_from <= $age", "events", "closing"),
        "unknown": Among("reached and not ended and alive_to < $age", "unknown", "alive"),
        "merged": Among("reached and merged_from <= $age and closed_from > $age", "merged", "fate"),
        "waiting": Among("not reached", "waiting"),
    },
    marks={
        "reached": "anniversaries(born, $as_of) >= $age",
        "alive_to": f"ages % {_BASE}",
        "merged_from": f"ages // {_BASE} % {_BASE}",
        "closed_from": f"ages // {_BASE**2}",
        "ended": f"ages // {_BASE} % {_BASE} <= $age or ages // {_BASE**2} <= $age",
    },
)


def _yearly(parts: Parts, place: int) -> Parts:
    codes, refused = parts["codes"][0], is_refused(parts)
    if not given(codes) or refused.any():
        nothing = no_curve(np.array(["refused" if refused.any() else "nobody"], dtype=object))
        # The rows of groups that have a curve say nothing of censorings.
        del nothing["censored"]
        return {"age": np.array([np.nan]), **nothing}
    curve = kaplan_meier(codes)
    # Nobody is followed beyond the last age, so nothing is said of years that begin there.
    age = DAYS[curve.age[-1] >= DAYS]
    at_risk = np.array([curve.risk_before(int(day)) for day in age], dtype=float)
    after = np.array([curve.after(int(day)) for day in age]).reshape(-1, 2)
    low, high = loglog(after[:, 0], after[:, 1])
    return {
        "value": after[:, 0],
        "low": low,
        "high": high,
        "n": np.full(len(age), len(codes)),
        "at_risk": at_risk,
        "events": np.array([curve.events[curve.age <= day].sum() for day in age], dtype=float),
        "age": np.array(AGES)[: len(age)],
        "age_days": age,
        "note": noted(len(age), few_at_risk=at_risk < 10),
    }


SURVIVAL_KM_YEARS = Metric(
    "survival_km_years",
    "Survival year by year",
    "The chance of being in activity one to ten years after park entry (Kaplan-Meier, log-log 95% interval), with the "
    "firms at risk at each age and the closures up to it. Not to be read where fewer than 10 are at risk.",
    "life",
    SURVIVAL_CURVE.sql,
    "share",
    sensitive=True,
    finish=per_group(_yearly),
    curve=("age", "age_days"),
    formula="S(t) = ∏ (1 − dᵢ ÷ nᵢ) over the ages tᵢ ≤ t, at t = 1 … 10 years; log-log 95% interval",
    limits="It takes untraced firms to fare like the traced ones, and firms of all years to be alike.",
    behind={
        "closed": Among("code % 2 = 0 and code <= 2 * floor(365.25 * $age)", "events", "closing"),
        "at_risk": Among("code >= 2 * floor(365.25 * $age)", "at_risk", "alive"),
        "lives": Among("true", "n", "fate"),
    },
    marks=LIFE,
)
METRICS = (SURVIVAL_BY_AGE, SURVIVAL_KM_YEARS)
