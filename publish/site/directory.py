"""The directory on the public site: firms that agreed to be listed, by sector and category, and the list as files."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from publish.directory import FIELDS, Entry
from publish.release import Release
from publish.site.block import Filters, Link, Page, Text
from publish.site.reader import Reader

# Every file's name begins with it: whoever serves them knows by it which ones may be gone the next moment.
NAME = "directory"
BY = ("sector", "category")


@dataclass(frozen=True)
class Firm:
    """A firm as it is listed: where it is, what it does, and its solutions."""

    name: str
    about: Sequence[str]
    websites: Sequence[str]
    solutions: Sequence[dict[str, str]]


@dataclass(frozen=True)
class Firms:
    """The firms of a page, and the words around the field that searches them; `filters` lead to those of a sector or a
    category."""

    firms: Sequence[Firm]
    filters: Filters
    search: str
    count: str
    none: str
    kind: str = "firms"


def pages(reader: Reader, entries: Sequence[Entry]) -> Iterator[Page]:
    """The whole directory, and a page for every sector and every category in it."""
    slugs = {by: _slugs(entry.told[by] for entry in entries if by in entry.told) for by in BY}
    yield _page(reader, entries, slugs, f"{NAME}.html")
    for by in BY:
        for label in slugs[by]:
            its = [entry for entry in entries if entry.told.get(by) == label]
            yield _page(reader, its, slugs, _file(slugs, by, label), by, label)


def _file(slugs: dict[str, dict[str, str]], by: str, label: str) -> str:
    return f"{NAME}-{by}-{slugs[by][label]}.html"


def _page(
    reader: Reader,
    entries: Sequence[Entry],
    slugs: dict[str, dict[str, str]],
    file: str,
    by: str = "",
    label: str = "",
) -> Page:
    t = reader.t
    firms = _firms(entries)
    called = {"sector": t("Sector"), "category": t("Category")}
    rows = []
    for one, its in slugs.items():
        if its:
            whole = Link(t("All"), f"{NAME}.html", by != one)
            links = [Link(name, _file(slugs, one, name), (by, label) == (one, name)) for name in its]
            rows.append((called[one], [whole, *links]))
    searched = Firms(
        firms,
        Filters(rows),
        t("Search firms and solutions"),
        t("{shown} of {all}", shown="{shown}", all="{all}"),
        t("No firm fits these words."),
    )
    folder = f"{{root}}r/{reader.release.number}/data/"
    about = Text(
        "about",
        t("Who is listed"),
        [
            t("Firms stand here that agreed to it, with what they agreed to show, for as long as they agreed."),
            t("A firm that takes its consent back is gone from every page and file at once."),
            t("Keep no copy: who is listed today may not be tomorrow."),
        ],
        [Link(f"{NAME}.{ending}", f"{folder}{NAME}.{ending}") for ending in ("csv", "json")],
    )
    lead = t.many("{n:,} firm agreed to be listed.", "{n:,} firms agreed to be listed.", len(firms))
    if not firms:
        lead = t("No firm is listed at the moment.")
    return Page(file, label or t("Directory"), lead, [*([searched] if firms else []), about], NAME)


def _firms(entries: Iterable[Entry]) -> list[Firm]:
    """A firm once, however many of its solutions are listed."""
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(entry.who, []).append(entry)
    firms = []
    for its in grouped.values():
        about = dict.fromkeys(one.told[name] for name in ("site", "sector") for one in its if name in one.told)
        solutions = [dict(one.told) for one in its if {"solution", "category", "description"} & {*one.told}]
        websites = dict.fromkeys(one.told["website"] for one in its if "website" in one.told)
        firms.append(Firm(its[0].firm, [*about], [*websites], solutions))
    return firms


def _slugs(labels: Iterable[str]) -> dict[str, str]:
    """A file's name for each label, of plain letters, each another."""
    found: dict[str, str] = {}
    for label in sorted(set(labels), key=lambda one: (unicodedata.normalize("NFKD", one.casefold()), one)):
        folded = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:40].strip("-") or "other"
        again = 1
        while slug in found.values():
            again += 1
            slug = f"{slug.rstrip('0123456789').rstrip('-')}-{again}"
        found[label] = slug
    return found


def files(release: Release, entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """The directory of a release as it may be shown now, for spreadsheets and for programs."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["firm", *FIELDS])
    for entry in entries:
        writer.writerow(map(_harmless, (entry.firm, *(entry.told.get(name, "") for name in FIELDS))))
    yield f"{NAME}.csv", out.getvalue().encode()
    note = "Firms that agreed to be listed, as long as they agree: ask again before you use a copy."
    told = {"release": release.number, "note": note, "firms": [{"firm": one.firm, **one.told} for one in entries]}
    yield f"{NAME}.json", (json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
