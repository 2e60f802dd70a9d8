"""What may reach the app while nobody can sign in: a browser on this machine, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Uploads and process metrics are open to any visitor in Streamlit, whatever the pages show.
CLOSED_PATHS = ("/_stcore/upload_file", "/_stcore/metrics")
# What the page Upload sends: a file of an open session, or that it was taken back. Streamlit itself asks for the
# session and for a token that pages of other sites do not have, and counts the bytes.
_UPLOAD = re.compile(r"/_stcore/upload_file/[\w-]+/[\w-]+")
_SENT = ("PUT", "DELETE")

NOT_LOOPBACK = (
    "This app has no accounts yet, so it serves only the machine it runs on. "
    "Set server.address to 127.0.0.1 in .streamlit/config.toml (it is {address!r}) and start it again."
)


def is_loopback(address: str | None) -> bool:
    """Whether an address or host name, without its port, can only mean this machine."""
    if not address:
        return False
    if address.lower().rstrip(".") == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def require_loopback(address: str | None) -> None:
    """Stops the start, with a sentence, unless the address to listen on is a loopback one. None means every address."""
    if not is_loopback(address):
        raise SystemExit(NOT_LOOPBACK.format(address=address))


def host_name(host: str | None) -> str | None:
    """The name in a Host header without its port; None where the header is missing or no plain `name[:port]`."""
    try:
        parts = urlsplit(f"//{host or ''}")
        _ = parts.port
    except ValueError:
        return None
    plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    return parts.hostname if plain else None


class LoopbackOnly:
    """ASGI middleware: 403 unless the socket that took the connection and the Host asked for are both this machine's.

    The socket is what counts, so it holds however the server was started; the Host header stops pages of
    other sites that let their own name point at 127.0.0.1.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        server = scope.get("server") or (None, None)
        hosts = Headers(scope=scope).getlist("host")
        local = is_loopback(server[0]) and len(hosts) == 1 and is_loopback(host_name(hosts[0]))
        if not local:
            await refuse(scope, receive, send, 403, "This app serves only the machine it runs on.\n")
        elif scope["path"].startswith(CLOSED_PATHS) and not _is_upload(scope):
            await refuse(scope, receive, send, 404, "Not found.\n")
        else:
            await self.app(scope, receive, send)


def _is_upload(scope: Scope) -> bool:
    """Whether a request brings a file to a session or takes it back."""
    sent = scope["type"] == "http" and scope["method"] in _SENT
    return sent and _UPLOAD.fullmatch(scope["path"]) is not None


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    """Answers with a short plain text, or closes a WebSocket before it opens (the client sees 403)."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await PlainTextResponse(sentence, status)(scope, receive, send)


def content_policy(*pages: str) -> str:
    """The Content-Security-Policy under which the inline scripts of these pages run, and no other."""
    found = (script for page in pages for script in re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL))
    scripts = list(dict.fromkeys(found))
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {allowed}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


class SecurityHeaders:
    """ASGI middleware that adds the browser's safety headers to every answer."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)
