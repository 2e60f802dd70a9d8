"""Questions about survival curves, beside lifelines in an environment of its own (it needs an older pandas)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from bench.measure import ROOT, Measured, interleaved
from bench.park import Park
from metrics.ask import Scope, ask

PYTHON = ROOT / ".bench-venv" / "bin" / "python"
SCRIPT = Path(__file__).parent / "with_lifelines.py"
GROUPS = ("site", "sector", "cohort")


def lives(park: Park, path: Path) -> int:
    """Writes every firm's followed days, whether they end with its closure, and its group; returns how many groups."""
    frame = park.query(
        """
        select life_code(day, closed_on, alive_on, $as_of)::bigint as code,
            dense_rank() over (order by site, sector, cohort) as "group"
        from life
        """,
        {"as_of": park.stated_on},
    )
    code = frame["code"].to_numpy()
    np.savez(path, days=code // 2, closed=code % 2 == 0, group=frame["group"].to_numpy())
    return int(frame["group"].max())


def lifelines(path: Path, what: str, expected: float | None = None) -> Callable[[], float]:
    """A contender that measures itself; `expected` is our own value, which it must meet."""

    def run() -> float:
        done = subprocess.run([PYTHON, SCRIPT, path, what], capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
        if expected is not None and abs(told["first"][0] - expected) > 1e-9:
            raise RuntimeError(f"lifelines says {told['first'][0]}, we say {expected}")
        return float(told["cpu_seconds"])

    return run


def measure(folder: Path) -> list[Measured]:
    """Kaplan-Meier at five years with its log-log interval: one curve, and one per site, sector and cohort."""
    measured: list[Measured] = []
    for firms, sites in ((1_500, 4), (1_000_000, 50)):
        park, path = Park(firms, sites), folder / f"lives-{firms}.npz"
        groups = lives(park, path)
        value = float(ask(park, ["survival_km_5y"], Scope())["value"].iloc[0])
        measured += interleaved(
            f"Kaplan-Meier at five years, {firms:,} firms",
            {
                "essaim": partial(ask, park, ["survival_km_5y"], Scope()),
                "lifelines 0.30": lifelines(path, "all", value),
            },
        )
        question = f"Kaplan-Meier at five years per site, sector and cohort, {firms:,} firms in {groups:,} groups"
        measured += interleaved(
            question,
            {"essaim": partial(ask, park, ["survival_km_5y"], Scope(), GROUPS)},
            bounds={"essaim": 0.35} if firms == 1_000_000 else None,
        )
        # A minute and more for a million firms: once is enough.
        measured += interleaved(question, {"lifelines 0.30": lifelines(path, "groups")}, runs=1)
    return measured
