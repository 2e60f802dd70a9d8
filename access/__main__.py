"""The command line of the accounts: add, list, role, disable, enable, reset, setup, sessions, log, verify."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from data.home import Home

if TYPE_CHECKING:
    from access.accounts import Account
    from access.roles import Who
    from access.store import Store

DONE, WRONG_USE, REFUSED, UNREADABLE = 0, 2, 3, 4
# A password is one line; more than this is no password.
_LINE = 4096


def parser() -> argparse.ArgumentParser:
    """The commands of `python -m access`."""
    from access.roles import ROLES

    parser = argparse.ArgumentParser(prog="python -m access", description="Who may come in, and what was done.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add an account; prints a one-time link to choose its password")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", required=True, choices=ROLES)
    add.add_argument("--password-stdin", action="store_true", help="take the password from the first line of the input")
    listed = commands.add_parser("list", help="list the accounts")
    role = commands.add_parser("role", help="give an account another role, and other sites; ends its sessions")
    role.add_argument("name", metavar="NAME")
    role.add_argument("role", choices=ROLES)
    sites = role.add_mutually_exclusive_group()
    sites.add_argument("--all-sites", action="store_true", help="limit the account to no site")
    for group in (add, sites):
        group.add_argument(
            "--site", action="append", metavar="SITE", help="limit the account to this site; may be said several times"
        )
    disable = commands.add_parser("disable", help="let nobody sign in to an account; ends its sessions")
    disable.add_argument("name", metavar="NAME")
    disable.add_argument("--even-last", action="store_true", help="even where it is the last admin's")
    commands.add_parser("enable", help="let its owner sign in to an account again").add_argument("name", metavar="NAME")
    reset = commands.add_parser("reset", help="print a one-time link to choose a new password")
    reset.add_argument("name", metavar="NAME")
    reset.add_argument("--drop-codes", action="store_true", help="ask for no codes any more: the telephone is lost")
    commands.add_parser("setup", help="print a one-time link to make the first admin")
    sessions = commands.add_parser("sessions", help="list who is signed in")
    sessions.add_argument("name", nargs="?", metavar="NAME")
    sessions.add_argument("--end", action="store_true", help="end the sessions of NAME")
    link = commands.add_parser("link", help="links to what an organisation alone was given: add, list, revoke")
    act = link.add_subparsers(dest="act", required=True)
    new = act.add_parser("add", help="print a link for an organisation; nothing can show it again")
    new.add_argument("audience", metavar="ORGANISATION")
    new.add_argument("--days", type=int, default=90, metavar="N", help="how long it is good (default 90, at most 366)")
    links = act.add_parser("list", help="list the links, without what opens them")
    act.add_parser("revoke", help="take a link back at once").add_argument("number", type=int, metavar="NUMBER")
    told = commands.add_parser("log", help="print the log, oldest first")
    told.add_argument("-n", type=int, default=100, metavar="N", help="the last N lines (default 100)")
    for command in (listed, sessions, links):
        command.add_argument("--json", action="store_true")
    told.add_argument("--json", action="store_true", help="every line as JSON, with its hashes")
    commands.add_parser("verify", help="check the chain of the log")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit status (0 done, 2 wrong use, 3 refused, 4 the machine would not)."""
    from access import partner_links
    from access.accounts import Refusal, Weak
    from access.store import Store
    from data.fault import FAULTS, fault

    asked = parser().parse_args(arguments)
    try:
        with closing(Store.from_environment()) as store:
            return globals()[f"_{asked.command}"](store, asked)
    except (Refusal, Weak, partner_links.Refusal) as error:
        return _fail(str(error), REFUSED)
    except BrokenPipeError:
        raise
    except FAULTS as error:
        return _fail(fault(error), UNREADABLE)


def _fail(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


def _by() -> Who:
    """Whoever is at the terminal; no account can have such a name."""
    from access.roles import Who

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "?"
    return Who(0, f"@terminal:{user}", "admin")


def _account(store: Store, name: str) -> Account:
    from access.accounts import UnknownAccount, by_name

    found = by_name(store, name)
    if found is None:
        raise UnknownAccount()
    return found


def _add(store: Store, asked: argparse.Namespace) -> int:
    from access.accounts import add
    from access.setup import reset

    password = None
    if asked.password_stdin:
        password = sys.stdin.readline(_LINE).rstrip("\r\n")
        if not password:
            return _fail("The input holds no password.", WRONG_USE)
    made = add(store, asked.name, asked.role, asked.site or (), password, by=_by())
    _warn(made.sites)
    print(f"{made.name} is added: {_limits(made)}.")
    if password is None:
        _tell_link("choose a password", reset(store, made.id, by=_by()))
    return DONE


def _list(store: Store, asked: argparse.Namespace) -> int:
    from access.accounts import list_all

    found = list_all(store)
    if asked.json:
        fields = ("id", "name", "role", "sites", "disabled", "totp", "password", "oidc_subject")
        rows = [
            {**{field: getattr(one, field) for field in fields}, "changed_at": one.changed_at.isoformat()}
            for one in found
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return DONE
    if not found:
        print("There is no account: start the app, or use `python -m access setup`, for a link to make the first one.")
    for one in found:
        notes = [_limits(one)]
        notes += ["disabled"] if one.disabled else []
        notes += ["codes"] if one.totp else []
        notes += ["no password yet"] if not one.password and not one.oidc_subject else []
        print(f"{one.name}: {', '.join(notes)}")
    return DONE


def _role(store: Store, asked: argparse.Namespace) -> int:
    from access.accounts import set_role, set_sites

    found = set_role(store, _account(store, asked.name).id, asked.role, by=_by())
    if asked.site or asked.all_sites:
        found = set_sites(store, found.id, asked.site or (), by=_by())
        _warn(found.sites)
    print(f"{found.name} is now {_limits(found)}.")
    return DONE


def _disable(store: Store, asked: argparse.Namespace) -> int:
    from access.accounts import disable

    found = disable(store, _account(store, asked.name).id, even_last=asked.even_last, by=_by())
    print(f"{found.name} is disabled, and signed out everywhere.")
    return DONE


def _enable(store: Store, asked: argparse.Namespace) -> int:
    from access.accounts import enable

    found = enable(store, _account(store, asked.name).id, by=_by())
    print(f"{found.name} can sign in again.")
    return DONE


def _reset(store: Store, asked: argparse.Namespace) -> int:
    from access.accounts import drop_totp
    from access.setup import reset

    found = _account(store, asked.name)
    if asked.drop_codes:
        drop_totp(store, found.id, by=_by())
    _tell_link(f"choose a new password for {found.name}", reset(store, found.id, by=_by()))
    if found.disabled:
        print(f"{found.name} is disabled: the link works once `python -m access enable` was said.")
    return DONE


def _setup(store: Store, asked: argparse.Namespace) -> int:
    from access.setup import issue

    token = issue(store, by=_by())
    if token is None:
        return _fail("There is an admin already: `python -m access reset NAME` gives one a new password.", REFUSED)
    _tell_link("make the first admin", token)
    return DONE


def _sessions(store: Store, asked: argparse.Namespace) -> int:
    from access.accounts import list_all
    from access.sessions import revoke_all, sessions

    if asked.end and not asked.name:
        return _fail("Say whose sessions are to end.", WRONG_USE)
    found = [_account(store, asked.name)] if asked.name else list_all(store)
    if asked.end:
        print(f"{revoke_all(store, found[0].id, by=_by())} sessions of {found[0].name} are ended.")
        return DONE
    rows: list[dict[str, Any]] = [
        {
            "session": one.id,
            "name": account.name,
            "opened_at": one.opened_at.isoformat(timespec="seconds"),
            "seen_at": one.seen_at.isoformat(timespec="seconds"),
            "address": one.address,
            "agent": one.agent,
        }
        for account in found
        for one in sessions(store, account.id)
    ]
    if asked.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return DONE
    for row in rows:
        since = f"since {row['opened_at'][:16]}, seen {row['seen_at'][:16]}"
        print(f"{row['name']}  {since}  {row['address']}  {row['agent']}")
    if not rows:
        print("Nobody is signed in.")
    return DONE


def _link(store: Store, asked: argparse.Namespace) -> int:
    from access.hosts import Hosts
    from access.partner_links import PartnerLinks
    from access.secret import secret
    from access.setup import whole

    first = Hosts.named(os.environ.get("ESSAIM_HOSTS", "").split(",")).first
    links = PartnerLinks(store, secret(store.home, first or "localhost"))
    if asked.act == "add":
        if not _given(asked.audience):
            told = "`python -m publish partner` gives it a release."
            return _fail(f"{asked.audience} was given no release, so there is nothing to open: {told}", REFUSED)
        made, path = links.issue(asked.audience, asked.days, by=_by())
        print(f"Link {made.number} for {made.audience}, good until {made.expires_at:%Y-%m-%d %H:%M} UTC:")
        print(f"  {whole(path)}")
        return DONE
    if asked.act == "revoke":
        if not links.revoke(asked.number, by=_by()):
            return _fail(f"There is no link {asked.number} that could be taken back.", REFUSED)
        print(f"Link {asked.number} opens nothing any more.")
        return DONE
    found = links.every()
    if asked.json:
        moments = ("made_at", "expires_at", "revoked_at", "used_at")
        rows = [
            {"number": one.number, "audience": one.audience, "state": one.state, "made_by": one.made_by}
            | {name: at.isoformat(timespec="seconds") if (at := getattr(one, name)) else None for name in moments}
            for one in found
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return DONE
    for one in found:
        used = f"used {one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never used"
        print(f"{one.number:>4}  {one.audience}  {one.state}, until {one.expires_at:%Y-%m-%d}, {used}")
    if not found:
        print("There is no link: `python -m access link add` makes one.")
    return DONE


def _given(audience: str) -> bool:
    """Whether the ledger says that an organisation of this name was given a release."""
    from data.ledger import EDITION, Ledger

    plain = " ".join(audience.split()).casefold()
    receipts = Ledger(Home.from_environment()).receipts()
    return any(one.action == EDITION and str(one.body["audience"]).casefold() == plain for one in receipts)


def _log(store: Store, asked: argparse.Namespace) -> int:
    from access.accounts import list_all
    from access.log import EVENTS, Log

    told = Log(store)
    if asked.json:
        for line in told.lines():
            print(line)
        return DONE
    if asked.n < 1:
        return _fail("Ask for one line or more.", WRONG_USE)
    names = {one.id: one.name for one in list_all(store)}
    for entry in reversed(told.events(n=asked.n)):
        who = entry.who["name"] if entry.who else "–"
        facts = {**entry.facts}
        if "target" in facts:
            facts["target"] = names.get(facts["target"], facts["target"])
        said = ", ".join(f"{name} {_said(value)}" for name, value in facts.items())
        title = EVENTS[entry.kind].title if entry.kind in EVENTS else entry.kind
        print(
            f"{entry.number:>5}  {entry.at:%Y-%m-%d %H:%M:%S}  {who}  {entry.address or '–'}  {title}  {said}".rstrip()
        )
    return DONE


def _verify(store: Store, asked: argparse.Namespace) -> int:
    from access.log import Broken, Log

    try:
        count = Log(store).verify()
    except Broken as error:
        return _fail(str(error), REFUSED)
    print(f"{count} lines: the chain of the log fits.")
    return DONE


def _said(value: Any) -> str:
    return "; ".join(value) or "all" if isinstance(value, list) else str(value)


def _limits(found: Account) -> str:
    return f"{found.role}, {'sites ' + '; '.join(found.sites) if found.sites else 'all sites'}"


def _tell_link(purpose: str, token: str) -> None:
    from access.setup import address

    print(f"To {purpose}, open this once, within an hour:\n  {address(token)}")


def _warn(sites: tuple[str, ...]) -> None:
    """Says which sites the park does not know: a limit to them shows nothing until it does."""
    if not sites:
        return
    from data.intake import lists
    from data.warehouse import Warehouse

    with closing(Warehouse.from_environment()) as warehouse:
        known = lists(warehouse.generation()).sites
    for site in sites:
        if site not in known:
            print(f"Note: the park's lists know no site called {site}.", file=sys.stderr)


if __name__ == "__main__":
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the answer has read enough of it; what was done is done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DONE
    sys.exit(status)
