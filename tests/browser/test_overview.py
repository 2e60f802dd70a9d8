"""The first page as a visitor sees it: the right figures, charts that filter, definitions and tables one click away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from data.home import Home
from data.warehouse import Generation, Warehouse
from metrics.ask import Scope, ask
from tests.browser.seen import SIZES, Seen, seen
from tests.browser.started import Running

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module", params=list(SIZES))
def overview(request: pytest.FixtureRequest, sample_app: Running, chromium: Browser) -> Iterator[Seen]:
    with seen(sample_app, chromium, request.param) as watched:
        watched.open("/?lang=en")
        yield watched


@pytest.fixture(scope="module")
def park(sample_app: Running) -> Generation:
    return Warehouse(Home.at(sample_app.home)).generation()


def figure(park: Generation, name: str, scope: Scope | None = None) -> float:
    answer = ask(park, [name], scope or Scope())
    return float(answer.loc[answer["metric"] == name, "value"].iloc[0])


def test_the_tiles_show_what_ask_answers(overview: Seen, park: Generation) -> None:
    last_year = Scope(start=date(2019, 10, 26), end=date(2020, 10, 25))
    assert overview.figures() == [
        f"{figure(park, 'hosted'):,.0f}",
        f"{figure(park, 'former'):,.0f}",
        f"{100 * figure(park, 'survival_5y'):.1f}%",
        f"{figure(park, 'entries', last_year):,.0f}",
    ]
    assert overview.figures()[:2] == ["320", "1,200"]


def test_the_page_says_its_days_and_that_the_data_is_invented(overview: Seen) -> None:
    text = overview.text()
    assert "the situation on 25 October 2020, as known on 25 October 2020" in text
    assert "Invented data" in text


def test_the_chart_draws_every_entry_of_every_site(overview: Seen, park: Generation) -> None:
    answer = ask(park, ["entries"], Scope(start=date(2017, 11, 1), end=date(2020, 10, 25)), by=("month", "site"))
    wanted = answer.assign(site=answer["site"].astype(str)).groupby("site")["value"].sum()
    drawn = overview.page.evaluate(
        """() => Object.fromEntries(document.querySelector('.js-plotly-plot').data.map(trace => {
            const y = trace.y._inputArray ?? trace.y
            return [trace.name, Array.from(y).reduce((sum, v) => sum + Number(v), 0)]
        }))"""
    )
    assert {site: count for site, count in drawn.items() if count} == {
        site: count for site, count in wanted.items() if count
    }


def test_definition_and_table_are_one_click_away(overview: Seen) -> None:
    page = overview.page
    page.get_by_role("button", name="Definition").first.click()
    expect(page.get_by_text("First days of firms' first stays", exact=False).first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Table and downloads").first.click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    for kind in ("CSV", "XLSX", "SVG", "PNG"):
        expect(page.get_by_role("button", name=kind, exact=True)).to_be_visible()
    page.keyboard.press("Escape")


def test_a_click_filters_and_the_chip_takes_it_back(sample_app: Running, chromium: Browser, park: Generation) -> None:
    with seen(sample_app, chromium, "desktop") as watched:
        watched.open("/?lang=en")
        bars = watched.page.locator(".js-plotly-plot").first.locator(".barlayer .trace").nth(1).locator(".point path")
        # Plotly hears the mouse on a pane above the bars.
        box = max((box for bar in bars.all() if (box := bar.bounding_box())), key=lambda box: box["height"])
        watched.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(watched.page.get_by_role("button", name="Site: Rabat")).to_be_visible(timeout=30_000)
        watched.settled()
        assert "site=Rabat" in watched.page.url
        assert watched.figures()[0] == f"{figure(park, 'hosted', Scope(sites=('Rabat',))):,.0f}"
        watched.page.get_by_role("button", name="Site: Rabat").click()
        expect(watched.page.get_by_role("button", name="Site: Rabat")).to_have_count(0, timeout=30_000)
        assert "site=" not in watched.page.url


def test_the_keyboard_filters_as_the_mouse_does(sample_app: Running, chromium: Browser) -> None:
    with seen(sample_app, chromium, "desktop") as watched:
        watched.open("/?lang=en")
        page = watched.page
        page.get_by_role("button", name="Site", exact=True).focus()
        page.keyboard.press("Enter")
        choice = page.get_by_test_id("stPopoverBody").get_by_role("button", name="Tanger")
        expect(choice).to_be_visible()
        choice.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Site: Tanger")).to_be_visible(timeout=30_000)
        assert "site=Tanger" in page.url


def test_the_language_is_switched_in_one_click(sample_app: Running, chromium: Browser) -> None:
    with seen(sample_app, chromium, "phone", "fr") as watched:
        watched.open("/?site=Rabat")
        assert watched.page.evaluate("document.documentElement.lang") == "fr"
        french = watched.figures()
        watched.page.get_by_role("radio", name="en").or_(watched.page.get_by_role("button", name="en")).first.click()
        expect(watched.page.get_by_role("heading", name="Where the park stands")).to_be_visible(timeout=30_000)
        watched.settled()
        assert watched.page.evaluate("document.documentElement.lang") == "en"
        assert "lang=en" in watched.page.url and "site=Rabat" in watched.page.url
        assert french[2].replace(",", ".").replace("\u00a0", "") == watched.figures()[2]
        # The browser's own language is said in the address, too: whoever gets the link reads what was sent.
        watched.page.get_by_role("radio", name="fr").or_(watched.page.get_by_role("button", name="fr")).first.click()
        expect(watched.page).to_have_url(re.compile(r"[?&]lang=fr\b"), timeout=30_000)
