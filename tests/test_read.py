"""Reading a file: every format by its content, what is something else by its name."""

from __future__ import annotations

import codecs
import csv
import io
import pickle
import string
import struct
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import read as reading
from data.grid import CellError
from data.problem import Refused
from data.read import read
from data.table import find_table
from tests.workbooks import BOOK, SHEET, cells, ods, package, why, workbook, xlsx

# Formats


def test_an_xlsx_gives_texts_numbers_dates_and_blanks_as_written() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        sheet.append(["Raison sociale", "ICE", "Entrée", "Vu", "Loyer", "Femme"])
        sheet.append(["Éco-Santé", "0015", date(2012, 9, 13), None, 12.5, True])
        sheet.append([None, None, datetime(2020, 1, 2, 3, 4, 5), time(10, 30), -1, False])

    content = workbook(fill)
    rows = cells(content, "list.xlsx")
    assert rows[1] == ["Éco-Santé", "0015", date(2012, 9, 13), None, 12.5, True]
    assert rows[2] == [None, None, datetime(2020, 1, 2, 3, 4, 5), time(10, 30), -1, False]
    assert isinstance(rows[1][5], bool)


def test_hidden_sheets_are_read_and_said_to_be_hidden_and_merged_cells_are_known() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.title = "Archives"
        book.active["A1"] = "old"
        book.active.sheet_state = "hidden"
        shown = book.create_sheet("Firmes")
        shown["A1"] = "Title"
        shown.merge_cells("A1:C1")

    grids = read(workbook(fill), "list.xlsx").grids
    assert [(grid.name, grid.visible) for grid in grids] == [("Archives", False), ("Firmes", True)]
    assert grids[1].merged == ((0, 0, 0, 2),)


def test_the_1904_date_system_is_followed() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append([date(2013, 4, 19)])

    assert cells(workbook(fill), "list.xlsx") == [[date(2013, 4, 19)]]


def test_error_values_keep_their_name_and_are_no_text_of_a_person() -> None:
    rows = cells(xlsx('<row r="1"><c r="A1" t="inlineStr"><is><t>n</t></is></c></row>'
                      '<row r="2"><c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
                      '<row r="3"><c r="A3" t="e"><v>#N/A</v></c></row>'), "list.xlsx")  # fmt: skip
    assert rows == [["n"], ["#DIV/0!"], ["#N/A"]]
    assert isinstance(rows[1][0], CellError) and isinstance(rows[2][0], CellError)


def test_formulas_that_were_never_computed_are_pointed_at() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.append(["Promotion", "Taux"])
        book.active.append([2001, "=1+1"])
        book.active.append([2002, "=1+2"])

    grid = read(workbook(fill), "list.xlsx").grids[0]
    assert grid.unanswered == ((1, 1), (2, 1))
    table = find_table(grid)
    assert table is not None
    (problem,) = table.notes
    assert (problem.column, problem.details["count"], problem.severity) == ("Taux", 2, "warning")


def test_an_ods_gives_its_cells_repeats_and_merged_ranges() -> None:
    cell = '<table:table-cell office:value-type="{}"{}><text:p>{}</text:p></table:table-cell>'
    spans = ' table:number-rows-spanned="2" table:number-columns-spanned="1"'
    content = ods(
        f"<table:table-row>{cell.format('string', '', 'Site')}{cell.format('string', '', 'Firm')}</table:table-row>"
        "<table:table-row>"
        f"{cell.format('string', spans, 'Rabat')}"
        f"{cell.format('string', '', 'A')}</table:table-row>"
        f"<table:table-row><table:covered-table-cell/>{cell.format('string', '', 'B')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    book = read(content, "list.ods")
    assert book.format == "ods"
    assert book.grids[0].rows == [["Site", "Firm"], ["Rabat", "A"], [None, "B"]]
    assert book.grids[0].merged == ((1, 0, 2, 0),)


def test_a_package_without_its_mimetype_is_still_an_ods() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    whole = ods(f"<table:table-row>{cell}</table:table-row>")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        bare = package(**{name: archive.read(name) for name in archive.namelist() if name != "mimetype"})
    assert cells(bare, "list.ods") == [["x"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
def test_text_is_decoded(encoding: str) -> None:
    text = "Société;Entrée\nÉlan d’été;2020\nÇa et là;2021\nNoël à Fès, à côté;2022\n"
    assert cells(text.encode(encoding))[1:3] == [["Élan d’été", "2020"], ["Ça et là", "2021"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["Firm", "Rent", "Site"], ["A, B", "12,5", "Rabat"], ["C; D", "7,25", "Tanger"]]
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter).writerows(rows)
    assert cells(made.getvalue().encode()) == rows


def test_a_sep_line_names_the_delimiter_and_is_no_row() -> None:
    assert cells(codecs.BOM_UTF8 + b"sep=;\r\nA;B,C\r\n1;2\r\n") == [["A", "B,C"], ["1", "2"]]


def test_a_column_of_decimals_is_not_two_columns() -> None:
    assert cells(b"Loyer\n12,5\n13,75\n") == [["Loyer"], ["12,5"], ["13,75"]]


def test_the_content_decides_and_the_extension_is_only_mentioned() -> None:
    book = read(b"Firm;Site\nA;Rabat\n", "list.xlsx")
    assert book.format == "csv"
    assert [(note.code, note.severity) for note in book.notes] == [("extension-mismatch", "note")]
    assert read(xlsx(), "list.xlsx").notes == ()
    assert [note.code for note in read(xlsx(), "list.csv").notes] == ["extension-mismatch"]


def test_macros_are_ignored_and_mentioned() -> None:
    content = xlsx(parts={"xl/vbaProject.bin": b"\0macro"})
    assert [note.code for note in read(content, "list.xlsx").notes] == ["macros-ignored"]


def test_two_encodings_in_one_file_are_read_and_the_line_is_named() -> None:
    content = "Firm;Site\nÉlan;Fès\n".encode() + "Été;Rabat\n".encode("cp1252")
    book = read(content, "list.csv")
    assert book.grids[0].rows[1:] == [["Élan", "Fès"], ["Été", "Rabat"]]
    assert [(note.code, note.row, note.severity) for note in book.notes] == [("mixed-encoding", 3, "warning")]


def test_double_encoded_accents_are_pointed_at() -> None:
    content = "Firm\nÉco-Santé\n".encode().decode("cp1252").encode()
    assert [note.code for note in read(content, "list.csv").notes] == ["double-encoded"]


def test_a_nul_byte_is_named_by_its_line() -> None:
    book = read(b"Firm;Site\nAt\0las et compagnie;Rabat\n", "list.csv")
    assert book.grids[0].rows[1] == ["Atlas et compagnie", "Rabat"]
    assert [(note.code, note.row) for note in book.notes] == [("nul-byte", 2)]


def test_utf_7_is_never_decoded() -> None:
    assert cells(b"Firm,Site\n+ADw-script+AD4-,Rabat\n")[1][0] == "+ADw-script+AD4-"


def test_a_quoted_cell_may_hold_lines_and_a_text_without_an_end_of_line_is_whole() -> None:
    assert cells(b'Firm;Note\n"A";"two\nlines ""x"""\nB;c') == [["Firm", "Note"], ["A", 'two\nlines "x"'], ["B", "c"]]


# Files that are something else


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("empty-file", b""),
        ("blank-file", b"\n;;;\n  ;\n\n"),
        ("blank-file", xlsx("")),
        ("compressed", b"\x1f\x8b\x08" + bytes(20)),
        ("not-text", pickle.dumps({"a": [1, 2]})),
        ("not-text", b"%PDF-1.7\n"),
        ("not-text", bytes(range(256)) * 20),
        ("not-text", b"\xff\xfe" + bytes(range(1, 255)) * 20),
        ("not-a-workbook", package(**{"list.csv": "a;b"})),
        ("not-a-workbook", package()),
        ("not-a-workbook", b"<?xml version='1.0'?><feed/>"),
        ("web-page", b"<html><table><tr><td>Firm</td></tr></table></html>"),
        ("web-page", b"\xef\xbb\xbf  <!DOCTYPE html>\n<table>"),
        ("excel-2003-xml", b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>"),
        ("old-excel", b"\x09\x04\x06\x00\x00\x04\x10\x00" + bytes(40)),
        ("damaged", reading.read_text.COMPOUND + bytes(600)),
        ("damaged", xlsx()[:-60]),
        ("no-sheets", xlsx(parts={"xl/workbook.xml": BOOK.replace(SHEET, "")})),
    ],
)  # fmt: skip
def test_what_is_not_a_spreadsheet_is_called_by_its_name(code: str, content: bytes) -> None:
    assert why(content) == code


def test_a_password_is_named() -> None:
    stream = "EncryptedPackage".encode("utf-16-le")
    assert why(reading.read_text.COMPOUND + bytes(504) + stream + bytes(500)) == "password-protected"
    globals_ = struct.pack("<HHHHHHHH", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0) + bytes(4)
    locked = globals_ + struct.pack("<HH", 0x2F, 6) + bytes(6)
    assert why(reading.read_text.COMPOUND + bytes(504) + locked + bytes(500), "list.xls") == "password-protected"
    marker = "<manifest><file-entry><encryption-data/></file-entry></manifest>"
    assert why(ods("", {"META-INF/manifest.xml": marker}), "list.ods") == "password-protected"


# Properties

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
CELL = TEXT.filter(lambda text: "\ufeff" not in text and "Ã" not in text and "â€" not in text)


@given(st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=8), st.sampled_from(";,\t|"))
@settings(max_examples=80, deadline=None)
def test_a_csv_grid_comes_back_as_it_was_written(rows: list[list[str]], delimiter: str) -> None:
    made = io.StringIO()
    made.write(f"sep={delimiter}\r\n")
    csv.writer(made, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    expected = [[cell or None for cell in row] for row in rows]
    while expected and not any(expected[-1]):
        expected.pop()
    try:
        assert cells(codecs.BOM_UTF8 + made.getvalue().encode()) == expected
    except Refused as refused:
        assert refused.problems[0].code == "blank-file"
        assert not any(cell.strip(string.whitespace + ";,|\xa0") for row in rows for cell in row)


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", reading.read_text.COMPOUND, b"\xff\xfe", b"a;b\n"])
)
@settings(max_examples=80, deadline=None)
def test_random_bytes_raise_nothing_but_refused(content: bytes, start: bytes) -> None:
    try:
        book = read(start + content, "list.csv")
    except Refused as refused:
        assert all(problem.message for problem in refused.problems)
    else:
        for grid in book.grids:
            find_table(grid)


@given(st.integers(0, 10**6), st.integers(0, 255))
@settings(max_examples=25, deadline=None)
def test_a_changed_byte_raises_nothing_but_refused(place: int, byte: int) -> None:
    content = bytearray(xlsx())
    content[place % len(content)] = byte
    try:
        read(bytes(content), "list.xlsx")
    except Refused as refused:
        assert all(problem.message for problem in refused.problems)
