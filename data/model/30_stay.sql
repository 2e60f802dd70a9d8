-- One row is one stay of an occupant at a site, from day to the day before until; no stay outlasts the firm.
create table stay as
select record.firm_no,
    record.site::site_name as site,
    coalesce(firm.sector, record.sector)::sector_name as sector,
    case when tenant then coalesce(firm.cohort, year(firm.entered_on)::varchar) end::cohort_name as cohort,
    record.entered_on as day,
    -- Where one list moved the entry behind the exit that another gave, the stay has no day.
    greatest(least(record.until, firm.closed_on, firm.closed_by, firm.merged_on),
        case when record.until < record.entered_on then record.entered_on end) as until,
    tenant,
    coalesce(firm.closed_on, firm.closed_by) as gone_on,
    -- The last day on which the stay is known to have gone on.
    greatest(record.entered_on, case when listed then record.stated_on else least(record.until, record.stated_on) end) as seen_on,
    record.area_m2, record.headcount, record.stated_on, record.receipt, record.sheet, record.row
from record left join firm on tenant and record.firm_no = firm.firm_no
where makes_stay and record.entered_on is not null
    and coalesce(record.entered_on <= least(firm.closed_on, firm.closed_by, firm.merged_on), true);
