"""A thousand cells made to act somewhere, each another, and a park of which every name is one of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import cycle, islice

# `trap()` is what the page that is looked at listens for; `planted` marks whatever such a cell would make.
RUN = "trap()"
MARKUP = (
    "<script>{run}</script>",
    "</script><script>{run}</script>",
    "<img src=x class=planted onerror={run}>",
    "<svg class=planted onload={run}>",
    "<iframe class=planted srcdoc='<script>parent.{run}</script>'>",
    "<a class=planted href=https://elsewhere.example/{n}>lien</a>",
    "<style class=planted>*{{display:none}}</style>",
    "<meta class=planted http-equiv=refresh content=0;url=https://elsewhere.example>",
    "<base class=planted href=https://elsewhere.example/>",
    "<form class=planted action=https://elsewhere.example><input name=a></form>",
    "<details open class=planted ontoggle={run}>",
    "<b class=planted>gras</b>",
    '"><img src=x class=planted onerror={run}>',
    "' autofocus onfocus={run} class=planted x='",
    "--><img src=x class=planted onerror={run}>",
    "]]><img src=x class=planted onerror={run}>",
    "&lt;img src=x class=planted onerror={run}&gt;",
    "&#60;script&#62;{run}&#60;/script&#62;",
    "\\u003cimg src=x class=planted onerror={run}\\u003e",
    "${{{run}}}{{{{{run}}}}}<%={run}%>",
)
MARKDOWN = (
    "[lien](https://elsewhere.example/{n})",
    "[lien](javascript:{run})",
    "![image](https://elsewhere.example/{n}.png)",
    "<https://elsewhere.example/{n}>",
    "https://elsewhere.example/{n}",
    "www.elsewhere.example/{n}",
    "a@elsewhere.example",
    "javascript:{run}",
    "JaVaScRiPt:{run}",
    "java\tscript:{run}",
    "data:text/html,<script>{run}</script>",
    "[lien][1]\n\n[1]: https://elsewhere.example/{n}",
    "# titre",
    "**gras** _ital_ ~~non~~ `code`",
    "```\ncode\n```",
    "| a | b |\n|---|---|\n| c | d |",
    "1. un",
    "- un",
    "> cité",
    "---",
    ":red[rouge] :blue-background[fond] :small[petit]",
    ":material/home: :smile: :streamlit:",
    ":color[a]{{foreground='red'}}",
)
LATEX = (
    r"$\href{{javascript:{run}}}{{x}}$",
    r"$$\url{{https://elsewhere.example/{n}}}$$",
    r"$\includegraphics{{https://elsewhere.example/{n}}}$",
    r"$x^2$",
    r"$\htmlClass{{planted}}{{x}}$",
    r"\(\def\a{{\a\a}}\a\)",
)
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    '=HYPERLINK("https://elsewhere.example/{n}","x")',
    '=WEBSERVICE("https://elsewhere.example/{n}")',
    "=cmd|'/C calc'!A0",
    '=IMPORTXML("https://elsewhere.example/{n}";"//a")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "'=1+1",
    '"=1+1',
    ";=1+1",
    ",=1+1",
    "{{=1+1}}",
    "＝1+1",
    "＋1+1",
    "＠SUM(1)",
    "\ufeff=1+1",
    "\u200b=1+1",
    "%=1+1",
    "=-2+3+cmd|'/C calc'!A0",
    '=DDE("cmd";"/C calc";"x")',
    "of:=1+1",
    "msoxl:=1+1",
)
WRITING = (
    "\u202egpj.exe\u202c",
    "a\u200bb\u200cc\u200dd",
    "\u2066isolé\u2069",
    "\u200f=\u200e",
    "e\u0301" * 20,
    "a" + "\u0301" * 60,
    "\u061c\u2067عربي\u2069",
    "<\u200bscript>{run}</script>",
    "＜script＞{run}＜/script＞",
    "%3Cscript%3E{run}%3C/script%3E",
    "x" * 300,
    "../../etc/passwd",
    "%00",
    "null",
    "__proto__",
    "constructor",
    "toString",
    "{{n}}",
    "{{0.__class__}}",
    "%(n)s %s",
    "'; drop table firms; --",
    "$site $1 :site ?",
)
KINDS = (*MARKUP, *MARKDOWN, *LATEX, *FORMULAS, *WRITING)


def cells(number: int = 1_000) -> list[str]:
    """So many cells, no two alike."""

    def made() -> Iterator[str]:
        for place, kind in enumerate(cycle(KINDS)):
            told = kind.format(run=RUN, n=place)
            # The first of a kind as it is, later ones with something behind them that tells them apart.
            yield told if place < len(KINDS) else f"{told} {place}"

    return list(islice(made(), number))


HEADER = ["Raison sociale", "Site", "Secteur", "Sous-secteur", "Date d'entrée", "Gérant", "Promotion", "Motif", "Note"]
FILE = "=1+1<img src=x class=planted onerror=trap()>[lien](javascript:trap()) $x^2$.csv"


def rows(every: list[str]) -> list[list[str]]:
    """Tenants whose cells are these: names, and few sites and sectors, for each of them is a line of every chart."""
    sites, sectors, cohorts, rest = every[:20], every[20:60], every[60:80], every[80:]
    names, others = rest[: len(rest) * 2 // 5], iter(rest[len(rest) * 2 // 5 :])
    return [
        [
            name,
            sites[place % len(sites)],
            sectors[place % len(sectors)],
            next(others, ""),
            f"{2010 + place % 9}-{1 + place % 12:02d}-13",
            next(others, ""),
            cohorts[place % len(cohorts)],
            next(others, ""),
            next(others, ""),
        ]
        for place, name in enumerate(names)
    ]


def listed(told: list[list[str]]) -> bytes:
    """A spreadsheet of these rows, every cell quoted."""
    target = io.StringIO()
    csv.writer(target, delimiter=";", quoting=csv.QUOTE_ALL).writerows([HEADER, *told])
    return target.getvalue().encode()
