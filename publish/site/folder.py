"""Writes the site into a folder: the current release at the top, every release under its number, and their data."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import words
from charts.picture import NoPicture
from charts.svg import Wanted, drawings
from publish import api, dcat, openapi, package
from publish.dataset import Dataset
from publish.directory import Entry
from publish.release import Release, current
from publish.settings import Settings
from publish.site import about, audience, card, directory, embed, pages
from publish.site.block import Figure, Link, Page, Table, Tiles
from publish.site.reader import Reader
from words import LANGUAGES, Words

_HERE = Path(__file__).resolve().parent
_INSIDE = _HERE.parents[1] / "ui" / "static"
Draw = Callable[[Sequence[Wanted], Words, Path | None], list[str]]
# The drawings of a figure, by its identity: each with its size.
Drawn = Mapping[int, tuple[tuple[str, str], ...]]
BROAD, NARROW = embed.WIDTH, 350
MANIFEST = "manifest.json"
_IDS = re.compile(r'(\bid="|url\(#|href="#)(e\d+)')


@dataclass(frozen=True)
class _Version:
    """One release in one language, at one place of the site: `folder` is where its pages lie, from the site's root."""

    reader: Reader
    pages: tuple[Page, ...]
    folder: str

    @property
    def root(self) -> str:
        return "../" * (self.folder.count("/") + 1)


def write(
    folder: Path,
    every: Sequence[Release],
    settings: Settings,
    *,
    url: str = "",
    kept: Path | None = None,
    draw: Draw = drawings,
    cards: bool = True,
    listed: Mapping[int, Sequence[Entry]] | None = None,
) -> int:
    """Writes all pages and files; returns how many pages.

    `url` is where the site will be, `kept` a folder of what was drawn already, `draw` what draws; `cards` are the
    pictures for addresses that are shared, `listed` the directories of releases by number (see
    `directory.listed`). What was in the folder from an earlier time goes. Raises NoPicture where
    nothing can draw.
    """
    now = current(every)
    if now is None:
        raise ValueError("no release stands")
    base = url if not url or url.endswith("/") else f"{url}/"
    files: dict[str, bytes] = {}
    assets = _assets(files)
    listed = listed or {}
    versions = list(_versions(every, now, settings, base, listed))
    drawn = _drawn(versions, kept, draw)
    shared = [version.reader for version in versions if version.folder.startswith("r/")]
    pictures = card.drawn(shared, kept) if cards else {}
    files |= {f"cards/{name}": content for name, content in pictures.items()}
    environment = Environment(
        loader=PackageLoader("publish.site"), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    template, framed = environment.get_template("page.html"), environment.get_template("embed.html")
    count = 0
    for version in versions:
        for page in version.pages:
            told = _told(version, page, every, now, assets, base, drawn, pictures, settings)
            files[f"{version.folder}/{page.file}"] = template.render(told).encode()
            if not version.reader.audience:
                files |= dict(_embedded(version, page, drawn, told, framed.render))
            count += 1
    start = environment.get_template("start.html")
    for release in [None, *every]:
        prefix = f"r/{release.number}/" if release else ""
        root = "../" * prefix.count("/")
        known = [{"code": code, "name": name, "path": f"{code}/index.html"} for code, name in LANGUAGES.items()]
        told = {"first": known[0], "languages": known, "root": root, "assets": assets, "publisher": settings.publisher}
        files[f"{prefix}index.html"] = start.render(told).encode()
    standing: list[Dataset] = []
    for release in every:
        if release.withdrawn is None:
            place = f"r/{release.number}/data/"
            dataset = Dataset.of(release, every, settings, f"{base}{place}" if base else "")
            files |= {place + name: content for name, content in package.files(dataset)}
            if release.number in listed:
                its = directory.files(release, listed[release.number])
                files |= {place + name: content for name, content in its}
            files |= dict(api.files(dataset, str(release.number), *(["current"] if release is now else [])))
            standing.append(dataset)
    if not any(version.reader.audience for version in versions):
        files |= openapi.files(standing, settings, _origin(base))
    _put(folder, files)
    return count


def write_nothing(folder: Path, every: Sequence[Release], settings: Settings) -> None:
    """Writes the site of a park of which no release stands: a page in each language that says so, why, and when there
    will be one; no figure."""
    files: dict[str, bytes] = {}
    assets = _assets(files)
    environment = Environment(loader=PackageLoader("publish.site"), autoescape=True, undefined=StrictUndefined)
    known = [{"code": code, "name": name, "path": f"{code}/index.html"} for code, name in LANGUAGES.items()]
    told: dict[str, Any] = {"languages": known, "assets": assets, "publisher": settings.publisher}
    for language in LANGUAGES:
        t = words.of(language)
        title, said = audience.nothing(t, every) or _nothing(t, every, settings)
        page = {**told, "root": "../", "t": t, "title": title, "said": said}
        files[f"{language}/index.html"] = environment.get_template("nothing.html").render(page).encode()
    start = {**told, "first": known[0], "root": ""}
    files["index.html"] = environment.get_template("start.html").render(start).encode()
    files |= {"api/v1/current/metrics.json": b'{"metrics": [], "release": null}\n', **openapi.files([], settings)}
    _put(folder, files)


def _nothing(t: Words, every: Sequence[Release], settings: Settings) -> tuple[str, list[str]]:
    """A title and the sentences under it."""
    said = [t("Figures appear here once they are released: checked, protected, dated, and kept for good.")]
    for release in every:
        reason = release.withdrawn.body["reason"] if release.withdrawn else ""
        said.append(
            t.sentence(t("Release {number} was withdrawn: {reason}", number=str(release.number), reason=reason))
        )
    said += [
        t("The next release is planned for {day}.", day=day)
        for day in [one for one in settings.dates if one >= date.today()][:1]
    ]
    return t("No figures are public at the moment"), said


def _versions(
    every: Sequence[Release], now: Release, settings: Settings, base: str, listed: Mapping[int, Sequence[Entry]]
) -> Iterator[_Version]:
    for language in LANGUAGES:
        t = words.of(language)
        for release in every:
            reader = Reader(release, t, base, settings.publisher, settings.licence)
            upto = [one for one in every if one.number <= release.number]
            made = (*pages.pages(reader), *about.pages(reader, every if release is now else upto, settings.dates))
            if release.number in listed:
                made = (*made, *directory.pages(reader, listed[release.number]))
            yield _Version(reader, made, f"r/{release.number}/{language}")
            if release is now:
                yield _Version(reader, made, language)


def _figures(versions: Iterable[_Version]) -> Iterator[tuple[Figure, Words]]:
    for version in versions:
        for page in version.pages:
            for block in page.blocks:
                if isinstance(block, Figure) and block.chart is not None:
                    yield block, version.reader.t


def _drawn(versions: Sequence[_Version], kept: Path | None, draw: Draw) -> Drawn:
    """The drawings of every figure, by its identity: a broad and a narrow one."""
    figures = list({id(figure): figure for figure, _ in _figures(versions)}.values())
    charts = [(figure, figure.chart) for figure in figures if figure.chart is not None]
    wanted = [Wanted(chart, width, not figure.legend) for figure, chart in charts for width in (BROAD, NARROW)]
    if not wanted:
        return {}
    svgs = draw(wanted, words.of("en"), kept)
    return {
        id(figure): (("broad", svgs[2 * place]), ("narrow", svgs[2 * place + 1]))
        for place, (figure, _) in enumerate(charts)
    }


def _told(
    version: _Version,
    page: Page,
    every: Sequence[Release],
    now: Release,
    assets: Mapping[str, str],
    base: str,
    drawn: Drawn,
    cards: Mapping[str, bytes],
    settings: Settings,
) -> dict[str, Any]:
    """All that the template of a page needs."""
    t, reader = version.reader.t, version.reader
    prefix = version.folder.removesuffix(t.language)
    name, data = card.name(reader), f"r/{reader.release.number}/data/"
    seen = 0

    def figures(figure: Figure) -> list[tuple[str, str]]:
        # Each drawing's ids are told apart from those of the page's other drawings.
        nonlocal seen
        found = []
        for size, svg in drawn.get(id(figure), ()):
            seen += 1
            found.append((size, _told_apart(svg, seen)))
        return found

    def embedded(figure: Figure) -> dict[str, str]:
        if reader.release.withdrawn is not None or reader.audience:
            return {}
        at = _place(version, page, figure, drawn)
        text = embed.snippet(at, figure.title, base or version.root)
        return {"page": version.root + at.page, "drawing": at.drawing and version.root + at.drawing, "text": text}

    return {
        "page": page,
        "page_hides": any(_hides(block) for block in page.blocks),
        "t": t,
        "root": version.root,
        "base": base,
        "here": f"{version.folder}/{page.file}",
        "number": reader.release.number,
        "publisher": reader.publisher,
        "assets": assets,
        "card": f"cards/{name}" if name in cards else "",
        "card_alt": card.alt(reader),
        "languages": [
            {"code": code, "name": told, "path": f"{prefix}{code}/{page.file}"} for code, told in LANGUAGES.items()
        ],
        "sections": _sections(t, page, {one.file for one in version.pages}),
        "banner": _banner(version, page, now),
        "drawn": figures,
        "embed": embedded,
        "licence": settings.licence,
        "audience": audience.banner(reader),
        "invented": reader.invented,
        "words": _words(reader),
        "cite": reader.cite(page.file, "", page.title),
        "for_search": dcat.for_search(Dataset.of(reader.release, every, settings, f"{base or version.root}{data}"), t),
    }


def _told_apart(svg: str, place: int) -> str:
    return _IDS.sub(rf"\g<1>d{place}\g<2>", svg)


def _place(version: _Version, page: Page, figure: Figure, drawn: Drawn) -> embed.Place:
    svgs = drawn.get(id(figure), ())
    return embed.place(version.folder, page, figure, svgs[0][1] if svgs else "")


def _embedded(
    version: _Version, page: Page, drawn: Drawn, told: Mapping[str, Any], render: embed.Render
) -> Iterator[tuple[str, bytes]]:
    """Every figure of a page alone, by the names of its files."""
    for figure in page.blocks:
        if isinstance(figure, Figure):
            at = _place(version, page, figure, drawn)
            svgs = [(size, _told_apart(svg, place)) for place, (size, svg) in enumerate(drawn.get(id(figure), ()), 1)]
            here = {**told, "root": "../" * at.page.count("/"), "page": f"{told['here']}#{figure.id}"}
            yield from embed.files(version.reader, figure, at, render, svgs, here)


def _origin(base: str) -> str:
    """The host that the site is on: the API answers at its root, whatever folder the site is in."""
    found = re.match(r"https?://[^/]+", base)
    return found.group() if found else ""


def _hides(block: Any) -> bool:
    if isinstance(block, Tiles):
        return any(tile.hidden for tile in block.tiles)
    table = block.table if isinstance(block, Figure) else block
    return isinstance(table, Table) and table.hides


def _sections(t: Words, page: Page, there: set[str]) -> list[Link]:
    """The pages that lead to all others; a release may be without some."""
    named = {
        "index": t("Overview"),
        "site": t("Sites"),
        "sector": t("Sectors"),
        "entries": t("Entries"),
        "survival": t("Survival"),
        "cohorts": t("Cohorts"),
        "programmes": t("Programmes"),
        directory.NAME: t("Directory"),
        "method": t("Method"),
        "releases": t("Releases"),
        "data": t("Data"),
    }
    files = {"site": "sites.html", "sector": "sectors.html"}
    links = [Link(text, files.get(name, f"{name}.html"), page.section == name) for name, text in named.items()]
    return [link for link in links if link.href in there]


def _banner(version: _Version, page: Page, now: Release) -> dict[str, str] | None:
    """What an old release says of itself on every page."""
    t, release = version.reader.t, version.reader.release
    if release is now:
        return None
    href = f"{version.root}{t.language}/index.html"
    link = t("Go to release {number}", number=str(now.number))
    if release.withdrawn is not None:
        reason = release.withdrawn.body["reason"]
        text = t("Release {number} was withdrawn: {reason}", number=str(release.number), reason=reason)
        return {"kind": "gone", "text": t.sentence(text), "href": href, "link": link}
    text = t(
        "You are reading release {number}. Release {newer} of {day} superseded it.",
        number=str(release.number),
        newer=str(now.number),
        day=now.published_on,
    )
    return {"kind": "old", "text": text, "href": href, "link": link}


def _words(reader: Reader) -> dict[str, str]:
    t, release = reader.t, reader.release
    return {
        "skip": t("Skip to the content"),
        "language": t("Language"),
        "sections": t("Sections"),
        "notice": t("Notice"),
        "audience": t("Whose pages these are"),
        "filters": t("Filters"),
        "figures": t("Figures"),
        "cite": t("Cite this figure"),
        "embed": t("Embed this figure"),
        "alone": t("The figure alone"),
        "in_words": t("In words"),
        "in_numbers": t("In numbers"),
        "hidden": t("hidden, so that nothing is told of a few firms"),
        "hidden_long": t("= hidden, so that nothing is told of a few firms."),
        "why": t("How and why"),
        "release": t("Release {number} of {day}", number=reader.called, day=release.published_on),
        "situation": t("Situation on {as_of}", as_of=release.content.as_of),
        "permalink": t("Permanent link to this page"),
        "licence": t("Licence"),
        "method": t("Method"),
        "data": t("Data"),
    }


def _assets(files: dict[str, bytes]) -> dict[str, str]:
    """The style, the script, the font and the logo; each name bears what is in it, so that it can be kept for ever."""
    found = {}
    for name in ("plex-latin", "plex-latin-ext"):
        (font,) = _INSIDE.glob(f"{name}.*.woff2")
        files[f"assets/{font.name}"] = font.read_bytes()
        found[f"{name}.woff2"] = font.name
    style = (_HERE / "static" / "site.css").read_text(encoding="utf-8")
    for font_name, hashed in found.items():
        style = style.replace(f'"{font_name}"', f'"{hashed}"')
    style = re.sub(r"\s*\n\s*", "\n", style)
    plain = {name: (_HERE / "static" / name).read_bytes() for name in ("site.js", "embed.css", "search.js")}
    for name, content in {"site.css": style.encode(), **plain}.items():
        stem, ending = name.split(".")
        found[name] = f"{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{ending}"
        files[f"assets/{found[name]}"] = content
    files["assets/logo.svg"] = (_INSIDE / "logo.svg").read_bytes()
    files["assets/plex-LICENSE.txt"] = (_INSIDE / "plex-LICENSE.txt").read_bytes()
    return found


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    """All files and their hashes; what an earlier writing left goes, and nothing that it did not write."""
    before = _listed(folder)
    if before is None and folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds files that are not of a site: name an empty folder")
    for name in before or {}:
        if name not in files:
            (folder / name).unlink(missing_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    told = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    (folder / MANIFEST).write_text(json.dumps(told, indent=0) + "\n", encoding="utf-8")
    for path in sorted((one for one in folder.rglob("*") if one.is_dir()), reverse=True):
        if not any(path.iterdir()):
            shutil.rmtree(path)


def _listed(folder: Path) -> dict[str, str] | None:
    try:
        found: dict[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {name: told for name, told in found.items() if ".." not in Path(name).parts and not name.startswith("/")}


def wrong_with(folder: Path) -> list[str]:
    """What is not as it was written, in sentences."""
    listed = _listed(folder)
    if listed is None:
        return [f"{folder} is no site: it has no {MANIFEST}."]
    wrong = []
    for name, told in listed.items():
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name} is missing.")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != told:
            wrong.append(f"{name} was changed.")
    return wrong


__all__ = ["NoPicture", "write", "wrong_with"]
