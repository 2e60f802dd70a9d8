-- A firm of the same name entered the same site on the same day under another identifier.
select a.sheet, a.row, 'firm_id' as field, a.firm_id as value,
    {'firm': a.firm_name, 'other': min(b.firm_id)} as details
from homonym as a join homonym as b
    on a.name_key = b.name_key and a.firm_id <> b.firm_id and a.site = b.site and a.entered_on = b.entered_on
where a.told and a.kind = 'tenants' and b.kind = 'tenants'
group by a.sheet, a.row, a.firm_id, a.firm_name
