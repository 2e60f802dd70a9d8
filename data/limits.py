"""How much a file may ask for on this machine: the limits of `data.grid`, each raised or lowered by the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from data.grid import Limits

_MB = 1_000_000
# The setting's name, the field it sets, and what one of its units is there.
SETTINGS: dict[str, tuple[str, int]] = {
    "ESSAIM_LIMIT_PACKED_MB": ("packed", _MB),
    "ESSAIM_LIMIT_INFLATED_MB": ("inflated", _MB),
    "ESSAIM_LIMIT_RATIO": ("ratio", 1),
    "ESSAIM_LIMIT_ENTRIES": ("entries", 1),
    "ESSAIM_LIMIT_SHEETS": ("sheets", 1),
    "ESSAIM_LIMIT_ROWS": ("rows", 1),
    "ESSAIM_LIMIT_COLUMNS": ("columns", 1),
    "ESSAIM_LIMIT_CELLS": ("cells", 1),
    "ESSAIM_LIMIT_CHARACTERS": ("characters", 1),
    "ESSAIM_LIMIT_MEMORY_MB": ("memory", _MB),
    "ESSAIM_LIMIT_CPU_SECONDS": ("cpu", 1),
    "ESSAIM_LIMIT_SECONDS": ("wall", 1),
}
_PREFIX = next(iter(SETTINGS)).removesuffix("PACKED_MB")
_WHOLE = re.compile(r"[1-9][0-9]{0,8}")


class BadLimit(ValueError):
    """A limit in the environment that means nothing, told in a sentence."""


def allowed(environment: Mapping[str, str] | None = None) -> Limits:
    """The limits that hold here. Raises BadLimit for a value that is no whole number above 0, or an unknown name."""
    environment = os.environ if environment is None else environment
    said: dict[str, int] = {}
    for name, value in environment.items():
        if not name.startswith(_PREFIX) or not value.strip():
            continue
        setting = SETTINGS.get(name)
        if setting is None:
            known = ", ".join(SETTINGS)
            raise BadLimit(f"There is no setting {name}. The limits are: {known}.")
        if not _WHOLE.fullmatch(value.strip()):
            raise BadLimit(f"{name} is {value!r}: write a whole number above 0, without a unit, as in {name}=40.")
        field, unit = setting
        said[field] = int(value) * unit
    return Limits(**said)
