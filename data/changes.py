"""What would change, cell by cell: the rows added and removed, and each changed cell's old and new text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from data.compare import NOT_SAID
from data.leaving import Proposal
from data.scratch import scratch
from data.sheet import schema

# Of more than these only the first are listed; the counts of a Difference are of all.
MOST = 5_000
Rows: TypeAlias = pa.Table
_NAMES = ("firm_name", "site", "sector", "subsector", "cohort", "entered_on", "left_on")
_MOVED = f"""
select old_key as other, new_key as key, a.firm_name, site_before, coalesce(ended.left_on, b.left_on) as left_on,
    moved.site, a.entered_on, a.sheet, a.row
from moved join a on a.key = new_key join b on b.key = old_key left join a as ended on ended.key = old_key
order by old_key limit {MOST}
"""


@dataclass(frozen=True)
class Changes:
    """The rows of one kind, before and after.

    `cells` has one row per changed cell: what names its row, `field`, `old` and `new` as texts (days as 2020-10-25),
    `sheet` and `row` of the file that says so. `added` and `removed` have one row each. `moved` has one for each firm
    that changes its site: `site_before` and `left_on` of its row there, `site`, `entered_on`, `sheet` and `row` of the
    new one, and `other`, the key of the row there. All have `key` and are in the order of their keys.
    """

    cells: Rows
    added: Rows
    removed: Rows
    moved: Rows


def changes(proposal: Proposal) -> Changes:
    """How the standing rows of a kind would go from before to after, at most MOST rows of each sort."""
    sheet, before, after = proposal.sheet, proposal.before, proposal.after
    names = schema(sheet).names
    named = [name for name in _NAMES if name in names]
    said = [name for name in names if name not in NOT_SAID]
    told = ", ".join(f"coalesce(a.{name}, b.{name}) as {name}" for name in named)
    with scratch() as connection:
        connection.register("b", before)
        connection.register("a", after)
        connection.register("moved", proposal.moved)
        # One join and its differing rows taken apart: a join for each column costs more than all the rest.
        cells = ", ".join(
            f"{{place: {place}, field: '{name}', old: b.{name}::varchar, new: a.{name}::varchar}}"
            for place, name in enumerate(said)
        )
        differs = " or ".join(f"b.{name} is distinct from a.{name}" for name in said)
        pairs = (
            f"select key, {told}, a.sheet, a.row, unnest([{cells}]) as cell from b join a using (key) where {differs}"
        )
        alone = ", ".join(named)
        return Changes(
            connection.sql(
                f"select key, {alone}, cell.field, cell.old, cell.new, sheet, row from ({pairs}) "
                f"where cell.old is distinct from cell.new order by key, cell.place limit {MOST}"
            ).to_arrow_table(),
            connection.sql(
                f"select key, {alone}, sheet, row from a anti join b using (key) order by key limit {MOST}"
            ).to_arrow_table(),
            connection.sql(
                f"select key, {alone}, file, sheet, row from b anti join a using (key) order by key limit {MOST}"
            ).to_arrow_table(),
            connection.sql(
                _MOVED if len(proposal.moved) else "select key, sheet, row from a where false"
            ).to_arrow_table(),
        )


def at_site(table: Rows, site: str) -> Rows:
    """The rows of one site, "" for those that name none; a move counts for both of its sites."""
    names = [name for name in ("site", "site_before") if name in table.column_names]
    columns = [table.column(name).to_pylist() for name in names]
    return table.filter(pa.array([site in {name or "" for name in row} for row in zip(*columns, strict=True)]))


def keys_of(table: Rows) -> list[frozenset[str]]:
    """The keys that each row speaks of: a move is two."""
    names = [name for name in ("key", "other") if name in table.column_names]
    return list(map(frozenset, zip(*(table.column(name).to_pylist() for name in names), strict=True)))
