-- The intake lies after the year that follows the stated day.
select sheet, row, 'cohort' as field, cohort as value,
    {'firm': firm_name, 'stated_on': stated_on::varchar} as details
from said
where told and cohort_year > year(stated_on) + 1
