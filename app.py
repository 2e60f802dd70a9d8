"""The front door: one ASGI application with the pages, the guard before them and the health addresses."""

from __future__ import annotations

import gc
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

from access.assets import Assets
from access.guard import LoopbackOnly, SecurityHeaders, content_policy, require_loopback
from data.limits import BadLimit, allowed
from ui import language, park, shell, trouble
from ui.rehearsal import rehearse

log = logging.getLogger("essaim")
root = Path(__file__).resolve().parent
pages, shelf = shell.pages(), shell.shelf()

require_loopback(st.get_option("server.address"))
try:
    shell.take_files_up_to(allowed().packed)
except BadLimit as error:
    raise SystemExit(str(error)) from None


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Opens the park before the first visitor; a park that cannot be opened is logged and `/readyz` says so."""
    try:
        await run_in_threadpool(park.verify)
        await run_in_threadpool(rehearse)
    except Exception:
        log.exception("The park's figures cannot be opened")
    # Streamlit collects garbage after every rerun: what is loaded by now need not be looked at again.
    _ = shelf.assets
    gc.collect()
    gc.freeze()
    yield


async def healthz(request: Request) -> PlainTextResponse:
    """200 while the process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: Request) -> PlainTextResponse:
    """200 when the ledger is reachable and a verified generation answers a query; else 503, the reason in the log."""
    try:
        await run_in_threadpool(park.verify)
    except Exception:
        log.exception("Not ready")
        return PlainTextResponse("not ready\n", 503, headers={"Cache-Control": "no-store"})
    return PlainTextResponse("ready\n", headers={"Cache-Control": "no-store"})


app = st.App(
    root / "ui" / "frame.py",
    lifespan=lifespan,
    routes=[Route("/healthz", healthz), Route("/readyz", readyz)],
    middleware=[
        Middleware(SecurityHeaders, policy=content_policy(*(page.decode() for page in pages.values()))),
        Middleware(LoopbackOnly),
        Middleware(Assets, shelf=shelf, pages=pages, language=language.preferred),
    ],
    on_script_error=trouble.script_error,
)
