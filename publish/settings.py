"""How this park publishes, as the environment says: thresholds, approval by a second person, dates, name, licence."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date

from publish.cells import Thresholds
from publish.licence import DEFAULT, LICENCES, Licence

# How small counts are kept: some figures not printed, or all of them printed as multiples.
METHODS = "suppression", "rounding"

_THRESHOLDS = {
    "ESSAIM_RELEASE_LEAST": "least",
    "ESSAIM_RELEASE_MERGE": "merge",
    "ESSAIM_RELEASE_FIRMS": "firms",
    "ESSAIM_RELEASE_PERCENT": "percent",
    "ESSAIM_RELEASE_WITHIN": "within",
    "ESSAIM_RELEASE_DENOMINATOR": "denominator",
    "ESSAIM_RELEASE_CURVE": "curve",
    "ESSAIM_RELEASE_AT_RISK": "at_risk",
    "ESSAIM_RELEASE_BASE": "base",
    "ESSAIM_RELEASE_PUBLIC": "public",
    "ESSAIM_RELEASE_CHANGE": "change",
}
# What an organisation may be shown beyond the public: these alone are other than the public's.
_PARTNER = {
    "ESSAIM_PARTNER_LEAST": "least",
    "ESSAIM_PARTNER_FIRMS": "firms",
    "ESSAIM_PARTNER_DENOMINATOR": "denominator",
}
PARTNER = Thresholds(least=3, firms=3)


class BadSetting(ValueError):
    """A setting that cannot be read; the message says which and how to write it."""


@dataclass(frozen=True)
class Settings:
    """`dates` are those of the next releases, told to the public; `approval` asks for a second person; `publisher` is
    whose figures they are, `licence` under which they are given; `method` is one of METHODS; `partner` are the
    thresholds of what a named organisation may be given.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    approval: bool = False
    dates: tuple[date, ...] = ()
    publisher: str = "Essaim"
    licence: Licence = DEFAULT
    partner: Thresholds = PARTNER
    method: str = METHODS[0]

    @staticmethod
    def from_environment() -> Settings:
        """What the variables of the environment say, the defaults for those that are empty. Raises BadSetting."""
        return Settings(
            thresholds=_thresholds(_THRESHOLDS, Thresholds()),
            approval=_flag("ESSAIM_RELEASE_APPROVAL", False),
            dates=_dates("ESSAIM_RELEASE_DATES"),
            publisher=os.environ.get("ESSAIM_RELEASE_PUBLISHER") or "Essaim",
            licence=_licence("ESSAIM_RELEASE_LICENCE"),
            partner=_partner(),
            method=_method("ESSAIM_RELEASE_METHOD"),
        )


def _partner() -> Thresholds:
    found = _thresholds(_PARTNER, PARTNER)
    if found.least < 2:
        raise BadSetting("ESSAIM_PARTNER_LEAST is under 2: no organisation is told of one firm alone.")
    return found


def _thresholds(variables: Mapping[str, str], otherwise: Thresholds) -> Thresholds:
    plain = {one.name: one.default for one in fields(Thresholds)}
    asked: dict[str, int | bool] = {}
    for variable, name in variables.items():
        text, default = os.environ.get(variable, "").strip(), plain[name]
        if isinstance(default, bool):
            asked[name] = _flag(variable, default)
        elif text:
            if not text.isdecimal():
                raise BadSetting(f"{variable} is {text!r}: write a whole number, or leave it empty.")
            asked[name] = int(text)
    return replace(otherwise, **asked)  # type: ignore[arg-type]


def _method(name: str) -> str:
    text = os.environ.get(name, "").strip().lower() or METHODS[0]
    if text not in METHODS:
        raise BadSetting(f"{name} is {text!r}: write {' or '.join(METHODS)}, or leave it empty.")
    return text


def _flag(name: str, default: bool) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if text in ("1", "yes", "true"):
        return True
    if text in ("0", "no", "false"):
        return False
    if text:
        raise BadSetting(f"{name} is {text!r}: write 1 or 0, or leave it empty.")
    return default


def _dates(name: str) -> tuple[date, ...]:
    try:
        days = [date.fromisoformat(one.strip()) for one in os.environ.get(name, "").split(",") if one.strip()]
    except ValueError:
        raise BadSetting(f"{name} names a day that is none: write days as 2026-12-15,2027-03-15.") from None
    return tuple(sorted(days))


def _licence(name: str) -> Licence:
    text = os.environ.get(name, "").strip() or DEFAULT.name
    if text not in LICENCES:
        raise BadSetting(f"{name} is {text!r}: write one of {', '.join(LICENCES)}, or leave it empty.")
    return LICENCES[text]
