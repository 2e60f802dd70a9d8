"""A server as a process on loopback: started, waited for, its CPU seconds read, stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

_PATIENCE = 120


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, and its first process."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """CPU seconds of the whole tree of processes, of threads that ended too.

        The clock of a process counts nanoseconds; /proc counts ticks of 10 ms, half of a bound we look at.
        """
        seconds = 0.0
        for one in (self.process, *self.process.children(recursive=True)):
            # The kernel's name of another process's CPU clock, as clock_getcpuclockid(3) makes it.
            with suppress(OSError, psutil.NoSuchProcess):
                seconds += time.clock_gettime((~one.pid << 3) | 2)
        return seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path], port: int, health: str, folder: Path, log: Path, environment: Mapping[str, str]
) -> Iterator[Server]:
    """Starts a command that listens on `port`, waits until `health` answers there, and stops it afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "ESSAIM_"))}
    with log.open("w") as output:
        process = subprocess.Popen(
            [*map(str, command)], cwd=folder, env={**kept, **environment}, stdout=output, stderr=output
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url + health, log)
            yield Server(url, psutil.Process(process.pid))
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped:\n{log.read_text()[-2000:]}")
        with suppress(OSError), urllib.request.urlopen(address, timeout=10):
            return
        time.sleep(0.2)
    raise RuntimeError(f"{address} did not answer within {_PATIENCE} s:\n{log.read_text()[-2000:]}")


def ours() -> float:
    """CPU seconds of this process and everything it has started, in ticks."""
    me = psutil.Process()
    seconds = 0.0
    for one in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            used = one.cpu_times()
            seconds += used.user + used.system
    return seconds


def everybody() -> float:
    """CPU seconds that this machine has worked since it started, in ticks."""
    used = psutil.cpu_times()
    return float(used.user + used.nice + used.system + used.irq + used.softirq)
