"""How the API describes itself: an OpenAPI document with every metric, cut and release that may be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import words
from metrics import METRICS
from publish.api import DIMENSIONS, PLACE, as_json, cuts
from publish.columns import CODES
from publish.dataset import Dataset
from publish.method import invented
from publish.settings import Settings


def files(standing: Sequence[Dataset], settings: Settings, origin: str = "") -> dict[str, bytes]:
    """The document over all releases that stand, the oldest first, by its file; `origin` is the host, if known."""
    return {f"{PLACE}/openapi.json": as_json(document(standing, settings, origin))}


def document(standing: Sequence[Dataset], settings: Settings, origin: str = "") -> dict[str, Any]:
    """The OpenAPI 3.1 document: a path per metric and format, with every cut and release that may be asked for."""
    known: dict[str, set[tuple[str, ...]]] = {}
    for dataset in standing:
        for name, by in cuts(dataset):
            known.setdefault(name, set()).add(by)
    numbers = ["current", *(str(dataset.content.number) for dataset in standing)]
    paths: dict[str, Any] = {
        "/api/v1/metrics": _path(
            "listMetrics", "What may be asked for", _release(numbers), "application/json", "Catalogue"
        ),
        "/api/v1/openapi.json": _path("describe", "This document", [], "application/json", None),
    }
    for name, ways in sorted(known.items()):
        for ending, media, shape in _ENDINGS:
            asked = [_by(ways), *_release(numbers)]
            summary = f"{METRICS[name].label}, as {ending.upper()}"
            told = _path(f"{name}_{ending}", summary, asked, media, shape, METRICS[name].says)
            paths[f"/api/v1/metrics/{name}.{ending}"] = told
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.publisher}: released figures",
            "version": "1",
            "description": " ".join([*_warned(standing), _ABOUT]),
            "license": {"name": settings.licence.title, "identifier": settings.licence.name},
        },
        "servers": [{"url": origin or "/"}],
        "paths": paths,
        "components": {"schemas": _SHAPES, "headers": _HEADERS},
    }


def _warned(standing: Sequence[Dataset]) -> list[str]:
    """What has to be known of the figures before any other thing."""
    told = [invented(dataset.content, words.of("en")) for dataset in standing]
    if told and all(told):
        return told[:1]
    return ["An answer that says “invented” is of a sample park: none of its firms exists."] if any(told) else []


_ENDINGS = (
    ("json", "application/json", "Answer"),
    ("csv", "text/csv", "Lines"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", None),
)
_ABOUT = (
    "Frozen, protected figures: every number here is one of a release, and the same as on its pages and in its files. "
    "No other query can be asked: what is unknown, private or refused is answered alike, by 404. "
    "HEAD is answered like GET, without the body. Any page may read the answers (CORS). "
    + " ".join(f"{code}: {says}." for code, says in CODES.items())
)
_HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "Send it back as If-None-Match: 304 where nothing changed."},
    "Cache-Control": {"schema": {"type": "string"}},
    "Access-Control-Allow-Origin": {"schema": {"const": "*"}},
}


def _path(
    name: str, summary: str, asked: list[Mapping[str, Any]], media: str, shape: str | None, says: str = ""
) -> dict[str, Any]:
    schema = {media: {"schema": {"$ref": f"#/components/schemas/{shape}"} if shape else {}}}
    headers = {header: {"$ref": f"#/components/headers/{header}"} for header in _HEADERS}
    told: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": asked,
        "responses": {
            "200": {"description": "The figures of the release.", "content": schema, "headers": headers},
            "304": {"description": "Nothing changed since the answer that the asker has."},
            "404": {"description": "Unknown, private or refused: all alike.", "content": {"text/html": {}}},
            "429": {"description": "Too many requests from one address: wait as Retry-After says."},
        },
    }
    return {"get": told | ({"description": says} if says else {})}


def _by(ways: set[tuple[str, ...]]) -> dict[str, Any]:
    """The dimensions together, in any order; none for the figure of the whole network."""
    every = sorted({order for way in ways if way for order in permutations(way)}, key=lambda one: (len(one), one))
    schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    schema |= {"enum": [list(order) for order in every]} if every else {"maxItems": 0}
    return {
        "name": "by",
        "in": "query",
        # Where nothing is given for the whole network, a dimension has to be named.
        "required": () not in ways,
        "style": "form",
        "explode": False,
        "description": "What the figure is cut by: by=site,year, or by=site&by=year.",
        "schema": schema,
    }


def _release(numbers: Sequence[str]) -> list[Mapping[str, Any]]:
    says = "The number of a release. An older one may lack a metric or a cut: 404."
    schema = {"type": "string", "enum": list(numbers), "default": "current"}
    return [{"name": "release", "in": "query", "description": says, "schema": schema}]


def _object(required: Sequence[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT, _DAY, _WHOLE = {"type": "string"}, {"type": "string", "format": "date"}, {"type": "integer", "minimum": 0}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_WAYS = {"type": "array", "items": {"enum": list(DIMENSIONS)}}
_ABOUT_METRIC = {"metric": _TEXT, "label": _TEXT, "definition": _TEXT, "unit": _TEXT}
_INVENTED = {"const": True, "description": "The figures are those of a sample park: none of its firms exists."}
_ABOUT_RELEASE = {"release": _WHOLE, "as_of": _DAY, "known_on": _DAY, "invented": _INVENTED}
_ROW = {
    **_object(
        ["value"],
        site={**_TEXT, "description": "Left out: all sites together."},
        sector={**_TEXT, "description": "Left out: all sectors together."},
        year={**_TEXT, "pattern": "^[0-9]{4}$"},
        years=_TEXT,
        age={**_TEXT, "pattern": "^[0-9]+$"},
        age_days=_WHOLE,
        month={**_TEXT, "pattern": "^[0-9]{4}-[0-9]{2}$"},
        programme=_TEXT,
        value={"type": ["number", "null"], "description": "null where status says why."},
        status={"enum": list(CODES), "description": "; ".join(f"{code}: {says}" for code, says in CODES.items())},
        low=_SHARE,
        high=_SHARE,
        n=_WHOLE,
        lower_bound=_SHARE,
        upper_bound=_SHARE,
        traced=_SHARE,
        at_risk=_WHOLE,
        notes={"type": "array", "items": _TEXT},
    ),
    # A figure that is not given says why, and one that is given does not.
    "if": {"properties": {"value": {"type": "null"}}},
    "then": {"required": ["status"]},
    "else": {"properties": {"status": False}},
}
_SHAPES = {
    "Catalogue": _object(
        ["metrics"],
        **{**_ABOUT_RELEASE, "release": {**_WHOLE, "type": ["integer", "null"], "description": "null: none stands."}},
        publisher=_TEXT,
        licence=_TEXT,
        sha256={**_TEXT, "pattern": "^[0-9a-f]{64}$"},
        codes={"type": "object", "additionalProperties": _TEXT},
        method={"type": "array", "items": _TEXT, "description": "How what is told of few firms is kept."},
        withheld={
            "type": "array",
            "items": _object(["table", "by"], table=_TEXT, by=_WAYS),
            "description": "Cuts that this release does not give, so as to keep what earlier ones hid.",
        },
        metrics={
            "type": "array",
            "items": _object(
                [*_ABOUT_METRIC, "by"], **_ABOUT_METRIC, by={"type": "array", "items": _WAYS, "minItems": 1}
            ),
        },
    ),
    "Answer": _object(
        [*_ABOUT_METRIC, "release", "as_of", "known_on", "by", "rows"],
        **_ABOUT_METRIC,
        **_ABOUT_RELEASE,
        by=_WAYS,
        rows={"type": "array", "items": {"$ref": "#/components/schemas/Row"}, "minItems": 1},
    ),
    "Row": _ROW,
    "Lines": {**_TEXT, "description": "A header, then a line per figure; a code where there is no figure."},
}
