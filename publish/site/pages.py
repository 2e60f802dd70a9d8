"""The pages of figures: overview, sites, sectors, entries, survival, cohorts; each a list of what stands on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pandas as pd

from charts import bars, curve, lines, triangle
from charts import map as charts_map
from charts.chart import Chart
from metrics import METRICS
from publish.curves import QUARTER
from publish.site.block import HIDDEN, Figure, Filters, Item, Link, Page, Table, Text, Tiles
from publish.site.national import AXES, NATIONAL, OURS
from publish.site.reader import Reader
from words import MISSING

CUTS = ("site", "sector")


def pages(reader: Reader) -> Iterator[Page]:
    """Every page of figures of one release in one language."""
    yield overview(reader)
    for dimension in CUTS:
        yield places(reader, dimension)
        for label in reader.content.names(dimension):
            yield place(reader, dimension, label)
    yield entries(reader)
    for dimension in CUTS:
        for label in reader.content.names(dimension):
            yield entries(reader, **{dimension: label})
    for site in reader.content.names("site"):
        for sector in reader.content.names("sector"):
            yield entries(reader, site=site, sector=sector)
    yield survival(reader)
    yield cohorts(reader)


def _since(reader: Reader) -> date:
    years = [int(cell["year"]) for cell in reader.content.cells("entries", "year")]
    return date(min(years, default=reader.content.as_of.year), 1, 1)


def _last_year(reader: Reader) -> str:
    """The latest year that is over."""
    as_of = reader.content.as_of
    return str(as_of.year if (as_of.month, as_of.day) == (12, 31) else as_of.year - 1)


# Overview


def overview(reader: Reader) -> Page:
    t, content, page = reader.t, reader.content, "index.html"
    hosted, rate = reader.count("hosted"), content.cell("survival_5y")
    alumni, closed = (reader.figure(reader.count(name), "firms") for name in ("alumni", "closed"))
    year = _last_year(reader)
    tiles = [
        reader.tile(page, "hosted", href="sites.html", beside=t("on {as_of}", as_of=content.as_of)),
        reader.tile(
            page,
            "former",
            beside=t("{alumni} alumni, {closed} closed", alumni=alumni, closed=closed),
            href="sectors.html",
        ),
        reader.tile(page, "survival_5y", label=t("In activity five years after entry"), href="survival.html"),
        reader.tile(page, "entries", label=t("Entries in {year}", year=year), href="entries.html", year=year),
    ]
    blocks: list[Any] = [Tiles(tiles)]
    blocks.append(_years(reader, page, "entries-by-year", "sector"))
    if "survival_curve" in content.told["tables"]:
        blocks.append(_curve(reader, page))
    if content.told["positions"] and len(content.cells("hosted", "site")) > 1:
        blocks.append(_map(reader, page))
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


def _map(reader: Reader, page: str) -> Figure:
    t, metric = reader.t, METRICS["hosted"]
    cells = _in_order(reader, "hosted", "site")
    table = reader.table(t("Hosted firms by site"), cells, ["site"], metric)
    positions: dict[str, Any] = {reader.name(site): tuple(at) for site, at in reader.content.told["positions"].items()}

    def draw() -> Chart:
        frame = reader.frame(cells, "hosted", ["site"])
        day = reader.content.as_of
        return charts_map.sites(frame, t, reader.look, metric=metric, positions=positions, as_of=day, last=day)

    return reader.drawn(page, "hosted-by-site", table, cells, draw)


def _in_order(reader: Reader, table: str, dimension: str, **only: str) -> list[dict[str, Any]]:
    """A cell per name, in the lasting order; nobody where none is listed."""
    unit = METRICS[table].unit
    nobody: dict[str, Any] = {"value": 0} if unit == "firms" else {"value": None}
    found = {cell[dimension]: cell for cell in reader.content.cells(table, dimension, **only)}
    return [found.get(one, {**nobody, dimension: one, **only}) for one in reader.content.names(dimension)]


# Sites and sectors


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
            cell = reader.content.cell(name, **{dimension: label}) or (
                {"value": 0} if unit == "firms" else {"value": None}
            )
            cells.append(reader.item(cell, unit))
        rows.append([Item(reader.name(label), False, reader.page_of(dimension, label), header=True), *cells])
    whole = [reader.item(reader.content.cell(name) or {"value": None}, METRICS[name].unit) for name in columns]
    rows.append([Item(t("Whole network"), False, "index.html", header=True), *whole])
    caption = t("Sites beside each other") if dimension == "site" else t("Sectors beside each other")
    first = t("Site") if dimension == "site" else t("Sector")
    beside = Table(caption, [first, *(t(METRICS[name].label) for name in columns)], rows, "beside")
    blocks: list[Any] = [beside, _ranked(reader, page, dimension)]
    if dimension == "site":
        title = t("Sites")
        lead = t("A firm on two sites counts at each, and once in the network: sites may add up to more.")
    else:
        title = t("Sectors")
        lead = t("Every firm has one sector, the one its park gives it.")
    return Page(page, title, lead, blocks, dimension)


def _ranked(reader: Reader, page: str, dimension: str, **only: str) -> Figure:
    t, metric = reader.t, METRICS["hosted"]
    cells = _in_order(reader, "hosted", dimension, **only)
    caption = t("Hosted firms by site") if dimension == "site" else t("Hosted firms by sector")
    table = reader.table(caption, cells, [dimension], metric)

    def draw() -> Chart:
        frame = reader.frame(cells, "hosted", [dimension])
        return bars.ranked(frame, t, reader.look, metric=metric, by=dimension, as_of=reader.content.as_of)

    return reader.drawn(page, f"hosted-by-{dimension}", table, cells, draw)


def place(reader: Reader, dimension: str, label: str) -> Page:
    """One site, or one sector."""
    t, page, only = reader.t, reader.page_of(dimension, label), {dimension: label}
    year = _last_year(reader)
    tiles = [
        reader.tile(page, "hosted", beside=t("on {as_of}", as_of=reader.content.as_of), **only),
        reader.tile(page, "former", **only),
        reader.tile(page, "entries", label=t("Entries in {year}", year=year), year=year, **only),
    ]
    if reader.content.cell("survival_5y", **only):
        tiles.append(reader.tile(page, "survival_5y", label=t("In activity five years after entry"), **only))
    if reader.content.cell("occupancy", **only):
        tiles.append(reader.tile(page, "occupancy", **only))
    other = "sector" if dimension == "site" else "site"
    blocks: list[Any] = [Tiles(tiles), _years(reader, page, "entries-by-year", other, **only)]
    blocks.append(_ranked(reader, page, other, **only))
    if reader.content.cells("survival_curve", **only):
        blocks.append(_curve(reader, page, **only))
    switch = [
        Link(reader.name(one), reader.page_of(dimension, one), one == label) for one in reader.content.names(dimension)
    ]
    blocks.insert(0, Filters([(t("Site") if dimension == "site" else t("Sector"), switch)]))
    return Page(page, reader.name(label), t("Situation on {as_of}.", as_of=reader.content.as_of), blocks, dimension)


# Entries


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
    if not only:
        blocks.append(_months(reader, page))
    split = next((one for one in ("sector", "site") if one not in only), None)
    blocks.append(_years(reader, page, "entries-by-year", split, **only))
    if not only:
        blocks.append(_years(reader, page, "entries-by-site", "site"))
    names = t.list([reader.name(label) for label in only.values()])
    title = t("Entries: {names}", names=names) if only else t("Entries")
    return Page(page, title, t(METRICS["entries"].says), blocks, "entries")


def _years(reader: Reader, page: str, anchor: str, by: str | None, **only: str) -> Figure:
    t, metric = reader.t, METRICS["entries"]
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
            first=_since(reader),
            last=reader.content.as_of,
            as_of=reader.content.as_of,
        )

    return reader.drawn(page, anchor, table, cells, draw)


def _months(reader: Reader, page: str) -> Any:
    t, metric = reader.t, METRICS["entries"]
    cells = reader.content.cells("entries_by_month", "month")
    if not cells:
        return Text("entries-by-month", t("Entries by month"), [t("Monthly figures of this park are hidden.")])
    table = reader.table(t("Entries by month"), cells, ["month"], metric, lambda _, label: t.period(label))
    first = date.fromisoformat(f"{cells[0]['month']}-01")

    def draw() -> Chart:
        frame = reader.frame(cells, "entries", ["month"])
        as_of = reader.content.as_of
        return bars.by_period(
            frame, t, reader.look, metric=metric, by=None, period="month", first=first, last=as_of, as_of=as_of
        )

    return reader.drawn(page, "entries-by-month", table, cells, draw)


# Survival


def survival(reader: Reader) -> Page:
    t, content, page = reader.t, reader.content, "survival.html"
    cell, metric = content.cell("survival_5y"), METRICS["survival_5y"]
    blocks: list[Any] = []
    tiles = [reader.tile(page, "survival_5y", label=t("In activity five years after entry"))]
    if content.cell("survival_km_5y"):
        tiles.append(reader.tile(page, "survival_km_5y"))
    blocks.append(Tiles(tiles))
    blocks.append(Text("definition", t("What it means"), [t(metric.says)], terms=list(_bounds(reader, cell))))
    if content.cells("survival_curve"):
        blocks.append(_curve(reader, page))
    blocks.append(_by_year(reader, page))
    blocks += [_rates(reader, dimension) for dimension in CUTS if content.cells("survival_5y", dimension)]
    blocks.append(_national(reader, cell))
    blocks.append(
        Text(
            "national-notes",
            t("Why no two of these can be compared as they stand"),
            [
                t(
                    "One register gives rates that lie thirty points apart, by definition alone. A rate beside ours is "
                    "compared only where its clock, its event, its population and its period are the same; the badges "
                    "say which are."
                )
            ],
        )
    )
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


def _curve(reader: Reader, page: str, **only: str) -> Figure:
    t, metric = reader.t, METRICS["survival_curve"]
    cells = sorted(reader.content.cells("survival_curve", **only), key=lambda cell: cell["age_days"])
    yearly = [cell for cell in cells if round(cell["age_days"] / QUARTER) % 4 == 0]
    headings = [t("Age in years"), t(metric.label), t("Low"), t("High"), t("At risk")]
    rows = [
        [
            Item(t.count(round(cell["age_days"] / 365.25)), header=True),
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

    notes = [t("The curve is read once a quarter.")]
    return reader.drawn(page, "survival-curve", table, cells, draw, notes=notes)


def _by_year(reader: Reader, page: str) -> Figure:
    t, metric = reader.t, METRICS["survival_5y"]
    cells = sorted(reader.content.cells("survival_5y", "year"), key=lambda cell: cell["year"])
    cells = [cell for cell in cells if "not_yet_observable" not in cell.get("notes", ())]
    table = _rate_table(reader, t("Five-year survival by entry year"), cells, "year")
    given = [cell for cell in cells if cell.get("value") is not None]

    def draw() -> Chart:
        frame = reader.frame(given, "survival_5y", ["year"])
        first, last = (date(int(given[place]["year"]), 1, 1) for place in (0, -1))
        last = last.replace(month=12, day=31)
        return lines.trend(frame, t, reader.look, metric=metric, by=None, period="year", first=first, last=last)

    # A rate that is not given is a gap in the line, so that nothing is told of it.
    notes = [t("Gaps are years whose rate is hidden or not given.")] if len(given) < len(cells) else []
    return reader.drawn(page, "survival-by-year", table, given, draw, notes=notes)


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
            Item(reader.name(cell[by]), False, header=True),
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
    cells = _in_order(reader, "survival_5y", dimension)
    return _rate_table(reader, caption, cells, dimension)


def _national(reader: Reader, cell: dict[str, Any]) -> Text:
    """Published national figures, each with a badge per axis."""
    t = reader.t
    years = _observed(reader)
    ours = {**{axis: t(text) for axis, text in OURS.items()}, "period": _period(reader, years)}
    rows = [
        {
            "place": reader.publisher,
            "share": reader.figure(cell, "share") if cell else MISSING,
            "source": t("This release"),
            "url": "",
            "axes": [(t(AXES[axis]), ours[axis], "own") for axis in AXES],
        }
    ]
    for one in NATIONAL:
        verdicts = {True: "yes", False: "no", None: "unknown"}
        axes = [(t(AXES[axis]), t(one.axes[axis]), verdicts[one.matches(axis, years)]) for axis in AXES]
        share = t.share(one.share, one.digits)
        rows.append({"place": t(one.place), "share": share, "source": t(one.source), "url": one.url, "axes": axes})
    said = {"yes": t("same"), "no": t("another"), "unknown": t("not known"), "own": t("ours")}
    return Text("national", t("Beside published national figures"), kind="national", rows=rows, said=said)


def _observed(reader: Reader) -> range:
    """The entry years that the network's rate is made of."""
    cells = reader.content.cells("survival_5y", "year")
    years = [int(cell["year"]) for cell in cells if "not_yet_observable" not in cell.get("notes", ())]
    return range(min(years), max(years) + 1) if years else range(0)


def _period(reader: Reader, years: range) -> str:
    if not years:
        return MISSING
    return reader.t("entered from {first} to {last}", first=str(years[0]), last=str(years[-1]))


# Cohorts


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
    return Page(page, t("Cohorts"), t(metric.says), blocks, "cohorts")


def _cohort(cell: dict[str, Any]) -> tuple[str, int]:
    return cell["years"], int(cell["age"])


def _why(reader: Reader, cell: dict[str, Any]) -> str | None:
    if cell.get("status") == HIDDEN:
        return reader.t("hidden")
    return reader.t("not yet observable") if cell.get("value") is None else None
