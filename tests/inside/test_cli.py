"""The command line of the accounts keeps its promises to scripts: JSON, exit statuses, nothing written on a refusal."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from access import __main__ as cli
from access import accounts, sessions, setup
from access.log import Log
from access.sign_in import Refused, SignedIn, sign_in
from access.store import Store

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD, OTHER = "zellige-bleu-42-cigogne", "neuf portes sous la pluie"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store that the commands use."""
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "home"))
    for name in ("ESSAIM_LEDGER", "ESSAIM_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)
    return Store.from_environment()


class Said:
    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def token(self) -> str:
        found = re.search(r"http://localhost:8501/setup/([\w-]{43})\n", self.out)
        assert found, self.out
        return found[1]


def _run(capsys: pytest.CaptureFixture[str], *arguments: str, given: str = "") -> Said:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdin", io.StringIO(given))
        try:
            status = cli.main(list(arguments))
        except SystemExit as stop:
            status = int(stop.code or 0)
    out, err = capsys.readouterr()
    return Said(status, out, err)


def _chef(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "add", "chef", "--role", "admin", "--password-stdin", given=GOOD + "\n").status == 0


def test_a_first_start_from_the_link_to_the_door(here: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no account" in _run(capsys, "list").out
    setup.take(here, _run(capsys, "setup").token, "chef", GOOD)
    assert isinstance(sign_in(here, "chef", GOOD, None, "127.0.0.1"), SignedIn)
    again = _run(capsys, "setup")
    assert again.status == 3 and "already" in again.err and not again.out


def test_an_account_is_added_with_a_link_or_a_password(here: Store, capsys: pytest.CaptureFixture[str]) -> None:
    said = _run(capsys, "add", "Amina B", "--role", "analyst", "--site", "Rabat", "--site", "Casa")
    assert said.status == 0 and "Amina B is added: analyst, sites Casa; Rabat." in said.out
    assert "no site called Rabat" in said.err
    setup.take(here, said.token, "", GOOD)
    assert isinstance(sign_in(here, "amina b", GOOD, None, None), SignedIn)
    _chef(capsys)
    assert isinstance(sign_in(here, "chef", GOOD, None, None), SignedIn)
    rows = json.loads(_run(capsys, "list", "--json").out)
    assert [(row["name"], row["role"], row["sites"], row["password"]) for row in rows] == [
        ("Amina B", "analyst", ["Casa", "Rabat"], True),
        ("chef", "admin", [], True),
    ]
    assert not {"totp_secret", "hash"} & set(rows[0]) and "argon2" not in json.dumps(rows)


@pytest.mark.parametrize(
    ("arguments", "given", "status"),
    [
        (["add", "karim", "--role", "admin", "--password-stdin"], "short\n", 3),
        (["add", "karim", "--role", "admin", "--password-stdin"], "", 2),
        (["add", "karim", "--role", "king"], "", 2),
        (["add", "karim"], "", 2),
        (["add", "<b>", "--role", "leader"], "", 3),
        (["add", "chef", "--role", "leader"], "", 3),
        (["disable", "nobody"], "", 3),
        (["disable", "chef"], "", 3),
        (["role", "chef", "leader"], "", 3),
        (["role", "nobody", "leader"], "", 3),
        (["role", "chef", "admin", "--site", "Rabat", "--all-sites"], "", 2),
        (["reset", "nobody"], "", 3),
        (["sessions", "--end"], "", 2),
        (["log", "-n", "0"], "", 2),
        (["frobnicate"], "", 2),
        ([], "", 2),
    ],
)
def test_what_is_refused_writes_nothing_and_says_why(
    here: Store, capsys: pytest.CaptureFixture[str], arguments: list[str], given: str, status: int
) -> None:
    _chef(capsys)
    before = list(Log(here).lines())
    said = _run(capsys, *arguments, given=given)
    assert said.status == status and said.err and not said.out and "Traceback" not in said.err
    assert list(Log(here).lines()) == before and len(accounts.list_all(here)) == 1


def test_a_role_and_sites_are_changed_and_the_sessions_end(here: Store, capsys: pytest.CaptureFixture[str]) -> None:
    _run(capsys, "add", "amina", "--role", "analyst", "--site", "Rabat")
    token = sessions.open_session(here, 1, "192.0.2.1", "Firefox")
    assert "Firefox" in _run(capsys, "sessions").out
    assert [row["name"] for row in json.loads(_run(capsys, "sessions", "amina", "--json").out)] == ["amina"]
    assert _run(capsys, "role", "amina", "leader", "--all-sites").out == "amina is now leader, all sites.\n"
    assert sessions.who(here, token) is None and "Nobody" in _run(capsys, "sessions").out
    assert _run(capsys, "role", "amina", "publisher", "--site", "Fès").out == "amina is now publisher, sites Fès.\n"


def test_an_account_is_disabled_enabled_and_its_sessions_ended(here: Store, capsys: pytest.CaptureFixture[str]) -> None:
    _chef(capsys)
    sessions.open_session(here, 1, None, None)
    assert _run(capsys, "sessions", "chef", "--end").out == "1 sessions of chef are ended.\n"
    assert _run(capsys, "disable", "chef", "--even-last").status == 0
    assert sign_in(here, "chef", GOOD, None, None) == Refused()
    assert "disabled" in _run(capsys, "list").out
    assert _run(capsys, "enable", "CHEF").status == 0
    assert isinstance(sign_in(here, "chef", GOOD, None, None), SignedIn)


def test_a_lost_password_and_a_lost_telephone(here: Store, capsys: pytest.CaptureFixture[str]) -> None:
    import pyotp

    _chef(capsys)
    secret = accounts.begin_totp(here, 1).secret
    accounts.enrol_totp(here, 1, pyotp.TOTP(secret).now())
    assert "codes" in _run(capsys, "list").out
    setup.take(here, _run(capsys, "reset", "chef", "--drop-codes").token, "", OTHER)
    assert isinstance(sign_in(here, "chef", OTHER, None, None), SignedIn)


def test_the_log_is_shown_and_proven(here: Store, capsys: pytest.CaptureFixture[str]) -> None:
    _chef(capsys)
    _run(capsys, "reset", "chef")
    shown = _run(capsys, "log").out
    assert "@terminal:" in shown and "target chef" in shown and GOOD not in shown
    assert len(_run(capsys, "log", "-n", "1").out.splitlines()) == 1
    assert [json.loads(line)["number"] for line in _run(capsys, "log", "--json").out.splitlines()] == [1, 2]
    assert _run(capsys, "verify").out.startswith("2 lines")
    with here.writing() as connection:
        connection.exec_driver_sql("update access_event set body = replace(body, 'admin', 'leader') where number = 1")
    said = _run(capsys, "verify")
    assert said.status == 3 and "Line 1 " in said.err and not said.out


def test_a_database_that_is_none_is_a_sentence(here: Store, capsys: pytest.CaptureFixture[str]) -> None:
    here.home.folder.mkdir()
    (here.home.folder / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    said = _run(capsys, "list")
    assert said.status == 4 and "did not let this happen" in said.err


def test_the_command_is_there_and_a_reader_may_leave(here: Store) -> None:
    command = [sys.executable, "-m", "access", "list"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "no account" in done.stdout and not done.stderr
    assert not here.home.folder.exists()
