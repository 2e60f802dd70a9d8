"""Garbage is collected beside the pages, not after every run of one as Streamlit would: a tenth of what a change of a
filter costs."""

from __future__ import annotations

import asyncio
import gc

EVERY = 5.0


def settle() -> None:
    """What is loaded by now need not be looked at again when garbage is collected."""
    gc.collect()
    gc.freeze()


async def tidy(every: float = EVERY) -> None:
    """Collects garbage, and again after each `every` seconds in which some came together; ends when it is cancelled."""
    done = -1
    while True:
        if (come := gc.get_stats()[0]["collections"]) != done:
            await asyncio.to_thread(gc.collect)
            done = come
        await asyncio.sleep(every)
