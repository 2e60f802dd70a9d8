"""A process that has everything imported and forks for each upload it is told of, so that a thousand can be ended.

One line of JSON in: a list of uploads to be made at once; one line out: for each how it ended and what it said.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Forge:
    """The process, seen from a test."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.faults.forge"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, *uploads: dict[str, Any]) -> list[dict[str, Any]]:
        """Has the uploads made at once; {"signal": number or None, "said": …} for each."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(uploads) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """Ends it."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(20)


def main() -> None:
    """Serves until nobody asks any more."""
    import data.intake  # noqa: F401 (imported once for all)
    import ui.desk  # noqa: F401

    while line := sys.stdin.readline():
        begun = []
        for upload in json.loads(line):
            heard, said = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(heard)
                try:
                    _upload(upload, said)
                finally:
                    os._exit(1)
            os.close(said)
            begun.append((pid, heard))
            if "after" in upload:
                # From outside, so that it can fall into a library's own code.
                time.sleep(upload["after"])
                os.kill(pid, signal.SIGKILL)
        answers = []
        for pid, heard in begun:
            with os.fdopen(heard) as told:
                text = told.read()
            _, status = os.waitpid(pid, 0)
            ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            answers.append({"signal": ended, "said": json.loads(text) if text else None})
        print(json.dumps(answers), flush=True)


def _upload(asked: dict[str, Any], said: int) -> None:
    from tests.faults.points import Points, kill

    points = None
    if "kill" in asked:
        points = Points(asked["home"], kill(asked["kill"]))
    if "largest" in asked:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest"], asked["largest"]))
    answer = {"load": _load, "desk": _by_desk}[asked["way"]](asked)
    os.write(said, json.dumps({**answer, "points": points.names if points else []}).encode())
    os._exit(0)


def _load(asked: dict[str, Any]) -> dict[str, Any]:
    from data.fault import FAULTS, fault, kind
    from data.home import Home
    from data.intake import load
    from data.warehouse import Warehouse
    from tests.faults.state import choices

    warehouse = Warehouse(Home.at(asked["home"]))
    try:
        outcome = load(warehouse, Path(asked["file"]), choices(asked.get("by", "faults")))
    except FAULTS as error:
        return {"fault": kind(error), "sentence": fault(error)}
    codes = [(problem.code, problem.message) for problem in outcome.problems]
    return {"refused": outcome.refused, "receipt": outcome.receipt, "added": outcome.difference.added, "codes": codes}


def _by_desk(asked: dict[str, Any]) -> dict[str, Any]:
    from data.home import Home
    from data.warehouse import Warehouse
    from tests.faults.state import carried_through
    from ui.desk import Desk

    path = Path(asked["file"])
    desk = Desk(Warehouse(Home.at(asked["home"])))
    try:
        job = desk.bring(path.name, path.read_bytes())
    except OSError as error:
        return {"fault": str(error)}
    job, paper = carried_through(desk, job.id, asked.get("by", "faults"))
    codes = [(p.code, p.message) for p in paper.outcome.problems] if paper else []
    return {"step": job.step, "receipt": job.receipt, "fault": job.fault, "codes": codes}


if __name__ == "__main__":
    main()
