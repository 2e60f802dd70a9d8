-- Over 30 % of the entries of a list of 20 or more fall on 1 January, written to the day.
with entries as (
    select sheet, month(entered_on) = 1 and day(entered_on) = 1 and entered_on = entered_last as heap
    from said where in_file and kind = 'tenants' and entered_on is not null
)
select sheet, null::bigint as row, 'entered_on' as field, null::varchar as value,
    {'share': round(100 * count(*) filter (where heap) / count(*))::int, 'count': count(*) filter (where heap)} as details
from entries
group by sheet having count(*) >= 20 and count(*) filter (where heap) > 0.3 * count(*)
