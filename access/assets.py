"""The files a browser needs before anything shows: compressed once, kept, and fetched by a browser only once."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import brotli  # type: ignore[import-untyped]
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The content of a file so named never changes: its name holds a digest of it.
HASHED = re.compile(r"\.[A-Za-z0-9_-]{8}\.[a-z0-9]+$")
# For the browser of somebody signed in, not for servers in between.
FOREVER = "private, max-age=31536000, immutable"
PACKED = {".woff", ".woff2", ".png", ".gif", ".jpg", ".jpeg", ".ico", ".webp"}
QUALITY = 9
SMALL = 600
TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """One file, read when first asked for."""

    path: Path

    @cached_property
    def content(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:32]

    @property
    def media_type(self) -> str:
        found = TYPES.get(self.path.suffix) or mimetypes.guess_type(self.path.name)[0] or "application/octet-stream"
        return f"{found}; charset=utf-8" if found.startswith("text/") else found


@dataclass(frozen=True)
class Shelf:
    """Folders of files by the address they are served under, and where their compressed twins are kept."""

    folders: Mapping[str, Path]
    kept: Path
    _sent: dict[tuple[Path, str], bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def assets(self) -> dict[str, Asset]:
        """Every file there is, by its address: nothing else can be asked for."""
        return {
            f"{prefix}/{path.relative_to(folder).as_posix()}": Asset(path)
            for prefix, folder in self.folders.items()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def body(self, asset: Asset, encoding: str) -> bytes:
        """The file as it is sent, made now where nobody asked for it yet. Blocks: not for the event loop."""
        key = (asset.path, encoding)
        with self._lock:
            if key not in self._sent:
                self._sent[key] = asset.content if encoding == "identity" else self._twin(asset, encoding)
            return self._sent[key]

    def ready(self, asset: Asset, encoding: str) -> bytes | None:
        """The file as it is sent, if it was sent before."""
        return self._sent.get((asset.path, encoding))

    def _twin(self, asset: Asset, encoding: str) -> bytes:
        path = self.kept / f"{asset.digest}.{encoding}"
        try:
            return path.read_bytes()
        except OSError:
            pass
        made = compressed(asset.content, encoding)
        try:
            # Under another name first: a reader in another process never meets half a file.
            self.kept.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
            aside.write_bytes(made)
            os.replace(aside, path)
        except OSError:
            # A folder that cannot be written costs time at the next start, nothing else.
            pass
        return made

    def prepare(self) -> Iterator[tuple[str, int, int]]:
        """Compresses everything that is not yet, and gives address, size and compressed size of each."""
        for address, asset in self.assets.items():
            if worth(asset):
                yield address, len(asset.content), len(self.body(asset, "br"))


def lasting(asset: Asset, version: str) -> bool:
    """Whether what is under this address can never change."""
    return bool(HASHED.search(asset.path.name)) or (len(version) >= 8 and asset.digest.startswith(version))


def worth(asset: Asset) -> bool:
    """Whether compressing makes a file smaller at all."""
    return asset.path.suffix not in PACKED and asset.path.stat().st_size >= SMALL


def compressed(content: bytes, encoding: str) -> bytes:
    """The same in fewer bytes."""
    return brotli.compress(content, quality=QUALITY) if encoding == "br" else gzip.compress(content, 9, mtime=0)


def accepted(header: str | None) -> str:
    """The best encoding that an Accept-Encoding header allows: br, gzip or identity."""
    allowed = set()
    for part in (header or "").lower().split(","):
        name, _, quality = part.strip().partition(";")
        if not re.fullmatch(r"\s*q=0(\.0*)?\s*", quality):
            allowed.add(name.strip())
    return next((encoding for encoding in ("br", "gzip") if encoding in allowed), "identity")


def unchanged(headers: Headers, tag: str) -> bool:
    """Whether the browser has exactly this already."""
    asked = headers.get("if-none-match", "")
    return tag in {one.strip().removeprefix("W/") for one in asked.split(",")}


class Assets:
    """ASGI middleware: serves the files of a shelf, and one page for every address that shows the app.

    `language` says which to speak for what the URL asks and what the browser accepts; `pages` holds the page per
    language spoken and language that the browser alone would get.
    """

    def __init__(
        self,
        app: ASGIApp,
        shelf: Shelf,
        pages: Mapping[tuple[str, str], bytes],
        language: Callable[[str | None, str | None], str],
    ) -> None:
        self.app = app
        self.shelf = shelf
        self.language = language
        self.pages = {
            (*names, encoding): page if encoding == "identity" else compressed(page, encoding)
            for names, page in pages.items()
            for encoding in ("br", "gzip", "identity")
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        asset = self.shelf.assets.get(scope["path"])
        if asset is not None:
            answer = await self.answer(asset, Headers(scope=scope), scope.get("query_string", b"").decode("latin-1"))
            await answer(scope, receive, send)
            return
        replaced = False

        async def send_page(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and is_page(message):
                replaced = True
                await self.page(scope)(scope, receive, send)
            elif not replaced:
                await send(message)

        await self.app(scope, receive, send_page)

    async def answer(self, asset: Asset, headers: Headers, version: str) -> Response:
        """A file of the shelf; `version`, behind the question mark, may be the beginning of its digest."""
        encoding = accepted(headers.get("accept-encoding")) if worth(asset) else "identity"
        body = self.shelf.ready(asset, encoding) or await run_in_threadpool(self.shelf.body, asset, encoding)
        tag = f'"{asset.digest}-{encoding}"'
        sent = {
            "Cache-Control": FOREVER if lasting(asset, version) else "no-cache",
            "Content-Type": asset.media_type,
            "ETag": tag,
            "Vary": "Accept-Encoding",
        }
        if encoding != "identity":
            sent["Content-Encoding"] = encoding
        return Response(status_code=304, headers=sent) if unchanged(headers, tag) else Response(body, headers=sent)

    def page(self, scope: Scope) -> Response:
        """The page that the app grows in, in the reader's language from the first byte."""
        headers = Headers(scope=scope)
        asked = QueryParams(scope.get("query_string", b"")).get("lang")
        browser = headers.get("accept-language")
        language, own = self.language(asked, browser), self.language(None, browser)
        encoding = accepted(headers.get("accept-encoding"))
        body = self.pages[language, own, encoding]
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        sent = {
            "Cache-Control": "no-store",
            "Content-Language": language,
            "Content-Type": "text/html; charset=utf-8",
            "ETag": tag,
            "Vary": "Accept-Encoding, Accept-Language",
        }
        if encoding != "identity":
            sent["Content-Encoding"] = encoding
        return Response(status_code=304, headers=sent) if unchanged(headers, tag) else Response(body, headers=sent)


def is_page(message: Message) -> bool:
    """Whether an answer is the page that every address of the app shows; those of our own making have their policy."""
    headers = Headers(raw=message["headers"])
    html = message["status"] == 200 and headers.get("content-type", "").startswith("text/html")
    return html and "content-security-policy" not in headers
