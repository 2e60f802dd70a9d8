"""A chart as a picture that stands alone: its title above, and under it what is meant, as of when, and whose it is."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shutil
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import Any, Literal

from charts.chart import Chart, Source
from charts.theme import INK
from words import Words

WIDTH = 1000
EDGE = 32
GROUND, TEXT, GREY, RULE = "#ffffff", "#0b181e", "#4c5a61", "#d5dee2"
# Fonts that machines have.
FONT = "'IBM Plex Sans', 'Segoe UI', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
NARROW, BROAD = frozenset(" iljftrI.,;:!|'’()[]-\u00a0\u202f"), frozenset("mwMW@%…—")
TITLE, BODY = 22, 13
# PNG has two pixels for each of the drawing's.
SCALE = 2
SECONDS = 60.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_turn = threading.Lock()


class NoPicture(Exception):
    """The picture cannot be drawn; the message is a sentence for the reader."""


def can_draw() -> bool:
    """Whether this machine has a browser to draw with."""
    return _browser() is not None


def why_none(t: Words) -> str:
    """Why there is no picture on a machine without a browser."""
    return t("Pictures need the browser Chromium on the server, which has none. The table can be had as CSV and XLSX.")


def _browser() -> str | None:
    asked = os.environ.get("CHROME")
    return shutil.which(asked) if asked else next(filter(None, map(shutil.which, BROWSERS)), None)


def picture(chart: Chart, t: Words, format: Literal["svg", "png"], source: Source, width: int = WIDTH) -> bytes:
    """The chart on a light ground as SVG or PNG, with title, notes and source printed in.

    Drawn by the machine's own Chromium (or that of the environment's CHROME), one picture at a time. Raises NoPicture
    where there is none, or where it does not answer.
    """
    browser = _browser()
    if browser is None:
        raise NoPicture(why_none(t))
    if not _turn.acquire(timeout=SECONDS):
        raise NoPicture(t("Too many pictures are being drawn just now. Try again in a minute."))
    try:
        # A thread of its own, since the caller's may have an event loop already.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, _drawn(chart, t, format, source, width, browser)).result()
    except Exception as error:
        raise NoPicture(
            t("The picture could not be drawn. Try again; the table can be had as CSV and XLSX.")
        ) from error
    finally:
        _turn.release()


def pixels(svg: str, width: int, height: int, t: Words) -> bytes:
    """A drawing of our own as PNG of just that size. Raises NoPicture as `picture` does."""
    browser = _browser()
    if browser is None:
        raise NoPicture(why_none(t))

    async def draw() -> bytes:
        from kaleido import Kaleido

        size = {"format": "png", "scale": 1, "width": width, "height": height}
        async with Kaleido(n=1, timeout=SECONDS, mathjax=False, path=browser) as artist:
            return bytes(await artist.calc_fig(_poster(svg, width, height), opts=size))

    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, asyncio.wait_for(draw(), SECONDS)).result()
    except Exception as error:
        raise NoPicture(t("The charts could not be drawn. Try again.")) from error


async def _drawn(chart: Chart, t: Words, format: str, source: Source, width: int, browser: str) -> bytes:
    """The picture: the figure drawn alone, then set into its page, and that drawn again where it has to be pixels."""
    # Loaded only when a picture is asked for: a start without it is quicker.
    from kaleido import Kaleido

    figure = plain(chart, width - 2 * EDGE)
    options = {"format": "svg", "width": figure["layout"]["width"], "height": figure["layout"]["height"]}

    async def draw() -> bytes:
        # Nothing is fetched: Plotly's script is the installed one, and formulas are not set.
        async with Kaleido(n=1, timeout=SECONDS, mathjax=False, path=browser) as artist:
            svg = page(chart, t, source, width, (await artist.calc_fig(figure, opts=options)).decode())
            if format == "svg":
                return svg.encode()
            height = _height(svg)
            poster = _poster(svg, width, height)
            size = {"format": "png", "scale": SCALE, "width": width, "height": height}
            return bytes(await artist.calc_fig(poster, opts=size))

    return await asyncio.wait_for(draw(), SECONDS)


def plain(chart: Chart, width: int) -> dict[str, Any]:
    """The figure alone, on paper: of one width, in our font and ink, without what only a pointer shows."""
    spec = json.loads(json.dumps(chart.figure.to_dict()).replace(INK, TEXT))
    layout = spec["layout"]
    layout |= {"width": width, "height": layout.get("height") or 340, "paper_bgcolor": GROUND, "plot_bgcolor": GROUND}
    layout["font"] = {**layout.get("font", {}), "family": FONT, "color": TEXT}
    layout["hovermode"] = False
    return {"data": spec["data"], "layout": layout}


def page(chart: Chart, t: Words, source: Source, width: int, figure: str) -> str:
    """The page as SVG around a figure's own: every line wrapped to the width, and as tall as its lines need."""
    inner = width - 2 * EDGE
    parts: list[str] = []
    y = EDGE + TITLE * 0.8
    y = _lines(parts, _wrapped(chart.title, inner, TITLE * 1.08), y, TITLE, TEXT, bold=True)
    opening = re.match(r"<svg\b[^>]*>", figure)
    tall = _height(figure)
    assert opening is not None
    body = figure[opening.end() :]
    head = f'<svg x="{EDGE}" y="{y:.0f}" width="{inner}" height="{tall}" viewBox="0 0 {inner} {tall}">'
    # The ids in it are made by chance: the same chart makes the same file.
    parts.append(head + _named(body))
    y += tall + 2 * BODY
    for note in chart.notes:
        y = _lines(parts, _wrapped(note, inner, BODY), y, BODY, TEXT)
    y += BODY * 0.3
    parts.append(f'<path d="M{EDGE} {y - BODY:.0f}h{inner}" stroke="{RULE}" fill="none"/>')
    y += BODY * 0.5
    for text in source.lines(t):
        y = _lines(parts, _wrapped(text, inner, BODY), y, BODY, GREY)
    height = round(y + EDGE - BODY)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'lang="{t.language}" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{escape(FONT)}"><title>{escape(_clean(chart.title))}</title><desc>{escape(_clean(chart.alt))}</desc>'
        f'<rect width="100%" height="100%" fill="{GROUND}"/>{"".join(parts)}</svg>\n'
    )


def _lines(parts: list[str], lines: Iterable[str], y: float, size: float, colour: str, bold: bool = False) -> float:
    """Lines of text from the base line `y` down; the base line of what follows."""
    weight = ' font-weight="600"' if bold else ""
    for line in lines:
        parts.append(
            f'<text x="{EDGE}" y="{y:.0f}" font-size="{size}" fill="{colour}"{weight}>{escape(_clean(line))}</text>'
        )
        y += size * (1.28 if bold else 1.5)
    return y


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """A text in lines that fit."""
    lines: list[str] = []
    # Broken at plain spaces alone: "88 %" stays together.
    for word in filter(None, re.split(r"[ \t\n]+", text)):
        if lines and _wide(f"{lines[-1]} {word}") * size <= width:
            lines[-1] += f" {word}"
            continue
        while _wide(word) * size > width and len(word) > 1:
            kept = max(next(end for end in range(len(word), 0, -1) if _wide(word[:end]) * size <= width or end == 1), 1)
            lines.append(word[:kept])
            word = word[kept:]
        lines.append(word)
    return lines


def _wide(text: str) -> float:
    """How wide a text is at a size of 1: rather more than in most fonts."""
    return sum(0.32 if one in NARROW else 0.96 if one in BROAD else 0.74 if one.isupper() else 0.58 for one in text)


def _clean(text: str) -> str:
    """The text without the signs that no XML may hold."""
    return re.sub(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _named(body: str) -> str:
    """A figure's drawing with names that no chance has made."""
    names = {found: f"e{place}" for place, found in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', body)))}

    def renamed(found: re.Match[str]) -> str:
        return found.group(1) + names.get(found.group(2), found.group(2))

    return re.sub(r'(\bid="|#)([\w.:-]+)', renamed, body)


def _height(svg: str) -> int:
    found = re.search(r'<svg\b[^>]*\bheight="([\d.]+)"', svg)
    assert found is not None
    return round(float(found.group(1)))


def _poster(svg: str, width: int, height: int) -> dict[str, Any]:
    """A figure of nothing but the page, so that the browser at hand makes pixels of it."""
    image = {
        "source": f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "sizex": 1,
        "sizey": 1,
        "sizing": "stretch",
        "layer": "above",
    }
    hidden = {"visible": False}
    margin = {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0}
    layout = {"width": width, "height": height, "margin": margin, "xaxis": hidden, "yaxis": hidden, "images": [image]}
    return {"data": [], "layout": layout | {"template": {}, "paper_bgcolor": GROUND, "plot_bgcolor": GROUND}}
