-- The firm has merged, and neither a successor nor any day says when or into whom.
with traced as (
    select distinct firm from said where successor_id is not null or ((status = 'merged' or exit_reason = 'merged')
        and coalesce(left_on, closed_on, status_on) is not null)
)
select sheet, row, case when status = 'merged' then 'status' else 'exit_reason' end as field, 'merged' as value,
    {'firm': firm_name} as details
from said
where told and (status = 'merged' or exit_reason = 'merged') and firm not in (from traced)
