"""A walk through every page in a real browser: nothing broken, untranslated, out of reach, or wider than the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser

from tests import catalogue
from tests.browser.seen import Seen, seen
from tests.browser.started import Running, running

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "first_run")
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Each size, each ground and each language is walked through, not each with each.
WALKS = [("desktop", "light", "fr"), ("desktop", "dark", "en"), ("phone", "dark", "fr"), ("phone", "light", "en")]
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What is inside Streamlit's own components and cannot be set from outside, by rule, with the reason.
THEIRS: dict[str, str] = {}


def address(name: str) -> str:
    return "/" if name == "overview" else f"/{name}"


def english() -> list[str]:
    """The sentences of the code that French says otherwise, long enough to be nobody's name."""
    return [
        str(message.id)
        for message in catalogue.read("fr")
        if isinstance(message.id, str)
        and len(message.id) > 8
        and "{" not in message.id
        and message.string
        and message.string != message.id
        and str(message.id).lower() not in str(message.string).lower()
    ]


ENGLISH = english()


@pytest.fixture(scope="module", params=WALKS, ids="-".join)
def visitor(request: pytest.FixtureRequest, sample_app: Running, chromium: Browser) -> Iterator[tuple[Seen, str]]:
    size, scheme, language = request.param
    with seen(sample_app, chromium, size, language, scheme) as watched:
        yield watched, language


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(visitor: tuple[Seen, str], name: str) -> None:
    watched, language = visitor
    watched.open(f"{address(name)}?lang={language}")
    assert watched.broken() == {}
    assert watched.page.evaluate("document.documentElement.lang") == language
    if language == "fr":
        text = watched.text()
        assert [one for one in ENGLISH if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text)] == []
    violations = accessible(watched)
    assert violations == []


def accessible(watched: Seen) -> list[dict[str, Any]]:
    """What axe-core finds against WCAG 2.2 AA and is ours to mend."""
    # Evaluated by the debugger, not by the page: its policy lets no foreign script in.
    watched.page.evaluate(AXE)
    found = watched.page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", STANDARD)
    return [
        {"rule": rule["id"], "help": rule["help"], "nodes": [node["html"][:160] for node in rule["nodes"]][:5]}
        for rule in found["violations"]
        if rule["id"] not in THEIRS
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_empty_ledger_says_what_to_do(tmp_path: Path, chromium: Browser, language: str) -> None:
    with running(tmp_path / "empty") as app, seen(app, chromium, "phone", language) as watched:
        watched.open(f"/?lang={language}")
        assert watched.broken() == {}
        assert "python -m data load" in watched.text()
        assert accessible(watched) == []
