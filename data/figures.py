"""What a number cell says: French and English figures, amounts exact to the centime, whole numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from data.cells import Cell, Typed, missing

_UNIT = r"(?:m²|m2|m\^2|dhs?|mad|eur|euros?|€|\$|usd|£|gbp|tnd|dzd|xof|xaf|f ?cfa|fcfa"
_UNIT += r"|ht|ttc|/ ?mois|personnes?|pers\.?|emplois?|°)"
# Thousands and millions of dirhams, as turnover and budgets are given.
_SCALED = re.compile(r"(?<=[\d.,]) ?([km])(?:dhs?|mad)$")
_SCALES = {"k": 1_000, "m": 1_000_000}
_UNITS = re.compile(rf"^(?:{_UNIT} ?)+|(?: ?{_UNIT})+$")
_FIGURE = re.compile(r"([-+]?)(\d*(?:[ '.,]\d+)*[.,]?)(?:e([-+]?\d{1,2}))?")
_GROUPED = {sign: re.compile(rf"\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+") for sign in " '.,"}
_SPACES = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a\t\n\r", " "),
        **dict.fromkeys("‐‑–—−", "-"),
        "’": "'",
        # The Arabic signs for thousands, decimals and percent.
        "\u066c": " ",
        "\u066b": ",",
        "\u060c": ",",
        "\u066a": "%",
    }
)


def _figure(text: str) -> tuple[str | None, str | None, str | None]:
    """A written number as (plain figure, its decimal sign where certain, the one sign that may be either).

    The third is `.` or `,` for `23.824`: thousands or decimals, which only the rest of the column can say.
    """
    found = _FIGURE.fullmatch(text)
    if not found or not any(sign.isdecimal() for sign in found[2]):
        return None, None, None
    body, exponent = found[2], f"e{found[3]}" if found[3] else ""
    points, commas = body.count("."), body.count(",")
    decimal = either = None
    if points and commas:
        decimal = "." if body.rfind(".") > body.rfind(",") else ","
    elif points + commas == 1:
        sign = "." if points else ","
        before, after = body.split(sign)
        certain = len(after) != 3 or not 1 <= len(before) <= 3 or before[0] == "0" or " " in before or "'" in before
        decimal, either = (sign, None) if certain or exponent else (None, sign)
    whole, _, after = body.rpartition(decimal) if decimal else (body, "", "")
    if either:
        whole = body.replace(either, "")
    for sign in " '.,":
        if sign in whole:
            if not _GROUPED[sign].fullmatch(whole) or sign in after:
                return None, None, None
            whole = whole.replace(sign, "")
    if not after.isdecimal() and after:
        return None, None, None
    return f"{found[1]}{whole or 0}{'.' + after if after else ''}{exponent}", decimal, either


@dataclass(frozen=True, slots=True)
class _Number:
    """What one number cell can be: its value; another reading where one sign may group thousands or start decimals."""

    value: Decimal | None = None
    other: Decimal | None = None
    sign: str | None = None  # the decimal sign, where the cell shows which it is
    either: str | None = None  # the sign that may be one or the other
    wrong: str | None = None
    percent: bool = False


_UNREADABLE = _Number(wrong="unreadable-number")
# Most figures: digits, perhaps in threes, and decimals that nobody can take for thousands.
_USUAL = re.compile(r"(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)(?:([,.])(\d{1,2}))?", re.ASCII)


def _read_number(cell: Cell) -> _Number | Decimal | None:
    """A cell as its number where there is nothing more to say, None where it is missing, else all it can be."""
    if isinstance(cell, float):
        return None if cell != cell else Decimal(repr(cell)) if abs(cell) < 1e300 else _UNREADABLE
    if isinstance(cell, bool | date | timedelta):
        return _UNREADABLE
    if isinstance(cell, int):
        return Decimal(cell)
    return None if missing(cell) else _read_figure(str(cell))


def _read_figure(raw: str) -> _Number:
    """A number in writing, with its unit, percent sign or brackets for minus."""
    if raw.lstrip().startswith("#"):
        return _Number(wrong="cell-error")
    text = " ".join(raw.translate(_SPACES).lower().split())
    scaled = _SCALED.search(text)
    text = _UNITS.sub("", _SCALED.sub("", text)).strip()
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1].strip() if negative else text
    percent = text.endswith("%")
    text = _UNITS.sub("", text.rstrip("% ")).replace("- ", "-")
    figure, sign, either = _figure(text)
    if figure is None:
        return _UNREADABLE
    scale = (Decimal(-1) if negative else Decimal(1)) / (100 if percent else 1)
    scale *= _SCALES[scaled[1]] if scaled else 1
    other = Decimal(text.replace(either, ".")) * scale if either else None
    return _Number(Decimal(figure) * scale, other, sign, either, percent=percent)


def numbers(
    cells: Sequence[Cell],
    kind: str = "number",
    low: float | None = None,
    high: float | None = None,
    shares: bool = True,
) -> Typed:
    """The distinct cells of one column as floats (number), Decimals exact to the centime (money) or ints (integer).

    French and English figures, with blanks, units and, among numbers that may be `shares`, percent signs (`12,5 %` is
    0.125): an amount or a count with one is a wrong. Where `23.824` may be
    thousands or decimals the rest of the column decides; if it does not, a headcount and an amount are read as
    thousands (neither has three decimals), as is any other number, then with a warning. Outside `low` … `high` is a
    wrong.
    """
    values: list[Any] = []
    wrongs: dict[int, tuple[str, dict[str, Any]]] = {}
    signs: set[str] = set()
    special: list[tuple[int, _Number]] = []
    finish = _FINISH[kind]

    def within(number: Decimal) -> bool:
        return (low is None or number >= low) and (high is None or number <= high)

    def judged(i: int, number: Decimal) -> Any:
        if not within(number):
            wrongs[i] = ("negative-number" if low == 0 and number < 0 else "number-out-of-range", {})
        elif number.adjusted() > _DIGITS:
            wrongs[i] = ("number-out-of-range", {})
        elif kind == "integer" and number != number.to_integral_value():
            wrongs[i] = ("not-whole", {})
        else:
            return finish(number)
        return None

    for i, cell in enumerate(cells):
        number: _Number | Decimal | None
        if type(cell) is str and (usual := _USUAL.fullmatch(cell)):
            whole, sign, after = usual.groups()
            if sign:
                signs.add(sign)
            number = Decimal(f"{''.join(whole.split())}.{after}" if sign else "".join(whole.split()))
        else:
            number = _read_number(cell)
        if isinstance(number, _Number):
            special.append((i, number))
            if number.sign:
                signs.add(number.sign)
            number = None
        values.append(None if number is None else judged(i, number))
    for i, read in special:
        value = read.value
        if value is None:
            wrongs[i] = (read.wrong or "unreadable-number", {})
            continue
        if read.percent and (kind != "number" or not shares):
            wrongs[i] = ("percent-amount", {})
            continue
        if read.other is not None:
            if len(signs) == 1:
                value = read.other if read.either in signs else value
            elif within(value) != within(read.other):
                value = value if within(value) else read.other
            elif kind == "number":
                wrongs[i] = ("doubtful-number", {"read": f"{value:f}"})
        values[i] = judged(i, value)
    return Typed(values, wrongs)


_DIGITS = 14  # beyond them a float no longer holds every whole number
_CENTIME = Decimal("0.01")
_FINISH: dict[str, Callable[[Decimal], Any]] = {
    "number": float,
    "integer": int,
    "money": lambda value: value.quantize(_CENTIME, ROUND_HALF_UP),
}
