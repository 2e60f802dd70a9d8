-- A consent is withdrawn for a solution, or by a firm, of which none is known.
select sheet, row, case when solution is null then 'firm_name' else 'solution' end as field, coalesce(solution, firm_name, firm_id) as value,
    {'firm': coalesce(firm_name, firm_id)} as details
from fresh
where (consent = 'withdrawn' or withdrawn_on is not null) and consent_on is null
    and key not in (select key from known)
    and (solution is not null or not exists (
        select 1 from known where known.firm_id = fresh.firm_id or known.name_key = fresh.name_key
    ))
