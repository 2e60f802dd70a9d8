"""Where partners' links lead: the pages of the organisation that a link is for, kept nowhere on their way."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.guard import refusal
from access.headers import HEADERS
from access.partner_links import PATH, PartnerLinks
from access.rates import Buckets, Rate

# So many requests of one link at once, and then so many a second, wherever they come from.
EACH = Rate(600, 20)
_KEPT = (b"accept-encoding",)
# What the public pages say of themselves, and these do not.
_LOOSE = ("access-control-", "cross-origin-resource-policy", "etag", "cache-control", "x-frame-options", "x-robots-tag")
_OWN = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_REFUSED = {**HEADERS, **_OWN, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
# One answer to all links that open nothing: which of these it is, is told to nobody.
NOTHING = (
    '<!doctype html><html lang="fr"><meta charset="utf-8"><title>404</title><meta name="robots" content="noindex">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    "<h1>Ce lien n’ouvre rien</h1><p>Il a pu expirer, être retiré ou être recopié en partie. Demandez-en un autre à la "
    "personne qui vous l’a envoyé.</p>"
    '<div lang="en"><h2>This link opens nothing</h2><p>It may have ended, been taken back, or been copied in part. Ask '
    "whoever sent it to you for another one.</p></div></html>\n"
)


class PartnerDoor:
    """ASGI application for the rule `partner-pages`: `pages` gives the site of an organisation, by its name."""

    def __init__(self, links: PartnerLinks, pages: Callable[[str], ASGIApp | None], rate: Rate = EACH) -> None:
        self.links, self.pages = links, pages
        self.asked = Buckets(rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token, slash, rest = scope["path"].removeprefix(f"{PATH}/").partition("/")
        link = await run_in_threadpool(self.links.opened, token)
        pages = await run_in_threadpool(self.pages, link.audience) if link else None
        if link is None or pages is None:
            await HTMLResponse(NOTHING, 404, _REFUSED)(scope, receive, send)
            return
        wait = self.asked.take(link.number)
        if wait:
            told = "That was too much at once. Try again in a moment."
            await refusal(429, told, {**_REFUSED, "Retry-After": str(wait)})(scope, receive, send)
            return
        if not slash:
            await refusal(308, "It is here.", {**_REFUSED, "Location": f"{token}/"})(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _headers(message["headers"])}
            await send(message)

        kept = [pair for pair in scope["headers"] if pair[0] in _KEPT]
        await pages({**scope, "path": f"/{rest}", "headers": kept}, receive, dressed)


def _headers(told: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a page, for one reader: kept nowhere, shown in no frame, and its address told to nobody."""
    found = []
    own = {name.lower() for name in _OWN}
    for name, value in told:
        plain = name.decode("latin-1").lower()
        if plain in own or plain.startswith(_LOOSE):
            continue
        if plain == "content-security-policy":
            value = value.partition(b"frame-ancestors")[0] + b"frame-ancestors 'none'"
        found.append((name, value))
    return [*found, *((name.lower().encode(), value.encode()) for name, value in _OWN.items())]
