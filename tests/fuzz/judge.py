"""What may become of any file at all: a review that names what is wrong, or a refusal by name; and nothing written."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

import words
from data import read as reading
from data.home import Home
from data.intake import propose
from data.layouts import remembered
from data.ledger import Receipt
from data.match import Mapping
from data.problem import WRONGS
from data.read import Book
from data.review import Choices, Review
from data.warehouse import Warehouse
from tests.fuzz.warm import Warm
from ui.upload_words import told

TODAY = date(2026, 1, 1)
CHOICES = Choices(mapping=Mapping(new_sites=True, new_sectors=True), stated_on=date(2025, 6, 30), accept_warnings=True)
# Nothing may keep the parent busy longer, whatever it holds; the child has limits of its own.
PATIENCE = 60
# Of so many files one goes on: to where rows are compared, and through the child of every day to the built generation.
COMPARED, WHOLE = 40, 250


class _Enough(Exception):
    """As far as this file was to go."""


class Hung(BaseException):
    """A file that keeps us busy."""


class _Unbuilt(Warehouse):
    """A warehouse that builds nothing."""

    def trial(self, receipts: list[Receipt], clean: object) -> Path:
        raise _Enough


class Judge:
    """Takes files, one after the other; `seen` counts what became of them."""

    def __init__(self, folder: Path) -> None:
        self.warehouse, self.unbuilt = Warehouse(Home.at(folder)), _Unbuilt(Home.at(folder))
        self.folder = folder
        self.languages = [words.of(language) for language in words.LANGUAGES]
        packages = [importlib.util.find_spec(name) for name in ("openpyxl", "python_calamine")]
        self.warm = Warm(sorted({str(Path(one.origin).parents[1]) for one in packages if one and one.origin}))
        self.seen: Counter[str] = Counter()

    def close(self) -> None:
        """Ends what runs beside."""
        self.warm.close()
        self.warehouse.close()

    def __call__(self, name: str, content: bytes) -> Review | None:
        """Fails where anything but a review or a refusal comes of a file; the review where it went so far."""
        lot = zlib.crc32(content)
        whole = lot % WHOLE == 0
        last = "compare" if whole or lot % COMPARED == 0 else "check"
        books: list[Book] = []

        def at(step: str) -> None:
            if step == "compare" and last == "check":
                raise _Enough

        def kept(content: bytes, name: str) -> Book:
            books.append(reading.read(content, name))
            return books[-1]

        warehouse = self.warehouse if whole else self.unbuilt
        review = None
        with _patience(), _in_place_of(reading, "subprocess", reading.subprocess if whole else self.warm):
            from data import intake

            with _in_place_of(intake, "read", kept):
                try:
                    review = propose(warehouse, content, name, CHOICES, TODAY, at=at)
                except _Enough:
                    self.seen["built" if whole else "compared" if last == "compare" else "checked"] += 1
            for book in books:
                self._within_limits(book)
                if lot % 4 == 0:
                    remembered([], book, CHOICES)
        if review is not None:
            self._said(review)
            review.close()
        assert not self.warehouse.ledger.receipts(), "a proposal wrote to the ledger"
        left = [path for path in self.folder.rglob("*") if path.is_file()]
        assert not left, f"left behind: {left}"
        return review

    def _said(self, review: Review) -> None:
        outcome = review.outcome
        self.seen[outcome.refused or "proposed"] += 1
        assert outcome.refused in (None, "problems", "unreadable")
        assert outcome.refused is None or outcome.problems, "refused without a word"
        assert (review.book is None) == (outcome.refused == "unreadable")
        assert outcome.refused is None or review.draft is None or outcome.problems
        text = json.dumps(outcome.as_json(), ensure_ascii=False)
        text.encode("utf-8")
        for problem in outcome.problems:
            assert problem.code in WRONGS
            self.seen[f"code {problem.code}"] += 1
            for t in self.languages:
                assert told(t, problem).strip()

    def _within_limits(self, book: Book) -> None:
        limits = reading.LIMITS
        assert sum(len(column) for grid in book.grids for column in grid.columns) <= limits.cells
        assert 0 < len(book.grids) <= limits.sheets
        assert all(len(grid.columns) <= limits.columns and len(grid.rows) <= limits.rows for grid in book.grids)
        for grid in book.grids:
            for column in grid.columns:
                "".join(column.texts()).encode("utf-8")


@contextmanager
def _in_place_of(module: object, name: str, value: object) -> Iterator[None]:
    was = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, was)


@contextmanager
def _patience() -> Iterator[None]:
    def hung(_: int, __: FrameType | None) -> None:
        raise Hung(f"still busy after {PATIENCE} seconds (process {os.getpid()})")

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
