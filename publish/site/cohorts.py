"""The cohort table: who entered together, age by age."""

from __future__ import annotations

from typing import Any

from charts import triangle
from charts.chart import Chart
from metrics import METRICS
from publish.site.block import HIDDEN, Item, Page, Table
from publish.site.reader import Reader


def cohorts(reader: Reader) -> Page:
    t, page, metric = reader.t, "cohorts.html", METRICS["survival_by_age"]
    cells = sorted(reader.content.told["tables"].get("survival_by_age", {"cells": []})["cells"], key=_cohort)
    rows = list(dict.fromkeys(cell["years"] for cell in cells))
    ages = sorted({int(cell["age"]) for cell in cells})
    at = {(cell["years"], int(cell["age"])): cell for cell in cells}
    headings = [t("Entry years"), *(t.many("{n:,} year", "{n:,} years", age) for age in ages)]
    body = [
        [
            Item(years, False, header=True),
            *(reader.item(at.get((years, age), {"value": None}), "share") for age in ages),
        ]
        for years in rows
    ]
    table = Table(t("In activity, by entry years and age"), headings, body)

    def draw() -> Chart:
        frame = reader.frame(cells, "survival_by_age")
        frame["year"], frame["age"] = [cell["years"] for cell in cells], [float(cell["age"]) for cell in cells]
        frame["note"] = [_why(reader, cell) for cell in cells]
        return triangle.triangle(frame, t, reader.look, metric=metric)

    given = [cell for cell in cells if cell.get("value") is not None]
    blocks: list[Any] = []
    if given:
        blocks.append(reader.drawn(page, "cohort-table", table, given, draw))
    else:
        blocks.append(table)
    lead = t(
        "Firms that entered in the same years, and how many in a hundred were in activity, inside or outside the park, "
        "on each anniversary of their entry. An age that one of them has not reached yet stays empty."
    )
    return Page(page, t("Cohorts"), lead, blocks, "cohorts")


def _cohort(cell: dict[str, Any]) -> tuple[str, int]:
    return cell["years"], int(cell["age"])


def _why(reader: Reader, cell: dict[str, Any]) -> str | None:
    if cell.get("status") == HIDDEN:
        return reader.t("hidden")
    return reader.t("not yet observable") if cell.get("value") is None else None
