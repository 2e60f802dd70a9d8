"""The planted park, running, with a session of every reader."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.browser.started import Running, running
from tests.matrix.client import ask
from tests.matrix.planted import plant


@pytest.fixture(scope="session")
def planted_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("planted")
    plant(home)
    with running(home) as app:
        until = time.monotonic() + 30
        while ask(app, "GET", "/stats/").status == 503:
            assert time.monotonic() < until, "the page for everybody was not written"
            time.sleep(0.1)
        yield app


@pytest.fixture(scope="session")
def token(planted_app: Running) -> Callable[[str], str | None]:
    """The token of a reader's session, the same each time; None for nobody."""
    kept: dict[str, str] = {}

    def of(reader: str) -> str | None:
        if reader == "nobody":
            return None
        if reader not in kept:
            kept[reader] = planted_app.session(*reader.split("@"))
        return kept[reader]

    return of
