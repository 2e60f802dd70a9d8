"""Entries by year and by month, with the cube's cuts as links."""

from __future__ import annotations

from datetime import date
from typing import Any

from charts import bars
from charts.chart import Chart
from metrics import METRICS
from publish.site.block import Figure, Filters, Link, Page, Text
from publish.site.cuts import CUTS, since
from publish.site.reader import Reader


def entries(reader: Reader, **only: str) -> Page:
    """Entries by year, of the network or of one site, one sector, or one sector of a site."""
    t, page = reader.t, reader.entries_page(**only)
    rows = []
    for dimension in CUTS:
        kept = {name: label for name, label in only.items() if name != dimension}
        whole = t("All sites") if dimension == "site" else t("All sectors")
        links = [Link(whole, reader.entries_page(**kept), dimension not in only)]
        for label in reader.content.names(dimension):
            href = reader.entries_page(**{**kept, dimension: label})
            links.append(Link(reader.name(label), href, only.get(dimension) == label))
        rows.append((t("Site") if dimension == "site" else t("Sector"), links))
    blocks: list[Any] = [Filters(rows)]
    if not only and reader.has("entries_by_month"):
        blocks.append(_months(reader, page))
    split = next((one for one in ("sector", "site") if one not in only), None)
    blocks.append(years(reader, page, "entries-by-year", split, **only))
    if not only and reader.gives("entries", "year", "site"):
        blocks.append(years(reader, page, "entries-by-site", "site"))
    names = ", ".join(reader.name(label) for label in only.values())
    title = t("Entries: {names}", names=names) if only else t("Entries")
    lead = t(
        "Firms by the day they first came. The network counts each firm once; "
        "a site also counts those that came from another site."
    )
    return Page(page, title, lead, blocks, "entries")


def years(reader: Reader, page: str, anchor: str, by: str | None, **only: str) -> Figure | Text:
    """Entries by year, split where the release gives that; a sentence where it does not give them at all."""
    t, metric = reader.t, METRICS["entries"]
    if by and not reader.gives("entries", "year", by, *only):
        by = None
    if not reader.gives("entries", "year", *only):
        return Text(anchor, t("Entries by year"), [t("These figures are not given in this release.")])
    cuts = ["year", *([by] if by else [])]
    cells = sorted(reader.content.cells("entries", *cuts, **only), key=lambda cell: cell["year"])
    caption = {
        "site": t("Entries by year and site"),
        "sector": t("Entries by year and sector"),
        None: t("Entries by year"),
    }[by]
    table = reader.table(caption, cells, cuts, metric)

    def draw() -> Chart:
        frame = reader.frame(cells, "entries", cuts)
        return bars.by_period(
            frame,
            t,
            reader.look,
            metric=metric,
            by=by,
            period="year",
            first=since(reader, **only),
            last=reader.content.as_of,
            as_of=reader.content.as_of,
        )

    return reader.drawn(page, anchor, table, cells, draw)


def _months(reader: Reader, page: str) -> Figure:
    t, metric = reader.t, METRICS["entries"]
    cells = reader.content.cells("entries_by_month", "month")
    table = reader.table(t("Entries by month"), cells, ["month"], metric, lambda _, label: t.period(label))
    first = date.fromisoformat(f"{cells[0]['month']}-01")

    def draw() -> Chart:
        frame = reader.frame(cells, "entries", ["month"])
        as_of = reader.content.as_of
        return bars.by_period(
            frame, t, reader.look, metric=metric, by=None, period="month", first=first, last=as_of, as_of=as_of
        )

    return reader.drawn(page, "entries-by-month", table, cells, draw)
