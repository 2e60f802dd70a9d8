"""Editions: what an organisation is given beside the public release, frozen, and audited with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import words
from data.home import Home
from data.intake import undo
from data.warehouse import Warehouse
from publish import partners, release
from publish.audit import audit
from publish.cells import Printed, Row, Thresholds, cube, levels
from publish.content import Content
from publish.given import editions, proposals
from publish.pair import Given, of_the_pair, secured, widened, wider
from publish.partners import Refusal
from publish.secure import secure
from publish.settings import PARTNER, BadSetting, Settings
from tests.test_release import park
from tests.test_warehouse import _accept, _stay

# One ledger, in one process, for all tests of it.
pytestmark = pytest.mark.xdist_group("partners")
PLAIN = Settings()
WIDER = wider(PARTNER, Thresholds())


def table(**counts: int) -> Printed:
    """The closures of sites, their total shown, nothing hidden."""
    tables = cube("closed", [Row((site,), many) for site, many in counts.items()], levels(1, 1))
    return Printed(1, tables, frozenset())


def hiding(printed: Printed, *sites: str) -> Printed:
    return replace(printed, hidden=frozenset(("closed", (site,)) for site in sites))


# The pair


def test_the_audit_looks_at_an_edition_and_the_public_release_together() -> None:
    """Each hides the two firms of A with another site; together they show every site but A."""
    whole = table(A=2, B=9, C=6, D=7)
    public, edition = hiding(whole, "A", "C"), hiding(whole, "A", "D")
    assert audit([public]) == [] and audit([edition], WIDER) == []
    found = of_the_pair(public, edition.hidden, WIDER, ())
    assert [(one.name, one.value) for one in found] == [(("closed", ("A",)), 2)]
    assert of_the_pair(public, public.hidden, WIDER, ()) == []


def test_an_edition_shows_what_the_public_has_and_more() -> None:
    public = secure(table(A=2, B=4, C=3, D=9, E=30).tables)
    both = widened(public, WIDER)
    assert public.hidden == {("closed", (site,)) for site in "ABC"}
    assert len(both.hidden) == 2 and both.hidden < public.hidden
    assert of_the_pair(public, both.hidden, WIDER, ()) == []


def test_what_everybody_has_is_counted_before_what_an_organisation_had() -> None:
    """It saw nine closures of C where the public saw none; ten a year later would tell it of one firm."""
    then = hiding(table(A=2, B=9, C=9, D=20), "A", "C")
    now = table(A=2, B=9, C=10, D=30).tables
    known = hiding(then, "A", "B")
    told = Given("Banque", WIDER, (known,))
    assert ("closed", ("C",)) not in secured(now, Thresholds(), [then]).hidden
    assert ("closed", ("C",)) in secured(now, Thresholds(), [then], [told]).hidden


def test_no_threshold_of_an_edition_is_stricter_than_the_publics() -> None:
    strict = Thresholds(least=9, firms=9, denominator=20, curve=3)
    assert wider(strict, Thresholds(public=False)) == Thresholds(public=False)
    assert wider(PARTNER, Thresholds()).least == 3


@pytest.mark.parametrize(("value", "match"), [("1", "one firm"), ("few", "whole number")])
def test_a_threshold_that_tells_of_one_firm_is_none(value: str, match: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAIM_PARTNER_LEAST", value)
    with pytest.raises(BadSetting, match=match):
        Settings.from_environment()


# The ledger


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("partners")


@pytest.fixture(scope="module")
def released(home: Path) -> Iterator[Warehouse]:
    """A small park with one public release, and one edition of it."""
    made = Warehouse(Home.at(home))
    _accept(made, "2020-01-01", park(firms=90), by="Amina", sheets=["S"], records_closures=True)
    with pytest.raises(Refusal, match="no public release"):
        partners.draft(made, PLAIN, "Banque")
    release.publish(made, PLAIN, "Amina")
    partners.publish(made, PLAIN, " Banque  du Sud ", "Amina")
    yield made
    made.close()


def values(content: Content) -> dict[object, object]:
    return {
        (table, *sorted((name, str(label)) for name, label in cell.items() if name in its["by"])): cell["value"]
        for table, its in content.told["tables"].items()
        for cell in its["cells"]
    }


def test_an_edition_is_the_release_with_more_of_its_figures(released: Warehouse) -> None:
    (public,), (edition,) = release.releases(released), editions(released)
    assert (edition.audience, edition.number) == ("Banque du Sud", 1)
    assert edition.content.told["audience"] == "Banque du Sud" and "audience" not in public.content.told
    known, more = values(public.content), values(edition.content)
    assert known.keys() == more.keys()
    assert {one: told for one, told in known.items() if told is not None}.items() <= more.items()
    beyond = [one for one, told in known.items() if told is None and more[one] is not None]
    assert beyond and edition.content.hidden < public.content.hidden
    truth = release.rebuilt(released, 1).truth.tables
    small = [name for name, cell in truth.cells.items() if cell.sensitive and 0 < cell.value < 3]
    assert small and edition.content.hidden >= {*small}
    for printed in (b"least", b"threshold"):
        assert printed not in edition.content.raw


def test_no_list_of_public_releases_meets_an_edition(released: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    from data.__main__ import main as data
    from ui import history, past

    assert [one.number for one in release.releases(released)] == [1] and release.proposals(released) == []
    with pytest.raises(LookupError, match="withdraw"):
        undo(released, editions(released)[0].receipt.number, "Amina")
    receipts = released.ledger.receipts()
    acts = past.acts(receipts)
    for language in words.LANGUAGES:
        t = words.of(language)
        assert "Banque du Sud" in history.named(t, receipts[2], acts)
        assert history._sort(receipts[2], acts) in history.kinds(t)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ESSAIM_HOME", str(released.home.folder))
        patched.delenv("ESSAIM_LEDGER", raising=False)
        assert data(["uploads"]) == 0
    assert "release 1 for Banque du Sud" in capsys.readouterr().out


def test_a_second_time_and_no_name_are_refused(released: Warehouse) -> None:
    for name, match in (("banque du sud", "was given release 1"), ("  ", "Say which"), ("x\ny" * 50, "Say which")):
        with pytest.raises(Refusal, match=match):
            partners.publish(released, PLAIN, name, "Amina")
    with pytest.raises(Refusal, match="Say who"):
        partners.publish(released, PLAIN, "Autre", " ")


def test_a_second_person_approves_what_is_proposed(released: Warehouse) -> None:
    asked = Settings(approval=True)
    proposal = partners.publish(released, asked, "Région", "Amina")
    assert [one.audience for one in proposals(released)] == ["Région"] and len(editions(released)) == 1
    with pytest.raises(Refusal, match="waits"):
        partners.publish(released, asked, "RÉGION", "Karim")
    with pytest.raises(Refusal, match="another person"):
        partners.approve(released, "région", "amina")
    with pytest.raises(Refusal, match="Nothing for Autre"):
        partners.approve(released, "Autre", "Karim")
    approved = partners.approve(released, "région", "Karim")
    assert approved.original == proposal.original and approved.body["approved_by"] == "Karim"
    assert proposals(released) == []
    partners.publish(released, asked, "Ministère", "Amina")
    partners.withdraw(released, "Ministère", "Karim", "not agreed")
    assert proposals(released) == [] and "Ministère" not in partners.standing(released)
    with pytest.raises(Refusal, match="no release"):
        partners.withdraw(released, "Ministère", "Karim", "again")
    with pytest.raises(Refusal, match="Say why"):
        partners.withdraw(released, "Région", "Karim", " ")


def test_all_of_it_comes_out_of_the_ledger_again(released: Warehouse) -> None:
    """After later lists, a later release, and an edition of it."""
    _accept(released, "2020-06-01", [_stay(f"N{n}", "Rabat", "2020-03-01", sector="TIC") for n in range(9)])
    release.publish(released, PLAIN, "Amina", as_of=date(2020, 6, 1))
    partners.publish(released, PLAIN, "Banque du Sud", "Amina")
    assert release.verify(released) == [] and partners.verify(released) == []
    mine = partners.standing(released)
    assert [one.number for one in mine["Banque du Sud"]] == [1, 2]
    release.withdraw(released, 2, "Amina", "a list was wrong")
    last = release.current(partners.standing(released)["Banque du Sud"])
    assert last is not None and last.number == 1, "an edition stands as long as its release"
    with pytest.raises(Refusal, match="Release 2 is withdrawn"):
        partners.draft(released, PLAIN, "Autre")
