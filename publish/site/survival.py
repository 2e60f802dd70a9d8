"""How firms fare: the rate with all that belongs to it, the curve, by entry year, and beside others' figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from charts import curve
from charts.by_entry import by_entry
from charts.chart import Chart
from metrics import METRICS
from publish.curves import QUARTER
from publish.site.block import Figure, Item, Page, Table, Text, Tiles
from publish.site.cuts import CUTS, in_order
from publish.site.national import national
from publish.site.reader import Reader
from words import MISSING


def survival(reader: Reader) -> Page:
    t, content, page = reader.t, reader.content, "survival.html"
    cell, metric = content.cell("survival_5y"), METRICS["survival_5y"]
    blocks: list[Any] = []
    tiles = []
    if cell:
        tiles.append(reader.tile(page, "survival_5y", label=t("In activity five years after entry")))
    if content.cell("survival_km_5y"):
        tiles.append(reader.tile(page, "survival_km_5y"))
    if tiles:
        blocks.append(Tiles(tiles))
    if cell:
        blocks.append(Text("definition", t("What it means"), [t(metric.says)], terms=list(_bounds(reader, cell))))
    if content.cells("survival_curve"):
        blocks.append(network_curve(reader, page))
    if content.cells("survival_5y", "year"):
        blocks.append(_by_year(reader, page))
    blocks += [_rates(reader, dimension) for dimension in CUTS if content.cells("survival_5y", dimension)]
    if cell:
        blocks.append(national(reader, cell))
    return Page(page, t("Survival"), _survival_lead(reader, cell), blocks, "survival")


def _survival_lead(reader: Reader, cell: dict[str, Any]) -> str:
    t = reader.t
    if cell.get("value") is None:
        return t("The rate of the whole network is not given in this release.")
    return t(
        "{share:.1%} of the firms whose fifth anniversary of entry has passed were still in activity on that day.",
        share=cell["value"],
    )


def _bounds(reader: Reader, cell: dict[str, Any]) -> Iterator[tuple[str, str, Sequence[str]]]:
    t = reader.t
    if cell.get("value") is None:
        return
    if reader.interval(cell):
        yield t("Interval"), reader.interval(cell), [t("What chance alone may have moved (Wilson).")]
    yield (
        t("Firms"),
        t.count(cell["n"]),
        [t("Whose fifth anniversary has passed and whose fate on it is known.")],
    )
    if cell.get("lower_bound") is not None:
        places = {"low": cell["lower_bound"], "high": cell["upper_bound"]}
        yield (
            t("Bounds"),
            t("{low:.1%} to {high:.1%}", **places),
            [t("Were all firms of unknown fate closed, and were they all alive.")],
        )
    if cell.get("traced") is not None:
        told = t("indicative: more than one in ten is not traced") if "indicative" in cell.get("notes", ()) else ""
        yield t("Traced"), t.share(cell["traced"]), [told] if told else []


def network_curve(reader: Reader, page: str, **only: str) -> Figure:
    t, metric = reader.t, METRICS["survival_curve"]
    cells = sorted(reader.content.cells("survival_curve", **only), key=lambda cell: cell["age_days"])
    yearly = [cell for cell in cells if round(cell["age_days"] / QUARTER) % 4 == 0 or cell is cells[-1]]
    headings = [t("Age in years"), t(metric.label), t("Low"), t("High"), t("At risk")]
    rows = [
        [
            Item(_age(reader, cell["age_days"]), header=True),
            reader.item(cell, "share"),
            Item(t.share(cell.get("low"))),
            Item(t.share(cell.get("high"))),
            Item(t.count(cell.get("at_risk"))),
        ]
        for cell in yearly
    ]
    table = Table(t("Survival at whole years of age"), headings, rows)

    def draw() -> Chart:
        frame = pd.DataFrame(cells)
        for name in ("low", "high"):
            frame[name] = frame[name].astype(float) if name in frame else float("nan")
        # Numbers at risk stand at whole years alone.
        frame["metric"], frame["events"] = metric.name, float("nan")
        frame["at_risk"], frame["n"] = frame["at_risk"].ffill(), float(cells[0]["at_risk"])
        return curve.survival(frame, t, reader.look, metric=metric)

    notes = [
        t("The curve is read once a quarter."),
        t(
            "It counts every firm for as long as it could be followed, the youngest too; the share at the anniversary "
            "counts those that entered five years ago or earlier. The two may differ a little."
        ),
    ]
    return reader.drawn(page, "survival-curve", table, cells, draw, notes=notes)


def _age(reader: Reader, days: int) -> str:
    years = round(days / QUARTER) / 4
    return reader.t.number(days / (4 * QUARTER), 0 if years == int(years) else 1)


def _by_year(reader: Reader, page: str) -> Figure:
    t, metric = reader.t, METRICS["survival_5y"]
    cells = sorted(reader.content.cells("survival_5y", "year"), key=lambda cell: cell["year"])
    cells = [cell for cell in cells if "not_yet_observable" not in cell.get("notes", ())]
    table = _rate_table(reader, t("Five-year survival by entry year"), cells, "year")
    given = [cell for cell in cells if cell.get("value") is not None]

    # A rate that is not given is a year without a dot, so that nothing is told of it.
    def draw() -> Chart:
        return by_entry(reader.frame(given, "survival_5y", ["year"]), t, reader.look, metric=metric)

    return reader.drawn(page, "survival-by-year", table, given, draw)


def _rate_table(reader: Reader, caption: str, cells: Sequence[dict[str, Any]], by: str) -> Table:
    """Rates with what stands beside them."""
    t = reader.t
    headings = [
        {"site": t("Site"), "sector": t("Sector"), "year": t("Entry year")}[by],
        t(METRICS["survival_5y"].label),
        t("Low"),
        t("High"),
        t("Lower bound"),
        t("Upper bound"),
        t("Traced"),
        t("Firms"),
    ]
    rows = [
        [
            Item(reader.name(cell[by]), False, "" if by == "year" else reader.page_of(by, cell[by]), header=True),
            reader.item(cell, "share"),
            *(Item(t.share(cell.get(field))) for field in ("low", "high", "lower_bound", "upper_bound", "traced")),
            Item(t.count(cell.get("n")) if cell.get("n") is not None else MISSING),
        ]
        for cell in cells
    ]
    return Table(caption, headings, rows, f"survival-by-{by}")


def _rates(reader: Reader, dimension: str) -> Table:
    t = reader.t
    caption = t("Five-year survival by site") if dimension == "site" else t("Five-year survival by sector")
    cells = in_order(reader, "survival_5y", dimension)
    return _rate_table(reader, caption, cells, dimension)
