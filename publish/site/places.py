"""Sites and sectors: all of them beside each other, and a page for each."""

from __future__ import annotations

from typing import Any

from charts import bars
from charts.chart import Chart
from metrics import METRICS
from publish.site.block import Figure, Filters, Item, Link, Page, Table, Tiles
from publish.site.cuts import in_order, last_year
from publish.site.entries import years
from publish.site.reader import Reader
from publish.site.survival import network_curve


def places(reader: Reader, dimension: str) -> Page:
    """All sites, or all sectors, beside each other."""
    t, page = reader.t, f"{dimension}s.html"
    names = reader.content.names(dimension)
    figures = ("hosted", "former", "alumni", "closed", "survival_5y", "occupancy")
    columns = [name for name in figures if reader.content.cells(name, dimension)]
    rows = []
    for label in names:
        cells = []
        for name in columns:
            unit = METRICS[name].unit
            one = {dimension: label}
            cell = reader.count(name, **one) if unit == "firms" else reader.content.cell(name, **one) or {"value": None}
            cells.append(reader.item(cell, unit, name))
        rows.append([Item(reader.name(label), False, reader.page_of(dimension, label), header=True), *cells])
    whole = [reader.item(reader.content.cell(name) or {"value": None}, METRICS[name].unit, name) for name in columns]
    rows.append([Item(t("Whole network"), False, "index.html", header=True, total=True), *whole])
    caption = t("Sites beside each other") if dimension == "site" else t("Sectors beside each other")
    first = t("Site") if dimension == "site" else t("Sector")
    beside = Table(caption, [first, *(t(METRICS[name].label) for name in columns)], rows, "beside")
    blocks: list[Any] = [beside, *([ranked(reader, page, dimension)] if reader.gives("hosted", dimension) else [])]
    if dimension == "site":
        title = t("Sites")
        lead = t("A firm on two sites counts at each, and once in the network: sites may add up to more.")
    else:
        title = t("Sectors")
        lead = t("Every firm has one sector, the one its park gives it.")
    return Page(page, title, lead, blocks, dimension)


def place(reader: Reader, dimension: str, label: str) -> Page:
    """One site, or one sector."""
    t, page, only = reader.t, reader.page_of(dimension, label), {dimension: label}
    year = last_year(reader)
    tiles = [reader.tile(page, "hosted", beside=t("on {as_of}", as_of=reader.content.as_of), **only)]
    if reader.gives("former", dimension):
        tiles.append(reader.tile(page, "former", **only))
    if reader.gives("entries", "year", dimension):
        label_of_entries, href = t("Entries in {year}", year=year), reader.entries_page(**only)
        tiles.append(reader.tile(page, "entries", label=label_of_entries, href=href, year=year, **only))
    if reader.content.cell("survival_5y", **only):
        tiles.append(reader.tile(page, "survival_5y", label=t("In activity five years after entry"), **only))
    if reader.content.cell("occupancy", **only):
        tiles.append(reader.tile(page, "occupancy", **only))
    other = "sector" if dimension == "site" else "site"
    blocks: list[Any] = [Tiles(tiles), years(reader, page, "entries-by-year", other, **only)]
    if reader.gives("hosted", dimension, other):
        blocks.append(ranked(reader, page, other, **only))
    if reader.content.cells("survival_curve", **only):
        blocks.append(network_curve(reader, page, **only))
    switch = [
        Link(reader.name(one), reader.page_of(dimension, one), one == label) for one in reader.content.names(dimension)
    ]
    blocks.insert(0, Filters([(t("Site") if dimension == "site" else t("Sector"), switch)]))
    return Page(page, reader.name(label), t("Situation on {as_of}.", as_of=reader.content.as_of), blocks, dimension)


def ranked(reader: Reader, page: str, dimension: str, **only: str) -> Figure:
    t, metric = reader.t, METRICS["hosted"]
    cells = in_order(reader, "hosted", dimension, **only)
    caption = t("Hosted firms by site") if dimension == "site" else t("Hosted firms by sector")
    table = reader.table(caption, cells, [dimension], metric)

    def draw() -> Chart:
        frame = reader.frame(cells, "hosted", [dimension])
        return bars.ranked(frame, t, reader.look, metric=metric, by=dimension, as_of=reader.content.as_of)

    return reader.drawn(page, f"hosted-by-{dimension}", table, cells, draw)
