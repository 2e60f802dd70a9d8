"""Which capability each page asks for: the navigation, the guard and the pages themselves read it here."""

from __future__ import annotations

from collections.abc import Mapping

# By the name of its file in pages/, in the order of the navigation; the first is where a reader starts.
PAGES: Mapping[str, str] = {
    "overview": "see",
    "entries": "see",
    "sites": "see",
    "survival": "see",
    "cohorts": "see",
    "firms": "see",
    "history": "history",
    "lists": "lists",
    "upload": "upload",
    "releases": "release",
    "definitions": "see",
    "persons": "erase",
    "accounts": "accounts",
    "audit": "audit",
    # What stands at "/" while nothing is loaded.
    "first_run": "see",
}


def addresses(name: str) -> tuple[str, ...]:
    """The paths under which a page answers."""
    return {"overview": ("/", "/overview"), "first_run": ()}.get(name, (f"/{name}",))
