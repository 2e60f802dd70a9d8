"""Questions about an upload at the desk, as the page has it done: the wait to the preview, to done, and for readers."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import cycle
from pathlib import Path
from statistics import median

from bench.measure import CPU_SECONDS, ROOT, SECONDS, Measured
from bench.workbook import SITES, write

SMALL, LARGE, WHOLE = 320, 100_000, 1_048_575
STATED = "2020-10-25"
MEGABYTES = "MB"
_RAISED = {
    "PACKED_MB": "200",
    "INFLATED_MB": "2000",
    "CELLS": "13000000",
    # Of addresses, of which more are set aside than used.
    "MEMORY_MB": "2500",
    "CPU_SECONDS": "60",
    "SECONDS": "240",
}


def measure(folder: Path) -> list[Measured]:
    """Wall seconds where a person waits, CPU seconds and memory of the largest file that a sheet can hold."""
    return [*_small(folder), *_large(folder), *_whole(folder)]


@contextmanager
def _desk(folder: Path) -> Iterator[tuple[object, object]]:
    """A desk of a park that knows the sites and sectors already, and its warehouse."""
    from data.home import Home
    from data.intake import load
    from data.match import Mapping
    from data.review import Choices
    from data.warehouse import Warehouse
    from ui.desk import Desk

    first = folder / "first.xlsx"
    write(first, 20)
    warehouse = Warehouse(Home.at(folder / f"home-{time.monotonic_ns()}"))
    mapping = Mapping(new_sites=True, new_sectors=True, stated_on=date(2020, 1, 1))
    assert load(warehouse, first, Choices(mapping=mapping, accept_warnings=True, by="bench")).receipt
    yield Desk(warehouse), warehouse
    warehouse.close()


def _brought(desk, path: Path) -> tuple[str, float]:
    """Seconds from the drop to everything that the page shows: the job's name, and how long it took."""
    content = path.read_bytes()
    began = time.perf_counter()
    job = desk.bring(f"locataires au {STATED}.xlsx", content)
    desk.wait(job.id, 120)
    taken = time.perf_counter() - began
    found, paper = desk.look(job.id)
    if found.step != "ready" or paper.review.draft is None:
        raise RuntimeError(f"no preview: {found}, {paper and paper.outcome.problems[:3]}")
    return job.id, taken


def _accepted(desk, id: str) -> float:
    began = time.perf_counter()
    desk.accept(id, "bench")
    desk.wait(id, 120)
    if desk.find(id).step != "done":
        raise RuntimeError(f"not accepted: {desk.find(id)}")
    return time.perf_counter() - began


def _small(folder: Path) -> list[Measured]:
    path, waits = folder / "small.xlsx", []
    write(path, SMALL)
    for _ in range(5):
        with _desk(folder) as (desk, _):
            waits.append(_brought(desk, path)[1])
    question = f"from the drop of a workbook of {SMALL} rows to the preview"
    return [Measured(question, "essaim", median(waits), len(waits), 1.0, SECONDS)]


def _large(folder: Path) -> list[Measured]:
    path, previews, ends, readers = folder / "large.xlsx", [], [], []
    write(path, LARGE)
    for _ in range(3):
        with _desk(folder) as (desk, _):
            id, preview = _brought(desk, path)
            previews.append(preview)
            ends.append(preview + _accepted(desk, id))
    with _desk(folder) as (desk, warehouse):
        _accepted(desk, _brought(desk, path)[0])
        readers = _read_meanwhile(desk, warehouse, folder)
    question = f"a workbook of {LARGE:,} rows"
    return [
        Measured(f"{question}, from the drop to the preview", "essaim", median(previews), 3, 4.0, SECONDS),
        Measured(f"{question}, from the drop to done", "essaim", median(ends), 3, 6.0, SECONDS),
        Measured(
            f"the slowest filter of a page with {LARGE:,} firms while as many are uploaded",
            "essaim",
            max(readers),
            len(readers),
            1.0,
            SECONDS,
        ),
    ]


def _read_meanwhile(desk, warehouse, folder: Path) -> list[float]:
    """Seconds that the overview's figures take for one site after the other while a list is uploaded."""
    from metrics import tally
    from metrics.ask import Scope, ask
    from metrics.effect import LEVELS

    generation = warehouse.generation()
    tally.prepare(generation)
    ask(generation, list(LEVELS), Scope())
    other = folder / "other.xlsx"
    write(other, LARGE + 1)
    content, taken, ended = other.read_bytes(), [], threading.Event()

    def upload() -> None:
        job = desk.bring("locataires au 2020-11-25.xlsx", content)
        desk.wait(job.id, 120)
        ended.set()

    thread = threading.Thread(target=upload)
    thread.start()
    scopes = [Scope(sites=(site,), as_of=date(year, 12, 31)) for year in range(2010, 2021) for site in SITES]
    for scope in cycle(scopes):
        if ended.is_set():
            break
        began = time.perf_counter()
        ask(generation, list(LEVELS), scope)
        taken.append(time.perf_counter() - began)
        time.sleep(0.05)
    thread.join()
    return taken


def _whole(folder: Path) -> list[Measured]:
    path = folder / "whole.xlsx"
    write(path, WHOLE, columns=12)
    environment = {
        **os.environ,
        **{f"ESSAIM_LIMIT_{name}": value for name, value in _RAISED.items()},
        "ESSAIM_HOME": str(folder / "home-whole"),
    }
    command = [sys.executable, "-m", "data", "load", path, "--accept-warnings", "--new-sites", "--new-sectors"]
    with subprocess.Popen(
        [*map(str, command), "--stated-on", STATED], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    ) as process:
        told = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the whole sheet was not loaded: {told.decode()}")
    # A process's account holds the children it waited for: of time their sum, of memory the largest single one.
    memory = max(used.ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1000
    question = f"load {WHOLE:,} rows and 12 columns with the limits raised"
    return [
        Measured(question, "essaim: python -m data load", used.ru_utime + used.ru_stime, 1, 12.0, CPU_SECONDS),
        Measured(f"{question}: the most memory", "essaim: the larger process", memory, 1, 1_200, MEGABYTES),
    ]
