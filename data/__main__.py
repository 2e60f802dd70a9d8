"""The command line of the intake: load, uploads, undo, verify, rebuild, backup, restore, template, sample."""

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
    from data.warehouse import Warehouse

DONE, PROBLEMS, UNREADABLE, WRONG_USE = 0, 3, 4, 2


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day: write it as 2020-10-25") from None


def _parser() -> argparse.ArgumentParser:
    from data.sheets import SHEETS

    parser = argparse.ArgumentParser(prog="python -m data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    load = commands.add_parser("load", help="take spreadsheets in")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument("--kind", choices=list(SHEETS))
    load.add_argument("--sheet", metavar="NAME", help="the sheet to read (default: every visible sheet of the kind)")
    load.add_argument("--site", metavar="NAME", help="the site of every row that names none")
    load.add_argument(
        "--mode",
        choices=["replace", "update"],
        default="update",
        help="update adds and changes; replace makes the file the whole truth for its sites (or cohorts)",
    )
    load.add_argument("--mapping", type=Path, metavar="FILE.json")
    load.add_argument("--accept-warnings", action="store_true", help="load all the same; rows with errors are left out")
    load.add_argument("--stated-on", type=_day, metavar="DATE", help="the day whose situation the file states")
    load.add_argument(
        "--records-closures",
        action="store_true",
        default=None,
        help="whoever is not closed in this file was active on its stated day, leavers included",
    )
    load.add_argument("--known-on", type=_day, metavar="DATE", help="the day from which this is known (default: today)")
    load.add_argument("--by", default="", metavar="NAME", help="who loads (default: the account of this machine)")
    load.add_argument("--new-sites", action="store_true", help="unknown sites join the park's list")
    load.add_argument("--new-sectors", action="store_true", help="unknown sectors join the park's list")
    load.add_argument(
        "--leave",
        action="append",
        default=[],
        metavar="KEY|GROUP",
        help="leave a row as it was, by its key, or a group: added, changed, removed or moved, if need be at one site "
        "(added:Rabat); may be said several times",
    )
    load.add_argument("--dry-run", action="store_true", help="say what would happen; write nothing")
    load.add_argument("--json", action="store_true", help="one JSON object per file, one per line")
    sample = load.add_mutually_exclusive_group()
    sample.add_argument("--drop-sample", dest="sample", action="store_const", const="drop")
    sample.add_argument("--keep-sample", dest="sample", action="store_const", const="keep")

    uploads = commands.add_parser("uploads", help="list the receipts")
    uploads.add_argument("--json", action="store_true")
    undo = commands.add_parser("undo", help="take a receipt back by one more receipt")
    undo.add_argument("receipt", type=int)
    undo.add_argument("--by", default="", metavar="NAME")
    commands.add_parser(
        "verify", help="check the chain, the originals, and that the generation is what the ledger gives"
    )
    commands.add_parser("rebuild", help="build the latest generation anew from the ledger")
    for name, says in (("backup", "write the whole ledger to one file"), ("restore", "fill an empty ledger from one")):
        commands.add_parser(name, help=says).add_argument("file", type=Path, metavar="FILE")
    template = commands.add_parser("template", help="write an empty spreadsheet to fill in")
    template.add_argument("kind", choices=list(SHEETS))
    template.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.xlsx")
    columns = commands.add_parser("columns", help="what each column of a kind of spreadsheet means, as Markdown")
    columns.add_argument("kind", choices=list(SHEETS))
    sample_park = commands.add_parser("sample", help="write the spreadsheets of the invented park")
    sample_park.add_argument("folder", type=Path, metavar="DIR")
    commands.add_parser("load-sample", help="load the invented park, unless anything is in the ledger already")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit status (0 done, 2 wrong use, 3 refused, 4 unreadable)."""
    from data.warehouse import FAULTS, fault

    asked = _parser().parse_args(arguments)
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
    from data.intake import Choices
    from data.match import Mapping, MappingError
    from data.warehouse import Warehouse

    try:
        mapping = Mapping.load(asked.mapping) if asked.mapping else Mapping()
    except MappingError as error:
        return _fail(str(error), WRONG_USE)
    if asked.new_sites or asked.new_sectors:
        mapping = replace(
            mapping,
            new_sites=mapping.new_sites or asked.new_sites,
            new_sectors=mapping.new_sectors or asked.new_sectors,
        )
    choices = Choices(
        kind=asked.kind,
        sheet=asked.sheet,
        site=asked.site,
        mode=asked.mode,
        mapping=mapping,
        accept_warnings=asked.accept_warnings,
        stated_on=asked.stated_on,
        records_closures=asked.records_closures,
        known_on=asked.known_on,
        by=asked.by or getpass.getuser(),
        dry_run=asked.dry_run,
        sample=asked.sample,
        left_as_they_were=tuple(asked.leave),
    )
    with closing(Warehouse.from_environment()) as warehouse:
        return _load_each(warehouse, asked, choices)


def _load_each(warehouse: Warehouse, asked: argparse.Namespace, choices: Choices) -> int:
    from data.intake import Backdated, load

    status = DONE
    for path in asked.files:
        try:
            outcome = load(warehouse, path, choices)
            if not asked.json and sys.stdin.isatty():
                choices, outcome = _ask(warehouse, path, choices, outcome)
        except Backdated as error:
            return _fail(str(error), WRONG_USE)
        if asked.json:
            print(json.dumps(outcome.as_json(), ensure_ascii=False))
        else:
            _tell(outcome)
        status = max(status, {None: DONE, "problems": PROBLEMS, "unreadable": UNREADABLE}[outcome.refused])
    return status


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
    from data.ledger import Ledger, standing

    ledger = Ledger(Home.from_environment())
    receipts = ledger.receipts()
    counting = {receipt.number for receipt in standing(receipts)}
    said = ("action", "file", "kind", "mode", "rows", "stated_on", "known_on", "accepted_at", "by", "takes_back")
    rows: list[dict[str, Any]] = [
        {
            "receipt": receipt.number,
            **{name: receipt.body.get(name) for name in said},
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
        what = (
            f"{row['file']} ({row['kind']}, {row['rows']} rows, stated on {row['stated_on'] or 'no day'})"
            if row["action"] == "load"
            else f"undo of {', '.join(map(str, row['takes_back'] or []))}"
        )
        state = "" if row["counts"] or row["action"] != "load" else " — no longer counts"
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
