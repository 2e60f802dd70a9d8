"""From a number to the cells behind it: the firms that a figure counts, and the row of a list that says so of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from data.ledger import Receipt
from data.original import columns_of
from metrics.ask import Generation, NothingLoaded, Scope, Unknown, bound, find, question, within
from metrics.metric import NONE, PERIODS, Metric
from metrics.period import bounds

MOST = 5_000
# The entry and the exit of each row of a metric's table, where it has them.
_DAYS = {
    "presence": ("day", "until"),
    "other_presence": ("day", "until"),
    "departure": ("null::date", "day"),
    "transfer": ("day", "null::date"),
    "life": ("day", "left_on"),
    "aging": ("day", "null::date"),
    "space": ("case when firm_no is not null then day end", "until"),
}
_LIVES = ("life", "aging")
# What is meant, what a row of a list says of it, from the plainest to the vaguest, and the field in which it says it.
# `c` is what is counted, `s` the row of a list; `here` that the row is about the same site.
_HERE = "(c.site is null or s.site = c.site)"
_OVER = "s.status in ('alumni', 'closed', 'merged')"
_RULES: tuple[tuple[str, str, str], ...] = (
    ("area", f"s.kind <> 'sites' and s.area_m2 is not null and s.entered_on = c.entered_on and {_HERE}", "area_m2"),
    ("area", "s.kind = 'sites' and s.lettable_area_m2 is not null", "lettable_area_m2"),
    ("area", "s.kind = 'sites' and s.lettable_units is not null", "lettable_units"),
    ("area", "s.kind = 'sites'", "site"),
    ("there", f"s.entered_on = c.entered_on and coalesce(s.left_on > c.d, true) and {_HERE}", "entered_on"),
    ("there", f"s.entered_on <= c.d and coalesce(s.left_on > c.d, true) and {_HERE}", "entered_on"),
    ("exit", f"s.left_on = c.left_on and {_HERE}", "left_on"),
    ("exit", "s.left_on = c.left_on", "left_on"),
    ("exit", "s.closed_on = c.left_on", "closed_on"),
    ("exit", f"s.status_on = c.left_on and {_OVER}", "status_on"),
    ("exit", "s.graduated_on = c.left_on", "graduated_on"),
    ("exit", f"s.stated_on = c.left_on and {_OVER}", "status"),
    ("exit", "s.stated_on = c.left_on and s.exit_reason is not null", "exit_reason"),
    ("closing", "s.closed_on = c.gone_on", "closed_on"),
    ("closing", "s.left_on = c.gone_on and s.exit_reason in ('closed', 'merged')", "left_on"),
    ("closing", "s.left_on = c.gone_on and s.status = 'closed'", "left_on"),
    ("closing", "s.status_on = c.gone_on and s.status = 'closed'", "status_on"),
    ("closing", "s.stated_on = c.gone_on and s.status = 'closed'", "status"),
    ("closing", "s.stated_on = c.gone_on and s.exit_reason = 'closed'", "exit_reason"),
    ("closing", "s.status = 'closed'", "status"),
    ("closing", "s.exit_reason = 'closed'", "exit_reason"),
    ("closing", "s.successor_id is not null", "successor_id"),
    ("merging", "s.status = 'merged'", "status"),
    ("merging", "s.exit_reason = 'merged'", "exit_reason"),
    ("merging", "s.successor_id is not null", "successor_id"),
    ("alive", "s.status_on = c.alive_on and s.status is not null", "status_on"),
    ("alive", "s.closed_on = c.alive_on", "closed_on"),
    ("alive", "s.stated_on = c.alive_on and s.status is not null", "status"),
    ("alive", "s.left_on = c.alive_on", "left_on"),
    ("alive", "s.graduated_on = c.alive_on", "graduated_on"),
    ("alive", "s.stated_on = c.alive_on and s.left_on is null", "entered_on"),
    ("approximate", "s.founded_on_precision <> 'day'", "founded_on"),
    ("approximate", "s.entered_on_precision <> 'day'", "entered_on"),
    ("approximate", "s.left_on_precision <> 'day'", "left_on"),
    ("approximate", "s.closed_on_precision <> 'day'", "closed_on"),
    # Whatever is meant: the row that brought the firm.
    ("", f"s.entered_on = c.entered_on and {_HERE}", "entered_on"),
    ("", "s.entered_on = c.entered_on", "entered_on"),
    ("", "s.entered_on is not null", "entered_on"),
    ("", "s.status is not null", "status"),
    ("", "s.firm_name is not null", "firm_name"),
)
_RANK = "\n        ".join(
    f"when {f'c.means = {means!r} and ' if means else ''}{says} then {place}"
    for place, (means, says, _) in enumerate(_RULES, 1)
)
_FIELDS = ", ".join(repr(name) for _, _, name in _RULES)
# What is chosen, followed back to the row of a list that says it best; of several the latest stated.
_FOLLOWED = f"""
known as (
    select chosen.* replace (
            coalesce(chosen.left_on, life.left_on) as left_on,
            case when means <> 'fate' then means
                when coalesce(life.closed_on, life.closed_by) <= $as_of then 'closing'
                when life.merged_on <= $as_of then 'merging'
                else 'alive' end as means
        ),
        coalesce(life.closed_on, life.closed_by) as gone_on, life.alive_on,
        coalesce(chosen.firm_no, -1 - enum_code(chosen.in_site)) as whose
    from chosen left join life using (firm_no)
),
its as (
    select firm_no as whose, * exclude (firm_no) from said where firm_no in (select firm_no from known)
    union all by name
    select -1 - enum_code(site::site_name) as whose, 'sites' as kind, false as again, * from sites
    where exists (select 1 from known where firm_no is null) and site is not null
),
row_said as (select * from its where again or (kind, key) not in (select (kind, key) from its where again)),
ranked as (
    select c.*, s.* exclude (whose, site, sector, cohort, entered_on, left_on, closed_on), s.site as site_said,
        s.entered_on as entered_said, s.left_on as left_said,
        case
        {_RANK}
        end as rank
    from known as c left join row_said as s on s.whose = c.whose
    qualify row_number() over (
        partition by place order by rank nulls last, s.stated_on desc nulls last,
            s.entered_on is not distinct from c.entered_on desc, s.receipt desc, s.sheet, s.row desc
    ) = 1
),
identified as (
    select firm_no, min(firm_id) as firm_id from identity where firm_no in (select firm_no from known) group by firm_no
)
select size.*, place, identified.firm_id, firm_name, coalesce(ranked.site, site_said) as site, sector, cohort,
    coalesce(entered_on, entered_said) as entered_on,
    case when coalesce(left_on, left_said) <= $as_of then coalesce(left_on, left_said) end as left_on,
    case when gone_on <= $as_of then gone_on end as closed_on, least(alive_on, $as_of::date) as alive_on, weight,
    kind, file, sheet, row, receipt, stated_on, [{_FIELDS}][rank] as field
from size left join ranked on true left join identified on ranked.firm_no = identified.firm_no
order by place
"""


@dataclass(frozen=True)
class Behind:
    """What stands behind one figure.

    `counts` says how many rows each list of the metric has; `rows` are those of one of them, at most as many as asked
    for: firm_id, firm_name, site, sector, cohort, entered_on, left_on, closed_on, alive_on, weight (missing where each
    counts once), and where it is said: kind, file, sheet, row, cell ("" where the field has no column), field, receipt,
    stated_on, by, accepted_on (the day as ISO text). Days are dates, what is missing is None.
    """

    metric: Metric
    part: str
    counts: Mapping[str, int]
    rows: pd.DataFrame


# As many columns as rows have, and none of them.
NO_ROWS = pd.DataFrame(
    {
        name: np.empty(0, dtype=object)
        for name in (
            *("firm_id", "firm_name", "site", "sector", "cohort", "entered_on", "left_on", "closed_on", "alive_on"),
            *("weight", "kind", "file", "sheet", "row", "receipt", "stated_on", "field", "cell", "by", "accepted_on"),
        )
    }
)


def narrowed(scope: Scope, metric: Metric, group: Mapping[str, str | None]) -> Scope:
    """The scope of one group of an answer: that of its names, and for a period its days, or its last for a level."""
    for name, value in group.items():
        if name in PERIODS:
            first, last = bounds(str(value))
            end = min(scope.end or last, last)
            start = scope.start if metric.stock else max(scope.start or first, first)
            scope = replace(scope, start=start, end=end)
        else:
            names: dict[str, Any] = {f"{name}s": (NONE if value is None else value,)}
            scope = replace(scope, **names)
    return scope


def behind(
    generation: Generation,
    name: str,
    scope: Scope | None = None,
    part: str | None = None,
    age: int | None = None,
    limit: int = MOST,
    each_site: bool = False,
) -> Behind:
    """The firms behind the figure of a metric for a scope (see `narrowed` for one group of it), in one statement.

    `part` is one of the metric's lists, by default the first; `age` the age in years where its condition names one.
    With `each_site` they are those of all sites, each counted by itself: a firm may be there once for each of several.
    Newest first. Raises Unknown for names nothing bears and for a metric that cannot be cut that way, NothingLoaded.
    """
    metric, scope = find(name), scope or Scope()
    part = part or next(iter(metric.behind))
    if part not in metric.behind:
        raise Unknown("list", part, metric.behind)
    for dimension in scope.filters:
        if dimension not in metric.dimensions:
            raise Unknown("dimension", dimension, metric.dimensions)
    as_of = scope.as_of or generation.stated_on
    if as_of is None:
        raise NothingLoaded
    scope = within(generation, scope)
    before, where, values = question(metric, scope, as_of, ("site",) if each_site else ())
    among = metric.behind[part]
    marks = "".join(f", {sql} as {mark}" for mark, sql in metric.marks.items())
    lists = "".join(f", {one.where} as in_{place}" for place, one in enumerate(metric.behind.values()))
    sizes = ", ".join(f"count(*) filter (in_{place}) as size_{place}" for place in range(len(metric.behind)))
    entered, left = _DAYS[metric.over]
    gone_by = "coalesce(d, $as_of)::date" if metric.stock else "$as_of::date"
    statement = f"""{before},
held as (select *{marks} from asked{where}),
marked as (select *{lists} from held),
size as (select {sizes} from marked),
chosen as (
    select row_number() over (order by day desc, firm_no) as place, firm_no, site as in_site, site::varchar as site,
        sector::varchar as sector, {"null" if metric.over == "space" else "cohort::varchar"} as cohort,
        {entered} as entered_on, {left} as left_on, {gone_by} as d, '{among.means}' as means,
        {among.weight or "null"}::double as weight
    from marked where in_{list(metric.behind).index(part)}
    order by place limit $limit
),{_FOLLOWED}"""
    values |= {"as_of": as_of, "limit": limit, "age": age}
    table = generation.query(statement, bound(statement, values))
    counts = {name: int(table[f"size_{place}"].iloc[0]) for place, name in enumerate(metric.behind)}
    rows = table[table["place"].notna()].drop(columns=[*(f"size_{place}" for place in range(len(counts))), "place"])
    return Behind(metric, part, counts, placed(_plain(rows), getattr(generation, "receipts", ())))


def placed(rows: pd.DataFrame, receipts: Sequence[Receipt]) -> pd.DataFrame:
    """Rows said (receipt, sheet, row, field) with the cell that says it, who brought the file and when it was taken."""
    bodies = {receipt.number: receipt.body for receipt in receipts}
    said = [bodies.get(number, {}) for number in rows["receipt"]]
    letters = [
        columns_of(body, sheet, row).get(name)
        for body, sheet, row, name in zip(said, rows["sheet"], rows["row"], rows["field"], strict=True)
    ]
    cells = [f"{letter}{row}" if letter else "" for letter, row in zip(letters, rows["row"], strict=True)]
    told: dict[str, Sequence[Any]] = {
        "cell": cells,
        "by": [body.get("by") for body in said],
        "accepted_on": [str(body.get("accepted_at", ""))[:10] or None for body in said],
    }
    return rows.assign(**{name: pd.Series(items, rows.index, dtype=object) for name, items in told.items()})


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Days as dates, whole numbers as such, None for whatever is missing."""
    return pd.DataFrame({name: _objects(rows[name]) for name in rows.columns}, dtype=object)


def _objects(column: pd.Series) -> np.ndarray[Any, Any]:
    """A column's items as Python has them."""
    items = np.empty(len(column), dtype=object)
    if pd.api.types.is_datetime64_any_dtype(column):
        items[:] = [None if pd.isna(day) else day.date() for day in column]
    elif column.name in ("row", "receipt"):
        items[:] = [None if pd.isna(number) else int(number) for number in column]
    else:
        items[:] = [None if one is None or one != one else one for one in column.tolist()]
    return items
