"""A reader without a browser: asks what it likes of the app, over HTTP and over Streamlit's socket."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from access.guard import PLAIN_COOKIE
from tests.browser.started import Running


@dataclass(frozen=True)
class Answer:
    """What came back; `whole` is all of it, headers too."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def whole(self) -> bytes:
        told = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        return told.encode("utf-8", "surrogateescape") + b"\n\n" + self.body


def ask(
    app: Running,
    method: str,
    path: str,
    token: str | None = None,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    address: str = "127.0.0.1",
) -> Answer:
    """One request, as written: no path is made tidy on the way."""
    line = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30, source_address=(address, 0))
    told = {"Origin": app.url} if method not in ("GET", "HEAD") else {}
    told |= {"Cookie": f"{PLAIN_COOKIE}={token}"} if token else {}
    try:
        line.request(method, path, body or None, {**told, **(headers or {})})
        answer = line.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        line.close()


@dataclass
class Run:
    """What one run of a page sent: every message as it came, and what they say of the page."""

    raw: bytes = b""
    asked: str = ""
    shown: str = ""
    missing: bool = False
    pages: dict[str, str] = field(default_factory=dict)
    widgets: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    messages: list[ForwardMsg] = field(default_factory=list)


class Reader:
    """Streamlit's socket, spoken by hand."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    def run(
        self,
        page: str = "",
        query: str = "",
        widgets: Mapping[str, Any] | None = None,
        name: str = "",
        unfolded: Sequence[str] = (),
    ) -> Run:
        """Has a page run, by its hash or its name, and takes in all that is sent until it is done."""
        told = BackMsg()
        told.rerun_script.page_script_hash = page
        told.rerun_script.page_name = name
        told.rerun_script.query_string = query
        for identifier, value in (widgets or {}).items():
            state = told.rerun_script.widget_states.widgets.add()
            state.id = identifier
            if value is True:
                state.trigger_value = True
            else:
                state.string_value = str(value)
        for identifier in unfolded:
            state = told.rerun_script.widget_states.widgets.add()
            state.id = identifier
            state.bool_value = True
        self.line.send(told.SerializeToString())
        return self.until_done(page)

    def until_done(self, page: str = "") -> Run:
        run = Run(asked=page)
        for _ in range(2_000):
            content = self.line.recv(timeout=60)
            assert isinstance(content, bytes)
            run.raw += content
            message = ForwardMsg()
            message.ParseFromString(content)
            run.messages.append(message)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                run.shown = message.navigation.page_script_hash
                run.pages = {one.url_pathname: one.page_script_hash for one in message.navigation.app_pages}
            elif kind == "page_not_found":
                run.missing = True
            elif kind == "delta":
                look_at(message.delta, run)
            elif kind == "script_finished":
                return run
        raise AssertionError("the run does not end")


def look_at(delta: Any, run: Run) -> None:
    """The widgets and the files of one element."""
    if delta.WhichOneof("type") == "add_block":
        block = delta.add_block
        inner = getattr(block, block.WhichOneof("type") or "", None)
        if identifier := getattr(inner, "id", ""):
            run.widgets[identifier] = str(getattr(inner, "label", ""))
        return
    if delta.WhichOneof("type") != "new_element":
        return
    element = delta.new_element
    inner = getattr(element, element.WhichOneof("type"), None)
    identifier = getattr(inner, "id", "")
    if isinstance(identifier, str) and identifier:
        run.widgets[identifier] = str(getattr(inner, "label", ""))
        if element.WhichOneof("type") == "button":
            run.buttons.append(identifier)
    url = getattr(inner, "url", "")
    if isinstance(url, str) and url.startswith("/media"):
        run.media.append(url)


@contextmanager
def reading(app: Running, token: str | None, origin: str | None = "") -> Iterator[Reader]:
    """An open socket; raises websockets' InvalidStatus where it is refused. `origin`: "" is ours, None is none."""
    headers = {"Cookie": f"{PLAIN_COOKIE}={token}"} if token else {}
    with connect(
        app.url.replace("http", "ws") + "/_stcore/stream",
        origin=app.url if origin == "" else origin,  # type: ignore[arg-type]
        additional_headers=headers,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
        proxy=None,
        user_agent_header=None,
    ) as line:
        yield Reader(line)
