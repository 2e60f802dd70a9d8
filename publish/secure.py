"""Protects a release and has it audited, in turn, until nothing hidden in it or before it can be worked out.

What earlier releases showed cannot be taken back, so that some tables cannot be protected beside them: then a cut of
them is not given in this release, the finest of those concerned first, and the release says so. At the end of that road
only what everybody knows is given, which adds nothing to what was shown: a release can always be made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from publish.audit import Undone, audit
from publish.cells import Cut, Name, Printed, Tables, Thresholds
from publish.cuts import cut, cuts
from publish.protect import CannotBeProtected, Found, protect
from publish.rounding import rounded
from publish.settings import METHODS

SUPPRESSION, ROUNDING = METHODS
_TURNS = 12


def secure(
    tables: Tables,
    thresholds: Thresholds | None = None,
    earlier: Sequence[Printed] = (),
    method: str = SUPPRESSION,
) -> Printed:
    """The release as it may be printed, audited with the earlier ones; `withheld` says which cuts are not given.

    The method is SUPPRESSION or ROUNDING. Raises CannotBeProtected, or Undone with what is still not safe, where even
    what everybody knows gives figures of earlier releases away: then nothing may be published.
    """
    return coarsened(tables, lambda without: whole(tables, thresholds, earlier, method, without=without))


def coarsened(tables: Tables, make: Callable[[frozenset[Cut]], Printed]) -> Printed:
    """What `make` gives, with no more cuts not given than it takes; it raises CannotBeProtected or Undone."""
    without: frozenset[Cut] = frozenset()
    error: CannotBeProtected | Undone
    while True:
        try:
            return make(without)
        except CannotBeProtected as wrong:
            names, error = set(wrong.names), wrong
        except Undone as wrong:
            names, error = {finding.name for finding in wrong.findings}, wrong
        left = cuts(tables) - without
        if not left:
            raise error
        without |= {_next(tables, left, names)}


def whole(
    tables: Tables,
    thresholds: Thresholds | None = None,
    earlier: Sequence[Printed] = (),
    method: str = SUPPRESSION,
    *,
    also: Iterable[Found] = (),
    without: Collection[Cut] = (),
) -> Printed:
    """The same with no cuts left out but those `without`; `also` are figures to be hidden besides.

    Raises CannotBeProtected or Undone.
    """
    if method == ROUNDING:
        return rounded(tables, thresholds, earlier, without=without)
    also = set(also)
    findings = []
    for _ in range(_TURNS):
        printed = protect(tables, thresholds, earlier, also=also, without=without)
        findings = audit((*earlier, printed), thresholds)
        if not findings:
            return printed
        more = {(one.number, one.name, one.since) for one in findings} - also
        if not more:
            break
        also |= more
    raise Undone(findings)


def _next(tables: Tables, left: Collection[Cut], names: Collection[Name]) -> Cut:
    """The next to leave out: of the tables in question if any is left, the finest, and of these the largest."""
    rates = {part: rate.table for rate in tables.rates for part in (rate.numerator, rate.complement, rate.denominator)}
    asked = {rates.get(name, name[0]) for name in names}
    sensitive = {rate.table for rate in tables.rates} | {cell.table for cell in tables.cells.values() if cell.sensitive}
    among = [one for one in left if one[0] in asked] or [one for one in left if one[0] in sensitive] or list(left)
    size = dict.fromkeys(among, 0)
    for name in tables.cells:
        if cut(name) in size:
            size[cut(name)] += 1
    return max(among, key=lambda one: (len(one[1]), size[one], one))
