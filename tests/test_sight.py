"""What of the park somebody may see is decided where the data is: rows, cells, receipts, originals and writing."""

from __future__ import annotations

import ast
import csv
import io
from datetime import date
from pathlib import Path

import pytest

from data.decide import Refusal, decide
from data.home import Home
from data.intake import Choices, accept, load, propose, undo
from data.match import Mapping
from data.mending import Correction
from data.review import Outcome, Review
from data.sight import EVERYTHING, Sight, Unseen, cells, original, receipts
from data.spellings import EverySite, spell
from data.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[1]
DAY = date(2020, 10, 25)
RABAT = Sight(("Rabat",), persons=True, originals=True, writes=True)
HEADER = ["Raison sociale", "Site", "Date d'entrée", "Gérant", "E-mail", "Tél.", "CIN", "Anecdote"]
BOTH = [
    ["Atlas Un", "Rabat", "12/03/2016", "Salma Zaki", "salma@zaki.ma", "0661020304", "BE123456", "cousine de Hind"],
    ["Rif Deux", "Tanger", "13/04/2017", "Omar Filali", "omar@filali.ma", "0662020304", "K654321", "frère de Ali"],
]
# What no receipt and no generation may hold.
PRIVATE = [cell for row in BOTH for cell in row[3:]]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(Home.at(tmp_path / "home"))


def content(rows: list[list[str]]) -> bytes:
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows([HEADER, *rows])
    return target.getvalue().encode()


def choices(**said: object) -> Choices:
    mapping = Mapping.load({"kind": "tenants", "new_sites": True})
    return Choices(**{"mapping": mapping, "stated_on": DAY, "accept_warnings": True, "by": "A", **said})  # type: ignore[arg-type]


def bring(warehouse: Warehouse, rows: list[list[str]], sight: Sight = EVERYTHING, **said: object) -> Outcome:
    review = propose(warehouse, content(rows), "liste.csv", choices(**said), date.today(), sight=sight)
    try:
        return accept(warehouse, review)
    finally:
        review.close()


def test_persons_stay_in_the_ledger(warehouse: Warehouse) -> None:
    fix = Correction("liste", 2, "H", "cousine de Hind", "nièce de Hind", "A", "su", "2020-10-25T00:00:00+00:00")
    name = Correction("liste", 2, "A", "Atlas Un", "Atlas Uno", "A", "su", "2020-10-25T00:00:00+00:00")
    mail = Correction("liste", 3, "E", "omar@filali.ma", "o@filali.ma", "A", "su", "2020-10-25T00:00:00+00:00")
    mapping = Mapping.load(
        {"kind": "tenants", "new_sites": True, "values": {"contact_name": {"Salma Zaki": "Salma Z."}}}
    )
    done = bring(warehouse, BOTH, corrections=(fix, name, mail), mapping=mapping)
    assert done.receipt == 1 and not done.refused
    generation = warehouse.generation()
    assert generation.arrow("select * from tenants").num_rows == 2
    (path,) = warehouse.home.generations.glob("*.duckdb")
    warehouse.close()
    held = path.read_bytes()
    (receipt,) = warehouse.ledger.receipts()
    told = repr(receipt.body)
    for text in (*PRIVATE, "nièce de Hind", "o@filali.ma", "Salma Z."):
        assert text.encode() not in held and text not in told, text
    assert [one["was"] for one in receipt.body["corrections"]] == [None, "Atlas Un", None]
    rows = warehouse.clean(str(receipt.clean))
    assert rows.column("contact_name").to_pylist() == ["Salma Z.", "Omar Filali"]
    assert "nièce de Hind" in rows.column("notes").to_pylist()[0]
    assert warehouse.ledger.verify() == 1
    warehouse.verify()


def test_a_new_contact_alone_is_something_new(warehouse: Warehouse) -> None:
    bring(warehouse, BOTH)
    again = [[*BOTH[0][:4], "salma@atlas.ma", *BOTH[0][5:]], BOTH[1]]
    done = bring(warehouse, again)
    assert (done.receipt, done.difference.changed, done.difference.same) == (2, 1, 1)
    assert bring(warehouse, again).difference.says_nothing


def test_the_cells_of_persons_and_of_undeclared_columns_are_withheld(warehouse: Warehouse) -> None:
    bring(warehouse, BOTH)
    (receipt,) = warehouse.ledger.receipts()
    seen = cells(warehouse, receipt, "liste", 2, EVERYTHING)
    assert [one.value for one in seen] == BOTH[0] and not any(one.withheld for one in seen)
    seen = cells(warehouse, receipt, "liste", 2, Sight())
    assert [one.value for one in seen] == [*BOTH[0][:3], None, None, None, None, None]
    assert [one.withheld for one in seen] == [False] * 3 + [True] * 5
    with pytest.raises(Unseen):
        cells(warehouse, receipt, "liste", 1, Sight())
    with pytest.raises(Unseen):
        cells(warehouse, receipt, "liste", 3, RABAT)
    assert cells(warehouse, receipt, "liste", 2, RABAT)[0].value == "Atlas Un"


def test_originals_are_for_those_who_may_see_all_that_they_hold(warehouse: Warehouse) -> None:
    bring(warehouse, BOTH)
    bring(warehouse, [["Atlas Trois", "Rabat", "01/02/2018", "", "", "", "", ""]])
    both, mine = warehouse.ledger.receipts()
    assert original(warehouse, both, EVERYTHING) == content(BOTH)
    for receipt, sight in ((both, RABAT), (both, Sight()), (mine, Sight(("Rabat",)))):
        with pytest.raises(Unseen):
            original(warehouse, receipt, sight)
    assert original(warehouse, mine, RABAT)
    veiled, shown = receipts(warehouse, RABAT)
    assert shown is mine and "file" not in veiled.body and veiled.hash == both.hash
    assert not veiled.original and "Tanger" not in repr(veiled.body)


def test_nobody_writes_what_touches_another_site(warehouse: Warehouse) -> None:
    bring(warehouse, BOTH)
    before = warehouse.ledger.receipts()
    for rows, said in (
        (BOTH, {}),
        ([["Neuve", "Tanger", "01/01/2019", "", "", "", "", ""]], {}),
        ([["Neuve", "Ailleurs", "01/01/2019", "", "", "", "", ""]], {}),
        (BOTH, {"mode": "replace"}),
    ):
        review = propose(warehouse, content(rows), "autre.csv", choices(**said), date.today(), sight=RABAT)
        assert "site-not-yours" in [one.code for one in review.outcome.problems]
        assert review.draft is None and review.outcome.refused == "problems"
        assert review.proposal is None
    # Without the right to add sites, those of others are as unknown as any.
    listed = Mapping.load({"kind": "tenants"})
    review = propose(warehouse, content(BOTH), "x.csv", choices(mapping=listed), date.today(), sight=RABAT)
    (problem,) = [one for one in review.outcome.problems if one.code == "unknown-site"]
    review.close()
    assert problem.row == 3 and "Tanger" not in str(problem.details)
    with pytest.raises(LookupError):
        undo(warehouse, 1, "A", sight=RABAT)
    with pytest.raises(Refusal):
        decide(warehouse, "same", "name:atlas un", "name:rif deux", by="A", reason="r", sight=RABAT)
    assert warehouse.ledger.receipts() == before
    done = bring(warehouse, [["Atlas Un", "Rabat", "12/03/2016", "", "", "", "", ""]], RABAT, mode="replace")
    assert done.receipt == 2 and not done.refused
    assert undo(warehouse, 2, "A", sight=RABAT).number == 3
    with pytest.raises(LookupError):
        undo(warehouse, 2, "A", sight=Sight())


def test_files_of_before_still_build(warehouse: Warehouse) -> None:
    from tests.test_warehouse import _accept, _stay

    _accept(warehouse, "2020-01-31", [_stay("A", "Rabat", "2015-01-01")])
    table = warehouse.clean(str(warehouse.ledger.receipts()[0].clean))
    assert table.num_rows == 1
    import pyarrow.parquet

    old = table.drop_columns(["contact_name", "contact_email", "contact_phone", "contact_identity"])
    sink = io.BytesIO()
    pyarrow.parquet.write_table(old, sink)
    body = {**warehouse.ledger.receipts()[0].body, "kind": "tenants"}
    receipt = warehouse.ledger.prepare(body, b"x", sink.getvalue())
    warehouse.ledger.append(receipt, b"x", sink.getvalue())
    assert warehouse.generation().arrow("select firm_id from tenants").num_rows == 1


# Where pages take rows, cells, receipts and files from; each of these passes what the reader may see.
# (Drafts of releases are made of the whole park: who may ask for one is decided before.)
DOORS = {"park.py", "past.py", "desk.py", "drafting.py"}
SEEING = ("sight.cells", "sight.original", "intake.undo", "intake.undoing")
SHUT = {"ledger", "clean", "contents", "aside", "generation", "reread", "line", "unveiled"}


def test_pages_take_nothing_past_the_sight() -> None:
    wrong = []
    for path in [*(ROOT / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")]:
        if path.name in DOORS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in SHUT:
                taken = ast.unparse(node.value)
                if "warehouse" in taken or taken in ("original", "ledger") or node.attr in ("ledger", "aside"):
                    wrong.append(f"{path.name}: {ast.unparse(node)}")
            if isinstance(node, ast.Call) and ast.unparse(node.func) in SEEING:
                passed = {ast.unparse(one) for one in node.args}
                wrong += [] if passed & {"park.sight()", "seen"} else [f"{path.name}: {ast.unparse(node)}"]
            if isinstance(node, ast.ImportFrom) and node.module in ("data.original", "data.ledger", "data.warehouse"):
                names = {one.name for one in node.names} & {"line", "reread", "Ledger", "Warehouse"}
                wrong += [f"{path.name}: {name}" for name in names]
    assert not wrong
    assert (
        "sight().sites" in (ROOT / "ui" / "past.py").read_text() and "sight()" in (ROOT / "ui" / "park.py").read_text()
    )


def test_load_is_for_everything(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_bytes(content(BOTH))
    assert load(warehouse, path, choices()).receipt == 1


def test_a_replacement_takes_no_row_of_another_site_away(warehouse: Warehouse) -> None:
    mapping = Mapping.load({"kind": "cohorts", "new_sites": True})
    lines = ["Raison sociale;Site;Promotion", "Atlas Un;Rabat;Promotion 2018", "Rif Deux;Tanger;Promotion 2018"]

    def review(rows: list[str], sight: Sight) -> Review:
        said = choices(mapping=mapping, mode="replace")
        return propose(warehouse, "\n".join(rows).encode(), "promo.csv", said, date.today(), sight=sight)

    assert accept(warehouse, review(lines, EVERYTHING)).receipt == 1
    mine = review(lines[:2], RABAT)
    assert [one.code for one in mine.outcome.problems if one.severity == "error"] == ["site-not-yours"]
    assert mine.draft is None and not list(warehouse.home.generations.glob(".build-*"))


def test_what_a_word_means_is_said_by_who_sees_every_site(warehouse: Warehouse) -> None:
    accept(warehouse, propose(warehouse, content(BOTH), "liste.csv", choices(), date.today()))
    before = len(warehouse.ledger.receipts())
    with pytest.raises(EverySite):
        spell(warehouse, "site", "Rbat", "Rabat", "Karim", sight=RABAT)
    assert len(warehouse.ledger.receipts()) == before
    assert spell(warehouse, "site", "Rbat", "Rabat", "Karim").number == before + 1
