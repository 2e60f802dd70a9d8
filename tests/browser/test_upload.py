"""Files brought in a real browser: a clean one, a messy one, one made to do harm, and one that is mended there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

import words
from tests.browser.seen import Seen, seen
from tests.browser.started import Running, running
from tests.browser.test_walk import accessible
from tests.test_review import listed

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")

SHEETS = Path(__file__).resolve().parents[3] / "shared" / "sheets"
CLEAN = SHEETS / "good" / "constructed_locataires_fr_cp1252_semicolon.csv"
MESSY = SHEETS / "messy" / "constructed_rapport_locataires_2020.xlsx"
HOSTILE = SHEETS / "hostile" / "constructed_zipbomb_1900MB_whitespace.xlsx"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("upload")) as started:
        yield started


NEW_NAMES = "They are new: add them"


def brought(visit: Seen, path: Path) -> None:
    """Drops a file and waits until it was worked on."""
    if not path.exists():
        pytest.skip(f"{path.name} is not on this machine")
    visit.open(f"/upload?lang={'fr' if 'fr' in visit.page.evaluate('navigator.language') else 'en'}")
    visit.page.locator("input[type=file]").set_input_files(path)
    expect(visit.page).to_have_url(re.compile("job="), timeout=30_000)
    worked_on(visit)


def worked_on(visit: Seen) -> None:
    visit.page.wait_for_timeout(300)
    expect(visit.page.get_by_test_id("stProgress")).to_have_count(0, timeout=60_000)
    visit.settled()


def press(visit: Seen, label: str) -> None:
    visit.page.get_by_role("button", name=label, exact=True).first.click()
    worked_on(visit)


def day_said(visit: Seen, day: str) -> None:
    """Writes the stated day into its field and has the file read again."""
    field = visit.page.locator("[class*=st-key-stated_on] [role=spinbutton]").first
    # Without a day in the file the form is open; else it has to be opened.
    if not field.is_visible():
        visit.page.locator("[class*=st-key-form_] summary").first.click()
    field.click()
    visit.page.keyboard.type(day.replace("/", ""))
    visit.page.keyboard.press("Tab")


def test_a_clean_list_is_accepted(app: Running, chromium: Browser) -> None:
    t = words.of("fr")
    with seen(app, chromium, "desktop", "fr") as visit:
        brought(visit, CLEAN)
        day_said(visit, "25/11/2020")
        press(visit, t("Read again with these choices"))
        press(visit, t.many("It is new: add it", "They are new: add them", 4))
        press(visit, t.many("It is new: add it", "They are new: add them", 3))
        expect(visit.page.get_by_text(t.many("{n:,} row added", "{n:,} rows added", 320))).to_be_visible(timeout=60_000)
        # Coming back to the address finds it where it was.
        visit.page.reload()
        worked_on(visit)
        expect(visit.page.get_by_text(t.many("{n:,} row added", "{n:,} rows added", 320))).to_be_visible()
        if (box := visit.page.locator("[class*=st-key-seen_] label")).count():
            box.first.click()
            visit.settled()
        press(visit, t("Accept and write"))
        expect(visit.page.get_by_test_id("stAlertContentSuccess")).to_contain_text("Amal Idrissi", timeout=20_000)
        assert visit.broken() == {}
        visit.page.get_by_role("link", name=t("See the overview")).click()
        expect(visit.page.get_by_test_id("stMetricValue").first).to_be_visible(timeout=60_000)


def test_a_messy_workbook_says_what_it_needs_on_a_phone(app: Running, chromium: Browser) -> None:
    t = words.of("en")
    with seen(app, chromium, "phone", "en", "dark") as visit:
        brought(visit, MESSY)
        told = visit.text()
        assert "hidden sheet" in told or t("Sheet and columns") in told
        assert t("Day that the list describes") in told
        day_said(visit, "25/11/2020")
        press(visit, t("Read again with these choices"))
        # Whether the park knows these names by now hangs on which test came first.
        while visit.page.get_by_role("button", name=NEW_NAMES, exact=True).count():
            press(visit, NEW_NAMES)
        expect(visit.page.get_by_text(t("The figures, before and after"))).to_be_visible(timeout=20_000)
        assert visit.broken() == {}
        # The button that writes among the rest: Streamlit's white on the theme's colour could not be read in the dark.
        expect(visit.page.get_by_role("button", name=t("Accept and write"))).to_be_visible()
        assert accessible(visit) == []


def test_a_hostile_file_is_refused_in_a_sentence(app: Running, chromium: Browser) -> None:
    t = words.of("fr")
    with seen(app, chromium, "desktop", "fr", "dark") as visit:
        brought(visit, HOSTILE)
        expect(visit.page.get_by_test_id("stAlertContentError")).to_have_count(1)
        assert t("Nothing was written. Mend the file as said and bring it again.") in visit.text()
        assert {name: told for name, told in visit.broken().items() if name != "errors"} == {}


def test_a_cell_is_mended_here_and_another_in_the_workbook(app: Running, chromium: Browser, tmp_path: Path) -> None:
    t = words.of("en")
    rows = [["Rabat", "M-1", "Atlas M", "31/02/2015", "", ""], ["Rabat", "M-2", "Dune M", "45/45/2015", "", ""]]
    (path := tmp_path / "mend.csv").write_bytes(listed(rows))
    with seen(app, chromium, "desktop", "en") as visit:
        brought(visit, path)
        while visit.page.get_by_role("button", name="It is new: add it", exact=True).count():
            press(visit, "It is new: add it")
        grid = visit.page.locator("[class*=st-key-mend_editor] .dvn-scroller").first
        grid.scroll_into_view_if_needed()
        # The third column of the first row.
        grid.click(position={"x": 260, "y": 52})
        visit.page.keyboard.press("Enter")
        field = visit.page.locator("#portal input, #portal textarea")
        expect(field).to_be_visible()
        field.fill("28/02/2015")
        visit.page.keyboard.press("Enter")
        expect(visit.page.get_by_role("button", name="Mend this cell", exact=True)).to_be_enabled()
        visit.page.locator("[class*=st-key-mend_reason] input").fill("the lease says so")
        visit.settled()
        press(visit, "Mend this cell")
        expect(visit.page.get_by_text("by Amal Idrissi: the lease says so")).to_be_visible()
        assert "31/02/2015” → “28/02/2015" in visit.text()
        visit.page.get_by_role("button", name=t("The workbook with its problems marked"), exact=True).click()
        link = visit.page.get_by_role("link", name=t("Save it now")).get_attribute("href", timeout=30_000)
        handed = visit.page.request.get(app.url + str(link))
        assert handed.ok and 'filename="mend.xlsx"' in handed.headers["content-disposition"]
        assert visit.page.request.get(app.url + str(link)).status == 404
        (path := tmp_path / "mend.xlsx").write_bytes(handed.body())
        book = openpyxl.load_workbook(path)
        assert book["mend"]["D3"].value == "28/02/2015" and "45/45/2015" in book["mend"]["D4"].comment.text
        book["mend"]["D4"] = "2015"
        book.save(path)
        brought(visit, path)
        while visit.page.get_by_role("button", name="It is new: add it", exact=True).count():
            press(visit, "It is new: add it")
        expect(visit.page.get_by_text(t.many("{n:,} row added", "{n:,} rows added", 2))).to_be_visible()
        assert "45/45/2015" not in visit.text() and visit.broken() == {}
