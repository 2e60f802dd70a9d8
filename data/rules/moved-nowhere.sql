-- The row says that the firm moved and is hosted, and no later stay elsewhere is known.
select a.sheet, a.row, 'exit_reason' as field, a.exit_reason as value,
    {'firm': a.firm_name, 'left_on': a.left_on::varchar} as details
from said as a
where a.told and a.kind = 'tenants' and a.exit_reason = 'moved' and a.status = 'hosted'
    and a.left_last < coalesce(a.status_on, a.stated_on)
    and not exists (
        select 1 from several as s
        where s.firm = a.firm and s.kind = 'tenants' and s.entered_on > a.entered_on
            and coalesce(s.until > coalesce(a.status_on, a.stated_on), true)
    )
