"""Charts as drawings inside a web page: in the page's own ink and font, on no ground, the same bytes every time."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from charts import picture
from charts.chart import Chart
from charts.picture import NoPicture
from charts.theme import INK
from words import Words

# A colour that no figure has: text is found by it, and takes the page's.
_TOKEN = "#010203"  # nosec B105: a colour
_CLEAR = "rgba(0,0,0,0)"
SECONDS = 600.0


@dataclass(frozen=True)
class Wanted:
    """A chart to be drawn `width` pixels wide; without its `legend` where the page says it in text."""

    chart: Chart
    width: int
    legend: bool = True


def legend(chart: Chart) -> list[tuple[str, str]]:
    """The names that a drawing tells apart by colour, whole, each with its colour; none where that is not all."""
    spec = chart.figure.to_dict()
    if not spec["layout"].get("showlegend"):
        return []
    found: list[tuple[str, str]] = []
    for trace in spec["data"]:
        colour = trace.get("marker", {}).get("color")
        if not isinstance(colour, str) or not trace.get("meta") or colour in {told for _, told in found}:
            return []
        found.append((unescape(" ".join(trace["meta"][0].split("<br>"))), colour))
    return found


def drawings(wanted: Sequence[Wanted], t: Words, kept: Path | None = None) -> list[str]:
    """Each as `<svg>`, to be set into a page; what `kept`, a folder, has already is not drawn again.

    Drawn by the machine's own Chromium in one go. Raises NoPicture where there is none, or where it does not answer.
    """
    specs = [_spec(one) for one in wanted]
    tool = version("kaleido")
    names = [hashlib.sha256(json.dumps([spec, tool], sort_keys=True).encode()).hexdigest() for spec in specs]
    found = {name: svg for name in names if (svg := _read(kept, name)) is not None}
    missing = {name: spec for name, spec in zip(names, specs, strict=True) if name not in found}
    if missing:
        browser = picture._browser()
        if browser is None:
            raise NoPicture(picture.why_none(t))
        try:
            # A thread of its own, since the caller's may have an event loop already.
            with ThreadPoolExecutor(1) as thread:
                drawn = thread.submit(asyncio.run, _drawn(list(missing.values()), browser)).result()
        except Exception as error:
            raise NoPicture(t("The charts could not be drawn. Try again.")) from error
        for name, svg in zip(missing, drawn, strict=True):
            found[name] = _plain(svg)
            _write(kept, name, found[name])
    return [found[name] for name in names]


def _read(kept: Path | None, name: str) -> str | None:
    path = kept / f"{name}.svg" if kept else None
    return path.read_text(encoding="utf-8") if path and path.exists() else None


def _write(kept: Path | None, name: str, svg: str) -> None:
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        (kept / f"{name}.svg").write_text(svg, encoding="utf-8")


def _spec(one: Wanted) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(json.dumps(one.chart.figure.to_dict()).replace(INK, _TOKEN))
    layout = spec["layout"]
    layout |= {"width": one.width, "height": layout.get("height") or 340, "hovermode": False}
    layout |= {"paper_bgcolor": _CLEAR, "plot_bgcolor": _CLEAR}
    if not one.legend:
        layout["showlegend"] = False
    layout["font"] = {**layout.get("font", {}), "family": picture.FONT, "color": _TOKEN}
    return {"data": spec["data"], "layout": layout}


async def _drawn(specs: Sequence[dict[str, Any]], browser: str) -> list[str]:
    from kaleido import Kaleido

    async def draw() -> list[str]:
        # Nothing is fetched: Plotly's script is the installed one, and formulas are not set.
        async with Kaleido(n=1, timeout=picture.SECONDS, mathjax=False, path=browser) as artist:
            return [
                (
                    await artist.calc_fig(
                        spec,
                        opts={"format": "svg", "width": spec["layout"]["width"], "height": spec["layout"]["height"]},
                    )
                ).decode()
                for spec in specs
            ]

    return await asyncio.wait_for(draw(), SECONDS)


# What a browser takes for granted, or nobody sees.
_DROPPED = (
    r"font-family: [^;\"]*;? ?",
    r"fill-opacity: 1;? ?|stroke-opacity: 1;? ?|opacity: 1;? ?|(?:font-)?(?:weight|style|variant): normal;? ?",
    r"font-(?:weight|style|variant): normal;? ?",
    r"text-shadow: none;? ?|white-space: pre;? ?|pointer-events: (?:all|none);? ?|cursor: [^;\"]*;? ?",
    r"text-decoration-line: none;? ?|text-transform: none;? ?|stroke-miterlimit: 2;? ?|vector-effect: [^;\"]*;? ?",
)
_ATTRIBUTES = re.compile(
    r' (?:data-[\w-]+|xmlns(?::\w+)?|xml:space|class|pointer-events|shape-rendering|crispedges|baseline)="[^"]*"'
)
_EMPTY = re.compile(r"<g(?: [^>]*)?/>|<g(?: [^>]*)?></g>|<defs/>|<defs></defs>|<clipPath[^>]*/>")


def _attributes(tag: re.Match[str]) -> str:
    """A style as attributes: a page's policy may forbid styles in its text."""
    text = tag.group()
    style = re.search(r' style="([^"]*)"', text)
    assert style is not None
    text = text.replace(style.group(), "", 1)
    pairs = [one.split(":", 1) for one in style.group(1).split(";") if ":" in one]
    told = ""
    for name, value in ((name.strip(), value.strip()) for name, value in pairs):
        text = re.sub(rf' {name}="[^"]*"', "", text)
        told += f' {name}="{value}"'
    end = "/>" if text.endswith("/>") else ">"
    return text[: -len(end)] + told + end


def _plain(svg: str) -> str:
    """The drawing without what only a script needs, its ids counted, its text in the page's colour."""
    svg = re.sub(r"<\?xml[^>]*>|<!--.*?-->", "", svg, flags=re.DOTALL)
    for pattern in _DROPPED:
        svg = re.sub(pattern, "", svg)
    svg = re.sub(r"rgb\(1, ?2, ?3\)|#010203", "currentColor", svg)
    svg = re.sub(r"url\((?:'|&quot;)(#[^'&)]*)(?:'|&quot;)\)", r"url(\1)", svg)
    svg = _ATTRIBUTES.sub("", svg)
    svg = re.sub(r' style="\s*"', "", svg)
    svg = re.sub(r"(\d+\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r"<[a-zA-Z]+ [^>]*style=[^>]*>", _attributes, svg)
    while (shorter := _EMPTY.sub("", svg)) != svg:
        svg = shorter
    opening = re.match(r"<svg\b[^>]*>", svg)
    assert opening is not None
    size = [re.search(rf'\b{side}="([\d.]+)"', opening.group()) for side in ("width", "height")]
    width, height = (round(float(found.group(1))) for found in size if found)
    head = (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true" focusable="false">'
    )
    return picture._named(head + svg[opening.end() :])
