-- The intake is older than the first site, or far older than the programme's other intakes and nearly empty.
with opening as (select year(min(opened_on)) as first from sites having count(*) = count(opened_on)),
counted as (select cohort, count(*) as rows from said where cohort is not null group by cohort),
intakes as (select intake.*, rows from counted join intake using (cohort) where cohort_year is not null),
others as (
    select programme, min(cohort_year) as first from intakes where rows > 2 group by programme having count(*) >= 3
),
early as (
    select intakes.cohort, coalesce(others.first, opening.first) as first
    from intakes left join opening on true left join others on intakes.programme = others.programme
    where cohort_year < opening.first or (rows <= 2 and cohort_year + 5 < others.first)
)
select a.sheet, a.row, 'cohort' as field, a.cohort as value, {'firm': a.firm_name, 'first': early.first} as details
from early join said as a on a.cohort = early.cohort
where a.told
