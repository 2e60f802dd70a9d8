"""What leaves as a file, opened by LibreOffice as a person opens it: no formula came from a cell."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from contextlib import suppress
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import words
from access import accounts, log
from access.store import Store
from charts import theme
from charts.chart import Chart, Source
from data.coloured import Line, coloured
from data.home import Home
from data.intake import Choices, propose
from data.match import Mapping
from data.places import Place
from data.warehouse import Warehouse
from publish import tables
from tests.payloads.cells import FILE, HEADER, KINDS, cells, listed, rows
from tests.test_coloured import LABELS

# Commas, quotes, UTF-8, everything from the first line, no column as text, and formulas are formulas.
IMPORT = "CSV:44,34,76,1,,0,false,true,false,false,false,0,true"
SOURCE = Source(
    definitions=tuple((kind, kind) for kind in KINDS[:40]),
    scope=KINDS[0],
    stated_on=date(2020, 10, 25),
    known_on=date(2020, 11, 1),
    name=KINDS[40],
    made_on=date(2026, 11, 22),
)


def opened(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    """What LibreOffice makes of these files, as its own XML, by name."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is missing: install it with 'sudo apt-get install libreoffice-calc'")
    for name, content in files.items():
        (folder / name).write_bytes(content)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    for kind, import_as in ((".csv", [f"--infilter={IMPORT}"]), (".xlsx", [])):
        these = [str(folder / name) for name in files if name.endswith(kind)]
        asked = [office, profile, "--headless", *import_as, "--convert-to", "fods", "--outdir", str(folder), *these]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr
    return {name: (folder / name).with_suffix(".fods").read_text(encoding="utf-8") for name in files}


def chart(table: pd.DataFrame) -> Chart:
    figure = theme.figure([], words.of("en"), height=100)
    return Chart(figure, KINDS[41], KINDS[41], table, {}, None, tuple(KINDS))


def test_no_formula_came_from_a_cell(tmp_path: Path) -> None:
    every, t = cells(), words.of("en")
    table = pd.DataFrame({"Firm": every, "=1+1": every[::-1], "@SUM(1)": range(len(every))}, dtype=object)
    wide = pd.DataFrame([every[:120]], columns=every[:120], dtype=object)
    book = openpyxl.Workbook()
    book.active.append(["=1+1"])
    told = opened(
        tmp_path,
        {
            "control-csv.csv": b"a,b\r\n=1+1,x\r\n",
            "control-xlsx.xlsx": written(book),
            "table-csv.csv": tables.csv(chart(table), t, SOURCE),
            "wide-csv.csv": tables.csv(chart(wide), t, SOURCE),
            "table-xlsx.xlsx": tables.xlsx(chart(table), t, SOURCE),
            "wide-xlsx.xlsx": tables.xlsx(chart(wide), t, SOURCE),
            "coloured-xlsx.xlsx": marked(tmp_path),
            "log-csv.csv": logged(tmp_path),
        },
    )
    formulas = {name: re.findall(r'table:formula="[^"]*"', text) for name, text in told.items()}
    for control in ("control-csv.csv", "control-xlsx.xlsx"):
        assert formulas.pop(control), "a formula that is one is seen"
    assert {name: found[:5] for name, found in formulas.items() if found} == {}
    for text in told.values():
        # Our own list of problems leads to their cells, in the same workbook.
        links = re.findall(r'xlink:href="([^"]*)"', text.partition("<office:body")[2])
        assert {link for link in links if not re.fullmatch(r"#[^/]*[.!][A-Z]+\d+", link)} == set()
    assert told["table-xlsx.xlsx"].count("1+1") > 100


def written(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def marked(folder: Path) -> bytes:
    """The workbook with its problems, of a list whose cells are these, each problem told in such words."""
    warehouse = Warehouse(Home.at(folder / "home"))
    said = Choices(mapping=Mapping.load({"kind": "tenants"}), stated_on=date(2020, 10, 25))
    review = propose(warehouse, listed(rows(cells())), FILE, said, date.today())
    try:
        assert review.book is not None
        sheet = review.book.grids[0].name
        lines = [
            Line("error", (Place(sheet, place + 2, place % len(HEADER)),), kind, kind, kind, kind)
            for place, kind in enumerate(KINDS)
        ]
        return coloured(listed(rows(cells())), review, lines, LABELS)
    finally:
        review.close()
        warehouse.close()


def logged(folder: Path) -> bytes:
    """The log of accounts whose names and sites are these, as far as they may be."""
    store = Store.at(Home.at(folder / "accounts"))
    try:
        for place, kind in enumerate(KINDS):
            # What is refused as a name or a site is tried as the other.
            for name, site in ((kind, KINDS[-place - 1]), (f"a{place}", kind)):
                with suppress(ValueError):
                    accounts.add(store, name, "leader", (site,), address=kind)
        assert len(accounts.list_all(store)) > len(KINDS) // 2
        return "\n".join(log.Log(store).lines()).encode()
    finally:
        store.close()
