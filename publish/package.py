"""A release as open data: its tables as CSV, Parquet and XLSX, with what changed, described for machines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import words
from data import write
from metrics import METRICS
from publish import changes, dcat, workbook
from publish.columns import CODES, COLUMNS, as_csv, kind, lines, names, title, typed
from publish.dataset import Dataset
from publish.method import how, invented, withheld

# Counted in whole numbers; shares lie between 0 and 1.
_BOUNDS = {"integer": {"minimum": 0}, "share": {"minimum": 0, "maximum": 1}}


def files(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    """Every file of the data of one release, by its name."""
    made = dict(_files(dataset))
    yield from made.items()
    yield "datapackage.json", as_json(_package(dataset, made))
    yield "dcat.jsonld", as_json(dcat.catalogue(dataset, made))


def _files(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    yield "release.json", dataset.content.raw
    for name, its in dataset.content.told["tables"].items():
        cells = its["cells"]
        wanted = names(cells)
        yield f"{name}.csv", as_csv(wanted, lines(cells, wanted))
        yield f"{name}.parquet", write.parquet(typed(cells, wanted), _about(dataset, its))
        yield f"{name}.xlsx", workbook.table(dataset, its["metric"], cells)
    yield "changes.csv", as_csv(changes.HEADINGS, changes.rows(dataset))
    yield "CHANGELOG.md", changes.changelog(dataset)
    for language in workbook.LANGUAGES:
        yield workbook.name(dataset, language), workbook.whole(dataset, language)


def as_json(told: Any) -> bytes:
    """For machines, and for people who look at it."""
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _about(dataset: Dataset, its: Mapping[str, Any]) -> dict[str, str]:
    """What a Parquet file says of itself."""
    metric = METRICS[its["metric"]]
    return {
        "title": metric.label,
        "definition": metric.says,
        "unit": its["unit"],
        "publisher": dataset.publisher,
        "licence": dataset.licence.name,
        "release": str(dataset.content.number),
        "sha256": dataset.content.hash,
        "as_of": dataset.content.as_of.isoformat(),
        "known_on": dataset.content.known_on.isoformat(),
    } | ({"invented": said} if (said := invented(dataset.content, words.of("en"))) else {})


def _package(dataset: Dataset, made: Mapping[str, bytes]) -> dict[str, Any]:
    content, licence, t = dataset.content, dataset.licence, words.of("en")
    situation = f"Situation on {content.as_of}, as known on {content.known_on}."
    said = [invented(content, t), situation, how(content, t), *withheld(content, t), _legend()]
    told = {
        "profile": "data-package",
        "name": f"release-{content.number}",
        "id": f"sha256:{content.hash}",
        "title": dataset.title,
        "description": " ".join(filter(None, said)),
        "version": f"{content.number}.0.0",
        "created": f"{dataset.release.published_on}T00:00:00Z",
        "keywords": list(dcat.KEYWORDS["en"]),
        "licenses": [{"name": licence.name, "path": licence.url, "title": licence.title}],
        "contributors": [{"title": dataset.publisher, "role": "publisher"}],
        "resources": [*_tables(dataset, made), _changed(made), *_others(made)],
    }
    return told | ({"homepage": dcat.page(dataset)} if dataset.base.startswith("http") else {})


def _legend() -> str:
    return " ".join(f"{code}: {says}." for code, says in CODES.items())


def _tables(dataset: Dataset, made: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    for name, its in dataset.content.told["tables"].items():
        metric, t = METRICS[its["metric"]], words.of("en")
        for ending in ("csv", "parquet", "xlsx"):
            told = _file(made, f"{name}.{ending}") | {"title": title(name, t), "description": metric.says}
            if ending == "csv":
                told |= {"name": name, "profile": "tabular-data-resource", "encoding": "utf-8"}
                told["schema"] = {"fields": list(_fields(dataset, its)), "missingValues": [""]}
            yield told


def _file(made: Mapping[str, bytes], path: str) -> dict[str, Any]:
    """What is said of every file; one whose table stands beside it as CSV is to be fetched, not to be read."""
    stem, _, ending = path.rpartition(".")
    told = {
        "name": f"{stem}.{ending}".lower().replace("_", "-") if ending != "csv" else stem,
        "path": path,
        "format": ending,
        "mediatype": dcat.FORMATS[ending],
        "bytes": len(made[path]),
        "hash": f"sha256:{hashlib.sha256(made[path]).hexdigest()}",
    }
    return told if ending == "csv" else told | {"profile": "data-resource", "type": "file"}


def _fields(dataset: Dataset, its: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    cells, unit = its["cells"], its["unit"]
    for name in names(cells):
        column, its_kind = COLUMNS[name], kind(name, cells)
        told: dict[str, Any] = {"name": name, "type": its_kind, "description": column.says}
        share = column.share or (name == "value" and unit == "share")
        if name in ("site", "sector", "programme"):
            told["constraints"] = {"enum": _labels(cells, name)}
        elif name == "status":
            told |= {"constraints": {"enum": list(CODES)}, "description": f"{column.says} {_legend()}"}
        elif share or its_kind == "integer":
            told["constraints"] = _BOUNDS["share" if share else "integer"]
        if name == "value":
            # A code is no number; and an empty cell is none either.
            told |= {"unit": unit, "missingValues": ["", *CODES]}
        elif share:
            told["unit"] = "share"
        yield told


def _labels(cells: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    # As the file has them: a name that could act as a formula is harmless there.
    return list(dict.fromkeys(str(write.inert(cell[name])) for cell in cells if name in cell))


def _changed(made: Mapping[str, bytes]) -> dict[str, Any]:
    fields: list[dict[str, Any]] = []
    for one in changes.fields():
        beside = {"missingValues": ["", *CODES]} if one["name"] in ("before", "after") else {}
        fields.append({**one, **beside})
    return {
        **_file(made, "changes.csv"),
        "title": "What changed since the release before",
        "description": "Figures that both releases give, and give otherwise.",
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "schema": {"fields": fields, "missingValues": [""]},
    }


def _others(made: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    yield _file(made, "CHANGELOG.md") | {"title": "Changelog"}
    yield _file(made, "release.json") | {"title": "The whole release"}
    for path in made:
        if path.startswith("release-"):
            yield _file(made, path) | {"title": "The whole release as a workbook, with notes"}
