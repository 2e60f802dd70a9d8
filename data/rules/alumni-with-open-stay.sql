-- The firm is said to be alumni by a day after which a list still shows it present.
select a.sheet, a.row, 'status' as field, a.status as value,
    {'firm': a.firm_name, 'day': coalesce(a.status_on, a.stated_on)::varchar, 'site': min(s.site)} as details
from several as a join several as s
    on a.firm = s.firm and (a.key <> s.key or a.kind <> s.kind)
    and s.until is null and s.entered_last < coalesce(a.status_on, a.stated_on) and s.stated_on >= coalesce(a.status_on, a.stated_on)
where (a.told or s.told) and a.in_file and a.status = 'alumni' and s.kind = 'tenants' and s.tenant
group by a.sheet, a.row, a.status, a.firm_name, a.status_on, a.stated_on
