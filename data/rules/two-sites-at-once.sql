-- The stay overlaps with one at another site that this file does not name.
select a.sheet, a.row, 'entered_on' as field, a.entered_on::varchar as value,
    {'firm': a.firm_name, 'site': min(b.site), 'since': min(b.entered_on)::varchar} as details
from several as a join several as b
    on a.firm = b.firm and a.site <> b.site and a.entered_on <> b.entered_on
    and a.entered_last < coalesce(b.until, date '9999-12-31') and b.entered_last < coalesce(a.until, date '9999-12-31')
where a.told and not b.in_file and a.kind = 'tenants' and b.kind = 'tenants' and a.tenant and b.tenant
group by a.sheet, a.row, a.entered_on, a.firm_name
