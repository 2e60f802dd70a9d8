"""A PostgreSQL of the tests' own, where the machine has one: in a folder, on a socket, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPTIONS = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; None where no PostgreSQL is installed, or it would have to run as root."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    usable = os.geteuid() != 0 or (shutil.which("runuser") is not None and _postgres_user())
    return folders[-1] if folders and usable else None


def _postgres_user() -> bool:
    return subprocess.run(["id", "-u", "postgres"], capture_output=True, check=False).returncode == 0


@contextmanager
def cluster() -> Iterator[str]:
    """A running server; gives its SQLAlchemy URL."""
    folder = programs()
    assert folder is not None
    # The path of a socket may be 107 bytes long, which pytest's folders are not always.
    with tempfile.TemporaryDirectory(prefix="essaim-pg-") as home:
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if user:
            shutil.chown(home, "postgres")

        def run(*command: str) -> None:
            subprocess.run([*user, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd="/")

        data = f"{home}/data"
        run(str(folder / "initdb"), "-D", data, "-U", "essaim", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"{OPTIONS} -c unix_socket_directories={home}"
        run(str(folder / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", f"{home}/log", "start")
        try:
            yield f"postgresql+psycopg://essaim@/postgres?host={home}"
        finally:
            run(str(folder / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
