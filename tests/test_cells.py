"""Text cells: folding, names' keys, what is missing, identifiers, yes and no."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.cells import damaged, fold, identifiers, missing, name_key, spelling, yes_no


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x17F)))
def test_folding_forgets_case_accents_and_composition(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert fold(f"  {text} ") == fold(text)
    assert fold(fold(text).upper()) == fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("L’incubateur de l'Éducation", "L'INCUBATEUR DE L'EDUCATION "),
        ("Casa-blanca", "casa blanca"),
        ("Date\u00a0d’entrée", "Date d'entree"),
        ("start_date", "Start date"),
        ("Œuvre", "oeuvre"),
        ("القـطاع", "القطاع"),
    ],
)
def test_spellings_that_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_different_names_do_not_fold_alike() -> None:
    assert fold("Rabat") != fold("Rabat-Salé")
    assert fold("Bâtiment 1") != fold("Bâtiment 2")


@pytest.mark.parametrize(
    "name",
    [
        "Amal Conseil",
        "AMAL-CONSEIL SARL",
        "Amal Conseil S.A.R.L. AU",
        "amal  conseil sarlau",
        "Amal Conseil S.A.",
        "Amál Conseil Ltd",
    ],
)
def test_the_key_of_a_name_forgets_its_legal_form(name: str) -> None:
    assert name_key(name) == "amal conseil"


def test_the_key_of_a_name_is_never_empty() -> None:
    assert name_key("SA") == "sa"
    assert name_key("شركة الأمل") == name_key("شركه الأمل".replace("ه", "ة"))
    assert name_key("&") != ""


@pytest.mark.parametrize(
    "cell", [None, "", "  ", "-", "—", "n.c.", "NC", "n.d.", "N/A", "#N/A", "?", "n.r.", float("nan"), "Néant"]
)
def test_what_stands_for_nothing_is_missing(cell: object) -> None:
    assert missing(cell)


@pytest.mark.parametrize("cell", [0, 0.0, "0", False, "zéro", "12", "Atlas"])
def test_zero_is_not_missing(cell: object) -> None:
    assert not missing(cell)


def test_a_name_may_be_two_letters() -> None:
    assert spelling("NC") == "NC" and spelling("ND") == "ND"
    assert spelling("n.c.") is None and spelling("-") is None


def test_identifiers_stay_text() -> None:
    typed = identifiers(["001704504319822", 123.0, 45, " 0012 ", None, "RC 00012"])
    assert typed.values == ["001704504319822", "123", "45", "0012", None, "RC 00012"]
    assert not typed.wrongs


@pytest.mark.parametrize("cell", ["1,51235E+12", "2,30811e+23", "1E+15", 1.51235e24, 12.5])
def test_destroyed_digits_are_never_an_identifier(cell: object) -> None:
    assert damaged(cell)
    typed = identifiers([cell])
    assert typed.values == [None] and typed.wrongs[0][0] == "damaged-identifier"


@given(st.integers(min_value=0, max_value=10**14))
def test_a_whole_number_is_an_identifier_without_decimals(number: int) -> None:
    assert identifiers([float(number)]).values == [str(number)]


def test_yes_and_no() -> None:
    typed = yes_no(["Oui", "non", "YES", "n", True, False, 1, 0, "x", "نعم", None, "peut-être"])
    assert typed.values == [True, False, True, False, True, False, True, False, True, True, None, None]
    assert set(typed.wrongs) == {11}
