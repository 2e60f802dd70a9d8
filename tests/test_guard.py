"""What stands before everything: who gets through, what every answer carries, how much is taken, and what is cut."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from access.front import FRONT, Front
from access.guard import (
    EVERYBODY,
    HOST_COOKIE,
    MACHINE,
    PLAIN_COOKIE,
    RULES,
    SESSION,
    SOCKET,
    VISIT,
    Bounds,
    Guard,
    own_path,
    rule_for,
)
from access.headers import HEADERS, OWN_POLICY, SecurityHeaders, content_policy
from access.hosts import Hosts, host_name, is_loopback, neighbourhood, normal
from access.pages import PAGES
from access.rates import AtOnce, Buckets, Full, Rate
from access.roles import MAY, Who
from access.sockets import LARGEST
from tests.conftest import awaited

LOCAL = ("127.0.0.1", 8501)
HERE = "127.0.0.1:8501"
ORIGIN = f"http://{HERE}"
SITE = "figures.park.example"
TOKENS = {role: (role * 43)[:43] for role in MAY}
READERS = {token: Who(n, role.title(), role, (), f"id-{role}") for n, (role, token) in enumerate(TOKENS.items(), 1)}


@dataclass
class Accounts:
    """Sessions that a test ends."""

    ended: set[str] = field(default_factory=set)
    touched: list[str] = field(default_factory=list)
    told: list[tuple[str, str, int]] = field(default_factory=list)
    changed: dict[str, Who] = field(default_factory=dict)
    broken: bool = False

    def find(self, token: str, active: bool) -> Who | None:
        who = READERS.get(token)
        if who is None or who.session in self.ended:
            return None
        if active:
            self.touched.append(who.session)
        return who

    def of(self, session: str) -> Who | None:
        if self.broken:
            raise OSError("the disk is away")
        found = next((who for who in READERS.values() if who.session == session), None)
        return None if session in self.ended else self.changed.get(session, found)

    def tell(self, who: Who, address: str, what: str, status: int) -> None:
        self.told.append((who.role, what, status))


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """The app behind the guard: takes whatever reaches it, and says what it saw."""
    if scope["path"] == "/_stcore/host-config":
        await JSONResponse({"detail": "/srv/app/secret.py line 3"}, 500)(scope, receive, send)
        return
    if scope["path"] == "/definitions":
        raise RuntimeError("the secret of Villa Bleue")
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    headers = [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]]
    visit = scope[VISIT]
    name = visit.who.name if visit.who else None
    answer: Response = JSONResponse({"headers": headers, "size": size, "who": name, "address": visit.address})
    answer.headers["Server"] = "inside/1.0"
    await answer(scope, receive, send)


async def shown(scope: Scope, receive: Receive, send: Send) -> None:
    """What answers at the front: says all that it was told."""
    told = {**scope, "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]]}
    answer = JSONResponse({**told, "query_string": scope["query_string"].decode()})
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors *"
    await answer(scope, receive, send)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        import json

        return json.loads(self.body)


class Asked:
    """A guard in front of `inside`, what everybody may see before it, asked as uvicorn would."""

    def __init__(self, hosts: Hosts | None = None, bounds: Bounds | None = None, **more: Any) -> None:
        self.accounts = Accounts()
        hosts = hosts or Hosts()
        answers, rate = dict.fromkeys((rule.name for rule in FRONT), more.pop("shown", shown)), more.pop("rate", None)
        guard = Guard(
            more.pop("app", inside),
            find=self.accounts.find,
            of=self.accounts.of,
            told=self.accounts.tell,
            hosts=hosts,
            bounds=bounds,
            **more,
        )
        self.app: Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]] = Front(
            SecurityHeaders(guard, policy="default-src 'none'"), answers, hosts, rate
        )

    def scope(self, path: str, method: str = "GET", role: str | None = None, **given: Any) -> Scope:
        kind, query = given.pop("kind", "http"), given.pop("query", "")
        scheme = given.pop("scheme", "http")
        host = given.pop("host", HERE)
        token = given.pop("token", TOKENS.get(role or ""))
        cookie = given.pop("cookie", None) or (HOST_COOKIE if scheme in ("https", "wss") else PLAIN_COOKIE)
        headers: list[tuple[bytes, bytes]] = [(b"host", host.encode())] if host is not None else []
        if token:
            headers.append((b"cookie", f"{cookie}={token}; _streamlit_xsrf=2|x".encode()))
        for name, value in given.pop("headers", {}).items():
            headers += [(name.lower().encode(), one.encode()) for one in ([value] if isinstance(value, str) else value)]
        return {
            "type": kind,
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "scheme": scheme,
            "server": LOCAL,
            "client": ("127.0.0.1", 1),
            "extensions": {"websocket.http.response": {}},
            **given,
        }

    def __call__(self, path: str = "/", method: str = "GET", role: str | None = None, **given: Any) -> Answer:
        body: list[bytes] = given.pop("body", [b""])
        return awaited(self.ask(self.scope(path, method, role, **given), body))

    async def ask(self, scope: Scope, body: list[bytes]) -> Answer:
        sent: list[Message] = []
        left = list(body)

        async def receive() -> Message:
            if not left:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = next(one for one in sent if one["type"].endswith("response.start"))
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], headers, b"".join(one.get("body", b"") for one in sent))


FOREIGN = {"Origin": "http://park.example"}
OURS = {"Origin": ORIGIN}


def example(path: str) -> str:
    """An address that a rule's pattern fits."""
    made = path.split("|")[0].replace("\\", "")
    for pattern, text in (
        ("[A-Za-z0-9_-]{20,128}", "t" * 43),
        ("(/[A-Za-z0-9_@~+-][A-Za-z0-9_@~+.-]*)+", "/js/a.js"),
        ("[w-]+", "a1"),
        ("(/[^x00-x1fx7f]*)?", "/fr/a.html"),
        ("(door.css", "door.css"),
        ("(password", "password"),
    ):
        made = made.replace(pattern, text)
    return made


EVERY = [(rule, example(rule.path)) for rule in RULES]


@pytest.mark.parametrize("rule, path", EVERY, ids=[rule.name for rule in RULES])
def test_a_rule_speaks_of_its_own_addresses(rule: Any, path: str) -> None:
    assert rule_for(rule.methods[0], path) == rule


def inner(rule: Any) -> bool:
    """Whether the test's app answers there as an app does that has nothing against it."""
    return rule.path not in ("/definitions", "/_stcore/host-config") and rule.methods != (SOCKET,)


@pytest.mark.parametrize("role", [None, *MAY])
@pytest.mark.parametrize("rule, path", EVERY, ids=[rule.name for rule in RULES])
def test_everything_is_refused_that_is_not_somebodys(rule: Any, path: str, role: str | None) -> None:
    asked = Asked()
    kind = "websocket" if rule.methods == (SOCKET,) else "http"
    who = None if role is None else READERS[TOKENS[role]]
    if rule.who == EVERYBODY:
        allowed = True
    elif rule.who in (SESSION, MACHINE):
        allowed = who is not None or rule.who == MACHINE
    else:
        allowed = who is not None and who.may(rule.who)
    if kind == "websocket" and allowed:
        return
    answer = asked(path, rule.methods[0], role, headers=OURS, kind=kind)
    if allowed:
        assert answer.status == (200 if inner(rule) else 500)
    elif role is None and rule.page:
        assert answer.status == 303 and answer.headers["location"].startswith("/signin")
    else:
        assert answer.status == (403 if kind == "websocket" else 404)
    assert allowed or b"headers" not in answer.body


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/_stcore/metrics",
        "/_stcore/stream",
        "/_stcore/agent/run",
        "/_stcore/script-health-check",
        "/_stcore/upload_file/a/../b",
        "/_stcore/upload_file/a/b/c",
        "/component/a/b.js",
        "/entries/",
        "//entries",
        "/entries/../overview",
        "/static/../app.py",
        "/static/js/..%2f..%2fapp.py",
        "/static/.env",
        "/app/static/../frame.py",
        "/app/static/../../var/ledger.sqlite",
        "/media/../etc/passwd",
        "/entries\n",
        "/entries\0",
        "/ENTRIES",
        "/first_run",
        "/auth/login",
        "/oauth2callback",
        "/index.html",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"])
def test_what_no_rule_names_is_not_there_even_for_an_admin(path: str, method: str) -> None:
    for role in (None, "admin"):
        assert Asked()(path, method, role, headers=OURS).status == 404


@given(st.text(max_size=60), st.sampled_from(["GET", "POST", "PUT", "websocket"]))
def test_a_stranger_gets_nothing_whatever_is_asked_for(path: str, method: str) -> None:
    rule = rule_for(SOCKET if method == "websocket" else method, path)
    assert (
        rule is None or rule.who in (EVERYBODY, MACHINE) or rule.page or path.startswith(("/static", "/app", "/media"))
    )


@pytest.mark.parametrize(
    "token", ["x" * 43, "b" * 42, "", "b" * 43 + " b", "b" * 43 + '"', "../" * 14, "é" * 43, TOKENS["admin"][:-1] + "x"]
)
def test_a_forged_cookie_is_no_session(token: str) -> None:
    assert Asked()("/entries", token=token).status == 303
    assert Asked()("/media/a.csv", token=token).status == 404
    assert Asked()("/_stcore/stream", kind="websocket", token=token, headers=OURS).status == 403


def test_an_ended_session_is_none() -> None:
    asked = Asked()
    assert asked("/entries", role="leader").status == 200
    asked.accounts.ended.add("id-leader")
    assert asked("/entries", role="leader").status == 303
    assert asked("/_stcore/stream", role="leader", kind="websocket", headers=OURS).status == 403


def test_two_cookies_of_one_name_are_none() -> None:
    cookies = f"{PLAIN_COOKIE}={TOKENS['leader']}; {PLAIN_COOKIE}={TOKENS['admin']}"
    assert Asked()("/entries", headers={"Cookie": cookies}).status == 303
    assert Asked()("/entries", headers={"Cookie": [f"{PLAIN_COOKIE}={TOKENS['admin']}", "a=b"]}).status == 200


def test_behind_tls_only_the_cookie_counts_that_no_neighbour_can_set() -> None:
    asked = Asked(Hosts.named([SITE]))
    outside: Mapping[str, Any] = {"host": SITE, "scheme": "https", "client": ("192.0.2.1", 1)}
    assert asked("/entries", role="leader", **outside).status == 200
    assert asked("/entries", role="leader", cookie=PLAIN_COOKIE, **outside).status == 303
    assert Asked()("/entries", role="leader", cookie=HOST_COOKIE).status == 303


def test_without_tls_nothing_is_served_to_other_machines() -> None:
    asked = Asked(Hosts.named([SITE]))
    answer = asked("/signin", host=SITE, client=("192.0.2.1", 1))
    assert answer.status == 403 and b"https" in answer.body
    assert asked("/healthz", host=SITE, client=("192.0.2.1", 1)).status == 200


@pytest.mark.parametrize("name", ["X-Essaim-Session", "x_essaim_session", "X-Essaim-Role", "x-essaim-anything"])
def test_who_reads_is_said_by_the_guard_alone(name: str) -> None:
    for role in (None, "leader"):
        told = Asked()("/session", role=role, headers={name: "id-admin"}).json
        kept = [value for key, value in told["headers"] if key.replace("_", "-").startswith("x-essaim-")]
        assert kept == ([] if role is None else ["id-leader"])


def test_the_token_goes_no_further() -> None:
    told = Asked()("/entries", role="leader").json
    assert TOKENS["leader"] not in str(told) and ["cookie", "_streamlit_xsrf=2|x"] in told["headers"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://park.example",
        "null",
        "https://127.0.0.1:8501",
        "http://127.0.0.1",
        "http://127.0.0.1:8502",
        ORIGIN + "/x",
    ],
)
def test_what_changes_something_comes_from_our_own_pages(origin: str) -> None:
    asked = Asked()
    for method, path in (
        ("POST", "/signin"),
        ("POST", "/signout"),
        ("POST", "/account/password"),
        ("PUT", "/_stcore/upload_file/a/b"),
        ("DELETE", "/_stcore/upload_file/a/b"),
    ):
        assert asked(path, method, "admin", headers={"Origin": origin}).status == 403
        assert asked(path, method, "admin", headers={"Origin": [ORIGIN, origin]}).status == 403
        assert asked(path, method, "admin").status == 403, "a browser says where it comes from"
        assert asked(path, method, "admin", headers={"Sec-Fetch-Site": "cross-site"}).status == 403
        assert asked(path, method, "admin", headers={"Sec-Fetch-Site": "same-origin"}).status == 200
        assert asked(path, method, "admin", headers=OURS).status == 200
    assert ("admin", "upload-a-file.origin", 403) in asked.accounts.told
    socket = Asked()
    assert socket("/_stcore/stream", role="admin", kind="websocket", headers={"Origin": origin}).status == 403
    assert socket("/_stcore/stream", role="admin", kind="websocket").status == 403


def test_pages_of_others_load_nothing_of_the_inside() -> None:
    there = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    asked = Asked()
    for path in ("/media/a.csv", "/static/js/a.js", "/_stcore/health"):
        assert asked(path, role="admin", headers=there).status == 403
        assert asked(path, role="admin", headers={"Sec-Fetch-Site": "same-origin"}).status == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert asked("/entries", role="admin", headers=link).status == 200, "a link in a letter opens the page"
    assert asked.accounts.touched == [], "and wakes no session"


def test_a_refusal_is_written_down_but_not_without_end() -> None:
    asked = Asked()
    for _ in range(20):
        assert asked("/upload", role="leader").status == 404
    assert asked.accounts.told == [("leader", "page-upload", 404)] * 3


# How much


def test_bodies_are_bounded_whatever_they_say_of_themselves() -> None:
    asked = Asked(bounds=Bounds(upload=1000))
    put = ("/_stcore/upload_file/a/b", "PUT", "analyst")
    most = 1000 + 1024**2
    assert asked(*put, headers=OURS, body=[b"x" * most]).json["size"] == most
    assert asked(*put, headers=OURS, body=[b"x" * most, b"x"]).status == 413
    assert asked(*put, headers={**OURS, "Content-Length": str(most + 1)}).status == 413
    form = ("/signin", "POST")
    assert asked(*form, headers=OURS, body=[b"x" * 16_384]).status == 200
    assert asked(*form, headers=OURS, body=[b"x" * 16_000, b"x" * 1000]).status == 413
    assert asked(*form, headers={**OURS, "Content-Length": "16385"}).status == 413
    for wrong in ("-1", "x", "1e3", "٣", "9" * 20, ""):
        assert asked(*form, headers={**OURS, "Content-Length": wrong}).status == 400
    assert asked("/entries", role="leader", headers={"Content-Length": "5"}).status == 413


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def silent() -> Answer:
        asked = Asked(bounds=Bounds(patience=0.05))
        scope = asked.scope("/signin", "POST", headers=OURS)

        async def receive() -> Message:
            await asyncio.sleep(60)
            return {}

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await asked.app(scope, receive, send)
        return Answer(sent[0]["status"], {}, b"")

    assert awaited(silent()).status == 408


def test_requests_are_counted_by_session_and_by_address() -> None:
    asked = Asked(bounds=Bounds(reader=Rate(3, 0.001), stranger=Rate(2, 0.001)))
    assert [asked("/entries", role="leader").status for _ in range(4)] == [200, 200, 200, 429]
    assert asked("/entries", role="analyst").status == 200, "one reader does not use up another's"
    assert [asked("/signin").status for _ in range(3)] == [200, 200, 429]
    assert int(asked("/signin").headers["retry-after"]) >= 1
    assert asked("/signin", client=("127.0.0.2", 1)).status == 200
    assert asked("/healthz").status == 200, "who looks whether the process is well is never sent away"


def test_so_much_goes_on_at_once_and_no_more() -> None:
    async def crowd() -> list[int]:
        gate = asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            await gate.wait()
            await PlainTextResponse("done")(scope, receive, send)

        asked = Asked(bounds=Bounds(requests=AtOnce(2, 3)), app=slow)
        first = [asyncio.create_task(asked.ask(asked.scope("/entries", role="leader"), [b""])) for _ in range(2)]
        await asyncio.sleep(0.05)
        third = await asked.ask(asked.scope("/entries", role="leader"), [b""])
        other = asyncio.create_task(asked.ask(asked.scope("/entries", role="analyst"), [b""]))
        await asyncio.sleep(0.05)
        fifth = await asked.ask(asked.scope("/entries", role="publisher"), [b""])
        gate.set()
        done = [(await one).status for one in (*first, other)]
        again = await asked.ask(asked.scope("/entries", role="leader"), [b""])
        return [third.status, fifth.status, *done, again.status]

    assert awaited(crowd()) == [503, 503, 200, 200, 200, 200]


def test_a_bucket_fills_again_and_forgets_the_oldest() -> None:
    now = [0.0]
    buckets = Buckets(Rate(2, 0.5), clock=lambda: now[0], most=3)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 2]
    now[0] = 2
    assert [buckets.take("a") for _ in range(2)] == [0, 2]
    for name in "bcd":
        buckets.take(name)
    assert len(buckets) == 3
    counted = AtOnce(1, 1)
    with counted.one("a"), pytest.raises(Full), counted.one("b"):
        pass
    assert len(counted) == 0


# What every answer carries


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"role": "admin"},
        {"path": "/nothing"},
        {"host": "park.example"},
        {"path": "/definitions", "role": "admin"},
        {"path": "/_stcore/host-config", "role": "admin"},
        {"path": "/signin", "method": "POST", "headers": FOREIGN},
        {"path": "/_stcore/stream", "kind": "websocket"},
    ],
)
def test_every_answer_carries_the_safety_headers_and_names_nobody(told: dict[str, Any]) -> None:
    answer = Asked()(**told)
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers and "strict-transport-security" not in answer.headers


def test_behind_tls_browsers_are_told_to_stay_there() -> None:
    asked = Asked(Hosts.named([SITE]))
    answer = asked("/signin", host=SITE, scheme="https", client=("192.0.2.1", 1))
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")


def test_what_breaks_says_a_reference_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    answer = Asked()("/definitions", role="admin")
    assert answer.status == 500 and b"Villa Bleue" not in answer.body
    reference = answer.body.decode().rsplit(" ", 1)[1].strip().rstrip(".")
    assert any(reference in record.getMessage() and record.exc_info for record in caplog.records)
    answer = Asked()("/_stcore/host-config", role="admin")
    assert (answer.status, answer.body) == (500, b"Internal Server Error\n")


@pytest.mark.parametrize("path", ["/app/static/plex-none.woff2", "/static/none", "/media/none", "/session"])
def test_the_page_of_the_app_shows_under_the_addresses_of_pages_alone(path: str) -> None:
    """Streamlit shows it under every address that it does not know."""

    async def shell(scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse("<script src='index.js'></script>")(scope, receive, send)

    asked = Asked(app=shell)
    for role in (None, "admin"):
        answer = asked(path, role=role)
        assert (answer.status, answer.body) == (404, b"Not found.\n")
    assert asked("/entries", role="admin").status == 200


def test_the_policy_allows_the_inline_script_of_the_page_and_no_other() -> None:
    digest = base64.b64encode(hashlib.sha256(b"\n go() \n").digest()).decode()
    policy = content_policy("<script>\n go() \n</script><script type='module' src='a.js'></script>")
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "unsafe-eval" not in policy and "script-src 'self' 'unsafe-inline'" not in policy
    assert "unsafe" not in OWN_POLICY and "script" not in OWN_POLICY


# The socket


class Line:
    """A socket between a browser and an app that hears everything."""

    def __init__(self, asked: Asked, role: str = "analyst") -> None:
        self.heard: list[Message] = []
        self.sent: list[Message] = []
        self.queue: asyncio.Queue[Message] = asyncio.Queue()
        self.scope = asked.scope("/_stcore/stream", role=role, kind="websocket", headers=OURS)
        self.ended = asyncio.Event()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            message = await receive()
            self.heard.append(message)
            if message["type"] == "websocket.disconnect":
                # Streamlit's sender may still have something to say.
                await send({"type": "websocket.send", "bytes": b"too late"})
                return
            await send({"type": "websocket.send", "bytes": b"echo"})

    async def run(self, act: Callable[[], Any], **more: Any) -> None:
        asked = Asked(app=self.app, every=0.02, **more)
        self.asked = asked
        await self.queue.put({"type": "websocket.connect"})

        async def send(message: Message) -> None:
            self.sent.append(message)

        task = asyncio.create_task(asked.app(self.scope, self.queue.get, send))
        await asyncio.sleep(0.06)
        assert not task.done() and self.sent[0]["type"] == "websocket.accept"
        await act()
        await asyncio.wait_for(task, 5)

    @property
    def code(self) -> int:
        closed = [one["code"] for one in self.sent if one["type"] == "websocket.close"]
        assert len(closed) == 1 and self.sent[-1]["type"] == "websocket.close"
        assert self.heard[-1]["type"] == "websocket.disconnect"
        return int(closed[0])


def line(act: Callable[[Line], Any], **more: Any) -> Line:
    """A socket on which something happens, until it ends."""

    async def run() -> Line:
        made = Line(Asked())
        await made.run(lambda: act(made), **more)
        return made

    return awaited(run())


async def told(made: Line, *messages: bytes) -> None:
    for message in messages:
        await made.queue.put({"type": "websocket.receive", "bytes": message})
    await asyncio.sleep(0.05)


def test_an_open_socket_is_cut_once_its_session_ends() -> None:
    async def act(made: Line) -> None:
        await told(made, b"a")
        made.asked.accounts.ended.add("id-analyst")

    made = line(act)
    assert made.code == 4401 and [one.get("bytes") for one in made.heard[:-1]] == [b"a"]


def test_an_open_socket_is_cut_once_the_role_is_another() -> None:
    async def act(made: Line) -> None:
        made.asked.accounts.changed["id-analyst"] = Who(2, "Analyst", "leader", (), "id-analyst")

    assert line(act).code == 4401

    async def sites(made: Line) -> None:
        made.asked.accounts.changed["id-analyst"] = Who(2, "Analyst", "analyst", ("Rabat",), "id-analyst")

    assert line(sites).code == 4401


def test_an_open_socket_is_cut_where_nobody_can_say_whether_it_may_be() -> None:
    async def act(made: Line) -> None:
        made.asked.accounts.broken = True

    assert line(act).code == 4401


def test_a_message_too_large_and_too_many_cut_the_socket() -> None:
    async def large(made: Line) -> None:
        await told(made, b"x" * (LARGEST + 1))

    assert line(large).code == 1009

    async def many(made: Line) -> None:
        await told(made, *[b"x"] * 4)

    made = line(many, bounds=Bounds(messages=Rate(3, 0.001)))
    assert made.code == 1013 and len(made.heard) == 4


def test_only_what_a_person_does_keeps_a_session_awake() -> None:
    async def act(made: Line) -> None:
        made.asked.accounts.touched.clear()
        await told(made, b"page", b"page", b"page")
        assert made.asked.accounts.touched == []
        await told(made, b"person")
        assert made.asked.accounts.touched == [], "the first run of a page that comes back by itself"
        await told(made, b"person", b"person")
        assert made.asked.accounts.touched == ["id-analyst"]
        made.asked.accounts.ended.add("id-analyst")

    line(act, acted=lambda message: message == b"person")


def test_a_browser_that_goes_ends_the_socket() -> None:
    async def act(made: Line) -> None:
        await made.queue.put({"type": "websocket.disconnect", "code": 1001})

    made = line(act)
    assert not [one for one in made.sent if one["type"] == "websocket.close"]


def test_so_many_sockets_are_open_for_one_session_and_in_all() -> None:
    async def act(made: Line) -> None:
        again = await made.asked.ask(made.scope, [b""])
        assert again.status == 503
        await made.queue.put({"type": "websocket.disconnect", "code": 1001})

    line(act, bounds=Bounds(sockets=AtOnce(1, 5)))


# Whom by which name


@pytest.mark.parametrize("host", [HERE, "localhost:8501", "LOCALHOST", "[::1]:8501", "[::1]", "127.0.0.1"])
def test_this_machine_comes_in(host: str) -> None:
    assert Asked()("/signin", host=host).status == 200


@pytest.mark.parametrize(
    "host", ["park.example", "127.0.0.1.park.example", "localhost.park.example:80", "a@127.0.0.1", "", None]
)
def test_a_foreign_host_name_is_refused(host: str | None) -> None:
    """A page elsewhere may let its own name point at this machine, and read the answers as its own."""
    for path in ("/", "/healthz", "/signin"):
        assert Asked()(path, host=host).status == 403
    assert Asked()("/_stcore/stream", role="admin", kind="websocket", host=host, headers=OURS).status == 403


@pytest.mark.parametrize(
    "server", [("10.1.2.3", 8501), ("::ffff:10.1.2.3", 8501), ("2001:db8::1", 8501), ("/run/app.sock", None), None]
)
def test_a_socket_others_can_reach_is_refused_unless_names_are_given(server: Any) -> None:
    """However the server was started: `uvicorn app:app --host 0.0.0.0` too."""
    assert Asked()("/healthz", server=server).status == 403
    assert Asked()("/healthz", client=server).status == 403


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"])
def test_a_server_in_between_does_not_make_strangers_look_like_this_machine(name: str) -> None:
    assert Asked()("/signin", headers={name: "192.0.2.1"}).status == 403
    assert Asked(Hosts.named([SITE]))("/signin", headers={name: "192.0.2.1"}).status == 403


def test_the_names_in_the_setting_are_answered_and_no_others() -> None:
    asked = Asked(Hosts.named([SITE, " Other.Example. "]))
    there: Mapping[str, Any] = {"scheme": "https", "client": ("192.0.2.1", 1), "server": ("10.1.2.3", 443)}
    for host, status in ((SITE, 200), ("OTHER.example:443", 200), ("x." + SITE, 403), (HERE, 403), ("10.1.2.3", 403)):
        assert asked("/signin", host=host, **there).status == status


def test_the_park_answers_this_machine_and_readers_alone() -> None:
    asked = Asked(Hosts.named([SITE]))
    there: Mapping[str, Any] = {"host": SITE, "scheme": "https", "client": ("192.0.2.1", 1)}
    assert asked("/readyz").status == 200
    assert asked("/readyz", **there).status == 404
    assert asked("/readyz", role="leader", **there).status == 200


def test_an_admin_from_elsewhere_enrols_first() -> None:
    asked = Asked(Hosts.named([SITE]), unfinished=lambda who: who.role == "admin")
    there: Mapping[str, Any] = {"host": SITE, "scheme": "https", "client": ("192.0.2.1", 1)}
    answer = asked("/entries", role="admin", **there)
    assert (answer.status, answer.headers["location"]) == (303, "/account?enrol=1")
    ours = {"Origin": f"https://{SITE}"}
    for path, kind in (("/media/a.csv", "http"), ("/_stcore/stream", "websocket")):
        assert asked(path, role="admin", kind=kind, headers=ours, **there).status == 403
    assert asked("/account", role="admin", **there).status == 200
    assert asked("/entries", role="leader", **there).status == 200
    assert asked("/entries", role="admin").status == 200, "on this machine it is one's own affair"


def test_addresses_are_compared_as_what_they_are() -> None:
    assert normal("::ffff:192.0.2.1") == "192.0.2.1" and normal("fe80::1%eth0") == "fe80::1"
    assert normal("nonsense") == normal(None) == ""
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::ffff") != neighbourhood("2001:db8:0:1::1")
    assert Asked()("/session", client=("::ffff:127.0.0.1", 1)).json["address"] == "127.0.0.1"
    assert host_name("localhost:8501") == "localhost" and host_name("[::1]:8501") == "::1"
    assert host_name("localhost:port") is None and host_name("localhost/path") is None


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "10.1.2.3", "park.example", "127.0.0.1.park.example"])
def test_an_address_others_can_reach_needs_names(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_loopback(address)
    monkeypatch.delenv("ESSAIM_HOSTS", raising=False)
    with pytest.raises(SystemExit, match="ESSAIM_HOSTS"):
        Hosts.from_environment(address)
    monkeypatch.setenv("ESSAIM_HOSTS", SITE)
    assert Hosts.from_environment(address).first == SITE
    monkeypatch.setenv("ESSAIM_HOSTS", "https://park.example/")
    with pytest.raises(SystemExit, match="no name of a host"):
        Hosts.from_environment(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_a_loopback_address_starts(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESSAIM_HOSTS", raising=False)
    assert not Hosts.from_environment(address).outside


# Where one goes on to


@pytest.mark.parametrize(
    "path",
    [
        "https://park.example/",
        "//park.example/",
        "/\\park.example",
        "\\\\park.example",
        "javascript:alert(1)",
        "/signin",
        "/signout",
        "/download/" + "t" * 43,
        "/media/a.csv",
        "/entries#x",
        "/entries\r\nSet-Cookie: a=b",
        "/entries/../../x",
        "/nothing",
        "/entries?" + "x" * 3000,
        "",
        None,
    ],
)
def test_after_signing_in_one_stays_here(path: str | None) -> None:
    assert own_path(path) in ("/", "/download/" + "t" * 43)


def test_after_signing_in_one_is_where_one_wanted_to_be() -> None:
    for path in ("/", "/entries", "/entries?lang=fr&site=Rabat%20Nord", "/account?enrol=1", "/?known_on=2020-01-01"):
        assert own_path(path) == path
    answer = Asked()("/entries", query="lang=fr&site=Rabat")
    assert answer.headers["location"] == "/signin?lang=fr&next=%2Fentries%3Flang%3Dfr%26site%3DRabat"


def test_every_page_has_a_rule_and_every_capability_is_one() -> None:
    capabilities = MAY["admin"]
    assert set(PAGES.values()) <= capabilities
    assert {rule.who for rule in RULES} <= {EVERYBODY, MACHINE, SESSION, *capabilities}
    assert len({rule.name for rule in RULES}) == len(RULES)
