"""Each protection is taken out of a copy of the code, and the test that speaks of it has to turn red.

A handful at each run; all of them with `make mutations`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutations.table import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
ALL = bool(os.environ.get("ESSAIM_MUTATIONS"))
LEFT = shutil.ignore_patterns(
    ".git", ".venv", ".bench*", ".caddy", "__pycache__", "node_modules", "var", ".*_cache", ".hypothesis", "docs"
)


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    copy = tmp_path_factory.mktemp("copied") / "essaim"
    shutil.copytree(ROOT, copy, ignore=LEFT)
    yield copy
    shutil.rmtree(copy)


def run(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "ESSAIM_"))}
    told = {**kept, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([*command, *tests], cwd=folder, env=told, capture_output=True, text=True, timeout=600)


def test_each_text_stands_in_its_file_once() -> None:
    wrong = [one.name for one in MUTATIONS if (ROOT / one.file).read_text(encoding="utf-8").count(one.was) != 1]
    assert wrong == []
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS)
    assert [
        one.name for one in MUTATIONS for test in one.test.split() if not (ROOT / test.partition("::")[0]).exists()
    ] == []


@pytest.mark.skipif(not ALL, reason="with `make mutations`")
def test_the_tests_are_green_before(copied: Path) -> None:
    done = run(copied, *sorted({test for one in MUTATIONS for test in one.test.split()}))
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("one", [one for one in MUTATIONS if one.soon or ALL], ids=lambda one: one.name)
def test_a_protection_less_is_noticed(copied: Path, one: Mutation) -> None:
    path = copied / one.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(one.was, one.becomes), encoding="utf-8")
    try:
        done = run(copied, *one.test.split())
    finally:
        path.write_text(whole, encoding="utf-8")
    # 1: a test failed; anything else means that none was run.
    assert done.returncode == 1, done.stdout[-2000:]
