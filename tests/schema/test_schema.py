"""Nothing that a program makes of the description of our routes breaks one: no 5xx, no answer that is not described."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from access import accounts, gate, sessions
from access.door import Door
from access.guard import PLAIN_COOKIE, Bounds, Guard
from access.headers import SecurityHeaders
from access.hosts import Hosts
from access.looks import Looks
from access.rates import Rate
from access.store import Store
from data.home import Home
from tests.conftest import awaited
from tests.schema.described import ANSWERS, document, unanswered
from tests.test_guard import HERE, ORIGIN
from ui.language import preferred


async def healthz(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok\n")


STORE = Store.at(Home.at(Path(tempfile.mkdtemp())))
DOOR = Door(STORE, b"s" * 48, Looks(lambda name: f"./app/static/{name}", preferred))
ROUTES = [Route("/healthz", healthz), *DOOR.routes()]
QUICK = Rate(10**6, 10**6)
APP = Starlette(
    routes=ROUTES,
    middleware=[
        Middleware(SecurityHeaders, policy="default-src 'none'"),
        Middleware(Guard, **gate.asks(STORE), hosts=Hosts(), bounds=Bounds(reader=QUICK, stranger=QUICK)),
    ],
)
schema = schemathesis.openapi.from_dict(document(ROUTES))


async def on_this_machine(scope: Scope, receive: Receive, send: Send) -> None:
    """The app as uvicorn would have it asked here."""
    if scope["type"] == "http":
        scope = {**scope, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8501)}
    await APP(scope, receive, send)


schema.app = on_this_machine
schema.config.update(base_url=ORIGIN)


@pytest.fixture(scope="module")
def account() -> int:
    return accounts.add(STORE, "amal@park.example", "admin", (), "quatre ruches sous la pluie").id


def test_the_description_speaks_of_every_route_of_ours() -> None:
    assert unanswered(ROUTES) == set()
    assert {(method, route.path) for route in ROUTES for method in (route.methods or set()) - {"HEAD"}} == set(ANSWERS)


@pytest.mark.parametrize("inside", [False, True])
@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_whatever_is_asked_is_answered_as_described(case: Any, account: int, inside: bool) -> None:
    case.headers = {**(case.headers or {}), "Host": HERE, "Origin": ORIGIN}
    if inside:
        # Each has a session of its own, for some of what is asked ends it; and a mark, or no form would be read.
        token = sessions.open_session(STORE, account, "127.0.0.1", "tests")
        case.headers["Cookie"] = f"{PLAIN_COOKIE}={token}"
        if isinstance(case.body, dict):
            action = "/account" if case.path.startswith(("/account", "/signout")) else case.formatted_path
            case.body = {**case.body, "csrf": DOOR.seals._mark(f"session {token}", action)}
    answer = case.call()
    case.validate_response(answer, checks=[not_a_server_error, status_code_conformance])


def asked(method: str, path: str, headers: dict[str, str], form: dict[str, str] | None = None) -> int:
    """The status of one plain answer."""
    body = urlencode(form or {}).encode()
    told = {**headers, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
    }
    status: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    awaited(on_this_machine(scope, receive, send))
    return status[0]


def test_what_is_asked_comes_far(account: int) -> None:
    """Beyond the guard and the marks on forms: else nothing is tried."""
    outside = {"Host": HERE, "Origin": ORIGIN}
    token = sessions.open_session(STORE, account, "127.0.0.1", "tests")
    inside = {**outside, "Cookie": f"{PLAIN_COOKIE}={token}"}
    assert [asked("GET", path, outside) for path in ("/session", "/account")] == [401, 303]
    assert [asked("GET", path, inside) for path in ("/session", "/account")] == [204, 200]
    mark = {"csrf": DOOR.seals._mark(f"session {token}", "/account")}
    assert asked("POST", "/account/password", inside, mark) == 422
    assert asked("POST", "/account/password", inside, {"csrf": "x"}) == 403
