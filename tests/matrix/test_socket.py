"""Every reader × every page and message of the socket: each hears of what is theirs, and does nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed

from access import accounts, log, sessions
from access.store import Store
from data.home import Home
from data.ledger import Ledger
from tests.browser.started import ROOT, Running
from tests.matrix.client import Reader, Run, ask, reading
from tests.matrix.planted import CASA_ALONE, FIRMS, PRIVATE, RABAT, found
from tests.matrix.table import HANDED, INSIDE, LEADERS, LIMITED, PAGES

pytestmark = pytest.mark.xdist_group("matrix")
Token = Callable[[str], str | None]
# Whatever else may be asked for in an address: nothing of it opens more.
ASKED: tuple[dict[str, str], ...] = (
    {},
    {"site": "Casablanca", "lang": "en", "show": "moved", "receipt": "1"},
    {"firm": f"name:{RABAT[0].lower()}", "name": "casa", "by": "site", "known_on": "2035-01-01"},
)


@pytest.fixture(scope="module")
def hashes(planted_app: Running, token: Token) -> dict[str, str]:
    """The hash of each page, as an admin is told it."""
    with reading(planted_app, token("admin")) as admin:
        pages = admin.run().pages
    named = {name or "overview": value for name, value in pages.items()}
    assert set(named) == set(PAGES) - {"first_run"}
    return named


def opened(reader: Reader, page: str) -> Iterator[Run]:
    """A page as it is first seen, asked in other ways, and with all that it folds away unfolded."""
    seen: dict[str, bool] = {}
    for asked in ASKED:
        run = reader.run(page, urlencode(asked))
        seen |= {one: True for one in run.widgets if "-behind_" in one or "popover" in one or "_table" in one}
        yield run
    yield reader.run(page, unfolded=list(seen))


@pytest.mark.parametrize("reader", INSIDE)
def test_each_is_shown_their_pages_and_what_is_theirs_on_them(
    planted_app: Running, token: Token, hashes: dict[str, str], reader: str
) -> None:
    heard, mine = b"", token(reader)
    with reading(planted_app, mine) as line:
        first = line.run()
    assert {name or "overview" for name in first.pages} == {name for name in hashes if reader in PAGES[name]}
    for name, page in hashes.items():
        shown = page if reader in PAGES[name] else first.shown
        with reading(planted_app, mine) as line:
            every = opened(line, page) if reader in (*LEADERS, *LIMITED) and page == shown else [line.run(page)]
            for run in every:
                heard += run.raw
                assert run.shown == shown and not run.missing, name
                assert not any(message.delta.new_element.HasField("exception") for message in run.messages), name
            if page != shown:
                named = line.run("", name=name)
                assert named.shown == shown
                heard += named.raw
    assert found(heard, RABAT), "the names of firms are shown at all"
    if reader in LEADERS:
        assert found(heard, PRIVATE) == []
    if reader in LIMITED:
        assert found(heard, CASA_ALONE) == []
    else:
        assert found(heard, FIRMS) == FIRMS


def state(app: Running) -> Any:
    """All that a message could have changed: receipts, accounts, sessions that hold."""
    home = Home.at(app.home)
    store = Store.at(home)
    ledger = Ledger(home)
    try:
        listed = accounts.list_all(store)
        held = {one.id: {s.id for s in sessions.sessions(store, one.id) if s.ended_at is None} for one in listed}
        return [one.hash for one in ledger.receipts()], listed, held
    finally:
        store.close()


@pytest.mark.parametrize("reader", LEADERS)
def test_buttons_of_pages_that_are_not_theirs_do_nothing(
    planted_app: Running, token: Token, hashes: dict[str, str], reader: str
) -> None:
    theirs = {name: page for name, page in hashes.items() if reader not in PAGES[name]}
    buttons: dict[str, set[str]] = {}
    with reading(planted_app, token("admin")) as admin:
        admin.run()
        for name, page in theirs.items():
            buttons[name] = {one for one in admin.run(page).buttons if not one.endswith("-sign_out")}
    assert sum(map(len, buttons.values())) > 8, buttons
    planted_app.session("analyst")
    mine = token(reader)
    before = state(planted_app)
    with reading(planted_app, mine) as line:
        line.run()
        for name, page in theirs.items():
            for asked in (page, ""):
                run = line.run(asked, widgets=dict.fromkeys(buttons[name], True))
                assert run.shown != page and found(run.raw, PRIVATE) == []
                assert b"/download/" not in run.raw
    assert state(planted_app) == before


def urls(line: Reader) -> tuple[str, str]:
    """Where Streamlit says that a file may be put."""
    told = BackMsg()
    told.file_urls_request.request_id = "1"
    told.file_urls_request.file_names.append("a.csv")
    told.file_urls_request.session_id = "a"
    line.line.send(told.SerializeToString())
    while True:
        message = ForwardMsg()
        content = line.line.recv(timeout=20)
        assert isinstance(content, bytes)
        message.ParseFromString(content)
        if message.WhichOneof("type") == "file_urls_response":
            (one,) = message.file_urls_response.file_urls
            return one.upload_url, one.delete_url


@pytest.mark.parametrize("reader", LEADERS)
def test_a_file_is_taken_from_those_alone_who_may_upload(planted_app: Running, token: Token, reader: str) -> None:
    with reading(planted_app, token(reader)) as line:
        line.run()
        put, delete = urls(line)
        for method, path in (("PUT", put), ("DELETE", delete)):
            for headers in ({}, {"X-Xsrftoken": "a", "Cookie2": "_streamlit_xsrf=a"}):
                answer = ask(planted_app, method, path, token(reader), b"x" if method == "PUT" else b"", headers)
                assert (answer.status, answer.body) == (404, b"Not found.\n")


def test_a_file_handed_out_is_for_one_session_once(planted_app: Running, token: Token, hashes: dict[str, str]) -> None:
    page = hashes["history"]
    with reading(planted_app, token("analyst")) as line:
        line.run()
        shown = line.run(page)
        button = next(one for one in shown.buttons if one.endswith("-original_1"))
        run = line.run(page, widgets={button: True})
        start = run.raw.index(b"/download/")
        path = run.raw[start : start + len("/download/") + 43].decode()
    for other in ("admin", "leader", "analyst@Rabat", "nobody"):
        answer = ask(planted_app, "GET", path, token(other))
        assert answer.status == (303 if other == "nobody" else 404) and found(answer.whole) == []
    second = planted_app.session("analyst")
    assert ask(planted_app, "GET", path, second).status == 404, "another session of the same person is another"
    mine = ask(planted_app, "GET", path, token("analyst"))
    assert mine.status == 200 and found(mine.body, PRIVATE) == PRIVATE
    assert mine.headers["content-disposition"].startswith("attachment")
    again = ask(planted_app, "GET", path, token("analyst"))
    assert (again.status, found(again.whole)) == (404, [])


def test_the_original_of_both_sites_is_for_no_reader_of_one(
    planted_app: Running, token: Token, hashes: dict[str, str]
) -> None:
    with reading(planted_app, token("analyst")) as line:
        line.run()
        theirs = {one for one in line.run(hashes["history"]).buttons if "-original_" in one or "-undo_" in one}
    before = state(planted_app)
    with reading(planted_app, token("analyst@Rabat")) as line:
        line.run()
        shown = {one for one in line.run(hashes["history"]).buttons if "-original_" in one}
        assert [one.rsplit("_", 1)[1] for one in shown] == ["2"]
        for one in theirs - shown:
            run = line.run(hashes["history"], widgets={one: True})
            assert b"/download/" not in run.raw and found(run.raw, CASA_ALONE) == []
    assert state(planted_app) == before


def test_what_lies_among_the_files_of_pages_is_for_sessions_alone(
    planted_app: Running, token: Token, hashes: dict[str, str]
) -> None:
    with reading(planted_app, token("admin")) as line:
        line.run()
        media = {url for page in hashes.values() for url in line.run(page).media}
    for path in media:
        assert ask(planted_app, "GET", path).status == 404
        answer = ask(planted_app, "GET", path, token("leader"))
        assert found(answer.body, PRIVATE) == [], "no file about persons lies there, whoever made it"


def test_every_file_that_is_handed_out_has_a_row() -> None:
    handed = {}
    for path in (ROOT / "ui").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "handing.file":
                given = {one.arg: ast.unparse(one.value) for one in node.keywords}
                key = given.get("key") or ast.unparse(node.args[5])
                handed[key.strip("f'").partition("_{")[0]] = (given.get("asks") or ast.unparse(node.args[6])).strip("'")
    assert handed == HANDED


@pytest.mark.parametrize("message", [b"", b"\0" * 100, b"\xff" * 1000, b"\x0a\xff\xff\xff\xff\x0f", b"{" * 99])
def test_nonsense_on_the_socket_tells_nothing(planted_app: Running, token: Token, message: bytes) -> None:
    heard = b""
    with suppress(TimeoutError, ConnectionClosed), reading(planted_app, token("leader")) as line:
        line.run()
        line.line.send(message)
        line.line.send("text instead of bytes")
        while True:
            told = line.line.recv(timeout=0.5)
            heard += told if isinstance(told, bytes) else told.encode()
    assert found(heard) == [] and b"Traceback" not in heard


def test_the_log_names_no_firm_and_no_person(planted_app: Running, token: Token) -> None:
    store = Store.at(Home.at(planted_app.home))
    assert found("\n".join(log.Log(store).lines()).encode()) == []
    store.close()
    assert found(planted_app.log.read_bytes()) == []
