"""The site that stands: whole or not at all, what the ledger gives, and nothing that was taken back."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

import words
from data.home import Home
from data.ledger import RELEASE, WITHDRAWN
from data.warehouse import Warehouse
from publish import standing
from publish.serve import NOT_FOUND, UNWRITTEN, Site
from publish.standing import Standing
from tests.test_site import asked
from tests.test_warehouse import _accept, _stay

# A site of as many pages as it is told, written slowly where it is told to: each page is the same text.
WRITER = """
import hashlib, json, pathlib, sys, time
text, pages, pause, folder = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), pathlib.Path(sys.argv[4])
names = ["index.html", "assets/a.css", "r/1/en/index.html", "r/2/en/index.html", "r/1/data/directory.csv"]
names += ["api/v1/1/hosted.json", "api/v1/2/hosted.json", "api/v1/current/hosted.json", "directory/firm.html"]
names += [f"p/{n}.html" for n in range(pages)]
for name in names:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    time.sleep(pause)
told = {name: hashlib.sha256(text.encode()).hexdigest() for name in names}
(folder / "manifest.json").write_text(json.dumps(told))
"""


def writer(text: str = "one", pages: int = 0, pause: float = 0) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", WRITER, text, str(pages), str(pause)]


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    monkeypatch.setattr("publish.serve.LOOK", 0.0)
    made = Warehouse(Home.at(tmp_path / "home"))
    yield made
    made.close()


def released(warehouse: Warehouse, number: int) -> None:
    """A release: of its content nothing is asked here."""
    body = {"action": RELEASE, "number": number, "known_on": "2020-01-01", "by": "Amina"}
    content = json.dumps({"number": number}).encode()
    warehouse.ledger.append(warehouse.ledger.prepare(body, content), content)


def withdrawn(warehouse: Warehouse, number: int) -> None:
    body = {"action": WITHDRAWN, "release": number, "known_on": "2020-01-01", "by": "Amina", "reason": "a <wrong> list"}
    warehouse.ledger.append(warehouse.ledger.prepare(body))


def shown(site: Site, path: str = "/stats/") -> bytes:
    return asked(site, path)[2]


def test_where_nothing_is_released_pages_say_so(warehouse: Warehouse) -> None:
    made = Standing(warehouse, command=["false"])
    assert asked(made.site, "/stats/")[::2] == (503, UNWRITTEN) and asked(made.site, "/api/v1/metrics")[0] == 503
    made.look()
    assert made.state().fits and made.state().problem == ""
    for language in words.LANGUAGES:
        status, headers, body = asked(made.site, f"/stats/{language}/")
        assert status == 200 and "set-cookie" not in headers
        assert words.of(language)("No figures are public at the moment") in body.decode()
        assert b'<meta name="robots" content="noindex">' in body
    assert json.loads(asked(made.site, "/api/v1/metrics")[2]) == {"metrics": [], "release": None}
    for path in ("/stats/standing.json", "/stats/.before", "/stats/en/data.html", "/api/v1/metrics/hosted.json"):
        assert asked(made.site, path)[::2] == (404, NOT_FOUND), path
    # A list brings nothing to the public.
    stood = os.readlink(made.home / "now")
    _accept(warehouse, "2020-01-01", [_stay("F1", "Rabat", "2019-01-01")])
    made.look()
    assert os.readlink(made.home / "now") == stood


def test_a_release_is_written_and_withdrawn_ones_are_told(warehouse: Warehouse) -> None:
    made = Standing(warehouse, command=writer())
    released(warehouse, 1)
    assert not made.state().fits
    made.look()
    assert made.state().fits and shown(made.site) == b"one" and made.state().at is not None
    again = Standing(warehouse, command=["false"])
    again.look()
    assert again.state().fits and again.state().problem == "", "another process finds it written"
    withdrawn(warehouse, 1)
    made.look()
    text = shown(made.site, "/stats/en/").decode()
    assert "a &lt;wrong&gt; list" in text and 'content="noindex"' in text
    assert asked(made.site, "/stats/r/1/en/")[0] == 404 and asked(made.site, "/api/v1/metrics/hosted.json")[0] == 404


def test_whatever_the_pages_depend_on_has_them_written_anew(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stamp(url: str = "") -> str:
        return Standing(warehouse, url)._facts().stamp

    released(warehouse, 1)
    monkeypatch.setattr(standing.directory, "stamp", lambda warehouse: "a")
    stamps = [stamp(), stamp("https://stats.example.org")]
    monkeypatch.setattr(standing.directory, "stamp", lambda warehouse: "b")
    stamps.append(stamp())
    monkeypatch.setenv("ESSAIM_RELEASE_PUBLISHER", "Le parc")
    stamps.append(stamp())
    monkeypatch.setattr(standing, "code", lambda: "another program")
    stamps.append(stamp())
    released(warehouse, 2)
    stamps.append(stamp())
    withdrawn(warehouse, 1)
    stamps.append(stamp())
    assert len({*stamps}) == len(stamps) and stamp() == stamps[-1]
    # Thresholds and approval change no page of what is released already; neither does a list.
    monkeypatch.setenv("ESSAIM_RELEASE_LEAST", "7")
    monkeypatch.setenv("ESSAIM_RELEASE_APPROVAL", "1")
    _accept(warehouse, "2020-01-01", [_stay("F1", "Rabat", "2019-01-01")])
    assert stamp() == stamps[-1]


def test_a_reader_never_sees_half_of_it(warehouse: Warehouse) -> None:
    """While a second site is written, and as it takes the place of the first, each page is one of the two, whole."""
    released(warehouse, 1)
    made = Standing(warehouse, command=writer("one", pages=12))
    made.look()
    released(warehouse, 2)
    second = Standing(warehouse, command=writer("two", pages=12, pause=0.01), every=0.05)
    writing = threading.Thread(target=second.look)
    writing.start()
    seen: list[bytes] = []
    while writing.is_alive():
        for n in range(12):
            status, _, body = asked(made.site, f"/stats/p/{n}.html")
            assert (status, body) in ((200, b"one"), (200, b"two"))
            seen.append(body)
    writing.join()
    assert shown(made.site, "/stats/p/3.html") == b"two"
    assert seen[0] == b"one" and sorted(seen) == seen, "once it is the new one, it stays the new one"


def test_a_file_that_is_not_what_the_manifest_says_is_not_served(warehouse: Warehouse) -> None:
    released(warehouse, 1)
    made = Standing(warehouse, command=writer())
    made.look()
    (made.home / "now" / "r/1/en/index.html").write_text("something else")
    assert asked(made.site, "/stats/r/1/en/")[::2] == (503, UNWRITTEN)


def test_what_is_withdrawn_is_gone_before_anything_is_written(warehouse: Warehouse) -> None:
    for number in (1, 2):
        released(warehouse, number)
    made = Standing(warehouse, command=writer())
    made.look()
    made.command = ["false"]
    withdrawn(warehouse, 1)
    made.look()
    assert made.state().problem and not made.state().fits
    for path in ("/stats/r/1/en/", "/stats/r/1/data/directory.csv", "/stats/api/v1/1/hosted.json"):
        assert asked(made.site, path)[0] == 404, path
        assert not list((made.home / "now").glob("*/1/*/*"))
    assert shown(made.site) == b"one" and shown(made.site, "/stats/r/2/en/") == b"one"
    # Of what was current nothing is left, under no address.
    withdrawn(warehouse, 2)
    released(warehouse, 3)
    made.look()
    for path in ("/stats/", "/stats/r/2/en/", "/api/v1/metrics/hosted.json", "/api/v1/metrics/hosted.json?release=2"):
        assert asked(made.site, path)[::2] == (503, UNWRITTEN), path
    assert asked(made.site, "/stats/assets/a.css")[0] == 200


def test_firms_that_leave_are_gone_with_the_next_request(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ["a"]
    monkeypatch.setattr(standing.directory, "stamp", lambda warehouse: listed[0])
    released(warehouse, 1)
    made = Standing(warehouse, command=writer())
    made.look()
    firms = ("/stats/r/1/data/directory.csv", "/stats/directory/firm.html")
    assert {asked(made.site, path)[0] for path in firms} == {200}
    # Nobody has looked yet, and nothing is written.
    listed[0] = "b"
    assert {asked(made.site, path)[::2] for path in firms} == {(503, UNWRITTEN)}
    assert shown(made.site) == b"one"
    made.command = ["false"]
    made.look()
    alone = Site(made.home / "now", "/stats")
    assert {asked(alone, path)[0] for path in firms} == {404}, "a process that knows no ledger has them no more either"
    assert shown(alone) == b"one"

    def broken(warehouse: Warehouse) -> str:
        raise OSError("the disk is away")

    listed[0] = "a"
    made.command = writer()
    made.look()
    assert {asked(made.site, path)[0] for path in firms} == {200}
    monkeypatch.setattr(standing.directory, "stamp", broken)
    assert {asked(made.site, path)[0] for path in firms} == {503}


def test_what_fails_is_told_and_tried_again_less_and_less_often(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    times = tmp_path / "times"
    code = f"import sys; open({str(times)!r}, 'a').write('x'); sys.exit('Charts need a browser.')"
    released(warehouse, 1)
    made = Standing(warehouse, command=writer())
    made.look()
    released(warehouse, 2)
    made.command = [sys.executable, "-I", "-S", "-c", code]
    for _ in range(3):
        made.look()
    assert times.read_text() == "x" and made.state().problem == "Charts need a browser."
    assert shown(made.site) == b"one", "what stood stands"
    now = time.monotonic()
    for later, tries in ((61, 2), (61 + 62, 2), (61 + 122, 3), (61 + 122 + 230, 3)):
        monkeypatch.setattr(standing.time, "monotonic", lambda later=later: now + later)
        made.look()
        assert times.read_text() == "x" * tries
    monkeypatch.undo()
    made.refresh()
    made.command = writer("two")
    made.look()
    assert shown(made.site) == b"two" and made.state().problem == ""
    # What was written and named no more goes, but for the one before, in which somebody may be reading.
    assert len([path for path in made.home.iterdir() if path.is_dir() and not path.is_symlink()]) == 2


def test_one_writes_at_a_time(warehouse: Warehouse) -> None:
    released(warehouse, 1)
    first, second = (Standing(warehouse, command=writer(name), every=0.05) for name in ("one", "two"))
    with first._turn() as turn:
        assert turn is not None
        second.look()
        assert second.state().writing and not second.state().fits and not (second.home / "now").exists()
    second.look()
    assert shown(first.site) == b"two" and not first.state().writing


def test_the_thread_sees_what_others_publish_and_lets_go_when_told(warehouse: Warehouse) -> None:
    made = Standing(warehouse, command=writer(), every=0.05)
    made.start()
    try:
        released(warehouse, 1)
        until = time.monotonic() + 20
        while asked(made.site, "/stats/r/1/en/")[0] != 200:
            assert time.monotonic() < until
            time.sleep(0.02)
        made.command = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
        released(warehouse, 2)
        while made._child is None:
            assert time.monotonic() < until
            time.sleep(0.02)
        child = made._child
        with suppress(ProcessLookupError):
            assert os.getpriority(os.PRIO_PROCESS, child.pid) == standing.NICE
    finally:
        made.stop()
    assert child.poll() is not None and made._thread is not None and not made._thread.is_alive()
    assert shown(made.site) == b"one"


def test_a_home_that_cannot_be_written_stops_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (warehouse.home.folder).mkdir(parents=True)
    warehouse.home.site.write_text("a file where the folder should be")
    made = Standing(warehouse, command=writer(), every=0.01)
    made.start()
    until = time.monotonic() + 20
    while not made.state().problem and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.1)
    made.stop()
    assert made.state().problem and len(caplog.records) == 1, "said once"
    assert asked(made.site, "/stats/")[0] == 503


def test_the_day_of_the_next_release_is_told_while_it_is_to_come(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_RELEASE_DATES", "2020-01-01,2999-12-31")
    made = Standing(warehouse)
    made.look()
    told = shown(made.site, "/stats/fr/").decode()
    assert (
        words.of("fr")("The next release is planned for {day}.", day=date(2999, 12, 31)) in told and "2020" not in told
    )


def test_requests_wait_for_no_compressing(warehouse: Warehouse) -> None:
    released(warehouse, 1)
    made = Standing(warehouse, command=writer("a" * 1000))
    made.look()
    shelf = made.site.shelf
    assert shelf.ready("/stats/", "br") is None, "nobody asked for it yet"
    assert asked(made.site, "/stats/", accept_encoding="br")[1]["content-encoding"] == "br"
    found = shelf.ready("/stats/", "br")
    assert found is not None and found.status == 200
    for header, coding in (("br;q=0, gzip", "gzip"), ("BR", "br"), ("identity, br; q=0.0", None), ("zstd", None)):
        assert asked(made.site, "/stats/", accept_encoding=header)[1].get("content-encoding") == coding, header
