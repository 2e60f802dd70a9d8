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
    t, page, content, metric = reader.t, "programmes.html", reader.content, METRICS["supported"]
    names = content.names(BY)
    columns = {name: METRICS[figure] for name, figure in TABLES.items() if reader.gives(name, BY)}
    rows = [
        [
            Item(reader.name(label, BY), False, header=True),
            *(reader.item(content.cell(name, programme=label), its.unit) for name, its in columns.items()),
        ]
        for label in names
    ]
    whole = [("entries" if its is metric else its.name, its.unit) for its in columns.values()]
    totals = [reader.item(content.cell(name), unit) for name, unit in whole]
    rows.append([Item(t("Whole network"), False, "index.html", header=True, total=True), *totals])
    caption = t("Firms by programme, and what became of them")
    table = Table(caption, [heading(t, BY), *(t(its.label) for its in columns.values())], rows)
    cells: list[dict[str, Any]] = [
        cell for label in names if label != NONE and (cell := content.cell(f"{metric.name}_by_{BY}", programme=label))
    ]

    def draw() -> Chart:
        frame = reader.frame(cells, metric.name, [BY])
        return bars.ranked(frame, t, reader.look, metric=metric, by=BY, as_of=content.as_of)

    notes = [t("Firms of no programme are in the table alone.")] if NONE in names else []
    lead = t(
        "How many firms each programme took in, and how many of them are still in the park, have left it or have "
        "closed. A programme is an intake that the park's lists name. Former tenants are either closed or alumni, "
        "that is not known to be closed."
    )
    figure = reader.drawn(page, "by-programme", table, cells, draw, notes)
    return Page(page, t("Programmes"), lead, [figure], "programmes")
