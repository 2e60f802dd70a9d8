-- The list has a column of exits, shows the firm without one, and an earlier list says that it had left before.
select fresh.sheet, fresh.row, 'left_on' as field, null::varchar as value,
    {'firm': coalesce(fresh.firm_name, fresh.firm_id), 'left_on': known.left_on::varchar} as details
from known join fresh using (key)
where $kind = 'tenants' and $says_exits and known.left_on < $stated_on and known.stated_on < $stated_on
    and fresh.left_on is null and fresh.exit_reason is null and coalesce(fresh.status = 'hosted', true)
