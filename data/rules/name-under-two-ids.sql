-- Another list knows the firm's name under another identifier, at another site or on another day.
select a.sheet, a.row, 'firm_id' as field, a.firm_id as value,
    {'firm': a.firm_name, 'other': min(b.firm_id)} as details
from homonym as a join homonym as b on a.name_key = b.name_key and a.firm_id <> b.firm_id
where a.told and not b.in_file
group by a.sheet, a.row, a.firm_id, a.firm_name
-- The same site on the same day is same-name-other-id.
having not bool_or(coalesce(a.kind = 'tenants' and b.kind = 'tenants' and a.site = b.site and a.entered_on = b.entered_on, false))
