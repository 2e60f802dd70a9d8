"""What the first visitor would wait for, done before one comes: the overview's answers and all that they load."""

from __future__ import annotations

import words
from charts import bars, lines
from metrics.ask import Scope
from ui import drawing, page, park, show, tiles  # noqa: F401  (page and show: what every page loads)
from ui.view import View

TILES = ("hosted", "former", "survival_5y", "entries")


def rehearse() -> None:
    """Asks and draws in every language, so that libraries which load their parts when first used have done so."""
    latest = park.for_nobody()
    if latest.stated_on is None:
        return
    known = park.names(latest)
    for language in words.LANGUAGES:
        t = words.of(language)
        view = View(latest, t, Scope(as_of=latest.stated_on), known.sites, known.sectors, known.cohorts)
        tiles.made(view, TILES, {})
        drawing.drawn(drawing.Question(view, bars.by_period, ("entries",), ("month", "site")))
        drawing.drawn(drawing.Question(view, lines.trend, ("hosted",), ("year", "site")))
        drawing.drawn(drawing.Question(view, bars.ranked, ("hosted",), ("site",)))
        drawing.drawn(drawing.Question(view, bars.ranked, ("hosted",), ("sector",)))
