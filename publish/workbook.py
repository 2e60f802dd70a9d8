"""Workbooks of a release for people: figures as they are read, with what they mean, whose they are, and of when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import words
from charts.says import heading
from data.book import Leaf, book
from metrics import METRICS
from metrics.metric import NOTES
from publish import changes
from publish.columns import CODES, COLUMNS, LABELS, NAMES, WHOLE, Cell, lines, names, title
from publish.content import HIDDEN
from publish.dataset import Dataset
from publish.method import how, invented, withheld
from words import LANGUAGES, Words

_CODES = frozenset(CODES)
# By unit of a metric, as spreadsheet programs write numbers.
_FORMATS = {"share": "0.0%", "years": "0.0"}
_COUNT = "#,##0"


def name(dataset: Dataset, language: str) -> str:
    """The file's name of the whole release in one language."""
    return f"release-{dataset.content.number}-{language}.xlsx"


def table(dataset: Dataset, metric: str, cells: Sequence[Cell]) -> bytes:
    """One table as programs name its columns; what it means, in every language, on a second sheet."""
    wanted = names(cells)
    formats = tuple((one, _format(one, metric)) for one in wanted if COLUMNS[one].type in ("integer", "number"))
    rows = tuple(_numbers(row, wanted) for row in lines(cells, wanted))
    figures = Leaf(metric, (), tuple(wanted), rows, formats, _CODES)
    said = [words.of(code) for code in LANGUAGES]
    told = [_about(dataset, metric, wanted, t) for t in said]
    both = tuple((first[0], *(one[1] for one in (first, *rest))) for first, *rest in zip(*told, strict=True))
    about = Leaf(said[0]("About"), (), ("", *LANGUAGES.values()), both, wraps=True)
    return book((figures, about), METRICS[metric].label, dataset.publisher, dataset.release.published_on)


def _format(column: str, metric: str) -> str:
    if column == "value":
        return "0%" if metric in WHOLE else _FORMATS.get(METRICS[metric].unit, _COUNT)
    return "0.0%" if COLUMNS[column].share else "0" if column in LABELS else _COUNT


def _numbers(row: Sequence[Any], wanted: Sequence[str]) -> tuple[Any, ...]:
    """A row with its years and ages as numbers."""
    whole = [COLUMNS[name].type in ("year", "integer") for name in wanted]
    return tuple(int(value) if here and value is not None else value for value, here in zip(row, whole, strict=True))


def _about(dataset: Dataset, metric: str, wanted: Sequence[str], t: Words) -> list[tuple[str, str]]:
    """What a table is, line by line: a name for programs, what it says."""
    its = METRICS[metric]
    told = [("metric", t(its.label)), ("definition", t(its.says)), ("unit", t(its.unit)), *_whose(dataset, t)]
    told += [(code, t(says)) for code, says in (*CODES.items(), *NAMES.items())]
    return told + [(column, t(COLUMNS[column].says)) for column in wanted]


def _whose(dataset: Dataset, t: Words) -> list[tuple[str, str]]:
    content = dataset.content
    situation = t(
        "The figures describe the situation on {as_of}, as the lists accepted up to {known_on} tell it.",
        as_of=content.as_of,
        known_on=content.known_on,
    )
    source = t(
        "{publisher}, release {number} of {day}",
        publisher=dataset.publisher,
        number=str(content.number),
        day=dataset.release.published_on,
    )
    return [
        *([("invented", said)] if (said := invented(content, t)) else []),
        ("situation", situation),
        ("source", source),
        ("licence", f"{dataset.licence.title}, {dataset.licence.url}"),
        ("sha256", content.hash),
    ]


def whole(dataset: Dataset, language: str) -> bytes:
    """Every table of the release in one workbook, in one language."""
    t = words.of(language)
    leaves = [_first(dataset, t)]
    for table, its in dataset.content.told["tables"].items():
        leaves.append(_leaf(dataset, table, its, t))
    changed = changes.rows(dataset)
    if changed and dataset.last is not None:
        title = t("What changed since release {number}", number=str(dataset.last.number))
        rows = tuple(_changed(changed, t))
        leaves.append(Leaf(t("What changed"), (title,), _changed_headings(t), rows, (), _CODES))
    return book(tuple(leaves), _title(dataset, t), dataset.publisher, dataset.release.published_on)


def _title(dataset: Dataset, t: Words) -> str:
    return t(
        "{publisher}: figures of the park, release {number}",
        publisher=dataset.publisher,
        number=str(dataset.content.number),
    )


def _first(dataset: Dataset, t: Words) -> Leaf:
    """The sheet that says what is in the others, and how to read them."""
    told = dict(_whose(dataset, t))
    notes = (
        _title(dataset, t),
        *filter(None, [told.get("invented")]),
        told["situation"],
        t(
            "Use it freely, name the source: {publisher}, and the number of the release.",
            publisher=dataset.publisher,
        ),
        t("{label}: {says}", label=t("Licence"), says=told["licence"]),
        t("{label}: {says}", label=t("Fingerprint"), says=told["sha256"]),
        *(t("{label}: {says}", label=code, says=t(says)) for code, says in CODES.items()),
        how(dataset.content, t),
        *withheld(dataset.content, t),
        t("What is hidden is in no file: no formula brings it back."),
    )
    rows = []
    for table, its in dataset.content.told["tables"].items():
        hidden = sum(cell.get("status") == HIDDEN for cell in its["cells"])
        metric = METRICS[its["metric"]]
        rows.append((title(table, t), t(metric.says), t(metric.unit), len(its["cells"]), hidden))
    headings = (t("Figure"), t("Definition"), t("Unit"), t("Lines"), t("Hidden"))
    return Leaf(t("About"), notes, headings, tuple(rows), wraps=True)


def _leaf(dataset: Dataset, table: str, its: Mapping[str, Any], t: Words) -> Leaf:
    metric, cells = METRICS[its["metric"]], its["cells"]
    wanted = [name for name in names(cells) if name != "status"]
    label = title(table, t)
    headings = tuple(_heading(name, t(metric.label), t) for name in wanted)
    unit = t("{label}: {says}", label=t("Unit"), says=t(metric.unit))
    notes = [label, t(metric.says), unit, t("Situation on {as_of}.", as_of=dataset.content.as_of)]
    notes += filter(None, [invented(dataset.content, t)])
    if any(cell.get("status") == HIDDEN for cell in cells):
        notes.append(t("{label}: {says}", label=HIDDEN, says=t(CODES[HIDDEN])))
    rows = tuple(tuple(_read(name, cell, t) for name in wanted) for cell in cells)
    formats = tuple(
        (heading, _format(one, metric.name))
        for one, heading in zip(wanted, headings, strict=True)
        if COLUMNS[one].type in ("integer", "number") and one not in LABELS
    )
    return Leaf(label, tuple(notes), headings, rows, formats, _CODES)


def _heading(column: str, label: str, t: Words) -> str:
    return {
        "years": t("Entry years"),
        "age": t("Age in years"),
        "age_days": t("Age in days"),
        "value": label,
        "low": t("Low"),
        "high": t("High"),
        "n": t("Firms"),
        "lower_bound": t("Lower bound"),
        "upper_bound": t("Upper bound"),
        "traced": t("Traced"),
        "at_risk": t("At risk"),
        "notes": t("Notes"),
    }.get(column) or heading(t, column)


def _read(column: str, cell: Cell, t: Words) -> Any:
    """A value as a person reads it: names for what is summed over, sentences for notes, numbers as numbers."""
    value = cell.get(column)
    if column in ("site", "sector", "year", "programme"):
        everything = {"site": t("All sites"), "sector": t("All sectors"), "year": t("All years")}
        none = t("No programme") if column == "programme" else t("(not stated)")
        other = {"(other)": t("Other"), "(none)": none}
        told = everything[column] if value is None else other.get(str(value), str(value))
        return int(told) if column == "year" and told.isdecimal() else told
    if column == "notes":
        return "; ".join(_note(code, t) for code in value or ())
    (told,) = _numbers(lines([cell], [column])[0], [column])
    return told


def _note(code: str, t: Words) -> str:
    # A note that carries numbers of firms inside the house has a shorter form outside.
    short = {
        "indicative": t("indicative: more than one in ten is not traced"),
        "not_all_yet": t("not yet observable"),
        "refused": t("not given: the lists do not determine survival"),
    }
    return short.get(code) or (t(NOTES[code]) if code in NOTES and "{" not in NOTES[code] else code)


def _changed_headings(t: Words) -> tuple[str, ...]:
    return t("Figure"), *(_heading(name, "", t) for name in LABELS), t("Before"), t("Now")


def _changed(rows: Sequence[Sequence[Any]], t: Words) -> Iterator[tuple[Any, ...]]:
    for table, *labels, before, after in rows:
        yield title(table, t), *labels, before, after
