"""The overview's four tiles and four charts as an Apache Superset dashboard, where Superset installs."""

from __future__ import annotations

from pathlib import Path

from bench.measure import ROOT

# An environment of its own: it needs older releases of nearly everything.
FOLDER = ROOT / ".bench-superset"
METADATA = FOLDER / "metadata.db"
NAME, PASSWORD = "bench", "bench-only"


def environment(metadata: Path, home: Path) -> dict[str, str]:
    """What Superset is told by variables; it writes into `home` and nowhere else."""
    return {
        "SUPERSET_CONFIG_PATH": str(Path(__file__).parent / "settings.py"),
        "SUPERSET_METADATA": f"sqlite:///{metadata}",
        "SUPERSET_HOME": str(home),
    }
