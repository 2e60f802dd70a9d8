"""What a person is asked to look at before a load counts: contradictions, doubles, vanishing rows, sheets left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.home import Home
from data.intake import Choices, Outcome, load
from data.match import Mapping
from data.warehouse import Warehouse

HEADER = "Identifiant;Raison sociale;Site;Entrée;Sortie\n"
NEW = Mapping(new_sites=True, new_sectors=True)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(Home.at(tmp_path / "home"))


def _load(warehouse: Warehouse, rows: str, day: str, header: str = HEADER, **said: Any) -> Outcome:
    path = warehouse.home.folder.parent / f"liste au {day}.csv"
    path.write_text(header + rows, encoding="utf-8")
    return load(warehouse, path, Choices(mapping=NEW, stated_on=date.fromisoformat(day), by="test", **said))


def _codes(outcome: Outcome) -> list[str]:
    return [problem.code for problem in outcome.problems if problem.severity != "note"]


def test_the_same_firm_under_another_identifier_is_asked_about(warehouse: Warehouse) -> None:
    assert _load(warehouse, "1;Un;Rabat;15/01/2015;\n", "2020-09-30").receipt == 1
    outcome = _load(warehouse, "0001;Un;Rabat;15/01/2015;\n", "2020-10-31")
    assert _codes(outcome) == ["same-name-other-id"] and outcome.refused
    assert "identifier 1 too" in outcome.problems[0].message


def test_two_identifiers_in_one_file_are_asked_about(warehouse: Warehouse) -> None:
    outcome = _load(
        warehouse, "1;Un;Rabat;15/01/2015;\n2;UN;Rabat;15/01/2015;\n3;Deux;Rabat;15/01/2015;\n", "2020-09-30"
    )
    assert _codes(outcome) == ["same-name-other-id"] * 2


def test_a_firm_shown_present_after_a_known_exit_is_asked_about(warehouse: Warehouse) -> None:
    _load(warehouse, "1;Un;Rabat;15/01/2015;31/01/2020\n", "2020-09-30")
    assert _codes(_load(warehouse, "1;Un;Rabat;15/01/2015;\n", "2020-10-31")) == ["exit-withdrawn"]
    without = _load(warehouse, "1;Un;Rabat;15/01/2015\n", "2020-10-31", "Identifiant;Raison sociale;Site;Entrée\n")
    assert _codes(without) == [], "a list without a column of exits says nothing about them"


def test_an_entry_known_at_another_site_is_asked_about(warehouse: Warehouse) -> None:
    _load(warehouse, "1;Un;Rabat;15/01/2015;\n", "2020-09-30")
    assert _codes(_load(warehouse, "1;Un;Tanger;15/01/2015;\n", "2020-10-31")) == ["site-changed"]
    both = _load(warehouse, "1;Un;Rabat;15/01/2015;\n1;Un;Tanger;15/01/2015;\n", "2020-10-31")
    assert _codes(both) == [], "a list that names both sites means both"


def test_two_stays_at_one_time_at_one_site_are_asked_about(warehouse: Warehouse) -> None:
    rows = "1;Un;Rabat;15/01/2010;01/01/2019\n1;Un;Rabat;15/01/2012;\n"
    rows += "2;Deux;Rabat;15/01/2010;15/01/2012\n2;Deux;Rabat;15/01/2012;\n"
    outcome = _load(warehouse, rows, "2020-09-30")
    assert [(p.code, p.row) for p in outcome.problems if p.severity != "note"] == [("overlapping-stays", 3)]


def test_a_replacement_is_judged_by_the_rows_it_covers(warehouse: Warehouse) -> None:
    casablanca = "".join(f"C{i};C {i};Casablanca;15/01/2015;\n" for i in range(100))
    agadir = "".join(f"A{i};A {i};Agadir;15/01/2015;\n" for i in range(8))
    _load(warehouse, casablanca + agadir, "2020-09-30")
    outcome = _load(warehouse, "A0;A 0;Agadir;15/01/2015;\n", "2020-10-31", mode="replace")
    assert _codes(outcome) == ["removes-many"] and outcome.difference.removed == 7
    assert "7 of 8" in outcome.problems[-1].message


def test_an_older_list_does_not_replace_a_newer_one_unasked(warehouse: Warehouse) -> None:
    _load(warehouse, "1;Un;Rabat;15/01/2015;\n", "2020-10-31")
    outcome = _load(warehouse, "1;Un;Rabat;16/01/2015;\n", "2020-09-30", mode="replace")
    assert _codes(outcome) == ["older-replacement"]
    outcome = _load(warehouse, "1;Un;Rabat;16/01/2015;\n", "2020-09-30", mode="replace", accept_warnings=True)
    assert outcome.receipt == 2
    assert warehouse.generation().stated_on == date(2020, 9, 30), "no row stands that was stated later"


def test_a_cohort_is_the_same_in_another_spelling(warehouse: Warehouse) -> None:
    header = "Identifiant;Raison sociale;Promotion;Statut\n"
    _load(warehouse, "1;Un;Promo 2014;Hébergée\n2;Deux;Promo 2014;Hébergée\n", "2020-09-30", header, kind="cohorts")
    outcome = _load(warehouse, "1;Un;promo 2014;Hébergée\n", "2020-10-31", header, kind="cohorts", mode="replace")
    assert (outcome.difference.added, outcome.difference.removed) == (0, 1)


def test_a_sheet_that_is_nearly_a_list_is_not_left_out_unsaid(warehouse: Warehouse, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rabat, tanger = book.active, book.create_sheet("Tanger")
    assert rabat is not None
    rabat.title = "Rabat"
    for sheet, day in ((rabat, "Entrée"), (tanger, "Jour")):
        sheet.append(["Identifiant", "Raison sociale", "Site", day])
        sheet.append([sheet.title, f"Firme de {sheet.title}", sheet.title, date(2015, 1, 15)])
    book.save(tmp_path / "park.xlsx")
    choices = Choices(mapping=NEW, stated_on=date(2020, 9, 30), by="test")
    outcome = load(warehouse, tmp_path / "park.xlsx", choices)
    assert outcome.refused and _codes(outcome) == ["sheet-incomplete"]
    assert "Tanger" in outcome.problems[0].message and "entrée" in outcome.problems[0].message.lower()


def test_an_unfilled_template_is_told_so(warehouse: Warehouse, tmp_path: Path) -> None:
    from data.check import Lists
    from data.template import write_template

    write_template("tenants", tmp_path / "t.xlsx", Lists((), ()))
    outcome = load(warehouse, tmp_path / "t.xlsx", Choices(stated_on=date(2020, 9, 30), by="test"))
    assert "header-only" in _codes(outcome)


def test_invented_sites_do_not_judge_the_first_real_list(warehouse: Warehouse) -> None:
    sample = Path(__file__).parents[1] / "data" / "sample" / "sites.xlsx"
    load(warehouse, sample, Choices(accept_warnings=True, by="test"))
    path = warehouse.home.folder.parent / "liste.csv"
    path.write_text(HEADER + "1;Un;Casablanca;15/01/2015;\n", encoding="utf-8")
    day = date(2020, 9, 30)
    asked = load(warehouse, path, Choices(stated_on=day, by="test"))
    assert set(_codes(asked)) == {"sample-loaded", "unknown-site"}
    kept = load(warehouse, path, Choices(stated_on=day, by="test", sample="keep"))
    assert kept.refused is None
