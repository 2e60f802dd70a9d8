"""Who is in the park, who was, and how long they stay."""

from __future__ import annotations

import numpy as np

from metrics.lifetime import kaplan_meier, median
from metrics.metric import Metric, Parts, given, noted


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


HOSTED = Metric(
    "hosted",
    "Hosted firms",
    "Tenant firms with a stay that contains the day. A firm on two sites counts once in the network and once at each "
    "site, so site figures may add up to more than the network's. Banks, public desks and service providers are "
    "counted apart.",
    "presence",
    "count(*) filter (until is null or until > d)",
    "firms",
    stock=True,
)
SUPPORTED = Metric(
    "supported",
    "Supported firms",
    "Tenant firms that ever entered, up to the day: hosted, alumni and closed together.",
    "presence",
    "count(*) filter (first)",
    "firms",
    stock=True,
)
FORMER = Metric(
    "former",
    "Former tenants",
    "Firms supported and no longer hosted on the day: alumni and closed together.",
    "presence",
    f"{SUPPORTED.sql} - {HOSTED.sql}",
    "firms",
    stock=True,
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
)
ALUMNI = Metric(
    "alumni",
    "Alumni",
    "Firms that had a stay before the day, have none on it, and are not known to be closed.",
    "presence",
    f"{FORMER.sql} - {CLOSED.sql}",
    "firms",
    stock=True,
)
OTHER_OCCUPANTS = Metric(
    "other_occupants",
    "Other occupants",
    "Banks, public desks and service providers with a stay that contains the day; never part of the firms hosted.",
    "other_presence",
    "count(*) filter (until is null or until > d)",
    "occupants",
    stock=True,
    dimensions=("site", "sector", "year", "quarter", "month"),
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
)
METRICS = (HOSTED, SUPPORTED, FORMER, ALUMNI, CLOSED, OTHER_OCCUPANTS, MEDIAN_STAY)
