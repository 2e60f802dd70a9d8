"""The accounts: who may come in, in which role, limited to which sites. Every change is logged with it, in one act.

A change of what somebody may do, or of how they prove who they are, ends their sessions. Nothing here is fast where a
password is hashed (see `passwords`): call it from a thread.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from access import log, passwords, sessions, totp
from access.passwords import Weak
from access.refusal import BadName, BadSites, LastAdmin, NameTaken, Refusal, UnknownAccount, UnknownRole, WrongCode
from access.roles import MAY, ROLES, Who
from access.store import Store
from access.tables import account, device

__all__ = [
    "Account",
    "BadName",
    "BadSites",
    "LastAdmin",
    "NameTaken",
    "Refusal",
    "UnknownAccount",
    "UnknownRole",
    "Weak",
    "WrongCode",
]

SITES, KEY, SUBJECT = 200, 300, 500
ADMIN = ROLES[-1]


@dataclass(frozen=True)
class Account:
    """One account. `sites` () means all; `totp` whether codes are asked for; `password` whether there is one."""

    id: int
    name: str
    role: str
    sites: tuple[str, ...]
    disabled: bool
    totp: bool
    password: bool
    oidc_subject: str | None
    changed_at: datetime

    def who(self, session: str = "") -> Who:
        """What this account may, in a session."""
        return Who(self.id, self.name, self.role, self.sites, session)


def of_row(row: Any) -> Account:
    """An account as it stands in the table."""
    return Account(
        id=row.id,
        name=row.name,
        role=row.role,
        sites=tuple(json.loads(row.sites)),
        disabled=bool(row.disabled),
        totp=row.totp is not None,
        password=row.password is not None,
        oidc_subject=row.oidc_subject,
        changed_at=row.changed_at,
    )


_NAME = re.compile(r"[^\W_][\w .+'@-]{0,99}")


def key(name: str) -> str:
    """What two spellings of one name have in common: capitals, widths and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def asked_key(name: str) -> str:
    """The key to look up for whatever somebody typed: that of no account where no account can be called so."""
    try:
        return key(clean_name(name))
    except BadName:
        return ""


def clean_name(name: str) -> str:
    """The name as it is kept; raises BadName where it may not be one."""
    told = " ".join(unicodedata.normalize("NFC", name[:1000]).split())
    # One character may stand for many once it is folded.
    if not _NAME.fullmatch(told) or len(key(told)) > KEY:
        raise BadName()
    return told


# Asking


def list_all(store: Store) -> list[Account]:
    """Every account, by name."""
    return _found(store, sa.select(account).order_by(account.c.key))


def get(store: Store, account_id: int) -> Account | None:
    """The account of this number."""
    return next(iter(_found(store, sa.select(account).where(account.c.id == account_id))), None)


def by_name(store: Store, name: str) -> Account | None:
    """The account of this name, however it is spelt."""
    return next(iter(_found(store, sa.select(account).where(account.c.key == asked_key(name)))), None)


def by_subject(store: Store, subject: str) -> Account | None:
    """The account that a provider knows under this subject (issuer and subject in one text, exactly as kept)."""
    if not _is_subject(subject):
        return None
    return next(iter(_found(store, sa.select(account).where(account.c.oidc_subject == subject))), None)


def _found(store: Store, asked: sa.Select[Any]) -> list[Account]:
    if not store.exists():
        return []
    with store.reading() as connection:
        return [of_row(row) for row in connection.execute(asked)]


# Changing: `by` and `address` are who does it and from where, for the log.


def add(
    store: Store,
    name: str,
    role: str,
    sites: Iterable[str] = (),
    password: str | None = None,
    *,
    oidc_subject: str | None = None,
    by: Who | None = None,
    address: str | None = None,
) -> Account:
    """A new account. Without a password nobody can sign in to it until a link for one is used (`setup.reset`).

    Raises BadName, NameTaken, UnknownRole, BadSites or Weak; nothing is written then.
    """
    values = new_values(name, role, sites, password)
    with store.changing() as connection:
        return insert(connection, store.now(), values, oidc_subject, by, address)


def new_values(name: str, role: str, sites: Iterable[str], password: str | None) -> dict[str, Any]:
    """What a new account is made of, checked and hashed before any transaction is open."""
    told, kept = clean_name(name), _sites(sites)
    _require_role(role)
    if password is not None:
        passwords.require_strong(password, told)
    hashed = None if password is None else passwords.hashed(password)
    return {"name": told, "key": key(told), "role": role, "sites": kept, "password": hashed}


def insert(
    connection: sa.Connection,
    now: datetime,
    values: dict[str, Any],
    oidc_subject: str | None = None,
    by: Who | None = None,
    address: str | None = None,
) -> Account:
    """Writes a new account and its line in the log in a transaction of `Store.changing`."""
    if connection.execute(sa.select(account.c.id).where(account.c.key == values["key"])).first():
        raise NameTaken()
    if oidc_subject is not None:
        _require_subject(connection, oidc_subject)
    row = {**values, "sites": json.dumps(values["sites"], ensure_ascii=False), "oidc_subject": oidc_subject}
    row |= {"disabled": False, "totp_step": 0, "created_at": now, "changed_at": now}
    made = connection.execute(sa.insert(account).values(row)).inserted_primary_key
    assert made is not None
    facts = {"target": made[0], "role": values["role"], "sites": values["sites"]}
    log.append(connection, now, "account-added", by, address, **facts)
    return of_row(connection.execute(sa.select(account).where(account.c.id == made[0])).one())


def set_role(store: Store, account_id: int, role: str, *, by: Who | None = None, address: str | None = None) -> Account:
    """Another role; ends the account's sessions. Raises UnknownAccount, UnknownRole or LastAdmin."""
    _require_role(role)
    with store.changing() as connection:
        before = _row(connection, account_id)
        if before.role == role:
            return of_row(before)
        if role != ADMIN:
            _require_other_admin(connection, before)
        facts = {"before": before.role, "role": role}
        return _change(connection, store.now(), before, {"role": role}, "role-changed", by, address, facts=facts)


def set_sites(
    store: Store, account_id: int, sites: Iterable[str], *, by: Who | None = None, address: str | None = None
) -> Account:
    """Other sites, () for all; ends the account's sessions. Raises UnknownAccount or BadSites."""
    kept = _sites(sites)
    with store.changing() as connection:
        before = _row(connection, account_id)
        was = json.loads(before.sites)
        if was == kept:
            return of_row(before)
        values = {"sites": json.dumps(kept, ensure_ascii=False)}
        facts = {"before": was, "sites": kept}
        return _change(connection, store.now(), before, values, "sites-changed", by, address, facts=facts)


def disable(
    store: Store,
    account_id: int,
    *,
    even_last: bool = False,
    by: Who | None = None,
    address: str | None = None,
) -> Account:
    """Nobody signs in to the account any more and its sessions end. Raises UnknownAccount, or LastAdmin."""
    with store.changing() as connection:
        before = _row(connection, account_id)
        if before.disabled:
            return of_row(before)
        if not even_last:
            _require_other_admin(connection, before)
        return _change(connection, store.now(), before, {"disabled": True}, "account-disabled", by, address)


def enable(store: Store, account_id: int, *, by: Who | None = None, address: str | None = None) -> Account:
    """Signing in works again, with what it worked with. Raises UnknownAccount."""
    with store.changing() as connection:
        before = _row(connection, account_id)
        if not before.disabled:
            return of_row(before)
        return _change(connection, store.now(), before, {"disabled": False}, "account-enabled", by, address)


def set_password(
    store: Store,
    account_id: int,
    password: str,
    *,
    keep: str | None = None,
    by: Who | None = None,
    address: str | None = None,
) -> Account:
    """Another password; ends all sessions but `keep`, and no browser is known any more but by signing in again.

    Raises UnknownAccount or Weak. Who asks for it has to prove the old one first: `sign_in.is_password`.
    """
    known = get(store, account_id)
    if known is None:
        raise UnknownAccount()
    passwords.require_strong(password, known.name)
    hashed = passwords.hashed(password)
    with store.changing() as connection:
        return write_password(connection, store.now(), account_id, hashed, keep, by, address)


def write_password(
    connection: sa.Connection,
    now: datetime,
    account_id: int,
    hashed: str,
    keep: str | None = None,
    by: Who | None = None,
    address: str | None = None,
) -> Account:
    """Writes a hashed password in a transaction of `Store.changing`."""
    before = _row(connection, account_id)
    connection.execute(sa.delete(device).where(device.c.account == account_id))
    return _change(connection, now, before, {"password": hashed}, "password-set", by, address, keep)


def begin_totp(store: Store, account_id: int) -> totp.Enrolment:
    """A fresh secret to show; it counts once `enrol_totp` was given its first code. Raises UnknownAccount."""
    with store.changing() as connection:
        row = _row(connection, account_id)
        offered = totp.offer(row.name)
        connection.execute(sa.update(account).where(account.c.id == account_id).values(totp_offered=offered.secret))
    return offered


def enrol_totp(
    store: Store,
    account_id: int,
    code: str,
    *,
    keep: str | None = None,
    by: Who | None = None,
    address: str | None = None,
) -> Account:
    """Codes are asked for from now on; ends all sessions but `keep`. Raises UnknownAccount, or WrongCode."""
    with store.changing() as connection:
        row, now = _row(connection, account_id), store.now()
        step = totp.step_of(row.totp_offered, code, now) if row.totp_offered else None
        if step is None:
            raise WrongCode()
        # Counted from here on, whatever step the secret before it was at.
        values = {"totp": row.totp_offered, "totp_offered": None, "totp_step": step}
        return _change(connection, now, row, values, "totp-on", by, address, keep)


def drop_totp(
    store: Store, account_id: int, *, keep: str | None = None, by: Who | None = None, address: str | None = None
) -> Account:
    """Codes are asked for no more; ends all sessions but `keep`. Raises UnknownAccount."""
    with store.changing() as connection:
        row = _row(connection, account_id)
        if row.totp is None:
            return of_row(row)
        return _change(connection, store.now(), row, {"totp": None}, "totp-off", by, address, keep)


def set_subject(
    store: Store, account_id: int, subject: str | None, *, by: Who | None = None, address: str | None = None
) -> Account:
    """Whom a provider means by this account. Raises UnknownAccount, or NameTaken where it means another by it."""
    with store.changing() as connection:
        row = _row(connection, account_id)
        if subject is not None:
            _require_subject(connection, subject, but=account_id)
        return _change(connection, store.now(), row, {"oidc_subject": subject}, "subject-set", by, address)


def has_admin(connection: sa.Connection, but: int | None = None) -> bool:
    """Whether an admin who is not disabled and has a way to sign in is there, beside one account."""
    asked = sa.select(account.c.id).where(
        account.c.role == ADMIN,
        account.c.disabled == sa.false(),
        sa.or_(account.c.password.is_not(None), account.c.oidc_subject.is_not(None)),
    )
    if but is not None:
        asked = asked.where(account.c.id != but)
    return connection.execute(asked).first() is not None


def _row(connection: sa.Connection, account_id: int) -> Any:
    row = connection.execute(sa.select(account).where(account.c.id == account_id).with_for_update()).first()
    if row is None:
        raise UnknownAccount()
    return row


def _change(
    connection: sa.Connection,
    now: datetime,
    before: Any,
    values: dict[str, Any],
    kind: str,
    by: Who | None,
    address: str | None,
    keep: str | None = None,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Account:
    """One change with its line in the log, and the end of the account's sessions."""
    connection.execute(sa.update(account).where(account.c.id == before.id).values(**values, changed_at=now))
    log.append(connection, now, kind, by, address, target=before.id, **facts)
    sessions.end_all(connection, now, before.id, keep)
    return of_row(connection.execute(sa.select(account).where(account.c.id == before.id)).one())


def _require_subject(connection: sa.Connection, subject: str, but: int = 0) -> None:
    if not _is_subject(subject):
        raise BadName()
    taken = sa.select(account.c.id).where(account.c.oidc_subject == subject, account.c.id != but)
    if connection.execute(taken).first():
        raise NameTaken()


def _is_subject(subject: str) -> bool:
    return 0 < len(subject) <= SUBJECT and subject.isprintable()


def _require_role(role: str) -> None:
    if role not in MAY:
        raise UnknownRole(roles=", ".join(ROLES))


def _require_other_admin(connection: sa.Connection, row: Any) -> None:
    if row.role == ADMIN and not row.disabled and not has_admin(connection, but=row.id):
        raise LastAdmin()


def _sites(sites: Iterable[str]) -> list[str]:
    kept = sorted({" ".join(site.split()) for site in sites})
    if len(kept) > SITES or not all(0 < len(site) <= 200 and site.isprintable() for site in kept):
        raise BadSites()
    return kept
