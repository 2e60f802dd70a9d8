-- One row is one presence: stays of a firm that touch or overlap, at one site (by_site) or anywhere in the network (not by_site).
create macro presence_among(tenants_only, split, chosen) as table
with placed as (
    select firm_no, case when split then site end as site, sector, cohort, day, until, gone_on, seen_on
    from stay
    where tenant = tenants_only and (chosen is null or list_contains(chosen, site::varchar))
),
tallied as (
    select firm_no, site, min(sector) as sector, min(cohort) as cohort, count(*) as stays, min(day) as day,
        case when bool_and(until is not null) then max(until) end as until, max(gone_on) as gone_on, max(seen_on) as seen_on
    from placed
    group by firm_no, site
),
-- Only firms with several stays at one place need their stays compared.
several as (
    select placed.firm_no, placed.site, placed.day, placed.until
    from placed semi join (select firm_no, site from tallied where stays > 1) as many
        on placed.firm_no = many.firm_no and placed.site is not distinct from many.site
),
reached as (
    select *, coalesce(day > max(coalesce(until, 'infinity'::date)) over (
        partition by firm_no, site order by day, until nulls last rows between unbounded preceding and 1 preceding
    ), true) as starts
    from several
),
numbered as (
    select *, sum(starts::int) over (partition by firm_no, site order by day, until nulls last rows unbounded preceding) as number
    from reached
),
merged as (
    select firm_no, site, number, min(day) as day, case when bool_and(until is not null) then max(until) end as until
    from numbered
    group by firm_no, site, number
),
in_turn as (
    select *, lag(until) over one as until_before, lead(day) over one as day_after
    from merged
    window one as (partition by firm_no, site order by number)
)
select firm_no, site, sector, cohort, day, until, split as by_site, true as first, false as again, until is not null as exit,
    gone_on, until as left_on, seen_on
from tallied
where stays = 1
union all
select in_turn.firm_no, in_turn.site, sector, cohort, in_turn.day, in_turn.until, split, number = 1,
    -- A pause of up to 24 months is the same presence for entries and exits (the reactivation rule of business demography).
    number > 1 and in_turn.day > until_before + interval 24 months,
    in_turn.until is not null and coalesce(day_after > in_turn.until + interval 24 months, true),
    gone_on, tallied.until, seen_on
from in_turn join tallied on in_turn.firm_no = tallied.firm_no and in_turn.site is not distinct from tallied.site;

create table presence as
from presence_among(true, false, null)
union all
from presence_among(true, true, null);

create table other_presence as
from presence_among(false, false, null)
union all
from presence_among(false, true, null);

-- The same where several sites are taken together as one place.
create macro presence_in(chosen) as table from presence_among(true, false, chosen);
create macro other_presence_in(chosen) as table from presence_among(false, false, chosen);
