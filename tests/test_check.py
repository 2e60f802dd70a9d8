"""From matched tables to clean rows: what stands, what is said, what is left out and why."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.check import Clean, Lists, check
from data.match import Mapping, match
from data.problem import WRONGS
from data.read import read
from data.sheet import schema
from data.sheets import SHEETS
from data.table import LeftOut, Table, find_table

TODAY = date(2026, 11, 22)
STATED = date(2020, 10, 25)
PARK = Lists(("Casablanca", "Rabat", "Tanger"), (("TIC", "Fintech"), ("TIC", "Télécoms"), ("Design", None)))
SHARED = Path(__file__).parent.parent / ".." / "shared"


def table(text: str, sheet: str = "Feuil1", titles: tuple[str, ...] = (), first: int = 2) -> Table:
    """A table from lines of cells between bars; empty cells are blank."""
    lines = [[cell.strip() or None for cell in line.split("|")] for line in text.strip().splitlines()]
    headers = tuple(cell or "" for cell in lines[0])
    rows = lines[1:]
    columns: list[Any] = [[row[i] for row in rows] for i in range(len(headers))]
    return Table(sheet, (first - 1,), headers, columns, list(range(first, first + len(rows))), titles, ())


def load(*tables: Table, kind: str | None = None, lists: Lists = PARK, file_name: str = "f.xlsx", **said: Any) -> Clean:
    choices = {name: said.pop(name) for name in list(said) if name not in {"site", "stated_on"}}
    mapping = Mapping.load(choices)
    said.setdefault("stated_on", STATED)
    matches = [match(one, mapping, kind) for one in tables]
    return check(tables, matches, mapping, lists, file_name=file_name, today=TODAY, **said)


def codes(clean: Clean) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.row) for problem in clean.problems]


def values(clean: Clean, name: str) -> list[Any]:
    return clean.rows.column(name).to_pylist()


def test_a_plain_list_stands_whole() -> None:
    clean = load(
        table("""
            ICE | Raison sociale | Site | Secteur | Sous-secteur | Entrée | Sortie | Motif de sortie | Loyer | Effectif
            001 | Atlas SARL | rabat | tic | FINTECH | 01/04/2018 | 31/12/2019 | Fermée | 1 250,50 DH | 12
            002 | Amal | TANGER | design |  | 15/05/2019 |  |  | - | n.c.
        """)
    )
    assert clean.problems == () and clean.left_out == {}
    assert values(clean, "firm_id") == ["001", "002"] and values(clean, "name_key") == ["atlas", "amal"]
    assert values(clean, "site") == ["Rabat", "Tanger"] and values(clean, "sector") == ["TIC", "Design"]
    assert values(clean, "subsector") == ["Fintech", None]
    assert values(clean, "entered_on") == [date(2018, 4, 1), date(2019, 5, 15)]
    assert values(clean, "left_on") == [date(2019, 12, 31), None]
    assert values(clean, "left_on_precision") == ["day", None]
    assert values(clean, "exit_reason") == ["closed", None] and values(clean, "closed_on") == [None, None]
    assert values(clean, "monthly_rent") == [Decimal("1250.50"), None] and values(clean, "headcount") == [12, None]
    assert values(clean, "sheet") == ["Feuil1", "Feuil1"] and values(clean, "row") == [2, 3]
    assert clean.stated_on == STATED and clean.kind == "tenants"


@pytest.mark.parametrize("kind", SHEETS)
def test_the_clean_rows_have_the_columns_and_types_of_the_declaration(kind: str) -> None:
    clean = load(
        table("Raison sociale | Site | Secteur | Promotion | Entrée\nA | Rabat | TIC | P1 | 01/02/2020"), kind=kind
    )
    assert clean.rows.schema == schema(SHEETS[kind])
    assert len(clean.rows) == 1


@pytest.mark.parametrize(("headers", "missing"), [("Site|Entrée", "firm_id or firm_name"), ("ICE|Site", "entered_on")])
def test_a_missing_column_is_named_with_what_was_found(headers: str, missing: str) -> None:
    clean = load(table(headers + "\nRabat|Rabat"), kind="tenants")
    (problem,) = [p for p in clean.problems if p.code == "missing-column"]
    assert missing in problem.message and headers.replace("|", ", ") in problem.message
    assert problem.severity == "error" and problem.row is None


def test_rows_that_lack_what_they_need_are_refused_and_the_others_stand() -> None:
    clean = load(
        table("""
            ICE | Raison sociale | Site | Entrée
             | Atlas | Rabat | 13/04/2018
            12 |  | Rabat | 01/04/2018
             |  | Rabat | 01/04/2018
            13 | Amal |  | 01/04/2018
            14 | Amal2 | Rabat | -
            15 | Amal3 | Rabat | 31/02/2018
        """)
    )
    assert values(clean, "row") == [2, 3] and clean.left_out == {"error": 4}
    assert codes(clean) == [
        ("missing-value", 4),
        ("missing-value", 5),
        ("missing-value", 6),
        ("impossible-date-required", 7),
    ]
    assert "Identifiant" in clean.problems[0].message and "Raison sociale" in clean.problems[0].message


def test_a_wrong_cell_that_the_row_can_do_without_is_left_empty() -> None:
    clean = load(
        table("""
            Raison sociale | Site | Entrée | Sortie | Superficie (m²) | Effectif | Femme dirigeante
            Atlas | Rabat | 13/04/2018 | bientôt | -5 | douze | peut-être
        """)
    )
    assert [code for code, _ in codes(clean)] == [
        "unreadable-date",
        "negative-number",
        "unreadable-number",
        "unreadable-yes-no",
    ]
    assert {problem.severity for problem in clean.problems} == {"warning"}
    assert [values(clean, n) for n in ("left_on", "area_m2", "headcount", "women_led")] == [[None]] * 4
    problem = clean.problems[0]
    assert (problem.sheet, problem.row, problem.column, problem.value) == ("Feuil1", 2, "Sortie", "bientôt")


def test_the_order_of_dates_holds_for_all_sheets_of_a_load() -> None:
    one = table("Firme|Site|Entrée\nA|Rabat|04/03/2018".replace("Firme", "Entreprise"), "Un")
    other = table("Entreprise|Site|Entrée\nB|Rabat|04/25/2018", "Deux")
    clean = load(one, other)
    assert values(clean, "entered_on") == [date(2018, 4, 3), date(2018, 4, 25)]
    assert codes(clean) == [("date-order-english", None)] and clean.problems[0].severity == "note"
    assert values(load(one), "entered_on") == [date(2018, 3, 4)]
    assert codes(load(one)) == [("date-order-assumed", None)]


@pytest.mark.parametrize(("entry", "left"), [("13/04/2018", date(2019, 4, 3)), ("04/13/2018", date(2019, 3, 4))])
def test_a_column_that_nothing_decides_follows_the_others_of_its_list(entry: str, left: date) -> None:
    clean = load(table(f"Entreprise|Site|Entrée|Sortie\nA|Rabat|{entry}|03/04/2019"))
    assert values(clean, "left_on") == [left]
    (problem,) = clean.problems
    assert problem.code == "date-order-beside" and 'because those in "Entrée" are' in problem.message


def test_each_column_has_the_order_that_is_said_for_it() -> None:
    one = table("Entreprise|Site|Entrée|Sortie|Date de création\nA|Rabat|03/04/2018|03/04/2019|03/04/2010")
    assert {found.why for found in load(one).orders.values()} == {"habit"}
    said = load(one, date_order={"entree": "mdy", "Sortie": "dmy"})
    assert [values(said, name) for name in ("entered_on", "left_on", "founded_on")] == [
        [date(2018, 3, 4)],
        [date(2019, 4, 3)],
        [date(2010, 4, 3)],
    ]
    assert {name: found.why for name, found in said.orders.items()} == {
        "entered_on": "said",
        "left_on": "said",
        "founded_on": "habit",
    }
    # One that is said is what a column beside it follows, where no other says otherwise.
    beside = load(one, date_order={"Entrée": "mdy"})
    assert values(beside, "left_on") == [date(2019, 3, 4)] and beside.orders["left_on"].because == "Entrée"
    assert codes(load(one, date_order={"Arrivée": "mdy"}))[0] == ("mapping-unused", None)


def test_how_an_ambiguous_column_is_read_is_said_with_the_reason() -> None:
    for cell, order, told in (("13/04/2018", "dmy", False), ("04/13/2018", "mdy", True)):
        clean = load(table(f"Entreprise|Site|Entrée\nA|Rabat|{cell}\nB|Rabat|03/04/2018"))
        found = clean.orders["entered_on"]
        assert (found.order, found.count, found.why, found.because) == (order, 1, "cell", cell)
        assert any(f'because "{cell}" can only be read so' in problem.message for problem in clean.problems) == told
    assert load(table("Entreprise|Site|Entrée\nA|Rabat|13/04/2018")).orders == {}


def test_a_torn_column_holds_back_the_rows_that_contradict() -> None:
    torn = table("Startup|Date d'entrée\nA|13/05/2020\nB|05/13/2020\nC|03/04/2020")
    clean = load(torn, site="Rabat")
    assert codes(clean) == [("date-order-torn", None), ("contrary-date-required", 3)]
    assert values(clean, "entered_on") == [date(2020, 5, 13), date(2020, 4, 3)]
    told = load(torn, site="Rabat", date_order="mdy")
    assert values(told, "entered_on") == [date(2020, 5, 13), date(2020, 3, 4)]
    assert "date-order-torn" not in dict(codes(told)), "a person has said it"


def test_unknown_sites_and_sectors_are_refused_with_the_nearest() -> None:
    clean = load(table("Entreprise|Site|Secteur|Entrée\nA|Casablanka|TIC|13/05/2020\nB|Rabat|Desing|13/05/2020"))
    assert codes(clean) == [("unknown-site", 2), ("unknown-sector", 3)] and not len(clean.rows)
    assert "Casablanca" in clean.problems[0].message and "Design" in clean.problems[1].message
    assert clean.new_sites == () and clean.new_sectors == ()


def test_an_unknown_sub_sector_is_kept_with_a_warning() -> None:
    clean = load(table("Entreprise|Site|Secteur|Sous-secteur|Entrée\nA|Rabat|TIC|Fintec|13/05/2020"))
    assert codes(clean) == [("unknown-subsector", 2)] and clean.problems[0].severity == "warning"
    assert values(clean, "subsector") == ["Fintec"] and "Fintech" in clean.problems[0].message


def test_new_names_take_their_most_frequent_spelling() -> None:
    rows = ["L'Incubateur ", "L'INCUBATEUR", "L’Incubateur", "L'Incubateur", "ANCT", "Anct"]
    text = "Entreprise|Site|Secteur|Entrée\n" + "\n".join(f"F{i}|{s}|Tic|13/05/2020" for i, s in enumerate(rows))
    clean = load(table(text), lists=Lists(), new_sites=True, new_sectors=True)
    assert values(clean, "site") == ["L'Incubateur"] * 4 + ["Anct"] * 2
    assert clean.new_sites == ("L'Incubateur", "Anct") and clean.new_sectors == ("Tic",)
    known = load(table(text), lists=Lists(("l'incubateur",)), new_sites=True, new_sectors=True)
    assert values(known, "site")[:4] == ["l'incubateur"] * 4 and known.new_sites == ("Anct",)


def test_a_new_name_that_resembles_another_is_a_warning() -> None:
    clean = load(
        table("Entreprise|Site|Entrée\nA|Casa-blanca|13/05/2020\nB|Immeuble 12|13/05/2020\nB|Immeuble 13|13/05/2020"),
        new_sites=True,
    )
    assert [(p.code, p.value) for p in clean.problems] == [("new-name-resembles", "Casa-blanca")]


def test_a_mapping_says_what_values_mean() -> None:
    clean = load(
        table("""
            Entreprise | Site | Entrée | Sortie | Motif
            A | Casa | 13/05/2018 | 13/05/2019 | retired
            B | Tangier | 13/05/2018 | en attente | current
        """),
        values={
            "site": {"casa ": "Casablanca", "Tangier": "Tanger"},
            "exit_reason": {"Retired": "closed", "current": None},
            "left_on": {"en attente": None},
        },
    )
    assert clean.problems == ()
    assert values(clean, "site") == ["Casablanca", "Tanger"] and values(clean, "exit_reason") == ["closed", None]


def test_an_unknown_word_becomes_other_with_a_warning() -> None:
    clean = load(table("Entreprise|Site|Entrée|Sortie|Motif|Statut\nA|Rabat|13/05/2018|13/05/2019|Investigation|Bof"))
    assert [code for code, _ in codes(clean)] == ["unknown-choice", "unknown-choice"]
    assert values(clean, "exit_reason") == ["other"] and values(clean, "status") == ["unknown"]
    assert "graduated, moved, closed" in clean.problems[0].message


@pytest.mark.parametrize(
    ("sheet", "lists", "new", "site"),
    [
        ("Rabat", PARK, False, "Rabat"),
        ("locataires RABAT 2020", PARK, False, "Rabat"),
        ("Le département d'accompagnemen", Lists(("Le département d'accompagnement des services",)), False, None),
        ("Agadir", Lists(), True, "Agadir"),
    ],
)
def test_the_sheet_s_name_gives_the_site(sheet: str, lists: Lists, new: bool, site: str | None) -> None:
    clean = load(table("Entreprise|Entrée|Loyer\nA|13/05/2018|1", sheet), lists=lists, new_sites=new)
    assert clean.problems == () and values(clean, "site") == [site or lists.sites[0]]


@pytest.mark.parametrize(
    ("sheet", "new"),
    [("Feuil1", True), ("Locataires 2020", True), ("Agadir", False), ("f", True), ("Rabat et Tanger", True)],
)
def test_a_sheet_s_name_that_is_no_site_gives_none(sheet: str, new: bool) -> None:
    clean = load(table("Entreprise|Entrée|Loyer\nA|13/05/2018|1", sheet), new_sites=new)
    assert codes(clean) == [("missing-site", None)] and clean.new_sites == ()


def test_the_load_may_say_the_site() -> None:
    rows = "Entreprise|Entrée|Loyer\nA|13/05/2018|1"
    assert values(load(table(rows, "Tanger"), site="rabat"), "site") == ["Rabat"]
    unknown = load(table(rows), site="Rabbat")
    assert codes(unknown) == [("site-not-listed", None)] and "Rabat" in unknown.problems[0].message
    filled = load(table("Entreprise|Entrée|Site\nA|13/05/2018|Tanger\nB|13/05/2018|"), site="rabat")
    assert values(filled, "site") == ["Tanger", "Rabat"]


def test_a_name_with_a_comma_is_one_site_and_several_sectors_are_one_and_a_note() -> None:
    clean = load(
        table("""
            Entreprise | Site | Thématique(s) | Entrée
            A | HttpComponents, Lucene | Santé, Social | 13/05/2018
            B | X | Santé | 13/05/2018
        """),
        new_sites=True,
        new_sectors=True,
    )
    assert values(clean, "site")[0] == "HttpComponents, Lucene" and values(clean, "sector") == ["Santé", "Santé"]
    assert codes(clean) == [("several-sectors", None)] and "1 cells" in clean.problems[0].message
    assert [note and json.loads(note) for note in values(clean, "notes")] == [{"Thématique(s)": "Santé, Social"}, None]
    whole = Lists(("X",), (("Santé, Social", None),))
    assert values(
        load(table("Entreprise|Site|Secteur|Entrée\nA|X|santé, social|13/05/2018"), lists=whole), "sector"
    ) == ["Santé, Social"]


def test_columns_that_mean_nothing_are_kept_as_notes() -> None:
    clean = load(table('Entreprise|Site|Entrée|Divers|Fax|Fax\nA|Rabat|13/05/2018|"x"|0661|12\nB|Rabat|13/05/2018|||'))
    assert [note and json.loads(note) for note in values(clean, "notes")] == [
        {"Divers": '"x"', "Fax": "0661", "Fax (2)": "12"},
        None,
    ]


def test_destroyed_identifiers_are_dropped_where_the_name_remains() -> None:
    clean = load(table("ICE|Entreprise|Site|Entrée\n1,51235E+12|A|Rabat|13/05/2018\n2,3E+12||Rabat|13/05/2018"))
    assert codes(clean) == [("damaged-identifier", 2), ("damaged-identifier-required", 3)]
    assert values(clean, "firm_id") == [None] and json.loads(values(clean, "notes")[0]) == {"ICE": "1,51235E+12"}


@pytest.mark.parametrize(
    ("row", "code", "stands"),
    [
        ("01/05/2018|30/04/2018||", "left-before-entry", False),
        ("05/2018|04/2018||", "left-before-entry", False),
        ("01/05/2018|01/05/2018||", "no-length", True),
        ("01/05/2018||30/04/2018|", "closed-before-entry", False),
        ("01/05/2018|||02/05/2018", "founded-after-entry", True),
        ("26/10/2020|||", "planned-entry", True),
        ("01/05/2018|26/10/2020||", "planned-exit", True),
        ("01/05/2018||26/10/2020|", "closed-ahead", True),
        ("01/05/2018|25/10/2020|25/10/2020|01/05/2018", None, True),
        ("05/2018|2018||20/05/2018", None, True),
    ],
)
def test_the_dates_of_a_row_stand_together(row: str, code: str | None, stands: bool) -> None:
    clean = load(
        table(f"Entreprise|Site|Entrée|Sortie|Date de fermeture|Date de création\nA|Rabat|{row}\nB|Rabat|13/05/2018|||")
    )
    problems = [problem for problem in clean.problems if problem.code != "date-order-beside"]
    assert [problem.code for problem in problems] == ([code] if code else [])
    assert len(clean.rows) == 1 + stands
    assert not code or problems[0].severity == ("error" if not stands else WRONGS[code].severity)


def test_an_imprecise_exit_never_lies_before_the_entry() -> None:
    clean = load(table("Entreprise|Site|Entrée|Sortie|Date de fermeture\nA|Rabat|20/05/2018|05/2018|2018"))
    assert clean.problems == ()
    assert values(clean, "left_on") == [date(2018, 5, 20)] and values(clean, "left_on_precision") == ["month"]
    assert values(clean, "closed_on") == [date(2018, 5, 20)] and values(clean, "closed_on_precision") == ["year"]


def test_closed_or_gone_without_a_day_is_a_warning() -> None:
    clean = load(
        table("""
            Entreprise | Site | Entrée | Sortie | Date de fermeture | Statut | Motif
            A | Rabat | 13/05/2018 |  |  | Fermée |
            B | Rabat | 13/05/2018 | 14/05/2019 |  | Fermée |
            C | Rabat | 13/05/2018 |  | 14/05/2019 | Fermée |
            D | Rabat | 13/05/2018 |  |  |  | Liquidation
            E | Rabat | 13/05/2018 |  |  | Sorti |
            F | Rabat | 13/05/2018 |  |  | Hébergée |
            G | Rabat | 13/05/2018 |  |  | À venir |
        """)
    )
    assert codes(clean) == [("closed-undated", 2), ("closed-undated", 5), ("left-undated", 6)]
    assert values(clean, "status") == ["closed", "closed", "closed", None, "alumni", "hosted", None]
    follow_up = load(table("Entreprise|Promotion|Statut\nA|P1|En activité\nB|P1|Fermée"), kind="cohorts")
    assert codes(follow_up) == [("closed-undated", 3)]


def test_repeated_rows_are_left_out_and_contradictions_refused() -> None:
    clean = load(
        table("""
            ICE | Raison sociale | Site | Entrée | Effectif
            001 | Atlas SARL | Rabat | 13/05/2018 | 5
            001 | ATLAS | rabat | 2018-05-13 | 5
            001 | Atlas | Rabat | 13/05/2018 | 6
            001 | Atlas | Tanger | 13/05/2018 | 5
            001 | Atlas | Rabat | 13/06/2018 | 5
             | Amal | Rabat | 13/05/2018 | 5
             | AMAL S.A. | Rabat | 13/05/2018 | 5
        """)
    )
    assert codes(clean) == [("repeated-row", 3), ("contradicting-row", 4), ("repeated-row", 8)]
    assert values(clean, "row") == [2, 5, 6, 7]
    assert clean.left_out == {"error": 1, "repeated": 2}
    assert "Effectif" in clean.problems[1].message and "row 2" in clean.problems[1].message


def test_a_repeat_on_another_sheet_names_that_sheet() -> None:
    one = table("Entreprise|Site|Entrée\nA|Rabat|13/05/2018", "Un")
    clean = load(one, table("Entreprise|Site|Entrée\nA|Rabat|13/05/2018", "Deux"))
    assert [(p.sheet, p.row) for p in clean.problems] == [("Deux", 2)] and "sheet Un" in clean.problems[0].message


def test_rows_are_not_called_repeats_where_what_tells_them_apart_is_missing() -> None:
    clean = load(table("Entreprise|Site|Effectif\nA|Rabat|5\nA|Rabat|5\nA|Rabat|6"), kind="tenants")
    assert codes(clean) == [("missing-column", None), ("no-entries", None)]
    day = load(table("Entreprise|Site|Entrée\nA|Rabat|31/12/1969\nA|Rabat|31/12/1969"))
    assert codes(day) == [("repeated-row", 3)]


def test_what_the_table_left_out_is_counted() -> None:
    one = table("Entreprise|Site|Entrée\nA|Rabat|13/05/2018")
    totals = tuple(LeftOut(row, why) for row, why in ((1, "title"), (9, "total"), (10, "total")))
    one = Table(one.sheet, one.header_rows, one.headers, one.columns, one.rows, one.titles, totals)
    assert load(one).left_out == {"title": 1, "total": 2}


def test_headers_that_were_guessed_or_said_twice_are_warnings() -> None:
    rows = "Raison sociale|Nom|Site|Date d'entre|Date de cesation\nA|B|Rabat|13/05/2018|2019"
    clean = load(table(rows), columns={"Sponsor": "sector"})
    assert [p.code for p in clean.problems] == ["column-by-likeness", "column-twice", "column-unsure", "mapping-unused"]
    assert {p.severity for p in clean.problems} == {"warning"}
    assert json.loads(values(clean, "notes")[0]) == {"Nom": "B", "Date de cesation": "2019"}


def test_the_park_s_lists_load_by_themselves() -> None:
    sites = load(
        table("Site|Date d'ouverture|Superficie locative (m²)|Latitude\nAgadir|2020|1 200|30,4278"), lists=Lists()
    )
    assert sites.kind == "sites" and sites.problems == () and sites.new_sites == ("Agadir",)
    assert values(sites, "opened_on_precision") == ["year"] and values(sites, "latitude") == [30.4278]
    sectors = load(table("Secteur|Sous-secteur\nArts, culture|Jeux\nArts, culture|Design\nEau|"), lists=Lists())
    assert (
        sectors.kind == "sectors"
        and sectors.problems == ()
        and values(sectors, "subsector") == ["Jeux", "Design", None]
    )
    assert set(sectors.new_sectors) == {"Arts, culture", "Eau"}


def test_real_cells_of_a_workbook() -> None:
    columns: list[Any] = [
        ["A", "B", "C", "D"],
        ["Rabat"] * 4,
        [date(2018, 5, 13), datetime(2018, 5, 14), 43235.0, 2018.0],
        [1.0, 7, "1 012", True],
        [True, False, "oui", 1.0],
        [14938.32, "14 938,32", 5, Decimal("0.1")],
    ]
    headers = ("Entreprise", "Site", "Entrée", "Effectif", "Femme dirigeante", "Loyer")
    clean = load(Table("S", (1,), headers, columns, [2, 3, 4, 5], (), ()))
    assert values(clean, "entered_on") == [date(2018, 5, 13), date(2018, 5, 14), date(2018, 5, 15), date(2018, 1, 1)]
    assert values(clean, "entered_on_precision") == ["day", "day", "day", "year"]
    assert values(clean, "headcount") == [1, 7, 1012, None] and codes(clean) == [("unreadable-number", 5)]
    assert values(clean, "women_led") == [True, False, True, True]
    assert values(clean, "monthly_rent")[:3] == [Decimal("14938.32"), Decimal("14938.32"), Decimal("5.00")]


def test_tables_of_two_kinds_are_a_mistake_of_the_caller() -> None:
    one, other = table("Entreprise|Site|Entrée\nA|Rabat|13/05/2018"), table("Secteur|Sous-secteur\nA|B")
    with pytest.raises(ValueError, match="one kind"):
        check([one, other], [match(one), match(other)], file_name="f", today=TODAY)


CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.sampled_from(["Rabat", "TIC", "13/05/2020", "05/13/2020", "Fermée", "1 234,5", "#N/A"]),
)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(list(SHEETS)), st.booleans())
def test_whatever_the_cells_the_answer_is_a_clean_table_or_problems(data: st.DataObject, kind: str, new: bool) -> None:
    names = [column.fr for column in SHEETS[kind].columns] + ["Divers"]
    size = data.draw(st.integers(1, 4))
    columns = [data.draw(st.lists(CELLS, min_size=size, max_size=size)) for _ in names]
    one = Table("Rabat", (1,), tuple(names), columns, list(range(2, 2 + size)), (), ())
    clean = load(one, kind=kind, new_sites=new, new_sectors=new)
    assert clean.rows.schema == schema(SHEETS[kind])
    refused = {p.row for p in clean.problems if p.severity == "error" and p.row}
    assert refused.isdisjoint(values(clean, "row"))
    assert len(clean.rows) == size - clean.left_out.get("error", 0) - clean.left_out.get("repeated", 0)
    for problem in clean.problems:
        assert problem.message and json.dumps(problem.as_json())


def test_every_problem_can_be_said() -> None:
    for wrong in WRONGS.values():
        assert wrong.severity in {"error", "warning", "note"} and wrong.title and wrong.reason.endswith("."), wrong.code


def test_no_sentence_on_a_page_names_a_flag_of_the_command_line() -> None:
    assert [wrong.code for wrong in WRONGS.values() if "--" in wrong.shown] == []
    places = {code: set(re.findall(r"{(\w+)}", wrong.sentence)) for code, wrong in WRONGS.items()}
    assert all(set(re.findall(r"{(\w+)}", wrong.on_page)) <= places[code] for code, wrong in WRONGS.items())
    assert "--stated-on" in WRONGS["stated-day-missing"].sentence, "the command line has its flags"


# Real lists


def opened(path: Path, mapping: dict[str, Any], kind: str | None = None, lists: Lists | None = None) -> Clean:
    if not path.exists():
        pytest.skip(f"{path.name} is not on this machine")
    choices = Mapping.load(mapping)
    book = read(path.read_bytes(), path.name)
    found = [t for grid in book.grids if (t := find_table(grid)) is not None]
    matches = [match(one, choices, kind) for one in found]
    return check(found, matches, choices, lists or Lists(), file_name=path.name, today=TODAY)


def test_apache_loads_by_its_mapping() -> None:
    columns = {"sponsor": "site", "start_date": "entered_on", "end_date": "left_on", "status": "exit_reason"}
    meanings = {"exit_reason": {"retired": "closed", "graduated": "graduated", "current": None}}
    mapping = {"stated_on": "2026-08-04", "columns": columns, "values": meanings, "new_sites": True}
    clean = opened(SHARED / "real/apache/podlings.csv", mapping, "tenants")
    assert len(clean.rows) == 373 and {p.severity for p in clean.problems} == {"note"}
    assert Counter(values(clean, "exit_reason")) == {"graduated": 264, "closed": 85, None: 24}
    assert len(clean.new_sites) == 22 and "HttpComponents, Lucene" in clean.new_sites
    assert clean.stated_on == date(2026, 8, 4)


BETA = {
    "values": {"exit_reason": {"Investigation non concluante": "closed"}},
    "new_sites": True,
    "new_sectors": True,
}


def test_betagouv_gives_the_same_rows_from_both_variants() -> None:
    one = opened(SHARED / "real/betagouv/variant_a_utf8_iso.csv", BETA)
    other = opened(SHARED / "real/betagouv/variant_d_messy.xlsx", BETA)
    for clean in (one, other):
        assert {p.severity for p in clean.problems} == {"note"}
        assert clean.stated_on == date(2026, 8, 20)
        assert Counter(values(clean, "status")) == {"closed": 326, "hosted": 245, "alumni": 90, None: 1}
        assert Counter(p.code for p in clean.problems)["planned-exit"] == 2
    said = [name for name in schema(SHEETS["tenants"]).names if name not in {"sheet", "row"}]
    first, second = (clean.rows.select(said).sort_by("firm_id") for clean in (one, other))
    assert first.equals(second) and len(first) == 662
    with (SHARED / "real/betagouv/variant_a_utf8_iso.csv").open(encoding="utf-8") as file:
        written = {" ".join(row["Incubateur (site)"].split()) for row in csv.DictReader(file)}
    assert set(one.new_sites) == set(other.new_sites) == written


def test_golden_lists_load_by_their_headers() -> None:
    for name, rows in (("tenants_lung.csv", 228), ("tenants_veteran_celltype.csv", 137)):
        clean = opened(SHARED / "golden" / name, {"stated_on": "2020-12-31", "new_sites": True})
        assert len(clean.rows) == rows and clean.problems == ()


def test_a_list_with_seventeen_spellings_of_four_sites() -> None:
    path = SHARED / "sheets/messy/constructed_locataires_fr_sites_variants.csv"
    park = Lists(("Casablanca", "Rabat", "Tanger", "Agadir"))
    meant = {"Casa": "Casablanca", "Casa-blanca": "Casablanca", "Technopark Casablanca": "Casablanca"}
    mapping = {
        "stated_on": "2020-12-31",
        "new_sectors": True,
        "values": {"site": meant | {"Rabat-Salé": "Rabat", "Tangier": "Tanger"}},
    }
    clean = opened(path, mapping, lists=park)
    assert Counter(values(clean, "site")) == {"Casablanca": 143, "Rabat": 86, "Tanger": 58, "Agadir": 33}
    assert sum(values(clean, "headcount")) == 9996 and sum(values(clean, "monthly_rent")) == Decimal("6567242.38")
    unmapped = opened(path, mapping | {"values": {}}, lists=park)
    assert Counter(p.code for p in unmapped.problems)["unknown-site"] == 101 and len(unmapped.rows) == 219


def test_a_hundred_thousand_rows_take_less_than_two_seconds_of_cpu() -> None:
    """A guard against reading cell by cell, with room for a busy machine; the benchmark measures the real time."""
    import time

    size = 100_000
    days = [date(2001, 1, 1) + timedelta(days=i % 7000) for i in range(size)]
    columns: list[Any] = [
        [f"{i:015d}" for i in range(size)],
        [f"Société Été {i} SARL" for i in range(size)],
        [("Casablanca", "Rabat", "Tanger")[i % 3] for i in range(size)],
        [f"{day:%d/%m/%Y}" for day in days],
        [f"{i % 40} {i % 900 + 100},{i % 90 + 10}" for i in range(size)],
    ]
    headers = ("ICE", "Raison sociale", "Site", "Date d'entrée", "Loyer")
    one = Table("S", (1,), headers, columns, list(range(2, size + 2)), (), ())
    start = time.process_time()
    clean = load(one)
    spent = time.process_time() - start
    assert len(clean.rows) == size and not clean.problems
    assert spent < 2, spent
