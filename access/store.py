"""Where accounts, sessions and the log are kept, and what time it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa

from access.tables import account, head, partner_link, tables
from data import store as database
from data.home import Home


def utc() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class Store:
    """The accounts' part of the ledger's database; safe for several threads and, through the database, processes.

    Nothing is made until something is first written: until then all reading finds nothing. `now` gives the time, in
    UTC, and is there for tests to move.
    """

    def __init__(self, home: Home, now: Callable[[], datetime] = utc) -> None:
        self.home, self.now = home, now
        self.engine = database.engine(home.ledger_url)
        self._there = self._whole = False

    @staticmethod
    def from_environment() -> Store:
        """The store of the home that the environment names."""
        return Store(Home.from_environment())

    @staticmethod
    def at(home: Home, now: Callable[[], datetime] = utc) -> Store:
        """The store of this home."""
        return Store(home, now)

    def exists(self) -> bool:
        """Whether anything was ever written."""
        self._there = self._there or database.holds(self.engine, account.name)
        return self._there

    def has(self, table: sa.Table) -> bool:
        """Whether this table is there: a younger one comes with the next writing."""
        return self._whole or database.holds(self.engine, table.name)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to ask; only where `exists`."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes, all of it or nothing; the tables are made where they are missing."""
        self._create()
        with database.writing(self.engine) as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """A transaction that writes and is alone in doing so, in all processes: for what must be counted or chained."""
        with self.writing() as connection:
            connection.execute(sa.select(head.c.id).where(head.c.id == 1).with_for_update())
            yield connection

    def _create(self) -> None:
        if not self._whole:
            # The youngest table: where it is, all others are.
            database.create(self.engine, tables, partner_link.name)
            self._whole = True

    def close(self) -> None:
        """Gives the connections back."""
        self.engine.dispose()
