"""Small registers to upload, how an upload is carried through at the desk, and what must hold at any time."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from data.home import Home
from data.intake import Choices
from data.jobs import Job
from data.match import Mapping
from data.warehouse import Warehouse
from ui.desk import Desk, Paper

HEADER = "Identifiant;Raison sociale;Site;Secteur;Date d'entrée;Date de sortie;Motif de sortie\n"


def register(path: Path, turn: int, rows: int | None = None) -> int:
    """A register of firms of its own for each turn; returns its number of rows."""
    rng = random.Random(turn)
    rows = rows or 40 + rng.randrange(40)
    day = "/03/2015;;\n"
    lines = [
        f"{turn:04d}{i:04d};Firme {turn} {i};{rng.choice(['Casablanca', 'Rabat'])};TIC;{rng.randint(1, 28):02d}{day}"
        for i in range(rows)
    ]
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return rows


def choices(by: str) -> Choices:
    """What is said of every register."""
    return Choices(mapping=Mapping(new_sites=True, new_sectors=True), accept_warnings=True, by=by)


def carried_through(desk: Desk, id: str, by: str) -> tuple[Job, Paper | None]:
    """Looks on, says what the park's lists need, accepts as often as the ledger goes on meanwhile, until it rests."""
    said = False
    for _ in range(40):
        desk.wait(id, 60)
        found = desk.look(id)
        assert found is not None, "the job is gone"
        job, paper = found
        if job.step in ("done", "failed"):
            return job, paper
        if job.step != "ready" or paper is None:
            continue
        if paper.review.draft is not None and paper.outcome.refused is None and said:
            desk.accept(id, by)
        elif not said:
            said = True
            mapping = replace(job.choices.mapping, new_sites=True, new_sectors=True)
            desk.say(id, {**job.said, "mapping": mapping.as_json()})
        else:
            return job, paper
    raise AssertionError("the upload never rests")


def held(home: Path, anew: bool = True) -> tuple[int, int, int]:
    """(receipts, rows, receipts that rows come from), the chain, the originals and the generation being whole.

    `anew` builds the generation a second time to compare the two.
    """
    warehouse = Warehouse(Home.at(home))
    try:
        known = warehouse.ledger.verify()
        if not known:
            return 0, 0, 0
        counted = warehouse.generation().arrow("select count(*) as n, count(distinct receipt) as r from tenants")
        if anew:
            warehouse.verify()
        ((rows, receipts),) = zip(*(column.to_pylist() for column in counted.columns), strict=True)
        return known, rows, receipts
    finally:
        warehouse.close()
