"""What a reader can ask the firms of: one figure on a page, or those of a chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from metrics.ask import Scope


@dataclass(frozen=True)
class Asked:
    """A figure by the name a reader knows it under: its metric, its scope, what it is cut by, and with which of its
    lists to begin; `known_on` where it is that of another day of knowledge than the page's."""

    label: str
    name: str
    scope: Scope
    by: tuple[str, ...] = ()
    part: str | None = None
    known_on: date | None = None
