-- One identifier bears two names that have no word in common and are not alike.
with bearers as (
    select several.* from several join firms using (firm)
    where one_name <> other_name and several.firm_id is not null and name_key is not null
)
select a.sheet, a.row, 'firm_name' as field, a.firm_name as value,
    {'firm': a.firm_name, 'firm_id': a.firm_id, 'other': min(b.firm_name)} as details
from bearers as a join bearers as b on a.firm = b.firm and a.name_key <> b.name_key
where a.told
group by a.sheet, a.row, a.firm_name, a.firm_id
having bool_and(
    not list_has_any(string_split(a.name_key, ' '), string_split(b.name_key, ' '))
    and jaro_winkler_similarity(replace(a.name_key, ' ', ''), replace(b.name_key, ' ', '')) < 0.7
) and not bool_or(starts_with(a.name_key, b.name_key) or starts_with(b.name_key, a.name_key))
