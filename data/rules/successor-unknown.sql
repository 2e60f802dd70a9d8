-- No list knows the firm that is said to have taken the activity over.
select sheet, row, 'successor_id' as field, successor_id as value, {'firm': firm_name} as details
from said
where told and successor_id is not null
    and successor_id not in (select firm_id from said where firm_id in (select successor_id from said where successor_id is not null))
