"""Passwords are kept with Argon2id at its recommended strength, and those guessed first are refused."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access import passwords, totp
from access.passwords import Weak, common, fits, hashed, is_common, outdated, require_strong

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.usefixtures("slow")
def test_argon2id_takes_19_mib_twice() -> None:
    kept = hashed("zellige-bleu-42-cigogne")
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", kept)
    assert found and int(found[1]) >= 19 * 1024 and int(found[2]) >= 2 and int(found[3]) == 1
    assert fits(kept, "zellige-bleu-42-cigogne") and not fits(kept, "zellige-bleu-42-cigognE")
    assert not outdated(kept) and kept != hashed("zellige-bleu-42-cigogne")
    weaker = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA"
    assert outdated(weaker)
    # Strangers' passwords are checked against one that is as strong.
    assert passwords._strangers().startswith(found[0])


def test_nobody_has_the_strangers_password_and_a_damaged_one_fits_nothing() -> None:
    assert not fits(None, "nobody's password")
    for damaged in ("", "plain", "$argon2id$", "$2b$12$abc"):
        assert not fits(damaged, "plain") and not fits(damaged, "")


def test_the_same_accents_from_two_keyboards_are_one_password() -> None:
    assert fits(hashed("forêt bleue où dort"), "fore\u0302t bleue ou\u0300 dort")


def test_a_password_longer_than_any_can_be_fits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a long text costs does not grow with it: Argon2 does not get to see it."""
    read = list[int]()
    kept, real = hashed("x" * 257), passwords._bytes
    monkeypatch.setattr(passwords, "_bytes", lambda text: read.append(len(text)) or real(text))  # type: ignore[func-returns-value]
    assert not fits(kept, "x" * 257) and not fits(hashed(""), "x" * 100_000)
    assert max(read) < 257


_LINES = (
    "123456789012 qwertyuiop12 motdepasse123 azertyuiop123 Password1234 iloveyou1234 administrator",
    "casablanca2024 4815162342!! 111111111111 1q2w3e4r5t6y changeme1234 welcome12345 P@ssw0rd1234",
    "soleilsoleil nicolasnicolasnicolas Casablanca@2024 qwertyazerty abcdefghijklmnop aaaaaaaaaaab",
    "a123456789012 !@#$%^&*()_+ Motdepasse2024! azerty123456 MotDePasse!! zaq12wsxCDE# 1qaz2wsx3edc",
    "Mohamed123456 wydad1937wydad1937 essaim-technopark dimamaghrib1234 كلمةالسر123456 qwerty123456789",
    "Admin@123456 000000000000 january2024! bonjourbonjour jetaime123456 liverpool1234 trustno1trustno1",
    "fatimazahra99 Technopark2026! PepiniereRabat1 raja1949casablanca azertyazerty Pa$$w0rd2026",
    "mehdi-salma-2019 0000111122223333",
)
GUESSED = [one for line in _LINES for one in line.split()]
SOUND = (
    "correct horse battery stable oak", "mes trois chats dorment ici", "Vk7#pQz!29xLm", "tarte-aux-prunes-dimanche",
    "rivière grise sous pont", "قطة زرقاء تنام هنا", "gK2vbn48TTmq", "le parc a neuf portes", "zellige-bleu-42-cigogne",
)  # fmt: skip


@pytest.mark.parametrize("password", GUESSED)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Weak) as error:
        require_strong(password, "somebody")
    assert error.value.code == "common" and error.value.sentence


@pytest.mark.parametrize("password", SOUND)
def test_a_few_words_or_something_random_is_taken(password: str) -> None:
    require_strong(password, "karim@parc.ma")


@settings(max_examples=60, deadline=None)
@given(word=st.sampled_from(sorted(common())), digits=st.integers(0, 10**9), sign=st.sampled_from(["", "!", "@", "#?"]))
def test_no_word_of_the_list_becomes_sound_by_digits_and_signs(word: str, digits: int, sign: str) -> None:
    assert is_common(f"{word}{digits}{sign}") and is_common(f"{digits}{word.capitalize()}{sign}")


def test_what_a_password_manager_makes_is_taken() -> None:
    assert not [one for one in (secrets.token_urlsafe(15) for _ in range(300)) if is_common(one)]


@pytest.mark.parametrize(
    ("password", "code"),
    [("onze-car12.", "short"), ("x1 " * 86, "long"), ("\ufdfa" * 20, "long"), ("vert-Benali-7-portes", "name")],
)
def test_short_long_and_one_s_own_name_are_refused(password: str, code: str) -> None:
    with pytest.raises(Weak) as error:
        require_strong(password, "k.benali@parc.ma")
    assert error.value.code == code


def test_the_list_is_ours_and_long_enough() -> None:
    assert len(common()) > 1000


# Codes


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    from datetime import UTC, datetime

    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.step_of(secret, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize("code", [None, "", "12345", "1234567", "٢٨٧٠٨٢", "28708x", "-87082"])
def test_what_is_no_code_is_none(code: str | None) -> None:
    from datetime import UTC, datetime

    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.step_of(secret, code, datetime.fromtimestamp(59, UTC)) is None


def test_a_secret_is_160_bits_and_new_each_time() -> None:
    made = {totp.offer("a").secret for _ in range(5)}
    assert len(made) == 5 and all(len(secret) == 32 for secret in made)
