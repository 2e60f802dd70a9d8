"""What surrounds the figures: paper, the keyboard, and Streamlit's own words in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.seen import Seen, seen
from tests.browser.started import Running

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")

# The contrast with white of everything of a kind, by what it says; opacity counts as a paler colour.
ON_WHITE = """([selector, property]) => {
  const light = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  return [...document.querySelectorAll(selector)].filter((one) => one.textContent.trim()).map((one) => {
    const [red, green, blue, alpha = 1] = getComputedStyle(one)[property].match(/[\\d.]+/g).map(Number)
    let seen = alpha
    for (let at = one; at; at = at.parentElement) seen *= Number(getComputedStyle(at).opacity)
    const [r, g, b] = [red, green, blue].map((c) => light((seen * c + (1 - seen) * 255) / 255))
    return [one.textContent.trim().slice(0, 40), 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)]
  })
}"""
CHART_TEXT = ".js-plotly-plot text:not(.bartext-inside, .heatmap-label)"
INSIDE = "[data-testid=stPopoverBody] :focus"
# Streamlit's own words, wherever a reader of French may still meet them.
ENGLISH = re.compile(
    r"^(Skip to|App pages|Logo$|Help\b|Fullscreen|Close|Show/hide|Download as|Search|Clear|Choose|Open$|day,|month,"
    r"|year,|Empty$|Press Enter|Use arrow|dd$|yyyy$|Select all|Sort|Pin|Hide|Autosize)"
)
SPOKEN = """() => {
  const said = []
  for (const one of document.querySelectorAll("[aria-label], [title], [alt], [placeholder], [aria-valuetext]"))
    for (const name of ["aria-label", "title", "alt", "placeholder", "aria-valuetext"])
      if (one.getAttribute(name)) said.push(one.getAttribute(name))
  const hosts = ["stSkipToContent", "stTooltipContent", "InputInstructions"].map((id) => `[data-testid=${id}]`)
  for (const one of document.querySelectorAll([...hosts, "[data-placeholder]"].join()))
    said.push(one.textContent.trim())
  return said
}"""


@pytest.fixture(scope="module")
def french(sample_app: Running, chromium: Browser) -> Iterator[Seen]:
    with seen(sample_app, chromium, "desktop", "fr") as watched:
        watched.open("/")
        yield watched


@pytest.mark.parametrize("path", ["/", "/cohorts", "/survival"])
def test_paper_is_white_whatever_the_screen_is(sample_app: Running, chromium: Browser, path: str) -> None:
    with seen(sample_app, chromium, "desktop", scheme="dark") as watched:
        watched.open(f"{path}?lang=en")
        expect(watched.page.locator(":root")).to_have_attribute("data-essaim-theme", "dark")
        watched.page.emulate_media(media="print")
        kinds = {"h1": "color", "[data-testid=stCaptionContainer] p": "color", ".stMain p": "color"}
        if path == "/":
            kinds |= {"[data-testid=stMetricValue] p": "color", "[data-testid=stMetricDelta] p": "color"}
        for selector, its in {**kinds, CHART_TEXT: "fill"}.items():
            found = watched.page.evaluate(ON_WHITE, [selector, its])
            assert found, selector
            assert [one for one in found if one[1] < 4.5] == [], selector
        grounds = "[...document.querySelectorAll('.main-svg')].map(one => getComputedStyle(one).backgroundColor)"
        assert set(watched.page.evaluate(grounds)) == {"rgba(0, 0, 0, 0)"}


def inside(page: Page) -> bool:
    return page.locator(INSIDE).count() > 0


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize("name", ["Site", "Secteur", "Promotion", "Période"])
def test_the_keyboard_goes_into_what_it_opens_and_back(french: Seen, name: str, key: str) -> None:
    page = french.page
    button = page.get_by_test_id("stPopoverButton").filter(has_text=name).first
    button.focus()
    page.keyboard.press(key)
    body = page.get_by_test_id("stPopoverBody")
    expect(body).to_be_visible()
    expect(page.locator(INSIDE)).to_be_attached()
    page.wait_for_timeout(300)
    assert inside(page)
    page.keyboard.press("Shift+Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Escape")
    expect(body).to_have_count(0)
    page.keyboard.press(key)
    expect(page.locator(INSIDE)).to_be_attached()
    # Escape closes a list of choices before the popover that it hangs on.
    for _ in range(2):
        if body.count():
            page.keyboard.press("Escape")
            page.wait_for_timeout(300)
    expect(body).to_have_count(0)
    expect(button).to_be_focused()


def test_a_choice_by_keyboard_keeps_the_keyboard(sample_app: Running, chromium: Browser) -> None:
    with seen(sample_app, chromium, "desktop") as watched:
        watched.open("/?lang=en")
        page = watched.page
        page.locator(".st-key-filters").get_by_test_id("stPopoverButton").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(INSIDE)).to_be_attached()
        page.keyboard.press("Space")
        page.wait_for_url("**site=**")
        watched.settled()
        assert inside(page)
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
        expect(page.locator(".st-key-filters").get_by_test_id("stPopoverButton").first).to_be_focused()
        assert watched.broken() == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whatever_has_the_keyboard_shows_it(sample_app: Running, chromium: Browser, scheme: str) -> None:
    with seen(sample_app, chromium, "desktop", scheme=scheme) as watched:
        watched.open("/?lang=en")
        page = watched.page
        stops = []
        for _ in range(30):
            page.keyboard.press("Tab")
            stops.append(
                page.evaluate(
                    "() => { const one = document.activeElement, its = getComputedStyle(one);"
                    " return [one.dataset.testid || one.tagName, `${its.outlineStyle} ${its.outlineWidth}`,"
                    " its.outlineColor] }"
                )
            )
        colour = {"light": "rgb(14, 90, 107)", "dark": "rgb(108, 203, 217)"}[scheme]
        met = {name for name, _, _ in stops}
        assert {"stTopNavLink", "stMain", "stBaseButton-elementToolbar", "stPopoverButton"} <= met
        assert [stop for stop in stops if stop[0] != "BODY" and stop[1:] != ["solid 2px", colour]] == []


def test_streamlit_speaks_french_to_who_reads_french(french: Seen) -> None:
    page = french.page
    said = page.evaluate(SPOKEN)
    assert "Aller au contenu" in said and "Pages de l’application" in said
    assert [one for one in said if ENGLISH.match(one) and one != "Logo"] == []
    page.get_by_test_id("stPopoverButton").filter(has_text="Période").first.click()
    expect(page.get_by_test_id("stDateInputCalendarButton").first).to_have_attribute("aria-label", "Choisir une date")
    page.get_by_test_id("stDateInputCalendarButton").first.click()
    expect(page.get_by_role("dialog", name="Choisir une date")).to_be_visible()
    page.wait_for_timeout(200)
    assert [one for one in page.evaluate(SPOKEN) if ENGLISH.match(one) and one != "Logo"] == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def test_a_table_offers_no_download_without_its_definition(french: Seen) -> None:
    french.open("/firms")
    page = french.page
    page.get_by_test_id("stDataFrame").first.hover()
    tools = page.get_by_test_id("stBaseButton-elementToolbar")
    expect(tools.and_(page.locator("[aria-label^='Plein écran']")).first).to_be_visible()
    expect(tools.and_(page.locator("[aria-label^='Rechercher']")).first).to_be_visible()
    expect(tools.and_(page.locator("[aria-label^='Télécharger']")).first).to_be_hidden()
    assert french.broken() == {}


def test_the_words_follow_the_language_while_the_page_stays(sample_app: Running, chromium: Browser) -> None:
    with seen(sample_app, chromium, "desktop", "fr") as watched:
        watched.open("/")
        skip = watched.page.get_by_test_id("stSkipToContent")
        expect(skip).to_have_text("Aller au contenu")
        watched.page.evaluate("history.pushState(null, '', '/?lang=en')")
        expect(skip).to_have_text("Skip to main content")
        expect(watched.page.get_by_test_id("stTopNav")).to_have_attribute("aria-label", "App pages")
