-- One row is one transfer: the arrival at a site of a firm that was at another one on the day before or within the 24 months before.
create table transfer as
select arrival.firm_no, arrival.site, arrival.sector, arrival.cohort, arrival.day
from (
    select * from presence
    where by_site and (first or again)
        and firm_no in (select firm_no from presence where by_site group by firm_no having count(*) > 1)
) as arrival
asof join (select firm_no, day, until from presence where not by_site) as network
    on arrival.firm_no = network.firm_no and arrival.day > network.day
where network.until is null or network.until + interval 24 months >= arrival.day;
