"""Date cells: every form people write, one order of day and month per column, precision kept."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dates import dates

TODAY = date(2026, 11, 22)
FRENCH = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
ENGLISH = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
SHORT = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]
DAYS = st.dates(date(1900, 3, 1), date(2100, 12, 31))


def one(cell: object, order: str | None = None) -> tuple[date | None, str | None]:
    typed = dates([cell], TODAY, order)
    assert typed.precisions is not None
    return typed.values[0], typed.precisions[0]


@given(DAYS)
def test_a_day_is_read_back_from_every_form_that_has_one_meaning(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    forms = [
        day,
        datetime(day.year, day.month, day.day, 13, 5),
        float(serial),
        serial + 0.75,
        day.isoformat(),
        f"{day.isoformat()}T00:00:00",
        f"{day.isoformat()} 08:30",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.day} {FRENCH[day.month - 1]} {day.year}",
        f"{day.day} {FRENCH[day.month - 1].upper()} {day.year}",
        f"{day.day} {SHORT[day.month - 1]} {day.year}",
        f"{ENGLISH[day.month - 1]} {day.day}, {day.year}",
        f"{day.day}-{ENGLISH[day.month - 1][:3]}-{day.year}",
        f"lundi {day.day} {FRENCH[day.month - 1]} {day.year}",
    ]
    for form in forms:
        if isinstance(form, float) and 1900 <= form <= 2100:
            continue  # a year
        assert one(form) == (day, "day"), form


@given(st.lists(DAYS, min_size=1, max_size=20), st.sampled_from("/-. "), st.sampled_from(["dmy", "mdy"]))
def test_a_column_of_one_order_is_read_in_that_order(days: list[date], sign: str, order: str) -> None:
    days = [*days, date(2020, 10, 25)]  # a day over 12 decides
    form = f"%d{sign}%m{sign}%Y" if order == "dmy" else f"%m{sign}%d{sign}%Y"
    typed = dates([day.strftime(form) for day in days], TODAY)
    assert typed.values == days
    assert typed.order == order and typed.decided and not typed.torn and not typed.wrongs


@given(DAYS, st.sampled_from(["dmy", "mdy"]))
def test_a_given_order_is_kept(day: date, order: str) -> None:
    form = "%d/%m/%Y" if order == "dmy" else "%m/%d/%Y"
    assert one(day.strftime(form), order) == (day, "day")


def test_the_order_of_a_torn_column_is_never_decided_cell_by_cell() -> None:
    cells = ["13/05/2020", "05/13/2020", "25/12/2019", "12/25/2019", "03/04/2020", "31/01/2018"]
    typed = dates(cells, TODAY)
    assert typed.torn
    assert typed.values == [date(2020, 5, 13), None, date(2019, 12, 25), None, date(2020, 4, 3), date(2018, 1, 31)]
    assert {i: code for i, (code, _) in typed.wrongs.items()} == {1: "contrary-date", 3: "contrary-date"}
    assert typed.doubtful == {4}
    told = dates(cells, TODAY, "mdy")
    assert told.values[4] == date(2020, 3, 4) and set(told.wrongs) == {0, 2, 5}


def test_a_column_that_nothing_decides_is_read_day_first_and_says_so() -> None:
    typed = dates(["03/04/2020", "05/06/2021", "07/07/2021"], TODAY)
    assert typed.values == [date(2020, 4, 3), date(2021, 6, 5), date(2021, 7, 7)]
    assert not typed.decided and typed.doubtful == {0, 1}


@pytest.mark.parametrize(
    ("cell", "day", "precision"),
    [
        ("03/2015", date(2015, 3, 1), "month"),
        ("2015-03", date(2015, 3, 1), "month"),
        ("octobre 2020", date(2020, 10, 1), "month"),
        ("oct. 2020", date(2020, 10, 1), "month"),
        ("octobre-20", date(2020, 10, 1), "month"),
        ("Oct-20", date(2020, 10, 1), "month"),
        ("2015", date(2015, 1, 1), "year"),
        (2015, date(2015, 1, 1), "year"),
        (2015.0, date(2015, 1, 1), "year"),
        ("25-10-20", date(2020, 10, 25), "day"),
        ("25/10/99", date(1999, 10, 25), "day"),
        ("1er janvier 2020", date(2020, 1, 1), "day"),
        ("25.10.2020", date(2020, 10, 25), "day"),
        ("43845", date(2020, 1, 15), "day"),
        (20201025.0, date(2020, 10, 25), "day"),
        (1.0, date(1900, 1, 1), "day"),
        (60.0, date(1900, 2, 28), "day"),
        ("25 أكتوبر 2020", date(2020, 10, 25), "day"),
        ("٢٥/١٠/٢٠٢٠", date(2020, 10, 25), "day"),
    ],
)
def test_precision_and_odd_forms(cell: object, day: date | None, precision: str | None) -> None:
    assert one(cell) == (day, precision)


@pytest.mark.parametrize("cell", [None, "", "-", "n.c.", "#N/A", "en cours", "à ce jour", "Présent"])
def test_no_date_is_no_wrong(cell: object) -> None:
    typed = dates([cell], TODAY)
    assert typed.values == [None] and not typed.wrongs


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("31/02/2020", "impossible-date"),
        ("2020-02-30", "impossible-date"),
        ("31 novembre 2020", "impossible-date"),
        ("00/05/2020", "impossible-date"),
        ("32/13/2020", "impossible-date"),
        ("25/10/1820", "year-out-of-range"),
        (date(2201, 1, 1), "year-out-of-range"),
        ("bientôt", "unreadable-date"),
        ("25 brumaire 2020", "unreadable-date"),
        (True, "unreadable-date"),
        (-5.0, "unreadable-date"),
        (float("inf"), "unreadable-date"),
        ("123", "unreadable-date"),
    ],
)
def test_what_is_no_date_says_why(cell: object, code: str) -> None:
    typed = dates([cell], TODAY)
    assert typed.values == [None] and typed.wrongs[0][0] == code


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans()))
def test_nothing_in_a_cell_breaks_the_reading(cell: object) -> None:
    typed = dates([cell], TODAY)
    assert typed.values[0] is None or 1900 <= typed.values[0].year <= 2100
