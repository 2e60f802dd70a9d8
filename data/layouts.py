"""What was said of a list is said of the next one with the same headers: the ledger remembers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from data.ledger import Receipt, standing
from data.match import Mapping
from data.picking import layout
from data.read import Book
from data.review import Choices
from data.spellings import meanings


def remembered(receipts: Sequence[Receipt], book: Book, choices: Choices) -> tuple[Choices, int | None]:
    """The choices with which the last standing load of the same layout was accepted, and its receipt.

    What holds for one file alone is not taken over: its stated day, its corrected cells, and names that were new to the
    park's lists. A sheet that this book does not have is not asked for. What a word means holds for every layout.
    """
    wanted = layout(book)
    said_of_words = meanings(receipts)
    last = next((r for r in reversed(standing(list(receipts))) if r.body.get("layout") == wanted), None)
    if last is None:
        mapping = replace(choices.mapping, values={**said_of_words, **choices.mapping.values})
        return replace(choices, mapping=mapping), None
    said: dict[str, Any] = last.body
    mapping = Mapping.load(said["mapping"])
    sheets = {grid.name for grid in book.grids}
    mapping = replace(
        mapping,
        sheet=mapping.sheet if mapping.sheet in sheets else None,
        stated_on=None,
        values=said_of_words,
        new_sites=False,
        new_sectors=False,
        records_closures=said["records_closures"],
    )
    return replace(choices, kind=said["kind"], site=said["site"], mode=said["mode"], mapping=mapping), last.number
