"""How the real app is started on a port of its own, as `make run` does, and stopped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from access import accounts, sessions
from access.guard import PLAIN_COOKIE
from access.store import Store
from data.home import Home
from tests.conftest import READER

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Running:
    """An app that answers: its address, where its ledger is, and what it has logged."""

    url: str
    home: Path
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def session(self, role: str = "admin", *sites: str) -> str:
        """The token of a new session of somebody with this role."""
        return session(self.home, role, *sites)

    def cookies(self, role: str = "admin", *sites: str) -> list[Any]:
        """What a browser of that person has."""
        return [{"name": PLAIN_COOKIE, "value": self.session(role, *sites), "url": self.url, "httpOnly": True}]


def session(home: Path, role: str = "admin", *sites: str) -> str:
    """A session opened straight in the accounts of a home; who it is is called as in the other tests."""
    store = Store.at(Home.at(home))
    try:
        there = accounts.list_all(store)
        mine = [one for one in there if (one.role, one.sites, one.disabled) == (role, tuple(sites), False)]
        # Of one account the session that was silent longest makes room for the eleventh: nobody's here may.
        free = (one for one in mine if len(sessions.sessions(store, one.id)) < 8)
        account = next(free, None) or accounts.add(
            store, f"{READER} {len(there) + 1}" if there else READER, role, sites
        )
        return sessions.open_session(store, account.id, "127.0.0.1", "tests")
    finally:
        store.close()


def environment(home: Path) -> dict[str, str]:
    """This process's environment with a ledger of its own and no Streamlit settings but the project's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "ESSAIM_"))}
    return {**kept, "ESSAIM_HOME": str(home)}


@contextmanager
def running(home: Path) -> Iterator[Running]:
    """Starts the app as `make run` does, on a free port, and stops it afterwards."""
    home.mkdir(parents=True, exist_ok=True)
    log = home / "app.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(home), stdout=output, stderr=output)
        try:
            yield Running(wait_until_it_answers(process, log), home, log)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_it_answers(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address from the log, once /healthz answers there."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, f"the app stopped:\n{log.read_text()}"
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            try:
                with urllib.request.urlopen(found.group() + "/healthz", timeout=5) as answer:
                    assert answer.status == 200
                return found.group()
            except OSError:
                pass
        time.sleep(0.1)
    raise AssertionError(f"the app did not answer within 60 s:\n{log.read_text()}")
