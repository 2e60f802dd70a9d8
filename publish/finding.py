"""What an audit speaks of: unknown figures, and findings of those that are not safe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from publish.cells import Cell, Name, Number, Printed, Thresholds

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
