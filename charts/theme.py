"""What every figure has in common: one colour per name whatever the filters, quiet axes, room on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from html import escape
from textwrap import wrap
from typing import Any
from zlib import crc32

import plotly.graph_objects as go
from plotly.io.json import to_json_plotly

from metrics.ask import NONE
from words import Words

# Each at least 3:1 against the light and the dark ground of .streamlit/config.toml, and each two of them apart for
# people with any colour blindness.
PALETTE = ("#178799", "#c07f1f", "#974f6e", "#8b86ec", "#75660d", "#ce455e", "#5e64c0", "#497049")
OTHER = "#7d8a91"
# Lines that stand back, on either ground.
FAINT = "rgba(125,138,145,0.28)"
QUIET = "rgba(125,138,145,0.55)"
# Not a colour but Streamlit's own mark for the colour of text: the browser puts in what suits its ground, light or
# dark. Left to itself it writes in a grey that is too faint on white. On paper it is as good as black.
INK = "#000037"
# How names that have to share a colour are told apart.
DASHES = ("solid", "dash", "dot", "dashdot")
PATTERNS = ("", ".", "x", "+")
# How many names a figure tells apart; with more, the last place is that of all others.
NAMES = 8

SMALL, NORMAL = 12, 13

# Nothing beside a figure: what its bar of buttons offers is in English, and its tab stops lead nowhere.
CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True}


@dataclass(frozen=True)
class Look:
    """All the names there are, each dimension's in its lasting order: what gives each its colour, whatever the filter.

    A name of no list has a colour of its own, too, by its letters alone.
    """

    sites: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()

    @cached_property
    def places(self) -> Mapping[str, Mapping[str, int]]:
        """The place of each name in its dimension."""
        named = {"site": self.sites, "sector": self.sectors, "cohort": self.cohorts}
        return {
            dimension: {name: place for place, name in enumerate(one for one in names if one != NONE)}
            for dimension, names in named.items()
        }

    def colour(self, dimension: str | None, name: str | None) -> str:
        """The colour of a name; grey for what has none."""
        if name is None or name == NONE:
            return OTHER
        place = self.places.get(dimension or "", {}).get(name)
        return PALETTE[(crc32(name.encode()) if place is None else place) % len(PALETTE)]

    def order(self, dimension: str | None, names: Iterable[str]) -> list[str]:
        """The names in their lasting order; those of no list after them by name, "(none)" last."""
        places = self.places.get(dimension or "", {})
        return sorted(names, key=lambda name: (name == NONE, places.get(name, len(places)), name))

    def marks(self, dimension: str | None, names: Iterable[str]) -> list[tuple[str, int]]:
        """For each name its colour, and how many names before it have the same one."""
        seen: dict[str, int] = {}
        found = []
        for name in names:
            colour = self.colour(dimension, name)
            found.append((colour, seen.get(colour, 0)))
            seen[colour] = seen.get(colour, 0) + 1
        return found


def safe(text: object) -> str:
    """A text as Plotly shows it unchanged: what looks like markup stays text."""
    return escape(str(text), quote=False)


def short(name: str, width: int = 28, lines: int = 1) -> str:
    """A name that fits in so many lines of so many letters, for Plotly; its end left out where it does not."""
    parts = wrap(name, width, break_on_hyphens=False) or [""]
    if len(parts) > lines:
        last = parts[lines - 1]
        parts = [*parts[: lines - 1], (last if len(last) < width else last[: width - 1]).rstrip(" ,;:-–") + "…"]
    return "<br>".join(safe(part) for part in parts)


def rgba(colour: str, opacity: float) -> str:
    """A colour of the palette, seen through."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def luminance(colour: str) -> float:
    """How light a colour is, from 0 to 1 (WCAG 2.2)."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def on(colour: str) -> str:
    """Black or white, whichever is read more easily on a colour."""
    light = luminance(colour)
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#000000"


def axis(**also: Any) -> dict[str, Any]:
    """An axis that nobody can drag, without grid or line of its own."""
    return {
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "tickangle": 0,
        "automargin": True,
        "tickfont": {"size": SMALL, "color": INK},
        **also,
    }


class Plain(go.Figure):
    """A figure that is a plain specification until somebody asks for its parts.

    Building Plotly's objects costs more than all else that a form does, and who shows a figure needs its JSON alone.
    The forms' tests check that what they specify is valid.
    """

    _spec: dict[str, Any]

    def __init__(self, spec: dict[str, Any]) -> None:
        object.__setattr__(self, "_spec", spec)

    @cached_property
    def _built(self) -> go.Figure:
        return go.Figure(self._spec)

    @property
    def data(self) -> Any:
        return self._built.data

    @property
    def layout(self) -> Any:
        return self._built.layout

    def to_dict(self) -> dict[str, Any]:
        return deepcopy(self._spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return Plain, (self._spec,)

    def to_plotly_json(self) -> dict[str, Any]:
        return self.to_dict()

    def to_json(self, *args: Any, **kwargs: Any) -> str:
        return str(to_json_plotly(self._spec))


def figure(
    data: Sequence[Mapping[str, Any]],
    t: Words,
    *,
    height: int,
    hovermode: str | bool = "closest",
    margin: Mapping[str, int] | None = None,
    **layout: Any,
) -> go.Figure:
    """A figure in the common look. Colours of text and ground are left to the page, which knows whether it is dark."""
    common: dict[str, Any] = {
        # Without one of its own, each figure would carry Plotly's whole template.
        "template": {},
        "height": height,
        "margin": {"l": 4, "r": 4, "t": 8, "b": 4, "pad": 4, **(margin or {})},
        "font": {"size": NORMAL, "color": INK},
        "separators": t.separators,
        "dragmode": False,
        "hovermode": hovermode,
        "hoverlabel": {"align": "left", "font": {"size": NORMAL, "color": INK}, "namelength": -1},
        "showlegend": False,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1,
            "xanchor": "left",
            "yanchor": "bottom",
            "traceorder": "normal",
            "font": {"size": NORMAL, "color": INK},
            "itemclick": False,
            "itemdoubleclick": False,
            "title": {"text": ""},
        },
        "bargap": 0.18,
        "xaxis": axis(),
        "yaxis": axis(),
    }
    return Plain({"data": list(data), "layout": {**common, **layout}})


def words_in(text: str, *, size: int = SMALL, **place: Any) -> dict[str, Any]:
    """An annotation without arrow, in the colour of the page's text; `text` is Plotly's, so names in it are safe()."""
    return {"text": text, "showarrow": False, "font": {"size": size}, "align": "left", **place}
