"""Which header means which column: declared synonyms first, then likeness; a mapping file has the last word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz

from data.cells import fold
from data.sheet import Sheet
from data.sheets import SHEETS
from data.stated import undated

if TYPE_CHECKING:
    from data.table import Table

LIKENESS = 88.0  # of 100: a letter wrong in eight; below it two of our own headers begin to be alike
MARGIN = 4.0  # by which the best column must lead the next
SHORTEST = 6  # letters; of shorter words one wrong letter makes another word: Siet is as near to SIRET as to Site


_CELL = re.compile(r"(?:^|!)[A-Za-z]{1,3}[1-9]\d{0,6}$")


class MappingError(ValueError):
    """A mapping file that does not mean anything: wrong use, told in a sentence."""


@dataclass(frozen=True)
class Mapping:
    """The analyst's choices for one load; every part may be left out.

    `table` names the tables to take, where a sheet has several, each by its first cell: "A30", or "Feuil1!A30".
    `date_order` is "dmy" or "mdy", or says one of them for some headers. `columns` maps a header to a field, or to None
    to leave the column out; `values` maps, for a field, a text as written to what it means, or to None for nothing. All
    compare folded, and with the texts as they were meant where `repair_accents` says that they were encoded twice.
    """

    kind: str | None = None
    sheet: str | None = None
    header: int | None = None
    table: tuple[str, ...] = ()
    date_order: str | Dict[str, str] | None = None
    stated_on: date | None = None
    records_closures: bool | None = None
    columns: Dict[str, str | None] = field(default_factory=dict)
    values: Dict[str, Dict[str, str | None]] = field(default_factory=dict)
    new_sites: bool = False
    new_sectors: bool = False
    repair_accents: bool = False

    @classmethod
    def load(cls, source: str | Path | Dict[str, Any]) -> Mapping:
        """A mapping from its file or its JSON object; MappingError names what is wrong with it."""
        if isinstance(source, str | Path):
            try:
                content = json.loads(Path(source).read_text(encoding="utf-8-sig"))
            except OSError as error:
                raise MappingError(f"The mapping file {source} cannot be read: {error.strerror}.") from error
            except ValueError as error:
                raise MappingError(f"The mapping file {source} is not JSON: {error}.") from error
        else:
            content = source
        if not isinstance(content, dict):
            raise MappingError("A mapping is one JSON object with columns, values and so on.")
        known = set(cls.__dataclass_fields__)
        for name in content:
            if name not in known:
                raise MappingError(f'A mapping has no part "{name}". Its parts: {", ".join(sorted(known))}.')
        parts = {name: value for name, value in content.items() if value is not None}
        return cls(**{name: _PARTS[name](name, value, parts.get("kind")) for name, value in parts.items()})

    def as_json(self) -> dict[str, Any]:
        """The mapping as its JSON object, what was left out left out; `load` reads it back to the same mapping."""
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        said["stated_on"] = self.stated_on and self.stated_on.isoformat()
        said["table"] = list(self.table)
        said["columns"] = dict(self.columns)
        said["values"] = {name: dict(meanings) for name, meanings in self.values.items()}
        return {
            name: value
            for name, value in said.items()
            if value not in (None, {}, []) and (value is not False or name == "records_closures")
        }

    @property
    def whole_order(self) -> str | None:
        """The order of day and month that holds for the whole file."""
        return self.date_order if isinstance(self.date_order, str) else None

    def order_of(self, headers: Iterable[str]) -> str | None:
        """The order of day and month that is said for a column, by any of its headers."""
        if self.date_order is None or isinstance(self.date_order, str):
            return self.date_order
        said = {fold(header): order for header, order in self.date_order.items()}
        return next((said[fold(header)] for header in headers if fold(header) in said), None)

    def column(self, header: str) -> tuple[bool, str | None]:
        """(whether the mapping names this header, the field it gives it)."""
        folded = fold(header)
        for written, name in self.columns.items():
            if fold(written) == folded:
                return True, name
        return False, None


def _one_of(*allowed: Any) -> Any:
    def read(name: str, value: Any, _: Any) -> Any:
        if value not in allowed:
            raise MappingError(f'"{name}" is one of {", ".join(map(str, allowed))}; the mapping says {value!r}.')
        return value

    return read


def _order(name: str, value: Any, _: Any) -> str | dict[str, str]:
    orders = list(value.values()) if isinstance(value, dict) else [value]
    if not all(order in ("dmy", "mdy") for order in orders):
        raise MappingError(
            f'"{name}" is one of dmy, mdy, or an object of headers with one of these each; the mapping says {value!r}.'
        )
    return value


def _text(name: str, value: Any, _: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise MappingError(f'"{name}" is a text; the mapping says {value!r}.')
    return value


def _truth(name: str, value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise MappingError(f'"{name}" is true or false; the mapping says {value!r}.')
    return value


def _row(name: str, value: Any, _: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise MappingError(f'"{name}" is the number of the header\'s row, from 1; the mapping says {value!r}.')
    return value


def _cells(name: str, value: Any, _: Any) -> tuple[str, ...]:
    cells = [value] if isinstance(value, str) else value
    if not isinstance(cells, list) or not all(isinstance(cell, str) and _CELL.search(cell) for cell in cells):
        raise MappingError(
            f'"{name}" is the first cell of a table, like "A30", or several; the mapping says {value!r}.'
        )
    return tuple(cells)


def _day(name: str, value: Any, _: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise MappingError(f'"{name}" is a day like 2020-10-25; the mapping says {value!r}.') from error


def _fields(kind: Any) -> dict[str, Any]:
    sheets = [SHEETS[kind]] if kind in SHEETS else list(SHEETS.values())
    return {column.name: column for sheet in reversed(sheets) for column in sheet.columns}


def _columns(name: str, value: Any, kind: Any) -> dict[str, str | None]:
    fields = _fields(kind)
    if not isinstance(value, dict):
        raise MappingError(f'"{name}" maps headers to fields; the mapping says {value!r}.')
    given: dict[str, str] = {}
    folded: dict[str, str] = {}
    for header, target in value.items():
        if fold(header) in folded:
            raise MappingError(f'The mapping names the column "{header}" twice.')
        folded[fold(header)] = header
        if target is None:
            continue
        if not isinstance(target, str) or target not in fields:
            raise MappingError(
                f'The mapping sends the column "{header}" to {target!r}, which is no field. '
                f"Fields: {', '.join(fields)}."
            )
        if target in given:
            raise MappingError(f'The mapping sends both "{given[target]}" and "{header}" to {target}; choose one.')
        given[target] = header
    return dict(value)


def _values(name: str, value: Any, kind: Any) -> dict[str, dict[str, str | None]]:
    fields = _fields(kind)
    if not isinstance(value, dict):
        raise MappingError(f'"{name}" maps fields to texts and what they mean; the mapping says {value!r}.')
    for target, meanings in value.items():
        if target not in fields:
            raise MappingError(f'"{name}" names {target!r}, which is no field. Fields: {", ".join(fields)}.')
        if not isinstance(meanings, dict):
            raise MappingError(f'"{name}" of {target} maps texts to what they mean; the mapping says {meanings!r}.')
        choices = fields[target].choices
        for text, meaning in meanings.items():
            if meaning is None or (isinstance(meaning, str) and (not choices or meaning in choices)):
                continue
            allowed = f"one of {', '.join(choices)}, or null" if choices else "a text or null"
            raise MappingError(f'The value "{text}" of {target} means {allowed}; the mapping says {meaning!r}.')
    return {target: dict(meanings) for target, meanings in value.items()}


_PARTS: dict[str, Any] = {
    "kind": _one_of(*SHEETS),
    "sheet": _text,
    "header": _row,
    "table": _cells,
    "date_order": _order,
    "stated_on": _day,
    "records_closures": _truth,
    "columns": _columns,
    "values": _values,
    "new_sites": _truth,
    "new_sectors": _truth,
    "repair_accents": _truth,
}


@dataclass(frozen=True)
class Match:
    """The columns of one table that we understand.

    `columns` maps a field to the index of its column; `reasons` says for each field why ("mapping", "synonym", or
    "likeness 93"); `unmatched` are the columns kept as notes, `dropped` those the mapping leaves out, `twice` maps the
    index of a column to the field which another column already gives, `unsure` that of a column to the fields it
    resembles without being nearer to one of them.
    """

    kind: str
    columns: dict[str, int]
    reasons: dict[str, str]
    unmatched: tuple[int, ...]
    dropped: tuple[int, ...] = ()
    twice: Dict[int, str] = field(default_factory=dict)
    unsure: Dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[tuple[str, ...], ...]:
        """What rows of this kind need and no column gives, each as the fields that could give it.

        The site of a stay is not asked for: the sheet's name or the load may give it, which `check` sees to.
        """
        return tuple(
            names
            for names in SHEETS[self.kind].needs
            if not any(name in self.columns for name in names) and not (names == ("site",) and self.kind == "tenants")
        )


_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_NOT_WORD = re.compile(r"[^\w²%]+")
_SMALL = frozenset(
    re.findall(r"\w+", "de du des d la le les l a au aux the of an en n no num numero nb nbr nombre et and")
)


def _words(text: str) -> str:
    """The words of a folded header that matter, without plural s: two headers with the same words mean the same."""
    words = [word for word in _NOT_WORD.sub(" ", text).split() if word not in _SMALL]
    return " ".join(word[:-1] if len(word) > 4 and word.endswith("s") else word for word in words)


def _forms(header: str) -> list[str]:
    """A header in the forms it is looked up in, the most exact first."""
    folded = fold(header)
    dateless = fold(undated(header)) or folded
    plural = dateless.replace("(s)", "").replace("(e)", "").strip()
    bare = " ".join(_BRACKETS.sub(" ", plural).split())
    words = _words(bare)
    return [form for form in dict.fromkeys((folded, dateless, plural, bare, words, words.replace(" ", ""))) if form]


@cache
def _index(kind: str) -> dict[str, tuple[int, str]]:
    """Every form of every synonym of a kind → (its place among the column's synonyms, the field); exact forms first."""
    index: dict[str, tuple[int, str]] = {}
    names = [(fold(name), (place, c.name)) for c in SHEETS[kind].columns for place, name in enumerate(c.names)]
    for form, found in names:
        index.setdefault(form, found)
    for form, found in names:
        for key in (_words(form), _words(_BRACKETS.sub(" ", form))):
            for spaced in (key, key.replace(" ", "")):
                if spaced:
                    index.setdefault(spaced, found)
    return index


@lru_cache(maxsize=65536)
def known_header(text: str) -> bool:
    """True for a text that is one of our column names, in whatever kind of list."""
    if len(text) > 80:
        return False
    forms = _forms(text)
    return any(form in _index(kind) for kind in SHEETS for form in forms)


@lru_cache(maxsize=4096)
def _lookup(kind: str, header: str, joined: bool) -> tuple[int, str] | None:
    index = _index(kind)
    for form in _forms(header):
        if form in index:
            return index[form]
    if joined:
        # A two-row header is its group and then itself: "Bail Date d'entrée" means what its longest known ending means.
        words = header.split()
        for start in range(1, len(words)):
            for form in _forms(" ".join(words[start:])):
                if form in index:
                    return index[form]
    return None


def _alike(kind: str, header: str) -> dict[str, float]:
    """For each field the likeness (0 to 100) of a header to the nearest of its synonyms, order of words aside."""
    words = _words(_BRACKETS.sub(" ", fold(undated(header))))
    scores: dict[str, float] = {}
    if len(words) >= SHORTEST:
        for synonym, (_, name) in _index(kind).items():
            # What is not told surely to be about persons is a column nobody declared, and as well kept.
            if len(synonym) >= SHORTEST and name not in SHEETS[kind].persons:
                score = fuzz.token_sort_ratio(words, synonym, score_cutoff=LIKENESS - MARGIN)
                scores[name] = max(scores.get(name, 0.0), score)
    return scores


def _match(table: Table, mapping: Mapping, kind: str) -> Match:
    headers = [header or "" for header in table.headers]
    sheet = SHEETS[kind]
    fields = {column.name for column in sheet.columns}
    columns: dict[str, int] = {}
    reasons: dict[str, str] = {}
    dropped: list[int] = []
    free: list[int] = []
    for i, header in enumerate(headers):
        named, name = mapping.column(header)
        if named and name is None:
            dropped.append(i)
        elif named and name in fields and name not in columns:
            columns[name], reasons[name] = i, "mapping"
        elif header.strip():
            free.append(i)
    joined = len(table.header_rows) > 1
    found: dict[str, list[tuple[int, int]]] = {}
    for i in free:
        if hit := _lookup(kind, headers[i], joined):
            found.setdefault(hit[1], []).append((hit[0], i))
    twice: dict[int, str] = {}
    for name, places in found.items():
        for _, i in sorted(places):
            if name in columns:
                # What the mapping overrules was never in doubt; what two headers both say is.
                if reasons[name] != "mapping":
                    twice[i] = name
            else:
                columns[name], reasons[name] = i, "synonym"
    taken = set(columns.values()) | set(twice) | {i for places in found.values() for _, i in places}
    likely = []
    unsure: dict[int, tuple[str, ...]] = {}
    for i in free:
        if i not in taken:
            scores = sorted(((score, name) for name, score in _alike(kind, headers[i]).items()), reverse=True)
            near = [name for score, name in scores if score >= LIKENESS and scores[0][0] - score < MARGIN]
            second = scores[1][0] if len(scores) > 1 else 0.0
            if len(near) == 1 and scores[0][0] - second >= MARGIN:
                likely.append((scores[0][0], -i, scores[0][1]))
            elif near and any(name not in columns for name in near):
                unsure[i] = tuple(near)
    for score, minus, name in sorted(likely, reverse=True):
        if name not in columns:
            columns[name], reasons[name] = -minus, f"likeness {score:.0f}"
    used = set(columns.values()) | set(dropped)
    unmatched = tuple(i for i, header in enumerate(headers) if i not in used)
    order = [column.name for column in sheet.columns if column.name in columns]
    return Match(
        kind,
        {name: columns[name] for name in order},
        {name: reasons[name] for name in order},
        unmatched,
        tuple(dropped),
        twice,
        unsure,
    )


def _rank(match: Match, table: Table) -> tuple[int, bool, bool, int]:
    """How well a kind fits: columns understood, needs met, its words in the names around, columns only it carries."""
    sheet: Sheet = SHEETS[match.kind]
    around = {word for text in (table.sheet, *table.titles) for word in _NOT_WORD.sub(" ", fold(text)).split()}
    tells = sum(name in match.columns for name in sheet.tells)
    sited = "site" in match.columns or ("site",) not in sheet.needs or tells > 0
    # Anybody's list may name persons: they tell nothing about what a row is.
    told = len(match.columns) - len(set(sheet.persons) & set(match.columns))
    return told, not match.missing and sited, not around.isdisjoint(sheet.hints), tells


def match(table: Table, mapping: Mapping | None = None, kind: str | None = None) -> Match:
    """The kind of a table and what its columns mean.

    `kind` decides the kind, then the mapping's, else the kind that understands most columns and whose needs are met.
    Each header gives at most one field and each field comes from at most one header. Nothing is refused here:
    `Match.missing` says what is needed and not there.
    """
    mapping = mapping or Mapping()
    kind = kind or mapping.kind
    if kind is not None:
        if kind not in SHEETS:
            raise MappingError(f"There is no kind {kind!r}. Kinds: {', '.join(SHEETS)}.")
        return _match(table, mapping, kind)
    matches = [_match(table, mapping, kind) for kind in SHEETS]
    likely = [one for one in matches if not (only := SHEETS[one.kind].only) or {*only} & {*one.columns}]
    return max(likely, key=lambda match: _rank(match, table))
