-- One row is one tenant firm's life (see life) with its fate on each anniversary of entry, the first to the tenth, in one number.
-- A day as the number 20200229: the difference of two, in ten thousands, is the whole years between them.
create macro calendar_number(date) as (year(date) * 10000 + month(date) * 100 + day(date))::int;
create macro anniversaries(born, seen) as greatest(0, least(10, (calendar_number(seen) - born) // 10000));

create table aging as
-- Anniversaries of 29 February fall on 1 March.
with born as (
    select *, case when calendar_number(day) % 10000 = 229 then calendar_number(day) + 72 else calendar_number(day) end as born from life
)
select firm_no, site, sector, cohort, day, born, closed_on, closed_by,
    -- The last anniversary it is known to have lived to, and the first ones on which it had merged and had closed; 11 is after the tenth.
    (coalesce(anniversaries(born, alive_on), 0)
        + 12 * (1 + coalesce(anniversaries(born, merged_on - 1), 10))
        + 144 * (1 + coalesce(anniversaries(born, least(closed_on, closed_by) - 1), 10)))::usmallint as ages
from born;
