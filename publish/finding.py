"""What an audit speaks of: unknown figures, and findings of those that are not safe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from publish.cells import Cell, Name, Number, Printed, Tables, Thresholds

# An unknown: a figure of a release; what is lasting and has the same value in several is one unknown of none (0).
Known = tuple[Name, Number, int]


def unknown(cell: Cell, release: Printed) -> Known:
    return cell.name, cell.value, 0 if cell.lasting else release.number


@dataclass(frozen=True)
class Finding:
    """A figure that is not safe: how, in which release, and between which ends it must lie by what is printed.

    `since` is the number of the earlier release where it is the change since then that is not.
    """

    number: int
    name: Name
    what: str
    low: float
    high: float
    value: Number
    since: int = 0

    def __str__(self) -> str:
        table, key = self.name
        where = " × ".join(label or "*" for label in key)
        return f"release {self.number}, {table}, {where}: {self.what}, between {self.low:g} and {self.high:g}"


def rival_knows(contributions: Iterable[Decimal], thresholds: Thresholds) -> bool:
    """Whether the sum of these tells somebody among them too much of the largest."""
    ordered = sorted((abs(amount) for amount in contributions if amount), reverse=True)
    if not ordered:
        return False
    margin = Decimal(max(thresholds.within, thresholds.percent)) / 100
    return len(ordered) < thresholds.firms or sum(ordered[2:], Decimal(0)) < margin * ordered[0]


def tells_of_few(before: Cell, now: Cell, old: Tables, new: Tables, thresholds: Thresholds) -> bool:
    """Whether the change of a count between two releases can be said of firms that somebody can name.

    They can be named where those that may have changed are few, or where no more than one of them did not change.
    """
    moved = abs(int(now.value) - int(before.value))
    whole = now.whole
    if whole is None or whole not in old.cells or whole not in new.cells:
        return 0 < moved < thresholds.least
    wholes = int(old.value(whole)), int(new.value(whole))
    if not now.joining:
        candidates = max(wholes) - min(int(before.value), int(now.value))
    elif wholes[0] == wholes[1]:
        candidates = wholes[1]
    else:
        candidates = abs(wholes[1] - wholes[0])
    return moved > 0 and (candidates < thresholds.change or candidates <= moved + 1)
