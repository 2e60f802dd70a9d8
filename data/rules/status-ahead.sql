-- The status is dated after the stated day.
select sheet, row, 'status_on' as field, status_on::varchar as value,
    {'firm': firm_name, 'status_on': status_on::varchar, 'stated_on': stated_on::varchar} as details
from said
where told and status_on > stated_on
