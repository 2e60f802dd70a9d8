"""Releases: built from a generation, protected, audited, frozen as receipts; withdrawn by further ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from data.ledger import PROPOSED, PUBLISHING, RELEASE, WITHDRAWN, Conflict, Receipt, standing
from data.warehouse import Generation, Warehouse
from metrics.ask import NothingLoaded
from publish.audit import Undone
from publish.cells import Name, Printed, Tables, Thresholds
from publish.content import OPTIONAL, Content, canonical, of_table, written
from publish.figures import Truth, truth
from publish.given import given
from publish.pair import secured
from publish.programmes import BY as PROGRAMME
from publish.protect import CannotBeProtected, own_reasons
from publish.settings import METHODS, Settings

_ATTEMPTS = 5
# What is being done with a draft, in the order in which it is done: hears the step, and how many of how many.
At = Callable[[str, int, int], None]
STEPS = ("count", "earlier", "protect")

REFUSALS = {
    "unknown": "There is no release {number}.",
    "withdrawn": "Release {number} is withdrawn already.",
    "no-reason": "Say why: those who quoted the figures will ask.",
    "nobody": "Say who publishes: every release carries a name.",
    "waiting": "Release {number} waits for a second person's approval: approve it or withdraw it first.",
    "no-proposal": "No release waits for approval under the number {number}.",
    "same-person": "{by} proposed this release: it takes another person to approve it.",
    "early": "Nothing was known yet on {known_on}.",
    "no-table": "No table of a release that may be left out is called {name}.",
    "backwards": "Release {number} shows what was known on {known_on}: a later release cannot know less.",
}


class Refusal(ValueError):
    """A release that cannot be made, approved or withdrawn: a code of REFUSALS."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(REFUSALS[code].format(**details))
        self.code, self.details = code, details


@dataclass(frozen=True)
class Release:
    """One release as the ledger has it: its frozen content, who published it, and whether it still stands."""

    content: Content
    receipt: Receipt
    withdrawn: Receipt | None = None

    @property
    def number(self) -> int:
        return int(self.receipt.body["number"])

    @property
    def published_on(self) -> date:
        return date.fromisoformat(self.receipt.body["accepted_at"][:10])


@dataclass(frozen=True)
class Draft:
    """A release that could be published now: what was found, and what of it is printed.

    `earlier` are the releases it was protected with, as they are in truth; `head` is the last receipt of the ledger it
    was made of.
    """

    truth: Truth
    printed: Printed
    content: Content
    head: Receipt
    thresholds: Thresholds
    earlier: tuple[Printed, ...] = ()
    left_out: frozenset[str] = frozenset()
    method: str = METHODS[0]


def releases(warehouse: Warehouse) -> list[Release]:
    """Every release ever published, the oldest first."""
    receipts = warehouse.ledger.receipts()
    gone = {r.body["release"]: r for r in receipts if r.action == WITHDRAWN}
    return [
        Release(_content(warehouse, receipt), receipt, gone.get(receipt.body["number"]))
        for receipt in receipts
        if receipt.action == RELEASE
    ]


def proposals(warehouse: Warehouse) -> list[Release]:
    """What waits for a second person, the oldest first."""
    receipts = warehouse.ledger.receipts()
    done = {r.body["number"] for r in receipts if r.action == RELEASE}
    done |= {r.body["release"] for r in receipts if r.action == WITHDRAWN}
    return [
        Release(_content(warehouse, receipt), receipt)
        for receipt in receipts
        if receipt.action == PROPOSED and receipt.body["number"] not in done
    ]


def current(found: Sequence[Release]) -> Release | None:
    """The newest release that is not withdrawn."""
    return next((release for release in reversed(found) if release.withdrawn is None), None)


def _content(warehouse: Warehouse, receipt: Receipt) -> Content:
    assert receipt.original is not None
    return Content(warehouse.ledger.original(receipt.original))


def _silent(step: str, done: int, of: int) -> None:
    """Nobody is told."""


def draft(
    warehouse: Warehouse,
    settings: Settings,
    as_of: date | None = None,
    known_on: date | None = None,
    tables: Collection[str] | None = None,
    at: At = _silent,
) -> Draft:
    """The release that could be published now; nothing is written.

    `tables` are those of content.OPTIONAL that it holds besides what every release holds, by default all. Those left
    out are protected with the others, so that a later release may hold them. `at` hears how far it is.
    Raises NothingLoaded, Refusal, CannotBeProtected, or Undone where the audit finds that something can be worked out.
    """
    left_out = _left_out(tables)
    receipts = warehouse.ledger.receipts()
    before = releases(warehouse)
    if before and known_on is not None and known_on < before[-1].content.known_on:
        last = before[-1]
        raise Refusal("backwards", number=last.number, known_on=last.content.known_on)
    number = _next(receipts)
    method = settings.method
    return _drafted(warehouse, settings.thresholds, receipts, before, number, as_of, known_on, left_out, method, at)


def _left_out(tables: Collection[str] | None) -> frozenset[str]:
    if tables is None:
        return frozenset()
    for name in tables:
        if name not in OPTIONAL:
            raise Refusal("no-table", name=name)
    return frozenset(OPTIONAL) - frozenset(tables)


def _next(receipts: Sequence[Receipt]) -> int:
    taken = [int(r.body["number"]) for r in receipts if r.action in (RELEASE, PROPOSED)]
    return max(taken, default=0) + 1


def _drafted(
    warehouse: Warehouse,
    thresholds: Thresholds,
    receipts: Sequence[Receipt],
    before: Sequence[Release],
    number: int,
    as_of: date | None,
    known_on: date | None,
    left_out: frozenset[str],
    method: str,
    at: At,
    until: int | None = None,
    invented: bool | None = None,
    intakes: bool = True,
) -> Draft:
    if not receipts:
        raise NothingLoaded
    known = _knowing(receipts, known_on)
    if not known:
        raise Refusal("early", known_on=known_on)
    last = before[-1].content.told if before else {}
    at("count", 0, 1)
    park = _generation(warehouse, known, known_on)

    def counted(intakes: bool) -> Truth:
        width = last.get("cohort_width")
        return truth(park, thresholds, as_of=as_of, before=_together(before), width=width, intakes=intakes)

    found = counted(intakes)
    earlier = []
    for one in _earlier(warehouse, before):
        earlier.append(one)
        at("earlier", len(earlier), len(before))
    at("protect", 0, 1)
    told = given(warehouse, earlier, until)
    secure = partial(secured, thresholds=thresholds, earlier=earlier, given=told, method=method)
    found, printed = _with_or_without_intakes(found, partial(counted, False), secure)
    printed = replace(printed, number=number)
    content = Content(written(found, printed, thresholds, number, known[-1].hash, left_out))
    if park.sample if invented is None else invented:
        content = Content(canonical({**content.told, "invented": True}))
    return Draft(found, printed, content, receipts[-1], thresholds, tuple(earlier), left_out, method)


def _with_or_without_intakes(
    found: Truth, without: Callable[[], Truth], secure: Callable[[Tables], Printed]
) -> tuple[Truth, Printed]:
    """What is printed. No other figure is given up for the sake of intakes: rather they are not told."""
    try:
        printed = secure(found.tables)
        if PROGRAMME not in found.members or not printed.withheld:
            return found, printed
    except (CannotBeProtected, Undone):
        if PROGRAMME not in found.members:
            raise
        plain = without()
        return plain, secure(plain.tables)
    plain = without()
    instead = secure(plain.tables)
    return (plain, instead) if len(instead.withheld) < len(printed.withheld) else (found, printed)


def _knowing(receipts: Sequence[Receipt], known_on: date | None) -> list[Receipt]:
    """The receipts known on a day that may move a figure: what was published moves none."""
    return [
        receipt
        for receipt in receipts
        if receipt.action not in PUBLISHING and (known_on is None or receipt.known_on <= known_on)
    ]


def _generation(warehouse: Warehouse, known: Sequence[Receipt], known_on: date | None) -> Generation:
    counted = standing(list(known))
    return Generation(warehouse, counted, known_on or known[-1].known_on, known[-1].hash, known[0].known_on)


def _as_then(warehouse: Warehouse, release: Release) -> tuple[list[Receipt], date]:
    """The receipts that a release stands on, and the day it was known."""
    told = release.content.told
    receipts = warehouse.ledger.receipts()
    known_on = date.fromisoformat(told["known_on"])
    place = next(number for number, one in enumerate(receipts) if one.hash == told["head"])
    return _knowing(receipts[: place + 1], known_on), known_on


def _together(before: Sequence[Release]) -> dict[str, list[str]]:
    """What was put together in the last release that tells of it, by dimension."""
    return {dimension: names for one in before for dimension, names in one.receipt.body["together"].items()}


def told_of_intakes(release: Release) -> bool:
    """Whether a release counts programme intakes: one made before there were such tables does not, nor one in which
    other figures would have had to be given up for them."""
    return PROGRAMME in release.receipt.body["together"]


def _earlier(warehouse: Warehouse, before: Sequence[Release]) -> Iterator[Printed]:
    """The earlier releases as whoever protects the next one must see them: the truth, and what of it was hidden."""
    told: list[Printed] = []
    for place, release in enumerate(before):
        body = release.receipt.body
        thresholds = Thresholds(**body["thresholds"])
        known, known_on = _as_then(warehouse, release)
        found = truth(
            _generation(warehouse, known, known_on),
            thresholds,
            as_of=release.content.as_of,
            before=_together(before[:place]),
            width=release.content.told["cohort_width"],
            intakes=told_of_intakes(release),
        )
        # What a left out table hid is in no content: the receipt names it.
        unseen = {(table, tuple(key)) for table, key in body.get("hidden", ())}
        own = own_reasons(found.tables, thresholds, told)
        told.append(release.content.printed(found.tables, own, unseen))
        yield told[-1]


def publish(
    warehouse: Warehouse,
    settings: Settings,
    by: str,
    as_of: date | None = None,
    known_on: date | None = None,
    tables: Collection[str] | None = None,
) -> Receipt:
    """Freezes a release, or proposes it where a second person must approve; the receipt tells which.

    Raises as `draft` does.
    """
    for _ in range(_ATTEMPTS):
        _may_be_published(warehouse, by)
        made = draft(warehouse, settings, as_of, known_on, tables)
        try:
            return freeze(warehouse, settings, by, made)
        except Conflict:
            continue
    raise Conflict("Other receipts came in between several times. Nothing was published; try again in a moment.")


def freeze(warehouse: Warehouse, settings: Settings, by: str, made: Draft) -> Receipt:
    """Publishes a draft as it is, to the last byte, or proposes it where a second person must approve.

    Raises Refusal, or Conflict where the ledger went on since the draft was made: it may have to be another one.
    """
    _may_be_published(warehouse, by)
    body: dict[str, Any] = {
        "action": PROPOSED if settings.approval else RELEASE,
        "number": made.content.number,
        "as_of": made.content.as_of.isoformat(),
        "of": made.content.known_on.isoformat(),
        "hash": made.content.hash,
        "thresholds": asdict(made.thresholds),
        "method": made.method,
        "together": {dimension: list(names) for dimension, names in made.truth.members.items()},
        "by": by,
    }
    if made.left_out:
        unseen = made.printed.hidden - made.content.hidden
        body["left_out"] = sorted(made.left_out)
        body["hidden"] = [[table, list(key)] for table, key in sorted(unseen) if of_table(table) in made.left_out]
    written = appended(warehouse, made.head, body, made.content.raw)
    if written is None:
        raise Conflict("Another receipt came first. Nothing was published: the figures may be others by now.")
    return written


def _may_be_published(warehouse: Warehouse, by: str) -> None:
    if not by.strip():
        raise Refusal("nobody")
    waiting = proposals(warehouse)
    if waiting:
        raise Refusal("waiting", number=waiting[0].number)


def approve(warehouse: Warehouse, number: int, by: str) -> Receipt:
    """Publishes what was proposed, unchanged. Raises Refusal where nothing waits, or its proposer approves it."""
    if not by.strip():
        raise Refusal("nobody")
    for _ in range(_ATTEMPTS):
        receipts = warehouse.ledger.receipts()
        found = next((one for one in proposals(warehouse) if one.number == number), None)
        if found is None:
            raise Refusal("no-proposal", number=number)
        if found.receipt.body["by"].strip().casefold() == by.strip().casefold():
            raise Refusal("same-person", by=by)
        body = {name: item for name, item in found.receipt.body.items() if name not in ("accepted_at", "known_on")}
        body |= {"action": RELEASE, "approved_by": by, "proposal": found.receipt.number}
        written = appended(warehouse, receipts[-1], body, found.content.raw)
        if written is not None:
            return written
    raise Conflict("Other receipts came in between several times. Nothing was published; try again in a moment.")


def withdraw(warehouse: Warehouse, number: int, by: str, reason: str) -> Receipt:
    """Says that a release, or a proposal, no longer stands; its content stays in the ledger. Raises Refusal."""
    if not reason.strip():
        raise Refusal("no-reason")
    if not by.strip():
        raise Refusal("nobody")
    for _ in range(_ATTEMPTS):
        receipts = warehouse.ledger.receipts()
        if number not in {one.number for one in (*releases(warehouse), *proposals(warehouse))}:
            raise Refusal("unknown", number=number)
        if any(r.action == WITHDRAWN and r.body["release"] == number for r in receipts):
            raise Refusal("withdrawn", number=number)
        body = {"action": WITHDRAWN, "release": number, "reason": reason, "by": by}
        written = appended(warehouse, receipts[-1], body)
        if written is not None:
            return written
    raise Conflict("Other receipts came in between several times. Nothing was withdrawn; try again in a moment.")


def appended(warehouse: Warehouse, last: Receipt, body: dict[str, Any], content: bytes | None = None) -> Receipt | None:
    """The receipt written after `last`; None where another one came first."""
    # Publishing brings no knowledge: a list may still be loaded as known on any day since.
    receipt = warehouse.ledger.prepare({**body, "known_on": last.known_on.isoformat()}, content)
    if receipt.previous != last.hash:
        return None
    try:
        warehouse.ledger.append(receipt, content)
    except Conflict:
        return None
    return receipt


def reproduce(warehouse: Warehouse, number: int) -> Content:
    """The release built anew from the ledger as it was known then, under the settings of then."""
    return rebuilt(warehouse, number).content


def rebuilt(warehouse: Warehouse, number: int, at: At = _silent) -> Draft:
    """The same, or what waits for approval, with the truth it was made of; raises as `draft` does."""
    before = releases(warehouse)
    release = next((one for one in (*before, *proposals(warehouse)) if one.number == number), None)
    if release is None:
        raise Refusal("unknown", number=number)
    known, known_on = _as_then(warehouse, release)
    body, before = release.receipt.body, [one for one in before if one.number < number]
    intakes = told_of_intakes(release)
    thresholds, left_out = Thresholds(**body["thresholds"]), frozenset(body.get("left_out", ()))
    as_of, method, until = release.content.as_of, body.get("method", METHODS[0]), release.receipt.number
    # There were releases of the sample park before any said that it is invented.
    invented = bool(release.content.told.get("invented"))
    return _drafted(
        warehouse, thresholds, known, before, number, as_of, known_on, left_out, method, at, until, invented, intakes
    )


@dataclass(frozen=True)
class Change:
    """A figure that two releases both speak of and do not say alike; a hidden one is None there."""

    table: str
    labels: dict[str, str]
    before: dict[str, Any]
    after: dict[str, Any]


def revisions(before: Content, after: Content) -> list[Change]:
    """What changed between two releases, by cell: figures that both have, and that differ or are hidden in one."""
    found = []
    for table, its in after.told["tables"].items():
        old = {labels(cell): cell for cell in before.told["tables"].get(table, {"cells": []})["cells"]}
        for cell in its["cells"]:
            was = old.get(labels(cell))
            if was is not None and (was["value"], was.get("status")) != (cell["value"], cell.get("status")):
                found.append(Change(table, dict(labels(cell)), was, cell))
    return found


def labels(cell: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a cell is about: its labels without those summed over."""
    kept = ("site", "sector", "year", "years", "age", "month", "age_days", PROGRAMME)
    return tuple((name, str(cell[name])) for name in kept if name in cell)


def verify(warehouse: Warehouse) -> list[str]:
    """What is wrong with the releases of a ledger, in sentences: a hash that does not fit, figures that no longer
    come out. Empty where all is well."""
    wrong = []
    for release in releases(warehouse):
        if release.content.hash != release.receipt.body["hash"]:
            wrong.append(f"The content of release {release.number} was changed: its hash does not fit.")
        elif reproduce(warehouse, release.number).hash != release.content.hash:
            wrong.append(f"Release {release.number} does not come out of the ledger as it was published.")
    return wrong


__all__ = ["CannotBeProtected", "Change", "Draft", "Name", "Refusal", "Release", "Undone"]
