-- One row is one tenant firm: what it is, when its activity ended (closed_on, or closed_by where only known by then; merged_on), and its
-- last evidence of life (alive_on).
create temp table firm as
with recursive fact as (
    select firm_no,
        min(entered_on) filter (makes_stay) as entered_on,
        arg_min(sector, line) filter (sector is not null) as sector,
        arg_min(cohort, line) filter (cohort is not null) as cohort,
        arg_max(founded_on, line) filter (founded_on is not null) as founded_on,
        arg_max(successor_no, line) filter (successor_no is not null) as heir,
        max(here_on) as here_on,
        max(strong_on) as strong_on,
        max(weak_on) as weak_on,
        max(recorded_on) as recorded_on,
        sum(approximate)::int as approximate
    from record
    where tenant
    group by firm_no
),
said_ending as (
    select firm_no, ending, ended_on, ended_by, closed_on is not null as own_date, stated_on, line
    from record
    where tenant and ending is not null
    union all
    -- Where life is proven after the exit, a status of closed says no more than that it had happened by its own day.
    select firm_no, ending, null, coalesce(status_on, stated_on), false, stated_on, line
    from record
    where tenant and status = 'closed' and closed_on is null and ended_on is not null
),
-- Of several endings the dated come first, then those in a closing date of their own, then the latest stated; one that evidence of life
-- follows is void.
ending as (
    select said_ending.firm_no, ending, ended_on, ended_by
    from said_ending join fact using (firm_no)
    where fact.heir is null
        and coalesce(case when own_date then fact.here_on else fact.strong_on end <= coalesce(ended_on, ended_by), true)
    qualify row_number() over (
        partition by said_ending.firm_no order by ended_on is null, not own_date, ended_by, stated_on desc, line desc
    ) = 1
),
-- Where only the latest possible day of the end is known, evidence is what lies before it.
before_end as (
    select firm_no,
        max(record.weak_on) filter (record.weak_on < ending.ended_by) as weak_on,
        max(record.recorded_on) filter (record.recorded_on < ending.ended_by) as recorded_on
    from record join ending using (firm_no)
    where tenant and ending.ended_on is null
    group by firm_no
),
own as (
    select fact.* exclude (weak_on, recorded_on),
        case when ending = 'closed' then ended_on end as closed_on,
        case when ending = 'closed' then ended_by end as closed_by,
        case when ending = 'merged' then coalesce(ended_on, ended_by) end as merged_on,
        case
            when ended_on is not null then ended_on
            when ended_by is not null then greatest(strong_on, before_end.weak_on, before_end.recorded_on)
            else greatest(strong_on, fact.weak_on, fact.recorded_on)
        end as alive_on
    from fact left join ending using (firm_no) left join before_end using (firm_no)
),
-- Survival by take-over: the life goes on with the successor's, and its successor's.
heritage as (
    select firm_no, heir from own where heir is not null
    union
    select heritage.firm_no, own.heir from heritage join own on own.firm_no = heritage.heir where own.heir is not null
),
heir as (
    select heritage.firm_no,
        max(own.alive_on) as alive_on,
        max(own.closed_on) as closed_on,
        max(own.closed_by) as closed_by,
        max(own.merged_on) as merged_on
    from heritage join own on own.firm_no = heritage.heir
    group by heritage.firm_no
)
select own.firm_no, own.entered_on, own.sector, own.cohort, own.founded_on, own.approximate,
    coalesce(own.closed_on, case when heir.closed_on >= own.strong_on then heir.closed_on end) as closed_on,
    coalesce(own.closed_by, case when heir.closed_by >= own.strong_on then heir.closed_by end) as closed_by,
    coalesce(own.merged_on, case when heir.merged_on >= own.strong_on then heir.merged_on end) as merged_on,
    greatest(own.alive_on, heir.alive_on) as alive_on
from own left join heir using (firm_no)
where own.entered_on is not null;

-- The names of sites, sectors and cohorts are short lists: numbers inside, words outside.
create type site_name as enum (
    select name from (select site as name from record union select site from sites) where name is not null order by name
);
create type sector_name as enum (
    select name from (select sector as name from record union select sector from sectors) where name is not null order by name
);
create type cohort_name as enum (
    select name from (select cohort as name from firm union select year(entered_on)::varchar from firm) where name is not null order by name
);
