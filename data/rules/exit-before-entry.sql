-- The exit that an earlier list gave lies before the entry that stands after this load.
select sheet, row, 'left_on' as field, left_on::varchar as value,
    {'firm': firm_name, 'left_on': left_on::varchar, 'entered_on': entered_on::varchar} as details
from said
where told and left_last < entered_on
