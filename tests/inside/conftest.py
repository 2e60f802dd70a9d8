"""A store on each kind of database, a clock to move, and passwords that are quick to hash."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from access import passwords
from access.store import Store
from data.home import Home
from tests.inside import postgresql

_numbers = itertools.count()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Argon2 with the least there is, but where a test says `slow` because it is about the real one."""
    if "slow" not in request.fixturenames:
        monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._strangers.cache_clear()


@pytest.fixture
def slow() -> None:
    passwords._strangers.cache_clear()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if postgresql.programs() is None:
        pytest.skip("no PostgreSQL on this machine: install Debian's package postgresql")
    with postgresql.cluster() as url:
        yield url


# All of them to one worker, which starts the one server.
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))


@pytest.fixture(params=["sqlite", POSTGRESQL])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """An empty home whose ledger is a file, or a schema of its own on a server."""
    if request.param == "sqlite":
        return Home.at(tmp_path / "home")
    url = request.getfixturevalue("server")
    name = f"essaim{next(_numbers)}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    engine.dispose()
    return Home.at(tmp_path / "home", f"{url}&options=-csearch_path%3D{name}")


@pytest.fixture
def store(home: Home, clock: Clock) -> Iterator[Store]:
    made = quick_store(home, clock)
    yield made
    made.close()


def quick_store(home: Home, clock: Clock) -> Store:
    """A store that does not wait for the disk."""
    made = Store.at(home, clock)
    if made.engine.dialect.name == "sqlite":
        sa.event.listen(made.engine, "connect", lambda connection, _: connection.execute("pragma synchronous = off"))
    return made
