-- A list shows the firm present after the day on which it is said to have closed.
with here as (
    select * from said
    where kind = 'tenants' and entered_on <= stated_on and coalesce(left_on > stated_on, true) and exit_reason is null
        and coalesce(status = 'hosted', true)
)
select s.sheet, s.row, 'left_on' as field, s.left_on::varchar as value,
    {'firm': s.firm_name, 'site': s.site, 'stated_on': s.stated_on::varchar, 'closed_on': min(c.closed_on)::varchar} as details
from here as s join closing as c on s.firm = c.firm and c.closed_last < s.stated_on and s.entered_on <= c.closed_last
    -- A row that gives a closing and no exit closes the stay, unless it says hosted.
    and (s.key <> c.key or s.kind <> c.kind or s.status = 'hosted')
where s.told
group by s.sheet, s.row, s.left_on, s.firm_name, s.site, s.stated_on
union all
select c.sheet, c.row, c.field, c.closed_on::varchar,
    {'firm': c.firm_name, 'site': min(s.site), 'stated_on': max(s.stated_on)::varchar, 'closed_on': c.closed_on::varchar}
from closing as c join here as s on s.firm = c.firm and c.closed_last < s.stated_on and s.entered_on <= c.closed_last
where c.told and not s.told
group by c.sheet, c.row, c.field, c.closed_on, c.firm_name
