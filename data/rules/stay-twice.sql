-- A firm of nearly the same name entered the same site on the same day: one stay, perhaps, under two spellings.
with named as (
    select told, sheet, row, firm, firm_name, name_key, entered_on, length(name_key) as size,
        -- A stay that had ended is no double of one that goes on.
        hash(site, entered_on, left_on, left(name_key, 3)) as place
    from said
    where kind = 'tenants' and length(name_key) > 4
),
-- The numbers in a name are no spelling: only what agrees in them is compared.
numbered as (
    select *, hash(place, regexp_replace(name_key, '\D', '', 'g')) as block
    from named semi join (select place from named group by place having count(*) > 1 and bool_or(told)) using (place)
),
full_block as (select block from numbered group by block having count(*) between 2 and 100 and bool_or(told)),
stays as (select numbered.* from numbered semi join full_block using (block))
select a.sheet, a.row, 'firm_name' as field, a.firm_name as value,
    {'firm': a.firm_name, 'like': min(b.firm_name), 'entered_on': a.entered_on::varchar} as details
from stays as a join stays as b on a.block = b.block
where a.told and a.firm <> b.firm and a.name_key <> b.name_key and abs(a.size - b.size) <= 2
    and levenshtein(a.name_key, b.name_key) <= case when a.size < 8 then 1 else 2 end
group by a.sheet, a.row, a.firm_name, a.entered_on
