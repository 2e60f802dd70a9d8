"""The picture that stands for the site where its address is shared: the headline figures, in the park's colours."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path

from charts.picture import FONT, NoPicture, pixels
from metrics import METRICS
from publish.site.cuts import since
from publish.site.reader import Reader

WIDTH, HEIGHT = 1200, 630
_INSIDE = Path(__file__).resolve().parents[2] / "ui" / "static"
_DEEP, _PALE, _SOFT, _WARM = "#0a3d49", "#ffffff", "#b9dbe1", "#ffc680"


def name(reader: Reader) -> str:
    return f"{reader.release.number}-{reader.t.language}.png"


def _figures(reader: Reader) -> list[tuple[str, str]]:
    t = reader.t
    labels = {"hosted": t("Hosted firms"), "former": t("Former tenants"), "survival_5y": t("In activity at five years")}
    found = []
    if not reader.has("former"):
        labels["entries"] = t("Entries since {year}", year=str(since(reader).year))
    for table, label in labels.items():
        if not reader.has(table):
            continue
        cell = reader.content.cell(table) or {"value": None}
        found.append((reader.figure(cell, METRICS[table].unit), label))
    return found


def alt(reader: Reader) -> str:
    """The card in words."""
    told = reader.t.list([f"{label} {value}" for value, label in _figures(reader)])
    return f"{reader.publisher}: {told}. {reader.invented}" if reader.invented else f"{reader.publisher}: {told}"


def svg(reader: Reader) -> str:
    """The card as a drawing."""
    t = reader.t
    parts = []
    for place, (value, label) in enumerate(_figures(reader)):
        x = 80 + place * 355
        parts.append(f'<text x="{x}" y="350" font-size="104" font-weight="600" fill="{_PALE}">{escape(value)}</text>')
        parts.append(f'<text x="{x}" y="404" font-size="29" fill="{_SOFT}">{escape(label)}</text>')
    situation = t("Situation on {as_of}", as_of=reader.content.as_of)
    number = t("Release {number}", number=str(reader.release.number))
    if reader.invented:
        parts.append(f'<text x="80" y="592" font-size="26" fill="{_WARM}">{escape(reader.invented)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="{escape(f"Plex, {FONT}")}">{_font()}<rect width="100%" height="100%" fill="{_DEEP}"/>'
        f'<g transform="translate(76 78) scale(2)" fill="#6ccbd9">{_mark()}</g>'
        f'<path d="M0 622H{WIDTH}" stroke="#6ccbd9" stroke-width="16"/>'
        f'<text x="160" y="130" font-size="50" font-weight="600" fill="{_PALE}">{escape(reader.publisher)}</text>'
        f"{''.join(parts)}"
        f'<text x="80" y="546" font-size="30" fill="{_SOFT}">{escape(f"{situation} · {number}")}</text></svg>'
    )


@cache
def _font() -> str:
    """The site's own font inside the drawing, since the machine that draws may not have it."""
    (file,) = _INSIDE.glob("plex-latin.*.woff2")
    told = base64.b64encode(file.read_bytes()).decode()
    face = f'font-family:"Plex";font-weight:100 700;src:url(data:font/woff2;base64,{told})'
    return f"<style>@font-face{{{face}}}</style>"


@cache
def _mark() -> str:
    """The logo's seven cells, the one in another colour as it is."""
    paths = re.findall(r"<path [^>]*/>", (_INSIDE / "logo.svg").read_text(encoding="utf-8"))
    return "".join(path.replace('fill="#178799" ', "") for path in paths)


def drawn(readers: Sequence[Reader], kept: Path | None) -> dict[str, bytes]:
    """Each reader's card as PNG by its name; none where this machine cannot draw."""
    found: dict[str, bytes] = {}
    for reader in readers:
        drawing = svg(reader)
        path = kept / f"{hashlib.sha256(drawing.encode()).hexdigest()}.png" if kept else None
        if path is not None and path.exists():
            found[name(reader)] = path.read_bytes()
            continue
        try:
            found[name(reader)] = pixels(drawing, WIDTH, HEIGHT, reader.t)
        except NoPicture:
            return found
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(found[name(reader)])
    return found
