"""What a person should look at before new rows stand beside the known ones: contradictions, doubles, vanishing rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from data.compare import Difference
from data.problem import Problem

# A replacement that would remove more than this share of the rows it covers needs a person's word.
REMOVES_MANY = 0.10

_LOOKED_AT = ("key", "firm_id", "firm_name", "name_key", "site", "entered_on", "left_on", "sheet", "row")
_SAID = ("exit_reason", "status", "stated_on")

_SAME_NAME = """
with stays as (
    select firm_id, name_key, site, entered_on, true as new, firm_name, sheet, row from fresh
    where firm_id is not null and name_key is not null
    union all
    select firm_id, name_key, site, entered_on, false, firm_name, sheet, row from known
    where firm_id is not null and name_key is not null
),
-- Numbers are grouped faster than texts: what two hashes hold apart is looked at as it is written.
suspected as (
    select hash(name_key, site, entered_on) as place from stays
    group by place having min(hash(firm_id)) <> max(hash(firm_id))
),
doubles as (
    select name_key, site, entered_on from stays
    where hash(name_key, site, entered_on) in (from suspected)
    group by name_key, site, entered_on having min(firm_id) <> max(firm_id)
)
select stays.sheet, stays.row, stays.firm_name as value,
    {'other': (select min(other.firm_id) from stays as other
        where other.name_key = stays.name_key and other.site is not distinct from stays.site
            and other.entered_on = stays.entered_on and other.firm_id <> stays.firm_id)} as details
from stays semi join doubles
    on stays.name_key = doubles.name_key and stays.site is not distinct from doubles.site
    and stays.entered_on = doubles.entered_on
where new
"""

_EXIT_WITHDRAWN = """
select fresh.sheet, fresh.row, fresh.firm_name as value, {'left_on': known.left_on::varchar} as details
from fresh join known using (key)
where fresh.left_on is null and known.left_on < $stated_on and known.stated_on < $stated_on
    and fresh.exit_reason is null and coalesce(fresh.status = 'hosted', true)
"""

_SITE_CHANGED = """
select fresh.sheet, fresh.row, fresh.firm_name as value, {'site': known.site} as details
from fresh join known on fresh.firm_id = known.firm_id and fresh.entered_on = known.entered_on
where fresh.site is distinct from known.site
    and fresh.key not in (select key from known) and known.key not in (select key from fresh)
"""

_OVERLAP = """
with many as (
    select firm_id, site from fresh where firm_id is not null group by firm_id, site having count(*) > 1
),
stays as (select fresh.* from fresh semi join many on fresh.firm_id = many.firm_id and fresh.site = many.site)
select later.sheet, later.row, later.firm_name as value, {'other': min(earlier.row)} as details
from stays as later join stays as earlier
    on later.firm_id = earlier.firm_id and later.site = earlier.site and later.key <> earlier.key
    and (earlier.entered_on, earlier.row) < (later.entered_on, later.row)
    and later.entered_on < coalesce(earlier.left_on, date '9999-12-31')
group by all
"""

_LOOKS = {
    "same-name-other-id": _SAME_NAME,
    "exit-withdrawn": _EXIT_WITHDRAWN,
    "site-changed": _SITE_CHANGED,
    "overlapping-stays": _OVERLAP,
}


def doubts(fresh: pa.Table, known: pa.Table, stated_on: date | None, says_exits: bool) -> list[Problem]:
    """Warnings about keyed tenants rows that stand, but contradict or double what is known; one per row and kind.

    `says_exits` is true where the file has a column of exit dates: only then does a blank one show a firm as present.
    """
    looks = dict(_LOOKS)
    if not says_exits or stated_on is None:
        looks.pop("exit-withdrawn")
    found: list[Problem] = []
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("fresh", fresh.select([*_LOOKED_AT, *_SAID[:2]]))
        connection.register("known", known.select([*_LOOKED_AT, *_SAID]))
        for code, sql in looks.items():
            values: dict[str, Any] = {"stated_on": stated_on} if "$stated_on" in sql else {}
            rows = connection.execute(f"{sql} order by sheet, row", values).fetchall()
            found += [Problem(code, sheet, row, value=value, details=details) for sheet, row, value, details in rows]
    return found


def replacing(covered: pa.Table, change: Difference, stated_on: date | None) -> list[Problem]:
    """Warnings about a replacement of the `covered` known rows: many would vanish, or they were stated later."""
    found = []
    if change.removed > REMOVES_MANY * len(covered):
        found.append(Problem("removes-many", details={"removed": change.removed, "known": len(covered)}))
    days = [day for day in covered.column("stated_on").unique().to_pylist() if day is not None]
    if days and stated_on and max(days) > stated_on:
        found.append(Problem("older-replacement", details={"latest": max(days), "stated_on": stated_on}))
    return found
