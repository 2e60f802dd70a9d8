-- One row is one exit: the first day after a presence that no other follows within 24 months.
create view departure as select firm_no, site, sector, cohort, until as day, by_site from presence where exit;
create macro departure_in(chosen) as table
    select firm_no, site, sector, cohort, until as day, by_site from presence_in(chosen) where exit;
