"""What a person decides about words and firms, in words: shared by the pages Lists and History."""

from __future__ import annotations

from data.sheets import SHEETS
from ui.upload_words import CHOICES
from words import Words


def fields(t: Words) -> dict[str, str]:
    """The fields whose words mean one of a list."""
    return {
        "site": t("Site"),
        "sector": t("Sector"),
        "status": t("Status"),
        "exit_reason": t("Reason of the exit"),
        "occupant_type": t("Kind of occupant"),
    }


def choices(field: str) -> tuple[str, ...]:
    """What a word of a field may mean where that is declared; nothing for the park's own lists."""
    columns = [column for sheet in SHEETS.values() for column in sheet.columns if column.name == field]
    return tuple(dict.fromkeys(choice for column in columns for choice in column.choices))


def meant(t: Words, field: str, means: str | None) -> str:
    """What a word means, as the reader says it."""
    if means is None:
        return t("nothing")
    return CHOICES.get(means, means) if t.language == "fr" and means in choices(field) else means
