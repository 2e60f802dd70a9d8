"""Who works on uploads: one worker beside the readers, with what it has worked out for each file."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from typing import Any

from data.changes import Changes, changes
from data.fault import FAULTS, kind
from data.intake import accept, day_of, propose
from data.jobs import WORKING, Job, Jobs, said_of
from data.layouts import remembered
from data.ledger import Conflict
from data.places import Places
from data.problem import Refused
from data.read import Book, read
from data.review import Outcome, Review
from data.warehouse import Built, Warehouse
from metrics.effect import Effect, effects
from ui import park

log = logging.getLogger("essaim")

# So many files at a time stay read; one that was left alone longest is read again when it is asked for.
MOST = 4
_ATTEMPTS = 5


@dataclass(frozen=True)
class Paper:
    """What was worked out for one job: the review, the cells that would change, and the figures before and after."""

    review: Review
    changes: Changes | None
    effects: tuple[Effect, ...]

    @property
    def outcome(self) -> Outcome:
        return self.review.outcome

    @cached_property
    def places(self) -> Places:
        """The cells behind the problems."""
        return Places(self.review)


class Desk:
    """Takes files, works on one after the other, and says how far each is. Only `accept` writes to the ledger."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.jobs = Jobs(warehouse.home)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="upload")
        self._papers: OrderedDict[str, Paper] = OrderedDict()
        self._busy: dict[str, Future[None]] = {}
        # Who is to hear of a receipt once it is written.
        self._then: dict[str, Callable[[Outcome], None]] = {}
        # Jobs as they stand where the disk did not take their last change.
        self._held: dict[str, Job] = {}
        self._lock = threading.RLock()

    def bring(self, name: str, content: bytes) -> Job:
        """A new job for a file; the work begins at once. Raises OSError where the disk does not take the file."""
        job = self.jobs.bring(name, content)
        self._start(job.id)
        return job

    def find(self, id: str) -> Job | None:
        """The job as it stands, if it is still there."""
        return self._held.get(id) or self.jobs.find(id)

    def _change(self, id: str, **changes: Any) -> None:
        """Changes a job; a disk that takes nothing must not keep anybody from hearing what became of it."""
        with self._lock:
            held = self._held.pop(id, None)
            missed = asdict(held) if held else {}
            missed.pop("id", None)
            try:
                self.jobs.change(id, **{**missed, **changes})
            except OSError:
                job = held or self.jobs.find(id)
                if job is not None:
                    self._held[id] = replace(job, **changes)

    def say(self, id: str, said: dict[str, Any]) -> None:
        """Works everything out anew with other choices."""
        with self._lock:
            job = self.find(id)
            if job is not None and job.step not in ("write", "done"):
                self._change(id, said=said, turn=job.turn + 1, step="waiting", stale=False)
                self._start(id)

    def accept(self, id: str, by: str, then: Callable[[Outcome], None] = lambda outcome: None) -> None:
        """Has the ledger written, unless what was shown is no longer what it would give; `then` hears what was."""
        with self._lock:
            job = self.find(id)
            if job is not None and job.step == "ready" and not self._works(id):
                self._then[id] = then
                self._change(id, step="write", by=by)
                self._submit(id, self._accept)

    def look(self, id: str) -> tuple[Job, Paper | None] | None:
        """The job and, where it rests, what was worked out; work lost with a process that ended begins again."""
        with self._lock:
            job, paper = self.find(id), self._papers.get(id)
            if job is None:
                return None
            if id in self._papers:
                self._papers.move_to_end(id)
            if not self._works(id) and (job.step in WORKING or (job.step == "ready" and paper is None)):
                self._start(id)
                job = self.find(id) or job
            return job, None if self._works(id) else paper

    def wait(self, id: str, seconds: float) -> None:
        """Waits for the work on a job, but not longer: most files take less than a second."""
        future = self._busy.get(id)
        if future is not None:
            wait([future], seconds)

    def _works(self, id: str) -> bool:
        return id in self._busy and not self._busy[id].done()

    def drop(self, id: str) -> None:
        """Throws a job away."""
        with self._lock:
            self.jobs.drop(id)
            self._held.pop(id, None)
            self._forget(id)

    def again(self, id: str) -> None:
        """Begins anew after a failure."""
        self._change(id, step="waiting", reference=None, fault=None)
        self._start(id)

    def _start(self, id: str) -> None:
        with self._lock:
            self._change(id, step="waiting")
            self._submit(id, self._propose)

    def _submit(self, id: str, work: Any) -> None:
        future: Future[None] = self._worker.submit(self._guarded, id, work)
        self._busy[id] = future
        future.add_done_callback(lambda done: self._rested(id, done))

    def _rested(self, id: str, future: Future[None]) -> None:
        with self._lock:
            if self._busy.get(id) is future:
                del self._busy[id]

    def _guarded(self, id: str, work: Any) -> None:
        try:
            work(id)
        except Exception as error:
            reference = secrets.token_hex(4)
            log.exception("Error %s on an upload", reference)
            fault = kind(error) if isinstance(error, FAULTS) else None
            self._change(id, step="failed", reference=reference, fault=fault)

    def _propose(self, id: str) -> None:
        job = self.find(id)
        if job is None or job.step in ("done", "failed"):
            return
        with self._lock:
            before = self._papers.get(id)
        book = before.review.book if before else None
        paper = self._worked_out(job, book)
        with self._lock:
            now = self.find(id)
            if now is None or now.turn != job.turn:
                # Something else was said meanwhile: that is worked out next.
                paper.review.close()
                return
            self._forget(id)
            self._papers[id] = paper
            while len(self._papers) > MOST:
                self._forget(next(iter(self._papers)))
            self._change(id, step="ready")

    def _worked_out(self, job: Job, book: Book | None) -> Paper:
        content = self.jobs.content(job.id)

        def at(step: str) -> None:
            self._change(job.id, step=step)

        choices = job.choices
        if not job.said:
            # What was said of the last list with these headers is said of this one, until the person says otherwise.
            at("read")
            with suppress(Refused):
                book = book or read(content, job.name)
                choices, number = remembered(self._warehouse.ledger.receipts(), book, choices)
                with self._lock:
                    # Whoever said something meanwhile is not overruled.
                    if (now := self.find(job.id)) is not None and now.turn == job.turn:
                        self._change(job.id, said=said_of(choices), remembered=number)
        for _ in range(_ATTEMPTS):
            try:
                day = day_of(self._warehouse, choices)
                review = propose(self._warehouse, content, job.name, choices, day, book, at)
                break
            except Conflict:
                continue
        else:
            raise Conflict("Other loads came in between, again and again.")
        draft = review.draft
        if draft is None:
            # Where every change is left out, it must be possible to take some of them after all.
            left = review.proposal if review.proposal and review.proposal.left else None
            return Paper(review, changes(left) if left else None, ())
        try:
            at("count")
            found = changes(review.proposal) if review.proposal else None
            with closing(Built(self._warehouse, draft.receipts, draft.trial)) as then:
                return Paper(review, found, tuple(effects(draft.now, then)))
        except BaseException:
            review.close()
            raise

    def _accept(self, id: str) -> None:
        job, paper = self.find(id), self._papers.get(id)
        if job is None or paper is None:
            return
        if paper.review.draft is None or paper.outcome.refused:
            # There was nothing to accept: it stays as it is.
            self._change(id, step="ready")
            return
        try:
            outcome = accept(self._warehouse, paper.review, job.by)
        except Conflict:
            self._change(id, step="waiting", stale=True)
            self._propose(id)
            return
        self._change(id, step="done", receipt=outcome.receipt)
        if then := self._then.pop(id, None):
            then(outcome)
        with suppress(OSError):
            self.jobs.done(id)

    def _forget(self, id: str) -> None:
        paper = self._papers.pop(id, None)
        if paper is not None:
            paper.review.close()


def desk() -> Desk:
    """The process's one desk."""
    return _desk(park.warehouse())


@cache
def _desk(warehouse: Warehouse) -> Desk:
    return Desk(warehouse)
