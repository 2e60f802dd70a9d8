"""Where this park keeps its ledger and its generations, as the environment says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """`folder` holds the generations (and, by default, the ledger); `ledger_url` is an SQLAlchemy URL."""

    folder: Path
    ledger_url: str

    @staticmethod
    def at(folder: Path | str, ledger_url: str | None = None) -> Home:
        """The home in `folder`; its ledger is a SQLite file there unless another URL is given."""
        folder = Path(folder).absolute()
        return Home(folder, ledger_url or f"sqlite:///{folder / 'ledger.sqlite'}")

    @staticmethod
    def from_environment() -> Home:
        """The home named by ESSAIM_HOME (default `./var`) and ESSAIM_LEDGER."""
        return Home.at(os.environ.get("ESSAIM_HOME") or "var", os.environ.get("ESSAIM_LEDGER") or None)

    @property
    def generations(self) -> Path:
        return self.folder / "generations"

    @property
    def site(self) -> Path:
        """What everybody may see, as it was written last: nothing else of the home is shown to strangers."""
        return self.folder / "site"
