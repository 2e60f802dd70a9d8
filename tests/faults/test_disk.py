"""A full disk, one that can only be read, no right to write: a clear message, and the old numbers are still served."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import words
from data.fault import kind
from data.home import Home
from data.warehouse import Warehouse
from tests.faults.forge import Forge
from tests.faults.state import carried_through, held, register
from ui import trouble
from ui.desk import Desk


@pytest.fixture
def park(tmp_path: Path, forge: Forge) -> tuple[Path, int]:
    """A home with one register in it, and its number of rows."""
    home, file = tmp_path / "home", tmp_path / "liste au 01-01-2020.csv"
    rows = register(file, 1)
    (answer,) = forge({"home": str(home), "file": str(file), "way": "load"})
    assert answer["said"]["receipt"] == 1
    return home, rows


@pytest.mark.parametrize(("way", "largest"), [("desk", 2_000), ("load", 40_000), ("desk", 200_000), ("load", 700_000)])
def test_a_file_that_cannot_grow_further_stops_the_upload_and_nothing_else(
    way: str, largest: int, park: tuple[Path, int], forge: Forge, tmp_path: Path
) -> None:
    """No file of the process may grow over so many bytes: the ledger, the generation, the job, one after the other."""
    home, rows = park
    file = tmp_path / "locataires au 25-10-2020.csv"
    more = register(file, 2)
    (answer,) = forge({"home": str(home), "file": str(file), "way": way, "largest": largest})
    said = answer["said"]
    assert answer["signal"] is None and said is not None
    state = held(home)
    if state[0] == 1:
        assert state == (1, rows, 1) and said.get("fault"), said
        assert said["fault"] == "full" or way == "desk", said
    else:
        assert state == (2, rows + more, 2)
    # Once there is room again it goes through.
    (answer,) = forge({"home": str(home), "file": str(file), "way": "load"})
    assert held(home) == (2, rows + more, 2)


def _raising(error: OSError) -> Callable[..., Any]:
    def raises(*_: object, **__: object) -> Any:
        raise error

    return raises


@pytest.mark.parametrize(
    ("what", "number"),
    [
        ("job", errno.ENOSPC),
        ("bring", errno.EROFS),
        ("generation", errno.ENOSPC),
        ("ledger", errno.EROFS),
        ("ledger", errno.EACCES),
        ("adopt", errno.ENOSPC),
        ("done", errno.EROFS),
    ],
)
def test_what_the_disk_refuses_is_said_and_nothing_is_lost(
    what: str, number: int, park: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, rows = park
    file = tmp_path / "locataires au 25-10-2020.csv"
    more = register(file, 2)
    error = OSError(number, os.strerror(number), "held")
    warehouse = Warehouse(Home.at(home))
    desk = Desk(warehouse)
    job = desk.bring(file.name, file.read_bytes())
    desk.wait(job.id, 60)
    with monkeypatch.context() as patch:
        if what in ("job", "bring"):
            patch.setattr("data.jobs.os", SimpleNamespace(replace=_raising(error)))
        elif what == "generation":
            patch.setattr("data.building.sync", _raising(error))
        elif what == "ledger":
            patch.setattr(warehouse.ledger, "append", _raising(error))
        elif what == "adopt":
            patch.setattr(warehouse, "adopt", _raising(error))
        else:
            patch.setattr(desk.jobs, "done", _raising(error))
        if what == "bring":
            with pytest.raises(OSError):
                desk.bring("other.csv", b"a;b\n1;2\n")
            assert len(list(desk.jobs.folder.iterdir())) == 1, "half a job is left"
        rested, _ = carried_through(desk, job.id, "Amal")
        if what in ("generation", "ledger"):
            assert rested.step == "failed" and rested.fault == kind(error)
            for language in words.LANGUAGES:
                assert len(trouble.machine(words.of(language), rested.fault or "")) > 60
        else:
            assert rested.step == "done" and rested.receipt == 2, "the job's own file is not worth an upload"
        # Whoever reads meanwhile is served what was accepted.
        answer = Warehouse(Home.at(home)).generation().arrow("select count(*) as n from tenants").to_pylist()
        assert answer == [{"n": rows if rested.step == "failed" else rows + more}]
    if rested.step == "failed":
        desk.again(job.id)
        assert carried_through(desk, job.id, "Amal")[0].step == "done"
    assert held(home) == (2, rows + more, 2)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of some megabytes, where this account may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_fills_up_or_turns_read_only(disk: Path, forge: Forge, tmp_path: Path) -> None:
    home, first = disk / "home", tmp_path / "liste au 01-01-2020.csv"
    file = tmp_path / "locataires au 25-10-2020.csv"
    rows, more = register(first, 1), register(file, 2)
    upload = {"home": str(home), "file": str(file)}
    assert forge({**upload, "file": str(first), "way": "load"})[0]["said"]["receipt"] == 1
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as filling:
        while filling.write(bytes(4096)):
            pass
    for way in ("load", "desk"):
        (answer,) = forge({**upload, "way": way})
        assert answer["said"]["fault"], answer
    reader = Warehouse(Home.at(home))
    assert reader.ledger.verify() == 1
    assert reader.generation().arrow("select count(*) as n from tenants").to_pylist() == [{"n": rows}]
    ballast.unlink()
    # A disk on which something is open for writing does not turn read-only at once.
    reader.ledger.close()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    for way in ("load", "desk"):
        (answer,) = forge({**upload, "way": way})
        assert answer["said"]["fault"], answer
    assert reader.ledger.verify() == 1
    assert reader.generation().arrow("select count(*) as n from tenants").to_pylist() == [{"n": rows}]
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert forge({**upload, "way": "load"})[0]["said"]["receipt"] == 2
    assert held(home) == (2, rows + more, 2)
