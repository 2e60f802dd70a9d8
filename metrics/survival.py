"""How long firms stay in activity, inside or outside the park: rates, Kaplan-Meier, curves, clocks and outcomes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metrics.interval import Z, loglog, wilson
from metrics.lifetime import kaplan_meier, kaplan_meier_at, kaplan_meier_delayed, outcomes, restricted_mean
from metrics.metric import Among, Metric, Numbers, Parts, also, given, noted

# Five years in days, for everything that runs on days; the anniversary rate runs on the calendar.
FIVE_YEARS = 1826
FEW = 10
YEARS = (365, 730, 1095, 1461, 1826)
OUTCOMES = ("closed", "merged", "left", "untraced", "hosted")


def _dates(undetermined: str, among: str = "") -> dict[str, str]:
    """How many closures are known in the scope, and how many of them want a date that would determine the figure."""
    meant = f"{among} and " if among else ""
    return {
        "closures": f"count(*) filter ({meant}(closed_on <= $as_of or closed_by <= $as_of))",
        "undated": f"count(*) filter ({meant}closed_by <= $as_of and {undetermined})",
    }


def _lives(born: str = "day") -> dict[str, str]:
    """The closing day that counts in a life from `born` on, and when a closure without a date leaves it open.

    A firm known to have closed within five years, the day unknown, counts on the latest day on which it can have
    closed; one that may have closed before or after them counts up to the day last known alive.
    """
    return {
        "closed": f"coalesce(closed_on, case when closed_by <= {born} + {FIVE_YEARS} then closed_by end)",
        "undetermined": f"closed_by > {born} + {FIVE_YEARS} and alive_on < {born} + {FIVE_YEARS}",
    }


def is_refused(parts: Parts) -> Numbers:
    """Our choice: above one closure in ten without a date, the lists do not determine survival."""
    return parts["undated"] * 10 > parts["closures"]


def rate(parts: Parts) -> Parts:
    """The share alive among those of known fate, with its interval and bounds, or why it is not given."""
    alive, closed, unknown, firms = (parts[name] for name in ("alive", "closed", "unknown", "firms"))
    n, refused = alive + closed, is_refused(parts)
    known = (n > 0) & ~refused
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = wilson(alive, n)
        everyone = np.where(n + unknown > 0, n + unknown, np.nan)
        traced = n / everyone
        indicative = unknown * 10 > n + unknown
        none_yet = (parts["waiting"] == firms) & (firms > 0)
        return {
            "value": np.where(known, alive / n, np.nan),
            "low": np.where(known, low, np.nan),
            "high": np.where(known, high, np.nan),
            "n": n,
            "events": closed,
            "unknown": unknown,
            "lower_bound": alive / everyone,
            "upper_bound": (alive + unknown) / everyone,
            "traced": traced,
            "note": noted(
                len(n),
                nobody=firms == 0,
                not_yet_observable=none_yet,
                refused=refused & ~none_yet,
                untraced=(n == 0) & (unknown > 0) & ~refused,
                indicative=indicative & known,
                traced=(unknown > 0) & ~(indicative & known) & (n > 0),
                merged=parts["merged"] > 0,
                waiting=(parts["waiting"] > 0) & ~none_yet,
            ),
        }


def _fates(anniversary: str, fate: str) -> dict[str, str]:
    """The counts behind a rate: the fates on an anniversary that has passed, and who has not reached it."""
    reached = {
        what: f"count(*) filter ({anniversary} <= $as_of and {fate} = '{what}')"
        for what in ("alive", "closed", "merged", "unknown")
    }
    return {
        "firms": "count(*)",
        "waiting": f"count(*) filter ({anniversary} > $as_of)",
        **reached,
        **_dates(f"{anniversary} <= $as_of and {fate} = 'unknown'"),
    }


def _behind_fates(anniversary: str, fate: str) -> dict[str, Among]:
    """The firms of each fate on an anniversary that has passed, the survivors first, then all that are counted."""
    there = f"{anniversary} <= $as_of and {fate}"
    return {
        "alive": Among(f"{there} = 'alive'", "alive", "alive"),
        "known": Among(f"{there} in ('alive', 'closed')", "n", "fate"),
        "closed": Among(f"{there} = 'closed'", "events", "closing"),
        "unknown": Among(f"{there} = 'unknown'", "unknown", "alive"),
        "merged": Among(f"{there} = 'merged'", "merged", "fate"),
        "waiting": Among(f"{anniversary} > $as_of", "waiting"),
    }


def _estimates(parts: Parts, survival: Numbers, greenwood: Numbers, **notes: Numbers) -> Parts:
    """Kaplan-Meier at one age with its interval, or why it is not given."""
    n, at_risk, refused = parts["n"], parts["at_risk"], is_refused(parts)
    # Nobody followed that far and somebody still alive: the curve ends before that age.
    too_young = (at_risk == 0) & (survival > 0) & (n > 0)
    known = (n > 0) & ~too_young & ~refused
    low, high = loglog(survival, greenwood)
    certain = known & (survival == 1)
    with np.errstate(divide="ignore"):
        low = np.where(certain, 0.05 ** (1 / at_risk), low)
    return {
        "value": np.where(known, survival, np.nan),
        "low": np.where(known, low, np.nan),
        "high": np.where(known, high, np.nan),
        "n": n,
        "at_risk": at_risk,
        "events": parts["events"],
        "note": noted(
            len(n),
            nobody=n == 0,
            refused=refused,
            too_young=too_young & ~refused,
            no_closures=certain,
            few_at_risk=known & (at_risk < 10),
            undated=(parts["undated"] > 0) & ~refused,
            **notes,
        ),
    }


def _kaplan_meier(born: str = "day", among: str = "") -> dict[str, str]:
    """The lives that began on `born`, among the rows meant, as codes, and what is known of their closures."""
    rows = f" filter ({among})" if among else ""
    return {"codes": f"list({_code(born)}){rows}", **_dates(_lives(born)["undetermined"], among)}


def _code(born: str = "day") -> str:
    """A life that began on `born` in one number, see the model's life_code."""
    return f"life_code({born}, {_lives(born)['closed']}, alive_on, $as_of)"


LIFE = {"code": _code()}


def _behind_lives(born: str = "day", among: str = "true") -> dict[str, Among]:
    """The closures that an estimate at five years counts, the firms followed to then, and all its lives."""
    undated = f"{among} and closed_by <= $as_of and {_lives(born)['undetermined']}"
    return {
        "closed": Among(f"{among} and code % 2 = 0 and code <= {2 * FIVE_YEARS}", "events", "closing"),
        "at_risk": Among(f"{among} and code >= {2 * FIVE_YEARS}", "at_risk", "alive"),
        "lives": Among(among, "n", "fate"),
        "undated": Among(undated, "undated", "closing"),
    }


def _at_five_years(parts: Parts) -> Parts:
    found = kaplan_meier_at(parts["codes"], FIVE_YEARS)
    return _estimates({**parts, **found}, found["survival"], found["greenwood"])


def _founded(parts: Parts) -> Parts:
    curves = [
        kaplan_meier_delayed(starts, codes) if given(codes) else None
        for starts, codes in zip(parts["starts"], parts["codes"], strict=True)
    ]
    after = [(np.nan, np.nan) if curve is None else curve.after(FIVE_YEARS) for curve in curves]
    survival, greenwood = (np.array(values, dtype=float) for values in zip(*after, strict=True))
    events = np.array([0 if curve is None else curve.events[curve.age <= FIVE_YEARS].sum() for curve in curves])
    # Under delayed entry the few at risk at young ages weigh as much as the many later: one closure among one firm
    # would make everything 0.
    thin = np.array([curve is not None and curve.thinnest(FIVE_YEARS) < FEW for curve in curves])
    emptied = (survival == 0) & (parts["at_risk"] > 0)
    found = _estimates({**parts, "events": events}, survival, greenwood, founding_unknown=parts["left_out"] > 0)
    for name in ("value", "low", "high"):
        found[name] = np.where(emptied, np.nan, found[name])
    found["note"] = also(found["note"], thin_start=thin)
    return found


def per_group(rows: Callable[[Parts, int], Parts]) -> Callable[[Parts], Parts]:
    """A finish that makes several rows of each group, `of` telling whose they are."""

    def finish(parts: Parts) -> Parts:
        size = len(next(iter(parts.values())))
        made = [rows({name: items[place : place + 1] for name, items in parts.items()}, place) for place in range(size)]
        made = [{**one, "of": np.full(len(one["value"]), place)} for place, one in enumerate(made)]
        return (
            {name: np.concatenate([one[name] for one in made]) for name in made[0]}
            if made
            else {"of": np.array([], int)}
        )

    return finish


def _curve(parts: Parts, place: int) -> Parts:
    codes, refused = parts["codes"][0], is_refused(parts)
    if not given(codes) or refused.any():
        return no_curve(np.array(["refused" if refused.any() else "nobody"], dtype=object))
    curve = kaplan_meier(codes)
    steps = curve.events > 0
    # The first row is entry, the last the end of the follow-up, even where nothing closed then.
    steps[-1] = True
    age, survival, greenwood = curve.age[steps], curve.survival[steps], curve.greenwood[steps]
    at_risk, events = curve.at_risk[steps], curve.events[steps]
    if age[0] > 0:
        age, survival, greenwood = np.r_[0, age], np.r_[1.0, survival], np.r_[0.0, greenwood]
        at_risk, events = np.r_[len(codes), at_risk], np.r_[0, events]
    low, high = loglog(survival, greenwood)
    return {
        "value": survival,
        "low": low,
        "high": high,
        "n": np.full(len(age), len(codes)),
        "at_risk": at_risk,
        "events": events,
        "age_days": age,
        "censored": at_risk - events - np.r_[at_risk[1:], 0],
        "note": noted(len(age), few_at_risk=at_risk < 10),
    }


def no_curve(note: Numbers) -> Parts:
    """The one row of a curve that is not given."""
    missing = np.array([np.nan])
    names = ("value", "low", "high", "n", "at_risk", "events", "age_days", "censored")
    return {**dict.fromkeys(names, missing), "note": note}


def _restricted(parts: Parts) -> Parts:
    curves = [kaplan_meier(codes) if given(codes) else None for codes in parts["codes"]]
    means = [(np.nan, np.nan) if curve is None else restricted_mean(curve, FIVE_YEARS) for curve in curves]
    days, error = (np.array(values) for values in zip(*means, strict=True))
    at_risk = np.array([0 if curve is None else curve.risk_before(FIVE_YEARS) for curve in curves])
    last = np.array([np.nan if curve is None else curve.after(FIVE_YEARS)[0] for curve in curves])
    refused, too_young = is_refused(parts), (at_risk == 0) & (last > 0)
    years = np.where(refused | too_young, np.nan, days / 365.25)
    spread = np.where(error > 0, Z * error / 365.25, np.nan)
    return {
        "value": years,
        "low": np.maximum(years - spread, 0),
        "high": np.minimum(years + spread, FIVE_YEARS / 365.25),
        "n": parts["n"],
        "at_risk": at_risk,
        "events": np.array([0 if curve is None else curve.events[curve.age <= FIVE_YEARS].sum() for curve in curves]),
        "note": noted(
            len(years),
            nobody=parts["n"] == 0,
            refused=refused,
            too_young=too_young & ~refused,
            undated=(parts["undated"] > 0) & ~refused,
        ),
    }


def _outcomes(parts: Parts, place: int) -> Parts:
    codes = parts["codes"][0]
    size = len(YEARS) * len(OUTCOMES)
    if given(codes):
        shares, at_risk = outcomes(codes, len(OUTCOMES), YEARS)
    else:
        shares, at_risk = np.full((len(YEARS), len(OUTCOMES)), np.nan), np.zeros(len(YEARS), int)
    refused = is_refused(parts)
    too_young = (at_risk == 0) & (shares[:, -1] > 0)
    shares[too_young | refused] = np.nan
    each = len(OUTCOMES)
    return {
        "value": shares.ravel(),
        "n": np.repeat(parts["n"], size),
        "at_risk": np.repeat(at_risk, each),
        "age_days": np.repeat(YEARS, each),
        "outcome": np.tile(np.array(OUTCOMES, dtype=object), len(YEARS)),
        "note": noted(
            size,
            nobody=np.repeat(parts["n"] == 0, size),
            refused=np.repeat(refused, size),
            too_young=np.repeat(too_young & ~refused, each),
            few_at_risk=np.repeat((at_risk < 10) & ~too_young & (parts["n"] > 0), each),
        ),
    }


SURVIVAL_5Y = Metric(
    "survival_5y",
    "Five-year survival",
    "Among firms whose fifth entry anniversary has passed, the share still in activity on that anniversary, inside or "
    "outside the park; clock from park entry, and by site that of the first entry. Firms of unknown fate are left out, "
    "and the bounds show what they could change.",
    "life",
    _fates("anniversary", "fate"),
    "share",
    sensitive=True,
    finish=rate,
    formula="alive ÷ (alive + closed), on the fifth anniversary of entry; Wilson 95% interval",
    limits=(
        "Untraced firms are in neither number: read it with its bounds, above 10% unknown it is indicative "
        "only. It says nothing of firms that entered less than five years ago."
    ),
    behind=_behind_fates("anniversary", "fate"),
)
SURVIVAL_5Y_EUROSTAT = Metric(
    "survival_5y_eurostat",
    "Five-year survival, comparable with Eurostat",
    "Among firms that entered in year c, the share in activity in any part of year c + 5: the calendar-year rule of "
    "European business demography, which runs higher than the anniversary rate.",
    "life",
    _fates("calendar_anniversary", "calendar_fate"),
    "share",
    sensitive=True,
    finish=rate,
    formula="alive in year c + 5 ÷ (alive + closed), of those who entered in year c; Wilson 95% interval",
    limits=(
        "Up to a year more lenient than the anniversary. Eurostat counts from the birth of an enterprise, "
        "this from park entry: the rule compares, the clock does not."
    ),
    behind=_behind_fates("calendar_anniversary", "calendar_fate"),
)
SURVIVAL_KM_5Y = Metric(
    "survival_km_5y",
    "Five-year survival (Kaplan-Meier)",
    "The chance of being in activity five years (1,826 days) after park entry, young firms and untraced ones counting "
    "up to the day last known alive; log-log 95 % interval. At risk: firms followed to that day.",
    "life",
    _kaplan_meier(),
    "share",
    sensitive=True,
    finish=_at_five_years,
    formula="S(1,826) = ∏ (1 − dᵢ ÷ nᵢ) over the ages tᵢ ≤ 1,826 days; log-log 95% interval",
    limits="It takes untraced firms to fare like the traced ones: where those that fail vanish unseen, it is too high.",
    behind=_behind_lives(),
    marks=LIFE,
)
_LEFT_ALIVE = (
    "(left_on <= least($as_of, alive_on) and coalesce(least(closed_on, closed_by, merged_on) > left_on, true))"
)
SURVIVAL_KM_5Y_LEFT = Metric(
    "survival_km_5y_left",
    "Five-year survival after leaving",
    "The chance of being in activity five years after the final exit, among firms that left the park alive; clock "
    "from leaving the park, log-log 95 % interval.",
    "life",
    _kaplan_meier("left_on", _LEFT_ALIVE),
    "share",
    sensitive=True,
    finish=_at_five_years,
    formula="S(1,826) = ∏ (1 − dᵢ ÷ nᵢ), ages counted from the final exit",
    limits="Known only where leavers are followed; the fate of most is learnt late or never.",
    behind=_behind_lives("left_on", _LEFT_ALIVE),
    marks={"code": _code("left_on")},
)
_SEEN_AFTER_FOUNDING = "(founded_on is not null and least(alive_on, $as_of) > greatest(day, founded_on))"
_FOUNDED_CODE = "life_code(founded_on, closed_on, alive_on, $as_of)"
_FOLLOWED_FROM_FOUNDING = f"""{_SEEN_AFTER_FOUNDING} and day - founded_on < {FIVE_YEARS}
            and least(alive_on, $as_of) - founded_on >= {FIVE_YEARS}"""
SURVIVAL_KM_5Y_FOUNDED = Metric(
    "survival_km_5y_founded",
    "Five-year survival from founding",
    "The chance of being in activity five years after founding, each firm counting from the age at which it entered "
    "the park (delayed entry); clock from founding, log-log 95 % interval.",
    "life",
    {
        "n": f"count(*) filter ({_SEEN_AFTER_FOUNDING})",
        "left_out": f"count(*) filter (not {_SEEN_AFTER_FOUNDING})",
        "at_risk": f"count(*) filter ({_FOLLOWED_FROM_FOUNDING})",
        "starts": f"list(greatest(day - founded_on, 0)) filter ({_SEEN_AFTER_FOUNDING})",
        "codes": f"list({_FOUNDED_CODE}) filter ({_SEEN_AFTER_FOUNDING})",
        **_dates("true"),
    },
    "share",
    sensitive=True,
    finish=_founded,
    formula="S(1,826) = ∏ (1 − dᵢ ÷ nᵢ), nᵢ being those that entered before age tᵢ and have not gone",
    limits="Firms that closed before they could enter the park are not in it. It needs founding days.",
    behind={
        "closed": Among(f"{_SEEN_AFTER_FOUNDING} and code % 2 = 0 and code <= {2 * FIVE_YEARS}", "events", "closing"),
        "at_risk": Among(_FOLLOWED_FROM_FOUNDING, "at_risk", "alive"),
        "lives": Among(_SEEN_AFTER_FOUNDING, "n", "fate"),
        "left_out": Among(f"not {_SEEN_AFTER_FOUNDING}", "left_out", "alive"),
    },
    marks={"code": _FOUNDED_CODE},
)
SURVIVAL_CURVE = Metric(
    "survival_curve",
    "Survival curve",
    "The chance of being in activity at each age since park entry (Kaplan-Meier, log-log 95 % interval): one row at "
    "entry, one per age with a closure, one where the follow-up ends. Not to be read where fewer than 10 are at risk.",
    "life",
    _kaplan_meier(),
    "share",
    sensitive=True,
    finish=per_group(_curve),
    curve=("age_days", "censored"),
    formula="S(t) = ∏ (1 − dᵢ ÷ nᵢ) over the ages tᵢ ≤ t; log-log 95% interval",
    limits="It takes untraced firms to fare like the traced ones, and firms of all years to be alike.",
    behind={
        "closed": Among("code % 2 = 0", "events", "closing"),
        "censored": Among("code % 2 = 1", "censored", "alive"),
        "lives": Among("true", "n", "fate"),
    },
    marks=LIFE,
)
SURVIVAL_RMST_5Y = Metric(
    "survival_rmst_5y",
    "Years of activity out of five",
    "The mean time in activity during the first five years after park entry: the area under the Kaplan-Meier curve to "
    "day 1,826, in years of 365.25 days, with its 95 % interval.",
    "life",
    {"n": "count(*)", **_kaplan_meier()},
    "years",
    sensitive=True,
    finish=_restricted,
    formula="∫ S(t) dt from 0 to 1,826 days, ÷ 365.25",
    limits="Five years at most: it does not say what comes after.",
    behind=_behind_lives(),
    marks=LIFE,
)
# The age at the first of these ends, times five, plus the place of the end in OUTCOMES.
_END = """case
        when least(closed_on, closed_by) <= least(left_on, $as_of) then 5 * (least(closed_on, closed_by) - day)
        when merged_on <= least(left_on, $as_of) then 5 * (merged_on - day) + 1
        when left_on <= $as_of then 5 * (left_on - day)
            + case when alive_on > left_on or least(closed_on, closed_by, merged_on) > left_on then 2 else 3 end
        else 5 * (least(seen_on, $as_of) - day) + 4
    end"""
SURVIVAL_OUTCOMES = Metric(
    "survival_outcomes",
    "How stays end, by age",
    "How the time in the park has ended one to five years after entry (Aalen-Johansen): still hosted, closed, merged, "
    "left and heard of since, or left and untraced; at each age they add up to 1. What becomes of a firm after it left "
    "is not counted here but in the survival rates.",
    "life",
    {
        "n": "count(*)",
        "codes": f"list({_END})",
        **_dates("true"),
    },
    "share",
    sensitive=True,
    finish=per_group(_outcomes),
    curve=("age_days", "outcome"),
    formula="Fₖ(t) = Σ S(tᵢ₋₁) dₖᵢ ÷ nᵢ over the ages tᵢ ≤ t, for each end k",
    limits="Only the first end counts. A firm that left in silence may be alive or not.",
    behind={
        **{
            name: Among(f"code % 5 = {place} and code // 5 <= floor(365.25 * $age)", "", means)
            for place, (name, means) in enumerate(zip(OUTCOMES[:-1], ("closing", "fate", "exit", "exit"), strict=True))
        },
        "at_risk": Among("code // 5 >= floor(365.25 * $age)", "at_risk", "fate"),
        "lives": Among("true", "n", "fate"),
    },
    marks={"code": _END},
)
APPROXIMATE_DATES = Metric(
    "approximate_dates",
    "Approximate dates",
    "How many cells with a founding, entry, exit or closing date behind these firms are known only to the month or the "
    "year; each stands for its first day.",
    "life",
    "coalesce(sum(approximate), 0)",
    "dates",
    formula="cells with a date whose precision is the month or the year",
    limits="A date written in full may still be a guess: many on 1 January say so.",
    behind={"counted": Among("approximate > 0", "value", "approximate", "approximate")},
)
METRICS = (
    SURVIVAL_5Y,
    SURVIVAL_KM_5Y,
    SURVIVAL_CURVE,
    SURVIVAL_5Y_EUROSTAT,
    SURVIVAL_KM_5Y_FOUNDED,
    SURVIVAL_KM_5Y_LEFT,
    SURVIVAL_RMST_5Y,
    SURVIVAL_OUTCOMES,
    APPROXIMATE_DATES,
)
