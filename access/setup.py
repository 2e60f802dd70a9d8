"""One-time links: the first start's, by which the first admin is made, and those for a new password.

A link is a secret of 256 bits of which the database holds the SHA-256. It dies with its use, after an hour, and when
another one is issued for the same purpose.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from access import accounts, log, passwords
from access.accounts import ADMIN, Account, UnknownAccount
from access.hosts import Hosts
from access.roles import Who
from access.store import Store
from access.tables import account, link

LIVES = timedelta(hours=1)
KEPT = timedelta(days=30)
SETUP, RESET = "setup", "reset"


class Expired(Exception):
    """The link was used, is older than an hour, was replaced by a newer one, or never was one."""


@dataclass(frozen=True)
class Link:
    """What a link is good for: "setup" or "reset", the latter for the account of this name."""

    purpose: str
    name: str | None


def path(token: str) -> str:
    """The address of a link in the app."""
    return f"/setup/{token}"


def address(token: str) -> str:
    """The whole address of a link, for a terminal: below ESSAIM_URL, at a name of ESSAIM_HOSTS, or on this machine."""
    return whole(path(token))


def whole(path: str) -> str:
    """A path of the app as it is given to others."""
    host = Hosts.named(os.environ.get("ESSAIM_HOSTS", "").split(",")).first
    own = f"https://{host}" if host else f"http://localhost:{os.environ.get('PORT') or 8501}"
    base = os.environ.get("ESSAIM_URL") or own
    return base.rstrip("/") + path


def issue(store: Store, *, by: Who | None = None) -> str | None:
    """A new link to make the first admin; None where an admin can sign in. The one before is good no more.

    Whoever starts the app shows it on the terminal and nowhere else.
    """
    with store.changing() as connection:
        if accounts.has_admin(connection):
            return None
        token = _new(connection, store, SETUP, None)
        log.append(connection, store.now(), "setup-link-issued", by, None)
    return token


def reset(store: Store, account_id: int, *, by: Who | None = None, address: str | None = None) -> str:
    """A new link by which the account gets a new password; the old one stays good until then. Raises UnknownAccount."""
    with store.changing() as connection:
        if connection.execute(sa.select(account.c.id).where(account.c.id == account_id)).first() is None:
            raise UnknownAccount()
        token = _new(connection, store, RESET, account_id)
        log.append(connection, store.now(), "reset-link-issued", by, address, target=account_id)
    return token


def peek(store: Store, token: str) -> Link | None:
    """What a link is good for, without using it; None where it is good for nothing."""
    if not store.exists():
        return None
    with store.reading() as connection:
        row = connection.execute(_good(store, token)).first()
        if row is None or (row.purpose == SETUP and accounts.has_admin(connection)):
            return None
        if row.purpose == SETUP:
            return Link(SETUP, None)
        named = sa.select(account.c.name).where(account.c.id == row.account, account.c.disabled == sa.false())
        name = connection.execute(named).scalar()
    return Link(RESET, name) if name is not None else None


def take(store: Store, token: str, name: str, password: str, *, address: str | None = None) -> Account:
    """Uses a link up: makes the first admin, `name`, or gives the link's account (whatever `name` says) a password.

    Raises Expired; or Weak, BadName or NameTaken, and the link is still good then. Of two at once one gets it.
    """
    found = peek(store, token)
    if found is None:
        raise Expired
    # Hashed before the transaction, which nobody else should have to wait for.
    if found.name is None:
        values = accounts.new_values(name, ADMIN, (), password)
    else:
        passwords.require_strong(password, found.name)
        values = {"password": passwords.hashed(password)}
    with store.changing() as connection:
        now = store.now()
        row = connection.execute(_good(store, token)).first()
        if row is None or (row.purpose == SETUP and accounts.has_admin(connection)):
            raise Expired
        used = sa.update(link).where(link.c.token_sha256 == row.token_sha256, link.c.used_at.is_(None))
        if connection.execute(used.values(used_at=now)).rowcount != 1:
            raise Expired
        if row.purpose == SETUP:
            made = accounts.insert(connection, now, values, address=address)
        else:
            made = accounts.write_password(connection, now, row.account, values["password"], address=address)
        log.append(connection, now, "link-used", made.who(), address, target=made.id, purpose=row.purpose)
    return made


def _new(connection: sa.Connection, store: Store, purpose: str, account_id: int | None) -> str:
    token, now = secrets.token_urlsafe(32), store.now()
    same = link.c.account.is_(None) if account_id is None else link.c.account == account_id
    older = sa.and_(link.c.purpose == purpose, same, link.c.used_at.is_(None))
    connection.execute(sa.delete(link).where(sa.or_(older, link.c.issued_at < now - KEPT)))
    connection.execute(
        sa.insert(link).values(token_sha256=_sha256(token), purpose=purpose, account=account_id, issued_at=now)
    )
    return token


def _good(store: Store, token: str) -> sa.Select[Any]:
    # A link of the future is none: a clock set back does not make it live longer.
    now = store.now()
    return sa.select(link).where(
        link.c.token_sha256 == _sha256(token),
        link.c.used_at.is_(None),
        link.c.issued_at > now - LIVES,
        link.c.issued_at <= now + timedelta(minutes=1),
    )


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
