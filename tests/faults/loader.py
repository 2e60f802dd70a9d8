"""A process that loads one file when it is told to, so that it can be killed at any moment of the load."""

from __future__ import annotations

import sys
from pathlib import Path

from data.home import Home
from data.intake import Choices, load
from data.match import Mapping
from data.warehouse import Warehouse


def main(folder: str, file: str) -> None:
    """Says "ready", waits for a line, loads `file` into the home at `folder`, says "done"."""
    choices = Choices(mapping=Mapping(new_sites=True, new_sectors=True), accept_warnings=True, by="faults")
    warehouse = Warehouse(Home.at(folder))
    print("ready", flush=True)
    sys.stdin.readline()
    outcome = load(warehouse, Path(file), choices)
    print("done" if outcome.refused is None else f"refused: {[p.message for p in outcome.problems]}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
