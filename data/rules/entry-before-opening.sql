-- The stay begins before its site opened.
select said.sheet, said.row, 'entered_on' as field, said.entered_on::varchar as value,
    {'firm': firm_name, 'site': said.site, 'entered_on': said.entered_on::varchar, 'opened_on': sites.opened_on::varchar} as details
from said join sites on said.site = sites.site
where told and kind = 'tenants' and entered_last < sites.opened_on
