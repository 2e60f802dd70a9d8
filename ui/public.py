"""What the public sees of this process's park, and who keeps it as the ledger has it."""

from __future__ import annotations

from functools import cache

from access.hosts import told_url
from publish.partner_pages import AllPages
from publish.standing import Standing
from ui import park


@cache
def standing() -> Standing:
    """The process's one site; `refresh()` has it written anew where that is due."""
    return Standing(park.warehouse(), told_url())


@cache
def partners() -> AllPages:
    """The pages of every organisation that was given more."""
    return AllPages(park.warehouse())
