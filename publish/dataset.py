"""A release as it is handed out: its figures, whose they are, under which licence, where, and what came before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publish.content import Content
from publish.licence import DEFAULT, Licence
from publish.release import Release
from publish.settings import Settings


@dataclass(frozen=True)
class Dataset:
    """`before` are the releases published before this one, the oldest first; `base` is the address of the folder of its
    files, empty where that is not known."""

    release: Release
    publisher: str
    licence: Licence = DEFAULT
    before: tuple[Release, ...] = ()
    base: str = ""

    @staticmethod
    def of(release: Release, every: Sequence[Release], settings: Settings, base: str = "") -> Dataset:
        """One release among `every`, under the park's settings."""
        earlier = tuple(one for one in every if one.number < release.number)
        return Dataset(release, settings.publisher, settings.licence, earlier, base)

    @property
    def content(self) -> Content:
        return self.release.content

    @property
    def last(self) -> Release | None:
        """The release that this one is compared with: the newest before it that was not withdrawn."""
        return next((one for one in reversed(self.before) if one.withdrawn is None), None)

    @property
    def title(self) -> str:
        return f"{self.publisher}: figures of the park, release {self.content.number}"

    @property
    def since(self) -> str:
        """The first year that a figure speaks of."""
        years = [cell["year"] for cell in self.content.cells("entries", "year")]
        return min(years, default=str(self.content.as_of.year))
