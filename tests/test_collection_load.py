"""The collection of real and hostile spreadsheets through the whole load: each loads, or is refused with a sentence."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.home import Home
from data.intake import Choices, load
from data.match import Mapping
from data.warehouse import Warehouse

SHEETS = Path(__file__).parents[2] / "shared" / "sheets"
MANIFEST = SHEETS / "MANIFEST.json"
FILES: list[dict[str, Any]] = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"] if MANIFEST.exists() else []
LISTS = [entry for entry in FILES if entry["bucket"] in ("good", "hostile")]

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/sheets is not there")


@pytest.mark.parametrize("entry", LISTS, ids=[entry["file"] for entry in LISTS])
def test_a_file_loads_or_is_refused_by_name(entry: dict[str, Any], tmp_path: Path) -> None:
    warehouse = Warehouse(Home.at(tmp_path / "home"))
    choices = Choices(mapping=Mapping(new_sites=True, new_sectors=True), stated_on=date(2026, 1, 1), by="test")
    outcome = load(warehouse, SHEETS / entry["file"], choices)
    receipts = warehouse.ledger.receipts()
    assert len(receipts) == (outcome.refused is None)
    assert all(problem.message.strip().endswith((".", "?", ")")) for problem in outcome.problems)
    if outcome.refused is None:
        assert entry["bucket"] == "good" or entry["expected"]["outcome"] == "refuse_or_load"
    else:
        assert any(problem.severity in ("error", "warning") for problem in outcome.problems)
    if entry["bucket"] == "good":
        # A readable list is never called unreadable: what it lacks is named.
        assert outcome.refused != "unreadable" or entry["expected"]["outcome"] == "load_or_clear_refusal"
        for problem in outcome.problems:
            if problem.code == "missing-column":
                assert problem.column or problem.details, problem
