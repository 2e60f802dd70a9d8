"""The log is only added to, by several processes at once, and shows where somebody else wrote in it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from access import accounts, events
from access.events import EVENTS, UnknownFact
from access.log import Broken, Log
from access.roles import Who
from access.store import Store
from access.tables import event, head
from tests.inside.conftest import Clock

WHO = Who(3, "amina", "publisher", (), "a" * 32)


@pytest.fixture
def log(store: Store) -> Log:
    return Log(store)


def _fill(log: Log, lines: int) -> None:
    for n in range(lines):
        log.write("upload", WHO, "192.0.2.1", kind="tenants", receipt=n + 1, rows=10)


def test_a_line_says_who_when_what_and_from_where(log: Log, clock: Clock) -> None:
    assert log.write("upload", who=WHO, address="192.0.2.1", kind="tenants", receipt=7, rows=120) == 1
    (entry,) = log.events()
    assert (entry.number, entry.at, entry.kind, entry.address) == (1, clock(), "upload", "192.0.2.1")
    assert entry.who == {"account": 3, "name": "amina", "role": "publisher", "session": "a" * 32}
    assert entry.facts == {"kind": "tenants", "receipt": 7, "rows": 120}


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("visited", {}),
        ("upload", {"firm": 1}),
        ("upload", {"kind": "Atlas Biotech SARL"}),
        ("upload", {"file": "contacts.xlsx"}),
        ("upload", {"rows": "12"}),
        ("upload", {"rows": True}),
        ("upload", {"rows": -1}),
        ("release-published", {"release": "a@b.example"}),
        ("sign-in-refused", {"reason": "typed hunter2"}),
        ("account-added", {"role": "owner"}),
        ("account-added", {"sites": "Rabat"}),
        ("account-added", {"sites": ["a\nb"]}),
        ("export", {"format": "exe"}),
        ("signed-in", {"way": "atlas"}),
    ],
)
def test_nothing_but_declared_facts_of_their_kind_is_written(log: Log, kind: str, facts: dict[str, object]) -> None:
    with pytest.raises(UnknownFact):
        log.write(kind, WHO, None, **facts)
    assert log.events() == []


@settings(max_examples=20, deadline=None)
@given(text=st.text(min_size=1))
def test_no_fact_takes_a_sentence(text: str) -> None:
    """A name of a firm or a person has a capital, a space or an accent: no kind of event has a fact that takes one."""
    name = f"{text} Société"
    for kind, declared in EVENTS.items():
        for fact in declared.facts:
            if fact not in ("sites", "before"):
                with pytest.raises(UnknownFact):
                    events.check(kind, {fact: name})


def test_a_kind_is_declared_once() -> None:
    with pytest.raises(ValueError):
        events.declare(events.Event("upload", "Again"))


def test_the_newest_come_first_by_kind_since_and_before(log: Log, clock: Clock) -> None:
    _fill(log, 3)
    clock.move(hours=1)
    log.write("signed-out", WHO)
    assert [one.number for one in log.events()] == [4, 3, 2, 1]
    assert [one.number for one in log.events(kinds=["upload"], n=2)] == [3, 2]
    assert [one.number for one in log.events(before=3)] == [2, 1]
    assert [one.number for one in log.events(since=clock() - timedelta(minutes=1))] == [4]


def test_lines_are_json_and_prove_themselves_without_the_database(log: Log) -> None:
    _fill(log, 3)
    lines = [json.loads(line) for line in log.lines()]
    assert [line["number"] for line in lines] == [1, 2, 3]
    assert [line["previous"] for line in lines] == ["0" * 64, lines[0]["hash"], lines[1]["hash"]]


def test_an_address_is_one_short_line(log: Log) -> None:
    log.write("signed-out", WHO, "1.2.3.4\r\nX: y\x1b" + "9" * 500)
    address = log.events()[0].address
    assert address is not None and len(address) == 64 and address.isprintable() and address.isascii()


def _do(store: Store, statement: sa.Executable) -> None:
    with store.writing() as connection:
        connection.execute(statement)


FORGED = {
    "a line changed": (3, sa.update(event).where(event.c.number == 3).values(body='{"number":3}')),
    "a line taken out": (3, sa.delete(event).where(event.c.number == 3)),
    "the first taken out": (1, sa.delete(event).where(event.c.number == 1)),
    "the last taken out": (6, sa.delete(event).where(event.c.number == 6)),
    "the end cut off": (5, sa.delete(event).where(event.c.number >= 5)),
    "all taken out": (1, sa.delete(event)),
    "its kind said otherwise": (4, sa.update(event).where(event.c.number == 4).values(kind="undo")),
    "its hash changed": (2, sa.update(event).where(event.c.number == 2).values(hash="0" * 64)),
    "the end on record changed": (6, sa.update(head).values(hash="f" * 64)),
    "the end on record forgotten": (0, sa.delete(head)),
}


@pytest.mark.parametrize("what", FORGED)
def test_the_first_line_that_somebody_touched_is_named(log: Log, what: str) -> None:
    _fill(log, 6)
    assert log.verify() == 6
    number, statement = FORGED[what]
    _do(log.store, statement)
    with pytest.raises(Broken) as error:
        log.verify()
    assert error.value.number == number


def test_a_moment_moved_is_seen(log: Log, clock: Clock) -> None:
    _fill(log, 2)
    _do(log.store, sa.update(event).where(event.c.number == 2).values(at=clock() - timedelta(days=1)))
    with pytest.raises(Broken):
        log.verify()


def test_a_line_that_fits_but_was_not_written_by_the_log_is_seen(log: Log) -> None:
    from access.log import _hash

    _fill(log, 2)
    with log.store.reading() as connection:
        last = connection.execute(sa.select(event).where(event.c.number == 2)).one()
    body = last.body.replace('"number":2', '"number":3')
    row = {"number": 3, "previous": last.hash, "hash": _hash(3, last.hash, body), "at": last.at}
    _do(log.store, sa.insert(event).values(**row, kind="upload", body=body))
    with pytest.raises(Broken) as error:
        log.verify()
    assert error.value.number == 3


_WRITER = """
import sys, time
from pathlib import Path
from access.log import Log
from access.store import Store
from data.home import Home
folder = Path(sys.argv[1])
log = Log(Store.at(Home(folder, sys.argv[2])))
folder.mkdir(parents=True, exist_ok=True)
(folder / f"ready-{sys.argv[3]}").touch()
while len(list(folder.glob("ready-*"))) < 2:
    time.sleep(0.001)
for _ in range(100):
    log.write("signed-out", None, sys.argv[3])
"""


def test_processes_that_write_at_once_make_one_chain(log: Log) -> None:
    """The tables too are made by whichever comes first."""
    home = log.store.home
    running = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(home.folder), home.ledger_url, name]) for name in "ab"
    ]
    assert [one.wait(60) for one in running] == [0, 0]
    assert log.verify() == 200
    assert {entry.address for entry in log.events(n=200)} == {"a", "b"}


def test_no_line_can_act_when_it_is_cut_into_cells(store: Store) -> None:
    text = ",=1+1;@a, +b,-c - d, -e"
    accounts.add(store, "somebody", "leader", (text,))
    (line,) = (one for one in Log(store).lines() if "c - d" in one)
    assert ",=" not in line and ";@" not in line and ", +" not in line and ",-" not in line
    assert text in json.dumps(json.loads(line), ensure_ascii=False)
