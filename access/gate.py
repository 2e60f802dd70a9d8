"""What the guard asks the accounts: who has a session, whether it still holds, who has to enrol first."""

from __future__ import annotations

import logging
from typing import Any

from access import accounts, sessions
from access.log import Log
from access.roles import Who
from access.store import Store

log = logging.getLogger("essaim")


def asks(store: Store) -> dict[str, Any]:
    """The questions of `guard.Guard`, each answered by the accounts of one store."""

    def find(token: str, active: bool) -> Who | None:
        return sessions.who(store, token, active=active)

    def of(session: str) -> Who | None:
        return sessions.of(store, session)

    def unfinished(who: Who) -> bool:
        # Somebody whom the organisation signs in has the organisation's second factor.
        if who.role != "admin":
            return False
        account = accounts.get(store, who.account)
        return account is None or not (account.totp or account.oidc_subject)

    def told(who: Who, address: str, what: str, status: int) -> None:
        try:
            Log(store).write("refused", who, address, what=what, status=status)
        except Exception:
            # Who is refused is refused, whether it can be written down or not.
            log.exception("A refusal cannot be written into the log")

    return {"find": find, "of": of, "unfinished": unfinished, "told": told}
