"""How much a file may ask for on this machine: the limits of `data.grid`, each raised or lowered by the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from data.grid import Limits

_MB = 1_000_000
# The setting's name after ESSAIM_LIMIT_, the field it sets, and what one of its units is there.
SETTINGS: dict[str, tuple[str, int]] = {
    "PACKED_MB": ("packed", _MB),
    "INFLATED_MB": ("inflated", _MB),
    "RATIO": ("ratio", 1),
    "ENTRIES": ("entries", 1),
    "SHEETS": ("sheets", 1),
    "ROWS": ("rows", 1),
    "COLUMNS": ("columns", 1),
    "CELLS": ("cells", 1),
    "CHARACTERS": ("characters", 1),
    "MEMORY_MB": ("memory", _MB),
    "CPU_SECONDS": ("cpu", 1),
    "SECONDS": ("wall", 1),
}
_PREFIX = "ESSAIM_LIMIT_"
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
        setting = SETTINGS.get(name.removeprefix(_PREFIX))
        if setting is None:
            known = ", ".join(_PREFIX + one for one in SETTINGS)
            raise BadLimit(f"There is no setting {name}. The limits are: {known}.")
        if not _WHOLE.fullmatch(value.strip()):
            raise BadLimit(f"{name} is {value!r}: write a whole number above 0, without a unit, as in {name}=40.")
        field, unit = setting
        said[field] = int(value) * unit
    return Limits(**said)
