"""The names there are to filter by, in an order that later lists hardly change, and the first day there is."""

from __future__ import annotations

from datetime import date

import pandas as pd

from metrics.ask import NONE, Generation

_SITES = """
with known as (select unnest(enum_range(null::site_name))::varchar as name),
opened as (select site as name, min(opened_on) as day from sites group by site),
seen as (select site::varchar as name, min(day) as day from stay group by site)
select known.name from known left join opened using (name) left join seen using (name)
order by coalesce(opened.day, seen.day) nulls last, name
"""
_SECTORS = """
with known as (select unnest(enum_range(null::sector_name))::varchar as name),
counted as (
    select sector::varchar as name, count(*) as firms from presence
    where by_site = coalesce((select bool_and(by_site) from presence), false)
        and day <= $stated_on and (until is null or until > $stated_on) group by sector
)
select known.name from known left join counted using (name) order by coalesce(firms, 0) desc, name
"""
# A year comes before the intakes whose first firm entered in it.
_COHORTS = """
select cohort::varchar as name from life where cohort is not null group by name
order by case when regexp_full_match(name, '[0-9]{4}') then make_date(name::int, 1, 1) else min(day) end, name
"""
_NAMELESS = """
select (select count(*) from stay where site is null) as site,
    count(*) filter (sector is null) as sector, count(*) filter (cohort is null) as cohort
from life
"""
_FIRST = "select min(day) as day from presence"


def names(generation: Generation) -> dict[str, tuple[str, ...]]:
    """Everything to filter by, by dimension: `site`, the oldest first; `sector`, by how many firms it hosts on the
    latest stated day; `cohort`, years and intakes in their order in time. Ties by name; NONE last where something has
    no name.
    """
    stated_on = generation.stated_on
    if stated_on is None:
        return {"site": (), "sector": (), "cohort": ()}
    found = {
        "site": generation.query(_SITES),
        "sector": generation.query(_SECTORS, {"stated_on": stated_on}),
        "cohort": generation.query(_COHORTS),
    }
    nameless = generation.query(_NAMELESS).iloc[0]
    return {
        dimension: (*listed["name"], *([NONE] if nameless[dimension] else [])) for dimension, listed in found.items()
    }


def first_day(generation: Generation) -> date | None:
    """The day of the first entry that the lists know; None without any."""
    day = generation.query(_FIRST)["day"].iloc[0]
    return None if pd.isna(day) else pd.Timestamp(day).date()
