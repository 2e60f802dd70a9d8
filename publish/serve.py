"""Serves a written site from memory: whole answers made ready, compressed once; nothing else of this machine is read.

It knows no ledger, no session and no cookie: a request is a name, and the answer to a name that is not in the site's
manifest is the same whatever the name is. What does not have the digest that the manifest gives is not served.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import brotli  # type: ignore[import-untyped]

MANIFEST = "manifest.json"
API, DESCRIBED = "/api/v1/metrics", "/api/v1/openapi.json"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".jsonld": "application/ld+json; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PACKED = {".woff2", ".png", ".parquet", ".xlsx"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
)
# What other sites may show in a frame of theirs, and nothing else.
FRAMED = "embed/"
_NAMED_BY_CONTENT = re.compile(r"assets/.+\.[A-Za-z0-9_-]{8}\.[a-z0-9]+")
_NEVER = re.compile(r"\s*q=0(\.0*)?\s*")
_FIRMS = re.compile(r"(^|[/.])directory\b")
# Looked at again after so many seconds: a site may be written anew while it is served.
LOOK = 2.0
QUALITY = 9
# What a browser, or a server in between, keeps without asking: short, so that what is withdrawn is soon gone there too.
KEPT = b"public, max-age=300"
NOT_FOUND = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>404</title>'
    b'<meta name="viewport" content="width=device-width, initial-scale=1">'
    b'<meta name="color-scheme" content="light dark">'
    b"<h1>404</h1><p>Not found. <span lang=fr>Introuvable.</span></p></html>\n"
)
UNWRITTEN = (
    b'<!doctype html><html lang="fr"><meta charset="utf-8"><title>503</title><meta name="robots" content="noindex">'
    b'<meta name="viewport" content="width=device-width, initial-scale=1">'
    b'<meta name="color-scheme" content="light dark">'
    b"<h1>Un instant</h1><p>Ces pages sont en cours d\xe2\x80\x99\xc3\xa9criture. Revenez dans une minute.</p>"
    b"<p lang=en>These pages are being written. Come back in a minute.</p></html>\n"
)
SAID = {
    200: b"OK",
    204: b"No Content",
    304: b"Not Modified",
    308: b"Permanent Redirect",
    404: b"Not Found",
    429: b"Too Many Requests",
    503: b"Service Unavailable",
}
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Answer:
    """A whole answer: `headers` without those that a server adds for itself."""

    status: int
    headers: Headers
    body: bytes

    @cached_property
    def raw(self) -> bytes:
        """Its first lines as they go over the wire, up to that of the date."""
        lines = [b"HTTP/1.1 %d %s" % (self.status, SAID[self.status])]
        lines += [b"%s: %s" % pair for pair in self.headers]
        return b"\r\n".join([*lines, *(b"%s: %s" % pair for pair in self.size)]) + b"\r\n"

    @cached_property
    def size(self) -> Headers:
        """The header of its length, where it has one."""
        return [] if self.status in (204, 304) else [(b"content-length", str(len(self.body)).encode())]


@dataclass(frozen=True)
class _Written:
    """A site as it was written at one time: where, every name with its digest, and the answers made so far."""

    folder: Path
    listed: Mapping[str, str]
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)


class Shelf:
    """The files of a site as answers, each made when it is first asked for."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self.folder, self.prefix = folder, prefix.rstrip("/")
        self._now = _Written(folder, {})
        self._stamp: tuple[int, int] | None = None
        self._looked = -LOOK

    def look_again(self) -> None:
        """Has the next request see what was written meanwhile, not only one some seconds later."""
        self._looked = -LOOK

    def _look(self) -> None:
        """Reads the manifest where it is another than before."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        try:
            # Where the folder is a link, all files are those of the one folder that the manifest is of.
            folder = self.folder.resolve()
            found = (folder / MANIFEST).stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._stamp:
                self._now = _Written(folder, json.loads((folder / MANIFEST).read_bytes()))
                self._stamp = stamp
        except (OSError, ValueError):
            # While it is written, what was there before stays.
            return

    def ready(self, path: str, accepts: str = "", etag: str = "", query: str = "") -> Answer | None:
        """As `answer`, where nothing has to be read or compressed for it; None where it has."""
        name = self._name(path, query)
        found = name if isinstance(name, Answer) else self._now.answers.get((name, _coding(accepts)))
        return found and _unless_had(found, etag)

    def answer(self, path: str, accepts: str = "", etag: str = "", query: str = "") -> Answer:
        """The answer to a path, in the best coding that is accepted; 304 where the asker has it."""
        name = self._name(path, query)
        return _unless_had(name if isinstance(name, Answer) else self._made(name, _coding(accepts)), etag)

    def _name(self, path: str, query: str) -> str | Answer:
        """The name in the manifest that a path means, or the answer where it means none."""
        self._look()
        if path == API or path.startswith(f"{API}/"):
            path = _api(path, query)
        elif path != DESCRIBED and self.prefix:
            if path == self.prefix:
                return _elsewhere(f"{self.prefix}/")
            if not path.startswith(f"{self.prefix}/"):
                return self._none
            path = path[len(self.prefix) :]
        name = path.removeprefix("/")
        name = f"{name}index.html" if not name or name.endswith("/") else name
        if name in self._now.listed:
            return name
        if name.startswith(FRAMED) and f"{name}.html" in self._now.listed:
            return f"{name}.html"
        if f"{name}/index.html" in self._now.listed:
            # Relative, so that a path like //host cannot lead away.
            return _elsewhere(f"{path.rstrip('/').rsplit('/', 1)[-1]}/")
        return self._none

    @property
    def _none(self) -> Answer:
        """What every name that is none is told; where there is nothing at all yet, that there soon will be."""
        return MISSING if "index.html" in self._now.listed else UNWRITTEN_YET

    def _made(self, name: str, coding: str) -> Answer:
        now = self._now
        found = now.answers.get((name, coding))
        if found is None:
            try:
                content = (now.folder / name).read_bytes()
            except OSError:
                content = b""
            if hashlib.sha256(content).hexdigest() != now.listed.get(name):
                # Written anew just now, or changed by somebody: the manifest says at the next look.
                self.look_again()
                return UNWRITTEN_YET
            found = now.answers[name, coding] = _answer(name, content, now.listed[name], coding)
        return found


@lru_cache(64)
def _coding(accepts: str) -> str:
    """The best coding that an Accept-Encoding header allows: br, gzip or "" for none."""
    allowed = set()
    for part in accepts.lower().split(","):
        name, _, quality = part.strip().partition(";")
        if not _NEVER.fullmatch(quality):
            allowed.add(name.strip())
    return next((coding for coding in ("br", "gzip") if coding in allowed), "")


def _elsewhere(address: str) -> Answer:
    return Answer(308, [(b"location", address.encode()), (b"cache-control", KEPT), *_SAFE], b"")


def _unless_had(found: Answer, etag: str) -> Answer:
    """The answer, or that the asker has just this already."""
    if not etag or found.status != 200:
        return found
    mark = next(value for name, value in found.headers if name == b"etag")
    if etag != "*" and mark not in [one.strip().removeprefix("W/").encode() for one in etag.split(",")]:
        return found
    kept = [(name, value) for name, value in found.headers if name not in (b"content-type", b"content-encoding")]
    return Answer(304, kept, b"")


def _api(path: str, query: str) -> str:
    """The file that answers what is asked of the API; "/" and a name of none where it asks for anything else.

    /api/v1/metrics is the catalogue, /api/v1/metrics/NAME.json a metric, `by` the dimensions it is cut by, in any
    order, `release` a number.
    """
    asked = parse_qs(query, keep_blank_values=True, max_num_fields=4) if query.count("&") < 4 else {"": [""]}
    name = path.removeprefix(API).removeprefix("/") or "metrics.json"
    stem, _, ending = name.rpartition(".")
    by = sorted(one for told in asked.pop("by", []) for one in told.split(","))
    (release, *more) = asked.pop("release", ["current"])
    plain = "".join([stem, ending, release, *by]).replace("_", "").isalnum()
    if asked or more or not plain or (release != "current" and not release.isdecimal()):
        return "/?"
    return f"/api/v1/{release}/{stem}{'.by-' if by else ''}{'-'.join(by)}.{ending}"


def _headers(framed: bytes) -> Headers:
    """What every answer tells the browser, with the pages that may show it in a frame."""
    return [
        (b"content-security-policy", POLICY.encode() + framed),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        # All of it is for everybody: pictures and data may stand in pages of others.
        (b"cross-origin-resource-policy", b"cross-origin"),
        (b"x-permitted-cross-domain-policies", b"none"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]


_SAFE, _FRAMED = [*_headers(b"'none'"), (b"x-frame-options", b"DENY")], _headers(b"*")
_ANYBODY: Headers = [(b"access-control-allow-origin", b"*")]
_HTML: Headers = [(b"content-type", TYPES[".html"].encode()), (b"cache-control", b"no-store")]
MISSING = Answer(404, [*_HTML, *_ANYBODY, *_SAFE], NOT_FOUND)
UNWRITTEN_YET = Answer(503, [*_HTML, (b"retry-after", b"30"), *_ANYBODY, *_SAFE], UNWRITTEN)
TOO_MUCH = Answer(
    429,
    [
        (b"content-type", TYPES[".txt"].encode()),
        (b"retry-after", b"1"),
        (b"cache-control", b"no-store"),
        *_ANYBODY,
        *_SAFE,
    ],
    b"That was too much at once. Try again in a moment.\n",
)
# A script of another page asks whether it may ask: for reading it may, with whatever it has kept.
_MAY_ASK = Answer(
    204,
    [
        *_ANYBODY,
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", b"if-none-match"),
        (b"access-control-max-age", b"86400"),
        (b"cache-control", b"public, max-age=86400"),
        *_SAFE,
    ],
    b"",
)


def lists_firms(name: str) -> bool:
    """Whether a file, or an address, is of the directory of firms, which they may leave at any moment."""
    return _FIRMS.search(name) is not None


def asked_whether(path: str) -> Answer:
    """The answer to OPTIONS: figures may be read by the scripts of any page, and nothing else be done."""
    return _MAY_ASK if path == API or path.startswith(f"{API.rpartition('/')[0]}/") else MISSING


def _answer(name: str, content: bytes, told: str, coding: str) -> Answer:
    ending = Path(name).suffix
    if ending in PACKED or len(content) < 200:
        coding = ""
    if coding == "br":
        content = brotli.compress(content, quality=QUALITY)
    elif coding == "gzip":
        content = gzip.compress(content, 9, mtime=0)
    kept = b"public, max-age=31536000, immutable" if _NAMED_BY_CONTENT.fullmatch(name) else KEPT
    if lists_firms(name):
        # A firm may leave the next moment: nobody on the way keeps what it is in.
        kept = b"no-store"
    headers: Headers = [
        (b"content-type", TYPES.get(ending, "application/octet-stream").encode()),
        (b"cache-control", kept),
        (b"etag", f'"{told[:20]}{coding and "-"}{coding}"'.encode()),
        (b"vary", b"accept-encoding"),
    ]
    if coding:
        headers.append((b"content-encoding", coding.encode()))
    if "data/" in name or name.startswith("api/"):
        # Open data may be read from any page.
        headers += [*_ANYBODY, (b"access-control-expose-headers", b"etag")]
    return Answer(200, [*headers, *(_FRAMED if name.startswith(FRAMED) else _SAFE)], content)


class Site:
    """The site as an ASGI application, to be mounted; `prefix` is where, `/stats` say.

    `still()` says whether all firms that are listed may be shown this very moment; it may block.
    """

    def __init__(self, folder: Path | str, prefix: str = "", still: Callable[[], bool] | None = None) -> None:
        self.shelf = Shelf(Path(folder), prefix)
        self.still = still

    async def __call__(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        method, path = scope["method"], scope["path"]
        if method in ("GET", "HEAD"):
            found = await self._found(scope)
        else:
            found = asked_whether(path) if method == "OPTIONS" else MISSING
        await send({"type": "http.response.start", "status": found.status, "headers": [*found.headers, *found.size]})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else found.body})

    async def _found(self, scope: Mapping[str, Any]) -> Answer:
        accepts = etag = ""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepts = value.decode("latin-1")
            elif name == b"if-none-match":
                etag = value.decode("latin-1")
        asked = scope["path"], accepts, etag, scope.get("query_string", b"").decode("latin-1")
        if self.still is not None and lists_firms(asked[0]) and not await asyncio.to_thread(self.still):
            return UNWRITTEN_YET
        # The first to ask for a page waits while it is compressed, and nobody else does.
        ready = self.shelf.ready(*asked)
        return ready if ready is not None else await asyncio.to_thread(self.shelf.answer, *asked)
