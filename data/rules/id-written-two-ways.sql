-- The identifier differs from a known one only in leading zeros, blanks or signs.
with plain as (
    -- Only where an identifier is no plain number can a sign stand in it.
    select firm_id, told, coalesce(try_cast(firm_id as ubigint), case when regexp_matches(firm_id, '[ ./_-]')
        then try_cast(translate(firm_id, ' -./_', '') as ubigint) end) as number
    from said where length(firm_id) between 6 and 18
),
twice as (
    select number, min(firm_id) as least, max(firm_id) as greatest from plain
    where number >= 10000
    group by number having least <> greatest and bool_or(told)
)
select said.sheet, said.row, 'firm_id' as field, said.firm_id as value,
    {'firm': firm_name, 'other': case when said.firm_id = least then greatest else least end} as details
from (select distinct firm_id, least, greatest from twice join plain using (number)) as named join said using (firm_id)
where said.told
