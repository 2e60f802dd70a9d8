"""Protecting and auditing a release, of the sample's size and in a row of ten, in CPU seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from bench.measure import Measured, interleaved
from bench.park import STATED_ON, Park
from publish.audit import check
from publish.cells import Printed, Thresholds
from publish.figures import truth
from publish.secure import secure

FIRMS, SITES = 1_520, 4


def measure(folder: Path) -> list[Measured]:
    """The bound: 10 s for the audit of a release with the nine before it. The park lives in memory."""
    park = Park(FIRMS, SITES)
    releases: list[Printed] = []
    for year in range(STATED_ON.year - 8, STATED_ON.year + 1):
        releases.append(secure(truth(park, Thresholds(), as_of=date(year, 1, 1)).tables, earlier=releases))
    newest = truth(park, Thresholds()).tables
    last = secure(newest, earlier=releases)
    steps: dict[str, Callable[[], object]] = {
        "the figures": partial(truth, park, Thresholds()),
        "protected and audited": partial(secure, newest, earlier=releases),
        "audited": partial(check, [*releases, last]),
    }
    question = f"a release after nine others, {FIRMS:,} firms on {SITES} sites"
    return interleaved(question, steps, runs=3, bounds={"audited": 10.0})
