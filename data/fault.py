"""What a full, read-only or failing disk makes of a command or a page, and the sentence for it."""

from __future__ import annotations

import errno

import duckdb
import sqlalchemy

# A file that something else damaged is among them.
FAULTS = (OSError, duckdb.Error, sqlalchemy.exc.DatabaseError)

_NUMBERS = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read-only",
    errno.EACCES: "rights",
    errno.EPERM: "rights",
}
# As the databases say it, who tell no number.
_WORDS = (
    ("full", ("no space left", "disk is full", "file too large", "quota exceeded", "disk i/o error")),
    ("read-only", ("read-only file system", "readonly database")),
    ("rights", ("permission denied", "operation not permitted", "unable to open database file")),
)


def kind(error: BaseException) -> str:
    """What the machine would not do: "full" (or failing) disk, "read-only" disk, no "rights", or "other"."""
    if isinstance(error, OSError) and error.errno in _NUMBERS:
        return _NUMBERS[error.errno]
    text = str(getattr(error, "orig", None) or error).lower()
    return next((name for name, words in _WORDS if any(word in text for word in words)), "other")


def fault(error: Exception) -> str:
    """The sentence for one of FAULTS: the ledger writes all or nothing, so what was accepted before is still there."""
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    return (
        f"The machine did not let this happen: {reason}. Nothing was half written; what was accepted before is as it "
        "was. Check the disk's space, the rights on ESSAIM_HOME, and that nothing else damaged its files."
    )
