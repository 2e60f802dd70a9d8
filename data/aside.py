"""A state of knowledge held in memory for a few questions: past ones, and those that an undo would leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from data.building import BUILT, told
from data.ledger import Receipt

if TYPE_CHECKING:
    import pandas as pd

STATED = """
select max(stated_on) from (
    select stated_on from tenants union all select stated_on from cohorts
    union all select stated_on from sites union all select stated_on from sectors
)
"""


class Aside:
    """What standing receipts say, made by the code that makes generations and answering the same questions.

    Generations are kept in few files, for those who read them again and again; a walk through the past would push
    the latest ones out.
    """

    def __init__(
        self,
        receipts: list[Receipt],
        clean: Callable[[str], pa.Table],
        known_on: date | None,
        sites: tuple[str, ...] | None = None,
    ) -> None:
        self.known_on, self.sites = known_on, sites
        self._connection = duckdb.connect(config=BUILT)
        try:
            told(self._connection, receipts, clean)
            ((self.stated_on,),) = self._connection.execute(STATED).fetchall()
        except BaseException:
            self.close()
            raise

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        """The whole answer to one constant statement with bound `values`."""
        return self._connection.execute(sql, values or {}).df()

    def close(self) -> None:
        """Gives the memory back."""
        self._connection.close()
