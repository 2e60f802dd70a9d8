"""Both languages say everything, and write numbers, days, plurals and lists as their readers do."""

from __future__ import annotations

import re
import string
from datetime import date
from typing import Any

import pytest

import words
from tests import catalogue

FR, EN = words.of("fr"), words.of("en")
TRANSLATED = [language for language in words.LANGUAGES if language != "en"]


def places(message: str) -> set[tuple[str, str]]:
    """The named places of a message with their formats."""
    return {(name, spec or "") for _, name, spec, _ in string.Formatter().parse(message) if name is not None}


def forms(message: Any) -> tuple[str, ...]:
    """Singular and plural, or the one form there is."""
    return tuple(message) if isinstance(message, (list, tuple)) else (message or "",)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    told = {message.id: message for message in catalogue.read(language) if message.id}
    missing = {message: place for message, place in catalogue.said() if message not in told}
    assert missing == {}, "run `make words` and translate what is new"
    assert [message.id for message in catalogue.untranslated(catalogue.read(language))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over(language: str) -> None:
    said = {message for message, _ in catalogue.said()}
    unused = [message.id for message in catalogue.read(language) if message.id and message.id not in said]
    assert unused == [], "run `make words`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_same_places(language: str) -> None:
    for message in catalogue.read(language):
        if not message.id:
            continue
        ids = forms(message.id)
        strings = forms(message.string)
        wanted = set.union(*(places(one) for one in ids))
        for one in strings:
            # A singular may leave its number out ("one firm").
            assert places(one) == wanted or (len(ids) > 1 and places(one) <= wanted), message.id


def test_the_catalogue_is_as_the_tool_writes_it() -> None:
    for language in TRANSLATED:
        before = catalogue.path_of(language).read_bytes()
        try:
            catalogue.update(language)
            assert catalogue.path_of(language).read_bytes() == before, "run `make words`"
        finally:
            catalogue.path_of(language).write_bytes(before)


def test_numbers_are_written_as_the_reader_does() -> None:
    assert (FR.count(1200), EN.count(1200)) == ("1\u202f200", "1,200")
    assert (FR.share(0.8797), EN.share(0.8797)) == ("88,0\u00a0%", "88.0%")
    assert (FR.number(-0.04), FR.number(float("nan")), FR.count(None)) == ("0,0", "–", "–")
    assert (FR.signed(-3), FR.signed(3), FR.signed(0), FR.signed(-0.2)) == ("−3", "+3", "0", "0")


def test_days_are_written_as_the_reader_does() -> None:
    day = date(2020, 10, 25)
    assert (FR.day(day), EN.day(day)) == ("25 octobre 2020", "25 October 2020")
    assert (FR.day(date(2021, 1, 1)), EN.day(date(2021, 1, 1))) == ("1er janvier 2021", "1 January 2021")
    assert (FR.month(day), FR.short_month(day)) == ("octobre 2020", "oct. 2020")
    assert [EN.period(label) for label in ("2020", "2020Q3", "2020-07")] == ["2020", "Q3 2020", "Jul 2020"]
    assert [FR.period(label) for label in ("2020", "2020Q3", "2020-07")] == ["2020", "T3 2020", "juil. 2020"]


def test_plurals_are_those_of_the_language() -> None:
    def years(t: words.Words) -> list[str]:
        return [t.years(n) for n in (0, 1, 1.9, 2)]

    assert years(FR) == ["0,0 an", "1,0 an", "1,9 an", "2,0 ans"]
    assert years(EN) == ["0.0 years", "1.0 year", "1.9 years", "2.0 years"]


def test_places_are_filled_in_as_the_reader_writes_them() -> None:
    message = "{n:,} of {all:.0f}, {share:.1%}, {ratio:.2f}, {name}, {day}"
    told = FR(message, n=1200, all=1500.0, share=0.123, ratio=0.5, name="{é}", day=date(2020, 10, 25))
    assert told == "1\u202f200 of 1\u202f500, 12,3\u00a0%, 0,50, {é}, 25 octobre 2020"
    assert EN("a {curly} brace", curly="{x}") == "a {x} brace"
    assert EN("left { as it is") == "left { as it is"


def test_no_line_begins_with_a_sign_that_ends_another() -> None:
    for message in catalogue.read("fr"):
        if isinstance(message.id, str) and message.id:
            assert not re.search(r" [;:!?»](\s|$)|« ", FR(message.id)), message.id
    hashed = "One JSON file holds the whole release; its SHA-256 is {hash}."
    assert "\u00a0; son" in FR(hashed, hash="a") and "; its" in EN(hashed, hash="a")


def test_a_list_reads_as_one() -> None:
    assert (FR.list(["a", "b", "c"]), EN.list(["a", "b"]), FR.list([])) == ("a, b et c", "a and b", "")


def test_a_language_is_chosen_by_the_first_that_is_spoken() -> None:
    assert [words.preferred(*asked) for asked in (("en-GB",), ("de", "en"), ("fr_MA", "en"), (None, ""), ())] == [
        "en",
        "en",
        "fr",
        "fr",
        "fr",
    ]
    with pytest.raises(LookupError):
        words.of("xx")
