"""Released figures for programs, as files made when the site is written: a metric cut one way is one file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from metrics import METRICS
from publish.content import Content
from publish.package import COLUMNS

DIMENSIONS = ("site", "sector", "year", "years", "age", "month")


def files(content: Content, place: str) -> Iterator[tuple[str, bytes]]:
    """The catalogue, and each metric by each cut, under `place`: NAME.json, NAME.by-site.json, NAME.by-site.csv …"""
    cut: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
    for its in content.told["tables"].values():
        for cell in its["cells"]:
            by = tuple(name for name in DIMENSIONS if name in cell)
            cut.setdefault((its["metric"], by), []).append(cell)
    days = {"release": content.number, "as_of": content.as_of.isoformat(), "known_on": content.known_on.isoformat()}
    listed: dict[str, dict[str, Any]] = {}
    for (name, by), rows in sorted(cut.items()):
        metric = METRICS[name]
        about = {"metric": name, "label": metric.label, "definition": metric.says, "unit": metric.unit}
        listed.setdefault(name, {**about, "by": []})["by"].append(list(by))
        stem = f"{place}/{name}" + (f".by-{'-'.join(sorted(by))}" if by else "")
        yield f"{stem}.json", _json({**about, **days, "by": list(by), "rows": rows})
        yield f"{stem}.csv", _csv(by, rows)
    yield f"{place}/metrics.json", _json({**days, "metrics": list(listed.values())})


def _json(told: Any) -> bytes:
    return (json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _csv(by: tuple[str, ...], rows: list[dict[str, Any]]) -> bytes:
    beside = {key for row in rows for key in row} - {*by, "value", "status"}
    names = [*by, "value", "status", *(name for name in COLUMNS if name in beside)]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    for row in rows:
        told = [" ".join(row[name]) if isinstance(row.get(name), list) else row.get(name, "") for name in names]
        writer.writerow(
            ["" if one is None else f"'{one}" if str(one)[:1] in "=+@\t\r" and one != "" else one for one in told]
        )
    return out.getvalue().encode()
