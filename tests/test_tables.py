"""Tables that leave the app hold the chart's numbers, say where they come from, and cannot act."""

from __future__ import annotations

import csv
import io
import math
from datetime import date

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import words
from charts import bars, theme
from charts.chart import Chart, Source
from metrics import METRICS
from publish import tables

AS_OF = date(2020, 10, 25)
SOURCE = Source(
    definitions=(("Entries", "First days of firms' first stays."),),
    scope="You are looking at the whole network.",
    stated_on=AS_OF,
    known_on=date(2020, 11, 1),
    name="Essaim",
    made_on=date(2026, 11, 22),
)
FIGURE = theme.figure([], words.of("en"), height=100)
ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def chart(table: pd.DataFrame, title: str = "168 hosted firms", notes: tuple[str, ...] = ()) -> Chart:
    return Chart(FIGURE, title, title, table, {}, None, notes)


cells = st.one_of(
    st.none(),
    st.floats(-1e12, 1e12) | st.just(math.nan),
    st.integers(-(10**9), 10**9),
    st.sampled_from(["Rabat", "=1+1", "@cmd", "-2", "a,b", 'q"q', "# no comment", "é\nè", "+33"]),
    st.dates(date(1990, 1, 1), date(2030, 1, 1)),
)
frames = st.lists(st.tuples(cells, cells, cells), max_size=8).map(
    lambda rows: pd.DataFrame(rows, columns=["Site", "Share", "=Firms"], dtype=object)
)


def expected(value: object) -> object:
    """A value as a file holds it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return f"'{value}" if isinstance(value, str) and value.startswith(ACTIVE) else value


def lines_of(content: bytes) -> tuple[list[str], list[list[str]]]:
    """What is said above a CSV file's table, and its rows."""
    text = content.decode("utf-8-sig")
    told = []
    while text.startswith("# "):
        line, text = text.split("\r\n", 1)
        told.append(line[2:])
    return told, list(csv.reader(io.StringIO(text, newline="")))


@given(frames, st.sampled_from(["fr", "en"]))
@settings(deadline=None, max_examples=80)
def test_a_csv_file_holds_the_same_values(table: pd.DataFrame, language: str) -> None:
    told, (header, *rows) = lines_of(tables.csv(chart(table), words.of(language), SOURCE))
    assert header == ["Site", "Share", "'=Firms"]
    assert told[0] == "168 hosted firms" and told[-1].endswith("2026.")
    assert len(rows) == len(table)
    for row, values in zip(rows, table.itertuples(index=False), strict=True):
        for cell, value in zip(row, values, strict=True):
            wanted = expected(value)
            if isinstance(wanted, float):
                assert float(cell) == wanted
            else:
                assert cell == ("" if wanted is None else str(wanted))


@given(frames, st.sampled_from(["fr", "en"]))
@settings(deadline=None, max_examples=40)
def test_a_workbook_holds_the_same_values_and_what_they_are(table: pd.DataFrame, language: str) -> None:
    t = words.of(language)
    book = openpyxl.load_workbook(io.BytesIO(tables.xlsx(chart(table, notes=("A note.",)), t, SOURCE)))
    assert book.sheetnames == [t("Numbers"), t("About")]
    header, *rows = book[t("Numbers")].iter_rows()
    assert [cell.value for cell in header] == ["Site", "Share", "'=Firms"]
    assert all(cell.data_type != "f" for row in (header, *rows) for cell in row)
    filled = table.dropna(how="all")
    assert len(rows) >= len(filled)
    for row, values in zip(rows, table.itertuples(index=False), strict=False):
        for cell, value in zip(row, values, strict=True):
            wanted, found = expected(value), cell.value
            if isinstance(wanted, date):
                assert found.date() == wanted
            elif isinstance(wanted, float):
                assert found == pytest.approx(wanted, rel=1e-12)
            else:
                assert found == wanted
    about = [str(row[0].value) for row in book[t("About")].iter_rows()]
    assert about[:2] == ["168 hosted firms", "A note."]
    assert any("First days of firms' first stays." in line for line in about)
    assert SOURCE.scope in about and any("Essaim" in line for line in about)


def test_shares_are_numbers_shown_as_percentages() -> None:
    t = words.of("fr")
    made = Chart(FIGURE, "x", "x", pd.DataFrame({"Part": [0.88, None], "Firms": [3, 4]}), {"Part": t.share})
    page = openpyxl.load_workbook(io.BytesIO(tables.xlsx(made, t, SOURCE)))[t("Numbers")]
    assert [(cell.value, cell.number_format) for cell in page["A"][1:]] == [(0.88, "0.0%"), (None, "General")]
    assert [(cell.value, cell.number_format) for cell in page["B"][1:]] == [(3, "General"), (4, "General")]


def test_no_line_above_a_table_can_act_when_it_is_cut_into_cells() -> None:
    """Spreadsheet programs cut such a line at commas or semicolons."""
    told, _ = lines_of(tables.csv(chart(pd.DataFrame({"a": [1]}), 'x,=1+1; @y\t-3 "=z"'), words.of("en"), SOURCE))
    for separator in ",;\t":
        for line in told:
            for cell in line.split(separator):
                assert not cell.strip().strip('"').startswith(("=", "+", "-", "@")), line


def test_line_breaks_in_a_title_do_not_make_rows() -> None:
    told, (header, *rows) = lines_of(tables.csv(chart(pd.DataFrame({"a": [1]}), "x\r\n1,2"), words.of("en"), SOURCE))
    assert told[0] == "x 1,2" and header == ["a"] and rows == [["1"]]


def test_the_days_are_said_once() -> None:
    t = words.of("en")
    assert "Situation on 25 October 2020, as known on 1 November 2020." in SOURCE.lines(t)
    told = Source(SOURCE.definitions, "The situation on 25 October 2020.", AS_OF, AS_OF, "Essaim", AS_OF).lines(t)
    assert sum("25 October 2020" in line for line in told[:-1]) == 1


def test_a_charts_own_table_goes_out_whole() -> None:
    table = pd.DataFrame({"site": ["Rabat", "Tanger"], "month": ["2020-09", "2020-10"], "value": [3.0, 4.0]})
    made = bars.by_period(
        table, words.of("en"), theme.Look(), metric=METRICS["entries"], by="site", first=date(2020, 9, 1), last=AS_OF
    )
    told, (header, *rows) = lines_of(tables.csv(made, words.of("en"), SOURCE))
    assert told[0] == made.title and told[1 : 1 + len(made.notes)] == list(made.notes)
    assert header == ["Month", "Site", "Entries"]
    assert rows == [
        ["2020-09", "Rabat", "3"],
        ["2020-09", "Tanger", "0"],
        ["2020-10", "Rabat", "0"],
        ["2020-10", "Tanger", "4"],
    ]
