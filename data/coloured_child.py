"""How the coloured workbook is written alone under limits: a request on stdin, the workbook on stdout, nothing else.

Started by data/coloured.py as `python -I -S -B coloured_child.py`. It imports nothing of this project and of libraries
openpyxl alone, so that a workbook made to do harm can at worst end this process.
"""

import io
import math
import os
import pickle
import re
import sys
from copy import copy
from datetime import date, datetime, time, timedelta

# Fills that stay apart without colours, from bright to dark; none is a colour that a palette offers.
FILLS = {"error": "FF9E7B", "warning": "FFE59A", "note": "BCD6EF", "mended": "C1BFC0"}
# What we write into a comment stands under this line, so that it can be taken out again.
LINE = "— Essaim —"
NAME = "Essaim"
HEAD = 5
# Spreadsheet programs refuse a sheet with more than 65,530 links.
MOST_LINKS = 60_000
# A sheet ends there; whoever has so many problems mends what they have in common first.
MOST_LISTED = 1_000_000
# What no XML can hold.
BAD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
SANE = 32_767


def _limit(request):
    """Takes from this process what it does not need, before it looks at the file."""
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, request["seconds"]),
        (resource.RLIMIT_FSIZE, 1_000_000_000),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _text(value):
    return BAD.sub("", str(value))[:SANE]


class Styles:
    """Styles put on cells over what they have: looked up by openpyxl once each, which takes longer than the cell."""

    def __init__(self):
        from openpyxl.styles import Alignment, Font, PatternFill

        top = Alignment(vertical="top")
        self.made = {severity: {"fill": PatternFill("solid", fgColor=colour)} for severity, colour in FILLS.items()}
        self.made["bare"] = {"fill": PatternFill()}
        self.made["mark"] = {"font": Font(size=8, color="A6A6A6")}
        self.made["title"] = {"font": Font(bold=True, size=14)}
        self.made["about"] = {"font": Font(italic=True, color="595959")}
        self.made["heading"] = {"font": Font(bold=True)}
        self.made["plain"] = {"alignment": top}
        self.made["told"] = {"alignment": Alignment(wrap_text=True, vertical="top")}
        self.made["link"] = {"alignment": top, "font": Font(color="0563C1", underline="single")}
        self.known = {}

    def put(self, cell, name):
        """Puts the style of that name on a cell."""
        key = b"" if cell._style is None else cell._style.tobytes(), name
        if key in self.known:
            cell._style = copy(self.known[key])
            return
        for part, style in self.made[name].items():
            setattr(cell, part, style)
        self.known[key] = copy(cell._style)


def _same(request):
    """The workbook as it was brought, with what we know of its cells on them."""
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.worksheet.worksheet import Worksheet

    # openpyxl would empty the cells that a merged one covers, which still hold what they are read to hold.
    Worksheet._clean_merge_range = lambda sheet, merged: None
    content = request["content"]
    book = openpyxl.load_workbook(io.BytesIO(content), keep_vba=request["macros"], rich_text=True)
    if not set(request["names"]) <= {sheet.title for sheet in book.worksheets}:
        raise ValueError("openpyxl does not find every sheet")
    for sheet in book.worksheets:
        if sheet["A1"].value == request["ours"] and len(book.sheetnames) > 1:
            book.remove(sheet)
    _results(book, content)
    styles = Styles()
    colours = {f"00{colour}" for colour in FILLS.values()} | {f"FF{colour}" for colour in FILLS.values()}
    for sheet in book.worksheets:
        for cell in list(sheet._cells.values()):
            # What an earlier workbook of ours said may be mended by now.
            if cell.has_style and cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in colours:
                styles.put(cell, "bare")
            if cell.comment and LINE in cell.comment.text:
                own = cell.comment.text.partition(LINE)[0].rstrip()
                cell.comment = Comment(own, cell.comment.author) if own else None
        for row, column, text in request["writes"].get(sheet.title, ()):
            cell = sheet.cell(row, column)
            _write(cell, text or None)
            if request["listed"] is None:
                cell.comment = cell.hyperlink = None
        for row, column, severity, said in request["marks"].get(sheet.title, ()):
            cell = sheet.cell(row, column)
            styles.put(cell, severity)
            if said:
                cell.comment = _comment(said, cell.comment)
    _list(book, request)
    return book


def _results(book, content):
    """Has the results of formulas written beside them, as they were: openpyxl keeps the one or the other."""
    import openpyxl
    from openpyxl.utils.datetime import to_excel
    from openpyxl.worksheet import _writer

    formulas = {
        (sheet.title, *place)
        for sheet in book.worksheets
        for place, cell in sheet._cells.items()
        if cell.data_type == "f"
    }
    if not formulas:
        return
    results = {}
    again = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    for sheet in again.worksheets:
        sheet.reset_dimensions()
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None or (sheet.title, cell.row, cell.column) not in formulas:
                    continue
                value, kind = cell.value, {"s": "str", "b": "b", "e": "e"}.get(cell.data_type, "n")
                if isinstance(value, date | time | timedelta):
                    value = to_excel(value, book.epoch)
                results[sheet.title, cell.row, cell.column] = kind, str(int(value) if kind == "b" else value)
    plain = _writer.write_cell

    class Taken:
        """Takes the element that is written, to be completed first."""

        def write(self, element):
            self.element = element

    def write_cell(out, sheet, cell, styled=None):
        result = results.get((sheet.title, cell.row, cell.column))
        if cell.data_type != "f" or result is None:
            return plain(out, sheet, cell, styled)
        taken = Taken()
        plain(taken, sheet, cell, styled)
        value = taken.element.find("v")
        if value is not None:
            value.text = result[1]
            taken.element.set("t", result[0])
        return out.write(taken.element)

    _writer.write_cell = write_cell


def _comment(said, before):
    """Our sentences under those that stand in the cell's comment already."""
    from openpyxl.comments import Comment

    own = before.text.rstrip() + "\n\n" if before else ""
    text = _text(f"{own}{LINE}\n{said}")
    lines = sum(1 + len(line) // 48 for line in text.split("\n"))
    return Comment(text, before.author if before else NAME, height=min(24 + 18 * lines, 480), width=340)


def _write(cell, value):
    """Puts a value into a cell; a text is a text, whatever it begins with."""
    if isinstance(value, tuple):
        # Only the errors that a spreadsheet knows are written as such.
        cell.value = value[1] if value[1].startswith("#") else _text(value[1])
        return
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    if isinstance(value, datetime | date) and value.year < 1901:
        value = value.isoformat()
    if isinstance(value, str):
        value = _text(value)
        cell.value = value
        cell.data_type = "s"
        return
    cell.value = value
    if isinstance(value, datetime) and (value.hour or value.minute or value.second):
        cell.number_format = "dd/mm/yyyy hh:mm:ss"
    elif isinstance(value, date):
        cell.number_format = "dd/mm/yyyy"


def _bare(value):
    """Whether openpyxl writes a value as it is without being told how."""
    if isinstance(value, str):
        return not value.startswith(("=", "#")) and len(value) <= SANE and not BAD.search(value)
    return value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))


def _new(request):
    """A workbook of the cells as read."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.cell_range import CellRange

    book, styles = _empty(request), Styles()
    for name, visible, merged, columns in request["sheets"]:
        sheet = book.create_sheet(name)
        sheet.sheet_state = "visible" if visible else "hidden"
        marks = {(row, column): (severity, said) for row, column, severity, said in request["marks"].get(name, ())}
        writes = {(row, column): text or None for row, column, text in request["writes"].get(name, ())}
        special = {row for row, _ in (*marks, *writes)}
        for place, (values, _) in enumerate(columns, 1):
            longest = max((len(str(value)) for value in values[1:200]), default=8)
            sheet.column_dimensions[get_column_letter(place)].width = min(max(longest, 8) + 2, 40)
        for top, left, bottom, right in merged:
            sheet.merged_cells.ranges.add(CellRange(None, left + 1, top + 1, right + 1, bottom + 1))
        height = len(columns[0][1]) if columns else 0
        columns = [(values, list(map(_bare, values)), codes) for values, codes in columns]
        for row in range(1, height + 1):
            cells = []
            for column, (values, bare, codes) in enumerate(columns, 1):
                code = codes[row - 1]
                mark = marks.get((row, column)) if row in special else None
                if mark is None and bare[code] and (row, column) not in writes:
                    cells.append(values[code])
                    continue
                cell = WriteOnlyCell(sheet)
                _write(cell, writes.get((row, column), values[code]))
                if mark is not None:
                    styles.put(cell, mark[0])
                    if mark[1]:
                        cell.comment = _comment(mark[1], None)
                cells.append(cell)
            sheet.append(cells)
    _list(book, request)
    return book


def _only(request):
    """A workbook that holds nothing but the list."""
    book = _empty(request)
    _list(book, {**request, "listed": [(severity, texts, None) for severity, texts, _ in request["listed"]]})
    return book


def _empty(request):
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    if request["macros"]:
        # Named .xlsm like the one that was brought, it has to call itself so.
        from openpyxl.xml.constants import XLSM

        book.__class__ = type("Macros", (Workbook,), {"mime_type": XLSM})
    return book


def _list(book, request):
    """One more sheet: every problem in a row, with a link to its cell; none where nothing is to be listed."""
    if request["listed"] is None:
        return
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet.hyperlink import Hyperlink

    name, number = NAME, 1
    while name.casefold() in {title.casefold() for title in book.sheetnames}:
        number += 1
        name = f"{NAME} {number}"
    sheet, styles, titles = book.create_sheet(name), Styles(), set(book.sheetnames)
    for letter, width in zip("ABCDE", (14, 26, 24, 100, 26), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{HEAD + 1}"

    def cell(text, *names):
        made = WriteOnlyCell(sheet)
        _write(made, text)
        for name in names:
            styles.put(made, name)
        return made

    sheet.append([cell(request["ours"], "mark")])
    sheet.append([cell(request["title"], "title")])
    sheet.append([cell(request["notes"][request["way"]], "about")])
    sheet.append([])
    sheet.append([cell(text, "heading") for text in request["headings"]])
    for place, (severity, (named, where, value, told, code), to) in enumerate(
        request["listed"][:MOST_LISTED], HEAD + 1
    ):
        linked = to is not None and place < MOST_LINKS and to[0] in titles
        found = cell(where, "link" if linked else "plain")
        if linked:
            title = to[0].replace("'", "''")
            found._hyperlink = Hyperlink(ref=f"B{place}", location=f"'{title}'!{to[1]}")
        sheet.append(
            [cell(named, "plain", severity), found, cell(value, "plain"), cell(told, "told"), cell(code, "plain")]
        )


def main():
    """Reads the request on stdin and writes the workbook on stdout."""
    # The parent wrote it, of the same code.
    request = pickle.load(sys.stdin.buffer)  # nosec B301
    sys.path.insert(0, request["path"])
    # openpyxl loads these where it finds them, and no cell needs them; Pillow keeps the pictures of a workbook.
    for absent in ("numpy", "pandas", "lxml"):
        sys.modules[absent] = None  # type: ignore[assignment]
    _limit(request)
    from openpyxl.cell import _writer

    # openpyxl writes sixteen digits of a number, and some need seventeen to come back as they are.
    plain = _writer.safe_string
    _writer.safe_string = lambda value: repr(value) if type(value) is float else plain(value)
    book = {"same": _same, "new": _new, "list": _only}[request["way"]](request)
    target = io.BytesIO()
    book.save(target)
    sys.stdout.buffer.write(target.getvalue())
    sys.stdout.buffer.flush()
    # Nothing is left to tidy up, and freeing a million cells takes time.
    os._exit(0)


if __name__ == "__main__":
    main()
