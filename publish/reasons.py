"""Why a figure of a release is hidden, for whoever publishes it: no reader of the release is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from publish.cells import SUM, TOTAL, Name, Number
from publish.content import HIDDEN
from publish.protect import own_reasons
from publish.release import Draft, labels

# Few firms are behind it; a sum that tells of one of them; a share of few; an earlier release hid it and it is the
# same since; an earlier release taken from it would tell of few; others could be worked out with it.
SMALL, HOLDING, RATE, AGAIN, CHANGE, OTHERS = "small", "holding", "rate", "again", "change", "others"


@dataclass(frozen=True)
class Hidden:
    """One figure that is printed as "c": why, and what it is in truth; of a share the two counts."""

    table: str
    labels: Mapping[str, str]
    why: str
    value: Number | float
    parts: tuple[Number, Number] | None = None


@dataclass(frozen=True)
class Reasons:
    """All that a draft hides, as its readers would meet it."""

    draft: Draft

    @cached_property
    def hidden(self) -> tuple[Hidden, ...]:
        """Every cell printed as "c", by table, in the order of the content."""
        return tuple(
            self._hidden(table, its["by"], cell)
            for table, its in self.draft.content.told["tables"].items()
            for cell in its["cells"]
            if cell.get("status") == HIDDEN
        )

    @property
    def figures(self) -> int:
        """How many cells the release has, hidden ones among them."""
        return sum(len(its["cells"]) for its in self.draft.content.told["tables"].values())

    @cached_property
    def curveless(self) -> tuple[str, ...]:
        """The groups whose curve would tell of few closures, and is not given."""
        if "survival_curve" not in self.draft.content.told["tables"]:
            return ()
        cells = self.draft.content.told["tables"]["survival_curve"]["cells"]
        given = {cell.get("site") or cell.get("sector") for cell in cells}
        return tuple(label for key in self.draft.truth.curves for label in key if label != TOTAL and label not in given)

    def _hidden(self, table: str, by: list[str], cell: Mapping[str, Any]) -> Hidden:
        key = tuple(str(cell.get(dimension, TOTAL)) for dimension in by)
        about = dict(labels(dict(cell)))
        name, tables = (table, key), self.draft.truth.tables
        if rate := self._rates.get(name):
            parts = tables.value(rate.numerator), tables.value(rate.denominator)
            return Hidden(table, about, self._of_rate(name), float(parts[0]) / float(parts[1] or 1), parts)
        if name in tables.cells:
            return Hidden(table, about, self._why(name), tables.value(name))
        # A share of what is let: too little to be told, or the whole that would tell the one that is.
        share = self.draft.truth.shares.get(key, {})
        few = int(share.get("n", 0)) < self.draft.thresholds.denominator
        return Hidden(table, about, RATE if few else OTHERS, float(share.get("value") or 0))

    @cached_property
    def _rates(self) -> dict[Name, Any]:
        return {rate.name: rate for rate in self.draft.truth.tables.rates}

    @cached_property
    def _own(self) -> set[Name]:
        """What has to be hidden whatever was released before."""
        return own_reasons(self.draft.truth.tables, self.draft.thresholds)

    def _of_rate(self, name: Name) -> str:
        if name in self._own:
            return RATE
        rate = self._rates[name]
        found = [self._why(one) for one in (rate.numerator, rate.complement, name) if one in self.draft.printed.hidden]
        return next((why for why in (AGAIN, CHANGE) if why in found), OTHERS)

    def _why(self, name: Name) -> str:
        if self.draft.printed.why.get(name) != "own":
            return OTHERS
        if name not in self._own:
            return AGAIN if self._hid(name) else CHANGE
        return HOLDING if self.draft.truth.tables.cells[name].kind == SUM else SMALL

    def _hid(self, name: Name) -> bool:
        """Whether an earlier release hid it, and it is the same now."""
        value = self.draft.truth.tables.value(name)
        return any(
            name in one.hidden and name in one.tables.cells and one.tables.value(name) == value
            for one in self.draft.earlier
        )
