"""A park whose every name can be told apart, so that one that got out is found wherever it stands."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

from data.home import Home
from data.intake import Choices, accept, propose
from data.match import Mapping
from data.warehouse import Warehouse

DAY = date(2020, 10, 25)
HEADER = ["Raison sociale", "Site", "Secteur", "Date d'entrée", "Gérant", "E-mail", "Tél.", "CIN", "Anecdote"]
_SYLLABLES = ("zar", "mik", "tol", "ven", "dru")
_WORDS = [f"{one}{two}{one}" for one in _SYLLABLES for two in _SYLLABLES]
# Plain letters and digits: no escape of JSON, HTML or a protocol writes them otherwise.
RABAT = [f"Q{word}rabat" for word in _WORDS]
CASA = [f"Q{word}casa" for word in _WORDS]
FIRMS = RABAT + CASA


def _row(place: int, firm: str) -> list[str]:
    site = "Rabat" if firm in RABAT else "Casablanca"
    person = f"Gerant{firm[1:]}"
    entered = date(2012 + place % 8, 1 + place % 12, 13)
    return [
        firm,
        site,
        ("Logiciel", "Electronique", "Conseil")[place % 3],
        entered.strftime("%d/%m/%Y"),
        person,
        f"{firm.lower()}@mail-{place}.example",
        f"06614{place:02d}{place * 7 % 100:02d}{place % 10}",
        f"XK{730_000 + place}",
        f"anecdote{firm[1:]}",
    ]


ROWS = [_row(place, firm) for place, firm in enumerate(FIRMS)]
# What is about persons or in a column that nobody declared, by cell.
PRIVATE = [cell for row in ROWS for cell in row[4:]]
OF_RABAT = [cell for row in ROWS if row[1] == "Rabat" for cell in row]
CASA_ALONE = [cell for row in ROWS if row[1] == "Casablanca" for cell in (row[0], *row[4:])]
EVERYTHING = [*FIRMS, *PRIVATE]


def listed(rows: list[list[str]]) -> bytes:
    """A spreadsheet of these rows."""
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows([HEADER, *rows])
    return target.getvalue().encode()


def plant(home: Path) -> None:
    """A ledger with two files: one of both sites, one of Rabat alone."""
    warehouse = Warehouse(Home.at(home))
    mapping = Mapping.load({"kind": "tenants", "new_sites": True, "new_sectors": True})
    try:
        for name, rows in (("deux-sites.csv", ROWS), ("rabat.csv", [[*RABAT_LATER]])):
            said = Choices(mapping=mapping, stated_on=DAY, accept_warnings=True, by="Amal")
            review = propose(warehouse, listed(rows), name, said, date.today())
            try:
                done = accept(warehouse, review)
                assert done.receipt and not done.refused, [one.code for one in done.problems]
            finally:
                review.close()
    finally:
        warehouse.close()


RABAT_LATER = ["Qlaterrabat", "Rabat", "Conseil", "23/02/2019", "", "", "", "", ""]


def found(content: bytes, texts: list[str] = EVERYTHING) -> list[str]:
    """Which of these stand in an answer, however they are written large or small."""
    folded = content.lower()
    return [text for text in texts if text.lower().encode() in folded]
