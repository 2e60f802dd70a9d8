"""The uploads accepted: untouched originals, clean rows and hash-chained receipts; undo is one more receipt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from data import store
from data.home import Home

GENESIS = "0" * 64

_tables = sa.MetaData()

_original = sa.Table(
    "original",
    _tables,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

_clean = sa.Table(
    "clean",
    _tables,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

_receipt = sa.Table(
    "receipt",
    _tables,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    # One successor per receipt: of two writers who saw the same last receipt, the second is refused.
    sa.Column("previous", sa.String(64), nullable=False, unique=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("original", sa.String(64), sa.ForeignKey("original.sha256")),
    sa.Column("clean", sa.String(64), sa.ForeignKey("clean.sha256")),
)


class Conflict(Exception):
    """Somebody else's receipt came first; what was computed on the receipts before it must be computed anew."""


class Broken(Exception):
    """The ledger does not agree with itself; the message names the first receipt that is wrong.

    `receipt` is its number, `part` what of it is wrong: "receipt" (missing), "hash", "original" or "clean".
    """

    def __init__(self, message: str, receipt: int | None = None, part: str = "") -> None:
        super().__init__(message)
        self.receipt, self.part = receipt, part


@dataclass(frozen=True)
class Receipt:
    """One accepted act: a load, a decision on who is who (see `same`) or on a spelling, or the undoing of another.

    `body` is everything that was said and decided (see `intake`): action, accepted_at, known_on, by, kind, mode, file,
    stated_on, records_closures, mapping, counts, problems. The hash covers the body, the number, the two contents and
    the receipt before.
    """

    number: int
    previous: str
    body: dict[str, Any]
    original: str | None
    clean: str | None

    @cached_property
    def hash(self) -> str:
        return sha(json.dumps([self.number, self.previous, _canonical(self.body), self.original, self.clean]).encode())

    @property
    def action(self) -> str:
        return self.body["action"]

    @property
    def known_on(self) -> date:
        return date.fromisoformat(self.body["known_on"])

    @property
    def takes_back(self) -> list[int]:
        """The receipts that stop counting while this one stands: what an undo undoes, what a load was told to drop."""
        return self.body.get("takes_back", [])


def sha(content: bytes) -> str:
    """The hash that a content is kept under."""
    return hashlib.sha256(content).hexdigest()


def _canonical(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class Ledger:
    """The one truth. Every write is one transaction; receipts are never changed or deleted, and contents only by a
    receipt that says so (see `rewrite`)."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._engine: sa.Engine | None = None
        self._read: list[Receipt] = []

    @property
    def engine(self) -> sa.Engine:
        if self._engine is None:
            self._engine = store.engine(self.home.ledger_url)
        return self._engine

    def _exists(self) -> bool:
        return store.holds(self.engine, _receipt.name)

    def _create(self) -> None:
        store.create(self.engine, _tables, _receipt.name)

    # Reading

    def receipts(self, known_on: date | None = None) -> list[Receipt]:
        """All receipts known on a day (default: all), oldest first."""
        if not self._exists():
            return []
        # Receipts are only ever added, so those read once need not be read again.
        read = self._read
        read = self._read = [*read, *self._after(read[-1].number if read else 0)]
        return [receipt for receipt in read if known_on is None or receipt.known_on <= known_on]

    def _after(self, number: int) -> list[Receipt]:
        columns = [_receipt.c.number, _receipt.c.previous, _receipt.c.body, _receipt.c.original, _receipt.c.clean]
        asked = sa.select(*columns).where(_receipt.c.number > number).order_by(_receipt.c.number)
        with self.engine.connect() as connection:
            rows = connection.execute(asked).all()
        return [Receipt(r.number, r.previous, json.loads(r.body), r.original, r.clean) for r in rows]

    def standing(self, known_on: date | None = None) -> list[Receipt]:
        """The loads that count on a known day: those that no standing undo takes back, oldest first."""
        return standing(self.receipts(known_on))

    def clean(self, sha256: str) -> bytes:
        """The clean rows (Parquet) kept under this hash."""
        return self._content(_clean, sha256)

    def original(self, sha256: str) -> bytes:
        """The bytes of the file kept under this hash, untouched but for persons erased; LookupError where it was
        dropped."""
        content = self._content(_original, sha256)
        if not content and self.replaced().get(sha256, sha256) is None:
            raise LookupError("This file was dropped: it had been kept as long as files are to be kept.")
        return content

    def _content(self, table: sa.Table, sha256: str) -> bytes:
        with self.engine.connect() as connection:
            content = connection.execute(sa.select(table.c.content).where(table.c.sha256 == sha256)).scalar()
        if content is None:
            raise Broken(f"The ledger has no {table.name} with the hash {sha256}.")
        return content

    # Writing

    def prepare(self, body: dict[str, Any], original: bytes | None = None, clean: bytes | None = None) -> Receipt:
        """The receipt that `append` would write now after the last one; nothing is written yet."""
        receipts = self.receipts()
        last = receipts[-1] if receipts else None
        stamp = {"accepted_at": datetime.now(UTC).isoformat(timespec="seconds")}
        return Receipt(
            number=last.number + 1 if last else 1,
            previous=last.hash if last else GENESIS,
            body=json.loads(_canonical({**body, **stamp})),
            original=sha(original) if original is not None else None,
            clean=sha(clean) if clean is not None else None,
        )

    def append(self, receipt: Receipt, original: bytes | None = None, clean: bytes | None = None) -> None:
        """Writes a prepared receipt with its contents in one transaction.

        Raises Conflict where another receipt was written after `receipt.previous`.
        """
        self._create()
        try:
            with store.writing(self.engine) as connection:
                for table, sha256, content in (
                    (_original, receipt.original, original),
                    (_clean, receipt.clean, clean),
                ):
                    if sha256 is None or content is None:
                        continue
                    known = connection.execute(sa.select(table.c.sha256).where(table.c.sha256 == sha256)).first()
                    if known is None:
                        connection.execute(sa.insert(table).values(sha256=sha256, content=content))
                _insert(connection, receipt)
        except sa.exc.IntegrityError as error:
            raise Conflict(f"Receipt {receipt.number} was written by somebody else meanwhile.") from error

    def rewrite(self, receipt: Receipt, originals: Mapping[str, bytes], clean: Mapping[str, bytes]) -> None:
        """Writes a receipt whose body says, under `originals` and `clean`, which contents have another hash from now on
        (None: dropped), and puts what is new in their places; the old bytes are nowhere in a SQLite file afterwards.

        Raises Conflict where another receipt was written after `receipt.previous`.
        """
        for name, contents in (("originals", originals), ("clean", clean)):
            told = {old: sha(new) if new else None for old, new in contents.items()}
            if receipt.body[name] != told:
                raise ValueError("the receipt says something else than is written")
        try:
            with store.writing(self.engine) as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("pragma secure_delete = on")
                _insert(connection, receipt)
                for table, contents in ((_original, originals), (_clean, clean)):
                    for old, new in contents.items():
                        connection.execute(sa.update(table).where(table.c.sha256 == old).values(content=new))
        except sa.exc.IntegrityError as error:
            raise Conflict(f"Receipt {receipt.number} was written by somebody else meanwhile.") from error
        self._forget()

    def _forget(self) -> None:
        """Has the database let go of the room that old bytes lie in."""
        with self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            if self.engine.dialect.name == "sqlite":
                connection.rollback()
                raw.execute("vacuum")
                raw.execute("pragma wal_checkpoint(truncate)")

    def replaced(self) -> dict[str, str | None]:
        """The contents that were written again or dropped, by the hash they are kept under: the hash they have now."""
        return replaced(self.receipts())

    # Proving

    def verify(self) -> int:
        """Checks the chain of hashes and every content; returns the number of receipts, or raises Broken."""
        if not self._exists():
            return 0
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(_receipt.c.number, _receipt.c.hash)).all()
        stored = {row.number: row.hash for row in rows}
        previous, expected = GENESIS, 1
        receipts = self._after(0)
        anew = replaced(receipts)
        for receipt in receipts:
            if receipt.number != expected:
                told = f"Receipt {expected} is missing: the chain goes on with receipt {receipt.number}."
                raise Broken(told, expected, "receipt")
            if receipt.previous != previous or receipt.hash != stored[receipt.number]:
                told = f"Receipt {receipt.number} was changed after it was written: its hash does not fit."
                raise Broken(told, receipt.number, "hash")
            for table, sha256 in ((_original, receipt.original), (_clean, receipt.clean)):
                if sha256 is not None and not _fits(self._content(table, sha256), sha256, anew):
                    told = f"The {table.name} of receipt {receipt.number} was changed: its hash does not fit."
                    raise Broken(told, receipt.number, table.name)
            previous, expected = receipt.hash, receipt.number + 1
        return len(receipts)

    def contents(self) -> Iterator[tuple[str, str, bytes]]:
        """Every content kept: ("original" or "clean", hash, bytes)."""
        if not self._exists():
            return
        for table in (_original, _clean):
            with self.engine.connect() as connection:
                names = connection.execute(sa.select(table.c.sha256).order_by(table.c.sha256)).scalars().all()
            for sha256 in names:
                yield table.name, sha256, self._content(table, sha256)

    def restore(self, receipts: Iterable[Receipt], contents: Iterable[tuple[str, str, bytes]]) -> None:
        """Fills an empty ledger in one transaction; raises Broken where receipts and contents do not agree."""
        self._create()
        tables = {table.name: table for table in (_original, _clean)}
        receipts = list(receipts)
        anew = replaced(receipts)
        with store.writing(self.engine) as connection:
            if connection.execute(sa.select(_receipt.c.number).limit(1)).first() is not None:
                raise Broken("The ledger is not empty: restore into a new, empty ESSAIM_HOME.")
            for name, sha256, content in contents:
                if not _fits(content, sha256, anew):
                    raise Broken(f"The {name} {sha256} of the backup was changed: its hash does not fit.")
                connection.execute(sa.insert(tables[name]).values(sha256=sha256, content=content))
            previous = GENESIS
            for receipt in receipts:
                if receipt.previous != previous:
                    raise Broken(f"Receipt {receipt.number} of the backup was changed: its hash does not fit.")
                _insert(connection, receipt)
                previous = receipt.hash

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def _insert(connection: sa.Connection, receipt: Receipt) -> None:
    connection.execute(
        sa.insert(_receipt).values(
            number=receipt.number,
            previous=receipt.previous,
            hash=receipt.hash,
            body=_canonical(receipt.body),
            original=receipt.original,
            clean=receipt.clean,
        )
    )


def replaced(receipts: Iterable[Receipt]) -> dict[str, str | None]:
    """As `Ledger.replaced` has it: the last word on each content."""
    anew: dict[str, str | None] = {}
    for receipt in receipts:
        if receipt.action in REWRITES:
            anew |= {**receipt.body["originals"], **receipt.body["clean"]}
    return anew


def _fits(content: bytes, sha256: str, anew: Mapping[str, str | None]) -> bool:
    """Whether a content is what was written under its hash, or what a later receipt says that it is instead."""
    promised = anew.get(sha256, sha256)
    return content == b"" if promised is None else sha(content) == promised


# A person erased, files dropped that were kept long enough: no figure knows of it, and nothing takes it back.
REWRITES = ("erase", "retain")

# What figures are made of; a word on a spelling speaks of lists to come.
COUNTED = {"load", "same", "apart"}
# What was handed out: it moves no figure, and is withdrawn rather than undone.
RELEASE, PROPOSED, WITHDRAWN = "release", "propose-release", "withdraw"
# The same for one organisation that may see more of a release.
EDITION, EDITION_PROPOSED, EDITION_WITHDRAWN = (
    "release-for-partner",
    "propose-release-for-partner",
    "withdraw-for-partner",
)
EDITIONS = {EDITION, EDITION_PROPOSED, EDITION_WITHDRAWN}
PUBLISHING = {RELEASE, PROPOSED, WITHDRAWN, *EDITIONS}


def standing(receipts: list[Receipt]) -> list[Receipt]:
    """The loads and decisions among `receipts` that no standing undo takes back (an undo may itself be undone)."""
    undone = taken_back(receipts)
    return [receipt for receipt in receipts if receipt.action in COUNTED and receipt.number not in undone]


def taken_back(receipts: list[Receipt]) -> dict[int, int]:
    """The receipts among `receipts` that do not stand, each with the standing one that takes it back."""
    undone: dict[int, int] = {}
    for receipt in reversed(receipts):
        if receipt.number not in undone:
            for number in receipt.takes_back:
                undone.setdefault(number, receipt.number)
    return undone
