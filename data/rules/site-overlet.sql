-- The stay brings what is let at a site over what the site can let; named is the first day on which that is so.
with stays as (
    select said.site, entered_on, until, area_m2 as area
    from said join sites on said.site = sites.site
    -- A stay that is too large by itself is said by itself.
    where kind = 'tenants' and area_m2 > 0 and area_m2 <= lettable_area_m2 and coalesce(until > entered_on, true)
),
days as (
    select site, day, sum(change) as change from (
        select site, entered_on as day, area as change from stays
        union all
        select site, until, -area from stays where until is not null
    ) group by all
),
let as (select site, day, change, sum(change) over (partition by site order by day) as area from days),
over as (
    select let.site, min(day) as day, arg_min(area, day) as area, any_value(lettable_area_m2) as lettable
    -- Sums of fractions are not exact: what is over by less than a square metre is not over.
    from let join sites on let.site = sites.site and lettable_area_m2 > 0 and let.area >= lettable_area_m2 + 1
    where let.change > 0
    group by let.site
)
select said.sheet, said.row, 'area_m2' as field, area_m2::varchar as value,
    {'firm': firm_name, 'site': said.site, 'day': over.day::varchar, 'area': over.area, 'lettable': over.lettable} as details
from over join said on said.site = over.site and said.entered_on = over.day
where told and kind = 'tenants' and area_m2 > 0
