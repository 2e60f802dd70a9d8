"""Two real registers, loaded as a person would load them, give the figures worked out beside them."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.home import Home
from data.intake import Choices, load
from data.match import Mapping
from data.warehouse import Generation, Warehouse
from metrics.ask import Scope, ask

REAL = Path(__file__).parent.parent.parent / "shared" / "real"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real is not here")

APACHE = {
    "kind": "tenants",
    "stated_on": "2026-08-04",
    "records_closures": True,
    "columns": {
        "id": "firm_id",
        "name": "firm_name",
        "sponsor": "site",
        "start_date": "entered_on",
        "end_date": "left_on",
        "status": "exit_reason",
    },
    "values": {"exit_reason": {"retired": "closed", "graduated": "graduated", "current": None}},
    "new_sites": True,
    "new_sectors": True,
}
BETAGOUV = {
    "kind": "tenants",
    "stated_on": "2026-08-20",
    "records_closures": True,
    "new_sites": True,
    "new_sectors": True,
}
FILES = {
    "apache": ("apache/podlings.csv", APACHE),
    "betagouv": ("betagouv/variant_a_utf8_iso.csv", BETAGOUV),
    "betagouv-workbook": ("betagouv/variant_d_messy.xlsx", BETAGOUV),
}


def exactly(wanted: Any) -> Any:
    """Equal to nine decimals."""
    return pytest.approx(wanted, abs=1e-9, rel=0)


@pytest.fixture(scope="module", params=list(FILES))
def register(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Generation, dict[str, Any]]:
    """A generation with one register in it, and its expected figures."""
    file, mapping = FILES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copy(REAL / file, folder)
    warehouse = Warehouse(Home.at(folder / "home"))
    choices = Choices(mapping=Mapping.load(mapping), accept_warnings=True, by="test")
    outcome = load(warehouse, folder / Path(file).name, choices).as_json()
    assert outcome["accepted"], outcome["problems"][:5]
    expected = json.loads((REAL / file.split("/")[0] / "expected.json").read_text())
    assert outcome["rows"] == expected["kpi"]["records"]
    return warehouse.generation(), expected


def site_labels(expected: dict[str, Any]) -> dict[str, str]:
    """The register's site codes as its lists spell them."""
    file = REAL / expected["dataset"] / "incubateurs.csv"
    if not file.exists():
        return {}
    table = pd.read_csv(file)
    return dict(zip(table["incubateur"], table["libelle"].str.strip(), strict=True))


def folded(name: str) -> str:
    """A site's spelling with neither case nor outer and doubled spaces."""
    return " ".join(name.casefold().split())


def by_site(expected: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    labels = site_labels(expected)
    return {folded(labels.get(code, code)): value for code, value in figures.items()}


def test_statuses(register: tuple[Generation, dict[str, Any]]) -> None:
    park, expected = register
    assert park.stated_on == date.fromisoformat(expected["as_of"])
    kpi = expected["kpi"]
    counts = ask(park, ["hosted", "alumni", "closed", "supported"]).set_index("metric")["value"]
    assert {name: counts[name] for name in ("hosted", "alumni", "closed")} == {
        name: kpi["status"][name] for name in ("hosted", "alumni", "closed")
    }
    assert counts["supported"] == kpi["entered_by_as_of"]
    sites = ask(park, ["hosted", "alumni", "closed", "supported"], by=("site",))
    found: dict[str, dict[str, float]] = {}
    for row in sites.to_dict("records"):
        found.setdefault(folded(row["site"]), {})[row["metric"]] = row["value"]
    wanted = by_site(expected, kpi["by_site"])
    assert set(found) == set(wanted)
    for site, counted in wanted.items():
        named = {**dict.fromkeys(("hosted", "alumni", "closed"), 0), **counted}
        assert found[site]["supported"] == named.pop("total")
        assert {name: found[site][name] for name in ("hosted", "alumni", "closed")} == {
            name: named[name] for name in ("hosted", "alumni", "closed")
        }


@pytest.mark.parametrize("period", ["month", "quarter", "year"])
def test_entries_per_period(register: tuple[Generation, dict[str, Any]], period: str) -> None:
    park, expected = register
    answer = ask(park, ["entries"], by=(period,))
    assert answer.set_index(period)["value"].to_dict() == expected["kpi"][f"entries_per_{period}"]


def test_entries_per_year_and_site(register: tuple[Generation, dict[str, Any]]) -> None:
    park, expected = register
    answer = ask(park, ["entries"], by=("site", "year"))
    found: dict[str, dict[str, float]] = {}
    for row in answer.to_dict("records"):
        found.setdefault(folded(row["site"]), {})[row["year"]] = row["value"]
    assert found == by_site(expected, expected["kpi"]["entries_per_year_by_site"])


def test_entries_from_april_to_october(register: tuple[Generation, dict[str, Any]]) -> None:
    park, expected = register
    for year, count in expected["kpi"]["entries_april_to_october_per_year"].items():
        window = Scope(start=date(int(year), 4, 1), end=date(int(year), 10, 31))
        assert ask(park, ["entries"], window)["value"].iloc[0] == count, year


def test_hosted_at_the_end_of_years(register: tuple[Generation, dict[str, Any]]) -> None:
    park, expected = register
    stock = ask(park, ["hosted"], by=("year",)).set_index("year")["value"].to_dict()
    for day, count in expected["kpi"]["hosted_stock"].items():
        assert int(ask(park, ["hosted"], Scope(as_of=date.fromisoformat(day)))["value"].iloc[0]) == count
        assert stock[day[:4]] == count or day[5:] != "12-31"


def test_kaplan_meier_at_five_years(register: tuple[Generation, dict[str, Any]]) -> None:
    park, expected = register
    alive = expected["survival"]["alive"]
    whole = ask(park, ["survival_km_5y", "survival_rmst_5y"])
    wanted = alive["km_5y"]
    km, rmst = whole.to_dict("records")
    assert km["value"] == exactly(wanted["surv"])
    assert [km["low"], km["high"]] == exactly(wanted["ci95_loglog"])
    assert (km["n"], km["events"]) == (wanted["n"], wanted["events_by_5y"])
    assert rmst["value"] * 365.25 == pytest.approx(wanted["rmst_5y_days"], abs=1e-6)
    sites = {folded(row["site"]): row for row in ask(park, ["survival_km_5y"], by=("site",)).to_dict("records")}
    for site, answer in by_site(expected, alive["km_by_site"]).items():
        assert sites[site]["value"] == exactly(answer["surv"])
        assert [sites[site]["low"], sites[site]["high"]] == exactly(answer["ci95_loglog"])
        assert (sites[site]["n"], sites[site]["events"]) == (answer["n"], answer["events_by_5y"])


def test_five_year_rates_of_complete_cohorts(register: tuple[Generation, dict[str, Any]]) -> None:
    park, expected = register
    alive = expected["survival"]["alive"]
    rates = ask(park, ["survival_5y"], by=("cohort",)).set_index("cohort").to_dict("index")
    complete = {year: cohort for year, cohort in alive["cohort_5y"].items() if cohort["rate"] is not None}
    assert len(complete) > 5
    for year, cohort in complete.items():
        assert rates[year]["value"] == exactly(cohort["rate"])
        assert [rates[year]["lower_bound"], rates[year]["upper_bound"]] == exactly(cohort["bounds"])
        assert (rates[year]["n"], rates[year]["unknown"]) == (cohort["n"], 0)
    pooled = ask(park, ["survival_5y"], Scope(cohorts=tuple(complete))).iloc[0]
    assert pooled["n"] == alive["pooled_mature_cohorts"]["n"]
    assert pooled["value"] == exactly(alive["pooled_mature_cohorts"]["rate"])
    calendar = alive["cohort_5y_calendar_year_rule_eurostat"]
    comparable = ask(park, ["survival_5y_eurostat"], by=("cohort",)).set_index("cohort").to_dict("index")
    for year, cohort in calendar["cohorts"].items():
        assert comparable[year]["n"] == cohort["n"]
        assert comparable[year]["value"] == exactly(cohort["survived"] / cohort["n"])
    assert ask(park, ["survival_5y_eurostat"])["value"].iloc[0] == exactly(calendar["pooled"]["rate"])


def test_outcomes(register: tuple[Generation, dict[str, Any]]) -> None:
    park, expected = register
    table = ask(park, ["survival_outcomes"])
    for wanted in expected["competing_risks_aalen_johansen"]:
        shares = table[table["age_days"] == wanted["t_days"]].set_index("outcome")["value"]
        assert shares["closed"] == exactly(wanted["cif_closed"])
        assert shares["left"] == exactly(wanted["cif_alumni"])
        assert shares["hosted"] == exactly(wanted["still_hosted"])
        assert shares.sum() == exactly(1)


def test_length_of_stay(register: tuple[Generation, dict[str, Any]]) -> None:
    """Treatment "any exit": the same lifetimes that the median stay is read from."""
    park, expected = register
    wanted = expected["survival"]["any_exit"]["km_5y"]
    stay = ask(park, ["median_stay"]).iloc[0]
    assert (stay["n"], stay["events"]) == (wanted["n"], wanted["events_total"])
