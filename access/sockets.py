"""Open sockets: watched while they are open, and cut once their session has ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("essaim")

# The most that a browser sends at once: what is in every field of a page.
LARGEST = 4 * 1024**2
# A session is said to be in use so often at most, in seconds.
TOUCHED = 20.0
# What looks at the ledger may fail for a moment; after so many times the socket goes.
_PATIENCE = 2


class Cut(Enum):
    """Why a socket was cut, with the code that its browser is told."""

    ENDED = 4401
    CROWDED = 1013
    LARGE = 1009


class Watch:
    """One socket between its browser and the app.

    `alive()` and `touch()` may block and are asked in a thread: whether the session still holds, every `every` seconds,
    and, after what a person did (`acted`), to count as in use. `crowded()`: one message more is too many.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        alive: Callable[[], bool],
        touch: Callable[[], bool],
        acted: Callable[[bytes], bool],
        crowded: Callable[[], bool],
        every: float = 2.0,
    ) -> None:
        self._receive, self._send = receive, send
        self._alive, self._touch, self._acted, self._crowded = alive, touch, acted, crowded
        self._every = every
        self._cut: asyncio.Future[Cut] | None = None
        self._waiting: asyncio.Future[Message] | None = None
        self._closed = False
        self._runs = 0
        self._touched = float("-inf")

    async def run(self, app: ASGIApp, scope: Scope) -> Cut | None:
        """Runs the app on this socket until either side or the watch ends it; why it was cut, None where it was not."""
        loop = asyncio.get_running_loop()
        self._cut = loop.create_future()
        looking = asyncio.create_task(self._look(), name="essaim-socket")
        try:
            await app(scope, self.receive, self.send)
        finally:
            looking.cancel()
            if self._waiting is not None:
                self._waiting.cancel()
            with suppress(asyncio.CancelledError):
                await looking
        return self._cut.result() if self._cut.done() else None

    async def _look(self) -> None:
        """Looks every few seconds whether the session holds."""
        missed = 0
        while True:
            await asyncio.sleep(self._every)
            try:
                holds = await run_in_threadpool(self._alive)
                missed = 0
            except Exception:
                # A socket of which nobody can say whether it may be open is not kept open.
                log.exception("Whether a session holds cannot be found out")
                missed += 1
                holds = missed < _PATIENCE
            if not holds:
                self._end(Cut.ENDED)
                return

    def _end(self, why: Cut) -> None:
        if self._cut is not None and not self._cut.done():
            self._cut.set_result(why)

    async def receive(self) -> Message:
        """The browser's next message, or, once it is cut, that it has gone."""
        assert self._cut is not None
        if not self._cut.done():
            if self._waiting is None:
                self._waiting = asyncio.ensure_future(self._receive())
            either: set[asyncio.Future[Any]] = {self._waiting, self._cut}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._cut.done() and self._waiting is not None:
            message = self._waiting.result()
            self._waiting = None
            await self._weigh(message)
            if not self._cut.done():
                return message
        return await self._gone()

    async def _gone(self) -> Message:
        assert self._cut is not None
        code = self._cut.result().value
        if not self._closed:
            self._closed = True
            # Whoever does not read what is sent is not waited for.
            with suppress(Exception):
                await asyncio.wait_for(self._send({"type": "websocket.close", "code": code}), 1)
        return {"type": "websocket.disconnect", "code": code}

    async def _weigh(self, message: Message) -> None:
        """Cuts what is too large or too much; counts the session as in use where a person did something."""
        if message["type"] != "websocket.receive":
            return
        content = message.get("bytes") or b""
        if len(content) > LARGEST or len(message.get("text") or "") > LARGEST:
            self._end(Cut.LARGE)
        elif self._crowded():
            self._end(Cut.CROWDED)
        elif self._acted(content):
            # A page that comes back by itself, after sleep or a broken line, asks for one run that nobody wanted.
            self._runs += 1
            now = asyncio.get_running_loop().time()
            if self._runs > 1 and now - self._touched >= TOUCHED:
                self._touched = now
                with suppress(Exception):
                    if not await run_in_threadpool(self._touch):
                        self._end(Cut.ENDED)

    async def send(self, message: Message) -> None:
        """What the app sends, until the socket is cut."""
        if self._cut is not None and self._cut.done():
            return
        if message["type"] == "websocket.close":
            self._closed = True
        await self._send(message)
