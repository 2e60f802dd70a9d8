-- A status of hosted or alumni is dated after the day on which the firm is said to have closed.
select a.sheet, a.row, 'status' as field, a.status as value,
    {'firm': a.firm_name, 'status_on': a.status_on::varchar, 'closed_on': min(c.closed_on)::varchar} as details
from said as a join closing as c on a.firm = c.firm and c.closed_last < a.status_on
where a.told and a.status in ('hosted', 'alumni')
group by a.sheet, a.row, a.status, a.firm_name, a.status_on
union all
select c.sheet, c.row, c.field, c.closed_on::varchar,
    {'firm': c.firm_name, 'status_on': max(a.status_on)::varchar, 'closed_on': c.closed_on::varchar}
from closing as c join said as a on a.firm = c.firm and c.closed_last < a.status_on
where c.told and not a.told and a.status in ('hosted', 'alumni')
group by c.sheet, c.row, c.field, c.closed_on, c.firm_name
