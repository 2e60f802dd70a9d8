"""What everybody is shown, answered before everything else: no session is looked up, no cookie is read or set.

Of a request nothing goes on but its method, its path and what it says of compressing and of what it has already. The
answers bring their own headers; what is refused here is dressed like all other refusals.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.guard import RULES, Rule, refusal
from access.headers import HEADERS, TWO_YEARS
from access.hosts import Hosts, host_name, is_loopback, neighbourhood, normal, secure
from access.rates import Buckets, Rate

log = logging.getLogger("essaim")

FRONT = tuple(rule for rule in RULES if rule.front)
# Requests a second of one address, where ESSAIM_STATS_RATE says nothing else: a page asks for five files.
RATE = 50
_PASSED = (b"accept-encoding", b"if-none-match")
_LASTING = (b"strict-transport-security", TWO_YEARS.encode())
_REFUSED = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # A script that may read the figures may read why it does not get them.
    "Access-Control-Allow-Origin": "*",
}


class Front:
    """ASGI middleware, the outermost: answers what `front` rules name, by the application of each rule's name, and
    leaves everything else to what is behind it."""

    def __init__(self, app: ASGIApp, answers: Mapping[str, ASGIApp], hosts: Hosts, rate: Rate | None = None) -> None:
        if {*answers} != {rule.name for rule in FRONT}:
            raise ValueError("each rule at the front has one application, and no other has")
        self.app, self.answers, self.hosts = app, answers, hosts
        self.asked = Buckets(rate) if rate else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = _rule(scope) if scope["type"] == "http" else None
        if rule is None:
            await self.app(scope, receive, send)
            return
        enciphered = secure(scope)
        refused = self._refused(scope, enciphered)
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if enciphered:
                    message = {**message, "headers": [*message["headers"], _LASTING]}
            await send(message)

        if refused is not None:
            await refused(scope, receive, sent)
            return
        try:
            await self.answers[rule.name](_bare(scope), receive, sent)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("Error %s at the front", reference)
            if begun:
                raise
            await _dressed(500, f"This could not be done; the log has it as {reference}.")(scope, receive, sent)

    def _refused(self, scope: Scope, enciphered: bool) -> Response | None:
        if not self.hosts.meant(scope):
            return _dressed(403, "This app does not answer by that name.")
        if not enciphered and not is_loopback(_host(scope)):
            return _dressed(403, "This app answers only over an enciphered connection (https).")
        if self.asked is None:
            return None
        wait = self.asked.take(neighbourhood(normal((scope.get("client") or ("", 0))[0])))
        if not wait:
            return None
        return _dressed(429, "That was too much at once. Try again in a moment.", {"Retry-After": str(wait)})


def _rule(scope: Scope) -> Rule | None:
    method, path = scope["method"], scope["path"]
    return next((rule for rule in FRONT if rule.fits(method, path)), None)


def _host(scope: Scope) -> str | None:
    told = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return host_name(told.decode("latin-1"))


def _bare(scope: Scope) -> Scope:
    """The request without anything that says who asks."""
    return {
        "type": "http",
        "method": scope["method"],
        "path": scope["path"],
        "query_string": scope.get("query_string", b""),
        "headers": [pair for pair in scope["headers"] if pair[0] in _PASSED],
    }


def _dressed(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    return refusal(status, sentence, {**_REFUSED, **(headers or {})})
