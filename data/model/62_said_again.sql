-- One row is what one list says of a stay or an intake of which several lists speak; what only one list says stands in tenants or cohorts.
create table said_again as
select 'tenants' as kind, * from tenants_again
union all by name
select 'cohorts' as kind, * from cohorts_again;
