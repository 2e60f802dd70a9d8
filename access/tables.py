"""The tables of accounts in the ledger's database, all of them beginning with `access_`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

tables = sa.MetaData()


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; the databases keep it without its zone, and code never sees it so."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


account = sa.Table(
    "access_account",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    # What two spellings of one name have in common.
    sa.Column("key", sa.String(300), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("sites", sa.Text, nullable=False, default="[]"),
    # Argon2id in the PHC form; none where only a provider signs this person in, or a link is not used yet.
    sa.Column("password", sa.String(200)),
    sa.Column("disabled", sa.Boolean, nullable=False, default=False),
    sa.Column("totp", sa.String(64)),
    # The secret shown and not yet proven by a first code.
    sa.Column("totp_offered", sa.String(64)),
    # The last 30-second step whose code was used: no step is good twice.
    sa.Column("totp_step", sa.BigInteger, nullable=False, default=0),
    sa.Column("oidc_subject", sa.String(500), unique=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
)

session = sa.Table(
    "access_session",
    tables,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("token_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("account", sa.Integer, sa.ForeignKey("access_account.id"), nullable=False, index=True),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False, index=True),
    sa.Column("ended_at", Moment),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("agent", sa.String(200), nullable=False),
)

# A browser that signed in before: it cannot sign in by this alone, but strangers' failures do not slow it down.
device = sa.Table(
    "access_device",
    tables,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("account", sa.Integer, sa.ForeignKey("access_account.id"), nullable=False, index=True),
    sa.Column("seen_at", Moment, nullable=False),
)

# Failed sign-ins, counted: see `throttle`. The key is a hash, for what is typed as a name may be a password.
attempts = sa.Table(
    "access_attempts",
    tables,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("last_at", Moment, nullable=False, index=True),
    sa.Column("ready_at", Moment),
    sa.Column("knocked_at", Moment),
)

link = sa.Table(
    "access_link",
    tables,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(10), nullable=False),
    sa.Column("account", sa.Integer, sa.ForeignKey("access_account.id")),
    sa.Column("issued_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
)

# A way to the pages that an organisation alone is given: see `partner_links`. The seal is over what the row says.
partner_link = sa.Table(
    "access_partner_link",
    tables,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("audience", sa.String(100), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.String(100), nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
    sa.Column("used_at", Moment),
)

event = sa.Table(
    "access_event",
    tables,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("previous", sa.String(64), nullable=False, unique=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("kind", sa.String(40), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
)

# The last link of the log's chain, in one row: who writes locks it, and a chain cut short no longer ends in it.
head = sa.Table(
    "access_head",
    tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)


GENESIS = "0" * 64


@sa.event.listens_for(head, "after_create")
def _begin_chain(_table: sa.Table, connection: sa.Connection, **_: Any) -> None:
    # In the transaction that makes the tables: nobody finds them without it.
    connection.execute(sa.insert(head).values(id=1, number=0, hash=GENESIS))
