"""How one spreadsheet parser is run alone under limits: bytes on stdin, cells on stdout in plain columns, nothing else.

Started by data/read.py as `python -I -S -B read_child.py REQUEST`, REQUEST being a JSON object. It imports nothing of
this project and only the one library asked for, so that a bad file can at worst end this process.

The answer is the length of a JSON header (8 bytes, big endian), the header, and the blobs the header describes. There
is nothing in it that runs when it is read: data/read.py decodes it with `json` and `numpy.frombuffer` only.
"""

import json
import os
import sys
from array import array
from datetime import date, datetime, time, timedelta
from itertools import compress, islice
from operator import not_

EPOCH = datetime(1970, 1, 1)
SEPARATOR = "\x1f"
MICROSECOND = timedelta(microseconds=1)
# One letter for each type of cell; 'n' is a blank one, 'e' an error such as #N/A.
BLANK, TEXT, FLOAT, INTEGER, BOOLEAN, DATE, DATETIME, TIME, DURATION, ERROR = b"nsfibdthpe"
CODES = {
    type(None): BLANK,
    str: TEXT,
    float: FLOAT,
    int: INTEGER,
    bool: BOOLEAN,
    date: DATE,
    datetime: DATETIME,
    time: TIME,
    timedelta: DURATION,
}
# For each letter the table that makes it 1 and every other 0.
ONLY = {code: bytes(code == other for other in range(256)) for code in (*CODES.values(), ERROR)}
# What the cells of a type are kept in: an array of this letter, bytes, or else a list.
ARRAYS = {FLOAT: "d", DATE: "i", DATETIME: "q", DURATION: "q"}
# So many cells stay in a processor's own memory.
AT_HAND = 10_000


class Stop(Exception):
    """A reason to give up that the parent has a sentence for."""

    def __init__(self, reason, **details):
        super().__init__(reason)
        self.reason, self.details = reason, details


def _limit(request):
    """Takes from this process what it does not need, before it looks at the file."""
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, request["cpu"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


class Columns:
    """The columns of a sheet, packed while its rows come by a few at a time.

    The cells of a column lie far apart in memory, so that a walk down a whole sheet waits for every one; those of some
    rows are still at hand, and are freed before the next are made.
    """

    def __init__(self):
        self.height = 0
        # The longest row of all, and of those down to the last that holds something.
        self.longest = self.width = 0
        # For each column the kinds of its cells, and by kind how many there are and what is kept of them.
        self.columns = []

    def add(self, rows):
        """Takes some more rows, which may differ in length."""
        lengths = list(map(len, rows))
        width = max(lengths, default=0)
        if width and len(set(lengths)) > 1:
            rows = [[*row, *[None] * (width - len(row))] for row in rows]
        self.columns += [([b"n" * self.height], {}) for _ in range(width - len(self.columns))]
        filled = 0
        for cells, (kinds, parts) in zip(zip(*rows), self.columns):  # noqa: B905 (those further right are blank)
            fresh = self._add(cells, parts)
            kinds.append(fresh)
            filled = max(filled, len(fresh.rstrip(b"n")))
        for kinds, _ in self.columns[width:]:
            kinds.append(b"n" * len(rows))
        if filled:
            self.width = max(self.longest, *lengths[:filled])
        self.longest = max(self.longest, width)
        self.height += len(rows)

    def _add(self, cells, parts):
        try:
            kinds = bytes(map(CODES.__getitem__, map(type, cells)))
        except KeyError:
            kinds = bytes([CODES.get(type(cell)) or _other(cell) for cell in cells])
        found = set(kinds)
        for code in found:
            if code == BLANK:
                continue
            values = cells if len(found) == 1 else list(compress(cells, kinds.translate(ONLY[code])))
            if code == TEXT and "" in values:
                kinds = _blanked(kinds, values)
                values = list(filter(None, values))
            if values:
                count, kept = parts.get(code) or (0, _empty(code))
                parts[code] = count + len(values), _keep(kept, code, values)
        return kinds

    def packed(self):
        """({"height": …, "width": …, "columns": [{"kinds": a letter or a length, "parts": [[letter, count, length],
        …]}, …]}, blobs), without the rows at the end that hold nothing."""
        columns = self.columns[: self.width]
        whole = [b"".join(kinds) for kinds, _ in columns]
        height = max((len(kinds.rstrip(b"n")) for kinds in whole), default=0)
        described, blobs = [], []
        for kinds, (_, parts) in zip(whole, columns, strict=True):
            kinds = kinds[:height]
            alike = len(set(kinds)) == 1
            if not alike:
                blobs.append(kinds)
            told = []
            for code, (count, kept) in sorted(parts.items()):
                blob = _pack(kept, code)
                blobs.append(blob)
                told.append([chr(code), count, len(blob)])
            described.append({"kinds": chr(kinds[0]) if alike else height, "parts": told})
        return {"height": height, "width": len(columns), "columns": described}, blobs


def _empty(code):
    if code in ARRAYS:
        return array(ARRAYS[code])
    return bytearray() if code == BOOLEAN else []


def _keep(kept, code, values):
    """Adds the cells of one type to what is kept of those above them."""
    if code == TEXT:
        # Joined texts are read three times faster than JSON; a text that holds the separator itself makes it JSON.
        joined = SEPARATOR.join(values)
        kept.append(joined if joined.count(SEPARATOR) == len(values) - 1 else list(values))
    elif code == FLOAT:
        kept += array("d", values)
    elif code == DATE:
        kept += array("i", map(date.toordinal, values))
    elif code == DATETIME:
        kept += array("q", [(value.replace(tzinfo=None) - EPOCH) // MICROSECOND for value in values])
    elif code == DURATION:
        kept += array("q", [value // MICROSECOND for value in values])
    elif code == TIME:
        kept += map(time.isoformat, values)
    else:
        kept.extend(values)
    return kept


def _pack(kept, code):
    """The blob that holds the values of one type, in order; there is at least one."""
    if code == TEXT:
        if all(isinstance(piece, str) for piece in kept):
            return b"j" + SEPARATOR.join(kept).encode("utf-8", "replace")
        kept = [text for piece in kept for text in (piece.split(SEPARATOR) if isinstance(piece, str) else piece)]
        return b"J" + json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")
    if code in (ERROR, INTEGER, TIME):
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return kept.tobytes() if isinstance(kept, array) else bytes(kept)


def _blanked(kinds, texts):
    """The kinds of cells with the empty ones among the texts made blank."""
    made = bytearray(kinds)
    places = compress(range(len(kinds)), kinds.translate(ONLY[TEXT]))
    for place in compress(places, map(not_, texts)):
        made[place] = BLANK
    return bytes(made)


def _other(cell):
    """An error value is a text of its own class; anything else a reader may invent counts as blank."""
    return ERROR if isinstance(cell, str) else BLANK


def _sheet(name, visible, columns, merged, request):
    """(header, blobs) of a sheet, checked against the limits."""
    packed, blobs = columns.packed()
    if packed["height"] > request["rows"]:
        raise Stop("too-many-rows", sheet=name, found=packed["height"])
    if packed["width"] > request["columns"]:
        raise Stop("too-many-columns", sheet=name, found=packed["width"])
    return {"name": name, "visible": visible, "merged": merged[:100_000], **packed}, blobs


def _calamine(content, request):
    """(header, blobs) of every worksheet, as python-calamine reads them."""
    import io

    import python_calamine

    if request["format"] == "ods":
        content, merges = _open_document(content, request)
    workbook = python_calamine.load_workbook(io.BytesIO(content))
    wanted = [
        (index, sheet)
        for index, sheet in enumerate(workbook.sheets_metadata)
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    if len(wanted) > request["sheets"]:
        raise Stop("too-many-sheets", found=len(wanted))
    total = 0
    for index, meta in wanted:
        sheet = workbook.get_sheet_by_index(index)
        high, wide = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
        if wide > request["columns"]:
            raise Stop("too-many-columns", sheet=meta.name, found=wide)
        if total + high * wide > request["cells"]:
            raise Stop("too-many-cells", sheet=meta.name, found=total + high * wide)
        merged = [[*start, *end] for start, end in sheet.merged_cell_ranges or ()]
        if request["format"] == "ods":
            merged = merges.get(meta.name, [])
        visible = meta.visible == python_calamine.SheetVisibleEnum.Visible
        columns = Columns()
        # The cells left of the first column that is not blank are not among the rows.
        aside = sheet.start[1] if sheet.start else 0
        found = sheet.iter_rows()
        while rows := list(islice(found, AT_HAND // max(1, wide) + 1)):
            columns.add([[None] * aside + row for row in rows] if aside else rows)
        total += high * wide
        yield _sheet(meta.name, visible, columns, merged, request)


def _open_document(content, request):
    """Counts the cells an OpenDocument sheet asks for before anything is allocated; (content, merged ranges by sheet).

    A kilobyte of number-columns-repeated and number-rows-repeated can stand for 17 billion cells. A package without its
    mimetype entry is given one: python-calamine wants it.
    """
    import io
    import zipfile
    from xml.parsers import expat

    archive = zipfile.ZipFile(io.BytesIO(content))
    merges: dict = {}
    sheet, where = [""], {"row": 0, "column": 0, "filled": 0, "again": 1, "total": 0}
    cell = {"again": 1, "value": False, "down": 1, "across": 1}

    def number(attributes, name):
        text = attributes.get(name, "1")
        return max(1, int(text)) if text.isdecimal() and len(text) < 12 else 1

    def start(tag, attributes):
        tag = tag.rpartition(":")[2]
        attributes = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if tag == "table":
            sheet[0], where["row"] = attributes.get("name", ""), 0
        elif tag == "table-row":
            where.update(column=0, filled=0, again=number(attributes, "number-rows-repeated"))
        elif tag in ("table-cell", "covered-table-cell"):
            cell.update(
                again=number(attributes, "number-columns-repeated"),
                value="value-type" in attributes,
                down=number(attributes, "number-rows-spanned"),
                across=number(attributes, "number-columns-spanned"),
            )
        elif tag == "p":
            cell["value"] = True

    def end(tag):
        tag = tag.rpartition(":")[2]
        if tag in ("table-cell", "covered-table-cell"):
            if cell["down"] > 1 or cell["across"] > 1:
                row, column = where["row"], where["column"]
                place = [row, column, row + cell["down"] - 1, column + cell["across"] - 1]
                merges.setdefault(sheet[0], []).append(place)
            where["column"] += cell["again"]
            if cell["value"]:
                where["filled"] = where["column"]
        elif tag == "table-row":
            where["row"] += where["again"]
            if where["filled"]:
                where["total"] += where["filled"] * where["again"]
                if where["total"] > request["cells"]:
                    raise Stop("too-many-cells", sheet=sheet[0], found=where["total"])
                if where["filled"] > request["columns"]:
                    raise Stop("too-many-columns", sheet=sheet[0], found=where["filled"])

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(archive.read("content.xml"), True)
    if "mimetype" not in archive.namelist():
        repaired = io.BytesIO()
        with zipfile.ZipFile(repaired, "w", zipfile.ZIP_DEFLATED) as copy:
            copy.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
            for name in archive.namelist():
                copy.writestr(name, archive.read(name))
        content = repaired.getvalue()
    return content, merges


def _openpyxl(content, request):
    """(header, blobs) of every worksheet, as openpyxl's streaming reader gives them: the second opinion."""
    import io

    # openpyxl loads these where it finds them; no cell needs them, and each is one more parser within reach.
    for absent in ("numpy", "pandas", "PIL", "lxml"):
        sys.modules[absent] = None  # type: ignore[assignment]
    import openpyxl

    class CellError(str):
        """An error value, told apart from a text that only looks like one."""

    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheets = workbook.worksheets
    if len(sheets) > request["sheets"]:
        raise Stop("too-many-sheets", found=len(sheets))
    total = 0
    for sheet in sheets:
        # The declared size may lie: a wrong one pads every row to 16,384 cells.
        sheet.reset_dimensions()
        columns, rows, width = Columns(), [], 0
        for row in sheet.iter_rows():
            rows.append([CellError(cell.value) if cell.data_type == "e" else cell.value for cell in row])
            width = max(width, len(row))
            height = columns.height + len(rows)
            if height > request["rows"]:
                raise Stop("too-many-rows", sheet=sheet.title, found=height)
            if total + height * width > request["cells"]:
                raise Stop("too-many-cells", sheet=sheet.title, found=total + height * width)
            if len(rows) * width > AT_HAND:
                columns.add(rows)
                rows = []
        columns.add(rows)
        total += columns.height * width
        yield _sheet(sheet.title, sheet.sheet_state == "visible", columns, [], request)


def main():
    """Reads the file on stdin and writes the answer on stdout."""
    import gc

    request = json.loads(sys.argv[1])
    _limit(request)
    # Nothing here is ever freed in cycles, and a million new cells would start the collector a thousand times.
    gc.disable()
    sys.path[:0] = request["path"]
    header: dict = {}
    blobs: list = []
    try:
        content = sys.stdin.buffer.read()
        sheets = []
        for sheet, packed in {"calamine": _calamine, "openpyxl": _openpyxl}[request["reader"]](content, request):
            sheets.append(sheet)
            blobs += packed
        header = {"sheets": sheets}
    except Stop as stop:
        header, blobs = {"stop": stop.reason, "details": stop.details}, []
    except MemoryError:
        header, blobs = {"stop": "too-much-memory", "details": {}}, []
    except BaseException as error:  # calamine's panics are not Exceptions
        header, blobs = {"stop": "damaged", "details": {"why": f"{type(error).__name__}: {error}"[:300]}}, []
    text = json.dumps(header).encode()
    out = sys.stdout.buffer
    out.write(len(text).to_bytes(8, "big"))
    out.write(text)
    for blob in blobs:
        out.write(blob)
    out.flush()
    # Nothing is left to tidy up, and freeing a million cells takes time.
    os._exit(0)


if __name__ == "__main__":
    main()
