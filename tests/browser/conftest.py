"""The running app with the sample park, and the system's Chromium to look at it with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.started import Running, running
from tests.sample import sample_into


@pytest.fixture(scope="session")
def sample_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("sample")
    sample_into(home)
    with running(home) as app:
        yield app
