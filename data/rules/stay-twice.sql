-- A firm of nearly the same name entered the same site on the same day: one stay, perhaps, under two spellings.
with named as (
    select told, sheet, row, firm, firm_name, name_key, entered_on, left_on, length(name_key) as size,
        hash(site, entered_on, left(name_key, 3)) as block
    from said
    where kind = 'tenants' and length(name_key) > 4
),
full_block as (select block from named group by block having count(*) between 2 and 100 and bool_or(told)),
stays as (select named.* from named semi join full_block using (block))
select a.sheet, a.row, 'firm_name' as field, a.firm_name as value,
    {'firm': a.firm_name, 'like': min(b.firm_name), 'entered_on': a.entered_on::varchar} as details
from stays as a join stays as b on a.block = b.block
where a.told and a.firm <> b.firm and a.name_key <> b.name_key and abs(a.size - b.size) <= 2
    and levenshtein(a.name_key, b.name_key) <= case when a.size < 8 then 1 else 2 end
    and regexp_replace(a.name_key, '\D', '', 'g') = regexp_replace(b.name_key, '\D', '', 'g')
    -- A stay that had ended is no double of one that goes on.
    and a.left_on is not distinct from b.left_on
group by a.sheet, a.row, a.firm_name, a.entered_on
