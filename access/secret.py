"""The secret by which forms and cookies of this app are known to be its own."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from access.passwords import is_common
from data.home import Home

SHORTEST = 32
FILE = "secret"
# What stands in examples, and what is put where something has to stand.
_SAMPLES = (
    "change",
    "example",
    "sample",
    "secret",
    "default",
    "placeholder",
    "insert",
    "replace",
    "please",
    "password",
)
_HOW = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"


def secret(home: Home, address: str | None, environment: Mapping[str, str] | None = None) -> bytes:
    """The secret of ESSAIM_SECRET, or of the file that ESSAIM_SECRET_FILE names: 32 bytes or more.

    Where the app listens on a loopback `address` and none is given, one is made and kept in the home, readable by its
    owner alone. Elsewhere a missing, short or sample one stops the start: SystemExit with a sentence.
    """
    from access.guard import is_loopback

    given = _given(os.environ if environment is None else environment)
    if given is not None:
        wrong = _wrong(given)
        if wrong:
            raise SystemExit(f"{wrong} {_HOW}")
        return given
    if not is_loopback(address):
        raise SystemExit(
            "ESSAIM_SECRET (or ESSAIM_SECRET_FILE) is missing, and the app is to listen on "
            f"{address or 'every address'}. {_HOW}"
        )
    return _kept(home)


def _given(environment: Mapping[str, str]) -> bytes | None:
    text, file = environment.get("ESSAIM_SECRET", ""), environment.get("ESSAIM_SECRET_FILE", "")
    if text.strip() and file.strip():
        raise SystemExit("ESSAIM_SECRET and ESSAIM_SECRET_FILE are both set: leave one of them.")
    if file.strip():
        try:
            content = Path(file).read_bytes().strip()
        except OSError as error:
            raise SystemExit(f"ESSAIM_SECRET_FILE cannot be read ({error.strerror}).") from None
        if not content:
            raise SystemExit(f"ESSAIM_SECRET_FILE is empty. {_HOW}")
        return content
    return text.strip().encode("utf-8", "surrogateescape") or None


def _wrong(given: bytes) -> str | None:
    """What is wrong with a secret that somebody chose."""
    if len(given) < SHORTEST:
        return f"The secret is too short: {len(given)} bytes, and {SHORTEST} are the least."
    text = given.decode("utf-8", "replace").casefold()
    if len(set(given)) < 12 or is_common(text) or any(sample in text for sample in _SAMPLES):
        return "The secret is a sample one or easy to guess."
    return None


def _kept(home: Home) -> bytes:
    """The secret in the home, made where it is missing; of two who make it at once both use the first one's."""
    path = home.folder / FILE
    try:
        home.folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            aside = home.folder / f".{FILE}.{secrets.token_hex(8)}"
            try:
                handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_urlsafe(48).encode())
                    file.flush()
                    os.fsync(file.fileno())
                with suppress(FileExistsError):
                    os.link(aside, path)
            finally:
                aside.unlink(missing_ok=True)
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb") as file:
            if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
                raise SystemExit(f"Others can read the secret {path}: run chmod 600 on it, or delete it for a new one.")
            content = file.read().strip()
    except OSError as error:
        raise SystemExit(f"The secret {path} can be neither read nor made ({error.strerror}).") from None
    if len(content) < SHORTEST:
        raise SystemExit(f"The secret {path} is damaged: delete it, and a new one is made.")
    return content
