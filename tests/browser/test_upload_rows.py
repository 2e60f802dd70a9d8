"""Rows of an upload left and taken in a real browser, by row and by group: the figures and the ledger follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

import words
from data.home import Home
from data.intake import accept, day_of, propose
from data.warehouse import Warehouse
from tests.browser.seen import Seen, seen
from tests.browser.started import Running, running
from tests.browser.test_upload import brought, press
from tests.test_review import NEW, ROWS, listed

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")

# One row ends, two come: at Rabat and at Tanger.
MORE = [
    ["Rabat", "F-1", "Atlas", "01/02/2012", "01/03/2021", "fermeture"],
    ["Rabat", "F-4", "Dune", "17/09/2020", "", ""],
    ["Tanger", "F-5", "Erg", "05/10/2020", "", ""],
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app on a ledger that knows three firms, two of them hosted."""
    home = tmp_path_factory.mktemp("rows")
    warehouse = Warehouse(Home.at(home))
    review = propose(warehouse, listed(ROWS), "liste.csv", NEW, day_of(warehouse, NEW))
    accept(warehouse, review)
    warehouse.close()
    with running(home) as started:
        yield started


def table(visit: Seen, label: str) -> Locator:
    """A table by the name that screen readers are told: a canvas, its cells standing behind it as text."""
    found = visit.page.get_by_role("region", name=label, exact=True)
    expect(found).to_be_visible(timeout=60_000)
    found.scroll_into_view_if_needed()
    return found


def hosted(visit: Seen, label: str, before: str, after: str) -> None:
    """Waits until the figure of hosted firms is told so."""
    row = table(visit, label).locator("tbody tr").first
    for place, value in enumerate((before, after), 1):
        expect(row.locator("td").nth(place)).to_have_text(value, timeout=60_000)


def ticked(visit: Seen, label: str, row: int) -> None:
    """Ticks the box at the left edge of a row, the first being 0."""
    table(visit, label).click(position={"x": 15, "y": 52 + 35 * row})
    visit.settled()


def becomes(visit: Seen, label: str, *choices: str) -> None:
    """Waits until each row is told to be left or taken so."""
    for row, choice in enumerate(choices):
        cells = table(visit, label).locator("tbody tr").nth(row).locator("td")
        expect(cells.filter(has_text=re.compile(f"^{choice}$"))).to_have_count(1, timeout=30_000)


def test_rows_are_left_and_taken_and_the_ledger_follows(app: Running, chromium: Browser, tmp_path: Path) -> None:
    t = words.of("en")
    (path := tmp_path / "suivi.csv").write_bytes(listed(MORE, "31/12/2021"))
    network, added = t("The network"), t("Added rows")
    with seen(app, chromium, "desktop", "en") as visit:
        brought(visit, path)
        # Atlas closes; Dune and Erg come.
        hosted(visit, network, "2", "3")
        visit.page.locator("[class*=st-key-changed_rows_]").get_by_text(added, exact=True).click()
        visit.settled()
        becomes(visit, added, t("taken"), t("taken"))
        ticked(visit, added, 0)
        press(visit, t.many("Leave the selected row as it was", "Leave the {n:,} selected rows as they were", 1))
        hosted(visit, network, "2", "2")
        becomes(visit, added, t("left"), t("taken"))
        # The whole group, then one of it after all; the rows shown stay those of the group.
        press(visit, t("Leave all of these as they were"))
        hosted(visit, network, "2", "1")
        becomes(visit, added, t("left"), t("left"))
        ticked(visit, added, 1)
        press(visit, t.many("Take the selected row", "Take the {n:,} selected rows", 1))
        hosted(visit, network, "2", "2")
        becomes(visit, added, t("left"), t("taken"))
        visit.page.keyboard.press("Tab")
        visit.settled()
        press(visit, t("Accept and write"))
        expect(visit.page.get_by_text(t("See the overview"))).to_be_visible(timeout=60_000)
        assert visit.broken() == {}
    warehouse = Warehouse(Home.at(app.home))
    receipt = warehouse.ledger.receipts()[-1]
    assert receipt.number == 2 and receipt.body["left_as_they_were"] == ["F-4 | Rabat | 2020-09-17"]
    firms = warehouse.generation().arrow("select firm_id, left_on is null as there from tenants order by firm_id")
    warehouse.close()
    known = dict(zip(*(column.to_pylist() for column in firms.columns), strict=True))
    assert known == {"F-1": False, "F-2": False, "F-3": True, "F-5": True}
