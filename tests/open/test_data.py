"""The files of a release say what it says and nothing else, in every format, and their description is true."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import frictionless
import openpyxl
import pyarrow.parquet
import pyshacl
import pytest
import rdflib

import words
from data.book import Leaf, book
from data.write import inert
from publish import changes, dcat, package, release, workbook
from publish.columns import CODES, COLUMNS
from publish.dataset import Dataset
from publish.licence import LICENCES
from publish.settings import BadSetting, Settings
from tests.test_site import ATTACK, SETTINGS, Made

HERE = Path(__file__).parent
RDF = rdflib.Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
SITE = "https://stats.example.org/"
PLACE = "r/2/data"
# They are of the group that the site is written for; what libraries of others say of themselves is theirs.
pytestmark = [pytest.mark.xdist_group("site"), pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")]


@pytest.fixture(scope="module")
def dataset(made: Made) -> Dataset:
    return Dataset.of(made.every[-1], made.every, SETTINGS, f"{SITE}{PLACE}/")


@pytest.fixture(scope="module")
def given(made: Made) -> dict[str, bytes]:
    """The files of the second release, by name."""
    return {path.name: path.read_bytes() for path in sorted((made.folder / PLACE).iterdir())}


def tables(dataset: Dataset) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for name, its in dataset.content.told["tables"].items():
        yield name, its["cells"]


def told(cell: dict[str, Any], name: str) -> Any:
    """What a typed column holds of a cell."""
    value = cell.get(name)
    if name in ("year", "age", "age_days") and value is not None:
        return int(value)
    return " ".join(value) if isinstance(value, list) else value


# CSV, and its description


def wrong(folder: Path) -> list[str]:
    """What the library of those who wrote the standard finds wrong."""
    report = frictionless.validate(str(folder / "datapackage.json"))
    return [error.type for task in report.tasks for error in task.errors] + [error.type for error in report.errors]


def test_the_package_is_valid_and_read_back_as_the_release(made: Made, dataset: Dataset) -> None:
    folder = made.folder / PLACE
    assert wrong(folder) == []
    found: Any = frictionless.Package(str(folder / "datapackage.json"))
    for name, cells in tables(dataset):
        rows = found.get_resource(name).read_rows()
        for row, cell in zip(rows, cells, strict=True):
            for column in set(row) - {"month", "site", "sector"}:
                value = told(cell, column)
                assert row[column] == value or float(row[column]) == value, (name, column)
            for column in set(row) & {"site", "sector"}:
                assert row[column] == inert(cell.get(column))
    hidden = [row for row in found.get_resource("closed").read_rows() if row["status"] == "c"]
    assert hidden and all(row["value"] is None for row in hidden)
    value = found.get_resource("closed").schema.get_field("value").to_descriptor()
    assert value["unit"] == "firms" and value["type"] == "integer" and {*value["missingValues"]} == {"", *CODES}


@pytest.mark.parametrize(
    "was, becomes, finds",
    [
        (b",c,c\r\n", b",0,c\r\n", {"hash-count", "byte-count"}),
        (b",c,c\r\n", b",?,c\r\n", {"type-error"}),
        (b",c,c\r\n", b",c,z\r\n", {"constraint-error"}),
        (b"Rabat,", b"Nowhere,", {"constraint-error"}),
    ],
)
def test_a_file_that_is_not_as_described_is_found(
    given: dict[str, bytes], tmp_path: Path, was: bytes, becomes: bytes, finds: set[str]
) -> None:
    assert was in given["closed.csv"]
    description = json.loads(given["datapackage.json"])
    description["resources"] = [one for one in description["resources"] if one["name"] == "closed"]
    if "hash-count" not in finds:
        # Whoever writes another hash too is found by what the columns may hold.
        del description["resources"][0]["hash"], description["resources"][0]["bytes"]
    (tmp_path / "datapackage.json").write_text(json.dumps(description))
    (tmp_path / "closed.csv").write_bytes(given["closed.csv"].replace(was, becomes, 1))
    assert finds & {*wrong(tmp_path)}


def test_a_hidden_figure_is_a_code_in_every_file_never_nothing_and_never_a_number(
    given: dict[str, bytes], dataset: Dataset
) -> None:
    seen = 0
    for name, cells in tables(dataset):
        lines = list(csv.DictReader(given[f"{name}.csv"].decode().splitlines()))
        typed = pyarrow.parquet.read_table(BytesIO(given[f"{name}.parquet"])).to_pylist()
        page = openpyxl.load_workbook(BytesIO(given[f"{name}.xlsx"]))[
            dataset.content.told["tables"][name]["metric"][:31]
        ]
        head, *rows = page.iter_rows(values_only=True)
        for cell, line, one, row in zip(cells, lines, typed, rows, strict=True):
            if cell["value"] is None:
                read = dict(zip(head, row, strict=True))
                code = cell["status"]
                assert (line["value"], read["value"], one["value"]) == (code, code, None)
                assert line["status"] == one["status"] == read["status"] == code
                assert not {*read, *line} & {"low", "high", "lower_bound"} or line.get("low", "") == ""
                seen += 1
    assert seen > 10


# Parquet


def test_parquet_has_types_and_says_what_it_is(given: dict[str, bytes], dataset: Dataset) -> None:
    for name, cells in tables(dataset):
        found = pyarrow.parquet.read_table(BytesIO(given[f"{name}.parquet"]))
        assert found.to_pylist() == [{column: told(cell, column) for column in found.column_names} for cell in cells]
        about = {key.decode(): value.decode() for key, value in found.schema.metadata.items()}
        assert about["sha256"] == dataset.content.hash and about["licence"] == "CC-BY-4.0"
        assert about["as_of"] == dataset.content.as_of.isoformat() and about["publisher"] == SETTINGS.publisher
        for field in found.schema:
            assert field.metadata[b"description"].decode() == COLUMNS[field.name].says
    assert str(found.schema.field("value").type) == "double"


# Workbooks


def cells_of(body: bytes) -> Iterator[tuple[str, Any]]:
    for page in openpyxl.load_workbook(BytesIO(body)):
        for row in page.iter_rows():
            for one in row:
                yield page.title, one


def test_a_workbook_for_people_has_the_same_figures_and_says_what_they_mean(
    given: dict[str, bytes], dataset: Dataset
) -> None:
    for language in words.LANGUAGES:
        t, body = words.of(language), given[f"release-2-{language}.xlsx"]
        found = openpyxl.load_workbook(BytesIO(body))
        first = " ".join(str(one.value) for title, one in cells_of(body) if title == t("About"))
        assert SETTINGS.publisher in first and dataset.content.hash in first and t(CODES["c"]) in first
        assert "Creative Commons" in first
        for (name, cells), page in zip(tables(dataset), found.worksheets[1:], strict=False):
            rows = list(page.iter_rows(values_only=True))
            start = next(place for place, row in enumerate(rows) if row[0] is None) + 1
            place = rows[start].index(t(package.METRICS[dataset.content.told["tables"][name]["metric"]].label))
            values = [row[place] for row in rows[start + 1 :]]
            assert values == [cell["status"] if cell["value"] is None else cell["value"] for cell in cells], name
            assert page.freeze_panes == f"A{start + 2}" and page.auto_filter.ref


def test_no_cell_of_a_workbook_acts(given: dict[str, bytes], dataset: Dataset) -> None:
    names = {name for name in given if name.endswith(".xlsx")}
    assert len(names) == len(dataset.content.told["tables"]) + len(words.LANGUAGES)
    texts = {one.value for name in names for _, one in cells_of(given[name]) if isinstance(one.value, str)}
    assert ATTACK in texts and not [text for text in texts if text.startswith(("=", "+", "@"))]
    leaf = Leaf("=1+1", ("=cmd|' /C calc'!A0",), ("=2", "b"), (("=HYPERLINK(1)", "@x"), ("\t=1", 3)), (("b", "0"),))
    for _, one in cells_of(book((leaf, replace(leaf, title="[=1+1]")), "=t", "=b", dataset.release.published_on)):
        assert one.data_type != "f" and not str(one.value).startswith(("=", "+", "@", "\t"))


def test_the_same_release_makes_the_same_bytes_at_any_moment(dataset: Dataset, given: dict[str, bytes]) -> None:
    book.cache_clear()
    assert dict(package.files(dataset)) == given
    for name, body in given.items():
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(BytesIO(body)) as parts:
                assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
                moments = re.findall(rb"<dcterms:\w+[^>]*>([^<]*)<", parts.read("docProps/core.xml"))
            assert {moment.decode() for moment in moments} == {f"{dataset.release.published_on}T00:00:00Z"}


def test_no_file_knows_the_thresholds_or_what_was_put_together(dataset: Dataset, given: dict[str, bytes]) -> None:
    receipt = dataset.release.receipt
    assert receipt.body["thresholds"]["least"] == 5
    other = replace(receipt, body={**receipt.body, "thresholds": {}, "together": {}, "by": "Somebody"})
    assert dict(package.files(replace(dataset, release=replace(dataset.release, receipt=other)))) == given


# What changed


def test_what_changed_is_a_table_and_a_text(made: Made, dataset: Dataset, given: dict[str, bytes]) -> None:
    found = release.revisions(made.every[0].content, made.every[1].content)
    rows = list(csv.DictReader(given["changes.csv"].decode().splitlines()))
    assert len(rows) == len(found) > 10
    for row, one in zip(rows, found, strict=True):
        assert {name: row[name] for name in one.labels} == one.labels and row["table"] == one.table
        for when, cell in (("before", one.before), ("after", one.after)):
            assert row[when] == str(cell["status"] if cell["value"] is None else cell["value"])
    text = given["CHANGELOG.md"].decode()
    assert text.index("## Release 2") < text.index("## Release 1") and "Since release 1:" in text
    assert "Parc & <Essai>" not in text and r"Parc \& \<Essai\>" in text
    for table in {one.table for one in found}:
        assert re.search(rf"- `{table}`: {sum(one.table == table for one in found)} figures? changed", text), table
    first = dict(package.files(Dataset.of(made.every[0], made.every, SETTINGS)))
    assert first["changes.csv"].decode() == f"{','.join(changes.HEADINGS)}\r\n"
    assert "Release 2" not in first["CHANGELOG.md"].decode()


def test_nothing_is_compared_with_a_release_that_was_withdrawn(made: Made) -> None:
    receipt = replace(made.every[0].receipt, body={"reason": "a # list\nwas wrong"})
    every = [replace(made.every[0], withdrawn=receipt), made.every[1]]
    files = dict(package.files(Dataset.of(every[1], every, SETTINGS)))
    assert files["changes.csv"].count(b"\r\n") == 1
    assert r"Withdrawn: a \# list was wrong" in files["CHANGELOG.md"].decode()
    assert "previousVersion" not in files["dcat.jsonld"].decode()


# Whose, and under which licence


def test_the_licence_is_the_parks(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_environment().licence.name == "CC-BY-4.0"
    monkeypatch.setenv("ESSAIM_RELEASE_LICENCE", "ODbL-1.0")
    other = replace(dataset, licence=Settings.from_environment().licence)
    files = dict(package.files(other))
    for name in ("datapackage.json", "dcat.jsonld"):
        assert LICENCES["ODbL-1.0"].url in files[name].decode() and "creativecommons" not in files[name].decode()
    assert any(
        "ODbL" in str(one.value) or "Open Database" in str(one.value) for _, one in cells_of(files["hosted.xlsx"])
    )
    monkeypatch.setenv("ESSAIM_RELEASE_LICENCE", "mine")
    with pytest.raises(BadSetting, match="ESSAIM_RELEASE_LICENCE is 'mine'"):
        Settings.from_environment()


# For catalogues and search engines


def graph(record: Any, base: str = f"{SITE}{PLACE}/dcat.jsonld") -> rdflib.Graph:
    return rdflib.Graph().parse(data=json.dumps(record), format="json-ld", publicID=base)


def conforms(found: rdflib.Graph, shapes: str) -> str:
    """What does not conform to the shapes; nothing where all does."""
    good, _, text = pyshacl.validate(found, shacl_graph=str(HERE / shapes), shacl_graph_format="turtle")
    return "" if good else str(text)


def test_the_record_conforms_to_dcat_ap_and_its_addresses_are_true(
    made: Made, given: dict[str, bytes], dataset: Dataset
) -> None:
    found = graph(json.loads(given["dcat.jsonld"]))
    assert conforms(found, "dcat_ap.ttl") == ""
    assert len({*found.subjects(RDF.type, DCAT.Catalog)}) == len({*found.subjects(RDF.type, DCAT.Dataset)}) == 1
    addresses = {str(one).removeprefix(SITE) for one in found.objects(None, DCAT.downloadURL)}
    described = {f"{PLACE}/{name}" for name in given if name.rpartition(".")[2] in ("csv", "parquet", "xlsx", "json")}
    assert addresses == described - {f"{PLACE}/datapackage.json"}
    others = (DCAT.accessURL, DCAT.landingPage, DCAT.endpointDescription)
    for one in [*found.objects(None, DCAT.downloadURL), *(one for kind in others for one in found.objects(None, kind))]:
        assert (made.folder / str(one).removeprefix(SITE)).is_file(), one
    for one in found.subjects(RDF.type, DCAT.Distribution):
        name = str(found.value(one, DCAT.downloadURL)).rpartition("/")[2]
        assert int(str(found.value(one, DCAT.byteSize))) == len(given[name])
    # Where nobody said the address of the site, all of them are relative.
    alone = dcat.catalogue(replace(dataset, base=""), {"hosted.csv": b"1"})
    assert conforms(graph(alone), "dcat_ap.ttl") == "" and SITE not in json.dumps(alone)
    assert {str(one) for one in graph(alone).objects(None, DCAT.accessURL)} == {f"{SITE}r/2/en/data.html"}


@pytest.mark.parametrize(
    "where, lacks",
    [
        ("", "dct:title"),
        ("", "dct:publisher"),
        ("dcat:dataset", "dct:description"),
        ("dcat:dataset", "dct:license"),
        ("dcat:dataset/dcat:distribution", "dcat:accessURL"),
        ("dcat:dataset/dcat:distribution", "spdx:checksum"),
        ("dcat:dataset/dct:temporal", "dcat:endDate"),
        ("dcat:service", "dcat:endpointURL"),
    ],
)
def test_a_record_that_lacks_something_does_not_conform(dataset: Dataset, where: str, lacks: str) -> None:
    record: Any = dcat.catalogue(dataset, {"hosted.csv": b"1"})
    place = record
    for step in filter(None, where.split("/")):
        place = place[step]
        place = place[0] if isinstance(place, list) else place
    del place[lacks]
    assert lacks.partition(":")[2] in conforms(graph(record), "dcat_ap.ttl")


@pytest.mark.parametrize("name, language", [("en/data.html", "en"), ("r/1/fr/data.html", "fr")])
def test_a_page_tells_search_engines_what_it_has(made: Made, name: str, language: str) -> None:
    text = re.search(r'<script type="application/ld\+json">(.*?)</script>', made.text(name))
    assert text is not None
    record = json.loads(text.group(1))
    assert record.pop("@context") == "https://schema.org/" and record["inLanguage"] == language
    # The context of schema.org is a page of theirs: nothing is fetched in a test.
    found = graph({"@context": {"@vocab": "https://schema.org/"}, **record})
    assert conforms(found, "search.ttl") == "" and len(found) > 100
    assert words.of(language)("Hosted firms") in {one["name"] for one in record["variableMeasured"]}
    for one in record["distribution"]:
        assert (made.folder / one["contentUrl"].removeprefix(SITE)).is_file()
    del record["distribution"][0]["contentUrl"], record["description"]
    report = conforms(graph({"@context": {"@vocab": "https://schema.org/"}, **record}), "search.ttl")
    assert "contentUrl" in report and "description" in report


def test_the_command_writes_a_package_that_is_valid(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from publish import __main__ as command

    receipt = replace(made.every[0].receipt, body={"reason": "a list was wrong"})
    gone = replace(made.every[0], withdrawn=receipt)
    monkeypatch.setattr(release, "releases", lambda warehouse: [gone, made.every[1]])
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    assert command.main(["package", str(tmp_path / "open")]) == 0
    assert wrong(tmp_path / "open") == []
    shutil.rmtree(tmp_path / "open")
    assert command.main(["package", str(tmp_path / "open"), "--release", "1"]) == 3
    assert "was withdrawn" in capsys.readouterr().err and not (tmp_path / "open").exists()


def test_every_code_of_a_note_has_words_outside(dataset: Dataset) -> None:
    from publish.figures import _TOLD

    for language in words.LANGUAGES:
        t = words.of(language)
        assert not [code for code in _TOLD if workbook._note(code, t) == code or "{" in workbook._note(code, t)]
