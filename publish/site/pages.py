"""All pages of figures of a release."""

from __future__ import annotations

from collections.abc import Iterator

from publish.programmes import TABLES as INTAKES
from publish.site.block import Page
from publish.site.cohorts import cohorts
from publish.site.cuts import CUTS
from publish.site.entries import entries
from publish.site.overview import overview
from publish.site.places import place, places
from publish.site.programmes import programmes
from publish.site.reader import Reader
from publish.site.survival import survival


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
    if reader.has("survival_5y", "survival_curve"):
        yield survival(reader)
    if reader.has("survival_by_age"):
        yield cohorts(reader)
    if reader.has(*INTAKES):
        yield programmes(reader)
