"""Signing in through the organisation: there and back, and which account of ours somebody is then.

The browser keeps one cookie on the way: a random seed, when it began and where to go on, sealed with our secret. State,
nonce and PKCE verifier are made of it and of the secret, so a code is good in the browser that began alone, and once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from access import accounts, sessions, sign_in
from access.accounts import Account, BadName, LastAdmin, NameTaken
from access.forms import set_cookie, visit
from access.guard import NOTHING, Visit, own_path
from access.hosts import origin
from access.log import Log
from access.looks import Looks
from access.organisation import Grant, Organisation
from access.provider import Down, Provider, Untrue, unguessable, word
from access.store import Store
from words import Words, mark

log = logging.getLogger("essaim")
T = TypeVar("T")

START, CALLBACK = "/oidc/start", "/oidc/callback"
# Seconds that signing in there may take, and how many wait for the provider at once.
PATIENCE, AT_ONCE, WAITING = 600, 4, 40
_USED = 10_000
_TAKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,4096}")

WHYS = {
    "lost": mark("It was begun in another browser, or too long ago. Please try again."),
    "down": mark("{name} does not answer. Try again in some minutes."),
    "denied": mark("{name} did not sign you in."),
    "untrue": mark("What {name} answered cannot be trusted. Please try again."),
    "role": mark("Your account at {name} gives you no role here. Ask whoever looks after the accounts."),
    "disabled": mark("Your account here is closed. Ask whoever looks after the accounts."),
    "last-admin": mark(
        "{name} no longer makes you an administrator, and you are the last one here. Ask whoever looks after the app "
        "to add another one first."
    ),
    "full": mark("As many people are signed in as may be. Try again in some minutes."),
}
_STATUS = {"down": 502, "full": 503, "lost": 400}


class Refused(Exception):
    """Nobody comes in: `why` of WHYS is said to the person, `detail` to the log, `account` is whom it was about."""

    def __init__(self, why: str, detail: str = "", account: int | None = None) -> None:
        super().__init__(detail or why)
        self.why, self.detail, self.account = why, detail, account


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way, as the browser's cookie holds it; `path` is ours, to go on to."""

    seed: str
    at: int
    path: str
    language: str


class Pending:
    """Seals what the browser keeps meanwhile, and makes of it what the provider is told."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"essaim oidc", hashlib.sha256)
        self._used: OrderedDict[str, None] = OrderedDict()

    def seal(self, begun: Begun) -> str:
        """The value of the cookie."""
        told = json.dumps([begun.seed, begun.at, begun.path, begun.language], separators=(",", ":"))
        body = unguessable(told.encode("utf-8"))
        return f"{body}.{self._made('cookie', body)}"

    def open(self, value: str, now: float) -> Begun:
        """What a cookie of ours holds; raises Refused where it is none, or older than PATIENCE."""
        body, _, seal = value.partition(".")
        if not value.isascii() or not hmac.compare_digest(seal, self._made("cookie", body)):
            raise Refused("lost", "no cookie of a sign-in that began here")
        begun = Begun(*json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
        if not 0 <= now - begun.at <= PATIENCE:
            raise Refused("lost", "it took too long")
        return begun

    def use(self, begun: Begun) -> None:
        """Once: raises Refused for a sign-in that came back before."""
        if begun.seed in self._used:
            raise Refused("lost", "it came back a second time")
        self._used[begun.seed] = None
        while len(self._used) > _USED:
            self._used.popitem(last=False)

    def state(self, begun: Begun) -> str:
        return self._made("state", begun.seed)

    def nonce(self, begun: Begun) -> str:
        return self._made("nonce", begun.seed)

    def verifier(self, begun: Begun) -> str:
        """43 characters, as PKCE asks for."""
        return self._made("verifier", begun.seed)

    def _made(self, what: str, of: str) -> str:
        return unguessable(hmac.digest(self._key, f"{what}\n{of}".encode(), hashlib.sha256))


class Oidc:
    """The two routes, for one organisation."""

    def __init__(
        self, store: Store, secret: bytes, looks: Looks, organisation: Organisation, provider: Provider | None = None
    ) -> None:
        self.store, self.looks, self.organisation = store, looks, organisation
        self.provider = provider or Provider(organisation)
        self.pending = Pending(secret)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    def routes(self) -> list[Route]:
        """Who may ask for them is said in guard.RULES."""
        return [Route(START, self.start), Route(CALLBACK, self.back)]

    async def start(self, request: Request) -> Response:
        """Sends the browser to the organisation."""
        here, wanted = visit(request), own_path(request.query_params.get("next"))
        if here.who:
            return RedirectResponse(wanted, 303)
        t = self.looks.words(request)
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            # A page of somebody else does not begin it.
            return RedirectResponse(f"/signin?lang={t.language}", 303)
        begun = Begun(secrets.token_urlsafe(32), int(self._now()), wanted, t.language)
        pending = self.pending
        try:
            sent = pending.state(begun), pending.nonce(begun), pending.verifier(begun)
            address = await self._ask(lambda: self.provider.address(origin(request.scope) + CALLBACK, *sent))
        except Refused as refused:
            return await self._refusal(request, t, refused)
        answer = RedirectResponse(address, 303)
        set_cookie(answer, here, _cookie(here), pending.seal(begun), PATIENCE)
        return answer

    async def back(self, request: Request) -> Response:
        """The browser comes back with a code, or with a refusal."""
        here, t = visit(request), self.looks.words(request)
        try:
            begun = self._begun(request)
            t = self.looks.words(request, begun.language)
            claims = await self._claims(request, begun)
            account = await run_in_threadpool(account_for, self.store, self.organisation, claims, here.address)
            answer = await self._welcome(request, account, begun.path)
        except Refused as refused:
            answer = await self._refusal(request, t, refused)
        name = _cookie(here)
        answer.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")
        return answer

    def _begun(self, request: Request) -> Begun:
        """The sign-in that this is the answer to: begun in this browser, with this state, not answered before."""
        begun = self.pending.open(request.cookies.get(_cookie(visit(request)), ""), self._now())
        states = request.query_params.getlist("state")
        if len(states) != 1 or not hmac.compare_digest(states[0].encode(), self.pending.state(begun).encode()):
            raise Refused("lost", "the state is that of another sign-in")
        self.pending.use(begun)
        return begun

    async def _claims(self, request: Request, begun: Begun) -> dict[str, Any]:
        """Who signed in there."""
        told = request.query_params
        issuers, codes = told.getlist("iss"), told.getlist("code")
        if issuers and issuers != [self.organisation.issuer]:
            raise Refused("untrue", "the answer comes from another issuer")
        if "error" in told:
            error = word(told["error"])
            raise Refused("down" if error in ("server_error", "temporarily_unavailable") else "denied", error)
        if len(codes) != 1 or not _TAKEN.fullmatch(codes[0]):
            raise Refused("untrue", "the answer holds no code")
        redirect, pending = origin(request.scope) + CALLBACK, self.pending

        def ask() -> dict[str, Any]:
            if not issuers and self.provider.metadata().get("authorization_response_iss_parameter_supported") is True:
                raise Untrue("the answer does not say which issuer it comes from")
            return self.provider.claims(codes[0], redirect, pending.nonce(begun), pending.verifier(begun), self._now())

        return await self._ask(ask)

    async def _ask(self, ask: Callable[[], T]) -> T:
        """Asks the provider in a thread: a few at once, so that one that hangs does not hang the app."""
        if self._waiting >= WAITING:
            raise Refused("down", "too many wait for it")
        self._waiting += 1
        try:
            async with self._turn:
                return await run_in_threadpool(ask)
        except Down as error:
            raise Refused("down", str(error)) from None
        except Untrue as error:
            raise Refused("untrue", str(error)) from None
        finally:
            self._waiting -= 1

    async def _welcome(self, request: Request, account: Account, wanted: str) -> Response:
        """A new session of ours; the one before it in this browser, if any, ends."""
        here = visit(request)
        told = await run_in_threadpool(sign_in.let_in, self.store, account.id, "oidc", here.address)
        if isinstance(told, sign_in.Refused):
            raise Refused("disabled", account=account.id)
        agent = request.headers.get("user-agent", "")
        try:
            token = await run_in_threadpool(sessions.open_session, self.store, account.id, here.address, agent)
        except sessions.TooMany:
            raise Refused("full", account=account.id) from None
        except LookupError:
            raise Refused("disabled", account=account.id) from None
        if here.who:
            await run_in_threadpool(sessions.revoke, self.store, here.who.session, by=here.who, address=here.address)
        answer = RedirectResponse(wanted, 303)
        set_cookie(answer, here, here.cookie, token)
        return answer

    async def _refusal(self, request: Request, t: Words, refused: Refused) -> Response:
        """Says why in a sentence, with a reference under which the log says more."""
        reference, here = secrets.token_hex(4), visit(request)
        log.warning("Sign-in through the organisation refused, %s: %s (%s)", reference, refused.why, refused.detail)
        target = {} if refused.account is None else {"target": refused.account}
        facts = {"reason": "oidc", "why": refused.why, "reference": reference, **target}
        await run_in_threadpool(Log(self.store).write, "sign-in-refused", None, here.address, **facts)
        sentence = t(WHYS[refused.why], name=self.organisation.name)
        found = t("Whoever looks after the app finds it in the log as {reference}.", reference=reference)
        status = _STATUS.get(refused.why, 403)
        title = t("You are not signed in")
        return self.looks.page(request, t, "note", status, title=title, sentence=f"{sentence} {found}")

    def _now(self) -> float:
        return self.store.now().timestamp()


def routes(store: Store, secret: bytes, looks: Looks, organisation: Organisation | None) -> list[Route]:
    """The two routes; where no organisation is configured there is nothing at either."""
    if organisation:
        return Oidc(store, secret, looks, organisation).routes()

    async def nothing(request: Request) -> Response:
        return NOTHING()

    return [Route(path, nothing) for path in (START, CALLBACK)]


def begin(wanted: str, language: str) -> str:
    """The address that begins it, to go on to a page of ours afterwards."""
    return f"{START}?{urlencode({'lang': language, **({'next': wanted} if wanted != '/' else {})})}"


def account_for(store: Store, organisation: Organisation, claims: Mapping[str, Any], address: str) -> Account:
    """The account of whom the claims name, with the role and sites that they give now; made where there is none.

    It is found by issuer and subject alone: an account that happens to have the same name is somebody else's. Raises
    Refused where the claims give no role; sessions that are open end then.
    """
    subject, grant = organisation.subject(claims.get("sub")), organisation.grant(claims)
    if subject is None:
        raise Refused("untrue", "the claims name nobody")
    known = accounts.by_subject(store, subject)
    if grant is None:
        if known is not None:
            sessions.revoke_all(store, known.id, address=address)
        raise Refused("role", account=known.id if known else None)
    if known is None:
        return _made(store, subject, grant, claims, address)
    if known.disabled:
        raise Refused("disabled", account=known.id)
    try:
        if known.role != grant.role:
            known = accounts.set_role(store, known.id, grant.role, address=address)
    except LastAdmin:
        sessions.revoke_all(store, known.id, address=address)
        raise Refused("last-admin", account=known.id) from None
    if known.sites != grant.sites:
        known = accounts.set_sites(store, known.id, grant.sites, address=address)
    return known


def _made(store: Store, subject: str, grant: Grant, claims: Mapping[str, Any], address: str) -> Account:
    """A new account, called as the organisation says; with a mark of its own where somebody is called so already."""
    mark_of_its_own = hashlib.sha256(subject.encode()).hexdigest()[:8]
    for told in (claims.get("email"), claims.get("preferred_username"), claims.get("name"), "reader"):
        if not isinstance(told, str) or not told.strip() or (told == claims.get("email") and not _proven(claims)):
            continue
        for name in (told, f"{told[:80].rstrip()} {mark_of_its_own}"):
            try:
                return accounts.add(store, name, grant.role, grant.sites, oidc_subject=subject, address=address)
            except BadName:
                break
            except NameTaken:
                # Perhaps by oneself, a moment ago in another tab.
                if found := accounts.by_subject(store, subject):
                    return found
    raise Refused("untrue", "no name can be given to the account")


def _proven(claims: Mapping[str, Any]) -> bool:
    return claims.get("email_verified", True) in (True, "true")


def _cookie(here: Visit) -> str:
    return "essaim-oidc" if here.local and not here.secure else "__Host-essaim-oidc"
