"""The app asks nobody but the organisation that was configured, and bears with whatever comes back."""

from __future__ import annotations

import ast
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from access.outgoing import LARGEST, NoAnswer, NotAllowed, Outgoing, origin_of

ROOT = Path(__file__).resolve().parent.parent
# Libraries that open connections. Streamlit, the server and the databases' drivers are others' and not asked to.
REACH_OUT = {
    "http",
    "urllib",
    "socket",
    "ssl",
    "ftplib",
    "smtplib",
    "requests",
    "httpx",
    "aiohttp",
    "tornado",
    "websockets",
}
HARMLESS = {"urllib.parse", "http.HTTPStatus", "http"}


def test_one_module_reaches_out() -> None:
    found: dict[str, set[str]] = {}
    for folder in ("access", "charts", "data", "metrics", "pages", "publish", "ui", "words"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                wrong = {name for name in names if name.split(".")[0] in REACH_OUT and name not in HARMLESS}
                if wrong:
                    found.setdefault(str(path.relative_to(ROOT)), set()).update(wrong)
    # What serves the public site listens, and asks nobody.
    assert found == {"access/outgoing.py": {"http.client", "ssl"}, "publish/alone.py": {"socket"}}


_seen: list[tuple[str, object]] | None = None


def _hook(event: str, told: tuple[object, ...]) -> None:
    if _seen is not None and event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _seen.append((event, told[1] if event != "socket.getaddrinfo" else told[0]))


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[tuple[str, object]]]:
    """Whom this process asks meanwhile: every connection and every name looked up."""
    global _seen
    _seen = []
    try:
        yield _seen
    finally:
        _seen = None


@contextmanager
def answering(say: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on loopback that says what it is told to, to whoever comes: its port."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    one.recv(65536)
                    with suppress(OSError):
                        say(one)

        threading.Thread(target=serve, daemon=True).start()
        yield port
        server.shutdown(socket.SHUT_RDWR)


def out(port: int, seconds: float = 5) -> Outgoing:
    return Outgoing(frozenset({f"http://127.0.0.1:{port}"}), seconds)


def says(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda one: one.sendall(answer)


def test_what_is_configured_is_asked_and_nobody_else() -> None:
    with answering(says(b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}')) as port, watched() as seen:
        assert out(port).ask(f"http://127.0.0.1:{port}/a?b=c").told == {"a": 1}
        assert {told for event, told in seen if event == "socket.connect"} == {("127.0.0.1", port)}
        seen.clear()
        for url in (
            f"http://127.0.0.1:{port + 1}/",
            f"http://127.0.0.2:{port}/",
            f"https://127.0.0.1:{port}/",
            f"http://127.0.0.1:{port}@elsewhere.example/",
            f"http://elsewhere.example:{port}/",
            "https://elsewhere.example/",
            "file:///etc/passwd",
            "http://127.0.0.1:99999/",
            f"http://127.0.0.1:{port}/\r\nX: y",
        ):
            with pytest.raises(NotAllowed):
                out(port).ask(url)
        assert seen == []


def test_no_proxy_of_the_surroundings_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with answering(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) as port:
        assert out(port).ask(f"http://127.0.0.1:{port}/").status == 200


def test_a_redirect_is_not_followed() -> None:
    with answering(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) as other:
        moved = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other}/\r\nContent-Length: 2\r\n\r\n{{}}"
        with answering(says(moved.encode())) as port, watched() as seen:
            assert out(port).ask(f"http://127.0.0.1:{port}/").status == 302
            assert {told for event, told in seen if event == "socket.connect"} == {("127.0.0.1", port)}


@pytest.mark.parametrize(
    "body",
    [
        b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"[" * 200000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"{}" + b" " * LARGEST,
        b"nothing of the kind",
        b"",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
    ],
    ids=range(10),
)
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with answering(says(body)) as port, pytest.raises(NoAnswer):
        out(port).ask(f"http://127.0.0.1:{port}/")


def test_an_answer_that_drips_is_cut() -> None:
    """Each byte comes in time, the answer never does."""
    stop = threading.Event()

    def drip(one: socket.socket) -> None:
        one.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stop.wait(0.05):
            one.sendall(b"y")

    with answering(drip) as port, pytest.raises(NoAnswer):
        try:
            out(port, 0.4).ask(f"http://127.0.0.1:{port}/")
        finally:
            stop.set()


@pytest.mark.parametrize(
    "url", ["http://elsewhere.example", "ftp://a", "https://", "", "https://a b", "https://a#b", "//a"]
)
def test_only_enciphered_addresses_have_an_origin(url: str) -> None:
    with pytest.raises(NotAllowed):
        origin_of(url)
    assert origin_of("https://A.example") == "https://a.example:443" == origin_of("https://a.example:443/b?c=d")
    assert origin_of("http://[::1]:80/") == "http://[::1]:80"
