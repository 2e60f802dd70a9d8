"""Finding a firm, and one firm's history down to the rows of the lists that speak of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.cells import name_key
from data.decide import decide
from data.home import Home
from data.intake import Choices, load
from data.match import Mapping
from data.warehouse import Generation, Warehouse
from metrics.ask import NothingLoaded, Scope, Unknown, ask
from metrics.firms import EVENTS, STATES, history, search
from tests.model import Park

STATED = date(2020, 10, 25)


def row(firm: str | None, name: str | None, site: str, entered: date, **more: Any) -> dict[str, Any]:
    return {
        "firm_id": firm,
        "firm_name": name,
        "name_key": name_key(name) if name else None,
        "site": site,
        "entered_on": entered,
        **more,
    }


ROWS = [
    row(
        "001",
        "Énergie Atlas SARL",
        "Rabat",
        date(2012, 5, 1),
        left_on=date(2014, 1, 1),
        exit_reason="moved",
        sector="Eau",
    ),
    row("001", "Énergie Atlas SARL", "Tanger", date(2014, 1, 1), sector="Eau"),
    row("002", "Atlas Données", "Rabat", date(2010, 5, 1), left_on=date(2012, 1, 1), exit_reason="closed"),
    row("003", "Les Jardins d'Atlas", "Rabat", date(2011, 5, 1), left_on=date(2013, 1, 1), exit_reason="merged"),
    row("004", "Rif", "Rabat", date(2011, 5, 1), left_on=date(2013, 1, 1), exit_reason="graduated"),
    row(None, "Rif Bleu", "Tanger", date(2015, 5, 1)),
    row("005", "Banque Atlas", "Rabat", date(2009, 1, 1), occupant_type="bank"),
    row("006", "Atlas du Sud", "Rabat", date(2019, 1, 1)),
    row(None, "Atlas du Sud", "Rabat", date(2016, 1, 1), left_on=date(2017, 1, 1)),
]


@pytest.fixture(scope="module")
def park() -> Park:
    return Park(STATED, tenants=ROWS)


def ids(park: Park | Generation, text: str = "", **scope: Any) -> list[str]:
    return search(park, Scope(**scope), text)["firm_id"].tolist()


def test_case_and_accents_and_legal_forms_do_not_matter(park: Park) -> None:
    for text in ("énergie", "ENERGIE", "energie atlas", "Atlas, Énergie", "Énergie Atlas SARL", "001"):
        assert ids(park, text) == ["001"], text
    assert ids(park, "rif bleu") == ["name:rif bleu"]
    assert ids(park, "nobody") == [] and search(park, Scope(), "nobody").attrs["found"] == 0
    assert ids(park, "---") == [] and ids(park, "%") == [] and ids(park, "'; drop table stay; --") == []


def test_the_best_match_comes_first(park: Park) -> None:
    # Named so from the start, then with the word inside.
    assert ids(park, "atlas") == ["002", "006", "005", "001", "003"]
    assert ids(park, "rif") == ["004", "name:rif bleu"]


def test_the_state_on_the_day(park: Park) -> None:
    table = search(park, Scope(), "").set_index("firm_id")
    assert set(table["state"]) <= set(STATES)
    assert table["state"].to_dict() == {
        "001": "hosted",
        "002": "closed",
        "003": "merged",
        "004": "alumni",
        "005": "other",
        "006": "hosted",
        "name:rif bleu": "hosted",
    }
    assert table.loc["001", "sites"] == ("Rabat", "Tanger") and table.loc["001", "left_on"] is None
    assert table.loc["002", "left_on"] == date(2012, 1, 1) and table.loc["006", "entered_on"] == date(2016, 1, 1)
    before = search(park, Scope(as_of=date(2011, 12, 31)), "").set_index("firm_id")["state"].to_dict()
    assert before == {"002": "hosted", "003": "hosted", "004": "hosted", "005": "other"}


def test_filters_and_limits(park: Park) -> None:
    assert ids(park, sites=("Tanger",)) == ["001", "name:rif bleu"]
    assert ids(park, sectors=("Eau",)) == ["001"] and ids(park, cohorts=("2011",)) == ["003", "004"]
    assert "001" not in ids(park, "atlas", sectors=("(none)",))
    limited = search(park, Scope(), "atlas", limit=2)
    assert len(limited) == 2 and limited.attrs["found"] == 5
    with pytest.raises(Unknown):
        search(park, Scope(sites=("Fès",)), "atlas")


def test_states_add_up_to_the_figures() -> None:
    """The states of all firms are the metrics' counts."""
    table = search(Park(STATED, tenants=ROWS), Scope(), "", limit=100)
    counts = ask(Park(STATED, tenants=ROWS), ["hosted", "alumni", "closed", "other_occupants"])["value"].tolist()
    states = table["state"].value_counts()
    assert counts == [states["hosted"], states["alumni"] + states["merged"], states["closed"], states["other"]]


def test_a_history(park: Park) -> None:
    firm = history(park, "001")
    assert (firm.name, firm.state, firm.sector, firm.cohort) == ("Énergie Atlas SARL", "hosted", "Eau", "2012")
    assert firm.stays[["site", "entered_on", "left_on", "open", "dated"]].to_numpy().tolist() == [
        ["Rabat", date(2012, 5, 1), date(2014, 1, 1), False, True],
        ["Tanger", date(2014, 1, 1), None, True, False],
    ]
    assert set(firm.events["event"]) <= set(EVENTS)
    assert firm.events[["day", "event", "site", "detail"]].to_numpy().tolist() == [
        [date(2012, 5, 1), "entered", "Rabat", None],
        [date(2014, 1, 1), "entered", "Tanger", None],
        [date(2014, 1, 1), "left", "Rabat", "moved"],
        [STATED, "alive", None, None],
    ]
    early = history(park, "001", date(2013, 6, 1))
    assert early.stays["open"].tolist() == [True] and early.events["event"].tolist() == ["entered", "alive"]
    assert len(early.sources) == 2
    with pytest.raises(Unknown, match="There is no firm '001'"):
        history(park, "001", date(2010, 1, 1))
    with pytest.raises(Unknown):
        history(park, "nobody")


def test_how_it_ended(park: Park) -> None:
    closed = history(park, "002").events[["day", "event"]].to_numpy().tolist()
    assert closed == [[date(2010, 5, 1), "entered"], [date(2012, 1, 1), "left"], [date(2012, 1, 1), "closed"]]
    merged = history(park, "003").events["event"].tolist()
    assert merged[:3] == ["entered", "left", "merged"]


def test_rows_without_an_identifier_belong_to_who_alone_bears_the_name(park: Park) -> None:
    firm = history(park, "006")
    assert firm.stays["entered_on"].tolist() == [date(2016, 1, 1), date(2019, 1, 1)] and len(firm.sources) == 2
    assert history(park, "name:rif bleu").sources["firm_name"].tolist() == ["Rif Bleu"]


def test_other_occupants_have_a_history_too(park: Park) -> None:
    bank = history(park, "005")
    assert bank.state == "other" and bank.events["event"].tolist() == ["entered"]


def test_nothing_loaded_is_said() -> None:
    nothing = Park(STATED)
    assert search(nothing, Scope(), "x").empty
    nothing.stated_on = None
    for question in (lambda: search(nothing, Scope(), "x"), lambda: history(nothing, "x")):
        with pytest.raises(NothingLoaded):
            question()


@pytest.fixture(scope="module")
def told_thrice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    """Two yearly lists of tenants that speak of one stay, the name changed between, and a follow-up of a cohort."""
    folder = tmp_path_factory.mktemp("told")
    warehouse = Warehouse(Home.at(folder / "home"))
    head = "Identifiant;Raison sociale;Site;Date de création;Date d'entrée;Date de sortie;Motif de sortie\n"
    lists = [
        ("tenants", "2018-12-31", head + "0017;Atlas Données;Rabat;03/2012;01/05/2012;;\n"),
        ("tenants", "2019-12-31", head + "0017;Atlas Data;Rabat;03/2012;01/05/2012;30/06/2019;Diplômée\n"),
        (
            "cohorts",
            "2020-06-30",
            "Identifiant;Raison sociale;Promotion;Statut;Date du statut\n0017;Atlas Data;Promo 1;Alumni;01/02/2020\n",
        ),
    ]
    for place, (kind, stated, text) in enumerate(lists):
        file = folder / f"{kind}-{stated}.csv"
        file.write_text(text, encoding="utf-8")
        choices = Choices(
            mapping=Mapping.load({"kind": kind, "new_sites": True}),
            stated_on=date.fromisoformat(stated),
            known_on=date(2021, 1, 1 + place),
            accept_warnings=True,
            by="test",
        )
        outcome = load(warehouse, file, choices).as_json()
        assert outcome["accepted"], outcome["problems"]
    yield warehouse.generation()
    warehouse.close()


def test_what_each_list_said(told_thrice: Generation) -> None:
    firm = history(told_thrice, "0017")
    assert firm.names == ("Atlas Data", "Atlas Données") and firm.name == "Atlas Data"
    columns = ["kind", "file", "sheet", "row", "stated_on", "receipt", "firm_name", "left_on"]
    assert firm.sources[[c for c in columns if c != "sheet"]].to_numpy().tolist() == [
        ["tenants", "tenants-2018-12-31.csv", 2, date(2018, 12, 31), 1, "Atlas Données", None],
        ["tenants", "tenants-2019-12-31.csv", 2, date(2019, 12, 31), 2, "Atlas Data", date(2019, 6, 30)],
        ["cohorts", "cohorts-2020-06-30.csv", 2, date(2020, 6, 30), 3, "Atlas Data", None],
    ]
    events = firm.events[["day", "event", "detail", "precision"]].to_numpy().tolist()
    assert events == [
        [date(2012, 3, 1), "founded", None, "month"],
        [date(2012, 5, 1), "entered", None, "day"],
        [date(2019, 6, 30), "left", "graduated", "day"],
        [date(2020, 2, 1), "alive", None, None],
    ]
    assert firm.cohort == "Promo 1" and firm.left_on == date(2019, 6, 30)
    # An older name finds it too, as it is called now.
    assert search(told_thrice, Scope(), "donnees")["name"].tolist() == ["Atlas Data"]
    # Nothing that only the notes hold is given away.
    assert "notes" not in firm.sources.columns


def test_a_rebuilt_generation_says_the_same(told_thrice: Generation, tmp_path: Path) -> None:
    assert told_thrice.query("select count(*) as n from said_again")["n"].tolist() == [2]


def test_one_said_to_be_another_firm_is_found_and_shown_with_all_its_rows(tmp_path: Path) -> None:
    warehouse = Warehouse(Home.at(tmp_path / "home"))
    header = "Identifiant;Raison sociale;Site;Entrée;Sortie\n"
    for day, rows in (
        ("2020-01-31", "1;Zelmira SARL;Rabat;15/01/2015;\n2;Ourtako;Rabat;15/02/2015;\n"),
        ("2020-06-30", ";ZELMIRRA;Rabat;15/01/2015;15/06/2020\n"),
    ):
        path = tmp_path / f"{day}.csv"
        path.write_text(header + rows, encoding="utf-8")
        choices = Choices(
            mapping=Mapping(new_sites=True), stated_on=date.fromisoformat(day), by="x", accept_warnings=True
        )
        assert load(warehouse, path, choices).receipt
    decide(warehouse, "same", "1", "name:zelmirra", by="x", reason="a typo")
    park = warehouse.generation()
    assert ids(park, "zelmirra") == ["1"] and ids(park, "zelmira") == ["1"]
    told = history(park, "name:zelmirra")
    assert told.firm_id == "1"
    assert list(told.sources["firm_name"]) == ["Zelmira SARL", "ZELMIRRA"]
    assert list(told.stays["left_on"]) == [date(2020, 6, 15)]
    assert "ZELMIRRA" in search(park, Scope(), "zelmirra")["names"].iloc[0]
