-- One row is one thing that lists say of a firm (a stay, an intake), with what each of the lists that say it proves about the firm's life.
create temp table record as
with rows_said as (
    select 'tenants' as kind, false as again, key, firm_id, name_key, occupant_type, site, sector, cohort, founded_on, entered_on, left_on, exit_reason,
        status, status_on, closed_on, graduated_on, successor_id, area_m2, headcount, records_closures, stated_on, receipt, sheet, row,
        founded_on_precision, entered_on_precision, left_on_precision, closed_on_precision
    from joined_tenants
    union all by name
    select 'tenants' as kind, true as again, * exclude (firm_name, subsector, monthly_rent, women_led, legal_form, ice, file,
        status_on_precision, graduated_on_precision)
    from joined_tenants_again
    union all by name
    select 'cohorts' as kind, true as again, * exclude (firm_name, subsector, monthly_rent, women_led, legal_form, ice, file,
        status_on_precision, graduated_on_precision)
    from joined_cohorts_again
    union all by name
    select 'cohorts' as kind, false as again, key, firm_id, name_key, occupant_type, site, sector, cohort, founded_on, entered_on, left_on, exit_reason,
        status, status_on, closed_on, graduated_on, successor_id, area_m2, headcount, records_closures, stated_on, receipt, sheet, row,
        founded_on_precision, entered_on_precision, left_on_precision, closed_on_precision
    from joined_cohorts
),
identified as (
    select rows_said.* exclude (firm_id, successor_id, name_key), identity.firm_no, nullif(heir.firm_no, identity.firm_no) as successor_no,
        coalesce(occupant_type, 'tenant') = 'tenant' as tenant
    from rows_said
    left join named on rows_said.firm_id is null and rows_said.name_key = named.name_key
    left join identity on identity.firm_id = coalesce(rows_said.firm_id, named.firm_id, 'name:' || rows_said.name_key)
    left join identity as heir on heir.firm_id = rows_said.successor_id
),
-- A successor that was there before is no take-over: the firm was absorbed.
older as (
    select firm_no, min(entered_on) as since
    from identified
    where firm_no in (select successor_no from identified where successor_no is not null)
    group by firm_no
),
heired as (
    select identified.* replace (
            case when (exit_reason = 'merged' or status = 'merged') and older.since < coalesce(left_on, closed_on, status_on, stated_on)
                then null else successor_no end as successor_no
        )
    from identified left join older on identified.successor_no = older.firm_no
),
-- A stay without an exit date is over by the latest day it can have ended, where the row says that it is over.
judged as (
    select *,
        coalesce(left_on, case
            when entered_on > stated_on then null
            when exit_reason is not null or status in ('alumni', 'closed', 'merged') or closed_on <= stated_on
                or (kind = 'cohorts' and graduated_on <= stated_on and status is distinct from 'hosted')
            then greatest(entered_on, coalesce(least(graduated_on, closed_on), status_on, stated_on))
        end) as until,
        case
            when successor_no is not null then null
            when exit_reason = 'merged' or status = 'merged' then 'merged'
            when exit_reason = 'closed' or status = 'closed' or closed_on is not null then 'closed'
        end as ending,
        coalesce(closed_on, case
            when exit_reason in ('closed', 'merged') or status = 'closed' then left_on
        end) as ended_on,
        kind = 'tenants' or firm_no not in (select firm_no from identified where kind = 'tenants' and firm_no is not null) as makes_stay
    from heired
),
dated as (
    select *,
        case when ending is not null and ended_on is null then coalesce(status_on, stated_on) end as ended_by,
        makes_stay and entered_on <= stated_on and coalesce(until > stated_on, true) and (ending is null or coalesce(ended_on > stated_on, false))
            as listed
    from judged
),
witnessed as (
    select *,
        -- Evidence of life here, strong enough to undo any closure before it.
        greatest(
            entered_on,
            case when listed then stated_on end,
            case
                when status = 'hosted' and status_on is not null and coalesce(closed_on > status_on, true) then status_on
                when status = 'hosted' and status_on is null and ending is null then stated_on
            end
        ) as here_on,
        -- Evidence of life elsewhere: it undoes a closure that is only read off an exit, not one with a date of its own.
        case when status = 'alumni' and coalesce(closed_on > status_on, true) then status_on end as elsewhere_on,
        greatest(left_on, graduated_on, case when successor_no is not null then ended_on end) as weak_on,
        -- In a register that records closures, whoever is not closed in it was active on its stated day, the untraced apart.
        case when records_closures and status is distinct from 'unknown' and (ending is null or coalesce(ended_on, ended_by) > stated_on)
            then stated_on end as recorded_on
    from dated
),
-- No row speaks of days after its own; `least` alone would take a missing day for the stated one.
timely as (
    select * replace (
        case when here_on is not null then least(here_on, stated_on) end as here_on,
        case when weak_on is not null then least(weak_on, stated_on) end as weak_on
    ),
    greatest(
        case when here_on is not null then least(here_on, stated_on) end,
        case when elsewhere_on is not null then least(elsewhere_on, stated_on) end
    ) as strong_on
    from witnessed
),
-- Where several lists say the same thing, each proves what it says on its own day, and the first to say that it is over counts.
proof as (
    select kind, key, max(here_on) as here_on, max(strong_on) as strong_on, max(weak_on) as weak_on, max(recorded_on) as recorded_on,
        list(until) filter (left_on is null and until is not null) as overs, max(stated_on) filter (listed) as listed_on,
        list(ended_by) filter (ended_by is not null) as ends
    from timely
    where again
    group by kind, key
)
select timely.* exclude (again, key, elsewhere_on, founded_on_precision, entered_on_precision, left_on_precision, closed_on_precision,
        occupant_type)
    replace (
        case when proof.key is null then timely.here_on else proof.here_on end as here_on,
        case when proof.key is null then timely.strong_on else proof.strong_on end as strong_on,
        case when proof.key is null then timely.weak_on else proof.weak_on end as weak_on,
        case when proof.key is null then timely.recorded_on else proof.recorded_on end as recorded_on,
        case when left_on is null and until is not null
            then coalesce(list_min(list_filter(overs, lambda day: coalesce(day > listed_on, true))), until) else until end as until,
        case when ended_by is not null
            then coalesce(list_min(list_filter(ends, lambda day: coalesce(day >= proof.strong_on, true))), ended_by) end as ended_by
    ),
    -- Reading order in one number: by entry (none last), then by what was stated later, then by place.
    ((((coalesce(entered_on - date '1000-01-01', 1000000)::hugeint * 1048576 + (coalesce(stated_on, date '1000-01-01') - date '1000-01-01'))
        * 2 + (timely.kind = 'cohorts')::int) * 16777216 + receipt) * 65536 + hash(sheet) % 65536) * 4294967296 + row as line,
    (coalesce(founded_on_precision, 'day') <> 'day')::int + (coalesce(entered_on_precision, 'day') <> 'day')::int
        + (coalesce(left_on_precision, 'day') <> 'day')::int + (coalesce(closed_on_precision, 'day') <> 'day')::int as approximate
from timely left join proof on timely.kind = proof.kind and timely.key = proof.key
where not again;
