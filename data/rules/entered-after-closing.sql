-- The stay begins after the day on which the firm is said to have closed.
select s.sheet, s.row, 'entered_on' as field, s.entered_on::varchar as value,
    {'firm': s.firm_name, 'entered_on': s.entered_on::varchar, 'closed_on': min(c.closed_on)::varchar} as details
from said as s join closing as c on s.firm = c.firm and s.entered_on > c.closed_last
where s.told and s.kind = 'tenants'
group by s.sheet, s.row, s.entered_on, s.firm_name
union all
select c.sheet, c.row, c.field, c.closed_on::varchar,
    {'firm': c.firm_name, 'entered_on': max(s.entered_on)::varchar, 'closed_on': c.closed_on::varchar}
from closing as c join said as s on s.firm = c.firm and s.entered_on > c.closed_last
where c.told and not s.told and s.kind = 'tenants'
group by c.sheet, c.row, c.field, c.closed_on, c.firm_name
