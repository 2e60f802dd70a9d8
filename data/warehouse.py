"""Generations: built from the ledger when first asked for, opened read-only, asked by bounded cursors."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet

from data import limited
from data.aside import STATED, Aside
from data.building import ASKED, Damaged, build, check, code_version, promised, sync
from data.fault import FAULTS
from data.home import Home
from data.ledger import GENESIS, Ledger, Receipt, standing

if TYPE_CHECKING:
    import pandas as pd

_KEPT_FILES = 8
_OPEN = 6
# What the name of a generation of some sites begins with; the others' are numbers in hexadecimal.
LIMITED = "part-"
_CURSORS = 8


class Generation:
    """One state of knowledge, read-only: what the receipts standing on `known_on` say.

    `head` is the hash of the last receipt known, standing or not. `sites` are the only ones it holds and answers for
    (None: all). The file behind it is built when first asked.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        receipts: list[Receipt],
        known_on: date | None,
        head: str,
        first: date | None,
        sites: tuple[str, ...] | None = None,
    ) -> None:
        self._warehouse = warehouse
        self._first_known_on = first
        self.receipts = receipts
        self.known_on = known_on
        self.head = head
        self.sites = None if sites is None else tuple(sorted(set(sites)))

    @cached_property
    def key(self) -> str:
        """Names the state of knowledge; answers may be cached under it."""
        return self._warehouse.key(self.receipts, self.sites)

    @cached_property
    def _store(self) -> _Store:
        return self._warehouse.store(self.key, self.receipts, self.sites)

    @property
    def stated_on(self) -> date | None:
        """The latest stated day of any row that stands."""
        return None if self.empty else self._store.stated_on

    @property
    def empty(self) -> bool:
        """No load counts: there is nothing to report."""
        return not any(receipt.action == "load" for receipt in self.receipts)

    @property
    def first_known_on(self) -> date | None:
        """The first day on which anything at all is known, even where nothing is known here."""
        return self._first_known_on

    @property
    def sample(self) -> bool:
        """Only the invented sample park is loaded."""
        return not self.empty and all(r.body.get("invented") for r in self.receipts if r.action == "load")

    @property
    def records_closures(self) -> bool:
        """A file in this state was declared to record closures."""
        return any(r.body.get("records_closures") for r in self.receipts)

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        """The whole answer to one constant statement with bound `values`."""
        with self._store.cursor() as cursor:
            return cursor.execute(sql, values or {}).df()

    def arrow(self, sql: str, values: dict[str, Any] | None = None) -> pa.Table:
        """The same as an Arrow table, with exact types (decimals, dates)."""
        return self._store.arrow(sql, values)


class _Store:
    """An open generation file and the bounded pool of cursors on it."""

    def __init__(self, key: str, path: Path, stated: str = STATED) -> None:
        self.key = key
        self.path = path
        self._slots = threading.BoundedSemaphore(_CURSORS)
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = self._open()
        with self.cursor() as cursor:
            ((self.stated_on,),) = cursor.execute(stated).fetchall()

    def _open(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.path), read_only=True, config=ASKED)

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for one question: cursors shared by threads would mix up their answers."""
        with self._slots:
            with self._lock:
                if self._connection is None:
                    self._connection = self._open()
                cursor = self._connection.cursor()
            try:
                yield cursor
            except duckdb.FatalException:
                # After a fatal error every cursor of the connection is lost; the next question opens a new one.
                with self._lock:
                    self._connection = None
                raise
            finally:
                cursor.close()

    def arrow(self, sql: str, values: dict[str, Any] | None = None) -> pa.Table:
        with self.cursor() as cursor:
            return cursor.sql(sql, params=values or {}).to_arrow_table()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class Built(Generation):
    """A state of knowledge that has been built and not been accepted: what `trial` made, asked like any other.

    With `sites` it answers for them alone, although its file holds all.
    """

    def __init__(
        self, warehouse: Warehouse, receipts: list[Receipt], path: Path, sites: tuple[str, ...] | None = None
    ) -> None:
        known_on = receipts[-1].known_on
        super().__init__(warehouse, receipts, known_on, receipts[-1].hash, known_on, sites)
        self._path = path

    @cached_property
    def _store(self) -> _Store:
        return _Store(self.key, self._path)

    def close(self) -> None:
        """Lets go of the file, so that it can be put in its place or thrown away."""
        if "_store" in self.__dict__:
            self._store.close()


class Warehouse:
    """The generations of one home, built when first asked for and kept while they are used."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.ledger = Ledger(home)
        self._open: OrderedDict[str, _Store] = OrderedDict()
        self._lock = threading.RLock()
        self._version = code_version()

    @staticmethod
    def from_environment() -> Warehouse:
        return Warehouse(Home.from_environment())

    def head(self) -> str:
        """The hash of the newest receipt: another one as soon as anything was accepted."""
        receipts = self.ledger.receipts()
        return receipts[-1].hash if receipts else GENESIS

    def generation(self, known_on: date | None = None, sites: tuple[str, ...] | None = None) -> Generation:
        """What the receipts accepted up to `known_on` (default: all) say; built if it is not there yet.

        With `sites` it is one that holds the rows of these and no others.
        """
        everything = self.ledger.receipts()
        receipts = [r for r in everything if known_on is None or r.known_on <= known_on]
        first = everything[0].known_on if everything else None
        counted = standing(receipts)
        latest = receipts[-1].known_on if receipts else None
        head = receipts[-1].hash if receipts else GENESIS
        return Generation(self, counted, known_on or latest, head, first, sites)

    def of(self, receipts: list[Receipt], known: Generation) -> Generation:
        """What these receipts alone would say, known when `known` is."""
        return Generation(self, receipts, known.known_on, known.head, known.first_known_on)

    @contextmanager
    def aside(self, receipts: list[Receipt], sites: tuple[str, ...] | None = None) -> Iterator[Aside]:
        """What the standing ones of `receipts` would say (of some sites), for a few questions: held in memory and kept
        nowhere."""
        state = Aside(standing(receipts), self.clean, receipts[-1].known_on if receipts else None, sites)
        try:
            yield state
        finally:
            state.close()

    def trial(self, receipts: list[Receipt], clean: Callable[[str], pa.Table]) -> Path:
        """A generation built aside from these standing receipts; `adopt` or delete it."""
        return self._aside_of(lambda path: build(path, receipts, clean))

    def _part(self, receipts: list[Receipt], sites: tuple[str, ...]) -> Path:
        """What a generation has of some sites, built aside."""
        whole = self.store(self.key(receipts), receipts)
        return self._aside_of(lambda path: limited.limit(path, whole.arrow, sites, whole.stated_on))

    def _aside_of(self, make: Callable[[Path], None]) -> Path:
        self.home.generations.mkdir(parents=True, exist_ok=True)
        path = self.home.generations / f".build-{os.getpid()}-{uuid.uuid4().hex}.duckdb"
        try:
            make(path)
        except BaseException:
            discard(path)
            raise
        return path

    def write(
        self,
        receipt: Receipt,
        receipts: list[Receipt],
        trial: Path | None = None,
        original: bytes | None = None,
        clean: bytes | None = None,
    ) -> None:
        """Appends a receipt after which `receipts` stand. Their generation, `trial`, is built first where it is not
        there: what cannot be built must not be written. Raises Conflict where another receipt came first."""
        trial = trial or self.trial(receipts, self.clean)
        try:
            self.ledger.append(receipt, original, clean)
            # It is written: where the disk does not take the generation now, the ledger gives it again when asked.
            with suppress(*FAULTS):
                self.adopt(trial, receipts)
        finally:
            with suppress(OSError):
                discard(trial)

    def adopt(self, path: Path, receipts: list[Receipt], sites: tuple[str, ...] | None = None) -> None:
        """Puts a generation built aside in its place."""
        key = self.key(receipts, sites)
        older = list(self.home.generations.glob(f"{key}-*.duckdb"))
        # A name of its own each time: opening a path that is open already would give the old file.
        os.replace(path, self.home.generations / f"{key}-{uuid.uuid4().hex[:8]}.duckdb")
        sync(self.home.generations)
        for replaced in older:
            discard(replaced)
        self._prune()

    def clean(self, sha256: str) -> pa.Table:
        """The clean rows that the ledger keeps under this hash."""
        return pa.parquet.read_table(BytesIO(self.ledger.clean(sha256)))

    def rebuild(self) -> Generation:
        """Throws the latest generation away and builds it anew from the ledger."""
        receipts = self.ledger.standing()
        key = self.key(receipts)
        with self._lock:
            self._open.pop(key, None)
            # What was taken out of it is taken out anew.
            for part in self.home.generations.glob(f"{LIMITED}*.duckdb"):
                self._open.pop(part.name.rpartition("-")[0], None)
                discard(part)
            self.adopt(self.trial(receipts, self.clean), receipts)
        return self.generation()

    def verify(self) -> None:
        """Checks that the latest generation equals one rebuilt from the ledger; raises Damaged."""
        receipts = self.ledger.standing()
        path = self._path(self.key(receipts))
        if path is None:
            return
        try:
            check(path)
        except duckdb.Error as error:
            raise Damaged(f"The generation {path.name} cannot be opened: {error}") from error
        anew = self.trial(receipts, self.clean)
        try:
            if promised(path) != promised(anew):
                raise Damaged(f"The generation {path.name} is not what the ledger gives: run `python -m data rebuild`.")
        finally:
            discard(anew)

    def close(self) -> None:
        """Lets go of every open file."""
        with self._lock:
            for store in self._open.values():
                store.close()
            self._open.clear()
            self.ledger.close()

    def key(self, receipts: list[Receipt], sites: tuple[str, ...] | None = None) -> str:
        """Names what these standing receipts say, of some sites or all, under the code that builds it."""
        text = "\n".join([self._version, *(receipt.hash for receipt in receipts)])
        if sites is None:
            return hashlib.sha256(text.encode()).hexdigest()[:24]
        text = f"{text}\n{json.dumps(sorted(sites))}"
        return LIMITED + hashlib.sha256(text.encode()).hexdigest()[:24]

    def _path(self, key: str) -> Path | None:
        """The file of a generation, if it is there."""
        return max(self.home.generations.glob(f"{key}-*.duckdb"), key=_modified, default=None)

    def store(self, key: str, receipts: list[Receipt], sites: tuple[str, ...] | None = None) -> _Store:
        """The open generation named `key`, built from its receipts if it is not there."""
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
                return self._open[key]
            store = self._opened(key)
            if store is None:
                made = self.trial(receipts, self.clean) if sites is None else self._part(receipts, sites)
                self.adopt(made, receipts, sites)
                store = self._opened(key)
            if store is None:
                raise Damaged("The generation just built cannot be opened: is the disk full or failing?")
            self._open[key] = store
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
            return store

    def _opened(self, key: str) -> _Store | None:
        """The generation's file opened; None where it is missing or does not open: the ledger gives it again."""
        path = self._path(key)
        if path is None:
            return None
        try:
            return _Store(key, path, limited.STATED if key.startswith(LIMITED) else STATED)
        except duckdb.Error:
            return None

    def sweep(self) -> None:
        """Throws every generation away but the latest."""
        kept = self._path(self.key(self.ledger.standing()))
        for path in self.home.generations.glob("[!.]*.duckdb"):
            if path != kept:
                discard(path)

    def _prune(self) -> None:
        """Keeps the newest generations; removes what a killed build left behind."""
        finished = sorted(self.home.generations.glob("[!.]*.duckdb"), key=_modified, reverse=True)
        # Those of single sites do not push out what everybody else reads.
        parts = [path for path in finished if path.name.startswith(LIMITED)]
        whole = [path for path in finished if not path.name.startswith(LIMITED)]
        for path in (*whole[_KEPT_FILES:], *parts[_KEPT_FILES:]):
            discard(path)
        for path in self.home.generations.glob(".build-*"):
            if time.time() - _modified(path) > 3600:
                discard(path)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def discard(path: Path) -> None:
    """Removes a generation file and its write-ahead log."""
    for target in (path, path.with_name(path.name + ".wal")):
        target.unlink(missing_ok=True)
