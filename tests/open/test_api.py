"""The API is what its description says, and nothing that the description does not say is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import jsonschema
import openpyxl
import pytest
import schemathesis

from publish import api
from publish.dataset import Dataset
from publish.openapi import document
from publish.serve import NOT_FOUND, Site
from tests.test_site import SETTINGS, Made, asked

pytestmark = pytest.mark.xdist_group("site")
METRICS = "/api/v1/metrics"


@pytest.fixture(scope="module")
def site(made: Made) -> Site:
    return Site(made.folder, "/stats")


@pytest.fixture(scope="module")
def described(site: Site) -> Any:
    status, headers, body = asked(site, "/api/v1/openapi.json")
    assert status == 200 and headers["content-type"].startswith("application/json")
    return json.loads(body)


def schema(described: Any, media: str, operation: Any) -> Any:
    """The schema of an answer, with what it refers to."""
    its = operation["responses"]["200"]["content"][media]["schema"]
    return {**its, "components": described["components"]}


def askings(described: Any) -> Iterator[tuple[str, str, Any, list[str], str]]:
    """Every request that the document allows: path, query, operation, the cut, the release."""
    for path, its in described["paths"].items():
        choices: dict[str, list[Any]] = {"by": [[]], "release": ["current"]}
        for one in its["get"]["parameters"]:
            optional = [] if one.get("required") else choices[one["name"]] if one["name"] == "by" else []
            choices[one["name"]] = optional + one["schema"].get("enum", [])
        for by in choices["by"]:
            for release in choices["release"]:
                query = {
                    **({"by": ",".join(by)} if by else {}),
                    **({"release": release} if release != "current" else {}),
                }
                yield path, urlencode(query), its["get"], by, release


def test_the_document_is_a_valid_one(described: Any) -> None:
    schemathesis.openapi.from_dict(described).validate()
    assert described["openapi"] == "3.1.0" and described["servers"] == [{"url": "https://stats.example.org"}]
    assert described["info"]["license"]["identifier"] == "CC-BY-4.0"
    names = [its["get"]["operationId"] for its in described["paths"].values()]
    assert len(names) == len(set(names))
    for shape in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(shape)


def test_all_that_is_described_is_answered_as_described(made: Made, site: Site, described: Any) -> None:
    """And of the files of the API there is none that the description does not lead to."""
    given = {str(one.content.number): dict(api.cuts(Dataset.of(one, made.every, SETTINGS))) for one in made.every}
    given["current"] = given["2"]
    seen, refused = set(), 0
    for path, query, operation, by, release in askings(described):
        status, headers, body = asked(site, path, query=query)
        name, _, ending = path.removeprefix(f"{METRICS}/").partition(".")
        (media,) = operation["responses"]["200"]["content"]
        if name != path and path != "/api/v1/openapi.json":
            way = next((way for its, way in given[release] if its == name and sorted(way) == sorted(by)), None)
            if way is None:
                assert (status, body) == (404, NOT_FOUND), (path, query)
                refused += 1
                continue
            seen.add((release, f"{name}{'.by-' if by else ''}{'-'.join(sorted(by))}.{ending}"))
            cells = given[release][name, way]
            if ending == "xlsx":
                head, *rows = next(iter(openpyxl.load_workbook(BytesIO(body)))).iter_rows(values_only=True)
                place = head.index("value")
                values = [cell["status"] if cell["value"] is None else cell["value"] for cell in cells]
                assert [row[place] for row in rows] == values, (path, query)
            elif ending == "json":
                assert json.loads(body)["rows"] == cells and json.loads(body)["release"] == int(
                    release.replace("current", "2")
                )
            else:
                assert body.count(b"\r\n") == len(cells) + 1
        assert status == 200 and headers["content-type"].partition(";")[0] == media, (path, query)
        for header in operation["responses"]["200"]["headers"]:
            assert headers[header.lower()], header
        assert headers["access-control-allow-origin"] == "*" and headers["cache-control"].startswith("public, max-age=")
        assert asked(site, path, query=query, if_none_match=headers["etag"])[::2] == (304, b"")
        if media == "application/json":
            jsonschema.Draft202012Validator(schema(described, media, operation)).validate(json.loads(body))
    place = made.folder / "api/v1"
    written = {(path.parent.name, path.name) for path in place.rglob("*.*") if path.parent != place}
    assert written - seen == {(release, "metrics.json") for release in given}
    assert refused < len(seen)


def test_what_is_not_described_is_not_there(site: Site, described: Any) -> None:
    """Metrics of the house, dimensions that a metric is not cut by, releases that are none, filters: all alike."""
    from metrics import METRICS as EVERY

    known = {path.removeprefix(f"{METRICS}/").partition(".")[0] for path in described["paths"]}
    private = [name for name in EVERY if name not in known]
    assert private
    for name in private:
        assert asked(site, f"{METRICS}/{name}.json")[::2] == (404, NOT_FOUND)
    for path, its in described["paths"].items():
        for parameter in its["get"]["parameters"]:
            if parameter["name"] == "by":
                allowed = {frozenset(way) for way in parameter["schema"].get("enum", [])}
                for length in (1, 2, 3):
                    for way in combinations((*api.DIMENSIONS, "cohort", "firm"), length):
                        if frozenset(way) not in allowed:
                            assert asked(site, path, query=f"by={','.join(way)}")[0] == 404, (path, way)
                assert asked(site, path)[0] == (404 if parameter["required"] else 200)
        for query in ("release=0", "release=3", "release=-1", "site=Rabat", "by=site&by=site", "release=current&x="):
            if path != "/api/v1/openapi.json":
                assert asked(site, path, query=query)[::2] == (404, NOT_FOUND), (path, query)
    for path in ("/api/v1/openapi.yaml", "/api/v1/", "/api/v1", "/api/v2/metrics", f"{METRICS}/hosted.parquet"):
        assert asked(site, path)[::2] == (404, NOT_FOUND), path


def test_the_document_knows_the_releases_that_stand_alone(made: Made) -> None:
    sets = [Dataset.of(one, made.every, SETTINGS) for one in made.every]

    def releases(standing: list[Dataset]) -> list[str]:
        (asked_for,) = document(standing)["paths"][METRICS]["get"]["parameters"]
        return list(asked_for["schema"]["enum"])

    assert releases(sets) == ["current", "1", "2"] and releases(sets[:1]) == ["current", "1"]
    assert document(sets)["servers"] == [{"url": "/"}]


def test_a_row_without_a_figure_has_to_say_why(described: Any) -> None:
    row = jsonschema.Draft202012Validator(described["components"]["schemas"]["Row"])
    for good in ({"value": 3}, {"value": None, "status": "c"}, {"value": 0.5, "low": 0.4, "high": 0.6, "n": 20}):
        assert row.is_valid(good), good
    for bad in ({"value": None}, {"value": 3, "status": "c"}, {"value": "c", "status": "c"}, {"value": 3, "firm": "A"}):
        assert not row.is_valid(bad), bad
