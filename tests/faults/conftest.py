"""One forge serves the tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.forge import Forge


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    made = Forge()
    yield made
    made.close()
