"""What forms send, and whether it was our own page that sent it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from access.guard import VISIT, Visit

# A form has so many fields at most; what is longer than a password may be is no field.
_FIELDS, _LONG = 20, 4_000
_COOKIE = "essaim-form"


class Foreign(Exception):
    """The form is not one of ours, or from before this session."""


def visit(request: Request) -> Visit:
    """Who asks, as the guard found out."""
    found = request.scope[VISIT]
    assert isinstance(found, Visit)
    return found


async def read(request: Request) -> dict[str, str]:
    """The fields of a form, each once and as it was typed; nothing where it is no form, or none of a browser's."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        text = (await request.body()).decode("ascii")
        told = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for name, value in told:
        if name in found or len(value) > _LONG or "\0" in value:
            return {}
        found[name] = value
    return found


class Seals:
    """Marks a form as ours: the mark is good for one session, or before it for one browser, and for one address."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac.digest(secret, b"essaim form", hashlib.sha256)

    def stamp(self, request: Request, response_cookie: list[str], action: str) -> str:
        """The mark for a form; a browser without a session is given a name of its own, by a cookie to be set."""
        return self._mark(self._who(request, response_cookie), action)

    def check(self, request: Request, fields: dict[str, str], action: str) -> None:
        """Raises Foreign unless the form bears the mark that was made for this browser and address."""
        whom = self._who(request, None)
        if not whom or not hmac.compare_digest(fields.get("csrf", ""), self._mark(whom, action)):
            raise Foreign

    def _mark(self, whom: str, action: str) -> str:
        return hmac.new(self._secret, f"{whom}\n{action}".encode(), hashlib.sha256).hexdigest()

    def _who(self, request: Request, made: list[str] | None) -> str:
        here = visit(request)
        if here.token:
            return f"session {here.token}"
        told = request.cookies.get(_name(here), "")
        if len(told) != 43 or not told.isascii():
            if made is None:
                return ""
            told = secrets.token_urlsafe(32)
            made.append(told)
        return f"browser {told}"


def _name(here: Visit) -> str:
    return _COOKIE if here.local and not here.secure else f"__Host-{_COOKIE}"


def keep(response: Response, here: Visit, made: list[str]) -> None:
    """Sets the cookie of a browser that has no session yet, where one was made."""
    if made:
        set_cookie(response, here, _name(here), made[0])


def set_cookie(response: Response, here: Visit, name: str, value: str, max_age: int | None = None) -> None:
    """A cookie that no script reads, that goes nowhere else, and that travels only enciphered but on this machine."""
    response.set_cookie(
        name, value, max_age=max_age, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax"
    )
