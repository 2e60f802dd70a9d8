"""What would change: the clean rows of a file against what is known, by key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.scratch import scratch
from data.sheet import Sheet, schema

# Where a row stands in its file is not what it says.
NOT_SAID = {"key", "sheet", "row", "name_key"}

# A row without an identifier is the firm that alone bears its name.
_IDS = """
with nameless as (
    select name_key from fresh where firm_id is null union all select name_key from known where firm_id is null
),
ids as (
    select name_key, min(firm_id) as firm_id
    from (
        select name_key, firm_id from fresh union all select name_key, firm_id from known
        union all select name_key, firm_id from named
    )
    where firm_id is not null and name_key in (from nameless)
    group by name_key having min(firm_id) = max(firm_id)
),
"""

# A stay is the same stay when firm, site and first day agree, or, failing that, when the two overlap: no firm is twice
# at one site at a time, so the first day was corrected.
_STAY_KEYS = (
    _IDS
    + """
new as (
    select i, coalesce(fresh.firm_id, ids.firm_id, 'name:' || fresh.name_key) as firm, site, entered_on, left_on
    from fresh left join ids on fresh.firm_id is null and ids.name_key = fresh.name_key
),
old as (
    select key, coalesce(known.firm_id, ids.firm_id, 'name:' || known.name_key) as firm, site, entered_on, left_on
    from known left join ids on known.firm_id is null and ids.name_key = known.name_key
),
exact as (
    select i, key from new join old
    on old.firm = new.firm and old.site is not distinct from new.site and old.entered_on = new.entered_on
    qualify row_number() over (partition by i order by key) = 1 and row_number() over (partition by key order by i) = 1
),
corrected as (
    select i, key from new join old
    on old.firm = new.firm and old.site is not distinct from new.site
        and new.entered_on < coalesce(old.left_on, date '9999-12-31')
        and old.entered_on < coalesce(new.left_on, date '9999-12-31')
    where i not in (select i from exact) and key not in (select key from exact)
    qualify row_number() over (partition by i order by key) = 1 and row_number() over (partition by key order by i) = 1
),
proposed as (
    select i, firm || ' | ' || coalesce(site, '') || ' | ' || entered_on::varchar as key from new
    where i not in (select i from exact) and i not in (select i from corrected)
),
shared as (select key from proposed group by key having count(*) > 1),
numbered as (
    select i, key, 1 as again from proposed anti join shared using (key)
    union all
    select i, key, row_number() over (partition by key order by i) from proposed semi join shared using (key)
)
select i, key from exact
union all select i, key from corrected
union all
select i, case when again = 1 and key not in (select key from old) then key else key || ' #' || i::varchar end
from numbered
order by i
"""
)

_INTAKE_KEYS = (
    _IDS
    + """
new as (
    select i, coalesce(fresh.firm_id, ids.firm_id, 'name:' || fresh.name_key) as firm, cohort
    from fresh left join ids on fresh.firm_id is null and ids.name_key = fresh.name_key
),
old as (
    select key, coalesce(known.firm_id, ids.firm_id, 'name:' || known.name_key) as firm, cohort
    from known left join ids on known.firm_id is null and ids.name_key = known.name_key
),
found as (
    select i, coalesce(old.key, new.firm || ' | ' || new.cohort) as key
    from new left join old on old.firm = new.firm and old.cohort = new.cohort
    qualify row_number() over (partition by i order by old.key) = 1
)
select i,
    case when row_number() over (partition by key order by i) = 1 then key else key || ' #' || i::varchar end as key
from found order by i
"""
)

# A solution is known by its name whatever its accents and signs; a row without one speaks of the firm.
_SOLUTION_KEYS = (
    _IDS
    + """
new as (
    select i, coalesce(fresh.firm_id, ids.firm_id, 'name:' || fresh.name_key) as firm, folded(solution) as solution
    from fresh left join ids on fresh.firm_id is null and ids.name_key = fresh.name_key
),
old as (
    select key, coalesce(known.firm_id, ids.firm_id, 'name:' || known.name_key) as firm, folded(solution) as solution
    from known left join ids on known.firm_id is null and ids.name_key = known.name_key
),
found as (
    select i, coalesce(old.key, concat_ws(' | ', new.firm, new.solution)) as key
    from new left join old on old.firm = new.firm and old.solution is not distinct from new.solution
    qualify row_number() over (partition by i order by old.key) = 1
)
select i,
    case when row_number() over (partition by key order by i) = 1 then key else key || ' #' || i::varchar end as key
from found order by i
"""
)
_FOLDED = r"""
create or replace temp macro folded(words) as
    nullif(trim(regexp_replace(lower(strip_accents(words)), '[^\pL\pN]+', ' ', 'g')), '')
"""

_KEYS = {
    "solutions": _SOLUTION_KEYS,
    "tenants": _STAY_KEYS,
    "cohorts": _INTAKE_KEYS,
    "sites": "select i, site as key from fresh order by i",
    "sectors": "select i, concat_ws(' | ', sector, subsector) as key from fresh order by i",
}


# A firm moves where a stay at one site goes, or is given its last day, and a stay at another comes in its place: those
# of one firm are taken in order of their days. Coming up to 24 months after leaving is a transfer, as for the figures.
_MOVES = (
    _IDS
    + """
gone as (
    select known.key, coalesce(known.firm_id, ids.firm_id, 'name:' || known.name_key) as firm, known.site,
        known.entered_on, fresh.left_on
    from known left join fresh using (key)
    left join ids on known.firm_id is null and ids.name_key = known.name_key
    where known.site is not null and (fresh.key is null or (known.left_on is null and fresh.left_on is not null))
),
come as (
    select key, coalesce(fresh.firm_id, ids.firm_id, 'name:' || fresh.name_key) as firm, site, entered_on
    from fresh left join ids on fresh.firm_id is null and ids.name_key = fresh.name_key
    where site is not null and key not in (select key from known)
),
left_for_good as (
    select *, row_number() over (partition by firm order by entered_on, key) as number
    from gone anti join come on come.firm = gone.firm and come.site = gone.site
),
new_there as (
    select *, row_number() over (partition by firm order by entered_on, key) as number
    from come anti join gone on come.firm = gone.firm and come.site = gone.site
)
select left_for_good.key as old_key, new_there.key as new_key, left_for_good.site as site_before, new_there.site
from left_for_good join new_there using (firm, number)
where left_on is null or (new_there.entered_on > left_for_good.entered_on
    and new_there.entered_on <= left_on + interval 24 months)
order by old_key
"""
)

# An intake has no other row to come in its place: its own site is another one.
_SITE_CHANGED = """
select key as old_key, key as new_key, known.site as site_before, fresh.site
from known join fresh using (key) where known.site <> fresh.site order by key
"""


@dataclass(frozen=True)
class Difference:
    """Rows by key: `added`, `changed`, `removed`, `same` count the file's kind.

    `moved` counts the firms among these that change their site; `left` the rows that would have differed and were left
    as they were. `says_nothing` is true where no row, no stated day and no declaration would differ.
    """

    added: int
    changed: int
    removed: int
    same: int
    says_nothing: bool
    moved: int = 0
    left: int = 0


def with_keys(sheet: Sheet, fresh: pa.Table, known: pa.Table, named: pa.Table) -> pa.Table:
    """`fresh` clean rows with a column `key`: the known row's where it speaks of the same stay (intake, site, sector).

    `known` are the rows of the same kind that stand; `named` has (name_key, firm_id) of firms known by other kinds.
    """
    with scratch() as connection:
        numbered = fresh.append_column("i", pa.array(np.arange(len(fresh))))
        connection.register("fresh", numbered)
        connection.register("known", known)
        connection.register("named", named)
        connection.execute(_FOLDED)
        keys = connection.sql(_KEYS[sheet.kind]).to_arrow_table()
    return fresh.append_column("key", keys.column("key").cast(pa.string()))


def difference(sheet: Sheet, before: pa.Table, after: pa.Table, spoken: pa.Table) -> Difference:
    """How the standing rows of a kind go from `before` to `after`; `spoken` are the keys in the file."""
    if not len(before):
        return Difference(len(after), 0, 0, 0, says_nothing=not len(after))
    differs = _differs(sheet)
    told = "b.stated_on is distinct from a.stated_on or b.records_closures is distinct from a.records_closures"
    with scratch() as connection:
        connection.register("b", before)
        connection.register("a", after)
        connection.register("spoken", spoken)
        row = connection.execute(f"""
            select
                count(*) filter (where b.key is null),
                count(*) filter (where b.key is not null and a.key is not null and ({differs})),
                count(*) filter (where a.key is null),
                count(*) filter (
                    where b.key is not null and a.key is not null and not ({differs})
                    and a.key in (select key from spoken)
                ),
                count(*) filter (where b.key is not null and a.key is not null and ({told}))
            from b full outer join a on b.key = a.key
        """).fetchone()
    assert row is not None
    added, changed, removed, same, told_anew = row
    return Difference(added, changed, removed, same, says_nothing=not (added or changed or removed or told_anew))


def differing(sheet: Sheet, before: pa.Table, after: pa.Table) -> pa.Table:
    """The rows that differ: `key`, `why` ("added", "changed", "removed") and `site` (None where the kind has none)."""
    site = "coalesce(a.site, b.site)" if "site" in schema(sheet).names else "null::varchar"
    with scratch() as connection:
        connection.register("b", before)
        connection.register("a", after)
        return connection.sql(f"""
            select coalesce(a.key, b.key) as key, {site} as site,
                case when b.key is null then 'added' when a.key is null then 'removed' else 'changed' end as why
            from b full outer join a on b.key = a.key
            where b.key is null or a.key is null or {_differs(sheet)}
            order by key
        """).to_arrow_table()


def moves(sheet: Sheet, before: pa.Table, after: pa.Table) -> pa.Table:
    """The firms that change their site: `old_key` and `new_key` of their rows, `site_before` and `site`."""
    sql = {"tenants": _MOVES, "cohorts": _SITE_CHANGED}.get(sheet.kind)
    if sql is None or not len(before):
        return pa.table({name: pa.array([], pa.string()) for name in ("old_key", "new_key", "site_before", "site")})
    wanted = ["key", "firm_id", "name_key", "site", "entered_on", "left_on"]
    with scratch() as connection:
        connection.register("fresh", after.select(wanted))
        connection.register("known", before.select(wanted))
        connection.register("named", before.select(["name_key", "firm_id"]))
        return connection.sql(sql).to_arrow_table()


def _differs(sheet: Sheet) -> str:
    said = [name for name in schema(sheet).names if name not in NOT_SAID]
    return " or ".join(f"b.{name} is distinct from a.{name}" for name in said)
