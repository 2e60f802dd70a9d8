"""Drafts of releases: worked out one after the other, away from the pages that wait for them, and kept for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from functools import cache

from data.warehouse import Warehouse
from publish import release
from publish.reasons import Reasons
from publish.release import Draft
from publish.settings import Settings
from ui import park

# So many drafts stay; the one looked at longest ago leaves first.
MOST = 4


@dataclass(frozen=True)
class Question:
    """Which draft: of these days and tables, or (`number`) of what waits for approval, as it was proposed."""

    settings: Settings
    as_of: date | None = None
    known_on: date | None = None
    tables: tuple[str, ...] | None = None
    number: int | None = None


@dataclass(frozen=True)
class Paper:
    """What came out: a draft with what it hides, or why there is none."""

    reasons: Reasons | None = None
    wrong: Exception | None = None

    @property
    def draft(self) -> Draft | None:
        return self.reasons.draft if self.reasons else None


@dataclass(frozen=True)
class Step:
    """How far it is: one of release.STEPS or "waiting", and how many of how many."""

    name: str = "waiting"
    done: int = 0
    of: int = 1


class Drafting:
    """Works drafts out; a draft is another one as soon as the ledger has one receipt more."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="release")
        self._busy: dict[tuple[str, Question], Future[Paper]] = {}
        self._steps: dict[tuple[str, Question], Step] = {}
        self._papers: OrderedDict[tuple[str, Question], Paper] = OrderedDict()
        self._lock = threading.RLock()

    def look(self, question: Question) -> tuple[Step, Paper | None]:
        """How far the draft is and, once it is there, the draft; the first look has it begun."""
        key = self._key(question)
        with self._lock:
            if (done := self._busy.get(key)) is not None and done.done():
                self._keep(key, done)
            if key in self._papers:
                self._papers.move_to_end(key)
                return Step(), self._papers[key]
            if key not in self._busy:
                self._steps[key] = Step()
                self._busy[key] = self._worker.submit(self._made, key)
                self._busy[key].add_done_callback(lambda done: self._keep(key, done))
            return self._steps.get(key, Step()), None

    def wait(self, question: Question, seconds: float) -> None:
        """Waits for a draft that was begun, but not longer."""
        future = self._busy.get(self._key(question))
        if future is not None:
            wait([future], seconds)

    def forget(self, question: Question) -> None:
        """Has it worked out anew when it is looked at next."""
        with self._lock:
            self._papers.pop(self._key(question), None)

    def _key(self, question: Question) -> tuple[str, Question]:
        return self._warehouse.head(), question

    def _made(self, key: tuple[str, Question]) -> Paper:
        question = key[1]

        def at(step: str, done: int, of: int) -> None:
            self._steps[key] = Step(step, done, of)

        try:
            return Paper(Reasons(_draft(self._warehouse, question, at)))
        except Exception as error:
            return Paper(wrong=error)

    def _keep(self, key: tuple[str, Question], future: Future[Paper]) -> None:
        with self._lock:
            self._papers[key] = future.result()
            self._busy.pop(key, None)
            self._steps.pop(key, None)
            while len(self._papers) > MOST:
                self._papers.popitem(last=False)


def _draft(warehouse: Warehouse, question: Question, at: Callable[[str, int, int], None]) -> Draft:
    if question.number is not None:
        return release.rebuilt(warehouse, question.number, at)
    return release.draft(warehouse, question.settings, question.as_of, question.known_on, question.tables, at)


def drafting() -> Drafting:
    """The process's one."""
    return _drafting(park.warehouse())


@cache
def _drafting(warehouse: Warehouse) -> Drafting:
    return Drafting(warehouse)
