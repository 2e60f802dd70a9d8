"""A link shows the next person the same figures: after a restart, and after a later load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.seen import Seen, seen
from tests.browser.started import ROOT, Running, environment, running
from tests.sample import sample_into

pytestmark = pytest.mark.xdist_group("browser")

DAYS = "as_of=2020-10-25&known_on=2020-10-25"
LINKS = [
    f"/?lang=en&site=Rabat&site=Tanger&{DAYS}",
    f"/entries?lang=fr&step=quarter&by=sector&from=2015-01-01&to=2020-06-30&{DAYS}",
    f"/survival?lang=en&by=site&{DAYS}",
]
# One more firm, in Rabat, known today: it changes every figure that is not pinned.
LATER = "Situation au 31/12/2020\r\nID;Raison sociale;Site;Date d'entrée\r\nZ-9001;Nouvelle venue;Rabat;15/12/2020\r\n"


def told(watched: Seen) -> tuple[list[str], list[str], str]:
    return watched.figures(), watched.titles(), watched.page.locator("h1").inner_text()


def everything(app: Running, chromium: Browser) -> list[tuple[list[str], list[str], str]]:
    found = []
    with seen(app, chromium, "desktop") as watched:
        for link in LINKS:
            watched.open(link)
            found.append(told(watched))
    return found


def unpinned(app: Running, chromium: Browser) -> list[str]:
    with seen(app, chromium, "desktop") as watched:
        watched.open("/?lang=en&site=Rabat")
        return watched.figures()


def test_a_link_lasts(tmp_path: Path, chromium: Browser) -> None:
    home = tmp_path / "home"
    home.mkdir()
    sample_into(home)
    with running(home) as app:
        before, today = everything(app, chromium), unpinned(app, chromium)
    assert all(figures or titles for figures, titles, _ in before)
    file = tmp_path / "later.csv"
    file.write_text(LATER, encoding="utf-8")
    command = [sys.executable, "-m", "data", "load", str(file), "--keep-sample", "--accept-warnings"]
    done = subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with running(home) as app:
        assert everything(app, chromium) == before
        assert unpinned(app, chromium) != today
