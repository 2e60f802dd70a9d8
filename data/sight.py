"""What of the park somebody may see: nobody in this layer knows roles, only this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from data.ledger import REWRITES, Receipt
from data.original import Written, line, reread
from data.problem import Problem

if TYPE_CHECKING:
    from data.grid import Book
    from data.warehouse import Generation, Warehouse


@dataclass(frozen=True)
class Sight:
    """What somebody may see and do, whoever it is.

    `sites` are the only ones whose rows and figures are shown (None: all); `persons` opens the cells of columns about
    persons and of columns nobody declared; `originals` the files as they were brought; `writes` the ledger.
    """

    sites: tuple[str, ...] | None = None
    persons: bool = False
    originals: bool = False
    writes: bool = False

    def covers(self, sites: Iterable[str | None]) -> bool:
        """Whether rows of these sites may be seen; one that names no site may be anybody's."""
        return self.sites is None or {*sites} <= {*self.sites}


EVERYTHING = Sight(persons=True, originals=True, writes=True)


class Unseen(LookupError):
    """What is asked for is not for this sight; the message never says whether it is there."""

    def __init__(self) -> None:
        super().__init__("There is nothing of that name to be seen.")


def generation(warehouse: Warehouse, sight: Sight, known_on: date | None = None) -> Generation:
    """The state of knowledge on a day, as far as somebody may see it."""
    return warehouse.generation(known_on, sight.sites)


def whole(warehouse: Warehouse, receipt: Receipt, sight: Sight) -> bool:
    """Whether all rows of a receipt are of sites that may be seen. A decision on firms speaks of all their sites."""
    if sight.sites is None or receipt.action == "spelling":
        return True
    if receipt.clean is None:
        numbers = receipt.takes_back
        taken = [one for one in warehouse.ledger.receipts() if one.number in numbers]
        return bool(taken) and all(whole(warehouse, one, sight) for one in taken)
    rows = warehouse.clean(receipt.clean)
    return "site" in rows.column_names and sight.covers(rows.column("site").unique().to_pylist())


class Veiled(Receipt):
    """A receipt of which only the frame may be seen; it keeps the hash of the whole one."""

    @cached_property
    def hash(self) -> str:
        return str(self.body["hash"])


# What of a receipt is no firm's, no person's and no site's.
_FRAME = ("action", "known_on", "accepted_at", "by", "takes_back", "kind", "mode", "stated_on", "invented")


def receipts(warehouse: Warehouse, sight: Sight) -> list[Receipt]:
    """All receipts, oldest first; of those that speak of other sites no more than that they were written."""
    every = warehouse.ledger.receipts()
    return every if sight.sites is None else [one if whole(warehouse, one, sight) else _veiled(one) for one in every]


def _veiled(receipt: Receipt) -> Receipt:
    frame = {name: receipt.body[name] for name in _FRAME if name in receipt.body}
    if receipt.action in REWRITES:
        # A file dropped or a person erased is no site's figure, and told to all.
        frame |= {name: receipt.body[name] for name in ("cells", "months", "originals") if name in receipt.body}
    if receipt.action != "load":
        frame["action"] = "load" if receipt.action not in ("undo", *REWRITES) else receipt.action
    return Veiled(receipt.number, receipt.previous, {**frame, "hash": receipt.hash}, None, None)


def unveiled(warehouse: Warehouse, these: Iterable[Receipt]) -> list[Receipt]:
    """The same receipts with all that the ledger has of them, for figures that are made of them."""
    every = {one.number: one for one in warehouse.ledger.receipts()}
    return [every.get(one.number, one) if isinstance(one, Veiled) else one for one in these]


def has_original(warehouse: Warehouse, receipt: Receipt, sight: Sight) -> bool:
    """Whether `original` gives a file."""
    if not sight.originals or receipt.original is None or not whole(warehouse, receipt, sight):
        return False
    return warehouse.ledger.replaced().get(receipt.original, receipt.original) is not None


def original(warehouse: Warehouse, receipt: Receipt, sight: Sight) -> bytes:
    """The file of a receipt as it was brought; raises Unseen where it is not for this sight, or holds others' rows."""
    if receipt.original is None or not has_original(warehouse, receipt, sight):
        raise Unseen
    return warehouse.ledger.original(receipt.original)


def cells(warehouse: Warehouse, receipt: Receipt, sheet: str, row: int, sight: Sight) -> tuple[Written, ...]:
    """The cells of one row of a receipt's file (see `original.line`); what is about persons, or in a column that nobody
    declared, only for a sight with `persons`. Raises Unseen where the row is of another site, LookupError where there
    is none, Refused where the file cannot be read any more."""
    if not (sight.persons and sight.sites is None) and not _stands(warehouse, receipt, sheet, row, sight):
        raise Unseen
    return line(_book(warehouse, str(receipt.original)), receipt, sheet, row, persons=sight.persons)


def own_cells(book: Book, receipt: Receipt, sheet: str, row: int, sight: Sight) -> tuple[Written, ...]:
    """The same of a file that was only brought, by whoever brought it; `receipt` is the one that it would get."""
    return line(book, receipt, sheet, row, persons=sight.persons)


@lru_cache(maxsize=2)
def _book(warehouse: Warehouse, sha256: str) -> Book:
    """A file read again: few are kept, for one may hold a million cells."""
    receipt = next(one for one in warehouse.ledger.receipts() if one.original == sha256)
    return reread(warehouse.ledger, receipt)


def _stands(warehouse: Warehouse, receipt: Receipt, sheet: str, row: int, sight: Sight) -> bool:
    """Whether a row of a file is one of its clean rows, and of a site that may be seen: a title may say anything."""
    if receipt.clean is None:
        return False
    rows = warehouse.clean(receipt.clean)
    sites = rows.column("site").to_pylist() if "site" in rows.column_names else [None] * len(rows)
    told = zip(rows.column("sheet").to_pylist(), rows.column("row").to_pylist(), sites, strict=True)
    return any((s, r) == (sheet, row) and sight.covers([site]) for s, r, site in told)


def refused(sight: Sight, touched: Iterable[str | None]) -> Problem | None:
    """The problem of a load that touches rows of sites it may not; None where there is none."""
    if sight.covers(touched := list(touched)):
        return None
    return Problem("site-not-yours", details={"sites": ", ".join(sight.sites or ())})
