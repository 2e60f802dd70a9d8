"""Signing in tells nobody what was wrong, takes the same work either way, and uses every code up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher

from access import accounts, passwords, sessions, throttle
from access.log import Log
from access.sign_in import Refused, SignedIn, Throttled, is_password, let_in, sign_in
from access.store import Store
from tests.inside.conftest import Clock

GOOD, OTHER = "zellige-bleu-42-cigogne", "neuf portes sous la pluie"


@pytest.fixture
def account(store: Store) -> accounts.Account:
    return accounts.add(store, "karim@parc.ma", "analyst", ["Rabat"], GOOD)


class Counted:
    """Counts what is checked with Argon2, and against what parameters."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self.hasher, self.checked = hasher, list[str]()

    def verify(self, kept: str, password: bytes) -> bool:
        self.checked.append(kept.rsplit("$", 2)[0])
        return self.hasher.verify(kept, password)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.hasher, name)


def test_the_right_password_lets_in(store: Store, account: accounts.Account) -> None:
    told = sign_in(store, " KARIM@parc.ma", GOOD, None, "192.0.2.1")
    assert isinstance(told, SignedIn) and told.account == account
    (entry,) = Log(store).events(kinds=["signed-in"])
    assert entry.who and entry.who["name"] == "karim@parc.ma" and entry.address == "192.0.2.1"


def test_unknown_name_wrong_password_disabled_and_without_password_are_answered_alike_for_the_same_work(
    store: Store, account: accounts.Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add(store, "away", "leader", (), GOOD)
    accounts.disable(store, accounts.by_name(store, "away").id)  # type: ignore[union-attr]
    accounts.add(store, "no password", "leader")
    counted = Counted(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", counted)
    asked: list[tuple[str, str]] = [
        ("karim@parc.ma", OTHER),
        ("nobody", GOOD),
        ("away", GOOD),
        ("no password", GOOD),
        ("", ""),
        ("karim@parc.ma", "x" * 100_000),
        ("a\x00b\udc80", "\udc80\x00"),
    ]
    work, written, told = [], [], []
    for n, (name, password) in enumerate(asked):
        before, lines = len(counted.checked), len(Log(store).events(n=1000))
        told.append(sign_in(store, name, password, "", f"192.0.2.{n}"))
        work.append(counted.checked[before:])
        written.append(len(Log(store).events(n=1000)) - lines)
    assert told == [Refused()] * len(asked)
    assert work == [work[0]] * len(asked) and len(work[0]) == 1
    assert written == [1] * len(asked)


def test_the_first_stranger_after_a_start_waits_no_longer_than_the_first_person_known(
    store: Store, account: accounts.Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What strangers are checked against is made once, whoever comes first."""
    hashes = []
    for name in ("karim@parc.ma", "nobody"):
        made: list[bytes] = []
        passwords._strangers.cache_clear()
        counted = Counted(passwords._hasher)
        monkeypatch.setattr(
            counted, "hash", lambda text, made=made: made.append(text) or _cheap.hash(text), raising=False
        )
        monkeypatch.setattr(passwords, "_hasher", counted)
        sign_in(store, name, OTHER, None, "192.0.2.1")
        hashes.append(len(made))
    assert hashes == [1, 1]


_cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_who_has_to_wait_is_told_so_for_known_and_unknown_names_alike(store: Store, account: accounts.Account) -> None:
    told: dict[str, list[Any]] = {}
    for n, name in enumerate(("karim@parc.ma", "nobody")):
        told[name] = [sign_in(store, name, OTHER, None, f"192.0.2.{n}") for _ in range(throttle.FREE + 1)]
    assert told["karim@parc.ma"] == told["nobody"] and told["nobody"][-1] == Refused(wait=5)
    assert sign_in(store, "karim@parc.ma", GOOD, None, "192.0.2.0") == Refused(wait=5)


def test_what_was_typed_as_a_name_is_not_in_the_log(store: Store, account: accounts.Account) -> None:
    sign_in(store, "my own password", OTHER, None, "192.0.2.1")
    assert "my own password" not in "\n".join(Log(store).lines())


def test_the_log_is_not_filled_by_who_hammers(store: Store, account: accounts.Account, clock: Clock) -> None:
    lines = []
    for _ in range(2):
        for _ in range(100):
            told = sign_in(store, "karim@parc.ma", OTHER, None, "192.0.2.1")
            clock.move(seconds=getattr(told, "wait", 0))
        lines.append(len(Log(store).events(n=10_000)))
    assert lines[0] <= 90 and lines[1] - lines[0] <= 5


def test_an_old_password_is_hashed_anew_when_it_is_used(
    store: Store, account: accounts.Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", stronger)
    token = sessions.open_session(store, account.id, None, None)
    assert isinstance(sign_in(store, account.name, GOOD, None, "192.0.2.1"), SignedIn)
    with store.reading() as connection:
        kept = connection.exec_driver_sql("select password from access_account").scalar_one()
    assert "m=16,t=2" in kept and stronger.verify(kept, GOOD)
    assert sessions.who(store, token) is not None
    assert isinstance(sign_in(store, account.name, GOOD, None, "192.0.2.1"), SignedIn)


def test_a_change_while_the_password_is_checked_counts(
    store: Store, account: accounts.Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = passwords.fits

    def meanwhile(kept: str | None, password: str) -> bool:
        right = real(kept, password)
        accounts.set_password(store, account.id, OTHER)
        return right

    monkeypatch.setattr(passwords, "fits", meanwhile)
    assert sign_in(store, account.name, GOOD, None, "192.0.2.1") == Refused()
    monkeypatch.undo()


# Codes


@pytest.fixture
def codes(store: Store, account: accounts.Account, clock: Clock) -> pyotp.TOTP:
    made = pyotp.TOTP(accounts.begin_totp(store, account.id).secret)
    accounts.enrol_totp(store, account.id, made.at(clock()))
    clock.move(minutes=5)
    return made


def test_a_code_is_asked_for_only_after_a_right_password(store: Store, codes: pyotp.TOTP, clock: Clock) -> None:
    name, code = "karim@parc.ma", codes.at(clock())
    assert sign_in(store, name, OTHER, code, "192.0.2.1") == Refused()
    assert sign_in(store, name, OTHER, "", "192.0.2.1") == Refused()
    assert sign_in(store, name, GOOD, "", "192.0.2.1") == Refused(totp_needed=True)
    assert isinstance(sign_in(store, name, GOOD, f" {code[:3]} {code[3:]}", "192.0.2.1"), SignedIn)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_code_is_good_one_step_off_and_never_twice(store: Store, codes: pyotp.TOTP, clock: Clock, off: int) -> None:
    code = codes.at(clock(), counter_offset=off)
    assert isinstance(sign_in(store, "karim@parc.ma", GOOD, code, "192.0.2.1"), SignedIn)
    assert sign_in(store, "karim@parc.ma", GOOD, code, "192.0.2.1") == Refused(totp_needed=True)
    # Nor one of a step before the one that was used.
    assert sign_in(store, "karim@parc.ma", GOOD, codes.at(clock(), counter_offset=off - 1), "192.0.2.1") == Refused(
        totp_needed=True
    )
    clock.move(seconds=90)
    assert isinstance(sign_in(store, "karim@parc.ma", GOOD, codes.at(clock()), "192.0.2.1"), SignedIn)


def test_the_code_that_turned_codes_on_signs_nobody_in(store: Store, account: accounts.Account, clock: Clock) -> None:
    made = pyotp.TOTP(accounts.begin_totp(store, account.id).secret)
    accounts.enrol_totp(store, account.id, made.at(clock()))
    assert sign_in(store, account.name, GOOD, made.at(clock()), "192.0.2.1") == Refused(totp_needed=True)


@pytest.mark.parametrize("off", [-2, 2])
def test_a_code_two_steps_off_is_none(store: Store, codes: pyotp.TOTP, clock: Clock, off: int) -> None:
    assert sign_in(store, "karim@parc.ma", GOOD, codes.at(clock(), counter_offset=off), "192.0.2.1") == Refused(
        totp_needed=True
    )


def test_of_two_who_bring_the_same_code_at_once_one_is_let_in(store: Store, codes: pyotp.TOTP, clock: Clock) -> None:
    code = codes.at(clock())
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda n: sign_in(store, "karim@parc.ma", GOOD, code, f"192.0.2.{n}"), range(4)))
    assert sum(isinstance(one, SignedIn) for one in told) == 1


def test_guesses_at_codes_are_slowed_down_and_asking_for_one_is_not_a_guess(
    store: Store, codes: pyotp.TOTP, clock: Clock
) -> None:
    for _ in range(20):
        assert sign_in(store, "karim@parc.ma", GOOD, "", "192.0.2.1") == Refused(totp_needed=True)
    wrong = f"{(int(codes.at(clock())) + 5) % 10**6:06}"
    # A right password between two guesses wipes nothing out.
    for _ in range(throttle.FREE):
        assert sign_in(store, "karim@parc.ma", GOOD, wrong, "192.0.2.1") == Refused(totp_needed=True)
    for n in range(4):
        told = sign_in(store, "karim@parc.ma", GOOD, "", "192.0.2.1")
        assert isinstance(told, Refused) and told.wait == 5 * 2**n and not told.totp_needed
        clock.move(seconds=told.wait)
        assert sign_in(store, "karim@parc.ma", GOOD, "", "192.0.2.1") == Refused(totp_needed=True)
        assert sign_in(store, "karim@parc.ma", GOOD, "000000", "192.0.2.1") == Refused(totp_needed=True)


def test_under_pressure_one_knock_is_enough_for_password_and_code(
    store: Store, codes: pyotp.TOTP, clock: Clock
) -> None:
    for n in range(throttle.NAME_PRESSED):
        throttle.turn(store, "karim@parc.ma", f"203.0.113.{n}")
    assert sign_in(store, "karim@parc.ma", GOOD, "", "192.0.2.1") == Refused(wait=300)
    clock.move(seconds=300)
    assert sign_in(store, "karim@parc.ma", GOOD, "", "192.0.2.1") == Refused(totp_needed=True)
    assert isinstance(sign_in(store, "karim@parc.ma", GOOD, codes.at(clock()), "192.0.2.1"), SignedIn)


# Browsers


def test_who_hammers_a_name_does_not_keep_a_known_browser_out_even_from_its_own_address(
    store: Store, account: accounts.Account
) -> None:
    first = sign_in(store, account.name, GOOD, None, "192.0.2.1")
    assert isinstance(first, SignedIn)
    for n in range(40):
        sign_in(store, account.name, OTHER, None, "192.0.2.1")
        sign_in(store, account.name, OTHER, None, f"203.0.113.{n}")
    assert sign_in(store, account.name, GOOD, None, "192.0.2.1") != first
    assert isinstance(sign_in(store, account.name, GOOD, None, "192.0.2.1", first.device), SignedIn)


def test_a_browser_is_known_to_its_own_account_only_and_guesses_no_faster(
    store: Store, account: accounts.Account
) -> None:
    accounts.add(store, "mallory", "leader", (), OTHER)
    own = sign_in(store, "mallory", OTHER, None, "192.0.2.66")
    assert isinstance(own, SignedIn)
    told = [sign_in(store, "mallory", "guess", None, "192.0.2.66", own.device) for _ in range(throttle.FREE + 1)]
    assert told[-1] == Refused(wait=5)
    for n in range(throttle.NAME_PRESSED):
        throttle.turn(store, account.name, f"203.0.113.{n}")
    assert sign_in(store, account.name, "guess", None, "192.0.2.66", own.device) == Refused(wait=300)


def test_a_browser_s_secret_is_new_each_time_kept_as_a_hash_and_forgotten(
    store: Store, account: accounts.Account, clock: Clock
) -> None:
    first = sign_in(store, account.name, GOOD, None, "192.0.2.1")
    assert isinstance(first, SignedIn)
    second = sign_in(store, account.name, GOOD, None, "192.0.2.1", first.device)
    assert isinstance(second, SignedIn) and second.device != first.device
    with store.reading() as connection:
        kept = connection.exec_driver_sql("select token_sha256 from access_device").scalars().all()
    assert len(kept) == 1 and second.device not in kept
    for _ in range(25):
        sign_in(store, account.name, GOOD, None, "192.0.2.1")
    with store.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from access_device").scalar_one() == 20
    accounts.set_password(store, account.id, OTHER)
    with store.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from access_device").scalar_one() == 0


# Others who vouch, and the password of somebody signed in


def test_a_provider_lets_in_nobody_who_is_disabled(store: Store, account: accounts.Account) -> None:
    assert isinstance(let_in(store, account.id, "oidc", "192.0.2.1"), SignedIn)
    accounts.disable(store, account.id)
    assert let_in(store, account.id, "oidc", "192.0.2.1") == Refused() == let_in(store, 999, "oidc", "192.0.2.1")
    assert [entry.kind for entry in Log(store).events(n=2)] == ["sign-in-refused", "sign-in-refused"]


def test_the_old_password_is_asked_for_no_faster_than_at_the_door(store: Store, account: accounts.Account) -> None:
    assert is_password(store, account.id, GOOD, "192.0.2.1") and not is_password(store, 999, GOOD, "192.0.2.1")
    assert not any(is_password(store, account.id, OTHER, "192.0.2.1") for _ in range(throttle.FREE))
    with pytest.raises(Throttled) as error:
        is_password(store, account.id, GOOD, "192.0.2.1")
    assert error.value.wait == 5
