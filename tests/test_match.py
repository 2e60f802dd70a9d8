"""Headers as people write them, the kind of a list, and mapping files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.match import Mapping, MappingError, known_header, match
from data.sheets import SHEETS
from data.table import Table


def table(headers: Iterable[str], sheet: str = "Feuil1", titles: tuple[str, ...] = (), rows: int = 1) -> Table:
    headers = tuple(headers)
    return Table(sheet, tuple(range(1, rows + 1)), headers, [[None] for _ in headers], [2], titles, ())


@pytest.mark.parametrize("kind", SHEETS)
def test_every_declared_header_is_matched_alone(kind: str) -> None:
    for column in SHEETS[kind].columns:
        for name in column.names:
            for written in (name, name.upper(), f" {name} ", name.replace("'", "’")):
                assert match(table([written]), None, kind).columns == {column.name: 0}, written


REAL = {
    "Identifiant,Nom de la startup,Incubateur (site),Thématique(s) ,Date d'entrée,Date de sortie,Motif de sortie ,"
    "Date de fermeture,Statut au 20/08/2026": (
        "firm_id firm_name site sector entered_on left_on exit_reason closed_on status"
    ),
    "firm_id,site,entry_date,exit_date,exit_reason": "firm_id site entered_on left_on exit_reason",
    "Raison sociale,ICE,Site,Secteur d'activité,Sous-secteur,Date d'entrée,Effectif,Superficie (m²),"
    "Loyer mensuel (DH),Statut": (
        "firm_name firm_id site sector subsector entered_on headcount area_m2 monthly_rent status"
    ),
    "Nom entreprise,N° ICE,Ville,Secteur,Sous secteur,Date entrée,Nb employés,Surface,Loyer,Statut": (
        "firm_name firm_id site sector subsector entered_on headcount area_m2 monthly_rent status"
    ),
    "NOM DE L’ENTREPRISE,Code,Incubateur,Entrée,Sortie,Dirigée par une femme,Forme juridique,Date de cessation": (
        "firm_name firm_id site entered_on left_on women_led legal_form closed_on"
    ),
    "الشركة,الموقع,القطاع,تاريخ الدخول,تاريخ الخروج": "firm_name site sector entered_on left_on",
}


@pytest.mark.parametrize("headers", REAL)
def test_headers_of_real_lists(headers: str) -> None:
    found = match(table(headers.split(",")))
    assert found.kind == "tenants" and not found.missing and not found.unmatched
    assert sorted(found.columns, key=lambda name: found.columns[name]) == REAL[headers].split()
    assert set(found.reasons.values()) == {"synonym"}


def test_a_misspelt_header_is_matched_by_likeness_and_says_so() -> None:
    found = match(table(["Raison social", "Superfice", "Date d'entre", "Site"]))
    assert found.columns == {"firm_name": 0, "site": 3, "entered_on": 2, "area_m2": 1}
    assert found.reasons["area_m2"].startswith("likeness") and found.reasons["site"] == "synonym"


def test_a_header_between_two_columns_is_neither_and_says_so() -> None:
    found = match(table(["Raison sociale", "Site", "Entrée", "Date de cesation", "Date de céation"]))
    assert "closed_on" not in found.columns and "founded_on" not in found.columns
    assert {i: set(names) for i, names in found.unsure.items()} == {
        3: {"closed_on", "founded_on"},
        4: {"founded_on", "closed_on"},
    }
    assert not match(table(["Siet"]), None, "tenants").columns
    assert match(table(["Soussecteur d'activité", "IDentreprise"])).columns == {"firm_id": 1, "subsector": 0}


@pytest.mark.parametrize(
    "header",
    [
        "Taux d'occupation",
        "Occupation",
        "Loyer annuel",
        "CA (MDH)",
        "Commentaire",
        "Télécopie",
        "Date de naissance",
        "Date",
        "RC",
    ],
)
def test_what_only_resembles_a_column_is_left_alone(header: str) -> None:
    assert not match(table([header]), None, "tenants").columns


def test_no_two_headers_give_one_field() -> None:
    found = match(table(["Nom", "Raison sociale", "Site", "Entrée"]))
    assert found.columns["firm_name"] == 1
    assert found.twice == {0: "firm_name"} and 0 in found.unmatched


@given(
    st.lists(
        st.sampled_from([n for c in SHEETS["tenants"].columns for n in c.names] + ["Divers", "", "Tél"]), max_size=25
    )
)
def test_a_match_is_one_to_one_whatever_the_headers(headers: list[str]) -> None:
    found = match(table(headers))
    used = list(found.columns.values())
    assert len(set(used)) == len(used)
    assert sorted([*used, *found.unmatched]) == list(range(len(headers)))


def test_a_two_row_header_means_what_its_ending_means() -> None:
    headers = [
        "Identification Raison sociale",
        "Identification ICE",
        "Bail Loyer mensuel (DH)",
        "Lieu et dates Date d'entrée",
    ]
    assert list(match(table(headers, rows=2)).columns) == ["firm_id", "firm_name", "entered_on", "monthly_rent"]
    assert "firm_name" not in match(table(["Téléphone du locataire"])).columns


@pytest.mark.parametrize(
    ("headers", "sheet", "kind"),
    [
        ("Entreprise,Site,Date d'entrée", "Feuil1", "tenants"),
        ("Entreprise,Promotion,Statut,Date de suivi", "Feuil1", "cohorts"),
        ("Entreprise,Promotion,Date d'entrée", "Feuil1", "cohorts"),
        ("Entreprise,Promotion,Date d'entrée,Date de sortie,Loyer", "Rabat", "tenants"),
        ("Entreprise,Promotion,Site,Date d'entrée", "Cohorte 2018", "cohorts"),
        ("Entreprise,Promotion,Site,Date d'entrée,Date de sortie", "Feuil1", "tenants"),
        ("Site,Date d'ouverture,Superficie (m²),Unités", "Feuil1", "sites"),
        ("Secteur,Sous-secteur", "Feuil1", "sectors"),
        ("Raison sociale,ICE,Site,Secteur,Effectif", "Feuil1", "tenants"),
    ],
)
def test_the_kind_is_the_one_that_fits(headers: str, sheet: str, kind: str) -> None:
    assert match(table(headers.split(","), sheet)).kind == kind


def test_what_is_missing_is_named() -> None:
    assert match(table(["Raison sociale", "Site", "Effectif"])).missing == (("entered_on",),)
    assert match(table(["Site", "Date d'entrée", "Loyer"])).missing == (("firm_id", "firm_name"),)
    assert match(table(["Raison sociale", "Date d'entrée", "Loyer"])).missing == ()  # the sheet may be the site


def test_a_mapping_has_the_last_word() -> None:
    headers = ["id", "name", "Status", "Sponsor", "Start", "End", "Site"]
    mapping = Mapping.load({"columns": {"sponsor ": "site", "STATUS": "exit_reason", "name": None}})
    found = match(table(headers), mapping)
    assert found.columns == {"firm_id": 0, "site": 3, "entered_on": 4, "left_on": 5, "exit_reason": 2}
    assert found.reasons["site"] == "mapping" and found.dropped == (1,) and found.unmatched == (6,)
    assert not found.twice  # the mapping left no doubt


def test_a_mapping_file_is_read_back_as_written(tmp_path: Path) -> None:
    content: dict[str, Any] = {
        "kind": "tenants",
        "sheet": None,
        "header": 1,
        "date_order": "dmy",
        "stated_on": "2026-08-04",
        "records_closures": True,
        "columns": {"Sponsor": "site", "Notes": None},
        "values": {"exit_reason": {"retired": "closed", "current": None}},
        "new_sites": True,
        "new_sectors": True,
    }
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    mapping = Mapping.load(path)
    assert mapping.stated_on == date(2026, 8, 4) and mapping.values["exit_reason"]["current"] is None
    assert mapping.as_json() == {name: value for name, value in content.items() if value is not None}
    assert Mapping.load(mapping.as_json()) == mapping
    assert Mapping.load(Mapping().as_json()) == Mapping()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "one JSON object"),
        ({"colums": {}}, 'no part "colums"'),
        ({"kind": "firms"}, "one of tenants"),
        ({"date_order": "ymd"}, "one of dmy, mdy"),
        ({"stated_on": "25/10/2020"}, "a day like 2020-10-25"),
        ({"header": 0}, "from 1"),
        ({"header": True}, "from 1"),
        ({"records_closures": "yes"}, "true or false"),
        ({"columns": ["site"]}, "maps headers to fields"),
        ({"columns": {"Sponsor": "sponsor"}}, "no field"),
        ({"columns": {"A": "site", "B": "site"}}, "choose one"),
        ({"columns": {"A": "site", "a ": "sector"}}, "twice"),
        ({"kind": "sectors", "columns": {"A": "entered_on"}}, "no field"),
        ({"values": {"exit_reason": {"retired": "dead"}}}, "one of graduated"),
        ({"values": {"exit_reason": "closed"}}, "maps texts"),
        ({"values": {"sponsor": {}}}, "no field"),
        ({"values": {"site": {"A": 1}}}, "a text or null"),
    ],
)
def test_a_mapping_that_means_nothing_is_wrong_use(content: Any, sentence: str) -> None:
    with pytest.raises(MappingError, match=sentence):
        Mapping.load(content)


def test_a_mapping_file_that_cannot_be_read_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        Mapping.load(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(MappingError, match="not JSON"):
        Mapping.load(tmp_path / "broken.json")
    with pytest.raises(MappingError, match="no kind"):
        match(table(["Site"]), None, "firms")


def test_a_text_that_heads_a_column_is_known() -> None:
    assert known_header("Date d'entrée") and known_header("Statut au 20/08/2026") and known_header("site")
    assert not known_header("Casablanca") and not known_header("12/03/2020") and not known_header("")
