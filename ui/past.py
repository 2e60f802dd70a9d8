"""What was known after each receipt: figures of past states, worked out once, since a past state never changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from data import sight
from data.aside import Aside
from data.ledger import GENESIS, Receipt, standing, taken_back
from data.warehouse import Generation
from metrics import METRICS, moved
from metrics.ask import Scope
from metrics.moved import HEADLINE, MOVABLE, Figures, windowed
from ui import park
from ui.asked import Asked, State
from ui.kept import kept
from words import Words

if TYPE_CHECKING:
    import pandas as pd


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


class Past(Generation):
    """What the first receipts of the ledger said together, worked out in memory when the first question comes."""

    def __init__(self, these: Sequence[Receipt], clean: Callable[[str], Any] | None = None) -> None:
        last, first = (these[-1], these[0].known_on) if these else (None, None)
        known_on, head = (last.known_on, last.hash) if last else (None, GENESIS)
        super().__init__(park.warehouse(), standing(_whole(these)), known_on, head, first, park.sight().sites)
        self._clean = clean or park.warehouse().clean

    @cached_property
    def _aside(self) -> Aside:
        return Aside(self.receipts, self._clean, self.known_on, self.sites)

    @property
    def stated_on(self) -> date | None:
        return None if self.empty else self._aside.stated_on

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        return self._aside.query(sql, values)

    def close(self) -> None:
        """Gives the memory back."""
        if "_aside" in self.__dict__:
            self._aside.close()


def state(these: Sequence[Receipt], told: str) -> State:
    """The state after these receipts, the first ones of the ledger, for those who ask for the firms behind a figure."""

    @contextmanager
    def opened() -> Iterator[Generation]:
        with closing(Past(these)) as past:
            yield past

    return State(told, opened)


def after(t: Words, these: Sequence[Receipt]) -> State:
    """The same, called by its last receipt."""
    if not these:
        return state(these, t("Known then: nothing yet."))
    return state(these, t("Known then: what the receipts up to number {number} say.", number=these[-1].number))


def both(t: Words, before: tuple[Sequence[Receipt], State], then: tuple[Sequence[Receipt], State]) -> list[Asked]:
    """Each headline figure before and after."""
    ends = (known(before[0]), before[1]), (known(then[0]), then[1])
    asked = []
    for name in HEADLINE:
        label = t(METRICS[name].label)
        told = t("{figure}, before", figure=label), t("{figure}, after", figure=label)
        asked += [
            Asked(one, name, windowed(METRICS[name], Scope(as_of=at.stated_on)), state=which)
            for (at, which), one in zip(ends, told, strict=True)
            if at.headline[name] is not None
        ]
    return asked
