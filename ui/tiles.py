"""What a tile says beside its figure: the split, the bounds, the same window a year before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from metrics import METRICS
from metrics.metric import Metric
from ui import words


@dataclass(frozen=True)
class Card:
    """One tile: what it counts (the metric carries its definition), the figure, and what a reader needs beside it."""

    metric: Metric
    value: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """The figures of one `ask()` without dimensions, each a row with its value and what belongs to it."""

    rows: pd.DataFrame

    def of(self, name: str) -> dict[str, Any]:
        row = self.rows.loc[self.rows["metric"] == name].iloc[0]
        return {str(key): None if pd.isna(value) else value for key, value in row.items()}


def hosted(answers: Answers) -> Card:
    """Firms hosted on the day."""
    return Card(METRICS["hosted"], words.count(answers.of("hosted")["value"]), ("Tenants with a stay on this day.",))


def former(answers: Answers) -> Card:
    """Former tenants with the split into alumni and closed."""
    alumni, closed = (words.count(answers.of(name)["value"]) for name in ("alumni", "closed"))
    line = f"{alumni} alumni and {closed} known to have closed."
    return Card(METRICS["former"], words.count(answers.of("former")["value"]), (line,))


def survival(answers: Answers) -> Card:
    """Five-year survival with what it rests on: the firms counted, the unknown fates, and the bounds they leave."""
    row = answers.of("survival_5y")
    lines = []
    if row["n"]:
        alive, known = words.count(row["n"] - row["events"]), words.count(row["n"])
        lines.append(f"{alive} of {known} firms past their fifth anniversary of entry.")
    if row["unknown"]:
        untraced = words.share(row["unknown"] / (row["n"] + row["unknown"]))
        low, high = words.share(row["lower_bound"]), words.share(row["upper_bound"])
        lines.append(
            f"{words.count(row['unknown'])} more of unknown fate ({untraced}): {low} if all closed, {high} if none."
        )
    if row["note"]:
        lines.append(words.sentence(row["note"]))
    return Card(METRICS["survival_5y"], words.share(row["value"]), tuple(lines))


def entries(answers: Answers, before: Answers, since: date) -> Card:
    """Entries of a window beside those of the same window a year before."""
    now, then = answers.of("entries")["value"], before.of("entries")["value"]
    lines = (
        f"Since {words.day(since)}.",
        f"{words.count(then)} in the same window a year before ({words.change(now, then)}).",
    )
    return Card(METRICS["entries"], words.count(now), lines)
