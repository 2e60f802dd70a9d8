"""Answers leave as they are written: without this the system holds each back until the reader's has told that it got
the first part of it, some 40 ms, wherever a connection is used again."""

from __future__ import annotations

import socket

import uvicorn

_startup = uvicorn.Server.startup


async def _promptly(self: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
    for one in sockets or ():
        if one.family in (socket.AF_INET, socket.AF_INET6):
            # Every connection it takes has it too. asyncio sets it only on sockets that were made as TCP by name.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await _startup(self, sockets)


def prompt() -> None:
    """Has every server of this process, which `streamlit run` makes without a setting for it, send at once."""
    uvicorn.Server.startup = _promptly  # type: ignore[method-assign]
