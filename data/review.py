"""What is said about a load, what taking it in would do, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.check import Clean
from data.compare import Difference
from data.ledger import Receipt
from data.match import Mapping, Match
from data.mending import Correction
from data.problem import Problem
from data.read import Book
from data.table import Table
from data.warehouse import Generation, Warehouse, discard

NOTHING = Difference(0, 0, 0, 0, True)


@dataclass(frozen=True)
class Choices:
    """What the person says about a load; None means: find out, or the default."""

    kind: str | None = None
    sheet: str | None = None
    site: str | None = None
    mode: str = "update"
    mapping: Mapping = field(default_factory=Mapping)
    accept_warnings: bool = False
    stated_on: date | None = None
    records_closures: bool | None = None
    known_on: date | None = None
    by: str = ""
    dry_run: bool = False
    sample: str | None = None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of one file; `refused` is None, or "problems", or "unreadable"."""

    file: str
    kind: str | None = None
    sheets: tuple[str, ...] = ()
    rows: int = 0
    difference: Difference = NOTHING
    receipt: int | None = None
    problems: tuple[Problem, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    refused: str | None = None
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        """The object that `load --json` prints for this file."""
        return {
            "file": self.file,
            "accepted": self.refused is None and not self.dry_run,
            "dry_run": self.dry_run,
            "kind": self.kind,
            "sheet": ", ".join(self.sheets) or None,
            "rows": self.rows,
            "added": self.difference.added,
            "changed": self.difference.changed,
            "removed": self.difference.removed,
            "same": self.difference.same,
            "receipt": self.receipt,
            "left_out": self.left_out,
            "problems": [problem.as_json() for problem in self.problems if problem.severity != "note"],
            "notes": [problem.as_json() for problem in self.problems if problem.severity == "note"],
        }


@dataclass(frozen=True)
class Draft:
    """What accepting a review would write: the receipt that would come next, and the generation it would give.

    `now` is what is known, `receipts` are those that would stand. `before` and `after` are the rows of the file's kind
    that stand and would stand.
    """

    now: Generation
    receipt: Receipt
    receipts: list[Receipt]
    content: bytes
    fresh: pa.Table
    rows: bytes
    before: pa.Table
    after: pa.Table
    trial: Path

    def clean(self, warehouse: Warehouse) -> Callable[[str], pa.Table]:
        """The clean rows by their hash, those that are not in the ledger yet among them."""
        return lambda sha256: self.fresh if sha256 == self.receipt.clean else warehouse.clean(sha256)


@dataclass(frozen=True)
class Review:
    """What taking one file in would do. Nothing is written yet; without `draft` there is nothing to write.

    `head` is the hash of the last receipt it was worked out on. The generation it holds aside goes with `close`.
    """

    outcome: Outcome
    choices: Choices
    head: str
    book: Book | None = None
    tables: tuple[Table, ...] = ()
    matches: tuple[Match, ...] = ()
    clean: Clean | None = None
    draft: Draft | None = None

    def close(self) -> None:
        """Throws away what was built aside, unless it was accepted."""
        if self.draft is not None:
            discard(self.draft.trial)
