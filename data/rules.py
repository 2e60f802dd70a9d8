"""The rules between rows, of one list and of several: each a query in data/rules/ that returns the rows breaking it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from data.problem import Problem, Wrong, declare
from data.sheet import schema
from data.sheets import SHEETS

FOLDER = Path(__file__).parent / "rules"


@dataclass(frozen=True)
class Rule:
    """One rule: the code of its Wrong is the name of its file, whose first line says in words what breaks it."""

    code: str
    says: str
    sql: str

    @staticmethod
    def read(path: Path) -> Rule:
        first, _, sql = path.read_text(encoding="utf-8").partition("\n")
        return Rule(path.stem, first.removeprefix("-- "), sql)


RULES: tuple[Rule, ...] = tuple(Rule.read(path) for path in sorted(FOLDER.glob("*.sql")))
# What is asked of a list of solutions, beside the lists of firms.
OF_SOLUTIONS: tuple[Rule, ...] = tuple(Rule.read(path) for path in sorted((FOLDER / "solutions").glob("*.sql")))

# What a row says of a stay or an intake: where none of this changed, the load did not bring what is wrong.
_JUDGED = (
    "firm_id, name_key, occupant_type, site, sector, cohort, founded_on, entered_on, left_on, exit_reason, status, "
    "status_on, closed_on, graduated_on, successor_id, area_m2, headcount"
)

# The relations that the rules share. `said` is every row that will stand: `told` where this load brings or changes it,
# `in_file` where this load speaks it. A date known to the month or year has its last possible day beside it (`_last`),
# so that only what no day can mend breaks a rule; `until` is the day by which a stay is over. `firm` and `key` are
# hashes of what they name, which compare much faster. `several` are the rows of firms with more than one that this load
# speaks of, `firms` those firms, `homonym` the rows whose name stands under several identifiers, `closing` those that
# say when a firm closed.
_SHARED = """
create or replace temp macro last_of(day, precision) as
    case precision when 'month' then last_day(day) when 'year' then make_date(year(day), 12, 31) else day end;

create or replace temp table intake as
select cohort, try_cast(nullif(regexp_extract(cohort, '(?:19|20)[0-9][0-9]'), '') as int) as cohort_year,
    trim(regexp_replace(cohort, '[0-9]+', '', 'g')) as programme
from (select cohort from tenants where cohort is not null union select cohort from cohorts where cohort is not null);

create or replace temp table named as
with nameless as (
    select name_key from tenants where firm_id is null union select name_key from cohorts where firm_id is null
)
select name_key, min(firm_id) as firm_id
from (select name_key, firm_id from tenants union all select name_key, firm_id from cohorts)
where firm_id is not null and name_key in (from nameless)
group by name_key having min(firm_id) = max(firm_id);

create or replace temp table said as
with rows as (
    select 'tenants' as kind, * from tenants union all by name select 'cohorts' as kind, * from cohorts
)
select kind, hash(key) as key, receipt = $receipt as in_file,
    receipt = $receipt and key not in (from unchanged) as told,
    hash(coalesce(rows.firm_id, named.firm_id, 'name:' || rows.name_key)) as firm,
    rows.firm_id, coalesce(firm_name, rows.firm_id) as firm_name, rows.name_key,
    occupant_type, coalesce(occupant_type, 'tenant') = 'tenant' as tenant, site, sector,
    rows.cohort, cohort_year, founded_on,
    entered_on, last_of(entered_on, entered_on_precision) as entered_last,
    left_on, last_of(left_on, left_on_precision) as left_last, exit_reason,
    status, status_on, closed_on, last_of(closed_on, closed_on_precision) as closed_last,
    graduated_on, last_of(graduated_on, graduated_on_precision) as graduated_last,
    successor_id, area_m2, headcount, stated_on,
    ice,
    coalesce(left_on, closed_on, case
        when exit_reason is not null or status in ('alumni', 'closed', 'merged') then coalesce(status_on, stated_on)
    end) as until,
    sheet, row
from rows left join named on rows.firm_id is null and rows.name_key = named.name_key
    left join intake on rows.cohort = intake.cohort;

create or replace temp table several as
select said.* exclude (ice, occupant_type, cohort, cohort_year, closed_on, closed_last, graduated_on, graduated_last,
    exit_reason, successor_id, area_m2, headcount)
from said semi join (select firm from said group by firm having count(*) > 1 and bool_or(told)) using (firm);

create or replace temp table firms as
select firm, min(name_key) as one_name, max(name_key) as other_name,
    min(sector) as one_sector, max(sector) as other_sector, max(founded_on) as founded_on,
    bool_or(tenant) filter (kind = 'tenants') as some_tenant, bool_and(tenant) filter (kind = 'tenants') as all_tenant,
    min(entered_last) filter (kind = 'tenants') as entered_on,
    max(coalesce(until, date '9999-12-31')) filter (kind = 'tenants') as until
from several group by firm;

create or replace temp table homonym as
select said.* from said semi join (
    select name_key from said where firm_id is not null and name_key is not null
    group by name_key having min(firm_id) <> max(firm_id) and bool_or(told)
) using (name_key)
where firm_id is not null;

create or replace temp table closing as
select kind, key, told, firm, firm_name, coalesce(closed_on, left_on) as closed_on,
    case when closed_on is null then left_last else closed_last end as closed_last,
    case when closed_on is null then 'left_on' else 'closed_on' end as field, sheet, row
from said
where coalesce(closed_on, case when 'closed' in (status, exit_reason) then left_on end) is not null
"""

# The rows of the load that stand as they stood before.
_UNCHANGED = f"""
create or replace temp table unchanged as
select rows.key from (select key, {_JUDGED} from {{kind}} where receipt = $receipt) as rows join known using (key)
where {" and ".join(f"rows.{name} is not distinct from known.{name}" for name in _JUDGED.split(", "))}
"""

# How the header over a field is written, by sheet, row and field: a sheet may hold several tables.
Header = Callable[[str, int, str], str | None]


def broken(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    fresh: pa.Table,
    known: pa.Table,
    *,
    receipt: int,
    stated_on: date | None,
    says_exits: bool,
    header: Header = lambda sheet, row, field: None,
) -> list[Problem]:
    """What the rows of a load break between each other and with what is known; by rule, then sheet and row.

    `connection` holds `tenants`, `cohorts` and `sites` as they will stand with the load, whose rows bear the number
    `receipt`; it may be read-only. `fresh` are the load's clean rows with their keys, `known` the rows of its kind
    that stood before. A row that the load leaves as it was breaks nothing anew. `says_exits` is true where the file has
    a column of exits: only then does a blank one show a firm as present. `header` gives the header over a
    field as it is written.
    """
    if kind == "solutions":
        return _of_solutions(connection, fresh, known, header)
    if kind not in ("tenants", "cohorts", "sites"):
        return []
    values = {"kind": kind, "receipt": receipt, "stated_on": stated_on, "says_exits": says_exits}
    # Every kind's rows can be asked for the same columns; those of a list of sites are empty there.
    looked_at = fresh.select([*_LOOKED_AT, "key"]) if kind != "sites" else _NO_ROWS
    stood = known if kind != "sites" else _NO_ROWS.append_column("stated_on", pa.array([], pa.date32()))
    connection.register("fresh", looked_at)
    connection.register("known", stood)
    try:
        unchanged = _UNCHANGED.format(kind="tenants" if kind == "sites" else kind)
        for statement in (unchanged, *_SHARED.split(";\n")):
            connection.execute(statement, _used(statement, values))
        return [problem for rule in RULES for problem in _judged(connection, rule, values, header, kind)]
    finally:
        connection.unregister("fresh")
        connection.unregister("known")


def _of_solutions(
    connection: duckdb.DuckDBPyConnection, fresh: pa.Table, known: pa.Table, header: Header
) -> list[Problem]:
    connection.register("fresh", fresh)
    connection.register("known", known)
    try:
        return [problem for rule in OF_SOLUTIONS for problem in _judged(connection, rule, {}, header, "solutions")]
    finally:
        connection.unregister("fresh")
        connection.unregister("known")


_LOOKED_AT = [name for name in schema(SHEETS["tenants"]).names if name not in SHEETS["tenants"].withheld]
_NO_ROWS = schema(SHEETS["tenants"]).empty_table().append_column("key", pa.array([], pa.string()))


def _used(sql: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f"${name}" in sql}


def _judged(
    connection: duckdb.DuckDBPyConnection, rule: Rule, values: dict[str, Any], header: Header, kind: str
) -> list[Problem]:
    rows = connection.execute(f"from ({rule.sql}) order by sheet, row", _used(rule.sql, values)).fetchall()
    return [
        Problem(rule.code, sheet, row, header(sheet, row, field) or SHEETS[kind].column(field).fr, value, details)
        for sheet, row, field, value, details in rows
    ]


declare(
    Wrong(
        "exit-before-entry",
        "warning",
        "The known exit lies before the new entry",
        "Two lists speak of one stay, and what they say together cannot be.",
        'Row {row}: "{firm}" enters on {entered_on}, and an earlier list says that this stay ended on {left_on}. '
        "Correct the entry, or give the exit in this list too.",
    ),
    Wrong(
        "two-sites-at-once",
        "warning",
        "At two sites at once",
        "A firm that moved and whose exit was not told is counted at both sites.",
        'Row {row}: "{firm}" is known at {site} since {since}, and that stay goes on while this one does. '
        "If it moved, give its exit there; if it has room at both, accept.",
    ),
    Wrong(
        "stay-twice",
        "warning",
        "One stay under two spellings",
        "A name misspelt is a second firm, counted twice.",
        'Row {row}: "{firm}" and "{like}" entered the same site on {entered_on}. '
        "If they are one firm, spell it alike or give its identifier.",
    ),
    Wrong(
        "name-under-two-ids",
        "warning",
        "One name under two identifiers",
        "A firm with two identifiers is counted twice.",
        'Row {row}: "{firm}" bears the identifier {value} here and {other} elsewhere. '
        "Use one identifier, unless these are two firms.",
    ),
    Wrong(
        "id-under-two-names",
        "warning",
        "One identifier under two names",
        "Two firms under one identifier are counted once, and their stays mixed.",
        'Row {row}: the identifier {firm_id} belongs to "{firm}" here and to "{other}" elsewhere. '
        "If the firm changed its name, accept; if not, correct the identifier.",
    ),
    Wrong(
        "id-written-two-ways",
        "warning",
        "One identifier in two writings",
        "Leading zeros or blanks were lost, and the firm would be counted twice.",
        'Row {row}: the identifier {value} of "{firm}" is elsewhere written {other}. Write it alike everywhere.',
    ),
    Wrong(
        "same-ice-two-ids",
        "warning",
        "One ICE under two identifiers",
        "An ICE belongs to one firm for ever.",
        'Row {row}: "{firm}" has the ICE {ice}, which the identifier {other} has too. Use one identifier for both.',
    ),
    Wrong(
        "entry-before-opening",
        "warning",
        "Came before the site opened",
        "Nobody can be hosted at a site that is not there yet.",
        'Row {row}: "{firm}" enters {site} on {entered_on}, and the site opened on {opened_on}. '
        "Correct the entry, or the list of sites.",
    ),
    Wrong(
        "opened-after-entries",
        "warning",
        "The site opened after firms had come",
        "Nobody can be hosted at a site that is not there yet.",
        "Row {row}: {site} opens on {opened_on}, and {count} stays there began before, the first on {first}. "
        "Correct the opening, or the stays.",
    ),
    Wrong(
        "entry-far-ahead",
        "warning",
        "An entry far ahead",
        "An entry planned over a year ahead is mostly a year mistyped.",
        'Row {row}: "{firm}" enters on {entered_on}, over a year after the stated day {stated_on}. Check the year.',
    ),
    Wrong(
        "exit-far-ahead",
        "warning",
        "An exit far ahead",
        "No stay is agreed for so long; mostly a year is mistyped.",
        'Row {row}: "{firm}" leaves on {left_on}, over ten years after the stated day {stated_on}. Check the year.',
    ),
    Wrong(
        "status-ahead",
        "warning",
        "A status from the future",
        "A list cannot know what a firm is on a day that has not come.",
        'Row {row}: the status of "{firm}" is dated {status_on}, after the stated day {stated_on}. Correct the day.',
    ),
    Wrong(
        "entered-after-closing",
        "warning",
        "Came after it had closed",
        "A firm that has ceased cannot move in.",
        'Row {row}: "{firm}" enters on {entered_on} and is said to have closed on {closed_on}. Correct one; '
        "if a new firm took its place, give that one its own identifier.",
    ),
    Wrong(
        "closed-still-hosted",
        "warning",
        "Closed, and still shown present",
        "Either the closing is wrong or the stay has ended.",
        'Row {row}: "{firm}" is shown present at {site} on {stated_on} and is said to have closed on {closed_on}. '
        "Give the exit, or correct the closing.",
    ),
    Wrong(
        "active-after-closing",
        "warning",
        "Closed, and active afterwards",
        "A firm that has ceased is not found in activity later.",
        'Row {row}: "{firm}" is said to have closed on {closed_on} and was found active on {status_on}. '
        "Correct one of the two.",
    ),
    Wrong(
        "hosted-with-exit",
        "warning",
        "Hosted, and gone",
        "The row gives an exit that has passed and says that the firm is hosted.",
        'Row {row}: "{firm}" is said to be hosted, and its exit was on {left_on}. Correct the exit or the status.',
    ),
    Wrong(
        "moved-nowhere",
        "warning",
        "Moved, and arrived nowhere",
        "A firm that moved within the park has a stay where it went.",
        'Row {row}: "{firm}" moved on {left_on} and is said to be hosted, and no later stay is known. '
        "Load the list of the site it moved to, or correct the status.",
    ),
    Wrong(
        "hosted-nowhere",
        "warning",
        "Hosted, and every stay is over",
        "A follow-up says hosted where the lists of stays know of none that goes on.",
        'Row {row}: "{firm}" is said to be hosted, and its last stay ended on {until}. '
        "Correct the status, or load the list that shows its new stay.",
    ),
    Wrong(
        "alumni-with-open-stay",
        "note",
        "Alumni, and still shown present",
        "A word for active firms may stand for those hosted too.",
        'Row {row}: "{firm}" is said to be alumni on {day}, and is shown present at {site}; it counts as hosted.',
    ),
    Wrong(
        "founded-after-first-entry",
        "warning",
        "Founded long after it came",
        "Projects move in before they are firms, but seldom two years before.",
        'Row {row}: "{firm}" was founded on {founded_on}, over two years after its first entry, {entered_on}. '
        "Check both.",
    ),
    Wrong(
        "cohort-before-founding",
        "warning",
        "An intake long before the founding",
        "Projects join a programme before they are firms, but seldom two years before.",
        'Row {row}: "{firm}" was founded on {founded_on}, over two years after its intake {value}. Check both.',
    ),
    Wrong(
        "cohort-before-programme",
        "warning",
        "An intake older than the programme",
        "A year mistyped makes an intake of its own.",
        'Row {row}: the intake {value} of "{firm}" lies before the programme began, in {first}. Check the year.',
    ),
    Wrong(
        "cohort-ahead",
        "warning",
        "An intake far ahead",
        "A year mistyped makes an intake of its own.",
        'Row {row}: the intake {value} of "{firm}" lies over a year after the stated day {stated_on}. Check the year.',
    ),
    Wrong(
        "graduated-before-cohort",
        "warning",
        "Completed before it began",
        "A programme cannot be completed before it is joined.",
        'Row {row}: "{firm}" completed its programme on {graduated_on} and joined later ({began}). Correct one.',
    ),
    Wrong(
        "stay-larger-than-site",
        "warning",
        "A stay larger than its site",
        "A comma is missing, or the rent stands in the column of the area.",
        'Row {row}: "{firm}" lets {area:,.1f} m² at {site}, which has {lettable:,.1f} m² to let. Correct the area.',
    ),
    Wrong(
        "site-overlet",
        "warning",
        "More let than there is",
        "Exits are missing, areas are wrong, or the list of sites is out of date.",
        'Row {row}: with "{firm}", {area:,.1f} m² are let at {site} on {day}, which has {lettable:,.1f} m² to let. '
        "Check the exits before that day, the areas, and the list of sites.",
    ),
    Wrong(
        "headcount-jump",
        "warning",
        "Ten times the headcount, or a tenth",
        "A digit is missing or too many.",
        'Row {row}: "{firm}" has a headcount of {value}, and {before} before. Check it.',
    ),
    Wrong(
        "successor-unknown",
        "warning",
        "A successor nobody knows",
        "The firm's life goes on with its successor's, which no list gives.",
        'Row {row}: "{value}", the successor of "{firm}", is the identifier of no firm in any list. Correct it, or '
        "accept where the successor was never in the park.",
    ),
    Wrong(
        "successor-self",
        "warning",
        "Its own successor",
        "A firm that goes on needs no successor.",
        'Row {row}: "{firm}" is named as its own successor. Leave the cell empty, or name the other firm.',
    ),
    Wrong(
        "successor-circle",
        "warning",
        "Each the other's successor",
        "Only one of two firms can have taken the other over.",
        'Row {row}: "{firm}" and {value} are each named as the other\'s successor. Leave one of the two cells empty.',
    ),
    Wrong(
        "stay-cut-in-two",
        "note",
        "One stay in two rows",
        "Stays that touch are one presence, counted as one entry.",
        'Row {row}: "{firm}" left {site} on {left_on} and came back at once; both rows count as one presence.',
    ),
    Wrong(
        "january-heap",
        "warning",
        "Many entries on 1 January",
        "A year written as its first day looks exact and is not.",
        '{count} entries ({share} %) of sheet {sheet} fall on 1 January in "{column}". Where only the year is known, '
        "write the year alone; where they are right, accept.",
    ),
    Wrong(
        "sector-changed",
        "warning",
        "Another sector than before",
        "A firm counts in the first sector that a list gives it.",
        'Row {row}: "{firm}" is in {value} here and in {other} elsewhere. Write one sector in all lists.',
    ),
    Wrong(
        "occupant-changed",
        "warning",
        "Tenant here, other occupant there",
        "Only tenants are hosted firms: one firm would count half.",
        'Row {row}: "{firm}" is a tenant in one row and another type of occupant in another. Correct one.',
    ),
    Wrong(
        "merged-untraced",
        "warning",
        "Merged, nobody knows when or into whom",
        "Survival needs the day, or the firm with which the activity goes on.",
        'Row {row} says that "{firm}" has merged, and gives neither a day nor a successor. Give one of them.',
    ),
)
