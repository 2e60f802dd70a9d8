"""Who comes, who moves and who goes, day by day."""

from __future__ import annotations

from metrics.interval import poisson
from metrics.metric import Among, Metric, Parts


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
    formula="firms whose first stay begins in the period",
    limits=(
        "Lists that come late make the newest periods look empty: compare with what was known just as soon "
        "after, and no running period with a whole one."
    ),
    behind={"counted": Among("first", "value")},
)
RE_ENTRIES = Metric(
    "re_entries",
    "Re-entries",
    "Firms that came back more than 24 months after they had left; a shorter absence is the same presence.",
    "presence",
    "count(*) filter (again)",
    "firms",
    formula="presences that begin more than 24 months after the firm's last one ended",
    limits="A firm that comes back under another identifier counts as a new one.",
    behind={"counted": Among("again", "value")},
)
EXITS = Metric(
    "exits",
    "Exits",
    "First days without the firm, where it has no later stay within 24 months: anywhere in the network, or at the "
    "site.",
    "departure",
    "count(*)",
    "firms",
    formula="presences that end in the period, none following within 24 months",
    limits=(
        "Those of the last 24 months may still be undone by a return. An exit without a date counts on the "
        "stated day of the list that tells it."
    ),
    behind={"counted": Among("true", "value", "exit")},
)
TRANSFERS = Metric(
    "transfers",
    "Transfers",
    "Arrivals at a site of firms that the network hosted elsewhere, on the day before or in the 24 months before, "
    "whether they moved or took a second site: no entries of the network.",
    "transfer",
    "count(*)",
    "moves",
    formula="arrivals at a site ≤ 24 months after a stay at another",
    limits="A move shows only where lists of both sites are loaded.",
    behind={"counted": Among("true", "value")},
)
METRICS = (ENTRIES, RE_ENTRIES, EXITS, TRANSFERS)
