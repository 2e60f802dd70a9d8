"""One's own account: the password, the second factor, and where one is signed in."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyotp
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access import accounts, sessions, sign_in
from access.accounts import Weak, WrongCode
from access.forms import Foreign, keep, read, visit
from access.looks import picture
from access.roles import Who
from access.says import too_old, waiting, weak_words
from access.totp import ISSUER, Enrolment
from words import Words, mark

if TYPE_CHECKING:
    from access.door import Door

ROLES = {
    "leader": mark("Leadership: all figures, no names of persons"),
    "analyst": mark("Analyst: figures, uploads, history and lists"),
    "publisher": mark("Publisher: as an analyst, and releases"),
    "admin": mark("Administrator: everything, accounts included"),
}
_SAID = {
    "password": mark("The password is changed; every other session has ended."),
    "totp-on": mark("The second factor is on; every other session has ended."),
    "totp-off": mark("The second factor is off; every other session has ended."),
    "session": mark("That session has ended."),
    "others": mark("Every other session has ended."),
}
_WRONGS = ("wrong", "code_wrong", "off_wrong", "old_wrong", "password_wrong", "again_wrong")


class Account:
    """The routes under /account; each form does one thing and then shows the page anew."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def show(self, request: Request) -> Response:
        """The page."""
        return await self._page(request, self.door.looks.words(request), enrol="enrol" in request.query_params)

    async def password(self, request: Request) -> Response:
        """Another password, for whoever knows the one before."""
        fields, t, who = await self._asked(request)
        if fields is None:
            return await self._page(request, t, 403, wrong=too_old(t))
        new = fields.get("password", "")
        if told := await self._not_proven(request, who, fields.get("old", ""), t):
            return await self._page(request, t, 422, old_wrong=told)
        if new != fields.get("again", ""):
            return await self._page(request, t, 422, again_wrong=t("The two are not the same."))
        try:
            await self._do(request, accounts.set_password, who.account, new)
        except Weak as weak:
            return await self._page(request, t, 422, password_wrong=weak_words(t, weak))
        return self._done(t, "password")

    async def totp(self, request: Request) -> Response:
        """The second factor, on with a first code of it, off with the password."""
        fields, t, who = await self._asked(request)
        if fields is None:
            return await self._page(request, t, 403, wrong=too_old(t))
        if fields.get("part") == "on":
            try:
                await self._do(request, accounts.enrol_totp, who.account, fields.get("code", ""))
            except WrongCode as wrong:
                # The same secret again: the app on the telephone has it already.
                return await self._page(
                    request, t, 422, enrol=True, key=fields.get("key", ""), code_wrong=t(wrong.sentence)
                )
            return self._done(t, "totp-on")
        if told := await self._not_proven(request, who, fields.get("off_password", ""), t):
            return await self._page(request, t, 422, off_wrong=told)
        await self._do(request, accounts.drop_totp, who.account)
        return self._done(t, "totp-off")

    async def sessions(self, request: Request) -> Response:
        """Ends one other session of one's own, or all of them."""
        fields, t, who = await self._asked(request)
        if fields is None:
            return await self._page(request, t, 403, wrong=too_old(t))
        here, store = visit(request), self.door.store
        if fields.get("part") == "others":
            await run_in_threadpool(
                lambda: sessions.revoke_all(store, who.account, but=who.session, by=who, address=here.address)
            )
            return self._done(t, "others")
        wanted = fields.get("session", "")
        await run_in_threadpool(
            lambda: sessions.revoke(store, wanted, account=who.account, by=who, address=here.address)
        )
        return self._done(t, "session")

    async def _asked(self, request: Request) -> tuple[dict[str, str] | None, Words, Who]:
        """The fields, None where the form is not ours, the words, and who asks."""
        fields: dict[str, str] | None = await read(request)
        assert fields is not None
        t = self.door.looks.words(request, fields.get("lang"))
        try:
            self.door.seals.check(request, fields, "/account")
        except Foreign:
            fields = None
        who = visit(request).who
        assert who is not None
        return fields, t, who

    async def _not_proven(self, request: Request, who: Who, password: str, t: Words) -> str:
        """What to say where this is not the reader's password; "" where it is. Guesses are throttled like sign-ins."""
        try:
            right = await run_in_threadpool(
                sign_in.is_password, self.door.store, who.account, password, visit(request).address
            )
        except sign_in.Throttled as throttled:
            return waiting(t, throttled.wait)
        return "" if right else t("That is not your password.")

    async def _do(self, request: Request, act: Any, *asked: Any) -> None:
        """A change of one's own account, which this session outlives."""
        here = visit(request)
        assert here.who is not None
        kept, who = here.who.session, here.who
        await run_in_threadpool(lambda: act(self.door.store, *asked, keep=kept, by=who, address=here.address))

    def _done(self, t: Words, what: str) -> Response:
        return RedirectResponse(f"/account?lang={t.language}&done={what}", 303)

    async def _page(
        self, request: Request, t: Words, status: int = 200, enrol: bool = False, key: str = "", **wrong: str
    ) -> Response:
        here, store = visit(request), self.door.store
        assert here.who is not None
        found = await run_in_threadpool(accounts.get, store, here.who.account)
        if found is None:
            return RedirectResponse(f"/signin?lang={t.language}", 303)
        open_ones = await run_in_threadpool(sessions.sessions, store, found.id)
        must_enrol = found.role == "admin" and not here.local and not (found.totp or found.oidc_subject)
        offered: dict[str, Any] = {"enrolling": False, "key": "", "qr": ""}
        if enrol and not found.totp:
            made = offered_before(key, found.name)
            if made is None:
                made = await run_in_threadpool(accounts.begin_totp, store, found.id)
            offered = {"enrolling": True, "key": _spaced(made.secret), "qr": picture(made.uri)}
        said = _SAID.get(request.query_params.get("done", ""), "") if request.method == "GET" else ""
        made_cookie: list[str] = []
        told = {name: wrong.get(name, "") for name in _WRONGS}
        if must_enrol and not told["wrong"]:
            told["wrong"] = t("Before anything else, set up a second factor: an administrator needs one here.")
        page = self.door.looks.page(
            request,
            t,
            "account",
            status,
            signed_in=True,
            csrf=self.door.seals.stamp(request, made_cookie, "/account"),
            account=found,
            role=t(ROLES[found.role]),
            sites=t.list(found.sites) if found.sites else t("all of them"),
            sessions=[_session(t, one, here.who.session) for one in open_ones],
            must_enrol=must_enrol,
            said=t(said),
            **offered,
            **told,
        )
        keep(page, here, made_cookie)
        return page


def offered_before(key: str, name: str) -> Enrolment | None:
    """The secret that a form shows, to show it again after a wrong code: what counts is what the database offered."""
    secret = "".join(key.split())
    if not re.fullmatch("[A-Z2-7]{16,64}", secret):
        return None
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def _spaced(secret: str) -> str:
    """A key as it is typed more easily, in groups of four."""
    return " ".join(re.findall(".{1,4}", secret))


def _session(t: Words, one: sessions.Session, here: str) -> dict[str, Any]:
    told = t(
        "since {opened}, last seen {seen}, from {address}",
        opened=_when(t, one.opened_at),
        seen=_when(t, one.seen_at),
        address=one.address or "–",
    )
    return {"id": one.id, "agent": browser(t, one.agent), "here": one.id == here, "told": told}


def _when(t: Words, at: datetime) -> str:
    return f"{t.short_day(at.date())} {at:%H:%M} UTC"


def browser(t: Words, agent: str) -> str:
    """A browser and its system as a person calls them, from what it says of itself."""
    names = (("Firefox/", "Firefox"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    name = next((told for sign, told in names if sign in agent), "")
    system = next((told for sign, told in systems if sign in agent), "")
    if name and system:
        return t("{browser} on {system}", browser=name, system=system)
    return name or system or t("A browser that says little of itself")
