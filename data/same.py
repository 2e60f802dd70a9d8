"""Which firms a person has said to be one, and how the rows of such firms are brought together for the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import duckdb
import pyarrow as pa

from data.ledger import Receipt

SAME, APART = "same", "apart"

Pair = frozenset[str]


def decided(receipts: Iterable[Receipt]) -> dict[Pair, Receipt]:
    """The last standing word on each pair of firms: a receipt of the action `same` or `apart`.

    `receipts` are those that stand, oldest first. The body of a decision has `firms` (the two), `into` (for `same`: the
    identifier under which they go on), `by` and `reason`.
    """
    return {frozenset(r.body["firms"]): r for r in receipts if r.action in (SAME, APART)}


def into(receipts: Iterable[Receipt]) -> dict[str, str]:
    """Each firm that is another one → that one; what the last decision on their group names, or else has."""
    joined = [r for r in decided(receipts).values() if r.action == SAME]
    group: dict[str, list[str]] = {}
    named: dict[str, str] = {}
    for receipt in sorted(joined, key=lambda r: r.number):
        members = [one for firm in receipt.body["firms"] for one in group.get(firm, [firm])]
        members = list(dict.fromkeys(members))
        # Where the firm to go on under was taken out of the group since, another one takes its place.
        target = receipt.body["into"] if receipt.body["into"] in members else min(members, key=_rank)
        for one in members:
            group[one] = members
            named[one] = target
    return {one: target for one, target in named.items() if one != target}


def kept(a: str, b: str) -> str:
    """Of two firm identifiers the one to go on under: an ICE, then any identifier, then a name; then the first."""
    return min(a, b, key=_rank)


def _rank(one: str) -> tuple[bool, bool, str]:
    return not (one.isdecimal() and len(one) == 15), one.startswith("name:"), one


def joined_with(receipts: Iterable[Receipt], firm: str) -> set[str]:
    """All firms that are one with this one, itself among them."""
    target = into(receipts)
    head = target.get(firm, firm)
    return {firm, head} | {one for one, other in target.items() if other == head}


# Rows of joined firms under the one identifier. Two lists that show them at one site at one time speak of one stay; an
# open end reaches to the day the list was stated. Where one of the firms has two such rows itself, nothing is brought
# together but the identifier.
_OWN = """
create temp table own as
with rows as (
    select 'tenants' as kind, key, firm_id, name_key, site as place, entered_on, left_on, stated_on from tenants
    union all
    select 'cohorts', key, firm_id, name_key, cohort, null, null, stated_on from cohorts
),
named as (
    select name_key, min(firm_id) as firm_id from rows
    where firm_id is not null and name_key is not null
    group by name_key having min(firm_id) = max(firm_id)
),
identified as (
    select rows.* replace (coalesce(rows.firm_id, named.firm_id, 'name:' || rows.name_key) as firm_id)
    from rows left join named on rows.firm_id is null and rows.name_key = named.name_key
),
mine as (
    select kind, key, identified.firm_id, coalesce(same.into_id, identified.firm_id) as into_id, place, entered_on,
        coalesce(left_on, greatest(entered_on, stated_on) + 1) as until
    from identified left join same using (firm_id)
    where same.into_id is not null or identified.firm_id in (select into_id from same)
),
reached as (
    select *, coalesce(kind = 'tenants' and entered_on >= max(until) over (
        partition by kind, into_id, place order by entered_on, key rows between unbounded preceding and 1 preceding
    ), false) as starts
    from mine
),
numbered as (
    select *, sum(starts::int) over (
        partition by kind, into_id, place order by entered_on, key rows unbounded preceding
    ) as island
    from reached
),
counted as (
    select *, min(key) over island as first_key, count(*) over island as rows,
        max(count_of_firm) over island as most
    from (select *, count(*) over (partition by kind, into_id, place, island, firm_id) as count_of_firm from numbered)
    window island as (partition by kind, into_id, place, island)
)
select kind, key, into_id, case when rows > 1 and most = 1 then first_key else key end as joined_key from counted
"""


def join(
    connection: duckdb.DuckDBPyConnection, same: dict[str, str], merged: Callable[[str], str], planned: str
) -> None:
    """Makes `joined_<kind>` and `joined_<kind>_again`, which the model counts, from `<kind>` and `<kind>_again`.

    `same` is what `into` gives; the table `same` (firm_id, into_id) keeps it. `merged` gives for each field the
    aggregate that says what several rows of one stay say in turn, `planned` the condition on a row that its exit was
    only planned.
    """
    connection.execute("create table same (firm_id varchar, into_id varchar)")
    if not same:
        for name in ("tenants", "tenants_again", "cohorts", "cohorts_again"):
            connection.execute(f"create temp view joined_{name} as from {name}")
        return
    pairs: Sequence[tuple[str, str]] = sorted(same.items())
    table = pa.table({"firm_id": [one for one, _ in pairs], "into_id": [other for _, other in pairs]})
    connection.register("pairs", table)
    connection.execute("insert into same from pairs order by firm_id")
    connection.unregister("pairs")
    connection.execute(_OWN)
    for kind in ("tenants", "cohorts"):
        _join(connection, kind, merged, planned)
    connection.execute("drop table own")


def _join(connection: duckdb.DuckDBPyConnection, kind: str, merged: Callable[[str], str], planned: str) -> None:
    columns = [name for name, *_ in connection.execute(f"describe {kind}").fetchall() if name != "key"]
    # Each row under its joined key: what several lists said of a key stays several rows.
    renamed = (
        "rows.* replace (coalesce(own.joined_key, rows.key) as key, coalesce(own.into_id, rows.firm_id) as firm_id)"
    )
    mine = f"left join (from own where kind = '{kind}') as own on rows.key = own.key"
    connection.execute(f"""
        create temp table joined_{kind}_again as
        with often as (
            select joined_key from own where kind = '{kind}' group by joined_key having count(*) > 1
        ),
        every as (
            select {renamed} from {kind}_again as rows {mine}
            union all by name
            select {renamed} from {kind} as rows {mine}
            where own.joined_key in (from often) and rows.key not in (select key from {kind}_again)
        )
        select every.* replace (coalesce(same.into_id, successor_id) as successor_id)
        from every left join same on successor_id = same.firm_id
    """)
    connection.execute(f"""
        create temp table joined_{kind} as
        with often as (select joined_key from own where kind = '{kind}' group by joined_key having count(*) > 1),
        turns as (
            select *, {planned} as planned
            from (
                select *, row_number() over (order by stated_on, receipt, row) as turn
                from joined_{kind}_again where key in (from often)
            )
        ),
        once as (
            select {renamed} from {kind} as rows {mine} where coalesce(own.joined_key not in (from often), true)
            union all by name
            select key, {", ".join(f"{merged(name)} as {name}" for name in columns)} from turns group by key
        )
        select once.* replace (coalesce(same.into_id, successor_id) as successor_id)
        from once left join same on successor_id = same.firm_id
    """)
