"""The page that the app grows in: Streamlit's, in the reader's language, with our font, style and script."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st
from streamlit import config

import words
from access.assets import Shelf
from data.home import Home
from words import LANGUAGES, Words, mark

here = Path(__file__).resolve().parent
STREAMLIT = Path(st.__file__).parent / "static"
FOLDERS = {"/static": STREAMLIT / "static", "/app/static": here / "static"}
# What Streamlit says in English alone, to the ear or at the edge of things; essaim.js says it in the reader's words.
CHROME = (
    mark("Skip to main content"),
    mark("App pages"),
    mark("Logo"),
    mark("Navigate to home page"),
    mark("Help"),
    mark("Help for {thing}"),
    mark("Fullscreen"),
    mark("Close fullscreen"),
    mark("Close"),
    mark("Running..."),
    mark("Show/hide columns"),
    mark("Download as CSV"),
    mark("Search"),
    mark("Clear selection"),
    mark("Previous Result"),
    mark("Next Result"),
    mark("Close Search"),
    mark("Dataframe column menu"),
    mark("Copy column name"),
    mark("Select all"),
    mark("Sort ascending"),
    mark("Sort descending"),
    mark("Format"),
    mark("Autosize"),
    mark("Pin column"),
    mark("Unpin column"),
    mark("Hide column"),
    mark("Clear date"),
    mark("Choose date"),
    mark("Choose date, {month}"),
    mark("Clear dates"),
    mark("Choose date range"),
    mark("Previous month"),
    mark("Next month"),
    mark("Use arrow keys to navigate dates. Enter to select. Escape to close."),
    mark("day, {field}"),
    mark("month, {field}"),
    mark("year, {field}"),
    mark("Empty"),
    mark("dd"),
    mark("mm"),
    mark("yyyy"),
    mark("Open"),
    mark("Clear all"),
    mark("Clear value"),
    mark("Clear entry"),
    mark("Remove {thing}"),
    mark("Selected values"),
    mark("Select {n} matches"),
    mark("No results"),
    mark("No options to select"),
    mark("Press Enter to apply"),
    mark("Link to heading"),
    mark("Notifications"),
)


def shelf() -> Shelf:
    """The files of the page, Streamlit's and ours; their compressed twins are kept in the home of the ledger."""
    return Shelf(FOLDERS, Home.from_environment().folder / "assets")


class Changed(Exception):
    """Streamlit's page is not the one that is rewritten here."""


def pages() -> dict[tuple[str, str], bytes]:
    """The page per language shown and language that the reader's browser prefers."""
    return {(shown, own): page(shown, own).encode() for shown in LANGUAGES for own in LANGUAGES}


def take_files_up_to(size: int) -> None:
    """Has Streamlit take files of so many bytes, in whole megabytes of its own; what is larger it turns away itself."""
    config.set_option("server.maxUploadSize", -(-size // 1024**2))


def page(language: str, preferred: str) -> str:
    """The whole page in one language, for a reader whose browser prefers `preferred`.

    Raises Changed where Streamlit's own has not the places that are rewritten.
    """
    t = words.of(language)
    text = (STREAMLIT / "index.html").read_text(encoding="utf-8")
    text = _swap(text, r'<html lang="en">', f'<html lang="{language}">')
    text = _swap(text, r"<title>.*?</title>", "<title>Essaim</title>")
    # Behind Streamlit's own, so that ours counts.
    text = _swap(text, r"</head>", f"{_head(t, preferred)}\n  </head>")
    text = _swap(text, r'<link rel="shortcut icon"[^>]*>', f'<link rel="icon" href="{ours("logo.svg")}" />')
    # Our font comes instead of Streamlit's.
    font = next((here / "static").glob("plex-latin.*.woff2")).name
    preload = f'<link rel="preload" href="./app/static/{font}" as="font" type="font/woff2" crossorigin />'
    text = _swap(text, r'<link\s+rel="preload"[^>]*>', preload)
    text = _swap(text, r'<link rel="service-desc"[^>]*>', "")
    return _swap(text, r"<noscript>.*?</noscript>", f"<noscript><p>{escape(_without_script(t))}</p></noscript>")


def _head(t: Words, preferred: str) -> str:
    says = t(
        "The figures of a technology park: firms hosted, entries, five-year survival, each with its definition and the "
        "day it describes."
    )
    return "\n".join(
        [
            f'    <meta name="description" content="{escape(says)}" />',
            f'    <meta name="essaim-language" content="{preferred}" />',
            f'    <meta name="essaim-words" content="{escape(_chrome())}" />',
            f'    <link rel="stylesheet" href="{ours("essaim.css")}" />',
            f'    <script src="{ours("essaim.js")}"></script>',
        ]
    )


def _chrome() -> str:
    """Streamlit's own words in every language but its own, as JSON: the language may change while the page stays."""
    told = {name: {said: words.of(name)(said) for said in CHROME} for name in LANGUAGES if name != "en"}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _without_script(t: Words) -> str:
    return t("This app needs JavaScript.")


@cache
def ours(name: str) -> str:
    """The address of a file of ours; it changes with the content, so that browsers may keep it."""
    digest = hashlib.sha256((here / "static" / name).read_bytes()).hexdigest()[:8]
    return f"./app/static/{name}?{digest}"


def _swap(text: str, pattern: str, replacement: str) -> str:
    swapped, count = re.subn(pattern, lambda _: replacement, text, count=1, flags=re.DOTALL)
    if not count:
        raise Changed(f"Streamlit's index.html has no {pattern}")
    return swapped
