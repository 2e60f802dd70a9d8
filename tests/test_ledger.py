"""The ledger: one transaction per receipt, a chain that shows every later change, undo and redo, backup and restore."""

from __future__ import annotations

import json
import sqlite3
import threading
import zipfile
from datetime import date
from pathlib import Path

import pytest

from data.backup import backup, restore
from data.home import Home
from data.ledger import Broken, Conflict, Ledger, Receipt


def _append(ledger: Ledger, name: str, day: str = "2020-01-01", **body: object) -> Receipt:
    receipt = ledger.prepare(
        {"action": "load", "known_on": day, "file": name, **body}, name.encode(), b"rows " + name.encode()
    )
    ledger.append(receipt, name.encode(), b"rows " + name.encode())
    return receipt


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(Home.at(tmp_path / "home"))


def test_an_empty_ledger_is_whole_and_reading_it_writes_nothing(ledger: Ledger) -> None:
    assert ledger.receipts() == [] and ledger.verify() == 0
    assert not ledger.home.folder.exists()


def test_contents_come_back_untouched(ledger: Ledger) -> None:
    receipt = _append(ledger, "a.csv")
    assert ledger.original(receipt.original or "") == b"a.csv"
    assert ledger.clean(receipt.clean or "") == b"rows a.csv"
    assert ledger.receipts() == [receipt]


def test_the_same_original_is_kept_once(ledger: Ledger) -> None:
    _append(ledger, "a.csv")
    _append(ledger, "a.csv")
    assert len([c for c in ledger.contents() if c[0] == "original"]) == 1
    assert ledger.verify() == 2


def test_of_two_writers_on_the_same_basis_the_second_is_told(ledger: Ledger) -> None:
    first = ledger.prepare({"action": "load", "known_on": "2020-01-01", "file": "a"})
    second = ledger.prepare({"action": "load", "known_on": "2020-01-01", "file": "b"})
    ledger.append(first)
    with pytest.raises(Conflict):
        ledger.append(second)
    assert [r.body["file"] for r in ledger.receipts()] == ["a"]


def test_many_writers_at_once_leave_one_unbroken_chain(ledger: Ledger) -> None:
    _append(ledger, "first")
    done: list[str] = []

    def write(name: str) -> None:
        own = Ledger(ledger.home)
        while True:
            receipt = own.prepare({"action": "load", "known_on": "2020-01-01", "file": name})
            try:
                own.append(receipt)
            except Conflict:
                continue
            done.append(name)
            return

    threads = [threading.Thread(target=write, args=(f"w{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(r.body["file"] for r in ledger.receipts()[1:])
    assert ledger.verify() == 9


def test_undo_and_undoing_the_undo(ledger: Ledger) -> None:
    first = _append(ledger, "a.csv")
    second = _append(ledger, "b.csv", "2020-02-01")
    undo = ledger.prepare({"action": "undo", "known_on": "2020-03-01", "takes_back": [first.number]})
    ledger.append(undo)
    assert ledger.standing() == [second]
    assert ledger.standing(date(2020, 2, 28)) == [first, second], "what was known before the undo stays as it was"
    redo = ledger.prepare({"action": "undo", "known_on": "2020-04-01", "takes_back": [undo.number]})
    ledger.append(redo)
    assert ledger.standing() == [first, second]


def test_a_load_that_drops_others_gives_them_back_when_undone(ledger: Ledger) -> None:
    sample = _append(ledger, "sample")
    real = _append(ledger, "real", takes_back=[sample.number])
    assert ledger.standing() == [real]
    ledger.append(ledger.prepare({"action": "undo", "known_on": "2020-01-01", "takes_back": [real.number]}))
    assert ledger.standing() == [sample]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("update receipt set body = replace(body, 'b.csv', 'x.csv') where number = 2", "Receipt 2 was changed"),
        ("update receipt set number = 9 where number = 2", "Receipt 2 is missing"),
        (
            "update original set content = x'00' where sha256 = (select original from receipt where number = 2)",
            "receipt 2",
        ),
        ("update clean set content = x'00' where sha256 = (select clean from receipt where number = 3)", "receipt 3"),
        ("update receipt set hash = 'f' where number = 1", "Receipt 1 was changed"),
    ],
)
def test_verify_names_the_first_broken_link(ledger: Ledger, damage: str, named: str) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        _append(ledger, name)
    ledger.close()
    with sqlite3.connect(ledger.home.folder / "ledger.sqlite") as connection:
        connection.execute(damage)
    connection.close()
    with pytest.raises(Broken, match=named):
        ledger.verify()


def test_backup_and_restore_give_the_same_ledger(ledger: Ledger, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        _append(ledger, name)
    file = tmp_path / "park.backup"
    assert backup(ledger, file) == 2
    other = Ledger(Home.at(tmp_path / "other"))
    assert restore(other, file) == 2
    assert other.receipts() == ledger.receipts() and other.verify() == 2
    assert list(other.contents()) == list(ledger.contents())


def test_restore_refuses_a_ledger_that_is_not_empty(ledger: Ledger, tmp_path: Path) -> None:
    _append(ledger, "a.csv")
    backup(ledger, tmp_path / "b")
    with pytest.raises(Broken, match="not empty"):
        restore(ledger, tmp_path / "b")
    assert len(ledger.receipts()) == 1


def test_a_changed_backup_restores_nothing(ledger: Ledger, tmp_path: Path) -> None:
    _append(ledger, "a.csv")
    backup(ledger, tmp_path / "b")
    with zipfile.ZipFile(tmp_path / "b") as whole, zipfile.ZipFile(tmp_path / "bad", "w") as bad:
        for entry in whole.namelist():
            content = whole.read(entry)
            if entry == "receipts.jsonl":
                fields = json.loads(content)
                fields["body"]["file"] = "other.csv"
                content = json.dumps(fields).encode()
            bad.writestr(entry, content)
    other = Ledger(Home.at(tmp_path / "other"))
    with pytest.raises(Broken, match="Receipt 1"):
        restore(other, tmp_path / "bad")
    assert other.receipts() == []


def test_a_file_that_is_no_backup_is_refused_with_a_sentence(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"no zip")
    with pytest.raises(Broken, match="not a whole backup"):
        restore(ledger, tmp_path / "b")
