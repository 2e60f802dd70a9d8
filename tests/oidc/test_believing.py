"""What is believed of a provider: its own signature alone, for us, now; and what settings make of an organisation."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk, jwt
from starlette.concurrency import run_in_threadpool

from access.looks import Looks
from access.oidc import AT_ONCE, WAITING, Oidc, Refused
from access.organisation import Grant, Organisation, found, groups
from access.outgoing import Answer, Outgoing
from access.provider import Down, Provider, Untrue, unguessable
from access.store import Store
from data.home import Home
from tests.conftest import awaited
from tests.oidc.organisation import configured

ISSUER = "https://id.technopark.example"
KEY = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    SMALL = jwk.RSAKey.generate_key(1024, {"kid": "small", "use": "sig"})
NOW = 1_800_000_000
METADATA: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
}


class Told(Outgoing):
    """A provider that answers from a table, and counts."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__(configured(ISSUER).origins)
        object.__setattr__(self, "answers", answers)
        object.__setattr__(self, "asked", [])

    def ask(self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        self.require(url)
        self.asked.append(url.removeprefix(ISSUER))  # type: ignore[attr-defined]
        told = self.answers.get(url.removeprefix(ISSUER))  # type: ignore[attr-defined]
        return Answer(404, {}) if told is None else Answer(200, told)


def told(**more: Any) -> tuple[Provider, Told]:
    """A provider with these answers beside the ordinary ones."""
    public = {"keys": [KEY.as_dict(private=False), SMALL.as_dict(private=False)]}
    answers = {"/.well-known/openid-configuration": METADATA, "/keys": public, **more}
    outgoing = Told(answers)
    return Provider(configured(ISSUER), outgoing), outgoing


def token(key: Any = KEY, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """An ID token as it should be, but for what is said."""
    good = {"iss": ISSUER, "sub": "amal", "aud": "essaim", "iat": NOW, "exp": NOW + 300, "nonce": "n"}
    body = {name: value for name, value in {**good, **claims}.items() if value is not ...}
    return jwt.encode({"alg": "RS256", "kid": "one", **(header or {})}, body, key, algorithms=["RS256", "HS256"])


def test_a_good_one_is_believed() -> None:
    provider, _ = told()
    assert provider.verified(token(), "n", "", NOW)["sub"] == "amal"
    assert provider.verified(token(aud=["essaim"], azp="essaim"), "n", "", NOW)["sub"] == "amal"
    assert provider.verified(token(aud=["essaim", "x"], azp="essaim"), "n", "", NOW)["sub"] == "amal"


FORGED: dict[str, Callable[[], str]] = {
    "another key": lambda: token(OTHER),
    "a key nobody has": lambda: token(header={"kid": "two"}),
    "a key that is too small": lambda: token(SMALL, {"kid": "small"}),
    "no signature": lambda: unsigned(),
    "the public key as a shared secret": lambda: shared(),
    "a signature cut short": lambda: token()[:-8],
    "another body": lambda: swapped(),
    "another issuer": lambda: token(iss="https://id.elsewhere.example"),
    "nearly the issuer": lambda: token(iss=f"{ISSUER}/"),
    "another client": lambda: token(aud="another"),
    "nearly the client": lambda: token(aud="essaim2"),
    "no client": lambda: token(aud=[]),
    "several clients": lambda: token(aud=["essaim", "another"]),
    "for another one": lambda: token(aud=["essaim", "another"], azp="another"),
    "asked for by another one": lambda: token(azp="another"),
    "run out": lambda: token(iat=NOW - 300, exp=NOW - 61),
    "never runs out": lambda: token(exp=...),
    "runs out as a word": lambda: token(exp="tomorrow"),
    "of the future": lambda: token(iat=NOW + 120),
    "not yet": lambda: token(nbf=NOW + 120),
    "of long ago": lambda: token(iat=NOW - 3000),
    "of no time": lambda: token(iat=...),
    "of the time true": lambda: token(iat=True),
    "another nonce": lambda: token(nonce="m"),
    "no nonce": lambda: token(nonce=...),
    "a nonce that is none": lambda: token(nonce=["n"]),
    "nobody": lambda: token(sub=...),
    "an empty name": lambda: token(sub=""),
    "a number": lambda: token(sub=1),
    "a list": lambda: token(sub=["amal"]),
    "too long a name": lambda: token(sub="a" * 256),
    "a name with a line in it": lambda: token(sub="a\nb"),
    "another access token": lambda: token(at_hash="AAAA"),
    "nothing": lambda: "",
    "no token": lambda: "a.b.c",
    "letters of elsewhere": lambda: "é.é.é",
}


def unsigned() -> str:
    _, body, _ = token().split(".")
    return f"eyJhbGciOiJub25lIn0.{body}."


def shared() -> str:
    """By hand: no library lends itself to it."""
    _, body, _ = token().split(".")
    head = unguessable(b'{"alg":"HS256","kid":"one"}')
    seal = hmac.digest(KEY.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{unguessable(seal)}"


def swapped() -> str:
    (head, _, seal), (_, body, _) = token().split("."), token(sub="admin").split(".")
    return f"{head}.{body}.{seal}"


@pytest.mark.parametrize("what", FORGED)
def test_no_other_is(what: str) -> None:
    provider, _ = told()
    with pytest.raises(Untrue):
        provider.verified(FORGED[what](), "n", "an-access-token", NOW)


def test_new_keys_are_asked_for_but_not_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider changes its keys; a stranger who makes up names of keys does not make us ask again and again."""
    now = 1000.0

    def tick() -> float:
        nonlocal now
        now += 0.1
        return now

    monkeypatch.setattr(time, "monotonic", tick)
    provider, outgoing = told()
    answers, asked = outgoing.answers, outgoing.asked  # type: ignore[attr-defined]
    provider.verified(token(), "n", "", NOW)
    fresh = jwk.RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    answers["/keys"] = {"keys": [fresh.as_dict(private=False)]}
    for _ in range(5):
        with pytest.raises(Untrue):
            provider.verified(token(fresh, {"kid": "two"}), "n", "", NOW)
    now += 31
    for _ in range(5):
        assert provider.verified(token(fresh, {"kid": "two"}), "n", "", NOW)
    assert asked.count("/keys") == 2
    assert asked.count("/.well-known/openid-configuration") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"token_endpoint": "https://elsewhere.example/token"},
        {"jwks_uri": "http://id.technopark.example/keys"},
        {"jwks_uri": "https://id.technopark.example@elsewhere.example/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://169.254.169.254/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"userinfo_endpoint": "https://id.technopark.example:8443/me"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_a_provider_says_of_itself_is_not_all_believed(wrong: dict[str, Any]) -> None:
    provider, _ = told(**{"/.well-known/openid-configuration": {**METADATA, **wrong}})
    with pytest.raises(Untrue):
        provider.metadata()


def test_the_userinfo_is_about_the_same_person() -> None:
    answers: dict[str, Any] = {
        "/.well-known/openid-configuration": {**METADATA, "userinfo_endpoint": f"{ISSUER}/me"},
        "/token": {"id_token": token(), "access_token": "abc"},
        "/me": {"sub": "amal", "groups": ["leaders"], "iss": "https://elsewhere.example"},
    }
    claims = told(**answers)[0].claims("code", "https://a.example/oidc/callback", "n", "v", NOW)
    assert claims["groups"] == ["leaders"] and claims["iss"] == ISSUER
    for sub in ("admin", None):
        with pytest.raises(Untrue):
            told(**{**answers, "/me": {"sub": sub, "groups": ["leaders"]}})[0].claims(
                "c", "https://a.example", "n", "v", NOW
            )


def test_a_provider_without_an_answer_is_down() -> None:
    with pytest.raises(Down):
        told(**{"/.well-known/openid-configuration": None})[0].metadata()


SETTINGS = {
    "ESSAIM_OIDC_ISSUER": ISSUER,
    "ESSAIM_OIDC_CLIENT_ID": "essaim",
    "ESSAIM_OIDC_CLIENT_SECRET": "s",
    "ESSAIM_OIDC_ROLES": "park-leaders=leader, park-analysts=analyst,rabat=analyst@Rabat+Fès",
}


def test_settings_make_an_organisation() -> None:
    made = Organisation.from_environment(SETTINGS)
    assert made and (made.name, made.role_claim, made.scopes) == (
        "id.technopark.example",
        "groups",
        "openid email profile",
    )
    assert made.groups["rabat"] == Grant("analyst", ("Fès", "Rabat")) and made.groups["park-leaders"] == Grant("leader")
    assert made.origins == {"https://id.technopark.example:443"}
    assert Organisation.from_environment({}) is None
    more = Organisation.from_environment({**SETTINGS, "ESSAIM_OIDC_HOSTS": "keys.example, other.example:8443"})
    assert more and {"https://keys.example:443", "https://other.example:8443"} < more.origins
    named = {"CN=Leaders,OU=Park": "leader", "r": {"role": "analyst", "sites": ["Rabat"]}}
    assert groups(json.dumps(named)) == {"CN=Leaders,OU=Park": Grant("leader"), "r": Grant("analyst", ("Rabat",))}


@pytest.mark.parametrize(
    "wrong",
    [
        {"ESSAIM_OIDC_ISSUER": "http://id.technopark.example"},
        {"ESSAIM_OIDC_ISSUER": "id.technopark.example"},
        {"ESSAIM_OIDC_ISSUER": "https://id.technopark.example?x=1"},
        {"ESSAIM_OIDC_ISSUER": "https://me:pass@id.technopark.example"},
        {"ESSAIM_OIDC_CLIENT_ID": ""},
        {"ESSAIM_OIDC_CLIENT_SECRET_FILE": "nowhere"},
        {"ESSAIM_OIDC_CLIENT_SECRET": "", "ESSAIM_OIDC_CLIENT_SECRET_FILE": "nowhere"},
        {"ESSAIM_OIDC_SCOPES": "email"},
        {"ESSAIM_OIDC_HOSTS": "https://keys.example/"},
        {"ESSAIM_OIDC_HOSTS": "keys.example/a"},
        {"ESSAIM_OIDC_ROLES": ""},
        {"ESSAIM_OIDC_ROLES": "leaders"},
        {"ESSAIM_OIDC_ROLES": "=leader"},
        {"ESSAIM_OIDC_ROLES": "leaders=boss"},
        {"ESSAIM_OIDC_ROLES": "a=leader,a=admin"},
        {"ESSAIM_OIDC_ROLES": "a=leader@"},
        {"ESSAIM_OIDC_ROLES": "a=leader@Rabat++Fès"},
        {"ESSAIM_OIDC_ROLES": '{"a": {"role": "leader", "sites": []}}'},
        {"ESSAIM_OIDC_ROLES": '{"a": {"role": "leader", "site": ["Rabat"]}}'},
        {"ESSAIM_OIDC_ROLES": '{"a": 1}'},
        {"ESSAIM_OIDC_ROLES": "{"},
    ],
    ids=lambda wrong: "-".join(wrong.values()),
)
def test_settings_that_cannot_be_meant_stop_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match=r"ESSAIM_OIDC_\w+ .*\. The README says") as stopped:
        Organisation.from_environment({**SETTINGS, **wrong})
    assert "Traceback" not in str(stopped.value)


@pytest.mark.parametrize(
    ("claims", "grant"),
    [
        ({"groups": ["a"]}, Grant("leader", ("Fès",))),
        ({"groups": ["a", "b"]}, Grant("leader", ("Fès", "Rabat"))),
        ({"groups": ["a", "b", "c"]}, Grant("leader")),
        ({"groups": ["c", "d"]}, Grant("analyst", ("Rabat",))),
        ({"groups": ["x"]}, None),
        ({"groups": ["A"]}, None),
        ({"groups": {"a": True}}, None),
        ({}, None),
    ],
)
def test_the_highest_role_counts_with_its_own_sites(claims: dict[str, Any], grant: Grant | None) -> None:
    made = configured(ISSUER, groups=groups("a=leader@Fès,b=leader@Rabat,c=leader,d=analyst@Rabat"))
    assert made.grant(claims) == grant
    inner = configured(ISSUER, role_claim="realm_access.groups", groups=made.groups)
    assert inner.grant({"realm_access": claims}) == grant and inner.grant({"realm_access": "a"}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["leaders", "rabat"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["groups", "a", "leaders"]), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["groups", "a", "sub"]), JSON), st.sampled_from(["groups", "a.groups", "a.a"]))
def test_whatever_claims_hold_only_a_group_that_is_named_is_worth_anything(claims: dict[str, Any], path: str) -> None:
    made = configured(ISSUER, role_claim=path, groups=groups("leaders=leader,rabat=analyst@Rabat"))
    granted = made.grant(claims)
    held = found(claims, path)
    listed = [held] if isinstance(held, str) else held if isinstance(held, list) else []
    values = {one for one in listed if isinstance(one, str)}
    worth = {"rabat": Grant("analyst", ("Rabat",)), "leaders": Grant("leader")}
    assert granted == next((worth[name] for name in worth if name in values), None)


def test_a_provider_that_hangs_does_not_hang_the_app(tmp_path: Path) -> None:
    """A few wait in threads, some more in line, the rest is told so at once; and the app's other work goes on."""
    store = Store.at(Home.at(tmp_path))
    oidc = Oidc(store, b"s" * 32, Looks(str, lambda *_: "en"), configured(ISSUER), told()[0])
    free, lock, at_once, most = threading.Event(), threading.Lock(), 0, 0

    def hang() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        free.wait(60)
        with lock:
            at_once -= 1

    async def many() -> tuple[int, int]:
        asked = [asyncio.create_task(oidc._ask(hang)) for _ in range(WAITING + 20)]
        for _ in range(1_000):
            if sum(one.done() for one in asked) >= 20 and at_once >= AT_ONCE:
                break
            await asyncio.sleep(0.01)
        other = await run_in_threadpool(lambda: 1)
        free.set()
        told = await asyncio.gather(*asked, return_exceptions=True)
        return other, sum(isinstance(one, Refused) and one.why == "down" for one in told)

    assert awaited(many()) == (1, 20)
    assert most == AT_ONCE
    store.close()
