"""The first page as a visitor sees it: the right figures, a drawn chart, nothing broken, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from data.home import Home
from data.warehouse import Generation, Warehouse
from metrics.ask import Scope, ask
from tests.browser.started import Running, running

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")

SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1440, "height": 1000},
    "phone": {"width": 390, "height": 844},
}


@dataclass
class Seen:
    """A page and everything that went on behind it."""

    page: Page
    console: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@pytest.fixture(scope="session", params=list(SIZES))
def overview(request: pytest.FixtureRequest, sample_app: Running, chromium: Browser) -> Iterator[Seen]:
    """The overview, drawn, at one size."""
    page = chromium.new_page(viewport=SIZES[request.param], locale="en-GB")
    seen = Seen(page)
    page.on("console", lambda said: seen.console.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.console.append(str(error)))
    page.on("response", lambda answer: seen.failed.append(answer.url) if answer.status >= 400 else None)
    page.on(
        "request",
        lambda wanted: (
            seen.elsewhere.append(wanted.url)
            if urlsplit(wanted.url).scheme not in ("data", "blob") and urlsplit(wanted.url).port != sample_app.port
            else None
        ),
    )
    page.goto(sample_app.url)
    expect(page.get_by_test_id("stMetric")).to_have_count(4, timeout=60_000)
    expect(page.locator(".js-plotly-plot .barlayer .trace").first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=30_000)
    yield seen
    page.close()


@pytest.fixture(scope="session")
def park(sample_app: Running) -> Generation:
    return Warehouse(Home.at(sample_app.home)).generation()


def figure(park: Generation, name: str, scope: Scope | None = None) -> float:
    answer = ask(park, [name], scope or Scope())
    return float(answer.loc[answer["metric"] == name, "value"].iloc[0])


def tile(overview: Seen, position: int) -> str:
    return overview.page.get_by_test_id("stMetricValue").nth(position).inner_text().strip()


def test_the_tiles_show_what_ask_answers(overview: Seen, park: Generation) -> None:
    last_year = Scope(start=date(2019, 10, 26), end=date(2020, 10, 25))
    assert [tile(overview, position) for position in range(4)] == [
        f"{figure(park, 'hosted'):,.0f}",
        f"{figure(park, 'former'):,.0f}",
        f"{100 * figure(park, 'survival_5y'):.1f}%",
        f"{figure(park, 'entries', last_year):,.0f}",
    ]


def test_the_tiles_show_the_sample_park(overview: Seen) -> None:
    assert tile(overview, 0) == "320"
    assert tile(overview, 1) == "1,200"
    assert 87.5 <= float(tile(overview, 2).rstrip("%")) <= 88.5


def test_the_page_says_its_day_and_that_the_data_is_invented(overview: Seen) -> None:
    expect(overview.page.get_by_role("heading", name="Situation on 25 October 2020, as known on ")).to_be_visible()
    expect(overview.page.get_by_text("Invented data")).to_be_visible()


def test_survival_stands_with_its_bounds(overview: Seen, park: Generation) -> None:
    row = ask(park, ["survival_5y"], Scope()).iloc[0]
    text = overview.page.get_by_test_id("stCaptionContainer").nth(2).inner_text()
    assert f"{100 * row['lower_bound']:.1f}%" in text and f"{100 * row['upper_bound']:.1f}%" in text


def test_the_chart_draws_every_entry_of_every_site(overview: Seen, park: Generation) -> None:
    answer = ask(park, ["entries"], Scope(start=date(2017, 11, 1), end=date(2020, 10, 25)), by=("month", "site"))
    assert len(answer) > 30
    wanted = answer.assign(site=answer["site"].astype(str)).groupby("site")["value"].sum()
    drawn = overview.page.evaluate(
        """() => Object.fromEntries(document.querySelector('.js-plotly-plot').data.map(trace => {
            const y = trace.y._inputArray ?? trace.y
            return [trace.name, Array.from(y).reduce((sum, v) => sum + Number(v), 0)]
        }))"""
    )
    assert drawn == {site: count for site, count in wanted.items() if count}
    bars = overview.page.locator(".js-plotly-plot .barlayer .point path")
    assert sum(1 for bar in bars.all() if (box := bar.bounding_box()) and box["height"] > 1) == int(
        (answer["value"] > 0).sum()
    )


def test_the_table_says_the_same_as_the_chart(overview: Seen) -> None:
    overview.page.get_by_text("The same numbers as a table").click()
    expect(overview.page.get_by_test_id("stDataFrame")).to_be_visible()


def test_the_definition_is_one_click_away(overview: Seen) -> None:
    overview.page.get_by_text("What is counted").click()
    expect(overview.page.get_by_text("Entries.", exact=False).first).to_be_visible()


def test_nothing_is_broken_and_nothing_comes_from_elsewhere(overview: Seen) -> None:
    assert overview.console == []
    assert overview.failed == []
    assert overview.elsewhere == []
    expect(overview.page.get_by_test_id("stException")).to_have_count(0)
    expect(overview.page.get_by_test_id("stAlertContentError")).to_have_count(0)


def test_nothing_has_to_be_scrolled_sideways(overview: Seen) -> None:
    wide, window = overview.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window
    inner = overview.page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth")
    assert inner <= 0


def test_a_ledger_that_cannot_be_read_shows_a_reference_and_logs_the_reason(tmp_path: Path, chromium: Browser) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"this is no ledger" * 1000)
    with running(tmp_path) as app:
        page = chromium.new_page()
        page.goto(app.url)
        alert = page.get_by_test_id("stAlertContentError")
        expect(alert).to_contain_text("this reference:", timeout=60_000)
        reference = alert.locator("strong").inner_text()
        said = alert.inner_text()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        ready = page.request.get(app.url + "/readyz").status
        page.close()
        log = app.log.read_text()
    assert f"Error {reference} on a page" in log and "Traceback" in log
    assert "sqlite" not in said.lower()
    assert ready == 503
