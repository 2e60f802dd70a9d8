"""What may reach the app, and who: everything is refused that the one table of rules does not let through."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.hosts import Hosts, host_name, is_loopback, neighbourhood, normal, origin, secure
from access.pages import PAGES, addresses
from access.rates import AtOnce, Buckets, Full, Rate
from access.roles import Who
from access.sockets import Watch

# Who may ask: anybody, this machine or a session, a session; everything else is a capability of roles.MAY.
EVERYBODY, MACHINE, SESSION = "everybody", "machine", "session"
READ = ("GET", "HEAD")
# What is shown to everybody is looked up in a list of names: any text may be asked for, of signs that can be written.
_SHOWN = r"(/[^\x00-\x1f\x7f]*)?"
FORM = 16_384
PLAIN_COOKIE, HOST_COOKIE = "essaim", "__Host-essaim"
VISIT = "essaim.visit"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,64}")
# One part of a path: never one that goes up, never hidden.
_PART = r"/[A-Za-z0-9_@~+-][A-Za-z0-9_@~+.-]*"
_FORMS = "(password|totp|sessions)"
_ONCE = r"[A-Za-z0-9_-]{20,128}"


@dataclass(frozen=True)
class Rule:
    """One kind of request: `path` fits whole; `body` is in bytes; a `page` is what a person opens in a browser.

    `act`: that a person does something. `theirs`: Streamlit answers, whose words about errors are not for readers.
    `front`: answered by `front.Front`, before anything knows of sessions, and never by what is behind the guard.
    """

    name: str
    methods: tuple[str, ...]
    path: str
    who: str
    body: int = 0
    page: bool = False
    act: bool = False
    theirs: bool = False
    unfinished: bool = False
    front: bool = False

    def fits(self, method: str, path: str) -> bool:
        return method in self.methods and re.fullmatch(self.path, path, re.ASCII) is not None


def _pages() -> tuple[Rule, ...]:
    return tuple(
        Rule(f"page-{name}", READ, "|".join(map(re.escape, paths)), capability, page=True, act=True)
        for name, capability in PAGES.items()
        if (paths := addresses(name))
    )


SOCKET = "WEBSOCKET"
UPLOAD = "upload-a-file"
RULES: tuple[Rule, ...] = (
    Rule("process-answers", READ, "/healthz", EVERYBODY),
    Rule("park-answers", READ, "/readyz", MACHINE),
    Rule("is-signed-in", READ, "/session", EVERYBODY),
    Rule("sign-in", READ, "/signin", EVERYBODY),
    Rule("sign-in-form", ("POST",), "/signin", EVERYBODY, FORM),
    Rule("sign-out", ("POST",), "/signout", EVERYBODY, FORM, unfinished=True),
    Rule("set-up", READ, f"/setup/{_ONCE}", EVERYBODY),
    Rule("set-up-form", ("POST",), f"/setup/{_ONCE}", EVERYBODY, FORM),
    Rule("sign-in-elsewhere", READ, "/oidc/start", EVERYBODY),
    Rule("back-from-elsewhere", READ, "/oidc/callback", EVERYBODY),
    Rule("what-signing-in-looks-like", READ, r"/app/static/(door\.css|logo\.svg|plex-[a-z.0-9-]+\.woff2)", EVERYBODY),
    Rule("account", READ, "/account", SESSION, page=True, act=True, unfinished=True),
    Rule("account-form", ("POST",), f"/account/{_FORMS}", SESSION, FORM, page=True, act=True, unfinished=True),
    Rule("download", ("GET",), f"/download/{_ONCE}", SESSION, page=True, act=True),
    Rule("files-of-ours", READ, f"/app/static({_PART})+", SESSION),
    Rule("files-of-streamlit", READ, f"/static({_PART})+", SESSION, theirs=True),
    Rule("streamlit-is-well", READ, "/_stcore/health", SESSION, theirs=True),
    Rule("streamlits-host", READ, "/_stcore/host-config", SESSION, theirs=True),
    Rule("the-socket", (SOCKET,), "/_stcore/stream", SESSION),
    Rule(UPLOAD, ("PUT",), r"/_stcore/upload_file/[\w-]+/[\w-]+", "upload", -1, act=True, theirs=True),
    Rule("take-a-file-back", ("DELETE",), r"/_stcore/upload_file/[\w-]+/[\w-]+", "upload", act=True, theirs=True),
    Rule("pictures-and-tables", READ, f"/media({_PART})+", SESSION, theirs=True),
    *_pages(),
    Rule("public-pages", READ, f"/stats{_SHOWN}", EVERYBODY, front=True),
    Rule("public-figures", READ, f"/api/v1{_SHOWN}", EVERYBODY, front=True),
    # Whoever has a link sees what one organisation was given: the link is all that is asked for.
    Rule("partner-pages", READ, f"/partner/[^/]{{1,200}}{_SHOWN}", EVERYBODY, front=True),
    # Whether scripts of other sites may read these: browsers ask before they do.
    Rule("public-figures-asked", ("OPTIONS",), f"/api/v1{_SHOWN}", EVERYBODY, front=True),
)


@dataclass(frozen=True)
class Visit:
    """Who asks, from where and how: left by the guard for our own routes, as scope["essaim.visit"]."""

    who: Who | None
    token: str
    address: str
    secure: bool
    local: bool

    @property
    def cookie(self) -> str:
        """The name of the cookie of this way in."""
        return PLAIN_COOKIE if self.local and not self.secure else HOST_COOKIE


# A page asks for some ninety files at once, and a reader may open several.
READER, STRANGER, MESSAGES = Rate(1_000, 100), Rate(150, 5), Rate(300, 30)


@dataclass(frozen=True)
class Bounds:
    """How much is served: requests by signed-in readers and by strangers, messages, and what goes on at once."""

    reader: Rate = READER
    stranger: Rate = STRANGER
    messages: Rate = MESSAGES
    sockets: AtOnce = field(default_factory=lambda: AtOnce(16, 400))
    requests: AtOnce = field(default_factory=lambda: AtOnce(128, 512))
    upload: int = 20 * 1024**2
    # Seconds that a sender may leave the rest of a body unsent.
    patience: float = 30


class TooLarge(Exception):
    """More bytes came than this route takes."""


class TooSlow(Exception):
    """The rest of a body did not come."""


def rule_for(method: str, path: str) -> Rule | None:
    """The one rule that speaks of a request; None: there is no such thing."""
    return next((rule for rule in RULES if rule.fits(method, path)), None)


class Guard:
    """ASGI middleware: refuses everything that no rule lets through, and cuts open sockets once they may not be.

    `find(token, active)` gives who has a session, `of(session)` the same by its public name, both None once it has
    ended; `unfinished(who)` says whether somebody has to finish signing in (a second factor) before anything else;
    `acted(message)` whether a message of the socket is what a person did; `told(who, address, what, status)` writes
    down what was refused to somebody. All but `acted` may block.
    """

    def __init__(
        self,
        app: ASGIApp,
        find: Callable[[str, bool], Who | None],
        of: Callable[[str], Who | None],
        hosts: Hosts,
        bounds: Bounds | None = None,
        unfinished: Callable[[Who], bool] = lambda who: False,
        acted: Callable[[bytes], bool] = lambda message: True,
        told: Callable[[Who, str, str, int], None] = lambda who, address, what, status: None,
        every: float = 2.0,
    ) -> None:
        self.app, self.find, self.of, self.hosts = app, find, of, hosts
        self.bounds = bounds or Bounds()
        self.unfinished, self.acted, self.told, self.every = unfinished, acted, told, every
        self.readers, self.strangers = Buckets(self.bounds.reader), Buckets(self.bounds.stranger)
        self.messages = Buckets(self.bounds.messages)
        self.noted = Buckets(Rate(3, 0.1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        reply = await self._refusal(scope)
        if isinstance(reply, Response):
            await answer(reply, scope, receive, send)
            return
        visit, rule = reply
        asker = visit.who.session if visit.who else neighbourhood(visit.address)
        counted = self.bounds.sockets if rule.methods == (SOCKET,) else self.bounds.requests
        with ExitStack() as stack:
            try:
                stack.enter_context(counted.one(asker))
            except Full:
                busy = refusal(503, "So many are served already. Try again in a moment.", {"Retry-After": "10"})
                await answer(busy, scope, receive, send)
                return
            inner = self._inner(scope, visit)
            if rule.methods == (SOCKET,):
                await self._socket(inner, receive, send, visit)
            else:
                await self._request(inner, receive, send, rule)

    async def _refusal(self, scope: Scope) -> Response | tuple[Visit, Rule]:
        """Why a request is not let through, or who asks and by which rule."""
        if not self.hosts.meant(scope):
            return refusal(403, "This app does not answer by that name.")
        headers = Headers(scope=scope)
        socket = scope["type"] == "websocket"
        address = normal((scope.get("client") or ("", 0))[0])
        local = is_loopback(host_name(headers.get("host")))
        visit = Visit(None, "", address, secure(scope), local)
        rule = rule_for(SOCKET if socket else scope["method"], scope["path"])
        if rule is not None and rule.name == "process-answers":
            return visit, rule
        if not visit.secure and not visit.local:
            return refusal(403, "This app answers only over an enciphered connection (https).")
        token = session_cookie(headers, visit.cookie)
        acts = rule is not None and rule.act and self._same_site(headers)
        who = await run_in_threadpool(self.find, token, acts) if token else None
        visit = Visit(who, token if who else "", address, visit.secure, local)
        wait = self.readers.take(who.session) if who else self.strangers.take(neighbourhood(address))
        if wait:
            return refusal(429, "That was too much at once. Try again in a moment.", {"Retry-After": str(wait)})
        if rule is None or rule.front:
            return NOTHING()
        if rule.who == MACHINE and who is None and not is_loopback(address):
            return NOTHING()
        if rule.who not in (EVERYBODY, MACHINE):
            if who is None:
                return to_sign_in(scope) if rule.page else NOTHING(403 if socket else 404)
            if rule.who != SESSION and not who.may(rule.who):
                await self._note(visit, rule.name, 404)
                return NOTHING()
        if not self._ours(headers, scope, rule):
            await self._note(visit, f"{rule.name}.origin", 403)
            return refusal(403, "This request came from a page of somebody else.")
        late = who is not None and not local and rule.who != EVERYBODY and not rule.unfinished
        if late and who is not None and await run_in_threadpool(self.unfinished, who):
            return RedirectResponse("/account?enrol=1", 303) if rule.page else NOTHING(403)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 15:
            return refusal(400, "The length of this request is not a number.")
        if int(length) > self._taken(rule):
            return refusal(413, "This is larger than what is taken here.")
        return visit, rule

    def _taken(self, rule: Rule) -> int:
        # A file comes in an envelope of some lines; Streamlit counts the file itself.
        return self.bounds.upload + 1024**2 if rule.body < 0 else rule.body

    def _same_site(self, headers: Headers) -> bool:
        """Whether no page of others made the browser ask: pictures in a foreign page keep no session awake."""
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")

    def _ours(self, headers: Headers, scope: Scope, rule: Rule) -> bool:
        """Whether a request comes from a page of ours, where that matters: what changes something, and the inside."""
        told, site = headers.getlist("origin"), headers.get("sec-fetch-site")
        if scope["type"] == "websocket":
            return len(told) == 1 and told[0].lower() == origin(scope)
        if rule.methods not in (READ, ("GET",)):
            if told:
                return len(told) == 1 and told[0].lower() == origin(scope)
            return site == "same-origin"
        if rule.who == EVERYBODY or rule.page or headers.get("sec-fetch-mode") == "navigate":
            return True
        return site in (None, "none", "same-origin")

    async def _note(self, visit: Visit, what: str, status: int) -> None:
        """Has a refusal of somebody signed in written down; of one who is refused again and again, now and then."""
        if visit.who is not None and not self.noted.take((visit.who.session, what)):
            await run_in_threadpool(self.told, visit.who, visit.address, what, status)

    def _inner(self, scope: Scope, visit: Visit) -> Scope:
        """The request as the app sees it: who asks is said by us alone, and the token of the session stays here."""
        headers = [
            (name, without(value, (PLAIN_COOKIE, HOST_COOKIE)) if name == b"cookie" else value)
            for name, value in scope["headers"]
            if not name.lower().replace(b"_", b"-").startswith(b"x-essaim-")
        ]
        headers = [(name, value) for name, value in headers if name != b"cookie" or value]
        if visit.who is not None:
            headers.append((b"x-essaim-session", visit.who.session.encode("ascii")))
        return {**scope, "headers": headers, VISIT: visit}

    async def _request(self, scope: Scope, receive: Receive, send: Send, rule: Rule) -> None:
        left, begun, hushed = self._taken(rule), False, False

        async def counted() -> Message:
            nonlocal left
            try:
                message = await asyncio.wait_for(receive(), self.bounds.patience if rule.body else None)
            except TimeoutError:
                raise TooSlow from None
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLarge
            return message

        async def terse(message: Message) -> None:
            nonlocal begun, hushed
            if message["type"] == "http.response.start":
                begun = True
                status = message["status"]
                if not rule.page and _is_shell(message):
                    # Streamlit shows its page under every address that it does not know.
                    hushed = True
                    await NOTHING()(scope, receive, send)
                elif rule.theirs and status >= 400:
                    hushed = True
                    known = status in HTTPStatus._value2member_map_
                    await refusal(status, HTTPStatus(status).phrase if known else "Refused")(scope, receive, send)
            if not hushed:
                await send(message)

        try:
            await self.app(scope, counted if rule.methods not in (READ, ("GET",)) else receive, terse)
        except (TooLarge, TooSlow) as error:
            if begun:
                raise
            status = 413 if isinstance(error, TooLarge) else 408
            await refusal(status, HTTPStatus(status).phrase, {"Connection": "close"})(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send, visit: Visit) -> None:
        who = visit.who
        assert who is not None

        def alive() -> bool:
            now = self.of(who.session)
            return now is not None and (now.role, now.sites) == (who.role, who.sites)

        watch = Watch(
            receive,
            send,
            alive=alive,
            touch=lambda: self.find(visit.token, True) is not None,
            acted=self.acted,
            crowded=lambda: bool(self.messages.take(who.session)),
            every=self.every,
        )
        await watch.run(self.app, scope)


def _is_shell(message: Message) -> bool:
    """Whether an answer is a page, and none of our own making: those bring their policy along."""
    headers = Headers(raw=message["headers"])
    return headers.get("content-type", "").startswith("text/html") and "content-security-policy" not in headers


def session_cookie(headers: Headers, name: str) -> str:
    """The token of a session; "" where there is none, more than one, or nothing that could be one."""
    found = {
        value.strip()
        for header in headers.getlist("cookie")
        for part in header.split(";")
        for key, _, value in [part.strip().partition("=")]
        if key == name
    }
    token = found.pop() if len(found) == 1 else ""
    return token if _TOKEN.fullmatch(token) else ""


def without(cookies: bytes, names: tuple[str, ...]) -> bytes:
    """A Cookie header without some of its cookies."""
    parts = [part.strip() for part in cookies.split(b";")]
    kept = [part for part in parts if part.partition(b"=")[0].decode("latin-1") not in names]
    return b"; ".join(kept)


def own_path(path: str | None) -> str:
    """A path of ours to go on to, "/" for everything else: never another host, never the door itself."""
    told = path or "/"
    bare, _, query = told.partition("?")
    page = any(rule.page and rule.fits("GET", bare) for rule in RULES)
    plain = len(told) <= 2_000 and told.isascii() and told.isprintable() and "\\" not in told and "#" not in told
    return told if page and plain and bare.startswith("/") and not query.startswith("//") else "/"


def to_sign_in(scope: Scope) -> Response:
    """The way in, and from there to what was asked for."""
    query = scope.get("query_string", b"").decode("latin-1")
    asked = quote(scope["path"]) + (f"?{query}" if query else "")
    wanted = own_path(asked)
    told = {"lang": _language(query)} | ({"next": wanted} if wanted != "/" else {})
    said = urlencode({name: value for name, value in told.items() if value})
    return RedirectResponse("/signin" + (f"?{said}" if said else ""), 303)


def _language(query: str) -> str:
    found = re.search(r"(?:^|&)lang=(fr|en)(?:&|$)", query)
    return found.group(1) if found else ""


def refusal(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """A short plain text."""
    return PlainTextResponse(f"{sentence}\n", status, dict(headers or {}))


def NOTHING(status: int = 404) -> Response:
    """What is unknown and what is forbidden answer alike."""
    return refusal(status, "Not found." if status == 404 else HTTPStatus(status).phrase)


async def answer(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Sends a refusal; a socket that was not opened yet is refused with its status, or closed."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
    else:
        await response(scope, receive, send)
