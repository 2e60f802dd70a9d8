"""A large workbook of tenants as a spreadsheet program saves one, written fast: shared strings, real dates."""

from __future__ import annotations

import random
import zipfile
from datetime import date
from itertools import cycle, islice
from pathlib import Path

SITES = ("Casablanca", "Rabat", "Tanger", "Agadir")
SECTORS = ("Logiciels", "Énergie", "Design", "Santé", "Eau")
REASONS = ("Déménagement", "Diplômée", "Fermeture", "Autre")
HEADERS = (
    "ICE",
    "Raison sociale",
    "Site",
    "Secteur",
    "Date de création",
    "Date d'entrée",
    "Date de sortie",
    "Motif de sortie",
    "Superficie (m²)",
    "Effectif",
)

_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/sharedStrings.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
        '<Override PartName="/xl/styles.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Locataires" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
        'Target="styles.xml"/>'
        '<Relationship Id="rId3" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<fonts count="1"><font/></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}


def _serial(year: int, day_of_year: int) -> int:
    """A day as a spreadsheet counts it, 1 January 1900 being 1 and 1900 a leap year."""
    return (date(year, 1, 1) - date(1899, 12, 30)).days + day_of_year


def write(path: Path, rows: int, columns: int = len(HEADERS)) -> None:
    """Writes `rows` stays of as many firms, always the same for the same number; columns beyond ten are notes."""
    chance = random.Random(20201025)
    texts: dict[str, int] = {}

    def text(column: str, row: int, value: str) -> str:
        return f'<c r="{column}{row}" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>'

    more = "KLMNOPQRSTUVWXYZ"[: columns - len(HEADERS)]
    heads = [*HEADERS, *(f"Remarque {letter}" for letter in more)]
    lines = ["".join(text(chr(65 + position), 1, header) for position, header in enumerate(heads))]
    sites, sectors = cycle(SITES), cycle(SECTORS)
    for row, site, sector in zip(range(2, rows + 2), islice(sites, rows), islice(sectors, rows), strict=True):
        entered = _serial(2001 + row % 19, chance.randrange(1, 360))
        left = entered + chance.randrange(90, 1500)
        gone = row % 3 and left < _serial(2020, 290)
        lines.append(
            text("A", row, f"{row:015d}")
            + text("B", row, f"Entreprise inventée {row}")
            + text("C", row, site)
            + text("D", row, sector)
            + f'<c r="E{row}" s="1"><v>{entered - chance.randrange(0, 900)}</v></c>'
            + f'<c r="F{row}" s="1"><v>{entered}</v></c>'
            + (f'<c r="G{row}" s="1"><v>{left}</v></c>' + text("H", row, REASONS[row % 4]) if gone else "")
            + f'<c r="I{row}"><v>{10 + row % 90}.5</v></c><c r="J{row}"><v>{1 + row % 40}</v></c>'
            + "".join(text(letter, row, f"Lot {row % 50}") for letter in more)
        )
    sheet = "".join(f'<row r="{number}">{cells}</row>' for number, cells in enumerate(lines, 1))
    shared = "".join(f"<si><t>{value}</t></si>" for value in texts)
    namespace = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts = {
        **_PARTS,
        "xl/worksheets/sheet1.xml": f"<worksheet {namespace}><sheetData>{sheet}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f'<sst {namespace} uniqueCount="{len(texts)}">{shared}</sst>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in parts.items():
            packed.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + content)
