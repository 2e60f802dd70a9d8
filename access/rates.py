"""How much anybody may ask for: requests in a time, and things at once. All of it is bounded, the counting too."""

from __future__ import annotations

import os
import re
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

# So many askers are told apart; whoever asked least lately is forgotten first.
ASKERS = 20_000


@dataclass(frozen=True)
class Rate:
    """So many at once, and then so many a second."""

    burst: float
    a_second: float

    @staticmethod
    def from_environment(name: str, a_second: int) -> Rate | None:
        """So many a second as a variable says (`a_second` where it is empty), ten seconds' worth at once; None for 0,
        which is no bound. Raises SystemExit with a sentence for what is no number."""
        text = os.environ.get(name, "").strip() or str(a_second)
        if not re.fullmatch(r"[0-9]{1,6}", text):
            raise SystemExit(f"{name} is {text!r}: write how many requests a second, or 0 for any number.")
        return Rate(10.0 * int(text), float(text)) if int(text) else None


class Buckets:
    """Token buckets, one per asker. For one thread: the event loop's."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic, most: int = ASKERS) -> None:
        self.rate, self.clock, self.most = rate, clock, most
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, asker: Hashable) -> int:
        """0 where the asker may go on; else the seconds to wait."""
        now = self.clock()
        left, at = self._left.pop(asker, (self.rate.burst, now))
        left = min(self.rate.burst, left + (now - at) * self.rate.a_second)
        allowed = left >= 1
        self._left[asker] = (left - 1 if allowed else left, now)
        while len(self._left) > self.most:
            self._left.popitem(last=False)
        return 0 if allowed else max(1, ceil((1 - left) / self.rate.a_second))

    def __len__(self) -> int:
        return len(self._left)


class Full(Exception):
    """So many are served already."""


class AtOnce:
    """How many things go on at once, for each asker and in all."""

    def __init__(self, each: int, all: int) -> None:
        self.each, self.all = each, all
        self._now: Counter[Hashable] = Counter()

    @contextmanager
    def one(self, asker: Hashable) -> Iterator[None]:
        """Counts one more while the block runs. Raises Full beyond the bounds."""
        if self._now.total() >= self.all or self._now[asker] >= self.each:
            if not self._now[asker]:
                del self._now[asker]
            raise Full
        self._now[asker] += 1
        try:
            yield
        finally:
            self._now[asker] -= 1
            if not self._now[asker]:
                del self._now[asker]

    def __len__(self) -> int:
        return self._now.total()
