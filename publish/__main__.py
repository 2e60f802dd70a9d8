"""The command line of what leaves the house: make a release, list the releases, verify them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from metrics.ask import Generation, NothingLoaded
from publish.audit import Undone
from publish.cells import Name, Printed, Thresholds
from publish.frozen import NotARelease, as_file, freeze, numbers, read, unsealed, verify
from publish.protect import CannotBeProtected
from publish.release import Draft, draft
from publish.secure import secure

DONE, WRONG_USE, REFUSED, UNREADABLE = 0, 2, 3, 4


def made(
    generation: Generation, sealed: Path, before: Sequence[int], thresholds: Thresholds, as_of: date | None = None
) -> tuple[Draft, Printed]:
    """The release that would follow those numbered `before`, protected and audited with them.

    Raises CannotBeProtected or Undone where it may not be published.
    """
    earlier = [unsealed(sealed, number) for number in before]
    found = draft(generation, thresholds, as_of, earlier[-1][1] if earlier else ())
    return found, secure(found.tables, thresholds, [printed for printed, _ in earlier])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m publish", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    release = commands.add_parser("release", help="protects the figures, audits them, and publishes them")
    release.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="the day described")
    release.add_argument("--known-on", type=date.fromisoformat, metavar="DATE", help="what was known up to that day")
    release.add_argument("--dry-run", action="store_true", help="shows what would be hidden, and publishes nothing")
    release.add_argument("--thresholds", type=Path, metavar="FILE", help="the operator's own, as JSON")
    check = commands.add_parser("verify", help="whether every release is what was published")
    check.add_argument("--rebuild", action="store_true", help="also makes the latest again from the ledger")
    commands.add_parser("list", help="the releases")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit status (0 done, 2 wrong use, 3 nothing published, 4 unreadable)."""
    from data.home import Home

    asked = _parser().parse_args(arguments)
    home = Home.from_environment().folder
    folder, sealed = home / "releases", home / "sealed"
    try:
        if asked.command == "release":
            return _release(asked, folder, sealed)
        if asked.command == "verify":
            return _verify(asked, folder, sealed)
        for number in numbers(folder):
            found = read(folder, number)
            print(f"{number}  as of {found.as_of}, as known on {found.known_on}  {found.digest}")
        return DONE
    except (CannotBeProtected, Undone) as wrong:
        print(f"Nothing is published: these figures could be worked out.\n{wrong}", file=sys.stderr)
        return REFUSED
    except (NotARelease, NothingLoaded) as wrong:
        print(wrong, file=sys.stderr)
        return UNREADABLE


def _release(asked: argparse.Namespace, folder: Path, sealed: Path) -> int:
    from data.warehouse import Warehouse

    try:
        own = json.loads(asked.thresholds.read_text()) if asked.thresholds else {}
        thresholds = Thresholds(**own)
    except (OSError, ValueError, TypeError):
        print("The file of thresholds is not there, or names others than there are.", file=sys.stderr)
        return WRONG_USE
    verify(folder)
    with closing(Warehouse.from_environment()) as warehouse:
        generation = warehouse.generation(asked.known_on)
        if generation.empty:
            raise NothingLoaded
        found, printed = made(generation, sealed, numbers(folder), thresholds, asked.as_of)
    if asked.dry_run:
        for name in sorted(printed.hidden):
            print(f"{_said(name)}: c ({printed.why[name]})")
    cells, firms = printed.cost
    print(f"{len(printed.hidden)} figures hidden; {cells} counts of them, {firms} firms, for others' sake alone")
    if not asked.dry_run:
        print(freeze(folder, sealed, found, printed, thresholds))
    return DONE


def _said(name: Name) -> str:
    table, key = name
    return " × ".join([table, *filter(None, key)])


def _verify(asked: argparse.Namespace, folder: Path, sealed: Path) -> int:
    releases = verify(folder)
    if asked.rebuild and releases:
        from data.warehouse import Warehouse

        last = releases[-1]
        own = json.loads((sealed / f"{last.number:04}.json").read_bytes())["thresholds"]
        with closing(Warehouse.from_environment()) as warehouse:
            generation = warehouse.generation(date.fromisoformat(last.known_on) if last.known_on else None)
            day = date.fromisoformat(last.as_of)
            thresholds = Thresholds(**own)
            again = made(generation, sealed, numbers(folder)[:-1], thresholds, day)
        if as_file(*again, thresholds) != (folder / f"{last.number:04}" / "release.json").read_bytes():
            raise NotARelease(f"release {last.number} comes out otherwise from the ledger as it is")
    print(f"{len(releases)} releases, as published")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
