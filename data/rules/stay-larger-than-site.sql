-- One stay lets more than the whole site can.
select said.sheet, said.row, 'area_m2' as field, area_m2::varchar as value,
    {'firm': firm_name, 'site': said.site, 'area': area_m2, 'lettable': sites.lettable_area_m2} as details
from said join sites on said.site = sites.site
where told and kind = 'tenants' and area_m2 > sites.lettable_area_m2 and sites.lettable_area_m2 > 0
