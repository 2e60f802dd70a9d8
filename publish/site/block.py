"""What a page is made of: tiles, figures with their tables and words, tables, and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from charts.chart import Chart

HIDDEN = "c"


@dataclass(frozen=True)
class Link:
    """A name that leads somewhere; `here` where it leads to the page itself."""

    text: str
    href: str
    here: bool = False


@dataclass(frozen=True)
class Item:
    """One cell of a table as it is read: a number right, a name left, a hidden figure as "c" with what that means."""

    text: str
    number: bool = True
    href: str = ""
    hidden: bool = False
    header: bool = False
    total: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption; the first column names the rows."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Item]]
    id: str = ""
    kind: str = "table"
    note: str = ""

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """The headings, each with whether numbers stand under it."""
        first = self.rows[0] if self.rows else ()
        numbers = [item.number and not item.header for item in first] or [False] * len(self.headings)
        return list(zip(self.headings, numbers, strict=True))

    @property
    def hides(self) -> bool:
        return any(item.hidden for row in self.rows for item in row)


@dataclass(frozen=True)
class Tile:
    """One figure in large, what it is, and what stands beside it."""

    id: str
    label: str
    value: str
    beside: str = ""
    href: str = ""
    cite: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class Tiles:
    tiles: Sequence[Tile]
    kind: str = "tiles"


@dataclass(frozen=True)
class Figure:
    """A chart with all that belongs to it; without a `chart`, the table and the sentence that says why.

    A `half` stands beside another one where there is room. `legend` names what colours mean.
    """

    id: str
    title: str
    chart: Chart | None
    table: Table
    cite: str
    notes: Sequence[str] = ()
    half: bool = False
    legend: Sequence[tuple[str, str]] = ()
    kind: str = "figure"


def halves(one: Figure, other: Figure) -> list[Figure]:
    """Two figures beside each other; under each other where one of them is a table alone."""
    both = one.chart is not None and other.chart is not None
    return [replace(figure, half=both) for figure in (one, other)]


@dataclass(frozen=True)
class Text:
    """A heading and its paragraphs; `links` and `terms` (a term, what it means, more) under them."""

    id: str
    title: str
    paragraphs: Sequence[str] = ()
    links: Sequence[Link] = ()
    terms: Sequence[tuple[str, str, Sequence[str]]] = ()
    kind: str = "text"
    rows: Sequence[dict[str, Any]] = ()
    said: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Filters:
    """Choices as links, a row per dimension."""

    rows: Sequence[tuple[str, Sequence[Link]]]
    kind: str = "filters"


@dataclass(frozen=True)
class Page:
    """One page in one language. `file` is its name in the folder of its language."""

    file: str
    title: str
    lead: str
    blocks: Sequence[Any]
    section: str
    parts: dict[str, Any] = field(default_factory=dict)
