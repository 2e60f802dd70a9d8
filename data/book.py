"""Workbooks for people: leaves with notes above their tables, no cell a formula, the same bytes every time."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from io import BytesIO
from typing import Any

from data.write import inert

# What spreadsheet programs refuse in the name of a sheet.
_REFUSED = re.compile(r"[\\/*?:\[\]\x00-\x1f]")
_LONGEST = 31
# Every part bears the earliest moment that a ZIP can say.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_QUIET, _PALE = "FF5B6970", "FFEEF3F4"
# Rows that are looked at for the width of a column.
_LOOKED = 200


@dataclass(frozen=True)
class Leaf:
    """One sheet: lines, the first of them large, then a table, if any, with its header in sight.

    `formats` are headings with number formats, such as "0.0%"; a text in `codes` stands for a number and is written as
    one, at the right and in grey. `wraps` where columns hold sentences.
    """

    title: str
    lines: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    formats: tuple[tuple[str, str], ...] = ()
    codes: frozenset[str] = frozenset()
    wraps: bool = False


# A park's releases are written anew at each change, all of them, and a table may stand under several names.
@lru_cache(1024)
def book(leaves: tuple[Leaf, ...], title: str, by: str, on: date) -> bytes:
    """The workbook of these leaves as XLSX; `title`, `by` and `on` stand in its properties, no clock does."""
    # Loaded only when a workbook is written: a start without it is quicker.
    from openpyxl import Workbook

    made = Workbook(write_only=True)
    made.properties.title, made.properties.creator = title, by
    taken: set[str] = set()
    for leaf in leaves:
        _put(made.create_sheet(_named(leaf.title, taken)), leaf)
    target = BytesIO()
    made.save(target)
    return _settled(target.getvalue(), on)


def _named(title: str, taken: set[str]) -> str:
    """A name that a sheet may have, and none has yet: programs take capitals for the same."""
    plain = _REFUSED.sub(" ", title).strip("' ") or "1"
    plain = plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
    name, again = plain, 1
    while name.casefold() in taken:
        again += 1
        name = f"{plain[: _LONGEST - 1 - len(str(again))]} {again}"
    taken.add(name.casefold())
    return name


def _put(page: Any, leaf: Leaf) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    def styled(**styles: Any) -> Callable[[Any], Any]:
        # A style is looked up once: cell by cell it takes most of the time.
        pattern = WriteOnlyCell(page)
        for name, style in styles.items():
            setattr(pattern, name, style)

        def cell(value: Any) -> Any:
            made = WriteOnlyCell(page, inert(value))
            made._style = pattern._style
            return made

        return cell

    large, quiet = styled(font=Font(bold=True, size=14)), styled(font=Font(color=_QUIET))
    head = styled(font=Font(bold=True), fill=PatternFill("solid", fgColor=_PALE))
    code = styled(font=Font(color=_QUIET, italic=True), alignment=Alignment(horizontal="right"))
    plain = styled(alignment=Alignment(wrap_text=True, vertical="top")) if leaf.wraps else inert
    numbers = {name: styled(number_format=written) for name, written in leaf.formats}
    above = len(leaf.lines) + 1 if leaf.lines else 0
    for place, name in enumerate(leaf.headings, 1):
        told = [len(str(name)), *(len(str(row[place - 1])) for row in leaf.rows[:_LOOKED])]
        page.column_dimensions[get_column_letter(place)].width = min(max(told) + 3, 60)
    if leaf.headings:
        last = f"{get_column_letter(len(leaf.headings))}{above + 1 + len(leaf.rows)}"
        page.freeze_panes, page.auto_filter.ref = f"A{above + 2}", f"A{above + 1}:{last}"
    for place, line in enumerate(leaf.lines):
        page.append([quiet(line) if place else large(line)])
    if leaf.headings:
        if above:
            page.append([])
        page.append([head(name) for name in leaf.headings])
    for row in leaf.rows:
        told = []
        for name, value in zip(leaf.headings, row, strict=True):
            if isinstance(value, str) and value in leaf.codes:
                told.append(code(value))
            elif isinstance(value, int | float) and name in numbers:
                told.append(numbers[name](value))
            else:
                told.append(plain(value))
        page.append(told)


def _settled(content: bytes, on: date) -> bytes:
    """The same workbook without the moments at which its parts were written."""
    target = BytesIO()
    moment = f"{on.isoformat()}T00:00:00Z".encode()
    with zipfile.ZipFile(BytesIO(content)) as found, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for part in found.infolist():
            body = found.read(part)
            if part.filename == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + moment, body)
            settled = zipfile.ZipInfo(part.filename, _MOMENT)
            settled.compress_type, settled.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            made.writestr(settled, body)
    return target.getvalue()
