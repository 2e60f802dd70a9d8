"""Who is in the park, who was, and how long they stay."""

from __future__ import annotations

import numpy as np

from metrics.lifetime import kaplan_meier, median
from metrics.metric import Among, Metric, Parts, given, noted


def _median(parts: Parts) -> Parts:
    curves = [kaplan_meier(codes) if given(codes) else None for codes in parts["codes"]]
    values = [None if curve is None else median(curve) for curve in curves]
    nobody = np.array([curve is None for curve in curves])
    value = np.array(values, dtype=float)
    return {
        "value": value,
        "n": np.array([0 if curve is None else curve.at_risk[0] for curve in curves]),
        "events": np.array([0 if curve is None else curve.events.sum() for curve in curves]),
        "note": noted(len(curves), nobody=nobody, not_reached=np.isnan(value) & ~nobody),
    }


_THERE = "(until is null or until > d)"
# Whether any presence of the same firm at the same place contains the day.
_STILL = {"still": f"bool_or({_THERE}) over (partition by firm_no, site)"}
HOSTED = Metric(
    "hosted",
    "Hosted firms",
    "Tenant firms with a stay that contains the day. A firm on two sites counts once in the network and once at each "
    "site, so site figures may add up to more than the network's. Banks, public desks and service providers are "
    "counted apart.",
    "presence",
    f"count(*) filter ({_THERE})",
    "firms",
    stock=True,
    formula="firms with a stay such that first day ≤ day < first day after",
    limits=(
        "A firm that no list names is not there; one that came after the latest list is not there yet. An "
        "exit without a date counts on the stated day of the list that tells it."
    ),
    behind={"counted": Among(_THERE, "value", "there")},
)
SUPPORTED = Metric(
    "supported",
    "Supported firms",
    "Tenant firms that ever entered, up to the day: hosted, alumni and closed together.",
    "presence",
    "count(*) filter (first)",
    "firms",
    stock=True,
    formula="firms with a first entry ≤ day",
    limits="Firms that left before the first list was kept count only where a list names them.",
    behind={"counted": Among("first", "value")},
)
FORMER = Metric(
    "former",
    "Former tenants",
    "Firms supported and no longer hosted on the day: alumni and closed together.",
    "presence",
    f"{SUPPORTED.sql} - {HOSTED.sql}",
    "firms",
    stock=True,
    formula="supported − hosted",
    limits="It counts firms, not successes: the closed ones are among them, so quote it with its split.",
    behind={"counted": Among("first and not still", "value", "fate")},
    marks=_STILL,
)
CLOSED = Metric(
    "closed",
    "Closed",
    "Firms once supported and known, by the day, to have ceased activity. Leaving the park is not closing.",
    "presence",
    "count(*) filter (first and gone_on <= d)",
    "firms",
    stock=True,
    sensitive=True,
    formula="supported firms with a closing day ≤ day",
    limits="Only closures that a list tells: where nobody follows firms that left, the true number is higher.",
    behind={"counted": Among("first and gone_on <= d", "value", "closing")},
)
ALUMNI = Metric(
    "alumni",
    "Alumni",
    "Firms that had a stay before the day, have none on it, and are not known to be closed.",
    "presence",
    f"{FORMER.sql} - {CLOSED.sql}",
    "firms",
    stock=True,
    formula="former − closed",
    limits="Not known to be closed is not known to be alive: firms of unknown fate are among them.",
    behind={"counted": Among("first and not still and coalesce(gone_on > d, true)", "value", "exit")},
    marks=_STILL,
)
OTHER_OCCUPANTS = Metric(
    "other_occupants",
    "Other occupants",
    "Banks, public desks and service providers with a stay that contains the day; never part of the firms hosted.",
    "other_presence",
    f"count(*) filter ({_THERE})",
    "occupants",
    stock=True,
    dimensions=("site", "sector", "year", "quarter", "month"),
    formula="occupants that are no tenants, with a stay such that first day ≤ day < first day after",
    limits="Only where the lists say who is no tenant; a list without that column counts everybody as a tenant.",
    behind={"counted": Among(_THERE, "value", "there")},
)
MEDIAN_STAY = Metric(
    "median_stay",
    "Median stay",
    "The time from entry to final exit that half of the firms exceed (Kaplan-Meier; stays still open count up to the "
    "last day on which a list shows them). For a site: from arrival there to the last departure from there.",
    "presence",
    {"codes": "list(life_code(day, left_on, seen_on, $as_of)) filter (first)"},
    "days",
    finish=_median,
    formula="the smallest age at which the Kaplan-Meier curve of presences is ≤ 1/2",
    limits=(
        "Not reached while more than half are still there; it says nothing of the longest stays. Stays with a"
        " pause of up to 24 months are one."
    ),
    behind={
        "ended": Among("first and left_on <= $as_of", "events", "exit"),
        "open": Among("first and coalesce(left_on > $as_of, true)", "", "there"),
        "lives": Among("first", "n"),
    },
)
METRICS = (HOSTED, SUPPORTED, FORMER, ALUMNI, CLOSED, OTHER_OCCUPANTS, MEDIAN_STAY)
