"""The page Releases: what it shows is what is published, by whom it may be, and what of it is said."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import words
from data.home import Home
from data.warehouse import Warehouse
from publish import reasons, release
from publish.audit import Undone
from publish.content import HIDDEN, Content
from publish.finding import Finding
from publish.reasons import Reasons
from publish.settings import Settings
from tests.conftest import READER, reading_as
from tests.test_pages import forget, nothing_broke, shown, texts
from tests.test_release import PLAIN, loaded  # noqa: F401 (a fixture)
from tests.test_warehouse import _accept, _stay
from ui import drafting, next_release, park, publishing, reader, release_tables, releases

LANGUAGES = list(words.LANGUAGES)
Log = list[tuple[str, dict[str, object]]]
EN = words.of("en")


@pytest.fixture(scope="module")
def published(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """The same with a first release, by Amina."""
    home = tmp_path_factory.mktemp("published")
    shutil.copytree(loaded, home, dirs_exist_ok=True)
    made = Warehouse(Home.at(home))
    release.publish(made, PLAIN, "Amina")
    made.close()
    return home


@pytest.fixture
def home(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: Log) -> Iterator[Warehouse]:  # noqa: F811
    """A park of 160 firms; drafts are waited for, and whatever is done is logged and wakes who writes the pages."""
    for name in ("ESSAIM_LEDGER", "ESSAIM_RELEASE_APPROVAL", "ESSAIM_RELEASE_DATES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    told = SimpleNamespace(at=datetime.now(UTC), fits=True, writing=False, problem="")
    public = SimpleNamespace(state=lambda: told, refresh=lambda: woken.append(1))
    woken: list[int] = []
    for module in (publishing, releases):
        monkeypatch.setattr(module, "standing", lambda: public)
    monkeypatch.setattr(drafting, "_draft", _once)
    monkeypatch.setattr(next_release, "_AT_ONCE", 120.0)
    forget()
    yield park.warehouse()
    assert len(woken) == len(reads)
    forget()


_made: dict[tuple[str, drafting.Question], release.Draft] = {}
_works_out = drafting._draft


def _once(warehouse: Warehouse, question: drafting.Question, at: release.At) -> release.Draft:
    """A draft, made once for all tests: the same ledger gives the same one."""
    key = warehouse.ledger.receipts()[-1].hash, question
    if key not in _made:
        _made[key] = _works_out(warehouse, question, at)
    return _made[key]


@pytest.fixture
def released(home: Warehouse, published: Path, tmp_path: Path) -> Warehouse:
    """The park with its first release."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    forget()
    return park.warehouse()


@pytest.fixture
def draft(home: Warehouse) -> release.Draft:
    """The first release as it would be."""
    return _once(home, drafting.Question(PLAIN), lambda *step: None)


def coming(language: str = "en", **parameters: str) -> AppTest:
    return shown("releases", language, part="next", **parameters)


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    return test


def submit(test: AppTest, label: str) -> AppTest:
    next(one for one in test.button if one.label == label).click().run()
    return test


# What it shows is what is published


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_is_shown_with_what_it_hides_and_published_to_the_byte(
    home: Warehouse, reads: Log, language: str
) -> None:
    t, test = words.of(language), coming(language)
    nothing_broke(test)
    seen = drafting.drafting().look(drafting.Question(Settings.from_environment()))[1]
    assert seen is not None and seen.draft is not None and seen.reasons is not None
    content = seen.draft.content
    told = {one.label: one.value for one in test.metric}
    assert told[t("Figures")] == t.count(seen.reasons.figures) and told[t("Hidden")] == t.count(
        len(content_hidden(seen))
    )
    by_site = test.dataframe[0].value
    assert by_site[t("As printed")].tolist()[-1] == t.count(content.cell("hosted")["value"])
    assert len(test.dataframe[1].value) == len(content_hidden(seen))
    assert [one.value for one in test.warning] == []
    press(press(test, "publish"), "publish_yes")
    nothing_broke(test)
    (made,) = release.releases(home)
    assert made.content.raw == content.raw and made.receipt.body["by"] == READER
    assert reads == [("release-published", {"release": 1, "receipt": 2, "tables": len(content.told["tables"])})]
    assert any(
        t("Release {number}: situation on {as_of}", number="1", as_of=content.as_of) in one for one in texts(test)
    )
    (said,), (short,) = ([one.value for one in some] for some in (test.success, test.toast))
    assert said.startswith(short) and len(short) < 60 and short.endswith(".")


def content_hidden(paper: drafting.Paper) -> list[dict[str, Any]]:
    assert paper.draft is not None
    tables = paper.draft.content.told["tables"].values()
    return [cell for its in tables for cell in its["cells"] if cell.get("status") == HIDDEN]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_is_as_strangers_see_it(draft: release.Draft, language: str) -> None:
    """Every figure of every cut, in words: the printed one, "c" where it is hidden, and nothing else."""
    t, found = words.of(language), Reasons(draft)
    seen = 0
    for name, its in found.draft.content.told["tables"].items():
        for cut in {release_tables._cut(cell) for cell in its["cells"]}:
            cells = [cell for cell in its["cells"] if release_tables._cut(cell) == cut]
            if len(cut) == 2:
                rows = release_tables._crossed(t, name, cut, cells)
                printed = [one for column in list(rows)[1:] for one in rows[column]]
            else:
                printed = release_tables._listed(t, name, cut, cells, found)[t("As printed")].tolist()
            wanted = [release_tables.value(t, name, cell) for cell in cells]
            nobody = release_tables.value(t, name, {"value": 0 if release_tables._unit(name) == "firms" else None})
            for one in wanted:
                printed.remove(one)
            assert set(printed) <= {nobody}
            assert [one == "c" for one in wanted] == [cell.get("status") == HIDDEN for cell in cells]
            seen += len(wanted)
    assert seen == found.figures


def test_every_hidden_figure_has_the_reason_that_is_true(draft: release.Draft) -> None:
    found = Reasons(draft)
    least, tables = PLAIN.thresholds.least, found.draft.truth.tables
    assert {one.why for one in found.hidden} == {reasons.SMALL, reasons.RATE, reasons.OTHERS}
    for one in found.hidden:
        few = 0 < one.value < least
        if one.parts is None:
            assert (one.why == reasons.SMALL) == few
        else:
            above, below = map(int, one.parts)
            few = below < PLAIN.thresholds.denominator or 0 < above < least or 0 < below - above < least
            assert (one.why == reasons.RATE) == few
    assert tables.value(("hosted", ("", "", ""))) not in [one.value for one in found.hidden]


def test_what_an_earlier_release_hid_says_so(released: Warehouse) -> None:
    again = Reasons(_once(released, drafting.Question(PLAIN), lambda *step: None))
    assert {one.why for one in again.hidden} == {reasons.SMALL, reasons.RATE, reasons.AGAIN}


def test_groups_without_a_curve_are_named(draft: release.Draft) -> None:
    found = Reasons(draft)
    given = {
        one.get("site") or one.get("sector") for one in found.draft.content.told["tables"]["survival_curve"]["cells"]
    }
    assert found.curveless and not {*found.curveless} & given


def test_what_changed_is_told_by_figure(released: Warehouse) -> None:
    _accept(released, "2020-06-01", [_stay(f"N{n}", "Rabat", "2020-03-01", sector="TIC") for n in range(9)])
    test = coming()
    nothing_broke(test)
    last = test.dataframe[-1].value
    entries = last[(last["Table"] == "Entries") & (last["Of"] == "Whole network")]
    assert [int(b) - int(a) for a, b in zip(entries["Before"], entries["After"], strict=True)] == [9]


def test_a_table_is_left_out_and_another_day_described(home: Warehouse) -> None:
    test = coming()
    kept = [one for one in test.multiselect(key="release_tables").value if one != "closed"]
    test.multiselect(key="release_tables").set_value(kept)
    test.date_input(key="release_as_of").set_value(date(2018, 12, 31)).run()
    nothing_broke(test)
    press(press(test, "publish"), "publish_yes")
    (made,) = release.releases(home)
    assert "closed" not in made.content.told["tables"] and made.content.as_of.isoformat() == "2018-12-31"
    assert any("Left out: Closed" in one for one in texts(test))


def test_a_receipt_that_comes_between_stops_it(home: Warehouse, reads: Log) -> None:
    test = press(coming(), "publish")
    _accept(home, "2020-06-01", [_stay("New", "Rabat", "2020-03-01", sector="TIC")])
    # Somebody else has looked at the new one already: it is ready.
    desk, question = drafting.drafting(), drafting.Question(Settings.from_environment())
    desk.look(question)
    desk.wait(question, 120)
    press(test, "publish_yes")
    nothing_broke(test)
    assert release.releases(home) == [] and reads == [] and len(test.warning) == 1
    assert "came first" in test.warning[0].value


# Approval, and who may


def test_a_second_person_approves_and_nobody_alone(
    home: Warehouse, reads: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_RELEASE_APPROVAL", "1")
    test = press(press(coming(), "publish"), "publish_yes")
    nothing_broke(test)
    assert release.releases(home) == [] and [one.number for one in release.proposals(home)] == [1]
    assert "approve" not in [one.key for one in test.button] and any("another person" in one for one in texts(test))
    publishing_alone(1)
    assert release.releases(home) == []
    with reading_as("Karim", "publisher"):
        test = press(coming("fr"), "approve")
        nothing_broke(test)
    (made,) = release.releases(home)
    assert made.receipt.body["by"] == READER and made.receipt.body["approved_by"] == "Karim"
    assert [event for event, _ in reads] == ["release-proposed", "release-approved"]


def publishing_alone(number: int) -> None:
    """What a page that was forged to have the button would do."""
    publishing.approve(number, 1)


def test_a_proposal_is_rejected_for_a_reason(
    home: Warehouse, draft: release.Draft, reads: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_RELEASE_APPROVAL", "1")
    release.freeze(home, Settings(approval=True), "Karim", draft)
    test = submit(coming(), "Reject it")
    assert [one.number for one in release.proposals(home)] == [1] and "Say why" in test.warning[0].value
    test.text_input(key="reject_reason").set_value("the wrong day")
    submit(test, "Reject it")
    nothing_broke(test)
    assert release.proposals(home) == [] and reads == [("release-rejected", {"release": 1, "receipt": 3})]


def test_a_proposal_that_does_not_come_out_again_cannot_be_approved(
    home: Warehouse, draft: release.Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_RELEASE_APPROVAL", "1")
    release.freeze(home, Settings(approval=True), "Karim", draft)
    other = Content(draft.content.raw.replace(b'"withheld":[]', b'"withheld":[ ]'))
    monkeypatch.setattr(drafting, "_draft", lambda *asked: replace(draft, content=other))
    test = coming()
    assert "approve" not in [one.key for one in test.button] and len(test.error) == 1


@pytest.mark.parametrize("role", ["leader", "analyst"])
def test_nobody_else_opens_it(home: Warehouse, role: str) -> None:
    with reading_as("Samira", role):
        test = shown("overview")
        with pytest.raises(ValueError):
            test.switch_page("../pages/releases.py").run()
        for act in (lambda: publishing.withdraw(1, "reason"), lambda: publishing.approve(1, 1)):
            with pytest.raises(reader.NotYours):
                act()


def test_whoever_sees_some_sites_alone_releases_nothing(released: Warehouse) -> None:
    with reading_as("Samira", "publisher", "Rabat"):
        test = shown("releases")
        nothing_broke(test)
        assert any("readers of all sites" in one for one in texts(test))
        assert not test.dataframe and not [one for one in test.button if str(one.key).startswith("withdraw")]
        with pytest.raises(reader.NotYours):
            publishing.withdraw(1, "reason")
    assert release.releases(released)[0].withdrawn is None


# Afterwards


def test_a_release_is_withdrawn_for_a_reason_alone(released: Warehouse, reads: Log) -> None:
    test = submit(press(shown("releases"), "withdraw_1"), "Withdraw release 1")
    assert release.releases(released)[0].withdrawn is None and "Say why" in test.warning[0].value
    test.text_input(key="reason_1").set_value("a list was *wrong*")
    submit(test, "Withdraw release 1")
    nothing_broke(test)
    gone = release.releases(released)[0].withdrawn
    assert gone is not None and gone.body["reason"] == "a list was *wrong*" and gone.body["by"] == READER
    assert reads == [("release-withdrawn", {"release": 1, "receipt": 3})]
    assert any("a list was \\*wrong\\*" in one for one in texts(test)), "what people write is no markup"


@pytest.mark.parametrize("language", LANGUAGES)
def test_releases_are_listed_with_the_days_of_the_next(
    released: Warehouse, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = words.of(language)
    release.freeze(released, PLAIN, "Amina", _once(released, drafting.Question(PLAIN), lambda *step: None))
    release.withdraw(released, 1, "Karim", "a list was wrong")
    monkeypatch.setenv("ESSAIM_RELEASE_DATES", "2999-12-15")
    test = shown("releases", language)
    nothing_broke(test)
    said = "\n".join(texts(test))
    assert "2999" in said and "a list was wrong" in said
    assert [one.value for one in test.header][-2:] == [
        t("Release {number}: situation on {as_of}", number=str(one.number), as_of=one.content.as_of)
        for one in reversed(release.releases(released))
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_released_is_said_and_a_planned_day_that_passed_is_due(
    home: Warehouse, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = words.of(language)
    monkeypatch.setenv("ESSAIM_RELEASE_DATES", "2020-01-15")
    nothing_broke(test := shown("releases", language))
    assert t("Nothing yet: no release was published.") in [one.value for one in test.markdown]
    assert any(t("due since {day}", day=t.day(date(2020, 1, 15))) in one for one in texts(test))


def test_no_day_is_due_once_something_was_released_on_it_or_later(
    released: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_RELEASE_DATES", "2020-01-15")
    assert not any("due since" in one for one in texts(shown("releases")))


# What goes wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_failing_audit_publishes_nothing_and_names_the_figures(
    home: Warehouse, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding(1, ("closed", ("Rabat", "", "")), "is determined", 3.0, 3.0, 3)

    def fails(*asked: Any) -> Any:
        raise Undone([finding])

    monkeypatch.setattr(drafting, "_draft", fails)
    t, test = words.of(language), coming(language)
    assert len(test.error) == 1 and not test.exception
    assert test.dataframe[0].value[t("Of")].tolist() == ["Rabat"]
    assert "publish" not in [one.key for one in test.button]


def test_what_cannot_be_is_said_in_words(home: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    test = coming()
    test.date_input(key="release_known_on").set_value(date(1999, 1, 1)).run()
    assert not test.exception and "Nothing was known yet on 1 January 1999." in [one.value for one in test.warning]

    def breaks(*asked: Any) -> Any:
        raise RuntimeError("a secret of the code")

    monkeypatch.setattr(drafting, "_draft", breaks)
    test.date_input(key="release_known_on").set_value(None).run()
    forget()
    test = coming()
    assert not test.exception and len(test.error) == 1 and "secret" not in test.error[0].value
    monkeypatch.setenv("ESSAIM_RELEASE_LEAST", "five")
    assert "ESSAIM\\_RELEASE\\_LEAST" in shown("releases").error[0].value


def test_it_is_said_how_far_a_draft_is(home: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_release, "_AT_ONCE", 0.0)
    there = (drafting.Step("earlier", 2, 3), None)
    monkeypatch.setattr(drafting.Drafting, "look", lambda *asked: there)
    test = coming()
    nothing_broke(test)
    assert not test.metric and "publish" not in [one.key for one in test.button]
    assert [one.proto.text for one in test.get("progress")] == ["Looking at release 2 of the 3 before it"]


def test_a_draft_is_worked_out_once_and_anew_after_a_receipt(
    home: Warehouse, draft: release.Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "_draft", lambda *asked: draft)
    desk, question = drafting.Drafting(home), drafting.Question(PLAIN)
    desk.look(question)
    desk.wait(question, 120)
    first = desk.look(question)[1]
    assert first is not None and desk.look(question)[1] is first
    release.freeze(home, PLAIN, "Amina", draft)
    assert desk.look(question)[1] is not first


def test_another_protection_is_shown_and_published(home: Warehouse) -> None:
    test = coming()
    test.selectbox(key="release_method").set_value("rounding").run()
    nothing_broke(test)
    assert any("rounded to a multiple of 5" in one for one in texts(test))
    press(press(test, "publish"), "publish_yes")
    (made,) = release.releases(home)
    assert made.content.told["rounded_to"] == 5 and made.receipt.body["method"] == "rounding"
