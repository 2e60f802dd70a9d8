"""The limits are settings: each can be raised, a bad value is refused at the start, and they are what is kept."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit import config

from data import __main__ as cli
from data.grid import Limits
from data.limits import SETTINGS, BadLimit, allowed
from data.problem import Refused
from data.read import read
from tests.workbooks import xlsx
from ui import shell

ROOT = Path(__file__).resolve().parent.parent
ROWS = b"a;b\n" + b"1;2\n" * 4


def test_without_settings_the_limits_are_those_promised() -> None:
    promised = Limits(
        packed=20_000_000, inflated=200_000_000, ratio=200, entries=2_000, sheets=100, rows=1_048_576, columns=500,
        cells=5_000_000, memory=1_000_000_000, wall=30,
    )  # fmt: skip
    assert allowed({}) == promised
    example = re.findall(r"^(ESSAIM_LIMIT_\w+)=(\d+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert {name for name, _ in example} == set(SETTINGS)
    assert allowed(dict(example)) == promised, ".env.example says other defaults than the code"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_limit_can_be_raised(name: str) -> None:
    field, unit = SETTINGS[name]
    assert getattr(allowed({name: " 7000000 "}), field) == 7_000_000 * unit


@pytest.mark.parametrize(
    ("name", "value"),
    [("ROWS", "many"), ("ROWS", "0"), ("ROWS", "-5"), ("PACKED_MB", "40 MB"), ("CELLS", "1e6"), ("RAWS", "5")],
)
def test_a_bad_value_is_refused_at_the_start(name: str, value: str, tmp_path: Path) -> None:
    setting = {f"ESSAIM_LIMIT_{name}": value}
    with pytest.raises(BadLimit, match=f"ESSAIM_LIMIT_{name}"):
        allowed(setting)
    environment = {**os.environ, **setting, "ESSAIM_HOME": str(tmp_path)}
    for command in (["-m", "data", "load", "x.csv"], ["-c", "import app"]):
        done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode in (1, 2) and f"ESSAIM_LIMIT_{name}" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
        if value not in ("many", "5"):
            break


def test_what_is_set_is_what_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ESSAIM_LIMIT_CELLS", "9")
    with pytest.raises(Refused, match="10 cells; the limit is 9"):
        read(ROWS, "list.csv")
    monkeypatch.setenv("ESSAIM_LIMIT_CELLS", "10")
    assert read(ROWS, "list.csv")
    monkeypatch.setenv("ESSAIM_LIMIT_ENTRIES", "4")
    with pytest.raises(Refused, match="the limit is 4"):
        read(xlsx(), "list.xlsx")
    # A file over the limit is not read to its end by the command line either.
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ESSAIM_LIMIT_PACKED_MB", "1")
    large = tmp_path / "large.csv"
    large.write_bytes(b"a;b\n" * 300_000)
    assert cli.main(["load", str(large), "--json"]) == 4


def test_streamlit_takes_files_as_large_as_the_limit_allows() -> None:
    was = config.get_option("server.maxUploadSize")
    try:
        for size, megabytes in ((20_000_000, 20), (200_000_000, 191), (1, 1)):
            shell.take_files_up_to(size)
            assert config.get_option("server.maxUploadSize") == megabytes
    finally:
        config.set_option("server.maxUploadSize", was)
