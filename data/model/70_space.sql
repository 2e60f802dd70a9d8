-- One row is something let at a site (a stay, whoever the occupant), or what the site can let (lettable, from its opening on).
create table space as
with listed as (
    select site::site_name as site, max(lettable_area_m2) > 0 as has_area, max(lettable_units) > 0 as has_units
    from sites where site is not null group by site
),
told as (select site, count(area_m2) > 0 as area_known from stay group by site),
-- Area is the measure where the list of sites gives the site's and some stay there gives its own.
measured as (
    select listed.site, case when has_area and area_known then 'area' when has_units then 'units' end as measure
    from listed left join told on listed.site = told.site
),
let_or_lettable as (
    select firm_no, site, sector, cohort, day, until, area_m2, 1 as units, false as lettable from stay
    union all by name
    select null as firm_no, site::site_name as site, null as sector, null as cohort, coalesce(opened_on, date '1900-01-01') as day,
        null as until, lettable_area_m2 as area_m2, lettable_units as units, true as lettable
    from sites
    where site is not null
)
select let_or_lettable.*, measure,
    -- What is let, and what can be let, in the site's measure.
    -- Decimals, since the sum of floats depends on the order in which threads come to it.
    case when not lettable then case measure when 'area' then area_m2::decimal(18, 3) when 'units' then units end end as let,
    case when lettable then case measure when 'area' then area_m2::decimal(18, 3) when 'units' then units end end as whole
from let_or_lettable left join measured on let_or_lettable.site = measured.site;

drop table record;
drop table firm;
