"""Links by which an organisation opens the pages that it alone was given: signed, for so long, and taken back at once.

A link is 256 bits by chance and their signature, so that what nobody issued is refused before anything is looked up.
The database holds the hash of the 256 bits, and a seal over the organisation and the last day: a row that was altered
opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from access import log
from access.roles import Who
from access.store import Store
from access.tables import partner_link
from words import mark

# How long a link is good for, in days.
DAYS, LONGEST = 90, 366
PATH = "/partner"
# What is used often is written down now and then.
_SEEN, _OPENED = timedelta(minutes=1), timedelta(hours=1)
_TOKEN = re.compile(r"([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})", re.ASCII)

REFUSALS = {
    "no-days": mark("Say for how many days the link is good: from 1 to {longest}."),
    "no-name": mark("Say which organisation: its name, in 100 characters or fewer."),
}


class Refusal(ValueError):
    """A link that cannot be made: `sentence` of REFUSALS, with `details` for its places."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(REFUSALS[code].format(**details))
        self.code, self.sentence, self.details = code, REFUSALS[code], details


@dataclass(frozen=True)
class PartnerLink:
    """One link, without what opens it. `state` is "good", "expired", "revoked", or "altered" where the row was."""

    number: int
    audience: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    state: str


class PartnerLinks:
    """The links of one store, signed with the app's secret."""

    def __init__(self, store: Store, secret: bytes) -> None:
        self.store = store
        self._key = hmac.digest(secret, b"partner links", "sha256")
        self._told: dict[tuple[int, str], datetime] = {}
        self._lock = threading.Lock()

    def issue(self, audience: str, days: int = DAYS, *, by: Who, address: str | None = None) -> tuple[PartnerLink, str]:
        """A new link for an organisation, good for so many days, and its path, which nothing can show again.

        Raises Refusal.
        """
        plain = " ".join(audience.split())
        if not plain or len(plain) > 100 or not plain.isprintable():
            raise Refusal("no-name")
        if not 1 <= days <= LONGEST:
            raise Refusal("no-days", longest=LONGEST)
        opener = secrets.token_urlsafe(32)
        with self.store.changing() as connection:
            now = self.store.now().replace(microsecond=0)
            expires, hashed = now + timedelta(days=days), _sha256(opener)
            values = {
                "id_sha256": hashed,
                "audience": plain,
                "seal": self._seal(hashed, plain, expires),
                "made_at": now,
                "made_by": by.name,
                "expires_at": expires,
            }
            number = connection.execute(sa.insert(partner_link).values(values)).inserted_primary_key
            assert number is not None
            log.append(connection, now, "partner-link-made", by, address, link=int(number[0]), days=days)
            row = connection.execute(sa.select(partner_link).where(partner_link.c.number == number[0])).one()
        return self._link(row), f"{PATH}/{opener}.{self._sign(opener)}/"

    def every(self) -> list[PartnerLink]:
        """All links ever made, the newest first."""
        if not self.store.has(partner_link):
            return []
        with self.store.reading() as connection:
            rows = connection.execute(sa.select(partner_link).order_by(partner_link.c.number.desc())).all()
        return [self._link(row) for row in rows]

    def revoke(self, number: int, *, by: Who, address: str | None = None) -> bool:
        """Takes a link back, from the next request on; whether there was one to take back."""
        if not self.store.has(partner_link):
            return False
        with self.store.changing() as connection:
            now = self.store.now()
            still = sa.and_(partner_link.c.number == number, partner_link.c.revoked_at.is_(None))
            found = connection.execute(sa.update(partner_link).where(still).values(revoked_at=now)).rowcount == 1
            if found:
                log.append(connection, now, "partner-link-revoked", by, address, link=number)
        return found

    def opened(self, token: str) -> PartnerLink | None:
        """The link that this opens; None for one forged, unknown, expired or revoked. Blocks."""
        parts = _TOKEN.fullmatch(token)
        if parts is None or not hmac.compare_digest(parts[2], self._sign(parts[1])):
            return None
        if not self.store.has(partner_link):
            return None
        asked = sa.select(partner_link).where(partner_link.c.id_sha256 == _sha256(parts[1]))
        with self.store.reading() as connection:
            row = connection.execute(asked).first()
        if row is None:
            return None
        found = self._link(row)
        now = self.store.now()
        if found.state != "good":
            if self._due(found.number, found.state, now, _OPENED):
                log.Log(self.store).write("partner-link-refused", link=found.number, reason=found.state)
            return None
        if self._due(found.number, "seen", now, _SEEN):
            with self.store.changing() as connection:
                mine = partner_link.c.number == found.number
                connection.execute(sa.update(partner_link).where(mine).values(used_at=now))
                if self._due(found.number, "opened", now, _OPENED):
                    log.append(connection, now, "partner-link-opened", None, None, link=found.number)
        return found

    def _due(self, number: int, what: str, now: datetime, every: timedelta) -> bool:
        """Whether something is written down again of a link, which it was not just before."""
        with self._lock:
            last = self._told.get((number, what))
            if last is not None and timedelta(0) <= now - last < every:
                return False
            self._told[number, what] = now
        return True

    def _link(self, row: Any) -> PartnerLink:
        sealed = self._seal(row.id_sha256, row.audience, row.expires_at)
        now, state = self.store.now(), "good"
        if not hmac.compare_digest(sealed, row.seal):
            state = "altered"
        elif row.revoked_at is not None:
            state = "revoked"
        # A clock set back makes no link live longer than it was made for.
        elif not row.made_at - timedelta(minutes=1) <= now < row.expires_at:
            state = "expired"
        return PartnerLink(
            row.number,
            row.audience,
            row.made_at,
            row.made_by,
            row.expires_at,
            row.revoked_at,
            row.used_at,
            state,
        )

    def _sign(self, opener: str) -> str:
        return _text(hmac.digest(self._key, f"link\n{opener}".encode(), "sha256"))

    def _seal(self, hashed: str, audience: str, expires: datetime) -> str:
        said = "\n".join(["row", hashed, audience, expires.isoformat(timespec="seconds")])
        return _text(hmac.digest(self._key, said.encode(), "sha256"))


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _sha256(opener: str) -> str:
    return hashlib.sha256(opener.encode("ascii")).hexdigest()
