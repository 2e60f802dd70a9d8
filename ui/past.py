"""What was known after each receipt: figures of past states, worked out once, since a past state never changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data import sight
from data.ledger import Receipt, standing, taken_back
from metrics import moved
from metrics.ask import Scope
from metrics.moved import MOVABLE, Figures
from ui import park
from ui.kept import kept


@dataclass(frozen=True)
class Known:
    """A state of knowledge in short: the latest day it states, and its headline figures on that day."""

    stated_on: date | None
    headline: Figures


def receipts() -> list[Receipt]:
    """Every receipt there is, oldest first."""
    return sight.receipts(park.warehouse(), park.sight())


def verified() -> int:
    """How many receipts the chain holds, all of them whole; raises Broken."""
    return park.warehouse().ledger.verify()


def _key(known: Sequence[Receipt]) -> str:
    return park.warehouse().key(standing(_whole(known)), park.sight().sites)


def _whole(these: Sequence[Receipt]) -> list[Receipt]:
    return sight.unveiled(park.warehouse(), these)


def known(these: Sequence[Receipt]) -> Known:
    """What these receipts, the first ones of the ledger, said together."""

    def made() -> Known:
        with park.warehouse().aside(_whole(these), park.sight().sites) as state:
            return Known(state.stated_on, moved.headline(state))

    return kept.get(("known", _key(these)), made)


def is_known(these: Sequence[Receipt]) -> bool:
    """Whether it is worked out already, so that nobody has to wait for it."""
    return ("known", _key(these)) in kept


def figures(these: Sequence[Receipt], scope: Scope) -> Figures:
    """Every figure that is one number, as these receipts give it for a scope."""

    def made() -> Figures:
        with park.warehouse().aside(_whole(these), park.sight().sites) as state:
            return moved.figures(state, MOVABLE, scope)

    return kept.get(("figures", _key(these), scope), made)


def acts(all_of_them: Sequence[Receipt]) -> dict[int, str]:
    """What each receipt is: "undo", of anything but an undo, "redo", of an undo, or its own action."""
    told: dict[int, str] = {}
    for receipt in all_of_them:
        undone = receipt.takes_back[0] if receipt.action == "undo" and receipt.takes_back else None
        told[receipt.number] = (
            receipt.action if receipt.action != "undo" else "redo" if told.get(undone or 0) == "undo" else "undo"
        )
    return told


def gone(all_of_them: Sequence[Receipt]) -> dict[int, int]:
    """The receipts that do not stand, each with the one that takes it back."""
    return taken_back(list(all_of_them))
