"""Tickets for one download: what Streamlit would serve to anybody who has the address goes out through them.

A ticket lives in the memory of this process, as the page does that shows it: Streamlit keeps its pages in one process,
and a browser is always sent to the one that has its page. After a restart the page is drawn anew, its tickets with it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

LIVES = 300.0
# Every run of a page issues its own; the oldest make room.
PER_SESSION, IN_ALL = 64, 4096


@dataclass(frozen=True)
class Ticket:
    """One download: its name, its type, and what makes its bytes when they are asked for (call it from a thread)."""

    filename: str
    mime: str
    make: Callable[[], bytes]


class Desk:
    """Issues tickets and takes them back. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._issued: OrderedDict[str, tuple[str, float, Ticket]] = OrderedDict()

    def issue(self, session_id: str, filename: str, mime: str, make: Callable[[], bytes]) -> str:
        """The path of a download that this session, nobody else, can fetch once within five minutes."""
        if not session_id:
            raise ValueError("a ticket is issued to a session")
        token = secrets.token_urlsafe(32)
        ticket = Ticket(_clean(filename), mime, make)
        with self._lock:
            self._forget()
            own = [key for key, (session, _, _) in self._issued.items() if session == session_id]
            for key in own[: max(0, len(own) - PER_SESSION + 1)]:
                del self._issued[key]
            while len(self._issued) >= IN_ALL:
                self._issued.popitem(last=False)
            self._issued[token] = (session_id, self._clock() + LIVES, ticket)
        return f"/download/{token}"

    def take(self, token: str, session_id: str) -> Ticket | None:
        """The ticket, which is used up by this; None where it is none, used, too old, or another session's."""
        with self._lock:
            self._forget()
            found = self._issued.get(token)
            if found is None or not session_id or found[0] != session_id:
                return None
            del self._issued[token]
        return found[2]

    def _forget(self) -> None:
        """Takes out what is too old; issued in order, the oldest come first."""
        now = self._clock()
        while self._issued and next(iter(self._issued.values()))[1] <= now:
            self._issued.popitem(last=False)


def _clean(filename: str) -> str:
    """A name without folders or anything that is no character of a line."""
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(one for one in last if one.isprintable())[:150].strip(" .") or "download"


_desk = Desk()
issue, take = _desk.issue, _desk.take
