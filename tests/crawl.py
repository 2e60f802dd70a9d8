"""Somebody without an account, who follows every link and reads every number: in words, in attributes, in files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from tests.browser.started import Running
from tests.matrix.client import Answer, ask

OPENED = ("/stats", "/api/v1/metrics", "/api/v1/openapi.json")
_LINK = re.compile(r'\b(?:href|src|action|data|poster)="([^"]+)"')
# Pictures for addresses that are shared, and where a page leads by itself.
_META = re.compile(r'\bcontent="(?:0; url=)?([^" ]+\.(?:png|html))"')
_CSS = re.compile(r'url\("?([^")]+)')
# What of a page is drawing and no number: where lines go, and of which colour.
_GEOMETRY = re.compile(r'\b(?:d|points|transform|viewBox|x|y|x1|x2|y1|y2|r|cx|cy|width|height|style|id|class)="[^"]*"')
_LINKS = re.compile(r'\b(?:href|src|srcset)="[^"]*"')
_NUMBER = re.compile(r"(?<![\w.,-])(\d+(?:[.,]\d+)?)(?![\w]|[.,]\d)([\s\u00a0\u202f]?%)?")
_THOUSANDS = re.compile(r"(?<=\d)[\u202f\u00a0](?=\d{3}\b)|(?<=\d),(?=\d{3}\b)")
LABELS = ("site", "sector", "year", "years", "age", "month", "age_days", "programme")


def numbers(text: str) -> set[Decimal]:
    """Every number as it is written, percentages as fractions."""
    return {
        (Decimal(told.replace(",", ".")) / (100 if percent else 1)).normalize()
        for told, percent in _NUMBER.findall(_THOUSANDS.sub("", unescape(text)))
    }


@dataclass
class Seen:
    """All that a stranger was given, by its address."""

    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def good(self) -> dict[str, Answer]:
        return {path: answer for path, answer in self.answers.items() if answer.status == 200}

    def texts(self) -> Iterator[tuple[str, str]]:
        """Each answer as text: of packed files each part, of a spreadsheet that is Parquet its cells."""
        for path, answer in self.good.items():
            kind = answer.headers["content-type"].partition(";")[0]
            if "spreadsheet" in kind or kind == "application/zip":
                with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
                    for name in packed.namelist():
                        yield f"{path}!{name}", packed.read(name).decode("utf-8", "replace")
            elif kind.endswith("parquet"):
                import pyarrow.parquet

                table = pyarrow.parquet.read_table(io.BytesIO(answer.body))
                yield path, json.dumps(table.to_pylist(), default=str, ensure_ascii=False)
            elif kind.startswith(("text/", "application/", "image/svg")):
                yield path, answer.body.decode("utf-8")

    def numbers(self) -> dict[str, set[Decimal]]:
        """Every number of every text, of pages those in attributes and drawings too."""
        found = {}
        for path, text in self.texts():
            if path.endswith((".css", ".js", ".txt")):
                continue
            if text.lstrip().startswith(("<!doctype html", "<svg", "<?xml")):
                text = _LINKS.sub(" ", _GEOMETRY.sub(" ", text))
                text = re.sub(r"<[/\w!?:-]+|[<>=\"]", " ", text)
            found[path] = numbers(text)
        return found

    def rows(self) -> Iterator[tuple[str, str, int | None, dict[str, str], dict[str, Any]]]:
        """Every cell of every table that programs read: address, metric, release (None: the current one), its labels,
        and what is told of it."""
        for path, answer in self.good.items():
            metric = re.search(r"/(?:metrics|data)/([a-z0-9_]+)\.(json|csv)", path)
            if metric is None or metric[1] in ("datapackage", "release", "changes", "directory"):
                continue
            asked = re.search(r"(?:release=|/r/)(\d+)", path)
            number = int(asked[1]) if asked else None
            if metric[2] == "json":
                rows = json.loads(answer.body).get("rows", [])
            else:
                rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
            for row in rows:
                labels = {name: str(row[name]) for name in LABELS if row.get(name) not in (None, "")}
                told = {name: value for name, value in row.items() if name not in LABELS}
                yield path, metric[1], number, labels, told


def crawl(app: Running, also: list[str]) -> Seen:
    """Follows every link from what a stranger can know of, and asks for `also`; never with a cookie."""
    seen, waiting = Seen(), [*OPENED, *also]
    while waiting:
        path = waiting.pop()
        if path in seen.answers:
            continue
        # From so many addresses that none asks too much.
        address = f"127.0.7.{len(seen.answers) // 300 + 1}"
        answer = seen.answers[path] = ask(app, "GET", path, headers={"Accept-Encoding": "gzip"}, address=address)
        if answer.headers.get("content-encoding") == "gzip":
            answer = seen.answers[path] = Answer(answer.status, answer.headers, gzip.decompress(answer.body))
        waiting += [link for link in links(path, answer) if link not in seen.answers]
    return seen


def links(path: str, answer: Answer) -> Iterator[str]:
    """Where an answer leads, on the same host."""
    kind = answer.headers.get("content-type", "")
    told: list[str] = [answer.headers["location"]] if "location" in answer.headers else []
    if kind.startswith(("text/html", "image/svg")):
        text = answer.body.decode()
        told += [unescape(one) for one in (*_LINK.findall(text), *_META.findall(text))]
    elif kind.startswith("text/css"):
        told += _CSS.findall(answer.body.decode())
    elif "json" in kind and answer.status == 200:
        document = json.loads(answer.body)
        told += [one["path"] for one in document.get("resources", []) if isinstance(one.get("path"), str)]
        if path == "/api/v1/metrics":
            told += [
                f"/api/v1/metrics/{one['metric']}.{ending}{query}"
                for one in document["metrics"]
                for by in one["by"]
                for query in [f"?by={','.join(by)}" if by else ""]
                for ending in ("json", "csv", "xlsx")
            ]
    for one in told:
        parts = urlsplit(urljoin(f"http://here{path}", one))
        if parts.netloc == "here" and parts.path.startswith(("/stats", "/api")) and " " not in one:
            yield unquote(parts.path) + (f"?{parts.query}" if parts.query else "")
