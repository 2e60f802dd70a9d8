"""Number cells: French and English writing, exact money, and never a guess between thousands and decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.figures import numbers

CENTIMES = st.integers(min_value=0, max_value=10**13)


def french(centimes: int, blank: str) -> str:
    return f"{centimes // 100:,}".replace(",", blank) + f",{centimes % 100:02d}"


@given(CENTIMES, st.sampled_from([" ", "\u00a0", "\u202f", ""]), st.sampled_from(["", " DH", " €", " MAD"]))
def test_french_amounts_are_read_back_to_the_centime(centimes: int, blank: str, unit: str) -> None:
    assert numbers([french(centimes, blank) + unit], "money").values == [Decimal(centimes) / 100]


@given(CENTIMES)
def test_english_amounts_are_read_back_to_the_centime(centimes: int) -> None:
    assert numbers([f"{centimes // 100:,}.{centimes % 100:02d}"], "money").values == [Decimal(centimes) / 100]


@given(st.integers(min_value=0, max_value=10**10))
def test_an_amount_from_a_float_is_what_the_float_shows(centimes: int) -> None:
    assert numbers([centimes / 100], "money").values == [Decimal(centimes) / 100]
    assert numbers([2.675], "money").values == [Decimal("2.68")]  # in binary it lies below


@given(st.floats(min_value=-1e14, max_value=1e14))
def test_a_number_that_is_one_stays_itself(number: float) -> None:
    assert numbers([number]).values == [number]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1 234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1'234.50", 1234.5),
        ("12,5 %", 0.125),
        ("120 m²", 120.0),
        ("120 M2", 120.0),
        ("1.234.567", 1234567.0),
        ("-12", -12.0),
        ("−12", -12.0),
        ("(12)", -12.0),
        ("0,078", 0.078),
        ("1e3", 1000.0),
        (7, 7.0),
        ("DH 1 200,00", 1200.0),
    ],
)
def test_figures_as_people_write_them(cell: object, number: float) -> None:
    typed = numbers([cell])
    assert typed.values == [number] and not typed.wrongs


@pytest.mark.parametrize("cell", [None, "", "-", "n.c.", "n.d.", "#N/A", "?", "NC", float("nan")])
def test_missing_is_never_zero(cell: object) -> None:
    for kind in ("number", "money", "integer"):
        typed = numbers([cell], kind)
        assert typed.values == [None] and not typed.wrongs


@pytest.mark.parametrize("cell", ["in restauro", "12 34", "1,23,4", "1.2.3", "12/05", True, "douze", "1 234 5", "--5"])
def test_what_is_no_number_says_so(cell: object) -> None:
    typed = numbers([cell])
    assert typed.values == [None] and typed.wrongs[0][0] == "unreadable-number"


def test_an_error_of_the_spreadsheet_is_no_number() -> None:
    typed = numbers(["#DIV/0!"])
    assert typed.values == [None] and typed.wrongs[0][0] == "cell-error"


def test_the_column_decides_between_thousands_and_decimals() -> None:
    assert numbers(["23.824", "12,5"]).values == [23824.0, 12.5]
    assert numbers(["23.824", "12.5"]).values == [23.824, 12.5]
    assert not numbers(["23.824", "12.5"]).wrongs


def test_a_figure_that_nothing_decides_is_a_wrong_unless_decimals_make_no_sense() -> None:
    typed = numbers(["23.824", "17.518"])
    assert typed.values == [23824.0, 17518.0]
    assert [code for code, _ in typed.wrongs.values()] == ["doubtful-number"] * 2
    assert numbers(["1.200 DH"], "money").values == [Decimal("1200.00")] and not numbers(["1.200 DH"], "money").wrongs
    assert numbers(["1.200"], "integer").values == [1200] and not numbers(["1.200"], "integer").wrongs
    assert numbers(["33.573"], low=-90, high=90).values == [33.573]


def test_bounds_and_whole_numbers() -> None:
    assert numbers([-3.0], low=0).wrongs[0][0] == "negative-number"
    assert numbers([91], low=-90, high=90).wrongs[0][0] == "number-out-of-range"
    assert numbers(["12,5"], "integer").wrongs[0][0] == "not-whole"
    assert numbers([12.0, "12", "1 012"], "integer").values == [12, 12, 1012]
    assert numbers(["9" * 30], "money").wrongs[0][0] == "number-out-of-range"


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans()))
def test_nothing_in_a_cell_breaks_the_reading(cell: object) -> None:
    for kind in ("number", "money", "integer"):
        numbers([cell], kind, low=0)


@pytest.mark.parametrize("kind, shares", [("money", True), ("integer", True), ("number", False)])
@pytest.mark.parametrize("cell", ["12,5 %", "100%", "12٪"])
def test_a_percentage_is_no_amount(kind: str, shares: bool, cell: str) -> None:
    typed = numbers([cell, "40"], kind, shares=shares)
    assert typed.values == [None, 40] and typed.wrongs == {0: ("percent-amount", {})}
