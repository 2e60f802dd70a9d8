"""What of the park somebody may see, whoever that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sight:
    """`sites` None means all of them; `persons`, `originals`, `writes`: whether these are open too."""

    sites: tuple[str, ...] | None = None
    persons: bool = False
    originals: bool = False
    writes: bool = False


# The operator at the command line, who has the files anyway.
EVERYTHING = Sight(persons=True, originals=True, writes=True)
