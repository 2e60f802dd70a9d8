"""A release: which tables it holds, frozen under a number with its hashes, made again to the last byte."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from publish.__main__ import made
from publish.audit import audit
from publish.cells import Thresholds
from publish.frozen import NotARelease, as_file, freeze, numbers, read, unsealed, verify
from publish.release import OTHER, draft
from tests.model import Park

STATED = date(2020, 10, 25)


def tenants(firms: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows of tenants on three sites in five sectors, one of which has four firms."""
    chance, rows = random.Random(seed), []
    for number in range(firms):
        entered = date(2002, 1, 1) + timedelta(days=chance.randrange(6500))
        left = entered + timedelta(days=chance.randrange(200, 4000))
        closed = left + timedelta(days=chance.randrange(900))
        gone = chance.random() < 0.4 and closed < STATED
        rows.append(
            {
                "firm_id": f"F{number}",
                "firm_name": f"Société {number}",
                "site": chance.choice(["Agadir", "Rabat", "Rabat", "Tanger"]),
                "sector": "Rare" if number < 4 else "Seul" if number < 6 else chance.choice(["Eau", "Jeux", "Santé"]),
                "entered_on": entered,
                "left_on": left if left < STATED else None,
                "closed_on": closed if gone else None,
            }
        )
    return rows


@pytest.fixture(scope="module")
def park() -> Park:
    return Park(STATED, tenants=tenants(260), records_closures=True)


@pytest.fixture
def home(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "releases", tmp_path / "sealed"


def publish(park: Park, home: tuple[Path, Path]) -> Path:
    thresholds = Thresholds()
    found, printed = made(park, home[1], numbers(home[0]), thresholds)
    return freeze(*home, found, printed, thresholds)


def test_a_release_is_read_from_its_folder_alone(park: Park, home: tuple[Path, Path]) -> None:
    assert publish(park, home).name == "0001"
    for path in home[1].iterdir():
        assert path.stat().st_mode & 0o077 == 0
        path.unlink()
    release = read(home[0], 1)
    assert release.as_of == "2020-10-25"
    whole = [row for row in release.figures["hosted"] if set(row) == {"value"}]
    assert [row["value"] for row in whole] == [draft(park).tables.value(("hosted", ("", "", "")))]
    assert {"closed", "entries", "survival_5y", "survival_curve", "alumni", "supported"} <= set(release.figures)


def test_what_is_hidden_is_a_letter_and_nowhere_a_number(park: Park, home: tuple[Path, Path]) -> None:
    publish(park, home)
    printed, _ = unsealed(home[1], 1)
    rows = read(home[0], 1).figures
    hidden = [row for row in rows["closed"] if row["value"] == "c"]
    assert len(hidden) == len([name for name in printed.hidden if name[0] == "closed"]) > 0
    assert not any(0 < row["value"] < 5 for row in rows["closed"] if row["value"] != "c")
    for row in rows["survival_5y"]:
        assert row["value"] != "c" or not {"low", "high", "lower_bound", "upper_bound", "unknown"} & set(row)
        assert isinstance(row["value"], float) or row["value"] in ("c", None)
    text = (home[0] / "0001" / "release.json").read_text()
    assert not any(word in text for word in ('"thresholds"', '"least"', '"percent"', '"why"', '"own"', "Société"))


def test_no_curve_is_shown_where_the_closures_it_tells_of_are_hidden(park: Park, home: tuple[Path, Path]) -> None:
    publish(park, home)
    printed, _ = unsealed(home[1], 1)
    shown = 0
    for row in read(home[0], 1).figures["survival_curve"]:
        key = (row.get("site", ""), row.get("sector", ""), "")
        hidden = {("closed", key), ("survival_5y", key)} & printed.hidden
        assert row["points"] == "c" if hidden else True
        shown += row["points"] != "c"
    assert shown


def test_small_sectors_are_together_and_stay_so(park: Park, home: tuple[Path, Path]) -> None:
    publish(park, home)
    sectors = {row["sector"] for row in read(home[0], 1).figures["supported"] if "sector" in row}
    assert OTHER in sectors and not {"Rare", "Seul"} & sectors
    grown = tenants(260)
    for number in range(12):
        grown.append({**grown[40 + number], "firm_id": f"G{number}", "firm_name": f"N{number}", "sector": "Seul"})
    later = draft(Park(STATED, tenants=grown, records_closures=True), together=unsealed(home[1], 1)[1])
    assert "Seul" in later.together


def test_releases_follow_each_other_and_are_audited_together(park: Park, home: tuple[Path, Path]) -> None:
    publish(park, home)
    later = Park(STATED, tenants=[*tenants(260), *tenants(290)[260:]], records_closures=True)
    publish(later, home)
    assert [release.number for release in verify(home[0])] == [1, 2]
    assert audit([unsealed(home[1], number)[0] for number in (1, 2)]) == []


def test_a_release_comes_out_the_same_to_the_last_byte(park: Park, home: tuple[Path, Path]) -> None:
    publish(park, home)
    same = Park(STATED, tenants=tenants(260), records_closures=True)
    again = as_file(*made(same, home[1], (), Thresholds()), Thresholds())
    assert again == (home[0] / "0001" / "release.json").read_bytes()


@pytest.mark.parametrize("name", ["release.json", "manifest.json"])
def test_a_changed_byte_is_found(park: Park, home: tuple[Path, Path], name: str) -> None:
    publish(park, home)
    publish(park, home)
    path = home[0] / "0001" / name
    content = json.loads(path.read_bytes())
    content["known_on"] = "2020-10-26"
    path.write_text(json.dumps(content))
    with pytest.raises(NotARelease):
        verify(home[0])


def test_a_missing_release_is_found(park: Park, home: tuple[Path, Path]) -> None:
    publish(park, home)
    publish(park, home)
    (home[0] / "0001").rename(home[0].parent / "gone")
    with pytest.raises(NotARelease, match="release 1 is missing"):
        verify(home[0])


def test_a_number_is_published_once(park: Park, home: tuple[Path, Path]) -> None:
    publish(park, home)
    found, printed = made(park, home[1], (), Thresholds())
    with pytest.raises(NotARelease, match="release 1 is published"):
        freeze(*home, found, printed, Thresholds())
