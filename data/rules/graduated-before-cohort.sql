-- The programme was completed before the intake began, or before the firm came.
select sheet, row, 'graduated_on' as field, graduated_on::varchar as value,
    {'firm': firm_name, 'graduated_on': graduated_on::varchar,
        'began': case when graduated_last < entered_on then entered_on::varchar else cohort end} as details
from said
where told and (graduated_last < entered_on or year(graduated_last) < cohort_year)
