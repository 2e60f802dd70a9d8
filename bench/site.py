"""The public site as strangers meet it: how many are answered at what cost, what a page weighs, when it is drawn."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from bench.browser import chromium, visitor
from bench.contenders import ESSAIM, SUPERSET, Settled
from bench.measure import BYTES, CPU_SECONDS, ROOT, SECONDS, Measured
from bench.pages import IDLE, started, views
from bench.server import Server, everybody, free_port, ours, running
from bench.visitors import asked
from data.home import Home
from data.warehouse import Warehouse
from publish import release
from publish.settings import Settings
from publish.site import folder as site

FIRMS, SITES = 1_500, 4
REQUESTS, RUNS, VIEWS = 6_000, 5, 9
# What 1,000 requests may cost, how long 3,000 may take, what a first view may weigh, and how soon it is to be seen.
CPU, THREE_THOUSAND, WEIGHT, PAINT = 0.25, 1.0, 80.0, 0.150
ASKED = {
    "a page, compressed": ("/en/index.html", {"Accept-Encoding": "br"}),
    "a page that did not change": ("/en/index.html", {"Accept-Encoding": "br", "If-None-Match": "*"}),
    "figures for a program": ("/api/v1/metrics/entries.json?by=year", {"Accept-Encoding": "br"}),
    "a page in no language of a browser's": ("/en/survival.html", {}),
}
_PAINTED = """
() => new Promise(resolve => {
    const told = () => {
        const [first] = performance.getEntriesByName('first-contentful-paint')
        const [page] = performance.getEntriesByType('navigation')
        first && page.loadEventEnd ? resolve([first.startTime, Math.max(first.startTime, page.loadEventEnd)])
            : setTimeout(told, 10)
    }
    told()
})
"""


@contextmanager
def served(park: Settled) -> Iterator[Server]:
    """A release of the park, written as a site, served as `python -m publish serve` does."""
    where = park.folder / "site"
    with closing(Warehouse(Home.at(park.home))) as warehouse:
        release.publish(warehouse, Settings(), "bench")
        site.write(where, release.releases(warehouse), Settings(), cards=False)
    port = free_port()
    command: list[str | Path] = [sys.executable, "-m", "publish", "serve", where, "--port", str(port)]
    with running(command, port, "/en/index.html", ROOT, park.folder / "site.log", {}) as server:
        yield server


def requests(server: Server) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds per 3,000 requests and CPU seconds per 1,000, by what is asked; the kinds take turns."""
    port = int(server.url.rsplit(":", 1)[1])
    waited: dict[str, list[float]] = {name: [] for name in ASKED}
    cost: dict[str, list[float]] = {name: [] for name in ASKED}
    for _ in range(RUNS):
        for name, (path, headers) in ASKED.items():
            before = server.cpu()
            seconds = asked(port, path, REQUESTS, headers)
            cost[name].append((server.cpu() - before) * 1_000 / REQUESTS)
            waited[name].append(seconds * 3_000 / REQUESTS)
    return waited, cost


def drawn(browser: Browser, url: str) -> tuple[list[float], list[float], list[float]]:
    """First views with an empty cache: seconds until something, and until all is drawn, and kB on the wire."""
    first, whole, weight = [], [], []
    for _ in range(VIEWS):
        with visitor(browser, []) as context:
            page = context.new_page()
            sizes: list[int] = []
            tools = context.new_cdp_session(page)
            tools.send("Network.enable")
            tools.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
            page.goto(f"{url}/en/index.html")
            seen = page.evaluate(_PAINTED)
            page.wait_for_load_state("networkidle")
            first.append(seen[0] / 1000)
            whole.append(seen[1] / 1000)
            weight.append(sum(sizes) / 1000)
    return first, whole, weight


def measure(folder: Path) -> list[Measured]:
    """The public site alone, then its overview beside the app's own and Superset's dashboard of the same park."""
    park = Settled(folder / "site", FIRMS, SITES)
    found = []
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = stack.enter_context(chromium(playwright))
        server = stack.enter_context(served(park))
        then, all_then, ours_then = time.monotonic(), everybody(), ours()
        waited, cost = requests(server)
        first, whole, weight = drawn(browser, server.url)
        others = (everybody() - all_then - (ours() - ours_then)) / (time.monotonic() - then)
        idle = others <= IDLE
        if not idle:
            print(f"\nOthers took {others:.0%} of a core meanwhile: how long readers wait is not judged.", flush=True)
        for name in ASKED:
            bound = THREE_THOUSAND if idle else None
            question = "the public site, 3,000 requests answered after"
            found.append(Measured(question, name, median(waited[name]), RUNS, bound, SECONDS))
        for name in ASKED:
            found.append(Measured("the public site, 1,000 requests", name, median(cost[name]), RUNS, CPU, CPU_SECONDS))
        question = "the public site, first view"
        bound = PAINT if idle else None
        found.append(Measured(question, "first paint", median(first), VIEWS, bound, SECONDS))
        found.append(Measured(question, "on the wire", median(weight), VIEWS, WEIGHT, BYTES))
        servers = stack.enter_context(started(park, (ESSAIM, SUPERSET), playwright, browser))
        there = [one for one in (ESSAIM, SUPERSET) if one.name in servers]
        seen = views(browser, park, there, servers)
        for what, unit, mine in (("charts drawn after", SECONDS, whole), ("on the wire", BYTES, weight)):
            question = f"overview of {FIRMS:,} firms, first view: {what}"
            found.append(Measured(question, "essaim, the public page", median(mine), VIEWS, None, unit))
            for one in there:
                values = seen[one.name].runs[f"first view: {what}", unit]
                name = "essaim, the app's page" if one is ESSAIM else one.name
                found.append(Measured(question, name, median(values), len(values), None, unit))
    return found
