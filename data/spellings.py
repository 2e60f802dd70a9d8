"""What words of spreadsheets were said to mean, whatever list they stood in; each can be said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data.cells import fold
from data.ledger import Conflict, Receipt, taken_back
from data.sheets import SHEETS
from data.sight import EVERYTHING, Sight
from data.warehouse import Warehouse

SPELLING = "spelling"
_ATTEMPTS = 5
# The fields whose words mean one of a list: the park's own, or the declared ones.
FIELDS = ("site", "sector", "status", "exit_reason", "occupant_type")


@dataclass(frozen=True)
class Spelling:
    """A word as it is written in a field, what it means (None: nothing), and the receipt that last said so."""

    field: str
    written: str
    means: str | None
    receipt: Receipt


def spellings(receipts: Sequence[Receipt]) -> list[Spelling]:
    """The last standing word on each spelling, by field and spelling: what loads were told, and what was said since.

    The body of a receipt of the action `spelling` has `field`, `written`, and `means`, or `forget`.
    """
    gone = taken_back(list(receipts))
    found: dict[tuple[str, str], Spelling] = {}
    for receipt in receipts:
        if receipt.number in gone:
            continue
        if receipt.action == "load":
            for field, meanings in (receipt.body.get("mapping") or {}).get("values", {}).items():
                for written, means in meanings.items():
                    found[field, fold(written)] = Spelling(field, written, means, receipt)
        elif receipt.action == SPELLING:
            field, written = receipt.body["field"], receipt.body["written"]
            found.pop((field, fold(written)), None)
            if not receipt.body.get("forget"):
                found[field, fold(written)] = Spelling(field, written, receipt.body["means"], receipt)
    return [found[key] for key in sorted(found)]


def meanings(receipts: Sequence[Receipt]) -> dict[str, dict[str, str | None]]:
    """The same as the `values` of a mapping."""
    said: dict[str, dict[str, str | None]] = {}
    for one in spellings(receipts):
        said.setdefault(one.field, {})[one.written] = one.means
    return said


class EverySite(ValueError):
    """A word is settled for the lists of every site, by who may see them all."""


def spell(
    warehouse: Warehouse,
    field: str,
    written: str,
    means: str | None,
    by: str,
    forget: bool = False,
    sight: Sight = EVERYTHING,
) -> Receipt:
    """Writes what a word means from now on, or that what was said of it no longer holds; no figure moves by it.

    Raises KeyError where no sheet has the field, ValueError where its words mean nothing of a list, EverySite.
    """
    if sight.sites is not None or not sight.writes:
        raise EverySite(field)
    if not any(field in [column.name for column in sheet.columns] for sheet in SHEETS.values()):
        raise KeyError(field)
    if field not in FIELDS or not written.strip():
        raise ValueError(f"{field} has no words that mean one of a list")
    for _ in range(_ATTEMPTS):
        receipts = warehouse.ledger.receipts()
        known_on = max([date.today(), *(receipt.known_on for receipt in receipts[-1:])])
        body = {"action": SPELLING, "known_on": known_on.isoformat(), "by": by, "field": field, "written": written}
        receipt = warehouse.ledger.prepare(body | ({"forget": True} if forget else {"means": means}))
        try:
            warehouse.ledger.append(receipt)
            return receipt
        except Conflict:
            continue
    raise Conflict("Others write receipts all the time: try again.")
