-- The row says hosted, its exit lies before, and the firm has no other stay that goes on.
select a.sheet, a.row, 'status' as field, a.status as value,
    {'firm': a.firm_name, 'left_on': a.left_on::varchar} as details
from said as a
where a.told and a.kind = 'tenants' and a.status = 'hosted' and a.exit_reason is distinct from 'moved'
    and a.left_last < coalesce(a.status_on, a.stated_on)
    and not exists (
        select 1 from several as s
        where s.firm = a.firm and s.kind = 'tenants'
            and s.entered_on <= coalesce(a.status_on, a.stated_on) and coalesce(s.until > coalesce(a.status_on, a.stated_on), true)
    )
