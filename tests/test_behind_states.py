"""From a number to its cells where the number is of another state: before and after a receipt, an undo, an upload."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import words
from data.aside import Aside
from data.intake import undoing
from data.warehouse import Generation, Warehouse
from metrics import METRICS
from metrics.ask import Scope
from metrics.behind import NO_ROWS, behind
from metrics.between import CAME, CHANGED, WENT, between
from metrics.moved import HEADLINE, MOVABLE, counts
from tests.model import Park
from tests.often import often
from tests.test_behind import some_park, some_scope
from tests.test_history import warehouse  # noqa: F401  (a fixture)
from tests.test_pages import nothing_broke, shown
from tests.test_properties import STATED
from tests.test_review import ROWS, listed
from tests.test_upload import accepted, brought, empty, opened, press  # noqa: F401  (a fixture)
from ui import moving, park, past, upload_effect
from ui import undoing as undone
from ui.asked import Asked
from ui.behind import listed as table
from ui.desk import desk
from ui.view import View


def opened_once(asked: list[Asked], stack: ExitStack) -> dict[Any, Generation]:
    """Each state of these figures, open as long as the stack is."""
    return {state: stack.enter_context(state.opened()) for state in {one.state for one in asked} if state}


def worth(there: Generation, asked: Asked) -> float:
    """What a figure must be, by the lists behind it."""
    sizes = behind(there, asked.name, asked.scope).counts
    return sizes["alive"] / sizes["known"] if asked.name == "survival_5y" else sizes["counted"]


@pytest.mark.parametrize("seed", range(often(4)))
def test_what_came_and_what_went_make_the_difference(seed: int) -> None:
    dice = Random(seed)
    parks = some_park(dice), some_park(dice)
    for name in MOVABLE:
        metric, scope = METRICS[name], some_scope(dice)
        if not {*scope.filters} <= {*metric.dimensions}:
            continue
        part = dice.choice(list(metric.behind))
        before, after = (behind(one, name, scope, part, limit=10**6) for one in parks)
        found = between(before, after)
        came, went = found[CAME].rows, found[WENT].rows
        assert len(came) - len(went) == after.counts[part] - before.counts[part], (name, part)
        whole = Counter(before.rows["firm_id"]) - Counter(went["firm_id"]) + Counter(came["firm_id"])
        assert whole == Counter(after.rows["firm_id"]), (name, part)
        assert not set(found[CHANGED].rows["firm_id"]) - set(after.rows["firm_id"])
        # Against itself nothing differs; against nobody everything came.
        assert all(not one.counts[part] for one in between(after, after).values())
        nobody = between(type(after)(metric, part, {part: 0}, NO_ROWS), after)
        assert nobody[CAME].counts[part] == after.counts[part] and not nobody[WENT].counts[part]


def test_a_day_that_was_corrected_is_told_where_the_figure_hangs_on_days() -> None:
    def park_of(left: date) -> Park:
        row = {"firm_id": "F", "site": "Agadir", "entered_on": date(2012, 1, 1), "left_on": left, "row": 2}
        return Park(STATED, tenants=[row])

    parks = park_of(date(2014, 1, 1)), park_of(date(2015, 1, 1))
    for name, part, changed in (("median_stay", "ended", 1), ("exits", "counted", 0)):
        before, after = (behind(one, name, Scope(), part) for one in parks)
        assert between(before, after)[CHANGED].counts[part] == changed


def test_the_figures_of_a_receipt_open_the_firms_of_their_states(warehouse: Warehouse) -> None:  # noqa: F811
    t, receipts = words.of("en"), past.receipts()
    there, made = undoing(park.warehouse(), 3, "")
    from ui.history import _behind

    for asked, before, after in (
        (_behind(t, receipts[2], receipts), receipts[:2], receipts),
        (undone._behind(t, there, made), receipts, [*receipts, made]),
    ):
        ends = [past.known(state).headline for state in (before, after)]
        figures = [end[name] for name in HEADLINE for end in ends if end[name] is not None]
        assert [one.name for one in asked] == [name for name in HEADLINE for end in ends if end[name] is not None]
        with ExitStack() as opened:
            states = opened_once(asked, opened)
            for one, figure in zip(asked, figures, strict=True):
                assert worth(states[one.state], one) == figure, one
    # The first receipt has nothing before it.
    assert all(one.label.endswith("after") for one in _behind(t, receipts[0], receipts))


def test_every_part_of_the_way_has_its_firms(warehouse: Warehouse) -> None:  # noqa: F811
    t, receipts = words.of("en"), past.receipts()
    known = park.generation()
    view = View(known, t, Scope(as_of=known.stated_on), (), (), ())
    ends = moving.Ends(date(2018, 6, 1), Scope(as_of=date(2018, 1, 1)), date(2020, 1, 1), view.scope)
    for name in ("hosted",):
        found = moving.answer(ends, name, receipts)
        first, *parts, last = moving.behind(view, METRICS[name], ends, found, receipts)
        assert (_whole(first).counts["counted"], _whole(last).counts["counted"]) == (found.before, found.after)
        assert len(parts) == len(found.parts)
        for one, part in zip(parts, found.parts, strict=True):
            assert one.since is not None
            sides = between(*(_whole(each) for each in (one.since, one)))
            assert sides[CAME].counts["counted"] - sides[WENT].counts["counted"] == part.change
    correction = next(one for one in parts if one.label == "Receipt 3: 2020-01-01.csv")
    assert correction.state is not None and "number 3" in correction.state.told


def _whole(asked: Asked) -> Any:
    assert asked.state is not None
    with asked.state.opened() as there:
        return behind(there, asked.name, asked.scope)


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_nothing_is_worked_out_before_a_door_opens(
    warehouse: Warehouse,  # noqa: F811
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    t, opens = words.of(language), []

    def counts_opening(*told: Any) -> Any:
        opens.append(told)
        return Aside(*told)

    monkeypatch.setattr(past, "Aside", counts_opening)
    test = shown("history", language)
    assert not opens
    test.button(key="behind_receipt_3").click().run()
    nothing_broke(test)
    assert opens and t("Known then: what the receipts up to number {number} say.", number=2) in "\n".join(
        one.value for one in test.caption
    )
    asked = {"show": "moved", "was_known_on": "2018-06-01", "was_as_of": "2018-01-01"}
    test = shown("history", language, **asked)
    test.button(key="behind_moved").click().run()
    nothing_broke(test)
    assert t("{label}: {value}", label=t("Hosted firms"), value="**5**") in [one.value for one in test.markdown]


def test_the_firms_of_a_part_are_those_that_came_and_went(warehouse: Warehouse) -> None:  # noqa: F811
    test = AppTest.from_function(_part, default_timeout=60).run()
    nothing_broke(test)
    assert "Hosted firms: **5 → 4**" in [one.value for one in test.markdown]
    lists: Any = test.get("button_group")
    assert lists[-1].options == ["Gone out (1)"]
    row = test.dataframe[-1].value.to_dict("records")[0]
    assert row["Firm"] == "F1" and row["Receipt"] == 1, "said by the state before the correction"
    assert sum("Known then: what the receipts up to number" in one.value for one in test.caption) == 2


def _part() -> None:
    from datetime import date

    import words
    from metrics import METRICS
    from metrics.ask import Scope
    from ui import behind, moving, park, past
    from ui.view import View

    known, receipts = park.generation(), past.receipts()
    view = View(known, words.of("en"), Scope(as_of=known.stated_on), (), (), ())
    ends = moving.Ends(date(2018, 6, 1), Scope(as_of=date(2018, 1, 1)), date(2020, 1, 1), view.scope)
    found = moving.answer(ends, "hosted", receipts)
    asked = moving.behind(view, METRICS["hosted"], ends, found, receipts)
    behind._room(view, lambda: [one for one in asked if one.label.startswith("Receipt 3")], "test")


MORE = [
    ["Rabat", "F-1", "Atlas", "01/02/2012", "01/03/2021", "fermeture"],
    ["Tanger", "F-4", "Dune", "17/09/2020", "", ""],
]


def test_what_an_upload_would_make_of_the_figures_opens_its_firms(empty: Path) -> None:  # noqa: F811
    language = "fr"
    t = words.of(language)
    test = brought(opened(language), "liste.csv", listed(ROWS))
    press(test, t.many("It is new: add it", "They are new: add them", 2))
    accepted(test, t)
    press(test, t("Another file"))
    brought(test, "suivi.csv", listed(MORE, "31/12/2021"))
    job, paper = desk().look(id_of(test)) or pytest.fail("the job is gone")
    assert paper is not None and paper.review.draft is not None
    check_effect(t, job, paper)
    test.button(key=f"behind_effect_{job.id}").click().run()
    nothing_broke(test)
    assert t("{label}: {value}", label=t("Hosted firms"), value="**2**") in [one.value for one in test.markdown]
    assert any(t("Known now, without this file.") in one.value for one in test.caption)
    hosted = next(
        one
        for one in upload_effect.behind(t, job, paper)
        if one.label == t("{figure}, after", figure=t("Hosted firms"))
    )
    assert hosted.state is not None
    with hosted.state.opened() as there:
        rows = table(behind(there, hosted.name, hosted.scope), t, hosted.state)
    of = {row[t("Firm")]: row for row in rows.to_dict("records")}
    assert {*of} == {"Cèdre", "Dune"}
    assert [of["Dune"][t(name)] for name in ("File", "Cell")] == ["suivi.csv", "D4"]
    assert not any(of["Dune"][t(name)] for name in ("By whom", "Written", "Receipt")), "nobody has accepted it yet"
    assert of["Cèdre"][t("File")] == "liste.csv" and of["Cèdre"][t("By whom")] == "Amal Idrissi"
    assert len(park.warehouse().ledger.receipts()) == 1
    # Where the generation built aside was swept away, another like it answers.
    paper.review.draft.trial.unlink()
    check_effect(t, job, paper)
    # Once it is written the same figures are those of the ledger.
    test = accepted(opened(language, job=job.id), t, "Badr")
    job, paper = desk().look(job.id) or pytest.fail("the job is gone")
    assert job.receipt == 2 and paper is not None
    check_effect(t, job, paper)
    assert all(one.state and one.state.under_way is None for one in upload_effect.behind(t, job, paper))


def id_of(test: AppTest) -> str:
    job = test.query_params["job"]
    return str(job[0] if isinstance(job, list) else job)


def check_effect(t: words.Words, job: Any, paper: Any) -> None:
    """Each figure that is a count has as many rows behind it, before and after, at the sites too."""
    asked = upload_effect.behind(t, job, paper)
    wanted = [
        (one.metric, value)
        for one in paper.effects
        if one.site is None or one.moved
        for value in (one.before, one.after)
        if value is not None
    ]
    assert [one.name for one in asked] == [name for name, _ in wanted] and {"Rabat"} <= {
        site for one in asked for site in one.scope.sites
    }
    with ExitStack() as opened:
        states = opened_once(asked, opened)
        for one, (name, value) in zip(asked, wanted, strict=True):
            if counts(METRICS[name]) or name == "survival_5y":
                assert worth(states[one.state], one) == value, one


def test_what_an_unaccepted_row_holds_is_read_from_the_file_under_way(empty: Path) -> None:  # noqa: F811
    test = brought(opened("en"), "liste.csv", listed(ROWS))
    press(test, "add them")
    test = AppTest.from_function(_cell, kwargs={"id": id_of(test)}, default_timeout=60).run()
    nothing_broke(test)
    assert any("liste!D3 in liste.csv holds: **01/02/2012**" in one.value for one in test.markdown)
    assert not any("Everything that lists say" in one.value for one in test.markdown)


def _cell(id: str) -> None:
    import words
    from metrics.ask import Scope
    from metrics.behind import behind
    from ui import behind as shown
    from ui import park, upload_effect
    from ui.desk import desk
    from ui.view import View

    desk().wait(id, 30)
    job, paper = desk().look(id) or (None, None)
    assert job is not None and paper is not None
    asked = upload_effect.behind(words.of("en"), job, paper)[0]
    assert asked.state is not None
    with asked.state.opened() as there:
        view = View(there, words.of("en"), Scope(as_of=there.stated_on), (), (), ())
        rows = behind(there, asked.name, asked.scope).rows.to_dict("records")
        row = next(one for one in rows if one["firm_name"] == "Atlas")
        shown.cell(view, row, asked.state)
    assert not park.warehouse().ledger.receipts()
