-- A firm consents to be listed that no list of tenants or cohorts knows.
select sheet, row, case when firm_name is null then 'firm_id' else 'firm_name' end as field, coalesce(firm_name, firm_id) as value,
    {'firm': coalesce(firm_name, firm_id)} as details
from fresh
where consent is distinct from 'withdrawn' and consent_on is not null
    and not exists (
        select 1 from (
            select firm_id, name_key from tenants union all select firm_id, name_key from cohorts
        ) as listed
        where listed.firm_id = fresh.firm_id or listed.name_key = fresh.name_key
    )
