"""Every reader × every rule: what is answered is what the table says, and no refusal names anybody."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

import pytest
from websockets.exceptions import InvalidStatus

from access.front import FRONT
from access.guard import RULES, SOCKET
from access.headers import HEADERS
from access.pages import PAGES
from access.roles import ROLES
from tests.browser.started import Running
from tests.matrix import table
from tests.matrix.client import Answer, ask, reading
from tests.matrix.planted import found
from tests.matrix.table import INSIDE, NOBODY, READERS, ROWS

pytestmark = pytest.mark.xdist_group("matrix")
Token = Callable[[str], str | None]


def test_the_table_speaks_of_all_there_is_and_of_nothing_else() -> None:
    assert {row.rule for row in ROWS} == {rule.name for rule in RULES}
    assert set(table.PAGES) == set(PAGES)
    assert {reader.partition("@")[0] for reader in INSIDE} == set(ROLES)
    for row in ROWS:
        rule = next(rule for rule in RULES if rule.name == row.rule)
        assert rule.fits(row.method, unquote(row.path.partition("?")[0])), row


def no_name_gets_out(answer: Answer) -> None:
    assert found(answer.whole) == []
    missing = {name for name in HEADERS if name.lower() not in answer.headers}
    assert not missing and "server" not in answer.headers


# A partner's link is for one organisation: what it answers is told to nobody, like everything inside.
ALIKE = {rule.name for rule in FRONT}
OPEN = ALIKE - {"partner-pages"}
DATE = {"date": ""}


def it_is_for_everybody(answer: Answer) -> None:
    """Nothing of the inside, no cookie, and headers of its own."""
    assert found(answer.whole) == []
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"):
        assert name in answer.headers
    assert not answer.headers.keys() & {"set-cookie", "server", "x-robots-tag"}
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("reader", READERS)
def test_each_gets_what_the_table_says(planted_app: Running, token: Token, reader: str) -> None:
    wrong = []
    for row in ROWS:
        mine = planted_app.session(*reader.split("@")) if row.rule == "sign-out" and reader != NOBODY else token(reader)
        wanted = row.nobody if reader == NOBODY else row.inside if reader in row.mine else row.refused
        status = socket_status(planted_app, mine) if row.method == SOCKET else None
        if status is None:
            answer = ask(planted_app, row.method, row.path, mine)
            if row.rule in OPEN:
                it_is_for_everybody(answer)
            else:
                no_name_gets_out(answer)
            status = answer.status
            if row.nobody == 303 and reader == NOBODY:
                assert answer.headers["location"].startswith("/signin") and not answer.body
            if "/upload_file/" in row.path and status == 403:
                assert answer.body == b"Forbidden\n", "Streamlit's own mark is missing, and its words are not ours"
            if row.rule in ALIKE and reader != NOBODY:
                theirs = ask(planted_app, row.method, row.path)
                assert (answer.body, {**answer.headers, **DATE}) == (theirs.body, {**theirs.headers, **DATE}), row
            if reader not in row.mine and reader != NOBODY:
                assert answer.body == b"Not found.\n", row
        if status != wanted:
            wrong.append((row.rule, row.method, row.path, wanted, status))
    assert wrong == []


def socket_status(app: Running, token: str | None) -> int:
    try:
        with reading(app, token):
            return 101
    except InvalidStatus as refused:
        assert found(bytes(refused.response.body or b"")) == []
        return refused.response.status_code


@pytest.mark.parametrize("reader", READERS)
def test_what_is_nobodys_answers_alike_to_everybody(planted_app: Running, token: Token, reader: str) -> None:
    address = f"127.0.1.{READERS.index(reader) + 1}"
    for method, path in table.NOTHING_THERE:
        answer = ask(planted_app, method, path, token(reader), address=address)
        no_name_gets_out(answer)
        assert (answer.status, answer.body) == (404, b"Not found.\n"), (method, path)


def test_a_page_that_is_not_theirs_answers_like_none(planted_app: Running, token: Token) -> None:
    none = ask(planted_app, "GET", "/nothing", token("leader"))
    for name, readers in table.PAGES.items():
        if "leader" not in readers:
            refused = ask(planted_app, "GET", f"/{name}", token("leader"))
            assert (refused.status, refused.body) == (none.status, none.body)
            assert {k: v for k, v in refused.headers.items() if k != "date"} == {
                k: v for k, v in none.headers.items() if k != "date"
            }


def test_pages_of_errors_name_nobody(planted_app: Running, token: Token) -> None:
    admin = token("admin")
    cases: list[tuple[int, Answer]] = [
        (400, ask(planted_app, "POST", "/signin", admin, headers={"Content-Length": "9" * 16}, address="127.0.2.1")),
        (413, ask(planted_app, "POST", "/signin", None, b"x" * 20_000, address="127.0.2.2")),
        (413, ask(planted_app, "GET", "/entries", admin, b"x" * 20)),
        (403, ask(planted_app, "GET", "/entries", admin, headers={"Host": "park.example"})),
        (403, ask(planted_app, "POST", "/signout", admin, headers={"Origin": "http://park.example"})),
        (403, ask(planted_app, "GET", "/entries", admin, headers={"X-Forwarded-For": "192.0.2.1"})),
        (303, ask(planted_app, "GET", "/firms?name=Atlas", None, address="127.0.2.3")),
    ]
    for status, answer in cases:
        assert answer.status == status, answer
        no_name_gets_out(answer)


def test_who_asks_too_much_is_told_so_and_nothing_else(planted_app: Running) -> None:
    answers = [ask(planted_app, "GET", "/session", address="127.0.3.1") for _ in range(230)]
    refused = [one for one in answers if one.status == 429]
    assert refused and int(refused[0].headers["retry-after"]) >= 1
    no_name_gets_out(refused[0])


# What a cookie may be that is no session: of one that was, of one that is, and of what a parser may trip over.
def forged(token: str) -> list[str]:
    turned = token[:-1] + ("A" if token[-1] != "A" else "B")
    return [
        turned,
        token[::-1],
        token.swapcase(),
        token + "A",
        token[:-1],
        f"{token}%00",
        f"{token}, {token}",
        "'or 1=1--" * 5,
    ]


def test_forged_expired_and_revoked_cookies_open_nothing(planted_app: Running, token: Token) -> None:
    from access import sessions
    from access.store import Store
    from data.home import Home

    admin = str(token("admin"))
    store = Store.at(Home.at(planted_app.home))
    revoked, old = planted_app.session("admin"), planted_app.session("admin")
    who = sessions.who(store, revoked, active=False)
    assert who is not None and sessions.revoke(store, who.session, by=who)
    stale = sessions.who(store, old, active=False)
    assert stale is not None
    age(store, stale.session)
    store.close()
    for one in (revoked, old, *forged(admin), who.session, "a" * 43):
        for path, status in (("/session", 401), ("/firms", 303), ("/_stcore/health", 404), ("/account", 303)):
            answer = ask(planted_app, "GET", path, one, address="127.0.4.1")
            assert answer.status == status, (one, path)
            no_name_gets_out(answer)
        assert socket_status(planted_app, one) == 403


def age(store: object, session: str) -> None:
    """Makes a session older than any may be."""
    from datetime import datetime, timedelta

    from sqlalchemy import Engine, select

    from access.tables import session as kept
    from data.store import writing

    engine: Engine = store.engine  # type: ignore[attr-defined]
    with writing(engine) as line:
        at: datetime = line.execute(select(kept.c.opened_at).where(kept.c.id == session)).scalar_one()
        line.execute(kept.update().where(kept.c.id == session).values(opened_at=at - timedelta(hours=9)))


@pytest.mark.parametrize(
    "origin", [None, "null", "http://park.example", "https://127.0.0.1", "http://127.0.0.1:1", "http://localhost"]
)
def test_the_socket_opens_to_our_own_pages_alone(planted_app: Running, token: Token, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused, reading(planted_app, token("admin"), origin):
        pass
    assert refused.value.response.status_code == 403


def test_nothing_asked_for_comes_back_as_a_header(planted_app: Running, token: Token) -> None:
    for path in (
        "/entries%0d%0aSet-Cookie:%20a=b",
        "/signin?next=/entries%0d%0aSet-Cookie:%20a=b",
        "/signin?lang=fr%0d%0aSet-Cookie:%20a=b",
        "/account?lang=%0d%0aX-Planted:%201",
        "/entries?site=%0d%0aX-Planted:%201",
        f"/download/{'t' * 40}%0d%0aX-Planted:1",
    ):
        for reader in (NOBODY, "admin"):
            answer = ask(planted_app, "GET", path, token(reader), address="127.0.5.1")
            assert "x-planted" not in answer.headers and "a=b" not in answer.headers.get("set-cookie", "")
            assert answer.status < 500


def test_who_asks_is_not_who_says_so(planted_app: Running, token: Token) -> None:
    from access import sessions
    from access.store import Store
    from data.home import Home

    store = Store.at(Home.at(planted_app.home))
    admin = sessions.who(store, str(token("admin")), active=False)
    store.close()
    assert admin is not None
    for name in ("X-Essaim-Session", "X_Essaim_Session", "x-essaim-role"):
        told = {name: admin.session}
        assert ask(planted_app, "GET", "/session", None, headers=told, address="127.0.5.2").status == 401
        assert ask(planted_app, "GET", "/accounts", token("leader"), headers=told).status == 404
