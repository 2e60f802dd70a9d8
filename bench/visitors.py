"""Many visitors at once of a server on loopback, each asking again as soon as it is answered, as cheaply as it goes."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

VISITORS = 16


@dataclass
class Visitor:
    """One connection that is kept open, and what has come of the answer it waits for."""

    line: socket.socket
    got: bytearray = field(default_factory=bytearray)

    def answered(self) -> int:
        """The status once the whole answer is there, 0 before."""
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return 0
        place = self.got.find(b"content-length: ", 0, end + 2)
        size = int(self.got[place + 16 : self.got.index(b"\r", place)]) if place >= 0 else 0
        return int(self.got[9:12]) if len(self.got) >= end + 4 + size else 0


def asked(port: int, path: str, requests: int, headers: Mapping[str, str] | None = None) -> float:
    """Seconds until so many requests were answered with 200 or 304; raises RuntimeError for any other answer."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()
    waiting = selectors.DefaultSelector()
    begun = time.perf_counter()
    for _ in range(VISITORS):
        line = socket.create_connection(("127.0.0.1", port), timeout=20)
        waiting.register(line, selectors.EVENT_READ, Visitor(line))
        line.sendall(request)
    sent, done = VISITORS, 0
    try:
        while done < requests:
            for key, _ in waiting.select():
                visitor: Visitor = key.data
                part = visitor.line.recv(1 << 18)
                visitor.got += part
                status = visitor.answered()
                if not part or status not in (0, 200, 304):
                    raise RuntimeError(f"{path} was answered with {bytes(visitor.got[:80])!r}")
                if status:
                    done += 1
                    visitor.got.clear()
                    if sent < requests:
                        sent += 1
                        visitor.line.sendall(request)
        return time.perf_counter() - begun
    finally:
        for key in list(waiting.get_map().values()):
            key.data.line.close()
        waiting.close()
