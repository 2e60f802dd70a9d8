"""The bar of filters says what the URL says, the sentence says both, and each filter can be taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from metrics.ask import NONE
from tests.sample import sample_into
from ui import park, scope
from ui.kept import kept
from ui.view import View

ROOT = Path(__file__).resolve().parent.parent
COHORT = "Promotion 2012"


@pytest.fixture(scope="module")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The sample park in a ledger of these tests' own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESSAIM_HOME", str(home))
        patch.delenv("ESSAIM_LEDGER", raising=False)
        park.warehouse.cache_clear()
        kept.clear()
        sample_into(home)
        yield home
    park.warehouse.cache_clear()
    kept.clear()


def script() -> None:
    """A page that only says what it looks at."""
    import streamlit as st

    from ui import language, page, park, scope, trouble
    from ui.view import View

    head = st.container()
    t = language.switch()
    latest = park.generation()
    filters = scope.bar(latest, park.names(latest), t)
    shown = park.generation(filters.known_on)
    if shown.stated_on is None:
        trouble.not_yet_known(t, filters.known_on, latest.first_known_on)
        st.stop()
    names = park.names(latest)
    view = View(shown, t, filters.scope(shown.stated_on), names.sites, names.sectors, names.cohorts)
    page.hand_over(view, head)
    scope.chips(filters, view)
    trouble.about_the_scope(view, filters, park.names(shown))
    st.session_state["view"] = view


def opened(**parameters: Any) -> AppTest:
    page = AppTest.from_function(script, default_timeout=30)
    for name, value in {"lang": "en", **parameters}.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def view(page: AppTest) -> View:
    found = page.session_state["view"]
    assert isinstance(found, View)
    return found


def button(page: AppTest, label: str) -> Any:
    return next(
        one for one in page.button if label in (one.label, one.label.removeprefix(":primary[**").removesuffix("**]"))
    )


pytestmark = pytest.mark.usefixtures("sample_home")


def test_without_filters_the_whole_network_is_looked_at() -> None:
    page = opened()
    assert view(page).scope.filters == {}
    assert view(page).as_of == date(2020, 10, 25)
    assert view(page).sentence.startswith("You are looking at the whole network: the situation on 25 October 2020")


def test_the_address_sets_every_filter() -> None:
    found = view(
        opened(
            site=["Rabat", "Casablanca"],
            cohort=COHORT,
            **{"from": "2012-01-01", "to": "2019-12-31", "as_of": "2020-01-31"},
        )
    )
    assert found.scope.sites == ("Casablanca", "Rabat"), "in the lasting order, whatever that of the address"
    assert found.scope.cohorts == (COHORT,)
    assert (found.scope.start, found.scope.end) == (date(2012, 1, 1), date(2019, 12, 31))
    assert found.as_of == date(2020, 1, 31)
    told = (
        f"the sites Casablanca and Rabat, the cohort {COHORT}, and the period from 1 January 2012 to 31 December 2019"
    )
    assert told in found.sentence


def test_choosing_filters() -> None:
    page = opened()
    next(one for one in page.button_group if one.key == "site").set_value(["Rabat"]).run()
    assert view(page).scope.sites == ("Rabat",)
    assert view(page).sentence.startswith("You are looking at the site Rabat: ")


def test_what_the_address_says_wrongly_is_left_out_and_told() -> None:
    page = opened(site=["Rabat", "Atlantis"], as_of="yesterday", cohort="3000")
    assert view(page).scope.sites == ("Rabat",) and view(page).scope.cohorts == ()
    assert view(page).as_of == date(2020, 10, 25)
    assert page.info[0].value == "Left out, because nothing here is called so: Atlantis, 3000, and yesterday."
    next(one for one in page.button_group if one.key == "site").set_value([]).run()
    assert not page.info


def test_a_name_in_the_address_is_never_markup() -> None:
    page = opened(site="[x](https://park.example)")
    assert "[x](" not in page.info[0].value.replace("\\", "§")


def test_a_chip_takes_its_filter_away() -> None:
    page = opened(site=["Rabat", "Casablanca"], to="2019-12-31")
    button(page, "Site: Rabat ×").click().run()
    assert view(page).scope.sites == ("Casablanca",)
    button(page, "To 31/12/2019 ×").click().run()
    assert view(page).scope.end is None
    button(page, "Site: Casablanca ×").click().run()
    assert view(page).scope.filters == {}


def test_all_filters_go_at_once() -> None:
    page = opened(site=["Rabat", "Casablanca"], as_of="2019-12-31", cohort=COHORT)
    button(page, "Remove all filters").click().run()
    assert view(page).scope.filters == {} and view(page).as_of == date(2020, 10, 25)


def test_pinned_days_are_in_the_address() -> None:
    page = opened(site="Rabat")
    button(page, "Pin these days").click().run()
    known_on = view(page).known_on
    assert known_on is not None
    assert page.query_params["as_of"] == "2020-10-25"
    assert page.query_params["known_on"] == known_on.isoformat()
    assert "Pin these days" not in [one.label for one in page.button]


def test_a_click_filters_and_a_second_one_takes_it_back() -> None:
    def clicked() -> None:
        import streamlit as st

        from ui import scope

        chosen = st.pills("Site", ["Rabat", "Tanger"], selection_mode="multi", key="site")
        st.button("Rabat", on_click=scope.pick, args=("site", "Rabat"))
        st.button("nameless", on_click=scope.pick, args=("sector", None))
        st.text(" ".join(chosen))

    page = AppTest.from_function(clicked).run()
    page.button[0].click().run()
    assert page.text[0].value == "Rabat"
    page.button[0].click().run()
    assert page.text[0].value == ""
    page.button[1].click().run()
    assert page.session_state["sector"] == [NONE]


def test_a_period_that_ends_before_it_begins_has_no_end() -> None:
    page = opened(**{"from": "2019-01-01", "to": "2018-01-01"})
    assert (view(page).scope.start, view(page).scope.end) == (date(2019, 1, 1), None)
    assert "ends before it begins" in page.info[0].value


def test_a_day_before_everything_known_says_so_and_leads_back() -> None:
    page = opened(known_on="1950-01-01")
    assert page.title[0].value == "Nothing was known yet"
    button(page, "Show what is known today").click().run()
    assert view(page).as_of == date(2020, 10, 25)


def test_nameless_things_can_be_filtered_in_both_languages() -> None:
    """The name of a filter in the address is the same in both, so that a link means the same."""
    assert scope.written(NONE) == "–" and scope.written("Rabat") == "Rabat"


def test_a_link_to_another_page_keeps_the_filters() -> None:
    page = opened(site="Rabat", as_of="2019-12-31", lang="fr")

    assert view(page).t.language == "fr"
    found = scope.href(view(page), "firms", firm="F 1")
    assert found.startswith("/firms?lang=fr&site=Rabat") and found.endswith("&firm=F+1")


def test_a_leap_day_has_a_year_before(sample_home: Path) -> None:
    found = view(opened(as_of="2020-02-29"))
    assert found.year() == {"start": date(2019, 3, 1), "end": date(2020, 2, 29)}
    assert found.year(ago=1)["end"] == date(2019, 2, 28)
