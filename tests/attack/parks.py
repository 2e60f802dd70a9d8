"""Invented parks that grow, shrink and are corrected, and the tables of their releases."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from publish.cells import COUNT, SUM, Mean, Name, Rate, Relation, Row, Tables, cube, levels

TABLES = ("supported", "hosted", "alumni", "closed")
BY_TWO = [*levels(3, 0), frozenset({0}), frozenset({1}), frozenset({0, 1})]
BY_YEAR = [frozenset({0}), frozenset({1}), frozenset({2}), frozenset({0, 2}), frozenset({1, 2}), frozenset()]


@dataclass
class Firm:
    """One firm, its years, and how many work there."""

    site: str
    sector: str
    entered: int
    left: int
    closed: int
    jobs: int
    holding: str


class Park:
    """A park of random size; `age` adds a year to what is known, and mends some of what was."""

    def __init__(self, seed: int, *, most: int = 220) -> None:
        self.chance = np.random.default_rng(seed)
        self.sites = [f"S{n}" for n in range(self.chance.integers(2, 5))]
        self.sectors = [f"T{n}" for n in range(self.chance.integers(2, 7))]
        self.weights = self.chance.dirichlet(np.full(len(self.sectors), 0.7))
        self.year = 2012
        self.firms: list[Firm] = []
        self.many = int(self.chance.integers(20, most))
        for _ in range(self.many):
            self.enter(int(self.chance.integers(2000, self.year)))

    def enter(self, year: int) -> None:
        left = year + int(self.chance.geometric(0.2))
        closed = left + int(self.chance.integers(0, 4)) if self.chance.random() < 0.45 else 9999
        number = len(self.firms)
        holding = f"F{number}" if self.chance.random() < 0.9 or not number else f"F{self.chance.integers(number)}"
        self.firms.append(
            Firm(
                str(self.chance.choice(self.sites)),
                str(self.chance.choice(self.sectors, p=self.weights)),
                year,
                left,
                closed,
                int(np.ceil(self.chance.lognormal(2, 1.4))),
                holding,
            )
        )

    def age(self) -> None:
        self.year += 1
        for _ in range(self.chance.poisson(self.many / 15)):
            self.enter(self.year - int(self.chance.random() < 0.2))
        for firm in self.firms:
            if self.chance.random() < 0.01:
                firm.closed = min(firm.closed, self.year)
            if self.chance.random() < 0.1:
                firm.jobs = max(1, firm.jobs + int(self.chance.integers(-3, 6)))

    def tables(self, *, sensitive: bool = False) -> Tables:
        """Stocks by site and sector, entries by year, survival and jobs; `sensitive` has all counts so."""
        now = self.year
        which = {
            "supported": [firm for firm in self.firms if firm.entered <= now],
            "hosted": [firm for firm in self.firms if firm.entered <= now < min(firm.left, firm.closed)],
            "alumni": [firm for firm in self.firms if firm.left <= now < firm.closed],
            "closed": [firm for firm in self.firms if firm.closed <= now],
        }
        tables = Tables({})
        for table, firms in which.items():
            rows = [Row((firm.site, firm.sector, "")) for firm in firms]
            tables += cube(
                table,
                rows,
                BY_TWO,
                kind=COUNT,
                sensitive=sensitive or table == "closed",
                whole="supported" if table == "closed" else "",
                known=lambda key, table=table: table == "hosted" and not sensitive and "" in key[:2],  # type: ignore[misc]
            )
        keys = {key for table, key in tables.cells if table == "supported"}
        split = tuple(
            Relation(((1, ("supported", key)), *((-1, (table, key)) for table in TABLES[1:]))) for key in sorted(keys)
        )
        rows = [Row((firm.site, firm.sector, str(firm.entered))) for firm in which["supported"]]
        tables += cube("entries", rows, BY_YEAR, sensitive=sensitive, lasting=lambda key: bool(key[2]))
        whole = tuple(
            Relation(((1, ("entries", key)), (-1, ("supported", key))))
            for table, key in sorted(tables.cells)
            if table == "entries" and not key[2]
        )
        tables += Tables({}, split + whole)
        return tables + self.survival() + self.jobs(which["hosted"])

    def survival(self) -> Tables:
        reached = [firm for firm in self.firms if firm.entered + 5 <= self.year]
        shown = [*levels(3, 0), frozenset({0}), frozenset({1})]
        tables, parts = (
            Tables({}),
            {
                "of_known_fate": reached,
                "alive_after_5": [firm for firm in reached if firm.closed > firm.entered + 5],
                "closed_after_5": [firm for firm in reached if firm.closed <= firm.entered + 5],
            },
        )
        keys: set[tuple[str, ...]] = set()
        for table, firms in parts.items():
            rows = [Row((firm.site, firm.sector, "")) for firm in firms]
            closed = table == "closed_after_5"
            tables += cube(
                table,
                rows,
                shown,
                sensitive=closed,
                floor=int(table == "of_known_fate"),
                everywhere=keys,
                whole="of_known_fate" if closed else "",
                joining=closed,
            )
            keys |= {key for _, key in tables.cells}

        def name(table: str, key: tuple[str, ...]) -> Name:
            return table, key

        rates = tuple(
            Rate("survival", key, name("alive_after_5", key), name("closed_after_5", key), name("of_known_fate", key))
            for key in sorted(keys)
        )
        adds = tuple(Relation(((1, rate.numerator), (1, rate.complement), (-1, rate.denominator))) for rate in rates)
        return tables + Tables({}, adds, rates)

    def jobs(self, hosted: list[Firm]) -> Tables:
        rows = [Row((firm.site, firm.sector, ""), Decimal(firm.jobs), firm.holding) for firm in hosted]
        jobs = cube("jobs", rows, BY_TWO, kind=SUM)
        means = tuple(Mean("jobs_each", key, ("jobs", key), ("hosted", key)) for _, key in sorted(jobs.cells))
        return jobs + Tables({}, (), (), means)
