"""Which rows of a load are left as they were, one by one or by group, and what the others would change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute

from data.building import stands
from data.compare import differing, moves
from data.ledger import Receipt
from data.problem import Problem
from data.sheet import Sheet
from data.sheets import SHEETS
from data.warehouse import Generation, Warehouse

# "added" are all rows that come, "added:Rabat" those of one site; a move is its two rows, of either site.
GROUPS = ("added", "changed", "removed", "moved")

_FRESH = "fresh"


@dataclass(frozen=True)
class Proposal:
    """What a file would change in the rows of its kind, were all of it taken, and which rows are left as they were.

    `before` and `after` are rows as a generation has them; `left` are keys.
    """

    sheet: Sheet
    before: pa.Table
    after: pa.Table
    left: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def moved(self) -> pa.Table:
        """As `compare.moves` has them."""
        return moves(self.sheet, self.before, self.after)

    @cached_property
    def groups(self) -> dict[str, dict[str, frozenset[str]]]:
        """For each of GROUPS the sites that have such rows ("" where a row names none), each with its rows' keys."""
        found: dict[str, dict[str, set[str]]] = {group: {} for group in GROUPS}
        for row in differing(self.sheet, self.before, self.after).to_pylist():
            found[row["why"]].setdefault(row["site"] or "", set()).add(row["key"])
        for row in self.moved.to_pylist():
            for site in (row["site_before"], row["site"]):
                found["moved"].setdefault(site, set()).update((row["old_key"], row["new_key"]))
        return {group: {site: frozenset(keys) for site, keys in sites.items()} for group, sites in found.items()}

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all rows that would differ."""
        return frozenset().union(*(keys for sites in self.groups.values() for keys in sites.values()))

    def meant(self, said: str) -> frozenset[str]:
        """The keys that one word of `Choices.left_as_they_were` means: a group's, a group's at a site, or the key."""
        group, colon, site = said.partition(":")
        if group in GROUPS:
            sites = self.groups[group]
            return sites.get(site, frozenset()) if colon else frozenset().union(*sites.values())
        return frozenset({said}) & self.keys

    def but(self, left: frozenset[str]) -> Proposal:
        """The same with other rows left; what was worked out of the rows is not worked out again."""
        other = replace(self, left=left)
        vars(other).update({name: found for name, found in vars(self).items() if name in ("moved", "groups", "keys")})
        return other

    @property
    def moves_taken(self) -> int:
        """How many firms change their site by the rows that are taken."""
        rows = zip(self.moved.column("old_key").to_pylist(), self.moved.column("new_key").to_pylist(), strict=True)
        return sum(self.left.isdisjoint(keys) for keys in rows)


@dataclass(frozen=True)
class Left:
    """The rows of a load that are taken, and the keys of the known ones that a replacement has to spare.

    `counted` is how many rows of the file are not taken, as an outcome counts what is left out; `proposal` is None
    where nothing is left: then what is proposed is what the generation will hold.
    """

    fresh: pa.Table
    keeps: list[str]
    problems: list[Problem]
    counted: dict[str, int] = field(default_factory=dict)
    proposal: Proposal | None = None


def leave(
    warehouse: Warehouse,
    basis: Generation,
    before: pa.Table,
    fresh: pa.Table,
    said: dict[str, Any],
    words: Iterable[str],
) -> Left:
    """Takes what `words` mean out of a load. `said` is its receipt's body as far as the rows that stand need it.

    A word that means no row is a problem: who left out what is not there may have meant something else.
    """
    words = list(dict.fromkeys(words))
    if not words:
        return Left(fresh, [], [])
    number = basis.receipts[-1].number + 1 if basis.receipts else 1
    receipts = [*basis.receipts, Receipt(number, "", said, None, _FRESH)]
    after = stands(said["kind"], receipts, lambda sha256: fresh if sha256 == _FRESH else warehouse.clean(sha256))
    proposal = Proposal(SHEETS[said["kind"]], before, after)
    meant = {word: proposal.meant(word) for word in words}
    left = frozenset().union(*meant.values())
    problems = [Problem("nothing-to-leave", value=word) for word, keys in meant.items() if not keys]
    gone = pyarrow.compute.is_in(fresh.column("key"), pa.array(sorted(left), pa.string()))
    taken = fresh.filter(pyarrow.compute.invert(gone))
    known = left & set(before.column("key").to_pylist())
    keeps = sorted(known) if said["mode"] == "replace" else []
    counted = {"not-taken": len(fresh) - len(taken)} if len(taken) < len(fresh) else {}
    return Left(taken, keeps, problems, counted, proposal.but(left))
