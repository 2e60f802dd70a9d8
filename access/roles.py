"""Which role may do what: one table, and who asks with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from data.sight import Sight

# What each role may do beyond those before it.
_MORE = (
    ("leader", {"see"}),
    ("analyst", {"upload", "history", "lists", "originals", "persons"}),
    ("publisher", {"release"}),
    ("admin", {"accounts", "audit", "erase"}),
)


def _table() -> Mapping[str, frozenset[str]]:
    may: dict[str, frozenset[str]] = {}
    so_far: frozenset[str] = frozenset()
    for role, more in _MORE:
        so_far |= more
        may[role] = so_far
    return MappingProxyType(may)


# THE table of what a role may do; every other place asks it. Roles come in order, the least first.
MAY: Mapping[str, frozenset[str]] = _table()
ROLES = tuple(MAY)
CAPABILITIES = MAY[ROLES[-1]]


@dataclass(frozen=True)
class Who:
    """Somebody signed in. `sites` () means all; `session` is the public id of the session's row, never its token."""

    account: int
    name: str
    role: str
    sites: tuple[str, ...] = ()
    session: str = ""

    def may(self, what: str) -> bool:
        """Whether the role may do `what`; KeyError for a word that is no capability: a slip in the code."""
        if what not in CAPABILITIES:
            raise KeyError(what)
        return what in MAY.get(self.role, frozenset())

    @property
    def sight(self) -> Sight:
        """What of the park this person may see."""
        return Sight(
            sites=self.sites or None,
            persons=self.may("persons"),
            originals=self.may("originals"),
            writes=self.may("upload"),
        )
