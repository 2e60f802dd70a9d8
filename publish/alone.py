"""A process of its own that serves a written site to everybody: HTTP/1.1 by hand, bytes made ready, a core each.

It needs nothing of this machine but the site's folder: whoever runs it need not be able to read anything else.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import socket
import sys
import time
from collections import Counter
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote

from publish.serve import MANIFEST, MISSING, TOO_MUCH, Shelf, asked_whether

# What a request may be: one line and its headers, no body; who says nothing for so long is let go.
MOST, IDLE = 16384, 20.0


class Counted:
    """How many requests each address has made in this second; beyond `most` (0: any number) it waits for the next."""

    def __init__(self, most: int) -> None:
        self.most, self.second, self.by = most, 0, Counter[str]()

    def too_many(self, address: str) -> bool:
        if not self.most:
            return False
        now = int(time.monotonic())
        if now != self.second:
            self.second = now
            self.by.clear()
        self.by[address] += 1
        return self.by[address] > self.most


class _Connection(asyncio.Protocol):
    """One visitor: requests one after the other, each answered with bytes made ready. HTTP/1.1, GET and HEAD alone."""

    def __init__(self, shelf: Shelf, counted: Counted) -> None:
        self.shelf, self.counted = shelf, counted
        self.address = ""
        self.waiting = b""
        self.transport: asyncio.Transport
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.address = (transport.get_extra_info("peername") or ("",))[0]
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
        if self.counted.too_many(self.address):
            found = TOO_MUCH
        elif parts[0] in (b"GET", b"HEAD"):
            address, _, query = parts[1].decode("latin-1").partition("?")
            path = unquote(address, errors="replace")
            accepts, etag = (
                headers.get(name, b"").decode("latin-1") for name in (b"accept-encoding", b"if-none-match")
            )
            found = self.shelf.answer(path, accepts, etag, query)
        else:
            found = asked_whether(parts[1].decode("latin-1")) if parts[0] == b"OPTIONS" else MISSING
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


def run(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = 8600,
    processes: int | None = None,
    most: int = 0,
    user: str = "",
) -> int:
    """Serves until it is stopped, a process per core. Returns 2 where the folder is no site, 4 if it cannot listen.

    `most` is how many requests a second each process answers to one address, 0: any number. `user` is whom it becomes
    once it listens, before it answers anybody.
    """
    if not (folder / MANIFEST).is_file():
        print(f"{folder} is no site: `python -m publish site {folder}` writes one.", file=sys.stderr)
        return 2
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        print(f"Cannot listen on {host}:{port}: {error.strerror}.", file=sys.stderr)
        return 4
    if user and (wrong := _become(user)):
        print(wrong, file=sys.stderr)
        return 2
    print(f"Serving {folder} on http://{host}:{listening.getsockname()[1]}", flush=True)
    children = []
    for _ in range((processes or os.cpu_count() or 1) - 1):
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(_serving(folder, listening, most))
            finally:
                os._exit(0)
        children.append(child)
    try:
        asyncio.run(_serving(folder, listening, most))
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
        for child in children:
            os.waitpid(child, 0)
    return 0


def _become(user: str) -> str:
    """Gives up every right but those of a user, for good; "" or why that cannot be."""
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        return f"There is no user {user} on this machine."
    try:
        os.setgroups([])
        os.setgid(found.pw_gid)
        os.setuid(found.pw_uid)
    except PermissionError:
        return f"Only root can become {user}: start it as root, or as {user} without --user."
    return ""


async def _serving(folder: Path, listening: socket.socket, most: int) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    shelf, counted = Shelf(folder), Counted(most)
    server = await loop.create_server(lambda: _Connection(shelf, counted), sock=listening, backlog=1024)
    async with server:
        await stopped.wait()
