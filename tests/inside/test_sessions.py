"""Sessions end when they are ended, idle or old; the database holds nothing that opens one."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager

import pytest
import sqlalchemy as sa

from access import accounts, sessions
from access.log import Log
from access.roles import Who
from access.sessions import of, open_session, revoke, revoke_all, who
from access.store import Store
from tests.inside.conftest import Clock


@pytest.fixture
def account(store: Store) -> accounts.Account:
    return accounts.add(store, "karim", "analyst", ["Rabat"])


def _open(store: Store, account: accounts.Account) -> tuple[str, Who]:
    token = open_session(store, account.id, "192.0.2.1", "Firefox")
    found = who(store, token)
    assert found is not None
    return token, found


def test_a_token_is_256_bits_new_each_time_and_kept_as_its_hash(store: Store, account: accounts.Account) -> None:
    tokens = {open_session(store, account.id, None, None) for _ in range(5)}
    assert len(tokens) == 5 and all(len(token) == 43 for token in tokens)
    with store.reading() as connection:
        rows = connection.exec_driver_sql("select * from access_session").all()
    assert not any(token in repr(rows) for token in tokens)
    assert all(hashlib.sha256(token.encode()).hexdigest() in repr(rows) for token in tokens)


def test_who_holds_the_token_is_who_signed_in(store: Store, account: accounts.Account) -> None:
    token, found = _open(store, account)
    assert found == Who(account.id, "karim", "analyst", ("Rabat",), found.session)
    assert of(store, found.session) == found and found.session not in token


@pytest.mark.parametrize("forged", ["", "x", "a" * 43, "é\x00", "\udc80", "' or 1=1 --"])
def test_what_is_no_token_is_nobody(store: Store, account: accounts.Account, forged: str) -> None:
    token, found = _open(store, account)
    assert who(store, forged) is None and of(store, forged) is None
    # Neither opens what the other does.
    assert who(store, found.session) is None and of(store, token) is None
    assert who(store, hashlib.sha256(token.encode()).hexdigest()) is None


def test_thirty_minutes_of_silence_end_it(store: Store, account: accounts.Account, clock: Clock) -> None:
    token, found = _open(store, account)
    for _ in range(4):
        clock.move(minutes=29)
        assert who(store, token) == found
    clock.move(minutes=30)
    assert who(store, token) is None and of(store, found.session) is None
    assert sessions.sessions(store, account.id) == []


def test_looking_on_does_not_keep_it_alive(store: Store, account: accounts.Account, clock: Clock) -> None:
    token, found = _open(store, account)
    for _ in range(5):
        clock.move(minutes=6)
        alive = who(store, token, active=False), of(store, found.session)
    assert alive == (None, None)


def test_eight_hours_end_it_however_busy(store: Store, account: accounts.Account, clock: Clock) -> None:
    token, _ = _open(store, account)
    for _ in range(47):
        clock.move(minutes=10)
        assert who(store, token) is not None
    clock.move(minutes=10)
    assert who(store, token) is None


def test_being_here_is_written_at_most_once_a_minute(store: Store, account: accounts.Account, clock: Clock) -> None:
    token, _ = _open(store, account)
    seen = set()
    for _ in range(13):
        clock.move(seconds=10)
        who(store, token)
        seen.add(sessions.sessions(store, account.id)[0].seen_at)
    assert len(seen) == 3


def test_a_touch_does_not_wake_what_was_ended(
    store: Store, account: accounts.Account, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, found = _open(store, account)
    clock.move(minutes=2)
    real = store.writing

    def meanwhile() -> AbstractContextManager[sa.Connection]:
        monkeypatch.undo()
        revoke(store, found.session)
        return real()

    monkeypatch.setattr(store, "writing", meanwhile)
    who(store, token)
    assert who(store, token) is None


def test_a_session_is_ended_at_once_and_once(store: Store, account: accounts.Account) -> None:
    token, found = _open(store, account)
    _, other = _open(store, account)
    assert revoke(store, found.session, by=found) and not revoke(store, found.session)
    assert who(store, token) is None and of(store, other.session) == other
    assert [entry.kind for entry in Log(store).events(n=1)] == ["signed-out"]
    assert not revoke(store, "nothing") and not revoke(store, "0" * 32)


def test_nobody_ends_another_s_session_from_their_own_list(store: Store, account: accounts.Account) -> None:
    _, found = _open(store, account)
    other = accounts.add(store, "mallory", "leader")
    assert not revoke(store, found.session, account=other.id) and of(store, found.session) is not None
    assert revoke(store, found.session, account=account.id)


def test_all_sessions_but_this_one_end(store: Store, account: accounts.Account) -> None:
    tokens = [_open(store, account) for _ in range(4)]
    assert revoke_all(store, account.id, but=tokens[2][1].session) == 3
    assert [who(store, token) is not None for token, _ in tokens] == [False, False, True, False]


def test_a_disabled_account_is_nobody_though_its_row_says_open(store: Store, account: accounts.Account) -> None:
    """The role, the sites and the account are asked for each time; the session's row alone says nothing."""
    token, found = _open(store, account)
    with store.writing() as connection:
        connection.exec_driver_sql("update access_account set disabled = true")
    assert who(store, token) is None and of(store, found.session) is None


def test_of_one_account_the_longest_silent_makes_room(store: Store, account: accounts.Account, clock: Clock) -> None:
    tokens = []
    for _ in range(sessions.PER_ACCOUNT):
        tokens.append(open_session(store, account.id, None, None))
        clock.move(seconds=61)
    assert who(store, tokens[0]) is not None
    tokens.append(open_session(store, account.id, None, None))
    assert [who(store, token) is not None for token in tokens[:3]] == [True, False, True]
    assert len(sessions.sessions(store, account.id)) == sessions.PER_ACCOUNT


def test_in_all_the_next_one_is_refused(
    store: Store, account: accounts.Account, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "IN_ALL", 3)
    for _ in range(3):
        open_session(store, account.id, None, None)
    with pytest.raises(sessions.TooMany):
        open_session(store, account.id, None, None)
    clock.move(minutes=31)
    open_session(store, account.id, None, None)


def test_ended_ones_are_forgotten_after_a_month(store: Store, account: accounts.Account, clock: Clock) -> None:
    open_session(store, account.id, "192.0.2.1", "Firefox")
    clock.move(days=31)
    open_session(store, account.id, None, None)
    with store.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from access_session").scalar_one() == 1


def test_what_a_browser_says_of_itself_is_cut_and_cleaned(store: Store, account: accounts.Account) -> None:
    open_session(store, account.id, "192.0.2.1\x1b[2J" + "9" * 100, "Moz\x00illa\n\u202e<script>é" + "x" * 10_000)
    (row,) = sessions.sessions(store, account.id)
    assert row.agent.startswith("Moz?illa??<script>?x") and len(row.agent) == 200
    assert row.address.startswith("192.0.2.1?[2J9") and len(row.address) == 64
