"""Which machine is asked, and which one asks: names of hosts, addresses, and whether the way between is enciphered."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

NO_HOSTS = (
    "The app is to listen on {address!r}, where other machines reach it, but ESSAIM_HOSTS does not say by which names. "
    "Set ESSAIM_HOSTS to them (ESSAIM_HOSTS=figures.park.example), put a server with TLS before it as the README "
    "says, or set server.address to 127.0.0.1 in .streamlit/config.toml."
)
BAD_HOST = (
    "ESSAIM_HOSTS holds {name!r}, which is no name of a host. Write names alone, with commas between: "
    "figures.park.example,www.park.example."
)
ANY_PROXY = (
    "FORWARDED_ALLOW_IPS holds {name!r}: whoever asks could say to be anybody. Set it to the address of the server "
    "with TLS that stands before the app."
)
_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def normal(address: str | None) -> str:
    """An address as it is compared and written down: ::ffff:192.0.2.1 is 192.0.2.1; "" where there is none."""
    try:
        ip = ipaddress.ip_address((address or "").strip("[]").partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def neighbourhood(address: str) -> str:
    """What requests are counted under: an IPv4 address, or the /64 that one subscriber of IPv6 has for herself."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def is_loopback(address: str | None) -> bool:
    """Whether an address or host name, without its port, can only mean this machine."""
    if not address:
        return False
    if address.lower().rstrip(".") == "localhost":
        return True
    plain = normal(address)
    return bool(plain) and ipaddress.ip_address(plain).is_loopback


def host_name(host: str | None) -> str | None:
    """The name in a Host header without its port; None where the header is missing or no plain `name[:port]`."""
    try:
        parts = urlsplit(f"//{host or ''}")
        _ = parts.port
    except ValueError:
        return None
    plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    return parts.hostname if plain else None


@dataclass(frozen=True)
class Hosts:
    """The names that others may call the app by; none of them: it serves the machine it runs on alone."""

    names: frozenset[str] = frozenset()

    @staticmethod
    def named(names: Iterable[str]) -> Hosts:
        """From names as a person writes them. Raises SystemExit with a sentence for what is none."""
        told = [name.strip().lower().rstrip(".") for name in names if name.strip()]
        for name in told:
            if not _NAME.fullmatch(name) and not normal(name):
                raise SystemExit(BAD_HOST.format(name=name))
        return Hosts(frozenset(told))

    @staticmethod
    def from_environment(address: str | None) -> Hosts:
        """ESSAIM_HOSTS, for an app that listens on `address` (None: everywhere).

        Raises SystemExit with a sentence where others can reach it and no name is given, or where everybody's word
        would be taken for who asks.
        """
        for told in os.environ.get("FORWARDED_ALLOW_IPS", "").split(","):
            if "*" in told or told.strip().endswith("/0"):
                raise SystemExit(ANY_PROXY.format(name=told.strip()))
        hosts = Hosts.named(os.environ.get("ESSAIM_HOSTS", "").split(","))
        if not hosts.names and not is_loopback(address):
            raise SystemExit(NO_HOSTS.format(address=address))
        return hosts

    @property
    def first(self) -> str:
        """One name to give others; "" where there is none."""
        return min(self.names, default="")

    @property
    def outside(self) -> bool:
        """Whether the app is meant for more than the machine it runs on."""
        return bool(self.names)

    def meant(self, scope: Scope) -> bool:
        """Whether a request came to a socket and by a name that are ours.

        Without names the socket is what counts, so it holds however the server was started; the name stops pages of
        other sites that let their own name point at this machine.
        """
        asked = Headers(scope=scope).getlist("host")
        name = host_name(asked[0]) if len(asked) == 1 else None
        if name is None:
            return False
        if is_loopback(name):
            # A server in between that says our own name for everybody would make strangers look like this machine.
            ends = [(scope.get(end) or (None, None))[0] for end in ("server", "client")]
            return all(map(is_loopback, ends)) and not any(told in Headers(scope=scope) for told in _PASSED_ON)
        return name.lower().rstrip(".") in self.names


def told_url() -> str:
    """What addresses begin with that are given to others: ESSAIM_URL, or https and the first of ESSAIM_HOSTS; "" where
    nothing is said."""
    first = Hosts.named(os.environ.get("ESSAIM_HOSTS", "").split(",")).first
    return (os.environ.get("ESSAIM_URL") or (f"https://{first}" if first else "")).rstrip("/")


def origin(scope: Scope) -> str:
    """Scheme and host as a browser writes them that shows the page which was asked for here."""
    host = Headers(scope=scope).get("host", "")
    return f"{'https' if secure(scope) else 'http'}://{host}".lower()


def secure(scope: Scope) -> bool:
    """Whether the reader's own connection is TLS: ours, or as a proxy says that FORWARDED_ALLOW_IPS trusts."""
    return scope.get("scheme") in ("https", "wss")
