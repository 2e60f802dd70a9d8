"""No request leaves the machine: the app is started where every connection and every name looked up is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser.started import ROOT, Running, environment, session, wait_until_it_answers
from tests.matrix import table
from tests.matrix.client import ask, reading
from tests.matrix.planted import plant

pytestmark = pytest.mark.xdist_group("matrix")

# Loaded by Python itself before anything else: it tells and refuses whatever is not on this machine.
WATCH = """
import os, sys
def told(event, given):
    if event in ("socket.connect", "socket.sendto"):
        where = given[1]
        if isinstance(where, tuple) and not str(where[0]).startswith(("127.", "::1", "localhost")):
            whom = repr(where)
        else:
            return
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        if given[0] in (None, "", "localhost", "127.0.0.1", "::1", b"localhost"):
            return
        whom = repr(given[0])
    else:
        return
    with open(os.environ["TOLD"], "a") as log:
        log.write(f"{event} {whom}\\n")
    raise OSError("nobody is asked")
sys.addaudithook(told)
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """The planted park on a machine that can ask nobody."""
    folder = tmp_path_factory.mktemp("alone")
    home, told = folder / "home", folder / "told"
    home.mkdir()
    plant(home)
    (folder / "sitecustomize.py").write_text(WATCH)
    log = folder / "app.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"]
    around = {**environment(home), "PYTHONPATH": str(folder), "TOLD": str(told)}
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=around, stdout=output, stderr=output)
        try:
            yield Running(wait_until_it_answers(process, log), home, log), told
        finally:
            process.terminate()
            process.wait(20)


def test_nobody_is_asked_by_the_door_and_by_any_page(alone: tuple[Running, Path]) -> None:
    app, told = alone
    token = session(app.home, "admin")
    for method, path in (
        ("GET", "/signin"),
        ("GET", "/oidc/start"),
        ("GET", "/oidc/callback?code=a&state=b"),
        ("GET", f"/setup/{'t' * 43}"),
        ("GET", "/session"),
    ):
        assert ask(app, method, path).status < 500
    form = urlencode({"name": "amal@elsewhere.example", "password": "quatre ruches"}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(app, "POST", "/signin", None, form, kind).status == 403
    assert ask(app, "GET", "/account", token).status == 200
    with reading(app, token) as line:
        pages = line.run().pages
        assert len(pages) == len(table.PAGES) - 1
        for page in pages.values():
            assert line.run(page).raw
    assert not told.exists(), told.read_text()


def test_whoever_would_be_asked_is_seen(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    told = tmp_path / "told"
    around = {**os.environ, "PYTHONPATH": str(tmp_path), "TOLD": str(told)}
    code = "import urllib.request as u; u.urlopen('http://elsewhere.example/')"
    done = subprocess.run([sys.executable, "-c", code], env=around, capture_output=True)
    assert done.returncode != 0 and "elsewhere.example" in told.read_text()
