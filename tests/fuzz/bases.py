"""The good files that are damaged: the sample's, the templates, and lists made here in every form we can write."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from data.intake import SAMPLE
from data.sheets import SHEETS
from data.template import write_template
from tests.workbooks import ods, xlsx

HEADERS = [
    "Identifiant",
    "Raison sociale",
    "Site",
    "Secteur",
    "Date de création",
    "Date d'entrée",
    "Date de sortie",
    "Motif de sortie",
    "Superficie (m²)",
    "Effectif",
]
ROWS = [
    ["001704504319822", "Éco-Santé SARL", "Casablanca", "TIC", "2009", "07/01/2012", "", "", "120,5", "12"],
    ["F-2", "Atlas & Fils", "Rabat", "Design", "03/2011", "15/02/2013", "01/06/2019", "fermeture", "1 250", "8"],
    ["F-3", "شركة الأطلس", "Tanger", "TIC", "", "17 mars 2014", "", "", "30 m²", "٤"],
    ["", "Boussole", "Rabat", "", "", "2015-04-30", "31/12/2016", "diplômée", "n.c.", "n.c."],
    ["F-5", 'Cèdre "Bleu"', "Agadir", "Énergie", "12/12/2012", "01/10/2020", "", "", "45", "3-5"],
]
TITLE = "Locataires : situation au 25/10/2020"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "sheets"
# Larger ones take the time of many.
SMALL = 16_000


def table() -> list[list[str]]:
    """A list as it is written: a title, headers, five stays."""
    return [[TITLE], [], HEADERS, *ROWS]


def letters(place: int) -> str:
    """0 → A, 27 → AB."""
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def escaped(text: str) -> str:
    """A text as XML holds it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def delimited(rows: list[list[str]], delimiter: str = ";") -> str:
    """Rows as text, quoted where it must be."""
    quoted = [['"' + c.replace('"', '""') + '"' if set(c) & set('"\n' + delimiter) else c for c in row] for row in rows]
    return "\r\n".join(map(delimiter.join, quoted)) + "\r\n"


def sheet_xml(rows: list[list[str]], shared: dict[str, int] | None = None) -> str:
    """The rows of a sheet, texts where they stand or, given a dictionary, in the list it becomes."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for place, text in enumerate(row):
            at = f"{letters(place)}{number}"
            if not text:
                continue
            if text.isascii() and text.isdecimal() and len(text) < 6:
                cells.append(f'<c r="{at}"><v>{text}</v></c>')
            elif shared is None:
                cells.append(f'<c r="{at}" t="inlineStr"><is><t>{escaped(text)}</t></is></c>')
            else:
                cells.append(f'<c r="{at}" t="s"><v>{shared.setdefault(text, len(shared))}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(lines)


def workbook(rows: list[list[str]]) -> bytes:
    """A workbook with shared strings, as spreadsheet programs write one."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    texts: dict[str, int] = {}
    body = sheet_xml(rows, texts)
    strings = "".join(f"<si><t>{escaped(text)}</t></si>" for text in texts)
    links = (
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
    )
    relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
    return xlsx(
        f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData>'
        '<mergeCells count="1"><mergeCell ref="A1:J1"/></mergeCells></worksheet>',
        {
            "xl/sharedStrings.xml": f'<sst xmlns="{main}" count="9" uniqueCount="{len(texts)}">{strings}</sst>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relationships}">{links}</Relationships>',
        },
        raw=True,
    )


def open_document(rows: list[list[str]]) -> bytes:
    """The same rows as an OpenDocument sheet."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ["".join(cell.format(escaped(c)) if c else "<table:table-cell/>" for c in row) for row in rows]
    return ods("".join(f"<table:table-row>{line}</table:table-row>" for line in lines))


def template(kind: str) -> bytes:
    """The template of a kind as it is handed out, a row filled in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "template.xlsx")
        write_template(kind, path)
        return path.read_bytes()


@cache
def own() -> list[str]:
    """The names of the files that need nothing beside this clone."""
    return list(_own())


@cache
def bases() -> dict[str, bytes]:
    """Every good file by name; some of the collection beside this clone too, where it is there."""
    return {**_own(), **_others()}


@cache
def _own() -> dict[str, bytes]:
    rows = table()
    made = {
        "locataires.csv": delimited(rows).encode(),
        "locataires excel.csv": delimited(rows[:5] + rows[6:]).encode("cp1252", "replace"),
        "locataires.tsv": delimited(rows, "\t").encode("utf-16"),
        "locataires.xlsx": workbook(rows),
        "liste.xlsx": xlsx(sheet_xml(rows)),
        "locataires.ods": open_document(rows),
    }
    sample = {name: (SAMPLE / name).read_bytes() for name in ("sites.xlsx", "secteurs.xlsx", "promotion-2002.xlsx")}
    templates = {f"{kind}.xlsx": template(kind) for kind in SHEETS}
    return {**made, **sample, **templates}


def _others() -> dict[str, bytes]:
    manifest = SHARED / "MANIFEST.json"
    if not manifest.exists():
        return {}
    listed = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    paths = [SHARED / one["file"] for one in listed if one["bucket"] in ("good", "messy") and one["bytes"] < SMALL]
    return {path.name: path.read_bytes() for path in sorted(paths)}


def parts(content: bytes) -> list[tuple[str, bytes]]:
    """The entries of a package in order; none where it is not one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except Exception:
        return []
