"""The way in and out: signing in and out, setting up, a new password, one's account, and files handed out once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from access import accounts, sessions, setup, tickets
from access.accounts import Weak
from access.forms import Foreign, Seals, keep, read, set_cookie, visit
from access.guard import NOTHING, own_path
from access.looks import Looks
from access.says import refused, too_old, weak_words
from access.store import Store
from words import Words

LONGEST_NAME = 80


@dataclass(frozen=True)
class Door:
    """What the routes need: the accounts, the secret that marks forms, and how pages look."""

    store: Store
    secret: bytes
    looks: Looks
    seals: Seals = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seals", Seals(self.secret))

    def routes(self) -> list[Route]:
        """Every route of the door; who may ask for them is said in guard.RULES."""
        from access.account import Account

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
        told = await run_in_threadpool(
            accounts.sign_in, self.store, name, fields.get("password", ""), fields.get("code") or None, here.address
        )
        if isinstance(told, Refused):
            wrong, code_wrong = refused(t, told)
            headers = {"Retry-After": str(told.wait)} if told.wait else {}
            status = 429 if told.wait else 403
            page = self.sign_in_page(request, t, status, name=name, next=wanted, wrong=wrong, code_wrong=code_wrong)
            page.headers.update(headers)
            return page
        return await self.welcome(request, told.account.id, wanted)

    async def welcome(self, request: Request, account: int, wanted: str) -> Response:
        """A new session for somebody who proved to be who they are; the one before it, if any, ends."""
        here = visit(request)
        agent = request.headers.get("user-agent", "")
        token = await run_in_threadpool(sessions.open_session, self.store, account, here.address, agent)
        if here.who:
            await run_in_threadpool(sessions.revoke, self.store, here.who.session)
        answer = RedirectResponse(wanted, 303)
        set_cookie(answer, here, here.cookie, token)
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
            "oidc": "",
            "oidc_name": "",
            "said": t("You are signed out.") if "out" in request.query_params else "",
        }
        mark = self.seals.mark(request, made, "/signin")
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
            await run_in_threadpool(sessions.revoke, self.store, here.who.session)
        answer = RedirectResponse(f"/signin?lang={t.language}&out=1", 303)
        answer.delete_cookie(
            here.cookie, path="/", secure=here.cookie.startswith("__Host-"), httponly=True, samesite="lax"
        )
        # What this browser keeps of the inside goes with the session.
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer

    async def set_up(self, request: Request) -> Response:
        """The first account, or a new password, by a link that works once."""
        token, path = request.path_params["token"], request.url.path
        t = self.looks.words(request)
        purpose = await run_in_threadpool(setup.purpose, self.store, token)
        if purpose is None:
            return self.looks.page(
                request,
                t,
                "note",
                404,
                title=t("This link works no more"),
                sentence=t("It was used, is older than an hour, or was copied in part. Ask for a new one."),
            )
        told = _setup_words(t, purpose)
        made: list[str] = []
        given: dict[str, Any] = dict.fromkeys(("name", "wrong", "name_wrong", "password_wrong", "again_wrong"), "")
        status = 200
        if request.method == "POST":
            fields = await read(request)
            given["name"] = fields.get("name", "").strip()[:LONGEST_NAME]
            wrongs = await self._take(request, fields, token, t, given["name"] if purpose == "setup" else None)
            if isinstance(wrongs, Response):
                return wrongs
            status, given = 422, {**given, **wrongs}
        mark = self.seals.mark(request, made, path)
        page = self.looks.page(
            request, t, "setup", status, csrf=mark, action=path, ask_name=purpose == "setup", **told, **given
        )
        keep(page, visit(request), made)
        return page

    async def _take(
        self, request: Request, fields: dict[str, str], token: str, t: Words, name: str | None
    ) -> Response | dict[str, str]:
        """Uses the link up; the session it opens, or what is wrong by field."""
        try:
            self.seals.check(request, fields, request.url.path)
        except Foreign:
            return {"wrong": too_old(t)}
        password = fields.get("password", "")
        if name is not None and not name:
            return {"name_wrong": t("Write a name.")}
        if password != fields.get("again", ""):
            return {"again_wrong": t("The two are not the same.")}
        try:
            account = await run_in_threadpool(setup.take, self.store, token, name, password)
        except Weak as weak:
            return {"password_wrong": weak_words(t, weak)}
        except accounts.Taken:
            return {"name_wrong": t("Somebody has this name already.")}
        except setup.Gone:
            return {"wrong": t("This link works no more.")}
        return await self.welcome(request, account.id, "/")

    async def download(self, request: Request) -> Response:
        """A file that was made for one session, once."""
        here = visit(request)
        assert here.who is not None
        found = await run_in_threadpool(tickets.take, request.path_params["ticket"], here.who.session)
        if found is None:
            return NOTHING()
        return Response(found.content, media_type=found.mime, headers={"Content-Disposition": attached(found.name)})


def _setup_words(t: Words, purpose: str) -> dict[str, str]:
    if purpose == "setup":
        return {
            "title": t("Set up Essaim"),
            "intro": t("The first account, which may do everything and add the others. This link works once."),
            "button": t("Begin"),
        }
    return {
        "title": t("A new password"),
        "intro": t("It ends every session that is open with the old one. This link works once."),
        "button": t("Set the password"),
    }


def attached(name: str) -> str:
    """The header that names a download, whatever its name holds."""
    flat = re.sub(r"[\x00-\x1f\x7f/\\]+", "_", name)[:200] or "file"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", flat)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(flat, safe='')}"
