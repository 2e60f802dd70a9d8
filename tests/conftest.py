"""Who reads in tests of pages: an administrator, unless a test says who by `@pytest.mark.reads("leader", "Rabat")`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

READER = "Amal Idrissi"


@contextmanager
def reading_as(name: str, role: str = "admin", *sites: str) -> Iterator[None]:
    """Somebody else reads, meanwhile."""
    from access.roles import Who
    from ui import reader

    who = Who(2, name, role, sites, "session")
    with mock.patch.object(reader, "who", lambda: who):
        yield


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "reads(role, *sites): who reads the pages that this test runs")


@pytest.fixture(autouse=True)
def reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """Signs a reader in for tests that run pages outside a browser; gives what was written into the log."""
    told: list[tuple[str, dict[str, object]]] = []
    if not hasattr(request.module, "AppTest"):
        return told
    from access.roles import Who
    from ui import reader

    reader.store.cache_clear()
    asked = request.node.get_closest_marker("reads")
    role, *sites = asked.args if asked else ("admin",)
    who = Who(1, READER, role, tuple(sites), "session")
    monkeypatch.setattr(reader, "who", lambda: who)
    monkeypatch.setattr(reader, "noting", lambda: lambda event, **facts: told.append((event, facts)))
    return told
