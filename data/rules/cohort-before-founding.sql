-- The intake lies over two years before the firm was founded.
select a.sheet, a.row, 'cohort' as field, a.cohort as value,
    {'firm': a.firm_name, 'founded_on': coalesce(a.founded_on, firms.founded_on)::varchar} as details
from said as a left join firms using (firm)
where a.told and a.cohort_year + 2 < year(coalesce(a.founded_on, firms.founded_on))
