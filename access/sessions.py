"""Sessions: rows that say who is signed in, from where and since when, and that anybody may end at once."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from access import log
from access.roles import Who
from access.store import Store
from access.tables import account, session

IDLE = timedelta(minutes=30)
AGE = timedelta(hours=8)
# Being here is written down at most so often.
TOUCHED_EACH = timedelta(minutes=1)
# Of one account the one that was silent longest makes room for the next; in all, the next one is refused.
PER_ACCOUNT, IN_ALL = 10, 2000
# Ended ones, with their addresses, are kept so long for their owners to look at.
KEPT = timedelta(days=30)
AGENT, ADDRESS = 200, 64
_ID = re.compile("[0-9a-f]{32}")


class TooMany(Exception):
    """As many sessions are open as may be."""


@dataclass(frozen=True)
class Session:
    """One session. `id` is no secret and opens nothing; `ended_at` is None while it is open."""

    id: str
    account: int
    opened_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    address: str
    agent: str


def open_session(store: Store, account_id: int, address: str | None, agent: str | None) -> str:
    """A new session; gives its token (256 bits, url-safe), of which the database holds only the SHA-256.

    Raises TooMany where as many are open as may be, and LookupError where the account is gone or disabled.
    """
    token = secrets.token_urlsafe(32)
    with store.changing() as connection:
        now = store.now()
        _prune(connection, now)
        usable = sa.select(account.c.id).where(account.c.id == account_id, account.c.disabled == sa.false())
        if connection.execute(usable).first() is None:
            raise LookupError(account_id)
        if _number(connection, now) >= IN_ALL:
            raise TooMany
        own = sa.select(session.c.id).where(session.c.account == account_id, *_alive(now))
        oldest = connection.execute(own.order_by(session.c.seen_at.desc(), session.c.id).offset(PER_ACCOUNT - 1))
        for old in oldest.scalars().all():
            _end(connection, now, session.c.id == old)
        connection.execute(
            sa.insert(session).values(
                id=secrets.token_hex(16),
                token_sha256=_sha256(token),
                account=account_id,
                opened_at=now,
                seen_at=now,
                address=log.cleaned(address, ADDRESS),
                agent=log.cleaned(agent, AGENT),
            )
        )
    return token


def who(store: Store, token: str | None, active: bool = True) -> Who | None:
    """Who holds this token, with the role and sites they have now.

    None where it is unknown, ended, silent for 30 minutes or 8 hours old, or where the account is disabled. Where the
    person is `active` the session is marked as seen, at most once a minute.
    """
    if not token:
        return None
    return _who(store, session.c.token_sha256 == _sha256(token), active)


def of(store: Store, session_id: str | None) -> Who | None:
    """Who is in the session of this public id; never marks it as seen. The id proves nothing: ask only of ourselves."""
    if not session_id or not _ID.fullmatch(session_id):
        return None
    return _who(store, session.c.id == session_id, active=False)


def _who(store: Store, which: sa.ColumnElement[bool], active: bool) -> Who | None:
    if not store.exists():
        return None
    now = store.now()
    asked = (
        sa.select(session.c.id, session.c.seen_at, account.c.id.label("account"))
        .add_columns(account.c.name, account.c.role, account.c.sites)
        .join(account, account.c.id == session.c.account)
        .where(which, account.c.disabled == sa.false(), *_alive(now))
    )
    with store.reading() as connection:
        row = connection.execute(asked).first()
    if row is None:
        return None
    if active and now - row.seen_at >= TOUCHED_EACH:
        # Where nothing can be written a person may read on, until the session was silent for too long.
        with suppress(sa.exc.OperationalError), store.writing() as connection:
            # Only while it is alive: a session that was ended meanwhile stays so.
            connection.execute(sa.update(session).where(session.c.id == row.id, *_alive(now)).values(seen_at=now))
    return Who(row.account, row.name, row.role, tuple(json.loads(row.sites)), row.id)


def sessions(store: Store, account_id: int) -> list[Session]:
    """The open sessions of an account, the one seen last first."""
    if not store.exists():
        return []
    asked = sa.select(session).where(session.c.account == account_id, *_alive(store.now()))
    with store.reading() as connection:
        rows = connection.execute(asked.order_by(session.c.seen_at.desc(), session.c.id)).all()
    return [
        Session(row.id, row.account, row.opened_at, row.seen_at, row.ended_at, row.address, row.agent) for row in rows
    ]


def revoke(
    store: Store,
    session_id: str,
    *,
    account: int | None = None,
    by: Who | None = None,
    address: str | None = None,
) -> bool:
    """Ends a session; says whether it was open. With `account`, only where it is that account's.

    One's own present session is a sign-out, and logged so.
    """
    if not _ID.fullmatch(session_id) or not store.exists():
        return False
    with store.changing() as connection:
        now = store.now()
        asked = sa.select(session.c.account).where(session.c.id == session_id, *_alive(now))
        if account is not None:
            asked = asked.where(session.c.account == account)
        owner = connection.execute(asked).scalar()
        if owner is None:
            return False
        _end(connection, now, session.c.id == session_id)
        if by is not None and by.session == session_id:
            log.append(connection, now, "signed-out", by, address)
        else:
            log.append(connection, now, "session-revoked", by, address, target=owner)
    return True


def revoke_all(
    store: Store, account_id: int, but: str | None = None, *, by: Who | None = None, address: str | None = None
) -> int:
    """Ends every session of an account, but one; gives how many were open."""
    if not store.exists():
        return 0
    with store.changing() as connection:
        now = store.now()
        ended = end_all(connection, now, account_id, but)
        if ended:
            log.append(connection, now, "sessions-revoked", by, address, target=account_id, number=ended)
    return ended


def end_all(connection: sa.Connection, now: datetime, account_id: int, but: str | None = None) -> int:
    """Ends the sessions of an account in a transaction that is open."""
    which = [session.c.account == account_id, *_alive(now)]
    if but is not None:
        which.append(session.c.id != but)
    return _end(connection, now, *which)


def _alive(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return session.c.ended_at.is_(None), session.c.seen_at > now - IDLE, session.c.opened_at > now - AGE


def _end(connection: sa.Connection, now: datetime, *which: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.update(session).where(*which).values(ended_at=now)).rowcount


def _number(connection: sa.Connection, now: datetime) -> Any:
    return connection.execute(sa.select(sa.func.count()).select_from(session).where(*_alive(now))).scalar_one()


def _prune(connection: sa.Connection, now: datetime) -> None:
    connection.execute(sa.delete(session).where(session.c.seen_at < now - KEPT))


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
