"""What a Chart is: a figure, what it says in words, the numbers behind it, and the source that is printed with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from charts.theme import NORMAL, axis, figure, safe, words_in
from metrics.ask import Answer
from words import Words

# So many letters of a sentence fit beside each other on a phone.
LINE = 44
# What a form draws: an answer of the catalogue, or a table with the same columns.
Rows = Answer | pd.DataFrame
Columns = Mapping[str, Sequence[Any] | np.ndarray[Any, Any]] | pd.DataFrame


@dataclass(frozen=True)
class Chart:
    """One figure and all that belongs to it, in one reader's language.

    `title` says what is seen; `alt` says it in words to those who do not see it. `rows` has a row per mark, its
    headings translated and its values raw; `reads` tells by heading how such a value is written. A click on a point
    filters `picks` by the first item of the point's custom data. `notes` are sentences a reader needs under the figure.
    """

    figure: go.Figure
    title: str
    alt: str
    rows: Columns
    reads: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    picks: str | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as a DataFrame, made when they are looked at."""
        return self.rows if isinstance(self.rows, pd.DataFrame) else pd.DataFrame(self.rows)


@dataclass(frozen=True)
class Source:
    """What is printed into everything that leaves the app: what is meant, what was asked, as of when, and whose it is.

    `definitions` are labels with their sentences, `scope` the sentence that says what one looks at.
    """

    definitions: tuple[tuple[str, str], ...]
    scope: str
    stated_on: date | None
    known_on: date | None
    name: str
    made_on: date

    def lines(self, t: Words) -> list[str]:
        """The source in whole lines, the definitions first."""
        told = [t("{label}: {says}", label=label, says=says) for label, says in self.definitions]
        told.append(self.scope)
        if self.stated_on and t.day(self.stated_on) in self.scope:
            # The sentence about the scope has said it.
            pass
        elif self.stated_on and self.known_on:
            told.append(t("Situation on {stated_on}, as known on {known_on}.", **self._days))
        elif self.stated_on:
            told.append(t("Situation on {stated_on}.", stated_on=self.stated_on))
        told.append(t("Source: {name}, {made_on}.", name=self.name, made_on=self.made_on))
        return [line for line in told if line]

    @property
    def _days(self) -> dict[str, Any]:
        return {"stated_on": self.stated_on, "known_on": self.known_on}


def frame(rows: Rows) -> pd.DataFrame:
    """What a form draws as a DataFrame, for forms that need one."""
    return rows.frame() if isinstance(rows, Answer) else rows


def nothing(t: Words, title: str, headings: list[str], picks: str | None = None) -> Chart:
    """A chart of nothing: the sentence that says so, in the middle of no axes."""
    lines = [safe(line) for line in wrap(title, LINE, break_on_hyphens=False)]
    said = words_in("<br>".join(lines), size=NORMAL, x=0.5, y=0.5, xref="paper", yref="paper", align="center")
    hidden = axis(visible=False)
    empty = figure(
        [], t, height=max(140, 40 + 20 * len(lines)), annotations=[said], xaxis=hidden, yaxis=hidden, hovermode=False
    )
    return Chart(empty, title, title, {heading: [] for heading in headings}, {}, picks)
