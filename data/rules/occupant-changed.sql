-- Another row counts the firm as another type of occupant.
select several.sheet, several.row, 'occupant_type' as field, null::varchar as value, {'firm': firm_name} as details
from several join firms using (firm)
where several.told and kind = 'tenants' and firms.some_tenant and not firms.all_tenant
