"""What a Sheet and a Column are: the one declaration that the template, the matching, the checks and the help share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

TYPES: dict[str, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "site": pa.string(),
    "sector": pa.string(),
    "choice": pa.string(),
    "choices": pa.string(),
    "link": pa.string(),
    "date": pa.date32(),
    "number": pa.float64(),
    "money": pa.decimal128(18, 2),
    "integer": pa.int64(),
    "yes_no": pa.bool_(),
}


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    `fr` and `en` are the headers we print ourselves; they and `name` are synonyms without being repeated. `synonyms`
    stand in order of preference: where two headers of a file name the same column, the earlier synonym is taken.
    `choices` maps each canonical value to the words people write for it, the French label first; `otherwise` is what
    an unknown word becomes, and `blanks` are words that say nothing about this column. Of "choices" a cell may name
    several; they are kept in the order of their declaration, between commas. `low` and `high` bound numbers.
    What a `person` column holds is about a human being: it stays in the ledger, with those who may see it.
    """

    name: str
    type: str
    fr: str
    en: str
    says: str
    synonyms: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    otherwise: str | None = None
    blanks: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    example: str = ""
    person: bool = False

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"{self.name}: {self.type} is not a type of column")

    @property
    def label(self) -> str:
        """The column as a sentence names it: its French and its English header."""
        return self.fr if self.fr == self.en else f"{self.fr} / {self.en}"

    @property
    def names(self) -> tuple[str, ...]:
        """Every header that means this column, the canonical name first."""
        return (self.name, self.fr, self.en, *self.synonyms)


@dataclass(frozen=True)
class Sheet:
    """One kind of list.

    `needs` holds, for each thing a row cannot do without, the columns that can give it. `key` is what makes a row this
    row and no other ("firm" stands for firm_id or, without one, the firm's name). `hints` are words which, in a
    sheet's name or title, tell this kind from another that the same columns would fit; `tells` are columns that only
    this kind carries. Where `only` names columns, a table that has none of them is of this kind only if a
    person says so.
    """

    kind: str
    fr: str
    says: str
    columns: tuple[Column, ...]
    needs: tuple[tuple[str, ...], ...]
    key: tuple[str, ...]
    hints: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.kind}: a column is declared twice")
        for alternatives in self.needs:
            if not set(alternatives) <= set(names):
                raise ValueError(f"{self.kind}: {' or '.join(alternatives)} is needed and not declared")

    def column(self, name: str) -> Column:
        """The column of that canonical name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def required(self, name: str) -> bool:
        """True where a row cannot stand without this very column."""
        return (name,) in self.needs

    @property
    def persons(self) -> tuple[str, ...]:
        """The columns that speak of persons."""
        return tuple(column.name for column in self.columns if column.person)

    @property
    def withheld(self) -> tuple[str, ...]:
        """What no generation holds: the columns about persons, and what stands in columns that nobody declared."""
        return (*self.persons, "notes")

    @property
    def dates(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.type == "date")


def schema(sheet: Sheet) -> pa.Schema:
    """The clean table of a sheet: its columns typed, a precision (day, month or year) for each date, where from.

    `name_key` (the firm's name folded, without its legal form) exists where the sheet has a firm_name; `notes` is the
    JSON text of what the row says in columns that mean nothing to us; `sheet` and `row` are its place in the file.
    """
    fields = [pa.field(column.name, TYPES[column.type]) for column in sheet.columns]
    fields += [pa.field(f"{name}_precision", pa.string()) for name in sheet.dates]
    if any(column.name == "firm_name" for column in sheet.columns):
        fields.append(pa.field("name_key", pa.string()))
    fields += [pa.field("notes", pa.string()), pa.field("sheet", pa.string()), pa.field("row", pa.int64())]
    return pa.schema(fields)
