"""What a reader can ask the firms of: one figure on a page, those of a chart, or what moved one figure to another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date

from data.grid import Book
from data.ledger import Receipt
from data.warehouse import Generation
from metrics.ask import Scope


@dataclass(frozen=True)
class State:
    """A state of knowledge other than the page's: in a sentence, and how it is opened for a few questions.

    `under_way` is the receipt that the file of an upload would get, `book` that file as it was read.
    """

    told: str
    opened: Callable[[], AbstractContextManager[Generation]] = field(compare=False, repr=False)
    under_way: Receipt | None = field(default=None, compare=False, repr=False)
    book: Book | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Asked:
    """A figure by the name a reader knows it under: its metric, its scope, what it is cut by, and with which of its
    lists to begin.

    `known_on` where it is that of another day of knowledge than the page's, `state` where it is that of another state.
    With `since`, an earlier figure of the same metric, what is meant are the firms that make the difference to it.
    """

    label: str
    name: str
    scope: Scope
    by: tuple[str, ...] = ()
    part: str | None = None
    known_on: date | None = None
    state: State | None = None
    since: Asked | None = None
