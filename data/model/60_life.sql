-- One row is one tenant firm's life from its network entry (day), at the site of that entry, with its fate on the fifth anniversary
-- (29 February becomes 1 March) and on 1 January of the fifth calendar year after entry.
create macro fate_on(anniversary, closed_on, closed_by, merged_on, alive_on) as case
    when closed_on <= anniversary or closed_by <= anniversary then 'closed'
    when merged_on <= anniversary then 'merged'
    when alive_on >= anniversary then 'alive'
    else 'unknown'
end::enum ('alive', 'closed', 'merged', 'unknown');

create table life as
with entry as (
    select firm_no, arg_min(site, (day, coalesce(until, 'infinity'::date), site)) as site, min(day) as day from stay where tenant group by firm_no
),
lived as (
    select entry.firm_no, entry.site, firm.sector::sector_name as sector,
        coalesce(firm.cohort, year(firm.entered_on)::varchar)::cohort_name as cohort,
        entry.day, firm.founded_on, presence.left_on, presence.seen_on, firm.closed_on, firm.closed_by, firm.merged_on,
        -- The last day of life known: the closing itself where it is dated.
        coalesce(firm.closed_on, greatest(firm.alive_on, entry.day)) as alive_on,
        case
            when month(entry.day) = 2 and day(entry.day) = 29 then make_date(year(entry.day) + 5, 3, 1)
            else (entry.day + interval 5 years)::date
        end as anniversary,
        make_date(year(entry.day) + 5, 1, 1) as calendar_anniversary,
        firm.approximate
    from entry join firm using (firm_no) join presence on presence.firm_no = entry.firm_no and not presence.by_site and presence.first
)
select *,
    fate_on(anniversary, closed_on, closed_by, merged_on, alive_on) as fate,
    fate_on(calendar_anniversary, closed_on, closed_by, merged_on, alive_on) as calendar_fate
from lived;
