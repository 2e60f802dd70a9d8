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


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """An empty home whose ledger is a file, or a database of its own."""
    if request.param == "sqlite":
        return Home.at(tmp_path / "home")
    url = request.getfixturevalue("server")
    name = f"essaim{next(_numbers)}"
    engine = sa.create_engine(url.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"create database {name} template template0"))
    engine.dispose()
    return Home.at(tmp_path / "home", url.format(database=name))


@pytest.fixture
def store(home: Home, clock: Clock) -> Iterator[Store]:
    made = Store.at(home, clock)
    yield made
    made.close()
