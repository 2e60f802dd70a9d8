"""What the text of a cell says: what is missing, how spellings compare, identifiers, yes and no."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from string import ascii_letters, digits
from typing import Any
from urllib.parse import urlsplit

Cell = Any

# Signs that people type in many shapes, brought to one: quotes, dashes and blanks; ligatures to their letters.
_UNIFY = str.maketrans(
    {
        **dict.fromkeys("’‘‛ʼ`´ʹ′", "'"),
        **dict.fromkeys("-_‐‑‒–—―−﹘－\u00a0\u202f\u2007\u2009\u200a\t\r\n", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u0640", None),
    }
)
_ASCII_UNIFY = str.maketrans({"-": " ", "_": " ", "`": "'", "\t": " ", "\r": " ", "\n": " "})


def _slowly_plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join([letter for letter in decomposed if not unicodedata.combining(letter)])


# What French names are made of, decomposed beforehand: four times as fast as decomposing each name.
_LATIN = {code: _slowly_plain(chr(code)) for code in (*range(0x41, 0x5B), *range(0xC0, 0x180))}
_LATIN |= str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})
_LATIN |= str.maketrans({"Œ": "oe", "Æ": "ae", "Ø": "o", "Đ": "d", "Ł": "l"})


def plain(text: str) -> str:
    """Lower case without accents; signs and blanks stay as they are."""
    if text.isascii():
        return text.lower()
    latin = text.translate(_LATIN)
    return latin if latin.isascii() else _slowly_plain(latin)


def fold(text: str) -> str:
    """The text as it is compared: accents and case off; quotes, dashes, underscores and blanks unified; trimmed.

    Folding a folded text changes nothing.
    """
    text = plain(text)
    return " ".join(text.translate(_ASCII_UNIFY if text.isascii() else _UNIFY).split())


_LEGAL_FORMS = frozenset(
    re.findall(
        r"\w+",
        "sarl sarlau sasu sas sa snc scs sca scop scoop eurl earl ei gie gip suarl suarlu ltd limited llc llp lp plc"
        " inc incorporated corp corporation co gmbh ag bv nv srl spa sl",
    )
)
_ENDS = _LEGAL_FORMS | {"au"}
_NOT_WORD = re.compile(r"[\W_]+")
_LATIN_WORDS = _LATIN | {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("."): None}


def name_key(name: str) -> str:
    """A firm's name folded, without signs or the legal form at its end: what two spellings of one name share."""
    key = name.translate(_LATIN_WORDS)
    if not key.isascii():
        key = _NOT_WORD.sub(" ", fold(name.replace(".", "")))
    words = key.split()
    end = len(words)
    while end > 1 and (words[end - 1] in _LEGAL_FORMS or words[end - 2 : end] == ["sarl", "au"]):
        end -= 1
    return " ".join(words[:end]) or fold(name)


# The same for a list of names in one go: of each Latin-1 letter its plain one, of every other sign a blank, and ODD for
# what is not one plain letter, so that `name_key` looks at it by itself.
_ODD = b"\x80"
_ONE_LETTER = {code: chr(code).translate(_LATIN_WORDS) for code in range(256)} | {ord("\n"): "\n"}
_LATIN_1 = b"".join(
    key.encode() if len(key) == 1 and key.isascii() else _ODD for key in map(_ONE_LETTER.__getitem__, range(256))
)
codecs.register_error("odd", lambda error: (_ODD * (error.end - error.start), error.end))  # type: ignore[attr-defined]


def name_keys(names: Sequence[str]) -> list[str]:
    """`name_key` of each name, five times as fast; no name holds a line break."""
    text = "\n".join(names).encode("latin-1", "odd").translate(_LATIN_1, b".").decode("latin-1")
    while "  " in text:
        text = text.replace("  ", " ")
    lines = text.replace(" \n", "\n").replace("\n ", "\n").strip(" ").split("\n")
    # No names at all are one empty line.
    return [
        line if line and line.isascii() and line.rpartition(" ")[2] not in _ENDS else name_key(name)
        for name, line in zip(names, lines, strict=bool(names))
    ]


_SIGNS = frozenset({"", "?", "??", "???", ".", "..", "...", "/", "//", "*", "x", "#n/a", "#n/d", "#na"})
_NOTHING = _SIGNS | {"n.c.", "n.c", "nc", "n.d.", "n.d", "nd", "n/a", "n/d", "n/c", "na", "n.a.", "n.a", "nr", "n.r."}
_NOTHING |= {"null", "none", "nan", "neant", "inconnu", "inconnue", "non communique", "non renseigne", "non disponible"}
_NOTHING |= {"a completer", "sans objet", "s.o.", "so", "unknown", "not available", "tbd", "non connu", "غير متوفر"}
# A name or an identifier may well be two letters long: only what can be neither is taken for missing there.
_NOTHING_NAMED = _SIGNS - {"x"} | {"n.c.", "n.d.", "n/a", "n.a.", "non communique", "non renseigne", "null"}


def missing(cell: Cell, named: bool = False) -> bool:
    """True for what stands for nothing: blank, `-`, `n.c.`, `#N/A`, `?` …; never for 0.

    `named` is for names and identifiers, where "NC" or "ND" may be what is meant.
    """
    if cell is None:
        return True
    if isinstance(cell, float):
        return cell != cell
    if isinstance(cell, bool | int | date | timedelta):
        return False
    text = str(cell)
    # No word for nothing is longer, and none starts with a digit.
    if len(text) > 40 or text[:1].isdecimal():
        return False
    return fold(text) in (_NOTHING_NAMED if named else _NOTHING)


# No sign or word for a nameless thing begins with one of these.
_BEGIN_NAMES = frozenset(ascii_letters + digits) - {
    begin for word in _NOTHING_NAMED for begin in (word[:1], word[:1].upper())
}


def spelling(cell: Cell) -> str | None:
    """A cell as text: needless blanks off, whole numbers without `.0`; None where it is missing."""
    if isinstance(cell, str):
        text = " ".join(cell.split())
        if text[:1] in _BEGIN_NAMES or len(text) > 16:
            return text
        return None if missing(text, named=True) else text
    if missing(cell, named=True):
        return None
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return " ".join(str(cell).split()) or None


_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,3}")


def damaged(cell: Cell) -> bool:
    """True for an identifier whose digits a spreadsheet has destroyed: `1,51235E+12`, or a number of over 15 digits."""
    if isinstance(cell, float):
        return abs(cell) >= 1e15 or not cell.is_integer()
    return isinstance(cell, str) and not cell.isdecimal() and _SCIENTIFIC.fullmatch(cell.strip()) is not None


@dataclass(frozen=True)
class Typed:
    """The distinct cells of one column, typed: `values[i]` for the i-th distinct cell, None where missing or wrong.

    `wrongs` maps the i-th cell to the code of a wrong and the details its sentence needs. For dates `precisions` stands
    beside the values, `order` is the order read ('dmy' or 'mdy'), `doubtful` the cells that both orders can read,
    `decided` whether anything but habit decided the order, `torn` whether the column holds certain dates of both,
    `witness` the first cell that only `order` can read.
    """

    values: list[Any]
    wrongs: dict[int, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    precisions: list[str | None] | None = None
    order: str | None = None
    doubtful: frozenset[int] = frozenset()
    decided: bool = True
    torn: bool = False
    witness: int | None = None


_YES = frozenset({"oui", "o", "yes", "y", "vrai", "true", "1", "x", "✓", "✔", "نعم"})
_NO = frozenset({"non", "n", "no", "faux", "false", "0", "✗", "✘", "لا"})


def yes_no(cells: Iterable[Cell]) -> Typed:
    """The distinct cells of one column as True and False; `x` is a tick, as in forms."""
    values: list[bool | None] = []
    wrongs: dict[int, tuple[str, dict[str, Any]]] = {}
    for i, cell in enumerate(cells):
        word = fold(spelling(cell) or "")
        value = True if word in _YES else False if word in _NO else None
        if value is None and not missing(cell):
            wrongs[i] = ("unreadable-yes-no", {})
        values.append(value)
    return Typed(values, wrongs)


_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.[a-z][a-z0-9-]*[a-z0-9]")
_LONGEST_ADDRESS = 300


def address(text: str) -> str | None:
    """A page's address with its scheme, http or https; None for what is no such address or bears a name or password."""
    whole = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(whole)
        host = (parts.hostname or "").encode("idna").decode()
        plain = parts.scheme in ("http", "https") and "@" not in whole and parts.port is None
    except (ValueError, UnicodeError):
        return None
    fits = plain and len(whole) <= _LONGEST_ADDRESS and _HOST.fullmatch(host) and not re.search(r"[\s<>\"'\\]", whole)
    return whole if fits else None


def addresses(cells: Iterable[Cell]) -> Typed:
    """The distinct cells of one column as addresses of pages."""
    values: list[str | None] = []
    wrongs: dict[int, tuple[str, dict[str, Any]]] = {}
    for i, cell in enumerate(cells):
        text = spelling(cell)
        values.append(address(text) if text else None)
        if text and values[-1] is None and not missing(cell):
            wrongs[i] = ("no-web-address", {})
    return Typed(values, wrongs)


def identifiers(cells: Iterable[Cell]) -> Typed:
    """The distinct cells of one column as text, leading zeros kept; digits that a spreadsheet destroyed are wrong."""
    values: list[str | None] = []
    wrongs: dict[int, tuple[str, dict[str, Any]]] = {}
    for i, cell in enumerate(cells):
        if type(cell) is str and cell.isdecimal():
            values.append(cell)
        elif damaged(cell):
            wrongs[i] = ("damaged-identifier", {})
            values.append(None)
        else:
            values.append(spelling(cell))
    return Typed(values, wrongs)
