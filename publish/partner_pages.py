"""The pages of each organisation that was given more, as they stand in a home and are kept as the ledger has it."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.ledger import EDITION, EDITION_WITHDRAWN, WITHDRAWN
from data.warehouse import Warehouse
from publish import partners
from publish.given import same
from publish.licence import Licence
from publish.release import Release
from publish.serve import Site
from publish.standing import EVERY, NOW, Standing

_RIGHTS = "http://publications.europa.eu/resource/authority/access-right"
# What stands in the place of a licence in the files.
ALONE = Licence("LicenseRef-not-public", "not public", "For the named organisation alone", f"{_RIGHTS}/NON_PUBLIC")
log = logging.getLogger("essaim")


class PartnerPages(Standing):
    """The pages of one organisation."""

    def __init__(self, warehouse: Warehouse, audience: str, command: Sequence[str] | None = None) -> None:
        # Where they are depends on the link: no address of theirs can be said in them.
        super().__init__(warehouse, "", command or [sys.executable, "-m", "publish", "partner-pages", audience])
        self.audience = audience
        self.home = partners.folder_of(warehouse.home.folder, audience)
        self.site = Site(self.home / NOW, "", still=self.still)

    def _releases(self) -> list[Release]:
        return partners.standing(self.warehouse).get(self.audience, [])

    def _given(self) -> tuple[dict[int, str], dict[int, str]]:
        receipts = self.warehouse.ledger.receipts()
        mine = {
            one.number: one for one in receipts if one.action == EDITION and same(one.body["audience"], self.audience)
        }
        gone = {int(one.body["release"]): one.hash for one in receipts if one.action == WITHDRAWN}
        taken = {one.body["takes"]: one.hash for one in receipts if one.action == EDITION_WITHDRAWN}
        released: dict[int, str] = {}
        withdrawn: dict[int, str] = {}
        for place, one in mine.items():
            number = int(one.body["number"])
            released[number] = one.hash
            withdrawn.pop(number, None)
            if place in taken or number in gone:
                withdrawn[number] = taken.get(place) or gone[number]
        return released, withdrawn


class AllPages:
    """The pages of every organisation of one ledger, looked after by one thread, one after the other."""

    def __init__(self, warehouse: Warehouse, every: float = EVERY) -> None:
        self.warehouse, self.every = warehouse, every
        self._of: dict[str, PartnerPages] = {}
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def audiences(self) -> list[str]:
        """Whoever was ever given an edition, each once, as it was first called."""
        found: dict[str, str] = {}
        for one in self.warehouse.ledger.receipts():
            if one.action == EDITION:
                found.setdefault(one.body["audience"].casefold(), one.body["audience"])
        return list(found.values())

    def of(self, audience: str) -> PartnerPages | None:
        """The pages of one organisation; None where it was given nothing."""
        name = next((one for one in self.audiences() if same(one, audience)), None)
        if name is None:
            return None
        with self._lock:
            return self._of.setdefault(name, PartnerPages(self.warehouse, name))

    def site(self, audience: str) -> Site | None:
        """What answers for one organisation. What was withdrawn a moment ago is taken out first. Blocks."""
        pages = self.of(audience)
        if pages is None:
            return None
        pages.take_out()
        return pages.site

    def start(self) -> None:
        """Begins to look after them, now and then and when woken."""
        self._thread = threading.Thread(target=self._look_on, name="partners' pages", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Lets go; pages half written are thrown away."""
        self._stopping.set()
        self._wake.set()
        for pages in [*self._of.values()]:
            pages.stop()
        if self._thread is not None:
            self._thread.join(10)

    def refresh(self) -> None:
        """Has them looked at now; returns at once."""
        self._wake.set()

    def look(self) -> None:
        """One look at each."""
        for audience in self.audiences():
            pages = self.of(audience)
            if pages is not None and not self._stopping.is_set():
                pages.look()

    def _look_on(self) -> None:
        said = ""
        while not self._stopping.is_set():
            try:
                self.look()
                said = ""
            except Exception as error:
                if repr(error) != said:
                    log.exception("The partners' pages cannot be looked after")
                said = repr(error)
            self._wake.wait(self.every)
            self._wake.clear()


def write(warehouse: Warehouse, audience: str, folder: Path, **drawing: Any) -> int:
    """Writes the pages of one organisation into an empty folder; returns how many. Raises LookupError, NoPicture."""
    from publish.settings import Settings
    from publish.site import folder as site

    its = next((its for name, its in partners.standing(warehouse).items() if same(name, audience)), [])
    if all(one.withdrawn is not None for one in its):
        raise LookupError(audience)
    settings = replace(Settings.from_environment(), licence=ALONE)
    return site.write(folder, its, settings, kept=warehouse.home.folder / "drawings", cards=False, **drawing)
