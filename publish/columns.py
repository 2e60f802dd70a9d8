"""The columns of open data: what each holds, and a table of a release as lines of text or as typed columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.write import inert
from metrics import METRICS
from publish.content import HIDDEN, NOT_GIVEN, metric_of, of_table
from words import Words, mark

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """`type` is Frictionless', `says` what stands in it, `share` whether it is a fraction."""

    type: str
    says: str
    share: bool = False


# What a column holds, whatever the table, in the order in which columns stand.
COLUMNS = {
    "site": Column("string", mark("Site; empty: all sites together.")),
    "sector": Column("string", mark("Sector; empty: all sectors together.")),
    "year": Column("year", mark("Year of entry; empty: all years together.")),
    "years": Column("string", mark("Years of entry taken together.")),
    "age": Column("integer", mark("Age in whole years since entry.")),
    "age_days": Column("integer", mark("Age in days since entry.")),
    "month": Column("yearmonth", mark("Month.")),
    "programme": Column("string", mark("Programme intake, as the lists name it.")),
    "value": Column("number", mark("The figure, in the unit of its table; shares are fractions.")),
    "status": Column("string", mark("Why there is no figure, c or x; empty where there is one.")),
    "low": Column("number", mark("Lower end of the 95 % interval."), True),
    "high": Column("number", mark("Upper end of the 95 % interval."), True),
    "n": Column("integer", mark("Firms that the rate is of.")),
    "lower_bound": Column("number", mark("The rate, were all firms of unknown fate closed."), True),
    "upper_bound": Column("number", mark("The rate, were all firms of unknown fate in activity."), True),
    "traced": Column("number", mark("Share of firms whose fate is known."), True),
    "at_risk": Column("integer", mark("Firms followed up to this age.")),
    "notes": Column("string", mark("What a reader should know of the figure, in codes.")),
}
LABELS = ("site", "sector", "year", "years", "age", "age_days", "month", "programme")
# What stands in the place of a figure, and of a name.
CODES = {
    HIDDEN: mark("hidden, so that nothing is told of a few firms"),
    NOT_GIVEN: mark("no figure can be given"),
}
NAMES = {
    "(other)": mark("small categories put together"),
    "(none)": mark("the lists do not say"),
}
# Released to the whole per cent: a decimal would be none that anybody counted.
WHOLE = frozenset({"occupancy"})


def title(table: str, t: Words) -> str:
    """A table of a release in words."""
    label = t(METRICS[metric_of(table)].label)
    if table == "entries_by_month":
        return t("Entries by month")
    return t("{label} by programme", label=label) if of_table(table) == "programmes" else label


_PARQUET = {"string": "string", "yearmonth": "string", "year": "integer", "integer": "integer", "number": "number"}


def names(cells: Sequence[Cell]) -> list[str]:
    """The columns that these cells need: what they are cut by, the figure and its status, what stands beside it."""
    found = {name for cell in cells for name in cell} | {"value", "status"}
    return [name for name in COLUMNS if name in found]


def kind(name: str, cells: Sequence[Cell]) -> str:
    """The type of a column in a table: figures that are all whole are integers."""
    whole = name == "value" and not any(isinstance(cell.get(name), float) for cell in cells)
    return "integer" if whole else COLUMNS[name].type


def lines(cells: Sequence[Cell], wanted: Sequence[str]) -> list[list[Any]]:
    """A row per cell, as people read it: a code where there is no figure, several notes as one text."""
    return [[_told(cell, name) for name in wanted] for cell in cells]


def _told(cell: Cell, name: str) -> Any:
    value = cell.get(name)
    if name == "value" and value is None:
        return cell.get("status", NOT_GIVEN)
    return " ".join(value) if isinstance(value, list) else value


def as_csv(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """UTF-8 with a header; a name that a spreadsheet program would take for a formula is made harmless."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([inert(value) for value in row] for row in rows)
    return out.getvalue().encode()


def typed(cells: Sequence[Cell], wanted: Sequence[str]) -> dict[str, tuple[str, str, list[Any]]]:
    """The columns for programs: a type, what it holds, and values, none where there is no figure."""
    return {name: (*_typed(name, cells), [_value(cell, name) for cell in cells]) for name in wanted}


def _typed(name: str, cells: Sequence[Cell]) -> tuple[str, str]:
    return _PARQUET[kind(name, cells)], COLUMNS[name].says


def _value(cell: Cell, name: str) -> Any:
    value = cell.get(name)
    if isinstance(value, list):
        return " ".join(value)
    return int(value) if value is not None and COLUMNS[name].type in ("year", "integer") else value
