"""What one organisation sees: the public release and, beside it, the wider edition that it was given of the same truth.

Both are printed from one truth, cut alike, so that whoever has both sees one table of which only that is hidden which
both hide. That table is what is protected, and what is audited, together with all that the organisation saw before;
and a later public release has to be safe before whoever was given more. Organisations are looked at one by one: those
that lay together what each was given know more than any of them, and nothing here keeps them from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from publish.audit import Undone, audit, check
from publish.cells import Cut, Name, Printed, Tables, Thresholds
from publish.finding import Finding
from publish.protect import CannotBeProtected, Found, own_reasons, protect
from publish.secure import ROUNDING, SUPPRESSION, coarsened, whole

_TURNS = 6


@dataclass(frozen=True)
class Given:
    """What an organisation has seen, release by release, the oldest first, and what it may be shown."""

    audience: str
    thresholds: Thresholds
    views: tuple[Printed, ...]


def wider(thresholds: Thresholds, public: Thresholds) -> Thresholds:
    """The thresholds of an edition where none of them is stricter than the public's."""
    least = {one.name: min(getattr(thresholds, one.name), getattr(public, one.name)) for one in fields(Thresholds)}
    return replace(public, **{name: least[name] for name in ("least", "firms", "denominator")})


def together(public: Printed, hidden: Iterable[Name], thresholds: Thresholds, views: Sequence[Printed]) -> Printed:
    """A public release and an edition that hides `hidden`, as one: what either shows is seen."""
    both = public.hidden & frozenset(hidden)
    own = own_reasons(public.tables, thresholds, views)
    return replace(public, hidden=both, why={name: "own" if name in own else "others" for name in both})


def of_the_pair(
    public: Printed, hidden: Iterable[Name], thresholds: Thresholds, views: Sequence[Printed]
) -> list[Finding]:
    """What can be worked out by whoever has the public release, an edition that hides `hidden`, and all `views`."""
    return audit((*views, together(public, hidden, thresholds, views)), thresholds)


def widened(public: Printed, thresholds: Thresholds, views: Sequence[Printed] = ()) -> Printed:
    """The public release and the widest edition of it that may be given after the `views`, as one.

    What is public is known to everybody, and cannot be hidden any more. Raises CannotBeProtected or Undone.
    """
    told = {
        name: cell if name in public.hidden else replace(cell, known=True) for name, cell in public.tables.cells.items()
    }
    made = whole(replace(public.tables, cells=told), thresholds, views, without=public.withheld)
    findings = of_the_pair(public, made.hidden, thresholds, views)
    if findings:
        raise Undone(findings)
    return together(public, made.hidden, thresholds, views)


def secured(
    tables: Tables,
    thresholds: Thresholds,
    earlier: Sequence[Printed] = (),
    given: Sequence[Given] = (),
    method: str = SUPPRESSION,
) -> Printed:
    """The public release as it may be printed: safe before everybody, and before each organisation that saw more.

    Raises as `secure` does.
    """
    return coarsened(tables, lambda without: _before_all(tables, thresholds, earlier, given, method, without))


def _before_all(
    tables: Tables,
    thresholds: Thresholds,
    earlier: Sequence[Printed],
    given: Sequence[Given],
    method: str,
    without: frozenset[Cut],
) -> Printed:
    also: set[Found] = set()
    for _ in range(_TURNS):
        printed = whole(tables, thresholds, earlier, method, also=also, without=without)
        more: set[Found] = set()
        for one in given:
            if method == ROUNDING:
                # What is rounded is shown, more or less: there is nothing to hide besides.
                check((*one.views, printed), wider(one.thresholds, thresholds))
            else:
                more |= _told_by(printed, thresholds, one, also)
        if not more:
            return printed
        also |= more
    raise Undone(())


def _told_by(printed: Printed, public: Thresholds, one: Given, also: set[Found]) -> set[Found]:
    """What more has to be hidden from everybody, for one organisation's sake. Raises Undone where that is no help."""
    thresholds = wider(one.thresholds, public)
    try:
        widened(printed, thresholds, one.views)
        return set()
    except CannotBeProtected:
        findings = []
    except Undone as undone:
        findings = list(undone.findings)
    number = printed.number
    shown = {(number, found.name, 0) for found in findings if found.number == number} - also
    shown = {found for found in shown if found[1] not in printed.hidden}
    if shown:
        # Beside what it was given, the figure tells of a few.
        return shown
    # As if everybody had been given as much.
    hiding = protect(printed.tables, public, one.views, without=printed.withheld)
    more = {(number, name, 0) for name in hiding.hidden - printed.hidden} - also
    if not more:
        raise Undone(findings)
    return more
