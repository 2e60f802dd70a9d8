"""A page in a browser and everything that went on behind it, and what no page may ever show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.started import Running

SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1440, "height": 1000},
    "phone": {"width": 390, "height": 844},
}


@dataclass
class Seen:
    """A page, what its console said, what it asked of other hosts, and what was refused to it."""

    page: Page
    app: Running
    console: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Goes to an address of the app and waits until everything is drawn."""
        self.page.goto(self.app.url + path)
        expect(self.page.locator("h1")).to_be_visible(timeout=60_000)
        self.settled()

    def settled(self) -> None:
        """Waits for the run that is going on, and for the charts it draws."""
        run = self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
        expect(run).to_be_attached(timeout=60_000)
        # A click takes a moment to become a run.
        self.page.wait_for_timeout(200)
        expect(run).to_be_attached(timeout=60_000)
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=60_000)
        for chart in self.page.get_by_test_id("stPlotlyChart").all():
            expect(chart.locator(".main-svg").first).to_be_attached(timeout=60_000)

    def broken(self) -> dict[str, Any]:
        """Whatever no page may show or do, by name; empty where all is well."""
        wide, window = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        found = {
            "console": self.console,
            "elsewhere": self.elsewhere,
            "failed": self.failed,
            "exceptions": self.page.get_by_test_id("stException").all_inner_texts(),
            "errors": self.page.get_by_test_id("stAlertContentError").all_inner_texts(),
            "sideways": wide - window if wide > window else 0,
        }
        return {name: told for name, told in found.items() if told}

    def text(self) -> str:
        """Everything that is read on the page."""
        return str(self.page.locator("[data-testid=stApp]").inner_text())

    def figures(self) -> list[str]:
        """The values of the tiles."""
        return [one.strip() for one in self.page.get_by_test_id("stMetricValue").all_inner_texts()]

    def titles(self) -> list[str]:
        """The titles of the charts."""
        return [one.strip() for one in self.page.locator("h2").all_inner_texts()]


@contextmanager
def seen(
    app: Running,
    chromium: Browser,
    size: str,
    language: str = "en",
    scheme: str = "light",
    role: str | None = "admin",
) -> Iterator[Seen]:
    """A new visitor with an empty cache, signed in with a role, or not at all."""
    locale = {"en": "en-GB", "fr": "fr-FR"}[language]
    context = chromium.new_context(
        viewport=SIZES[size], locale=locale, color_scheme="dark" if scheme == "dark" else "light"
    )
    if role is not None:
        context.add_cookies(app.cookies(role))
    page = context.new_page()
    watched = Seen(page, app)
    page.on("console", lambda said: watched.console.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: watched.console.append(str(error)))
    page.on("response", lambda answer: watched.failed.append(answer.url) if answer.status >= 400 else None)
    page.on("request", lambda wanted: watched.elsewhere.append(wanted.url) if foreign(wanted.url, app) else None)
    try:
        yield watched
    finally:
        context.close()


def foreign(url: str, app: Running) -> bool:
    """Whether an address is on another host than the app."""
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.port != app.port
