"""The sites and sectors of a load, spelt as the park's lists spell them; what the lists do not have is wrong or new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.cells import Typed, fold, spelling
from data.fields import Field, Load, report_missing, rows_of
from data.names import first_sector, nearest, resembling, site_of_sheet, spellings
from data.problem import Problem


def _listed(load: Load, name: str, known: Sequence[str], open_list: bool, code: str) -> list[str]:
    """Spells a column as the list does; other names are new where it is open, else wrong. → new names"""
    of = load.fields[name]
    spelt, new = spellings(of.typed.values, of.counts(), known)
    folded = [None if value is None else fold(value) for value in of.typed.values]
    if open_list:
        of.replaced([None if key is None else spelt[key] for key in folded])
        for one, other in resembling(new, known).items():
            header = load.any_header(name)
            load.problems.append(Problem("new-name-resembles", None, None, header, one, {"like": other}))
        return new
    listed = {fold(one) for one in known}
    unknown = {i for i, key in enumerate(folded) if key is not None and key not in listed}
    of.replaced([None if key is None or i in unknown else spelt[key] for i, key in enumerate(folded)])
    near = {i: nearest(folded[i] or "", known) for i in unknown}
    for row in np.flatnonzero(rows_of(of, unknown)) if unknown else ():
        load.report(code, int(row), name, nearest=near[of.codes[row]])
    return []


def sites(load: Load, file_name: str, site: str | None) -> list[str]:
    """The site of every row: its column, else what the load says, else the sheet's name. → new sites"""
    names = {column.name for column in load.sheet.columns}
    if "site" not in names:
        return []
    needed = load.sheet.required("site")
    known = list(load.lists.sites)
    open_list = load.mapping.new_sites or load.kind == "sites"
    column = load.sheet.column("site")
    on_load = spelling(site) if site else None
    if on_load and not open_list and fold(on_load) not in set(map(fold, known)):
        details = {"nearest": nearest(on_load, known)}
        load.problems.append(Problem("site-not-listed", None, None, column.fr, on_load, details))
        return []
    filling: list[str | None] = []
    for table, match in zip(load.tables, load.matches, strict=True):
        asked = on_load
        absent = "site" not in match.columns
        # A CSV has no sheets: what stands for the sheet's name there is the file's.
        named = fold(table.sheet) != fold(Path(file_name).stem)
        if absent and not asked:
            asked = site_of_sheet(table.sheet, known, open_list and needed and named)
        if absent and needed and not asked:
            load.problems.append(
                Problem("missing-site", table.sheet, None, column.fr, None, {"sheet": f'"{table.sheet}"'})
            )
        filling.append(asked)
    if "site" not in load.fields and not any(filling):
        return []
    if "site" not in load.fields:
        load.fields["site"] = Field(column, [None], np.zeros(load.size, np.int32), Typed([None]))
    of = load.fields["site"]
    for t, asked in enumerate(filling):
        rows = (load.table_of == t) & ~of.given
        if asked and rows.any():
            of.raw.append(asked)
            of.typed.values.append(asked)
            of.codes = np.where(rows, np.int32(len(of.raw) - 1), of.codes)
    if needed and any("site" in match.columns for match in load.matches):
        absent_tables = [t for t, match in enumerate(load.matches) if "site" not in match.columns]
        report_missing(load, ("site",), ~of.given & ~np.isin(load.table_of, absent_tables))
    return _listed(load, "site", known, open_list, "unknown-site")


def sectors(load: Load) -> tuple[list[str], dict[int, str]]:
    """The sector and sub-sector of every row. → new sectors, and the cells (by distinct number) that name several"""
    of = load.fields.get("sector")
    if of is None:
        return [], {}
    open_list = load.mapping.new_sectors or load.kind == "sectors"
    known = list(dict.fromkeys(sector for sector, _ in load.lists.sectors))
    several: dict[int, str] = {}
    if load.kind != "sectors":
        folded = frozenset(map(fold, known))
        firsts: list[str | None] = []
        for i, value in enumerate(of.typed.values):
            first, more = first_sector(value, folded) if value else (value, False)
            firsts.append(first)
            if more:
                several[i] = value
        of.replaced(firsts)
        if several:
            count = int(rows_of(of, several).sum())
            header = load.any_header("sector")
            load.problems.append(Problem("several-sectors", None, None, header, None, {"count": count}))
    new = _listed(load, "sector", known, open_list, "unknown-sector")
    _subsectors(load, open_list)
    return new, several


def _subsectors(load: Load, open_list: bool) -> None:
    """Spells sub-sectors as the list does within their sector; an unknown one is kept, with a warning."""
    of, sectors = load.fields.get("subsector"), load.fields["sector"]
    if of is None:
        return
    listed: dict[str, list[str]] = {}
    for sector, subsector in load.lists.sectors:
        if subsector is not None:
            listed.setdefault(sector, []).append(subsector)
    pairs = sectors.codes.astype(np.int64) * len(of.raw) + of.codes
    distinct, inverse, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    of_pair = [(sectors.typed.values[p // len(of.raw)], of.typed.values[p % len(of.raw)]) for p in distinct.tolist()]
    values: list[str | None] = []
    unknown: dict[int, dict[str, str]] = {}
    spelt = {
        sector: spellings(
            [sub for other, sub in of_pair if other == sector],
            [int(n) for (other, _), n in zip(of_pair, counts, strict=True) if other == sector],
            listed.get(sector or "", ()),
        )[0]
        for sector in {sector for sector, _ in of_pair}
    }
    for i, (sector, sub) in enumerate(of_pair):
        values.append(None if sub is None else spelt[sector][fold(sub)])
        if sub is not None and sector in listed and not open_list and values[-1] not in listed[sector]:
            unknown[i] = {"sector": sector, "nearest": nearest(sub, listed[sector])}
    raw = [of.raw[p % len(of.raw)] for p in distinct.tolist()]
    load.fields["subsector"] = of = Field(of.column, raw, inverse.astype(np.int32), Typed(values))
    for row in np.flatnonzero(rows_of(of, unknown)) if unknown else ():
        load.report("unknown-subsector", int(row), "subsector", **unknown[int(of.codes[row])])
