"""The commands on persons, as `python -m data persons` says what they find and do."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterable
from contextlib import closing

from data.cells import fold
from data.erasing import Unerasable
from data.persons import BadMonths, Found, TooShort, erase, export, find, retain
from data.warehouse import Warehouse

DONE, PROBLEMS, UNREADABLE, WRONG_USE = 0, 3, 4, 2


def _fail(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


def run(asked: argparse.Namespace) -> int:
    """One of find, export, erase and retain; returns its exit status (0 done, 2 wrong use, 3 refused)."""
    try:
        with closing(Warehouse.from_environment()) as warehouse:
            return _ACTS[asked.act](warehouse, asked)
    except (TooShort, BadMonths) as error:
        return _fail(str(error), WRONG_USE)
    except Unerasable as error:
        return _fail(f"{error} Nothing was erased.", PROBLEMS)


def _find(warehouse: Warehouse, asked: argparse.Namespace) -> int:
    if asked.json:
        print(export(warehouse, asked.text).decode())
        return DONE
    found = find(warehouse, asked.text)
    _tell_cells(found)
    print(f"{len(found)} cells speak of this person.")
    return DONE


def _export(warehouse: Warehouse, asked: argparse.Namespace) -> int:
    try:
        asked.output.write_bytes(export(warehouse, asked.text))
    except OSError as error:
        return _fail(f"{asked.output} cannot be written ({error.strerror}).", UNREADABLE)
    print(f"{asked.output} holds every cell that speaks of this person.")
    return DONE


def _erase(warehouse: Warehouse, asked: argparse.Namespace) -> int:
    if fold(asked.text) in fold(f"{asked.reason} {asked.by}"):
        return _fail("The receipt keeps the reason and the name of who erases: neither can be the person.", WRONG_USE)
    done = erase(warehouse, asked.text, asked.by or getpass.getuser(), asked.reason, dry_run=not asked.yes)
    _tell_cells(done.gone)
    if done.stays:
        print("These stay, for figures are made of them (mend the list and bring it again):")
        _tell_cells(done.stays)
    for name in done.unread:
        print(f"{name} cannot be read any more: whether it speaks of the person is not known.")
    if done.receipts:
        print(f"The receipts {', '.join(map(str, done.receipts))} hold the text in their own words, which stay.")
    if done.jobs:
        print(
            f"{len(done.jobs)} uploads under way hold the person: they {'are' if asked.yes else 'would be'} set aside."
        )
    if not done.gone and not done.jobs:
        print("Nothing speaks of this person.")
    elif not asked.yes:
        print(f"{len(done.gone)} cells would be erased, for good. Nothing was written: add --yes to erase them.")
    elif done.receipt:
        print(
            f"{len(done.gone)} cells are erased: receipt {done.receipt} says so. Backups made before still hold them."
        )
    return DONE


def _retain(warehouse: Warehouse, asked: argparse.Namespace) -> int:
    count, receipt = retain(warehouse, asked.by or getpass.getuser())
    print(f"{count} files were dropped: receipt {receipt.number} says so." if receipt else "No file is to be dropped.")
    return DONE


def _tell_cells(found: Iterable[Found]) -> None:
    for one in found:
        where = f"{one.sheet}!{one.cell}" if one.cell else f"{one.sheet}, row {one.row}, as it was read"
        numbers = ", ".join(map(str, one.receipts))
        print(f"{one.file} (receipt {numbers})  {where}  {one.header}: {one.text}")


_ACTS = {"find": _find, "export": _export, "erase": _erase, "retain": _retain}
