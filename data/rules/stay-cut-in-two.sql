-- The stay begins on the day, or the day after, on which another one of the firm at the site ends.
select a.sheet, a.row, 'entered_on' as field, a.entered_on::varchar as value,
    {'firm': any_value(a.firm_name), 'site': a.site, 'left_on': max(b.left_on)::varchar} as details
from several as a join several as b
    on a.firm = b.firm and a.site = b.site and a.key <> b.key
    and b.left_on between a.entered_on - 1 and a.entered_on and b.entered_on < a.entered_on
where (a.told or b.told) and a.in_file and a.kind = 'tenants' and b.kind = 'tenants'
    and a.entered_last = a.entered_on and b.left_last = b.left_on
group by a.sheet, a.row, a.entered_on, a.site
