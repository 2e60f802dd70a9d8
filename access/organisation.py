"""The organisation that signs people in: where it is, who we are to it, and what its groups are worth here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from access.outgoing import NotAllowed, origin_of
from access.roles import MAY, ROLES

_MOST_GROUPS = 1_000


class _Wrong(SystemExit):
    """A setting that cannot be used stops the start: a half-configured door is no door."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"{sentence} The README says how to connect an organisation.")


@dataclass(frozen=True)
class Grant:
    """A role, limited to `sites`; () for all of them."""

    role: str
    sites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Organisation:
    """One OpenID provider as the settings name it. `groups` says what each value of `role_claim` is worth here."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    role_claim: str
    groups: Mapping[str, Grant]
    scopes: str = "openid email profile"
    hosts: tuple[str, ...] = ()

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Organisation | None:
        """As the settings say; None where no issuer is named. Raises SystemExit with a sentence for what is wrong."""
        told = os.environ if environment is None else environment
        issuer = told.get("ESSAIM_OIDC_ISSUER", "").strip()
        if not issuer:
            return None
        try:
            origin_of(issuer)
        except NotAllowed:
            raise _Wrong("ESSAIM_OIDC_ISSUER has to be an https address, as the provider itself writes it.") from None
        if urlsplit(issuer).query:
            raise _Wrong("ESSAIM_OIDC_ISSUER has to be an address without a question mark.")
        client = told.get("ESSAIM_OIDC_CLIENT_ID", "").strip()
        if not client:
            raise _Wrong("ESSAIM_OIDC_CLIENT_ID is missing.")
        scopes = told.get("ESSAIM_OIDC_SCOPES", "").split() or ["openid", "email", "profile"]
        if "openid" not in scopes:
            raise _Wrong("ESSAIM_OIDC_SCOPES has to hold openid.")
        hosts = tuple(host.strip().lower() for host in told.get("ESSAIM_OIDC_HOSTS", "").split(",") if host.strip())
        for host in hosts:
            if origin_of(f"https://{host}") not in (f"https://{host}:443", f"https://{host}"):
                raise _Wrong("ESSAIM_OIDC_HOSTS has to hold names of hosts, with commas between.")
        return Organisation(
            issuer=issuer,
            client_id=client,
            client_secret=_secret(told),
            name=told.get("ESSAIM_OIDC_NAME", "").strip() or urlsplit(issuer).hostname or issuer,
            role_claim=told.get("ESSAIM_OIDC_ROLE_CLAIM", "").strip() or "groups",
            groups=groups(told.get("ESSAIM_OIDC_ROLES", "")),
            scopes=" ".join(scopes),
            hosts=hosts,
        )

    @property
    def origins(self) -> frozenset[str]:
        """Whom the app may ask: the issuer's host, and those named beside it."""
        return frozenset({origin_of(self.issuer), *(origin_of(f"https://{host}") for host in self.hosts)})

    def subject(self, told: Any) -> str | None:
        """What an account is known by: issuer and subject in one text. None for what is no subject."""
        good = isinstance(told, str) and 0 < len(told) <= 255 and told.isascii() and told.isprintable()
        return f"{self.issuer} {told}" if good else None

    def grant(self, claims: Mapping[str, Any]) -> Grant | None:
        """What the claims of a person are worth here; None: nothing.

        Of several groups the highest role counts; its sites are those of the groups that give this role, all where
        one of them names none.
        """
        told = found(claims, self.role_claim)
        values = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        given = [
            self.groups[value] for value in values[:_MOST_GROUPS] if isinstance(value, str) and value in self.groups
        ]
        if not given:
            return None
        role = max((grant.role for grant in given), key=ROLES.index)
        limits = [grant.sites for grant in given if grant.role == role]
        sites = () if () in limits else tuple(sorted({site for limit in limits for site in limit}))
        return Grant(role, sites)


def found(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by the names of the objects that it is within: realm_access.roles."""
    if path in claims:
        return claims[path]
    inner: Any = claims
    for part in path.split("."):
        if not isinstance(inner, Mapping) or part not in inner:
            return None
        inner = inner[part]
    return inner


def groups(text: str) -> dict[str, Grant]:
    """Which group is worth what: `park-leaders=leader,rabat=analyst@Rabat+Fès`, or a JSON object of the same.

    In JSON a group is a role, or {"role": "analyst", "sites": ["Rabat"]}: for names that hold commas or "=".
    """
    if text.lstrip().startswith("{"):
        try:
            told = json.loads(text)
        except ValueError:
            raise _Wrong("ESSAIM_OIDC_ROLES begins like JSON and is none.") from None
        pairs = [(name, value if isinstance(value, dict) else {"role": value}) for name, value in told.items()]
    else:
        pairs = [_pair(part) for part in text.split(",") if part.strip()]
    if not pairs:
        raise _Wrong("ESSAIM_OIDC_ROLES is missing: nobody could come in.")
    made: dict[str, Grant] = {}
    for name, value in pairs:
        role, sites = value.get("role"), value.get("sites", [])
        if not name or name in made:
            raise _Wrong("ESSAIM_OIDC_ROLES holds a group twice, or one without a name.")
        if not isinstance(role, str) or role not in MAY:
            raise _Wrong(f"ESSAIM_OIDC_ROLES gives a role that there is not: {', '.join(ROLES)} are the roles.")
        named = isinstance(sites, list) and all(isinstance(site, str) and site.strip() for site in sites)
        if not named or set(value) - {"role", "sites"} or ("sites" in value and not sites):
            raise _Wrong("ESSAIM_OIDC_ROLES names sites that are none.")
        made[name] = Grant(role, tuple(sorted({" ".join(site.split()) for site in sites})))
    return made


def _pair(part: str) -> tuple[str, dict[str, Any]]:
    name, _, worth = part.rpartition("=")
    role, limited, sites = worth.strip().partition("@")
    return name.strip(), {"role": role.strip(), **({"sites": sites.split("+")} if limited else {})}


def _secret(told: Mapping[str, str]) -> str:
    text, file = (
        told.get("ESSAIM_OIDC_CLIENT_SECRET", "").strip(),
        told.get("ESSAIM_OIDC_CLIENT_SECRET_FILE", "").strip(),
    )
    if text and file:
        raise _Wrong("ESSAIM_OIDC_CLIENT_SECRET and ESSAIM_OIDC_CLIENT_SECRET_FILE are both set: leave one of them.")
    if file:
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _Wrong(f"ESSAIM_OIDC_CLIENT_SECRET_FILE cannot be read ({type(error).__name__}).") from None
        if not text:
            raise _Wrong("ESSAIM_OIDC_CLIENT_SECRET_FILE is empty.")
    return text
