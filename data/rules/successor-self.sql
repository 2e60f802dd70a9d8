-- The firm is named as its own successor.
select sheet, row, 'successor_id' as field, successor_id as value, {'firm': firm_name} as details
from said
where told and successor_id is not null and (successor_id = firm_id or hash('name:' || lower(successor_id)) = firm)
