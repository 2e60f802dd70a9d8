"""The same window over the years: the same days in each, running ones cut alike, and what was known as soon after."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.ask import NothingLoaded, Scope, Unknown, ask
from metrics.window import same_window
from tests.model import Park
from tests.test_properties import CHECKED, SITES, STATED, Rows, rows


def entered(*days: date, site: str = "A") -> list[dict[str, Any]]:
    return [{"firm_id": f"{site} {day} {n}", "site": site, "entered_on": day} for n, day in enumerate(days)]


def values(table: Any) -> list[float | None]:
    return [None if value != value else value for value in table["value"]]


@CHECKED
@given(
    rows(),
    st.sampled_from([(date(2020, 4, 1), date(2020, 10, 25)), (date(2016, 3, 1), date(2016, 9, 30))]),
    st.sampled_from([(), SITES[:1], SITES[:2]]),
)
def test_each_year_is_what_a_scope_of_that_window_counts(
    given_rows: Rows, window: tuple[date, date], sites: tuple[str, ...]
) -> None:
    park = Park(STATED, tenants=given_rows)
    sites = tuple(site for site in sites if any(row["site"] == site for row in given_rows))
    table = same_window(park, Scope(sites=sites), *window, years=8)
    assert table["year"].tolist() == list(range(window[0].year - 7, window[0].year + 1))
    for row in table.to_dict("records"):
        scope = Scope(sites=sites, start=row["first"], end=row["last"])
        wanted = ask(park, ["entries"], scope).iloc[0]
        if row["value"] == row["value"]:
            assert [row["value"], row["low"], row["high"]] == [wanted["value"], wanted["low"], wanted["high"]]
        else:
            assert "before the first entry" in row["note"] and wanted["value"] == 0


def test_fifty_entries_and_their_limits() -> None:
    days = [date(2019, 4, 1) + timedelta(days=n) for n in range(50)]
    park = Park(date(2020, 12, 31), tenants=entered(*days, date(2019, 3, 31), date(2019, 10, 26), date(2018, 4, 3)))
    table = same_window(park, Scope(), date(2019, 4, 1), date(2019, 10, 25), 2)
    assert values(table) == [1, 50]
    assert [round(table[name].iloc[1], 2) for name in ("low", "high")] == [37.11, 65.92]
    assert not table["running"].any()
    assert table["note"].iloc[0] == "the first entry in the lists lies inside this window"


def test_a_running_window_cuts_every_year_to_its_last_day() -> None:
    park = Park(
        date(2020, 6, 15), tenants=entered(date(2018, 6, 15), date(2018, 6, 16), date(2019, 6, 20), date(2020, 5, 1))
    )
    table = same_window(park, Scope(), date(2020, 4, 1), date(2020, 10, 25), 3)
    assert table["last"].tolist() == [date(2018, 6, 15), date(2019, 6, 15), date(2020, 6, 15)]
    assert values(table) == [1, 0, 1] and table["running"].all()
    assert table["note"].iloc[2] == "this window is not over: in every year the days up to 2020-06-15 are counted"
    over = same_window(park, Scope(as_of=date(2019, 12, 31)), date(2019, 4, 1), date(2019, 10, 25), 2)
    assert values(over) == [2, 1] and not over["running"].any()


def test_a_window_to_come_has_no_value() -> None:
    park = Park(date(2020, 3, 1), tenants=entered(date(2018, 6, 15), date(2019, 6, 20)))
    table = same_window(park, Scope(), date(2020, 4, 1), date(2020, 10, 25), 3)
    assert values(table) == [1, 1, None] and table["note"].iloc[2] == "this window has not begun"


def test_a_window_over_new_year_and_the_end_of_february() -> None:
    park = Park(
        date(2021, 6, 1), tenants=entered(date(2016, 1, 31), date(2016, 2, 29), date(2017, 2, 28), date(2019, 12, 1))
    )
    winter = same_window(park, Scope(), date(2020, 11, 1), date(2021, 2, 28), 6)
    assert winter["year"].tolist() == [2016, 2017, 2018, 2019, 2020, 2021]
    assert winter["last"].iloc[0] == date(2016, 2, 29) and values(winter)[:2] == [2, 1] and values(winter)[4] == 1
    leap = same_window(park, Scope(), date(2020, 2, 29), date(2020, 2, 29), 2)
    assert leap["first"].tolist() == [date(2019, 3, 1), date(2020, 2, 29)]


@pytest.mark.parametrize(("start", "end"), [(date(2020, 2, 2), date(2020, 2, 1)), (date(2019, 2, 1), date(2020, 2, 1))])
def test_what_is_no_window_is_refused(start: date, end: date) -> None:
    with pytest.raises(ValueError, match="is no window"):
        same_window(Park(STATED, tenants=entered(date(2015, 1, 1))), Scope(), start, end, 3)


def test_names_nobody_bears_and_nothing_loaded() -> None:
    park = Park(STATED, tenants=entered(date(2015, 1, 1)))
    with pytest.raises(Unknown):
        same_window(park, Scope(sites=("B",)), date(2020, 4, 1), date(2020, 10, 25), 3)
    park.stated_on = None
    with pytest.raises(NothingLoaded):
        same_window(park, Scope(), date(2020, 4, 1), date(2020, 10, 25), 3)


def test_the_same_lag() -> None:
    """26 were known at the end of 2019, 30 days after the window; late reports made them 46 since."""
    early = entered(*[date(2019, 5, 1 + n) for n in range(26)])
    late = entered(*[date(2019, 6, 1 + n) for n in range(20)])
    then = Park(date(2019, 10, 31), tenants=early)
    shorter = Park(date(2018, 6, 30), tenants=entered(date(2018, 4, 2), date(2018, 5, 2)))
    nothing = Park(STATED)
    nothing.stated_on = None
    asked: list[date] = []

    def at(day: date) -> Any:
        asked.append(day)
        return {2019: then, 2018: shorter}.get(day.year, nothing)

    older = entered(date(2017, 4, 5), date(2018, 4, 2), date(2018, 5, 2), date(2018, 9, 9))
    now = Park(
        date(2020, 10, 25), tenants=[*early, *late, *older, *entered(*[date(2020, 5, 1 + n) for n in range(25)])]
    )
    now.known_on = date(2020, 11, 24)
    table = same_window(now, Scope(), date(2020, 4, 1), date(2020, 10, 25), 5, generation_at=at)
    assert values(table) == [None, 1, 3, 46, 25]
    assert [None if value != value else value for value in table["value_then"]] == [None, None, 2, 26, 25]
    assert asked == [date(2017, 11, 24), date(2018, 11, 24), date(2019, 11, 24)]
    assert table["known_then_on"].tolist()[1:] == [*asked, date(2020, 11, 24)]
    assert table["note_then"].iloc[1] == "nothing was known on 2017-11-24"
    assert table["note_then"].iloc[2] == "the lists known on 2018-11-24 went up to 2018-06-30"
    assert table["low_then"].iloc[3] < 26 < table["high_then"].iloc[3]
    without = same_window(now, Scope(), date(2020, 4, 1), date(2020, 10, 25), 5)
    assert without["value_then"].isna().all() and without["known_then_on"].isna().all()
