-- A follow-up says hosted, and every stay of the firm that is known was over by then.
select a.sheet, a.row, 'status' as field, a.status as value,
    {'firm': a.firm_name, 'until': firms.until::varchar} as details
from several as a join firms using (firm)
where a.told and a.kind = 'cohorts' and a.status = 'hosted' and firms.until < coalesce(a.status_on, a.stated_on)
