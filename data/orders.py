"""Which order of day and month each column of dates is read in, and why; what is not certain is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from data.cells import Cell
from data.dates import ORDERS, dates
from data.problem import Problem

if TYPE_CHECKING:
    from data.fields import Load

_NOTES = {"torn": "date-order-torn", "beside": "date-order-beside", "habit": "date-order-assumed"}


@dataclass(frozen=True)
class DateOrder:
    """The order ('dmy' or 'mdy') in which a column's dates are read; in `count` rows both orders give a day.

    `why` is "said" (by a person), "cell" (`because` is a cell that only this order can read), "beside" (`because` is
    the column of the same list that is read so), "habit", or "torn" (it has certain dates of both).
    """

    order: str
    count: int
    why: str
    because: str | None = None


def settle(load: Load, read: dict[str, list[Cell]], today: date) -> None:
    """Has a date column that both orders can read follow the list's others where those agree, and says how it is read.

    `read` are the distinct cells of each field, as they are meant.
    """
    columns = {name: of for name, of in load.fields.items() if of.column.type == "date"}
    decided = [name for name, of in columns.items() if of.typed.decided]
    orders = {None if columns[name].typed.torn else columns[name].typed.order for name in decided}
    agreed = orders.pop() if len(orders) == 1 else None
    for name, of in columns.items():
        if not of.typed.doubtful:
            continue
        why, because = "habit", None
        if load.mapping.order_of(load.headers(name)):
            why = "said"
        elif of.typed.torn:
            why = "torn"
        elif of.typed.decided:
            why, because = "cell", None if of.typed.witness is None else str(of.raw[of.typed.witness])
        elif agreed:
            of.typed = dates(read[name], today, agreed)
            why, because = "beside", load.any_header(decided[0])
        doubtful = np.zeros(len(of.raw), bool)
        doubtful[list(of.typed.doubtful)] = True
        found = DateOrder(of.typed.order or "dmy", int(doubtful[of.codes].sum()), why, because)
        code = "date-order-english" if why == "cell" and found.order == "mdy" else _NOTES.get(why)
        if found.count:
            load.orders[name] = found
            if code:
                details = {"count": found.count, "order": ORDERS[found.order], "because": because}
                load.problems.append(Problem(code, None, None, load.any_header(name), None, details))
