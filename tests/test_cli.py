"""The command line of the intake keeps its promises to scripts: JSON, exit statuses, nothing written on a refusal."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from data import __main__ as cli
from data.home import Home
from data.ledger import Ledger

LIST = "Identifiant;Raison sociale;Site;Date d'entrée\n001;Un;Rabat;15/01/2015\n002;Deux;Rabat;16/01/2015\n"
OBJECT = {"file", "accepted", "kind", "sheet", "rows", "added", "changed", "removed", "same", "receipt", "problems"}
PROBLEM = {"code", "severity", "sheet", "row", "column", "value", "message"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("ESSAIM_HOME", str(folder))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "locataires au 25-10-2020.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def _ledger(home: Path) -> Ledger:
    return Ledger(Home.at(home))


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    try:
        status = cli.main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = int(stop.code or 0)
    out, err = capsys.readouterr()
    return status, out, err


def test_a_load_prints_one_object_per_file(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = _run(capsys, "load", file, file, "--new-sites", "--json", "--by", "Amina")
    first, second = (json.loads(line) for line in out.splitlines())
    assert status == 0
    assert set(first) >= OBJECT
    assert (first["accepted"], first["rows"], first["added"], first["receipt"]) == (True, 2, 2, 1)
    assert (second["accepted"], second["added"], second["same"], second["receipt"]) == (True, 0, 2, 1)
    assert [receipt.body["by"] for receipt in _ledger(home).receipts()] == ["Amina"]


def test_the_command_itself_ends_as_main_does_and_does_without_pandas(home: Path, file: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "data", "load", str(file)]
    root = Path(cli.__file__).parents[1]
    for more, status, said in (((), 3, "refused"), (("--new-sites",), 0, "receipt 1")):
        done = subprocess.run([*command, *more], cwd=root, capture_output=True, text=True)
        assert done.returncode == status and said in done.stdout, done.stdout
        # pandas takes longer to import than a list of 50,000 rows to check.
        assert "pyarrow.lib" in done.stderr and "pandas._libs" not in done.stderr


def test_a_refusal_is_3_with_every_problem_and_nothing_written(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = _run(capsys, "load", file, "--json")
    answer = json.loads(out)
    assert status == 3 and answer["accepted"] is False and answer["receipt"] is None
    assert len(answer["problems"]) == 2 and all(set(problem) == PROBLEM for problem in answer["problems"])
    assert {problem["severity"] for problem in answer["problems"]} <= {"error", "warning"}
    assert _ledger(home).receipts() == []


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, None])
def test_what_cannot_be_read_is_4(
    home: Path, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.xlsx"
    if content is not None:
        path.write_bytes(content)
    status, out, _ = _run(capsys, "load", path, "--json")
    assert status == 4 and json.loads(out)["problems"][0]["message"]
    assert _ledger(home).receipts() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--kind", "nonsense"],
        ["--mode", "append"],
        ["--stated-on", "25/10/2020"],
        ["--known-on", (date.today() + timedelta(days=1)).isoformat()],
        ["--mapping", "absent.json"],
    ],
)
def test_wrong_use_is_2(
    home: Path, file: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, err = _run(capsys, "load", file, "--new-sites", *arguments)
    assert status == 2 and err.strip()
    assert _ledger(home).receipts() == []


def test_a_mapping_with_an_unknown_field_is_wrong_use(
    home: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"kind": "tenants", "columns": {"Site": "place"}}), encoding="utf-8")
    status, _, err = _run(capsys, "load", file, "--mapping", mapping)
    assert status == 2 and "place" in err


def test_a_dry_run_says_what_would_change_and_writes_nothing(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = _run(capsys, "load", file, "--new-sites", "--dry-run", "--json")
    answer = json.loads(out)
    assert (status, answer["added"], answer["receipt"], answer["dry_run"]) == (0, 2, None, True)
    assert _ledger(home).receipts() == []
    assert not any((home / "generations").glob(".build-*"))


def test_rows_are_left_as_they_were(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--new-sites", "--accept-warnings", "--leave", "001 | Rabat | 2015-01-15")
    status, out, _ = _run(capsys, "load", file, *given, "--json")
    answer = json.loads(out)
    assert status == 0 and (answer["added"], answer["moved"], answer["left"], answer["rows"]) == (1, 0, 1, 1)
    assert answer["left_out"]["not-taken"] == 1
    status, out, _ = _run(capsys, "load", file, "--accept-warnings", "--leave", "added:Rabat")
    assert status == 0 and "left as they were 1" in out and len(_ledger(home).receipts()) == 1
    # What is not there to be left stops the load.
    status, out, _ = _run(capsys, "load", file, "--leave", "nobody", "--json")
    assert status == 3 and [one["code"] for one in json.loads(out)["problems"]] == ["nothing-to-leave"]


def test_what_is_known_on_a_past_day_cannot_be_changed_later(
    home: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(capsys, "load", file, "--new-sites", "--known-on", "2021-01-01")[0] == 0
    later = tmp_path / "locataires au 31-12-2020.csv"
    later.write_text(LIST + "003;Trois;Rabat;17/01/2015\n", encoding="utf-8")
    status, _, err = _run(capsys, "load", later, "--known-on", "2020-12-31")
    assert status == 2 and "2021-01-01" in err
    assert _run(capsys, "load", later, "--known-on", "2021-01-01")[0] == 0


def test_undo_takes_back_and_can_be_undone(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(capsys, "load", file, "--new-sites")
    assert _run(capsys, "undo", 1)[0] == 0
    assert _ledger(home).standing() == []
    assert _run(capsys, "undo", 1)[0] == 3
    assert _run(capsys, "undo", 2)[0] == 0
    assert [receipt.number for receipt in _ledger(home).standing()] == [1]
    status, out, _ = _run(capsys, "uploads", "--json")
    assert status == 0 and [row["action"] for row in json.loads(out)] == ["load", "undo", "undo"]
    assert _run(capsys, "verify")[0] == 0


def test_backup_and_restore_into_an_empty_home(
    home: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(capsys, "load", file, "--new-sites")
    assert _run(capsys, "backup", tmp_path / "b")[0] == 0
    assert _run(capsys, "restore", tmp_path / "b")[0] == 3
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "other"))
    assert _run(capsys, "restore", tmp_path / "b")[0] == 0
    assert _run(capsys, "verify")[0] == 0
    assert _run(capsys, "rebuild")[0] == 0
    assert len(_ledger(tmp_path / "other").receipts()) == 1
    assert _run(capsys, "restore", tmp_path / "absent")[0] == 4


def test_a_real_file_beside_the_sample_needs_a_word(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str], sample_site: Path
) -> None:
    assert _run(capsys, "load", sample_site, "--accept-warnings")[0] == 0
    status, out, _ = _run(capsys, "load", file, "--new-sites", "--accept-warnings", "--json")
    assert status == 3 and [problem["code"] for problem in json.loads(out)["problems"]] == ["sample-loaded"]
    assert _run(capsys, "load", file, "--new-sites", "--drop-sample")[0] == 0
    assert [receipt.body["file"] for receipt in _ledger(home).standing()] == [file.name]
    assert _run(capsys, "undo", 2)[0] == 0
    assert [receipt.body["file"] for receipt in _ledger(home).standing()] == [sample_site.name]


@pytest.fixture
def sample_site() -> Path:
    return Path(__file__).parents[1] / "data" / "sample" / "sites.xlsx"


def test_a_template_can_be_written_for_every_kind(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("tenants", "cohorts", "sites", "sectors", "solutions"):
        assert _run(capsys, "template", kind, "-o", tmp_path / f"{kind}.xlsx")[0] == 0
        assert (tmp_path / f"{kind}.xlsx").read_bytes()[:2] == b"PK"


def test_a_machine_that_refuses_gets_a_sentence(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    for arguments in (["uploads"], ["verify"], ["load", file, "--new-sites"], ["rebuild"], ["undo", 1]):
        status, _, err = _run(capsys, *arguments)
        assert status == 4 and "did not let this happen" in err


def test_a_file_far_over_the_limit_is_not_read_whole(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "big.xlsx").open("wb") as handle:
        handle.truncate(3_000_000_000)
    status, out, _ = _run(capsys, "load", tmp_path / "big.xlsx", "--json")
    assert status == 4 and json.loads(out)["problems"][0]["code"] == "file-too-large"


def test_a_tampered_ledger_is_not_backed_up_as_if_it_were_whole(
    home: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    _run(capsys, "load", file, "--new-sites")
    with sqlite3.connect(home / "ledger.sqlite") as connection:
        connection.execute("update receipt set body = replace(body, '2020-10-25', '2020-10-24')")
    connection.close()
    status, _, err = _run(capsys, "backup", tmp_path / "b")
    assert status == 3 and "Receipt 1" in err and not (tmp_path / "b").exists()


def test_an_undo_that_cannot_be_built_is_not_written(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from data.warehouse import Warehouse

    _run(capsys, "load", file, "--new-sites")

    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Warehouse, "trial", full)
    status, _, err = _run(capsys, "undo", 1)
    assert status == 4 and "space" in err
    assert len(_ledger(home).receipts()) == 1
