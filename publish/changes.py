"""What changed from release to release: a table for programs, and a changelog to be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import words
from publish.columns import COLUMNS, LABELS
from publish.content import NOT_GIVEN
from publish.dataset import Dataset
from publish.method import invented
from publish.release import Release, revisions

HEADINGS = ("table", *LABELS, "before", "after")
SAYS = {
    "table": "The table that the figure stands in.",
    "before": "The figure in the release before.",
    "after": "The figure in this release.",
}


def rows(dataset: Dataset) -> list[list[Any]]:
    """A row per figure that this release and the one before it give otherwise; empty for a first release."""
    if dataset.last is None:
        return []
    found = revisions(dataset.last.content, dataset.content)
    return [
        [one.table, *(one.labels.get(name) for name in LABELS), _told(one.before), _told(one.after)] for one in found
    ]


def _told(cell: dict[str, Any]) -> Any:
    return cell.get("status", NOT_GIVEN) if cell["value"] is None else cell["value"]


def fields() -> Iterator[dict[str, str]]:
    """The columns of the table of changes, by name, type and what they hold."""
    for name in HEADINGS:
        kind = COLUMNS[name].type if name in LABELS else "string" if name == "table" else "number"
        yield {"name": name, "type": kind, "description": SAYS.get(name) or COLUMNS[name].says}


def changelog(dataset: Dataset) -> bytes:
    """The changelog in Markdown: this release and all before it, the newest first."""
    every = [*dataset.before, dataset.release]
    told = [f"# Releases of the figures of {_plain(dataset.publisher)}", ""]
    for place in range(len(every) - 1, -1, -1):
        told += _section(every[place], every[:place])
    return ("\n".join(told).rstrip() + "\n").encode()


def _section(release: Release, before: list[Release]) -> Iterator[str]:
    content = release.content
    yield f"## Release {release.number}, {release.published_on}"
    yield ""
    yield f"Situation on {content.as_of}, as known on {content.known_on}. SHA-256 {content.hash}."
    if said := invented(content, words.of("en")):
        yield said
    if release.withdrawn is not None:
        yield f"Withdrawn: {_plain(release.withdrawn.body['reason'])}"
    last = next((one for one in reversed(before) if one.withdrawn is None), None)
    yield ""
    if last is None:
        yield "The first figures." if not before else "Compared with no release: all before it were withdrawn."
    else:
        yield from _changed(last.content, content)
    yield ""


def _changed(old: Any, new: Any) -> Iterator[str]:
    tables = (old.told["tables"], new.told["tables"])
    added, gone = sorted(tables[1].keys() - tables[0].keys()), sorted(tables[0].keys() - tables[1].keys())
    counts = Counter(one.table for one in revisions(old, new))
    yield f"Since release {old.number}:"
    yield ""
    yield from (f"- new table `{name}`" for name in added)
    yield from (f"- table `{name}` is no longer given" for name in gone)
    yield from (f"- `{name}`: {n} figure{'' if n == 1 else 's'} changed" for name, n in sorted(counts.items()))
    if not (added or gone or counts):
        yield "- no figure that both give was changed"


def _plain(text: str) -> str:
    """A name on one line, in which nothing is markup."""
    kept = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+-!|~&" else sign for sign in kept)
