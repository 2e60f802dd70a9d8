"""A release for catalogues: a record after DCAT-AP 3, and one after schema.org for search engines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import words
from metrics import METRICS
from publish.columns import title
from publish.dataset import Dataset
from publish.method import invented
from words import Words

FORMATS = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "md": "text/markdown",
}
KEYWORDS = {
    "en": ("technology park", "incubator", "firms", "entries", "business survival", "cohorts", "occupancy"),
    "fr": ("technopole", "incubateur", "entreprises", "entrées", "survie des entreprises", "cohortes", "occupation"),
}
_EU = "http://publications.europa.eu/resource/authority"
_LANGUAGES = {"en": f"{_EU}/language/ENG", "fr": f"{_EU}/language/FRA"}
# The European list of file types knows these names.
_TYPES = {"csv": "CSV", "parquet": "PARQUET", "xlsx": "XLSX", "json": "JSON"}
_CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def page(dataset: Dataset, language: str = "en") -> str:
    """The address of the page that leads to the files: theirs is r/N/data/, the page's r/N/LANGUAGE/data.html."""
    above = dataset.base.removesuffix("data/") if dataset.base.endswith("data/") else f"{dataset.base}../"
    return f"{above}{language}/data.html"


def _root(dataset: Dataset) -> str:
    """Where the site begins, as seen from the files."""
    place = f"r/{dataset.content.number}/data/"
    return dataset.base.removesuffix(place) if dataset.base.endswith(place) else "../../../"


def _said(dataset: Dataset, t: Words) -> dict[str, str]:
    """Title and description in one language."""
    content = dataset.content
    places = {"publisher": dataset.publisher, "number": str(content.number)}
    told = t(
        "Firms hosted, entries, survival, cohorts and occupancy of a technology park. Situation on {as_of}, as "
        "known on {known_on}; figures that would tell of a few firms are hidden.",
        as_of=content.as_of,
        known_on=content.known_on,
    )
    return {
        "title": t("{publisher}: figures of the park, release {number}", **places),
        "description": f"{invented(content, t)} {told}".lstrip(),
    }


def _in_both(dataset: Dataset, part: str) -> list[dict[str, str]]:
    return [{"@language": code, "@value": _said(dataset, words.of(code))[part]} for code in _LANGUAGES]


def _day(day: Any) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": day.isoformat()}


def _is(kind: str, address: str, **more: Any) -> dict[str, Any]:
    return {"@id": address, "@type": kind, **more}


def catalogue(dataset: Dataset, made: Mapping[str, bytes]) -> dict[str, Any]:
    """The catalogue of one dataset, its files (`made`, by name) and the API that answers with it."""
    here = f"{dataset.base}dcat.jsonld"
    root = _root(dataset)
    publisher = _is("foaf:Agent", f"{here}#publisher", **{"foaf:name": dataset.publisher})
    languages = [_is("dct:LinguisticSystem", one) for one in _LANGUAGES.values()]
    licence = _is("dct:LicenseDocument", dataset.licence.url, **{"dct:title": dataset.licence.title})
    service = {
        "@id": f"{here}#api",
        "@type": "dcat:DataService",
        "dct:title": [
            {"@language": "en", "@value": "Released figures for programs"},
            {"@language": "fr", "@value": "Les chiffres publiés, pour les programmes"},
        ],
        "dcat:endpointURL": {"@id": f"{root}api/v1/metrics"},
        "dcat:endpointDescription": {"@id": f"{root}api/v1/openapi.json"},
        "dcat:servesDataset": {"@id": f"{here}#dataset"},
        "dct:license": {"@id": dataset.licence.url},
        "dct:publisher": {"@id": publisher["@id"]},
    }
    return {
        "@context": _CONTEXT,
        "@id": here,
        "@type": "dcat:Catalog",
        "dct:title": _in_both(dataset, "title"),
        "dct:description": _in_both(dataset, "description"),
        "dct:publisher": publisher,
        "dct:license": licence,
        "dct:language": languages,
        "dct:issued": _day(dataset.release.published_on),
        "foaf:homepage": _is("foaf:Document", f"{root}index.html"),
        "dcat:dataset": _described(dataset, made, here, publisher, licence, languages),
        "dcat:service": service,
    }


def _described(
    dataset: Dataset,
    made: Mapping[str, bytes],
    here: str,
    publisher: Mapping[str, Any],
    licence: Mapping[str, Any],
    languages: list[dict[str, Any]],
) -> dict[str, Any]:
    content, published = dataset.content, dataset.release.published_on
    theme = {"@language": "en", "@value": "Economy and finance"}
    told: dict[str, Any] = {
        "@id": f"{here}#dataset",
        "@type": "dcat:Dataset",
        "dct:title": _in_both(dataset, "title"),
        "dct:description": _in_both(dataset, "description"),
        "dct:identifier": f"sha256:{content.hash}",
        "dct:publisher": {"@id": publisher["@id"]},
        "dct:license": {"@id": licence["@id"]},
        "dct:language": languages,
        "dct:issued": _day(published),
        "dct:modified": _day(published),
        "dct:accessRights": _is("dct:RightsStatement", f"{_EU}/access-right/PUBLIC"),
        "dct:accrualPeriodicity": _is("dct:Frequency", f"{_EU}/frequency/IRREG"),
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@type": "xsd:date", "@value": f"{dataset.since}-01-01"},
            "dcat:endDate": _day(content.as_of),
        },
        "dcat:keyword": [{"@language": code, "@value": one} for code, some in KEYWORDS.items() for one in some],
        "dcat:theme": _is("skos:Concept", f"{_EU}/data-theme/ECON", **{"skos:prefLabel": theme}),
        "dcat:landingPage": _is("foaf:Document", page(dataset)),
        "foaf:page": _is("foaf:Document", f"{dataset.base}CHANGELOG.md"),
        "dcat:version": str(content.number),
        "dcat:distribution": list(_distributions(dataset, made, here, licence)),
    }
    if dataset.last is not None:
        place = f"r/{dataset.last.number}/data/dcat.jsonld#dataset"
        told["dcat:previousVersion"] = {"@id": f"{_root(dataset)}{place}"}
    return told


def _distributions(
    dataset: Dataset, made: Mapping[str, bytes], here: str, licence: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    tables = dataset.content.told["tables"]
    for path, body in made.items():
        stem, _, ending = path.rpartition(".")
        if ending not in _TYPES:
            continue
        titles = [{"@language": code, "@value": _title(stem, tables, words.of(code))} for code in _LANGUAGES]
        yield {
            "@id": f"{here}#{path}",
            "@type": "dcat:Distribution",
            "dct:title": titles,
            "dct:license": {"@id": licence["@id"]},
            "dct:format": _is("dct:MediaTypeOrExtent", f"{_EU}/file-type/{_TYPES[ending]}"),
            "dcat:mediaType": _is("dct:MediaType", f"https://www.iana.org/assignments/media-types/{FORMATS[ending]}"),
            "dcat:accessURL": {"@id": page(dataset)},
            "dcat:downloadURL": {"@id": f"{dataset.base}{path}"},
            "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(len(body))},
            "dcatap:availability": _is("skos:Concept", f"{_EU}/planned-availability/STABLE", **_STABLE),
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": hashlib.sha256(body).hexdigest()},
            },
        }


_STABLE = {"skos:prefLabel": {"@language": "en", "@value": "stable"}}


def _title(stem: str, tables: Mapping[str, Any], t: Words) -> str:
    if stem in tables:
        return title(stem, t)
    return t("What changed since the release before") if stem == "changes" else t("The whole release")


def for_search(dataset: Dataset, t: Words) -> str:
    """The dataset after schema.org, as text to be set into a page: no letter in it can end a script."""
    content, said = dataset.content, _said(dataset, t)
    metrics = [METRICS[its["metric"]] for its in content.told["tables"].values()]
    told: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": said["title"],
        "description": said["description"],
        "identifier": f"sha256:{content.hash}",
        "license": dataset.licence.url,
        "version": str(content.number),
        "inLanguage": t.language,
        "keywords": list(KEYWORDS[t.language]),
        "creator": {"@type": "Organization", "name": dataset.publisher},
        "publisher": {"@type": "Organization", "name": dataset.publisher},
        "datePublished": dataset.release.published_on.isoformat(),
        "temporalCoverage": f"{dataset.since}-01-01/{content.as_of.isoformat()}",
        "isAccessibleForFree": True,
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": t(metric.label),
                "description": t(metric.says),
                "unitText": t(metric.unit),
            }
            for metric in dict.fromkeys(metrics)
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": f"{name}.{ending}",
                "encodingFormat": FORMATS[ending],
                "contentUrl": f"{dataset.base}{name}.{ending}",
            }
            for name in content.told["tables"]
            for ending in ("csv", "parquet", "xlsx")
        ],
    }
    if dataset.base.startswith("http"):
        told["url"] = page(dataset, t.language)
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
