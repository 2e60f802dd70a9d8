"""Each figure of a release alone: a small page to be framed by anybody, and a drawing that says whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from charts import picture
from charts.chart import Source
from publish.site.block import Figure, Page
from publish.site.reader import Reader

FOLDER = "embed"
# The drawing at its full width, and what stands above and under it.
WIDTH, BESIDE = 780, 190
# How tall the row of a name beside its colour is.
ROW = 22
Render = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Place:
    """Where a figure is framed: `page` and `drawing` from the site's root, the drawing empty where there is none."""

    page: str
    drawing: str
    height: int


def place(folder: str, page: Page, figure: Figure, svg: str) -> Place:
    """Where the figure of a page stands alone; `folder` is that of its page, fr or r/2/fr."""
    stem = f"{FOLDER}/{folder.removeprefix('r/')}/{page.file.removesuffix('.html')}/{figure.id}"
    tall = _tall(svg) + ROW * len(figure.legend) if svg else 60 + 38 * len(figure.table.rows)
    return Place(f"{stem}.html", f"{stem}.svg" if svg else "", tall + BESIDE)


def snippet(at: Place, title: str, base: str) -> str:
    """What is copied into another page."""
    title = escape(title, quote=False).replace('"', "&quot;")
    return (
        f'<iframe src="{escape(base + at.page)}" title="{title}" width="100%" height="{at.height}" '
        'loading="lazy" frameborder="0"></iframe>'
    )


def _tall(svg: str) -> int:
    found = re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)
    return round(float(found.group(1))) if found else 340


def files(
    reader: Reader,
    figure: Figure,
    at: Place,
    render: Render,
    drawn: Sequence[tuple[str, str]],
    told: Mapping[str, Any],
) -> Iterator[tuple[str, bytes]]:
    """The page and the drawing of a figure, by their names. Of a release that was withdrawn, the page says that alone,
    and there is no drawing."""
    gone = reader.release.withdrawn is not None
    yield at.page, render({**told, "figure": figure, "drawings": drawn, "gone": gone}).encode()
    if drawn and not gone:
        yield at.drawing, _alone(reader, figure, drawn[0][1])


def _alone(reader: Reader, figure: Figure, svg: str) -> bytes:
    """The drawing with its title, its notes and its source printed in, on paper."""
    assert figure.chart is not None
    t, content = reader.t, reader.content
    source = Source(
        definitions=(),
        scope=reader.invented,
        stated_on=content.as_of,
        known_on=content.known_on,
        name=t(
            "{publisher}, release {number}, {licence}",
            publisher=reader.publisher,
            number=str(content.number),
            licence=reader.licence.short,
        ),
        made_on=reader.release.published_on,
    )
    room = ROW * len(figure.legend)
    keys = "".join(
        f'<rect y="{ROW * place}" width="12" height="12" rx="3" fill="{colour}"/>'
        f'<text x="20" y="{ROW * place + 11}" font-size="13" fill="currentColor">{escape(name)}</text>'
        for place, (name, colour) in enumerate(figure.legend)
    )
    inner = re.sub(r"^<svg\b[^>]*>|</svg>$", "", svg.strip())
    sized = (
        f'<svg width="{WIDTH}" height="{_tall(svg) + room}">{keys}<g transform="translate(0 {room})">{inner}</g></svg>'
    )
    whole = picture.page(figure.chart, t, source, WIDTH + 2 * picture.EDGE, sized)
    return whole.replace("currentColor", picture.TEXT).encode()
