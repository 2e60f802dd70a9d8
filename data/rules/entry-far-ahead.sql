-- The entry lies more than a year after the stated day.
select sheet, row, 'entered_on' as field, entered_on::varchar as value,
    {'firm': firm_name, 'entered_on': entered_on::varchar, 'stated_on': stated_on::varchar} as details
from said
where told and entered_on > stated_on + interval 1 year
