"""How the DuckDB of a generation is made from the clean rows that stand, and proven to hold them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa

from data.ledger import Receipt
from data.same import into, join
from data.sheet import Sheet, schema
from data.sheets import SHEETS

MODEL = Path(__file__).parent / "model"

# A replacement is the whole truth for the values of this field in it; for the park's lists, for everything.
SCOPES = {"tenants": "site", "cohorts": "cohort"}

PROVENANCE: list[tuple[str, pa.DataType]] = [
    ("receipt", pa.int64()),
    ("file", pa.string()),
    ("stated_on", pa.date32()),
    ("records_closures", pa.bool_()),
]

Config = dict[str, str | bool | int | float | list[str]]
_HARDENED: Config = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "memory_limit": "4GB",
}
# A build keeps to one core: it takes no longer at a park's size, and those who read meanwhile have the others.
BUILT: Config = {**_HARDENED, "threads": "1"}
# How a generation is asked: nothing outside it can be read, no question runs for ever, and no question can undo this.
ASKED: Config = {**_HARDENED, "max_execution_time": "60000", "lock_configuration": "true"}


class Damaged(Exception):
    """A generation that does not hold what was written into it."""


def run_model(connection: duckdb.DuckDBPyConnection) -> None:
    """Runs data/model/*.sql in the order of their names over the input tables."""
    for path in sorted(MODEL.glob("*.sql")):
        connection.execute(path.read_text(encoding="utf-8"))


def alive(connection: duckdb.DuckDBPyConnection, sheet: Sheet, rows: pa.Table) -> None:
    """Makes `<kind>` from `<kind>_said`, which has `rows`: those that stand after replacements, one per key.

    Where several files speak of one key, the one with the latest stated day (then the latest receipt) speaks, and a
    blank says nothing; a status and its day are taken together, and an exit that was only planned falls away where a
    later file does not repeat it. What each of these files said on its own day stays in `<kind>_again`: later files do
    not undo earlier proofs. `<kind>` is a view: stored, in `<kind>_filled`, are the columns that some row fills.
    """
    kind = sheet.kind
    types = {name: type_ for name, type_, *_ in connection.execute(f"describe {kind}_said").fetchall()}
    names = [name for name in types if name != "key" and rows.column(name).null_count < len(rows)]
    connection.execute(f"create temp view kept as {_kept(connection, sheet)}")
    connection.execute("create temp table often as select key from kept group by key having count(*) > 1")
    connection.execute(f"create temp table {kind}_again as select * from kept where key in (from often)")
    ((repeated,),) = connection.execute("select count(*) from often").fetchall()
    once = f"select key, {', '.join(names)} from kept"
    if repeated:
        once += f"""
            where key not in (from often)
            union all
            select key, {", ".join(map(_merged, names))}
            from (
                select *, {_PLANNED if "left_on" in names else "false"} as planned
                from (select *, row_number() over (order by stated_on, receipt, row) as turn from {kind}_again)
            )
            group by key
        """
    stored = ", ".join(f"{n} {types[n]}{' using compression zstd' if n in ITS_OWN else ''}" for n in ("key", *names))
    connection.execute(f"create table {kind}_filled ({stored})")
    connection.execute(f"insert into {kind}_filled {once}")
    shown = ", ".join(n if n in ("key", *names) else f"null::{type_} as {n}" for n, type_ in types.items())
    connection.execute(f"create view {kind} as select {shown} from {kind}_filled")
    connection.execute("drop view kept")
    connection.execute("drop table often")


# Nearly every row has a text of its own here: a dictionary, which is tried by default, costs more and saves less.
ITS_OWN = {"key", "firm_id", "firm_name", "name_key"}

_PLANNED = "coalesce(left_on > stated_on, false) and turn < max(turn) over (partition by key)"


def _merged(name: str) -> str:
    """The aggregate that gives a field what the files, read in turn, say of it."""
    if name == "status_on":
        return "(arg_max(struct_pack(v := status_on), turn) filter (where status is not null)).v"
    if name in ("left_on", "left_on_precision", "exit_reason"):
        return f"arg_max({name}, turn) filter (where not planned)"
    return f"arg_max({name}, turn)"


def _kept(connection: duckdb.DuckDBPyConnection, sheet: Sheet) -> str:
    """The rows said of a kind that no later replacement covers, and those it was told to spare."""
    kind, scope = sheet.kind, SCOPES.get(sheet.kind)
    counted = "select count(*) from replacement where kind = $kind"
    ((replaced,),) = connection.execute(counted, {"kind": kind}).fetchall()
    if not replaced:
        return f"select * from {kind}_said"
    covered = f"replacement.scope = said.{scope}" if scope else "true"
    ((spares,),) = connection.execute("select count(*) from spared where kind = $kind", {"kind": kind}).fetchall()
    if spares:
        covered += """ and not exists (
                select 1 from spared
                where spared.kind = replacement.kind and spared.receipt = replacement.receipt and spared.key = said.key
            )"""
    return f"""
        select * from {kind}_said as said
        where not exists (
            select 1 from replacement
            where replacement.kind = '{kind}' and replacement.receipt > said.receipt and {covered}
        )
    """


def input_schema(sheet: Sheet) -> pa.Schema:
    """The columns of `<kind>_said`: the clean table's, its key, and where the row came from."""
    fields = [field for field in schema(sheet) if field.name != "key"]
    return pa.schema([pa.field("key", pa.string()), *fields, *(pa.field(n, t) for n, t in PROVENANCE)])


def said(sheet: Sheet, receipt: Receipt, table: pa.Table) -> pa.Table:
    """The clean rows of one receipt with their provenance, as `input_schema` has it."""
    stated = receipt.body.get("stated_on")
    values: dict[str, Any] = {
        "receipt": receipt.number,
        "file": receipt.body["file"],
        "stated_on": date.fromisoformat(stated) if stated else None,
        "records_closures": receipt.body.get("records_closures", False),
    }
    wanted = input_schema(sheet)
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.repeat(pa.scalar(values.get(field.name), field.type), len(table))
        for field in wanted
    ]
    return pa.table(columns, schema=wanted)


def _contents(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, str]]:
    names = connection.execute(
        "select table_name from duckdb_tables() "
        "where not internal and not temporary and table_name <> 'content' order by table_name"
    ).fetchall()
    found = {}
    for (name,) in names:
        row = connection.execute(f'select count(*), sum(hash(t)::hugeint)::varchar from "{name}" as t').fetchone()
        assert row is not None
        found[name] = (row[0], row[1] or "0")
    # A view says what its text says.
    views = "select view_name, hash(sql)::varchar from duckdb_views() where not internal and not temporary"
    return found | {name: (0, said) for name, said in connection.execute(views).fetchall()}


def build(path: Path, receipts: list[Receipt], clean: Callable[[str], pa.Table]) -> None:
    """Builds a generation from the standing `receipts` into `path` and verifies what was written; raises Damaged."""
    with duckdb.connect(str(path), config=BUILT) as connection:
        connection.begin()
        told(connection, receipts, clean)
        written = _contents(connection)
        connection.execute("create table content (name varchar, rows bigint, hash varchar)")
        connection.executemany("insert into content values (?, ?, ?)", [(n, *c) for n, c in written.items()])
        connection.commit()
        connection.execute("checkpoint")
    check(path)
    sync(path)


def told(connection: duckdb.DuckDBPyConnection, receipts: list[Receipt], clean: Callable[[str], pa.Table]) -> None:
    """Makes every table of a generation in `connection` from standing receipts."""
    fill(
        connection,
        {kind: _said(sheet, receipts, clean) for kind, sheet in SHEETS.items()},
        *_replaced(receipts),
        into(receipts),
    )


def stands(kind: str, receipts: list[Receipt], clean: Callable[[str], pa.Table]) -> pa.Table:
    """The rows of one kind alone that a generation of these standing receipts would hold."""
    sheet = SHEETS[kind]
    with duckdb.connect(config=BUILT) as connection:
        _replacements(connection, *_replaced(receipts))
        rows = _said(sheet, receipts, clean)
        connection.register(f"{kind}_said", rows)
        alive(connection, sheet, rows)
        return connection.sql(f"select * from {kind}").to_arrow_table()


def _said(sheet: Sheet, receipts: list[Receipt], clean: Callable[[str], pa.Table]) -> pa.Table:
    tables = [said(sheet, r, clean(r.clean)) for r in receipts if r.clean and r.body["kind"] == sheet.kind]
    return pa.concat_tables(tables) if tables else input_schema(sheet).empty_table()


Replaced: TypeAlias = list[tuple[str, int, str | None]]
Spared: TypeAlias = Sequence[tuple[str, int, str]]


def _replaced(receipts: list[Receipt]) -> tuple[Replaced, Spared]:
    replacing = [(r.body["kind"], r.number, r.body) for r in receipts if r.body.get("mode") == "replace"]
    return (
        [(kind, number, scope) for kind, number, body in replacing for scope in body["covers"] or [None]],
        [(kind, number, key) for kind, number, body in replacing for key in body.get("keeps", ())],
    )


def _replacements(connection: duckdb.DuckDBPyConnection, replaced: Replaced, spared: Spared) -> None:
    connection.execute("create table replacement (kind varchar, receipt bigint, scope varchar)")
    if replaced:
        connection.executemany("insert into replacement values (?, ?, ?)", replaced)
    connection.execute("create table spared (kind varchar, receipt bigint, key varchar)")
    if spared:
        kinds, receipts, keys = zip(*spared, strict=True)
        columns = {"kind": pa.array(kinds, pa.string()), "receipt": pa.array(receipts), "key": pa.array(keys)}
        connection.register("spare", pa.table(columns))
        connection.execute("insert into spared select * from spare")
        connection.unregister("spare")


def fill(
    connection: duckdb.DuckDBPyConnection,
    rows: dict[str, pa.Table],
    replaced: Replaced,
    spared: Spared = (),
    same: dict[str, str] | None = None,
) -> None:
    """Makes every table of a generation in `connection` from what was said of each kind (see `input_schema`).

    `replaced` names, for each replacement, its kind, its receipt and one value of its scope; `spared`, for each row
    that a replacement leaves as it stood, its kind, that replacement's receipt and its key; `same` gives each firm that
    a person said to be another one the identifier of that.
    """
    _replacements(connection, replaced, spared)
    for kind, sheet in SHEETS.items():
        connection.register(f"{kind}_said", rows[kind])
        alive(connection, sheet, rows[kind])
        _all_there(connection, sheet)
        connection.unregister(f"{kind}_said")
    join(connection, same or {}, _merged, _PLANNED)
    run_model(connection)


def _all_there(connection: duckdb.DuckDBPyConnection, sheet: Sheet) -> None:
    """No key of an update may get lost on the way; a key that only replaced rows bear is gone on purpose."""
    ((lost,),) = connection.execute(f"""
        select count(distinct key) from {sheet.kind}_said
        where key not in (select key from {sheet.kind}) and receipt > (
            select coalesce(max(receipt), 0) from replacement where kind = '{sheet.kind}'
        )
    """).fetchall()
    if lost:
        raise Damaged(f"{lost} rows of the kind {sheet.kind} got lost while the generation was built.")


def check(path: Path) -> None:
    """Reads a generation back and compares every table's row count and content hash; raises Damaged."""
    with duckdb.connect(str(path), read_only=True, config=ASKED) as connection:
        rows = connection.execute("select name, rows, hash from content").fetchall()
        promised = {name: (count, content) for name, count, content in rows}
        if promised != _contents(connection):
            raise Damaged(f"The generation {path.name} does not hold what was written into it.")


def peek(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads a generation file which is not in its place yet, by one thread: many small questions."""
    return duckdb.connect(str(path), read_only=True, config={**ASKED, "threads": "1"})


def sync(path: Path) -> None:
    for target in (path, path.parent):
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def promised(path: Path) -> list[tuple[Any, ...]]:
    """What was written into a generation: (table, rows, content hash), by name."""
    with duckdb.connect(str(path), read_only=True, config=ASKED) as connection:
        return connection.execute("select name, rows, hash from content order by name").fetchall()


def code_version() -> str:
    """Changes whenever the code that builds generations does, so that no old generation answers for new definitions."""
    parts = [path.read_bytes() for path in sorted(MODEL.glob("*.sql"))]
    parts += [Path(__file__).read_bytes(), Path(__file__).with_name("same.py").read_bytes()]
    parts += [repr([input_schema(s).to_string() for s in SHEETS.values()]).encode()]
    parts.append(duckdb.__version__.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
