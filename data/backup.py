"""The whole ledger as one zip file, and back."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from data.ledger import Broken, Ledger, Receipt

_RECEIPTS = "receipts.jsonl"


def backup(ledger: Ledger, target: Path) -> int:
    """Writes every receipt and content to `target`, which appears only when whole; returns the number of receipts.

    Raises Broken where the ledger does not agree with itself.
    """
    # A backup of a ledger that was tampered with would give the tampering a clean chain.
    ledger.verify()
    receipts = ledger.receipts()
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
            lines = [json.dumps({**asdict(receipt), "hash": receipt.hash}, ensure_ascii=False) for receipt in receipts]
            archive.writestr(_RECEIPTS, "\n".join(lines))
            for name, sha256, content in ledger.contents():
                archive.writestr(f"{name}/{sha256}", content)
        with open(aside, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
    return len(receipts)


def restore(ledger: Ledger, source: Path) -> int:
    """Fills an empty ledger from a backup; returns the number of receipts, or raises Broken and writes nothing."""
    try:
        with zipfile.ZipFile(source) as archive:
            receipts = []
            for line in archive.read(_RECEIPTS).decode().splitlines():
                fields = json.loads(line)
                promised = fields.pop("hash")
                receipt = Receipt(**fields)
                if receipt.hash != promised:
                    raise Broken(f"Receipt {receipt.number} of the backup was changed: its hash does not fit.")
                receipts.append(receipt)
            ledger.restore(receipts, _contents(archive))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise Broken(f"{source.name} is not a whole backup of a ledger ({error}).") from error
    return len(receipts)


def _contents(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, bytes]]:
    for entry in archive.namelist():
        name, _, sha256 = entry.partition("/")
        if name in ("original", "clean"):
            yield name, sha256, archive.read(entry)
