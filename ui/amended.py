"""What a person changed of a file before it was loaded: cells that were mended, rows that were left as they were."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from data.ledger import Receipt
from words import MISSING, Words

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def corrections(t: Words, receipt: Receipt) -> None:
    """The cells that a person corrected before the file was loaded."""
    made = receipt.body["corrections"]
    label = t.many("{n:,} mended cell", "{n:,} mended cells", len(made))
    opened = st.popover(label, on_change="rerun", key=f"corrections_{receipt.number}")
    if opened.open:
        rows = {
            t("Cell"): [f"{one['sheet']}!{one['column']}{one['row']}" for one in made],
            t("Value as written"): [_quoted(t, one, "was") for one in made],
            t("New value"): [_quoted(t, one, "becomes") for one in made],
            t("By whom"): [one["by"] for one in made],
            t("Reason"): [one["reason"] for one in made],
        }
        opened.dataframe(
            pd.DataFrame(rows), hide_index=True, alt=label, width="content", key=f"corrected_{receipt.number}"
        )


def _quoted(t: Words, correction: dict[str, Any], what: str) -> str:
    """A cell's text before or after; a receipt keeps none of cells that may be about persons."""
    return t("not kept: it may be about a person") if correction.get("withheld") else str(correction[what])


def left(t: Words, receipt: Receipt) -> None:
    """The rows of the file whose change was not taken, as the person said it: one by one, or by group and site."""
    body = receipt.body
    label = t("Rows left as they were")
    opened = st.popover(label, on_change="rerun", key=f"left_{receipt.number}")
    if not opened.open:
        return
    groups = {
        "added": t("Added rows"),
        "changed": t("Changed cells"),
        "removed": t("Removed rows"),
        "moved": t("Firms that move site"),
    }
    rows = []
    for word in body["left_as_they_were"]:
        group, colon, site = word.partition(":")
        if group in groups:
            where = (site or t("no site said")) if colon else t("all sites")
            rows.append({t("Rows"): groups[group], t("Site"): where})
        else:
            firm, *rest = word.removeprefix("name:").split(" | ")
            day = next((one for one in rest if _DAY.fullmatch(one)), None)
            place = ", ".join(one for one in rest if one and one != day) or MISSING
            entry = t.short_day(date.fromisoformat(day)) if day else MISSING
            rows.append({t("Rows"): firm, t("Site"): place, t("Entry"): entry})
    with opened:
        not_taken = (body.get("left_out") or {}).get("not-taken", 0)
        if not_taken:
            st.markdown(
                t.many("{n:,} row of the file was not taken.", "{n:,} rows of the file were not taken.", not_taken)
            )
        if spared := body.get("keeps"):
            st.markdown(t.many("{n:,} known row was spared.", "{n:,} known rows were spared.", len(spared)))
        table = pd.DataFrame(rows).fillna(MISSING)
        st.dataframe(table, hide_index=True, alt=label, width="content", key=f"left_rows_{receipt.number}")
