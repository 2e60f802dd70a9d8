"""The page of receipts: what is told of each, undo and redo with their figures first, and why a figure moved."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

import words
from access import tickets
from access.events import check
from charts import waterfall
from charts.theme import Look
from data import intake
from data.home import Home
from data.warehouse import Warehouse
from metrics import METRICS
from metrics.ask import Scope, ask
from metrics.moved import MOVABLE
from tests.conftest import reading_as
from tests.test_pages import charts, forget, nothing_broke, shown, texts
from tests.test_warehouse import _accept, _stay

AS_OF = Scope(as_of=date(2020, 1, 1))


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """Three small lists of two authors, one a year; the last one corrects the first."""
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    forget()
    made = Warehouse(Home.from_environment())
    firms = [_stay(f"F{place}", "Agadir", f"201{place}-03-01") for place in range(5)]
    more: dict[str, Any] = {"sheets": ["S"]}
    _accept(made, "2018-01-01", firms, by="Amina", **more)
    _accept(made, "2019-01-01", [_stay("G", "Rabat", "2018-06-01")], by="Karim", **more)
    _accept(made, "2020-01-01", [_stay("F1", "Agadir", "2011-03-01", "2013-01-01")], by="Amina", **more)
    yield made
    forget()


def headings(test: AppTest) -> list[str]:
    return [one.value for one in test.header]


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_receipts_are_told_newest_first_with_their_effect(warehouse: Warehouse, language: str) -> None:
    t, test = words.of(language), shown("history", language)
    nothing_broke(test)
    files = ("2020-01-01.csv", "2019-01-01.csv", "2018-01-01.csv")
    told = [
        t("Receipt {number}: {file}", number=number, file=file) for number, file in zip((3, 2, 1), files, strict=True)
    ]
    assert headings(test) == told
    everything = "\n".join(texts(test))
    assert "**6 → 5** (−1)" in everything and "**5 → 6** (+1)" in everything and "**– → 5**" in everything
    assert [one.label for one in test.button if (one.key or "").startswith("original_")] == [t("Original file")] * 3
    assert not test.get("download_button"), "an original never lies where anybody signed in may fetch it"


def test_receipts_are_chosen_by_author(warehouse: Warehouse) -> None:
    test = shown("history", author="Karim")
    nothing_broke(test)
    assert headings(test) == ["Receipt 2: 2019-01-01.csv"]


def test_undo_first_says_what_the_figures_become_and_redo_restores_them(warehouse: Warehouse) -> None:
    whole = ask(warehouse.generation(), MOVABLE, AS_OF)
    test = shown("history")
    test.button(key="undo_3").click().run()
    nothing_broke(test)
    assert len(warehouse.ledger.receipts()) == 3, "asking writes nothing"
    assert any("**5 → 6** (+1)" in one.value for one in test.markdown)
    with reading_as("Driss"):
        test.button(key="undo_yes").click().run()
    nothing_broke(test)
    receipts = warehouse.ledger.receipts()
    assert receipts[-1].body["by"] == "Driss" and receipts[-1].takes_back == [3]
    assert headings(test)[0] == "Receipt 4: undo of receipt 3"
    assert [one.value for one in test.success] == ["Receipt 3 no longer counts: receipt 4 says so."]
    assert not ask(warehouse.generation(), MOVABLE, AS_OF).equals(whole)
    test.button(key="undo_4").click().run()
    test.button(key="undo_yes").click().run()
    nothing_broke(test)
    assert ask(warehouse.generation(), MOVABLE, AS_OF).equals(whole)
    assert headings(test)[0] == "Receipt 5: redo, takes back the undo 4"
    assert warehouse.ledger.verify() == 5


def test_an_undo_is_refused_where_another_receipt_came_first(warehouse: Warehouse) -> None:
    test = shown("history", "fr")
    test.button(key="undo_3").click().run()
    intake.undo(warehouse, 2, "Karim")
    test.button(key="undo_yes").click().run()
    nothing_broke(test)
    assert len(warehouse.ledger.receipts()) == 4
    assert any("Le reçu de quelqu’un d’autre est arrivé avant" in one.value for one in test.warning)
    test.button(key="undo_yes").click().run()
    assert warehouse.ledger.receipts()[-1].takes_back == [3], "decided again, on the new figures"


def test_an_original_is_handed_out_by_a_link_that_works_once(warehouse: Warehouse, reads: list[Any]) -> None:
    test = shown("history")
    test.button(key="original_3").click().run()
    nothing_broke(test)
    (link,) = [one.proto.url for one in test.get("link_button") if one.proto.url.startswith("/download/")]
    receipt = next(one for one in warehouse.ledger.receipts() if one.number == 3)
    assert reads == [("original-downloaded", {"receipt": 3, "file": receipt.original})]
    check(*reads[0])
    token = link.removeprefix("/download/")
    assert tickets.take(token, "somebody else's") is None
    found = tickets.take(token, "session")
    assert found is not None and found.make() == warehouse.ledger.original(str(receipt.original))
    assert tickets.take(token, "session") is None
    assert not any("/download/" in one.proto.url for one in test.run().get("link_button")), "nothing to press twice"


def test_nobody_takes_back_who_may_no_longer(warehouse: Warehouse) -> None:
    test = shown("history")
    test.button(key="undo_3").click().run()
    with reading_as("Karim", "leader"):
        test.button(key="undo_yes").click().run()
    assert len(warehouse.ledger.receipts()) == 3


def test_where_everything_was_taken_back_it_can_be_brought_back(warehouse: Warehouse) -> None:
    for number in (1, 2, 3):
        intake.undo(warehouse, number, "Amina")
    for asked in ({}, {"show": "moved"}):
        nothing_broke(shown("history", **asked))
    test = shown("history")
    test.button(key="undo_6").click().run()
    test.button(key="undo_yes").click().run()
    assert [one.number for one in warehouse.ledger.standing()] == [3]


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_the_first_broken_link_is_named(warehouse: Warehouse, language: str, tmp_path: Path) -> None:
    database = next(path for path in tmp_path.iterdir() if path.is_file())
    with sqlite3.connect(database) as connection:
        connection.execute("update receipt set body = replace(body, 'Karim', 'Hind') where number = 2")
    connection.close()
    t, test = words.of(language), shown("history", language)
    broken = t("The chain is broken: receipt {number} was changed after it was written.", number=2)
    assert any(broken in one.value for one in test.warning)


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_rows_left_as_they_were_and_mended_cells_are_told(warehouse: Warehouse, language: str) -> None:
    t = words.of(language)
    mended = {"sheet": "S", "column": "D", "row": 3, "was": "31/02/2015", "becomes": "28/02/2015", "by": "Amina"}
    more: dict[str, Any] = {
        "sheets": ["S"],
        "left_as_they_were": ["removed", "added:Rabat", "name:<b>atlas | Rabat | 2015-02-28"],
        "left_out": {"not-taken": 2},
        "keeps": ["F1 | Agadir | 2011-03-01"],
        "corrections": [{**mended, "reason": "the lease says so"}],
    }
    _accept(warehouse, "2021-01-01", [_stay("F2", "Agadir", "2012-03-01")], by="Amina", **more)
    # A popover of these tests cannot be opened: what it holds is asked for by itself.
    test = AppTest.from_function(_amended, kwargs={"language": language}, default_timeout=60).run()
    nothing_broke(test)
    cells, left = (one.value.to_numpy().tolist() for one in test.dataframe)
    assert cells == [["S!D3", "31/02/2015", "28/02/2015", "Amina", "the lease says so"]]
    assert left == [
        [t("Removed rows"), t("all sites"), words.MISSING],
        [t("Added rows"), "Rabat", words.MISSING],
        ["<b>atlas", "Rabat", "28/02/2015"],
    ]
    said = [one.value for one in test.markdown]
    assert t.many("{n:,} row of the file was not taken.", "{n:,} rows of the file were not taken.", 2) in said
    assert t.many("{n:,} known row was spared.", "{n:,} known rows were spared.", 1) in said
    nothing_broke(shown("history", language))


def _amended(language: str) -> None:
    import streamlit as st

    import words
    from ui import amended, past

    for opened in ("corrections_4", "left_4"):
        st.session_state[opened] = True
    receipt = past.receipts()[-1]
    amended.corrections(words.of(language), receipt)
    amended.left(words.of(language), receipt)


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_why_a_figure_moved_is_drawn_and_adds_up(warehouse: Warehouse, language: str) -> None:
    t, asked = words.of(language), {"show": "moved", "was_known_on": "2018-06-01", "was_as_of": "2018-01-01"}
    test = shown("history", language, **asked)
    nothing_broke(test)
    (drawn,) = charts(test)
    correction = t("Receipt {number}: {file}", number=3, file="2020-01-01.csv")
    assert t("{name}: {value}", name=correction, value="−1") in drawn["alt"]
    assert t("What happened from {first} to {last}", first="02/01/2018", last="01/01/2020") in drawn["alt"]
    bars = drawn["figure"]["data"][0]
    assert bars["base"] == [4, 4] and bars["x"] == [1, 1]
    share = shown("history", language, **asked, figure="survival_5y")
    nothing_broke(share)


def test_a_figure_that_cannot_be_given_is_not_compared(warehouse: Warehouse) -> None:
    test = shown("history", show="moved", figure="survival_5y", was_known_on="2017-01-01", was_as_of="2017-01-01")
    nothing_broke(test)
    assert not charts(test) and any("there is nothing to compare" in one.value for one in test.markdown)


def test_a_day_to_compare_with_that_lies_later_is_told(warehouse: Warehouse) -> None:
    test = shown("history", show="moved", was_as_of="2031-01-01")
    nothing_broke(test)
    assert not charts(test)


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_a_firm_that_no_list_knows_is_said(warehouse: Warehouse, language: str) -> None:
    test = shown("firms", language, firm="name:**nobody**")
    nothing_broke(test)
    told = [one.value for one in test.warning]
    assert len(told) == 1 and r"\*\*nobody\*\*" in told[0], told
    assert not shown("firms", language, firm="F1").warning


numbers = st.sampled_from([0.0, 1.0, -1.0, 3.0, 250.0, -40.0, 0.00012])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(numbers, st.booleans()), max_size=14),
    st.sampled_from(["hosted", "survival_5y", "median_stay", "survival_rmst_5y"]),
    st.sampled_from(list(words.LANGUAGES)),
)
def test_a_waterfall_ends_where_the_last_figure_is(parts: list[tuple[float, bool]], name: str, language: str) -> None:
    t, metric = words.of(language), METRICS[name]
    level = 0.5 if metric.unit == "share" else 300.0
    steps: list[dict[str, Any]] = [
        {"label": "<b>%{x}</b>", "kind": waterfall.BEFORE, "change": float("nan"), "value": level}
    ]
    for change, happened in parts:
        change = change / 10_000 if metric.unit == "share" else change
        level += change
        kind = waterfall.HAPPENED if happened else waterfall.RECEIPTS
        steps.append({"label": "Receipt", "kind": kind, "change": change, "value": level})
    steps.append({"label": "After", "kind": waterfall.AFTER, "change": float("nan"), "value": level})
    made = waterfall.waterfall(pd.DataFrame(steps), t, Look(), metric=metric)
    figure = json.loads(made.figure.to_json())
    bars, ends, *_ = figure["data"]
    scale = 100 if metric.unit == "share" else 1
    assert ends["x"] == pytest.approx([scale * steps[0]["value"], scale * level])
    assert len(bars["x"]) <= waterfall.ROWS + sum(happened for _, happened in parts)
    moving = sum(abs(change) for change, _ in parts)
    assert (not bars["x"]) == (not moving)
    assert all(low >= figure["layout"]["xaxis"]["range"][0] for low in bars["base"])
    assert made.title and made.alt and len(made.table) == len(steps)
    made.figure.data  # noqa: B018 - Plotly itself finds the figure valid


def test_of_nothing_a_waterfall_says_so() -> None:
    made = waterfall.waterfall(pd.DataFrame(), words.of("fr"), Look(), metric=METRICS["hosted"])
    assert "rien à comparer" in made.title and made.table.empty
