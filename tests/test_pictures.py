"""A picture stands alone: it says what it shows, of when and by whom, all of it inside its edges."""

from __future__ import annotations

import re
import shutil
import struct
from datetime import date
from xml.etree import ElementTree

import pandas as pd
import pytest

import words
from charts import bars
from charts import picture as drawing
from charts.chart import Chart, Source
from charts.picture import NoPicture, picture
from charts.theme import INK, Look
from metrics import METRICS

SVG = "{http://www.w3.org/2000/svg}"
AS_OF = date(2020, 10, 25)
SOURCE = Source(
    definitions=(("Entries", "First days of firms' first stays: " + "anywhere in the network, " * 12 + "< & >."),),
    scope="You are looking at the whole network.",
    stated_on=AS_OF,
    known_on=AS_OF,
    name="Essaim",
    made_on=date(2026, 11, 22),
)
needs_browser = pytest.mark.skipif(
    not any(map(shutil.which, drawing.BROWSERS)), reason="Pictures are drawn by Chromium, which is not installed here."
)


def chart(language: str = "en") -> Chart:
    table = pd.DataFrame({"site": ["Rabat", "<b>x</b>"], "month": ["2020-09", "2020-10"], "value": [3.0, 4.0]})
    return bars.by_period(
        table, words.of(language), Look(), metric=METRICS["entries"], by="site", first=date(2020, 9, 1), last=AS_OF
    )


def lines(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [one for one in root if one.tag == f"{SVG}text"]


@needs_browser
@pytest.mark.parametrize(("language", "width"), [("en", 1000), ("fr", 360)])
def test_an_svg_says_all_of_it_inside_its_edges(language: str, width: int) -> None:
    t, made = words.of(language), chart(language)
    root = ElementTree.fromstring(picture(made, t, "svg", SOURCE, width=width))
    assert root.get("width") == str(width) and root.get("lang") == language
    assert root.findtext(f"{SVG}title") == made.title and root.findtext(f"{SVG}desc") == made.alt
    told = " ".join(one.text or "" for one in lines(root))
    for text in (made.title, *made.notes, *SOURCE.lines(t)):
        assert " ".join(re.split(r"[ \t\n]+", text)) in told
    heights = [float(one.get("y", "")) for one in lines(root)]
    assert heights == sorted(heights) and heights[-1] < float(root.get("height", "")) - 10
    for one in lines(root):
        assert drawing._wide(one.text or "") * float(one.get("font-size", "")) <= width - drawing.EDGE * 1.9
    (inner,) = [one for one in root if one.tag == f"{SVG}svg"]
    assert max(y for y in heights if y < 200) < float(inner.get("y", "")) + float(inner.get("height", ""))
    # The numbers' own names are drawn, and none as markup.
    drawn = " ".join(one.text or "" for one in inner.iter() if one.text)
    assert "Rabat" in drawn and "<b>x</b>" in drawn
    assert INK not in ElementTree.tostring(root, encoding="unicode")


@needs_browser
def test_the_same_chart_makes_the_same_file_and_nothing_is_fetched_by_it() -> None:
    t = words.of("en")
    once, again = (picture(chart(), t, "svg", SOURCE) for _ in range(2))
    assert once == again
    addresses = set(re.findall(rb"https?://[^\"' )]+", once))
    assert addresses <= {b"http://www.w3.org/2000/svg", b"http://www.w3.org/1999/xlink"}


@needs_browser
def test_a_png_has_two_pixels_for_each_of_the_drawing() -> None:
    content = picture(chart(), words.of("en"), "png", SOURCE, width=600)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    assert width == 1200 and height > 900
    # A page with nothing on it is a few kilobytes.
    assert len(content) > 30_000


def test_without_a_browser_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoPicture, match=r"Chromium.*CSV"):
        picture(chart(), words.of("en"), "svg", SOURCE)


def test_a_browser_that_fails_makes_a_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    false = shutil.which("false")
    assert false is not None
    monkeypatch.setenv("CHROME", false)
    monkeypatch.setattr(drawing, "SECONDS", 5.0)
    with pytest.raises(NoPicture, match="Try again"):
        picture(chart(), words.of("en"), "svg", SOURCE)
    # The next one has its turn.
    assert drawing._turn.acquire(timeout=1)
    drawing._turn.release()


def test_words_are_broken_only_where_they_may_be() -> None:
    share = words.of("fr").share(0.88)
    assert "\u00a0" in share or "\u202f" in share
    for line in drawing._wrapped(f"Agadir a {share} {share} {share}", 90, 13):
        assert line.count("%") == len(re.findall(r"\d[\u00a0\u202f]%", line))
    assert all(drawing._wide(line) * 13 <= 100 for line in drawing._wrapped("W" * 90, 100, 13))
    assert drawing._wrapped("", 100, 13) == []
