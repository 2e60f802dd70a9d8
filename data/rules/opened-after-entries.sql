-- The list of sites says that a site opened after stays there had begun.
select sites.sheet, sites.row, 'opened_on' as field, sites.opened_on::varchar as value,
    {'site': sites.site, 'opened_on': sites.opened_on::varchar, 'count': count(*), 'first': min(said.entered_on)::varchar} as details
from sites join said on said.site = sites.site and said.kind = 'tenants' and said.entered_last < sites.opened_on
where $kind = 'sites' and sites.receipt = $receipt
group by sites.sheet, sites.row, sites.site, sites.opened_on
