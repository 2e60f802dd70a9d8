"""How sites and sectors are spelt: as the park's lists spell them, or, where new ones may come, as most rows do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from data.cells import fold

_RESEMBLES = 90.0
_SEVERAL = re.compile(r"\s*[,;|\n]\s*")


@dataclass(frozen=True)
class Lists:
    """The park's lists as they are known: sites, and (sector, sub-sector or None)."""

    sites: tuple[str, ...] = ()
    sectors: tuple[tuple[str, str | None], ...] = ()


def nearest(text: str, names: Iterable[str]) -> str:
    """The name most like a text, or a dash where there are no names to choose from."""
    folded = {fold(name): name for name in names}
    found = process.extractOne(fold(text), list(folded), scorer=fuzz.WRatio)
    return folded[found[0]] if found else "–"


def spellings(
    texts: Sequence[str | None], counts: Sequence[int], known: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """For each folded text its one spelling, and those of them that `known` does not have.

    A known name keeps its spelling; a new one takes the most frequent (`counts[i]` rows say `texts[i]`), and among
    equally frequent ones rather one that is not all capitals or all small letters.
    """
    listed = {fold(name): name for name in known}
    written: dict[str, Counter[str]] = {}
    for text, count in zip(texts, counts, strict=True):
        if text is not None and (folded := fold(text)) not in listed:
            written.setdefault(folded, Counter())[text] += count

    def preferred(item: tuple[str, int]) -> tuple[int, bool]:
        return item[1], not (item[0].isupper() or item[0].islower())

    new = {folded: max(counter.items(), key=preferred)[0] for folded, counter in written.items()}
    return listed | new, list(new.values())


def resembling(new: Sequence[str], known: Iterable[str]) -> dict[str, str]:
    """New names that may be another name misspelt → that other name; names that differ in a number are not alike."""
    others = {fold(name): name for name in (*known, *new)}
    alike: dict[str, str] = {}
    for name in new:
        folded = fold(name)
        for other, spelt in others.items():
            same_numbers = re.findall(r"\d+", folded) == re.findall(r"\d+", other)
            told = alike.get(spelt) == name
            if other == folded or told or not same_numbers or len(folded) <= 4:
                continue
            if fuzz.ratio(folded, other, score_cutoff=_RESEMBLES):
                alike.setdefault(name, spelt)
    return alike


def first_sector(text: str, known: frozenset[str]) -> tuple[str, bool]:
    """(the sector a cell names, whether it names more): a known sector as a whole, else the first of an enumeration."""
    if fold(text) in known:
        return text, False
    parts = [part for part in _SEVERAL.split(text.strip()) if part]
    return (parts[0], True) if len(parts) > 1 else (text, False)


_GENERIC = re.compile(
    r"(?:feuil|feuille|sheet|tabelle|hoja|foglio|data|donnees|liste?|export|base|table|tableau|registre|suivi|synthese|total"
    r"|locataires?|entreprises?|firmes?|startups?|start ups?|tenants?|firms?|companies|hebergees?|residents?|anciens?"
    r"|sorties?|entrees?|actifs?|alumni|cohortes?|promotions?|promo|sites?|autres?|autres sites|divers|tous|toutes|all"
    r"|ورقة|n|\d+|[ ._()/-])+"
)


def site_of_sheet(sheet: str, sites: Iterable[str], new: bool) -> str | None:
    """The site a sheet's name gives: a listed site that it is, holds or (cut at 31 letters) begins; with `new` any name
    that is more than "Feuil1" or "Locataires 2020"."""
    folded = fold(sheet)
    if not folded:
        return None
    listed = {fold(name): name for name in sites}
    if folded in listed:
        return listed[folded]
    held = [name for key, name in listed.items() if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", folded)]
    begun = [name for key, name in listed.items() if len(sheet) >= 27 and key.startswith(folded)]
    for found in (held, begun):
        if len(found) == 1:
            return found[0]
    return " ".join(sheet.split()) if new and not held and not begun and not _GENERIC.fullmatch(folded) else None
