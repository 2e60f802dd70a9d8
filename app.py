"""The front door: one ASGI application with what everybody may see, the guard, the pages behind it, and the way in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from access import gate, setup
from access.assets import Assets
from access.door import Door
from access.front import FRONT, RATE, Front
from access.guard import Bounds, Guard
from access.headers import SecurityHeaders, content_policy, nameless
from access.hosts import Hosts, is_loopback, told_url
from access.looks import Looks
from access.organisation import Organisation
from access.partner_door import PartnerDoor
from access.rates import Rate
from access.secret import secret
from data.home import Home
from data.limits import BadLimit, allowed
from ui import language, park, public, reader, shell, trouble
from ui.rehearsal import rehearse
from ui.tidying import settle, tidy

log = logging.getLogger("essaim")
root = Path(__file__).resolve().parent
pages, shelf = shell.pages(), shell.shelf()

address = st.get_option("server.address")
hosts = Hosts.from_environment(address)
key = secret(Home.from_environment(), (hosts.first or address) if is_loopback(address) else address)
try:
    shell.take_files_up_to(allowed().packed)
except BadLimit as error:
    raise SystemExit(str(error)) from None
nameless()
partners = PartnerDoor(reader.links(), public.partners().site)
door = Door(reader.store(), key, Looks(shell.ours, language.preferred), Organisation.from_environment())


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Opens the park before the first visitor; a park that cannot be opened is logged and `/readyz` says so."""
    try:
        await run_in_threadpool(park.verify)
        await run_in_threadpool(rehearse)
    except Exception:
        log.exception("The park's figures cannot be opened")
    try:
        await run_in_threadpool(invite)
    except Exception:
        log.exception("The accounts cannot be opened")
    _ = shelf.assets
    settle()
    tidying = asyncio.create_task(tidy())
    for kept in (public.standing(), public.partners()):
        kept.start()
    yield
    tidying.cancel()
    for kept in (public.standing(), public.partners()):
        await run_in_threadpool(kept.stop)


def invite() -> None:
    """Where nobody can sign in yet: a link for the first account, printed where whoever starts the app sees it."""
    token = setup.issue(reader.store())
    if token:
        site = told_url() or f"http://127.0.0.1:{st.get_option('server.port')}"
        told = "Nobody can sign in yet. The first account is set up here, once, within an hour:"
        print(f"\n  {told}\n\n    {site}{setup.path(token)}\n", flush=True)


async def healthz(request: Request) -> PlainTextResponse:
    """200 while the process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> PlainTextResponse:
    """200 when the ledger is reachable and a verified generation answers a query; else 503, the reason in the log."""
    try:
        await run_in_threadpool(park.verify)
    except Exception:
        log.exception("Not ready")
        return PlainTextResponse("not ready\n", 503)
    return PlainTextResponse("ready\n")


app = st.App(
    root / "ui" / "frame.py",
    lifespan=lifespan,
    routes=[Route("/healthz", healthz), Route("/readyz", readyz), *door.routes()],
    middleware=[
        Middleware(
            Front,
            answers={rule.name: public.standing().site for rule in FRONT} | {"partner-pages": partners},
            hosts=hosts,
            rate=Rate.from_environment("ESSAIM_STATS_RATE", RATE),
        ),
        Middleware(SecurityHeaders, policy=content_policy(*(page.decode() for page in pages.values()))),
        Middleware(
            Guard,
            **gate.asks(reader.store()),
            hosts=hosts,
            bounds=Bounds(upload=st.get_option("server.maxUploadSize") * 1024**2),
            acted=reader.acted,
        ),
        Middleware(Assets, shelf=shelf, pages=pages, language=language.preferred),
    ],
    on_script_error=trouble.script_error,
)
