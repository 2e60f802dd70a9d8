-- Two firms are each named as the other's successor.
with taken as (select firm_id, successor_id, told, sheet, row, firm_name from said where successor_id <> firm_id)
select a.sheet, a.row, 'successor_id' as field, a.successor_id as value, {'firm': any_value(a.firm_name)} as details
from taken as a join taken as b on a.successor_id = b.firm_id and b.successor_id = a.firm_id
where a.told
group by a.sheet, a.row, a.successor_id
