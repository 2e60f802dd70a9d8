"""Every moment of an upload at which something is about to be written, or has just been: there a process can end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
MOVES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}


class Points:
    """Counts the points in order and calls `at` with the number and the name of each.

    Files and folders are those under `home`; the ledger's points are its statements, before and after each, and its
    commits. What DuckDB writes by itself lies between the opening of its file and the fsync.
    """

    def __init__(self, home: str, at: Callable[[int, str], None]) -> None:
        self.home, self.at, self.number = home, at, 0
        self.names: list[str] = []
        self._wrap(os, "fsync")
        self._wrap(os, "replace")
        sys.addaudithook(self._audited)
        for name in ("before_cursor_execute", "after_cursor_execute"):
            sa.event.listen(sa.Engine, name, self._statement(name.split("_")[0]))
        sa.event.listen(sa.Engine, "commit", lambda connection: self._here("ledger: commit"))

    def _here(self, name: str) -> None:
        self.number += 1
        self.names.append(name)
        self.at(self.number, name)

    def _wrap(self, module: Any, name: str) -> None:
        real = getattr(module, name)

        def wrapped(*given: Any, **said: Any) -> Any:
            self._here(f"before {name}")
            answer = real(*given, **said)
            self._here(f"after {name}")
            return answer

        setattr(module, name, wrapped)

    def _audited(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = given
            wanted = isinstance(flags, int) and flags & WRITING
        else:
            path, wanted = given[0] if given else "", event in MOVES
        if wanted and isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.home):
            self._here(event)

    def _statement(self, when: str) -> Any:
        def listener(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            self._here(f"ledger: {when} {statement.split()[0].lower()}")

        return listener


def kill(number: int) -> Callable[[int, str], None]:
    """Ends the process, as `kill -9` does, at the point of that number."""

    def at(here: int, name: str) -> None:
        if here == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return at
