"""Who shows the four tiles and four charts: how each is started, read and filtered."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import Locator, Page, Playwright

from access import accounts, sessions
from access.guard import PLAIN_COOKIE
from access.store import Store
from bench.browser import Marks
from bench.measure import ROOT
from bench.park import STATED_ON, settle
from bench.server import Server, free_port, running
from bench.superset import FOLDER, METADATA, dashboard, environment
from data.home import Home
from metrics.ask import Scope, ask

STREAMLIT = [sys.executable, "-m", "streamlit", "run"]
BESIDE = ROOT / ".bench-venv" / "bin"
PLAIN = Path(__file__).parent / "plain"


class Settled:
    """A park in a ledger, and the same park as the tables of stays and lives that the others read."""

    def __init__(self, folder: Path, firms: int, sites: int) -> None:
        self.folder = folder
        self.home = folder / "home"
        folder.mkdir()
        self.generation = settle(Home.at(self.home), firms, sites)
        self.stays = self.generation.query(
            "select firm_id, site::varchar as site, sector::varchar as sector, day as entered_on, until as left_on "
            "from presence join identity using (firm_no) where by_site"
        )
        self.lives = self.generation.query(
            "select firm_id, site::varchar as site, sector::varchar as sector, day, anniversary, fate::varchar as fate "
            "from life join identity using (firm_no)"
        )
        self.today = pd.Timestamp(STATED_ON)
        self.stays.to_parquet(folder / "stays.parquet")
        self.lives.to_parquet(folder / "lives.parquet")
        (folder / "today").write_text(STATED_ON.isoformat())

    @property
    def sites(self) -> list[str]:
        return sorted(self.stays["site"].unique())

    def hosted(self, sites: frozenset[str] = frozenset()) -> int:
        """What the first tile must show."""
        answer = ask(self.generation, ["hosted"], Scope(sites=tuple(sorted(sites))))
        return int(answer["value"].iloc[0])


@dataclass(frozen=True)
class Running:
    """A contender's server, its page, and whom it knows."""

    server: Server
    path: str = "/"
    cookies: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url + self.path


@dataclass(frozen=True)
class Contender:
    """`aim` does all but the last click that adds a site to the filter, or takes it out, and gives that last one."""

    name: str
    start: Callable[[Settled, Playwright], Any]
    marks: Marks
    aim: Callable[[Page, str], Locator]


STREAMLIT_MARKS = Marks(
    tile="[data-testid=stMetricValue]",
    charts=".js-plotly-plot:has(.cartesianlayer .subplot)",
    looked="[data-testid=stMetric], .js-plotly-plot",
    busy="[data-test-script-state=running]",
)


@contextmanager
def essaim(park: Settled, playwright: Playwright) -> Iterator[Running]:
    """As `make run` starts it."""
    port = free_port()
    command = [*STREAMLIT, "app.py", "--server.port", str(port)]
    with running(
        command, port, "/healthz", ROOT, park.folder / "essaim.log", {"ESSAIM_HOME": str(park.home)}
    ) as server:
        yield Running(server, cookies=[signed_in(park.home, server.url)])


def signed_in(home: Path, url: str) -> dict[str, Any]:
    """The cookie of a reader's session, opened straight in the accounts."""
    store = Store.at(Home.at(home))
    account = accounts.add(store, "bench", "leader")
    token = sessions.open_session(store, account.id, "127.0.0.1", "bench")
    store.close()
    return {"name": PLAIN_COOKIE, "value": token, "url": url}


def aim_essaim(page: Page, site: str) -> Locator:
    """The popover stays open once it is; few sites are pills in it, many are a list to choose from."""
    widget = page.locator(".st-key-site")
    if not widget.is_visible():
        page.locator(".st-key-open_site button").first.click()
        widget.wait_for()
    pill = widget.get_by_role("button", name=site, exact=True)
    return pill if pill.count() else aim_multiselect(page, site)


def aim_multiselect(page: Page, site: str) -> Locator:
    """Streamlit's list to choose from: a chosen name has a cross, the others are offered."""
    widget = page.locator(".st-key-site")
    cross = widget.locator(f"button[aria-label='Remove {site}']:visible")
    if cross.count():
        return cross
    widget.locator("input").fill(site)
    return page.get_by_role("option", name=site, exact=True)


@contextmanager
def plain_streamlit(park: Settled, playwright: Playwright) -> Iterator[Running]:
    """With Streamlit's own settings, but for those that keep it on this machine."""
    port = free_port()
    quiet = ["--server.headless", "true", "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]
    command = [*STREAMLIT, "with_streamlit.py", "--server.port", str(port), *quiet]
    told = {"PARK": str(park.folder), "PYTHONPATH": str(ROOT)}
    with running(command, port, "/_stcore/health", PLAIN, park.folder / "streamlit.log", told) as server:
        yield Running(server)


def gunicorn(binaries: Path, port: int, application: str) -> list[str | Path]:
    """One process with threads; its control socket would lie in the user's home."""
    address = ["--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    return [binaries / "gunicorn", "--threads", "8", "--timeout", "120", *address, application]


@contextmanager
def dash(park: Settled, playwright: Playwright) -> Iterator[Running]:
    """Under gunicorn, as Dash's own pages on deployment say."""
    port = free_port()
    command = gunicorn(BESIDE, port, "bench.plain.with_dash:server")
    with running(command, port, "/", ROOT, park.folder / "dash.log", {"PARK": str(park.folder)}) as server:
        yield Running(server)


def aim_dash(page: Page, site: str) -> Locator:
    """The list stays open while names are ticked."""
    if not page.locator(".dash-dropdown-content").is_visible():
        page.locator("#site").click()
    return page.locator(".dash-dropdown-content").get_by_text(site, exact=True)


@contextmanager
def superset(park: Settled, playwright: Playwright) -> Iterator[Running]:
    """One process under gunicorn over a copy of the metadata that `make bench` prepared."""
    port, metadata, tables = free_port(), park.folder / "superset.db", park.folder / "superset-park.db"
    if not METADATA.exists():
        raise RuntimeError("it is not installed (the reason is in .bench-superset/made.log)")
    shutil.copy(METADATA, metadata)
    dashboard.write(tables, park.stays, park.lives, park.today)
    command = gunicorn(FOLDER / "bin", port, "superset.app:create_app()")
    settings = environment(metadata, park.folder / "superset")
    with running(command, port, "/health", park.folder, park.folder / "superset.log", settings) as server:
        api = playwright.request.new_context(base_url=server.url)
        path = dashboard.make(api, tables)
        api.dispose()
        yield Running(server, path, dashboard.sign_in(playwright, server.url))


def aim_superset(page: Page, site: str) -> Locator:
    """A name is ticked in the list, or unticked; what is asked changes with the button below."""
    page.get_by_role("combobox", name="Site").click()
    page.locator(".ant-select-item-option", has_text=site).click()
    page.keyboard.press("Escape")
    return page.locator("[data-test='filter-bar__apply-button']")


ESSAIM = Contender("essaim", essaim, STREAMLIT_MARKS, aim_essaim)
PLAIN_STREAMLIT = Contender("plain Streamlit 1.67", plain_streamlit, STREAMLIT_MARKS, aim_multiselect)
DASH = Contender(
    "Dash 4.4",
    dash,
    Marks(
        tile="#tile-0",
        charts=".js-plotly-plot:has(.cartesianlayer .subplot)",
        looked="#tiles, .js-plotly-plot",
        busy="[data-dash-is-loading=true]",
    ),
    aim_dash,
)
SUPERSET = Contender(
    "Superset 6.1",
    superset,
    Marks(
        tile=".header-line",
        charts=".dashboard-component-chart-holder canvas",
        looked=".dashboard-component-chart-holder",
        busy=".dashboard-component-chart-holder .loading, [data-test=loading-indicator]",
    ),
    aim_superset,
)
