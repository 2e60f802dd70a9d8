"""What a load would make of the figures that the public has: the release in force, asked anew of two states."""

from __future__ import annotations

from dataclasses import dataclass

from data.warehouse import Warehouse
from metrics.ask import Generation as Asked
from publish.cells import Printed, Thresholds
from publish.content import Content, written
from publish.figures import truth
from publish.release import Change, Release, current, labels, releases, told_of_intakes


@dataclass(frozen=True)
class Moved:
    """The figures of `release` that differ between two states of knowledge, as they are in truth: nothing is hidden.

    `printed` are those among them that the release shows.
    """

    release: Release
    changes: tuple[Change, ...]
    printed: frozenset[int]


def moved(warehouse: Warehouse, before: Asked, after: Asked) -> Moved | None:
    """Every figure of the release in force on its own day, before and after; None where nothing is released."""
    release = current(releases(warehouse))
    if release is None:
        return None
    old, new = (_cells(release, state) for state in (before, after))
    nothing = {"value": None}
    changes = tuple(
        Change(table, dict(key), old.get((table, key), nothing), new.get((table, key), nothing))
        for table, key in sorted({*old, *new})
        if old.get((table, key), nothing)["value"] != new.get((table, key), nothing)["value"]
    )
    shown = {
        (table, labels(cell))
        for table, its in release.content.told["tables"].items()
        for cell in its["cells"]
        if cell["value"] is not None
    }
    printed = {place for place, one in enumerate(changes) if (one.table, tuple(one.labels.items())) in shown}
    return Moved(release, changes, frozenset(printed))


def _cells(release: Release, state: Asked) -> dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, object]]:
    """The cells of a release as a state of knowledge gives them, by table and labels."""
    body = release.receipt.body
    thresholds = Thresholds(**body["thresholds"])
    found = truth(
        state,
        thresholds,
        as_of=release.content.as_of,
        before=body["together"],
        width=release.content.told["cohort_width"],
        intakes=told_of_intakes(release),
    )
    open_to_all = Printed(release.number, found.tables, frozenset())
    content = Content(written(found, open_to_all, thresholds, release.number, "", body.get("left_out", ())))
    return {(table, labels(cell)): cell for table, its in content.told["tables"].items() for cell in its["cells"]}
