"""Protects a release and has it audited, in turn, until nothing hidden in it or before it can be worked out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from publish.audit import Undone, audit
from publish.cells import Printed, Tables, Thresholds
from publish.protect import Found, protect

_TURNS = 12


def secure(
    tables: Tables,
    thresholds: Thresholds | None = None,
    earlier: Sequence[Printed] = (),
    also: Iterable[Found] = (),
) -> Printed:
    """The release as it may be printed, audited with the earlier ones; `also` are figures to be hidden besides.

    Raises CannotBeProtected, or Undone with what is still not safe: then nothing may be published.
    """
    also = set(also)
    findings = []
    for _ in range(_TURNS):
        printed = protect(tables, thresholds, earlier, also=also)
        releases = (*earlier, printed)
        findings = audit(releases, thresholds)
        if not findings:
            return printed
        more = {(one.number, one.name, one.since) for one in findings} - also
        if not more:
            break
        also |= more
    raise Undone(findings)
