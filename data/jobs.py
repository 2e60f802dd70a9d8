"""Uploads under way: the file a person brought, what was said of it and how far it is, kept until it is done with."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from data.home import Home
from data.match import Mapping
from data.mending import Correction
from data.review import Choices
from data.sight import Sight

# A file left alone for so many days is thrown away.
KEPT_DAYS = 14
_ID = re.compile(r"[0-9a-f]{16}")
# What a job can be at; before "ready" it is being worked on.
WORKING = ("waiting", "read", "match", "check", "compare", "count", "write")
RESTING = ("ready", "done", "failed")


@dataclass(frozen=True)
class Job:
    """One upload. `said` is what the person chose, as `choices` reads it; `turn` counts how often that was changed.

    `sites` are the only ones whose rows it may touch (None: all). `remembered` is the receipt whose choices were taken
    over; `stale` is true where the ledger went on meanwhile and everything was worked out anew; `receipt` and `by` are
    there once it is done, `reference` where it failed, and `fault` where that was the machine's (see
    `data.fault.kind`).
    """

    id: str
    name: str
    started_at: str
    step: str = "waiting"
    turn: int = 0
    said: dict[str, Any] = field(default_factory=dict)
    remembered: int | None = None
    stale: bool = False
    receipt: int | None = None
    by: str = ""
    reference: str | None = None
    fault: str | None = None
    sites: tuple[str, ...] | None = None

    @property
    def sight(self) -> Sight:
        """What whoever brought the file may see."""
        return Sight(None if self.sites is None else tuple(self.sites), persons=True, originals=True, writes=True)

    @property
    def choices(self) -> Choices:
        """What was said, for `propose`. Warnings are looked at by the person before accepting."""
        said = self.said
        stated_on = said.get("stated_on")
        return Choices(
            kind=said.get("kind"),
            site=said.get("site"),
            mode=said.get("mode") or "update",
            mapping=Mapping.load(said.get("mapping") or {}),
            stated_on=date.fromisoformat(stated_on) if stated_on else None,
            sample=said.get("sample"),
            left_as_they_were=tuple(said.get("left") or ()),
            accept_warnings=True,
            corrections=tuple(Correction(**one) for one in said.get("corrections") or ()),
        )


def said_of(choices: Choices) -> dict[str, Any]:
    """Choices as a job keeps them."""
    return {
        "kind": choices.kind,
        "site": choices.site,
        "mode": choices.mode,
        "mapping": choices.mapping.as_json(),
        "stated_on": choices.stated_on.isoformat() if choices.stated_on else None,
        "sample": choices.sample,
        "corrections": [correction.as_json() for correction in choices.corrections],
        "left": list(choices.left_as_they_were),
    }


class Jobs:
    """The jobs of one home, a folder each with the file and one line of JSON; every change replaces that line."""

    def __init__(self, home: Home) -> None:
        self.folder = home.folder / "jobs"
        self._lock = threading.Lock()

    def bring(self, name: str, content: bytes, sites: tuple[str, ...] | None = None) -> Job:
        """A new job for a file, of somebody who may see these sites (None: all). Raises OSError where the disk does not
        take it; then nothing of it is left."""
        self._sweep()
        job = Job(secrets.token_hex(8), name, datetime.now(UTC).isoformat(timespec="seconds"), sites=sites)
        folder = self.folder / job.id
        try:
            folder.mkdir(parents=True)
            _write(folder / "content", content)
            self._keep(job)
        except OSError:
            self.drop(job.id)
            raise
        return job

    def find(self, id: str) -> Job | None:
        """The job of that name, if it is still there."""
        if not _ID.fullmatch(id):
            return None
        try:
            return Job(**json.loads((self.folder / id / "job.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def content(self, id: str) -> bytes:
        """The file as it was brought."""
        return (self.folder / id / "content").read_bytes()

    def change(self, id: str, **changes: Any) -> Job | None:
        """The job with some of its fields changed; None where it was thrown away meanwhile."""
        with self._lock:
            job = self.find(id)
            if job is not None:
                job = replace(job, **changes)
                self._keep(job)
            return job

    def open(self) -> list[Job]:
        """The jobs that are not done, the latest first."""
        found = [job for path in self.folder.glob("*/job.json") if (job := self.find(path.parent.name))]
        return sorted((job for job in found if job.step != "done"), key=lambda job: job.started_at, reverse=True)

    def every(self) -> list[str]:
        """The names of all jobs, done or not."""
        return sorted(path.parent.name for path in self.folder.glob("*/job.json") if _ID.fullmatch(path.parent.name))

    def drop(self, id: str) -> None:
        """Throws a job and its file away."""
        if _ID.fullmatch(id):
            shutil.rmtree(self.folder / id, ignore_errors=True)

    def done(self, id: str) -> None:
        """Throws away the file of a job that is done: the ledger has it."""
        (self.folder / id / "content").unlink(missing_ok=True)

    def _keep(self, job: Job) -> None:
        _write(self.folder / job.id / "job.json", json.dumps(asdict(job), ensure_ascii=False).encode())

    def _sweep(self) -> None:
        for folder in self.folder.glob("*"):
            # One without a job was left by a process that ended while the file was brought.
            told = folder / "job.json"
            try:
                if time.time() - (told if told.exists() else folder).stat().st_mtime > KEPT_DAYS * 86_400:
                    self.drop(folder.name)
            except OSError:
                continue


def _write(path: Path, content: bytes) -> None:
    """Puts content in its place in one move: a reader sees all of it or what was there before."""
    beside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
