"""The stated day: found where people write it, and never taken from a print date or from today."""

from __future__ import annotations

from datetime import date

import pytest

from data.stated import days_named, days_said, stated_day, undated
from data.table import Table

TODAY = date(2026, 11, 22)
DAY = date(2020, 10, 25)


def table(sheet: str = "Feuil1", titles: tuple[str, ...] = (), headers: tuple[str, ...] = ("Site",)) -> Table:
    return Table(sheet, (1,), headers, [["Rabat"] for _ in headers], [2], titles, ())


@pytest.mark.parametrize(
    "title",
    [
        "Situation au 25/10/2020",
        "SITUATION ARRÊTÉE AU 25/10/2020",
        "Liste des entreprises hébergées au 25 octobre 2020",
        "Locataires – Situation au 25.10.2020",
        "Stated on 2020-10-25",
        "Tenants as of October 25, 2020",
        "Situation : 25/10/2020",
        "Entrées du 01/04/2020 au 25/10/2020",
        "Statut au 25/10/2020",
        "Arrêté à la date du 25-10-2020",
    ],
)
def test_a_title_says_the_day(title: str) -> None:
    assert days_said(title, TODAY) == [DAY]


@pytest.mark.parametrize(
    "title",
    [
        "Édité le 31/10/2020",
        "LISTE DES ENTREPRISES — OCTOBRE 2020",
        "Créé par le bureau au 3e étage",
        "Effectif 2020",
        "",
    ],
)
def test_a_print_date_is_no_stated_day(title: str) -> None:
    assert days_said(title, TODAY) == []


def test_the_end_of_a_month_is_its_last_day() -> None:
    assert days_said("Situation à fin octobre 2020", TODAY) == [date(2020, 10, 31)]
    assert days_said("Situation au 31 février 2020", TODAY) == []


@pytest.mark.parametrize(
    "name",
    [
        "locataires 2020-10-25.xlsx",
        "locataires_25-10-2020.xlsx",
        "export_20201025.csv",
        "Liste 25 octobre 2020",
        "25.10.2020",
    ],
)
def test_a_name_says_the_day(name: str) -> None:
    assert days_named(name, TODAY) == [DAY]


@pytest.mark.parametrize("name", ["locataires_2020.xlsx", "001704504319822.csv", "rapport 12.xlsx", "20209999.csv"])
def test_a_number_in_a_name_is_no_day(name: str) -> None:
    assert days_named(name, TODAY) == []


def test_the_first_place_that_names_a_day_decides() -> None:
    full = table("Au 2020-10-22", ("Situation au 25/10/2020",), ("Statut au 24/10/2020",))
    header = table("Au 2020-10-22", (), ("Statut au 24/10/2020",))
    sheet = table("Au 2020-10-22")
    name = "f_2020-10-21.csv"
    assert stated_day([full], name, TODAY, date(2020, 10, 26), None) == (date(2020, 10, 26), [])
    assert stated_day([full], name, TODAY, None, None)[0] == date(2020, 10, 25)
    assert stated_day([header], name, TODAY, None, None)[0] == date(2020, 10, 24)
    assert stated_day([sheet], name, TODAY, None, None)[0] == date(2020, 10, 22)
    assert stated_day([table()], name, TODAY, None, None)[0] == date(2020, 10, 21)


def test_no_day_is_an_error_and_never_today() -> None:
    day, problems = stated_day([table()], "locataires.csv", TODAY, None, None)
    assert day is None and [(p.code, p.severity) for p in problems] == [("stated-day-missing", "error")]


def test_two_days_in_one_load_are_an_error_that_names_both() -> None:
    tables = [table("A", ("Situation au 25/10/2020",)), table("B", ("Situation au 30/09/2020",))]
    day, problems = stated_day(tables, "f.xlsx", TODAY, None, None)
    assert day is None and problems[0].code == "stated-day-conflict" and problems[0].severity == "error"
    assert "2020-10-25" in problems[0].message and "2020-09-30" in problems[0].message
    assert stated_day(tables, "f.xlsx", TODAY, DAY, None) == (DAY, [])


def test_a_day_still_to_come_is_a_warning() -> None:
    day, problems = stated_day([table()], "f.csv", TODAY, date(2027, 1, 1), None)
    assert day == date(2027, 1, 1) and [p.code for p in problems] == ["stated-day-ahead"]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Statut au 20/08/2026", "statut"),
        ("Effectif (2020)", "effectif"),
        ("Effectif fin décembre 2019", "effectif"),
        ("Date d'entrée", "date d'entree"),
        ("2011", ""),
    ],
)
def test_a_header_without_its_date(header: str, name: str) -> None:
    assert undated(header) == name
