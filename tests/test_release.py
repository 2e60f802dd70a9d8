"""Releases: the same bytes from the same ledger, numbered, approved, withdrawn, and nothing hidden in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import words
from data import intake
from data.home import Home
from data.ledger import Broken
from data.warehouse import Warehouse
from metrics import METRICS
from metrics.ask import NothingLoaded, Scope, ask
from publish import release
from publish.__main__ import main
from publish.cells import Cell, Printed, Tables, Thresholds
from publish.content import HIDDEN, Content, written
from publish.content import _curves as curves_of
from publish.curves import Point
from publish.effect import moved
from publish.figures import CUTS, STOCKS, truth
from publish.protect import own_reasons
from publish.release import Refusal
from publish.secure import whole
from publish.settings import BadSetting, Settings
from tests.test_warehouse import _accept, _stay

ROOT = Path(__file__).parent.parent
SITES, SECTORS = ("Agadir", "Rabat", "Tanger"), ("TIC", "Design", "Énergie")
PLAIN = Settings()


def park(seed: int = 1, firms: int = 160) -> list[dict[str, object]]:
    """Firms by chance: three sites, three sectors, some closed, a few in sectors so small that they go together."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(firms):
        entered = date(int(chance.integers(2004, 2019)), int(chance.integers(1, 13)), 1)
        gone = date(entered.year + int(chance.integers(1, 9)), int(chance.integers(1, 13)), 1)
        left = gone if gone.year <= 2019 and chance.random() < 0.8 else None
        closed = {"exit_reason": "closed", "closed_on": left} if left and chance.random() < 0.4 else {}
        small = {0: "Mines", 1: "Mines", 2: "Pêche", 3: "Pêche"}.get(number)
        rows.append(
            _stay(
                f"F{number}",
                str(chance.choice(SITES, p=[0.1, 0.3, 0.6])),
                entered.isoformat(),
                left.isoformat() if left else None,
                sector=small or str(chance.choice(SECTORS)),
                **closed,
            )
        )
    return rows


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the park in it and its generation built, to be copied."""
    home = tmp_path_factory.mktemp("park")
    made = Warehouse(Home.at(home))
    _accept(made, "2020-01-01", park(), by="Amina", sheets=["S"], records_closures=True)
    assert not made.generation().query("select 1").empty
    made.close()
    return home


@pytest.fixture
def warehouse(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    made = Warehouse(Home.from_environment())
    yield made
    made.close()


def test_what_is_shown_is_what_ask_says(warehouse: Warehouse) -> None:
    content = release.draft(warehouse, PLAIN).content
    generation = warehouse.generation()
    for name in ("hosted", "former", "entries"):
        assert content.cell(name)["value"] == ask(generation, [name])["value"][0]
    shown = {cell["site"]: cell["value"] for cell in content.cells("hosted", "site")}
    answer = ask(generation, ["hosted"], by=["site"])
    assert shown == dict(zip(answer["site"], answer["value"].astype(int), strict=True))
    rate = ask(generation, ["survival_5y"]).iloc[0]
    assert content.cell("survival_5y")["value"] == pytest.approx(rate["value"], abs=5e-4)
    assert content.cell("survival_5y")["n"] == rate["n"]
    month = content.cells("entries_by_month", "month")
    assert len(month) == 36 and month[-1]["month"] == "2020-01"


def test_small_categories_are_put_together(warehouse: Warehouse) -> None:
    content = release.draft(warehouse, PLAIN).content
    assert content.names("sector")[-1] == "(other)" and not {"Mines", "Pêche"} & {*content.names("sector")}
    assert "Mines" not in content.raw.decode() and "Pêche" not in content.raw.decode()
    whole = content.cell("entries")["value"]
    assert sum(cell["value"] for cell in content.cells("entries", "sector")) == whole


def test_nothing_that_is_hidden_is_in_the_bytes(warehouse: Warehouse) -> None:
    draft = release.draft(warehouse, PLAIN)
    assert draft.printed.hidden and draft.content.hidden == draft.printed.hidden
    for its in draft.content.told["tables"].values():
        for cell in its["cells"]:
            if cell.get("status") == HIDDEN:
                assert cell["value"] is None
                assert {*cell} <= {"site", "sector", "year", "years", "age", "status", "value", "n"}
    closed = ask(warehouse.generation(), ["closed"], by=["site"])
    small = [site for site, value in zip(closed["site"], closed["value"], strict=True) if 0 < value < 5]
    for site in small:
        assert draft.content.cell("closed", site=site)["status"] == HIDDEN


def test_a_group_has_a_curve_only_where_its_closures_are_shown(warehouse: Warehouse) -> None:
    content = release.draft(warehouse, PLAIN).content
    curves = {cell.get("site") or cell.get("sector") for cell in content.told["tables"]["survival_curve"]["cells"]}
    assert None in curves
    for dimension in ("site", "sector"):
        given = [name for name in content.names(dimension) if name in curves]
        assert len(content.names(dimension)) - len(given) != 1
        for name in given:
            assert content.cell("closed", **{dimension: name})["value"] >= 5
    for cell in content.told["tables"]["survival_curve"]["cells"]:
        assert cell.get("at_risk", 10) >= 10 and "events" not in cell


def test_no_curve_is_left_over_by_subtraction(warehouse: Warehouse) -> None:
    """Where one site alone may have no curve, no site has one: the whole less the others would be its curve."""
    draft = release.draft(warehouse, PLAIN)
    line = tuple(Point(step * 91, 1.0, None, None, 90) for step in range(9))
    keys: list[tuple[str, ...]] = [("Agadir", "", ""), ("Rabat", "", ""), ("Tanger", "", "")]
    lines: dict[tuple[str, ...], tuple[Point, ...]] = {
        ("", "", ""): tuple(replace(point, at_risk=270) for point in line),
        **dict.fromkeys(keys, line),
    }
    cells: dict[tuple[str, tuple[str, ...]], Cell] = {
        (table, key): Cell(table, key, 30, 30) for table in ("closed", "survival_5y:closed") for key in lines
    }
    made = replace(draft.truth, curves=lines, tables=Tables(cells))

    def shown(*hidden: tuple[str, ...]) -> set[str]:
        printed = Printed(1, made.tables, frozenset(("closed", key) for key in hidden))
        return {cell.get("site", "") for cell in curves_of(made, printed, Thresholds())}

    assert shown() == {"", "Agadir", "Rabat", "Tanger"}
    assert shown(keys[0]) == {""}
    assert shown(keys[0], keys[1]) == {"", "Tanger"}


def test_the_same_ledger_gives_the_same_bytes_in_another_process(warehouse: Warehouse, tmp_path: Path) -> None:
    here = release.draft(warehouse, PLAIN).content
    command = [sys.executable, "-m", "publish", "release", "--dry-run", "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "ESSAIM_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["hash"] == here.hash and told["tables"] == here.told["tables"]
    assert {one["why"] for one in told["hidden"]} <= {"own", "others"}


def test_a_release_is_frozen_and_comes_out_again_after_later_lists(warehouse: Warehouse) -> None:
    receipt = release.publish(warehouse, PLAIN, "Amina")
    before = release.releases(warehouse)[0].content
    assert receipt.body["hash"] == before.hash and receipt.body["number"] == before.number == 1
    assert ask(warehouse.generation(), ["hosted"])["value"][0] == before.cell("hosted")["value"]
    _accept(warehouse, "2020-06-01", [_stay(f"N{n}", "Rabat", "2020-03-01", sector="TIC") for n in range(9)])
    intake.undo(warehouse, 1, "Karim")
    intake.undo(warehouse, 4, "Karim")
    assert release.reproduce(warehouse, 1).raw == before.raw
    assert release.releases(warehouse)[0].content.raw == before.raw
    assert release.verify(warehouse) == [] and warehouse.ledger.verify() == 5
    release.publish(warehouse, PLAIN, "Amina", as_of=date(2020, 6, 1))
    first, second = (one.content for one in release.releases(warehouse))
    changed = {(one.table, *one.labels.values()): one for one in release.revisions(first, second)}
    assert changed["entries",].after["value"] == changed["entries",].before["value"] + 9
    assert ("entries", "2010") not in changed
    assert second.names("sector")[-1] == "(other)"
    assert release.reproduce(warehouse, 2).raw == second.raw


def test_rounded_figures_are_multiples_and_come_out_again(warehouse: Warehouse) -> None:
    rounding = Settings(method="rounding")
    drafted = release.draft(warehouse, rounding)
    content, told = drafted.content, drafted.truth.tables
    assert "rounding" in content.told["method"] and content.told["rounded_to"] == 5
    assert content.cell("hosted")["value"] == told.value(("hosted", ("", "", ""))), "the directory tells it"
    off = []
    for table in ("former", "alumni", "closed"):
        for cell in content.told["tables"][table]["cells"]:
            off.append(cell["value"] - told.value((table, tuple(cell.get(name, "") for name in CUTS))))
            assert cell["value"] % 5 == 0 and abs(off[-1]) < 5
    assert any(off)
    for cell in content.told["tables"]["survival_5y"]["cells"]:
        if cell["value"] is not None:
            alive = cell["value"] * cell["n"]
            assert cell["n"] % 5 == 0 and abs(alive - 5 * round(alive / 5)) < 0.1
            assert cell["lower_bound"] <= cell["value"] <= cell["upper_bound"] and cell["low"] < cell["high"]
    for cell in content.told["tables"]["survival_curve"]["cells"]:
        assert cell.get("at_risk", 0) % 5 == 0 and round(cell["value"], 2) == cell["value"]
    # One method after the other, and the same again: what has not changed is printed as it was.
    for settings in (rounding, PLAIN, rounding):
        release.publish(warehouse, settings, "Amina")
    first, _, third = (one.content for one in release.releases(warehouse))
    assert release.verify(warehouse) == [] and first.told["tables"] == third.told["tables"]


def test_a_cut_that_is_not_given_is_named_and_nowhere_printed(warehouse: Warehouse) -> None:
    found = truth(warehouse.generation(), Thresholds())
    cuts = frozenset({("closed", (0,)), ("survival_5y", (1,))})
    printed = whole(found.tables, without=cuts)
    content = Content(written(found, printed, Thresholds(), 1, "head"))
    named = [{"table": "closed", "by": ["site"]}, {"table": "survival_5y", "by": ["sector"]}]
    assert content.told["withheld"] == named
    assert content.cells("closed", "site") == content.cells("survival_5y", "sector") == []
    assert (
        content.cells("closed", "sector") and content.cells("survival_5y", "site") and content.cells("former", "site")
    )
    curves = {cell.get("site") or cell.get("sector") for cell in content.told["tables"]["survival_curve"]["cells"]}
    assert curves <= {None, ""}, "a curve would tell what is not given"
    again = content.printed(found.tables, own_reasons(found.tables, Thresholds()))
    assert (again.hidden, again.why, again.withheld) == (printed.hidden, printed.why, printed.withheld)


def test_all_that_is_released_is_counted_or_shared() -> None:
    """Sums of what firms declare are protected by the p % rule (publish/sums.py), a metric of them has to say so."""
    assert {one.unit for one in METRICS.values() if one.public} <= {
        *("firms", "occupants", "moves", "dates"),
        *("days", "years", "share"),
    }
    assert {METRICS[name].unit for name in (*STOCKS, "entries")} == {"firms"}


def test_a_release_that_was_changed_is_found(warehouse: Warehouse) -> None:
    import sqlalchemy as sa

    receipt = release.publish(warehouse, PLAIN, "Amina")
    with warehouse.ledger.engine.begin() as connection:
        connection.execute(
            sa.text("update original set content = :content where sha256 = :name"),
            {"name": receipt.original, "content": b'{"number":1}'},
        )
    with pytest.raises(Broken):
        warehouse.ledger.verify()
    assert "hash" in release.verify(warehouse)[0]


def test_publishing_moves_no_figure_and_is_not_undone_but_withdrawn(warehouse: Warehouse) -> None:
    key = warehouse.generation().key
    receipt = release.publish(warehouse, PLAIN, "Amina")
    assert warehouse.generation().key == key
    # What a release stands on is what moves figures: not the releases before it.
    head = release.releases(warehouse)[0].content.told["head"]
    assert release.draft(warehouse, PLAIN).content.told["head"] == head
    with pytest.raises(LookupError, match="withdraw"):
        intake.undo(warehouse, receipt.number, "Amina")
    with pytest.raises(Refusal, match="Say why"):
        release.withdraw(warehouse, 1, "Amina", " ")
    release.withdraw(warehouse, 1, "Amina", "a list was wrong")
    (gone,) = release.releases(warehouse)
    assert gone.withdrawn is not None and release.current([gone]) is None
    with pytest.raises(Refusal, match="already"):
        release.withdraw(warehouse, 1, "Amina", "again")
    assert release.publish(warehouse, PLAIN, "Amina").body["number"] == 2
    # A list may still come that was known on the day the last one was.
    _accept(warehouse, "2020-01-01", [_stay("Z", "Rabat", "2019-03-01", sector="TIC")])


def test_the_receipts_of_a_release_are_told_like_all_others(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    from data.__main__ import main as data
    from ui import history, past

    asked = Settings(approval=True)
    release.publish(warehouse, asked, "Amina")
    release.approve(warehouse, 1, "Karim")
    release.withdraw(warehouse, 1, "Amina", "a list was wrong")
    receipts = warehouse.ledger.receipts()
    acts = past.acts(receipts)
    for language, words_of in (
        ("en", ("proposed", "published", "withdrawn")),
        ("fr", ("proposée", "publiée", "retirée")),
    ):
        t = words.of(language)
        for receipt, word in zip(receipts[1:], words_of, strict=True):
            assert word in history.named(t, receipt, acts)
            assert history._sort(receipt, acts) in history.kinds(t)
        assert any("Karim" in line for line in history.facts(t, receipts[2]))
        assert any("a list was wrong" in line for line in history.facts(t, receipts[3]))
    assert data(["uploads"]) == 0
    told = capsys.readouterr().out
    assert "release 1 proposed" in told and "release 1 withdrawn" in told and "no longer counts" not in told


def test_a_second_person_approves_what_was_proposed(warehouse: Warehouse) -> None:
    asked = Settings(approval=True)
    proposal = release.publish(warehouse, asked, "Amina")
    assert release.releases(warehouse) == [] and proposal.action == "propose-release"
    with pytest.raises(Refusal, match="waits"):
        release.publish(warehouse, asked, "Karim")
    with pytest.raises(Refusal, match="another person"):
        release.approve(warehouse, 1, " amina ")
    with pytest.raises(Refusal, match="No release waits"):
        release.approve(warehouse, 2, "Karim")
    _accept(warehouse, "2020-06-01", [_stay("N", "Rabat", "2020-03-01", sector="TIC")])
    approved = release.approve(warehouse, 1, "Karim")
    assert approved.original == proposal.original and approved.body["approved_by"] == "Karim"
    assert release.proposals(warehouse) == [] and release.verify(warehouse) == []


def test_what_no_release_can_be_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(NothingLoaded):
        release.draft(Warehouse(Home.at(tmp_path / "empty")), PLAIN)
    with pytest.raises(Refusal, match="Nothing was known"):
        release.draft(warehouse, PLAIN, known_on=date(2010, 1, 1))
    with pytest.raises(Refusal, match="Say who"):
        release.publish(warehouse, PLAIN, "")
    release.publish(warehouse, PLAIN, "Amina")
    with pytest.raises(Refusal, match="cannot know less"):
        release.draft(warehouse, PLAIN, known_on=date(2015, 1, 1))


def test_what_adds_up_in_the_sample_of_figures_adds_up(warehouse: Warehouse) -> None:
    """Relations that do not hold are left out: where sites and sectors are known, none of the sums is."""
    found = truth(warehouse.generation(), Thresholds())
    sums = [one for one in found.tables.relations if not one.at_most]
    cells = {name for one in sums for _, name in one.terms}
    assert {("entries", ("", "", "")), ("former", ("Rabat", "", "")), ("survival_5y:n", ("", "", ""))} <= cells
    assert ask(warehouse.generation(), ["entries"], Scope(sites=("Rabat",)))["value"][0] == found.tables.value(
        ("entries", ("Rabat", "", ""))
    )


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("METHOD", "noise", "suppression or rounding"),
        ("LEAST", "five", "whole number"),
        ("DATES", "soon", "days"),
        ("APPROVAL", "perhaps", "1 or 0"),
    ],
)
def test_a_setting_that_cannot_be_read_is_told(
    name: str, value: str, match: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"ESSAIM_RELEASE_{name}", value)
    with pytest.raises(BadSetting, match=match):
        Settings.from_environment()
    assert main(["release", "--dry-run"]) == 2 and "ESSAIM_RELEASE_" in capsys.readouterr().err


def test_the_command_line(warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str, status: int = 0) -> str:
        assert main(list(arguments)) == status
        out = capsys.readouterr()
        return out.out if status == 0 else out.err

    assert "Nothing is published yet" in told("releases")
    assert "No release stands" in told("site", "nowhere", status=3)
    assert "figures are hidden" in told("release", "--dry-run")
    published: dict[str, Any] = json.loads(told("release", "--by", "Amina", "--json"))
    assert published["number"] == 1
    (row,) = json.loads(told("releases", "--json"))
    assert row["hash"] == published["hash"] and row["withdrawn"] is None
    assert "as it was published" in told("verify")
    assert "receipt 3 says so" in told("withdraw", "1", "--reason", "wrong", "--by", "Amina")
    assert "withdrawn: wrong" in told("releases")
    assert "There is no release 9" in told("withdraw", "9", "--reason", "wrong", status=3)
    assert Content(release.releases(warehouse)[0].content.raw).number == 1


def test_a_load_says_what_it_would_make_of_the_figures_that_are_public(warehouse: Warehouse) -> None:
    before = warehouse.generation()
    assert moved(warehouse, before, before) is None, "nothing is public yet"
    release.publish(warehouse, PLAIN, by="Amina")
    published = release.current(release.releases(warehouse))
    assert published is not None
    _accept(warehouse, "2021-01-01", [_stay("NEW", "Agadir", "2019-05-01", sector="TIC")], by="Karim", sheets=["S"])
    after = warehouse.generation()
    found = moved(warehouse, before, after)
    assert found is not None and found.release.number == 1
    told = {(one.table, tuple(one.labels.items())): (one.before["value"], one.after["value"]) for one in found.changes}
    # The witness asks the metrics themselves, on the day that the release describes.
    for labels, scope in (((), Scope()), ((("site", "Agadir"),), Scope(sites=("Agadir",)))):
        values = [
            ask(state, ["hosted"], replace(scope, as_of=published.content.as_of))["value"].iloc[0]
            for state in (before, after)
        ]
        assert told[("hosted", labels)] == tuple(values) and values[1] == values[0] + 1
    assert ("hosted", (("site", "Rabat"),)) not in told, "what does not change is not told"
    assert all(one.before["value"] != one.after["value"] for one in found.changes)
    shown = {place for place, one in enumerate(found.changes) if one.table == "hosted" and not one.labels}
    assert shown <= found.printed
    assert release.releases(warehouse)[0].content.raw == published.content.raw
