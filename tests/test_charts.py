"""Figures show every month, every name in its own colour, and which month is not over."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from charts.bars import NO_NAME, months, stacked_months
from charts.theme import OTHER, PALETTE, colours

COUNTS = pd.DataFrame(
    {
        "month": ["2020-08", "2020-10", "2020-10", "2020-10"],
        "site": pd.Categorical(["Rabat", "Casablanca", "Rabat", None]),
        "value": [2, 3, 1, 4],
    }
)
ORDER = ["Casablanca", "Rabat", "Agadir"]


def table() -> pd.DataFrame:
    return months(COUNTS, "site", ORDER, date(2020, 7, 14), date(2020, 10, 25))


def test_months_without_a_count_are_there_with_nought() -> None:
    assert list(table().index) == [pd.Timestamp(2020, month, 1) for month in (7, 8, 9, 10)]
    assert list(table()["Rabat"]) == [0, 2, 0, 1]


def test_names_keep_their_order_and_those_without_one_are_counted() -> None:
    assert list(table().columns) == ["Casablanca", "Rabat", NO_NAME]
    assert table().to_numpy().sum() == COUNTS["value"].sum()


def test_nothing_counted_is_no_error() -> None:
    empty = months(COUNTS.iloc[:0], "site", ORDER, date(2020, 7, 1), date(2020, 10, 25))
    assert empty.shape == (4, 0)
    assert len(stacked_months(empty, colours(ORDER), as_of=date(2020, 10, 25)).data) == 0


@pytest.mark.parametrize(("as_of", "last"), [(date(2020, 10, 25), "/"), (date(2020, 10, 31), "")])
def test_only_a_month_that_is_not_over_is_hatched(as_of: date, last: str) -> None:
    for trace in stacked_months(table(), colours(ORDER), as_of=as_of).data:
        assert list(trace.marker.pattern.shape) == ["", "", "", last]


def test_a_name_keeps_its_colour_whoever_else_is_shown() -> None:
    figure = stacked_months(table(), colours(ORDER), as_of=date(2020, 10, 25))
    assert {trace.name: trace.marker.color for trace in figure.data} == {
        "Casablanca": PALETTE[0],
        "Rabat": PALETTE[1],
        NO_NAME: OTHER,
    }


def test_a_name_is_never_markup() -> None:
    named = COUNTS.assign(site="<a href='x'>y</a>")
    figure = stacked_months(
        months(named, "site", [], date(2020, 8, 1), date(2020, 10, 31)), {}, as_of=date(2020, 10, 31)
    )
    assert "<" not in figure.data[0].name
