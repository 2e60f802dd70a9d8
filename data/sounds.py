"""How firms' names are spelt and sound: their words without legal forms, what abbreviates what, Arabic beside Latin."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from data.cells import fold

_SPACES = re.compile(" ")
_FORMS = frozenset(
    _SPACES.split(
        "sarl sarlau sarlu sasu sas sa snc scs sca scop scoop eurl earl gie gip suarl ltd limited llc llp plc inc gmbh"
        " spa srl شمم شذمم"
    )
)
# Said before a name, these are no part of it.
_BEFORE = frozenset(_SPACES.split("entreprise ets etablissements شركة مقاولة مؤسسة"))
_SILENT = frozenset(_SPACES.split("de d du des la le les l et and of the a au aux en al el societe ste"))
_SHORT = {
    "dvpt": "developpement",
    "devpt": "developpement",
    "dev": "developpement",
    "intl": "international",
    "assoc": "associes",
    "cie": "compagnie",
    "ctre": "centre",
    "grp": "groupe",
    "mgt": "management",
    "mgmt": "management",
    "svc": "services",
    "svcs": "services",
    "st": "saint",
}
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8"}
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])")
_DOTTED = re.compile(r"(?<!\w)(?:\w\.){2,}\w?")
_WORD = re.compile(r"[^\W_]+")
_ARABIC = re.compile(r"[\u0600-\u06ff]")


def words(name: str) -> list[str]:
    """The words of a name, folded, without legal forms, articles and signs; S.A. is a legal form as SA is."""
    text = _DOTTED.sub(lambda dotted: dotted[0].replace(".", "") + " ", name) if "." in name else name
    said = _WORD.findall(fold(text.replace("&", " et ")).translate(_DIGITS))
    kept = [_SHORT.get(word, word) for word in said if word not in _FORMS and word not in _SILENT]
    # A single Arabic letter is an article or a conjunction, a Latin one tells A from B.
    kept = [word for word in kept if len(word) > 1 or not arabic(word)]
    if len(kept) > 1 and kept[0] in _BEFORE:
        kept = kept[1:]
    return kept or said


# Letters that French and Arabic write for one another, as one letter each. The table is our own: libraries give Latin
# letters for Arabic ones, and what is needed besides is French sounds brought to the same letters.
_LETTERS = {
    **dict.fromkeys("اأإآىةٱ", "a"),
    **dict.fromkeys("وؤ", "u"),
    **dict.fromkeys("يئ", "i"),
    **dict.fromkeys("بپ", "b"),
    **dict.fromkeys("تطث", "t"),
    **dict.fromkeys("دضذ", "d"),
    **dict.fromkeys("زظ", "z"),
    **dict.fromkeys("سص", "s"),
    **dict.fromkeys("كقخغڭگݣ", "k"),
    **dict.fromkeys("فڤ", "f"),
    **dict.fromkeys("حهعء", ""),
    **dict(zip("شجلمنر", "cjlmnr", strict=True)),
}
_FROM_ARABIC = str.maketrans(_LETTERS)
_FRENCH = (
    (re.compile("ch(?=[lnrt])"), "k"),
    (re.compile("ch|sh"), "c!"),
    (re.compile("ph"), "f"),
    (re.compile("th"), "t"),
    (re.compile("dj"), "j"),
    (re.compile("qu|kh|gh|gu(?=[eiy])"), "k"),
    (re.compile("c(?=[eiy])|ç"), "s"),
    (re.compile("c(?!!)"), "k"),
    (re.compile("g(?=[eiy])"), "j"),
    (re.compile("[gq]"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("ou|oo|[ow]"), "u"),
    (re.compile("ai|ei|[eéy]"), "i"),
    (re.compile("[h!]"), ""),
    (re.compile("v"), "f"),
    (re.compile("p"), "b"),
)
_VOWELS = re.compile("[aiu]")
_TWICE = re.compile(r"(.)\1+")


def arabic(text: str) -> bool:
    return _ARABIC.search(text) is not None


def sound(word: str) -> str:
    """A word in the few letters that its French and its Arabic spelling share."""
    # The Arabic article; written Al or not, it begins a French name too.
    word = word[2:] if word.startswith(("ال", "al")) and len(word) > 4 else word
    if arabic(word):
        word = unicodedata.normalize("NFC", word).translate(_FROM_ARABIC)
    else:
        for found, letter in _FRENCH:
            word = found.sub(letter, word)
    return _TWICE.sub(r"\1", word)


def bones(sounded: str) -> str:
    """The consonants of a sounded word: Arabic leaves most vowels out."""
    return _TWICE.sub(r"\1", _VOWELS.sub("", sounded))


@dataclass(frozen=True)
class Name:
    """A name taken apart: its words in order of the alphabet, its numbers, and all its letters in a row."""

    said: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    letters: str
    arabic: bool

    @staticmethod
    def of(said: str) -> Name:
        found = words(said)
        numbers = sorted(_ROMAN.get(w, w) for w in found if w.isdecimal() or w in _ROMAN or len(w) == 1)
        plain = [w for w in found if not (w.isdecimal() or w in _ROMAN or len(w) == 1)]
        return Name(said, tuple(sorted(plain)), tuple(numbers), "".join(plain), arabic(said))
