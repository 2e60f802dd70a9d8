"""How a measurement is taken: the contenders taking turns, the median of the runs, each number with its unit."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent

CPU_SECONDS, SECONDS, BYTES, REQUESTS = "CPU-s", "s", "kB", "requests"


@dataclass(frozen=True)
class Measured:
    """The median of one contender at one question, in `unit`; `bound` is what ours must not exceed."""

    question: str
    contender: str
    value: float
    runs: int
    bound: float | None = None
    unit: str = CPU_SECONDS

    @property
    def kept(self) -> bool:
        """Whether the bound, where there is one, is kept."""
        return self.bound is None or self.value <= self.bound


def own_cpu() -> float:
    """CPU seconds of this process, all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def children_cpu() -> float:
    """CPU seconds of the finished children of this process, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def interleaved(
    question: str,
    contenders: Mapping[str, Callable[[], object]],
    *,
    runs: int = 5,
    bounds: Mapping[str, float] | None = None,
    clock: Callable[[], float] = own_cpu,
) -> list[Measured]:
    """Runs the contenders in turn, so that a busy moment hits them all alike.

    A contender that returns a float has measured itself in an environment of its own.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, contender in contenders.items():
            before = clock()
            told = contender()
            seconds[name].append(told if isinstance(told, float) else clock() - before)
    return [Measured(question, name, median(taken), runs, (bounds or {}).get(name)) for name, taken in seconds.items()]


def command(arguments: Sequence[str | Path], home: Path | None = None, expected: int = 0) -> Callable[[], None]:
    """A contender that is a command, run in the project's folder; `home` is its ESSAIM_HOME."""
    environment = {**os.environ, **({"ESSAIM_HOME": str(home)} if home else {})}

    def run() -> None:
        done = subprocess.run([*map(str, arguments)], cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode != expected:
            raise RuntimeError(f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    return run
