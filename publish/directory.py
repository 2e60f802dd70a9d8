"""The directory of firms and their solutions: who agreed to be listed, what of it they agreed to, and until when.

A release freezes its directory: the rows known then whose consent held on the day of its publication. What is shown of
it on a day is that list less whatever has lost its consent since, in whichever way: its end has come, it is withdrawn,
the list that gave it is undone or replaced by one without it, a field is no longer named. Nothing of the directory is
in a release's content, which never changes: both lists come out of the ledger. Being listed is a firm's own word about
itself; no figure is made of it, and why a firm is not listed is never told.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from data.building import stands
from data.cells import address
from data.consents import TEXTS, WITHDRAWN, reaches_somebody
from data.ledger import PUBLISHING, Receipt, standing
from data.rows import last_day
from data.same import into
from data.warehouse import Warehouse
from publish.release import Release, releases

KIND = "solutions"
# What may be shown beside a firm's name, each only if the firm agreed to it.
FIELDS = ("solution", "category", "description", "website", "site", "sector")
EVERYTHING = "all"


@dataclass(frozen=True)
class Entry:
    """One solution of a firm, or the firm alone, as it may be shown: what was not agreed to is not in it.

    `key` and `who` tell rows and firms apart and are never shown.
    """

    key: str
    who: str
    firm: str
    told: Mapping[str, str]

    def only(self, fields: Iterable[str]) -> Entry:
        """The same with no more than these fields."""
        kept = {*fields}
        return Entry(self.key, self.who, self.firm, {name: its for name, its in self.told.items() if name in kept})


def consented(rows: Iterable[Mapping[str, Any]], day: date, same: Mapping[str, str] | None = None) -> dict[str, Entry]:
    """The rows of lists of solutions that may be shown on a day, by their key; `same` gives each firm that a person
    said to be another one that one's identifier."""
    rows = list(rows)
    whole = [row for row in rows if row["solution"] is None]
    names = {id(row): _names(row, same or {}) for row in rows}
    found = {}
    for row in rows:
        of_firm = [other for other in whole if names[id(row)] & names[id(other)]]
        if not _holds(row, day) or any(one["consent"] == WITHDRAWN or _withdrawn(row, one, day) for one in of_firm):
            continue
        if row["firm_name"] and not reaches_somebody(row["firm_name"]):
            who = min(names[id(row)], key=lambda one: (one.startswith("name:"), one))
            found[row["key"]] = Entry(row["key"], who, row["firm_name"], _told(row))
    return found


def _names(row: Mapping[str, Any], same: Mapping[str, str]) -> set[str]:
    """What a row calls its firm: where two rows share one of these, they are taken to speak of one firm."""
    # The key begins with the identifier that other lists have for the name.
    said = {row["key"].partition(" | ")[0], row["firm_id"], f"name:{row['name_key']}" if row["name_key"] else None}
    return {same.get(one, one) for one in said if one is not None}


def _holds(row: Mapping[str, Any], day: date) -> bool:
    """Whether a row's own consent holds on a day. Of a month or a year alone the shortest consent is meant that it may
    mean: in doubt nobody is shown."""
    first, until = last_day(row["consent_on"], row["consent_on_precision"]), row["consent_until"]
    return first is not None and until is not None and first <= day <= until and not _ends(row, day)


def _ends(row: Mapping[str, Any], day: date) -> bool:
    """Whether a row withdraws its consent by a day, and gives none after that."""
    return row["consent"] == WITHDRAWN or _withdrawn(row, row, day)


def _withdrawn(row: Mapping[str, Any], by: Mapping[str, Any], day: date) -> bool:
    """Whether what a row consents to is withdrawn `by` a row, that one or another, on a day up to this one."""
    gone, given = by["withdrawn_on"], row["consent_on"]
    if gone is None or gone > day:
        return False
    latest = last_day(gone, by["withdrawn_on_precision"])
    return given is None or latest is None or given <= latest


def _told(row: Mapping[str, Any]) -> dict[str, str]:
    """The fields that were agreed to and hold something that may be shown."""
    named = (row["consent_fields"] or "").split(", ")
    told = {}
    for name in FIELDS if EVERYTHING in named else named:
        value = row.get(name) if name in FIELDS else None
        if name == "website" and value:
            value = address(value)
        if value and not (name in TEXTS and reaches_somebody(value)):
            told[name] = value
    return {name: told[name] for name in FIELDS if name in told}


# Of releases


def listed(warehouse: Warehouse, today: date | None = None) -> dict[int, tuple[Entry, ...]]:
    """What may be shown on a day (by default this one) of the directory of each release that stands and has one."""
    receipts = warehouse.ledger.receipts()
    return _listed(warehouse, receipts[-1].hash, today or date.today()) if receipts else {}


@lru_cache(maxsize=4)
def _listed(warehouse: Warehouse, head: str, today: date) -> dict[int, tuple[Entry, ...]]:
    receipts = warehouse.ledger.receipts()
    if not any(_of_kind(one) for one in receipts):
        return {}
    now = _consented(warehouse, receipts, today)
    return {
        release.number: tuple(
            entry.only(now[entry.key].told) for entry in frozen(warehouse, release) if entry.key in now
        )
        for release in releases(warehouse)
        if release.withdrawn is None and frozen(warehouse, release)
    }


def frozen(warehouse: Warehouse, release: Release) -> tuple[Entry, ...]:
    """The directory of a release as it was on the day it was published, by firm."""
    return _frozen(warehouse, release.receipt.hash, release.content.told["head"], release.content.known_on)


@lru_cache(maxsize=256)
def _frozen(warehouse: Warehouse, of: str, head: str, known_on: date) -> tuple[Entry, ...]:
    receipts = warehouse.ledger.receipts()
    release = next(one for one in receipts if one.hash == of)
    place = next(at for at, one in enumerate(receipts) if one.hash == head)
    known = [one for one in receipts[: place + 1] if one.known_on <= known_on]
    published = date.fromisoformat(release.body["accepted_at"][:10])
    return _ordered(_consented(warehouse, known, published).values())


def would_list(warehouse: Warehouse, known_on: date | None = None, today: date | None = None) -> tuple[Entry, ...]:
    """What a release published today would list."""
    return _ordered(_consented(warehouse, warehouse.ledger.receipts(known_on), today or date.today()).values())


def _consented(warehouse: Warehouse, receipts: Sequence[Receipt], day: date) -> dict[str, Entry]:
    counted = standing([one for one in receipts if one.action not in PUBLISHING])
    if not any(_of_kind(one) for one in counted):
        return {}
    return consented(stands(KIND, counted, warehouse.clean).to_pylist(), day, into(counted))


def _of_kind(receipt: Receipt) -> bool:
    return receipt.body.get("kind") == KIND


def _ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(
        sorted(entries, key=lambda one: (_plain(one.firm), one.who, _plain(one.told.get("solution", "")), one.key))
    )


def _plain(text: str) -> str:
    """A name as a list is ordered by it: É stands with E."""
    told = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in told if not unicodedata.combining(sign))


def stamp(warehouse: Warehouse, today: date | None = None) -> str:
    """Another text whenever what may be shown of any release's directory is another."""
    told = {
        number: [[one.who, one.firm, *(one.told.get(name) for name in FIELDS)] for one in entries]
        for number, entries in listed(warehouse, today).items()
    }
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:24]
