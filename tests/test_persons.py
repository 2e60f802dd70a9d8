"""One person in the whole ledger: found, handed out, erased for good while every figure stays; files kept so long."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from data import backup
from data.__main__ import main
from data.erasing import holds
from data.home import Home
from data.intake import Choices, accept, propose, undo
from data.jobs import Jobs
from data.ledger import Broken, Ledger
from data.match import Mapping
from data.persons import BadMonths, TooShort, erase, export, find, meaning, retain
from data.problem import Refused
from data.read import read
from data.sight import EVERYTHING, cells
from data.warehouse import Warehouse
from metrics import METRICS
from metrics.ask import ask
from tests.test_sight import BOTH, HEADER, content

DAY = date(2020, 10, 25)
NAME, MAIL, PHONE = "Salma Zaki", "salma@zaki.ma", "0661020304"


def workbook() -> bytes:
    """The two firms with a formula, a comment on the person, a link to her and her name under the table."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Locataires"
    page.append(["Situation au 25/10/2020"])
    page.append([])
    page.append([*HEADER, "Double"])
    for row in BOTH:
        page.append([*row, "=2*21"])
    page["D4"].comment = Comment("Voir Salma Zaki", "A")
    page["E4"].hyperlink = f"mailto:{MAIL}"
    page["A4"].font = openpyxl.styles.Font(bold=True)
    page["A9"] = "Contact : Salma Zaki"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def bring(warehouse: Warehouse, body: bytes, name: str, **said: Any) -> None:
    mapping = Mapping.load({"kind": "tenants", "new_sites": True})
    choices = Choices(mapping=mapping, stated_on=DAY, accept_warnings=True, by="A", **said)
    review = propose(warehouse, body, name, choices, date.today())
    outcome = accept(warehouse, review)
    assert not outcome.refused and outcome.receipt, outcome.problems


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "home"))
    made = Warehouse(Home.at(tmp_path / "home"))
    bring(made, content(BOTH), "liste.csv")
    bring(made, workbook(), "liste.xlsx", records_closures=True)
    return made


def figures(warehouse: Warehouse) -> str:
    told = [ask(warehouse.generation(), METRICS, by=by).to_csv() for by in ((), ("site",), ("year",))]
    return "".join(told) + repr(warehouse.generation().arrow("select * from tenants").to_pylist())


def test_what_speaks_of_a_person() -> None:
    assert meaning(NAME)("SALMA  zaki") and meaning(NAME)("Mme Salma Zaki, gérante")
    assert not meaning("Ali")("Alimentation") and meaning("Ali")("frère d'Ali")
    assert meaning("06 61 02 03 04")("+212 661-02-03-04") and not meaning(PHONE)("0661020305")
    assert meaning(PHONE)(661020304.0)
    for text in ("", " ", "Al", "-- --"):
        with pytest.raises(TooShort):
            meaning(text)


def test_a_person_is_found_and_handed_out(warehouse: Warehouse) -> None:
    found = find(warehouse, NAME)
    assert {one.file for one in found} == {"liste.csv", "liste.xlsx"}
    csv_cells = {one.cell: (one.header, one.text) for one in found if one.file == "liste.csv" and one.cell}
    # What stands beside the name in columns about persons is about her too.
    assert csv_cells == {
        "D2": ("Gérant", NAME),
        "E2": ("E-mail", MAIL),
        "F2": ("Tél.", PHONE),
        "G2": ("CIN", "BE123456"),
    }
    assert "A9" in {one.cell for one in found if one.file == "liste.xlsx"}
    assert not any("Omar" in one.text for one in found)
    assert {one.header for one in found if not one.cell} >= {"contact_name", "contact_email"}
    told = json.loads(export(warehouse, NAME))
    assert len(told["cells"]) == len(found) and told["cells"][0].keys() >= {"file", "sheet", "cell", "header", "text"}
    assert find(warehouse, "cousine de Hind")[0].header == "Anecdote"
    assert all(one.stays for one in find(warehouse, "Atlas Un"))


def test_an_erased_person_is_nowhere_and_no_figure_moves(warehouse: Warehouse, tmp_path: Path) -> None:
    jobs = Jobs(warehouse.home)
    job, other = jobs.bring("en cours.csv", content(BOTH)), jobs.bring("autre.csv", content([BOTH[1]]))
    before, ledger = figures(warehouse), warehouse.ledger
    told = erase(warehouse, NAME, "B", "demande du 12 mars", dry_run=True)
    assert told.gone and told.receipt is None and told.jobs == (job.id,) and len(ledger.receipts()) == 2
    assert jobs.find(job.id) is not None
    ledger_file = warehouse.home.folder / "ledger.sqlite"
    done = erase(warehouse, NAME, "B", "demande du 12 mars")
    assert done.receipt == 3 and done.gone == told.gone
    assert figures(warehouse) == before
    assert jobs.find(job.id) is None and jobs.find(other.id) is not None
    assert ledger.verify() == 3
    warehouse.verify()
    assert not find(warehouse, NAME) and not find(warehouse, MAIL) and not find(warehouse, PHONE)
    assert find(warehouse, "Omar Filali")
    erased = ledger.receipts()[-1]
    assert erased.body["cells"] == len(done.gone) and NAME not in repr(erased.body)
    warehouse.close()
    for path in [*tmp_path.rglob("*")]:
        if path.is_file():
            raw = path.read_bytes()
            for text in (NAME, MAIL, PHONE, "BE123456"):
                assert text.encode() not in raw, path.name
    assert ledger_file.exists() and not list(warehouse.home.folder.glob("ledger.sqlite-*"))
    anew = Warehouse(warehouse.home)
    csv_receipt, xlsx_receipt, _ = anew.ledger.receipts()
    for receipt in (csv_receipt, xlsx_receipt):
        assert not holds(anew.ledger.original(str(receipt.original)), NAME)
    page = openpyxl.load_workbook(io.BytesIO(anew.ledger.original(str(xlsx_receipt.original)))).active
    assert (
        page is not None and page["A4"].font.bold and page["I4"].value == "=2*21" and page["D5"].value == "Omar Filali"
    )
    assert page["D4"].value is None and page["D4"].comment is None and page["E4"].hyperlink is None
    assert [one.value for one in cells(anew, csv_receipt, "liste", 2, EVERYTHING)][:3] == BOTH[0][:3]
    anew.rebuild()
    assert figures(anew) == before
    with pytest.raises(LookupError):
        undo(anew, 3, "A")
    # A backup made since is whole without her, and comes back.
    target = tmp_path / "backup.zip"
    assert backup.backup(anew.ledger, target) == 3
    assert not holds(target.read_bytes(), NAME)
    restored = Ledger(Home.at(tmp_path / "again"))
    assert backup.restore(restored, target) == 3 and restored.verify() == 3


def test_verify_still_names_what_was_tampered_with(warehouse: Warehouse) -> None:
    erase(warehouse, NAME, "B", "demande")
    ledger = warehouse.ledger
    sha256 = ledger.receipts()[0].original
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("update original set content = ? where sha256 = ?", (content(BOTH), sha256))
    with pytest.raises(Broken) as broken:
        ledger.verify()
    assert (broken.value.receipt, broken.value.part) == (1, "original")
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("update original set content = x'' where sha256 = ?", (sha256,))
    with pytest.raises(Broken):
        ledger.verify()


def test_what_cannot_be_edited_becomes_a_workbook_of_its_cells(tmp_path: Path) -> None:
    shared = Path(__file__).resolve().parents[2] / "shared" / "sheets"
    if not shared.exists():
        pytest.skip("the shared spreadsheets are not here")
    from data.erasing import without
    from data.grid import column_letters

    def texts(path: Path) -> tuple[Any, Any, int, int] | None:
        try:
            book = read(path.read_bytes(), path.name)
        except Refused:
            return None
        told = (
            (book, grid, place, row)
            for grid in book.grids
            for place, column in enumerate(grid.columns)
            for row in range(len(column.codes))
            if isinstance(column[row], str)
        )
        return next(told, None)

    paths = [path for path in sorted(shared.rglob("*.ods")) if path.stat().st_size < 200_000]
    path, found = next((path, found) for path in paths if (found := texts(path)))
    book, grid, place, row = found
    column = grid.columns[place]
    made = without(book, path.read_bytes(), [(grid.name, row + 1, column_letters(place))], str(column[row]))
    again = read(made, path.name)
    assert again.format == "xlsx" and again.grids[0].name == book.grids[0].name
    assert next(one for one in again.grids if one.name == grid.name).columns[place][row] is None


def test_files_are_dropped_when_they_were_kept_long_enough(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = figures(warehouse)
    later = datetime.now(UTC).replace(year=datetime.now(UTC).year + 2, day=28)
    monkeypatch.delenv("ESSAIM_KEEP_ORIGINALS_MONTHS", raising=False)
    assert retain(warehouse, "B", later) == (0, None)
    monkeypatch.setenv("ESSAIM_KEEP_ORIGINALS_MONTHS", "vingt")
    with pytest.raises(BadMonths):
        retain(warehouse, "B", later)
    monkeypatch.setenv("ESSAIM_KEEP_ORIGINALS_MONTHS", "12")
    assert retain(warehouse, "B") == (0, None)
    count, receipt = retain(warehouse, "B", later)
    assert count == 2 and receipt is not None and receipt.number == 3
    assert retain(warehouse, "B", later) == (0, None)
    assert warehouse.ledger.verify() == 3
    first = warehouse.ledger.receipts()[0]
    with pytest.raises(LookupError):
        warehouse.ledger.original(str(first.original))
    with pytest.raises(LookupError):
        cells(warehouse, first, "liste", 2, EVERYTHING)
    warehouse.rebuild()
    assert figures(warehouse) == before
    warehouse.verify()
    # Its rows still speak of her, and can be bare of her.
    assert erase(warehouse, NAME, "B", "demande").receipt == 4 and not find(warehouse, NAME)


def test_the_commands(warehouse: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["persons", "find", NAME]) == 0 and "liste!D2" in capsys.readouterr().out
    assert main(["persons", "find", "x"]) == 2
    assert main(["persons", "export", NAME, "-o", str(tmp_path / "f.json")]) == 0
    assert json.loads((tmp_path / "f.json").read_text())["cells"]
    assert main(["persons", "erase", NAME, "--by", "B", "--reason", f"demande de {NAME}", "--yes"]) == 2
    capsys.readouterr()
    assert main(["persons", "erase", NAME, "--by", "B", "--reason", "demande"]) == 0
    assert "Nothing was written" in capsys.readouterr().out and len(warehouse.ledger.receipts()) == 2
    assert main(["persons", "erase", NAME, "--by", "B", "--reason", "demande", "--yes"]) == 0
    assert "receipt 3" in capsys.readouterr().out and len(warehouse.ledger.receipts()) == 3
    assert main(["persons", "retain"]) == 0 and main(["uploads"]) == 0 and main(["verify"]) == 0
    assert "a person erased" in capsys.readouterr().out
