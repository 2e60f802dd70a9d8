"""Who did what, when and from where: lines that are only ever added, each chained by hash to the one before."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from access.events import EVENTS, Event, UnknownFact, check, declare
from access.roles import Who
from access.store import Store
from access.tables import GENESIS, event, head

__all__ = ["EVENTS", "Broken", "Entry", "Event", "Log", "UnknownFact", "append", "declare"]

_AT_ONCE = 1000
# What would begin a formula in a cell of its own, were a line opened as a table and cut at its commas.
_ACTIVE = re.compile(r"(?<=[,;])( ?)([=+@]|(?<! )-)")


class Broken(Exception):
    """The log does not agree with itself; `number` is the first line that is wrong."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


@dataclass(frozen=True)
class Entry:
    """One line of the log. `who` has account, name, role and session, or is None where nobody was signed in."""

    number: int
    at: datetime
    kind: str
    who: dict[str, Any] | None
    address: str | None
    facts: dict[str, Any]


class Log:
    """The log of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def write(self, kind: str, /, who: Who | None = None, address: str | None = None, **facts: Any) -> int:
        """Adds one line and gives its number. Raises UnknownFact for a kind or fact that `events` does not declare."""
        check(kind, facts)
        with self.store.changing() as connection:
            return append(connection, self.store.now(), kind, who, address, **facts)

    def events(
        self, since: datetime | None = None, kinds: Sequence[str] = (), n: int = 100, before: int | None = None
    ) -> list[Entry]:
        """The newest `n` lines, newest first: since a moment, of these kinds, before the line of this number."""
        if not self.store.exists():
            return []
        asked = sa.select(event.c.body).order_by(event.c.number.desc()).limit(n)
        if since is not None:
            asked = asked.where(event.c.at >= since)
        if kinds:
            asked = asked.where(event.c.kind.in_(list(kinds)))
        if before is not None:
            asked = asked.where(event.c.number < before)
        with self.store.reading() as connection:
            return [_entry(body) for body in connection.execute(asked).scalars()]

    def lines(self) -> Iterator[str]:
        """Every line as JSON with its number, oldest first, each with its hash and the one before it."""
        for row in self._rows():
            told = {**json.loads(row.body), "previous": row.previous, "hash": row.hash}
            yield _ACTIVE.sub(_escaped, json.dumps(told, ensure_ascii=False, sort_keys=True))

    def verify(self) -> int:
        """Checks the whole chain; gives the number of lines, or raises Broken naming the first that is wrong."""
        if not self.store.exists():
            return 0
        previous, count = GENESIS, 0
        hashes = {0: GENESIS}
        first = self._head()
        for row in self._rows():
            count += 1
            if row.number != count:
                raise Broken(f"Line {count} of the log is missing: it goes on with line {row.number}.", count)
            if row.previous != previous or row.hash != _hash(row.number, row.previous, row.body) or not _fits(row):
                raise Broken(f"Line {count} of the log was changed after it was written.", count)
            previous = row.hash
            if count == first[0]:
                hashes[count] = previous
        # Lines may have come meanwhile: the end on record before must be among those read, the one on record now not
        # before the last of them.
        if count < first[0]:
            raise Broken(f"Line {count + 1} of the log is missing: it once ended with line {first[0]}.", count + 1)
        if hashes.get(first[0]) != first[1] or self._head()[0] < count:
            wrong = min(first[0] + 1, count)
            raise Broken(f"Line {wrong} of the log was not written by this program.", wrong)
        return count

    def _head(self) -> tuple[int, str]:
        """Number and hash of the line that the log ends with, as kept beside it."""
        with self.store.reading() as connection:
            last = connection.execute(sa.select(head.c.number, head.c.hash).where(head.c.id == 1)).first()
        if last is None:
            raise Broken("The end of the log is not on record.", 0)
        return last.number, last.hash

    def _rows(self) -> Iterator[Any]:
        if not self.store.exists():
            return
        asked = sa.select(event).order_by(event.c.number).limit(_AT_ONCE)
        last = 0
        while True:
            with self.store.reading() as connection:
                rows = connection.execute(asked.where(event.c.number > last)).all()
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1].number


def append(
    connection: sa.Connection, at: datetime, kind: str, who: Who | None, address: str | None, /, **facts: Any
) -> int:
    """Adds a line within a transaction of `Store.changing`, so that an act and its line are written together."""
    check(kind, facts)
    last = connection.execute(sa.select(head.c.number, head.c.hash).where(head.c.id == 1)).one()
    number = last.number + 1
    body = json.dumps(
        {
            "number": number,
            "at": at.isoformat(timespec="microseconds"),
            "event": kind,
            "who": _who(who),
            "from": cleaned(address, 64) or None,
            "facts": facts,
        },
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    hashed = _hash(number, last.hash, body)
    connection.execute(
        sa.insert(event).values(number=number, previous=last.hash, hash=hashed, at=at, kind=kind, body=body)
    )
    connection.execute(sa.update(head).where(head.c.id == 1).values(number=number, hash=hashed))
    return number


def cleaned(text: str | None, length: int) -> str:
    """What a stranger sent about itself, as one short line of printable ASCII."""
    return "".join(one if " " <= one <= "~" else "?" for one in (text or "")[:length])


def _who(who: Who | None) -> dict[str, Any] | None:
    return None if who is None else {"account": who.account, "name": who.name, "role": who.role, "session": who.session}


def _escaped(found: re.Match[str]) -> str:
    """The same sign as JSON may write it too: only inside a text does a line have one there."""
    return f"{found.group(1)}\\u{ord(found.group(2)):04x}"


def _hash(number: int, previous: str, body: str) -> str:
    return hashlib.sha256(json.dumps([number, previous, body]).encode()).hexdigest()


def _fits(row: Any) -> bool:
    """Whether the columns that are searched say what the line says."""
    body = json.loads(row.body)
    return (body["number"], body["event"], datetime.fromisoformat(body["at"])) == (row.number, row.kind, row.at)


def _entry(body: str) -> Entry:
    told = json.loads(body)
    return Entry(
        told["number"], datetime.fromisoformat(told["at"]), told["event"], told["who"], told["from"], told["facts"]
    )
