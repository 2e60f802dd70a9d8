-- The exit lies more than ten years after the stated day.
select sheet, row, 'left_on' as field, left_on::varchar as value,
    {'firm': firm_name, 'left_on': left_on::varchar, 'stated_on': stated_on::varchar} as details
from said
where told and left_on > stated_on + interval 10 years
