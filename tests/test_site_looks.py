"""What the public site shows: true words under every chart, whole names, pages only of what a release holds."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import words
from charts import bars
from charts.by_entry import by_entry
from charts.svg import legend
from charts.theme import Look
from metrics import METRICS
from publish import package
from publish.content import HIDDEN, Content, canonical
from publish.dataset import Dataset
from publish.directory import Entry
from publish.site import about, card, folder, pages
from publish.site.block import Figure, Item, Page, Table, Tiles
from publish.site.national import NATIONAL, national
from publish.site.reader import Reader
from publish.site.survival import network_curve
from tests.test_site import SETTINGS, Made, every_link_leads_somewhere, figures, numbers, reader, scratch
from ui import release_tables

LEFT_OUT = (
    ("alumni", "survival_5y", "entries_by_month", "occupancy"),
    ("former", "alumni", "closed", "survival_5y", "survival_curve", "survival_km_5y", "survival_by_age"),
)


def without(made: Made, tables: tuple[str, ...], language: str = "en") -> Reader:
    """The newest release without some of its tables, in one language."""
    told = made.every[-1].content.told
    kept = {name: its for name, its in told["tables"].items() if name not in tables}
    content = Content(canonical({**told, "tables": kept}))
    return Reader(replace(made.every[-1], content=content), words.of(language), "", SETTINGS.publisher)


def shown(page: Page) -> list[Item]:
    """Every cell of every table of a page."""
    tables = [block.table if isinstance(block, Figure) else block for block in page.blocks]
    return [item for table in tables if isinstance(table, Table) for row in table.rows for item in row]


# What a release does not hold


@pytest.mark.parametrize("tables", LEFT_OUT, ids=lambda tables: "-".join(tables[:2]))
def test_of_a_table_left_out_there_is_no_word(made: Made, tables: tuple[str, ...], tmp_path: Path) -> None:
    mine = without(made, tables)
    found = {page.file: page for page in pages.pages(mine)}
    labels = {mine.t(METRICS[name].label) for name in tables if name in METRICS}
    for page in found.values():
        for block in page.blocks:
            if isinstance(block, Tiles):
                assert not {tile.id for tile in block.tiles} & {*tables}, page.file
                assert all(tile.value != words.MISSING for tile in block.tiles), page.file
            if isinstance(block, Table):
                assert not {*block.headings} & labels, page.file
    assert ("survival.html" in found) is mine.has("survival_5y", "survival_curve")
    assert ("cohorts.html" in found) is mine.has("survival_by_age")
    assert words.MISSING not in card.alt(mine) and words.MISSING not in card.svg(mine)
    folder.write(tmp_path / "site", [mine.release], SETTINGS, draw=scratch, cards=False)
    every_link_leads_somewhere(replace(made, folder=tmp_path / "site"))


def test_a_cut_that_is_withheld_is_no_nought(made: Made) -> None:
    told = made.every[-1].content.told
    withheld: list[dict[str, Any]] = [
        {"table": "entries", "by": ["site", "year"]},
        {"table": "entries", "by": ["site", "sector", "year"]},
        {"table": "hosted", "by": ["site", "sector"]},
        {"table": "former", "by": ["site"]},
    ]
    cuts = [(one["table"], {*one["by"]}) for one in withheld]
    tables = {
        name: {
            **its,
            "cells": [one for one in its["cells"] if (name, {*one} & {"site", "sector", "year"}) not in cuts],
        }
        for name, its in told["tables"].items()
    }
    content = Content(canonical({**told, "tables": tables, "withheld": withheld}))
    mine = replace(reader(made), release=replace(made.every[-1], content=content))
    found = {page.file: page for page in (*pages.pages(mine), *about.pages(mine, [mine.release], ()))}
    site = found["site-rabat.html"]
    (tiles,) = [block for block in site.blocks if isinstance(block, Tiles)]
    assert "hosted" in {tile.id for tile in tiles.tiles} and not {"former", "entries"} & {
        tile.id for tile in tiles.tiles
    }
    assert "not given in this release" in str(site.blocks) and "hosted-by-sector" not in str(site.blocks)
    (beside,) = [block for block in found["sites.html"].blocks if isinstance(block, Table)]
    assert mine.t(METRICS["former"].label) not in beside.headings
    for page in found.values():
        if page.file.startswith("entries-site"):
            assert not [item for item in shown(page) if item.number], page.file
    assert "Entries by site and year" in str(found["method.html"].blocks)
    assert not [one for one in found["entries.html"].blocks if getattr(one, "chart", None) and "Rabat" in one.title]


def test_what_is_released_to_the_whole_per_cent_shows_no_decimal(made: Made) -> None:
    told = made.every[-1].content.told
    cells: list[dict[str, Any]] = [
        {"value": 0.69},
        {"site": "Rabat", "value": 0.72},
        {"site": "Tanger", "value": None, "status": HIDDEN},
    ]
    occupancy = {"metric": "occupancy", "unit": "share", "by": ["site"], "cells": cells}
    content = Content(canonical({**told, "tables": {**told["tables"], "occupancy": occupancy}}))
    release = replace(made.every[-1], content=content)
    mine = Reader(release, words.of("en"), "", SETTINGS.publisher)
    (sites,) = [page for page in pages.pages(mine) if page.file == "sites.html"]
    assert {"69%", "72%", HIDDEN} <= {item.text for item in shown(sites)}
    (place,) = [page for page in pages.pages(mine) if page.file == "site-rabat.html"]
    values = [tile.value for block in place.blocks if isinstance(block, Tiles) for tile in block.tiles]
    assert "72%" in values and not {"69.0%", "72.0%"} & {*values, *(item.text for item in shown(sites))}
    assert release_tables.value(words.of("fr"), "occupancy", cells[0]) == words.of("fr").share(0.69, 0)
    files = dict(package.files(Dataset.of(release, [release], SETTINGS)))
    (sheet, _) = openpyxl.load_workbook(BytesIO(files["occupancy.xlsx"]))
    assert sheet.cell(2, 2).number_format == "0%"


def test_a_firm_is_listed_with_no_more_than_it_agreed_to(made: Made, tmp_path: Path) -> None:
    """A name alone, a solution without a word on it, and everything: each is a page that can be written."""
    whole = {
        "solution": "S",
        "category": "Éducation",
        "description": "D",
        "website": "https://w.example",
        "site": "Rabat",
    }
    listed = [Entry("1", "a", "Alone", {}), Entry("2", "b", "Half", {"solution": "Only this"})]
    listed += [Entry("3", "c", "Whole", whole), Entry("4", "d", "Last", {"category": "Santé"})]
    folder.write(tmp_path / "site", made.every[-1:], SETTINGS, draw=scratch, cards=False, listed={2: listed})
    page = (tmp_path / "site/fr/directory.html").read_text()
    assert all(f"<h2>{entry.firm}</h2>" in page for entry in listed) and "Only this" in page
    assert page.index(">Éducation</a>") < page.index(">Santé</a>")
    every_link_leads_somewhere(replace(made, folder=tmp_path / "site"))


# What is said of a chart


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_a_chart_says_stands_in_its_table(made: Made, language: str) -> None:
    """Every percentage in its title and in its words is one that a reader finds in the table under it."""
    seen = 0
    for _, figure in figures(made, language):
        if figure.chart is None:
            continue
        items = [item for row in figure.table.rows for item in row]
        there = {one for item in items for one in numbers(item.text)}
        there |= {one for heading in figure.table.headings for one in numbers(heading)}
        for sentence in (figure.title, figure.chart.alt):
            for told in re.findall(r"\d+[.,]\d(?=\s?%)", sentence):
                assert told in there, (figure.id, told, sentence)
                seen += 1
    assert seen > 20


def test_a_curve_is_told_at_the_years_that_it_names(made: Made) -> None:
    """Quarters are whole days: three years are day 1,096, and what stood a quarter before is not told for it."""
    mine = reader(made)
    told = mine.content.told
    steps = {0: 1.0, 91: 0.99, 1004: 0.95, 1096: 0.9, 1826: 0.8}
    cells = [{"age_days": age, "value": value, "at_risk": 100} for age, value in steps.items()]
    tables = {**told["tables"], "survival_curve": {**told["tables"]["survival_curve"], "cells": cells}}
    other = replace(mine, release=replace(mine.release, content=Content(canonical({**told, "tables": tables}))))
    figure = network_curve(other, "survival.html")
    assert figure.chart is not None
    assert "3 years: 90.0%" in figure.chart.alt and "5 years: 80.0%" in figure.chart.alt


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_rate_that_is_hidden_is_in_no_word_of_its_chart(made: Made, language: str) -> None:
    mine = reader(made, language)
    cells = mine.content.cells("survival_5y", "year")
    hidden = {cell["year"] for cell in cells if cell.get("status") == HIDDEN}
    assert hidden
    figure = next(one for _, one in figures(made, language) if one.id == "survival-by-year")
    assert figure.chart is not None
    assert not hidden & {*numbers(figure.chart.alt)} and not hidden & {*numbers(figure.title)}
    drawn = str(figure.chart.figure.to_dict())
    given_years = {int(cell["year"]) for cell in cells if cell.get("value") is not None}
    marks = {int(year) for trace in figure.chart.figure.to_dict()["data"] for year in trace["x"]}
    assert marks == given_years and "None]" not in drawn.replace("None, ", "")


shares = st.floats(0.02, 0.98) | st.none()


@given(
    rates=st.dictionaries(st.integers(1990, 2030), st.tuples(shares, st.integers(10, 90), st.none() | st.just(40))),
    language=st.sampled_from(["fr", "en"]),
)
@settings(max_examples=40, deadline=None)
def test_rates_by_entry_year_are_told_as_they_are(
    rates: dict[int, tuple[float | None, int, int | None]], language: str
) -> None:
    t, metric = words.of(language), METRICS["survival_5y"]
    rows = [
        {
            "metric": metric.name,
            "year": str(year),
            "value": value,
            "low": None if value is None else value - 0.02,
            "high": None if value is None else value + 0.02,
            "n": n,
            "unknown": unknown,
        }
        for year, (value, n, unknown) in rates.items()
    ]
    columns = ["metric", "year", "value", "low", "high", "n", "unknown"]
    chart = by_entry(pd.DataFrame(rows, columns=columns), t, Look(), metric=metric)
    told = {year: value for year, (value, _, _) in sorted(rates.items()) if value is not None}
    traces = chart.figure.to_dict()["data"]
    marked = {year: share for trace in traces for year, share in zip(trace["x"], trace["y"], strict=True)}
    assert marked == {year: 100 * value for year, value in told.items()}
    if told:
        sure = {year: told[year] for year, (_, _, unknown) in rates.items() if year in told and unknown is None} or told
        for value in (min(sure.values()), max(sure.values())):
            assert numbers(t.share(value, 0))[0] in numbers(chart.title)
            assert t.share(value) in chart.alt
        gaps = any(later - year > 1 for year, later in pairwise(told))
        assert any("without a dot" in note or "année sans point" in note for note in chart.notes) is gaps
    # What is only indicative is apart, and said so.
    hollow = {year for trace in traces if trace["marker"]["symbol"] == "circle-open" for year in trace["x"]}
    assert all(rates[year][2] is not None for year in hollow)


# What changed


def test_a_correction_of_a_year_that_was_over_is_not_lost_among_what_time_brought(made: Made) -> None:
    """The older release says one entry less of 2010 than is known now: that alone is a correction."""
    told = made.every[0].content.told
    cells = [dict(cell) for cell in told["tables"]["entries"]["cells"]]
    (year,) = [cell for cell in cells if cell.get("year") == "2010" and not {"site", "sector"} & {*cell}]
    year["value"] -= 1
    tables = {**told["tables"], "entries": {**told["tables"]["entries"], "cells": cells}}
    before = replace(made.every[0], content=Content(canonical({**told, "tables": tables})))
    page = about.releases(reader(made), [before, made.every[-1]], ())
    found = {block.id: block for block in page.blocks if isinstance(block, Table)}
    assert [item.text for row in found["corrections"].rows for item in row] == [
        "Entries",
        "2010",
        str(year["value"]),
        str(year["value"] + 1),
    ]
    assert "1 January 2015" in found["changes"].note and len(found["changes"].rows) > 5
    alike = about.releases(reader(made), [replace(before, content=made.every[-1].content), made.every[-1]], ())
    assert [block.id for block in alike.blocks if isinstance(block, Table)] == ["all"]


# Names and colours


def test_names_beside_colours_are_whole_and_are_those_of_the_chart(made: Made) -> None:
    mine = reader(made)
    seen = 0
    for _, figure in figures(made, "en"):
        if figure.chart is None or not figure.legend:
            continue
        seen += 1
        traces = figure.chart.figure.to_dict()["data"]
        assert [colour for _, colour in figure.legend] == [trace["marker"]["color"] for trace in traces]
        assert all(mine.look.colour("site", name) == colour or mine.look.colour("sector", name) == colour
                   for name, colour in figure.legend)  # fmt: skip
        assert {name for name, _ in figure.legend} <= {*figure.table.headings}
        assert legend(figure.chart) == list(figure.legend)
    assert seen > 3
    long = "Technologies de l'information et de la communication <b>"
    table = pd.DataFrame({"sector": [long, "B"], "year": ["2019", "2020"], "value": [3.0, 4.0]})
    chart = bars.by_period(table, mine.t, Look((), (long, "B")), metric=METRICS["entries"], by="sector", period="year")
    assert [name for name, _ in legend(chart)] == [long, "B"]
    page = made.text("en/index.html")
    assert page.count('<ul class="legend">') == 1 and "&lt;script&gt;" in page.split('<ul class="legend">')[1]


def test_a_figure_that_is_framed_keeps_the_names_of_its_colours(made: Made) -> None:
    """Where a drawing goes alone, no page says beside it what its colours mean."""
    seen = 0
    for page, figure in figures(made, "en"):
        if figure.legend:
            place = f"embed/en/{page.removesuffix('.html')}/{figure.id}"
            framed, alone = made.text(f"{place}.html"), ElementTree.fromstring(made.text(f"{place}.svg"))
            texts = {one.text for one in alone.iter() if one.tag.endswith("}text")}
            assert {name for name, _ in figure.legend} <= texts
            assert all(escape(name) in framed for name, _ in figure.legend)
            seen += 1
    assert seen > 3


# National figures


def test_a_national_period_is_the_same_only_beside_our_rate_of_that_year(made: Made) -> None:
    mine = reader(made)
    kingdom = next(one for one in NATIONAL if one.cohort == 2013)
    cell = mine.content.cell("survival_5y", year="2013")
    block = national(mine, mine.content.cell("survival_5y"))
    period = {row["place"]: row["axes"][-1] for row in block.rows}[kingdom.place]
    if cell.get("value") is None:
        assert period[-1] == "part"
    else:
        assert period[-1] == "yes" and mine.t.share(cell["value"]) in period[1]
    told = mine.content.told
    for value in (0.875, None):
        others = [one for one in told["tables"]["survival_5y"]["cells"] if one.get("year") != "2013"]
        its = {"year": "2013", "value": value, "status": "" if value else HIDDEN}
        tables = {**told["tables"], "survival_5y": {**told["tables"]["survival_5y"], "cells": [*others, its]}}
        other = replace(mine, release=replace(mine.release, content=Content(canonical({**told, "tables": tables}))))
        rows = {row["place"]: row["axes"][-1] for row in national(other, {}).rows}
        verdict = rows[kingdom.place][-1]
        assert (verdict, "87.5%" in rows[kingdom.place][1]) == (("yes", True) if value else ("part", False))
        assert rows["France"][-1] == "no"
    for row in block.rows[1:]:
        assert all(text for _, text, verdict in row["axes"] if verdict != "unknown")
