"""A drop folder: files that are complete are loaded in the order they came, and moved to `done` or to `refused`.

A file lies in the folder until its outcome is written beside the place where it goes; then one rename moves it. Whoever
kills the loader at any moment finds each file still there or done; what is loaded twice says so and changes nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from data.fault import FAULTS, fault
from data.intake import Backdated, load
from data.match import Mapping, MappingError
from data.review import Choices, Outcome
from data.warehouse import Warehouse

DONE, REFUSED, MAPPING = "done", "refused", "mapping.json"
_LOCK = ".essaim.lock"
# How programs call a file that they have not finished writing.
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp")
Seen = tuple[int, int, int]


class Taken(Exception):
    """Another loader watches this folder."""


class Watch:
    """One folder watched; `said` are the choices for every file, `settle` the seconds a file must lie unchanged."""

    def __init__(
        self, warehouse: Warehouse, folder: Path, said: Choices, settle: float, tell: Callable[[str], None]
    ) -> None:
        self.warehouse, self.folder, self.said, self.settle, self.tell = warehouse, folder, said, settle, tell
        self._seen: dict[Path, tuple[Seen, float]] = {}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps every other loader out of the folder. Raises Taken where one is there; it ends with its process."""
        for name in (DONE, REFUSED):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Taken(f"Another loader watches {self.folder}: one at a time.") from None
            yield

    def once(self) -> tuple[int, int]:
        """Loads everything that is complete, waiting `settle` seconds for what has just come; (done, refused)."""
        ready = self.complete()
        if self._seen.keys() - set(ready):
            time.sleep(self.settle)
            ready = self.complete()
        return self._each(ready)

    def forever(self, every: float) -> None:
        """Looks every so many seconds; a machine that refuses is told of, and asked again."""
        told = ""
        while True:
            try:
                self._each(self.complete())
                told = ""
            except (*FAULTS, MappingError, Backdated) as error:
                says = fault(error) if isinstance(error, FAULTS) else str(error)
                if says != told:
                    self.tell(says)
                told = says
            time.sleep(every)

    def complete(self) -> list[Path]:
        """The files that have lain unchanged long enough, in the order they came; one moved in is whole at once."""
        found: dict[Path, Seen] = {}
        for entry in os.scandir(self.folder):
            name = entry.name
            if name == MAPPING or name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED):
                continue
            try:
                about = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(about.st_mode):
                found[Path(entry.path)] = (about.st_ctime_ns, about.st_mtime_ns, about.st_size)
        now = time.monotonic()
        self._seen = {
            path: self._seen[path] if path in self._seen and self._seen[path][0] == seen else (seen, now)
            for path, seen in found.items()
        }
        # A rename keeps the time of the last writing, and sets that of its arrival.
        rested = [
            path
            for path, (seen, since) in self._seen.items()
            if now - since >= self.settle or 0 <= seen[1] <= time.time_ns() - self.settle * 1e9 < seen[0]
        ]
        return sorted(rested, key=lambda path: (found[path][0], path.name))

    def _each(self, paths: list[Path]) -> tuple[int, int]:
        counts = [0, 0]
        choices = self._choices() if paths else self.said
        for path in paths:
            outcome = load(self.warehouse, path, choices)
            codes = {problem.code for problem in outcome.problems}
            if not path.exists() or "too-busy" in codes:
                continue
            counts[outcome.refused is not None] += 1
            self._put_away(path, outcome)
        return counts[0], counts[1]

    def _choices(self) -> Choices:
        """What is said of every file, with the folder's own mapping where no other was given."""
        path = self.folder / MAPPING
        if self.said.mapping != Mapping() or not path.exists():
            return self.said
        return replace(self.said, mapping=Mapping.load(path))

    def _put_away(self, path: Path, outcome: Outcome) -> None:
        """The outcome first, then the file: a file is never done without one."""
        folder = self.folder / (REFUSED if outcome.refused else DONE)
        place = folder / path.name
        number = 1
        while place.exists():
            number += 1
            place = folder / f"{path.stem} ({number}){path.suffix}"
        told = {**outcome.as_json(), "at": datetime.now(UTC).isoformat(timespec="seconds")}
        beside = folder / f".{place.name}.json"
        beside.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", errors="replace")
        os.replace(beside, folder / f"{place.name}.json")
        os.replace(path, place)
        self._seen.pop(path, None)
        state = "refused" if outcome.refused else "done" if outcome.receipt is None else f"receipt {outcome.receipt}"
        self.tell(f"{path.name}: {state}")
