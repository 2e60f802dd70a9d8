"""Files made to do harm: each refused by its sentence, the parent alive, nothing left behind."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from data import read as reading
from data import read_zip
from data.grid import Limits
from data.problem import Refused
from data.read import read
from data.table import find_table
from tests.workbooks import MAIN, ROW, cells, ods, why, workbook, xlsx

# Attacks on the package


def test_a_bomb_is_measured_while_it_inflates_and_not_as_it_declares() -> None:
    bomb = xlsx(" " * 30_000_000)
    assert why(bomb) == "inflates-too-much"
    small = Limits(inflated=5_000_000)
    blanks = xlsx(" " * 6_000_000)
    assert why(blanks, limits=small) == "inflates-too-much"
    lying = bytearray(blanks)
    at = lying.index(b"PK\x01\x02", lying.rindex(b"xl/worksheets/sheet1.xml") - 100)
    lying[at + 24 : at + 28] = struct.pack("<I", 1000)
    assert why(bytes(lying), limits=small) == "inflates-too-much"


def test_a_size_or_a_checksum_that_lies_is_damage() -> None:
    content = bytearray(xlsx())
    at = content.index(b"PK\x01\x02", content.rindex(b"xl/worksheets/sheet1.xml") - 100)
    for field, wrong in ((24, 7), (16, 1)):
        lying = bytearray(content)
        lying[at + field : at + field + 4] = struct.pack("<I", wrong)
        assert why(bytes(lying)) == "damaged"


def test_entries_that_share_bytes_are_refused() -> None:
    content = bytearray(xlsx(parts={"x/a.xml": "<x/>", "x/b.xml": "<x/>"}))
    first, second = (content.rindex(name) - 46 for name in (b"x/a.xml", b"x/b.xml"))
    assert content[first : first + 4] == content[second : second + 4] == b"PK\x01\x02"
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    assert why(bytes(content)) == "damaged"


@pytest.mark.parametrize("name", ["../../held", "/etc/held", "..\\..\\held", "C:\\held", "xl/../../held"])
def test_an_unsafe_entry_name_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    assert why(xlsx(parts={name: b"x"})) == "unsafe-name"
    assert list(tmp_path.iterdir()) == []


def test_the_same_entry_twice_is_refused() -> None:
    assert why(xlsx(parts={"xl/worksheets/Sheet1.xml": ROW})) == "duplicate-entry"


def test_an_enciphered_entry_is_a_password() -> None:
    content = bytearray(xlsx())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    assert why(bytes(content)) == "password-protected"


def test_too_many_entries_are_refused() -> None:
    assert why(xlsx(), limits=Limits(entries=4)) == "too-many-entries"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "docProps/core.xml", "xl/_rels/workbook.xml.rels"])
def test_document_type_declarations_are_not_allowed(encoding: str, part: str) -> None:
    text = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    assert why(xlsx(parts={part: text.encode(encoding)})) == "document-type"


def test_a_declaration_cannot_hide_behind_a_megabyte_of_comment() -> None:
    text = f"<!--{os.urandom(600_000).hex()}--><!DOCTYPE x [<!ENTITY e 'x'>]><x/>"
    assert why(xlsx(parts={"docProps/core.xml": text})) == "document-type"


def test_a_declaration_cannot_hide_between_two_windows() -> None:
    scan = read_zip._Scan("docProps/core.xml", Limits())
    scan.feed(b"<!--" + b"x" * read_zip.WINDOW + b"--><!DOC")
    with pytest.raises(Refused, match="Document type"):
        scan.feed(b"TYPE x>" + b" " * read_zip.WINDOW)


def test_a_declaration_cannot_hide_in_another_encoding() -> None:
    assert (
        why(xlsx(parts={"docProps/core.xml": b'<?xml version="1.0" encoding="utf-7"?><x>+ADwAIQ-DOCTYPE</x>'}))
        == "damaged"
    )


def test_text_before_the_first_element_is_damage() -> None:
    assert why(xlsx(f'<?xml version="1.0"?>\nfoo<worksheet xmlns="{MAIN}"/>', raw=True)) == "damaged"


@pytest.mark.parametrize("reference", ["ZZZZZZ4294967295", "XFE1", "AAAA1"])
def test_a_reference_outside_any_sheet_is_refused(reference: str) -> None:
    assert why(xlsx(f'{ROW}<row r="9"><c r="{reference}"><v>1</v></c></row>')) == "bad-reference"


def test_a_row_beyond_the_last_is_refused() -> None:
    assert why(xlsx(f'{ROW}<row r="4294967295"><c r="A9"><v>1</v></c></row>')) == "bad-reference"
    assert why(xlsx(f'{ROW}<row r="9"><c r="A1048577"><v>1</v></c></row>')) == "too-many-rows"


def test_a_value_in_the_last_cell_is_refused_before_room_is_made_for_the_sheet() -> None:
    content = xlsx(f'{ROW}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    assert why(content) == "too-many-columns"


def test_a_blank_cell_far_out_costs_nothing() -> None:
    content = xlsx(f'{ROW}<row r="1048576"><c r="XFD1048576" s="0"/></row>')
    assert cells(content, "list.xlsx") == [["Firm"], [1]]


def test_a_sheet_of_one_far_value_is_too_many_cells() -> None:
    assert why(xlsx(f'{ROW}<row r="1048576"><c r="SA1048576"><v>1</v></c></row>')) == "too-many-cells"


def test_the_memory_limit_holds_for_the_reader() -> None:
    many = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="Z{n}"><v>1</v></c></row>' for n in range(1, 40_000))
    assert len(cells(xlsx(many), "list.xlsx")) == 39_999
    assert why(xlsx(many), limits=Limits(memory=40_000_000)) == "reader-crashed"
    assert cells(xlsx(), "list.xlsx") == [["Firm"], [1]]


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("while True: pass", "reader-crashed"),
        ("__import__('time').sleep(60)", "too-slow"),
        ("bytearray(3_000_000_000)", "reader-crashed"),
        ("open('{held}', 'w').write('x' * 9)", "reader-crashed"),
        ("__import__('os').kill(__import__('os').getpid(), 11)", "reader-crashed"),
        ("sys.stdout.write('x' * 300_000_000)", "reader-crashed"),
    ],
)
def test_a_child_taken_over_can_do_no_more_than_end(
    does: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "held"
    taken = tmp_path / "taken.py"
    taken.write_text(
        f"import sys, json\nsys.path.insert(0, {str(reading.CHILD.parent)!r})\nimport read_child\n"
        f"read_child._limit(json.loads(sys.argv[1]))\n{does.format(held=held)}\n"
    )
    monkeypatch.setattr(reading, "CHILD", taken)
    wall = 2 if code == "too-slow" else 25
    assert why(xlsx(), limits=Limits(wall=wall, cpu=1, memory=200_000_000)) == code
    assert not held.exists() or held.read_bytes() == b""


def test_17_billion_repeated_cells_are_counted_before_they_are_made() -> None:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    content = ods(f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>')
    with pytest.raises(Refused, match="17,179,869,184 cells; the limit is 5,000,000"):
        read(content, "list.ods")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(rows=1), "too-many-rows"),
        (Limits(columns=1), "too-many-columns"),
        (Limits(cells=3), "too-many-cells"),
        (Limits(packed=7), "file-too-large"),
    ],
)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_limit_is_kept_and_said(limits: Limits, code: str, form: str) -> None:
    row = '<row r="{0}"><c r="A{0}"><v>1</v></c><c r="B{0}"><v>2</v></c></row>'
    content = b"a;b\n1;2\n" if form == "csv" else xlsx(row.format(1) + row.format(2))
    assert why(content, f"list.{form}", limits) == code


def test_too_many_sheets_are_refused() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active["A1"] = 1
        book.create_sheet("b")

    assert why(workbook(fill), limits=Limits(sheets=1)) == "too-many-sheets"


def test_one_line_of_a_million_columns_is_refused() -> None:
    with pytest.raises(Refused, match="1,000,001 columns; the limit is 500"):
        read(b"," * 1_000_000, "list.csv")


def test_an_open_quote_is_named_by_its_line() -> None:
    assert why(b"Firm;Site\nA;Rabat\n", "list.csv", Limits(characters=3)) == "cell-too-long"
    content = b'Firm;Site\n"A\nB";Rabat\nC;"Tanger\nD;Fes\n' + b"E;Agadir\n" * 30_000
    with pytest.raises(Refused, match="A quote opened on line 4 is never closed"):
        read(content, "list.csv")


def test_a_parent_is_not_kept_busy_by_what_it_searches() -> None:
    start = datetime.now()
    for body in (" " * 900_000 + "x", "<c " * 300_000, '<c r="A1" ' * 90_000, "<row " * 200_000):
        with pytest.raises(Refused):
            read(xlsx(body.encode(), raw=True), "list.xlsx", Limits(wall=5))
    find_table(read(f"n\n{'1' * 90_000}x\n".encode(), "list.csv").grids[0])
    assert (datetime.now() - start).total_seconds() < 15


# The child


def test_openpyxl_reads_what_calamine_reads() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.append(["Firm", "Entrée", "n"])
        book.active.append(["A", date(2020, 1, 2), 1.5])

    content = workbook(fill)
    header, body = reading._child("openpyxl", content, "xlsx", reading.LIMITS, reading.clock.monotonic() + 30)
    (grid,) = reading._grids(header, body, reading.LIMITS, None)
    assert [row[0] for row in grid.rows] == ["Firm", "A"]
    assert grid.rows[1][2] == 1.5


def test_openpyxl_does_not_believe_the_size_a_sheet_declares() -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>{ROW}</sheetData></worksheet>'
    content = xlsx(sheet, raw=True)
    header, _ = reading._child("openpyxl", content, "xlsx", reading.LIMITS, reading.clock.monotonic() + 30)
    assert [(sheet["height"], sheet["width"]) for sheet in header["sheets"]] == [(2, 1)]


def test_a_child_that_never_stops_talking_is_cut_off() -> None:
    with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as child:
        try:
            heard = reading._listen(child, reading.clock.monotonic() + 20, Limits(memory=10_000_000))
        finally:
            child.kill()
    assert heard == b""


def test_the_second_reader_is_asked_where_the_first_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    whole = reading._child

    def child(reader: str, *rest: object) -> object:
        asked.append(reader)
        if reader == "calamine":
            raise reading.refuse("damaged")
        return whole(reader, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_child", child)
    assert cells(xlsx(), "list.xlsx") == [["Firm"], [1]]
    assert asked == ["calamine", "openpyxl"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0" * 8,
        b"\xff" * 40,
        (2).to_bytes(8, "big") + b"[]",
        (2).to_bytes(8, "big") + b"{}",
        (40).to_bytes(8, "big") + b'{"stop": "no-such-reason", "details": 3}',
        *(
            len(text := json.dumps({"sheets": sheets}).encode()).to_bytes(8, "big") + text + b"0123456789"
            for sheets in (
                3,
                [{"name": "x"}],
                [{"name": "x", "visible": True, "height": 1, "width": 1, "merged": [], "columns": [
                    {"kinds": "n", "parts": []}, {"kinds": "n", "parts": []}]}],
                [{"name": "x", "visible": True, "height": 10**9, "width": 1, "merged": [], "columns": [
                    {"kinds": "n", "parts": []}]}],
                [{"name": "x", "visible": True, "height": 2, "width": 1, "merged": [], "columns": [
                    {"kinds": "f", "parts": [["f", 1, 8]]}]}],
                [{"name": "x", "visible": True, "height": 1, "width": 1, "merged": [], "columns": [
                    {"kinds": 1, "parts": [["z", 1, 1]]}]}],
                [{"name": "x", "visible": True, "height": 1, "width": 1, "merged": [], "columns": [
                    {"kinds": "s", "parts": [["s", 1, -4]]}]}],
                [{"name": "x", "visible": True, "height": 1, "width": 1, "merged": [], "columns": [
                    {"kinds": "d", "parts": [["d", 1, 4]]}]}],
            )
        ),
    ],
)  # fmt: skip
def test_a_child_that_talks_nonsense_is_not_believed(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_listen", lambda child, deadline, limits: answer)
    assert why(xlsx()) in ("reader-crashed", "damaged")


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    for content in (xlsx(), xlsx(parts={"../held": b"x"}), xlsx("<row"), b"\0\1", b"a;b\n1;2"):
        try:
            read(content, "list.xlsx")
        except Refused:
            continue
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == before
