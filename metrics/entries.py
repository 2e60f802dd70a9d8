"""Who comes, who moves and who goes, day by day."""

from __future__ import annotations

from metrics.interval import poisson
from metrics.metric import Metric, Parts


def _with_interval(parts: Parts) -> Parts:
    low, high = poisson(parts["value"])
    return {"value": parts["value"], "low": low, "high": high}


ENTRIES = Metric(
    "entries",
    "Entries",
    "First days of firms' first stays: anywhere in the network, or at a site, where a firm that comes from another "
    "site counts too. The interval is the exact Poisson 95 % interval of such a count.",
    "presence",
    {"value": "count(*) filter (first)"},
    "firms",
    finish=_with_interval,
)
RE_ENTRIES = Metric(
    "re_entries",
    "Re-entries",
    "Firms that came back more than 24 months after they had left; a shorter absence is the same presence.",
    "presence",
    "count(*) filter (again)",
    "firms",
)
EXITS = Metric(
    "exits",
    "Exits",
    "First days without the firm, where it has no later stay within 24 months: anywhere in the network, or at the "
    "site.",
    "departure",
    "count(*)",
    "firms",
)
TRANSFERS = Metric(
    "transfers",
    "Transfers",
    "Arrivals at a site of firms that the network hosted elsewhere, on the day before or in the 24 months before, "
    "whether they moved or took a second site: no entries of the network.",
    "transfer",
    "count(*)",
    "moves",
)
METRICS = (ENTRIES, RE_ENTRIES, EXITS, TRANSFERS)
