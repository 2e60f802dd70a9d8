"""The generation of those who may see some sites only: a file of its own that holds their rows and no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from data.building import BUILT, MODEL, check, seal, sync
from data.sheets import SHEETS

Fetch: TypeAlias = Callable[[str, dict[str, object]], pa.Table]

STATED = "select day from stated"
# Which firms were ever at the sites, by their number in the model, and the rows of lists that speak of them: those of
# the sites, and of the same firms those that name no site. What stands at another site is not among them.
_HERE = """
with here as (
    select firm_no from stay where list_contains($sites, site::varchar)
    union select firm_no from said where list_contains($sites, site)
),
mine as (
    select kind, key, again, firm_id, name_key, firm_no from said
    where list_contains($sites, site) or (site is null and firm_no in (from here))
)
"""
_OF_SITE = "list_contains($sites, site::varchar)"
# Who took a firm over is somebody's name elsewhere; that it was taken over is told.
_HEIR = """
case when successor_id is null or successor_id in (select firm_id from identity where firm_no in (from here))
    then successor_id else '' end as successor_id
"""
_ROWS = {
    "tenants_filled": "key in (select key from mine where kind = 'tenants' and not again)",
    "cohorts_filled": "key in (select key from mine where kind = 'cohorts' and not again)",
    "said_again": "(kind, key) in (select (kind, key) from mine where again) and coalesce(list_contains($sites, site), "
    "site is null)",
    "sites_filled": "key in (select key from sites where list_contains($sites, site))",
    "sectors_filled": "true",
    "solutions_filled": "key in (select key from solutions where coalesce(list_contains($sites, site), "
    "firm_id in (select firm_id from mine) or firm_id is null and name_key in (select name_key from mine)))",
    # How the rows came to stand is told by the rows that stand.
    "replacement": "false",
    "spared": "false",
    "same": "firm_id in (select coalesce(firm_id, 'name:' || name_key) from mine) and into_id in ("
    "select firm_id from identity where firm_no in (from here))",
    "named": "name_key in (select name_key from mine) and firm_id in ("
    "select firm_id from identity where firm_no in (from here))",
    "identity": "firm_no in (from here)",
    "stay": _OF_SITE,
    # Of the network as a whole a site's reader has no figure: several sites are put together from their stays.
    "presence": f"by_site and {_OF_SITE}",
    "other_presence": f"by_site and {_OF_SITE}",
    "transfer": _OF_SITE,
    "life": "firm_no in (select firm_no from stay where list_contains($sites, site::varchar))",
    "aging": _OF_SITE,
    "space": _OF_SITE,
}
# A firm that came from another site has its fate here, and no site to be counted at.
_WITHOUT_SITE = f"case when {_OF_SITE} then site::varchar end as site"
_ENUMS = {"site": "site_name", "sector": "sector_name", "cohort": "cohort_name"}


def limit(path: Path, fetch: Fetch, sites: Sequence[str], stated_on: object) -> None:
    """Builds into `path` what `fetch` (see `Generation.arrow`) has of these sites, under the same tables, views and
    macros; `stated_on` is the day of the whole park. Verifies what was written; raises Damaged."""
    asked: dict[str, object] = {"sites": list(sites)}
    tables = fetch("select table_name as name from duckdb_tables() where not internal and not temporary", {})
    names = set(tables.column("name").to_pylist()) - {"content"}
    if names != set(_ROWS):
        raise LookupError(f"It is not said which rows of {sorted(names ^ set(_ROWS))} belong to a site.")
    rows = {name: fetch(_select(name, fetch), asked) for name in sorted(names)}
    with duckdb.connect(str(path), config=BUILT) as connection:
        connection.begin()
        _types(connection, rows, sites)
        for name, found in rows.items():
            described = {column: str(type_) for column, type_ in _described(name, fetch)}
            columns = ", ".join(f"{column} {_type(column, type_)}" for column, type_ in described.items())
            connection.execute(f"create table {name} ({columns})")
            connection.register("found", found)
            connection.execute(f"insert into {name} by name select * from found")
            connection.unregister("found")
        connection.execute("create table stated (day date)")
        connection.execute("insert into stated values (?)", [stated_on])
        _views(connection, fetch)
        seal(connection)
        connection.commit()
        connection.execute("checkpoint")
    check(path)
    sync(path)


def _select(name: str, fetch: Fetch) -> str:
    columns = [column for column, _ in _described(name, fetch)]
    replaced = []
    if "successor_id" in columns:
        replaced.append(_HEIR)
    if name == "life":
        replaced.append(_WITHOUT_SITE)
    # Enumerations carry all their words with them: words alone are fetched.
    replaced += [
        f"{column}::varchar as {column}"
        for column, type_ in _described(name, fetch)
        if type_.startswith("ENUM") and not (name == "life" and column == "site")
    ]
    replace = f" replace ({', '.join(replaced)})" if replaced else ""
    return f"{_HERE} select *{replace} from {name} where {_ROWS[name]}"


def _described(name: str, fetch: Fetch) -> list[tuple[str, str]]:
    asked = "select column_name, data_type from duckdb_columns() where table_name = $name order by column_index"
    found = fetch(asked, {"name": name})
    return list(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))


def _type(column: str, type_: str) -> str:
    return _ENUMS[column] if column in _ENUMS and type_.startswith("ENUM") else type_


def _types(connection: duckdb.DuckDBPyConnection, rows: dict[str, pa.Table], sites: Sequence[str]) -> None:
    """The words there are for sites, sectors and cohorts: those of the rows, and the sites whether they have any."""
    for column, type_ in _ENUMS.items():
        words = set(sites) if column == "site" else set()
        for found in rows.values():
            if column in found.column_names:
                words |= {word for word in found.column(column).unique().to_pylist() if word is not None}
        connection.register("words", pa.table({"word": pa.array(sorted(words), pa.string())}))
        connection.execute(f"create type {type_} as enum (select word from words order by word)")
        connection.unregister("words")


def _views(connection: duckdb.DuckDBPyConnection, fetch: Fetch) -> None:
    """The macros and the views of the model, and those of the lists."""
    kinds = fetch("select view_name, sql from duckdb_views() where not internal and not temporary", {})
    listed = dict(zip(kinds.column(0).to_pylist(), kinds.column(1).to_pylist(), strict=True))
    for kind in SHEETS:
        connection.execute(listed[kind])
    for path in sorted(MODEL.glob("*.sql")):
        for statement in duckdb.extract_statements(path.read_text(encoding="utf-8")):
            words = [line for line in statement.query.splitlines() if line and not line.lstrip().startswith("--")]
            if words and words[0].startswith(("create macro", "create view")):
                connection.execute(statement.query)
