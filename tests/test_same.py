"""Two firms said to be one are counted as one, from then on and until that is undone; the rows stay as they were."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.decide import Refusal, decide
from data.home import Home
from data.intake import Choices, Outcome, load, undo
from data.ledger import Receipt
from data.match import Mapping
from data.same import decided, into, joined_with, kept
from data.warehouse import Warehouse
from data.who import FIRMS, proposals

HEADER = "Identifiant;Raison sociale;Site;Entrée;Sortie;Superficie\n"
NEW = Mapping(new_sites=True, new_sectors=True)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(Home.at(tmp_path / "home"))


def _load(warehouse: Warehouse, rows: str, day: str, header: str = HEADER, **said: Any) -> Outcome:
    path = warehouse.home.folder.parent / f"liste au {day}.csv"
    path.write_text(header + rows, encoding="utf-8")
    choices = Choices(mapping=NEW, stated_on=date.fromisoformat(day), by="test", accept_warnings=True, **said)
    outcome = load(warehouse, path, choices)
    assert outcome.refused is None, outcome.problems
    return outcome


def _rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in warehouse.generation().arrow(sql).to_pylist()]


LIVES = "from life join identity using (firm_no)"
STAYS = "select firm_id, site::varchar, day, until, area_m2 from stay join identity using (firm_no) order by all"
TWO = "1;Zelmira SARL;Rabat;15/01/2015;;50\n2;Ourtako;Rabat;15/02/2015;;20\n"
AGAIN = ";ZELMIRRA;Rabat;15/01/2015;30/06/2020;50\n2;Ourtako;Rabat;15/02/2015;;20\n"
ZELMIRRA = "name:zelmirra"


def _said(number: int, action: str, a: str, b: str, under: str | None = None) -> Receipt:
    return Receipt(number, "", {"action": action, "firms": [a, b], "into": under}, None, None)


def test_decisions_make_groups_under_one_identifier() -> None:
    three = [_said(1, "same", "a", "b", "a"), _said(2, "same", "b", "c", "c")]
    assert into(three) == {"a": "c", "b": "c"}
    assert joined_with(three, "a") == {"a", "b", "c"}
    assert into([*three, _said(3, "apart", "b", "c")]) == {"b": "a"}
    # The firm under which the others went on left the group.
    assert into([*three, _said(3, "apart", "a", "b")]) == {"b": "c"}
    assert into([_said(1, "same", "a", "b", "a"), _said(2, "same", "b", "c", "a"), _said(3, "apart", "a", "b")]) == {
        "c": "b"
    }
    assert into([]) == {} and set(decided(three)) == {frozenset("ab"), frozenset("bc")}
    assert kept("name:x", "T-1") == "T-1" and kept("T-1", "001704504319822") == "001704504319822"


def test_two_spellings_become_one_firm_with_one_stay(warehouse: Warehouse) -> None:
    _load(warehouse, TWO, "2019-12-31")
    _load(warehouse, AGAIN, "2020-10-25")
    before = _rows(warehouse, STAYS)
    assert len(before) == 3
    (found,) = proposals(warehouse.generation().arrow(FIRMS))
    assert (found.a, found.b) == ("1", ZELMIRRA)

    receipt = decide(warehouse, "same", found.a, found.b, by="test", reason="same entry")
    assert receipt.body["into"] == "1" and receipt.body["reason"] == "same entry"
    day, left = date(2015, 1, 15), date(2020, 6, 30)
    assert _rows(warehouse, STAYS) == [("1", "Rabat", day, left, 50.0), ("2", "Rabat", date(2015, 2, 15), None, 20.0)]
    assert _rows(warehouse, "select * from same") == [(ZELMIRRA, "1")]
    # What the lists said stands as they said it.
    assert len(_rows(warehouse, "select key from tenants")) == 3
    warehouse.ledger.verify()
    warehouse.verify()

    undo(warehouse, receipt.number, "test")
    assert _rows(warehouse, STAYS) == before


def test_a_decision_is_known_from_its_day_on(warehouse: Warehouse) -> None:
    _load(warehouse, TWO, "2019-12-31", known_on=date(2020, 1, 2))
    _load(warehouse, AGAIN, "2020-10-25", known_on=date(2020, 11, 2))
    decide(warehouse, "same", "1", ZELMIRRA, by="test", reason="same entry")
    count = "select count(distinct firm_no) as n from stay"
    assert warehouse.generation(date(2020, 11, 2)).query(count)["n"][0] == 3
    assert warehouse.generation().query(count)["n"][0] == 2


def test_apart_unmerges_and_stays_decided(warehouse: Warehouse) -> None:
    _load(warehouse, TWO, "2019-12-31")
    _load(warehouse, AGAIN, "2020-10-25")
    before = _rows(warehouse, STAYS)
    decide(warehouse, "same", "1", ZELMIRRA, by="test", reason="same entry")
    decide(warehouse, "apart", ZELMIRRA, "1", by="test", reason="two founders")
    assert _rows(warehouse, STAYS) == before
    pairs = set(decided(warehouse.generation().receipts))
    assert proposals(warehouse.generation().arrow(FIRMS), pairs) == []


def test_the_next_list_finds_its_rows_again(warehouse: Warehouse) -> None:
    _load(warehouse, TWO, "2019-12-31")
    _load(warehouse, AGAIN, "2020-10-25")
    decide(warehouse, "same", "1", ZELMIRRA, by="test", reason="same entry")
    after = _rows(warehouse, STAYS)
    change = _load(warehouse, AGAIN, "2020-11-25").difference
    assert (change.added, change.changed, change.removed, change.same) == (0, 0, 0, 2)
    assert _rows(warehouse, STAYS) == after


def test_a_follow_up_under_another_spelling_is_the_firms_own(warehouse: Warehouse) -> None:
    _load(warehouse, TWO, "2019-12-31")
    header = "Raison sociale;Promotion;Entrée;Statut;Date de fermeture\n"
    _load(warehouse, "Zelmirra;Promo 2015;15/01/2015;Fermée;30/06/2020\n", "2020-10-25", header, kind="cohorts")
    assert _rows(warehouse, "select count(*) from stay where tenant") == [(3,)]
    decide(warehouse, "same", "1", ZELMIRRA, by="test", reason="same entry")
    assert _rows(warehouse, f"select firm_id, closed_on, cohort::varchar {LIVES} order by 1") == [
        ("1", date(2020, 6, 30), "Promo 2015"),
        ("2", None, "2015"),
    ]


def test_two_offices_of_one_firm_stay_two_stays(warehouse: Warehouse) -> None:
    rows = "1;Zelmira;Rabat;15/01/2015;;50\n1;Zelmira;Rabat;15/03/2016;;20\n"
    _load(warehouse, rows, "2019-12-31")
    _load(warehouse, ";Zelmirra;Rabat;15/01/2015;;50\n", "2020-10-25")
    decide(warehouse, "same", "1", ZELMIRRA, by="test", reason="same entry")
    assert [(firm, area) for firm, _, _, _, area in _rows(warehouse, STAYS)] == [("1", 50.0), ("1", 50.0), ("1", 20.0)]
    assert _rows(warehouse, "select count(*) from presence where by_site") == [(1,)]


def test_a_successor_is_found_under_the_identifier_it_goes_on_under(warehouse: Warehouse) -> None:
    header = "Identifiant;Raison sociale;Site;Entrée;Sortie;Repreneur\n"
    rows = "1;Un;Rabat;15/01/2010;15/01/2012;T-9\nT-9;Neuf;Rabat;15/01/2012;;\n009;Neuf SA;Tanger;15/01/2014;;\n"
    _load(warehouse, rows, "2020-10-25", header)
    decide(warehouse, "same", "T-9", "009", by="test", reason="one register number", keep="009")
    assert _rows(warehouse, f"select alive_on {LIVES} where firm_id = '1'") == [(date(2020, 10, 25),)]


def test_what_cannot_be_is_refused_and_written_nowhere(warehouse: Warehouse) -> None:
    _load(warehouse, TWO + "3;Trois;Rabat;15/03/2015;;20\n", "2019-12-31")

    def refused(action: str, a: str, b: str, **said: Any) -> str:
        written = len(warehouse.ledger.receipts())
        with pytest.raises(Refusal) as refusal:
            decide(warehouse, action, a, b, by="test", **{"reason": "because", **said})
        assert len(warehouse.ledger.receipts()) == written
        return str(refusal.value)

    assert "No list knows a firm 9" in refused("same", "1", "9")
    assert "one with itself" in refused("same", "1", "1")
    assert "Say why" in refused("same", "1", "2", reason=" ")
    assert "none of these" in refused("same", "1", "2", keep="3")
    decide(warehouse, "same", "1", "2", by="test", reason="because")
    assert "Receipt 2 says so already" in refused("same", "2", "1")
    decide(warehouse, "same", "2", "3", by="test", reason="because")
    assert "by way of 2 too" in refused("apart", "1", "3")
    decide(warehouse, "apart", "2", "3", by="test", reason="because")
    assert "Receipt 4 says that 2 and 3 are two firms" in refused("same", "1", "3")
