"""Accounts: unique names, sound passwords, and every change ends the sessions and is in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access import accounts, sessions, totp
from access.accounts import BadName, BadSites, LastAdmin, NameTaken, UnknownAccount, UnknownRole, Weak, WrongCode
from access.log import Log
from access.roles import Who
from access.store import Store
from tests.inside.conftest import Clock

GOOD, OTHER = "zellige-bleu-42-cigogne", "neuf portes sous la pluie"
ADMIN = Who(7, "chef", "admin", (), "f" * 32)


def test_reading_an_empty_store_writes_nothing(store: Store) -> None:
    assert accounts.list_all(store) == [] and accounts.get(store, 1) is None and accounts.by_name(store, "a") is None
    assert Log(store).verify() == 0 and Log(store).events() == [] and sessions.who(store, "x") is None
    assert not store.exists() and not store.home.folder.exists()


def test_an_account_is_what_it_was_added_as(store: Store) -> None:
    made = accounts.add(store, "  Aïcha   Benali ", "analyst", ["Rabat", " Casa  Nord", "Rabat"], GOOD)
    assert (made.name, made.role, made.sites) == ("Aïcha Benali", "analyst", ("Casa Nord", "Rabat"))
    assert made.password and not made.totp and not made.disabled
    assert accounts.get(store, made.id) == made and accounts.list_all(store) == [made]


def test_two_spellings_of_one_name_are_one_account(store: Store) -> None:
    made = accounts.add(store, "Aïcha Benali", "leader")
    for other in ("aïcha benali", "AÏCHA  BENALI", "Ai\u0308cha Benali", "\uff21ïcha Benali"):
        assert accounts.by_name(store, other) == made
        with pytest.raises(NameTaken):
            accounts.add(store, other, "leader")
    assert len(accounts.list_all(store)) == 1


def test_a_name_that_is_none_is_refused_and_finds_nobody(store: Store) -> None:
    accounts.add(store, "real", "leader")
    for name in (
        "",
        " ",
        "a" * 101,
        "@terminal:root",
        "a\x00b",
        "a\nb" * 60,
        "<b>x</b>",
        "\u202eadmin",
        "a\udc80",
        "_x",
        "=1",
        "\ufdfa" * 90,
    ):
        with pytest.raises(BadName):
            accounts.add(store, name, "leader")
        assert accounts.by_name(store, name) is None


def test_a_role_and_sites_must_be_some(store: Store) -> None:
    with pytest.raises(UnknownRole):
        accounts.add(store, "a", "owner")
    for sites in (["a" * 201], [""], ["a\u0007"], [str(n) for n in range(201)]):
        with pytest.raises(BadSites):
            accounts.add(store, "a", "leader", sites)
    assert accounts.list_all(store) == []


def test_a_weak_password_adds_nobody(store: Store) -> None:
    with pytest.raises(Weak) as error:
        accounts.add(store, "karim", "leader", (), "short")
    assert error.value.code == "short" and accounts.list_all(store) == []


def test_a_second_account_of_one_subject_is_refused(store: Store) -> None:
    made = accounts.add(store, "a", "leader", oidc_subject="https://id.example 1")
    with pytest.raises(NameTaken):
        accounts.add(store, "b", "leader", oidc_subject="https://id.example 1")
    other = accounts.add(store, "c", "leader")
    with pytest.raises(NameTaken):
        accounts.set_subject(store, other.id, "https://id.example 1")
    assert accounts.by_subject(store, "https://id.example 1") == made


Change = Callable[[Store, int], Any]
CHANGES: dict[str, Change] = {
    "role-changed": lambda store, n: accounts.set_role(store, n, "analyst", by=ADMIN, address="192.0.2.7"),
    "sites-changed": lambda store, n: accounts.set_sites(store, n, ["Rabat"], by=ADMIN, address="192.0.2.7"),
    "account-disabled": lambda store, n: accounts.disable(store, n, by=ADMIN, address="192.0.2.7"),
    "password-set": lambda store, n: accounts.set_password(store, n, OTHER, by=ADMIN, address="192.0.2.7"),
    "subject-set": lambda store, n: accounts.set_subject(store, n, "x y", by=ADMIN, address="192.0.2.7"),
    "totp-on": lambda store, n: _enrol(store, n),
}


def _enrol(store: Store, account_id: int, **more: Any) -> str:
    offered = accounts.begin_totp(store, account_id)
    code = totp.pyotp.TOTP(offered.secret).at(store.now())
    accounts.enrol_totp(store, account_id, code, by=ADMIN, address="192.0.2.7", **more)
    return offered.secret


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_ends_every_session_of_the_account_alone_and_is_in_the_log(store: Store, kind: str) -> None:
    one, other = accounts.add(store, "one", "leader", (), GOOD), accounts.add(store, "other", "leader")
    tokens = [sessions.open_session(store, one.id, "192.0.2.1", "a") for _ in range(3)]
    kept = sessions.open_session(store, other.id, "192.0.2.1", "a")
    CHANGES[kind](store, one.id)
    assert [sessions.who(store, token) for token in tokens] == [None, None, None]
    assert sessions.who(store, kept) is not None
    (entry,) = Log(store).events(kinds=[kind])
    assert entry.who == {"account": 7, "name": "chef", "role": "admin", "session": "f" * 32}
    assert entry.address == "192.0.2.7" and entry.facts["target"] == one.id


def test_who_changes_their_own_password_stays_in_this_session(store: Store) -> None:
    made = accounts.add(store, "one", "leader", (), GOOD)
    here, elsewhere = (sessions.open_session(store, made.id, "192.0.2.1", "a") for _ in range(2))
    who = sessions.who(store, here)
    assert who is not None
    accounts.set_password(store, made.id, OTHER, keep=who.session)
    assert sessions.who(store, here) == who and sessions.who(store, elsewhere) is None


def test_what_changes_nothing_ends_nothing(store: Store) -> None:
    made = accounts.add(store, "one", "leader", ["Rabat"])
    token = sessions.open_session(store, made.id, "192.0.2.1", "a")
    accounts.set_role(store, made.id, "leader")
    accounts.set_sites(store, made.id, ["Rabat"])
    accounts.enable(store, made.id)
    accounts.drop_totp(store, made.id)
    assert sessions.who(store, token) is not None and len(Log(store).events()) == 1


def test_a_disabled_account_opens_no_session_until_it_is_enabled(store: Store) -> None:
    made = accounts.add(store, "one", "leader", (), GOOD)
    accounts.disable(store, made.id)
    with pytest.raises(LookupError):
        sessions.open_session(store, made.id, "192.0.2.1", "a")
    accounts.enable(store, made.id)
    assert sessions.who(store, sessions.open_session(store, made.id, "192.0.2.1", "a")) is not None


def test_the_last_admin_stays(store: Store) -> None:
    chef = accounts.add(store, "chef", "admin", (), GOOD)
    accounts.add(store, "not yet", "admin")
    away = accounts.add(store, "away", "admin", (), GOOD)
    accounts.disable(store, away.id)
    for change in (lambda: accounts.disable(store, chef.id), lambda: accounts.set_role(store, chef.id, "publisher")):
        with pytest.raises(LastAdmin):
            change()
    assert accounts.get(store, chef.id) == chef
    accounts.enable(store, away.id)
    assert accounts.set_role(store, chef.id, "publisher").role == "publisher"
    assert accounts.disable(store, away.id, even_last=True).disabled


def test_nobody_is_changed_where_nobody_is(store: Store) -> None:
    accounts.add(store, "one", "leader")
    for change in (
        lambda: accounts.set_role(store, 99, "admin"),
        lambda: accounts.set_sites(store, 99, ["Rabat"]),
        lambda: accounts.disable(store, 99),
        lambda: accounts.enable(store, 99),
        lambda: accounts.set_password(store, 99, GOOD),
        lambda: accounts.begin_totp(store, 99),
        lambda: accounts.enrol_totp(store, 99, "123456"),
        lambda: accounts.drop_totp(store, 99),
    ):
        with pytest.raises(UnknownAccount):
            change()


def test_codes_count_only_once_the_first_was_given(store: Store, clock: Clock) -> None:
    made = accounts.add(store, "one", "leader", (), GOOD)
    with pytest.raises(WrongCode):
        accounts.enrol_totp(store, made.id, "000000")
    offered = accounts.begin_totp(store, made.id)
    assert offered.secret in offered.uri and offered.uri.startswith("otpauth://totp/Essaim:one?")
    right = totp.pyotp.TOTP(offered.secret).at(clock())
    with pytest.raises(WrongCode):
        accounts.enrol_totp(store, made.id, f"{(int(right) + 1) % 10**6:06}")
    found = accounts.get(store, made.id)
    assert found is not None and not found.totp
    assert accounts.enrol_totp(store, made.id, right).totp
    assert not accounts.drop_totp(store, made.id).totp


def test_another_telephone_is_taken_in_the_same_half_minute(store: Store, clock: Clock) -> None:
    made = accounts.add(store, "one", "leader", (), GOOD)
    first, second = _enrol(store, made.id), _enrol(store, made.id)
    assert first != second
    with pytest.raises(WrongCode):
        accounts.enrol_totp(store, made.id, totp.pyotp.TOTP(second).at(clock()))


def test_a_subject_is_one_printable_text(store: Store) -> None:
    for subject in ("", "x" * 501, "a\x00b", "\udc80"):
        with pytest.raises(BadName):
            accounts.add(store, "a", "leader", oidc_subject=subject)
        assert accounts.by_subject(store, subject) is None
