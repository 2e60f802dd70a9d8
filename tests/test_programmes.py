"""Programme intakes in a release: true, protected along with all else, and not a word of them where lists name none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

import words
from data.home import Home
from data.warehouse import Warehouse
from metrics.ask import Scope, ask
from publish import figures, partners, release
from publish.audit import audit
from publish.cells import OTHER, Name, Printed, Tables, Thresholds
from publish.content import HIDDEN, Content, canonical, written
from publish.effect import moved
from publish.figures import truth
from publish.given import editions
from publish.programmes import TABLES
from publish.protect import protect
from publish.reasons import OTHERS, Reasons
from publish.reasons import SMALL as SMALL_COUNT
from publish.secure import secure
from publish.settings import Settings
from publish.site import folder, pages
from publish.site.block import Figure, Table
from publish.site.reader import Reader
from tests.attack.attacker import by_programmes, by_subtraction, counts
from tests.attack.test_attack import read
from tests.model import Park
from tests.test_release import park as firms
from tests.test_site import Made, every_link_leads_somewhere, numbers, scratch
from tests.test_warehouse import _accept, _stay
from ui import release_tables

# One ledger, in one process, for all tests of it.
pytestmark = pytest.mark.xdist_group("programmes")
PLAIN = Settings(publisher="Parc")
NONE = "(none)"
INTAKES = ("Élan 1", "Élan 2", "Élan <b>3</b>", "Vague 4")
SMALL = ("Pilote", "Essai")


def intakes(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The same firms: two in three of four intakes, a few of two so small that they go together, one "of 2012"."""
    chance = np.random.default_rng(2)
    small = {7: SMALL[0], 8: SMALL[0], 9: SMALL[0], 10: SMALL[1], 11: SMALL[1], 12: "2012"}
    named = []
    for number, row in enumerate(rows):
        some = str(chance.choice(INTAKES, p=[0.35, 0.25, 0.2, 0.2])) if number % 3 else None
        intake = small.get(number, some)
        named.append({**row, "site": "Rabat" if number % 2 else "Tanger", "cohort": intake})
    return named


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A park with intakes; its first release as the program made it before it knew of them, its second with them."""
    with closing(Warehouse(Home.at(tmp_path_factory.mktemp("park")))) as made:
        _accept(made, "2020-01-01", intakes(firms(firms=80)), by="Amina", sheets=["S"], records_closures=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(figures, "programmes", lambda *_: ((), frozenset()))
            release.publish(made, PLAIN, "Amina", as_of=date(2018, 1, 1))
        rows = [_stay(f"N{n}", "Rabat", "2020-03-01", sector="TIC", cohort="Vague 5") for n in range(9)]
        _accept(made, "2020-06-01", rows, by="Amina", sheets=["S"], records_closures=True)
        release.publish(made, PLAIN, "Amina")
        partners.publish(made, PLAIN, "Banque", "Amina")
        yield made


@pytest.fixture(scope="module")
def made(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Made:
    where = tmp_path_factory.mktemp("site") / "site"
    every = release.releases(warehouse)
    folder.write(where, every[-1:], PLAIN, draw=scratch, cards=False)
    return Made(where, every, [])


def content(made: Made) -> Content:
    found: Content = made.every[-1].content
    return found


# What is told


def test_each_intake_is_told_as_it_is(warehouse: Warehouse, made: Made) -> None:
    """And those of an intake called as a year are of none, as are those of none."""
    told = content(made)
    assert {*told.names("programme")[:4]} == {*INTAKES} and told.names("programme")[4:] == ["Vague 5", OTHER, NONE]
    assert not any(name in told.raw.decode() for name in SMALL)
    years = [str(year) for year in range(2000, 2022)]
    scopes = {**{name: (name,) for name in (*INTAKES, "Vague 5")}, OTHER: SMALL, NONE: tuple(years)}
    known = ask(warehouse.generation(), ["supported"], by=("cohort",))["cohort"].tolist()
    for label, cohorts in scopes.items():
        scope = Scope(cohorts=tuple(name for name in cohorts if name in known))
        values = ask(warehouse.generation(), list(TABLES.values()), scope).set_index("metric")["value"]
        for table, metric in TABLES.items():
            cell = told.cell(table, programme=label)
            assert cell["value"] == values[metric] or (cell["status"] == HIDDEN and metric in ("alumni", "closed"))
            assert "status" in cell or metric != "closed" or not 0 < values[metric] < 5
    taken_in = told.cells("supported_by_programme", "programme")
    assert sum(cell["value"] for cell in taken_in) == told.cell("entries")["value"]
    assert any(cell.get("status") == HIDDEN for cell in told.cells("closed_by_programme", "programme"))
    assert any("status" not in cell for cell in told.cells("closed_by_programme", "programme"))


def test_where_lists_name_no_intake_there_is_not_a_word_of_any() -> None:
    park = Park(date(2020, 1, 1), tenants=[{**row, "cohort": "2012"} for row in firms(firms=40)])
    found = truth(park, Thresholds())
    assert found == truth(park, Thresholds(), intakes=False)
    assert "programme" not in {*found.names, *found.members}
    assert not {table for table, _ in found.tables.cells} & {*TABLES}
    printed = Printed(1, found.tables, frozenset())
    assert b"programme" not in written(found, printed, Thresholds(), 1, "")


def test_releases_of_before_come_out_as_they_were(warehouse: Warehouse) -> None:
    first, second = release.releases(warehouse)
    assert "programme" not in first.content.raw.decode() and "programme" in second.content.raw.decode()
    assert release.verify(warehouse) == [] == partners.verify(warehouse)
    (edition,) = editions(warehouse)
    mine, theirs = ({name for name in one.hidden if name[0] in TABLES} for one in (edition, second.content))
    assert mine <= theirs != set()


def test_a_release_may_be_without_them(warehouse: Warehouse) -> None:
    drafted = release.draft(warehouse, PLAIN, tables=("former", "alumni", "closed"))
    raw = drafted.content.raw.decode()
    assert "programme" not in raw and not any(name in raw for name in INTAKES[:2])
    hidden = {name for name in drafted.printed.hidden if name[0] in TABLES}
    assert hidden, "protected along, so that a later release may hold them"
    unseen = {tuple(key) for table, key in said(warehouse, drafted)["hidden"] if table in TABLES}
    assert unseen == {key for _, key in hidden}


def said(warehouse: Warehouse, drafted: release.Draft) -> dict[str, Any]:
    """What the receipt of a draft would say; none is written."""
    bodies: list[dict[str, Any]] = []

    def appended(*told: Any) -> Any:
        bodies.append(told[2])
        return told[1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "appended", appended)
        release.freeze(warehouse, PLAIN, "Amina", drafted)
    assert "programmes" in bodies[0]["left_out"] and "programme" in bodies[0]["together"]
    return bodies[0]


def test_for_intakes_no_other_figure_is_given_up(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a cut could not be given beside them, they are not told; what was put together of them is not forgotten."""
    secured = release.secured

    def harder(tables: Tables, **more: Any) -> Printed:
        hard = any(table in TABLES for table, _ in tables.cells)
        return replace(secured(tables, **more), withheld=frozenset({("closed", (0,))}) if hard else frozenset())

    monkeypatch.setattr(release, "secured", harder)
    drafted = release.draft(warehouse, PLAIN)
    assert "programme" not in drafted.content.raw.decode() and "programme" not in drafted.truth.members
    assert drafted.content.told["withheld"] == []
    assert {*release._together(release.releases(warehouse))["programme"]} == {*SMALL}


def test_rounded_intakes_are_multiples_and_come_out_again(warehouse: Warehouse) -> None:
    drafted = release.draft(warehouse, Settings(method="rounding"))
    cells = [one for table in ("former", "alumni", "closed") for one in _cells(drafted.content, table)]
    assert cells and all(one["value"] % 5 == 0 for one in cells)
    assert audit((*drafted.earlier, drafted.printed)) == []


def _cells(of: Content, metric: str) -> list[dict[str, Any]]:
    return of.cells(f"{metric}_by_programme", "programme")


# What is kept


def small_park(seed: int) -> Park:
    """Some eighty firms, most of three intakes; one intake is a year's, one a sector's."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(80):
        year, sector = int(chance.integers(2008, 2019)), str(chance.choice(["TIC", "Design", "Eau"]))
        cohort = "Promotion 2012" if year == 2012 else "Aqua" if sector == "Eau" else str(chance.choice([*"ABC", ""]))
        left = date(min(year + int(chance.integers(1, 6)), 2019), 6, 1) if chance.random() < 0.7 else None
        closed = {"exit_reason": "closed", "closed_on": left} if left and chance.random() < 0.4 else {}
        stay = _stay(f"F{number}", str(chance.choice(["Rabat", "Tanger"])), f"{year}-03-01", sector=sector)
        rows.append({**stay, "left_on": left, "cohort": cohort or None, **closed})
    return Park(date(2020, 1, 1), tenants=rows, records_closures=True)


def recovered(*releases: Printed) -> set[Name]:
    """What subtraction and programmes find, by what adds up exactly."""
    leaves = []
    for printed in releases:
        exactly = [one.terms for one in printed.tables.relations if not one.at_most]
        leaves.append(replace(read(printed), adds=exactly))
    system = counts(leaves)
    return {name for _, name in by_subtraction(system) | {*by_programmes(system)}}


@pytest.mark.parametrize("seed", range(1))
def test_nothing_of_a_small_intake_is_recovered(seed: int) -> None:
    """Not from a release, nor from that of the year before beside it."""
    park = small_park(seed)
    before = truth(park, Thresholds(), as_of=date(2019, 1, 1))
    tables = truth(park, Thresholds(), before=before.members, width=before.width).tables
    first = secure(before.tables)
    second = secure(tables, earlier=[first])
    assert {table for table, _ in second.hidden} & {*TABLES}
    assert recovered(second) == recovered(first, second) == set()
    alone = protect(tables, complementary=False)
    found = recovered(alone) & {one.name for one in audit([alone])}
    assert any(table in TABLES for table, _ in found)


def test_an_intake_that_is_a_sector_is_known_to_be_one() -> None:
    """What is hidden of the sector for others' sake would stand in the line of the intake."""
    rows = []
    for sector, many, gone in (("TIC", 20, 2), ("Eau", 20, 8), ("Design", 60, 25)):
        for number in range(many):
            closed = {"left_on": date(2015, 6, 1), "closed_on": date(2015, 6, 1), "exit_reason": "closed"}
            stay = _stay(f"{sector}{number}", "Rabat", f"{2009 + number % 5}-03-01", sector=sector)
            rows.append({**stay, "cohort": "Aqua" if sector == "Eau" else None, **(closed if number < gone else {})})
    tables = truth(Park(date(2020, 1, 1), tenants=rows, records_closures=True), Thresholds()).tables
    of_sector: Name = ("closed", ("", "Eau", ""))
    of_intake: Name = ("closed_by_programme", ("Aqua",))
    assert tables.value(of_sector) == tables.value(of_intake) == 8
    printed = secure(tables)
    assert ("closed", ("", "TIC", "")) in printed.hidden
    assert (of_sector in printed.hidden) is (of_intake in printed.hidden)


# Where it is shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_says_in_words_and_in_a_table_what_the_release_says(made: Made, language: str) -> None:
    t, told = words.of(language), content(made)
    reader = Reader(made.every[-1], t, "", "Parc")
    (page,) = [one for one in pages.pages(reader) if one.file == "programmes.html"]
    figure, fates = page.blocks
    assert isinstance(figure, Figure) and figure.chart is not None and isinstance(fates, Table)
    for label, row in zip(told.names("programme"), fates.rows, strict=False):
        for table, item in zip(TABLES, row[1:], strict=True):
            cell = told.cell(table, programme=label)
            assert item.text == (HIDDEN if cell.get("status") else t.count(cell["value"]))
        if label not in (OTHER, NONE):
            assert label in figure.chart.alt
            assert t.count(told.cell("supported_by_programme", programme=label)["value"]) in numbers(figure.chart.alt)
    shown = {one for row in figure.table.rows for item in row if item.number for one in numbers(item.text)}
    assert {*numbers(figure.chart.title)} & shown
    text = made.text(f"{language}/programmes.html")
    assert "Élan &lt;b&gt;3&lt;/b&gt;" in text and "<b>3</b>" not in text
    assert 'href="programmes.html"' in made.text(f"{language}/index.html")
    before = Reader(made.every[0], t, "", "Parc")
    assert "programmes.html" not in {one.file for one in pages.pages(before)}


def test_what_is_withheld_or_hidden_is_told_as_such(made: Made) -> None:
    """A column that the release does not give is not there; where the firms taken in are hidden there is no chart."""
    whole = made.every[-1]
    told = json.loads(whole.content.raw)
    for cell in told["tables"]["supported_by_programme"]["cells"][:2]:
        cell |= {"value": None, "status": HIDDEN}
    del told["tables"]["closed_by_programme"]
    told["withheld"] = [{"table": "closed_by_programme", "by": ["programme"]}]
    reader = Reader(replace(whole, content=Content(canonical(told))), words.of("en"), "", "Parc")
    (page,) = [one for one in pages.pages(reader) if one.file == "programmes.html"]
    figure, fates = page.blocks
    assert figure.chart is None and figure.table.hides and fates.hides and len(fates.headings) == len(TABLES)


def test_whoever_publishes_sees_each_intake_and_why_it_is_hidden(warehouse: Warehouse) -> None:
    t, drafted = words.of("fr"), release.rebuilt(warehouse, 2)
    found = Reasons(drafted)
    why = {table: {one.why for one in found.hidden if one.table == table} for table in TABLES}
    assert SMALL_COUNT in why["closed_by_programme"] and OTHERS in why["alumni_by_programme"]
    rows = release_tables._listed(t, "closed_by_programme", ("programme",), _cells(drafted.content, "closed"), found)
    assert {"Autres", "Sans promotion"} <= {*rows["Promotion"]}
    assert release_tables.table_name(t, "closed_by_programme") == "Fermées par promotion"
    now = warehouse.generation()
    same = moved(warehouse, now, now)
    assert same is not None and same.changes == (), "what a load changes is asked of intakes too"


def test_data_and_answers_for_programs_hold_them(made: Made) -> None:
    every_link_leads_somewhere(made)
    told = content(made)
    place, number = made.folder, told.number
    lines = (place / f"r/{number}/data/closed_by_programme.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "programme,value,status" and len(lines) == 1 + len(told.names("programme"))
    assert f"{OTHER},c,c" in lines or f"{NONE},c,c" in lines or any(line.endswith(",c,c") for line in lines)
    answer = json.loads((place / "api/v1/current/closed.by-programme.json").read_text())
    assert answer["rows"] == told.told["tables"]["closed_by_programme"]["cells"] and answer["by"] == ["programme"]
    described = json.loads((place / "api/v1/openapi.json").read_text())
    ways = described["paths"]["/api/v1/metrics/supported.json"]["get"]["parameters"][0]
    assert ways["required"] and ways["schema"]["items"]["enum" if "enum" in ways["schema"]["items"] else "type"]
    assert (place / "embed/en/programmes/supported-by-programme.html").is_file()
    package = json.loads((place / f"r/{number}/data/datapackage.json").read_text())
    titles = {one["path"]: one["title"] for one in package["resources"]}
    assert titles["hosted_by_programme.csv"] == "Hosted firms by programme"
