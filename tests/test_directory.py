"""The directory of firms: nobody stands in it who did not agree, nothing else, and not a day longer."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from data import sight
from data.building import stands
from data.cells import address, name_key
from data.check import check
from data.compare import with_keys
from data.consents import reaches_somebody
from data.decide import decide
from data.home import Home
from data.intake import Choices, load, undo
from data.ledger import Receipt
from data.match import Mapping, match
from data.names import Lists
from data.read import read
from data.review import Outcome
from data.sheets import SHEETS
from data.sight import Sight
from data.table import find_table
from data.warehouse import Warehouse
from publish import release
from publish.directory import FIELDS, Entry, _ordered, consented, listed, stamp, would_list
from publish.serve import Shelf
from publish.settings import Settings
from publish.site import folder
from tests.often import often
from tests.test_site import scratch
from tests.test_warehouse import _accept, _stay

PARK = ("Atlas Données", "Bahia Santé", "Cèdre Énergie", "Dune Logiciels", "Erg Robotique")
HEADERS = [
    "ICE",
    "Raison sociale",
    "Solution",
    "Catégorie de solution",
    "Description",
    "Site web",
    "Site",
    "Secteur",
    "Consentement",
    "Date du consentement",
    "Fin du consentement",
    "Retrait du consentement",
    "Champs autorisés",
]
FIRST, LAST, DAY = date(2020, 1, 1), date(2090, 12, 31), date(2030, 6, 1)
EVERYTHING = "Solution, Catégorie, Description, Site web, Site, Secteur"
Line = dict[str, str]


def line(firm: str, solution: str = "", **said: str) -> Line:
    """A row as a park writes it: agreed to everything for many years, unless `said` otherwise."""
    place = PARK.index(firm) if firm in PARK else 9
    agreed = {
        "Raison sociale": firm,
        "Solution": solution,
        "Catégorie de solution": "Logiciel" if place % 2 else "Matériel",
        "Description": f"Ce que fait {solution or firm}.",
        "Site web": f"https://www.firme{place}.example",
        "Site": "Rabat",
        "Secteur": "TIC",
        "Date du consentement": "01/01/2020",
        "Fin du consentement": "31/12/2090",
        "Champs autorisés": EVERYTHING,
    }
    return agreed | {name.replace("_", " "): text for name, text in said.items()}


AGREED = (line("Atlas Données", "Registre"), line("Atlas Données", "Tableau"), line("Bahia Santé", "Dossier"))
NEVER = line(
    "Cèdre Énergie", "Turbine", Date_du_consentement="", Fin_du_consentement="", Champs_autorisés="", Consentement="Non"
)


def text_of(lines: Iterable[Line]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADERS, delimiter=";")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def bring(warehouse: Warehouse, *lines: Line, mode: str = "update") -> Outcome:
    """Loads a list of solutions as a person would."""
    path = warehouse.home.folder / "solutions.csv"
    path.write_text(text_of(lines), encoding="utf-8")
    mapping = Mapping(kind="solutions", new_sectors=True)
    choices = Choices(mapping=mapping, mode=mode, accept_warnings=True, stated_on=date(2026, 1, 1), by="Amina")
    return load(warehouse, path, choices)


def codes(outcome: Outcome) -> list[tuple[str, int | None]]:
    return sorted((one.code, one.row) for one in outcome.problems if one.code != "unknown-sector")


def names(warehouse: Warehouse, today: date = DAY) -> set[tuple[str, str]]:
    """(firm, solution) of everything that the newest release shows on a day."""
    found = listed(warehouse, today)
    return {(one.firm, one.told.get("solution", "")) for one in found[max(found)]} if found else set()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a park with a directory, of which a release is published."""
    home = tmp_path_factory.mktemp("park")
    with closing(Warehouse(Home.at(home))) as warehouse:
        stays = [_stay(f"F{n}", "Rabat", "2019-01-01", firm_name=firm, sector="TIC") for n, firm in enumerate(PARK)]
        rows = [{**stay, "name_key": name_key(str(stay["firm_name"]))} for stay in stays]
        _accept(warehouse, "2020-01-01", rows, by="Amina", sheets=["S"])
        assert bring(warehouse, *AGREED, NEVER).refused is None
        release.publish(warehouse, Settings(), "Amina", date(2020, 1, 1))
    return home


@pytest.fixture
def park(published: Path, tmp_path: Path) -> Iterator[Warehouse]:
    shutil.copytree(published, tmp_path / "home")
    with closing(Warehouse(Home.at(tmp_path / "home"))) as warehouse:
        yield warehouse


ATLAS = {("Atlas Données", "Registre"), ("Atlas Données", "Tableau")}
BAHIA = {("Bahia Santé", "Dossier")}


# Who is listed, and what of them


def test_only_who_agreed_is_listed_with_what_was_agreed_to(park: Warehouse) -> None:
    assert names(park) == ATLAS | BAHIA
    (entries,) = listed(park, DAY).values()
    assert all({*one.told} == {*FIELDS} for one in entries)
    rows = standing(
        [line("Dune Logiciels", "Sable", Champs_autorisés="Site web; secteur"), line("Erg Robotique"), NEVER]
    )
    assert [(one.firm, *one.told) for one in consented(rows, DAY).values()] == [
        ("Dune Logiciels", "website", "sector"),
        ("Erg Robotique", "category", "description", "website", "site", "sector"),
    ]


def test_a_consent_to_no_field_is_one_to_the_name() -> None:
    (shown,) = consented(standing([line("Dune Logiciels", "Sable", Champs_autorisés="")]), DAY).values()
    assert (shown.firm, shown.told) == ("Dune Logiciels", {})


@pytest.mark.parametrize("text", ["Écrivez à salma@firme.example", "Tél. +212 5 37 00 00 00", "05.37.00.00.00"])
def test_no_text_that_reaches_somebody_is_shown(text: str) -> None:
    rows = standing([line("Dune Logiciels", "Sable", Description=text), line(text, "Autre")])
    (shown,) = consented(rows, DAY).values()
    assert shown.firm == "Dune Logiciels" and "description" not in shown.told and "solution" in shown.told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("www.firme.example/a b", None),
        ("firme.example", "https://firme.example"),
        ("HTTP://Firme.Example/x?y=1", "HTTP://Firme.Example/x?y=1"),
        ("javascript:alert(1)", None),
        ("data:text/html,x.example", None),
        ("https://nom:mot@firme.example", None),
        ("mailto:a@b.example", None),
        ("https://firme.example:8080", None),
        ("ftp://firme.example", None),
        ("rien", None),
        ("http://[::1", None),
    ],
)
def test_a_website_is_a_page_and_nothing_else(text: str, told: str | None) -> None:
    assert address(text) == told


def test_numbers_of_other_things_reach_nobody() -> None:
    assert not any(map(reaches_somebody, (None, "", "ISO 27001, 12 000 dossiers par an, depuis 2015", "100 %")))


# Every way in which a consent ends


def _other_name(warehouse: Warehouse) -> None:
    """Somebody says that two firms are one, and the other one withdraws as a whole."""
    decide(warehouse, "same", "F0", "F3", by="Amina", reason="même firme")
    bring(warehouse, line("Dune Logiciels", Consentement="Non"))


WAYS: dict[str, tuple[Callable[[Warehouse], object], set[tuple[str, str]]]] = {
    "withdrawn": (lambda park: bring(park, line("Bahia Santé", "Dossier", Consentement="Non")), ATLAS),
    "for the firm under its other name": (_other_name, BAHIA),
    "not in the list that replaces": (lambda park: bring(park, *AGREED[:2], mode="replace"), ATLAS),
    "its list undone": (lambda park: undo(park, 2, "Amina"), set()),
    "its release withdrawn": (lambda park: release.withdraw(park, 1, "Amina", "une erreur"), set()),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_consent_that_has_ended_is_gone_at_once(park: Warehouse, way: str) -> None:
    before = stamp(park, DAY)
    assert names(park) == ATLAS | BAHIA
    ends, left = WAYS[way]
    ends(park)
    assert names(park) == left
    assert stamp(park, DAY) != before, "who serves the pages is told"


WORDS: dict[str, tuple[Line, set[tuple[str, str]]]] = {
    "on a day": (line("Bahia Santé", "Dossier", Retrait_du_consentement="31/05/2030"), ATLAS),
    "on that very day": (line("Bahia Santé", "Dossier", Retrait_du_consentement="01/06/2030"), ATLAS),
    "in a year": (line("Bahia Santé", "Dossier", Retrait_du_consentement="2030"), ATLAS),
    "with no other word": (
        {"Raison sociale": "Bahia Santé", "Solution": "Dossier", "Retrait du consentement": "31/05/2030"},
        ATLAS,
    ),
    "with a word": (line("Bahia Santé", "Dossier", Consentement="retiré"), ATLAS),
    "with a word nobody knows": (line("Bahia Santé", "Dossier", Consentement="plus du tout"), ATLAS),
    "with a day nobody can read": (line("Bahia Santé", "Dossier", Retrait_du_consentement="au téléphone"), ATLAS),
    "an end nobody can read": (line("Bahia Santé", "Dossier", Fin_du_consentement="bientôt"), ATLAS),
    "a nearer end": (line("Bahia Santé", "Dossier", Fin_du_consentement="31/05/2030"), ATLAS),
    "spelt otherwise": (line("BAHIA SANTE SARL", "DOSSIER.", Consentement="Non"), ATLAS),
    "with an identifier": ({"ICE": "F1", **line("Bahia Santé", "Dossier", Consentement="Non")}, ATLAS),
    "for the firm as a whole": (line("Atlas Données", Consentement="Non"), BAHIA),
    "for the firm as a whole, on a day": (line("Atlas Données", Retrait_du_consentement="01/06/2030"), BAHIA),
    "tomorrow": (line("Bahia Santé", "Dossier", Retrait_du_consentement="02/06/2030"), ATLAS | BAHIA),
}


@pytest.mark.parametrize("way", WORDS)
def test_a_consent_ends_however_it_is_said(way: str) -> None:
    said, left = WORDS[way]
    found = consented(standing(list(AGREED), [said]), DAY)
    assert {(one.firm, one.told["solution"]) for one in found.values() if "solution" in one.told} == left


def standing(*lists: list[Line]) -> list[dict[str, Any]]:
    """The rows that stand after these lists, by the real steps of a load, without a ledger."""
    kept: dict[str, pa.Table] = {}
    receipts: list[Receipt] = []
    named = pa.table({"name_key": ["bahia sante", "atlas donnees"], "firm_id": ["F1", "F0"]})
    for number, lines in enumerate(lists, 1):
        table = find_table(read(text_of(lines).encode(), "l.csv").grids[0])
        assert table is not None
        found = match(table, kind="solutions")
        known = Lists(("Rabat",), (("TIC", None),))
        clean = check([table], [found], lists=known, file_name="l.csv", stated_on=DAY, today=DAY)
        sheet = SHEETS["solutions"]
        before = stands("solutions", receipts, kept.__getitem__)
        kept[str(number)] = with_keys(sheet, clean.rows, before, named)
        body = {"action": "load", "kind": "solutions", "mode": "update", "covers": [], "file": "l.csv"}
        receipts.append(Receipt(number, "", {**body, "stated_on": DAY.isoformat()}, None, str(number)))
    return stands("solutions", receipts, kept.__getitem__).to_pylist()


def test_a_consent_ends_with_its_last_day(park: Warehouse) -> None:
    assert names(park, LAST) == ATLAS | BAHIA and names(park, LAST + timedelta(1)) == set()
    assert stamp(park, LAST) == stamp(park, DAY) != stamp(park, LAST + timedelta(1))


def test_a_field_no_longer_agreed_to_is_gone_at_once(park: Warehouse) -> None:
    before = stamp(park, DAY)
    bring(park, line("Bahia Santé", "Dossier", Champs_autorisés="Solution, Site"))
    (told,) = [one.told for one in listed(park, DAY)[1] if one.firm == "Bahia Santé"]
    assert told == {"solution": "Dossier", "site": "Rabat"} and stamp(park, DAY) != before


def test_an_undone_withdrawal_lists_again_and_a_new_consent_counts_from_its_day(park: Warehouse) -> None:
    outcome = bring(park, line("Bahia Santé", "Dossier", Retrait_du_consentement="01/03/2026"))
    assert names(park) == ATLAS and outcome.receipt
    undo(park, outcome.receipt, "Amina")
    assert names(park) == ATLAS | BAHIA
    again = {"Retrait_du_consentement": "01/03/2026", "Date_du_consentement": "02/06/2030"}
    bring(park, line("Bahia Santé", "Dossier", **again))
    assert names(park) == ATLAS and names(park, date(2030, 6, 2)) == ATLAS | BAHIA


# A release freezes its directory


def test_a_release_freezes_what_it_lists_and_gains_nobody(park: Warehouse) -> None:
    before = stamp(park, DAY)
    bring(park, line("Dune Logiciels", "Sable"), line("Bahia Santé", "Dossier", Description="Autre chose."))
    assert names(park) == ATLAS | BAHIA
    assert [one.told["description"] for one in listed(park, DAY)[1]][-1] == "Ce que fait Dossier."
    assert stamp(park, DAY) == before, "nothing is written anew for nothing"
    release.publish(park, Settings(), "Amina", date(2020, 1, 1))
    assert names(park) == ATLAS | BAHIA | {("Dune Logiciels", "Sable")}
    assert {one.firm for one in listed(park, DAY)[1]} == {"Atlas Données", "Bahia Santé"}
    assert all(b"Dune" not in one.content.raw and b"Atlas" not in one.content.raw for one in release.releases(park))


def test_a_release_of_a_past_knowledge_lists_whom_that_knew(park: Warehouse) -> None:
    release.publish(park, Settings(), "Amina", date(2020, 1, 1))
    assert park.ledger.receipts()[0].known_on < date.today()
    assert would_list(park, date(2020, 1, 1), DAY) == ()
    assert {one.firm for one in would_list(park, today=DAY)} == {"Atlas Données", "Bahia Santé"}


def test_firms_are_listed_as_a_reader_looks_for_them() -> None:
    """Accents and capitals put no name behind Z."""
    listed = _ordered(Entry(name, name, name, {}) for name in ("Zénith", "Élan", "eau vive", "Edison"))
    assert [one.firm for one in listed] == ["eau vive", "Edison", "Élan", "Zénith"]


def test_a_park_without_a_directory_has_none(tmp_path: Path) -> None:
    with closing(Warehouse(Home.at(tmp_path))) as warehouse:
        assert listed(warehouse) == {} and len(stamp(warehouse)) > 8


# The rule itself

DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def said(**its: Any) -> dict[str, Any]:
    row: dict[str, Any] = {column.name: None for column in SHEETS["solutions"].columns}
    whole = {"consent_on": "day", "consent_until": "day", "withdrawn_on": "day"}
    row |= {f"{name}_precision": precision for name, precision in whole.items()}
    return row | {"firm_name": "A", "name_key": "a", "solution": "S", "key": "a | s", "consent_fields": "all"} | its


@settings(max_examples=often(200), deadline=None)
@given(
    st.none() | DAYS,
    st.none() | DAYS,
    st.none() | DAYS,
    st.sampled_from([None, "given", "withdrawn"]),
    st.sampled_from(["day", "month", "year"]),
    DAYS,
)
def test_nobody_is_listed_outside_what_was_agreed(
    on: date | None, until: date | None, gone: date | None, word: str | None, precision: str, day: date
) -> None:
    row = said(consent_on=on, consent_until=until, withdrawn_on=gone, consent=word, consent_on_precision=precision)
    shown = bool(consented([row], day))
    inside = on is not None and until is not None and on <= day <= until and word != "withdrawn"
    withdrawn = gone is not None and gone <= day and on is not None and on <= gone
    # In a withdrawal known to its year alone, whatever was given in that year ends.
    if gone and on and gone.year == on.year and gone <= day:
        assert not consented([row | {"withdrawn_on_precision": "year"}], day)
    if precision == "day":
        assert shown == (inside and not withdrawn)
    else:
        # A month or a year alone counts from its last day: never more is shown than with the day itself.
        assert not shown or (inside and not withdrawn)


def test_a_month_alone_counts_from_its_last_day() -> None:
    row = said(consent_on=date(2026, 2, 1), consent_on_precision="month", consent_until=date(2026, 12, 1))
    assert [bool(consented([row], day)) for day in (date(2026, 2, 27), date(2026, 2, 28), date(2026, 12, 2))] == [
        False,
        True,
        False,
    ]


# The list as it is loaded


def test_what_of_a_consent_cannot_count_is_said(park: Warehouse) -> None:
    outcome = bring(
        park,
        line("Atlas Données", "Un", Fin_du_consentement="31/12/2019"),
        line("Atlas Données", "Deux", Fin_du_consentement=""),
        line("Atlas Données", "Trois", Fin_du_consentement="31/12/2025"),
        line("Atlas Données", "Quatre", Fin_du_consentement="plus tard"),
        line("Atlas Données", "Cinq", Champs_autorisés="Description, Chiffre d'affaires", Site_web="chez nous"),
        line("Inconnue", "Six"),
        line("Bahia Santé", "Dossiers", Consentement="Non", Date_du_consentement="", Fin_du_consentement=""),
        line("Bahia Santé", "Huit", Description="05 37 00 00 00", Champs_autorisés=""),
    )
    assert codes(outcome) == [
        ("consent-end-unread", 5),
        ("consent-ends-first", 2),
        ("consent-name-alone", 9),
        ("consent-over", 4),
        ("consent-undated", 3),
        ("no-web-address", 6),
        ("solution-of-nobody", 7),
        ("text-with-contact", 9),
        ("unknown-choices", 6),
        ("unreadable-date", 5),
        ("withdrawal-of-nothing", 8),
    ]
    assert "chiffre d'affaires" in next(one.message for one in outcome.problems if one.code == "unknown-choices")
    shown = {one.told.get("solution") for one in would_list(park, today=DAY)}
    assert not shown & {"Un", "Deux", "Trois", "Quatre"}


@pytest.mark.parametrize(
    "headers",
    [
        ["Identifiant", "Entreprise", "Produit", "Catégorie", "Descriptif", "URL", "Ville", "Domaine", "Publication "
         "autorisée", "Consentement donné le", "Consentement jusqu'au", "Date de retrait", "Champs publiables"],
        ["Firm ID", "Company", "Product name", "Category", "Description", "Website", "Location", "Industry", "Consent",
         "Consent date", "Consent expires", "Withdrawal date", "What may be shown"],
        ["المعرف", "اسم الشركة", "الحل", "فئة الحل", "الوصف", "الموقع الإلكتروني", "الموقع", "القطاع", "الموافقة",
         "تاريخ الموافقة", "نهاية الموافقة", "سحب الموافقة", "الحقول المسموح بنشرها"],
    ],
    ids=["fr", "en", "ar"],
)  # fmt: skip
def test_its_headers_are_known_in_three_languages(headers: list[str]) -> None:
    table = find_table(read((";".join(headers) + "\n" + ";".join("x" * len(headers))).encode(), "l.csv").grids[0])
    assert table is not None
    found = match(table)
    assert found.kind == "solutions" and not found.unmatched and not found.missing
    assert [*found.columns] == [column.name for column in SHEETS["solutions"].columns]


def test_without_a_word_of_consent_no_list_is_taken_for_one_of_solutions() -> None:
    text = "Entreprise;Solution;Catégorie;Description;Site web;Site;Date d'entrée\n1;2;3;4;5;6;01/02/2020"
    table = find_table(read(text.encode(), "l.csv").grids[0])
    assert table is not None and match(table).kind == "tenants"


def test_no_column_is_about_a_person() -> None:
    assert SHEETS["solutions"].persons == ()


def test_who_sees_one_site_sees_its_solutions_alone(park: Warehouse) -> None:
    bring(park, line("Dune Logiciels", "Sable", Site=""), line("Étrangère", "Ailleurs", Site=""))
    rows = sight.generation(park, Sight(sites=("Rabat",))).arrow("select firm_name from solutions order by firm_name")
    assert rows.column("firm_name").unique().to_pylist() == [
        "Atlas Données",
        "Bahia Santé",
        "Cèdre Énergie",
        "Dune Logiciels",
    ]
    rows = sight.generation(park, Sight(sites=("Tanger",))).arrow("select * from solutions")
    assert isinstance(rows, pa.Table) and len(rows) == 0


# The pages


def write(warehouse: Warehouse, where: Path) -> dict[str, bytes]:
    """The site as it would be written now, file by file."""
    shown = listed(warehouse, DAY)
    folder.write(where, release.releases(warehouse), Settings(), draw=scratch, cards=False, listed=shown)
    return {str(path.relative_to(where)): path.read_bytes() for path in where.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def site(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the home of a second release, which lists a firm that means ill, and the site as it was written."""
    both = tmp_path_factory.mktemp("both")
    shutil.copytree(published, both / "home")
    with closing(Warehouse(Home.at(both / "home"))) as warehouse:
        bring(warehouse, line("Dune Logiciels", "<img src=x onerror=alert(1)>", Description="=1+1 & <b>gras</b>"))
        release.publish(warehouse, Settings(), "Amina", date(2020, 1, 1))
        write(warehouse, both / "site")
    return both


def test_a_consent_withdrawn_leaves_no_trace_on_the_site(site: Path, tmp_path: Path) -> None:
    before = {str(one.relative_to(site / "site")): one.read_bytes() for one in site.rglob("site/**/*") if one.is_file()}
    kinds = ("directory.html", "directory-sector-tic.html", "directory-category-logiciel.html")
    assert {name for name, body in before.items() if b"Bahia" in body} == {
        *(f"{place}{language}/{name}" for place in ("", "r/1/", "r/2/") for language in ("fr", "en") for name in kinds),
        *(f"r/{n}/data/directory.{ending}" for n in (1, 2) for ending in ("csv", "json")),
    }
    assert not any("Cèdre".encode() in body or b"Turbine" in body for body in before.values())
    shutil.copytree(site / "home", tmp_path / "home")
    with closing(Warehouse(Home.at(tmp_path / "home"))) as warehouse:
        bring(warehouse, line("Bahia Santé", "Dossier", Consentement="Non"))
        after = write(warehouse, tmp_path / "site")
    secrets = ("Bahia", "Dossier", "firme1.example", "Cèdre", "Turbine")
    assert [name for name, body in after.items() if any(one.encode() in body for one in secrets)] == []
    assert b"Atlas" in after["r/1/fr/directory.html"] and "r/1/fr/directory-category-logiciel.html" not in after
    rows = list(csv.DictReader(after["r/1/data/directory.csv"].decode().splitlines()))
    assert [row["solution"] for row in rows] == ["Registre", "Tableau"]
    assert [one["firm"] for one in json.loads(after["r/1/data/directory.json"])["firms"]] == ["Atlas Données"] * 2


def test_no_one_on_the_way_keeps_a_list_of_firms(site: Path) -> None:
    shelf = Shelf(site / "site")
    for path in ("/fr/directory.html", "/r/1/fr/directory-sector-tic.html", "/r/1/data/directory.csv"):
        assert dict(shelf.answer(path).headers)[b"cache-control"] == b"no-store", path
    assert b"max-age" in dict(shelf.answer("/fr/index.html").headers)[b"cache-control"]


def test_a_page_takes_no_name_for_markup_and_its_search_finds_without_accents(site: Path, chromium: Browser) -> None:
    start = site / "site" / "fr" / "directory.html"
    text = start.read_text()
    assert text.index('type="search"') < text.index('class="filters"') < text.index('class="card firm" dir="auto"')
    assert "<img src=x" not in text and "'=1+1" in (site / "site/r/2/data/directory.csv").read_text()
    page = chromium.new_page()
    page.goto(start.as_uri())
    shown = page.locator(".firm:visible h2")
    assert shown.all_text_contents() == ["Atlas Données", "Bahia Santé", "Dune Logiciels"]
    page.get_by_role("searchbox").fill("SANTE dossier")
    assert shown.all_text_contents() == ["Bahia Santé"] and "1" in page.get_by_role("status").inner_text()
    page.get_by_role("searchbox").fill("nulle part")
    assert shown.count() == 0 and page.get_by_role("status").inner_text()
    page.close()
    plain = chromium.new_page(java_script_enabled=False)
    plain.goto(start.as_uri())
    assert not plain.get_by_role("searchbox").is_visible()
    plain.get_by_role("link", name="Logiciel", exact=True).click()
    assert plain.locator(".firm h2").all_text_contents() == ["Bahia Santé", "Dune Logiciels"]
    plain.close()
