"""The secret: given, or made and kept on this machine alone; a start without a sound one elsewhere is refused."""

from __future__ import annotations

import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from access.secret import FILE, secret
from data.home import Home

GIVEN = secrets.token_urlsafe(48)


def test_one_is_made_on_loopback_kept_for_its_owner_and_the_same_next_time(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    made = secret(home, "127.0.0.1", {})
    assert len(made) >= 32 and secret(home, "localhost", {}) == made
    assert stat.S_IMODE((home.folder / FILE).stat().st_mode) == 0o600
    assert [path.name for path in home.folder.iterdir()] == [FILE]
    assert secret(Home.at(tmp_path / "other"), "127.0.0.1", {}) != made


def test_of_many_that_start_at_once_all_have_the_same(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret(home, "::1", {}), range(8)))) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_the_one_given_is_taken(tmp_path: Path, address: str) -> None:
    home = Home.at(tmp_path / "home")
    assert secret(home, address, {"ESSAIM_SECRET": f" {GIVEN}\n"}) == GIVEN.encode()
    file = tmp_path / "given"
    file.write_text(GIVEN + "\n")
    assert secret(home, address, {"ESSAIM_SECRET_FILE": str(file)}) == GIVEN.encode()
    assert not home.folder.exists()


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "", None, "park.example"])
def test_elsewhere_a_missing_one_stops_the_start_even_where_one_is_kept(tmp_path: Path, address: str | None) -> None:
    home = Home.at(tmp_path / "home")
    secret(home, "127.0.0.1", {})
    for empty in ({}, {"ESSAIM_SECRET": ""}, {"ESSAIM_SECRET": "  ", "ESSAIM_SECRET_FILE": ""}):
        with pytest.raises(SystemExit, match="ESSAIM_SECRET"):
            secret(home, address, empty)


@pytest.mark.parametrize(
    "given",
    [
        "x" * 64,
        "Kq8",
        "a" * 31,
        "change-me-please-0123456789-abcdef",
        "0123456789" * 5,
        "your-secret-here-0123456789abcdef",
        "azertyuiopqsdfghjklmwxcvbn1234567890",
        "abcabcabcabcabcabcabcabcabcabcabcabcabc",
        "example-9f8e7d6c5b4a39281706f5e4d3",
    ],
)
def test_a_short_or_sample_one_stops_the_start(tmp_path: Path, given: str) -> None:
    file = tmp_path / "given"
    file.write_text(given)
    for environment in ({"ESSAIM_SECRET": given}, {"ESSAIM_SECRET_FILE": str(file)}):
        with pytest.raises(SystemExit) as error:
            secret(Home.at(tmp_path / "home"), "0.0.0.0", environment)
        assert given not in str(error.value) and str(error.value).endswith(")'")


def test_a_random_one_that_is_a_byte_too_short_stops_the_start(tmp_path: Path) -> None:
    for _ in range(20):
        with pytest.raises(SystemExit, match="too short"):
            secret(Home.at(tmp_path), "0.0.0.0", {"ESSAIM_SECRET": secrets.token_urlsafe(48)[:31]})


def test_the_example_s_is_none() -> None:
    example = (Path(__file__).resolve().parent.parent.parent / ".env.example").read_text()
    for line in example.splitlines():
        assert not line.startswith("ESSAIM_SECRET=") or line == "ESSAIM_SECRET="


def test_what_is_random_is_no_sample(tmp_path: Path) -> None:
    for make in (secrets.token_hex, secrets.token_urlsafe):
        for _ in range(100):
            secret(Home.at(tmp_path), "0.0.0.0", {"ESSAIM_SECRET": make(32)})


def test_two_secrets_a_missing_file_and_an_empty_one_are_said(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    empty = tmp_path / "empty"
    empty.touch()
    for environment in (
        {"ESSAIM_SECRET": GIVEN, "ESSAIM_SECRET_FILE": "x"},
        {"ESSAIM_SECRET_FILE": str(tmp_path / "none")},
        {"ESSAIM_SECRET_FILE": str(empty)},
    ):
        with pytest.raises(SystemExit, match="ESSAIM_SECRET_FILE"):
            secret(home, "127.0.0.1", environment)


def test_a_kept_one_that_others_can_read_or_that_is_no_file_stops_the_start(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    secret(home, "127.0.0.1", {})
    kept = home.folder / FILE
    kept.chmod(0o644)
    with pytest.raises(SystemExit, match="chmod 600"):
        secret(home, "127.0.0.1", {})
    kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SystemExit):
        secret(home, "127.0.0.1", {})
    kept.unlink()
    kept.write_bytes(b"short")
    kept.chmod(0o600)
    with pytest.raises(SystemExit, match="damaged"):
        secret(home, "127.0.0.1", {})
