"""Every page in a browser, for an admin, of a park whose every name was made to act: nothing acts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser

from access.pages import PAGES
from data.home import Home
from data.intake import Choices, accept, propose
from data.match import Mapping
from data.warehouse import Warehouse
from tests.browser.seen import Seen, seen
from tests.browser.started import Running, running
from tests.browser.test_upload import brought
from tests.payloads.cells import FILE, KINDS, cells, listed, rows

pytestmark = pytest.mark.xdist_group("payloads")

TRAP = "window.ran = []; window.trap = told => { window.ran.push(String(told)); }; window.alert = window.trap;"
# What stands in a page by us and Streamlit, and what a cell would have made: links, addresses, elements, formulas.
FOUND = """() => {
    const all = sought => [...document.querySelectorAll(sought)];
    const handlers = one => [...one.attributes].some(a => /^on/i.test(a.name));
    return {
        ran: window.ran,
        links: all('a[href], area[href], [formaction], form').map(one => one.href || one.action || ''),
        sources: all('[src], [srcset], [data], [poster]').filter(one => one.tagName !== 'CANVAS').map(
            one => one.getAttribute('src') || one.getAttribute('data') || ''),
        planted: all('.planted, iframe, object, embed, base, meta[http-equiv], .katex, marquee').map(
            one => [(one.closest('[class*=st-key]') || one).className, one.outerHTML.slice(0, 200)]),
        handlers: all('body *').filter(handlers).map(one => one.outerHTML.slice(0, 200)),
        scripts: all('script:not([src])').map(one => one.textContent.slice(0, 200)),
        title: document.title,
    };
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("payloads")
    warehouse = Warehouse(Home.at(home))
    mapping = Mapping.load({"kind": "tenants", "new_sites": True, "new_sectors": True})
    said = Choices(mapping=mapping, stated_on=date(2020, 10, 25), accept_warnings=True, by=KINDS[0])
    review = propose(warehouse, listed(rows(cells())), FILE, said, date.today())
    try:
        done = accept(warehouse, review)
        assert done.receipt == 1 and not done.refused
        # One name alone is nothing but signs without width.
        assert sum(problem.severity == "error" for problem in done.problems) <= 1
        known = warehouse.generation().query("select count(*) as n from tenants")
        assert int(known["n"][0]) > 360
    finally:
        review.close()
        warehouse.close()
    with running(home) as started:
        yield started


@pytest.fixture
def visit(app: Running, chromium: Browser) -> Iterator[Seen]:
    with seen(app, chromium, "desktop") as watched:
        watched.page.add_init_script(TRAP)
        watched.page.on("dialog", lambda dialog: watched.console.append(f"dialog: {dialog.message}"))
        watched.page.on("popup", lambda page: watched.console.append(f"popup: {page.url}"))
        watched.page.on("download", lambda one: watched.console.append(f"download: {one.url}"))
        yield watched


def harmless(visit: Seen) -> None:
    """That nothing ran, and that there is nothing on the page that was not ours."""
    told: dict[str, Any] = visit.page.evaluate(FOUND)
    assert told["ran"] == []
    assert told["planted"] == [] and told["handlers"] == []
    ours = {visit.app.port}
    for address in told["links"]:
        parts = urlsplit(address)
        assert parts.scheme == "http" and parts.port in ours, address
        assert parts.path.strip("/") in {"", "account", "signin", *PAGES}, address
    for address in told["sources"]:
        assert address.startswith(("/", "./", "data:image/", "blob:", visit.app.url)), address[:200]
    assert all("trap" not in script for script in told["scripts"])
    assert visit.elsewhere == [] and visit.console == []
    assert urlsplit(visit.page.url).port in ours


# Each page takes seconds: these at each run, all of them with `make payloads`.
SOON = ("overview", "firms")
ALL = bool(os.environ.get("ESSAIM_PAYLOADS"))


@pytest.mark.parametrize("name", [name for name in PAGES if name in SOON or (ALL and name != "first_run")])
def test_nothing_acts_on_a_page(visit: Seen, name: str) -> None:
    visit.open(f"/{'' if name == 'overview' else name}?lang=en")
    harmless(visit)
    folded = visit.page.get_by_test_id("stPopoverButton").filter(visible=True)
    for place in range(min(folded.count(), 2) if name in ("overview", "cohorts", "history") else 0):
        folded.nth(place + 1 if folded.count() > 2 else place).click()
        visit.settled()
        harmless(visit)
        visit.page.keyboard.press("Escape")
    visit.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    visit.settled()
    harmless(visit)
    assert visit.page.get_by_test_id("stException").count() == 0


# One of each sort, chosen as what a page speaks of: its name stands in titles, sentences and the line of life.
CHOSEN = list(range(0, 368, 41))


@pytest.mark.skipif(not ALL, reason="with `make payloads`")
def test_nothing_acts_where_one_firm_or_site_is_spoken_of(visit: Seen) -> None:
    told = rows(cells())
    for place in CHOSEN[:4]:
        visit.open(f"/firms?lang=en&firm={quote('name:' + told[place][0].casefold())}&name={quote(told[place][0])}")
        harmless(visit)
    for place in (0, 9):
        site = told[place][1]
        visit.open(f"/sites?lang=en&site={quote(site)}&one={quote(site)}")
        harmless(visit)
    for asked in ("site", "sector", "known_on", "by"):
        visit.page.goto(f"{visit.app.url}/entries?{asked}={quote(KINDS[2])}&lang=en")
        visit.settled()
        harmless(visit)


def test_nothing_acts_while_a_file_is_brought(visit: Seen, tmp_path: Path) -> None:
    # A file system knows neither a slash nor a name that long; the rest of the name is as it was made.
    path = tmp_path / FILE.replace("/", "_")
    broken = [[*row[:4], row[0] if place % 3 else row[4], *row[5:]] for place, row in enumerate(rows(cells()))]
    path.write_bytes(listed(broken))
    brought(visit, path)
    harmless(visit)
    visit.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    visit.settled()
    harmless(visit)
    assert "img src=x" in visit.text(), "the name of the file is read as it is"


def test_the_trap_is_one(visit: Seen) -> None:
    """What is looked for is found where it is: in a page that does take a cell for markup."""
    visit.open("/definitions?lang=en")
    visit.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b class=planted>x</b>'); window.trap(1)")
    with pytest.raises(AssertionError):
        harmless(visit)
