"""The declarations hold together: a header, a word means one thing, and the clean table follows from them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from data.cells import fold
from data.sheet import TYPES, Column, Sheet, schema
from data.sheets import SHEETS

FIELDS = [
    "firm_id",
    "firm_name",
    "occupant_type",
    "site",
    "sector",
    "subsector",
    "founded_on",
    "entered_on",
    "left_on",
    "exit_reason",
    "status",
    "status_on",
    "closed_on",
    "graduated_on",
    "successor_id",
    "cohort",
    "area_m2",
    "monthly_rent",
    "headcount",
    "women_led",
    "legal_form",
    "contact_name",
    "contact_email",
    "contact_phone",
    "contact_identity",
]


@pytest.mark.parametrize("kind", ["tenants", "cohorts"])
def test_lists_of_firms_carry_every_field_of_the_contract(kind: str) -> None:
    assert sorted(column.name for column in SHEETS[kind].columns) == sorted(FIELDS)


@pytest.mark.parametrize("kind", SHEETS)
def test_a_header_means_one_column(kind: str) -> None:
    meant: dict[str, str] = {}
    for column in SHEETS[kind].columns:
        for name in column.names:
            assert meant.setdefault(fold(name), column.name) == column.name, name


@pytest.mark.parametrize("column", [c for s in SHEETS.values() for c in s.columns if c.choices], ids=lambda c: c.name)
def test_a_word_means_one_choice(column: Column) -> None:
    meant: dict[str, str | None] = {fold(word): None for word in column.blanks}
    for canonical, words in column.choices.items():
        for word in (canonical, *words):
            assert meant.setdefault(fold(word), canonical) == canonical, word
    assert column.otherwise in column.choices or column.type == "choices"


def test_the_choices_are_the_contract_s() -> None:
    tenants = SHEETS["tenants"]
    assert list(tenants.column("exit_reason").choices) == ["graduated", "moved", "closed", "merged", "evicted", "other"]
    assert list(tenants.column("status").choices) == ["hosted", "alumni", "closed", "merged", "unknown"]
    assert list(tenants.column("occupant_type").choices) == ["tenant", "bank", "desk", "service", "other"]


@pytest.mark.parametrize("kind", SHEETS)
def test_every_column_is_said_in_french_and_english_with_an_example(kind: str) -> None:
    for column in SHEETS[kind].columns:
        assert column.fr and column.en and column.says.endswith(".") and column.example, column.name


@pytest.mark.parametrize("kind", SHEETS)
def test_the_clean_table_follows_from_the_declaration(kind: str) -> None:
    sheet = SHEETS[kind]
    clean = schema(sheet)
    for column in sheet.columns:
        assert clean.field(column.name).type == TYPES[column.type]
        assert (f"{column.name}_precision" in clean.names) == (column.type == "date")
    assert clean.names[-3:] == ["notes", "sheet", "row"]
    assert ("name_key" in clean.names) == ("firm_name" in clean.names)


def test_money_is_decimal_and_dates_are_days() -> None:
    clean = schema(SHEETS["tenants"])
    assert clean.field("monthly_rent").type == pa.decimal128(18, 2)
    assert clean.field("entered_on").type == pa.date32()
    assert clean.field("firm_id").type == pa.string()


def test_a_declaration_that_cannot_hold_is_refused() -> None:
    name = Column("firm_name", "text", "Nom", "Name", "The name.")
    with pytest.raises(ValueError, match="not a type"):
        Column("firm_name", "colour", "Nom", "Name", "The name.")
    with pytest.raises(ValueError, match="twice"):
        Sheet("x", "X", "X.", (name, name), (), ())
    with pytest.raises(ValueError, match="not declared"):
        Sheet("x", "X", "X.", (name,), (("site",),), ())
