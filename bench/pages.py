"""What the overview costs in server time, waiting and bytes, beside the same four tiles and four charts elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from bench.browser import Watched, chromium, visitor
from bench.contenders import DASH, ESSAIM, PLAIN_STREAMLIT, SUPERSET, Contender, Running, Settled
from bench.measure import BYTES, CPU_SECONDS, REQUESTS, SECONDS, Measured
from bench.server import everybody, ours

# A park of today's size, and one that is larger than any. Superset would ask SQLite about a million rows for minutes.
PARKS = ((1_500, 4, (ESSAIM, PLAIN_STREAMLIT, DASH, SUPERSET)), (1_000_000, 50, (ESSAIM, PLAIN_STREAMLIT, DASH)))
VIEWS = 3
SITES = 4
# Ours alone are bound, here beside a browser and over the socket alone (bench/over_socket.py).
CHANGE = {1_500: 0.05, 1_000_000: 0.08}
REDRAWN = 0.35
FIRST, SECOND = 2_600.0, 100.0
# Waiting is judged on an idle machine: where others took more of a core than this, the bound says nothing.
IDLE = 0.15


@dataclass
class Seen:
    """All that was measured of one contender, a list of runs per question and unit."""

    runs: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, question: str, unit: str, value: float) -> None:
        self.runs.setdefault((question, unit), []).append(value)


def walk(sites: list[str]) -> list[tuple[str, frozenset[str]]]:
    """Steps of one click each, to the site and its pair with the next in turn: (site clicked, sites then chosen).

    The first half asks for what was never asked before, the second half for the same again.
    """
    steps = [(sites[0], frozenset(sites[:1]))]
    for place in range(2 * len(sites)):
        here, following = sites[place % len(sites)], sites[(place + 1) % len(sites)]
        steps += [(following, frozenset({here, following})), (here, frozenset({following}))]
    return steps[: 4 * len(sites)]


def view(context: BrowserContext, contender: Contender, running: Running, hosted: int, name: str, seen: Seen) -> None:
    """One visit: how long until everything was drawn, and what it took."""
    page = Watched(context.new_page(), contender.marks)
    seen.add(f"{name}: charts drawn after", SECONDS, page.open(running.url, hosted))
    seen.add(f"{name}: on the wire", BYTES, page.wire / 1000)
    seen.add(f"{name}: asked of the server", REQUESTS, page.requests)
    page.page.close()


@contextmanager
def started(
    park: Settled, contenders: tuple[Contender, ...], playwright: Playwright, browser: Browser
) -> Iterator[dict[str, Running]]:
    """All servers at once, each visited once, so that none still has to import anything.

    One that is not ours and does not come so far is left out, and said so.
    """
    with ExitStack() as stack:
        servers = {}
        for contender in contenders:
            try:
                running = stack.enter_context(contender.start(park, playwright))
                with visitor(browser, running.cookies) as context:
                    view(context, contender, running, park.hosted(), "warm-up", Seen())
                servers[contender.name] = running
            except Exception as error:
                if contender is ESSAIM:
                    raise
                print(f"\n{contender.name} is left out: {error}", flush=True)
        yield servers


def views(browser: Browser, park: Settled, contenders: list[Contender], servers: dict[str, Running]) -> dict[str, Seen]:
    """Visits with an empty cache, each followed by one with what that left in it."""
    seen = {contender.name: Seen() for contender in contenders}
    hosted = park.hosted()
    for _ in range(VIEWS):
        for contender in contenders:
            running = servers[contender.name]
            with visitor(browser, running.cookies) as context:
                for name in ("first view", "second view"):
                    view(context, contender, running, hosted, name, seen[contender.name])
    return seen


def changes(
    browser: Browser, park: Settled, contenders: list[Contender], servers: dict[str, Running]
) -> dict[str, Seen]:
    """Filter changes, one page of each contender staying open and taking its turn."""
    seen = {contender.name: Seen() for contender in contenders}
    with ExitStack() as stack:
        pages = {}
        for contender in contenders:
            running = servers[contender.name]
            context = stack.enter_context(visitor(browser, running.cookies))
            pages[contender.name] = Watched(context.new_page(), contender.marks)
            pages[contender.name].open(running.url, park.hosted())
        steps = walk(park.sites[:SITES])
        hosted = {sites: park.hosted(sites) for _, sites in steps}
        for number, (site, sites) in enumerate(steps):
            what = "filter change" if number < len(steps) // 2 else "filter change to what was asked before"
            for contender in contenders:
                page, server = pages[contender.name], servers[contender.name].server
                page.page.bring_to_front()
                last = contender.aim(page.page, site)
                before = server.cpu()
                last.click()
                waited = page.settled(hosted[sites])
                # What a server does after it has answered counts, too: it has gone quiet before `settled` returns.
                seen[contender.name].add(f"{what}: server", CPU_SECONDS, server.cpu() - before)
                seen[contender.name].add(f"{what}: redrawn after", SECONDS, waited)
    return seen


def told(seen: dict[str, Seen], firms: int, sites: int, others: float) -> list[Measured]:
    """The medians, contenders side by side, with the bounds."""
    bounds = {
        ("filter change: server", CPU_SECONDS): CHANGE[firms],
        ("first view: on the wire", BYTES): FIRST,
        ("second view: on the wire", BYTES): SECOND,
    }
    if others <= IDLE:
        bounds["filter change: redrawn after", SECONDS] = REDRAWN
    else:
        print(f"\nOthers took {others:.0%} of a core meanwhile: how long readers wait is not judged.", flush=True)
    park = f"overview of {firms:,} firms on {sites} sites"
    questions = list(dict.fromkeys(key for one in seen.values() for key in one.runs))
    return [
        Measured(
            f"{park}, {question}",
            name,
            median(one.runs[question, unit]),
            len(one.runs[question, unit]),
            bounds.get((question, unit)) if name == ESSAIM.name else None,
            unit,
        )
        for question, unit in questions
        for name, one in seen.items()
        if (question, unit) in one.runs
    ]


def measure(folder: Path) -> list[Measured]:
    """Two parks; the smaller one is visited anew, too, because what goes over the wire does not grow with the park."""
    measured = []
    for firms, sites, contenders in PARKS:
        park = Settled(folder / f"pages-{firms}", firms, sites)
        with (
            sync_playwright() as playwright,
            chromium(playwright) as browser,
            started(park, contenders, playwright, browser) as servers,
        ):
            there = [contender for contender in contenders if contender.name in servers]
            if firms == PARKS[0][0]:
                measured += told(views(browser, park, there, servers), firms, sites, others=0.0)
            then, all_then, ours_then = time.monotonic(), everybody(), ours()
            seen = changes(browser, park, there, servers)
            others = (everybody() - all_then - (ours() - ours_then)) / (time.monotonic() - then)
            measured += told(seen, firms, sites, others)
    return measured
