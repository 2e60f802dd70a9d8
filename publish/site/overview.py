"""The first page: the headline figures, what came in, how firms fare, and where they are."""

from __future__ import annotations

from typing import Any

from charts import map as charts_map
from charts.chart import Chart
from metrics import METRICS
from publish.site.block import HIDDEN, Figure, Link, Page, Text, Tiles, halves
from publish.site.cuts import in_order, last_year
from publish.site.entries import years
from publish.site.reader import Reader
from publish.site.survival import network_curve


def overview(reader: Reader) -> Page:
    t, content, page = reader.t, reader.content, "index.html"
    hosted, rate = reader.count("hosted"), content.cell("survival_5y")
    year = last_year(reader)
    tiles = [reader.tile(page, "hosted", href="sites.html", beside=t("on {as_of}", as_of=content.as_of))]
    if reader.gives("former"):
        tiles.append(reader.tile(page, "former", beside=_split(reader), href="sectors.html"))
    if rate:
        label = t("In activity five years after entry")
        tiles.append(reader.tile(page, "survival_5y", label=label, href="survival.html"))
    if reader.gives("entries", "year"):
        label = t("Entries in {year}", year=year)
        tiles.append(reader.tile(page, "entries", label=label, href="entries.html", year=year))
    blocks: list[Any] = [Tiles(tiles), years(reader, page, "entries-by-year", "sector")]
    pair = [network_curve(reader, page)] if content.cells("survival_curve") else []
    pair += [_map(reader, page)] if content.told["positions"] and len(content.cells("hosted", "site")) > 1 else []
    blocks += halves(*pair) if len(pair) == 2 else pair
    blocks.append(_about(reader))
    title = t.many("{n:,} firm in the park", "{n:,} firms in the park", hosted["value"] or 0)
    if hosted.get("status") == HIDDEN:
        title = t("The park in figures")
    lead = t("Situation on {as_of}.", as_of=content.as_of)
    if rate.get("value") is not None:
        lead = t(
            "Of the firms that entered, {share:.0%} were in activity five years later, inside or outside the park. "
            "Situation on {as_of}.",
            share=rate["value"],
            as_of=content.as_of,
        )
    return Page(page, title, lead, blocks, "index")


def _split(reader: Reader) -> str:
    """What became of the former tenants, where the release says it."""
    t = reader.t
    if not (reader.gives("alumni") and reader.gives("closed")):
        return ""
    alumni, closed = (reader.figure(reader.count(name), "firms") for name in ("alumni", "closed"))
    return t("{alumni} of them alumni, {closed} closed", alumni=alumni, closed=closed)


def _about(reader: Reader) -> Text:
    """What a reader who comes from elsewhere has to know, in three sentences."""
    t = reader.t
    paragraphs = [
        t(
            "{publisher} publishes its figures all together, as numbered releases. What is published never changes; "
            "what is learnt later is in the next release, which lists what changed.",
            publisher=reader.publisher,
        ),
        t("Every figure has one definition, and a lasting address by which it is quoted."),
    ]
    links = [
        Link(t("What each figure means"), "method.html"),
        Link(t("All releases, and the next ones"), "releases.html"),
        Link(t("Figures as files"), "data.html"),
    ]
    return Text("about", t("About these figures"), paragraphs, links)


def _map(reader: Reader, page: str) -> Figure:
    t, metric = reader.t, METRICS["hosted"]
    cells = in_order(reader, "hosted", "site")
    table = reader.table(t("Hosted firms by site"), cells, ["site"], metric)
    positions: dict[str, Any] = {reader.name(site): tuple(at) for site, at in reader.content.told["positions"].items()}

    def draw() -> Chart:
        frame = reader.frame(cells, "hosted", ["site"])
        day = reader.content.as_of
        return charts_map.sites(frame, t, reader.look, metric=metric, positions=positions, as_of=day, last=day)

    return reader.drawn(page, "hosted-by-site", table, cells, draw)
