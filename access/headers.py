"""What every answer tells the browser, refusals and errors included, and what it does not tell: who serves it.

The Content-Security-Policy, directive by directive:

- `default-src 'none'`: what no other line allows is not loaded.
- `script-src 'self'` and the digest of the one script in Streamlit's page: no other inline script, no eval.
- `style-src 'self' 'unsafe-inline'`: Streamlit, its tables and Plotly write styles into the page as they draw.
- `img-src 'self' data: blob:`: pictures of charts are made in the page (blob) and icons are in the style sheets (data);
  an address in a cell of a spreadsheet cannot fetch anything from elsewhere.
- `font-src 'self' data:`: the formulas' and tables' fonts are in Streamlit's own style sheets.
- `connect-src 'self'`: requests and the socket go back here and nowhere else.
- `worker-src 'self' blob:`: tables are searched in a worker that is made in the page.
- `manifest-src`, `media-src`, `frame-src`, `object-src`: not used, so by default nothing.
- `base-uri 'none'`, `form-action 'self'`: a page cannot be made to send its forms or addresses elsewhere.
- `frame-ancestors 'none'`: no page of others shows this one in a frame.

Pages of our own making (signing in, the account) need none of the exceptions and get none: `OWN_POLICY`.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import secrets
from typing import Any

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.hosts import secure

log = logging.getLogger("essaim")

OWN_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it a browser does not say where a form comes from either.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), "
    "encrypted-media=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), "
    "publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-Robots-Tag": "noindex, nofollow",
}
TWO_YEARS = "max-age=63072000"
_LOOSE = ("access-control-allow-origin", "access-control-allow-credentials", "server", "x-powered-by")


def content_policy(*pages: str) -> str:
    """The Content-Security-Policy under which the inline scripts of these pages run, and no other."""
    found = (script for page in pages for script in re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL))
    scripts = list(dict.fromkeys(found))
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {allowed}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


class SecurityHeaders:
    """ASGI middleware, the outermost: the browser's safety headers on every answer, and no error without them.

    Whatever is not named by a digest is kept nowhere. What breaks is answered here in one sentence, the rest is in
    the log.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self.app = app
        self.headers = {"Content-Security-Policy": policy, **HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] in ("http.response.start", "websocket.http.response.start", "websocket.accept"):
                begun = True
                self._dress(scope, message)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            reference = secrets.token_hex(4)
            # The path may hold a one-time token: what is written of it is its first part.
            log.exception("Error %s at /%s", reference, str(scope.get("path", "")).lstrip("/").partition("/")[0][:40])
            if begun:
                raise
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011})
            else:
                sentence = f"This could not be done. Whoever looks after the app finds it in the log as {reference}.\n"
                await PlainTextResponse(sentence, 500)(scope, receive, send_with_headers)

    def _dress(self, scope: Scope, message: Message) -> None:
        message.setdefault("headers", [])
        headers = MutableHeaders(scope=message)
        for name in _LOOSE:
            del headers[name]
        own = headers.get("content-security-policy")
        headers.update(self.headers)
        if own == OWN_POLICY:
            headers["Content-Security-Policy"] = own
        if "immutable" not in headers.get("cache-control", ""):
            headers["Cache-Control"] = "no-store"
        if secure(scope):
            headers["Strict-Transport-Security"] = TWO_YEARS


class _Nameless:
    """What uvicorn adds to every answer, without its own name."""

    def __get__(self, config: Any, owner: type | None = None) -> list[tuple[bytes, bytes]]:
        if config is None:
            return []
        return [header for header in config.__dict__.get("encoded_headers", []) if header[0] != b"server"]

    def __set__(self, config: Any, headers: list[tuple[bytes, bytes]]) -> None:
        config.__dict__["encoded_headers"] = headers


def nameless() -> None:
    """Takes the server's name out of every answer, its own refusals among them.

    `streamlit run` has no setting for it, and uvicorn adds the name after all middleware.
    """
    uvicorn.Config.encoded_headers = _Nameless()  # type: ignore[assignment]
