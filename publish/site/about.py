"""The pages about the figures: the method, the releases and what changed between them, the data to take away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from metrics import METRICS
from publish import method as method_of
from publish.columns import CODES, NAMES, title
from publish.content import metric_of
from publish.programmes import TABLES as INTAKES
from publish.release import Change, Release, revisions
from publish.site import audience
from publish.site.block import HIDDEN, Item, Link, Page, Table, Text
from publish.site.reader import Reader

# What a reader may have quoted: figures of years and states, not every point of a curve.
_REVISED = ("hosted", "former", "alumni", "closed", "entries", "survival_5y", *INTAKES)
MOST = 200
_API = {"address": "/api/v1/metrics"}
# The definitions in the order in which one leans on another.
_ORDER = (
    *("hosted", "supported", "former", "alumni", "closed", "entries"),
    *("survival_5y", "survival_by_age", "survival_curve", "survival_km_5y", "occupancy"),
)


def pages(reader: Reader, every: Sequence[Release], dates: Sequence[date]) -> Iterator[Page]:
    """Method, releases and data; `every` release there is, the oldest first, and the days of the next ones."""
    yield method(reader)
    yield releases(reader, every, dates)
    yield data(reader)


def method(reader: Reader) -> Page:
    t = reader.t
    told = {its["metric"] for its in reader.content.told["tables"].values()}
    used = [*(name for name in _ORDER if name in told), *sorted(told - {*_ORDER})]
    terms = []
    for name in used:
        metric = METRICS.get(name)
        if metric is not None:
            more = [t("Computed as: {formula}.", formula=t(metric.formula))] if metric.formula else []
            more += [t(metric.limits)] if metric.limits else []
            terms.append((t(metric.label), t(metric.says), more))
    blocks = [
        Text("definitions", t("What each figure means"), terms=terms),
        Text(
            "protection",
            t("What is hidden, and why"),
            [
                t("A figure printed as “c” is hidden: it would tell of a few firms, or let others be worked out."),
                method_of.how(reader.content, t),
                t(
                    "Before a release is published, a programme tries to work out every hidden figure from all tables "
                    "of this release and of all earlier ones together. Where it can, nothing is published."
                ),
                *audience.method(reader),
                t("Tables, charts, texts and files carry the same figures; no other query can be asked."),
                *method_of.withheld(reader.content, t),
            ],
        ),
        Text(
            "time",
            t("Which day the figures are of"),
            [
                t(
                    "The figures describe the situation on {as_of}, as the lists accepted up to {known_on} tell it.",
                    as_of=reader.content.as_of,
                    known_on=reader.content.known_on,
                ),
                t(
                    "A release never changes. What became known later is in the next release, "
                    "and what changed is listed."
                ),
            ],
        ),
    ]
    lead = t("One meaning for each figure, the same inside the park and outside.")
    return Page("method.html", t("Method"), lead, blocks, "method")


def releases(reader: Reader, every: Sequence[Release], dates: Sequence[date]) -> Page:
    t = reader.t
    rows = []
    for one in reversed(every):
        state = t("withdrawn: {reason}", reason=one.withdrawn.body["reason"]) if one.withdrawn else ""
        if not state:
            state = t("current") if one.number == _newest(every) else t("superseded")
        href = f"{{root}}r/{one.number}/{t.language}/index.html"
        rows.append(
            [
                Item(t("Release {number}", number=str(one.number)), False, href, header=True),
                # On a phone what is right of it is out of sight.
                Item(state, False),
                Item(t.day(one.published_on), False),
                Item(t.day(one.content.as_of), False),
                Item(one.content.hash[:12], False),
            ]
        )
    headings = [t("Release"), t("State"), t("Published"), t("Situation on"), t("Fingerprint")]
    blocks: list[Any] = [Table(t("All releases"), headings, rows, "all")]
    blocks.append(_calendar(reader, dates))
    before = [one for one in every if one.number < reader.release.number]
    if before:
        blocks += _changes(reader, before[-1])
    lead = t("Each release is frozen: its address keeps answering with its own figures.")
    return Page("releases.html", t("Releases"), lead, blocks, "releases")


def _newest(every: Sequence[Release]) -> int:
    return max((one.number for one in every if one.withdrawn is None), default=0)


def _calendar(reader: Reader, dates: Sequence[date]) -> Text:
    t = reader.t
    coming = [day for day in dates if day > reader.release.published_on]
    if not coming:
        return Text("calendar", t("Next releases"), [t("No date is set yet.")])
    return Text("calendar", t("Next releases"), [t("Planned for {days}.", days=t.list([t.day(day) for day in coming]))])


def _changes(reader: Reader, before: Release) -> Iterator[Any]:
    """What differs from the release before: of years that were over, which is a correction, and what time brought."""
    t, content = reader.t, reader.content
    found = [one for one in revisions(before.content, content) if one.table in _REVISED]
    found.sort(key=lambda one: (_REVISED.index(one.table), len(one.labels)))
    caption = t("What changed since release {number}", number=str(before.number))
    if not found:
        yield Text("changes", caption, [t("No figure that both releases give was changed.")])
        return
    then, now = before.content.as_of, content.as_of
    if then == now:
        yield _table_of(reader, caption, found, "changes")
        return
    over = str((min(then, now) + timedelta(days=1)).year - 1)
    settled = [one for one in found if one.table == "entries" and one.labels.get("year", "9999") <= over]
    if settled:
        yield _table_of(reader, t("Corrections of years already over"), settled, "corrections")
    rest = [one for one in found if one not in settled]
    if rest:
        note = t(
            "That release describes {then}, this one {now}: figures moved because time went on, and where lists were "
            "corrected.",
            then=then,
            now=now,
        )
        yield _table_of(reader, caption, rest, "changes", note)


def _table_of(reader: Reader, caption: str, found: Sequence[Change], id: str, note: str = "") -> Table:
    t = reader.t
    headings = [t("Figure"), t("Of"), t("Before"), t("Now")]
    rows = [
        [
            Item(title(one.table, t), False, header=True),
            Item(_of(reader, one), False),
            reader.item(one.before, METRICS[metric_of(one.table)].unit),
            reader.item(one.after, METRICS[metric_of(one.table)].unit),
        ]
        for one in found[:MOST]
    ]
    return Table(caption, headings, rows, id, note=note)


def _of(reader: Reader, change: Change) -> str:
    return ", ".join(reader.name(label, of) for of, label in change.labels.items()) or reader.t("Whole network")


def data(reader: Reader) -> Page:
    t = reader.t
    lead = t("The same figures as on the pages, as files.")
    if reader.release.withdrawn is not None:
        gone = Text("files", t("Files of this release"), [t("A withdrawn release gives its files no more.")])
        return Page("data.html", t("Data"), lead, [gone], "data")
    folder = f"{{root}}r/{reader.release.number}/data/"
    rows = []
    for name, its in reader.content.told["tables"].items():
        cells = its["cells"]
        hidden = sum(cell.get("status") == HIDDEN for cell in cells)
        files = [Item(f"{name}.{ending}", False, f"{folder}{name}.{ending}") for ending in ("csv", "xlsx", "parquet")]
        rows.append(
            [Item(title(name, t), False, header=True), *files, Item(t.count(len(cells))), Item(t.count(hidden))]
        )
    headings = [t("Figure"), "CSV", "XLSX", "Parquet", t("Lines"), t("Hidden")]
    codes = [(code, t(says), ()) for code, says in (*CODES.items(), *NAMES.items())]
    number = reader.content.number
    blocks = [
        Table(t("Files of this release"), headings, rows, "files"),
        Text(
            "whole",
            t("All of it"),
            [
                t("One JSON file holds the whole release; its SHA-256 is {hash}.", hash=reader.content.hash),
                t("A workbook holds all tables for people, with what each figure means."),
                t("A Frictionless data package and a DCAT record describe the files."),
            ],
            [
                Link(name, folder + name)
                for name in (
                    f"release-{number}-{t.language}.xlsx",
                    "release.json",
                    "datapackage.json",
                    "dcat.jsonld",
                    "changes.csv",
                    "CHANGELOG.md",
                )
            ],
        ),
        audience.programs(reader) if reader.audience else _programs(reader),
        Text("codes", t("Codes"), [t("A missing dimension means: summed over it. Shares are fractions.")], terms=codes),
        audience.licence(reader) if reader.audience else _licence(reader),
    ]
    return Page("data.html", t("Data"), lead, blocks, "data")


def _programs(reader: Reader) -> Text:
    t = reader.t
    return Text(
        "api",
        t("For programs"),
        [t("The same figures are answered at {address}; an OpenAPI document says all that may be asked.", **_API)],
        [Link("openapi.json", "{root}api/v1/openapi.json")],
    )


def _licence(reader: Reader) -> Text:
    t = reader.t
    return Text(
        "licence",
        t("Licence"),
        [
            t(
                "Use it freely, name the source: {publisher}, and the number of the release.",
                publisher=reader.publisher,
            )
        ],
        [Link(reader.licence.short, reader.licence.url)],
    )
