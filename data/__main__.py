"""The command line of the intake: load, watch, uploads, undo, verify, rebuild, backup, restore, template, sample."""

from __future__ import annotations

import argparse
import gc
import getpass
import json
import os
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.intake import Choices
    from data.review import Outcome
    from data.warehouse import Warehouse

DONE, PROBLEMS, UNREADABLE, WRONG_USE = 0, 3, 4, 2


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit status (0 done, 2 wrong use, 3 refused, 4 unreadable)."""
    from data.fault import FAULTS, fault
    from data.options import parser

    asked = parser().parse_args(arguments)
    try:
        return _run(asked)
    except FAULTS as error:
        return _fail(fault(error), UNREADABLE)


def _run(asked: argparse.Namespace) -> int:
    return globals()[f"_{asked.command.replace('-', '_')}"](asked)


def _fail(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


def _load(asked: argparse.Namespace) -> int:
    from data.limits import BadLimit
    from data.match import MappingError
    from data.mending import Correction, CorrectionError
    from data.options import choices_of
    from data.warehouse import Warehouse

    if asked.corrections and len(asked.files) > 1:
        return _fail("Corrections are those of one file: load it alone.", WRONG_USE)
    try:
        choices = choices_of(asked)
        corrections = Correction.load(asked.corrections, choices.by) if asked.corrections else ()
    except (MappingError, CorrectionError, BadLimit) as error:
        return _fail(str(error), WRONG_USE)
    choices = replace(choices, known_on=asked.known_on, dry_run=asked.dry_run, corrections=corrections)
    choices = replace(choices, left_as_they_were=tuple(asked.leave))
    with closing(Warehouse.from_environment()) as warehouse:
        return _load_each(warehouse, asked, choices)


def _tried(warehouse: Warehouse, path: Path, choices: Choices) -> tuple[Outcome, dict[str, Any]]:
    """What a load would do, and what it would do to the rows and the figures."""
    from data.dry_run import told
    from data.intake import load

    beside: dict[str, Any] = {}
    return load(warehouse, path, choices, lambda review: beside.update(told(review))), beside


def _load_each(warehouse: Warehouse, asked: argparse.Namespace, choices: Choices) -> int:
    from data.intake import Backdated, load

    status = DONE
    for path in asked.files:
        beside: dict[str, Any] = {}
        try:
            if asked.json and asked.dry_run:
                outcome, beside = _tried(warehouse, path, choices)
            else:
                outcome = load(warehouse, path, choices)
            if not asked.json and sys.stdin.isatty():
                choices, outcome = _ask(warehouse, path, choices, outcome)
        except Backdated as error:
            return _fail(str(error), WRONG_USE)
        if asked.json:
            print(json.dumps({**outcome.as_json(), **beside}, ensure_ascii=False, default=str))
        else:
            _tell(outcome)
        status = max(status, {None: DONE, "problems": PROBLEMS, "unreadable": UNREADABLE}[outcome.refused])
    return status


def _watch(asked: argparse.Namespace) -> int:
    from data.intake import Backdated
    from data.limits import BadLimit
    from data.match import MappingError
    from data.options import choices_of
    from data.warehouse import Warehouse
    from data.watch import Taken, Watch

    if not asked.folder.is_dir():
        return _fail(f"{asked.folder} is no folder: make it first.", WRONG_USE)
    try:
        with closing(Warehouse.from_environment()) as warehouse:
            watch = Watch(
                warehouse, asked.folder, choices_of(asked), asked.settle, lambda text: print(text, flush=True)
            )
            with watch.alone():
                if not asked.once:
                    watch.forever(asked.every)
                _, refused = watch.once()
                return PROBLEMS if refused else DONE
    except (Taken, MappingError, BadLimit, Backdated) as error:
        return _fail(str(error), WRONG_USE)
    except KeyboardInterrupt:
        return DONE


def _ask(warehouse, path, choices, outcome):
    """At a terminal, asks for the two things only a person knows and tries again."""
    from data.intake import load

    codes = {problem.code for problem in outcome.problems}
    if "stated-day-missing" in codes:
        answer = input(f"{path.name}: on which day is this the situation (2020-10-25)? ").strip()
        try:
            choices = replace(choices, stated_on=date.fromisoformat(answer))
        except ValueError:
            return choices, outcome
        outcome = load(warehouse, path, choices)
        codes = {problem.code for problem in outcome.problems}
    if "sample-loaded" in codes:
        answer = input("Only the invented sample park is loaded. Take it out with this load? [y/n] ").strip().lower()
        if answer in ("y", "yes", "o", "oui", "n", "no", "non"):
            choices = replace(choices, sample="drop" if answer[0] in "yo" else "keep")
            outcome = load(warehouse, path, choices)
    return choices, outcome


def _tell(outcome) -> None:
    change = outcome.difference
    if outcome.refused:
        state = "refused, nothing was written"
    elif outcome.dry_run:
        state = "dry run, nothing was written"
    elif outcome.receipt is None or change.says_nothing:
        state = "nothing changed"
    else:
        state = f"receipt {outcome.receipt}"
    sheets = f" ({outcome.kind}: {', '.join(outcome.sheets)})" if outcome.kind else ""
    print(f"{outcome.file}{sheets}: {state}")
    if outcome.rows or change.left:
        counts = f"added {change.added}, changed {change.changed}, removed {change.removed}, same {change.same}"
        counts += f", of these {change.moved} moved site" if change.moved else ""
        counts += f", left as they were {change.left}" if change.left else ""
        print(f"  {outcome.rows} rows: {counts}")
    if outcome.left_out:
        print("  left out: " + ", ".join(f"{count} {why}" for why, count in sorted(outcome.left_out.items())))
    shown: Counter[str] = Counter()
    for problem in outcome.problems:
        shown[problem.code] += 1
        if shown[problem.code] <= 10:
            where = f'in "{problem.sheet}": ' if problem.sheet and len(outcome.sheets) > 1 else ""
            print(f"  {problem.severity}: {where}{problem.message}")
    for code, count in shown.items():
        if count > 10:
            print(f"  … and {count - 10} more of the kind {code}: --json lists them all")


def _uploads(asked: argparse.Namespace) -> int:
    from data.home import Home
    from data.ledger import COUNTED, EDITION, EDITION_PROPOSED, PROPOSED, PUBLISHING, RELEASE, Ledger, standing

    others = ("number", "release", "audience", "written", "field", "means")
    ledger = Ledger(Home.from_environment())
    receipts = ledger.receipts()
    counting = {receipt.number for receipt in standing(receipts)}
    said = ("action", "file", "kind", "mode", "rows", "stated_on", "known_on", "accepted_at", "by", "takes_back")
    rows: list[dict[str, Any]] = [
        {
            "receipt": receipt.number,
            **{name: receipt.body.get(name) for name in (*said, "firms", "into", "reason", *others)},
            "counts": receipt.number in counting,
            "hash": receipt.hash,
        }
        for receipt in receipts
    ]
    if asked.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return DONE
    if not rows:
        print("The ledger is empty: load a spreadsheet with `python -m data load FILE`.")
    for row in rows:
        if row["action"] == "load":
            what = f"{row['file']} ({row['kind']}, {row['rows']} rows, stated on {row['stated_on'] or 'no day'})"
        elif row["action"] == "erase":
            what = "a person erased from files and rows"
        elif row["action"] == "retain":
            what = "files dropped that were kept long enough"
        elif row["action"] == "undo":
            what = f"undo of {', '.join(map(str, row['takes_back'] or []))}"
        elif row["action"] in PUBLISHING:
            what = f"release {row['number'] or row['release']}"
            what += f" for {row['audience']}" if row["audience"] else ""
            ends = {RELEASE: "", EDITION: "", PROPOSED: " proposed", EDITION_PROPOSED: " proposed"}
            what += ends.get(row["action"], " withdrawn")
        elif row["action"] == "spelling":
            what = f"“{row['written']}” as {row['field']}: {row['means']}"
        else:
            what = f"{' and '.join(row['firms'])}: {'one firm' if row['action'] == 'same' else 'two firms'}"
        state = " — no longer counts" if row["action"] in COUNTED and not row["counts"] else ""
        print(f"{row['receipt']:>4}  {row['accepted_at'][:16]}  {row['by']}  {what}{state}")
    return DONE


def _undo(asked: argparse.Namespace) -> int:
    from data.intake import undo
    from data.warehouse import Warehouse

    try:
        receipt = undo(Warehouse.from_environment(), asked.receipt, asked.by or getpass.getuser())
    except LookupError as error:
        return _fail(str(error), PROBLEMS)
    print(f"Receipt {asked.receipt} no longer counts: receipt {receipt.number} says so.")
    return DONE


def _who(asked: argparse.Namespace) -> int:
    from data.same import decided
    from data.warehouse import Warehouse
    from data.who import FIRMS, proposals

    park = Warehouse.from_environment().generation()
    found = [] if park.empty else proposals(park.arrow(FIRMS), set(decided(park.receipts)))
    if asked.json:
        rows = [
            {"firms": [one.a, one.b], "score": one.score, "evidence": [sign.message for sign in one.evidence]}
            for one in found
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return DONE
    for one in found:
        print(f"{one.score:.2f}  {one.a}  {one.b}")
        for sign in one.evidence:
            print(f"      {sign.message}")
    if not found:
        print("No two firms look like one that was not decided on.")
    return DONE


def _same(asked: argparse.Namespace) -> int:
    from data.decide import Refusal, decide
    from data.warehouse import Warehouse

    by, keep = asked.by or getpass.getuser(), getattr(asked, "keep", None)
    try:
        receipt = decide(
            Warehouse.from_environment(), asked.command, *asked.firms, by=by, reason=asked.reason, keep=keep
        )
    except Refusal as refusal:
        return _fail(str(refusal), PROBLEMS)
    print(f"Receipt {receipt.number} says so.")
    return DONE


_apart = _same


def _persons(asked: argparse.Namespace) -> int:
    from data.persons_told import run

    return run(asked)


def _verify(asked: argparse.Namespace) -> int:
    from data.building import Damaged
    from data.ledger import Broken
    from data.warehouse import Warehouse

    warehouse = Warehouse.from_environment()
    try:
        count = warehouse.ledger.verify()
        warehouse.verify()
    except (Broken, Damaged) as error:
        return _fail(str(error), PROBLEMS)
    print(f"{count} receipts: the chain, the originals and the clean rows fit, and the generation is what they give.")
    return DONE


def _rebuild(asked: argparse.Namespace) -> int:
    from data.warehouse import Warehouse

    generation = Warehouse.from_environment().rebuild()
    print(f"Built anew from {len(generation.receipts)} receipts.")
    return DONE


def _backup(asked: argparse.Namespace) -> int:
    from data.backup import backup
    from data.home import Home
    from data.ledger import Broken, Ledger

    try:
        count = backup(Ledger(Home.from_environment()), asked.file)
    except Broken as error:
        return _fail(str(error), PROBLEMS)
    except OSError as error:
        return _fail(f"{asked.file} cannot be written ({error.strerror}).", UNREADABLE)
    print(f"{count} receipts with their originals are in {asked.file}.")
    return DONE


def _restore(asked: argparse.Namespace) -> int:
    from data.backup import restore
    from data.ledger import Broken
    from data.warehouse import Warehouse

    warehouse = Warehouse.from_environment()
    try:
        count = restore(warehouse.ledger, asked.file)
        warehouse.ledger.verify()
    except OSError as error:
        return _fail(f"{asked.file} cannot be opened ({error.strerror}).", UNREADABLE)
    except Broken as error:
        return _fail(str(error), PROBLEMS)
    warehouse.rebuild()
    print(f"{count} receipts are back.")
    return DONE


def _template(asked: argparse.Namespace) -> int:
    from data.intake import lists
    from data.template import write_template
    from data.warehouse import Warehouse

    write_template(asked.kind, asked.output, lists(Warehouse.from_environment().generation()))
    print(f"{asked.output} is ready to be filled in.")
    return DONE


def _columns(asked: argparse.Namespace) -> int:
    from data.template import help_text

    print(help_text(asked.kind))
    return DONE


def _sample(asked: argparse.Namespace) -> int:
    from data.invent import write_sample

    for path in write_sample(asked.folder):
        print(path)
    return DONE


def _load_sample(asked: argparse.Namespace) -> int:
    from data.intake import load_sample
    from data.warehouse import Warehouse

    for outcome in load_sample(Warehouse.from_environment()):
        _tell(outcome)
        if outcome.refused:
            return PROBLEMS
    return DONE


class _NoPandas:
    """An importer that does not find pandas."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _lightly() -> None:
    """Keeps Python and two libraries from preparing, in a process of one command, for what no command does."""
    # Nothing here multiplies matrices, and a column at a time is no work for several: no thread for each core.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # A command makes a million values and little garbage: to search it every 700 values takes longer than it frees.
    gc.set_threshold(100_000, 50, 100)
    # At the first array it makes pyarrow looks for pandas and imports it where it is installed, which takes longer than
    # to check a long list. Looked for now, it is not found, and not again; who needs pandas itself still imports it.
    sys.meta_path.insert(0, _NoPandas)
    import pyarrow

    pyarrow.array([])
    sys.meta_path.remove(_NoPandas)


if __name__ == "__main__":
    _lightly()
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the answer has read enough of it; what was done is done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DONE
    sys.stderr.flush()
    # Nothing is half written and every word is said: to free a million values one by one would only take time.
    os._exit(status)
