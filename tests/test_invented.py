"""A release of the invented park says so wherever it goes; one of real firms has no word of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from html import unescape
from io import BytesIO
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest

from data.home import Home
from data.warehouse import Generation, Warehouse
from publish import partners, release
from publish.site import card, folder
from tests.test_release import park
from tests.test_site import SETTINGS, Made, reader, scratch
from tests.test_warehouse import _accept, _stay

pytestmark = pytest.mark.xdist_group("site")
SAID = {
    "en": "Invented data: a sample park. None of these firms exists.",
    "fr": "Données inventées\u00a0: un parc d’exemple. Aucune de ces entreprises n’existe.",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a park of which only invented lists are loaded, with a release."""
    home = tmp_path_factory.mktemp("invented")
    with closing(Warehouse(Home.at(home))) as warehouse:
        _accept(warehouse, "2020-01-01", park(), by="sample", sheets=["S"], records_closures=True, invented=True)
        release.publish(warehouse, SETTINGS, "Amina")
    return home


@pytest.fixture
def warehouse(published: Path, tmp_path: Path) -> Iterator[Warehouse]:
    shutil.copytree(published, tmp_path / "home")
    with closing(Warehouse(Home.at(tmp_path / "home"))) as warehouse:
        yield warehouse


def test_a_release_of_the_invented_park_is_frozen_as_one(warehouse: Warehouse) -> None:
    """Whatever is loaded later; and a release that counts a real firm is none."""
    real = [_stay(f"N{n}", "Rabat", "2020-03-01", sector="TIC") for n in range(9)]
    _accept(warehouse, "2020-06-01", real, by="Amina", sheets=["S"])
    release.publish(warehouse, SETTINGS, "Amina", date(2020, 6, 1))
    first, second = (one.content for one in release.releases(warehouse))
    assert first.told["invented"] is True and "invented" not in second.told
    assert release.verify(warehouse) == []


def test_an_organisation_is_told_it_too(warehouse: Warehouse) -> None:
    partners.publish(warehouse, SETTINGS, "Banque", "Amina")
    (its,) = partners.standing(warehouse)["Banque"]
    assert its.content.told["invented"] is True and partners.verify(warehouse) == []


def test_releases_from_before_it_was_said_still_come_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Warehouse(Home.at(tmp_path))) as warehouse:
        _accept(warehouse, "2020-01-01", park(), by="sample", sheets=["S"], records_closures=True, invented=True)
        with monkeypatch.context() as patch:
            patch.setattr(Generation, "sample", False)
            release.publish(warehouse, SETTINGS, "Amina")
        (one,) = release.releases(warehouse)
        assert "invented" not in one.content.told and warehouse.generation().sample
        assert release.verify(warehouse) == []


def test_every_page_and_file_of_it_says_so(warehouse: Warehouse, tmp_path: Path) -> None:
    every = release.releases(warehouse)
    folder.write(tmp_path / "site", every, SETTINGS, draw=scratch, cards=False)
    made = Made(tmp_path / "site", every, [])
    seen = 0
    for name, page in made.pages.items():
        language = next((code for code in SAID if f"{code}/" in name), None)
        if language is None:
            assert "http-equiv" in page, "only what leads elsewhere says nothing"
            continue
        body = unescape(page.partition("<body>")[2].replace("<details", "\0").partition("\0")[0])
        assert SAID[language] in (unescape(page) if "embed/" in name else body), name
        seen += 1
    assert seen > 40
    for path in (made.folder / "embed").rglob("*.svg"):
        assert SAID["fr" if "/fr/" in str(path) else "en"].partition(":")[0] in path.read_text(), path
    place = made.folder / "r/1/data"
    assert json.loads((place / "datapackage.json").read_text())["description"].startswith(SAID["en"])
    record = (place / "dcat.jsonld").read_text()
    assert all(said in record for said in SAID.values()) and SAID["en"] in (place / "CHANGELOG.md").read_text()
    assert json.loads((place / "release.json").read_bytes())["invented"] is True
    about = pyarrow.parquet.read_schema(place / "hosted.parquet").metadata
    assert about[b"invented"].decode() == SAID["en"]
    for name, language in (("hosted.xlsx", "fr"), ("release-1-fr.xlsx", "fr"), ("release-1-en.xlsx", "en")):
        book = openpyxl.load_workbook(BytesIO((place / name).read_bytes()))
        cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
        assert SAID[language] in cells, name
    for path in (made.folder / "api/v1").rglob("*.json"):
        told = json.loads(path.read_bytes())
        assert told["info"]["description"].startswith(SAID["en"]) if "info" in told else told["invented"] is True
    mine = reader(made, "fr")
    assert SAID["fr"] in card.svg(mine) and SAID["fr"] in card.alt(mine)
    assert mine.cite("index.html", "hosted", "x", "1").startswith(SAID["fr"])


def test_a_site_of_both_says_which_is_which(made: Made, warehouse: Warehouse, tmp_path: Path) -> None:
    (invented,) = release.releases(warehouse)
    both = [invented, made.every[-1]]
    folder.write(tmp_path / "site", both, SETTINGS, draw=scratch, cards=False)
    old, new = (tmp_path / "site/r" / number for number in "12")
    assert SAID["en"] in (old / "en/index.html").read_text()
    described = json.loads((tmp_path / "site/api/v1/openapi.json").read_text())["info"]["description"]
    assert SAID["en"] not in described and "“invented”" in described
    for path in (*new.rglob("*.html"), *new.rglob("data/*.json*"), *(tmp_path / "site/api/v1/2").iterdir()):
        told = path.read_bytes()
        assert b"Invented" not in told and "inventées".encode() not in told, path
    assert json.loads((tmp_path / "site/api/v1/current/hosted.json").read_text()).get("invented") is None


def test_real_releases_have_no_word_of_it(made: Made) -> None:
    for one in made.every:
        assert b"invented" not in one.content.raw
    for name, page in made.pages.items():
        assert "Invented" not in page and "inventées" not in page, name
    for place in ("r/2/data/datapackage.json", "r/2/data/CHANGELOG.md", "api/v1/current/metrics.json"):
        assert "nvented" not in (made.folder / place).read_text(), place
