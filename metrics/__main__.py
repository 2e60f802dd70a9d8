"""The command line of the metrics: list the catalogue, show figures."""

from __future__ import annotations

import argparse
import json
import math
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from metrics import METRICS
from metrics.ask import NothingLoaded, NotYetKnown, Scope, Unknown, ask, find

DONE, WRONG_USE, NOTHING, UNREADABLE = 0, 2, 3, 4
COUNTS = ("firms", "occupants", "moves", "dates")
WHOLE = ("n", "at_risk", "events", "unknown", "age", "age_days", "censored")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day: write it as 2020-10-25") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m metrics", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    catalogue = commands.add_parser("list", help="every metric with its definition")
    catalogue.add_argument("--json", action="store_true")
    show = commands.add_parser("show", help="the figures of one or several metrics")
    show.add_argument("metrics", nargs="+", metavar="NAME")
    show.add_argument(
        "--by", action="append", default=[], metavar="DIM[,DIM]", help="site sector cohort year quarter month"
    )
    for name in ("site", "sector", "cohort"):
        show.add_argument(
            f"--{name}", action="append", default=[], metavar=name[0].upper(), help="only this one; repeat for several"
        )
    show.add_argument("--from", dest="start", type=_day, metavar="DATE", help="first day of the window")
    show.add_argument("--to", dest="end", type=_day, metavar="DATE", help="last day of the window")
    show.add_argument("--as-of", type=_day, metavar="DATE", help="the day described (default: the latest stated day)")
    show.add_argument(
        "--known-on", type=_day, metavar="DATE", help="what the lists accepted up to that day said (default: all)"
    )
    show.add_argument("--format", choices=("table", "csv", "json", "xlsx"), default="table")
    show.add_argument("-o", "--output", type=Path, metavar="FILE")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit status (0 done, 2 wrong use, 3 nothing loaded, 4 unreadable)."""
    asked = _parser().parse_args(arguments)
    try:
        return _list(asked) if asked.command == "list" else _show(asked)
    except Unknown as wrong:
        print(wrong, file=sys.stderr)
        return WRONG_USE
    except NotYetKnown as early:
        print(early, file=sys.stderr)
        return NOTHING
    except NothingLoaded as nothing:
        print(nothing, file=sys.stderr)
        return NOTHING


def _list(asked: argparse.Namespace) -> int:
    if asked.json:
        catalogue = [
            {
                "metric": metric.name,
                "label": metric.label,
                "definition": metric.says,
                "unit": metric.unit,
                "dimensions": list(metric.dimensions),
                "stock": metric.stock,
                "sensitive": metric.sensitive,
                "public": metric.public,
            }
            for metric in METRICS.values()
        ]
        print(json.dumps(catalogue, ensure_ascii=False, indent=2))
    else:
        for metric in METRICS.values():
            kind = "stock" if metric.stock else "flow"
            words = (
                metric.unit,
                kind,
                *(["sensitive"] if metric.sensitive else []),
                *([] if metric.public else ["not public"]),
            )
            print(f"{metric.name}  {metric.label} ({', '.join(words)})\n    {metric.says}")
            print(f"    by {' '.join(metric.dimensions)}")
    return DONE


def _show(asked: argparse.Namespace) -> int:
    from data.fault import FAULTS, fault
    from data.warehouse import Warehouse

    by = [name.strip() for names in asked.by for name in names.split(",") if name.strip()]
    for name in asked.metrics:
        find(name)
    if asked.format == "xlsx" and asked.output is None:
        print("A workbook is not text: give a file with -o FILE.xlsx.", file=sys.stderr)
        return WRONG_USE
    if asked.start and asked.end and asked.start > asked.end:
        print("The window ends before it starts: give --from a day that is not after --to.", file=sys.stderr)
        return WRONG_USE
    scope = Scope(tuple(asked.site), tuple(asked.sector), tuple(asked.cohort), asked.start, asked.end, asked.as_of)
    try:
        generation = Warehouse.from_environment().generation(asked.known_on)
    except FAULTS as error:
        print(fault(error), file=sys.stderr)
        return UNREADABLE
    if generation.empty and asked.known_on and generation.first_known_on:
        raise NotYetKnown(asked.known_on, generation.first_known_on)
    if generation.empty:
        raise NothingLoaded
    answer = ask(generation, asked.metrics, scope, by)
    content = _written(answer, asked.format, scope, by)
    if asked.output is not None:
        asked.output.write_bytes(content)
    else:
        sys.stdout.write(content.decode())
    return DONE


def _written(answer: pd.DataFrame, form: str, scope: Scope, by: list[str]) -> bytes:
    if form == "json":
        return (json.dumps(as_json(answer, scope, by), ensure_ascii=False, indent=2) + "\n").encode()
    if form == "table":
        return _text(answer, by).encode()
    from data import write

    plain = answer.dropna(axis="columns", how="all").astype(object)
    plain["as_of"], plain["known_on"] = answer.attrs["as_of"], answer.attrs["known_on"]
    for name in by:
        plain[name] = [_word(value) for value in answer[name]]
    if form == "csv":
        return write.csv(plain)
    chosen = [METRICS[name] for name in dict.fromkeys(answer["metric"])]
    meanings = pd.DataFrame(
        [(m.name, m.label, m.says, m.unit) for m in chosen], columns=["metric", "label", "definition", "unit"]
    )
    return write.xlsx({"Figures": plain, "Definitions": meanings})


def as_json(answer: pd.DataFrame, scope: Scope, by: list[str]) -> list[dict[str, Any]]:
    """The contract's list: one object per metric, its rows with the fields that apply to it."""
    objects = []
    for name in answer.attrs["fields"]:
        metric, rows = METRICS[name], answer[answer["metric"] == name]
        fields = [field for field in answer.attrs["fields"][metric.name] if field in rows.columns]
        objects.append(
            {
                "metric": metric.name,
                "label": metric.label,
                "definition": metric.says,
                "unit": metric.unit,
                "as_of": answer.attrs["as_of"].isoformat(),
                "known_on": answer.attrs["known_on"].isoformat() if answer.attrs["known_on"] else None,
                "scope": {
                    "sites": list(scope.sites),
                    "sectors": list(scope.sectors),
                    "cohorts": list(scope.cohorts),
                    "from": scope.start.isoformat() if scope.start else None,
                    "to": scope.end.isoformat() if scope.end else None,
                },
                "by": by,
                "rows": [
                    {str(key): _plain(value, str(key), metric.unit) for key, value in row.items()}
                    for row in rows[[*by, *fields]].to_dict("records")
                ],
            }
        )
    return objects


def _plain(value: Any, field: str, unit: str) -> Any:
    """A value JSON knows: counts whole, missing values null."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if field in WHOLE or (field == "value" and unit in COUNTS):
        return int(value)
    return value.item() if hasattr(value, "item") else value


def _word(value: Any) -> str:
    return "(none)" if pd.isna(value) else str(value)


def _text(answer: pd.DataFrame, by: list[str]) -> str:
    """Aligned columns under the days they hold for, each metric's definition below."""
    shown = pd.DataFrame({"metric": answer["metric"]})
    for name in by:
        shown[name] = [_word(value) for value in answer[name]]
    units = [METRICS[name].unit for name in answer["metric"]]
    for name in answer.columns[1 + len(by) :]:
        if answer[name].notna().any():
            shown[name] = [_figure(value, name, unit) for value, unit in zip(answer[name], units, strict=True)]
    days = f"as of {answer.attrs['as_of']}, as known on {answer.attrs['known_on']}\n"
    widths = {name: max([len(name), *map(len, shown[name])]) for name in shown.columns}
    left = {"metric", *by, "note", "outcome"}
    lines = [
        "  ".join(
            cell.ljust(widths[name]) if name in left else cell.rjust(widths[name])
            for name, cell in zip(shown.columns, row, strict=True)
        ).rstrip()
        for row in [tuple(shown.columns), *shown.itertuples(index=False, name=None)]
    ]
    meanings = [f"{METRICS[name].label}: {METRICS[name].says}" for name in dict.fromkeys(answer["metric"])]
    return days + "\n".join(lines) + "\n\n" + "\n".join(meanings) + "\n"


def _figure(value: Any, field: str, unit: str) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if field in WHOLE or (field == "value" and unit in COUNTS):
        return f"{value:,.0f}"
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.1f}"


if __name__ == "__main__":
    sys.exit(main())
