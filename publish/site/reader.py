"""A release in one reader's language: its names, its figures as they are written, its tables and charts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from charts.chart import Chart
from charts.says import heading
from charts.svg import legend
from charts.theme import Look
from metrics import METRICS
from metrics.ask import NONE
from metrics.metric import Metric
from publish.cells import OTHER
from publish.columns import WHOLE
from publish.licence import DEFAULT, Licence
from publish.method import invented
from publish.programmes import BY as PROGRAMME
from publish.release import Release
from publish.site.block import HIDDEN, Figure, Item, Table, Tile
from words import MISSING, Words

Cells = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Reader:
    """One release for one language. `base` is the address of the site, `publisher` whose figures they are, `licence`
    under which they are given."""

    release: Release
    t: Words
    base: str
    publisher: str
    licence: Licence = DEFAULT

    @property
    def content(self) -> Any:
        return self.release.content

    @property
    def audience(self) -> str:
        """The organisation that alone was given it; "" for everybody."""
        return str(self.content.told.get("audience", ""))

    @cached_property
    def invented(self) -> str:
        """That no firm of the release exists; "" where they do."""
        return invented(self.content, self.t)

    @property
    def called(self) -> str:
        """The number of the release, and whose edition it is."""
        number = str(self.release.number)
        return f"{number} ({self.audience})" if self.audience else number

    @cached_property
    def look(self) -> Look:
        sites, sectors = (tuple(map(self.name, self.content.names(one))) for one in ("site", "sector"))
        return Look(sites, sectors)

    def has(self, *tables: str) -> bool:
        """Whether the release holds any of these tables."""
        return any(table in self.content.told["tables"] for table in tables)

    def gives(self, table: str, *by: str) -> bool:
        """Whether the release gives this cut of a table: one may be withheld for the sake of an earlier release."""
        withheld = [(one["table"], {*one["by"]}) for one in self.content.told.get("withheld", ())]
        return self.has(table) and (table, {*by}) not in withheld

    # Names

    def name(self, label: str, dimension: str = "") -> str:
        """A site, a sector or a programme as it is read."""
        none = self.t("No programme") if dimension == PROGRAMME else self.t("(not stated)")
        return {OTHER: self.t("Other"), NONE: none}.get(label, label)

    @cached_property
    def slugs(self) -> dict[tuple[str, str], str]:
        """A file's name for every site and sector, of plain letters, each another."""
        found: dict[tuple[str, str], str] = {}
        for dimension in ("site", "sector"):
            for label in self.content.names(dimension):
                folded = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
                slug = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:40].strip("-") or dimension
                taken = {one for (its, _), one in found.items() if its == dimension}
                again = 1
                while slug in taken:
                    again += 1
                    slug = f"{slug.rstrip('0123456789').rstrip('-')}-{again}"
                found[dimension, label] = slug
        return found

    def page_of(self, dimension: str, label: str) -> str:
        return f"{dimension}-{self.slugs[dimension, label]}.html"

    def entries_page(self, site: str = "", sector: str = "") -> str:
        parts = [self.slugs["site", site] if site else "", self.slugs["sector", sector] if sector else ""]
        if site and sector:
            return f"entries-{parts[0]}--{parts[1]}.html"
        return (
            f"entries-site-{parts[0]}.html" if site else f"entries-sector-{parts[1]}.html" if sector else "entries.html"
        )

    # Figures

    def figure(self, cell: Mapping[str, Any], unit: str, metric: str = "") -> str:
        """A figure as it is written; "c" where it is hidden, a dash where there is none."""
        if cell.get("status") == HIDDEN:
            return HIDDEN
        value = cell.get("value")
        if metric in WHOLE:
            return self.t.share(value, 0)
        return MISSING if value is None else self.t.value(value, unit)

    def item(self, cell: Mapping[str, Any], unit: str, metric: str = "") -> Item:
        return Item(self.figure(cell, unit, metric), hidden=cell.get("status") == HIDDEN)

    def count(self, table: str, **only: str) -> dict[str, Any]:
        """A count's cell; where none is listed, nobody is in it, unless the release does not give that cut at all."""
        return self.content.cell(table, **only) or {"value": 0 if self.gives(table, *only) else None}

    def interval(self, cell: Mapping[str, Any]) -> str:
        if cell.get("low") is None or cell.get("high") is None:
            return ""
        return self.t("95% interval: {low:.1%} to {high:.1%}", low=cell["low"], high=cell["high"])

    def cite(self, page: str, anchor: str, label: str, value: str = "") -> str:
        """How a figure is quoted: what, of when, whose, which release, where."""
        where = f"{self.base}r/{self.release.number}/{self.t.language}/{page}{'#' if anchor else ''}{anchor}"
        told = f"{label}: {value}" if value else label
        said = self.t(
            "{publisher}, “{told}”, situation on {as_of}, release {number} of {day}, {where}",
            publisher=self.publisher,
            told=told,
            as_of=self.content.as_of,
            number=self.called,
            day=self.release.published_on,
            where=where,
        )
        return f"{self.invented} {said}".lstrip()

    def tile(self, page: str, table: str, label: str = "", href: str = "", beside: str = "", **only: str) -> Tile:
        metric = METRICS[table]
        count = metric.unit == "firms"
        cell = self.count(table, **only) if count else self.content.cell(table, **only)
        label = label or self.t(metric.label)
        value = self.figure(cell, metric.unit, table)
        if value == HIDDEN:
            beside = self.t("hidden")
        elif not beside and not count:
            beside = self.interval(cell)
        return Tile(table, label, value, beside, href, self.cite(page, table, label, value), value == HIDDEN)

    # Tables and charts

    def frame(self, cells: Cells, metric: str, by: Iterable[str] = ()) -> pd.DataFrame:
        """Cells as a form of charts/ wants them: hidden and missing figures without a value, names as read."""
        fields = ("value", "low", "high", "n", "lower_bound", "upper_bound")
        rows = []
        for cell in cells:
            named = {dimension: NONE if cell[dimension] == NONE else self.name(cell[dimension]) for dimension in by}
            given = {field: cell.get(field) for field in fields}
            indicative = "indicative" in cell.get("notes", ())
            unknown = cell["n"] if indicative and cell.get("n") else None
            rows.append({"metric": metric, **named, **given, "unknown": unknown, "note": None})
        return pd.DataFrame(rows)

    def table(
        self,
        caption: str,
        cells: Cells,
        by: Sequence[str],
        metric: Metric,
        told: Callable[[str, str], str] | None = None,
    ) -> Table:
        """A table of one or two dimensions: the first down, the second across."""
        rows = list(dict.fromkeys(cell[by[0]] for cell in cells))
        say = told or (lambda _, label: self.name(label))
        if len(by) == 1:
            headings = [heading(self.t, by[0]), self.t(metric.label)]
            body = [[Item(say(by[0], cell[by[0]]), False, header=True), self.item(cell, metric.unit)] for cell in cells]
            return Table(caption, headings, body)
        order = list(self.content.names(by[1])) if by[1] in ("site", "sector") else []
        across = [one for one in order if any(cell[by[1]] == one for cell in cells)]
        across += sorted({cell[by[1]] for cell in cells} - {*across})
        at = {(cell[by[0]], cell[by[1]]): cell for cell in cells}
        body = [
            [
                Item(say(by[0], row), False, header=True),
                *(self.item(at.get((row, column), {"value": 0}), metric.unit) for column in across),
            ]
            for row in rows
        ]
        return Table(caption, [heading(self.t, by[0]), *(say(by[1], column) for column in across)], body)

    def drawn(
        self,
        page: str,
        anchor: str,
        table: Table,
        cells: Cells,
        draw: Callable[[], Chart],
        notes: Sequence[str] = (),
    ) -> Figure:
        """A figure with its chart; without one where a hidden figure would look like nothing at all."""
        hidden = any(cell.get("status") == HIDDEN for cell in cells)
        chart = None if hidden or not cells else draw()
        heading = chart.title if chart else table.caption
        why = [self.t("Some of these figures are hidden, so they are given as a table alone.")] if hidden else []
        told = [*(chart.notes if chart else ()), *notes, *why]
        keys = legend(chart) if chart else []
        return Figure(anchor, heading, chart, table, self.cite(page, anchor, heading), told, legend=keys)
