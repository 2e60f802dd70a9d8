-- One row is one row of a list as it stands there, with the number of the firm it speaks of: here, and nowhere else, is what is reported
-- followed back to what was said. Where several lists speak of one thing, `again` marks what each of them says.
create view said as
with every as (
    select 'tenants' as kind, false as again, * from tenants
    union all by name
    select 'cohorts' as kind, false as again, * from cohorts
    union all by name
    select true as again, * from said_again
)
select identity.firm_no, every.*
from every
left join named on every.firm_id is null and every.name_key = named.name_key
-- One who was said to be another firm speaks of that.
left join same on same.firm_id = coalesce(every.firm_id, named.firm_id, 'name:' || every.name_key)
join identity on identity.firm_id = coalesce(same.into_id, every.firm_id, named.firm_id, 'name:' || every.name_key);
