-- Another list counts the firm in another sector.
with sectors as (
    select several.* from several join firms using (firm)
    where one_sector <> other_sector and sector is not null
)
select a.sheet, a.row, 'sector' as field, a.sector as value,
    {'firm': any_value(a.firm_name), 'other': min(b.sector)} as details
from sectors as a join sectors as b on a.firm = b.firm and a.sector <> b.sector
where a.told
group by a.sheet, a.row, a.sector
