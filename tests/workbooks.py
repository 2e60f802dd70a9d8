"""Small workbooks made by hand for the tests of reading, and what to ask of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

import openpyxl
import pytest

from data.grid import Limits, Rows
from data.problem import Refused
from data.read import LIMITS, read

TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
    'sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINKS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = '<sheet name="F1" sheetId="1" r:id="rId1"/>'
BOOK = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{SHEET}</sheets></workbook>'
ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>Firm</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODS_CONTENT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table='
    '"urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="F1">{}</table:table></office:spreadsheet></office:body>'
    "</office:document-content>"
)


def package(**parts: str | bytes) -> bytes:
    """A zip file of the named parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return made.getvalue()


def xlsx(sheet: str | bytes = ROW, parts: Mapping[str, str | bytes] | None = None, raw: bool = False) -> bytes:
    """The smallest workbook around the rows of one sheet."""
    body = sheet if raw else f'<worksheet xmlns="{MAIN}"><sheetData>{sheet!s}</sheetData></worksheet>'
    link = '<Relationship Id="rId1" Type="{}/{}" Target="{}"/>'
    return package(
        **{
            "[Content_Types].xml": TYPES,
            "_rels/.rels": LINKS.format(link.format(OFFICE, "officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": BOOK,
            "xl/_rels/workbook.xml.rels": LINKS.format(link.format(OFFICE, "worksheet", "worksheets/sheet1.xml")),
            "xl/worksheets/sheet1.xml": body,
            **(parts or {}),
        }
    )


def ods(rows: str, more: Mapping[str, str | bytes] | None = None) -> bytes:
    """The smallest OpenDocument sheet around some rows."""
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    parts: dict[str, str | bytes] = {
        "mimetype": ODS,
        "content.xml": ODS_CONTENT.format(rows),
        "META-INF/manifest.xml": manifest,
    }
    return package(**{**parts, **(more or {})})


def why(content: bytes, name: str = "list.xlsx", limits: Limits = LIMITS) -> str:
    """The code of the one problem a file is refused for."""
    with pytest.raises(Refused) as caught:
        read(content, name, limits)
    assert caught.value.unreadable
    (problem,) = caught.value.problems
    assert problem.severity == "error"
    assert problem.message.endswith(".")
    return problem.code


def cells(content: bytes, name: str = "list.csv") -> Rows:
    """The rows of the first sheet."""
    return list(read(content, name).grids[0].rows)


def workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    """A workbook as openpyxl writes it."""
    made, book = io.BytesIO(), openpyxl.Workbook()
    fill(book)
    book.save(made)
    return made.getvalue()
