"""What the log may say: each kind of event with the facts it may carry, none of which is free text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from access.roles import MAY
from words import mark

_SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SITES, _SITE = 200, 200
Fact = Callable[[Any], bool]


def number(value: Any) -> bool:
    """A count, an account, or a receipt."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def slug(value: Any) -> bool:
    """A word of the code: a kind of sheet, a release, a capability. No name is written so: small, no space."""
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def sha256(value: Any) -> bool:
    """What a file is known by instead of its name, which may be a firm's."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def role(value: Any) -> bool:
    return isinstance(value, str) and value in MAY


def one_of(*words: str) -> Fact:
    """Only these words."""

    def allowed(value: Any) -> bool:
        return isinstance(value, str) and value in words

    return allowed


def sites(value: Any) -> bool:
    """Names of the park's own sites."""
    return (
        isinstance(value, (list, tuple))
        and len(value) <= _SITES
        and all(isinstance(one, str) and 0 < len(one) <= _SITE and one.isprintable() for one in value)
    )


@dataclass(frozen=True)
class Event:
    """One kind. `title` is what an auditor reads, `facts` which facts it may carry and what each must be."""

    kind: str
    title: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


class UnknownFact(ValueError):
    """An event of a kind, or with a fact, that nobody declared: a slip in the code, and never written."""


EVENTS: dict[str, Event] = {}


def declare(event: Event) -> Event:
    """Adds a kind of event; a second one of the same name raises ValueError."""
    if event.kind in EVENTS or not slug(event.kind):
        raise ValueError(event.kind)
    EVENTS[event.kind] = event
    return event


def check(kind: str, facts: Mapping[str, Any]) -> None:
    """Raises UnknownFact unless the event and all its facts are declared, each fact as what it is."""
    if kind not in EVENTS:
        raise UnknownFact(f"no event is called {kind}")
    for name, value in facts.items():
        allowed = EVENTS[kind].facts.get(name)
        if allowed is None:
            raise UnknownFact(f"{kind} carries no fact called {name}")
        if not allowed(value):
            raise UnknownFact(f"the fact {name} of {kind} is not of its kind")


_FORMAT = one_of("csv", "xlsx", "json", "jsonl", "pdf", "pptx", "png", "svg", "zip", "html", "parquet")
_ACCOUNT: dict[str, Fact] = {"target": number}
# Why a partner's link opens nothing.
ENDS = ("expired", "revoked", "altered")
_RELEASE: dict[str, Fact] = {"release": number, "receipt": number}

for _event in (
    Event("signed-in", mark("Signed in"), {"way": one_of("password", "code", "oidc", "link")}),
    Event(
        "sign-in-refused",
        mark("Sign-in refused"),
        {
            **_ACCOUNT,
            "reason": one_of("wrong", "code", "wait", "disabled", "oidc"),
            "failures": number,
            # Of a sign-in through the organisation: why, and under what the program's own log says more.
            "why": slug,
            "reference": slug,
        },
    ),
    Event("signed-out", mark("Signed out")),
    Event("session-revoked", mark("Session ended by hand"), _ACCOUNT),
    Event("sessions-revoked", mark("Sessions ended"), {**_ACCOUNT, "number": number}),
    Event("account-added", mark("Account added"), {**_ACCOUNT, "role": role, "sites": sites}),
    Event("account-disabled", mark("Account disabled"), _ACCOUNT),
    Event("account-enabled", mark("Account enabled"), _ACCOUNT),
    Event("role-changed", mark("Role changed"), {**_ACCOUNT, "before": role, "role": role}),
    Event("sites-changed", mark("Sites of an account changed"), {**_ACCOUNT, "before": sites, "sites": sites}),
    Event("password-set", mark("Password set"), _ACCOUNT),
    Event("totp-on", mark("Codes at sign-in turned on"), _ACCOUNT),
    Event("totp-off", mark("Codes at sign-in turned off"), _ACCOUNT),
    Event("subject-set", mark("Sign-in through the organisation set"), _ACCOUNT),
    Event("setup-link-issued", mark("Set-up link issued")),
    Event("reset-link-issued", mark("Link for a new password issued"), _ACCOUNT),
    Event("link-used", mark("One-time link used"), {**_ACCOUNT, "purpose": one_of("setup", "reset")}),
    Event("refused", mark("Refused what the role may not do"), {"what": slug, "status": number}),
    Event("upload", mark("List loaded"), {"kind": slug, "receipt": number, "rows": number, "file": sha256}),
    Event("upload-refused", mark("List refused"), {"kind": slug, "problems": number}),
    Event("decision", mark("Decision on firms or spellings"), {"kind": slug, "receipt": number}),
    Event("undo", mark("Receipt undone"), {"receipt": number, "undone": number}),
    Event("export", mark("Figures or lists exported"), {"what": slug, "format": _FORMAT, "rows": number}),
    Event("original-downloaded", mark("Original file downloaded"), {"receipt": number, "file": sha256}),
    Event("persons-seen", mark("Names of persons opened"), {"what": slug, "rows": number}),
    Event("person-exported", mark("A person's data exported"), {"receipt": number, "rows": number}),
    Event("person-erased", mark("A person's data erased"), {"receipt": number, "rows": number}),
    Event("release-proposed", mark("Release proposed"), {**_RELEASE, "tables": number}),
    Event("release-published", mark("Release published"), {**_RELEASE, "tables": number}),
    Event("release-approved", mark("Release approved and published"), {**_RELEASE, "tables": number}),
    Event("release-rejected", mark("Proposed release rejected"), _RELEASE),
    Event("release-withdrawn", mark("Release withdrawn"), _RELEASE),
    Event("edition-proposed", mark("Wider release proposed for an organisation"), _RELEASE),
    Event("edition-given", mark("Wider release given to an organisation"), _RELEASE),
    Event("edition-approved", mark("Wider release approved for an organisation"), _RELEASE),
    Event("edition-withdrawn", mark("Wider release of an organisation withdrawn"), _RELEASE),
    Event("partner-link-made", mark("Partner’s link made"), {"link": number, "days": number}),
    Event("partner-link-opened", mark("Partner’s link opened"), {"link": number}),
    Event("partner-link-refused", mark("Partner’s link refused"), {"link": number, "reason": one_of(*ENDS)}),
    Event("partner-link-revoked", mark("Partner’s link revoked"), {"link": number}),
    Event("log-exported", mark("Log exported"), {"number": number}),
):
    declare(_event)
