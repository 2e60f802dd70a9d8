"""Failed sign-ins are slowed down, from wherever they come, and the right person never waits over 15 minutes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access import throttle
from access.store import Store
from access.throttle import Turn, Wait, turn
from data.home import Home
from tests.inside.conftest import Clock, quick_store

LONGEST_EVER = 15 * 60


def _fail(store: Store, times: int, name: str = "karim", address: str = "192.0.2.1") -> list[Turn | Wait]:
    return [turn(store, name, address) for _ in range(times)]


def test_a_few_slips_cost_nothing_and_then_each_doubles_the_wait(store: Store, clock: Clock) -> None:
    assert all(isinstance(one, Turn) for one in _fail(store, throttle.FREE))
    waits = []
    for _ in range(10):
        told = turn(store, "karim", "192.0.2.1")
        assert isinstance(told, Wait)
        waits.append(told.seconds)
        clock.move(seconds=told.seconds)
        assert isinstance(turn(store, "karim", "192.0.2.1"), Turn)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_asking_while_waiting_makes_it_no_longer(store: Store, clock: Clock) -> None:
    _fail(store, throttle.FREE + 3)
    first = turn(store, "karim", "192.0.2.1")
    clock.move(seconds=4)
    assert isinstance(first, Wait)
    for _ in range(20):
        again = turn(store, "karim", "192.0.2.1")
        assert isinstance(again, Wait) and again.seconds == first.seconds - 4


def test_many_at_once_are_not_many_free_ones(store: Store) -> None:
    store.exists() or turn(store, "somebody", "192.0.2.200")
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda _: turn(store, "karim", "192.0.2.1"), range(40)))
    assert sum(isinstance(one, Turn) for one in told) == throttle.FREE


def test_a_right_password_starts_anew(store: Store) -> None:
    told = _fail(store, throttle.FREE)
    assert isinstance(told[-1], Turn)
    throttle.right(store, told[-1])
    assert all(isinstance(one, Turn) for one in _fail(store, throttle.FREE))


def test_one_s_own_success_does_not_hide_guesses_at_others(store: Store, clock: Clock) -> None:
    """An address that guesses at many names comes under pressure, though it signs in to one of its own between."""
    for n in range(throttle.ADDRESS_PRESSED):
        assert isinstance(turn(store, f"name {n}", "192.0.2.1"), Turn)
        own = turn(store, "own", "192.0.2.1")
        assert isinstance(own, Turn) or n == throttle.ADDRESS_PRESSED - 1
        if isinstance(own, Turn):
            throttle.right(store, own)
    assert isinstance(turn(store, "one more", "192.0.2.1"), Wait)
    assert isinstance(turn(store, "one more", "198.51.100.1"), Turn)


def test_a_name_guessed_at_from_everywhere_comes_under_pressure(store: Store, clock: Clock) -> None:
    for n in range(throttle.NAME_PRESSED):
        assert isinstance(turn(store, "karim", f"203.0.113.{n}"), Turn)
    told = [turn(store, "karim", f"198.51.100.{n}") for n in range(30)]
    assert all(isinstance(one, Wait) and one.seconds == 300 for one in told)
    clock.move(seconds=300)
    once = [turn(store, "karim", f"198.51.100.{n}") for n in range(30)]
    again = [turn(store, "karim", f"198.51.100.{n}") for n in range(30)]
    assert all(isinstance(one, Turn) for one in once) and all(isinstance(one, Wait) for one in again)


def test_a_knock_is_not_kept_for_later(store: Store, clock: Clock) -> None:
    _fail_everywhere(store, throttle.NAME_PRESSED)
    assert isinstance(turn(store, "karim", "198.51.100.1"), Wait)
    clock.move(minutes=50)
    _fail_everywhere(store, 1, start=200)
    clock.move(minutes=30)
    assert isinstance(turn(store, "karim", "198.51.100.1"), Wait)


def _fail_everywhere(store: Store, times: int, start: int = 0) -> None:
    for n in range(start, start + times):
        told = turn(store, "karim", f"203.0.113.{n}")
        if isinstance(told, Wait):
            store.now.move(seconds=told.seconds)  # type: ignore[attr-defined]
            assert isinstance(turn(store, "karim", f"203.0.113.{n}"), Turn)


def test_a_known_browser_is_counted_apart(store: Store) -> None:
    _fail(store, 60)
    for n in range(40):
        turn(store, "karim", f"203.0.113.{n}")
    assert isinstance(turn(store, "karim", "192.0.2.1"), Wait)
    slips = [turn(store, "karim", "192.0.2.1", device="d" * 64) for _ in range(throttle.FREE + 1)]
    assert [isinstance(one, Turn) for one in slips] == [True] * throttle.FREE + [False]


def test_a_clock_set_back_keeps_nobody_out(store: Store, clock: Clock) -> None:
    _fail(store, throttle.FREE + 5)
    clock.move(days=-2)
    assert isinstance(turn(store, "karim", "192.0.2.1"), Turn)


def test_a_household_is_one_address(store: Store) -> None:
    assert throttle.network("2001:db8:1:2:3::4") == throttle.network("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert throttle.network("2001:db8:1:3::4") != throttle.network("2001:db8:1:2::4")
    assert throttle.network("::ffff:192.0.2.1") == throttle.network("192.0.2.1") == "192.0.2.1"
    assert throttle.network(None) == throttle.network("") == "" and throttle.network("unix:") == "unix:"


def test_counts_are_forgotten_and_rows_bounded(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(30):
        turn(store, f"name {n}", f"192.0.2.{n}")
        clock.move(seconds=1)
    monkeypatch.setattr(throttle, "KEPT", 12)
    monkeypatch.setattr("access.throttle.secrets.randbelow", lambda n: 0)
    turn(store, "one more", "192.0.2.99")
    assert _rows(store) <= 12 + 3
    clock.move(hours=25)
    turn(store, "one more", "192.0.2.99")
    assert _rows(store) == 3


def _rows(store: Store) -> int:
    with store.reading() as connection:
        return connection.exec_driver_sql("select count(*) from access_attempts").scalar_one()


def test_what_was_typed_as_a_name_is_not_kept(store: Store, tmp_path: Path) -> None:
    turn(store, "my password by mistake", "192.0.2.1")
    with store.reading() as connection:
        kept = connection.exec_driver_sql("select * from access_attempts").all()
    assert kept and "mistake" not in repr(kept)


def test_the_worst_that_can_be_is_15_minutes(store: Store, clock: Clock) -> None:
    """The person mistyped until the wait was the longest, and others begin just before it is over."""
    for _ in range(throttle.FREE + 12):
        told = turn(store, "karim", "192.0.2.1")
        clock.move(seconds=getattr(told, "seconds", 0))
        if isinstance(told, Wait):
            turn(store, "karim", "192.0.2.1")
    came = clock()
    first = turn(store, "karim", "192.0.2.1")
    assert isinstance(first, Wait) and first.seconds == throttle.LONGEST.total_seconds()
    clock.move(seconds=first.seconds - 1)
    for n in range(throttle.NAME_PRESSED * 2):
        turn(store, "karim", f"203.0.113.{n}")
    clock.move(seconds=1)
    second = turn(store, "karim", "192.0.2.1")
    assert isinstance(second, Wait)
    clock.move(seconds=second.seconds)
    for n in range(throttle.NAME_PRESSED * 2):
        turn(store, "karim", f"203.0.113.{n}")
    assert isinstance(turn(store, "karim", "192.0.2.1"), Turn)
    assert clock() - came <= timedelta(seconds=LONGEST_EVER)


NAMES = st.sampled_from(["right", "other", "x"])
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["attack", "burst", "slip", "wait", "hammer"]),
        NAMES,
        st.integers(0, 300),
        st.floats(0, 2000, allow_nan=False),
    ),
    max_size=25,
)


@settings(max_examples=30, deadline=None)
@given(acts=ACTS, later=st.lists(st.tuples(st.integers(0, 300), st.floats(1, 400)), max_size=6), known=st.booleans())
def test_the_right_person_gets_in_within_15_minutes(
    acts: list[tuple[str, str, int, float]], later: list[tuple[int, float]], known: bool
) -> None:
    """Whatever others do from other addresses, or from everywhere where the person's browser is known, and whatever the
    person mistyped: who comes back when told to, with the right password, is let try it within 15 minutes."""
    clock = Clock()
    own, device = "192.0.2.1", ("d" * 64 if known else None)
    with TemporaryDirectory() as folder:
        store = quick_store(Home.at(folder), clock)

        def attack(name: str, n: int, times: int = 1) -> None:
            address = own if known and n % 3 == 0 else f"203.0.113.{n % 250}"
            for _ in range(times):
                turn(store, name, address)

        for act, name, n, seconds in acts:
            if act == "attack":
                attack(name, n)
            elif act == "burst":
                for other in range(25):
                    attack("right", n + other)
            elif act == "hammer":
                attack("right", n, 8)
            elif act == "slip":
                for _ in range(n % 16):
                    slip = turn(store, "right", own, device)
                    clock.move(seconds=getattr(slip, "seconds", 0))
            else:
                clock.move(seconds=seconds)
        came = clock()
        for n, seconds in [*later, *[(0, 0.0)] * 10]:
            told = turn(store, "right", own, device)
            if isinstance(told, Turn):
                break
            # Others go on all the time the person waits.
            between = min(seconds, told.seconds)
            clock.move(seconds=between)
            attack("right", n, 3)
            attack("other", n + 1, 3)
            clock.move(seconds=told.seconds - between)
            attack("right", n + 2, 3)
        store.close()
        assert isinstance(told, Turn)
        assert clock() - came <= timedelta(seconds=LONGEST_EVER)
