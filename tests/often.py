"""How many examples a property is tried with: some in `make test`, all of them in `make properties`."""

from __future__ import annotations

import os

EVERY = os.environ.get("ESSAIM_PROPERTIES") == "1"
# Of the examples wanted `make test` tries one in so many.
SHARE = 3


def often(examples: int) -> int:
    """As many of these examples as this run tries."""
    return examples if EVERY else max(1, examples // SHARE)
