"""The way in and out: signing in and out, setting up, a new password, one's account, and files handed out once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from access import sessions, setup, sign_in, tickets
from access.account import Account
from access.accounts import BadName, NameTaken, Weak
from access.forms import Foreign, Seals, keep, read, set_cookie, visit
from access.guard import NOTHING, Visit, own_path
from access.looks import Looks
from access.oidc import begin, routes
from access.organisation import Organisation
from access.says import refused, too_old, weak_words
from access.sessions import TooMany
from access.setup import Link
from access.sign_in import Refused, SignedIn
from access.store import Store
from words import Words

LONGEST_NAME = 80


@dataclass(frozen=True)
class Door:
    """What the routes need: the accounts, the secret that marks forms, and how pages look."""

    store: Store
    secret: bytes
    looks: Looks
    organisation: Organisation | None = None
    seals: Seals = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seals", Seals(self.secret))

    def routes(self) -> list[Route]:
        """Every route of the door; who may ask for them is said in guard.RULES."""
        account = Account(self)
        return [
            Route("/session", self.session),
            Route("/signin", self.sign_in, methods=["GET", "POST"]),
            Route("/signout", self.sign_out, methods=["POST"]),
            Route("/setup/{token}", self.set_up, methods=["GET", "POST"]),
            Route("/account", account.show),
            Route("/account/password", account.password, methods=["POST"]),
            Route("/account/totp", account.totp, methods=["POST"]),
            Route("/account/sessions", account.sessions, methods=["POST"]),
            Route("/download/{ticket}", self.download),
            *routes(self.store, self.secret, self.looks, self.organisation),
        ]

    async def session(self, request: Request) -> Response:
        """204 with a session, 401 without: a page whose socket was closed asks here what it means."""
        return Response(status_code=204 if visit(request).who else 401)

    async def sign_in(self, request: Request) -> Response:
        """The form, and what became of it."""
        here = visit(request)
        if request.method != "POST":
            wanted = own_path(request.query_params.get("next"))
            return RedirectResponse(wanted, 303) if here.who else self.sign_in_page(request, self.looks.words(request))
        fields = await read(request)
        t = self.looks.words(request, fields.get("lang"))
        wanted = own_path(fields.get("next"))
        name = fields.get("name", "").strip()[:LONGEST_NAME]
        try:
            self.seals.check(request, fields, "/signin")
        except Foreign:
            return self.sign_in_page(request, t, 403, name=name, next=wanted, wrong=too_old(t))
        typed, code, device = fields.get("password", ""), fields.get("code", ""), device_of(request)
        told = await run_in_threadpool(sign_in.sign_in, self.store, name, typed, code, here.address, device)
        if isinstance(told, Refused):
            wrong, code_wrong = refused(t, told)
            headers = {"Retry-After": str(told.wait)} if told.wait else {}
            status = 429 if told.wait else 403
            page = self.sign_in_page(request, t, status, name=name, next=wanted, wrong=wrong, code_wrong=code_wrong)
            page.headers.update(headers)
            return page
        return await self.welcome(request, told, wanted)

    async def welcome(self, request: Request, told: SignedIn, wanted: str) -> Response:
        """A new session for somebody who proved to be who they are; the one before it, if any, ends."""
        here = visit(request)
        agent = request.headers.get("user-agent", "")
        try:
            token = await run_in_threadpool(sessions.open_session, self.store, told.account.id, here.address, agent)
        except TooMany:
            t = self.looks.words(request)
            full = t("As many people are signed in as may be. Try again in some minutes.")
            return self.sign_in_page(request, t, 503, wrong=full)
        if (before := here.who) is not None:
            await run_in_threadpool(
                lambda: sessions.revoke(self.store, before.session, by=before, address=here.address)
            )
        answer = RedirectResponse(wanted, 303)
        set_cookie(answer, here, here.cookie, token)
        set_cookie(answer, here, device_name(here), told.device, 180 * 24 * 3600)
        return answer

    def sign_in_page(self, request: Request, t: Words, status: int = 200, **told: Any) -> Response:
        """The form."""
        made: list[str] = []
        wanted = own_path(request.query_params.get("next"))
        given = {
            "next": "" if wanted == "/" else wanted,
            "name": "",
            "wrong": "",
            "code_wrong": "",
            "oidc": begin(wanted, t.language) if self.organisation else "",
            "oidc_name": self.organisation.name if self.organisation else "",
            "said": "",
        }
        if request.method == "GET" and "out" in request.query_params:
            given["said"] = t("You are signed out.")
        if request.method == "GET" and "done" in request.query_params:
            given["said"] = t("The password is set. Sign in with it.")
        mark = self.seals.stamp(request, made, "/signin")
        page = self.looks.page(request, t, "signin", status, csrf=mark, **{**given, **told})
        keep(page, visit(request), made)
        return page

    async def sign_out(self, request: Request) -> Response:
        """Ends the session, here and in every page that is open with it."""
        here, fields = visit(request), await read(request)
        t = self.looks.words(request, fields.get("lang"))
        if here.who:
            try:
                self.seals.check(request, fields, "/account")
            except Foreign:
                return RedirectResponse(f"/account?lang={t.language}", 303)
            who = here.who
            await run_in_threadpool(lambda: sessions.revoke(self.store, who.session, by=who, address=here.address))
        answer = RedirectResponse(f"/signin?lang={t.language}&out=1", 303)
        answer.delete_cookie(
            here.cookie, path="/", secure=here.cookie.startswith("__Host-"), httponly=True, samesite="lax"
        )
        # What this browser keeps of the inside goes with the session.
        answer.headers["Clear-Site-Data"] = '"storage"'
        return answer

    async def set_up(self, request: Request) -> Response:
        """The first account, or a new password, by a link that works once."""
        token, path = request.path_params["token"], request.url.path
        t = self.looks.words(request)
        link = await run_in_threadpool(setup.peek, self.store, token)
        if link is None:
            return self.looks.page(
                request,
                t,
                "note",
                404,
                title=t("This link works no more"),
                sentence=t("It was used, is older than an hour, or was copied in part. Ask for a new one."),
            )
        told = _setup_words(t, link)
        made: list[str] = []
        given: dict[str, Any] = dict.fromkeys(("name", "wrong", "name_wrong", "password_wrong", "again_wrong"), "")
        status = 200
        if request.method == "POST":
            fields = await read(request)
            given["name"] = fields.get("name", "").strip()[:LONGEST_NAME]
            wrongs = await self._take(request, fields, token, t, given["name"])
            if isinstance(wrongs, Response):
                return wrongs
            status, given = 422, {**given, **wrongs}
        mark = self.seals.stamp(request, made, path)
        page = self.looks.page(
            request, t, "setup", status, csrf=mark, action=path, ask_name=link.name is None, **told, **given
        )
        keep(page, visit(request), made)
        return page

    async def _take(
        self, request: Request, fields: dict[str, str], token: str, t: Words, name: str
    ) -> Response | dict[str, str]:
        """Uses the link up; where it leads, or what is wrong by field."""
        here = visit(request)
        try:
            self.seals.check(request, fields, request.url.path)
        except Foreign:
            return {"wrong": too_old(t)}
        password = fields.get("password", "")
        if password != fields.get("again", ""):
            return {"again_wrong": t("The two are not the same.")}
        try:
            link = await run_in_threadpool(setup.peek, self.store, token)
            made = await run_in_threadpool(lambda: setup.take(self.store, token, name, password, address=here.address))
        except Weak as weak:
            return {"password_wrong": weak_words(t, weak)}
        except (BadName, NameTaken) as wrong:
            return {"name_wrong": t(wrong.sentence)}
        except setup.Expired:
            return {"wrong": t("This link works no more.")}
        if link is None or link.purpose != setup.SETUP:
            # Whoever has a second factor shows it, link or no link.
            return RedirectResponse(f"/signin?lang={t.language}&done=1", 303)
        told = await run_in_threadpool(sign_in.let_in, self.store, made.id, "link", here.address)
        if isinstance(told, Refused):
            return RedirectResponse(f"/signin?lang={t.language}", 303)
        return await self.welcome(request, told, "/")

    async def download(self, request: Request) -> Response:
        """A file that was made for one session, once."""
        here = visit(request)
        assert here.who is not None
        found = await run_in_threadpool(tickets.take, request.path_params["ticket"], here.who.session)
        if found is None:
            return NOTHING()
        content = await run_in_threadpool(found.make)
        return Response(content, media_type=found.mime, headers={"Content-Disposition": attached(found.filename)})


def device_name(here: Visit) -> str:
    """The cookie of a browser that signed in before, which opens nothing: strangers' failures do not slow it down."""
    return "essaim-device" if here.local and not here.secure else "__Host-essaim-device"


def device_of(request: Request) -> str | None:
    told = request.cookies.get(device_name(visit(request)), "")
    return told if 40 <= len(told) <= 64 and told.isascii() else None


def _setup_words(t: Words, link: Link) -> dict[str, str]:
    if link.name is None:
        return {
            "title": t("Set up Essaim"),
            "intro": t("The first account, which may do everything and add the others. This link works once."),
            "button": t("Begin"),
        }
    return {
        "title": t("A new password for {name}", name=link.name),
        "intro": t("It ends every session that is open with the old one. This link works once."),
        "button": t("Set the password"),
    }


def attached(name: str) -> str:
    """The header that names a download, whatever its name holds."""
    flat = re.sub(r"[\x00-\x1f\x7f/\\]+", "_", name)[:200] or "file"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", flat)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(flat, safe='')}"
