-- Two stays of this file show the firm twice at one site at one time.
with stays as (
    select sheet, row, key, firm, firm_name, site, entered_on, left_on from several where in_file and kind = 'tenants' and firm_id is not null
)
select later.sheet, later.row, 'entered_on' as field, later.entered_on::varchar as value,
    {'firm': later.firm_name, 'other': min(earlier.row)} as details
from stays as later join stays as earlier
    on later.firm = earlier.firm and later.site = earlier.site and later.key <> earlier.key
    and (earlier.entered_on, earlier.row) < (later.entered_on, later.row)
    and later.entered_on < coalesce(earlier.left_on, date '9999-12-31')
group by later.sheet, later.row, later.entered_on, later.firm_name
