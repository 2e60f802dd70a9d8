"""One-time links: one admin's at the first start, one person's for a new password; each once, within an hour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from access import accounts, sessions, setup
from access.accounts import BadName, NameTaken, UnknownAccount, Weak
from access.log import Log
from access.setup import Expired, issue, peek, reset, take
from access.sign_in import Refused, SignedIn, sign_in
from access.store import Store
from tests.inside.conftest import Clock

GOOD, OTHER = "zellige-bleu-42-cigogne", "neuf portes sous la pluie"


def _issued(store: Store) -> str:
    token = issue(store)
    assert token is not None
    return token


def test_the_first_start_s_link_makes_one_admin_once(store: Store) -> None:
    token = _issued(store)
    assert len(token) == 43 and peek(store, token) == setup.Link("setup", None)
    made = take(store, token, "chef", GOOD, address="192.0.2.1")
    assert made.role == "admin" and made.sites == ()
    assert isinstance(sign_in(store, "chef", GOOD, None, "192.0.2.1"), SignedIn)
    assert issue(store) is None and peek(store, token) is None
    with pytest.raises(Expired):
        take(store, token, "mallory", GOOD)
    assert [one.name for one in accounts.list_all(store)] == ["chef"]
    assert [one.kind for one in Log(store).events()][1:] == ["link-used", "account-added", "setup-link-issued"]


def test_a_link_dies_after_an_hour(store: Store, clock: Clock) -> None:
    token = _issued(store)
    clock.move(minutes=59, seconds=59)
    assert peek(store, token) is not None
    clock.move(seconds=1)
    assert peek(store, token) is None
    with pytest.raises(Expired):
        take(store, token, "chef", GOOD)


def test_a_clock_set_back_does_not_make_it_live_longer(store: Store, clock: Clock) -> None:
    token = _issued(store)
    clock.move(days=-30)
    assert peek(store, token) is None


def test_a_newer_link_takes_the_older_one_s_place(store: Store) -> None:
    first, second = _issued(store), _issued(store)
    assert peek(store, first) is None and peek(store, second) is not None


def test_a_link_lies_idle_once_somebody_else_is_admin(store: Store) -> None:
    token = _issued(store)
    accounts.add(store, "chef", "admin", (), GOOD)
    assert peek(store, token) is None
    with pytest.raises(Expired):
        take(store, token, "mallory", OTHER)


def test_who_is_admin_while_the_password_is_hashed_wins(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    token = _issued(store)
    real = setup.accounts.new_values

    def meanwhile(*given: object) -> object:
        monkeypatch.undo()
        accounts.add(store, "chef", "admin", (), GOOD)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(accounts, "new_values", meanwhile)
    with pytest.raises(Expired):
        take(store, token, "mallory", OTHER)
    assert [one.name for one in accounts.list_all(store)] == ["chef"]


def test_of_many_at_once_one_gets_it(store: Store) -> None:
    token = _issued(store)

    def attempt(n: int) -> bool:
        try:
            return bool(take(store, token, f"chef {n}", GOOD))
        except Expired:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert len(accounts.list_all(store)) == 1


def test_a_weak_password_or_a_bad_name_does_not_use_it_up(store: Store) -> None:
    accounts.add(store, "karim", "leader")
    token = _issued(store)
    for name, password, error in (("chef", "short", Weak), ("<b>", GOOD, BadName), ("Karim", GOOD, NameTaken)):
        with pytest.raises(error):
            take(store, token, name, password)
    assert take(store, token, "chef", GOOD).name == "chef"


def test_an_admin_nobody_can_sign_in_as_is_none(store: Store) -> None:
    made = accounts.add(store, "chef", "admin")
    assert peek(store, _issued(store)) is not None
    accounts.set_password(store, made.id, GOOD)
    assert issue(store) is None
    accounts.disable(store, made.id, even_last=True)
    assert issue(store) is not None


def test_a_link_for_a_new_password_is_one_account_s_and_ends_its_sessions(store: Store) -> None:
    chef = accounts.add(store, "chef", "admin", (), GOOD)
    karim = accounts.add(store, "karim", "leader", (), GOOD)
    open_ = sessions.open_session(store, karim.id, None, None)
    token = reset(store, karim.id, by=chef.who())
    assert peek(store, token) == setup.Link("reset", "karim") and sessions.who(store, open_) is not None
    assert isinstance(sign_in(store, "karim", GOOD, None, "192.0.2.1"), SignedIn)
    # Whatever name is sent along.
    assert take(store, token, "chef", OTHER).id == karim.id
    assert sessions.who(store, open_) is None
    assert sign_in(store, "karim", GOOD, None, "192.0.2.1") == Refused()
    assert isinstance(sign_in(store, "karim", OTHER, None, "192.0.2.1"), SignedIn)
    assert isinstance(sign_in(store, "chef", GOOD, None, "192.0.2.1"), SignedIn)
    assert peek(store, token) is None
    with pytest.raises(Expired):
        take(store, token, "", GOOD)


def test_a_link_leaves_codes_on_and_opens_no_disabled_account(store: Store) -> None:
    import pyotp

    karim = accounts.add(store, "karim", "leader", (), GOOD)
    secret = accounts.begin_totp(store, karim.id).secret
    accounts.enrol_totp(store, karim.id, pyotp.TOTP(secret).at(store.now()))
    assert take(store, reset(store, karim.id), "", OTHER).totp
    token = reset(store, karim.id)
    accounts.disable(store, karim.id)
    assert peek(store, token) is None
    with pytest.raises(Expired):
        take(store, token, "", GOOD)
    with pytest.raises(UnknownAccount):
        reset(store, 999)


def test_the_database_holds_no_link(store: Store) -> None:
    token = _issued(store)
    with store.reading() as connection:
        kept = repr(connection.exec_driver_sql("select * from access_link").all())
    assert token not in kept and token not in "".join(Log(store).lines())
    for forged in ("", "x", "\x00", "\udc80", token[:-1]):
        assert peek(store, forged) is None


def test_the_terminal_shows_a_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESSAIM_URL", raising=False)
    monkeypatch.setenv("PORT", "9000")
    assert setup.address("abc") == "http://localhost:9000/setup/abc"
    monkeypatch.setenv("ESSAIM_URL", "https://essaim.example/")
    assert setup.address("abc") == "https://essaim.example/setup/abc"
