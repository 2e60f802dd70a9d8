"""Prepares Superset's metadata, which takes a while, once: `python -m bench.superset` after it is installed."""

from __future__ import annotations

import os
import subprocess

from bench.superset import FOLDER, METADATA, NAME, PASSWORD, environment

ACCOUNT = ["--username", NAME, "--password", PASSWORD, "--firstname", "B", "--lastname", "B", "--email", "b@b.example"]


def main() -> None:
    METADATA.unlink(missing_ok=True)
    settings = {**os.environ, **environment(METADATA, FOLDER / "home"), "FLASK_APP": "superset"}
    for arguments in (["db", "upgrade"], ["init"], ["fab", "create-admin", *ACCOUNT]):
        subprocess.run([FOLDER / "bin" / "superset", *arguments], env=settings, check=True)


if __name__ == "__main__":
    main()
