"""How this park publishes, as the environment says: thresholds, approval by a second person, dates, name, licence."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from datetime import date

from publish.cells import Thresholds

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


class BadSetting(ValueError):
    """A setting that cannot be read; the message says which and how to write it."""


@dataclass(frozen=True)
class Settings:
    """`dates` are those of the next releases, told to the public; `approval` asks for a second person; `publisher` is
    whose figures they are; `method` is one of METHODS."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    approval: bool = False
    dates: tuple[date, ...] = ()
    publisher: str = "Essaim"
    method: str = METHODS[0]

    @staticmethod
    def from_environment() -> Settings:
        """What the variables of the environment say, the defaults for those that are empty. Raises BadSetting."""
        return Settings(
            thresholds=_thresholds(),
            approval=_flag("ESSAIM_RELEASE_APPROVAL", False),
            dates=_dates("ESSAIM_RELEASE_DATES"),
            publisher=os.environ.get("ESSAIM_RELEASE_PUBLISHER") or "Essaim",
            method=_method("ESSAIM_RELEASE_METHOD"),
        )


def _thresholds() -> Thresholds:
    plain = {one.name: one.default for one in fields(Thresholds)}
    asked: dict[str, int | bool] = {}
    for variable, name in _THRESHOLDS.items():
        text, default = os.environ.get(variable, "").strip(), plain[name]
        if isinstance(default, bool):
            asked[name] = _flag(variable, default)
        elif text:
            if not text.isdecimal():
                raise BadSetting(f"{variable} is {text!r}: write a whole number, or leave it empty.")
            asked[name] = int(text)
    return replace(Thresholds(), **asked)  # type: ignore[arg-type]


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
