"""The public site as it stands in a home: whether it is still what the ledger gives, and its writing anew beside it.

What stands is one folder that the link `now` names: a site is written whole into a fresh folder by a process of its
own, and then the link names that one. What must not be shown any longer does not wait for it: a release withdrawn,
firms that took back their consent leave the manifest at once, and what the manifest does not name is not there.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from data.ledger import RELEASE, WITHDRAWN
from data.warehouse import Warehouse
from publish import directory, release
from publish.release import Release
from publish.serve import MANIFEST, Site, lists_firms
from publish.settings import Settings
from publish.site import folder as site_folder

log = logging.getLogger("essaim")

NOW, TOLD, LOCK = "now", "standing.json", ".lock"
PREFIX = "/stats"
# Looked at again after so many seconds: the command line and other machines publish too.
EVERY = 10.0
# After a failure it is tried again: soon, and less and less often.
SOON, SELDOM = 60.0, 3600.0
NICE = 15
_ROOT = Path(__file__).resolve().parents[1]
# What the look of the pages depends on, beside what is released.
_CODE = ("charts", "locale", "metrics", "publish", "words")
# Of what was current when it was withdrawn nothing is left but the style.
_KEPT = "assets/"


@dataclass(frozen=True)
class State:
    """What the public sees: since when, whether it is what the ledger gives, whether it is being written, what went
    wrong last ("" where nothing did)."""

    at: datetime | None
    fits: bool
    writing: bool
    problem: str


@dataclass(frozen=True)
class Facts:
    """All that a written site depends on; releases and withdrawals by number, with the hash of their receipt."""

    released: Mapping[int, str]
    withdrawn: Mapping[int, str]
    directory: str
    around: str

    @property
    def current(self) -> int | None:
        return max((number for number in self.released if number not in self.withdrawn), default=None)

    @property
    def stamp(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


class Standing:
    """The site of one home, kept as the ledger has it by one quiet thread.

    `url` is where the app is asked, "" where nobody knows; `command` writes a site into the folder that is added to it.
    """

    def __init__(
        self, warehouse: Warehouse, url: str = "", command: Sequence[str] | None = None, every: float = EVERY
    ) -> None:
        self.warehouse, self.every = warehouse, every
        self.url = f"{url.rstrip('/')}{PREFIX}/" if url else ""
        self.command = command or [sys.executable, "-m", "publish", "site", "--url", self.url]
        self.home = warehouse.home.site
        self.site = Site(self.home / NOW, PREFIX, still=self.still)
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[str] | None = None
        self._failed: tuple[str, int, float] = ("", 0, 0.0)
        self._problem = ""

    # What is asked of it

    def start(self) -> None:
        """Begins to look after the site, now and then and when woken."""
        self._thread = threading.Thread(target=self._look_on, name="standing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Lets go; a site half written is thrown away."""
        self._stopping.set()
        self._wake.set()
        self._kill()
        if self._thread is not None:
            self._thread.join(10)

    def refresh(self) -> None:
        """Has the site looked at now; returns at once."""
        self._failed = ("", 0, 0.0)
        self._wake.set()

    def state(self) -> State:
        """What the public sees just now. Raises what the ledger raises."""
        told, facts = self._told(), self._facts()
        at = datetime.fromisoformat(told["at"]) if told else None
        return State(at, bool(told) and told["stamp"] == facts.stamp, self._writing(), self._problem)

    def still(self) -> bool:
        """Whether the firms that the site lists may all be shown this very moment."""
        try:
            return bool(self._told().get("directory") == directory.stamp(self.warehouse))
        except Exception:
            log.exception("Which firms may be shown cannot be said: none is")
            return False

    # The quiet thread

    def _look_on(self) -> None:
        said = ""
        while not self._stopping.is_set():
            try:
                self.look()
                said = ""
            except Exception as error:
                self._problem = str(error)
                # Once, not every ten seconds.
                if repr(error) != said:
                    log.exception("The public pages cannot be looked after")
                said = repr(error)
            self._wake.wait(self.every)
            self._wake.clear()

    def look(self) -> None:
        """One look: takes out what may not be shown any longer, and writes the site anew where it does not fit."""
        facts = self._facts()
        told = self._told()
        if told.get("stamp") == facts.stamp:
            self._problem = ""
            return
        self._take_out(self.home / NOW, facts)
        failed, times, at = self._failed
        if failed == facts.stamp and time.monotonic() < at + min(SOON * 2**times, SELDOM):
            return
        with self._turn() as turn:
            if turn is not None and self._told().get("stamp") != facts.stamp:
                self._write(facts, turn)

    def take_out(self) -> None:
        """Takes out at once what was withdrawn; the rest is written anew when it is looked at."""
        facts = self._facts()
        if self._told().get("stamp") != facts.stamp:
            self._take_out(self.home / NOW, facts)

    def _write(self, facts: Facts, turn: int) -> None:
        """A fresh folder written whole, and named from then on."""
        fresh = self.home / uuid.uuid4().hex
        try:
            if facts.current is None:
                settings = Settings.from_environment()
                site_folder.write_nothing(fresh, self._releases(), settings)
            elif not self._written(fresh, facts, turn):
                return
            told = {**asdict(facts), "stamp": facts.stamp, "current": facts.current}
            at = datetime.now(UTC).isoformat(timespec="seconds")
            (fresh / TOLD).write_text(json.dumps({**told, "at": at}), encoding="utf-8")
            # What was withdrawn while it was written.
            self._take_out(fresh, self._facts())
            self._name(fresh)
            self._failed, self._problem = ("", 0, 0.0), ""
        except Exception as error:
            self._fails(facts, str(error))
            raise
        finally:
            self._sweep()

    def _written(self, fresh: Path, facts: Facts, turn: int) -> bool:
        """Whether the child wrote the site, and it is still the one that is wanted."""
        home = self.warehouse.home
        around = {**os.environ, "ESSAIM_HOME": str(home.folder), "ESSAIM_LEDGER": home.ledger_url}
        child = self._child = subprocess.Popen(
            [*self.command, str(fresh)],
            cwd=_ROOT,
            env=around,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            # Its own group: the browser that draws for it goes with it. It holds the turn as long as it lives.
            start_new_session=True,
            pass_fds=(turn,),
        )
        try:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, child.pid, NICE)
            said: list[str] = []
            listening = threading.Thread(target=lambda: said.append(child.stderr.read() if child.stderr else ""))
            listening.start()
            pause = 0.02
            while child.poll() is None:
                if self._stopping.is_set() or self._facts().stamp != facts.stamp:
                    # What is wanted is another one by now.
                    self._wake.set()
                    return False
                self._wake.wait(pause)
                self._wake.clear()
                pause = min(2 * pause, 2.0)
            listening.join(10)
        finally:
            self._kill()
            self._child = None
        if child.returncode == 0:
            return True
        last = "".join(said).strip().splitlines()[-1:] or [f"The writing ended with {child.returncode}."]
        log.error("The public pages could not be written: %s", last[0])
        self._fails(facts, last[0])
        return False

    def _fails(self, facts: Facts, problem: str) -> None:
        stamp, times, _ = self._failed
        self._problem = problem
        self._failed = (facts.stamp, times + 1 if stamp == facts.stamp else 0, time.monotonic())

    def _kill(self) -> None:
        child = self._child
        if child is not None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)

    # Folders

    def _told(self) -> dict[str, Any]:
        """What the site that stands was written from; empty where none stands."""
        try:
            told: dict[str, Any] = json.loads((self.home / NOW / TOLD).read_text(encoding="utf-8"))
            return told
        except (OSError, ValueError):
            return {}

    def _name(self, fresh: Path) -> None:
        aside = self.home / f".{NOW}-{uuid.uuid4().hex}"
        aside.symlink_to(fresh.name)
        before = self.home / NOW
        # The one that stood stays until the next is written: whoever reads in it reads on.
        with suppress(OSError):
            (fresh / ".before").write_text(os.readlink(before))
        os.replace(aside, before)
        self.site.shelf.look_again()

    def _sweep(self) -> None:
        """Removes every folder but the one that stands and the one before it."""
        kept = {NOW, LOCK}
        with suppress(OSError):
            kept.add(os.readlink(self.home / NOW))
        with suppress(OSError):
            kept.add((self.home / NOW / ".before").read_text())
        for path in self.home.iterdir():
            if path.name in kept:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _take_out(self, folder: Path, facts: Facts) -> None:
        """Takes what may not be shown any longer out of a written site."""
        folder = folder.resolve()
        try:
            told = json.loads((folder / TOLD).read_text(encoding="utf-8"))
            listed: dict[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        gone = {str(number) for number in facts.withdrawn} - {*told["withdrawn"]}
        gone &= {*told["released"]}
        firms = told["directory"] != facts.directory
        kept = {
            name: digest
            for name, digest in listed.items()
            if not _of(name, gone, str(told["current"])) and not (firms and lists_firms(name))
        }
        if len(kept) == len(listed):
            return
        # It is no longer what it was written from, even where all is as before some day.
        for name, content in ((TOLD, {**told, "stamp": ""}), (MANIFEST, kept)):
            aside = folder / f".{name}"
            aside.write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")
            os.replace(aside, folder / name)
        self.site.shelf.look_again()
        for name in listed.keys() - kept.keys():
            (folder / name).unlink(missing_ok=True)

    # Who writes

    @contextmanager
    def _turn(self) -> Iterator[int | None]:
        """The turn to write, as the open file that holds it; None while another process has it."""
        self.home.mkdir(parents=True, exist_ok=True)
        file = os.open(self.home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
        except BlockingIOError:
            yield None
        finally:
            os.close(file)

    def _writing(self) -> bool:
        if self._child is not None:
            return True
        if not (self.home / LOCK).exists():
            return False
        with self._turn() as turn:
            return turn is None

    # What it depends on

    def _releases(self) -> list[Release]:
        """All releases that it shows, or shows to be withdrawn."""
        return release.releases(self.warehouse)

    def _given(self) -> tuple[dict[int, str], dict[int, str]]:
        """The hash of the receipt of each of them, by number, and of the one that withdrew it."""
        receipts = self.warehouse.ledger.receipts()
        released = {int(one.body["number"]): one.hash for one in receipts if one.action == RELEASE}
        return released, {int(one.body["release"]): one.hash for one in receipts if one.action == WITHDRAWN}

    def _facts(self) -> Facts:
        released, withdrawn = self._given()
        settings = asdict(Settings.from_environment())
        # No page knows of these.
        settings = {name: str(told) for name, told in settings.items() if name not in ("thresholds", "approval")}
        around = json.dumps([code(), self.url, settings], sort_keys=True)
        return Facts(
            released,
            {number: hash for number, hash in withdrawn.items() if number in released},
            directory.stamp(self.warehouse) if released else "",
            hashlib.sha256(around.encode()).hexdigest(),
        )


def _of(name: str, gone: set[str], current: str) -> bool:
    """Whether a file of the site gives what was withdrawn: under its number, or everywhere where it was current."""
    if current in gone:
        return not name.startswith(_KEPT)
    return any(name.startswith((f"r/{number}/", f"api/v1/{number}/", f"embed/{number}/")) for number in gone)


@cache
def code() -> str:
    """Changes whenever the program does that writes the pages."""
    told = hashlib.sha256()
    for name in _CODE:
        for path in sorted((_ROOT / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                told.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes())
    return told.hexdigest()
