"""The drop folder: complete files in order, moved with their outcome beside them; one loader, and no kill loses one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from data import __main__ as cli
from data.home import Home
from data.intake import Choices
from data.ledger import Ledger
from data.warehouse import Warehouse
from data.watch import Taken, Watch

ROOT = Path(__file__).resolve().parent.parent
HEADER = "Identifiant;Raison sociale;Site;Date d'entrée\n"
NEW = '{"new_sites": true}'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path, home: Path) -> Path:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "mapping.json").write_text(NEW)
    return drop


def dropped(folder: Path, number: int, day: str = "25-10-2020", text: str | None = None) -> Path:
    """A complete list, moved in as a program does that has written it elsewhere."""
    beside = folder.parent / f"{number}.writing"
    beside.write_text(text if text is not None else f"{HEADER}F{number};Firme {number};Rabat;15/01/2015\n")
    os.utime(beside, (1e9, 1e9))
    path = folder / f"liste {9 - number} au {day}.csv"
    beside.rename(path)
    time.sleep(0.02)
    return path


def receipts(home: Path) -> list[str]:
    ledger = Ledger(Home.at(home))
    try:
        return [one.body["file"] for one in ledger.receipts()]
    finally:
        ledger.close()


def told(path: Path) -> dict[str, Any]:
    return json.loads(path.with_name(path.name + ".json").read_text())


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def test_files_are_loaded_in_the_order_they_came_and_moved_with_their_outcome(folder: Path, home: Path) -> None:
    paths = [dropped(folder, number) for number in (1, 2)]
    bad = dropped(folder, 3, text="nothing of use\n")
    assert cli.main(["watch", str(folder), "--once", "--by", "cron"]) == 3
    assert receipts(home) == [path.name for path in paths], "the first to come is the first to be loaded"
    assert listed(folder) == ["mapping.json"]
    outcome = told(folder / "done" / paths[0].name)
    assert outcome["accepted"] and outcome["receipt"] == 1 and outcome["added"] == 1
    assert (folder / "done" / paths[0].name).read_text().startswith(HEADER)
    refused = told(folder / "refused" / bad.name)
    assert not refused["accepted"] and refused["problems"]
    assert cli.main(["watch", str(folder), "--once"]) == 0
    # The same name comes again next month.
    again = dropped(folder, 1, text=f"{HEADER}F7;Firme 7;Rabat;15/01/2016\n")
    assert cli.main(["watch", str(folder), "--once"]) == 0
    second = folder / "done" / f"{again.stem} (2).csv"
    assert (
        told(second)["receipt"] == 3
        and "F7" in second.read_text()
        and "F1;" in (second.parent / again.name).read_text()
    )


def test_a_file_being_written_is_left_alone_until_it_rests(folder: Path, home: Path) -> None:
    watch = Watch(Warehouse(Home.at(home)), folder, Choices(by="x"), 0.3, lambda text: None)
    growing = folder / "liste au 25-10-2020.csv"
    growing.write_text(HEADER)
    for name in (".hidden.csv", "other.csv.part", "~$other.xlsx", "mapping.json"):
        (folder / name).write_text(NEW)
    os.symlink("/etc/passwd", folder / "link.csv")
    assert watch.complete() == []
    for number in range(4):
        time.sleep(0.1)
        with growing.open("a") as more:
            more.write(f"F{number};Firme {number};Rabat;15/01/2015\n")
        assert watch.complete() == [], "it grows still"
    time.sleep(0.35)
    assert watch.complete() == [growing]
    with watch.alone():
        assert watch.once() == (1, 0)
    assert told(folder / "done" / growing.name)["rows"] == 4


def test_one_loader_at_a_time(folder: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch(Warehouse(Home.at(home)), folder, Choices(), 0, lambda text: None)
    path = dropped(folder, 1)
    with watch.alone():
        with pytest.raises(Taken), Watch(watch.warehouse, folder, Choices(), 0, print).alone():
            pass
        assert cli.main(["watch", str(folder), "--once"]) == 2
        assert "one at a time" in capsys.readouterr().err
    assert path.exists() and receipts(home) == []
    assert cli.main(["watch", str(folder), "--once"]) == 0


def test_killed_between_loading_and_moving_a_file_is_loaded_once(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dropped(folder, 1)
    real, moves = os.replace, []

    def dies(source: Any, place: Any) -> None:
        if str(folder) in str(place):
            moves.append(place)
            raise KeyboardInterrupt
        real(source, place)

    with monkeypatch.context() as patch:
        patch.setattr("data.watch.os.replace", dies)
        assert cli.main(["watch", str(folder), "--once"]) == 0
    assert moves and path.exists() and receipts(home) == [path.name]
    assert cli.main(["watch", str(folder), "--once"]) == 0
    assert receipts(home) == [path.name] and not path.exists()
    outcome = told(folder / "done" / path.name)
    assert outcome["receipt"] == 1 and [note["code"] for note in outcome["notes"]][-1] == "already-loaded"


def test_a_watcher_killed_at_any_moment_leaves_each_file_there_or_done(folder: Path, home: Path) -> None:
    names = sorted(dropped(folder, number).name for number in range(3))
    command = [sys.executable, "-m", "data", "watch", str(folder), "--every", "0.1"]
    for turn in range(2):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            # The first is killed amid the second file, the second once all have been told of.
            for _ in range(1 if turn == 0 else 2):
                assert "receipt" in process.stdout.readline() or turn
            process.kill()
        left, done = listed(folder), listed(folder / "done")
        files = [name for name in done if not name.endswith(".json")]
        assert sorted([name for name in left if name != "mapping.json"] + files) == names
        assert all(f"{name}.json" in done for name in files)
    assert cli.main(["watch", str(folder), "--once"]) == 0
    assert sorted(receipts(home)) == names and listed(folder) == ["mapping.json"]


def test_a_machine_that_refuses_leaves_the_file_where_it_is(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = dropped(folder, 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("data.building.sync", full)
        assert cli.main(["watch", str(folder), "--once"]) == 4
    assert "No space left" in capsys.readouterr().err and path.exists()
    assert cli.main(["watch", str(folder), "--once"]) == 0 and not path.exists()


@pytest.mark.parametrize("mapping", ["{", '{"colums": {}}'])
def test_a_mapping_that_means_nothing_stops_the_watch(mapping: str, folder: Path, home: Path) -> None:
    path = dropped(folder, 1)
    (folder / "mapping.json").write_text(mapping)
    assert cli.main(["watch", str(folder), "--once"]) == 2 and path.exists()
    assert cli.main(["watch", str(folder / "absent"), "--once"]) == 2


def test_a_dry_run_gives_the_difference_and_the_figures_as_json(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "liste au 25-10-2020.csv", tmp_path / "liste au 25-11-2020.csv"
    rows = "F1;Un;Rabat;15/01/2015;\nF2;Deux;Tanger;16/01/2015;\n"
    header = HEADER.strip() + ";Date de sortie\n"
    first.write_text(header + rows)
    second.write_text(header + rows.replace("16/01/2015;", "16/01/2015;01/11/2020") + "F3;Trois;Rabat;13/02/2016;\n")
    assert cli.main(["load", str(first), "--new-sites"]) == 0
    capsys.readouterr()
    assert cli.main(["load", str(second), "--dry-run", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert not answer["accepted"] and (answer["added"], answer["changed"]) == (1, 1)
    (cell,) = [one for one in answer["difference"]["cells"] if one["field"] == "left_on"]
    assert (cell["field"], cell["old"], cell["new"], cell["row"]) == ("left_on", None, "2020-11-01", 3)
    assert [one["firm_name"] for one in answer["difference"]["added"]] == ["Trois"]
    figures = {(one["metric"], one["site"]): (one["before"], one["after"]) for one in answer["effect"]}
    assert figures[("hosted", None)] == (2, 2) and figures[("hosted", "Rabat")] == (1, 2)
    assert figures[("hosted", "Tanger")] == (1, 0) and figures[("former", None)] == (0, 1)
    assert receipts(home) == [first.name]
    # What was promised is what comes.
    assert cli.main(["load", str(second), "--json"]) == 0
    capsys.readouterr()
    from metrics.effect import headlines

    told_now = headlines(Warehouse(Home.at(home)).generation())
    assert all(told_now.get(key) == after for key, (_, after) in figures.items())
    # Nothing to accept, nothing to tell.
    assert cli.main(["load", str(second), "--dry-run", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["difference"] is None and answer["effect"] is None
