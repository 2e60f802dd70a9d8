"""How a reader is spoken to: sentences in French or English, and numbers, days and lists as that reader writes them."""

from __future__ import annotations

import gettext
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import NumberPattern, format_decimal, format_percent, parse_pattern

CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
# Each language under the name its own readers give it; English is the language of the code.
LANGUAGES = {"fr": "Français", "en": "English"}
MISSING = "–"
# What a browser would break before a sign that stands apart from its word; ":green[" is markup.
_APART = re.compile(r" (?=[;:!?»](?:[\s.,)]|$))|(?<=«) ")


def mark(message: str) -> str:
    """The message itself, marked for the catalogues: for constants that are translated later, where they are shown."""
    return message


class Words:
    """One language. `t("A sentence with {places}.", places=3)` translates the constant and fills its places in.

    Places may carry Python's format of a number (`{n:,}`, `{share:.1%}`) and come out as the reader writes it; days
    come out written out. A place without a format is inserted as it is, numbers as counts.
    """

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self._catalogue = catalogue

    def __call__(self, message: str, /, **places: Any) -> str:
        told = self._catalogue.gettext(message) if message else ""
        return self._fill(told, places) if places else told

    def many(self, one: str, many: str, n: float, /, **places: Any) -> str:
        """The form of the sentence that goes with `n`, which both forms may name as {n}."""
        told = self._catalogue.ngettext(one, many, _plural(n, self.language))
        return self._fill(told, {"n": n, **places})

    def _fill(self, message: str, places: Mapping[str, Any]) -> str:
        """The sentence with numbers and days as the reader writes them."""
        told = []
        for text, name, spec in _parts(message):
            told.append(text)
            if name is not None:
                told.append(self._written(places[name], spec))
        return "".join(told)

    def _written(self, value: Any, spec: str) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, bool) or not hasattr(value, "__float__"):
            return str(format(value, spec))
        digits = int(spec.strip(",").lstrip(".").rstrip("f%") or 0) if "." in spec else 0
        return self.share(value, digits) if spec.endswith("%") else self.number(value, digits)

    def count(self, value: float | None) -> str:
        """A whole number, its thousands apart: 1 200, 1,200."""
        return self.number(value, 0)

    def number(self, value: float | None, digits: int = 1) -> str:
        """A number with so many decimals."""
        return MISSING if _missing(value) else format_decimal(_unsigned(value, digits), _pattern(digits), self.locale)

    def share(self, value: float | None, digits: int = 1) -> str:
        """A fraction between 0 and 1 as a percentage: 88,0 %, 88.0%."""
        if value is None or _missing(value):
            return MISSING
        return format_percent(value, _percentage(self.locale, digits), self.locale)

    def signed(self, value: float, digits: int = 0) -> str:
        """A change with its sign: +3, −2, 0."""
        told = self.number(abs(value), digits)
        return told if told == self.number(0, digits) else ("+" if value > 0 else "−") + told

    def value(self, value: float | None, unit: str) -> str:
        """A figure in the unit of its metric: shares as percentages, days and years with their name."""
        if value is None or _missing(value):
            return MISSING
        if unit == "share":
            return self.share(value)
        if unit == "days":
            return self.years(value / 365.25)
        return self.years(value) if unit == "years" else self.count(value)

    def years(self, value: float) -> str:
        """A span of time in years: 4,2 ans."""
        return self.many("{n:.1f} year", "{n:.1f} years", round(value, 1))

    def day(self, value: date) -> str:
        """25 octobre 2020; the first of a month as French writes it, 1er."""
        told = format_date(value, "d MMMM y", self.locale)
        return f"1er{told[1:]}" if self.language == "fr" and value.day == 1 else told

    def month(self, value: date) -> str:
        """octobre 2020."""
        return format_date(value, "LLLL y", self.locale)

    def short_month(self, value: date) -> str:
        """oct. 2020."""
        return format_date(value, "LLL y", self.locale)

    def short_day(self, value: date) -> str:
        """25/10/2020, in the order of both languages."""
        return f"{value:%d/%m/%Y}"

    def period(self, label: str) -> str:
        """A period by its label: 2020 stays, 2020Q3 becomes T3 2020 or Q3 2020, 2020-07 becomes juil. 2020."""
        if "Q" in label:
            year, quarter = label.split("Q")
            return format_date(date(int(year), 3 * int(quarter), 1), "QQQ y", self.locale)
        if "-" in label:
            return self.short_month(date.fromisoformat(f"{label}-01"))
        return label

    def list(self, items: Iterable[str]) -> str:
        """a, b et c."""
        return format_list(cast(Sequence[str], list(items)), locale=self.locale)

    def either(self, items: Iterable[str]) -> str:
        """a, b ou c."""
        return format_list(cast(Sequence[str], list(items)), style="or", locale=self.locale)

    def sentence(self, text: str) -> str:
        """A note as a sentence: its first letter large, a full stop behind."""
        return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"

    @property
    def separators(self) -> str:
        """The decimal and the thousands sign, as Plotly takes them."""
        return self.locale.number_symbols["latn"]["decimal"] + self.locale.number_symbols["latn"]["group"]


@cache
def _parts(message: str) -> tuple[tuple[str, str | None, str], ...]:
    """A sentence as pieces of text, each with the name and the format of the place behind it."""
    return tuple((text, name, spec or "") for text, name, spec, _ in string.Formatter().parse(message))


def _missing(value: float | None) -> bool:
    # Pandas' own mark of the missing has no number in it; a NaN is unequal to itself.
    return value is None or not hasattr(value, "__float__") or value != value


def _plural(n: float, language: str) -> int:
    """The number that chooses a plural: 1,9 an is one still in French, 1.9 years are several in English."""
    return int(n) if n == int(n) or language == "fr" else 2


def _unsigned(value: float | None, digits: int) -> float:
    """Minus nothing is nothing."""
    assert value is not None
    number = float(value)
    return 0.0 if round(number, digits) == 0 else number


def _digits(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


# Babel reads a pattern anew for every number that it writes by a pattern's text.
@cache
def _pattern(digits: int) -> NumberPattern:
    return parse_pattern(_digits(digits))


@cache
def _percentage(locale: Locale, digits: int) -> NumberPattern:
    return parse_pattern(locale.percent_formats[None].pattern.replace("#,##0", _digits(digits)))


def _held(told: str) -> str:
    """French whose signs are on the line of their word, however its translator typed the space between them."""
    return _APART.sub("\u00a0", told)


@cache
def of(language: str) -> Words:
    """The words of a language of LANGUAGES; its catalogue is compiled when it is first asked for."""
    path = CATALOGUES / language / "LC_MESSAGES" / "essaim.po"
    if language not in LANGUAGES:
        raise LookupError(f"There is no catalogue for {language!r}.")
    if not path.exists():
        return Words(language, gettext.NullTranslations())
    compiled = BytesIO()
    with path.open("rb") as handle:
        catalogue = read_po(handle, locale=language)
    if language == "fr":
        for message in catalogue:
            told = message.string
            message.string = _held(told) if isinstance(told, str) else tuple(map(_held, told or ()))
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Words(language, gettext.GNUTranslations(compiled))


def preferred(*asked: str | None) -> str:
    """The first of the languages asked for that is spoken here: "fr-MA" is French; else French."""
    for one in asked:
        if one and (code := one.replace("_", "-").split("-")[0].lower()) in LANGUAGES:
            return code
    return "fr"
