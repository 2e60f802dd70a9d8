"""The running app with the sample park, and the system's Chromium to look at it with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from bench.browser import QUIET
from tests.browser.started import Running, load_sample, running


@pytest.fixture(scope="session")
def sample_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("sample")
    load_sample(home)
    with running(home) as app:
        yield app


def chromium_path() -> str:
    """The system's Chromium."""
    path = shutil.which("chromium")
    assert path, "Chromium is missing: install it with 'sudo apt-get install chromium' (`make test` does where it may)"
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        yield browser
        browser.close()
