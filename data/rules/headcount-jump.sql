-- The headcount is ten times, or a tenth of, what was known of the same stay or intake.
select said.sheet, said.row, 'headcount' as field, said.headcount::varchar as value,
    {'firm': said.firm_name, 'before': known.headcount} as details
from said join known on said.key = hash(known.key)
where said.told and said.kind = $kind and known.headcount is not null and greatest(said.headcount, known.headcount) >= 20
    and greatest(said.headcount, known.headcount) >= 10 * least(said.headcount, known.headcount)
