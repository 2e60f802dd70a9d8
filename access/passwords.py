"""Passwords: how they are kept (Argon2id), and which are too weak to be one.

Everything here works for some 40 ms and holds 19 MiB meanwhile: call it from a thread, never on the event loop.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from words import mark

SHORTEST, LONGEST = 12, 256
MEMORY_KIB, TURNS, LANES = 19 * 1024, 2, 1
# So many at once in one process: a crowd at the door must not take all memory.
_AT_ONCE = threading.BoundedSemaphore(4)
_COMMON = Path(__file__).resolve().parent / "common.txt"

SENTENCES = {
    "short": mark("The password is too short: take {least} characters or more, a few words for example."),
    "long": mark("The password is too long: {most} characters are the most."),
    "name": mark("The password holds the name of the account: take another."),
    "common": mark(
        "The password is one that is guessed first (common words, rows of keys, digits added): take another."
    ),
}

_hasher = PasswordHasher(time_cost=TURNS, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)


class Weak(ValueError):
    """A password that may not be one: `code` and `sentence` of SENTENCES, with `details` for its places."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code, self.sentence, self.details = code, SENTENCES[code], details
        super().__init__(self.sentence.format(**details))


def hashed(password: str) -> str:
    """The password as it is kept, in the PHC form with its parameters and its own salt."""
    with _AT_ONCE:
        return _hasher.hash(_bytes(password))


def fits(kept: str | None, password: str) -> bool:
    """Whether this is the password kept. Where none is kept, one is checked all the same: equal work."""
    # Asked for on both ways, so that the first stranger after a start waits no longer than the first person known.
    stranger = _strangers()
    usable = len(password) <= LONGEST
    try:
        with _AT_ONCE:
            right = _hasher.verify(kept or stranger, _bytes(password if usable else ""))
    except (Argon2Error, InvalidHashError):
        return False
    return right and usable and kept is not None


def outdated(kept: str) -> bool:
    """Whether a kept password was hashed with other parameters than those of today."""
    return _hasher.check_needs_rehash(kept)


def require_strong(password: str, name: str) -> None:
    """Raises Weak unless the password has 12 to 256 characters, not the name in it, and is not guessed early."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise Weak("short", least=SHORTEST)
    if len(plain) > LONGEST or len(password) > LONGEST:
        raise Weak("long", most=LONGEST)
    folded = _letters(plain)
    if any(len(part) >= 4 and part in folded for part in _parts(name)):
        raise Weak("name")
    if is_common(plain):
        raise Weak("common")


def is_common(password: str) -> bool:
    """Whether a guesser who tries common words, rows of keys, dates and repetitions comes to this early.

    A password is common where, digits and signs apart, two words of the list or three rows of keys make it up,
    repetitions counted once, or where it has hardly any different characters.
    """
    text = _once(_plain(_normal(password)))
    if len(set(text)) < 5:
        return True
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    return any(_few_words(re.sub(r"[\W\d_]+", "", one)) for one in {text, _unleet(text), _unleet(bare)})


def _few_words(text: str) -> bool:
    """Whether two words or letters, three rows of keys, or a word and a row make up the whole; nothing is made up."""
    least = [0] + [_DEAR] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - 24), end):
            if least[start] < _DEAR:
                least[end] = min(least[end], least[start] + _price(text[start:end]))
    return least[-1] < _DEAR


# Two words, three rows and a word with a row stay under it.
_DEAR = 7


def _price(part: str) -> int:
    if len(part) >= 3 and _is_row(part):
        return 2
    return 3 if len(part) == 1 or part in common() else _DEAR


def _once(text: str) -> str:
    """The piece that the text says over and over, its last time perhaps cut short; else the text."""
    for n in range(1, len(text) // 2 + 1):
        if text == (text[:n] * (len(text) // n + 1))[: len(text)]:
            return text[:n]
    return text


# Neighbours on the keyboards of the country and of its visitors, the alphabet and the digits.
_ROWS = (
    "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm",
    "abcdefghijklmnopqrstuvwxyz", "aqwzsxedcrfvtgbyhnujikolpm", "qazwsxedcrfvtgbyhnujmikolp",
    "aqzswxdecfrvgtbhynjukilom", "azqswxedcvfrtgbnhyujkiolpm",
)  # fmt: skip


@cache
def _is_row(part: str) -> bool:
    return any(part in row or part in row[::-1] for row in _ROWS) or len(set(part)) == 1


@cache
def common() -> frozenset[str]:
    """The words that guessers try first: our own list, folded to a–z."""
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(_plain(word) for line in lines if not line.startswith("#") for word in line.split())


@cache
def _strangers() -> str:
    """What is checked for those who have no account."""
    return hashed("nobody's password")


_LEET = str.maketrans("01345678@$!|+", "oleasbtbasiit")


def _unleet(text: str) -> str:
    return text.translate(_LEET)


def _plain(text: str) -> str:
    """Without accents and in small letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _plain(text))


def _parts(name: str) -> set[str]:
    """A name and its parts, as they would be found in a password."""
    local = name.split("@")[0]
    return {_letters(one) for one in (name, local, *re.split(r"[^\w]+|_", local))}


def _normal(password: str) -> str:
    # The same accents come in two ways from two keyboards.
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")
