"""Editions: a public release as a named organisation may see it, wider, frozen as a receipt; and their pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from data.ledger import EDITION, EDITION_PROPOSED, EDITION_WITHDRAWN, Conflict, Receipt
from data.warehouse import Warehouse
from publish import release
from publish.cells import Printed, Thresholds
from publish.content import Content, canonical, written
from publish.given import Edition, editions, proposals, same, views
from publish.pair import together, widened, wider
from publish.release import Change, Draft, Release
from publish.settings import Settings
from words import mark

_ATTEMPTS = 5
LONGEST = 100
# Figures that an edition gives as the public release does: what stands under them is not a count of firms alone.
_AS_PUBLIC = ("entries_by_month", "survival_curve", "survival_km_5y", "occupancy")

REFUSALS = {
    "nothing": mark("There is no public release yet: an organisation is given a wider edition of one."),
    "withdrawn": mark("Release {number} is withdrawn: publish another one first."),
    "waiting": mark("Release {number} waits for a second person's approval: approve it or withdraw it first."),
    "given": mark("{audience} was given release {number} already."),
    "proposed": mark("Release {number} for {audience} waits for a second person's approval already."),
    "no-name": mark("Say which organisation: its name, in 100 characters or fewer."),
    "nobody": mark("Say who publishes: every release carries a name."),
    "no-reason": mark("Say why: those who quoted the figures will ask."),
    "no-proposal": mark("Nothing for {audience} waits for approval."),
    "no-edition": mark("{audience} was given no release."),
    "same-person": mark("{by} proposed this release: it takes another person to approve it."),
    "superseded": mark("Release {number} is no longer the newest: refuse this proposal, and make one of the newest."),
    "changed": mark(
        "Release {number} does not come out of the ledger as it was published: no edition can be made of it."
    ),
    "rounded": mark("The figures of release {number} are rounded: no edition can be made beside it."),
}


class Refusal(ValueError):
    """An edition that cannot be made, approved or withdrawn: a code of REFUSALS."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(REFUSALS[code].format(**details))
        self.code, self.sentence, self.details = code, REFUSALS[code], details


@dataclass(frozen=True)
class Made:
    """An edition that could be given now: what it prints, and `more`, the figures in it that the public has not."""

    release: Release
    audience: str
    thresholds: Thresholds
    view: Printed
    content: Content
    head: Receipt

    @property
    def more(self) -> list[Change]:
        found = release.revisions(self.release.content, self.content)
        return [one for one in found if one.after["value"] is not None]

    @property
    def hidden(self) -> int:
        """How many figures stay hidden."""
        cells = (cell for its in self.content.told["tables"].values() for cell in its["cells"])
        return sum(cell.get("status") == "c" for cell in cells)


def draft(warehouse: Warehouse, settings: Settings, audience: str) -> Made:
    """The edition of the newest release that an organisation could be given now; nothing is written.

    Raises Refusal, CannotBeProtected, or Undone where the audit of the pair finds that something can be worked out.
    """
    audience = _named(warehouse, audience)
    newest, head = _newest(warehouse)
    if any(one.number == newest.number and same(one.audience, audience) for one in proposals(warehouse)):
        raise Refusal("proposed", number=newest.number, audience=audience)
    its = [one for one in editions(warehouse) if same(one.audience, audience)]
    if any(one.number == newest.number and one.withdrawn is None for one in its):
        raise Refusal("given", number=newest.number, audience=audience)
    return _made(warehouse, newest, audience, settings.partner, its, head)


def _newest(warehouse: Warehouse) -> tuple[Release, Receipt]:
    """The release that editions are made of, and the last receipt of the ledger."""
    # Read first: whatever comes after it makes the writing fail, not the reading wrong.
    receipts = warehouse.ledger.receipts()
    waiting = release.proposals(warehouse)
    if waiting:
        # It is not known yet what the public will have.
        raise Refusal("waiting", number=waiting[0].number)
    found = release.releases(warehouse)
    if not found:
        raise Refusal("nothing")
    if found[-1].withdrawn is not None:
        raise Refusal("withdrawn", number=found[-1].number)
    return found[-1], receipts[-1]


def _named(warehouse: Warehouse, audience: str) -> str:
    """The organisation as it is called already, whatever the spelling."""
    plain = " ".join(audience.split())
    if not plain or len(plain) > LONGEST or not plain.isprintable():
        raise Refusal("no-name")
    return next((one.audience for one in editions(warehouse) if same(one.audience, plain)), plain)


def _made(
    warehouse: Warehouse,
    newest: Release,
    audience: str,
    partner: Thresholds,
    its: list[Edition],
    head: Receipt,
) -> Made:
    made = release.rebuilt(warehouse, newest.number)
    if made.content.hash != newest.content.hash:
        raise Refusal("changed", number=newest.number)
    if made.printed.base:
        raise Refusal("rounded", number=newest.number)
    thresholds = wider(partner, Thresholds(**newest.receipt.body["thresholds"]))
    seen = views(made.earlier, its).views if its else made.earlier
    public = made.printed
    for one in its:
        if one.number == newest.number:
            # Withdrawn, but seen.
            public = together(public, one.hidden, thresholds, seen)
    view = widened(public, thresholds, seen)
    return Made(newest, audience, thresholds, view, _content(made, view, thresholds, audience), head)


def _content(made: Draft, view: Printed, thresholds: Thresholds, audience: str) -> Content:
    """The release's own content with the figures that the organisation sees in the place of the public's."""
    told = made.content.told
    printed = replace(made.printed, hidden=view.hidden)
    anew = json.loads(written(made.truth, printed, thresholds, made.content.number, told["head"], made.left_out))
    tables = {name: its if name in _AS_PUBLIC else anew["tables"][name] for name, its in told["tables"].items()}
    return Content(canonical({**told, "audience": audience, "tables": tables}))


def publish(warehouse: Warehouse, settings: Settings, audience: str, by: str) -> Receipt:
    """Freezes an edition, or proposes it where a second person must approve; the receipt tells which.

    Raises as `draft` does.
    """
    if not by.strip():
        raise Refusal("nobody")

    def act() -> Receipt | None:
        made = draft(warehouse, settings, audience)
        content = made.content
        body: dict[str, Any] = {
            "action": EDITION_PROPOSED if settings.approval else EDITION,
            "number": content.number,
            "audience": made.audience,
            "as_of": content.as_of.isoformat(),
            "of": content.known_on.isoformat(),
            "hash": content.hash,
            "thresholds": asdict(made.thresholds),
            "by": by,
        }
        unseen = made.view.hidden - content.hidden
        if unseen:
            body["hidden"] = [[table, list(key)] for table, key in sorted(unseen)]
        return release.appended(warehouse, made.head, body, content.raw)

    return _tried(act)


def approve(warehouse: Warehouse, audience: str, by: str) -> Receipt:
    """Gives what was proposed, unchanged. Raises Refusal."""
    if not by.strip():
        raise Refusal("nobody")

    def act() -> Receipt | None:
        newest, head = _newest(warehouse)
        found = next((one for one in proposals(warehouse) if same(one.audience, audience)), None)
        if found is None:
            raise Refusal("no-proposal", audience=audience)
        if found.number != newest.number:
            raise Refusal("superseded", number=found.number)
        if found.receipt.body["by"].strip().casefold() == by.strip().casefold():
            raise Refusal("same-person", by=by)
        body = {name: item for name, item in found.receipt.body.items() if name not in ("accepted_at", "known_on")}
        body |= {"action": EDITION, "approved_by": by, "proposal": found.receipt.number}
        return release.appended(warehouse, head, body, found.content.raw)

    return _tried(act)


def withdraw(warehouse: Warehouse, audience: str, by: str, reason: str) -> Receipt:
    """Takes back what waits for an organisation, else the last edition that it was given. Raises Refusal.

    What was seen was seen: later releases go on counting it.
    """
    if not reason.strip():
        raise Refusal("no-reason")
    if not by.strip():
        raise Refusal("nobody")

    def act() -> Receipt | None:
        head = warehouse.ledger.receipts()[-1]
        found = [*(one for one in editions(warehouse) if one.withdrawn is None), *proposals(warehouse)]
        mine = [one for one in found if same(one.audience, audience)]
        if not mine:
            raise Refusal("no-edition", audience=audience)
        taken = mine[-1]
        body = {"action": EDITION_WITHDRAWN, "release": taken.number, "audience": taken.audience}
        body |= {"takes": taken.receipt.number, "reason": reason, "by": by}
        return release.appended(warehouse, head, body)

    return _tried(act)


def _tried(act: Callable[[], Receipt | None]) -> Receipt:
    for _ in range(_ATTEMPTS):
        receipt = act()
        if receipt is not None:
            return receipt
    raise Conflict("Other receipts came in between several times. Nothing was written; try again in a moment.")


def verify(warehouse: Warehouse) -> list[str]:
    """What is wrong with the editions of a ledger, in sentences. Empty where all is well."""
    wrong = []
    found = {one.number: one for one in release.releases(warehouse)}
    for edition in editions(warehouse):
        said = f"release {edition.number} for {edition.audience}"
        if edition.content.hash != edition.receipt.body["hash"]:
            wrong.append(f"The content of {said} was changed: its hash does not fit.")
            continue
        until = edition.receipt.body.get("proposal", edition.receipt.number)
        its = [one for one in editions(warehouse, until) if same(one.audience, edition.audience)]
        public = found[edition.number]
        anew = _made(warehouse, public, edition.audience, edition.thresholds, its, edition.receipt)
        if anew.content.hash != edition.content.hash:
            wrong.append(f"The {said} does not come out of the ledger as it was given.")
    return wrong


# Pages


def standing(warehouse: Warehouse) -> dict[str, list[Release]]:
    """The editions of each organisation as releases of their own; withdrawn where they or the public one are."""
    gone = {one.number: one.withdrawn for one in release.releases(warehouse)}
    found: dict[str, list[Release]] = {}
    for one in editions(warehouse):
        its = found.setdefault(one.audience, [])
        # Of one that was withdrawn and given anew the latter counts.
        its[:] = [other for other in its if other.number != one.number]
        its.append(Release(one.content, one.receipt, one.withdrawn or gone[one.number]))
    return found


def folder_of(home: Path, audience: str) -> Path:
    """Where the pages of an organisation lie in a home."""
    return home / "partners" / hashlib.sha256(" ".join(audience.split()).casefold().encode()).hexdigest()[:32]
