"""Signing in: the one place that says whether somebody is who they say, and that tells nobody what was wrong.

A name nobody has and a wrong password take the same work and get the same answer: the same rows are counted, one
password is checked with Argon2, and one line is written. It takes some 50 ms: call it from a thread.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from access import accounts, log, passwords, throttle, totp
from access.accounts import Account
from access.store import Store
from access.tables import account, device

# A browser that was not here for so long is a stranger again; of one account so many are known.
DEVICE_KEPT = timedelta(days=180)
DEVICES = 20


@dataclass(frozen=True)
class SignedIn:
    """The password was right, and the code where one is asked for. Open a session next (`sessions.open_session`).

    `device` is a fresh secret for the browser to keep for 180 days and to bring along when it signs in again: it opens
    nothing, but failures of strangers do not slow it down.
    """

    account: Account
    device: str


@dataclass(frozen=True)
class Refused:
    """No. `wait` is how many seconds to wait before another try is looked at, 0 where none.

    `totp_needed` is true only after a right password: the code is missing or wrong. Nothing else is told.
    """

    wait: int = 0
    totp_needed: bool = False


class Throttled(Exception):
    """Too many wrong passwords: `wait` is how many seconds to wait."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


def sign_in(
    store: Store, name: str, password: str, code: str | None, address: str | None, device: str | None = None
) -> SignedIn | Refused:
    """Whether somebody is who they say. `code` is that of their app (None or "" where none was given yet).

    `device` is what the browser kept from before. Counts, waits and logs; opens no session.
    """
    row = _asked(store, account.c.key == accounts.asked_key(name))
    known = _known(store, device, row.id if row else 0)
    turn = throttle.turn(store, accounts.key(name[:1000]), address, known)
    if isinstance(turn, throttle.Wait):
        if turn.loud:
            _refusal(store, row, address, "wait", 0)
        return Refused(wait=turn.seconds)
    # Whom an organisation signs in has no second way: a role that is lost there would be kept here.
    own = row is not None and not row.disabled and row.oidc_subject is None
    kept = row.password if own else None
    if not passwords.fits(kept, password):
        if turn.loud:
            _refusal(store, row, address, "disabled" if row and row.disabled else "wrong", turn.failures[0])
        return Refused()
    if row.totp is not None:
        if not (code or "").strip():
            throttle.undecided(store, turn)
            return Refused(totp_needed=True)
        if not _use(store, row, code):
            if turn.loud:
                _refusal(store, row, address, "code", turn.failures[0])
            return Refused(totp_needed=True)
    throttle.right(store, turn)
    fresh = passwords.hashed(password) if passwords.outdated(row.password) else None
    return _let_in(store, row, "password" if row.totp is None else "code", address, device, fresh)


def let_in(store: Store, account_id: int, way: str, address: str | None) -> SignedIn | Refused:
    """Lets in somebody whom a provider ("oidc") or a one-time link ("link") vouches for, unless disabled."""
    row = _asked(store, account.c.id == account_id)
    elsewhere = row is not None and row.oidc_subject is not None and way != "oidc"
    if row is None or row.disabled or elsewhere:
        _refusal(store, row, address, "oidc" if elsewhere else "disabled", 0)
        return Refused()
    return _let_in(store, row, way, address, None, None)


def is_password(store: Store, account_id: int, password: str, address: str | None, device: str | None = None) -> bool:
    """Whether this is the account's password, for somebody signed in who changes it; counted like a sign-in.

    Raises Throttled where one has to wait.
    """
    row = _asked(store, account.c.id == account_id)
    if row is None:
        return False
    turn = throttle.turn(store, row.key, address, _known(store, device, row.id))
    if isinstance(turn, throttle.Wait):
        raise Throttled(turn.seconds)
    if passwords.fits(row.password, password):
        throttle.right(store, turn)
        return True
    if turn.loud:
        _refusal(store, row, address, "wrong", turn.failures[0])
    return False


def _let_in(
    store: Store, row: Any, way: str, address: str | None, old_device: str | None, fresh: str | None
) -> SignedIn | Refused:
    made = secrets.token_urlsafe(32)
    with store.changing() as connection:
        now = store.now()
        # What was looked at may have changed while the password was checked.
        still = sa.select(account).where(account.c.id == row.id).with_for_update()
        present = connection.execute(still).one()
        if present.disabled or (way in ("password", "code") and _proofs(present) != _proofs(row)):
            return Refused()
        if fresh is not None:
            connection.execute(sa.update(account).where(account.c.id == row.id).values(password=fresh))
        connection.execute(
            sa.delete(device).where(
                device.c.account == row.id,
                sa.or_(device.c.token_sha256 == _sha256(old_device or ""), device.c.seen_at < now - DEVICE_KEPT),
            )
        )
        connection.execute(sa.insert(device).values(token_sha256=_sha256(made), account=row.id, seen_at=now))
        own = sa.select(device.c.token_sha256).where(device.c.account == row.id)
        oldest = connection.execute(own.order_by(device.c.seen_at.desc(), device.c.token_sha256).offset(DEVICES))
        connection.execute(sa.delete(device).where(device.c.token_sha256.in_(oldest.scalars().all())))
        found = accounts.of_row(present)
        log.append(connection, now, "signed-in", found.who(), address, way=way)
    return SignedIn(found, made)


def _proofs(row: Any) -> tuple[Any, ...]:
    return row.password, row.totp


def _asked(store: Store, which: sa.ColumnElement[bool]) -> Any:
    if not store.exists():
        return None
    with store.reading() as connection:
        return connection.execute(sa.select(account).where(which)).first()


def _known(store: Store, token: str | None, account_id: int) -> str | None:
    """What a browser is known by, where it signed in to this account before."""
    if not store.exists():
        return None
    hashed = _sha256(token or "")
    asked = sa.select(device.c.token_sha256).where(
        device.c.token_sha256 == hashed,
        device.c.account == account_id,
        device.c.seen_at >= store.now() - DEVICE_KEPT,
    )
    with store.reading() as connection:
        return connection.execute(asked).scalar()


def _use(store: Store, row: Any, code: str | None) -> bool:
    """Uses a code up: of two who bring the same one, in whichever process, one is let in."""
    step = totp.step_of(row.totp, code, store.now())
    if step is None:
        return False
    with store.writing() as connection:
        used = connection.execute(
            sa.update(account)
            .where(account.c.id == row.id, account.c.totp == row.totp, account.c.totp_step < step)
            .values(totp_step=step)
        )
    return used.rowcount == 1


def _refusal(store: Store, row: Any, address: str | None, reason: str, failures: int) -> None:
    """A line about a refusal. What was typed as a name is not in it where no account has it: it may be a password."""
    target = {} if row is None else {"target": row.id}
    log.Log(store).write("sign-in-refused", None, address, reason=reason, failures=failures, **target)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
