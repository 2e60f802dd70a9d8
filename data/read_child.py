"""How one spreadsheet parser is run alone under limits: bytes on stdin, cells on stdout in plain columns, nothing else.

Started by data/read.py as `python -I -S -B read_child.py REQUEST`, REQUEST being a JSON object. It imports nothing of
this project and only the one library asked for, so that a bad file can at worst end this process.

The answer is the length of a JSON header (8 bytes, big endian), the header, and the blobs the header describes. There
is nothing in it that runs when it is read: data/read.py decodes it with `json` and `array` only.
"""

import sys
from array import array
from datetime import date, datetime, time, timedelta

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


def _pack(values, code, json):
    """The blob that holds the values of one type, in order; there is at least one."""
    if code == TEXT:
        # Joined texts are read three times faster than JSON; a text that holds the separator itself makes it JSON.
        joined = SEPARATOR.join(values)
        if joined.count(SEPARATOR) == len(values) - 1:
            return b"j" + joined.encode("utf-8", "replace")
        return b"J" + json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
    if code in (ERROR, INTEGER):
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if code == FLOAT:
        return array("d", values).tobytes()
    if code == BOOLEAN:
        return bytes(values)
    if code == DATE:
        return array("i", map(date.toordinal, values)).tobytes()
    if code == DATETIME:
        return array("q", [(value.replace(tzinfo=None) - EPOCH) // MICROSECOND for value in values]).tobytes()
    if code == DURATION:
        return array("q", [value // MICROSECOND for value in values]).tobytes()
    return json.dumps([value.isoformat() for value in values]).encode()


def _column(cells, json):
    """One column as ({"kinds": a letter or a length, "parts": [[letter, count, length], …]}, blobs)."""
    types = set(map(type, cells))
    if len(types) == 1 and types <= CODES.keys() and "" not in cells:
        code = CODES[types.pop()]
        if code == BLANK:
            return {"kinds": "n", "parts": []}, []
        blob = _pack(cells, code, json)
        return {"kinds": chr(code), "parts": [[chr(code), len(cells), len(blob)]]}, [blob]
    kinds = bytes([BLANK if cell == "" else CODES.get(cell.__class__) or _other(cell) for cell in cells])
    parts, blobs = [], [kinds]
    for code in sorted(set(kinds) - {BLANK}):
        values = [cell for cell, kind in zip(cells, kinds, strict=True) if kind == code]
        blob = _pack(values, code, json)
        parts.append([chr(code), len(values), len(blob)])
        blobs.append(blob)
    return {"kinds": len(kinds), "parts": parts}, blobs


def _other(cell):
    """An error value is a text of its own class; anything else a reader may invent counts as blank."""
    return ERROR if isinstance(cell, str) else BLANK


def _sheet(name, visible, rows, merged, request):
    """Drops the blank tail of a sheet, checks what is left against the limits and turns it into columns."""
    while rows and not any(cell is not None and cell != "" for cell in rows[-1]):
        rows.pop()
    width = max(map(len, rows), default=0)
    if len(rows) > request["rows"]:
        raise Stop("too-many-rows", sheet=name, found=len(rows))
    if width > request["columns"]:
        raise Stop("too-many-columns", sheet=name, found=width)
    if any(len(row) != width for row in rows):
        rows = [[*row, *[None] * (width - len(row))] for row in rows]
    columns = list(zip(*rows, strict=True)) if rows else []
    return {"name": name, "visible": visible, "height": len(rows), "width": width, "merged": merged[:100_000]}, columns


def _calamine(content, request):
    """(sheet, columns) for every worksheet, as python-calamine reads them."""
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
        rows = sheet.to_python(skip_empty_area=False)
        del sheet
        total += high * wide
        yield _sheet(meta.name, visible, rows, merged, request)


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
    """(sheet, columns) for every worksheet, as openpyxl's streaming reader gives them: the second opinion."""
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
        rows, width = [], 0
        for row in sheet.iter_rows():
            rows.append([CellError(cell.value) if cell.data_type == "e" else cell.value for cell in row])
            width = max(width, len(row))
            if len(rows) > request["rows"]:
                raise Stop("too-many-rows", sheet=sheet.title, found=len(rows))
            if total + len(rows) * width > request["cells"]:
                raise Stop("too-many-cells", sheet=sheet.title, found=total + len(rows) * width)
        total += len(rows) * width
        yield _sheet(sheet.title, sheet.sheet_state == "visible", rows, [], request)


def main():
    """Reads the file on stdin and writes the answer on stdout."""
    import gc
    import json

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
        for sheet, columns in {"calamine": _calamine, "openpyxl": _openpyxl}[request["reader"]](content, request):
            described = []
            for cells in columns:
                what, parts = _column(cells, json)
                described.append(what)
                blobs += parts
            sheets.append({**sheet, "columns": described})
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


if __name__ == "__main__":
    main()
