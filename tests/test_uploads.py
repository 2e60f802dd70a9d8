"""One folder per spreadsheet case: the file, what is said with it, and what must come of it."""

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

CASES = sorted(path.parent for path in (Path(__file__).parent / "uploads").glob("*/case.json"))


def _choices(said: dict[str, Any]) -> Choices:
    given = dict(said)
    for name in ("stated_on", "known_on"):
        if name in given:
            given[name] = date.fromisoformat(given[name])
    given["mapping"] = Mapping.load(given.get("mapping", {}))
    return Choices(by="test", **given)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value) if type(value).__name__ == "Decimal" else value


@pytest.mark.parametrize("folder", CASES, ids=[folder.name for folder in CASES])
def test_upload(folder: Path, tmp_path: Path) -> None:
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    warehouse = Warehouse(Home.at(tmp_path / "home"))
    for step in case["steps"]:
        outcome = load(warehouse, folder / step["file"], _choices(step.get("said", {}))).as_json()
        expected = step["outcome"]
        assert {name: outcome[name] for name in expected if name != "problems"} == {
            name: value for name, value in expected.items() if name != "problems"
        }, outcome
        if "problems" in expected:
            found = [
                {name: problem[name] for name in wanted}
                for problem, wanted in zip(outcome["problems"], expected["problems"], strict=False)
            ]
            assert found == expected["problems"] and len(outcome["problems"]) == len(expected["problems"]), outcome
        if "table" in step:
            kind, columns = step["table"]["kind"], list(step["table"]["rows"][0])
            order = "order by receipt, sheet, row"
            table = warehouse.generation().arrow(f"select {', '.join(columns)} from {kind} {order}").to_pylist()
            assert [{k: _plain(v) for k, v in row.items()} for row in table] == step["table"]["rows"]
        if not outcome["accepted"]:
            assert outcome["receipt"] is None


def test_there_are_cases() -> None:
    assert len(CASES) >= 12
