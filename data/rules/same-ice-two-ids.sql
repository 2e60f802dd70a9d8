-- Two identifiers carry one ICE in a column kept as a note, or one identifier is the other's ICE.
with numbered as (
    select ice, firm_id, told, sheet, row, firm_name from said where length(ice) = 15 and firm_id is not null
    union all
    select firm_id, firm_id, told, sheet, row, firm_name from said where firm_id in (select ice from said where length(ice) = 15)
),
twice as (
    select ice, min(firm_id) as least, max(firm_id) as greatest from numbered group by ice having least <> greatest
)
select distinct sheet, row, 'firm_id' as field, firm_id as value,
    {'firm': firm_name, 'ice': ice, 'other': case when firm_id = least then greatest else least end} as details
from numbered join twice using (ice)
where told
