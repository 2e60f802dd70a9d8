"""Tables as files: CSV and XLSX bytes in which no cell can act as a formula, and Parquet for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

import pandas as pd

# A text that starts with one of these is run as a formula by spreadsheet programs.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def inert(value: Any) -> Any:
    """The value, with an apostrophe before a text that a spreadsheet program would run; missing values become None."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_ACTIVE) else value
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def parquet(columns: Mapping[str, tuple[str, str, Sequence[Any]]], about: Mapping[str, str]) -> bytes:
    """Columns as Parquet: of each by its name a type ("string", "integer" or "number"), what it holds, its values.

    `about` and what the columns hold are kept in the file's metadata. The same values make the same bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet

    types = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64()}
    fields = [pa.field(name, types[kind], metadata={"description": says}) for name, (kind, says, _) in columns.items()]
    arrays = [pa.array(values, types[kind]) for kind, _, values in columns.values()]
    sink = BytesIO()
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=dict(about)))
    pa.parquet.write_table(table, sink, compression="zstd", use_dictionary=True)
    return sink.getvalue()


def _cells(table: pd.DataFrame) -> list[list[Any]]:
    columns = [[inert(value) for value in table[name].tolist()] for name in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def csv(table: pd.DataFrame) -> bytes:
    """UTF-8 with commas and lines as in RFC 4180, one header line, full precision, nothing for missing values."""
    rows = pd.DataFrame(_cells(table), columns=[inert(str(name)) for name in table.columns], dtype=object)
    return rows.to_csv(index=False, lineterminator="\r\n").encode()


def xlsx(sheets: Mapping[str, pd.DataFrame], formats: Mapping[str, str] | None = None) -> bytes:
    """A workbook with one sheet per table: a bold header row that stays in sight, numbers and days as such.

    `formats` are spreadsheet number formats by heading, such as "0.0%".
    """
    # Loaded only when a workbook is written: a start without it is quicker.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for title, table in sheets.items():
        page = book.create_sheet(title)
        page.freeze_panes = "A2"
        for place, name in enumerate(table.columns, 1):
            longest = max([len(str(name)), *(len(str(value)) for value in table[name].head(200))])
            page.column_dimensions[get_column_letter(place)].width = min(longest + 2, 60)
        header = [WriteOnlyCell(page, inert(str(name))) for name in table.columns]
        for cell in header:
            cell.font = Font(bold=True)
        page.append(header)
        styles = [(formats or {}).get(str(name)) for name in table.columns]
        for row in _cells(table):
            page.append([_written(page, value, style) for value, style in zip(row, styles, strict=True)])
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _written(page: Any, value: Any, style: str | None) -> Any:
    """A value as it goes into a row: days and what has a format as cells that carry it."""
    if isinstance(value, date):
        style = "yyyy-mm-dd"
    elif style is None or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, value)
    cell.number_format = style
    return cell
