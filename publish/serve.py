"""Serves a written site from memory: whole answers made ready, compressed once; nothing else of this machine is read.

It knows no ledger, no session and no cookie: a request is a name, and the answer to a name that is not in the site's
manifest is the same whatever the name is.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

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
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# What anybody may show in a frame.
FRAMED = "embed/"
# Looked at again after so many seconds: a site may be written anew while it is served.
LOOK = 2.0
QUALITY = 9
# What a request may be: one line and its headers, no body; who says nothing for so long is let go.
MOST, IDLE = 16384, 20.0
NOT_FOUND = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>404</title>'
    b'<meta name="viewport" content="width=device-width, initial-scale=1">'
    b"<h1>404</h1><p>Not found. <span lang=fr>Introuvable.</span></p></html>\n"
)
SAID = {200: b"OK", 304: b"Not Modified", 308: b"Permanent Redirect", 404: b"Not Found"}
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
        if self.status != 304:
            lines.append(b"content-length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n"


class Shelf:
    """The files of a site as answers, each made when it is first asked for."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self.folder, self.prefix = folder, prefix.rstrip("/")
        self._listed: Mapping[str, str] = {}
        self._answers: dict[tuple[str, str], Answer] = {}
        self._stamp: tuple[int, int] | None = None
        self._looked = -LOOK
        self._missing = self._none()

    def _look(self) -> None:
        """Reads the manifest where it is another than before."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        try:
            found = (self.folder / MANIFEST).stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._stamp:
                listed = json.loads((self.folder / MANIFEST).read_bytes())
                self._listed, self._answers, self._stamp = listed, {}, stamp
        except (OSError, ValueError):
            # While it is written, what was there before stays.
            return

    def answer(self, path: str, accepts: str = "", etag: str = "", query: str = "") -> Answer:
        """The answer to a path, in the best coding that is accepted; 304 where the asker has it."""
        self._look()
        if path == API or path.startswith(f"{API}/"):
            return self._answer(_api(path, query), accepts, etag)
        if path == DESCRIBED:
            return self._answer(path, accepts, etag)
        if self.prefix:
            if path == self.prefix:
                return Answer(308, [(b"location", f"{self.prefix}/".encode()), *_SAFE], b"")
            if not path.startswith(f"{self.prefix}/"):
                return self._missing
            path = path[len(self.prefix) :]
        return self._answer(path, accepts, etag)

    def _answer(self, path: str, accepts: str, etag: str) -> Answer:
        coding = "br" if "br" in accepts else "gzip" if "gzip" in accepts else ""
        found = self._answers.get((path, coding)) or self._made(path, coding)
        if etag and found.status == 200:
            mark = next(value for name, value in found.headers if name == b"etag")
            if etag == "*" or mark in [one.strip().removeprefix("W/").encode() for one in etag.split(",")]:
                kept = [
                    (name, value) for name, value in found.headers if name not in (b"content-type", b"content-encoding")
                ]
                return Answer(304, kept, b"")
        return found

    def _made(self, path: str, coding: str) -> Answer:
        name = path.removeprefix("/")
        name = f"{name}index.html" if not name or name.endswith("/") else name
        if name.startswith(FRAMED) and f"{name}.html" in self._listed:
            name = f"{name}.html"
        if name not in self._listed:
            return self._redirected(path) if f"{name}/index.html" in self._listed else self._missing
        try:
            content = (self.folder / name).read_bytes()
        except OSError:
            return self._missing
        made = _answer(name, content, self._listed[name], coding)
        self._answers[path, coding] = made
        return made

    def _redirected(self, path: str) -> Answer:
        # Relative, so that a path like //host cannot lead away.
        return Answer(308, [(b"location", f"{path.rstrip('/').rsplit('/', 1)[-1]}/".encode()), *_SAFE], b"")

    @staticmethod
    def _none() -> Answer:
        headers = [(b"content-type", TYPES[".html"].encode()), (b"cache-control", b"no-store"), *_SAFE]
        return Answer(404, headers, NOT_FOUND)


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


_SAFE: Headers = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]


def _answer(name: str, content: bytes, told: str, coding: str) -> Answer:
    ending = Path(name).suffix
    if ending in PACKED or len(content) < 200:
        coding = ""
    if coding == "br":
        content = brotli.compress(content, quality=QUALITY)
    elif coding == "gzip":
        content = gzip.compress(content, 9, mtime=0)
    kept = "public, max-age=31536000, immutable" if name.startswith("assets/") else "public, max-age=300"
    headers: Headers = [
        (b"content-type", TYPES.get(ending, "application/octet-stream").encode()),
        (b"cache-control", kept.encode()),
        (b"etag", f'"{told[:20]}{coding and "-"}{coding}"'.encode()),
        (b"vary", b"accept-encoding"),
    ]
    if coding:
        headers.append((b"content-encoding", coding.encode()))
    if "data/" in name or name.startswith("api/"):
        # Open data may be read from any page.
        headers.append((b"access-control-allow-origin", b"*"))
    return Answer(200, [*headers, *_SAFE], content)


class Site:
    """The site as an ASGI application, to be mounted; `prefix` is where, `/stats` say."""

    def __init__(self, folder: Path | str, prefix: str = "") -> None:
        self.shelf = Shelf(Path(folder), prefix)

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
        if scope["method"] not in ("GET", "HEAD"):
            found = self.shelf._missing
        else:
            asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
            found = self.shelf.answer(
                scope["path"],
                asked.get(b"accept-encoding", ""),
                asked.get(b"if-none-match", ""),
                scope.get("query_string", b"").decode("latin-1"),
            )
        size = [] if found.status == 304 else [(b"content-length", str(len(found.body)).encode())]
        await send({"type": "http.response.start", "status": found.status, "headers": [*found.headers, *size]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else found.body})


class _Connection(asyncio.Protocol):
    """One visitor: requests one after the other, each answered with bytes made ready. HTTP/1.1, GET and HEAD alone."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.waiting = b""
        self.transport: asyncio.Transport
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._wait()

    def connection_lost(self, error: Exception | None) -> None:
        if self.timer:
            self.timer.cancel()

    def _wait(self) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(IDLE, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            request, self.waiting = self.waiting[:end], self.waiting[end + 4 :]
            if not self._answered(request):
                self.transport.close()
                return
            self._wait()
        if len(self.waiting) > MOST:
            self.transport.close()

    def _answered(self, request: bytes) -> bool:
        """Answers one request; whether the connection stays open."""
        first, *lines = request.split(b"\r\n")
        parts = first.split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
            return False
        headers = {}
        for line in lines:
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        # No request here has a body: one that says so would be taken for the next request.
        closing = parts[2] == b"HTTP/1.0" or headers.get(b"connection", b"").lower() == b"close"
        closing = closing or b"content-length" in headers or b"transfer-encoding" in headers
        head = parts[0] == b"HEAD"
        if parts[0] in (b"GET", b"HEAD"):
            address, _, query = parts[1].decode("latin-1").partition("?")
            path = unquote(address, errors="replace")
            accepts, etag = (
                headers.get(name, b"").decode("latin-1") for name in (b"accept-encoding", b"if-none-match")
            )
            found = self.shelf.answer(path, accepts, etag, query)
        else:
            found = self.shelf._missing
        ending = b"connection: close\r\n\r\n" if closing else b"\r\n"
        self.transport.write(found.raw + _date() + ending + (b"" if head else found.body))
        return not closing


_dated: tuple[int, bytes] = (0, b"")


def _date() -> bytes:
    """The line of the date, made once a second."""
    global _dated
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, f"date: {formatdate(now, usegmt=True)}\r\n".encode())
    return _dated[1]


def run(folder: Path, host: str = "127.0.0.1", port: int = 8600, processes: int | None = None) -> int:
    """Serves until it is stopped, a process per core. Returns 2 where the folder is no site, 4 if it cannot listen."""
    if not (folder / MANIFEST).is_file():
        print(f"{folder} is no site: `python -m publish site {folder}` writes one.", file=sys.stderr)
        return 2
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        print(f"Cannot listen on {host}:{port}: {error.strerror}.", file=sys.stderr)
        return 4
    print(f"Serving {folder} on http://{host}:{listening.getsockname()[1]}", flush=True)
    children = []
    for _ in range((processes or os.cpu_count() or 1) - 1):
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(_serving(folder, listening))
            finally:
                os._exit(0)
        children.append(child)
    try:
        asyncio.run(_serving(folder, listening))
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
        for child in children:
            os.waitpid(child, 0)
    return 0


async def _serving(folder: Path, listening: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    shelf = Shelf(folder)
    server = await loop.create_server(lambda: _Connection(shelf), sock=listening, backlog=1024)
    async with server:
        await stopped.wait()
