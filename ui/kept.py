"""What is worked out once and shown many times: answers and drawn charts, bounded, shared by all readers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")

MOST = 600


class Kept:
    """Things by a key that says everything they depend on; the ones not asked for longest leave first.

    What comes out is shared by every reader: nobody changes it. Two who ask for the same at the same time wait for one
    making; what raises is not kept.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing under `key`, made now where it is not there."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return cast(T, self._things[key])
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._things:
                    return cast(T, self._things[key])
            try:
                thing = make()
                with self._lock:
                    self._things[key] = thing
                    while len(self._things) > self._most:
                        self._things.popitem(last=False)
                return thing
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._things

    def __len__(self) -> int:
        return len(self._things)

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._things.clear()


kept = Kept()
