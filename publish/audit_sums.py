"""The hidden sums of all releases, and how well a rival who knows its own part knows the largest contribution."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from scipy.optimize import linprog

from publish.cells import SUM, Cell, Name, Printed, Thresholds
from publish.finding import Finding, Known, rival_knows, unknown


class Sums:
    """Every sum of every release as an unknown that is not negative, and rivals who know their own parts."""

    def __init__(self, releases: Sequence[Printed], thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self.places: dict[Known, int] = {}
        self.cells: list[Cell] = []
        self.fixed: list[bool] = []
        self.where: dict[int, tuple[int, Name]] = {}
        self.rows: list[dict[int, int]] = []
        self.ends_of_means: list[tuple[int, float, float]] = []
        for release in releases:
            for name, cell in release.tables.cells.items():
                if cell.kind != SUM:
                    continue
                place = self.places.setdefault(unknown(cell, release), len(self.cells))
                if place == len(self.cells):
                    self.cells.append(cell)
                    self.fixed.append(False)
                if cell.known or name not in release.hidden or not cell.value:
                    self.fixed[place] = True
                else:
                    self.where[place] = release.number, name
            for relation in release.tables.relations:
                row = {
                    self.places[unknown(release.tables.cells[name], release)]: factor
                    for factor, name in relation.terms
                    if name in release.tables.cells and release.tables.cells[name].kind == SUM
                }
                if row and not relation.at_most:
                    self.rows.append(row)
            for mean in release.tables.means:
                shown = release.mean(mean)
                if shown is not None and mean.total in release.tables.cells:
                    half = Decimal(5) / 10 ** (mean.places + 1)
                    many = Decimal(release.tables.value(mean.count))
                    place = self.places[unknown(release.tables.cells[mean.total], release)]
                    self.ends_of_means.append((place, float((shown - half) * many), float((shown + half) * many)))

    def estimated(self) -> list[Finding]:
        """The hidden sums of which somebody, knowing what is printed and its own part, knows the largest too well."""
        found = []
        for place, (number, name) in sorted(self.where.items()):
            cell = self.cells[place]
            if self.fixed[place] or not rival_knows([amount for _, amount in cell.largest], self.thresholds):
                continue
            low, high = self.interval(place)
            if not self._open(cell, low, high):
                what = "its largest contribution can be estimated"
                found.append(Finding(number, name, what, low, high, cell.value))
        return found

    def _open(self, cell: Cell, low: float, high: float) -> bool:
        amounts = [float(amount) for _, amount in cell.largest]
        first, second = amounts[0], amounts[1] if len(amounts) > 1 else 0.0
        total, slack = float(cell.value), 1e-6 * max(1.0, float(cell.value))
        margin = self.thresholds.within / 100 * first
        # Between these the largest must lie, for the second largest.
        upper, lower = high - second, low - (total - first)
        near = lower > first - margin + slack and upper < first + margin - slack
        need = max(0.0, self.thresholds.percent / 100 * first - (total - first - second))
        return not near and high >= total + need - slack and low <= total - need + slack

    def interval(self, place: int) -> tuple[float, float]:
        """Between which ends a sum lies for a circle of firms, the largest of every other sum, who pool their parts.

        What they cannot know together, none of them knows alone.
        """
        whose = self.cells[place].largest[0][0]
        scale = max(1.0, float(self.cells[place].value))
        limits: list[tuple[float, float | None]] = []
        for number, cell in enumerate(self.cells):
            value = float(cell.value) / scale
            if self.fixed[number]:
                limits.append((value, value))
                continue
            others = [amount for holding, amount in cell.largest if holding != whose]
            known = float(max(others, default=Decimal(0))) / scale
            alone = len(cell.largest) == 1 and cell.largest[0][0] != whose
            limits.append((known, value if alone else None))
        for number, low, high in self.ends_of_means:
            least, most = limits[number]
            limits[number] = (
                max(least, low / scale),
                high / scale if most is None else min(most, max(high / scale, least)),
            )
        rows = np.zeros((len(self.rows), len(self.cells)))
        for number, row in enumerate(self.rows):
            for one, factor in row.items():
                rows[number, one] = factor
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(self.cells))
            aim[place] = sign
            solved = linprog(
                aim,
                A_eq=rows if len(rows) else None,
                b_eq=np.zeros(len(rows)) if len(rows) else None,
                bounds=limits,
                method="highs",
            )
            if solved.status == 3:
                ends.append(np.inf if sign < 0 else -np.inf)
            elif solved.x is None:
                # The solver failed: nothing is proved, so nothing is safe.
                ends.append(float(self.cells[place].value))
            else:
                ends.append(float(solved.x[place]) * scale)
        return ends[0], ends[1]
