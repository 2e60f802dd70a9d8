"""What is said to the organisation's OpenID provider, and what of its answers is believed."""

from __future__ import annotations

import base64
import threading
import time
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.registry import Header

from access.organisation import Organisation
from access.outgoing import Answer, NoAnswer, NotAllowed, Outgoing

# Signatures by a key that only the provider has; "none" and those by a shared secret are never among them.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
KEPT, AGAIN = 3600.0, 30.0
LEEWAY = 60
# An ID token is used at once: one that was made long ago comes from somewhere else.
OLDEST = 600


class Down(Exception):
    """The provider cannot be asked now; the text is for the log."""


class Untrue(Exception):
    """The provider, or who speaks for it, said what cannot be believed; the text is for the log and holds no token."""


class Provider:
    """One provider. All methods block; answers about itself are kept for an hour."""

    def __init__(self, organisation: Organisation, outgoing: Outgoing | None = None) -> None:
        self.organisation = organisation
        self.outgoing = outgoing or Outgoing(organisation.origins)
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, list[jwk.Key]] | None = None

    # What it says of itself

    def metadata(self) -> dict[str, Any]:
        """Its addresses and what it can do. Raises Down or Untrue."""
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > KEPT:
                self._metadata = (time.monotonic(), self._discover())
            return self._metadata[1]

    def _discover(self) -> dict[str, Any]:
        issuer = self.organisation.issuer
        answer = self._ask(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if answer.status != 200:
            raise Down(f"discovery answered {answer.status}")
        if answer.told.get("issuer") != issuer:
            raise Untrue("discovery names another issuer than the one that was configured")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            address = answer.told.get(name)
            if address is None and name == "userinfo_endpoint":
                continue
            try:
                self.outgoing.require(str(address))
            except NotAllowed:
                raise Untrue(f"the {name} is on a host that ESSAIM_OIDC_HOSTS does not name") from None
        methods = answer.told.get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise Untrue("the provider does not take PKCE with S256")
        return answer.told

    def keys(self, fresh: bool = False) -> list[jwk.Key]:
        """Its keys for signatures; `fresh`: asked again, but not more often than every half minute."""
        address = str(self.metadata()["jwks_uri"])
        with self._lock:
            age = time.monotonic() - self._keys[0] if self._keys else KEPT + 1
            if self._keys is None or age > (AGAIN if fresh else KEPT):
                answer = self._ask(address)
                if answer.status != 200:
                    raise Down(f"the keys answered {answer.status}")
                self._keys = (time.monotonic(), _signing(answer.told))
            return self._keys[1]

    # The two steps

    def address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent to sign in."""
        return str(
            prepare_grant_uri(
                str(self.metadata()["authorization_endpoint"]),
                self.organisation.client_id,
                "code",
                redirect,
                self.organisation.scopes,
                state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
            )
        )

    def claims(self, code: str, redirect: str, nonce: str, verifier: str, now: float) -> dict[str, Any]:
        """Who signed in, for a code that came back: the claims of the ID token, then those of the userinfo.

        Raises Down, or Untrue where the code, the token or what is in it is not what was asked for.
        """
        told = self._exchange(code, redirect, verifier)
        access = told.get("access_token")
        access = access if isinstance(access, str) and access.isascii() and access.isprintable() else ""
        claims = self.verified(str(told.get("id_token", "")), nonce, access, now)
        address = self.metadata().get("userinfo_endpoint")
        if address and access:
            more = self._ask(str(address), headers={"Authorization": f"Bearer {access}"})
            if more.status == 200:
                if more.told.get("sub") != claims["sub"]:
                    raise Untrue("the userinfo is about somebody else")
                return {**more.told, **claims}
        return claims

    def _exchange(self, code: str, redirect: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        own, headers = self.organisation, dict[str, str]()
        known = self.metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if not own.client_secret:
            form["client_id"] = own.client_id
        elif isinstance(known, list) and "client_secret_basic" not in known and "client_secret_post" in known:
            form |= {"client_id": own.client_id, "client_secret": own.client_secret}
        else:
            basic = ClientAuth(quote(own.client_id, safe=""), quote(own.client_secret, safe=""), "client_secret_basic")
            basic.prepare("POST", "", headers, "")
        answer = self._ask(str(self.metadata()["token_endpoint"]), form, headers)
        if answer.status != 200:
            raise Untrue(f"the code was not taken: {answer.status} {word(answer.told.get('error'))}")
        return answer.told

    # Believing

    def verified(self, token: str, nonce: str, access: str, now: float) -> dict[str, Any]:
        """The claims of an ID token that the issuer signed, for us, for this sign-in, just now. Raises Untrue."""
        said = self.metadata().get("id_token_signing_alg_values_supported")
        allowed = [one for one in SIGNATURES if one in said] if isinstance(said, list) else ["RS256"]
        try:
            with warnings.catch_warnings():
                # EdDSA is how many providers still call Ed25519.
                warnings.simplefilter("ignore")
                read = jwt.decode(token, lambda signed: self._key(signed.headers()), algorithms=allowed)
        except Down:
            raise
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Untrue(f"the ID token is not signed by the issuer: {type(error).__name__}") from None
        own = self.organisation
        params = {"client_id": own.client_id, "nonce": nonce, "access_token": access}
        options = {"iss": {"essential": True, "value": own.issuer}, "aud": {"essential": True, "value": own.client_id}}
        try:
            claims = CodeIDToken(read.claims, read.header, options, params)
            claims.validate(now=int(now), leeway=LEEWAY)
            made = claims["iat"]
            if isinstance(made, bool) or not isinstance(made, (int, float)) or not -LEEWAY <= now - made <= OLDEST:
                raise Untrue("the ID token was not made just now")
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Untrue(f"the ID token is not for this sign-in: {word(getattr(error, 'claim', ''))} {error}") from None
        # Authlib asks for no more of a subject than that it is there.
        if claims["nonce"] != nonce or own.subject(claims["sub"]) is None:
            raise Untrue("the ID token names nobody, or another sign-in")
        return dict(claims)

    def _key(self, header: Header) -> jwk.Key:
        kind, kid = _KINDS.get(str(header.get("alg"))[:2]), header.get("kid")
        for fresh in (False, True):
            fitting = [key for key in self.keys(fresh) if key.key_type == kind and (kid is None or key.kid == kid)]
            if len(fitting) == 1:
                return fitting[0]
        raise ValueError("no key of the provider has this name")

    def _ask(
        self, address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        try:
            return self.outgoing.ask(address, form, headers)
        except NoAnswer as error:
            raise Down(str(error)) from None
        except NotAllowed:
            raise Untrue("an address that nobody configured") from None


def word(told: Any) -> str:
    """A word of a stranger as it may stand in our log: letters and _ alone."""
    return "".join(one for one in str(told)[:60] if one.isascii() and (one.isalnum() or one == "_"))


def unguessable(key: bytes) -> str:
    """Bytes as they stand in an address."""
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii")


def _signing(told: Mapping[str, Any]) -> list[jwk.Key]:
    """The public keys among these that signatures may be checked with; those of other kinds are passed over."""
    found: list[jwk.Key] = []
    listed = told.get("keys")
    for one in listed if isinstance(listed, list) else []:
        if not isinstance(one, dict) or one.get("kty") not in ("RSA", "EC", "OKP") or one.get("use", "sig") != "sig":
            continue
        try:
            key = jwk.import_key({name: value for name, value in one.items() if name != "key_ops"})
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if not isinstance(key, jwk.RSAKey) or key.raw_value.key_size >= 2048:
            found.append(key)
    return found
