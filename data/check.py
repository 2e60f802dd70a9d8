"""From matched tables to clean rows: every cell typed, every problem listed with its sheet, row and column."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data import consents
from data.cells import Typed, fold, name_key, name_keys, spelling
from data.fields import Codes, Field, Load, Rows, distinct, shown, type_columns
from data.listed import sectors, sites
from data.match import Mapping, Match
from data.names import Lists
from data.orders import DateOrder
from data.problem import Problem
from data.rows import NO_DAY, Moments, day_number, judge_dates, last_day, repeated
from data.sheet import TYPES, schema
from data.stated import stated_day
from data.table import Table

__all__ = ["Clean", "Lists", "check"]


@dataclass(frozen=True)
class Clean:
    """One load, checked.

    `rows` has the columns of `schema(sheet)`, one row for each row that stands. `problems` are all of them, those of
    the file first, then by sheet and row. `left_out` counts the rows that are not among them, by why. `new_sites` and
    `new_sectors` are names the park's lists did not have and that the load was allowed to add.
    `orders` says of fields how their dates were read where day and month could be taken for each other.
    """

    kind: str
    rows: pa.Table
    problems: tuple[Problem, ...]
    left_out: dict[str, int]
    stated_on: date | None
    new_sites: tuple[str, ...] = ()
    new_sectors: tuple[str, ...] = ()
    orders: dict[str, DateOrder] = field(default_factory=dict)


def check(
    tables: Sequence[Table],
    matches: Sequence[Match],
    mapping: Mapping | None = None,
    lists: Lists | None = None,
    *,
    file_name: str,
    site: str | None = None,
    stated_on: date | None = None,
    today: date,
) -> Clean:
    """The clean rows of tables of one kind and everything that is wrong with them.

    `site` and `stated_on` are what the person says of the whole load; `today` places two-digit years and a stated day
    in the future. Nothing is raised for what a file holds: an error without a row means that the file cannot stand, an
    error with one that the row is left out. ValueError where the tables are of different kinds.
    """
    if len({match.kind for match in matches}) != 1 or len(tables) != len(matches):
        raise ValueError("check takes tables of one kind, each with its match")
    mapping, lists = mapping or Mapping(), lists or Lists()
    load = Load(matches[0].kind, tables, matches, mapping, lists)
    day, said = stated_day(tables, file_name, today, stated_on or mapping.stated_on, mapping.whole_order)
    load.problems += [*(note for table in tables for note in table.notes), *said]
    _columns(load, file_name, site)
    type_columns(load, today)
    new_sites = sites(load, file_name, site)
    new_sectors, several = sectors(load)
    moments = _rules(load, day)
    if load.kind == "solutions":
        consents.judge(load, moments, day)
    left_out = Counter(out.why for table in tables for out in table.left_out)
    again = _repeated(load, moments)
    standing = ~load.refused & ~again
    left_out.update({"error": int(load.refused.sum()), "repeated": int((again & ~load.refused).sum())})
    load.found.sort(key=lambda item: item[0])
    return Clean(
        load.kind,
        _clean(load, moments, several, standing),
        (*load.problems, *(problem for _, problem in load.found)),
        {why: count for why, count in left_out.items() if count},
        day,
        tuple(new_sites),
        tuple(new_sectors),
        load.orders,
    )


def _columns(load: Load, file_name: str, site: str | None) -> None:
    """What is wrong with the headers: needed columns missing, columns matched by likeness or twice, an idle mapping."""
    sheet = load.sheet
    for table, match in zip(load.tables, load.matches, strict=True):
        headers = ", ".join(header.strip() for header in table.headers if header and header.strip()) or "–"
        for names in match.missing:
            labels = " or ".join(sheet.column(name).label for name in names)
            details = {"label": labels, "fields": " or ".join(names), "headers": headers}
            load.problems.append(Problem("missing-column", table.sheet, None, sheet.column(names[0]).fr, None, details))
            if "entered_on" in names:
                load.problems.append(Problem("no-entries", table.sheet, None, sheet.column(names[0]).fr))
        for name, reason in match.reasons.items():
            if reason.startswith("likeness"):
                header = table.headers[match.columns[name]].strip()
                details = {"label": sheet.column(name).label, "field": name}
                load.problems.append(Problem("column-by-likeness", table.sheet, None, header, None, details))
        for place, name in match.twice.items():
            if sheet.column(name).person:
                continue
            other = table.headers[match.columns[name]].strip()
            details = {"label": sheet.column(name).label, "field": name, "other": other}
            load.problems.append(
                Problem("column-twice", table.sheet, None, table.headers[place].strip(), None, details)
            )
        for place, names in match.unsure.items():
            details = {"fields": " or ".join(names)}
            load.problems.append(Problem("column-unsure", table.sheet, None, table.headers[place], None, details))
    written = {fold(header) for table in load.tables for header in table.headers if header}
    headers = ", ".join(dict.fromkeys(h.strip() for table in load.tables for h in table.headers if h and h.strip()))
    ordered = load.mapping.date_order if isinstance(load.mapping.date_order, dict) else {}
    for header in dict.fromkeys((*load.mapping.columns, *ordered)):
        if fold(header) not in written:
            load.problems.append(Problem("mapping-unused", None, None, header, None, {"headers": headers or "–"}))


def _rules(load: Load, stated_on: date | None) -> dict[str, Moments]:
    """Judges each row's dates together. → the dates of all rows, as they go into the clean table"""
    moments: dict[str, Moments] = {}
    for name, of in load.fields.items():
        if of.column.type == "date":
            precisions = of.typed.precisions or []
            days = [day_number(day) for day in of.typed.values]
            latest = [day_number(last_day(d, p)) for d, p in zip(of.typed.values, precisions, strict=True)]
            moments[name] = Moments(np.array(days, np.int32)[of.codes], np.array(latest, np.int32)[of.codes])
    for code, row, details in judge_dates(moments, stated_on).found:
        at = next((name for name in ("left_on", "closed_on", "founded_on", "entered_on") if name in details), None)
        load.report(code, row, at, **details)
    _undated(load, moments)
    return moments


def _undated(load: Load, moments: dict[str, Moments]) -> None:
    """Rows that say a firm has closed, or in a list of stays that it has left, and give no day for it."""
    dated = np.zeros(load.size, bool)
    for name in ("closed_on", "left_on"):
        if name in moments:
            dated |= moments[name].given
    closed = np.zeros(load.size, bool)
    for name in ("status", "exit_reason"):
        if name in load.fields:
            said = load.fields[name]
            here = ~dated & ~closed & said.says({"closed"})
            closed |= here
            for row in np.flatnonzero(here):
                load.report("closed-undated", int(row), name)
    if load.kind == "tenants":
        gone = {"status": {"alumni"}, "exit_reason": {"graduated", "moved", "merged", "evicted", "other"}}
        for name, words in gone.items():
            if name in load.fields:
                here = ~dated & ~closed & load.fields[name].says(words)
                closed |= here
                for row in np.flatnonzero(here):
                    load.report("left-undated", int(row), name)


def _keys(load: Load, moments: dict[str, Moments]) -> npt.NDArray[np.int64]:
    """What each row speaks of as one number; -1 where it does not give a part of that (a sub-sector or solution may be
    blank)."""
    key = np.zeros(load.size, np.int64)
    lost = np.zeros(load.size, bool)
    for part in load.sheet.key:
        if part == "firm":
            codes = _firm_codes(load)
        elif part in moments:
            days = moments[part].days.astype(np.int64)
            codes = np.where(moments[part].given, days - days.min(initial=0, where=days != NO_DAY), -1)
        elif part in load.fields:
            codes = _value_codes(load.fields[part])
        else:
            codes = np.full(load.size, -1, np.int64)
        if part not in ("subsector", "solution"):
            lost |= codes == -1
        # Small numbers again after each part, so that the product never overflows.
        key = _numbered(key * (int(codes.max(initial=0)) + 2) + codes + 1)
    return np.where(lost, -1, key)


def _numbered(values: Any) -> npt.NDArray[np.int64]:
    """The number of each value among the distinct ones, in order of appearance; -1 for None."""
    numbers = pa.array(values).dictionary_encode().indices
    return numbers.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def _value_codes(of: Field) -> npt.NDArray[np.int64]:
    return _numbered(of.typed.values)[of.codes]


def _firm_codes(load: Load) -> npt.NDArray[np.int64]:
    """The firm by its identifier or, without one, by its name's key."""
    codes = np.full(load.size, -1, np.int64)
    if "firm_id" in load.fields:
        codes = _value_codes(load.fields["firm_id"])
    if "firm_name" in load.fields and (codes == -1).any():
        of = load.fields["firm_name"]
        keyed = Field(of.column, of.raw, of.codes, Typed(_name_keys(of)))
        names = _value_codes(keyed)
        codes = np.where(codes == -1, np.where(names == -1, -1, names + codes.max(initial=0) + 1), codes)
    return codes


def _name_keys(of: Field) -> list[str | None]:
    keys = iter(name_keys([value for value in of.typed.values if value is not None]))
    return [None if value is None else next(keys) for value in of.typed.values]


def _repeated(load: Load, moments: dict[str, Moments]) -> Rows:
    """Leaves out rows that repeat an earlier one and refuses those that contradict it. → the repeats"""
    again = np.zeros(load.size, bool)

    def said(name: str, row: int) -> Any:
        of = load.fields[name]
        if name in moments:
            return int(moments[name].days[row])
        value = of.typed.values[of.codes[row]]
        return name_key(value) if name == "firm_name" and value else value

    for row, first in repeated(_keys(load, moments), ~load.refused).items():
        # Two persons who speak for one firm contradict nothing.
        differing = [n for n, of in load.fields.items() if not of.column.person and said(n, row) != said(n, first)]
        place = {"first": int(load.row_of[first]), "first_sheet": load.tables[load.table_of[first]].sheet}
        if differing:
            fields = ", ".join(load.header(name, int(load.table_of[row])) or name for name in differing)
            load.report("contradicting-row", row, None, **place, fields=fields)
        else:
            load.report("repeated-row", row, None, **place)
            again[row] = True
    return again


def _clean(load: Load, moments: dict[str, Moments], several: dict[int, str], standing: Rows) -> pa.Table:
    rows = np.flatnonzero(standing)
    arrays: dict[str, pa.Array] = {}
    for name, of in load.fields.items():
        take = pa.array(of.codes[rows])
        if name in moments:
            days = moments[name].days[rows]
            arrays[name] = pa.array(days, pa.int32(), mask=days == NO_DAY).cast(pa.date32())
            arrays[f"{name}_precision"] = pa.array(of.typed.precisions, pa.string()).take(take)
        else:
            arrays[name] = pa.array(of.typed.values, TYPES[of.column.type]).take(take)
        if name == "firm_name":
            arrays["name_key"] = pa.array(_name_keys(of), pa.string()).take(take)
    arrays["notes"] = pa.array(_notes(load, several), pa.string()).take(pa.array(rows))
    arrays["sheet"] = pa.array([table.sheet for table in load.tables], pa.string()).take(pa.array(load.table_of[rows]))
    arrays["row"] = pa.array(load.row_of[rows])
    wanted = schema(load.sheet)
    return pa.table([arrays.get(f.name, pa.nulls(len(rows), f.type)) for f in wanted], schema=wanted)


def _notes(load: Load, several: dict[int, str]) -> list[str | None]:
    """What each row says in columns that mean nothing to us, as one JSON object; None where it says nothing there."""
    notes: list[str | None] = []
    start = 0
    for t, (table, match) in enumerate(zip(load.tables, load.matches, strict=True)):
        size = len(table.rows)
        parts: list[list[str | None]] = []
        used: Counter[str] = Counter()

        def add(header: str, texts: list[str | None], codes: Codes) -> None:
            used[header] += 1  # noqa: B023 (called at once)
            name = json.dumps(header if used[header] == 1 else f"{header} ({used[header]})", ensure_ascii=False)  # noqa: B023
            said = [None if text is None else f"{name}: {json.dumps(text, ensure_ascii=False)}" for text in texts]
            if any(said):
                parts.append([said[code] for code in codes.tolist()])  # noqa: B023

        for place in match.unmatched:
            cells = distinct(table.columns[place])
            texts = [None if cell is None or cell == "" else spelling(cell) or shown(cell) for cell in cells.values]
            add(table.headers[place].strip() or f"#{place + 1}", texts, cells.codes)
        for name, wanted in (("sector", several), ("firm_id", _damaged(load))):
            if wanted and name in match.columns:
                codes = load.fields[name].codes[start : start + size]
                texts = [shown(cell) if i in wanted else None for i, cell in enumerate(load.fields[name].raw)]
                add(load.header(name, t) or name, texts, codes)
        if len(parts) == 1:
            notes += [None if one is None else "{" + one + "}" for one in parts[0]]
        elif parts:
            joined = (", ".join(filter(None, said)) for said in zip(*parts, strict=True))
            notes += ["{" + text + "}" if text else None for text in joined]
        else:
            notes += [None] * size
        start += size
    return notes


def _damaged(load: Load) -> set[int]:
    of = load.fields.get("firm_id")
    return set() if of is None else set(of.typed.wrongs)
