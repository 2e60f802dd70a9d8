"""The database that the park's truth and its accounts live in: SQLite by default, PostgreSQL by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa


def engine(url: str | sa.URL) -> sa.Engine:
    """An engine for an SQLAlchemy URL. Nothing is opened yet.

    On SQLite every connection waits 30 s for a writer, keeps foreign keys and survives a power cut once committed.
    """
    made = sa.create_engine(url)
    if made.dialect.name == "sqlite":
        sa.event.listen(made, "connect", _sqlite_connect)
        sa.event.listen(made, "begin", _sqlite_begin)
    return made


def holds(engine: sa.Engine, table: str) -> bool:
    """Whether the database is there and has this table; asking makes no file."""
    if engine.dialect.name == "sqlite" and engine.url.database and not Path(engine.url.database).exists():
        return False
    with engine.connect() as connection:
        return sa.inspect(connection).has_table(table)


def create(engine: sa.Engine, tables: sa.MetaData, first: str) -> None:
    """Makes the tables, and the folder of a SQLite file, where the table named `first` is not there yet.

    Of two processes that make them at once one makes them, and the other finds them made.
    """
    if holds(engine, first):
        return
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        with writing(engine) as connection:
            tables.create_all(connection)
    except sa.exc.DBAPIError:
        if not holds(engine, first):
            raise


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes: committed at the end, taken back where anything is raised.

    On SQLite it is the only one that writes from its first statement on; on PostgreSQL rows are locked as they are
    written, or by `with_for_update()`.
    """
    with engine.connect().execution_options(essaim_write=True) as connection, connection.begin():
        yield connection


def _sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling would begin too late for BEGIN IMMEDIATE.
    connection.isolation_level = None
    for pragma in ("busy_timeout = 30000", "foreign_keys = on", "synchronous = full"):
        connection.execute(f"pragma {pragma}")


def _sqlite_begin(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("essaim_write", False)
    connection.exec_driver_sql("begin immediate" if write else "begin")
