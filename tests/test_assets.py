"""What a browser fetches first: compressed, fetched once, in the reader's language, and nothing but what is meant."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import html
import json
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from access import assets
from access.assets import FOREVER, Assets, Shelf, accepted
from access.headers import content_policy
from ui import language, shell

ROOT = Path(__file__).resolve().parent.parent
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
SCRIPT = b"const figures = [" + b"1, " * 500 + b"]"
PAGES = {(shown, own): f"<html lang='{shown}' own='{own}'>".encode() for shown in ("fr", "en") for own in ("fr", "en")}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    folder = tmp_path / "files"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "index.DormvYxC.js").write_bytes(SCRIPT)
    (folder / "own.js").write_bytes(SCRIPT)
    (folder / "font.e2291e84.woff2").write_bytes(b"w" * 5000)
    (folder / ".secret").write_bytes(b"no")
    (tmp_path / "ledger.sqlite").write_bytes(b"no")
    return Shelf({"/static": folder}, tmp_path / "kept")


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    answers: dict[str, Response] = {
        "/": Response("<html lang='en'>", media_type="text/html"),
        "/entries": Response("<html lang='en'>", media_type="text/html"),
        "/data": JSONResponse({"lang": "en"}),
        "/gone": Response("<p>gone", 404, media_type="text/html"),
    }
    await answers.get(scope["path"], PlainTextResponse("inside"))(scope, receive, send)


def get(
    shelf: Shelf, path: str, query: str = "", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request; header names with _ for -."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    # In a thread of its own: a browser test before may have left this one with a loop that runs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, Assets(inside, shelf, PAGES, language.preferred)(scope, receive, send)).result(30)
    start = [message for message in sent if message["type"] == "http.response.start"]
    assert len(start) == 1
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return start[0]["status"], {name.decode(): value.decode() for name, value in start[0]["headers"]}, body


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.0, gzip;q=0", "identity"),
        ("gzip;q=0.5", "gzip"),
        ("", "identity"),
        (None, "identity"),
    ],
)
def test_the_smallest_form_the_browser_takes(header: str | None, encoding: str) -> None:
    assert accepted(header) == encoding


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_a_script_goes_out_compressed_and_comes_out_whole(shelf: Shelf, encoding: str, unpack: Any) -> None:
    status, headers, body = get(shelf, "/static/js/index.DormvYxC.js", accept_encoding=encoding)
    assert status == 200 and headers["content-encoding"] == encoding
    assert len(body) < len(SCRIPT) / 10 and unpack(body) == SCRIPT
    assert headers["content-type"].startswith("text/javascript")
    assert "accept-encoding" in headers["vary"].lower()


def test_who_takes_nothing_compressed_gets_it_whole(shelf: Shelf) -> None:
    _, headers, body = get(shelf, "/static/js/index.DormvYxC.js")
    assert body == SCRIPT and "content-encoding" not in headers


def test_what_is_packed_already_is_not_packed_again(shelf: Shelf) -> None:
    _, headers, body = get(shelf, "/static/font.e2291e84.woff2", accept_encoding="br, gzip")
    assert body == b"w" * 5000 and "content-encoding" not in headers


def test_only_what_can_never_change_is_kept_for_ever(shelf: Shelf) -> None:
    digest = hashlib.sha256(SCRIPT).hexdigest()
    assert get(shelf, "/static/js/index.DormvYxC.js")[1]["cache-control"] == FOREVER
    assert get(shelf, "/static/own.js")[1]["cache-control"] == "no-cache"
    assert get(shelf, "/static/own.js", query=digest[:8])[1]["cache-control"] == FOREVER
    assert get(shelf, "/static/own.js", query="00000000")[1]["cache-control"] == "no-cache"
    assert get(shelf, "/")[1]["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/static/own.js", "/"])
def test_what_the_browser_has_is_not_sent_again(shelf: Shelf, path: str) -> None:
    tag = get(shelf, path, accept_encoding="br")[1]["etag"]
    assert get(shelf, path, accept_encoding="br", if_none_match=f'"other", W/{tag}')[::2] == (304, b"")
    assert get(shelf, path, accept_encoding="gzip", if_none_match=tag)[0] == 200


def test_compressing_happens_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(address for address, _, _ in shelf.prepare()) == ["/static/js/index.DormvYxC.js", "/static/own.js"]
    monkeypatch.setattr(assets, "compressed", lambda *_: pytest.fail("compressed a second time"))
    again = Shelf(shelf.folders, shelf.kept)
    assert brotli.decompress(again.body(again.assets["/static/own.js"], "br")) == SCRIPT


def test_a_folder_that_cannot_be_written_costs_only_time(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    closed = Shelf(shelf.folders, tmp_path / "file" / "kept")
    assert get(closed, "/static/own.js", accept_encoding="br")[0] == 200


@pytest.mark.parametrize("path", ["/static/.secret", "/static/../ledger.sqlite", "/static/js", "/static/nothing.js"])
def test_nothing_else_can_be_fetched(shelf: Shelf, path: str) -> None:
    assert get(shelf, path)[2] == b"inside"


def test_other_answers_pass_untouched(shelf: Shelf) -> None:
    assert get(shelf, "/data")[2] == b'{"lang":"en"}'
    assert get(shelf, "/gone")[2] == b"<p>gone"
    assert get(shelf, "/static/own.js", method="PUT")[2] == b"inside"


@pytest.mark.parametrize(
    ("query", "accept", "shown", "own"),
    [
        ("", "fr-MA,fr;q=0.9", "fr", "fr"),
        ("", "en-GB", "en", "en"),
        ("lang=en&site=Rabat", "fr", "en", "fr"),
        ("lang=de", "en", "en", "en"),
        ("", "de, en;q=0.5", "en", "en"),
        ("", "", "fr", "fr"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/entries"])
def test_every_address_is_in_the_readers_language(
    shelf: Shelf, path: str, query: str, accept: str, shown: str, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ESSAIM_LANG", raising=False)
    _, headers, body = get(shelf, path, query, accept_language=accept)
    assert body == PAGES[shown, own]
    assert headers["content-language"] == shown
    assert int(headers["content-length"]) == len(body)


def test_the_house_may_speak_english_to_those_who_ask_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAIM_LANG", "en")
    assert language.preferred(None, None) == "en"
    assert language.preferred(None, "fr") == "fr"
    assert language.preferred("fr", "en") == "fr"


@pytest.mark.parametrize("spoken", ["fr", "en"])
def test_the_page_says_its_language_its_name_and_what_it_is(spoken: str) -> None:
    page = shell.page(spoken, "fr")
    assert f'<html lang="{spoken}">' in page and "<title>Essaim</title>" in page
    assert re.search(r'<meta name="description" content="[^"]{40,}"', page)
    assert "Streamlit app" not in page and "SourceSans" not in page


def test_the_page_hands_over_streamlits_words_in_french() -> None:
    found = re.search(r'<meta name="essaim-words" content="([^"]*)"', shell.page("en", "en"))
    assert found
    told = json.loads(html.unescape(found[1]))
    assert list(told) == ["fr"] and list(told["fr"]) == list(shell.CHROME)
    # What has a place on one side has it on the other: the script puts what it found there.
    place = re.compile(r"\{\w+\}")
    assert all(place.findall(said) == place.findall(french) for said, french in told["fr"].items())


def test_focus_is_shown_in_the_colours_of_the_theme() -> None:
    style = (ROOT / "ui" / "static" / "essaim.css").read_text(encoding="utf-8")
    shown = dict(re.findall(r'data-essaim-theme="(\w+)"\] \{\s*--essaim-focus: (#\w+);', style))
    assert shown == {theme: CONFIG["theme"][theme]["primaryColor"] for theme in ("light", "dark")}


def test_the_page_fetches_nothing_that_is_not_there() -> None:
    shelf = shell.shelf()
    wanted = re.findall(r'(?:href|src)="\./((?:app/)?static/[^"?]+)', shell.page("en", "en"))
    assert len(wanted) > 10
    assert [address for address in wanted if f"/{address}" not in shelf.assets] == []


def test_no_page_runs_a_script_that_the_policy_does_not_name() -> None:
    pages = [page.decode() for page in shell.pages().values()]
    policy = content_policy(*pages)
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src")).split()
    assert len(scripts) == 3 and scripts[1] == "'self'" and scripts[2].startswith("'sha256-")
    assert not any(re.search(r"\son\w+=|javascript:", page) for page in pages)


def test_streamlits_page_without_the_places_we_write_to_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("<html></html>")
    monkeypatch.setattr(shell, "STREAMLIT", tmp_path)
    with pytest.raises(shell.Changed):
        shell.page("fr", "fr")


def test_the_fonts_of_the_theme_are_shipped_with_their_licence() -> None:
    faces = CONFIG["theme"]["fontFaces"]
    assert faces
    for face in faces:
        path = ROOT / "ui" / face["url"].removeprefix("app/")
        assert hashlib.sha256(path.read_bytes()).hexdigest()[:8] == path.name.split(".")[1]
    assert "SIL OPEN FONT LICENSE" in (ROOT / "ui" / "static" / "plex-LICENSE.txt").read_text()
    style = (ROOT / "ui" / "static" / "essaim.css").read_text()
    assert all((ROOT / "ui" / "static" / name).exists() for name in re.findall(r'url\("([^"]+)"\)', style))


def luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance of WCAG 2.2 for a colour of 0 to 255."""
    linear = [(c / 255 / 12.92) if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (float(int(colour[place : place + 2], 16)) for place in (1, 3, 5))
    return red, green, blue


def contrast(first: tuple[float, float, float], second: tuple[float, float, float]) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(theme: str) -> None:
    colours = CONFIG["theme"][theme]
    text = rgb(colours["textColor"])
    for name in ("backgroundColor", "secondaryBackgroundColor"):
        ground = rgb(colours[name])
        assert contrast(text, ground) >= 7
        assert contrast(rgb(colours["primaryColor"]), ground) >= 4.5
        assert contrast(rgb(colours["linkColor"]), ground) >= 4.5
    # Captions are written in the text's colour at 60 %.
    ground = rgb(colours["backgroundColor"])
    red, green, blue = (0.6 * ink + 0.4 * paper for ink, paper in zip(text, ground, strict=True))
    assert contrast((red, green, blue), ground) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_of_a_chart_stands_out_from_its_ground(theme: str) -> None:
    colours = CONFIG["theme"][theme]
    for colour in colours["chartCategoricalColors"]:
        assert contrast(rgb(colour), rgb(colours["backgroundColor"])) >= 3, colour
