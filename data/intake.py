"""The steps from a file to the ledger, in order: one for the command line and the page alike."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from data.building import ITS_OWN, SCOPES, input_schema, peek
from data.cells import fold
from data.check import Lists, check
from data.compare import Difference, difference, with_keys
from data.doubts import doubts, replacing
from data.grid import Limits
from data.ledger import Conflict, Receipt, standing
from data.match import Mapping, Match, known_header, match
from data.problem import Problem, Refused
from data.read import Book, read
from data.sheets import SHEETS
from data.table import Table, find_table
from data.warehouse import Generation, Warehouse, discard

SAMPLE = Path(__file__).parent / "sample"

_ATTEMPTS = 5
# A sheet with this many columns that we know is a list, and no note.
_A_LIST = 3
NOTHING = Difference(0, 0, 0, 0, True)


@dataclass(frozen=True)
class Choices:
    """What the person says about a load; None means: find out, or the default."""

    kind: str | None = None
    sheet: str | None = None
    site: str | None = None
    mode: str = "update"
    mapping: Mapping = field(default_factory=Mapping)
    accept_warnings: bool = False
    stated_on: date | None = None
    records_closures: bool | None = None
    known_on: date | None = None
    by: str = ""
    dry_run: bool = False
    sample: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one file; `refused` is None, or "problems", or "unreadable"."""

    file: str
    kind: str | None = None
    sheets: tuple[str, ...] = ()
    rows: int = 0
    difference: Difference = NOTHING
    receipt: int | None = None
    problems: tuple[Problem, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    refused: str | None = None
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        """The object that `load --json` prints for this file."""
        return {
            "file": self.file,
            "accepted": self.refused is None and not self.dry_run,
            "dry_run": self.dry_run,
            "kind": self.kind,
            "sheet": ", ".join(self.sheets) or None,
            "rows": self.rows,
            "added": self.difference.added,
            "changed": self.difference.changed,
            "removed": self.difference.removed,
            "same": self.difference.same,
            "receipt": self.receipt,
            "left_out": self.left_out,
            "problems": [problem.as_json() for problem in self.problems if problem.severity != "note"],
            "notes": [problem.as_json() for problem in self.problems if problem.severity == "note"],
        }


def load(warehouse: Warehouse, path: Path, choices: Choices) -> Outcome:
    """Takes one file in, or says why not; on any refusal nothing is written.

    Raises Backdated where `known_on` is before the last receipt's: what was known on a day does not change afterwards.
    """
    known_on = _known_on(warehouse, choices)
    # A name in some old code page is no text; it is kept readable.
    name = path.name.encode("utf-8", "replace").decode()
    outcome = Outcome(name, dry_run=choices.dry_run)
    try:
        # One byte over the limit is enough to be told so; the rest is not read.
        with path.open("rb") as handle:
            content = handle.read(Limits().packed + 1)
    except OSError as error:
        problem = Problem("file-not-readable", value=name, details={"reason": error.strerror or str(error)})
        return replace(outcome, problems=(problem,), refused="unreadable")
    try:
        book = read(content, name)
    except Refused as refusal:
        return replace(outcome, problems=refusal.problems, refused="unreadable")
    try:
        for _ in range(_ATTEMPTS):
            try:
                return _take_in(warehouse, content, book, choices, known_on, outcome)
            except Conflict:
                # Somebody else's receipt came first: everything is asked again on what is known now.
                continue
        return replace(outcome, problems=(Problem("too-busy"),), refused="problems")
    except Refused as refusal:
        return replace(outcome, problems=(*book.notes, *refusal.problems), refused="problems")


class Backdated(ValueError):
    """A load would change what was already known on a day gone by."""


def _known_on(warehouse: Warehouse, choices: Choices) -> date:
    today = date.today()
    receipts = warehouse.ledger.receipts()
    last = receipts[-1].known_on if receipts else None
    known_on = choices.known_on or max(today, last or today)
    if last and known_on < last:
        raise Backdated(
            f"The ledger already knows things on {last}: a load can be known on that day or later, not on {known_on}."
        )
    if choices.known_on and choices.known_on > today:
        raise Backdated(f"Nothing can be known on {choices.known_on} yet: today is {today}.")
    return known_on


def _take_in(
    warehouse: Warehouse, content: bytes, book: Book, choices: Choices, known_on: date, outcome: Outcome
) -> Outcome:
    now = warehouse.generation()
    invented = _invented(content)
    asks = now.sample and not invented
    dropped = [r.number for r in now.receipts] if asks and choices.sample != "keep" else []
    # Invented sites must not judge real ones: until the sample is to be kept, the load meets an empty park.
    basis = warehouse.of([], now) if dropped else now

    kind, tables, matches, problems = _tables(book, choices)
    problems = [*book.notes, *problems]
    if asks and choices.sample is None:
        problems.append(Problem("sample-loaded"))
    clean = check(
        tables,
        matches,
        choices.mapping,
        lists(basis),
        file_name=book.file,
        site=choices.site,
        stated_on=choices.stated_on,
        today=known_on,
    )
    problems += clean.problems
    sheets = tuple(table.sheet for table in tables)
    outcome = replace(outcome, kind=kind, sheets=sheets, rows=len(clean.rows), left_out=clean.left_out)
    if any(p.severity == "error" and p.row is None for p in problems) or not len(clean.rows):
        return replace(outcome, problems=tuple(problems), refused="problems")

    sheet = SHEETS[kind]
    before = input_schema(sheet).empty_table() if basis.empty else basis.arrow(f"select * from {kind}")
    fresh = with_keys(sheet, _known_cohorts(clean.rows, before), before, _named(basis))
    if kind == "tenants":
        problems += doubts(fresh, before, clean.stated_on, any("left_on" in found.columns for found in matches))
    covers = _covers(kind, fresh) if choices.mode == "replace" else []
    rows = _parquet(fresh)
    body = {
        "action": "load",
        "known_on": known_on.isoformat(),
        "by": choices.by,
        "kind": kind,
        "mode": choices.mode,
        "covers": covers,
        "file": book.file,
        "sheets": list(sheets),
        "columns": {table.sheet: _letters(table, found) for table, found in zip(tables, matches, strict=True)},
        "site": choices.site,
        "stated_on": clean.stated_on.isoformat() if clean.stated_on else None,
        "records_closures": _records_closures(choices),
        "mapping": choices.mapping.as_json(),
        "rows": outcome.rows,
        "left_out": clean.left_out,
        "problems": [problem.as_json() for problem in problems],
        "invented": invented,
        "takes_back": dropped,
    }
    receipt = warehouse.ledger.prepare(body, content, rows)
    if receipt.previous != now.head:
        raise Conflict("A receipt was written between the reading and the comparing.")
    receipts = [*basis.receipts, receipt]
    trial = warehouse.trial(receipts, lambda sha256: fresh if sha256 == receipt.clean else warehouse.clean(sha256))
    try:
        # Where nothing of the kind is known yet, what stands afterwards is what the file says.
        after = peek(trial, f"select * from {kind}") if len(before) else fresh
        change = difference(sheet, before, after, fresh.select(["key"]))
        outcome = replace(outcome, difference=change)
        if change.says_nothing and not dropped:
            return _already_known(now, receipt, outcome, problems)
        if choices.mode == "replace":
            problems += replacing(_covered(kind, before, covers), change, clean.stated_on)
        outcome = replace(outcome, problems=tuple(problems))
        # Accepting warnings accepts that rows with errors are left out; an error of the whole file always stops it.
        stopping = ("error",) if choices.accept_warnings else ("error", "warning")
        if any(p.severity in stopping and not (choices.accept_warnings and p.row is not None) for p in problems):
            return replace(outcome, refused="problems")
        if choices.dry_run:
            return outcome
        warehouse.ledger.append(receipt, content, rows)
        warehouse.adopt(trial, receipts)
        return replace(outcome, receipt=receipt.number)
    finally:
        discard(trial)


def _known_cohorts(fresh: pa.Table, known: pa.Table) -> pa.Table:
    """`fresh` with its cohorts spelt as the known rows spell them: "promo 2014" is "Promo 2014"."""
    if "cohort" not in fresh.column_names:
        return fresh
    spelt = {fold(name): name for name in known.column("cohort").unique().to_pylist() if name}
    column = fresh.column("cohort")
    new = {name: spelt.setdefault(fold(name), name) for name in column.unique().to_pylist() if name}
    if all(name == spelling for name, spelling in new.items()):
        return fresh
    respelt = pa.array([new.get(name) for name in column.to_pylist()], column.type)
    return fresh.set_column(fresh.column_names.index("cohort"), "cohort", respelt)


def _covered(kind: str, known: pa.Table, covers: list[str]) -> pa.Table:
    scope = SCOPES.get(kind)
    return known.filter(pa.compute.is_in(known.column(scope), pa.array(covers, pa.string()))) if scope else known


def _tables(book: Book, choices: Choices) -> tuple[str, list[Table], list[Match], list[Problem]]:
    """The tables to load, all of one kind, with their matches; what is left out is named in the problems."""
    wanted = choices.sheet or choices.mapping.sheet
    if wanted is not None and wanted not in [grid.name for grid in book.grids]:
        names = ", ".join(grid.name for grid in book.grids)
        raise Refused(Problem("sheet-not-found", value=wanted, details={"found": names}))
    grids = [g for g in book.grids if (g.name == wanted if wanted is not None else g.visible)]
    found_tables = [(g, find_table(g, header=choices.mapping.header, known=known_header)) for g in grids]
    tables = [table for _, table in found_tables if table is not None and table.rows]
    problems = [Problem("hidden-sheet", sheet=g.name) for g in book.grids if not g.visible and wanted is None]
    headers = [table for _, table in found_tables if table is not None]
    if not tables:
        raise Refused(*problems, Problem("header-only" if headers else "no-data", sheet=_first_sheet(headers)))
    kind = choices.kind or choices.mapping.kind
    matched = [(table, match(table, choices.mapping, kind)) for table in tables]
    complete = [(table, found) for table, found in matched if not found.missing]
    if not complete:
        unfilled = [t for t in headers if not t.rows and not match(t, choices.mapping, kind).missing]
        if unfilled:
            raise Refused(*problems, Problem("header-only", sheet=_first_sheet(unfilled)))
        # Nothing fits: the table that comes nearest says which columns are missing.
        table, found = max(matched, key=lambda pair: (len(pair[1].columns), len(pair[0].rows)))
        return found.kind, [table], [found], problems
    weight: dict[str, int] = {}
    for table, found in complete:
        weight[found.kind] = weight.get(found.kind, 0) + len(table.rows)
    chosen = max(weight, key=lambda k: weight[k])
    for table, found in matched:
        if found.kind != chosen or found.missing:
            problems.append(_left_out(table, found, chosen))
    kept = [(table, found) for table, found in complete if found.kind == chosen]
    return chosen, [table for table, _ in kept], [found for _, found in kept], problems


def _first_sheet(tables: list[Table]) -> str | None:
    return tables[0].sheet if tables else None


def _left_out(table: Table, found: Match, chosen: str) -> Problem:
    """Why a sheet is not loaded; a sheet that holds a list must not go unnoticed."""
    if not found.missing:
        return Problem("other-kind", sheet=table.sheet, details={"other": found.kind})
    if len(found.columns) < _A_LIST:
        return Problem("sheet-left-out", sheet=table.sheet, details={"kind": chosen})
    sheet = SHEETS[found.kind]
    missing = ", ".join(" or ".join(sheet.column(name).fr for name in names) for names in found.missing)
    return Problem("sheet-incomplete", sheet=table.sheet, details={"missing": missing})


def lists(generation: Generation) -> Lists:
    """The park's lists as a state of knowledge has them."""
    if generation.empty:
        return Lists((), ())
    sites = generation.arrow(
        "select site from sites union select site from tenants where site is not null "
        "union select site from cohorts where site is not null order by site"
    )
    sectors = generation.arrow(
        "select sector, subsector from sectors "
        "union select sector, subsector from tenants where sector is not null "
        "union select sector, subsector from cohorts where sector is not null order by sector, subsector"
    )
    pairs = zip(*(column.to_pylist() for column in sectors.columns), strict=True)
    return Lists(tuple(sites.column("site").to_pylist()), tuple(pairs))


def _named(generation: Generation) -> pa.Table:
    if generation.empty:
        return pa.table({"name_key": pa.array([], pa.string()), "firm_id": pa.array([], pa.string())})
    return generation.arrow(
        "select distinct name_key, firm_id from tenants where firm_id is not null "
        "union select distinct name_key, firm_id from cohorts where firm_id is not null"
    )


def _parquet(table: pa.Table) -> bytes:
    sink = BytesIO()
    # A dictionary of texts of which no two are alike only takes room, and nobody asks for a part of the rows.
    words = [name for name in table.column_names if name not in ITS_OWN]
    pa.parquet.write_table(table, sink, compression="zstd", use_dictionary=words, write_statistics=False)
    return sink.getvalue()


def _covers(kind: str, fresh: pa.Table) -> list[str]:
    scope = SCOPES.get(kind)
    return sorted(value for value in fresh.column(scope).unique().to_pylist() if value is not None) if scope else []


def _records_closures(choices: Choices) -> bool:
    declared = choices.records_closures
    return bool(choices.mapping.records_closures if declared is None else declared)


def _letters(table: Table, found: Match) -> dict[str, str]:
    """Field → the letters of its column in the sheet, so that any figure can be followed to its cell."""
    return {name: column_letters(table.places[index]) for name, index in found.columns.items()}


def column_letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _invented(content: bytes) -> bool:
    """Whether these are, byte for byte, the spreadsheets of the invented park."""
    return any(path.stat().st_size == len(content) and path.read_bytes() == content for path in SAMPLE.glob("*.xlsx"))


def _already_known(now: Generation, receipt: Receipt, outcome: Outcome, problems: list[Problem]) -> Outcome:
    earlier = next((r for r in reversed(now.receipts) if r.original == receipt.original), None)
    if earlier is None:
        note = Problem("nothing-new")
    else:
        details = {"receipt": earlier.number, "day": earlier.body["accepted_at"][:10], "by": earlier.body["by"]}
        note = Problem("already-loaded", details=details)
    return replace(outcome, receipt=earlier.number if earlier else None, problems=(*problems, note))


def undo(warehouse: Warehouse, number: int, by: str) -> Receipt:
    """Takes a receipt back by one more receipt; undoing an undo brings the load back.

    Raises LookupError where no standing receipt has that number.
    """
    receipts = warehouse.ledger.receipts()
    target = next((r for r in receipts if r.number == number), None)
    taken = {n for r in receipts for n in r.takes_back}
    if target is None or (target.action == "load" and target.number not in {r.number for r in standing(receipts)}):
        raise LookupError(f"There is no standing receipt {number}: `python -m data uploads` lists them.")
    if target.action == "undo" and number in taken:
        raise LookupError(f"Receipt {number} was itself undone already.")
    known_on = max(date.today(), receipts[-1].known_on)
    body = {"action": "undo", "known_on": known_on.isoformat(), "by": by, "takes_back": [number]}
    receipt = warehouse.ledger.prepare(body)
    # Built first: what cannot be built must not be written.
    counted = standing([*receipts, receipt])
    trial = warehouse.trial(counted, warehouse.clean)
    try:
        warehouse.ledger.append(receipt)
        warehouse.adopt(trial, counted)
    finally:
        discard(trial)
    return receipt


def load_sample(warehouse: Warehouse) -> list[Outcome]:
    """Loads the invented park by the same steps as any file, unless anything is in the ledger already.

    It is known on the day it states, so that "as known on" has a past to show.
    """
    from data.invent.firms import STATED_ON

    if warehouse.ledger.receipts():
        return []
    # The park's lists come first: sites and sectors are matched to them.
    paths = sorted(sorted(SAMPLE.glob("*.xlsx")), key=lambda path: path.name.startswith(("locataires", "promotion")))
    choices = Choices(accept_warnings=True, known_on=STATED_ON, by="sample")
    return [load(warehouse, path, choices) for path in paths]
