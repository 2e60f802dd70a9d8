"""The same window over the years: which days are compared, and the chart of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from charts import years
from charts.chart import Chart
from metrics import METRICS, period
from metrics.window import same_window
from ui import park
from ui.asked import Asked
from ui.kept import kept
from ui.view import View

YEARS = 10


def chosen(view: View) -> tuple[date, date]:
    """The reader's period where it fits into a year, else the year so far."""
    start, end = view.scope.start, view.scope.end
    if start and end and start > period.before(end, years=1):
        return start, end
    return view.last.replace(month=1, day=1), view.last


def compared(view: View) -> pd.DataFrame:
    """Entries in the window of each of the last years, as known today and as known just as soon after its end."""
    first, last = chosen(view)
    return kept.get(
        ("window", view.identity, view.scope, first, last),
        lambda: same_window(view.park, view.scope, first, last, YEARS, view.t, park.generation),
    )


def chart(view: View) -> Chart:
    """The chart of the window chosen."""
    return years.windows(compared(view), view.t, view.look, metric=METRICS["entries"])


def behind(view: View) -> list[Asked]:
    """The entries of every window shown, the latest first, as known today and as known just as soon after it."""
    t, asked = view.t, []
    for row in reversed(compared(view).to_dict("records")):
        scope = replace(view.scope, start=row["first"], end=row["last"])
        asked.append(Asked(str(row["year"]), "entries", scope))
        then = row["known_then_on"]
        if row["value_then"] == row["value_then"] and then != view.known_on:
            stated = park.generation(then).stated_on or row["last"]
            asked.append(
                Asked(
                    t("{year}, as known on {day}", year=str(row["year"]), day=then),
                    "entries",
                    replace(scope, as_of=min(row["last"], stated)),
                    known_on=then,
                )
            )
    return asked
