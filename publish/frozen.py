"""A release as a folder: what is printed, and its hashes; sealed and apart from it, what later audits need."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from metrics.interval import wilson
from publish.cells import TOTAL, Cell, Mean, Name, Printed, Rate, Relation, Tables, Thresholds
from publish.curves import together
from publish.release import DIMENSIONS, Draft

HIDDEN = "c"
FIGURES, MANIFEST = "release.json", "manifest.json"
_PLACES = 3


class NotARelease(Exception):
    """The folder holds no release, or not what was published: `wrong` says what."""

    def __init__(self, wrong: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong


@dataclass(frozen=True)
class Release:
    """What strangers may see, and all of it: `figures` by metric, a mapping per row.

    A row names its site, sector or year where it is about one; "c" stands for what is hidden, None for what is of
    nobody. `digest` is that of the manifest, which names the release before.
    """

    number: int
    as_of: str
    known_on: str | None
    figures: Mapping[str, Sequence[Mapping[str, Any]]]
    digest: str


def printed_rows(draft: Draft, printed: Printed, thresholds: Thresholds) -> dict[str, list[dict[str, Any]]]:
    """Every figure as it is printed, by metric, in a fixed order."""
    figures: dict[str, list[dict[str, Any]]] = {}
    for table, key in sorted(printed.tables.cells):
        if "." not in table and not table.endswith("+"):
            value = printed.cell((table, key))
            figures.setdefault(table, []).append({**_named(key), "value": HIDDEN if value is None else _plain(value)})
    for rate in sorted(printed.tables.rates, key=lambda rate: rate.name):
        figures.setdefault(rate.table, []).append({**_named(rate.key), **_rate(printed, rate)})
    for mean in sorted(printed.tables.means, key=lambda mean: mean.name):
        shown = printed.mean(mean)
        hidden = mean.name in printed.hidden
        row = {"value": HIDDEN if hidden else None if shown is None else float(shown)}
        figures.setdefault(mean.table, []).append({**_named(mean.key), **row})
    # A curve tells of closures, and of those since the release before, as their numbers do.
    told = {
        key: points
        for key, points in draft.lines.items()
        if not {("closed", key), ("survival_5y", key)} & printed.hidden
    }
    lines = together(told, thresholds)
    for key in sorted({rate.key for rate in printed.tables.rates}):
        points = [[p.age_days, p.value, p.low, p.high] for p in lines.get(key, ())]
        figures.setdefault("survival_curve", []).append({**_named(key), "points": points or HIDDEN})
    for (table, site), share in sorted(draft.shares.items()):
        row = {"value": HIDDEN if share is None else round(share, _PLACES)}
        figures.setdefault(table, []).append({**_named((site, TOTAL, TOTAL)), **row})
    return figures


def _named(key: tuple[str, ...]) -> dict[str, str]:
    return {name: label for name, label in zip(DIMENSIONS, key, strict=True) if label != TOTAL}


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else int(value)


def _rate(printed: Printed, rate: Rate) -> dict[str, Any]:
    """The share with its interval and, where the number of unknown fate may be told, its bounds."""
    n, value = printed.cell(rate.denominator), printed.rate(rate)
    row: dict[str, Any] = {"value": HIDDEN if rate.name in printed.hidden else None if value is None else float(value)}
    row["n"] = HIDDEN if n is None else int(n)
    if isinstance(row["value"], float) and n is not None:
        counted = printed.cell(rate.numerator)
        assert counted is not None
        ends = wilson(np.array([float(counted)]), np.array([float(n)]))
        row["low"], row["high"] = (round(float(end[0]), _PLACES) for end in ends)
        untraced = (f"{rate.table}.unknown", rate.key)
        if untraced in printed.tables.cells:
            unknown = printed.cell(untraced)
            row["unknown"] = HIDDEN if unknown is None else int(unknown)
            if unknown is not None:
                everyone = int(n) + int(unknown)
                row["lower_bound"] = round(int(counted) / everyone, _PLACES)
                row["upper_bound"] = round((int(counted) + int(unknown)) / everyone, _PLACES)
    return row


def _bytes(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def as_file(draft: Draft, printed: Printed, thresholds: Thresholds) -> bytes:
    """The release's one file of figures, the same bytes for the same figures."""
    return _bytes(
        {
            "number": printed.number,
            "as_of": draft.as_of.isoformat(),
            "known_on": draft.known_on.isoformat() if draft.known_on else None,
            "figures": printed_rows(draft, printed, thresholds),
        }
    )


def freeze(folder: Path, sealed: Path, draft: Draft, printed: Printed, thresholds: Thresholds) -> Path:
    """Writes the release as `folder`/0001 and what later audits need into `sealed`; returns the release's folder.

    Nothing under a number that is published is ever written again. A failure leaves no release.
    """
    name = f"{printed.number:04}"
    target = folder / name
    if target.exists():
        raise NotARelease(f"release {printed.number} is published")
    figures = as_file(draft, printed, thresholds)
    before = folder / f"{printed.number - 1:04}" / MANIFEST
    manifest = {
        "number": printed.number,
        "before": _digest(before.read_bytes()) if printed.number > 1 else None,
        "files": {FIGURES: _digest(figures)},
    }
    sealed.mkdir(parents=True, exist_ok=True, mode=0o700)
    # No hash of it is published: the few values a hidden count can have could be tried against it.
    _write(sealed / f"{name}.json", _bytes(seal(printed, draft, thresholds)), 0o600)
    folder.mkdir(parents=True, exist_ok=True)
    making = folder / f".{name}"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    _write(making / FIGURES, figures)
    _write(making / MANIFEST, _bytes(manifest))
    making.rename(target)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return target


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def numbers(folder: Path) -> list[int]:
    """The numbers of the releases published, in order."""
    return sorted(int(path.name) for path in folder.glob("[0-9]*") if path.is_dir())


def read(folder: Path, number: int) -> Release:
    """A release, from its folder alone; raises NotARelease where a byte of it is another than was published."""
    where = folder / f"{number:04}"
    try:
        told = (where / MANIFEST).read_bytes()
        manifest, figures = json.loads(told), (where / FIGURES).read_bytes()
    except (OSError, ValueError):
        raise NotARelease(f"release {number} is not there, or is no release") from None
    if manifest.get("files") != {FIGURES: _digest(figures)}:
        raise NotARelease(f"release {number} is not what was published")
    content = json.loads(figures)
    if content["number"] != number or manifest["number"] != number:
        raise NotARelease(f"release {number} is another one")
    return Release(number, content["as_of"], content["known_on"], content["figures"], _digest(told))


def verify(folder: Path) -> list[Release]:
    """Every release; raises NotARelease where one was changed, is missing, or follows another than it says."""
    found, before = [], None
    for place, number in enumerate(numbers(folder), 1):
        if number != place:
            raise NotARelease(f"release {place} is missing")
        release = read(folder, number)
        manifest = json.loads((folder / f"{number:04}" / MANIFEST).read_bytes())
        if manifest["before"] != before:
            raise NotARelease(f"release {number} does not follow the one before it")
        found.append(release)
        before = release.digest
    return found


# What is sealed


def seal(printed: Printed, draft: Draft, thresholds: Thresholds) -> dict[str, Any]:
    """All that a later release must be audited with. For the operator's disk alone."""
    tables = printed.tables
    return {
        "number": printed.number,
        "thresholds": asdict(thresholds),
        "together": sorted(draft.together),
        "members": {label: sorted(inside) for label, inside in tables.members.items()},
        "cells": [
            [
                *(c.table, c.key, str(c.value), c.n, [[who, str(much)] for who, much in c.largest], c.kind),
                *(c.sensitive, c.known, c.floor, c.lasting),
            ]
            for _, c in sorted(tables.cells.items())
        ],
        "relations": [[relation.terms, relation.at_most] for relation in tables.relations],
        "rates": [[r.table, r.key, r.numerator, r.complement, r.denominator, r.places] for r in tables.rates],
        "means": [[m.table, m.key, m.total, m.count, m.places] for m in tables.means],
        "hidden": sorted([*name, printed.why.get(name, "own")] for name in printed.hidden),
        "base": printed.base,
        "rounded": [[*name, value] for name, value in sorted(printed.rounded.items())],
    }


def unsealed(sealed: Path, number: int) -> tuple[Printed, frozenset[str]]:
    """A release as it was made, and the sectors it put together."""
    try:
        told = json.loads((sealed / f"{number:04}.json").read_bytes())
    except (OSError, ValueError):
        raise NotARelease(f"what release {number} was made from is not there") from None
    cells = {}
    for table, key, value, n, largest, kind, sensitive, known, floor, lasting in told["cells"]:
        number_of = int if kind == "count" else Decimal
        whose = tuple((who, Decimal(much)) for who, much in largest)
        cell = Cell(table, tuple(key), number_of(value), n, whose, kind, sensitive, known, floor, lasting)
        cells[cell.name] = cell
    tables = Tables(
        cells,
        tuple(
            Relation(tuple((factor, _name(name)) for factor, name in terms), at_most)
            for terms, at_most in told["relations"]
        ),
        tuple(Rate(t, tuple(k), _name(a), _name(b), _name(c), places) for t, k, a, b, c, places in told["rates"]),
        tuple(Mean(t, tuple(k), _name(a), _name(b), places) for t, k, a, b, places in told["means"]),
        {label: frozenset(inside) for label, inside in told["members"].items()},
    )
    why = {(table, tuple(key)): reason for table, key, reason in told["hidden"]}
    rounded = {(table, tuple(key)): value for table, key, value in told["rounded"]}
    printed = Printed(told["number"], tables, frozenset(why), why, told["base"], rounded)
    return printed, frozenset(told["together"])


def _name(told: Sequence[Any]) -> Name:
    return told[0], tuple(told[1])
