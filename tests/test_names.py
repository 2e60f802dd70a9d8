"""The names to filter by, in lasting order, and the first day there is."""

from __future__ import annotations

from datetime import date
from typing import Any

from metrics.ask import NONE
from metrics.names import first_day, names
from tests.model import Park

STATED = date(2020, 10, 25)


def test_sites_by_age_sectors_by_size_cohorts_in_time() -> None:
    tenants = [
        {"firm_id": "1", "site": "Tanger", "sector": "Eau", "entered_on": date(2012, 5, 1), "cohort": "Vague 2"},
        {
            "firm_id": "2",
            "site": "Fès",
            "sector": "TIC",
            "entered_on": date(2012, 6, 1),
            "left_on": date(2013, 1, 1),
        },
        {"firm_id": "3", "site": "Agadir", "sector": "TIC", "entered_on": date(2013, 6, 1)},
        {"firm_id": "4", "site": "Rabat", "sector": "Design", "entered_on": date(2011, 7, 1), "cohort": "Vague 1"},
        {"firm_id": "5", "site": "Rabat", "sector": "TIC", "entered_on": date(2014, 7, 1)},
    ]
    sites: list[dict[str, Any]] = [{"site": "Agadir", "opened_on": date(2005, 1, 1)}, {"site": "Oujda"}]
    park = Park(STATED, tenants=tenants, sites=sites, sectors=[{"sector": "Art"}])
    found = names(park)
    assert found["site"] == ("Agadir", "Rabat", "Tanger", "Fès", "Oujda")
    assert found["sector"] == ("TIC", "Design", "Eau", "Art")
    assert found["cohort"] == ("Vague 1", "2012", "Vague 2", "2013", "2014")
    assert first_day(park) == date(2011, 7, 1)


def test_what_has_no_name_comes_last() -> None:
    tenants = [
        {"firm_id": "1", "site": "Rabat", "entered_on": date(2012, 5, 1)},
        {"firm_id": "2", "entered_on": STATED},
    ]
    assert names(Park(STATED, tenants=tenants)) == {
        "site": ("Rabat", NONE),
        "sector": (NONE,),
        "cohort": ("2012", "2020"),
    }


def test_nothing() -> None:
    park = Park(STATED)
    assert names(park) == {"site": (), "sector": (), "cohort": ()} and first_day(park) is None
    park.stated_on = None
    assert names(park) == {"site": (), "sector": (), "cohort": ()}
