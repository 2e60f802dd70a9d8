"""How long somebody who failed to sign in has to wait, and why that never keeps the right person out.

What is counted, all of it in the database so that several processes count together:

- a **pair**: one name from one address, or from one browser that signed in as that name before (a device). After
  FREE failures every further one doubles its wait, up to LONGEST.
- a **name**, over all addresses that are no device of it, and an **address**, over all names. From a number of failures
  on they are under pressure. Then a pair has to *knock*: its first request is told to come back, and when it does its
  wait is over and one try is its own, whatever others did meanwhile.

So a wait depends on the pair's own failures and on a knock that is fixed when it is made: together at most
LONGEST + KNOCK = 15 minutes. Somebody who hammers a name from other addresses cannot make it longer, and from
the person's own address cannot once the person's browser is a known device. (A stranger at the very same address and a
person there on a new browser are one and the same to everybody but the password: for that there is the one-time link.)

A try is counted before the password is looked at and uncounted where it was right, so that a hundred at once are not
a hundred free ones.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from access.store import Store
from access.tables import attempts

FREE = 5
FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=10)
KNOCK = timedelta(minutes=5)
# A park's own network is one address to the outside: more may fail there before it is pressed.
NAME_PRESSED, ADDRESS_PRESSED = 20, 50
# Counts of names and addresses fall to nothing after so long without a failure, those of pairs likewise.
FORGOTTEN = timedelta(hours=1)
PAIR_FORGOTTEN = timedelta(hours=24)
# Rows at most: beyond, those touched longest ago go.
KEPT = 200_000
_PRUNED_EACH = 500


@dataclass(frozen=True)
class Turn:
    """A try that was let through and counted; `failures` of its pair, its name and its address, this one included.

    `known` where the browser is: then neither name nor address were counted."""

    pair: str
    name: str
    address: str
    failures: tuple[int, int, int]
    knock: datetime | None
    known: bool

    @property
    def loud(self) -> bool:
        """Whether a failure is told in the log."""
        return _loud(*self.failures[1:])


@dataclass(frozen=True)
class Wait:
    """Not now: come back in so many seconds. `loud` where this is told in the log: of a pair the first time at most."""

    seconds: int
    loud: bool


def turn(store: Store, name: str, address: str | None, device: str | None = None) -> Turn | Wait:
    """Lets one try through, or says how long to wait; counts it as failed until `right` or `undecided` is said.

    `name` is the folded name; `device` only where it is known to be one of this name's.
    """
    if secrets.randbelow(_PRUNED_EACH) == 0:
        prune(store)
    now = store.now()
    place = network(address)
    keys = _key("pair", name, f"device {device}" if device else place), _key("name", name), _key("address", place)
    with store.writing() as connection:
        # Always in this order, so that no two wait for each other.
        pair = _locked(connection, keys[0], now, PAIR_FORGOTTEN)
        of_name, of_place = (_locked(connection, key, now, FORGOTTEN) for key in keys[1:])
        counts = of_name.failures, of_place.failures
        pressed = device is None and (counts[0] >= NAME_PRESSED or counts[1] >= ADDRESS_PRESSED)
        wait = timedelta(0)
        if pair.ready_at is not None:
            # A clock that was set back must not make a wait longer than any can be.
            left = pair.ready_at - now
            wait = left if timedelta(0) < left <= LONGEST else wait
        knock = pair.knocked_at
        if knock is not None and not now - FORGOTTEN < knock <= now + KNOCK:
            knock = None
        knocked_before = knock is not None
        if pressed and knock is None:
            knock = now + KNOCK
            connection.execute(
                sa.update(attempts).where(attempts.c.key == keys[0]).values(knocked_at=knock, last_at=now)
            )
        if pressed and knock is not None:
            left = knock - now
            wait = max(wait, left if timedelta(0) < left <= KNOCK else timedelta(0))
        if wait > timedelta(0):
            return Wait(math.ceil(wait.total_seconds()), loud=pressed and not knocked_before and _loud(*counts))
        counted = pair.failures + 1
        _count(connection, keys[0], counted, now, ready_at=_after(counted, now), knocked_at=None)
        # A known browser's own slips say nothing about strangers.
        others = counts if device else (counts[0] + 1, counts[1] + 1)
        if not device:
            _count(connection, keys[1], others[0], now)
            _count(connection, keys[2], others[1], now)
    return Turn(*keys, failures=(counted, *others), knock=knock, known=device is not None)


def right(store: Store, turn: Turn) -> None:
    """The try was right: its pair starts anew, and it no longer counts against the name and the address."""
    with store.writing() as connection:
        connection.execute(sa.delete(attempts).where(attempts.c.key == turn.pair))
        _uncount(connection, turn)


def undecided(store: Store, turn: Turn) -> None:
    """The password was right and a code is awaited: the try did not count, and a knock made for it still holds."""
    with store.writing() as connection:
        connection.execute(
            sa.update(attempts)
            .where(attempts.c.key == turn.pair, attempts.c.failures > 0)
            .values(failures=attempts.c.failures - 1, ready_at=None, knocked_at=turn.knock)
        )
        _uncount(connection, turn)


def prune(store: Store) -> None:
    """Takes out what is forgotten, and of what is left the oldest beyond KEPT rows."""
    with store.writing() as connection:
        connection.execute(sa.delete(attempts).where(attempts.c.last_at < store.now() - PAIR_FORGOTTEN))
        many = connection.execute(sa.select(sa.func.count()).select_from(attempts)).scalar_one() - KEPT
        if many > 0:
            oldest = sa.select(attempts.c.key).order_by(attempts.c.last_at, attempts.c.key).limit(many)
            connection.execute(sa.delete(attempts).where(attempts.c.key.in_(oldest)))


def network(address: str | None) -> str:
    """What counts as one address: an IPv4 address, the /64 of an IPv6 one (which a household has), else the text."""
    try:
        ip = ipaddress.ip_address((address or "").strip("[]").split("%")[0])
    except ValueError:
        return (address or "")[:64]
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    if mapped.version == 4:
        return str(mapped)
    return str(ipaddress.ip_network((mapped, 64), strict=False))


def _loud(*failures: int) -> bool:
    """The first fifty are told, then one each time their number doubles: who hammers does not fill the log."""
    return all(n <= 50 or n & (n - 1) == 0 for n in failures)


def _after(failures: int, now: datetime) -> datetime | None:
    if failures < FREE:
        return None
    return now + min(FIRST * 2 ** min(failures - FREE, 20), LONGEST)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


class _Row(NamedTuple):
    failures: int = 0
    ready_at: datetime | None = None
    knocked_at: datetime | None = None


def _locked(connection: sa.Connection, key: str, now: datetime, forgotten: timedelta) -> _Row:
    """The row of a key, made where it is missing, and nobody else's until the transaction ends."""
    asked = sa.select(attempts).where(attempts.c.key == key).with_for_update()
    row = connection.execute(asked).first()
    if row is None:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(attempts).values(key=key, failures=0, last_at=now))
        except sa.exc.IntegrityError:
            # Another process made it at the same moment, and was waited for.
            pass
        row = connection.execute(asked).one()
    if row.last_at < now - forgotten:
        return _Row()
    return _Row(row.failures, row.ready_at, row.knocked_at)


def _count(connection: sa.Connection, key: str, failures: int, now: datetime, **more: Any) -> None:
    values = {"failures": failures, "last_at": now, **more}
    connection.execute(sa.update(attempts).where(attempts.c.key == key).values(values))


def _uncount(connection: sa.Connection, turn: Turn) -> None:
    if turn.known:
        return
    for key in (turn.name, turn.address):
        fewer = sa.update(attempts).where(attempts.c.key == key, attempts.c.failures > 0)
        connection.execute(fewer.values(failures=attempts.c.failures - 1))
