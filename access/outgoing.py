"""The one way out: requests to the organisation that signs people in, and to nobody else.

Nothing else in the app opens a connection to another machine. No redirect is followed, no proxy or password is taken
from the surroundings, and what comes back is bounded in bytes and in seconds.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from access.hosts import is_loopback

LARGEST = 262_144


class NotAllowed(ValueError):
    """An address that nobody configured."""


class NoAnswer(Exception):
    """Nothing usable came back; the text is for the log."""


@dataclass(frozen=True)
class Answer:
    """What came back: `told` is the JSON object of the body."""

    status: int
    told: dict[str, Any]


def origin_of(url: str) -> str:
    """Scheme, host and port of an address; raises NotAllowed unless it is https, or http on this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed(url) from None
    host = parts.hostname or ""
    plain = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc and not parts.fragment
    enciphered = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not plain or not enciphered:
        raise NotAllowed(url)
    standard = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port or standard}"


@dataclass(frozen=True)
class Outgoing:
    """Asks the addresses of a few `origins` (as `origin_of` writes them); `seconds` is for all of one answer."""

    origins: frozenset[str]
    seconds: float = 8.0

    def require(self, url: str) -> str:
        """The address, where it may be asked; raises NotAllowed."""
        if origin_of(url) not in self.origins:
            raise NotAllowed(url)
        return url

    def ask(self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """The JSON object at an address; a `form` is posted. Raises NotAllowed or NoAnswer; blocks."""
        parts = urlsplit(self.require(url))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = self._connection(parts.scheme, parts.hostname or "", parts.port)
        # A sender may drip its answer byte by byte: each byte is in time, the whole is not.
        late = threading.Timer(self.seconds, _cut, [connection])
        late.daemon = True
        late.start()
        try:
            sent = {"Accept": "application/json", "User-Agent": "essaim", **(headers or {})}
            if form is None:
                connection.request("GET", target, headers=sent)
            else:
                sent["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request("POST", target, urlencode(form).encode("ascii"), sent)
            got = connection.getresponse()
            body = got.read(LARGEST + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{parts.hostname} did not answer: {error!r}") from None
        finally:
            late.cancel()
            connection.close()
        return _read(got.status, body)

    def _connection(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.seconds)
        return http.client.HTTPSConnection(host, port, timeout=self.seconds, context=ssl.create_default_context())


def _cut(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(2)


def _read(status: int, body: bytes) -> Answer:
    if status >= 500:
        raise NoAnswer(f"answered {status}")
    if len(body) > LARGEST:
        raise NoAnswer(f"answered with more than {LARGEST} bytes")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise NoAnswer(f"answered {status} with what is no JSON") from None
    if not isinstance(told, dict):
        raise NoAnswer(f"answered {status} with no JSON object")
    return Answer(status, told)
