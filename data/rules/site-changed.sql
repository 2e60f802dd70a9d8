-- The firm is known to have entered another site on the same day, and only one of the two lists names each site.
select new.sheet, new.row, 'site' as field, new.site as value, {'firm': new.firm_name, 'site': min(known.site)} as details
from known join said as new
    on new.firm_id = known.firm_id and new.entered_on = known.entered_on and new.site is distinct from known.site
where $kind = 'tenants' and new.told and new.kind = 'tenants'
    and new.key not in (select hash(key) from known) and known.key not in (select key from fresh)
    -- A stay that goes with a replacement is no second one.
    and known.key in (select key from tenants)
group by new.sheet, new.row, new.site, new.firm_name
