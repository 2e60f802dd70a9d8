"""Who reads in tests of pages: an administrator, unless a test says who by `@pytest.mark.reads("leader", "Rabat")`."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.test_site import Made

READER = "Amal Idrissi"
T = TypeVar("T")


def awaited(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives; in a thread of its own, for a browser that is open has a loop running in this one."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, coroutine).result()


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


def chromium_path() -> str:
    """The system's Chromium."""
    path = shutil.which("chromium")
    assert path, "Chromium is missing: install it with 'sudo apt-get install chromium' (`make test` does where it may)"
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A written site of two releases; the files that use it are of one group, so that one worker writes it."""
    from tests.test_site import making

    yield from making(tmp_path_factory)


@pytest.fixture(scope="session")
def overview(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same site with the charts of some pages truly drawn."""
    from tests.test_site import drawing

    return drawing(made, tmp_path_factory)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; one for all tests of a worker, for a second one would wait for the loop of the first."""
    from playwright.sync_api import sync_playwright

    from bench.browser import QUIET

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        yield browser
        browser.close()
