"""What a person should look at before a list replaces what is known: vanishing rows, an older list."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from data.compare import Difference
from data.problem import Problem

# A replacement that would remove more than this share of the rows it covers needs a person's word.
REMOVES_MANY = 0.10


def replacing(covered: pa.Table, change: Difference, stated_on: date | None) -> list[Problem]:
    """Warnings about a replacement of the `covered` known rows: many would vanish, or they were stated later."""
    found = []
    if change.removed > REMOVES_MANY * len(covered):
        found.append(Problem("removes-many", details={"removed": change.removed, "known": len(covered)}))
    days = [day for day in covered.column("stated_on").unique().to_pylist() if day is not None]
    if days and stated_on and max(days) > stated_on:
        found.append(Problem("older-replacement", details={"latest": max(days), "stated_on": stated_on}))
    return found
