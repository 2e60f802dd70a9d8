"""Which firms there are, and one firm's history: stays, events, and what each list said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from data.cells import name_key
from metrics.ask import NONE, Generation, NothingLoaded, Scope, Unknown, within
from metrics.metric import Numbers

STATES = ("hosted", "alumni", "closed", "merged", "other")
EVENTS = ("founded", "entered", "left", "graduated", "taken_over", "merged", "closed", "closed_by", "alive")
_WORDS = 8

_SAID = """
with said as (
    select firm_id, firm_name, name_key, stated_on from tenants
    union all select firm_id, firm_name, name_key, stated_on from cohorts
    union all select firm_id, firm_name, name_key, stated_on from said_again
),
"""
_FOUND = """
hit as (
    select firm_id, name_key,
        case
            when lower(firm_id) = $text or name_key = $key then 0
            when starts_with(name_key, $key) then 1
            when contains(name_key, ' ' || $key) then 2
            else 3
        end as rank
    from said where {matches}
),
named as (
    select name_key, min(firm_id) as firm_id from said
    where firm_id is not null and name_key in (select name_key from hit where firm_id is null)
    group by name_key having min(firm_id) = max(firm_id)
),
known as (
    select coalesce(hit.firm_id, named.firm_id, 'name:' || hit.name_key) as firm_id, rank, hit.name_key as name
    from hit left join named on hit.firm_id is null and hit.name_key = named.name_key
),
-- One who was said to be another firm is found, and shown as that.
firm as (
    select coalesce(same.into_id, firm_id) as firm_id, min(rank) as rank, min(name) as name
    from known left join same using (firm_id) group by all
)
select firm_id, count(*) over () as found
from firm semi join (select firm_id from identity semi join (from stay where {scoped}) using (firm_no)) using (firm_id)
order by rank, name nulls last, firm_id limit $limit
"""
# A firm without an identifier is known by its name.
_NAMES = """
known as (
    select coalesce(firm_id, 'name:' || name_key) as firm_id, firm_name, stated_on from said where firm_name is not null
),
naming as (
    select coalesce(same.into_id, firm_id) as firm_id, firm_name, stated_on
    from known left join same using (firm_id)
)
select firm_id, firm_name as name, max(stated_on) as stated_on from naming where firm_id in (select unnest($ids))
group by all order by stated_on desc, name
"""
_FIRMS = """
with meant as (
    select firm_no, firm_id, place
    from (select unnest($ids) as firm_id, unnest(range(len($ids))) as place) join identity using (firm_id)
),
there as (
    select firm_no, bool_or(tenant) as tenant, list(site::varchar order by day) as sites, min(day) as entered_on,
        bool_or(coalesce(until > $as_of, true)) as hosted, max(until) as left_on,
        any_value(sector) as sector, any_value(cohort) as cohort
    from (
        select *, max(tenant) over (partition by firm_no) as as_tenant
        from stay semi join meant using (firm_no) where day <= $as_of
    )
    where tenant = as_tenant
    group by firm_no
)
select meant.firm_id, sites, coalesce(life.sector, there.sector)::varchar as sector, there.cohort::varchar as cohort,
    entered_on, case when not hosted then there.left_on end as left_on,
    case
        when not there.tenant then 'other'
        when hosted then 'hosted'
        when coalesce(closed_on, closed_by) <= $as_of then 'closed'
        when merged_on <= $as_of then 'merged'
        else 'alumni'
    end as state
from meant join there using (firm_no) left join life on life.firm_no = meant.firm_no and there.tenant
order by place
"""
# The row that merges what several lists say of one thing is no source itself.
_SOURCES = """
with its as (select * from said where firm_no = (select firm_no from identity where firm_id = $id))
select * exclude (again, key, name_key, ice, records_closures, firm_no) from its
where again or (kind, key) not in (select (kind, key) from its where again)
order by stated_on, receipt, sheet, row
"""
_STAYS = """
with every as (
    select receipt, sheet, row, firm_id, site, entered_on, left_on, exit_reason, entered_on_precision, left_on_precision
    from tenants
    union all
    select receipt, sheet, row, firm_id, site, entered_on, left_on, exit_reason, entered_on_precision, left_on_precision
    from cohorts
),
row_said as (
    select * from every
    where firm_id is null or firm_id = $id or firm_id in (select firm_id from same where into_id = $id)
)
select stay.site::varchar as site, day as entered_on, case when until <= $as_of then until end as left_on,
    coalesce(until > $as_of, true) as open, least(seen_on, $as_of) as seen_on,
    coalesce(row_said.left_on = until and until <= $as_of, false) as dated,
    entered_on_precision, case when until <= $as_of then left_on_precision end as left_on_precision,
    case when until <= $as_of then exit_reason end as exit_reason, area_m2, headcount, tenant
from stay left join row_said
    on stay.receipt = row_said.receipt and stay.sheet = row_said.sheet and stay.row = row_said.row
    and stay.day = row_said.entered_on and stay.site::varchar is not distinct from row_said.site
where stay.firm_no = (select firm_no from identity where firm_id = $id) and day <= $as_of
order by day, until nulls last, site
"""
_LIFE = """
select founded_on, closed_on, closed_by, merged_on, alive_on
from life where firm_no = (select firm_no from identity where firm_id = $id)
"""


@dataclass(frozen=True)
class History:
    """One firm, as of a day.

    `names` are all that lists give it, the latest first. `stays`: site, entered_on, left_on (missing while `open`),
    `dated` (a list gives the exit's day), seen_on (the last day known of it), precisions, exit_reason, area_m2,
    headcount, tenant. `events`: day, event (of EVENTS), site, precision, detail (an exit's reason, a graduation's
    cohort, who took over). `sources`: kind, file, sheet, row, stated_on, receipt, and what that row says; one per row
    of a list.
    """

    firm_id: str
    name: str
    names: tuple[str, ...]
    sector: str | None
    cohort: str | None
    state: str
    entered_on: date
    left_on: date | None
    stays: pd.DataFrame
    events: pd.DataFrame
    sources: pd.DataFrame


def search(generation: Generation, scope: Scope, text: str = "", limit: int = 50) -> pd.DataFrame:
    """The firms of the scope whose name or identifier holds every word of `text`, whatever its case and accents.

    Columns: firm_id, name, names (all of them), sites (in turn), sector, cohort, entered_on, left_on, state (of STATES,
    on the scope's day; "other" are banks, desks and service providers). The best match first, then by name; `attrs`
    holds `found`, how many there are beyond `limit`. The scope's window does not count. Raises Unknown, NothingLoaded.
    """
    as_of = scope.as_of or generation.stated_on
    if as_of is None:
        raise NothingLoaded
    scope = within(generation, scope)
    key = name_key(text) if text.strip() else ""
    words = key.split()[:_WORDS]
    values: dict[str, Any] = {"text": text.strip().lower(), "key": key, "limit": limit, "as_of": as_of}
    values |= {f"word_{place}": word for place, word in enumerate(words)}
    by_name = " and ".join(f"contains(name_key, $word_{place})" for place in range(len(words)))
    by_name = by_name or ("false" if text.strip() else "true")
    scoped = ["day <= $as_of"]
    for dimension, names in scope.filters.items():
        scoped.append(f"coalesce({dimension}::varchar, '{NONE}') in (select unnest(${dimension}))")
        values[dimension] = list(names)
    matches = f"({by_name}) or contains(lower(firm_id), $text)"
    found = generation.query(_SAID + _FOUND.format(matches=matches, scoped=" and ".join(scoped)), values)
    table = _described(generation, found["firm_id"].tolist(), as_of)
    table.attrs = {"found": int(found["found"].iloc[0]) if len(found) else 0, "as_of": as_of}
    return table


def history(generation: Generation, firm_id: str, as_of: date | None = None) -> History:
    """What became of one firm up to `as_of` (by default the latest stated day); raises Unknown, NothingLoaded."""
    as_of = as_of or generation.stated_on
    if as_of is None:
        raise NothingLoaded
    # One who was said to be another firm has that firm's history.
    under = generation.query("select into_id from same where firm_id = $id", {"id": firm_id})["into_id"].tolist()
    firm_id = under[0] if under else firm_id
    described = _described(generation, [firm_id], as_of)
    if described.empty:
        raise Unknown("firm", firm_id, ())
    firm = described.iloc[0]
    sources = _dated(generation.query(_SOURCES, {"id": firm_id}))
    stays = _dated(generation.query(_STAYS, {"id": firm_id, "as_of": as_of}))
    lives = _dated(generation.query(_LIFE, {"id": firm_id})).to_dict("records")
    return History(
        firm_id,
        firm["name"],
        firm["names"],
        firm["sector"],
        firm["cohort"],
        firm["state"],
        firm["entered_on"],
        firm["left_on"],
        stays,
        _events(stays, lives[0] if lives else {}, sources, as_of),
        sources,
    )


def _described(generation: Generation, ids: list[str], as_of: date) -> pd.DataFrame:
    """What `search` says of these firms, as far as they were there by `as_of`."""
    table = _dated(generation.query(_FIRMS, {"ids": ids, "as_of": as_of}))
    naming = generation.query(_SAID + _NAMES, {"ids": ids})
    borne: dict[str, list[str]] = {}
    for firm_id, name in zip(naming["firm_id"], naming["name"], strict=True):
        borne.setdefault(firm_id, []).append(name)
    names = [tuple(dict.fromkeys(borne.get(firm_id, [firm_id]))) for firm_id in table["firm_id"]]
    table.insert(1, "name", [its[0] for its in names])
    table.insert(2, "names", _objects(names))
    table["sites"] = _objects([tuple(dict.fromkeys(site for site in its if site)) for its in table["sites"]])
    return table


def _events(stays: pd.DataFrame, life: dict[Any, Any], sources: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What happened up to `as_of`, in the order of time and, on one day, of EVENTS."""
    said = sources.to_dict("records")

    def precision(field: str, day: date | None) -> str | None:
        told = [row[f"{field}_precision"] for row in said if row[field] == day and row[f"{field}_precision"]]
        return told[-1] if told else None

    rows: list[tuple[date | None, str, str | None, str | None, str | None]] = []
    for stay in stays.to_dict("records"):
        rows.append((stay["entered_on"], "entered", stay["site"], None, stay["entered_on_precision"]))
        rows.append((stay["left_on"], "left", stay["site"], stay["exit_reason"], stay["left_on_precision"]))
    for row in said:
        rows.append((row["graduated_on"], "graduated", None, row["cohort"], row["graduated_on_precision"]))
        if row["successor_id"]:
            day = row["left_on"] or row["closed_on"] or row["status_on"] or row["stated_on"]
            rows.append((day, "taken_over", None, row["successor_id"], None))
    founded, closed, alive = life.get("founded_on"), life.get("closed_on"), life.get("alive_on")
    rows.append((founded, "founded", None, None, precision("founded_on", founded)))
    rows.append((closed, "closed", None, None, precision("closed_on", closed)))
    rows.append((life.get("closed_by"), "closed_by", None, None, None))
    rows.append((life.get("merged_on"), "merged", None, None, None))
    if alive and not (closed and closed <= as_of):
        # Evidence from later days proves life on this one.
        rows.append((min(alive, as_of), "alive", None, None, None))
    kept = {row for row in rows if row[0] and row[0] <= as_of}
    ordered = sorted(kept, key=lambda row: (row[0], EVENTS.index(row[1]), [str(told) for told in row[2:]]))
    return pd.DataFrame(ordered, columns=["day", "event", "site", "detail", "precision"], dtype=object)


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    """The table with days as dates, and None for whatever is missing."""
    return pd.DataFrame({name: _objects(map(_plain, table[name])) for name in table.columns}, dtype=object)


def _plain(item: Any) -> Any:
    if isinstance(item, np.ndarray):
        return item.tolist()
    if item is None or pd.isna(item):
        return None
    return item.date() if isinstance(item, pd.Timestamp) else item


def _objects(items: Iterable[Any]) -> Numbers:
    listed = list(items)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column
