"""The public site: readable alone, true to the release, nothing of what is hidden, light, alike for all names."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import brotli  # type: ignore[import-untyped]
import numpy as np
import pytest
from playwright.sync_api import Browser

import words
from charts import picture
from charts.svg import Wanted, drawings
from data.home import Home
from data.warehouse import Warehouse
from publish import release
from publish.cells import Cell, Thresholds
from publish.content import HIDDEN, Content, written
from publish.release import Release
from publish.serve import NOT_FOUND, Shelf, Site
from publish.settings import Settings
from publish.site import card, folder, pages
from publish.site.block import Figure
from publish.site.national import AXES, NATIONAL
from publish.site.reader import Reader
from tests.conftest import awaited
from tests.test_release import SECTORS
from tests.test_warehouse import _accept, _stay

ROOT = Path(__file__).parent.parent
# The site is written once, by one worker.
pytestmark = pytest.mark.xdist_group("site")
SETTINGS = Settings(publisher="Parc & <Essai>", dates=(date(2030, 1, 15),))
ATTACK = "<script>alert(1)</script>"
KEY = tuple[str, ...]
drawn_here = pytest.mark.skipif(
    not any(map(shutil.which, picture.BROWSERS)), reason="Charts are drawn by Chromium, which is not installed here."
)


def park() -> list[dict[str, object]]:
    """Two sites, one of them with few closures; three sectors, one of them named by somebody who means ill."""
    chance = np.random.default_rng(3)
    rows = []
    for number in range(150):
        entered = date(int(chance.integers(2006, 2019)), int(chance.integers(1, 13)), 1)
        gone = date(entered.year + int(chance.integers(1, 9)), 6, 1)
        left = gone if gone.year <= 2019 and chance.random() < 0.8 else None
        site = "Rabat" if number % 5 == 0 else "Tanger"
        closes = left is not None and (number % 50 == 0 if site == "Rabat" else chance.random() < 0.5)
        closed: dict[str, object] = {"exit_reason": "closed", "closed_on": left} if closes else {}
        sector = (ATTACK, *SECTORS[:2])[number % 3]
        stay = _stay(f"F{number}", site, entered.isoformat(), left.isoformat() if left else None, sector=sector)
        rows.append({**stay, **closed})
    return rows


def scratch(wanted: Sequence[Wanted], t: words.Words, kept: Path | None) -> list[str]:
    """A drawing of nothing for each: most tests look at words and numbers."""
    return ['<svg viewBox="0 0 8 8" aria-hidden="true" focusable="false"><path id="e1"/></svg>' for _ in wanted]


@dataclass(frozen=True)
class Made:
    """A written site of two releases, and what it was made from."""

    folder: Path
    every: list[Release]
    drafts: list[release.Draft]

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    @property
    def pages(self) -> dict[str, str]:
        return {str(path.relative_to(self.folder)): path.read_text() for path in sorted(self.folder.rglob("*.html"))}


def making(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    warehouse = Warehouse(Home.at(tmp_path_factory.mktemp("ledger")))
    _accept(warehouse, "2020-01-01", park(), by="Amina", sheets=["S"], records_closures=True)
    drafts = []
    for as_of in (date(2015, 1, 1), date(2020, 1, 1)):
        drafts.append(release.draft(warehouse, SETTINGS, as_of))
        release.publish(warehouse, SETTINGS, "Amina", as_of)
    every = release.releases(warehouse)
    where = tmp_path_factory.mktemp("site") / "site"
    folder.write(where, every, SETTINGS, url="https://stats.example.org", draw=scratch, cards=False)
    yield Made(where, every, drafts)
    warehouse.close()


def reader(made: Made, language: str = "en", place: int = -1) -> Reader:
    return Reader(made.every[place], words.of(language), "", SETTINGS.publisher)


def figures(made: Made, language: str) -> Iterator[tuple[str, Figure]]:
    for page in pages.pages(reader(made, language)):
        for block in page.blocks:
            if isinstance(block, Figure):
                yield page.file, block


def noted(asked: list[str], one: Any) -> None:
    asked.append(one.url)


def numbers(text: str) -> list[str]:
    """Every number as it is written, signs between thousands taken out."""
    return re.findall(r"\d+(?:[.,]\d+)?", re.sub(r"(?<=\d)[\u202f\u00a0,](?=\d{3}\b)", "", text))


# What it says


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_chart_has_its_words_and_its_table_and_both_say_the_same(made: Made, language: str) -> None:
    content, t = made.every[-1].content, words.of(language)
    seen = set()
    for _, figure in figures(made, language):
        assert figure.table.rows and figure.cite
        if figure.chart is None:
            assert figure.table.hides
            continue
        seen.add(figure.id)
        assert len(figure.chart.alt.split()) >= 8
        told = set(numbers(figure.chart.alt))
        if figure.id.startswith("hosted-by-"):
            shown = {item.text for row in figure.table.rows for item in row if item.number and not item.header}
            assert shown and {one for text in shown for one in numbers(text)} <= told
    assert {"hosted-by-site", "hosted-by-sector", "entries-by-year", "survival-curve"} <= seen
    whole = next(
        figure for page, figure in figures(made, language) if (page, figure.id) == ("index.html", "entries-by-year")
    )
    assert whole.chart is not None
    for sector in content.names("sector"):
        assert t.count(content.cell("entries", sector=sector)["value"]) in whole.chart.alt
    curve = next(figure for _, figure in figures(made, language) if figure.id == "survival-curve")
    assert curve.chart is not None
    assert numbers(t.share(content.cell("survival_km_5y")["value"]))[0] in numbers(curve.chart.alt)


def test_a_number_on_a_page_is_the_one_of_the_release(made: Made) -> None:
    for place, where in ((-1, "en"), (-1, "r/2/en"), (0, "r/1/en")):
        content = made.every[place].content
        page = made.text(f"{where}/index.html")
        tiles = re.findall(r'<div class="tile" id="(\w+)">.*?<p class="value">(.*?)</p>', page, flags=re.DOTALL)
        assert dict(tiles)["hosted"] == str(content.cell("hosted")["value"])
        assert dict(tiles)["survival_5y"] == words.of("en").share(content.cell("survival_5y")["value"])


def test_a_hidden_figure_is_c_everywhere(made: Made) -> None:
    content = made.every[-1].content
    assert content.cell("closed", site="Rabat")["status"] == HIDDEN
    for language in ("fr", "en"):
        row = re.search(r'<tr><th scope="row"><a href="site-rabat.html">.*?</tr>', made.text(f"{language}/sites.html"))
        assert row is not None and row.group().count('<abbr class="hidden"') >= 2
        assert "method.html#protection" in made.text(f"{language}/sites.html")
    lines = made.text("r/2/data/closed.csv").splitlines()
    assert [line.split(",")[-2:] for line in lines if line.startswith("Rabat")] == [["c", "c"]]


def test_what_is_hidden_could_be_anything(made: Made) -> None:
    """The bytes of a release are the same whatever stands in the hidden cells: no hidden value is anywhere in them."""
    for draft, one in zip(made.drafts, made.every, strict=True):
        hidden, tables = draft.printed.hidden, draft.printed.tables
        assert len(hidden) > 5
        cells = {
            name: replace(cell, value=cell.value + 777_777) if name in hidden else cell
            for name, cell in tables.cells.items()
        }
        beside = {
            name: {key: 0.987654 if key != "notes" else its for key, its in told.items()} if name in hidden else told
            for name, told in draft.truth.beside.items()
        }
        other = replace(tables, cells=cells)
        truth = replace(draft.truth, tables=other, beside=beside)
        # A curve is given or not by its own closures, which are shown where it is.
        told = written(truth, replace(draft.printed, tables=other), Thresholds(), one.number, one.content.told["head"])
        assert told == one.content.raw
        assert b"777777" not in told and b"0.987654" not in told
    assert isinstance(next(iter(tables.cells.values())), Cell)


def test_a_park_that_keeps_its_directory_to_itself_shows_tables_where_a_chart_would_tell(tmp_path: Path) -> None:
    """A hidden figure would be drawn as none: where one is, there is no chart, no word and no number of it."""
    private = replace(SETTINGS, thresholds=Thresholds(public=False))
    with closing(Warehouse(Home.at(tmp_path / "ledger"))) as warehouse:
        _accept(warehouse, "2020-01-01", park(), by="Amina", sheets=["S"], records_closures=True)
        release.publish(warehouse, private, "Amina")
        every = release.releases(warehouse)
    folder.write(tmp_path / "site", every, private, draw=scratch, cards=False)
    page = (tmp_path / "site/en/entries-site-rabat.html").read_text()
    (cell, *_) = [one for one in every[0].content.cells("entries", "year", site="Rabat") if one.get("status") == HIDDEN]
    assert "<svg" not in page and "In words" not in page and '<abbr class="hidden"' in page
    assert "given as a table alone" in page and cell["year"] in page
    assert "entries-by-month" not in (tmp_path / "site/en/entries.html").read_text()
    assert "entries_by_month" not in every[0].content.raw.decode()


def test_names_are_never_markup(made: Made) -> None:
    for name, page in made.pages.items():
        assert "<script>" not in page and "alert(1)</" not in page, name
        assert "Parc &amp; &lt;Essai&gt;" in page, name
    assert "&lt;script&gt;" in made.text("en/sectors.html")
    assert not any("<" in name or ".." in name for name in made.pages)


# Addresses


def test_every_link_leads_somewhere_without_a_server(made: Made) -> None:
    assert len(made.pages) > 60
    every_link_leads_somewhere(made)


def every_link_leads_somewhere(made: Made) -> None:
    found = made.pages
    anchors = {name: set(re.findall(r'\bid="([^"]+)"', page)) for name, page in found.items()}
    for name, page in found.items():
        here = Path(name).parent
        for link in re.findall(r'(?:href|src)="([^"]+)"', page):
            link = unescape(link)
            if link.startswith("https://"):
                continue
            path, _, anchor = link.partition("#")
            if not path:
                assert anchor in anchors[name] or anchor.startswith("d"), (name, link)
                continue
            target = (made.folder / here / path).resolve()
            assert target.is_file() and target.is_relative_to(made.folder.resolve()), (name, link)
            if anchor:
                assert anchor in anchors[str(target.relative_to(made.folder.resolve()))], (name, link)


def test_no_page_asks_anything_of_another_host(made: Made) -> None:
    allowed = {one.url for one in NATIONAL} | {"https://creativecommons.org/licenses/by/4.0/"}
    for name, page in made.pages.items():
        # Only what is followed by hand, and where the site itself will be.
        loaded = re.findall(r'<(?:script|img|link rel="(?:stylesheet|icon|preload)")[^>]*?(?:src|href)="([^"]+)"', page)
        assert not [one for one in loaded if "//" in one], name
        links = set(re.findall(r'<a [^>]*href="(https?:[^"]+)"', page))
        assert links <= allowed, name
        assert " style=" not in page and "<script>" not in page and "@import" not in page
    style = next(made.folder.glob("assets/*.css")).read_text()
    assert "://" not in style and 'url("//' not in style


def test_an_old_address_keeps_its_figures_and_says_what_superseded_it(made: Made) -> None:
    old, new = (one.content for one in made.every)
    assert old.cell("hosted")["value"] != new.cell("hosted")["value"]
    for name, page in made.pages.items():
        if name.startswith("r/1/") and name.count("/") == 3:
            assert 'class="banner old"' in page, name
            assert ("Release 2 of" in page) or ("publication 2 du" in page), name
        elif name.startswith(("en/", "fr/", "r/2/")):
            assert 'class="banner' not in page, name
    cited = re.search(r'<details class="cite">.*?<p>(.*?)</p>', made.text("en/index.html"), flags=re.DOTALL)
    assert cited is not None and "https://stats.example.org/r/2/en/index.html#hosted" in cited.group(1)
    assert str(new.cell("hosted")["value"]) in cited.group(1)


def test_a_withdrawn_release_says_so_and_gives_no_more_data(made: Made, tmp_path: Path) -> None:
    receipt = replace(made.every[-1].receipt, body={"reason": "a list was <wrong>"})
    every = [made.every[0], replace(made.every[-1], withdrawn=receipt)]
    folder.write(tmp_path / "site", every, SETTINGS, draw=scratch, cards=False)
    gone = (tmp_path / "site/r/2/en/index.html").read_text()
    assert 'class="banner gone"' in gone and "a list was &lt;wrong&gt;" in gone
    assert not (tmp_path / "site/r/2/data").exists()
    every_link_leads_somewhere(replace(made, folder=tmp_path / "site"))
    assert str(made.every[0].content.cell("hosted")["value"]) in (tmp_path / "site/en/index.html").read_text()


def test_writing_again_gives_the_same_bytes_and_spares_what_is_not_a_site(made: Made, tmp_path: Path) -> None:
    again = tmp_path / "site"
    folder.write(again, made.every[:1], SETTINGS, draw=scratch, cards=False)
    folder.write(again, made.every, SETTINGS, url="https://stats.example.org/", draw=scratch, cards=False)
    assert (again / "manifest.json").read_bytes() == (made.folder / "manifest.json").read_bytes()
    assert folder.wrong_with(again) == []
    (again / "en/index.html").write_text("another")
    (again / "fr/index.html").unlink()
    assert folder.wrong_with(again) == ["en/index.html was changed.", "fr/index.html is missing."]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    with pytest.raises(FileExistsError):
        folder.write(tmp_path / "mine", made.every, SETTINGS, draw=scratch, cards=False)
    assert (tmp_path / "mine/letter.txt").read_text() == "dear"


def test_releases_are_listed_with_what_changed_and_what_comes(made: Made) -> None:
    page = made.text("en/releases.html")
    old, new = (one.content for one in made.every)
    assert "15 January 2030" in page and "What changed since release 1" in page
    assert f'<td class="n">{old.cell("hosted")["value"]}</td><td class="n">{new.cell("hosted")["value"]}</td>' in page
    assert "Release 1" in page and "../r/1/en/index.html" in page
    assert "What changed" not in made.text("r/1/en/releases.html")


def test_the_data_is_what_its_description_says(made: Made) -> None:
    place = made.folder / "r/2/data"
    package = json.loads((place / "datapackage.json").read_text())
    content = made.every[-1].content
    assert re.fullmatch(r"[-a-z0-9._/]+", package["name"]) and package["licenses"][0]["name"] == "CC-BY-4.0"
    tables = [one for one in package["resources"] if one["name"] in content.told["tables"]]
    assert {one["path"] for one in tables} == {f"{name}.csv" for name in content.told["tables"]}
    kinds: dict[str, Any] = {
        "integer": int,
        "number": float,
        "year": int,
        "yearmonth": date.fromisoformat,
        "string": str,
    }
    for one in package["resources"]:
        body = (place / one["path"]).read_bytes()
        assert one["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}" and one["bytes"] == len(body)
    for one in tables:
        body = (place / one["path"]).read_bytes()
        rows = list(csv.DictReader(body.decode().splitlines()))
        assert list(rows[0]) == [field["name"] for field in one["schema"]["fields"]]
        assert len(rows) == len(content.told["tables"][one["name"]]["cells"])
        for field in one["schema"]["fields"]:
            for text in {row[field["name"]] for row in rows} - {*field.get("missingValues", [""])}:
                kinds[field["type"]](f"{text}-01" if field["type"] == "yearmonth" else text)
        for row, cell in zip(rows, content.told["tables"][one["name"]]["cells"], strict=True):
            assert row["status"] == cell.get("status", "")
            assert row["value"] == cell["status"] if cell["value"] is None else float(row["value"]) == cell["value"]
    record = json.loads((place / "dcat.jsonld").read_text())
    for one in record["dcat:dataset"]["dcat:distribution"]:
        url = one["dcat:downloadURL"]["@id"]
        assert (made.folder / url.removeprefix("https://stats.example.org/")).is_file()
    for name in ("en/data.html", "r/1/fr/data.html"):
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', made.text(name))
        assert found is not None and "<" not in found.group(1)
        assert json.loads(found.group(1))["creator"]["name"] == SETTINGS.publisher


def test_national_figures_carry_a_badge_per_axis() -> None:
    by_place = {one.place: one for one in NATIONAL}
    assert {place: one.share for place, one in by_place.items()} == {
        "Morocco": 0.53,
        "United Kingdom": 0.424,
        "United States": 0.52,
        "France": 0.69,
    }
    for one in NATIONAL:
        assert {*one.axes} == {*AXES}
        assert not one.matches("population", range(2000, 2020)) and not one.matches("clock", range(2000, 2020))
    assert by_place["United Kingdom"].matches("period", range(2001, 2016)) is True
    assert by_place["France"].matches("period", range(2001, 2016)) is False
    assert by_place["Morocco"].matches("period", range(2001, 2016)) is None


# How it is drawn and how much it weighs


def drawing(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same site with the charts of its French overview and survival truly drawn."""
    mine = [figure.chart for page, figure in figures(made, "fr") if page in ("index.html", "survival.html")]
    alts = {chart.alt for chart in mine if chart is not None}

    def draw(wanted: Sequence[Wanted], t: words.Words, kept: Path | None) -> list[str]:
        true = [place for place, one in enumerate(wanted) if one.chart.alt in alts]
        unlike = {(wanted[place].chart.alt, wanted[place].width): place for place in true}
        svgs = dict(zip(unlike, drawings([wanted[place] for place in unlike.values()], t, kept), strict=True))
        return [svgs.get((one.chart.alt, one.width)) or scratch([one], t, None)[0] for one in wanted]

    where = tmp_path_factory.mktemp("drawn") / "site"
    folder.write(where, made.every[-1:], SETTINGS, draw=draw, cards=False)
    return Made(where, made.every[-1:], made.drafts[-1:])


@drawn_here
def test_a_first_view_weighs_little(overview: Made) -> None:
    page = overview.text("fr/index.html")
    assert page.count("<svg") >= 4 and "currentColor" in page and "font-family" not in page
    loaded = {"fr/index.html", *(f"assets/{name}" for name in re.findall(r'assets/([\w.-]+)"', page))}
    sizes = {}
    for name in loaded:
        content = (overview.folder / name).read_bytes()
        sizes[name] = len(content) if name.endswith("woff2") else len(brotli.compress(content, quality=9))
    assert sum(sizes.values()) <= 80_000, sizes
    assert len(re.findall(r'\bid="([^"]+)"', page)) == len({*re.findall(r'\bid="([^"]+)"', page)})


@drawn_here
def test_it_reads_without_a_script_and_nothing_is_wrong_with_it(overview: Made, chromium: Browser) -> None:
    from tests.browser.test_walk import AXE, STANDARD

    for size, scheme, name in (
        (1440, "light", "fr/index.html"),
        (390, "dark", "fr/survival.html"),
        (390, "light", "en/data.html"),
        (1440, "dark", "fr/entries.html"),
    ):
        context = chromium.new_context(
            viewport={"width": size, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        page = context.new_page()
        asked: list[str] = []
        page.on("request", partial(noted, asked))
        page.goto((overview.folder / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= size
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.evaluate(AXE)
        found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", STANDARD)
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], (name, scheme)
        assert all(url.startswith("file://") for url in asked)
        context.close()
    plain = chromium.new_context(java_script_enabled=False).new_page()
    plain.goto((overview.folder / "fr/index.html").as_uri())
    assert plain.locator("h1").is_visible() and plain.locator(".chart.broad svg").first.is_visible()
    plain.get_by_text("En mots").first.click()
    assert plain.locator(".alt").first.is_visible()


def test_a_card_for_sharing_tells_the_headline(made: Made) -> None:
    mine = reader(made, "fr")
    drawing = card.svg(mine)
    for text in (str(made.every[-1].content.cell("hosted")["value"]), "Parc &amp; &lt;Essai&gt;"):
        assert text in drawing
    assert str(made.every[-1].content.cell("hosted")["value"]) in card.alt(mine)


# How it is served


def asked(
    site: Site, path: str, method: str = "GET", query: str = "", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """What the ASGI application answers."""
    told: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": named, "query_string": query.encode()}
    awaited(site(scope, receive, send))
    got = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], got, told[1]["body"]


def test_it_is_served_compressed_kept_and_without_a_cookie(made: Made) -> None:
    site = Site(made.folder, "/stats")
    plain = (made.folder / "en/index.html").read_bytes()
    status, headers, body = asked(site, "/stats/en/", accept_encoding="gzip, br")
    assert status == 200 and headers["content-encoding"] == "br" and brotli.decompress(body) == plain
    assert headers["vary"] == "accept-encoding" and "set-cookie" not in headers
    assert (
        "default-src 'none'" in headers["content-security-policy"]
        and "unsafe" not in headers["content-security-policy"]
    )
    assert gzip.decompress(asked(site, "/stats/en/index.html", accept_encoding="gzip")[2]) == plain
    assert asked(site, "/stats/en/index.html")[2] == plain
    status, again, body = asked(site, "/stats/en/", accept_encoding="br", if_none_match=f'W/{headers["etag"]}, "x"')
    assert status == 304 and body == b"" and again["etag"] == headers["etag"]
    assert asked(site, "/stats/en/", "HEAD")[2] == b"" and asked(site, "/stats/en/", "HEAD")[0] == 200
    style = next(made.folder.glob("assets/*.css")).name
    assert "immutable" in asked(site, f"/stats/assets/{style}")[1]["cache-control"]
    assert "access-control-allow-origin" not in headers
    assert asked(site, "/stats/r/2/data/hosted.csv")[1]["access-control-allow-origin"] == "*"
    assert asked(site, "/stats")[1]["location"] == "/stats/" and asked(site, "/stats/en")[1]["location"] == "en/"


def test_the_api_answers_with_the_figures_of_a_release_and_nothing_else(made: Made) -> None:
    site, api = Site(made.folder, "/stats"), "/api/v1/metrics"
    new, old = made.every[-1].content, made.every[0].content
    status, headers, body = asked(site, api)
    assert status == 200 and headers["access-control-allow-origin"] == "*" and headers["etag"]
    known = {one["metric"]: one["by"] for one in json.loads(body)["metrics"]}
    assert ["site"] in known["hosted"] and ["year"] in known["entries"] and ["month"] in known["entries"]
    whole = json.loads(asked(site, f"{api}/hosted.json")[2])
    assert whole["rows"] == new.cells("hosted") and whole["unit"] == "firms" and whole["release"] == 2
    cut = json.loads(asked(site, f"{api}/entries.json", query="by=year&by=site")[2])
    assert cut["rows"] == json.loads(asked(site, f"{api}/entries.json", query="by=site,year")[2])["rows"]
    assert len(cut["rows"]) == len(new.cells("entries", "site", "year"))
    before = json.loads(asked(site, f"{api}/closed.json", query="by=site&release=1")[2])
    assert before["rows"] == old.cells("closed", "site") and {row.get("status") for row in before["rows"]} == {"c"}
    lines = asked(site, f"{api}/closed.csv", query="by=site")[2].decode().splitlines()
    assert lines[0] == "site,value,status" and "Rabat,c,c" in lines
    for path, query in (
        ("/nothing.json", ""),
        ("/median_stay.json", ""),
        ("/hosted.json", "by=year"),
        ("/hosted.json", "by=firm"),
        ("/hosted.json", "site=Rabat"),
        ("/hosted.json", "release=9"),
        ("/hosted.json", "release=../1"),
        ("/hosted.json", "release=1&release=2"),
        ("/../../../manifest.json", ""),
        ("/hosted.xml", ""),
        ("hosted.json", ""),
    ):
        assert asked(site, api + path, query=query)[::2] == (404, NOT_FOUND), (path, query)


def test_every_name_that_is_none_is_answered_alike(made: Made) -> None:
    site = Site(made.folder, "/stats")
    for path in (
        "/stats/nothing",
        "/stats/../secret",
        "/stats/en/../../x",
        "/stats/manifest.json",
        "/stats//etc/passwd",
        "/elsewhere",
        "/stats/en/index.html\x00",
        "/stats/r/9/en/index.html",
    ):
        status, headers, body = asked(site, path)
        assert (status, body, headers["cache-control"]) == (404, NOT_FOUND, "no-store"), path
    assert asked(site, "/stats/en/index.html", "POST")[0] == 404
    # Where a file of a name that is not listed lies in the folder, it is not served.
    (made.folder / "hidden.html").write_text("hidden")
    assert asked(site, "/stats/hidden.html")[0] == 404
    (made.folder / "hidden.html").unlink()


def test_a_site_written_anew_is_served_anew(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publish.serve.LOOK", 0.0)
    where = tmp_path / "site"
    folder.write(where, made.every[:1], SETTINGS, draw=scratch, cards=False)
    shelf = Shelf(where)
    before = shelf.answer("/en/index.html").body
    assert shelf.answer("/r/2/en/index.html").status == 404
    folder.write(where, made.every, SETTINGS, draw=scratch, cards=False)
    assert shelf.answer("/en/index.html").body != before and shelf.answer("/r/2/en/index.html").status == 200


def test_the_process_that_answers_strangers_knows_nothing_of_the_ledger(made: Made, tmp_path: Path) -> None:
    code = "import sys, publish.__main__, publish.serve; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", f"import json; {code}"], cwd=ROOT, capture_output=True, text=True)
    loaded = {name.split(".")[0] for name in json.loads(told.stdout)}
    assert not loaded & {"data", "metrics", "charts", "duckdb", "sqlalchemy", "pandas", "streamlit"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "publish", "serve", str(made.folder), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env={"PATH": "", "ESSAIM_HOME": str(tmp_path / "none")})
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"{url}/en/index.html", timeout=5) as answer:
                    assert answer.read() == (made.folder / "en/index.html").read_bytes()
                    assert answer.headers["date"] and not answer.headers["set-cookie"]
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise AssertionError("the site was not served")
        with pytest.raises(HTTPError) as none:
            urllib.request.urlopen(f"{url}/%2e%2e/secret", timeout=5)
        assert none.value.code == 404 and none.value.read() == NOT_FOUND
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            # Two requests at once, then one that brings a body: both answered, then the line is cut.
            line.sendall(b"GET /en/ HTTP/1.1\r\nHost: x\r\n\r\n" + b"HEAD /en/ HTTP/1.1\r\nHost: x\r\n\r\n")
            line.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nGET")
            got = b""
            while part := line.recv(1 << 16):
                got += part
        assert got.count(b"HTTP/1.1 200 OK") == 2 and got.count(b"HTTP/1.1 404 Not Found") == 1
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(b"nonsense\r\n\r\n")
            assert line.recv(10) == b""
    finally:
        process.terminate()
        process.wait(20)
    assert not (tmp_path / "none").exists()


def test_what_is_no_site_is_not_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from publish.__main__ import main

    assert main(["serve", str(tmp_path)]) == 2
    assert "is no site" in capsys.readouterr().err
    assert Content(b'{"number": 3}').number == 3
