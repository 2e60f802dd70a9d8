"""The sample park in a ledger: loaded once for all workers of a run, and copied for each who wants it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 300


def sample_into(home: Path) -> None:
    """Puts the ledger of the sample park, as `make run` makes it, into a home below a test's own folder."""
    shutil.copytree(_whole(home), home, dirs_exist_ok=True)


def _whole(home: Path) -> Path:
    # Workers have folders of their own beside each other.
    worker = next((one for one in home.parents if one.name.startswith("popen-gw")), home)
    made = worker.parent / "whole-sample"
    try:
        (worker.parent / "whole-sample-begun").mkdir()
    except FileExistsError:
        until = time.monotonic() + PATIENCE
        while not made.exists():
            assert time.monotonic() < until, "the sample park was not loaded"
            time.sleep(0.2)
        return made
    making = made.with_suffix(".making")
    command = [sys.executable, "-m", "data", "load-sample"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "ESSAIM_"))}
    environment = {**kept, "ESSAIM_HOME": str(making)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return making.rename(made)
