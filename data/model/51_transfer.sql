-- One row is one transfer: the arrival at a site of a firm that was at another one on the day before or within the 24 months before.
create table transfer as
select arrival.firm_id, arrival.site, arrival.sector, arrival.cohort, arrival.day
from (
    select * from presence
    where by_site and (first or again)
        and firm_id in (select firm_id from presence where by_site group by firm_id having count(*) > 1)
) as arrival
asof join (select firm_id, day, until from presence where not by_site) as network
    on arrival.firm_id = network.firm_id and arrival.day > network.day
where network.until is null or network.until + interval 24 months >= arrival.day;
