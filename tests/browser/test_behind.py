"""From a number to its cell in a real browser: the firms behind a chart, one of them, and what its cell holds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

import words
from tests.browser.seen import seen
from tests.browser.started import Running
from tests.browser.test_walk import ENGLISH, accessible

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("size, scheme, language", [("desktop", "dark", "fr"), ("phone", "light", "en")])
def test_a_bar_is_followed_to_a_cell(
    sample_app: Running, chromium: Browser, size: str, scheme: str, language: str
) -> None:
    t = words.of(language)
    with seen(sample_app, chromium, size, language, scheme) as watched:
        watched.open(f"/?lang={language}")
        # The first door is that of the tiles.
        watched.page.get_by_role("button", name=t("Firms behind it")).nth(1).click()
        room = watched.page.get_by_role("dialog")
        table = room.get_by_test_id("stDataFrame").first
        expect(table).to_be_visible(timeout=30_000)
        watched.settled()
        assert accessible(watched) == [] and watched.broken() == {}
        place = table.bounding_box()
        assert place is not None
        # The table is a canvas: its first row is under the heading, the box to tick at its left.
        watched.page.mouse.click(place["x"] + 15, place["y"] + 52)
        where = t("{sheet}!{cell} in {file}", sheet="Locataires", cell="CELL", file="FILE")
        held = re.escape(t("{where} holds: {text}", where=where, text="DAY"))
        held = held.replace("CELL", "[A-Z]+[0-9]+").replace("FILE", r"[a-z-]+\.xlsx").replace("DAY", r"\d\d/10/2020")
        expect(room).to_contain_text(re.compile(held), timeout=30_000)
        watched.settled()
        assert accessible(watched) == [] and watched.broken() == {}
        if language == "fr":
            text = str(room.inner_text())
            assert [one for one in ENGLISH if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text)] == []
        with watched.page.context.expect_page() as opened:
            room.get_by_role("link", name=t("Everything that lists say of this firm")).click()
        expect(opened.value.get_by_role("heading", level=1)).to_have_text(t("Firms"), timeout=60_000)
