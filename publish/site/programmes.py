"""Programme intakes: how many firms each took in, and what became of them."""

from __future__ import annotations

from typing import Any

from charts import bars
from charts.chart import Chart
from charts.says import heading
from metrics import METRICS
from metrics.ask import NONE
from publish.programmes import BY, TABLES
from publish.site.block import Item, Page, Table
from publish.site.reader import Reader


def programmes(reader: Reader) -> Page:
    t, page, metric = reader.t, "programmes.html", METRICS["supported"]
    table = f"{metric.name}_by_{BY}"
    taken_in = [reader.content.cell(table, programme=label) for label in reader.content.names(BY) if label != NONE]
    cells: list[dict[str, Any]] = [cell for cell in taken_in if cell]

    def draw() -> Chart:
        frame = reader.frame(cells, metric.name, [BY])
        return bars.ranked(frame, t, reader.look, metric=metric, by=BY, as_of=reader.content.as_of)

    blocks: list[Any] = []
    if cells:
        caption = t("Supported firms by programme")
        notes = [t("Firms of no programme are in the table below alone.")] if NONE in reader.content.names(BY) else []
        listed = reader.table(caption, cells, [BY], metric)
        blocks.append(reader.drawn(page, "supported-by-programme", listed, cells, draw, notes))
    lead = t(
        "How many firms each programme took in, and how many of them are still in the park, have left it or have "
        "closed. A programme is an intake that the park's lists name. Former tenants are either closed or alumni, "
        "that is not known to be closed."
    )
    return Page(page, t("Programmes"), lead, [*blocks, _fates(reader)], "programmes")


def _fates(reader: Reader) -> Table:
    """Every figure of every intake, and of the whole network in the last line."""
    t, content = reader.t, reader.content
    columns = {name: METRICS[metric] for name, metric in TABLES.items() if reader.gives(name, BY)}
    rows = [
        [
            Item(reader.name(label, BY), False, header=True),
            *(reader.item(content.cell(name, programme=label), its.unit) for name, its in columns.items()),
        ]
        for label in content.names(BY)
    ]
    whole = ["entries" if its.name == "supported" else its.name for its in columns.values()]
    totals = [reader.item(content.cell(name), "firms") for name in whole]
    rows.append([Item(t("Whole network"), False, "index.html", header=True, total=True), *totals])
    headings = [heading(t, BY), *(t(its.label) for its in columns.values())]
    return Table(t("What became of the firms of each programme"), headings, rows, "by-programme")
