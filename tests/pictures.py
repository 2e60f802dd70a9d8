"""The README's screenshots, taken from the running app and the public site with the sample park: `make pictures`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.browser import QUIET
from data.home import Home
from data.warehouse import Warehouse
from publish import release
from publish.settings import Settings
from publish.site import folder as site
from tests.browser.seen import Seen, seen
from tests.browser.started import running
from tests.conftest import chromium_path
from tests.sample import sample_into

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs"


@dataclass(frozen=True)
class Picture:
    """One screenshot: the file, the address, who looks at it, how tall it is, and what is done before it is taken."""

    name: str
    address: str
    size: str = "desktop"
    scheme: str = "light"
    height: int = 1000
    prepare: Callable[[Page], None] = lambda page: None


def open_numbers(page: Page) -> None:
    """Opens the table behind the first chart."""
    page.get_by_role("button", name="Table and downloads").first.click()
    page.get_by_test_id("stDataFrame").wait_for()


def open_next(page: Page) -> None:
    """Opens the next release, and waits until it is protected and audited."""
    page.get_by_role("radio", name="Next release").or_(page.get_by_role("button", name="Next release")).first.click()
    page.get_by_test_id("stDataFrame").first.wait_for(timeout=90_000)


PICTURES = (
    Picture("overview", "/?lang=en"),
    Picture("survival", "/survival?lang=en&by=site", height=1250),
    Picture("sites-dark", "/sites?lang=en", scheme="dark"),
    Picture("numbers", "/entries?lang=en&site=Rabat", height=900, prepare=open_numbers),
    Picture("firm", "/firms?lang=en&name=data&firm=009675830000071", height=900),
    Picture("releases", "/releases?lang=en", height=1300, prepare=open_next),
    Picture("phone-french", "/?lang=fr", size="phone", height=1100),
)


PUBLIC = (
    Picture("public", "en/index.html", height=1330),
    Picture("public-phone", "fr/index.html", size="phone", scheme="dark", height=1100),
)
SIZES = {"desktop": 1440, "phone": 390}


def public(home: Path, folder: Path) -> None:
    """A first release of the park, and the public site made from it."""
    settings = replace(Settings(), publisher="Atlas Park")
    with closing(Warehouse(Home.at(home))) as warehouse:
        release.publish(warehouse, settings, "nadia@park.example")
        site.write(folder, release.releases(warehouse), settings)


def take_public(browser: Browser, folder: Path, picture: Picture) -> None:
    context = browser.new_context(
        viewport={"width": SIZES[picture.size], "height": picture.height},
        color_scheme="dark" if picture.scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto((folder / picture.address).as_uri())
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


def take(watched: Seen, picture: Picture) -> None:
    page = watched.page
    width = page.viewport_size["width"] if page.viewport_size else 1440
    page.set_viewport_size({"width": width, "height": picture.height})
    watched.open(picture.address)
    picture.prepare(page)
    # Plotly draws a moment after its place is there.
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{picture.name}.png")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="essaim-pictures-") as folder:
        home = Path(folder)
        sample_into(home)
        with running(home) as app, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
            public(home, home / "public")
            for picture in PICTURES:
                language = "fr" if "lang=fr" in picture.address else "en"
                with seen(app, browser, picture.size, language, picture.scheme) as watched:
                    take(watched, picture)
                print(f"docs/{picture.name}.png")
            for picture in PUBLIC:
                take_public(browser, home / "public", picture)
                print(f"docs/{picture.name}.png")
            browser.close()


if __name__ == "__main__":
    main()
