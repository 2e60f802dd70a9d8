"""Uploads killed at random moments and at every point at which something is written: nothing lost, nothing half there.

`make faults` kills at each point and 200 times at random; `make test` at every tenth, at each insert and commit of the
ledger, and 20 times at random.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from data.home import Home
from data.warehouse import Warehouse
from tests.faults.forge import Forge
from tests.faults.state import carried_through, held, register
from ui.desk import Desk

KILLS = int(os.environ.get("ESSAIM_KILLS", "20"))
EVERY = 1 if "ESSAIM_KILLS" in os.environ else 10
# Enough lots that two workers share them.
LOTS = 4
WAYS = ("load", "desk")


def _went_on(home: Path, file: Path, rows: int) -> None:
    """Whoever comes back after a kill finds the upload, or brings it again, and it counts once."""
    before, counted, _ = held(home, anew=False)
    desk = Desk(Warehouse(Home.at(home)))
    jobs = desk.jobs.open()
    job = jobs[0] if jobs else desk.bring(file.name, file.read_bytes())
    rested, paper = carried_through(desk, job.id, "again")
    if before == 2:
        # Its receipt was written: it is told so, and not loaded twice.
        assert rested.step == "ready" and paper is not None and paper.review.draft is None
        assert [problem.code for problem in paper.outcome.problems][-1] == "already-loaded"
    else:
        assert rested.step == "done", rested
        counted += rows
    assert held(home) == (2, counted, 2)


def _chosen(points: list[str], way: str) -> list[int]:
    """The numbers of the points to be killed at."""
    chosen = set(range(EVERY // 2 + 1, len(points) + 1, EVERY))
    if way == "load":
        chosen |= {
            n for n, name in enumerate(points, 1) if name.startswith(("ledger: before insert", "ledger: commit"))
        }
    return sorted(chosen)


@pytest.mark.parametrize("lot", range(LOTS))
@pytest.mark.parametrize("way", WAYS)
def test_killed_at_a_point_of_an_upload_the_state_is_the_one_before_or_after(
    way: str, lot: int, forge: Forge, tmp_path: Path
) -> None:
    first, file = tmp_path / "liste au 01-01-2020.csv", tmp_path / "locataires au 25-10-2020.csv"
    begun = tmp_path / "begun"
    before, rows = register(first, 1, 12), register(file, 2, 9)
    (answer,) = forge({"home": str(begun), "file": str(first), "way": "load"})
    assert answer["said"]["receipt"] == 1

    def killed(number: int) -> tuple[Path, dict[str, Any]]:
        home = tmp_path / f"{way}-{number}"
        shutil.copytree(begun, home)
        (answer,) = forge({"home": str(home), "file": str(file), "way": way, "kill": number})
        return home, answer

    points = killed(0)[1]["said"]["points"]
    committed = points.index("ledger: commit") + 1
    chosen = _chosen(points, way)[lot::LOTS]
    for turn, number in enumerate(chosen):
        home, answer = killed(number)
        at = (number, points[number - 1])
        assert answer["signal"] == signal.SIGKILL, at
        state = held(home, anew=turn % 4 == 0)
        assert state == ((1, before, 1) if number <= committed else (2, before + rows, 2)), at
        if turn % 4 == 0:
            _went_on(home, file, rows)
        shutil.rmtree(home)
    print(f"{way}, lot {lot}: {len(chosen)} of {len(points)} points, the commit is the {committed}th")


@pytest.mark.parametrize("way", WAYS)
def test_killed_at_any_moment_the_state_is_the_one_before_or_after(way: str, forge: Forge, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "locataires au 25-10-2020.csv"
    expected = register(file, 0)
    upload = {"home": str(home), "file": str(file), "way": way}
    began = time.monotonic()
    (answer,) = forge(upload)
    longest = time.monotonic() - began
    assert answer["said"]["receipt"] == 1

    rng = random.Random(20201025)
    outcomes, receipts = [0, 0], 1
    for turn in range(1, KILLS // len(WAYS) + 1):
        rows = register(file, turn)
        forge({**upload, "after": rng.uniform(0, longest)})
        known, counted, spoken = held(home, anew=turn % 4 == 0)
        assert known in (receipts, receipts + 1), "a receipt was lost, or came twice"
        outcomes[known - receipts] += 1
        expected += rows * (known - receipts)
        receipts = known
        assert (counted, spoken) == (expected, receipts), "an upload is half there"
    print(f"{way}: {KILLS // len(WAYS)} kills, {outcomes[0]} before and {outcomes[1]} after")

    # The interrupted file still loads, whole, and only once.
    (answer,) = forge({**upload, "way": "load"})
    assert answer["said"]["refused"] is None
    assert held(home)[1] == expected + answer["said"]["added"]


def test_a_file_half_brought_is_swept_away(tmp_path: Path) -> None:
    desk = Desk(Warehouse(Home.at(tmp_path)))
    half = desk.jobs.folder / ("0" * 16)
    half.mkdir(parents=True)
    (half / ".content-0").write_bytes(b"x")
    os.utime(half, (0, 0))
    desk.jobs.bring("a.csv", b"a;b\n1;2\n")
    assert not half.exists() and len(list(desk.jobs.folder.iterdir())) == 1
