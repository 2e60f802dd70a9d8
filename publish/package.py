"""A release as open data: its tables as CSV, described for machines (Frictionless Data Package, DCAT, schema.org)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from metrics import METRICS
from publish.content import Content

LICENCE = ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0")
# What a column holds, whatever the table.
COLUMNS = {
    "site": ("string", "Site; none: all sites together. (other): small ones together. (none): the lists do not say."),
    "sector": ("string", "Sector; none: all sectors together. (other): small ones together. (none): not stated."),
    "year": ("year", "Year of entry; none: all years together."),
    "years": ("string", "Years of entry taken together."),
    "age": ("integer", "Age in whole years since entry."),
    "age_days": ("integer", "Age in days since entry."),
    "month": ("yearmonth", "Month."),
    "value": ("number", "The figure, in the unit of the table; shares are fractions. None where `status` says why."),
    "status": ("string", "c: hidden, so that nothing is told of a few firms. x: no figure can be given."),
    "low": ("number", "Lower end of the 95 % interval."),
    "high": ("number", "Upper end of the 95 % interval."),
    "n": ("integer", "Firms that the rate is of."),
    "lower_bound": ("number", "The rate, were all firms of unknown fate closed."),
    "upper_bound": ("number", "The rate, were all firms of unknown fate in activity."),
    "traced": ("number", "Share of firms whose fate is known."),
    "at_risk": ("integer", "Firms followed up to this age."),
    "notes": ("string", "Codes of what a reader should know of the figure, apart by spaces."),
}


def files(content: Content, publisher: str, base: str = "") -> Iterator[tuple[str, bytes]]:
    """Every file of the data of one release, by its name; `base` is the address of their folder."""
    tables = {name: _csv(its) for name, its in content.told["tables"].items()}
    yield "release.json", content.raw
    for name, body in tables.items():
        yield f"{name}.csv", body
    yield "datapackage.json", _json(_package(content, publisher, tables))
    yield "dcat.jsonld", _json(_dcat(content, publisher, base, tables))


def _json(told: Any) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def fields(its: Mapping[str, Any]) -> list[str]:
    """The columns of a table: what it is cut by, the figure, and what stands beside it."""
    named = [*its["by"], "value", "status"]
    beside = {key for cell in its["cells"] for key in cell} - {*named}
    return [*named, *(name for name in COLUMNS if name in beside)]


def _csv(its: Mapping[str, Any]) -> bytes:
    """UTF-8 with a header; a name that a spreadsheet would take for a formula is made harmless."""
    names = fields(its)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    for cell in its["cells"]:
        writer.writerow([_plain(cell.get(name)) for name in names])
    return out.getvalue().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value


def _package(content: Content, publisher: str, tables: Mapping[str, bytes]) -> dict[str, Any]:
    name, path, title = LICENCE
    return {
        "profile": "data-package",
        "name": f"release-{content.number}",
        "title": _title(content, publisher),
        "description": f"Situation on {content.as_of}, as known on {content.known_on}.",
        "version": f"{content.number}.0.0",
        "licenses": [{"name": name, "path": path, "title": title}],
        "contributors": [{"title": publisher, "role": "publisher"}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": table,
                "title": METRICS[content.told["tables"][table]["metric"]].label,
                "description": METRICS[content.told["tables"][table]["metric"]].says,
                "path": f"{table}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(body),
                "hash": f"sha256:{hashlib.sha256(body).hexdigest()}",
                "schema": {
                    "missingValues": [""],
                    "fields": [
                        {"name": one, "type": COLUMNS[one][0], "description": _column(content, table, one)}
                        for one in fields(content.told["tables"][table])
                    ],
                },
            }
            for table, body in tables.items()
        ],
    }


def _column(content: Content, table: str, name: str) -> str:
    unit = content.told["tables"][table]["unit"]
    return f"{COLUMNS[name][1]} Unit: {unit}." if name == "value" else COLUMNS[name][1]


def _title(content: Content, publisher: str) -> str:
    return f"{publisher}: figures of the park, release {content.number}"


def _dcat(content: Content, publisher: str, base: str, tables: Mapping[str, bytes]) -> dict[str, Any]:
    """The dataset after DCAT-AP: title, description, publisher, licence, days, and a distribution per file."""
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "spdx": "http://spdx.org/rdf/terms#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{base}dcat.jsonld#dataset",
        "@type": "dcat:Dataset",
        "dct:title": {"@language": "en", "@value": _title(content, publisher)},
        "dct:description": {"@language": "en", "@value": f"Situation on {content.as_of}."},
        "dct:identifier": content.hash,
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": publisher},
        "dct:license": {"@id": LICENCE[1]},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:endDate": {"@type": "xsd:date", "@value": content.as_of.isoformat()},
        },
        "dcat:version": str(content.number),
        "dcat:distribution": [
            {
                "@id": f"{base}dcat.jsonld#{name}",
                "@type": "dcat:Distribution",
                "dct:title": {"@language": "en", "@value": name},
                "dct:license": {"@id": LICENCE[1]},
                "dcat:accessURL": {"@id": f"{base}{name}.csv"},
                "dcat:downloadURL": {"@id": f"{base}{name}.csv"},
                "dcat:mediaType": {"@id": "https://www.iana.org/assignments/media-types/text/csv"},
                "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(len(body))},
                "spdx:checksum": {
                    "@type": "spdx:Checksum",
                    "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                    "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": hashlib.sha256(body).hexdigest()},
                },
            }
            for name, body in tables.items()
        ],
    }


def for_search(content: Content, publisher: str, base: str) -> str:
    """The dataset after schema.org, as text to be set into a page: no letter in it can end a script."""
    told = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": _title(content, publisher),
        "description": f"Firms hosted, entries, survival, cohorts and occupancy. Situation on {content.as_of}.",
        "license": LICENCE[1],
        "version": str(content.number),
        "creator": {"@type": "Organization", "name": publisher},
        "temporalCoverage": f"../{content.as_of.isoformat()}",
        "isAccessibleForFree": True,
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": "text/csv", "contentUrl": f"{base}{name}.csv"}
            for name in content.told["tables"]
        ],
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
