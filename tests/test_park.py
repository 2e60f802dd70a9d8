"""The sample park through the very same load: the figures that a real park quotes, computed from its files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from data.home import Home
from data.warehouse import Generation, Warehouse
from metrics.ask import Scope, ask
from tests.sample import sample_into

STATED = date(2020, 10, 25)
pytestmark = pytest.mark.xdist_group("park")


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    folder = tmp_path_factory.mktemp("park")
    sample_into(folder)
    warehouse = Warehouse(Home.at(folder))
    receipts = warehouse.ledger.receipts()
    assert len(receipts) == 26
    assert [told for receipt in receipts for told in receipt.body["problems"] if told["severity"] != "note"] == []
    yield warehouse.generation()
    warehouse.close()


def _value(park: Generation, name: str, **scope: object) -> float:
    return float(ask(park, [name], Scope(**scope))["value"].iloc[0])  # type: ignore[arg-type]


def test_only_invented_data_is_loaded_as_of_its_stated_day(park: Generation) -> None:
    assert park.sample and park.stated_on == STATED


def test_hosted_and_former(park: Generation) -> None:
    figures = ask(park, ["hosted", "former", "alumni", "closed", "supported"]).set_index("metric")["value"]
    assert (figures["hosted"], figures["former"]) == (320, 1200)
    assert figures["alumni"] + figures["closed"] == 1200 and figures["supported"] == 1520


def test_five_year_survival(park: Generation) -> None:
    rate = ask(park, ["survival_5y"]).iloc[0]
    assert rate["value"] == pytest.approx(0.88, abs=0.005)
    assert rate["unknown"] / (rate["unknown"] + rate["n"]) < 0.1
    assert rate["lower_bound"] < rate["low"] < rate["value"] < rate["high"] and rate["value"] < rate["upper_bound"]


def test_entries_from_april_to_october(park: Generation) -> None:
    counts = {
        year: _value(park, "entries", start=date(year, 4, 1), end=date(year, 10, 25)) for year in (2018, 2019, 2020)
    }
    assert 50 <= counts[2020] <= 59
    assert all(abs(counts[2020] / counts[year] - 1) <= 0.1 for year in (2018, 2019))


def test_every_site_let_less_than_it_has(park: Generation) -> None:
    shares = ask(park, ["occupancy"], by=("site",)).set_index("site")["value"]
    assert len(shares) == 4 and shares.between(0.3, 0.999).all()
