"""Two analysts at once: the same file is accepted once, different files are both kept, in order."""

from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path

import pytest

from data.home import Home
from data.intake import Choices, load
from data.jobs import Job
from data.ledger import Ledger
from data.read import Book
from data.warehouse import Warehouse
from tests.faults.forge import Forge
from tests.faults.state import choices, held, register
from ui.desk import Desk, Paper

PEOPLE = ("Amal", "Badr", "Chama")


def _by(home: Path) -> list[str]:
    ledger = Ledger(Home.at(home))
    try:
        return [receipt.body["by"] for receipt in ledger.receipts()]
    finally:
        ledger.close()


@pytest.mark.parametrize("way", ["load", "desk"])
def test_processes_bring_the_same_file_and_one_is_accepted(way: str, forge: Forge, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "locataires au 25-10-2020.csv"
    rows = register(file, 1)
    uploads = [{"home": str(home), "file": str(file), "way": way, "by": name} for name in PEOPLE]
    answers = [answer["said"] for answer in forge(*uploads)]
    (winner,) = _by(home)
    assert held(home) == (1, rows, 1)
    told = [message for answer in answers for code, message in answer["codes"] if code == "already-loaded"]
    assert len(told) == 2, answers
    assert all(winner in message and date.today().isoformat() in message for message in told), told


@pytest.mark.parametrize("way", ["load", "desk"] if "ESSAIM_KILLS" in os.environ else ["load"])
def test_processes_bring_different_files_and_all_are_kept(way: str, forge: Forge, tmp_path: Path) -> None:
    home, rows, uploads = tmp_path / "home", 0, []
    for turn, name in enumerate(PEOPLE):
        file = tmp_path / str(turn) / "locataires au 25-10-2020.csv"
        file.parent.mkdir()
        rows += register(file, turn)
        uploads.append({"home": str(home), "file": str(file), "way": way, "by": name})
    answers = [answer["said"] for answer in forge(*uploads)]
    assert sorted(answer["receipt"] for answer in answers) == [1, 2, 3], answers
    assert sorted(_by(home)) == sorted(PEOPLE)
    assert held(home) == (3, rows, 3)


def test_threads_bring_different_files_and_all_are_kept(tmp_path: Path) -> None:
    home, rows, files = tmp_path / "home", 0, []
    for turn, name in enumerate(PEOPLE):
        file = tmp_path / str(turn) / "locataires au 25-10-2020.csv"
        file.parent.mkdir()
        rows += register(file, turn)
        files.append((file, name))
    warehouse = Warehouse(Home.at(home))
    receipts: list[int | None] = []

    def bring(file: Path, name: str) -> None:
        receipts.append(load(warehouse, file, choices(name)).receipt)

    threads = [threading.Thread(target=bring, args=one) for one in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, filter(None, receipts))) == [1, 2, 3]
    assert held(home) == (3, rows, 3)


def test_two_desks_show_the_same_file_and_the_second_to_accept_is_told_by_whom(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "locataires au 25-10-2020.csv"
    rows = register(file, 1)
    desks = [Desk(Warehouse(Home.at(home))) for _ in range(2)]
    jobs = [desk.bring(file.name, file.read_bytes()) for desk in desks]
    # Both have looked at it before either accepts.
    said = {**jobs[0].said, "mapping": Choices().mapping.as_json() | {"new_sites": True, "new_sectors": True}}
    for desk, job in zip(desks, jobs, strict=True):
        desk.say(job.id, said)
        desk.wait(job.id, 60)
    for desk, job, name in zip(desks, jobs, PEOPLE, strict=False):
        desk.accept(job.id, name)
        desk.wait(job.id, 60)
    first, second = (desk.look(job.id) for desk, job in zip(desks, jobs, strict=True))
    assert first and first[0].step == "done" and first[0].by == "Amal"
    assert second and second[0].step == "ready" and second[0].stale
    assert second[1] is not None and second[1].review.draft is None
    assert "Amal" in second[1].outcome.problems[-1].message
    assert held(home) == (1, rows, 1)


def test_what_is_said_while_a_file_is_read_holds_and_nothing_is_done_where_nothing_can_be(tmp_path: Path) -> None:
    file = tmp_path / "locataires au 25-10-2020.csv"
    register(file, 1)
    desk = Desk(Warehouse(Home.at(tmp_path / "home")))
    reading, said_so = threading.Event(), threading.Event()
    real = desk._worked_out

    def slow(job: Job, book: Book | None) -> Paper:
        reading.set()
        said_so.wait(20)
        return real(job, book)

    desk._worked_out = slow  # type: ignore[method-assign]
    job = desk.bring(file.name, file.read_bytes())
    assert reading.wait(20)
    desk.say(job.id, {"mapping": {"new_sites": True, "new_sectors": True}, "mode": "replace"})
    said_so.set()
    desk.wait(job.id, 60)
    found = desk.look(job.id)
    assert found and found[0].said["mode"] == "replace" and found[1] and found[1].review.draft
    # Of what cannot stand nothing is written, and nobody is told that it was.
    desk.say(job.id, {"mapping": {}})
    desk.wait(job.id, 60)
    desk.accept(job.id, "Amal")
    desk.wait(job.id, 60)
    found = desk.look(job.id)
    assert found and found[0].step == "ready" and found[1] and found[1].outcome.refused == "problems"
