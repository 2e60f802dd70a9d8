"""Runs every measurement, prints the table and writes bench/results.json; fails where a bound is not kept."""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import curves, loading, metrics, over_socket, pages, release, site, uploads
from bench.measure import CPU_SECONDS, SECONDS, Measured

MEASUREMENTS: tuple[Callable[[Path], list[Measured]], ...] = (
    metrics.measure,
    curves.measure,
    loading.measure,
    uploads.measure,
    release.measure,
    over_socket.measure,
    pages.measure,
    site.measure,
)
RESULTS = Path(__file__).parent / "results.json"


def table(measured: list[Measured]) -> str:
    """One line per contender, the questions apart."""
    lines: list[str] = []
    question = ""
    for one in measured:
        if one.question != question:
            question = one.question
            lines += ["", question]
        bound = "" if one.bound is None else f"   bound {one.bound:g} {one.unit}: {'kept' if one.kept else 'NOT KEPT'}"
        value = f"{one.value:.4f}" if one.unit in (CPU_SECONDS, SECONDS) else f"{one.value:,.0f}"
        lines.append(f"  {value:>10} {one.unit}  {one.contender} ({one.runs} runs){bound}")
    return "\n".join(lines)


def main() -> int:
    """0 where every bound is kept."""
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="essaim-bench-") as folder:
        for measurement in MEASUREMENTS:
            found = measurement(Path(folder))
            print(table(found), flush=True)
            measured += found
    libraries = {
        name: version(name) for name in ("duckdb", "pandas", "streamlit", "plotly", "pyarrow", "python-calamine")
    }
    RESULTS.write_text(
        json.dumps(
            {
                "measured_on": datetime.now(UTC).isoformat(timespec="seconds"),
                "values": "medians of interleaved runs",
                "python": platform.python_version(),
                "libraries": libraries,
                "results": [{**asdict(one), "kept": one.kept} for one in measured],
            },
            indent=2,
        )
        + "\n",
        encoding="utf-8",
    )
    return 0 if all(one.kept for one in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
