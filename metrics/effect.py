"""What a load would do to the headline figures: each before and after, for the network and at every site."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from data.ledger import Receipt
from data.warehouse import Built, Warehouse
from metrics.ask import Generation, Scope, ask
from metrics.period import before

LEVELS = ("hosted", "former", "alumni", "closed", "survival_5y", "survival_km_5y", "median_stay", "occupancy")
# Counted over the twelve months up to the latest stated day.
FLOWS = ("entries",)
HEADLINES = (
    "hosted",
    "former",
    "alumni",
    "closed",
    "entries",
    "survival_5y",
    "survival_km_5y",
    "median_stay",
    "occupancy",
)


@dataclass(frozen=True)
class Effect:
    """One metric, for the network (`site` is None) or at a site, before and after; None where it is not given."""

    metric: str
    site: str | None
    before: float | None
    after: float | None

    @property
    def moved(self) -> bool:
        """Whether the figure is another one afterwards."""
        return self.before != self.after


def effects(before: Generation, after: Generation) -> list[Effect]:
    """Every headline figure as the overview says it now and as it would say it then, each on its latest stated day."""
    old, new = headlines(before), headlines(after)
    sites = dict.fromkeys(site for _, site in [*new, *old])
    return [
        Effect(name, site, old.get((name, site)), new.get((name, site)))
        for site in sorted(sites, key=lambda site: (site is not None, site or ""))
        for name in HEADLINES
        if (name, site) in old or (name, site) in new
    ]


def headlines(generation: Generation) -> dict[tuple[str, str | None], float | None]:
    """The headline figures of one state of knowledge by (metric, site or None), on its latest stated day."""
    stated_on = generation.stated_on
    if stated_on is None:
        return {}
    told: dict[tuple[str, str | None], float | None] = {}
    for names, scope in ((LEVELS, Scope()), (FLOWS, Scope(start=_year_before(stated_on), end=stated_on))):
        for by in ((), ("site",)):
            table = ask(generation, names, scope, by)
            places = table["site"].tolist() if by else [None] * len(table)
            for name, site, value in zip(table["metric"].tolist(), places, table["value"].tolist(), strict=True):
                # Rows that name no site are the network's alone.
                if not by or isinstance(site, str):
                    told[(name, site)] = None if pd.isna(value) else float(value)
    return told


def scope_of(effect: Effect, stated_on: date) -> Scope:
    """What one of these figures is about, where `stated_on` is the latest day stated."""
    sites = () if effect.site is None else (effect.site,)
    if effect.metric in FLOWS:
        return Scope(sites=sites, start=_year_before(stated_on), end=stated_on, as_of=stated_on)
    return Scope(sites=sites, as_of=stated_on)


def _year_before(day: date) -> date:
    """The first of the twelve months that end on a day."""
    return before(day, years=1) + timedelta(days=1)


def main() -> int:
    """Prints the effects of a load that has been built and not accepted, as JSON; `data.dry_run` says of which."""
    asked = json.load(sys.stdin)
    with closing(Warehouse.from_environment()) as warehouse:
        now = warehouse.generation()
        if now.head != asked["head"]:
            print("The ledger has gone on since.", file=sys.stderr)
            return 1
        receipts = [Receipt(**receipt) for receipt in asked["receipts"]]
        with closing(Built(warehouse, receipts, Path(asked["trial"]))) as then:
            print(json.dumps([asdict(effect) for effect in effects(now, then)], ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
