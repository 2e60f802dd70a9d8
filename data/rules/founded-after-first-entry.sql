-- The founding lies over two years after the firm's first entry, which another row gives.
select a.sheet, a.row, 'founded_on' as field, a.founded_on::varchar as value,
    {'firm': a.firm_name, 'founded_on': a.founded_on::varchar, 'entered_on': firms.entered_on::varchar} as details
from several as a join firms using (firm)
where a.told and a.founded_on > firms.entered_on + interval 2 years
    -- Where the row gives the entry itself, the row alone says what is wrong.
    and coalesce(a.founded_on <= a.entered_last, true)
