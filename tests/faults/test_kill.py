"""Loads killed at random moments: nothing is lost and nothing is half there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from data.home import Home
from data.intake import Choices, load
from data.match import Mapping
from data.warehouse import Warehouse

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("ESSAIM_KILLS", "20"))
HEADER = "Identifiant;Raison sociale;Site;Secteur;Date d'entrée;Date de sortie;Motif de sortie\n"


def _register(path: Path, turn: int) -> int:
    """A register of firms of its own for each turn, stated later each time; returns its number of rows."""
    rng = random.Random(turn)
    rows = 40 + rng.randrange(40)
    day = "/03/2015;;\n"
    lines = [
        f"{turn:04d}{i:04d};Firme {turn} {i};{rng.choice(['Casablanca', 'Rabat'])};TIC;{rng.randint(1, 28):02d}{day}"
        for i in range(rows)
    ]
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return rows


def _start(home: Path, file: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.loader", str(home), str(file)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process


def _say(process: subprocess.Popen[str]) -> None:
    assert process.stdout and process.stdin
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()


def test_a_killed_load_leaves_the_state_before_or_after(tmp_path: Path) -> None:
    home = tmp_path / "home"
    file = tmp_path / "locataires au 25-10-2020.csv"
    expected = _register(file, 0)
    process = _start(home, file)
    _say(process)
    began = time.monotonic()
    answer, _ = process.communicate(timeout=60)
    longest = time.monotonic() - began
    assert answer == "done\n"

    rng = random.Random(20201025)
    outcomes = {"before": 0, "after": 0}
    receipts = 1
    for turn in range(1, KILLS + 1):
        rows = _register(file, turn)
        process = _start(home, file)
        _say(process)
        time.sleep(rng.uniform(0, longest))
        process.kill()
        process.wait()

        warehouse = Warehouse(Home.at(home))
        known = warehouse.ledger.verify()
        assert known in (receipts, receipts + 1), "a receipt was lost, or came twice"
        expected += rows if known == receipts + 1 else 0
        outcomes["after" if known == receipts + 1 else "before"] += 1
        receipts = known
        generation = warehouse.generation()
        counted = generation.query("select count(*) as n, count(distinct receipt) as r from tenants").iloc[0]
        assert (counted["n"], counted["r"]) == (expected, receipts), "a load is half there"
        warehouse.verify()
    print(f"{KILLS} kills: {outcomes}")

    # The interrupted file still loads, whole, and only once.
    rows = _register(file, KILLS)
    choices = Choices(mapping=Mapping(new_sites=True, new_sectors=True), accept_warnings=True, by="faults")
    warehouse = Warehouse(Home.at(home))
    outcome = load(warehouse, file, choices)
    assert outcome.refused is None
    assert outcome.difference.added + outcome.difference.same == rows
