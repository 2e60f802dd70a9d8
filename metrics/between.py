"""Which firms make the difference between two figures: those that came into a list, that went, or that differ in it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from metrics.behind import Behind
from metrics.metric import Metric
from metrics.moved import counts

CAME, WENT, CHANGED = "came", "went", "changed"
SIDES = (CAME, WENT, CHANGED)
_DAYS = ("entered_on", "left_on", "closed_on")


def between(before: Behind, after: Behind) -> dict[str, Behind]:
    """The rows of one list of a metric by SIDES: those that only `after` has, those that only `before` has, and of
    those in both the ones that weigh otherwise or, where the figure is no count, have other days (as `after` has them).

    Rows are told apart by their firm; where a firm may be listed at several sites, or several times, by its site and
    its turn there. Both lists are to be whole.
    """
    metric, part = after.metric, after.part
    old, new = _named(before.rows, metric), _named(after.rows, metric)
    both = new.index.intersection(old.index)
    names = ["weight", *(() if counts(metric) else _DAYS)]
    differs = (_told(old.loc[both, names]) != _told(new.loc[both, names])).any(axis=1)
    found = {
        CAME: (after, new[~new.index.isin(both)]),
        WENT: (before, old[~old.index.isin(both)]),
        CHANGED: (after, new.loc[both[differs.to_numpy()]]),
    }
    return {
        side: replace(whose, counts={part: len(rows)}, rows=rows.reset_index(drop=True))
        for side, (whose, rows) in found.items()
    }


def _named(rows: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """The rows under what tells them apart."""
    several = metric.over in ("space", "transfer", "departure")
    names = ["firm_id", "site"] if several else ["firm_id"]
    keys = _told(rows[names])
    turn = keys.groupby(names, sort=False).cumcount()
    return rows.set_index(pd.MultiIndex.from_arrays([*(keys[name] for name in names), turn]))


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells as texts, so that what is missing equals what is missing."""
    return rows.astype(object).where(rows.notna(), "").astype(str)
