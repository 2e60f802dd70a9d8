"""Figures in pages of others: each has a page and a drawing of its own, light, sourced, and true to its release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import brotli  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Browser, Route

import words
from publish.serve import NOT_FOUND, Site
from publish.site import folder
from publish.site.block import Figure
from publish.site.embed import FOLDER, Place, snippet
from tests.test_site import ATTACK, SETTINGS, Made, asked, drawn_here, figures, scratch

pytestmark = pytest.mark.xdist_group("site")
SITE = "https://stats.example.org/"
MOST = 50_000


def framed(made: Made) -> Iterator[tuple[str, str]]:
    """Every page that is there to be framed, by its name."""
    for name, page in made.pages.items():
        if name.startswith(f"{FOLDER}/"):
            yield name, page


def weight(made: Made, name: str) -> int:
    """What a browser loads for it, as it goes over the wire."""
    page = made.text(name)
    loaded = {name, *(f"assets/{one}" for one in re.findall(r'assets/([\w.-]+)"', page))}
    return sum(len(brotli.compress((made.folder / one).read_bytes(), quality=9)) for one in loaded)


def test_every_figure_of_every_page_can_be_framed(made: Made) -> None:
    seen = set()
    for language in words.LANGUAGES:
        for file, figure in figures(made, language):
            for place in ("", "2/"):
                stem = f"{FOLDER}/{place}{language}/{file.removesuffix('.html')}/{figure.id}"
                page = made.text(f"{stem}.html")
                assert (made.folder / f"{stem}.svg").is_file() is (figure.chart is not None)
                shown = unescape(page)
                assert figure.title in shown and (figure.chart is None or figure.chart.alt in shown)
                if figure.chart is None:
                    assert '<abbr class="hidden"' in page and "<svg" not in page
                seen.add(f"{stem}.html")
                # The page that it is of says how to frame it.
                around = made.text(f"{'r/2/' if place else ''}{language}/{file}")
                (copied,) = [one for one in snippets(around) if f"{stem}.html" in one]
                assert copied.startswith(f'<iframe src="{SITE}{stem}.html" title="')
    assert {name for name, _ in framed(made) if not name.startswith(f"{FOLDER}/1/")} == seen and len(seen) > 80


def snippets(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'<details class="cite embed">.*?<p>(.*?)</p>', page, flags=re.DOTALL)]


def test_a_framed_figure_says_whose_it_is_and_runs_nothing(made: Made) -> None:
    for name, page in framed(made):
        number = "1" if name.startswith(f"{FOLDER}/1/") else "2"
        language = "fr" if "/fr/" in name else "en"
        assert "<script" not in page and " style=" not in page and "noindex" in page, name
        assert f"{'publication' if language == 'fr' else 'release'} {number}".lower() in page.lower(), name
        assert 'rel="license noopener">CC BY 4.0</a>' in page and "Parc &amp; &lt;Essai&gt;" in page, name
        assert ('class="old"' in page) is (number == "1"), name
        assert weight(made, name) <= MOST, name


def test_what_is_copied_can_hold_no_markup_of_a_name() -> None:
    at = Place("embed/en/index/a.html", "", 300)
    text = snippet(at, f'Most: "{ATTACK}" & l\'autre', SITE)
    assert text.count('"') == 12 and "<script" not in text and "l'autre" in text and "&quot;&lt;script&gt;" in text


def test_these_alone_may_be_framed(made: Made) -> None:
    site = Site(made.folder, "/stats")
    for path in (
        "embed/fr/index/entries-by-year",
        "embed/fr/index/entries-by-year.html",
        "embed/2/en/index/entries-by-year.svg",
    ):
        status, headers, body = asked(site, f"/stats/{path}")
        assert status == 200 and "frame-ancestors *" in headers["content-security-policy"], path
        assert "x-frame-options" not in headers and "set-cookie" not in headers
        assert headers["cross-origin-resource-policy"] == "cross-origin" and len(body) <= MOST
    for path in ("", "fr/index.html", "r/1/en/survival.html", "assets/logo.svg", "r/2/data/hosted.csv"):
        status, headers, _ = asked(site, f"/stats/{path}")
        assert status == 200 and "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-frame-options"] == "DENY"
    for path in (
        "embed",
        "embed/",
        "embed/fr",
        "embed/fr/index/nothing",
        "embed/9/fr/index/entries-by-year",
        "embed/../x",
    ):
        assert asked(site, f"/stats/{path}")[::2] == (404, NOT_FOUND), path


def test_a_figure_of_a_withdrawn_release_says_that_alone(made: Made, tmp_path: Path) -> None:
    receipt = replace(made.every[0].receipt, body={"reason": "a list was <wrong>"})
    every = [replace(made.every[0], withdrawn=receipt), made.every[1]]
    folder.write(tmp_path / "site", every, SETTINGS, url=SITE, draw=scratch, cards=False)
    place = tmp_path / "site" / FOLDER / "1"
    assert not [*place.rglob("*.svg")]
    for path in place.rglob("*.html"):
        page = path.read_text()
        assert 'class="gone"' in page and "a list was &lt;wrong&gt;" in page
        assert not re.search(r"<(svg|table|figure|h1|details)", page), path
    assert not snippets((tmp_path / "site/r/1/en/index.html").read_text())
    assert snippets((tmp_path / "site/en/index.html").read_text())


def test_where_the_address_is_not_known_what_is_copied_is_completed_by_the_page(made: Made, tmp_path: Path) -> None:
    folder.write(tmp_path / "site", made.every[-1:], SETTINGS, draw=scratch, cards=False)
    texts = snippets((tmp_path / "site/en/index.html").read_text())
    assert texts and all(one.startswith('<iframe src="../embed/en/index/') for one in texts)
    assert ".embed p" in next(tmp_path.glob("site/assets/site.*.js")).read_text()


@drawn_here
def test_a_drawing_stands_alone(overview: Made) -> None:
    alts = {
        f"{FOLDER}/fr/{page.removesuffix('.html')}/{figure.id}.svg": figure
        for page, figure in figures(overview, "fr")
        if page in ("index.html", "survival.html") and figure.chart is not None
    }
    assert len(alts) > 3
    for name, figure in alts.items():
        text = overview.text(name)
        root = ElementTree.fromstring(text)
        told = " ".join(one.text or "" for one in root.iter() if one.tag.endswith("text"))
        assert "currentColor" not in text and "<script" not in text and "<image" not in text
        assert SETTINGS.publisher in told and "publication 2, CC BY 4.0" in told
        description = next(one.text for one in root.iter() if one.tag.endswith("desc"))
        assert isinstance(figure, Figure) and figure.chart is not None and description == figure.chart.alt
        assert len(text) <= MOST and weight(overview, name.replace(".svg", ".html")) <= MOST
        assert len(re.findall(r'\bid="', text)) == len({*re.findall(r'\bid="([^"]+)"', text)})


@drawn_here
def test_a_browser_shows_a_figure_in_a_page_of_others_and_no_other_page(overview: Made, chromium: Browser) -> None:
    from tests.browser.test_walk import AXE, STANDARD

    site, told = Site(overview.folder, "/stats"), "https://news.example/"
    (copied, *_) = snippets(overview.text("fr/index.html"))
    copied = copied.replace("../embed", "https://stats.example.org/stats/embed")
    whole = '<iframe src="https://stats.example.org/stats/fr/index.html" title="whole"></iframe>'

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.netloc == "news.example":
            route.fulfill(body=f"<!doctype html><title>News</title>{copied}{whole}", content_type="text/html")
            return
        status, headers, body = asked(site, address.path)
        route.fulfill(status=status, headers=headers, body=body)

    context = chromium.new_context(viewport={"width": 900, "height": 900})
    context.route("**/*", answer)
    page = context.new_page()
    page.goto(told)
    inside: Any = page.frame_locator("iframe").first
    assert inside.locator(".chart.broad svg").is_visible() and "CC BY 4.0" in inside.locator(".source").inner_text()
    frames = {frame.url for frame in page.frames}
    assert any("/embed/fr/index/" in one for one in frames) and not any(
        one.endswith("/stats/fr/index.html") for one in frames
    )
    assert context.cookies() == []
    alone = context.new_page()
    alone.set_viewport_size({"width": 360, "height": 700})
    alone.goto("https://stats.example.org/stats/embed/fr/index/survival-curve")
    assert alone.evaluate("document.documentElement.scrollWidth") <= 360
    # What checks the page is put into it from here: the page itself allows no script.
    alone.evaluate(AXE)
    found = alone.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", STANDARD)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    context.close()
