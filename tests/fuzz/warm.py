"""The reading child kept warm: `data/read_child.py` itself, forked for each file, its limits and all.

A fresh interpreter takes forty milliseconds before it looks at a file, a fork two. Everything else is as it is in
earnest: the same code reads standard input, is limited in the same way and answers on standard output.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

CHILD = Path(__file__).parents[2] / "data" / "read_child.py"
# What is imported before the first fork; each request names the same paths.
_SERVE = """
import array, json, os, socket, sys
sys.path[:0] = json.loads(sys.argv[1])
sys.path.insert(0, sys.argv[2])
for absent in ("numpy", "pandas", "PIL", "lxml"):
    sys.modules[absent] = None
import openpyxl, python_calamine, read_child
import openpyxl.reader.excel, openpyxl.worksheet._read_only, zipfile, io
from xml.parsers import expat
line = socket.socket(fileno=int(sys.argv[3]))
while True:
    request, handles, _, _ = socket.recv_fds(line, 1 << 16, 2)
    if not request:
        os._exit(0)
    pid = os.fork()
    if pid == 0:
        line.close()
        os.dup2(handles[0], 0)
        os.dup2(handles[1], 1)
        sys.argv = ["read_child.py", request.decode()]
        try:
            read_child.main()
        finally:
            os._exit(1)
    for handle in handles:
        os.close(handle)
    line.send(str(pid).encode())
    line.recv(1)
    # Only now may the number be given to another process.
    try:
        os.kill(pid, 9)
    except OSError:
        pass
    os.waitpid(pid, 0)
    line.send(b".")
"""


class Warm:
    """Stands for the module `subprocess` in `data.read`."""

    PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL

    def __init__(self, paths: list[str]) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-S", "-B", "-c", _SERVE]
        self.line = ours
        self.server = subprocess.Popen(
            [*command, json.dumps(paths), str(CHILD.parent), str(its.fileno())],
            pass_fds=[its.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C.UTF-8", "RUST_BACKTRACE": "0"},
        )
        its.close()

    def Popen(self, command: list[str], stdin: Any, **_: Any) -> Forked:
        """A fork that reads `stdin` as the child started by `command` would."""
        return Forked(self.line, command[-1], stdin)

    def close(self) -> None:
        """Ends the server."""
        self.line.close()
        self.server.wait(10)


class Forked:
    """One fork, as far as `data.read` asks a process anything."""

    def __init__(self, line: socket.socket, request: str, stdin: Any) -> None:
        heard, said = os.pipe()
        self.line = line
        socket.send_fds(line, [request.encode()], [stdin.fileno(), said])
        os.close(said)
        self.stdout = os.fdopen(heard, "rb")
        self.pid = int(line.recv(32))

    def kill(self) -> None:
        """Ends it, whatever it does."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Waits until it is gone."""
        self.line.send(b".")
        self.line.recv(1)
