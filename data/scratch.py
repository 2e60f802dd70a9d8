"""A place to ask about tables that are in no database: one for the process, a cursor for each who asks."""

from __future__ import annotations

from functools import cache

import duckdb


def scratch() -> duckdb.DuckDBPyConnection:
    """A connection of one's own to a database of nothing, to be closed; what is registered on it goes with it.

    It keeps to one core: what is asked here takes no longer so, and readers have the others.
    """
    # To open a database takes fifteen times as long as to ask for a cursor of one.
    return _nothing().cursor()


@cache
def _nothing() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})
