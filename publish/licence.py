"""Under which licence figures are handed out: those that public bodies use, by their SPDX names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """`name` is SPDX's, `short` what a page says, `title` the whole name, `url` its text."""

    name: str
    short: str
    title: str
    url: str


_CREATIVE = "https://creativecommons.org"
DEFAULT = Licence("CC-BY-4.0", "CC BY 4.0", "Creative Commons Attribution 4.0", f"{_CREATIVE}/licenses/by/4.0/")
LICENCES = {
    one.name: one
    for one in (
        DEFAULT,
        Licence(
            "CC-BY-SA-4.0",
            "CC BY-SA 4.0",
            "Creative Commons Attribution-ShareAlike 4.0",
            f"{_CREATIVE}/licenses/by-sa/4.0/",
        ),
        Licence("CC0-1.0", "CC0 1.0", "Creative Commons Zero 1.0", f"{_CREATIVE}/publicdomain/zero/1.0/"),
        Licence(
            "etalab-2.0",
            "Licence Ouverte 2.0",
            "Licence Ouverte / Open Licence 2.0",
            "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
        ),
        Licence(
            "ODbL-1.0",
            "ODbL 1.0",
            "Open Data Commons Open Database License 1.0",
            "https://opendatacommons.org/licenses/odbl/1-0/",
        ),
    )
}
