"""The steps from a file to the ledger, in order: one for the command line and the page alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute

from data import rules
from data.building import ASKED, SCOPES, input_schema, stands
from data.cells import fold
from data.check import Lists, check
from data.clean import parquet
from data.compare import difference, differing, with_keys
from data.doubts import replacing
from data.grid import column_letters
from data.leaving import Proposal, leave
from data.ledger import COUNTED, PUBLISHING, Conflict, Receipt, standing, taken_back
from data.limits import allowed
from data.match import Match
from data.mending import mended
from data.picking import layout, pick
from data.problem import Problem, Refused
from data.read import Book, read
from data.repair import repaired
from data.review import Choices, Draft, Outcome, Review
from data.sheets import SHEETS
from data.sight import EVERYTHING, Sight, refused, whole
from data.table import Table
from data.tables import place
from data.warehouse import Generation, Warehouse, discard
from data.withheld import Cells

SAMPLE = Path(__file__).parent / "sample"

_ATTEMPTS = 5


def _nobody(step: str) -> None:
    """Nobody looks on."""


def load(
    warehouse: Warehouse, path: Path, choices: Choices, look: Callable[[Review], object] = lambda review: None
) -> Outcome:
    """Takes one file in, or says why not; on any refusal nothing is written. `look` is shown what would be accepted.

    Raises Backdated where `known_on` is before the last receipt's: what was known on a day does not change afterwards.
    """
    known_on = day_of(warehouse, choices)
    # A name in some old code page is no text; it is kept readable.
    name = path.name.encode("utf-8", "replace").decode()
    outcome = Outcome(name, dry_run=choices.dry_run)
    try:
        # One byte over the limit is enough to be told so; the rest is not read.
        with path.open("rb") as handle:
            content = handle.read(allowed().packed + 1)
    except OSError as error:
        problem = Problem("file-not-readable", value=name, details={"reason": error.strerror or str(error)})
        return replace(outcome, problems=(problem,), refused="unreadable")
    book = None
    for _ in range(_ATTEMPTS):
        try:
            review = propose(warehouse, content, name, choices, known_on, book)
            book = review.book
            try:
                look(review)
                return accept(warehouse, review)
            finally:
                review.close()
        except Conflict:
            # Somebody else's receipt came first: everything is asked again on what is known now.
            continue
    return replace(outcome, problems=(Problem("too-busy"),), refused="problems")


def propose(
    warehouse: Warehouse,
    content: bytes,
    name: str,
    choices: Choices,
    known_on: date,
    book: Book | None = None,
    at: Callable[[str], None] = _nobody,
    sight: Sight = EVERYTHING,
) -> Review:
    """Everything up to the writing: the file read, matched, checked and compared, and the generation it would give.

    `sight` says which sites' rows it may touch. `book` is the file where it was read before. `at` is told each step as
    it begins: "read", "match", "check", "compare". Raises Conflict where somebody else's receipt comes in between.
    """
    outcome = Outcome(name, dry_run=choices.dry_run)
    now = warehouse.generation()
    review = Review(outcome, choices, now.head)
    try:
        if book is None:
            at("read")
            book = read(content, name)
    except Refused as refusal:
        return replace(review, outcome=replace(outcome, problems=refusal.problems, refused="unreadable"))
    review = replace(review, book=book)
    try:
        return _propose(warehouse, now, content, book, known_on, review, at, sight)
    except Refused as refusal:
        problems = (*book.notes, *refusal.problems)
        return replace(review, outcome=replace(outcome, problems=problems, refused="problems"))


def accept(warehouse: Warehouse, review: Review, by: str | None = None) -> Outcome:
    """Writes what a review promised, and nothing else; `by` is who accepts it, where another than who proposed it.

    Raises Conflict where the ledger has gone on since, or the day has: what was promised must be worked out anew.
    """
    draft = review.draft
    if draft is None or review.outcome.refused or review.outcome.dry_run:
        return review.outcome
    receipt, receipts, trial = draft.receipt, draft.receipts, draft.trial
    if by is not None:
        # Accepted now, by that person; what the generation holds depends on neither.
        receipt = warehouse.ledger.prepare({**receipt.body, "by": by}, draft.content, draft.rows)
        if receipt.previous != review.head or receipt.known_on != day_of(warehouse, review.choices):
            raise Conflict("The ledger or the day has gone on since this was proposed.")
        receipts = [*receipts[:-1], receipt]
    if not trial.exists():
        # What waits too long to be accepted is swept away by others' loads.
        trial = warehouse.trial(receipts, draft.clean(warehouse))
    warehouse.write(receipt, receipts, trial, draft.content, draft.rows)
    return replace(review.outcome, receipt=receipt.number)


class Backdated(ValueError):
    """A load would change what was already known on a day gone by."""


def day_of(warehouse: Warehouse, choices: Choices) -> date:
    """The day on which a load is known: by default today. Raises Backdated where it cannot be known then."""
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


def _propose(
    warehouse: Warehouse,
    now: Generation,
    content: bytes,
    book: Book,
    known_on: date,
    review: Review,
    at: Callable[[str], None],
    sight: Sight,
) -> Review:
    choices, outcome = review.choices, review.outcome
    if choices.mapping.repair_accents:
        book = repaired(book)
    invented = _invented(content)
    asks = now.sample and not invented
    dropped = [r.number for r in now.receipts] if asks and choices.sample != "keep" else []
    # Invented sites must not judge real ones: until the sample is to be kept, the load meets an empty park.
    basis = warehouse.of([], now) if dropped else now

    at("match")
    # What is corrected lies over the cells as read: the file, and what its headers are called by, stay as they came.
    kind, tables, matches, problems = pick(
        mended(book, choices.corrections), choices.kind, choices.sheet, choices.mapping
    )
    problems = [*book.notes, *problems]
    if asks and choices.sample is None:
        problems.append(Problem("sample-loaded"))
    at("check")
    clean = check(
        tables,
        matches,
        choices.mapping,
        _seen(lists(basis), sight),
        file_name=book.file,
        site=choices.site,
        stated_on=choices.stated_on,
        today=known_on,
    )
    problems += clean.problems
    problems += _others(sight, clean.rows)
    sheets = tuple(dict.fromkeys(table.sheet for table in tables))
    outcome = replace(outcome, kind=kind, sheets=sheets, rows=len(clean.rows), left_out=clean.left_out)
    review = replace(review, tables=tuple(tables), matches=tuple(matches), clean=clean)

    def told(outcome: Outcome, draft: Draft | None = None) -> Review:
        return replace(review, outcome=replace(outcome, problems=tuple(problems)), draft=draft)

    if any(p.severity == "error" and p.row is None for p in problems) or not len(clean.rows):
        return told(replace(outcome, refused="problems"))

    at("compare")
    sheet = SHEETS[kind]
    before = input_schema(sheet).empty_table() if basis.empty else stands(kind, basis.receipts, warehouse.clean)
    fresh = with_keys(sheet, _known_words(clean.rows, before), before, _named(basis))
    covers = _covers(kind, fresh) if choices.mode == "replace" else []
    facts = {
        "kind": kind,
        "mode": choices.mode,
        "covers": covers,
        "file": book.file,
        "stated_on": clean.stated_on.isoformat() if clean.stated_on else None,
        "records_closures": _records_closures(choices),
    }
    left = leave(warehouse, basis, before, fresh, facts, choices.left_as_they_were)
    fresh, problems = left.fresh, [*problems, *left.problems]
    outcome = replace(outcome, rows=len(fresh), left_out={**clean.left_out, **left.counted})
    rows, quoted = parquet(fresh), Cells(kind, tables, matches)
    body = {
        **facts,
        "action": "load",
        "known_on": known_on.isoformat(),
        "by": choices.by,
        "sheets": list(sheets),
        "columns": _columns(tables, matches),
        "layout": layout(book),
        "site": choices.site,
        "mapping": quoted.mapping(choices.mapping),
        "corrections": [quoted.correction(correction) for correction in choices.corrections],
        "rows": outcome.rows,
        "left_out": outcome.left_out,
        "left_as_they_were": list(choices.left_as_they_were),
        "keeps": left.keeps,
        "problems": [quoted.problem(problem) for problem in problems],
        "invented": invented,
        "takes_back": dropped,
    }
    receipt = warehouse.ledger.prepare(body, content, rows)
    if receipt.previous != now.head:
        raise Conflict("A receipt was written between the reading and the comparing.")
    receipts = [*basis.receipts, receipt]

    def clean_of(sha256: str) -> pa.Table:
        return fresh if sha256 == receipt.clean else warehouse.clean(sha256)

    trial = warehouse.trial(receipts, clean_of)
    try:
        # What breaks a rule and what would change have nothing to do with each other, and take as long.
        with ThreadPoolExecutor(1) as beside:
            judged = beside.submit(_between_rows, trial, review, kind, fresh, before, receipt.number, sight)
            # Where nothing of the kind is known yet, what stands afterwards is what the file says.
            after = stands(kind, receipts, clean_of) if len(before) else fresh
            change = difference(sheet, before, after, fresh.select(["key"]))
            proposal = left.proposal or Proposal(sheet, before, after)
            moved = proposal.moves_taken
            problems += judged.result()
        receipt = replace(receipt, body={**receipt.body, "problems": [quoted.problem(problem) for problem in problems]})
        receipts[-1] = receipt
        change = replace(change, moved=moved, left=len(proposal.left))
        if others := _others(sight, differing(sheet, before, after), before):
            # What it would do to others' rows is not told either.
            discard(trial)
            problems += others
            return told(replace(outcome, refused="problems"))
    except BaseException:
        discard(trial)
        raise
    outcome, review = replace(outcome, difference=change), replace(review, proposal=proposal)
    if change.says_nothing and not dropped:
        discard(trial)
        return replace(review, outcome=_already_known(now, receipt, outcome, problems))
    if choices.mode == "replace":
        problems += replacing(_covered(kind, before, covers), change, clean.stated_on)
    # Accepting warnings accepts that rows with errors are left out; an error of the whole file always stops it.
    stopping = ("error",) if choices.accept_warnings else ("error", "warning")
    if any(p.severity in stopping and not (choices.accept_warnings and p.row is not None) for p in problems):
        outcome = replace(outcome, refused="problems")
    return told(outcome, Draft(now, receipt, receipts, content, fresh, rows, before, after, trial))


def _seen(known: Lists, sight: Sight) -> Lists:
    """The park's lists as far as they may be seen."""
    return known if sight.sites is None else replace(known, sites=tuple(s for s in known.sites if s in sight.sites))


def _others(sight: Sight, rows: pa.Table, before: pa.Table | None = None) -> list[Problem]:
    """That rows, as they are said or as they stood, are of sites that may not be touched."""
    if sight.sites is None or not len(rows):
        return []
    touched = rows.column("site").to_pylist() if "site" in rows.column_names else [None]
    if before is not None and "site" in before.column_names:
        stood = dict(zip(before.column("key").to_pylist(), before.column("site").to_pylist(), strict=True))
        touched += [stood[key] for key in rows.column("key").to_pylist() if key in stood]
    problem = refused(sight, touched)
    return [problem] if problem else []


@contextmanager
def _beside(trial: Path, sight: Sight) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lists that a load is judged beside: of those of other sites nothing is told."""
    with duckdb.connect(str(trial), read_only=True, config={**ASKED, "threads": "1"}) as connection:
        if sight.sites is None:
            yield connection
            return
        with duckdb.connect(config={"threads": "1"}) as seen:
            for kind in ("tenants", "cohorts", "sites"):
                asked = f"select * from {kind} where list_contains($sites, site)"
                rows = connection.sql(asked, params={"sites": list(sight.sites)}).to_arrow_table()
                seen.register("rows", rows)
                seen.execute(f"create table {kind} as from rows")
                seen.unregister("rows")
            yield seen


def _between_rows(
    trial: Path, review: Review, kind: str, fresh: pa.Table, before: pa.Table, number: int, sight: Sight
) -> list[Problem]:
    """What the rules find in the generation that the load would give, which has the park's other lists beside it."""
    assert review.clean is not None
    tables = [
        (table.sheet, table.header_rows[-1], _headers(table, found))
        for table, found in zip(review.tables, review.matches, strict=True)
    ]

    def header(sheet: str, row: int, field: str) -> str | None:
        """Of several tables on a sheet the row belongs to the last one that begins above it."""
        above = [(top, names) for name, top, names in tables if name == sheet and top < row]
        return max(above, key=lambda one: one[0])[1].get(field) if above else None

    with _beside(trial, sight) as connection:
        return rules.broken(
            connection,
            kind,
            fresh,
            before,
            receipt=number,
            stated_on=review.clean.stated_on,
            says_exits=any("left_on" in found.columns for found in review.matches),
            header=header,
        )


def _known_words(fresh: pa.Table, known: pa.Table) -> pa.Table:
    """`fresh` with its cohorts and categories spelt as the known rows spell them: "promo 2014" is "Promo 2014"."""
    for field in ("cohort", "category"):
        if field not in fresh.column_names:
            continue
        spelt = {fold(name): name for name in known.column(field).unique().to_pylist() if name}
        column = fresh.column(field)
        new = {name: spelt.setdefault(fold(name), name) for name in column.unique().to_pylist() if name}
        if any(name != spelling for name, spelling in new.items()):
            respelt = pa.array([new.get(name) for name in column.to_pylist()], column.type)
            fresh = fresh.set_column(fresh.column_names.index(field), field, respelt)
    return fresh


def _covered(kind: str, known: pa.Table, covers: list[str]) -> pa.Table:
    scope = SCOPES.get(kind)
    return known.filter(pa.compute.is_in(known.column(scope), pa.array(covers, pa.string()))) if scope else known


def lists(generation: Generation) -> Lists:
    """The park's lists as a state of knowledge has them."""
    if generation.empty:
        return Lists((), ())
    sites = generation.arrow(
        "select site from sites union select site from tenants where site is not null "
        "union select site from cohorts where site is not null "
        "union select site from solutions where site is not null order by site"
    )
    sectors = generation.arrow(
        "select sector, subsector from sectors "
        "union select sector, subsector from tenants where sector is not null "
        "union select sector, subsector from cohorts where sector is not null "
        "union select sector, null from solutions where sector is not null order by sector, subsector"
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


def _covers(kind: str, fresh: pa.Table) -> list[str]:
    scope = SCOPES.get(kind)
    return sorted(value for value in fresh.column(scope).unique().to_pylist() if value is not None) if scope else []


def _records_closures(choices: Choices) -> bool:
    declared = choices.records_closures
    return bool(choices.mapping.records_closures if declared is None else declared)


def _columns(tables: list[Table], matches: list[Match]) -> dict[str, dict[str, str]]:
    """For each sheet field → the letters of its column, so that any figure can be followed to its cell.

    A further table of a sheet stands under the sheet and its first cell: "Feuil1!A30".
    """
    letters: dict[str, dict[str, str]] = {}
    for table, found in zip(tables, matches, strict=True):
        name = f"{table.sheet}!{place(table)}" if table.sheet in letters else table.sheet
        letters[name] = {name: column_letters(table.places[index]) for name, index in found.columns.items()}
    return letters


def _headers(table: Table, found: Match) -> dict[str, str]:
    """Field → the header of its column as it is written."""
    return {name: table.headers[index].strip() for name, index in found.columns.items()}


def _invented(content: bytes) -> bool:
    """Whether these are, byte for byte, the spreadsheets of the invented park."""
    return any(path.stat().st_size == len(content) and path.read_bytes() == content for path in SAMPLE.glob("*.xlsx"))


def _already_known(now: Generation, receipt: Receipt, outcome: Outcome, problems: list[Problem]) -> Outcome:
    earlier = next((r for r in reversed(now.receipts) if r.original == receipt.original), None)
    if outcome.difference.left:
        earlier, note = None, Problem("nothing-taken")
    elif earlier is None:
        note = Problem("nothing-new")
    else:
        details = {"receipt": earlier.number, "day": earlier.body["accepted_at"][:10], "by": earlier.body["by"]}
        note = Problem("already-loaded", details=details)
    return replace(outcome, receipt=earlier.number if earlier else None, problems=(*problems, note))


def undo(warehouse: Warehouse, number: int, by: str, head: str | None = None, sight: Sight = EVERYTHING) -> Receipt:
    """Takes a receipt back by one more receipt; undoing an undo brings the load back.

    `head` is the hash of the last receipt that whoever decides this has seen. Raises LookupError where no standing
    receipt has that number, Conflict where somebody else's receipt came after `head`.
    """
    for _ in range(_ATTEMPTS):
        try:
            return _undone(warehouse, number, by, head, sight)
        except Conflict:
            if head:
                raise
    raise Conflict("Others write receipts all the time: try again.")


def _undone(warehouse: Warehouse, number: int, by: str, head: str | None, sight: Sight) -> Receipt:
    receipts, receipt = undoing(warehouse, number, by, sight)
    if receipt.previous != (head or receipts[-1].hash):
        raise Conflict(f"Receipt {receipt.number - 1} was written by somebody else meanwhile.")
    warehouse.write(receipt, standing([*receipts, receipt]))
    return receipt


def undoing(warehouse: Warehouse, number: int, by: str, sight: Sight = EVERYTHING) -> tuple[list[Receipt], Receipt]:
    """The receipts there are, and the one that would take `number` back: nothing is written.

    Raises LookupError where no standing receipt has that number.
    """
    receipts = warehouse.ledger.receipts()
    target = next((r for r in receipts if r.number == number), None)
    undone = number in taken_back(receipts)
    unseen = target is not None and not (sight.writes and whole(warehouse, target, sight))
    if target is not None and not unseen and target.action in PUBLISHING:
        raise LookupError(f"Receipt {number} is about a release: `python -m publish withdraw` takes a release back.")
    if (
        target is None
        or unseen
        or target.action not in (*COUNTED, "undo", "spelling")
        or (target.action != "undo" and undone)
    ):
        raise LookupError(f"There is no standing receipt {number}: `python -m data uploads` lists them.")
    if undone:
        raise LookupError(f"Receipt {number} was itself undone already.")
    known_on = max(date.today(), receipts[-1].known_on)
    body = {"action": "undo", "known_on": known_on.isoformat(), "by": by, "takes_back": [number]}
    return receipts, warehouse.ledger.prepare(body)


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
