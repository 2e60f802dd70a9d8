"""What Chromium tells about a page: when it was last drawn, what went over the wire, how often it asked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Playwright

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_SETTLED, _PATIENCE = 400, 90_000

# Drawing is a change of the document inside what is looked at, or a stroke on a canvas; charts know no other way.
_WATCH = """
(() => {
    const bench = window.bench = {acted: 0, drawn: 0, looked: 'body'}
    const now = () => { bench.drawn = performance.now() }
    const inside = node => {
        const element = node.nodeType === 1 ? node : node.parentElement
        return element && (element.closest(bench.looked) || (node.nodeType === 1 && node.querySelector(bench.looked)))
    }
    new MutationObserver(changes => {
        for (const change of changes) {
            const target = change.target.nodeType === 1 ? change.target : change.target.parentElement
            if (target && target.closest(bench.looked) || [...change.addedNodes].some(inside)) { now(); return }
        }
    }).observe(document, {subtree: true, childList: true, attributes: true, characterData: true})
    for (const name of ['clearRect', 'fillRect', 'fillText', 'fill', 'stroke', 'drawImage']) {
        const method = CanvasRenderingContext2D.prototype[name]
        CanvasRenderingContext2D.prototype[name] = function (...given) { now(); return method.apply(this, given) }
    }
    addEventListener('click', event => { bench.acted = event.timeStamp }, true)
})()
"""
_SETTLE = """
([tile, wanted, busy, charts, number, settled, patience]) => new Promise((resolve, reject) => {
    const digits = text => (text || '').replace(/[^0-9]/g, '')
    const look = () => {
        const shown = document.querySelector(tile)
        const right = shown && digits(shown.textContent) === wanted
        const drawn = document.querySelectorAll(charts).length >= number
        const quiet = performance.now() - bench.drawn > settled && bench.drawn > bench.acted
        if (right && drawn && quiet && !document.querySelector(busy)) resolve([bench.acted, bench.drawn])
        else if (performance.now() - bench.acted > patience) reject(new Error(
            `not redrawn: the tile shows ${shown && shown.textContent}, wanted ${wanted}; charts drawn: ${drawn}; ` +
            `quiet: ${quiet}; busy: ${!!document.querySelector(busy)}`))
        else setTimeout(look, 20)
    }
    look()
})
"""


@dataclass(frozen=True)
class Marks:
    """How a page is read: CSS selectors of its first tile, of its charts, of both together, and of its business.

    `busy` matches while the page waits for its server.
    """

    tile: str
    charts: str
    looked: str
    busy: str
    number: int = 4


class Watched:
    """A page under observation."""

    def __init__(self, page: Page, marks: Marks) -> None:
        self.page, self.marks = page, marks
        self.wire = 0
        self._asked: set[str] = set()
        self._cached: set[str] = set()
        page.set_default_timeout(_PATIENCE)
        page.add_init_script(_WATCH + f"bench.looked = {marks.looked!r}")
        tools = page.context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.on("Network.requestWillBeSent", self._sent)
        tools.on("Network.requestServedFromCache", self._kept)
        tools.on("Network.responseReceived", self._answered)
        tools.on("Network.loadingFinished", self._loaded)
        for name in ("Network.webSocketFrameReceived", "Network.webSocketFrameSent"):
            tools.on(name, self._frame)

    def open(self, url: str, hosted: int) -> float:
        """Goes there; seconds from the start of the navigation until the charts were drawn."""
        self.page.goto(url)
        return self.settled(hosted)

    def settled(self, hosted: int) -> float:
        """Waits until the first tile shows `hosted` and nothing is drawn any more; seconds since the last click."""
        marks = self.marks
        asked = [marks.tile, str(hosted), marks.busy, marks.charts, marks.number, _SETTLED, _PATIENCE]
        acted, drawn = self.page.evaluate(_SETTLE, asked)
        return float(drawn - acted) / 1000

    @property
    def requests(self) -> int:
        """How many requests went to the server."""
        return len(self._asked - self._cached)

    def _sent(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self._asked.add(event["requestId"])

    def _kept(self, event: dict[str, Any]) -> None:
        self._cached.add(event["requestId"])

    def _answered(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache") or event["response"].get("fromPrefetchCache"):
            self._kept(event)

    def _loaded(self, event: dict[str, Any]) -> None:
        self.wire += int(event["encodedDataLength"])

    def _frame(self, event: dict[str, Any]) -> None:
        """A frame's content without the few bytes before it; binary content is told in base64."""
        frame = event["response"]
        content = frame["payloadData"]
        self.wire += len(content.encode()) if frame["opcode"] == 1 else len(content) * 3 // 4


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    """The system's Chromium without a window."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("Chromium is missing: install it with 'sudo apt-get install chromium'.")
    browser = playwright.chromium.launch(executable_path=path, args=QUIET)
    try:
        yield browser
    finally:
        browser.close()


def visitor(browser: Chromium, cookies: list[Any]) -> BrowserContext:
    """Somebody who has never been here: an empty cache, but signed in where cookies are given."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-GB")
    context.add_cookies(cookies)
    return context
