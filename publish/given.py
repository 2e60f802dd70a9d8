"""What organisations were given besides the public releases, as the ledger has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data.ledger import EDITION, EDITION_PROPOSED, EDITION_WITHDRAWN, Receipt
from data.warehouse import Warehouse
from publish.audit import Undone
from publish.cells import Name, Printed, Thresholds
from publish.content import Content
from publish.pair import Given, together, widened
from publish.protect import CannotBeProtected


@dataclass(frozen=True)
class Edition:
    """A release as one organisation was given it, or as it is proposed for it, and whether that still stands."""

    content: Content
    receipt: Receipt
    withdrawn: Receipt | None = None

    @property
    def number(self) -> int:
        """The number of the public release that it is an edition of."""
        return int(self.receipt.body["number"])

    @property
    def audience(self) -> str:
        return str(self.receipt.body["audience"])

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(**self.receipt.body["thresholds"])

    @property
    def hidden(self) -> frozenset[Name]:
        """What it hides; of tables that the release is without, the receipt says it."""
        return self.content.hidden | {(table, tuple(key)) for table, key in self.receipt.body.get("hidden", ())}

    @property
    def published_on(self) -> date:
        return date.fromisoformat(self.receipt.body["accepted_at"][:10])


def same(one: str, other: str) -> bool:
    """Whether two spellings mean one organisation."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def editions(warehouse: Warehouse, until: int | None = None) -> list[Edition]:
    """Every edition ever given, the oldest first; with `until`, those of the receipts before that one."""
    return _editions(warehouse, EDITION, until)


def proposals(warehouse: Warehouse) -> list[Edition]:
    """The editions that wait for a second person, the oldest first."""
    done = {(one.number, one.audience.casefold()) for one in editions(warehouse)}
    found = _editions(warehouse, EDITION_PROPOSED, None)
    return [one for one in found if one.withdrawn is None and (one.number, one.audience.casefold()) not in done]


def _editions(warehouse: Warehouse, action: str, until: int | None) -> list[Edition]:
    receipts = warehouse.ledger.receipts()
    # Of one that was refused or withdrawn another may be made.
    gone = {r.body["takes"]: r for r in receipts if r.action == EDITION_WITHDRAWN}
    found = []
    for receipt in receipts:
        if receipt.action == action and (until is None or receipt.number < until):
            assert receipt.original is not None
            content = Content(warehouse.ledger.original(receipt.original))
            found.append(Edition(content, receipt, gone.get(receipt.number)))
    return found


def given(warehouse: Warehouse, public: Sequence[Printed], until: int | None = None) -> list[Given]:
    """What each organisation that was given something has seen of the `public` releases, the oldest first."""
    by_audience: dict[str, list[Edition]] = {}
    for edition in editions(warehouse, until):
        by_audience.setdefault(edition.audience.casefold(), []).append(edition)
    return [views(public, its) for its in by_audience.values()]


def views(public: Sequence[Printed], its: Sequence[Edition]) -> Given:
    """What one organisation has seen. A withdrawn edition was seen too.

    Of a public release of which it was given no edition, after one that it was given, it is taken to know as much as
    it might have been given: what it may know is nobody's secret before it.
    """
    thresholds = its[-1].thresholds
    seen: list[Printed] = []
    begun = False
    for release in public:
        mine = [one for one in its if one.number == release.number]
        if mine:
            hidden = frozenset.intersection(*(one.hidden for one in mine))
            seen.append(together(release, hidden, mine[-1].thresholds, seen))
        else:
            seen.append(_might_know(release, thresholds, seen) if begun else release)
        begun = begun or bool(mine)
    return Given(its[-1].audience, thresholds, tuple(seen))


def _might_know(release: Printed, thresholds: Thresholds, seen: Sequence[Printed]) -> Printed:
    try:
        return widened(release, thresholds, seen)
    except (CannotBeProtected, Undone):
        return release
