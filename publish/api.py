"""Released figures for programs, as files made when the site is written: a metric cut one way is one file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from metrics import METRICS
from publish import workbook
from publish.columns import CODES, as_csv, lines, names
from publish.dataset import Dataset

DIMENSIONS = ("site", "sector", "year", "years", "age", "month", "programme")
PLACE = "api/v1"
Cut = tuple[str, tuple[str, ...]]


def files(dataset: Dataset, *places: str) -> Iterator[tuple[str, bytes]]:
    """The catalogue, and each metric by each cut, under every one of `places`: NAME.json, NAME.by-site.csv …"""
    for name, body in _files(dataset):
        for place in places:
            yield f"{PLACE}/{place}/{name}", body


def _files(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    for (name, by), rows in sorted(cuts(dataset).items()):
        stem = f"{name}.by-{'-'.join(sorted(by))}" if by else name
        wanted = names(rows)
        yield f"{stem}.json", as_json({**_metric(name), **_days(dataset), "by": list(by), "rows": rows})
        yield f"{stem}.csv", as_csv(wanted, lines(rows, wanted))
        yield f"{stem}.xlsx", workbook.table(dataset, name, rows)
    yield "metrics.json", as_json(catalogue(dataset))


def cuts(dataset: Dataset) -> dict[Cut, list[dict[str, Any]]]:
    """The cells of each metric by what they are cut by; an age in days is no cut, it is where a curve is read."""
    found: dict[Cut, list[dict[str, Any]]] = {}
    for its in dataset.content.told["tables"].values():
        for cell in its["cells"]:
            by = tuple(name for name in DIMENSIONS if name in cell)
            found.setdefault((its["metric"], by), []).append(cell)
    return found


def catalogue(dataset: Dataset) -> dict[str, Any]:
    """What may be asked of a release: its metrics, each with the ways it is cut."""
    listed: dict[str, dict[str, Any]] = {}
    for name, by in sorted(cuts(dataset)):
        listed.setdefault(name, {**_metric(name), "by": []})["by"].append(list(by))
    return {
        **_days(dataset),
        "publisher": dataset.publisher,
        "licence": dataset.licence.name,
        "sha256": dataset.content.hash,
        "codes": CODES,
        "method": dataset.content.told["method"],
        "withheld": dataset.content.told.get("withheld", []),
        "metrics": list(listed.values()),
    }


def _metric(name: str) -> dict[str, str]:
    metric = METRICS[name]
    return {"metric": name, "label": metric.label, "definition": metric.says, "unit": metric.unit}


def _days(dataset: Dataset) -> dict[str, Any]:
    content = dataset.content
    return {
        "release": content.number,
        "as_of": content.as_of.isoformat(),
        "known_on": content.known_on.isoformat(),
        **({"invented": True} if content.told.get("invented") else {}),
    }


def as_json(told: Any) -> bytes:
    """On one line, its keys sorted."""
    return (json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n").encode()
