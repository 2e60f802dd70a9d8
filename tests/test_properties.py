"""On random parks every figure equals the slow reference's, whatever it is cut by, and the laws hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics import METRICS
from metrics.ask import Scope, ask
from metrics.survival import YEARS
from tests import reference
from tests.model import Park
from tests.often import often

SITES, SECTORS, COHORTS = ("Agadir", "Rabat", "Tanger"), ("Design", "TIC", None), ("Promo 1", None, None)
STATED = date(2020, 10, 25)
FIRST = date(2004, 1, 1)
Rows = list[dict[str, Any]]
CHECKED = settings(max_examples=often(40), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

days = st.integers(0, (STATED - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
# Clusters of equal days, a year's ends and a leap day, where half-open intervals and periods go wrong.
marked = st.sampled_from([date(2012, 2, 29), date(2012, 12, 31), date(2013, 1, 1), date(2015, 10, 25), STATED])
some_day = st.one_of(days, marked)


@st.composite
def stay(draw: st.DrawFn, name: str) -> dict[str, Any]:
    entered = draw(some_day)
    left = draw(st.one_of(st.none(), st.integers(0, 2500).map(lambda n: entered + timedelta(days=n))))
    row: dict[str, Any] = {
        "firm_id": name,
        "site": draw(st.sampled_from(SITES)),
        "sector": draw(st.sampled_from(SECTORS)),
        "cohort": draw(st.sampled_from(COHORTS)),
        "entered_on": entered,
        "left_on": left,
        "founded_on": draw(st.one_of(st.none(), st.integers(-400, 1500).map(lambda n: entered - timedelta(days=n)))),
        "exit_reason": draw(st.sampled_from([None, "graduated", "closed", "merged"])) if left else None,
        "stated_on": draw(st.sampled_from([STATED, STATED, date(2018, 6, 30)])),
        "records_closures": draw(st.booleans()),
        "founded_on_precision": draw(st.sampled_from(["day", "month", "year", None])),
    }
    if draw(st.integers(0, 2)) == 0:
        row["closed_on"] = entered + timedelta(days=draw(st.integers(0, 4000)))
    elif draw(st.integers(0, 2)) == 0:
        row["status"] = draw(st.sampled_from(["hosted", "alumni", "closed", "merged", "unknown"]))
        row["status_on"] = draw(st.one_of(st.none(), st.just(entered + timedelta(days=draw(st.integers(0, 3000))))))
    if draw(st.integers(0, 9)) == 0:
        row["successor_id"] = draw(st.sampled_from(["F0", "F1", "elsewhere"]))
    return row


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    firms = draw(st.integers(0, 9))
    made = [draw(stay(f"F{firm}")) for firm in range(firms) for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3])))]
    return [{**row, "row": number} for number, row in enumerate(made, 1)]


Firms = dict[str, reference.Firm]
Window = tuple[date, date]
# A figure of the reference: of some firms, in a window, as of a day, at some sites taken together (None: the network).
Figure = Callable[[Firms, Window, date, reference.Sites], float | None]


def share(hits: int, of: int) -> float | None:
    return hits / of if of else None


def entered(park: Firms, window: Window, as_of: date, sites: reference.Sites) -> list[reference.Firm]:
    """Firms by their network entry: in the window, at one of these sites."""
    first, last = window
    return [
        one for one in park.values() if first <= one.entry <= min(last, as_of) and (sites is None or one.home in sites)
    ]


def rate(calendar: bool) -> Figure:
    def figure(park: Firms, window: Window, as_of: date, sites: reference.Sites) -> float | None:
        lives = entered(park, window, as_of, sites)
        fates = reference.fates(lives, as_of, calendar)

        def undetermined(one: reference.Firm) -> bool:
            day = date(one.entry.year + 5, 1, 1) if calendar else reference.anniversary(one.entry)
            return day <= as_of and reference.fate(one, day) == "unknown"

        known = not reference.refused(lives, as_of, undetermined)
        return share(fates["alive"], fates["alive"] + fates["closed"]) if known else None

    return figure


def km(park: Firms, window: Window, as_of: date, sites: reference.Sites) -> float | None:
    firms = entered(park, window, as_of, sites)
    lives = reference.lifetimes(firms, as_of)
    survival = reference.kaplan_meier(lives, 1826)[0]
    followed = any(days >= 1826 for days, _ in lives)
    refused = reference.refused(firms, as_of, lambda one: reference.open_at(one.entry, one))
    return survival if lives and (followed or survival == 0) and not refused else None


def rmst(park: Firms, window: Window, as_of: date, sites: reference.Sites) -> float | None:
    firms = entered(park, window, as_of, sites)
    if km(park, window, as_of, sites) is None:
        return None
    return reference.restricted_mean(reference.lifetimes(firms, as_of), 1826) / 365.25


def founded(park: Firms, window: Window, as_of: date, sites: reference.Sites) -> float | None:
    firms = entered(park, window, as_of, sites)
    lives = []
    for one in firms:
        if one.founded_on is None:
            continue
        ended = one.closed_on is not None and one.closed_on <= as_of
        end = min(one.closed_on if ended and one.closed_on else one.alive_on, as_of)
        start, stop = max((one.entry - one.founded_on).days, 0), (end - one.founded_on).days
        if start < stop:
            lives.append((start, stop, ended))
    survival = reference.delayed(lives, 1826)
    followed = any(start < 1826 <= stop for start, stop, _ in lives)
    # Everything lost at a young age at which few were at risk says nothing of those still followed.
    meant = (survival == 0) != followed if lives else False
    return survival if meant and not reference.refused(firms, as_of, lambda one: True) else None


def left(park: Firms, window: Window, as_of: date, sites: reference.Sites) -> float | None:
    firms = []
    lives = []
    exits = {}
    for one in entered(park, window, as_of, sites):
        ends = [end for _, end, _ in one.stays]
        last = None if None in ends else max(end for end in ends if end)
        gone = min([day for day in (one.closed_on, one.closed_by, one.merged_on) if day], default=reference.FAR)
        if last is not None and last <= min(as_of, one.alive_on) and gone > last:
            firms.append(one)
            known = one.closed_by if one.closed_by and (one.closed_by - last).days <= 1826 else None
            closed = one.closed_on or known
            ended = closed is not None and closed <= as_of
            end = closed if ended and closed else min(one.alive_on, as_of)
            exits[id(one)] = last
            lives.append(((end - last).days, ended))
    survival = reference.kaplan_meier(lives, 1826)[0]
    followed = any(days >= 1826 for days, _ in lives)
    refused = reference.refused(firms, as_of, lambda one: reference.open_at(exits[id(one)], one))
    return survival if lives and (followed or survival == 0) and not refused else None


def window_count(count: Callable[..., int]) -> Figure:
    return lambda park, window, as_of, sites: count(park, window[0], min(window[1], as_of), sites)


def stock(count: Callable[..., int]) -> Figure:
    return lambda park, window, as_of, sites: count(park, min(window[1], as_of), sites)


def median_stay(park: Firms, window: Window, as_of: date, sites: reference.Sites) -> float | None:
    its = {name: one for name, one in park.items() if one.at(sites) and window[0] <= one.at(sites)[0][0] <= window[1]}
    return reference.median(reference.stays_lengths(its, as_of, sites))


REFERENCE: dict[str, Figure] = {
    "hosted": stock(reference.hosted),
    "supported": stock(reference.supported),
    "former": stock(lambda *at: reference.alumni(*at) + reference.closed(*at)),
    "alumni": stock(reference.alumni),
    "closed": stock(reference.closed),
    "entries": window_count(reference.entries),
    "re_entries": window_count(reference.re_entries),
    "exits": window_count(reference.exits),
    "transfers": window_count(reference.transfers),
    "median_stay": median_stay,
    "survival_5y": rate(calendar=False),
    "survival_5y_eurostat": rate(calendar=True),
    "survival_km_5y": km,
    "survival_km_5y_founded": founded,
    "survival_km_5y_left": left,
    "survival_rmst_5y": rmst,
}
ALWAYS = (date.min, date.max)


def same(found: Any, wanted: float | None) -> bool:
    missing = found is None or math.isnan(found)
    return missing == (wanted is None) and (missing or math.isclose(found, wanted or 0, rel_tol=1e-9, abs_tol=1e-9))


def period_of(label: str) -> Window:
    """2020, 2020Q3 or 2020-07 as its first and last day."""
    if "Q" in label:
        first = date(int(label[:4]), 3 * int(label[-1]) - 2, 1)
        return first, reference.months_later(first, 3) - reference.DAY
    if "-" in label:
        first = date(int(label[:4]), int(label[5:]), 1)
        return first, reference.months_later(first, 1) - reference.DAY
    return date(int(label), 1, 1), date(int(label), 12, 31)


def wanted_figure(metric: str, park: Firms, row: Mapping[Any, Any], by: tuple[str, ...], as_of: date) -> float | None:
    """The reference's figure for the group that `row` is about."""
    sites, window, firms = None, ALWAYS, park
    for name in by:
        value = row[name] if isinstance(row[name], str) else None
        if name == "site":
            sites = (value,)
        elif name in ("sector", "cohort"):
            firms = {key: one for key, one in firms.items() if getattr(one, name) == value}
        else:
            assert value is not None
            window = period_of(value)
    return REFERENCE[metric](firms, window, as_of, sites)


CUTS = [
    (),
    ("site",),
    ("sector",),
    ("cohort",),
    ("year",),
    ("quarter",),
    ("month",),
    ("site", "year"),
    ("sector", "cohort"),
]


@pytest.mark.parametrize("by", CUTS, ids=lambda by: "-".join(by) or "whole")
@CHECKED
@given(rows(), st.sampled_from([STATED, date(2016, 2, 29), date(2012, 12, 31)]))
def test_every_metric_by_every_dimension_equals_the_reference(
    by: tuple[str, ...], given_rows: Rows, as_of: date
) -> None:
    park, slow = Park(STATED, tenants=given_rows), reference.firms(given_rows)
    table = ask(park, list(REFERENCE), Scope(as_of=as_of), by)
    for row in table.to_dict("records"):
        wanted = wanted_figure(row["metric"], slow, row, by, as_of)
        assert same(row["value"], wanted), (row, wanted)
    # Whoever is counted at all has a row.
    if by in (("site",), ("cohort",)):
        rows_of = table[table["metric"] == "supported"]
        assert len(rows_of) == len(
            {(s[2] if by == ("site",) else one.cohort) for one in slow.values() for s in one.stays if s[0] <= as_of}
        )


@CHECKED
@given(rows(), st.sampled_from([STATED, date(2014, 7, 1)]))
def test_several_sites_together_count_a_firm_once(given_rows: Rows, as_of: date) -> None:
    park, slow = Park(STATED, tenants=given_rows), reference.firms(given_rows)
    pair = [site for site in SITES if any(row["site"] == site for row in given_rows)][:2]
    if len(pair) < 2:
        return
    for row in ask(park, list(REFERENCE), Scope(sites=tuple(pair), as_of=as_of)).to_dict("records"):
        wanted = REFERENCE[row["metric"]](slow, ALWAYS, as_of, pair)
        assert same(row["value"], wanted), (row, wanted)


@CHECKED
@given(rows(), some_day, some_day)
def test_a_window_counts_what_happens_in_it(given_rows: Rows, one_day: date, other_day: date) -> None:
    first, last = sorted((one_day, other_day))
    park, slow = Park(STATED, tenants=given_rows), reference.firms(given_rows)
    for row in ask(park, list(REFERENCE), Scope(start=first, end=last)).to_dict("records"):
        wanted = REFERENCE[row["metric"]](slow, (first, last), STATED, None)
        assert same(row["value"], wanted), (row, wanted)


@CHECKED
@given(rows(), some_day)
def test_hosted_and_former_are_the_supported(given_rows: Rows, as_of: date) -> None:
    park = Park(STATED, tenants=given_rows)
    for by in ((), ("site",), ("sector",), ("year",), ("site", "month")):
        table = ask(park, ["hosted", "former", "supported", "alumni", "closed"], Scope(as_of=as_of), by)
        if table.empty:
            continue
        for name in by:
            table[name] = table[name].fillna("(none)")
        wide = (
            table.pivot(index=list(by), columns="metric", values="value")
            if by
            else table.set_index("metric")[["value"]].T
        )
        assert (wide["hosted"] + wide["former"] == wide["supported"]).all()
        assert (wide["alumni"] + wide["closed"] == wide["former"]).all()
        assert (wide >= 0).all().all()


@CHECKED
@given(rows())
def test_a_firm_that_never_closed_never_lowers_survival(given_rows: Rows) -> None:
    """True of a firm alive through the fifth year: it adds one at risk to every step, and one survivor to the rate."""
    newcomer = {
        "firm_id": "new",
        "site": "Rabat",
        "entered_on": date(2010, 1, 1),
        "founded_on": date(2010, 1, 1),
        "stated_on": STATED,
        "row": 999,
    }
    names = ["survival_5y", "survival_km_5y", "survival_rmst_5y"]
    before = ask(Park(STATED, tenants=given_rows), names).set_index("metric")["value"]
    after = ask(Park(STATED, tenants=[*given_rows, newcomer]), names).set_index("metric")["value"]
    for name in names:
        if not math.isnan(before[name]):
            assert after[name] >= before[name] - 1e-12


@CHECKED
@given(rows())
def test_outcomes_add_up_and_equal_the_reference(given_rows: Rows) -> None:
    park, slow = Park(STATED, tenants=given_rows), reference.firms(given_rows)
    lives: list[tuple[int, str | None]] = []
    for one in slow.values():
        if one.entry > STATED:
            continue
        ends = [end for _, end, _ in one.stays]
        last = None if None in ends else max(end for end in ends if end)
        edge = min(STATED, last or STATED)
        gone = one.gone_on
        if gone is not None and gone <= edge:
            lives.append(((gone - one.entry).days, "closed"))
        elif one.merged_on is not None and one.merged_on <= edge:
            lives.append(((one.merged_on - one.entry).days, "merged"))
        elif last is not None and last <= STATED:
            heard = one.alive_on > last or any(day and day > last for day in (gone, one.merged_on))
            lives.append(((last - one.entry).days, "left" if heard else "untraced"))
        else:
            lives.append(((min(max(seen for _, seen in one.seen), STATED) - one.entry).days, None))
    table = ask(park, ["survival_outcomes"])
    if reference.refused(slow.values(), STATED, lambda one: True):
        assert table["value"].isna().all()
        return
    for age in YEARS:
        values = table[table["age_days"] == age].set_index("outcome")["value"]
        if values.isna().all():
            assert not any(days >= age for days, _ in lives)
            continue
        slow_shares = reference.outcomes(lives, age)
        assert math.isclose(values.sum(), 1, abs_tol=1e-9)
        for outcome, value in values.to_dict().items():
            key = None if outcome == "hosted" else str(outcome)
            assert math.isclose(value, slow_shares.get(key, 0.0), abs_tol=1e-9), (age, outcome)


@CHECKED
@given(rows())
def test_rates_lie_between_their_bounds(given_rows: Rows) -> None:
    table = ask(Park(STATED, tenants=given_rows), ["survival_5y", "survival_5y_eurostat"], by=("site",))
    for row in table.dropna(subset=["value"]).to_dict("records"):
        assert row["lower_bound"] - 1e-12 <= row["value"] <= row["upper_bound"] + 1e-12
        assert row["low"] <= row["value"] <= row["high"]
        assert [row["low"], row["high"]] == pytest.approx(
            reference.wilson(round(row["value"] * row["n"]), int(row["n"]))
        )


@CHECKED
@given(rows())
def test_the_order_of_rows_says_nothing(given_rows: Rows) -> None:
    """Rows come from files in any order; two stays of one firm that begin on one day are told apart by their place."""
    names = [name for name in METRICS if name != "occupancy"]
    forth = ask(Park(STATED, tenants=given_rows), names, by=("site",))
    back = ask(Park(STATED, tenants=given_rows[::-1]), names, by=("site",))
    assert forth.drop(columns="note").equals(back.drop(columns="note"))


def test_the_catalogue_is_checked_whole() -> None:
    """Every metric has a slow twin here, or is named as tested elsewhere."""
    elsewhere = {"survival_curve", "survival_outcomes", "other_occupants", "occupancy", "approximate_dates"}
    elsewhere |= {"survival_by_age", "survival_km_years"}
    assert set(METRICS) == set(REFERENCE) | elsewhere
    assert replace(METRICS["hosted"], name="x") != METRICS["hosted"]
