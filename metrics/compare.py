"""Whether groups of firms differ in survival by more than chance: log-rank tests of all and of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from metrics.ask import Generation, Scope, Unknown, check_names, parts_of
from metrics.metric import NOTES, Numbers, Say, given, plain
from metrics.survival import FEW, SURVIVAL_CURVE, is_refused

COMPARED = ("site", "sector", "cohort", "year")
# Our choice, with FEW firms: below so many closures a group says too little.
FEW_CLOSURES = 5
_LIVES = replace(SURVIVAL_CURVE, finish=None)


@dataclass(frozen=True)
class Comparison:
    """The test of all groups at once, and of each pair.

    `groups` has a row per group: its name under the dimension, `n`, `events`, `expected` closures if all groups were
    alike, `compared`, and a `note` where it is left out. `pairs` has `first`, `second`, `chi_square`, `p`, and
    `adjusted_p` after Holm. Without two groups to compare, the figures are missing and `note` says so.
    """

    by: str
    groups: pd.DataFrame
    pairs: pd.DataFrame
    chi_square: float
    df: int
    p: float
    note: str | None
    as_of: date
    known_on: date | None


def compare(generation: Generation, scope: Scope, by: str, say: Say = plain) -> Comparison:
    """The log-rank comparison of the lives behind the survival curves, by one of COMPARED.

    Groups of fewer than 10 firms or 5 closures, and those whose survival the lists do not determine, are left out.
    Raises Unknown for names nothing bears, NothingLoaded where no day is known.
    """
    if by not in COMPARED:
        raise Unknown("dimension", by, COMPARED)
    check_names(generation, scope)
    named, parts, as_of = parts_of(generation, _LIVES, scope, (by,))
    samples: list[Numbers] = [codes if given(codes) else np.zeros(0, int) for codes in parts["codes"]]
    n = np.array([len(codes) for codes in samples], dtype=int)
    events = np.array([np.count_nonzero(codes % 2 == 0) for codes in samples], dtype=int)
    undetermined = is_refused(parts)
    kept = (n >= FEW) & (events >= FEW_CLOSURES) & ~undetermined
    places = [int(place) for place in kept.nonzero()[0]]
    expected = np.full(len(samples), np.nan)
    chi_square, df, p = np.nan, 0, np.nan
    pairs = pd.DataFrame({name: [] for name in ("first", "second", "chi_square", "p", "adjusted_p")})
    if len(places) > 1:
        tally = tallied([samples[place] for place in places])
        chi_square, df, expected[places] = log_rank(*tally)
        p = float(_tail(np.array(chi_square), np.array(df)))
        pairs = _pairs(named[by][places], *tally)
    notes = [
        None
        if is_kept
        else say(NOTES["refused"], undated=undated, closures=closures)
        if is_undetermined
        else say(NOTES["few_to_compare"])
        for is_kept, is_undetermined, undated, closures in zip(
            kept, undetermined, parts["undated"], parts["closures"], strict=True
        )
    ]
    groups = pd.DataFrame({by: named[by], "n": n, "events": events, "expected": expected, "compared": kept})
    groups["note"] = np.array(notes, dtype=object)
    note = None if len(places) > 1 else say(NOTES["one_to_compare"])
    return Comparison(by, groups, pairs, chi_square, df, p, note, as_of, generation.known_on)


def tallied(samples: Sequence[Numbers]) -> tuple[Numbers, Numbers]:
    """(at risk, events) of each sample of codes (see lifetime), a row per sample and a column per age with an event."""
    length = max(int(codes.max()) for codes in samples) // 2 + 1
    counted = np.stack([np.bincount(codes, minlength=2 * length).reshape(-1, 2) for codes in samples])
    events = counted[:, :, 0]
    at_risk = counted.sum(axis=2)[:, ::-1].cumsum(axis=1)[:, ::-1]
    ages = events.sum(axis=0).nonzero()[0]
    return at_risk[:, ages].astype(float), events[:, ages].astype(float)


def log_rank(at_risk: Numbers, events: Numbers) -> tuple[float, int, Numbers]:
    """(chi-square, degrees of freedom, expected events per group) of the log-rank test (Mantel, 1966; Peto, 1972)."""
    risk, ended = at_risk.sum(axis=0), events.sum(axis=0)
    share = at_risk / risk
    expected = share @ ended
    # The hypergeometric variance; the last one at risk has none.
    weight = ended * (risk - ended) / np.maximum(risk - 1, 1)
    variance = np.diag(share @ weight) - (share * weight) @ share.T
    # One group is determined by the others; a group never at risk when anything ends says nothing.
    told = (expected > 0).nonzero()[0]
    free, excess = told[:-1], events.sum(axis=1) - expected
    inverse = np.linalg.pinv(variance[np.ix_(free, free)])
    return float(excess[free] @ inverse @ excess[free]), len(free), expected


def holm(p: Numbers) -> Numbers:
    """The p values adjusted for being several (Holm, 1979)."""
    order = np.argsort(p)
    steps = np.maximum.accumulate(np.minimum(p[order] * np.arange(len(p), 0, -1), 1))
    adjusted = np.empty(len(p))
    adjusted[order] = steps
    return adjusted


def _pairs(names: Numbers, at_risk: Numbers, events: Numbers) -> pd.DataFrame:
    """The same test of each group with each that follows, by its plain formula for two."""
    chi_square = []
    for place in range(len(names) - 1):
        risk, ended = at_risk[place] + at_risk[place + 1 :], events[place] + events[place + 1 :]
        share = at_risk[place] / np.maximum(risk, 1)
        excess = events[place].sum() - (share * ended).sum(axis=1)
        variance = (share * (1 - share) * ended * (risk - ended) / np.maximum(risk - 1, 1)).sum(axis=1)
        chi_square.append(np.where(variance > 0, excess**2 / np.where(variance > 0, variance, 1), 0))
    found = np.concatenate(chi_square)
    p = _tail(found, np.ones(len(found)))
    first, second = np.triu_indices(len(names), 1)
    columns = {"first": names[first], "second": names[second], "chi_square": found, "p": p, "adjusted_p": holm(p)}
    return pd.DataFrame(columns)


def _tail(chi_square: Numbers, df: Numbers) -> Numbers:
    """The chance of at least so large a chi-square where the groups are alike; where nothing could differ, 1."""
    # Loaded only when groups are compared: a start without it is quicker.
    from scipy.special import chdtrc

    return np.where(df > 0, chdtrc(np.maximum(df, 1), chi_square), 1.0)
