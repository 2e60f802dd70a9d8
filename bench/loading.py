"""Questions about the command line: loading a workbook of 100,000 rows, and the first answer from a cold start."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

from bench.measure import Measured, children_cpu, command, interleaved
from bench.workbook import write

ROWS = 100_000


def measure(folder: Path) -> list[Measured]:
    """CPU seconds of whole commands, their children included; every load goes into a ledger of its own."""
    book, mapping, sample = folder / "tenants.xlsx", folder / "mapping.json", folder / "sample"
    write(book, ROWS)
    mapping.write_text(
        json.dumps({"kind": "tenants", "stated_on": "2020-10-25", "new_sites": True, "new_sectors": True})
    )
    command([sys.executable, "-m", "data", "load-sample"], sample)()
    python = [sys.executable, "-m"]
    numbers = itertools.count()

    def load() -> None:
        home = folder / f"home-{next(numbers)}"
        command([*python, "data", "load", book, "--mapping", mapping, "--accept-warnings"], home)()

    def read_alone() -> None:
        command([sys.executable, "-c", _READ, book])()

    answer = command([*python, "metrics", "show", "hosted"], sample)
    answer()
    return [
        *interleaved(
            f"load a workbook of {ROWS:,} rows and 10 columns",
            {"essaim: python -m data load": load, "pandas.read_excel(engine='calamine') alone": read_alone},
            runs=3,
            bounds={"essaim: python -m data load": 2.5},
            clock=children_cpu,
        ),
        *interleaved(
            "cold start to the first answer, sample park",
            {
                "essaim: python -m metrics show hosted": answer,
                "import pandas, duckdb alone": command([sys.executable, "-c", "import pandas, duckdb"]),
            },
            runs=7,
            bounds={"essaim: python -m metrics show hosted": 1.5},
            clock=children_cpu,
        ),
    ]


_READ = "import sys, pandas; pandas.read_excel(sys.argv[1], engine='calamine', dtype={'ICE': str})"
