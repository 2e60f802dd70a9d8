"""The cuts of a release's tables, and what is left of the tables where some are not given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from publish.cells import TOTAL, Cut, Name, Tables


def cut(name: Name) -> Cut:
    """The cut that a cell is in."""
    table, key = name
    return table, tuple(place for place, label in enumerate(key) if label != TOTAL)


def cuts(tables: Tables) -> frozenset[Cut]:
    """The cuts that can be left out: those of rates, which take the counts behind them with them, and of others."""
    parts = {part for rate in tables.rates for part in (rate.numerator, rate.complement, rate.denominator)}
    alone = {cut(name) for name, cell in tables.cells.items() if not cell.known and name not in parts}
    return frozenset(alone | {cut(rate.name) for rate in tables.rates})


def within(tables: Tables, these: Collection[Cut]) -> frozenset[Name]:
    """All that is in these cuts; with a rate the counts that it is made of, and with one of them the rate."""
    found = {name for name, cell in tables.cells.items() if cut(name) in these and not cell.known}
    for rate in tables.rates:
        parts = {rate.numerator, rate.complement, rate.denominator}
        if cut(rate.name) in these or any(cut(part) in these for part in parts):
            found |= {rate.name, *(part for part in parts if part in tables.cells and not tables.cells[part].known)}
    found |= {mean.name for mean in tables.means if cut(mean.name) in these or {mean.total, mean.count} & found}
    return frozenset(found)


def lessened(tables: Tables, these: Collection[Cut]) -> Tables:
    """The tables where these cuts are not printed: what is not printed may as well be nobody.

    Where that is all of them, only what everybody knows is left, and nothing said of how it adds up with the others.
    """
    if these and cuts(tables) <= {*these}:
        public = {name: cell for name, cell in tables.cells.items() if cell.known}
        adding = [one for one in tables.relations if all(n in public or n not in tables.cells for _, n in one.terms)]
        return replace(tables, cells=public, relations=tuple(adding), rates=(), means=())
    gone = within(tables, these)
    cells = {name: replace(cell, floor=0) if name in gone else cell for name, cell in tables.cells.items()}
    return replace(tables, cells=cells)
