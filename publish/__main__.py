"""The command line of what is handed out: release, approve, releases, withdraw, verify, site, package, serve."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publish.release import Draft

DONE, WRONG_USE, REFUSED, UNREADABLE = 0, 2, 3, 4


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day: write it as 2020-10-25") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m publish", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    release = commands.add_parser("release", help="freeze the protected figures under a number")
    release.add_argument(
        "--as-of", type=_day, metavar="DATE", help="the day described (default: the latest stated day)"
    )
    release.add_argument(
        "--known-on", type=_day, metavar="DATE", help="what the lists accepted up to that day said (default: all)"
    )
    release.add_argument(
        "--tables",
        type=lambda text: [one.strip() for one in text.split(",") if one.strip()],
        metavar="NAME,NAME",
        help="hold these besides hosted and entries, and leave the others out (default: all)",
    )
    release.add_argument("--dry-run", action="store_true", help="say what it would hold and hide; write nothing")
    approve = commands.add_parser("approve", help="publish what another person proposed")
    approve.add_argument("number", type=int)
    withdraw = commands.add_parser("withdraw", help="say that a release no longer stands")
    withdraw.add_argument("number", type=int)
    withdraw.add_argument("--reason", required=True)
    for command in (release, approve, withdraw):
        command.add_argument("--by", default="", metavar="NAME", help="whose name the receipt bears")
    listed = commands.add_parser("releases", help="list the releases")
    for command in (release, listed):
        command.add_argument("--json", action="store_true")
    verify = commands.add_parser("verify", help="build every release anew and compare; or check a site's files")
    verify.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    site = commands.add_parser("site", help="write the public site for any static host")
    site.add_argument("folder", type=Path, metavar="DIR")
    site.add_argument("--url", default="", metavar="URL", help="where it will be, for share cards and citations")
    package = commands.add_parser("package", help="write a release's data, described for machines")
    package.add_argument("folder", type=Path, metavar="DIR")
    package.add_argument("--release", type=int, metavar="N", help="which one (default: the newest that stands)")
    partner = commands.add_parser("partner", help="give an organisation more of the newest release; see access link")
    partner.add_argument("audience", metavar="ORGANISATION")
    act = partner.add_mutually_exclusive_group()
    act.add_argument("--dry-run", action="store_true", help="say what it would be shown; write nothing")
    act.add_argument("--approve", action="store_true", help="approve what another person proposed")
    act.add_argument("--withdraw", metavar="REASON", help="take back what it was given last, or what waits for it")
    partner.add_argument("--by", default="", metavar="NAME", help="whose name the receipt bears")
    pages = commands.add_parser("partner-pages", help="write the pages of an organisation that was given more")
    pages.add_argument("audience", metavar="ORGANISATION")
    pages.add_argument("folder", type=Path, metavar="DIR")
    serve = commands.add_parser("serve", help="serve a written site; needs nothing else of this machine")
    serve.add_argument("folder", type=Path, metavar="DIR")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8600)
    serve.add_argument(
        "--rate", type=int, default=0, metavar="N", help="requests a second of one address (default: any number)"
    )
    serve.add_argument(
        "--user", default="", metavar="NAME", help="whom to become once it listens, where root starts it"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit status (0 done, 2 wrong use, 3 refused, 4 unreadable)."""
    asked = _parser().parse_args(arguments)
    if asked.command == "serve":
        # Nothing of the ledger is loaded where strangers are answered.
        from publish.alone import run

        return run(asked.folder, asked.host, asked.port, most=asked.rate, user=asked.user)
    from data.fault import FAULTS, fault
    from publish.settings import BadSetting

    try:
        return int(globals()[f"_{asked.command.replace('-', '_')}"](asked))
    except BadSetting as error:
        return _fail(str(error), WRONG_USE)
    except FAULTS as error:
        return _fail(fault(error), UNREADABLE)


def _fail(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


def _refusing(act: Any) -> int:
    """Runs an act; what it refuses is told in a sentence."""
    from metrics.ask import NothingLoaded
    from publish import partners
    from publish.release import CannotBeProtected, Refusal, Undone

    try:
        return int(act())
    except (Refusal, partners.Refusal, NothingLoaded) as error:
        return _fail(str(error), REFUSED)
    except CannotBeProtected as error:
        return _fail(f"Nothing was published: what everybody knows gives these figures away: {error}.", REFUSED)
    except Undone as error:
        return _fail(f"Nothing was published: the audit works these figures out: {error}.", REFUSED)


def _release(asked: argparse.Namespace) -> int:
    from data.warehouse import Warehouse
    from publish import release
    from publish.settings import Settings

    settings = Settings.from_environment()

    def act() -> int:
        with closing(Warehouse.from_environment()) as warehouse:
            if asked.dry_run:
                made = release.draft(warehouse, settings, asked.as_of, asked.known_on, asked.tables)
                print(_json(_told(made)) if asked.json else _said(made))
                return DONE
            by = asked.by or getpass.getuser()
            receipt = release.publish(warehouse, settings, by, asked.as_of, asked.known_on, asked.tables)
        if asked.json:
            print(_json({"receipt": receipt.number, **receipt.body}))
        elif receipt.action == release.PROPOSED:
            print(f"Release {receipt.body['number']} waits for a second person: `python -m publish approve`.")
        else:
            print(f"Release {receipt.body['number']} is published: {receipt.body['hash']}")
        return DONE

    return _refusing(act)


def _told(made: Draft) -> dict[str, Any]:
    """A draft for the operator: what is hidden, and why."""
    counts, firms = made.printed.cost
    return {
        "number": made.content.number,
        "hash": made.content.hash,
        "as_of": made.content.as_of.isoformat(),
        "known_on": made.content.known_on.isoformat(),
        "hidden": [
            {"table": table, "key": [label for label in key if label], "why": made.printed.why[table, key]}
            for table, key in sorted(made.printed.hidden)
        ],
        "cost": {"figures": counts, "firms": int(firms)},
        "tables": made.content.told["tables"],
    }


def _said(made: Draft) -> str:
    told = _told(made)
    lines = [
        f"Release {told['number']} as it would be: situation on {told['as_of']}, as known on {told['known_on']}.",
        *(f"{name}: {len(its['cells'])} figures" for name, its in told["tables"].items()),
        f"{len(told['hidden'])} figures are hidden, {told['cost']['figures']} of them only to protect others:",
    ]
    why = {"own": "small", "others": "protects others", "cut": "not given"}
    lines += [f"  {one['table']}  {' × '.join(one['key']) or 'network'}  ({why[one['why']]})" for one in told["hidden"]]
    return "\n".join(lines)


def _approve(asked: argparse.Namespace) -> int:
    from data.warehouse import Warehouse
    from publish import release

    def act() -> int:
        with closing(Warehouse.from_environment()) as warehouse:
            receipt = release.approve(warehouse, asked.number, asked.by or getpass.getuser())
        print(f"Release {asked.number} is published: {receipt.body['hash']}")
        return DONE

    return _refusing(act)


def _withdraw(asked: argparse.Namespace) -> int:
    from data.warehouse import Warehouse
    from publish import release

    def act() -> int:
        with closing(Warehouse.from_environment()) as warehouse:
            receipt = release.withdraw(warehouse, asked.number, asked.by or getpass.getuser(), asked.reason)
        print(f"Release {asked.number} is withdrawn: receipt {receipt.number} says so. Write the site anew.")
        return DONE

    return _refusing(act)


def _releases(asked: argparse.Namespace) -> int:
    from data.warehouse import Warehouse
    from publish import release

    with closing(Warehouse.from_environment()) as warehouse:
        found = [(one, True) for one in release.releases(warehouse)]
        found += [(one, False) for one in release.proposals(warehouse)]
    rows = [
        {
            "number": one.number,
            "published": published,
            "receipt": one.receipt.number,
            "as_of": one.content.as_of.isoformat(),
            "known_on": one.content.known_on.isoformat(),
            "accepted_at": one.receipt.body["accepted_at"],
            "by": one.receipt.body["by"],
            "approved_by": one.receipt.body.get("approved_by"),
            "withdrawn": one.withdrawn.body["reason"] if one.withdrawn else None,
            "hash": one.content.hash,
        }
        for one, published in found
    ]
    if asked.json:
        print(_json(rows))
        return DONE
    if not rows:
        print("Nothing is published yet: `python -m publish release` freezes the first release.")
    for row in rows:
        state = f" — withdrawn: {row['withdrawn']}" if row["withdrawn"] else "" if row["published"] else " — proposed"
        by = f"{row['by']}, {row['approved_by']}" if row["approved_by"] else row["by"]
        print(f"{row['number']:>4}  {row['accepted_at'][:16]}  {by}  situation on {row['as_of']}{state}")
    return DONE


def _verify(asked: argparse.Namespace) -> int:
    if asked.folder is not None:
        from publish.site.folder import wrong_with

        wrong = wrong_with(asked.folder)
    else:
        from data.warehouse import Warehouse
        from publish import partners, release

        with closing(Warehouse.from_environment()) as warehouse:
            wrong = [*release.verify(warehouse), *partners.verify(warehouse)]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if not wrong:
        print("All is as it was published.")
    return REFUSED if wrong else DONE


def _partner(asked: argparse.Namespace) -> int:
    from data.ledger import EDITION_PROPOSED
    from data.warehouse import Warehouse
    from publish import partners
    from publish.settings import Settings

    settings, by = Settings.from_environment(), asked.by or getpass.getuser()

    def act() -> int:
        with closing(Warehouse.from_environment()) as warehouse:
            if asked.dry_run:
                made = partners.draft(warehouse, settings, asked.audience)
                print(f"{made.audience} would see {len(made.more)} figures of release {made.release.number} more than")
                print(f"the public; {made.hidden} stay hidden.")
                for one in made.more:
                    print(f"  {one.table}  {' × '.join(one.labels.values()) or 'network'}  {one.after['value']}")
                return DONE
            if asked.approve:
                receipt = partners.approve(warehouse, asked.audience, by)
            elif asked.withdraw is not None:
                receipt = partners.withdraw(warehouse, asked.audience, by, asked.withdraw)
                print(f"Release {receipt.body['release']} for {receipt.body['audience']} is withdrawn.")
                return DONE
            else:
                receipt = partners.publish(warehouse, settings, asked.audience, by)
        told = f"Release {receipt.body['number']} for {receipt.body['audience']}"
        if receipt.action == EDITION_PROPOSED:
            print(f"{told} waits for a second person: `python -m publish partner --approve`.")
        else:
            print(f"{told} is frozen: {receipt.body['hash']}. `python -m access link add` makes a link to its pages.")
        return DONE

    return _refusing(act)


def _partner_pages(asked: argparse.Namespace) -> int:
    from data.warehouse import Warehouse
    from publish import partner_pages

    try:
        with closing(Warehouse.from_environment()) as warehouse:
            count = partner_pages.write(warehouse, asked.audience, asked.folder)
    except LookupError:
        return _fail(f"Nothing stands for {asked.audience}: `python -m publish partner` gives it a release.", REFUSED)
    print(f"{count} pages in {asked.folder}: open {asked.folder / 'index.html'}.")
    return DONE


def _site(asked: argparse.Namespace) -> int:
    from data.warehouse import Warehouse
    from publish import directory, release
    from publish.settings import Settings

    settings = Settings.from_environment()
    with closing(Warehouse.from_environment()) as warehouse:
        found = release.releases(warehouse)
        listed = directory.listed(warehouse)
        drawings = warehouse.home.folder / "drawings"
    if release.current(found) is None:
        return _fail("No release stands: `python -m publish release` freezes one.", REFUSED)
    from publish.site.folder import NoPicture, write

    try:
        pages = write(asked.folder, found, settings, url=asked.url, kept=drawings, listed=listed)
    except (NoPicture, FileExistsError) as error:
        return _fail(str(error), REFUSED)
    print(f"{pages} pages in {asked.folder}: open {asked.folder / 'index.html'}.")
    return DONE


def _package(asked: argparse.Namespace) -> int:
    from data.warehouse import Warehouse
    from publish import package, release
    from publish.dataset import Dataset
    from publish.settings import Settings

    settings = Settings.from_environment()
    with closing(Warehouse.from_environment()) as warehouse:
        found = release.releases(warehouse)
    chosen = release.current(found)
    if asked.release is not None:
        chosen = next((one for one in found if one.number == asked.release), None)
    if chosen is None:
        return _fail("There is no such release: `python -m publish releases` lists them.", REFUSED)
    if chosen.withdrawn is not None:
        return _fail(f"Release {chosen.number} was withdrawn: it gives its files no more.", REFUSED)
    asked.folder.mkdir(parents=True, exist_ok=True)
    for name, content in package.files(Dataset.of(chosen, found, settings)):
        (asked.folder / name).write_bytes(content)
    print(f"Release {chosen.number} as open data in {asked.folder}.")
    return DONE


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    sys.exit(main())
