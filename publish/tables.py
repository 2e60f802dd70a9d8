"""The table behind a chart as CSV and XLSX, with its title, its definitions and its source printed in."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from charts.chart import Chart, Source
from charts.says import Fraction, heading
from data import write
from words import Words

# What spreadsheet programs refuse in the name of a sheet.
_REFUSED = re.compile(r"[\\/*?:\[\]]")
# What would begin a formula in a cell of its own, were a line of words cut at its commas.
_ACTIVE = re.compile(r"([,;\t\"]\s*)([=+\-@])")

_YEAR = re.compile(r"[12]\d{3}")


def csv(chart: Chart, t: Words, source: Source) -> bytes:
    """UTF-8 with commas: lines that begin with "# " say what the numbers are, then the header, then raw values.

    Shares are fractions, days are written as 2020-10-25. No cell can act as a formula, those of the lines included.
    """
    lines = (" ".join(line.split()) for line in told(chart, t, source))
    head = "".join(f"# {_ACTIVE.sub(_quoted, line)}\r\n" for line in lines)
    # The sign at the start tells spreadsheet programs that the letters are UTF-8.
    return b"\xef\xbb\xbf" + head.encode() + write.csv(raw(chart.table))


def xlsx(chart: Chart, t: Words, source: Source) -> bytes:
    """A workbook: raw values on the first sheet, shares shown as percentages; what they are and whose on the second.

    No cell can act as a formula.
    """
    title, *rest = told(chart, t, source)
    shares = {name: "0.0%" for name, read in chart.reads.items() if read == t.share}
    shares |= {name: "[<=1]0.0%;0.00" for name, read in chart.reads.items() if isinstance(read, Fraction)}
    return write.xlsx(
        {
            _sheet(t("Numbers"), 1): _years(raw(chart.table), heading(t, "year")),
            _sheet(t("About"), 2): pd.DataFrame({title: rest}, dtype=object),
        },
        shares,
    )


def told(chart: Chart, t: Words, source: Source) -> list[str]:
    """What a table alone does not say, in lines: the title, the notes, the definitions, the days, the source."""
    return [chart.title, *chart.notes, *source.lines(t)]


def raw(table: pd.DataFrame) -> pd.DataFrame:
    """The table's values as they are, days as days, what is missing as nothing."""
    columns = {str(name): [_raw(value) for value in table[name].tolist()] for name in table.columns}
    return pd.DataFrame(columns, dtype=object)


def _years(table: pd.DataFrame, heading: str) -> pd.DataFrame:
    """The table with its years as numbers, where its column of them holds nothing else."""
    if heading in table and all(_YEAR.fullmatch(str(value)) for value in table[heading].tolist()):
        table[heading] = pd.Series([int(value) for value in table[heading].tolist()], table.index, dtype=object)
    return table


def _raw(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    # A count that came as 12.0 is 12.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _quoted(found: re.Match[str]) -> str:
    return f"{found.group(1)}'{found.group(2)}"


def _sheet(name: str, place: int) -> str:
    """A name that a sheet may have."""
    return _REFUSED.sub(" ", name).strip("' ")[:31] or str(place)
