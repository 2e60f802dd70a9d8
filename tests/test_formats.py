"""What people's files really hold, each claim by a small file: from the bytes to the clean rows and what is said."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.home import Home
from data.intake import propose
from data.match import Mapping
from data.problem import Problem
from data.repair import mended
from data.review import Choices, Review
from data.warehouse import Warehouse

HEADER = "Identifiant;Raison sociale;Site;Date d'entrée;Effectif;Superficie (m²);Loyer mensuel (DH)\n"
ROW = "F1;Éco-Santé;Rabat;01/02/2015;3;10;100\n"
TODAY = date(2026, 1, 1)


@pytest.fixture
def propose_(tmp_path: Path) -> Callable[..., Review]:
    warehouse = Warehouse(Home.at(tmp_path / "home"))

    def proposed(content: bytes | str, name: str = "liste.csv", **said: Any) -> Review:
        mapping = Mapping(new_sites=True, new_sectors=True, **said)
        choices = Choices(mapping=mapping, accept_warnings=True, stated_on=date(2025, 6, 30))
        content = content.encode() if isinstance(content, str) else content
        review = propose(warehouse, content, name, choices, TODAY)
        review.close()
        return review

    return proposed


def rows(review: Review) -> list[dict[str, Any]]:
    assert review.clean is not None
    return review.clean.rows.to_pylist()


def said(review: Review, code: str) -> Problem:
    (problem,) = [one for one in review.outcome.problems if one.code == code]
    return problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
@pytest.mark.parametrize("name", ["liste.csv", "liste.txt", "liste.tsv"])
def test_texts_load_in_every_encoding(propose_: Callable[..., Review], encoding: str, name: str) -> None:
    text = HEADER.replace("²", "2") + ROW
    review = propose_(text.replace(";", "\t" if name.endswith("tsv") else ";").encode(encoding), name)
    assert rows(review)[0]["firm_name"] == "Éco-Santé" and review.outcome.refused is None


def test_lines_longer_than_the_header_are_listed_by_number(propose_: Callable[..., Review]) -> None:
    review = propose_(HEADER + ROW + "F2;Fils; et Cie;Rabat;02/02/2015;3;10;100\nF3;C;Rabat;03/02/2015\n" + "\n")
    problem = said(review, "ragged-lines")
    assert problem.severity == "warning" and problem.details["lines"] == "3" and "lines 3 (1" in problem.message
    assert said(review, "short-lines").details["lines"] == "4"
    assert not [p for p in propose_(HEADER + ROW).outcome.problems if "lines" in p.code]


def test_text_encoded_twice_is_repaired_where_a_person_says_so(propose_: Callable[..., Review]) -> None:
    twice = (HEADER + ROW).encode().decode("cp1252").encode()
    review = propose_(twice)
    assert said(review, "double-encoded").severity == "warning"
    assert rows(review)[0]["firm_name"] != "Éco-Santé"
    review = propose_(twice, repair_accents=True)
    assert rows(review)[0]["firm_name"] == "Éco-Santé" and rows(review)[0]["entered_on"] == date(2015, 2, 1)
    assert said(review, "accents-repaired").details["count"] == 3
    assert "double-encoded" not in [p.code for p in review.outcome.problems]
    # What was accepted is still the file as it came.
    assert review.draft is not None and review.draft.content == twice
    assert review.draft.receipt.body["mapping"]["repair_accents"] is True
    good = (HEADER + ROW).encode()
    assert rows(propose_(good, repair_accents=True))[0]["firm_name"] == "Éco-Santé"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Ã‰co-SantÃ©", "Éco-Santé"),
        ("lâ€™Ã©tÃ©", "l’été"),
        ("lâ€™été", "l’été"),
        ("Ã\x83Â©", "é"),
        ("Façade", "Façade"),
        ("Ã", "Ã"),
        ("ÃœBER", "ÜBER"),
        ("شركة", "شركة"),
    ],
)
def test_a_text_is_mended_and_a_whole_one_left_alone(written: str, meant: str) -> None:
    assert mended(written) == meant
    assert mended(mended(written)) == meant


@pytest.mark.parametrize(
    ("ice", "code"),
    [
        ("151235400004417", None),
        ("001704504319822", None),
        ("1704504319822", "ice-length"),
        ("0015123540000441700", "ice-length"),
        ("1,51235E+12", "damaged-identifier"),
        ("1.51235E+14", "damaged-identifier"),
        ("n.c.", None),
    ],
)
def test_an_ice_has_fifteen_digits(propose_: Callable[..., Review], ice: str, code: str | None) -> None:
    text = f"ICE;Raison sociale;Site;Date d'entrée\n{ice};Atlas;Rabat;13/02/2015\n"
    review = propose_(text)
    assert [p.code for p in review.outcome.problems if p.severity != "note"] == ([code] if code else [])
    kept = rows(review)[0]["firm_id"]
    assert kept == (None if code == "damaged-identifier" or ice == "n.c." else ice), "leading zeros are kept"
    # Another identifier may be as long as it likes.
    assert not [p for p in propose_(text.replace("ICE", "Code")).outcome.problems if p.code == "ice-length"]


@pytest.mark.parametrize(
    ("written", "area", "headcount", "wrong"),
    [
        ("1\u202f250,5", 1250.5, None, None),
        ("1 250,5", 1250.5, None, None),
        ("1\u00a0250,5", 1250.5, None, None),
        ("٣٠٫٥", 30.5, None, None),
        ("30 m²", 30.0, None, None),
        ("1,5 KDH", 1500.0, None, None),
        ("n.c.", None, None, None),
        ("10-20", None, None, "unreadable-number"),
        ("10 à 20", None, None, "unreadable-number"),
    ],
)
def test_numbers_as_people_write_them(
    propose_: Callable[..., Review], written: str, area: float | None, headcount: None, wrong: str | None
) -> None:
    review = propose_(HEADER + f"F1;Atlas;Rabat;13/02/2015;3;{written};1\u202f250,50\n")
    assert rows(review)[0]["area_m2"] == area and rows(review)[0]["monthly_rent"] == Decimal("1250.50")
    assert [p.code for p in review.outcome.problems if p.severity != "note"] == ([wrong] if wrong else [])


def test_a_line_of_nothing_but_delimiters_is_counted_and_not_taken_for_a_cell(propose_: Callable[..., Review]) -> None:
    review = propose_(b";" * 200_000)
    assert [p.code for p in review.outcome.problems] == ["too-many-columns"]


def test_arabic_headers_and_digits_are_read(propose_: Callable[..., Review]) -> None:
    review = propose_("المعرف;اسم الشركة;الموقع;تاريخ الدخول\nF1;شركة الأطلس;الرباط;١٣/٠٢/٢٠١٥\n")
    (row,) = rows(review)
    assert (row["firm_id"], row["firm_name"], row["entered_on"]) == ("F1", "شركة الأطلس", date(2015, 2, 13))


def workbook(fill: Callable[[Any], None], more: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    if more:
        more(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_two_row_and_merged_headers_totals_repeats_and_hidden_sheets(propose_: Callable[..., Review]) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["Firme", None, "Séjour", None, None])
        sheet.append(["Identifiant", "Raison sociale", "Site", "Date d'entrée", "Effectif"])
        sheet.append(["F1", "Atlas", "Rabat", date(2015, 2, 13), 3])
        sheet.append(["Identifiant", "Raison sociale", "Site", "Date d'entrée", "Effectif"])
        sheet.append(["F2", "Cèdre", "Rabat", date(2015, 2, 14), 4])
        sheet.append(["Total", None, None, None, 7])
        sheet.merge_cells("A1:B1")
        sheet.merge_cells("C1:E1")

    def more(book: openpyxl.Workbook) -> None:
        hidden = book.create_sheet("Archives 2014")
        hidden.append(["Identifiant", "Raison sociale", "Site", "Date d'entrée"])
        hidden.append(["F9", "Vieux", "Rabat", date(2010, 1, 1)])
        hidden.sheet_state = "hidden"

    review = propose_(workbook(fill, more), "liste.xlsx")
    assert [row["firm_id"] for row in rows(review)] == ["F1", "F2"]
    assert [row["headcount"] for row in rows(review)] == [3, 4]
    assert review.outcome.left_out == {"repeated-header": 1, "total": 1}
    assert said(review, "hidden-sheet").sheet == "Archives 2014"


def test_links_to_other_files_are_ignored_and_said(propose_: Callable[..., Review]) -> None:
    from tests.fuzz.bases import parts, table
    from tests.fuzz.bases import workbook as made
    from tests.fuzz.damage import packed

    link = ("xl/externalLinks/externalLink1.xml", b'<externalLink xmlns="x"/>')
    plain, linked = made(table()), packed([*parts(made(table())), link])
    assert said(propose_(linked, "liste.xlsx"), "links-ignored").severity == "note"
    assert rows(propose_(linked, "liste.xlsx")) == rows(propose_(plain, "liste.xlsx"))
    assert "links-ignored" not in [p.code for p in propose_(plain, "liste.xlsx").outcome.problems]
