"""One person in the whole ledger: found, handed out, erased; and files dropped that were kept long enough."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from data.building import ICE_HEADER
from data.cells import fold
from data.clean import parquet
from data.erasing import Place, without
from data.grid import Book, column_letters, text_of
from data.jobs import Jobs
from data.ledger import Conflict, Receipt, sha
from data.original import columns_of, headers_of
from data.problem import Refused
from data.read import read
from data.sheets import SHEETS
from data.warehouse import Warehouse

SHORTEST = 3
MONTHS = "ESSAIM_KEEP_ORIGINALS_MONTHS"
_ATTEMPTS = 5
_PHONE = re.compile(r"[\d\s().+/-]{8,}")
# Digits of a number without its country or its leading zero.
_OWN_DIGITS = 9


class TooShort(ValueError):
    """A text that any cell may hold."""

    def __init__(self) -> None:
        super().__init__(f"Give at least {SHORTEST} letters or digits: a name, an e-mail address or a number.")


class BadMonths(ValueError):
    """A time to keep files that means nothing."""

    def __init__(self, value: str) -> None:
        super().__init__(f"{MONTHS} is {value!r}: write a whole number of months, or nothing to keep files for ever.")


@dataclass(frozen=True)
class Found:
    """A cell that speaks of a person: of a file as it was brought (with its `cell`), or of its clean rows (`cell` "").

    `stays` is true where it is no cell about persons but what figures are made of, such as a firm's name.
    """

    receipts: tuple[int, ...]
    file: str
    sheet: str
    row: int
    cell: str
    header: str
    text: str
    stays: bool


@dataclass(frozen=True)
class Erased:
    """What was erased, or would be: cells that go and cells that stay, uploads under way that go, files that cannot be
    looked into, receipts whose own words hold the text. `receipt` is what says so, None for a dry run."""

    gone: tuple[Found, ...]
    stays: tuple[Found, ...]
    jobs: tuple[str, ...]
    unread: tuple[str, ...]
    receipts: tuple[int, ...]
    receipt: int | None = None


Meant = Callable[[Any], bool]


def meaning(text: str) -> Meant:
    """Whether a cell speaks of what was typed: whole words, whatever their case and accents; a number by its digits."""
    wanted = fold(text)
    if sum(letter.isalnum() for letter in wanted) < SHORTEST:
        raise TooShort
    words = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
    digits = re.sub(r"\D", "", text)[-_OWN_DIGITS:] if _PHONE.fullmatch(text) else ""

    def meant(cell: Any) -> bool:
        if cell is None or isinstance(cell, bool):
            return False
        said = text_of(cell)
        if words.search(fold(said)):
            return True
        return len(digits) >= 8 and digits in re.sub(r"\D", "", said)

    return meant


def find(warehouse: Warehouse, text: str) -> list[Found]:
    """Every cell about that person in the files and the clean rows of the ledger; raises TooShort."""
    meant = meaning(text)
    originals = [one for _, _, found in _originals(warehouse, meant)[0] for one in found]
    return [*originals, *(one for _, found in _rows(warehouse, meant) for one in found)]


def export(warehouse: Warehouse, text: str) -> bytes:
    """The same as JSON: what somebody is given who asks what is kept about them."""
    found = [asdict(one) for one in find(warehouse, text)]
    return json.dumps({"asked": text, "cells": found}, ensure_ascii=False, indent=1).encode()


def erase(warehouse: Warehouse, text: str, by: str, reason: str, dry_run: bool = False) -> Erased:
    """Takes a person out of every file, clean row and upload under way, and says so in a receipt that does not name
    them. Figures stay as they are. Raises TooShort, Unerasable; nothing is written then."""
    meant = meaning(text)
    for _ in range(_ATTEMPTS):
        try:
            return _erase(warehouse, meant, text, by, reason, dry_run)
        except Conflict:
            continue
    raise Conflict("Other receipts came in between several times. Nothing was erased; try again in a moment.")


def _erase(warehouse: Warehouse, meant: Meant, text: str, by: str, reason: str, dry_run: bool) -> Erased:
    receipts = warehouse.ledger.receipts()
    files, unread = _originals(warehouse, meant)
    rows = list(_rows(warehouse, meant))
    every = [*(one for _, _, found in files for one in found), *(one for _, found in rows for one in found)]
    jobs = Jobs(warehouse.home)
    waiting = tuple(id for id in jobs.every() if _speaks(jobs, id, meant))
    told = tuple(one.number for one in receipts if meant(json.dumps(one.body, ensure_ascii=False)))
    answer = Erased(
        tuple(one for one in every if not one.stays),
        tuple(one for one in every if one.stays),
        waiting,
        tuple(unread),
        told,
    )
    if dry_run or not (answer.gone or waiting):
        return answer
    originals: dict[str, bytes] = {}
    for sha256, book, found in files:
        places: list[Place] = [(one.sheet, one.row, one.cell.rstrip("0123456789")) for one in found if not one.stays]
        if places:
            originals[sha256] = without(book, warehouse.ledger.original(sha256), places, text)
    clean = {sha256: parquet(_bare(warehouse.clean(sha256), meant)) for sha256, found in rows if found}
    for id in waiting:
        jobs.drop(id)
    if originals or clean:
        changed = {
            "originals": {old: sha(new) for old, new in originals.items()},
            "clean": {old: sha(new) for old, new in clean.items()},
        }
        receipt = _receipt(warehouse, "erase", by, reason, cells=len(answer.gone), **changed)
        warehouse.ledger.rewrite(receipt, originals, clean)
        # Generations hold no persons; those of earlier versions may have.
        warehouse.sweep()
        answer = replace(answer, receipt=receipt.number)
    return answer


def _receipt(warehouse: Warehouse, action: str, by: str, reason: str, **said: Any) -> Receipt:
    receipts = warehouse.ledger.receipts()
    known_on = max([date.today(), *(one.known_on for one in receipts[-1:])])
    return warehouse.ledger.prepare(
        {"action": action, "known_on": known_on.isoformat(), "by": by, "reason": reason, **said}
    )


def _originals(warehouse: Warehouse, meant: Meant) -> tuple[list[tuple[str, Book, list[Found]]], list[str]]:
    """Each file that speaks of the person, by its hash, with its cells; and the names of those that cannot be read."""
    files: dict[str, list[Receipt]] = {}
    for receipt in warehouse.ledger.receipts():
        if receipt.original:
            files.setdefault(receipt.original, []).append(receipt)
    found: list[tuple[str, Book, list[Found]]] = []
    unread: list[str] = []
    dropped = {old for old, new in warehouse.ledger.replaced().items() if new is None}
    for sha256, receipts in files.items():
        if sha256 in dropped:
            continue
        name = str(receipts[0].body.get("file") or sha256)
        try:
            book = read(warehouse.ledger.original(sha256), name)
        except Refused:
            unread.append(name)
            continue
        if cells := list(_cells(warehouse, book, receipts, meant)):
            found.append((sha256, book, cells))
    return found, unread


def _cells(warehouse: Warehouse, book: Book, receipts: list[Receipt], meant: Meant) -> Iterator[Found]:
    numbers = tuple(one.number for one in receipts)
    stand = _standing(warehouse, receipts)
    for grid in book.grids:
        hits: dict[tuple[int, int], str] = {}
        for place, column in enumerate(grid.columns):
            wanted = [code for code, value in enumerate(column.values) if meant(value)]
            if wanted:
                rows = [at for at, code in enumerate(column.codes.tolist()) if code in set(wanted)]
                hits |= {(at, place): text_of(column[at]) for at in rows}
        if not hits:
            continue
        persons = [_letters(receipt, grid.name, True) for receipt in receipts]
        # What stands in the row beside a person is about them.
        for at, place in list(hits):
            for letters in persons:
                if column_letters(place) in letters(at + 1):
                    for other, column in enumerate(grid.columns):
                        if column_letters(other) in letters(at + 1) and column[at] is not None:
                            hits[at, other] = text_of(column[at])
        declared = [_letters(receipt, grid.name, False) for receipt in receipts]
        headers = headers_of(grid, (receipts[0].body.get("mapping") or {}).get("header"))
        for (at, place), said in sorted(hits.items()):
            name = column_letters(place)
            kept = (grid.name, at + 1) in stand and any(name in letters(at + 1) for letters in declared)
            yield Found(
                numbers, book.file, grid.name, at + 1, f"{name}{at + 1}", headers.get(place, ""), said, stays=kept
            )


def _letters(receipt: Receipt, sheet: str, persons: bool) -> Callable[[int], set[str]]:
    """For a row of a sheet the columns that are declared: those about persons, or the others."""
    kind = SHEETS.get(str(receipt.body.get("kind")))
    about = set(kind.persons) if kind else set()

    def letters(row: int) -> set[str]:
        fields: Mapping[str, str] = columns_of(receipt.body, sheet, row)
        return {one for name, one in fields.items() if (name in about) == persons}

    return letters


def _standing(warehouse: Warehouse, receipts: Iterable[Receipt]) -> set[tuple[str, int]]:
    """The rows of a file that clean rows come from: what is declared in them is what figures are made of."""
    stand: set[tuple[str, int]] = set()
    for receipt in receipts:
        if receipt.clean:
            rows = warehouse.clean(receipt.clean)
            stand |= set(zip(rows.column("sheet").to_pylist(), rows.column("row").to_pylist(), strict=True))
    return stand


def _rows(warehouse: Warehouse, meant: Meant) -> Iterator[tuple[str, list[Found]]]:
    """Each clean table that speaks of the person in its columns about persons or in its notes, with what it says."""
    tables: dict[str, list[Receipt]] = {}
    for receipt in warehouse.ledger.receipts():
        if receipt.clean:
            tables.setdefault(receipt.clean, []).append(receipt)
    for sha256, receipts in tables.items():
        rows = warehouse.clean(sha256)
        numbers, file = tuple(one.number for one in receipts), str(receipts[0].body.get("file"))
        found = []
        for row in _about(rows, meant):
            for name, text in row["said"].items():
                found.append(Found(numbers, file, row["sheet"], row["row"], "", name, text, stays=False))
        if found:
            yield sha256, found


def _persons(rows: pa.Table) -> list[str]:
    about = {name for sheet in SHEETS.values() for name in sheet.persons}
    return [name for name in rows.column_names if name in about]


def _about(rows: pa.Table, meant: Meant) -> Iterator[dict[str, Any]]:
    """The rows that speak of the person: their place, and what they say of them by field or header."""
    names = _persons(rows)
    wanted = rows.select([*names, "notes", "sheet", "row"])
    for at, row in enumerate(wanted.to_pylist()):
        notes = json.loads(row["notes"]) if row["notes"] else {}
        said = {name: row[name] for name in names if row[name] is not None}
        about = said if any(map(meant, said.values())) else {}
        about |= {header: text for header, text in notes.items() if meant(text) and not ICE_HEADER.search(header)}
        if about:
            yield {"at": at, "sheet": row["sheet"], "row": row["row"], "said": about}


def _bare(rows: pa.Table, meant: Meant) -> pa.Table:
    """Clean rows without the person; all else stays to the last digit."""
    about = {row["at"]: set(row["said"]) for row in _about(rows, meant)}
    for name in (*_persons(rows), "notes"):
        values = rows.column(name).to_pylist()
        for at, said in about.items():
            if name != "notes":
                values[at] = None if name in said else values[at]
            elif values[at]:
                left = {header: text for header, text in json.loads(values[at]).items() if header not in said}
                values[at] = json.dumps(left, ensure_ascii=False) if left else None
        place = rows.column_names.index(name)
        rows = rows.set_column(place, rows.schema.field(place), pa.array(values, rows.schema.field(place).type))
    return rows


def _speaks(jobs: Jobs, id: str, meant: Meant) -> bool:
    """Whether an upload under way holds the person, in its file or in what was said of it."""
    job = jobs.find(id)
    if job is None:
        return False
    if meant(json.dumps(job.said, ensure_ascii=False)):
        return True
    try:
        book = read(jobs.content(id), job.name)
    except (OSError, Refused):
        return False
    return any(meant(value) for grid in book.grids for column in grid.columns for value in column.values)


def months() -> int | None:
    """How long files are kept, in months; None: for ever. Raises BadMonths."""
    said = os.environ.get(MONTHS, "").strip()
    if not said:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,3}", said):
        raise BadMonths(said)
    return int(said)


def retain(warehouse: Warehouse, by: str, now: datetime | None = None) -> tuple[int, Receipt | None]:
    """Drops the files that were brought longer ago than they are to be kept. → how many, and the receipt that says so.

    Clean rows stay, and with them every figure. Raises BadMonths.
    """
    kept = months()
    if kept is None:
        return 0, None
    now = now or datetime.now(UTC)
    year, month = divmod(now.year * 12 + now.month - 1 - kept, 12)
    first = (year, month + 1, now.day)
    latest: dict[str, datetime] = {}
    for receipt in warehouse.ledger.receipts():
        if receipt.original:
            latest[receipt.original] = datetime.fromisoformat(receipt.body["accepted_at"])
    dropped = {old for old, new in warehouse.ledger.replaced().items() if new is None}
    old = [one for one, at in latest.items() if (at.year, at.month, at.day) < first and one not in dropped]
    if not old:
        return 0, None
    said = {"months": kept, "originals": dict.fromkeys(sorted(old)), "clean": {}}
    receipt = _receipt(warehouse, "retain", by, "", **said)
    warehouse.ledger.rewrite(receipt, dict.fromkeys(old, b""), {})
    return len(old), receipt
