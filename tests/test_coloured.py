"""The workbook given back: its problems on it, all else as it was, and read again as the file it was made of."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from data import coloured as module
from data.coloured import Labels, Line, coloured, name_of
from data.grid import OURS, Book
from data.home import Home
from data.intake import day_of, propose
from data.mending import Correction
from data.picking import layout
from data.places import Place, Places
from data.problem import Refused
from data.read import read
from data.review import Outcome, Review
from data.warehouse import Warehouse
from tests.test_review import HEADERS, NEW, ROWS, listed
from tests.workbooks import workbook

SHEETS = Path(__file__).resolve().parents[2] / "shared" / "sheets"
LABELS = Labels(
    "Problèmes de la liste",
    ("Sévérité", "Cellule", "Valeur", "Quoi", "Code"),
    {"error": "Erreur", "warning": "Avertissement", "note": "Note", "mended": "Corrigé"},
    "la copie",
    "un nouveau classeur",
    "la liste seule",
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(Home.at(tmp_path / "home"))


def filled(book: openpyxl.Workbook) -> None:
    """A list of tenants with two wrong cells, formats, a formula with no result, a comment and merged cells."""
    sheet = book.active
    sheet.title = "Locataires"
    sheet.append(["Situation au 25/10/2020"])
    sheet.merge_cells("A1:F1")
    sheet.append(HEADERS)
    for row in ROWS:
        sheet.append([cell or None for cell in row])
    sheet["D3"] = datetime(2012, 2, 1)
    sheet["D4"] = "31/02/2013"
    sheet["E5"] = "=A1"
    sheet["F4"].value, sheet["F4"].data_type = "=1+1", "s"
    sheet["C3"].font = Font(bold=True, color="FF00FF00")
    sheet["C3"].fill = PatternFill("solid", fgColor="FF123456")
    sheet["D4"].comment = Comment("Vu avec Samira", "Samira")
    sheet["D4"].number_format = "0.00"
    sheet.column_dimensions["C"].width = 33
    book.create_sheet("Notes").append(["=cela n'est pas une formule"])
    book["Notes"]["A1"].data_type = "s"
    book.create_sheet("Cachée").sheet_state = "hidden"


def proposed(warehouse: Warehouse, content: bytes, name: str, *corrections: Correction) -> Review:
    choices = replace(NEW, corrections=corrections)
    return propose(warehouse, content, name, choices, day_of(warehouse, choices))


def lines(review: Review) -> list[Line]:
    places = Places(review)
    return [
        Line(p.severity, places.of(p), p.sheet or "", p.value or "", p.message, p.code) for p in review.outcome.problems
    ]


def given_back(review: Review, content: bytes) -> bytes:
    review.close()
    return coloured(content, review, lines(review), LABELS)


def found(review: Review) -> set[tuple[str, str]]:
    places = Places(review)
    return {(p.code, str(place)) for p in review.outcome.problems for place in places.of(p)}


def cells(book: Book) -> list[Any]:
    """All that is read, a whole number being the same with and without decimals."""
    return [
        (
            grid.name,
            grid.visible,
            [[repr(float(cell)) if type(cell) is int else repr(cell) for cell in column] for column in grid.columns],
            sorted(grid.merged),
        )
        for grid in book.grids
    ]


def test_the_same_workbook_comes_back_coloured(warehouse: Warehouse) -> None:
    content = workbook(filled)
    review = proposed(warehouse, content, "liste.xlsx")
    assert ("impossible-date-required", "Locataires!D4") in found(review)
    made = openpyxl.load_workbook(io.BytesIO(given_back(review, content)))
    sheet = made["Locataires"]
    assert made.sheetnames == ["Locataires", "Notes", "Cachée", "Essaim"] and made["Cachée"].sheet_state == "hidden"
    cell = sheet["D4"]
    assert cell.fill.fgColor.rgb == "00FF9E7B" and cell.number_format == "0.00"
    own, _, ours = cell.comment.text.partition("— Essaim —\n")
    assert own == "Vu avec Samira\n\n" and ours.startswith("Erreur: ") and cell.comment.author == "Samira"
    assert (
        sheet["C3"].font.b and sheet["C3"].fill.fgColor.rgb == "FF123456" and sheet.column_dimensions["C"].width == 33
    )
    assert sheet["E5"].value == "=A1" and sheet["E5"].data_type == "f"
    assert sheet["F4"].value == "=1+1" and sheet["F4"].data_type == "s"
    told = [[one.value for one in row] for row in made["Essaim"].iter_rows(min_row=6)]
    wanted = [p.message for p in review.outcome.problems]
    assert [row[3] for row in told] == wanted and told[0][0] in LABELS.severities.values()
    links = {one.hyperlink.location for row in made["Essaim"].iter_rows() for one in row if one.hyperlink}
    assert "'Locataires'!D4" in links


def test_what_comes_back_reads_as_what_was_brought(warehouse: Warehouse) -> None:
    content = workbook(filled)
    review = proposed(warehouse, content, "liste.xlsx")
    again = given_back(review, content)
    assert review.book is not None
    book = read(again, "liste.xlsx")
    assert cells(book) == cells(review.book) and layout(book) == layout(review.book)
    second = proposed(warehouse, again, "liste.xlsx")
    second.close()
    assert second.outcome == review.outcome and found(second) == found(review)


def test_a_cell_mended_in_it_is_mended_and_the_others_stand(warehouse: Warehouse) -> None:
    content = workbook(filled)
    review = proposed(warehouse, content, "liste.xlsx")
    made = openpyxl.load_workbook(io.BytesIO(given_back(review, content)))
    made["Locataires"]["D4"] = date(2013, 2, 28)
    made.save(saved := io.BytesIO())
    second = proposed(warehouse, saved.getvalue(), "liste.xlsx")
    assert found(review) - found(second) == {("impossible-date-required", "Locataires!D4")}
    # And once more: what we said of the mended cell is gone, what the person said stays.
    third = openpyxl.load_workbook(io.BytesIO(given_back(second, saved.getvalue())))
    assert third.sheetnames.count("Essaim") == 1 and "Essaim 2" not in third.sheetnames
    cell = third["Locataires"]["D4"]
    assert cell.fill.fill_type is None and cell.comment.text == "Vu avec Samira"


def test_results_of_formulas_come_back_with_them() -> None:
    """openpyxl keeps the formula or its result; a workbook without results would read as blank."""
    content = computed(workbook(filled))
    review = Review(Outcome("liste.xlsx"), NEW, "", read(content, "liste.xlsx"))
    assert review.book is not None and review.book.grids[0].rows[4][4] == "15/05/2015"
    made = coloured(content, review, [Line("note", [Place("Locataires", 5, 5)], "", "", "voir")], LABELS)
    assert cells(read(made, "liste.xlsx")) == cells(review.book)
    assert openpyxl.load_workbook(io.BytesIO(made))["Locataires"]["E5"].value == "=A1"


def computed(content: bytes) -> bytes:
    """The workbook as a spreadsheet program saves it: with the result of its formula."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            if name.endswith("sheet1.xml"):
                assert b'<c r="E5"><f>A1</f><v /></c>' in text
                text = text.replace(
                    b'<c r="E5"><f>A1</f><v /></c>', b'<c r="E5" t="str"><f>A1</f><v>15/05/2015</v></c>'
                )
            after.writestr(name, text)
    return made.getvalue()


def test_a_text_becomes_a_workbook_of_texts(warehouse: Warehouse) -> None:
    rows = [*ROWS, ["Tanger", "=1+1", "@Dune", "31/02/2015", "", "-x"]]
    content = listed(rows)
    review = proposed(warehouse, content, "liste.csv")
    again = given_back(review, content)
    assert review.book is not None and name_of(review.book)[0] == "liste.xlsx"
    assert cells(read(again, "liste.xlsx")) == cells(review.book)
    made = openpyxl.load_workbook(io.BytesIO(again))
    assert {
        cell.data_type for sheet in made for row in sheet.iter_rows() for cell in row if cell.value is not None
    } == {"s"}
    assert made["liste"]["D6"].fill.fgColor.rgb == "00FF9E7B" and "31/02/2015" in made["liste"]["D6"].comment.text
    assert LABELS.anew in {row[0].value for row in made["Essaim"].iter_rows()}


def test_corrections_stand_in_the_workbook_given_back(warehouse: Warehouse) -> None:
    for content, name in (
        (workbook(filled), "liste.xlsx"),
        (listed([["Rabat", "F", "A", "31/02/2013", "", ""]]), "l.csv"),
    ):
        row, sheet = (4, "Locataires") if name == "liste.xlsx" else (3, "l")
        correction = Correction(sheet, row, "D", "31/02/2013", "28/02/2013", "Amal", "typo", "2020-11-02")
        review = proposed(warehouse, content, name, correction)
        review.close()
        places = [Place(sheet, row, 3)]
        again = coloured(content, review, [Line("mended", places, "", "28/02/2013", "by Amal")], LABELS)
        cell = openpyxl.load_workbook(io.BytesIO(again))[sheet].cell(row, 4)
        assert (cell.value, cell.data_type, cell.fill.fgColor.rgb) == ("28/02/2013", "s", "00C1BFC0")
        second = proposed(warehouse, again, name_of(review.book)[0] if review.book else "")
        second.close()
        assert second.outcome.rows == review.outcome.rows and not found(second) - found(review)


def test_the_worst_problem_colours_the_cell_and_all_are_said() -> None:
    content = workbook(filled)
    review = Review(Outcome("liste.xlsx"), NEW, "", read(content, "liste.xlsx"))
    place = [Place("Locataires", 3, 0)]
    told = [Line(severity, place, "", "", f"{severity} told") for severity in ("note", "error", "warning", "note")]
    cell = openpyxl.load_workbook(io.BytesIO(coloured(content, review, told, LABELS)))["Locataires"]["A3"]
    assert cell.fill.fgColor.rgb == "00FF9E7B"
    assert cell.comment.text.split("\n")[1:] == ["Note: note told", "Erreur: error told", "Avertissement: warning told"]


def test_runs_of_letters_and_covered_cells_stay() -> None:
    def rich(book: openpyxl.Workbook) -> None:
        book.active["A1"] = CellRichText("Parc ", TextBlock(InlineFont(b=True), "Essaim"))
        book.active["A2"], book.active["B2"] = 0.15908219685511274, 1

    content = workbook(rich)
    # As other programs may write it: a covered cell that still holds something, and a number to its last digit.
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            if name.endswith("sheet1.xml"):
                merge = b'</sheetData><mergeCells count="1"><mergeCell ref="A2:B2"/></mergeCells>'
                text = text.replace(b"</sheetData>", merge).replace(b"0.1590821968551127<", b"0.15908219685511274<")
            after.writestr(name, text)
    content = made.getvalue()
    book = read(content, "l.xlsx")
    assert book.grids[0].rows[1] == [0.15908219685511274, 1] and book.grids[0].merged
    again = coloured(
        content, Review(Outcome("l"), NEW, "", book), [Line("note", [Place("Sheet", 2, 0)], "", "", "x")], LABELS
    )
    assert cells(read(again, "l.xlsx")) == cells(book)
    runs = openpyxl.load_workbook(io.BytesIO(again), rich_text=True)["Sheet"]["A1"].value
    assert isinstance(runs, CellRichText) and runs[1].font.b


@pytest.mark.parametrize("most", [module.MOST_CELLS, 3])
def test_what_cannot_be_opened_with_its_formats_is_made_anew(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    content = workbook(filled)
    review = Review(Outcome("liste.xlsx"), NEW, "", read(content, "liste.xlsx"))
    monkeypatch.setattr(module, "MOST_CELLS", most)
    told = [Line("error", [Place("Locataires", 4, 3)], "", "", "x")]
    # Either too large, or nothing that openpyxl opens.
    again = coloured(content if most == 3 else b"PK", review, told, LABELS)
    assert review.book is not None and cells(read(again, "liste.xlsx")) == cells(review.book)
    made = openpyxl.load_workbook(io.BytesIO(again))
    assert made["Essaim"]["A3"].value == LABELS.anew and made["Locataires"]["D4"].comment is not None


def test_at_worst_the_list_alone_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(filled)
    review = Review(Outcome("liste.xlsx"), NEW, "", read(content, "liste.xlsx"))
    made: Callable[[dict[str, Any]], bytes | None] = module.made
    monkeypatch.setattr(module, "made", lambda request: made(request) if request["way"] == "list" else None)
    again = coloured(content, review, [Line("error", [Place("Locataires", 4, 3)], "D4", "v", "x", "c")], LABELS)
    book = openpyxl.load_workbook(io.BytesIO(again))
    assert book.sheetnames == ["Essaim"] and [one.value for one in book["Essaim"][6]] == ["Erreur", "D4", "v", "x", "c"]


def test_macros_stay_in_their_workbook() -> None:
    def macros(content: bytes) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(made, "w") as after:
            for name in before.namelist():
                text = before.read(name)
                if name == "[Content_Types].xml":
                    text = text.replace(
                        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                    )
                after.writestr(name, text)
            after.writestr("xl/vbaProject.bin", b"macro")
        return made.getvalue()

    content = macros(workbook(filled))
    book = read(content, "liste.xlsm")
    review = Review(Outcome("liste.xlsm"), NEW, "", book)
    assert book.format == "xlsm" and name_of(book)[0] == "liste.xlsm"
    told = [Line("error", [Place("Locataires", 4, 3)], "", "", "x")]
    again = coloured(content, review, told, LABELS)
    assert zipfile.ZipFile(io.BytesIO(again)).read("xl/vbaProject.bin") == b"macro"
    assert cells(read(again, "liste.xlsm")) == cells(book)
    # A new one has none, and is still what its name says.
    anew = coloured(b"PK", review, told, LABELS)
    assert read(anew, "liste.xlsm").format == "xlsm" and read(anew, "liste.xlsm").notes == ()


def test_a_sheet_of_the_same_name_is_the_persons() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.title = "Essaim"
        book.active.append(["Site", "Raison sociale"])
        book.active.append(["Rabat", "Atlas"])

    content = workbook(fill)
    book = read(content, "l.xlsx")
    again = coloured(content, Review(Outcome("l"), NEW, "", book), [Line("note", [], "", "", "x")], LABELS)
    assert openpyxl.load_workbook(io.BytesIO(again)).sheetnames == ["Essaim", "Essaim 2"]
    assert cells(read(again, "l.xlsx")) == cells(book)


def test_a_workbook_of_our_list_alone_is_read_as_it_is() -> None:
    content = workbook(lambda book: book.active.append([OURS]))
    assert [grid.rows for grid in read(content, "l.xlsx").grids] == [[[OURS]]]


@pytest.mark.skipif(not SHEETS.is_dir(), reason="../shared/sheets is not here")
@pytest.mark.parametrize(
    "name",
    [
        "messy/constructed_rapport_locataires_2020.xlsx",
        "messy/phpss_HiddenMergeCellsTest.xlsx",
        "messy/calamine_merge_cells.xls",
        "messy/poi_florida_data.ashx.xls",
        "good/openspout_sheet_with_strict_ooxml.xlsx",
        "good/pycalamine_base.xlsb",
        "good/roo_1904_base.xlsx",
    ],
)
def test_workbooks_of_others_come_back_as_they_were(name: str) -> None:
    content = (SHEETS / name).read_bytes()
    try:
        book = read(content, name)
    except Refused:
        pytest.skip("refused")
    place = Place(book.grids[0].name, 1, 0)
    again = coloured(content, Review(Outcome(name), NEW, "", book), [Line("error", [place], "", "", "x")], LABELS)
    assert cells(read(again, name_of(book)[0])) == cells(book)
