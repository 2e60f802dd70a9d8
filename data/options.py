"""What can be said to `python -m data`, and the choices that come of it."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import replace
from datetime import date
from pathlib import Path

from data.limits import allowed
from data.match import Mapping
from data.review import Choices
from data.sheets import SHEETS


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day: write it as 2020-10-25") from None


def _seconds(text: str) -> float:
    try:
        if 0 <= (seconds := float(text)) < 1e6:
            return seconds
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")


def _add_choices(to: argparse.ArgumentParser) -> None:
    """What can be said of a file, on whichever way it comes."""
    to.add_argument("--kind", choices=list(SHEETS))
    to.add_argument("--sheet", metavar="NAME", help="the sheet to read (default: every visible sheet of the kind)")
    to.add_argument("--site", metavar="NAME", help="the site of every row that names none")
    to.add_argument(
        "--mode",
        choices=["replace", "update"],
        default="update",
        help="update adds and changes; replace makes the file the whole truth for its sites (or cohorts)",
    )
    to.add_argument("--mapping", type=Path, metavar="FILE.json")
    to.add_argument("--accept-warnings", action="store_true", help="load all the same; rows with errors are left out")
    to.add_argument("--stated-on", type=_day, metavar="DATE", help="the day whose situation the file states")
    to.add_argument(
        "--records-closures",
        action="store_true",
        default=None,
        help="whoever is not closed in this file was active on its stated day, leavers included",
    )
    to.add_argument("--by", default="", metavar="NAME", help="who loads (default: the account of this machine)")
    to.add_argument("--new-sites", action="store_true", help="unknown sites join the park's list")
    to.add_argument("--new-sectors", action="store_true", help="unknown sectors join the park's list")
    to.add_argument("--repair-accents", action="store_true", help="read texts encoded twice (Ã© for é) as meant")
    sample = to.add_mutually_exclusive_group()
    sample.add_argument("--drop-sample", dest="sample", action="store_const", const="drop")
    sample.add_argument("--keep-sample", dest="sample", action="store_const", const="keep")


def parser() -> argparse.ArgumentParser:
    """The commands of `python -m data`."""
    told = "The intake: load, watch, uploads, undo, verify, rebuild, backup, restore, template, sample."
    parser = argparse.ArgumentParser(prog="python -m data", description=told)
    commands = parser.add_subparsers(dest="command", required=True)

    load = commands.add_parser("load", help="take spreadsheets in")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument(
        "--corrections",
        type=Path,
        metavar="FILE.json",
        help="cells to be read otherwise than they are written: a list of sheet, row, column, was, becomes and reason",
    )
    load.add_argument(
        "--leave",
        action="append",
        default=[],
        metavar="KEY|GROUP",
        help="leave a row as it was, by its key, or a group: added, changed, removed or moved, if need be at one site "
        "(added:Rabat); may be said several times",
    )
    load.add_argument("--known-on", type=_day, metavar="DATE", help="the day from which this is known (default: today)")
    load.add_argument("--dry-run", action="store_true", help="say what would happen; write nothing")
    load.add_argument("--json", action="store_true", help="one JSON object per file, one per line")
    watch = commands.add_parser("watch", help="take in what is dropped into a folder, one file after the other")
    watch.add_argument("folder", type=Path, metavar="DIR")
    watch.add_argument("--once", action="store_true", help="take in what is complete, and end")
    watch.add_argument("--every", type=_seconds, default=2.0, metavar="SECONDS", help="how often to look (default 2)")
    watch.add_argument(
        "--settle", type=_seconds, default=3.0, metavar="SECONDS", help="how long a file must lie unchanged (default 3)"
    )
    for command in (load, watch):
        _add_choices(command)

    uploads = commands.add_parser("uploads", help="list the receipts")
    uploads.add_argument("--json", action="store_true")
    undo = commands.add_parser("undo", help="take a receipt back by one more receipt")
    undo.add_argument("receipt", type=int)
    undo.add_argument("--by", default="", metavar="NAME")
    who = commands.add_parser("who", help="list pairs of firms that may be one, with what speaks for it")
    who.add_argument("--json", action="store_true")
    for name, says in (("same", "say that two firms are one"), ("apart", "say that two firms are two")):
        decision = commands.add_parser(name, help=f"{says}, as a receipt that can be undone")
        decision.add_argument("firms", nargs=2, metavar="FIRM", help='an identifier, or "name:" and a folded name')
        decision.add_argument("--reason", required=True)
        decision.add_argument("--by", default="", metavar="NAME")
        if name == "same":
            decision.add_argument("--keep", metavar="FIRM", help="the identifier both go on under")
    _add_persons(commands.add_parser("persons", help="one person in all lists: found, handed out, erased"))
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


def _add_persons(persons: argparse.ArgumentParser) -> None:
    acts = persons.add_subparsers(dest="act", required=True)
    find = acts.add_parser("find", help="list every cell that speaks of a person")
    export = acts.add_parser("export", help="write them to a file, for who asks what is kept about them")
    erase = acts.add_parser("erase", help="take the person out of files and rows for good; says first what would go")
    for act in (find, export, erase):
        act.add_argument("text", metavar="TEXT", help="a name, an e-mail address or a number")
    find.add_argument("--json", action="store_true")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.json")
    erase.add_argument("--reason", required=True, help="why, without the person: the receipt keeps it")
    erase.add_argument("--yes", action="store_true", help="erase; without it nothing is written")
    retain = acts.add_parser("retain", help="drop the files kept longer than ESSAIM_KEEP_ORIGINALS_MONTHS says")
    for act in (erase, retain):
        act.add_argument("--by", default="", metavar="NAME")


def choices_of(asked: argparse.Namespace) -> Choices:
    """What was said of every file. Raises MappingError, and BadLimit where a limit of this machine means nothing."""
    mapping = Mapping.load(asked.mapping) if asked.mapping else Mapping()
    allowed()
    mapping = replace(
        mapping,
        new_sites=mapping.new_sites or asked.new_sites,
        new_sectors=mapping.new_sectors or asked.new_sectors,
        repair_accents=mapping.repair_accents or asked.repair_accents,
    )
    return Choices(
        kind=asked.kind,
        sheet=asked.sheet,
        site=asked.site,
        mode=asked.mode,
        mapping=mapping,
        accept_warnings=asked.accept_warnings,
        stated_on=asked.stated_on,
        records_closures=asked.records_closures,
        by=asked.by or getpass.getuser(),
        sample=asked.sample,
    )
