"""How a problem of a file is told to a reader: its sentence, with days, fields and choices in the reader's language."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from data.problem import Problem
from data.sheets import SHEETS
from words import Words

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAYS = {"day", "until", "first", "second", "latest", "stated_on", "entered_on", "left_on", "closed_on", "founded_on"}
# French words for what the tables hold: the first that people write for it.
CHOICES = {
    canonical: words[0]
    for sheet in SHEETS.values()
    for column in sheet.columns
    for canonical, words in column.choices.items()
    if words
}
COLUMNS = {column.name: column for sheet in SHEETS.values() for column in sheet.columns}


def told(t: Words, problem: Problem) -> str:
    """The sentence of a problem in the reader's language, its places as the reader writes them."""
    places: dict[str, Any] = {
        "sheet": problem.sheet,
        "row": str(problem.row),
        "column": problem.column,
        "value": problem.value,
        **{name: _place(t, name, value, problem.details) for name, value in problem.details.items()},
    }
    return t(problem.wrong.shown, **places)


def _place(t: Words, name: str, value: Any, details: dict[str, Any]) -> Any:
    """One place of a sentence: days written out, names of fields and choices in the reader's language."""
    if name in _DAYS and isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    if name == "order":
        return {"day/month/year": t("day/month/year"), "month/day/year": t("month/day/year")}.get(value, value)
    if name == "label" and (fields := details.get("fields") or details.get("field")):
        french = t.language == "fr"
        columns = [COLUMNS[one] for one in str(fields).split(" or ")]
        return t.either(column.fr if french else column.en for column in columns)
    if t.language == "fr" and name in ("otherwise", "nearest", "known") and isinstance(value, str):
        return ", ".join(CHOICES.get(one, one) for one in value.split(", "))
    # The numbers of rows are names: no sign between their digits.
    return str(value) if isinstance(value, int) and name in ("first", "other", "receipt") else value
