"""The catalogue, the notes, the figures that need a park of their own, and the command line of the metrics."""

from __future__ import annotations

import csv
import gettext
import json
import math
import subprocess
import sys
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import words
from data import write
from data.home import Home
from data.intake import Choices, load
from data.match import Mapping
from data.warehouse import Warehouse
from metrics import METRICS
from metrics.__main__ import as_json, main
from metrics.ask import NothingLoaded, Scope, Unknown, ask
from metrics.metric import DIMENSIONS, FIELDS, NOTES
from tests.model import Park

ROOT = Path(__file__).parent.parent
STATED = date(2020, 10, 25)
PROMISED = {"hosted", "supported", "former", "alumni", "closed", "entries", "exits", "transfers", "median_stay"}
PROMISED |= {"survival_5y", "survival_km_5y", "survival_curve", "occupancy"}


def stay(name: str, site: str, entered: str, left: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "firm_id": name,
        "site": site,
        "entered_on": date.fromisoformat(entered),
        "left_on": date.fromisoformat(left) if left else None,
        **more,
    }


def figures(park: Park, *names: str, scope: Scope | None = None) -> list[Any]:
    return [None if math.isnan(value) else value for value in ask(park, names, scope)["value"]]


def test_what_the_contract_promises_is_there() -> None:
    assert set(METRICS) >= PROMISED
    for name, metric in METRICS.items():
        assert metric.name == name and metric.label and metric.unit
        assert metric.says.endswith(".") and len(metric.says.split()) >= 8
        assert set(metric.dimensions) <= set(DIMENSIONS)
    assert [name for name, metric in METRICS.items() if metric.sensitive and not metric.stock]


@pytest.mark.parametrize("name", list(METRICS))
@pytest.mark.parametrize("by", [*((name,) for name in DIMENSIONS), DIMENSIONS])
def test_every_metric_answers_by_every_dimension(name: str, by: tuple[str, ...]) -> None:
    rows = [
        stay("A", "Rabat", "2010-02-28", "2012-03-31", sector="TIC", exit_reason="closed"),
        stay("B", "Tanger", "2014-12-31", sector="Design", cohort="Promo 1", area_m2=20.0),
        stay("B", "Rabat", "2016-01-01", sector="Design"),
        stay("X", "Rabat", "2016-01-01", occupant_type="bank"),
    ]
    park = Park(STATED, tenants=rows, sites=[{"site": "Tanger", "lettable_area_m2": 100.0}])
    table = ask(park, [name], by=by)
    assert list(table.columns[: 1 + len(by) + len(FIELDS)]) == ["metric", *by, *FIELDS]
    assert len(table) > 0
    if not set(by) <= set(METRICS[name].dimensions):
        assert table["value"].isna().all() and "cannot be cut" in table["note"].iloc[0]


def test_other_occupants_are_counted_apart() -> None:
    rows = [stay("A", "Rabat", "2019-01-01"), stay("X", "Rabat", "2019-01-01", occupant_type="bank")]
    park = Park(STATED, tenants=rows)
    assert figures(park, "hosted", "supported", "entries", "other_occupants") == [1, 1, 1, 1]


def test_a_move_is_an_entry_for_the_receiving_site_only() -> None:
    rows = [stay("A", "Rabat", "2015-01-01", "2017-01-01"), stay("A", "Tanger", "2017-01-01")]
    park = Park(STATED, tenants=rows)
    assert figures(park, "entries", "transfers", "exits", "hosted") == [1, 1, 0, 1]
    tanger = Scope(sites=("Tanger",))
    assert figures(park, "entries", "transfers", "exits", "hosted", scope=tanger) == [1, 1, 0, 1]
    rabat = Scope(sites=("Rabat",))
    assert figures(park, "entries", "transfers", "exits", "former", scope=rabat) == [1, 0, 1, 1]


def test_site_figures_may_add_up_to_more_and_sites_together_do_not() -> None:
    rows = [stay("A", "Rabat", "2015-01-01"), stay("A", "Tanger", "2016-01-01")]
    park = Park(STATED, tenants=rows)
    assert ask(park, ["hosted"], by=("site",))["value"].sum() == 2
    assert figures(park, "hosted", "entries", scope=Scope(sites=("Rabat", "Tanger"))) == [1, 1]


def test_occupancy_by_area_by_units_and_unknown() -> None:
    rows = [
        stay("A", "Rabat", "2015-01-01", area_m2=30.0),
        stay("X", "Rabat", "2015-01-01", area_m2=20.0, occupant_type="bank"),
        stay("B", "Rabat", "2015-01-01", "2016-01-01", area_m2=50.0),
        stay("C", "Tanger", "2015-01-01"),
        stay("D", "Agadir", "2015-01-01"),
    ]
    sites = [{"site": "Rabat", "lettable_area_m2": 200.0}, {"site": "Tanger", "lettable_units": 4}]
    park = Park(STATED, tenants=rows, sites=sites)
    table = ask(park, ["occupancy"], by=("site",)).set_index("site")
    assert table["value"].dropna().to_dict() == {"Rabat": 0.25, "Tanger": 0.25}
    assert table.loc["Agadir", "note"] == "no list gives what the site can let"
    assert table.loc["Tanger", "note"] == "by units: no area is known"
    whole = ask(park, ["occupancy"]).iloc[0]
    assert whole["value"] == 0.25 and whole["note"].startswith(
        "sites left out since no list gives what they can let: 2"
    )
    assert figures(park, "occupancy", scope=Scope(sites=("Rabat",), as_of=date(2015, 6, 1))) == [0.5]


def test_dates_known_to_the_month_or_the_year_are_counted() -> None:
    rows = [
        stay(
            "A",
            "Rabat",
            "2015-01-01",
            entered_on_precision="year",
            founded_on=date(2014, 1, 1),
            founded_on_precision="month",
        ),
        stay("B", "Rabat", "2015-03-02", entered_on_precision="day"),
    ]
    assert figures(Park(STATED, tenants=rows), "approximate_dates") == [2]


def test_a_firm_without_an_identifier_is_known_by_its_name() -> None:
    rows = [
        {**stay("001", "Rabat", "2010-01-01", "2011-01-01"), "firm_name": "atlas"},
        {**stay("", "Rabat", "2011-01-01"), "firm_id": None, "firm_name": "atlas"},
        {**stay("", "Rabat", "2012-01-01"), "firm_id": None, "firm_name": "rif"},
    ]
    assert figures(Park(STATED, tenants=rows), "supported", "hosted", "entries") == [2, 2, 2]


def test_a_follow_up_list_tells_what_became_of_tenants_and_adds_no_stay() -> None:
    tenants = [stay("A", "Rabat", "2010-01-01", "2012-01-01", exit_reason="graduated")]
    followed = {
        "firm_id": "A",
        "cohort": "Promo 1",
        "entered_on": date(2009, 9, 1),
        "status": "closed",
        "closed_on": date(2014, 1, 1),
    }
    alone = {"firm_id": "B", "cohort": "Promo 1", "entered_on": date(2009, 9, 1), "graduated_on": date(2010, 6, 1)}
    park = Park(STATED, tenants=tenants, cohorts=[followed, alone])
    assert figures(park, "supported", "hosted", "closed", "alumni") == [2, 0, 1, 1]
    assert ask(park, ["survival_5y"], by=("cohort",))[["cohort", "n", "unknown"]].to_numpy().tolist() == [
        ["Promo 1", 1, 1]
    ]


def test_no_closures_give_a_one_sided_bound() -> None:
    rows = [stay(f"F{n}", "Rabat", "2010-01-01") for n in range(12)]
    row = ask(Park(STATED, tenants=rows), ["survival_km_5y"]).iloc[0]
    assert (row["value"], row["n"], row["at_risk"]) == (1, 12, 12)
    assert row["low"] == pytest.approx(0.05 ** (1 / 12)) and math.isnan(row["high"])
    assert "one-sided" in row["note"]


def test_many_unknown_fates_make_a_rate_indicative() -> None:
    known = [stay(f"F{n}", "Rabat", "2010-01-01") for n in range(8)]
    lost = [stay("L", "Rabat", "2010-01-01", "2012-01-01")]
    row = ask(Park(STATED, tenants=[*known, *lost]), ["survival_5y"]).iloc[0]
    assert (row["value"], row["n"], row["unknown"]) == (1, 8, 1)
    assert row["lower_bound"] == pytest.approx(8 / 9) and row["upper_bound"] == 1
    assert row["note"].startswith("indicative: firms of unknown fate: 1; 88.9% traced")


def test_notes_are_said_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [stay(f"F{n}", "Rabat", "2010-01-01") for n in range(1208)]
    lost = [stay(f"L{n}", "Rabat", "2010-01-01", "2012-01-01") for n in range(1200)]
    park = Park(STATED, tenants=[*known, *lost])
    french = words.of("fr")
    monkeypatch.setattr(french, "_catalogue", gettext.NullTranslations())
    scope = Scope(as_of=date(2030, 1, 1))
    note = ask(park, ["survival_5y"], scope, say=french)["note"].iloc[0]
    assert note.startswith("indicative: firms of unknown fate: 1\u202f200; 50,2\u00a0% traced")
    assert note.endswith("the latest stated day, 25 octobre 2020: what happened since is not known")
    assert "1,200; 50.2% traced" in ask(park, ["survival_5y"], scope)["note"].iloc[0]


def test_every_note_is_said_from_numbers_and_days() -> None:
    """A place says how its value is written, not what: that is the reader's."""
    told: list[tuple[str, dict[str, Any]]] = []

    def say(template: str, /, **places: Any) -> str:
        told.append((template, places))
        return template.format_map(places)

    park = Park(STATED, tenants=[stay("A", "Rabat", "2018-01-01"), stay("B", "Rabat", "2012-01-01", "2013-01-01")])
    for metric in METRICS:
        ask(park, [metric], Scope(as_of=date(2021, 1, 1)), say=say)
    assert {template for template, _ in told} <= {*NOTES.values(), "; "}
    assert told and all(not isinstance(place, str) for _, places in told for place in places.values())


def test_young_cohorts_are_not_yet_observable() -> None:
    park = Park(STATED, tenants=[stay("A", "Rabat", "2018-01-01")])
    for row in ask(park, ["survival_5y", "survival_km_5y"]).to_dict("records"):
        assert math.isnan(row["value"]) and row["note"].startswith("not yet observable")


def test_a_running_period_is_marked_and_stocks_are_read_at_its_end() -> None:
    rows = [stay("A", "Rabat", "2018-03-01", "2019-12-31"), stay("B", "Rabat", "2020-10-01")]
    table = ask(Park(STATED, tenants=rows), ["entries", "hosted"], by=("year",))
    entries = table[table["metric"] == "entries"].set_index("year")
    assert entries["note"].dropna().to_dict() == {"2020": "period not over"}
    hosted = table[table["metric"] == "hosted"].set_index("year")
    assert hosted["value"].to_dict() == {"2018": 1, "2019": 0, "2020": 1}
    assert hosted["note"].isna().tolist() == [True, True, False] and hosted["note"].iloc[-1] == "period not over"
    window = Scope(start=date(2018, 2, 1), end=date(2018, 6, 30))
    cut = ask(Park(STATED, tenants=rows), ["entries"], window, by=("year",)).iloc[0]
    assert cut["note"] == "only the part of the period inside the window asked for"


def test_names_nothing_bears_are_refused_with_the_nearest() -> None:
    park = Park(STATED, tenants=[stay("A", "Casablanca", "2018-03-01")])
    with pytest.raises(Unknown, match="Did you mean survival_5y"):
        ask(park, ["survivall_5y"])
    with pytest.raises(Unknown, match="There is no dimension 'sites'"):
        ask(park, ["hosted"], by=("sites",))
    with pytest.raises(Unknown, match="Did you mean Casablanca"):
        ask(park, ["hosted"], Scope(sites=("Casabalnca",)))
    assert figures(park, "hosted", scope=Scope(sectors=("(none)",))) == [1]


def test_nothing_loaded_is_said() -> None:
    park = Park(STATED)
    assert figures(park, "hosted", "survival_5y", "median_stay", "occupancy") == [0, None, None, None]
    park.stated_on = None
    with pytest.raises(NothingLoaded):
        ask(park, ["hosted"])


def test_one_table_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    park = Park(STATED, tenants=[stay("A", "Rabat", "2018-03-01")])
    asked: list[str] = []
    query = park.query

    def counted(sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        asked.append(sql)
        return query(sql, values)

    monkeypatch.setattr(park, "query", counted)
    ask(park, ["hosted", "supported", "former", "alumni", "closed"])
    assert len(asked) == 1
    ask(park, ["survival_5y", "survival_km_5y", "survival_5y_eurostat"])
    assert len(asked) == 2


def test_values_never_become_part_of_the_statement() -> None:
    nasty = "'; drop table life; --"
    park = Park(STATED, tenants=[stay("A", nasty, "2018-03-01", sector=nasty)])
    assert figures(park, "hosted", "survival_5y_eurostat", scope=Scope(sites=(nasty,), sectors=(nasty,))) == [1, None]
    assert ask(park, ["hosted"], by=("site",))["site"].tolist() == [nasty]


# Files


def test_no_cell_of_a_file_is_a_formula() -> None:
    table = pd.DataFrame({"=1": ["=cmd()", "+1", "-x", "@a", "\tb", "\rc", "plain"], "n": [1.5, 2, None, 4, 5, 6, -7]})
    rows = list(csv.reader(StringIO(write.csv(table).decode(), newline="")))
    assert rows[0] == ["'=1", "n"] and [row[0][0] for row in rows[1:7]] == ["'"] * 6
    assert rows[7] == ["plain", "-7.0"] and rows[3][1] == ""
    sheet = openpyxl.load_workbook(BytesIO(write.xlsx({"Figures": table})))["Figures"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == [1.5, 2, None, 4, 5, 6, -7]


# The command line


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with two lists, the second known a month after the first."""
    folder = tmp_path_factory.mktemp("home")
    warehouse = Warehouse(Home.at(folder))
    lists = [
        (
            "2020-01-31",
            "2020-02-10",
            "Identifiant;Site;Date d'entrée;Date de sortie\n1;Rabat;2012-05-01;\n2;Tanger;2013-07-15;\n",
        ),
        ("2020-02-29", "2020-03-10", "Identifiant;Site;Date d'entrée;Date de sortie\n1;Rabat;2012-05-01;2020-02-15\n"),
    ]
    for stated, known, text in lists:
        file = folder / f"locataires-{stated}.csv"
        file.write_text(text, encoding="utf-8")
        mapping = Mapping.load({"kind": "tenants", "new_sites": True})
        choices = Choices(
            mapping=mapping,
            stated_on=date.fromisoformat(stated),
            known_on=date.fromisoformat(known),
            accept_warnings=True,
            by="test",
        )
        outcome = load(warehouse, file, choices).as_json()
        assert outcome["accepted"], outcome["problems"]
    return folder


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAIM_HOME", str(home))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["show", *arguments, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("here")
def test_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    hosted, rate = shown(capsys, "hosted", "survival_5y", "--by", "site")
    assert hosted == {
        "metric": "hosted",
        "label": "Hosted firms",
        "definition": METRICS["hosted"].says,
        "unit": "firms",
        "as_of": "2020-02-29",
        "known_on": "2020-03-10",
        "scope": {"sites": [], "sectors": [], "cohorts": [], "from": None, "to": None},
        "by": ["site"],
        "rows": [{"site": "Rabat", "value": 0}, {"site": "Tanger", "value": 1}],
    }
    assert rate["rows"][0].items() >= {"site": "Rabat", "value": 1.0, "n": 1, "unknown": 0, "lower_bound": 1.0}.items()
    assert set(rate["rows"][0]) == {
        "site",
        "value",
        "low",
        "high",
        "n",
        "events",
        "unknown",
        "lower_bound",
        "upper_bound",
        "note",
    }


@pytest.mark.usefixtures("here")
def test_show_as_of_and_as_known_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "hosted")[0]["rows"] == [{"value": 1}]
    assert shown(capsys, "hosted", "--as-of", "2020-02-14")[0]["rows"] == [{"value": 2}]
    before = shown(capsys, "hosted", "--known-on", "2020-03-01")[0]
    assert (before["as_of"], before["rows"]) == ("2020-01-31", [{"value": 2}])
    assert shown(capsys, "entries", "--from", "2013-01-01", "--to", "2013-12-31")[0]["rows"][0]["value"] == 1


@pytest.mark.usefixtures("here")
def test_show_as_table_csv_and_workbook(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["show", "survival_5y", "--by", "site,year"]) == 0
    text = capsys.readouterr().out
    assert "as of 2020-02-29" in text and "Five-year survival: Among firms" in text and "100.0%" in text
    assert main(["show", "hosted", "--by", "site", "--format", "csv"]) == 0
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert rows[1] == {
        "metric": "hosted",
        "site": "Tanger",
        "value": "1.0",
        "as_of": "2020-02-29",
        "known_on": "2020-03-10",
    }
    target = tmp_path / "hosted.xlsx"
    assert main(["show", "hosted", "--format", "xlsx", "-o", str(target)]) == 0
    book = openpyxl.load_workbook(target)
    assert book["Figures"]["B2"].value == 1 and book["Definitions"]["C2"].value == METRICS["hosted"].says


@pytest.mark.usefixtures("here")
def test_wrong_use_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "hostd"]) == 2
    assert "Did you mean hosted" in capsys.readouterr().err
    assert main(["show", "hosted", "--site", "Rabatt"]) == 2
    assert "Did you mean Rabat" in capsys.readouterr().err
    assert main(["show", "hosted", "--format", "xlsx"]) == 2
    assert main(["show", "hosted", "--from", "2020-02-01", "--to", "2020-01-01"]) == 2
    with pytest.raises(SystemExit) as stopped:
        main(["show", "hosted", "--as-of", "29/02/2020"])
    assert stopped.value.code == 2


def test_an_empty_ledger_is_said_kindly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "nothing"))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    assert main(["show", "hosted"]) == 3
    assert capsys.readouterr().err == "Nothing is loaded yet: load a list with `python -m data load FILE`.\n"


def test_list() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "metrics", "list", "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = json.loads(done.stdout)
    assert [one["metric"] for one in listed] == list(METRICS)
    assert set(listed[0]) >= {"metric", "label", "definition", "unit", "dimensions", "public"}


def test_a_start_loads_neither_scipy_nor_openpyxl() -> None:
    code = "import sys, metrics.__main__; print([name for name in ('scipy', 'openpyxl') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_day_after_everything_stated_is_said_to_be_one() -> None:
    park = Park(date(2020, 10, 25), tenants=[{"firm_id": "F", "site": "A", "entered_on": date(2019, 1, 1)}])
    table = ask(park, ["hosted", "entries", "survival_5y"], Scope(as_of=date(2030, 1, 1)))
    assert all("after the latest stated day, 2020-10-25" in note for note in table["note"])
    assert ask(park, ["hosted"], Scope())["note"].isna().all()


def test_the_founding_clock_says_nothing_where_an_early_closure_empties_it() -> None:
    founded = [{"firm_id": "new", "site": "A", "founded_on": date(2010, 1, 1), "entered_on": date(2010, 1, 1)}]
    founded[0] |= {"closed_on": date(2010, 1, 11), "left_on": date(2010, 1, 11)}
    older = [
        {"firm_id": f"F{i}", "site": "A", "founded_on": date(2008, 1, 1), "entered_on": date(2010, 1, 1)}
        for i in range(29)
    ]
    answer = ask(Park(date(2018, 6, 30), tenants=founded + older), ["survival_km_5y_founded"]).iloc[0]
    assert pd.isna(answer["value"]) and "fewer than 10 were at risk" in answer["note"]


def test_outcomes_are_refused_where_closures_have_no_date() -> None:
    rows = [{"firm_id": f"F{i}", "site": "A", "entered_on": date(2010, 1, 1)} for i in range(12)]
    park = Park(
        date(2018, 6, 30), tenants=[{**row, "status": "closed"} if i < 6 else row for i, row in enumerate(rows)]
    )
    table = ask(park, ["survival_outcomes"])
    assert table["value"].isna().all() and table["note"].str.contains("6 of 6 known closures have no date").all()


def test_a_closure_surely_within_five_years_counts_though_its_day_is_unknown() -> None:
    rows = [{"firm_id": f"F{i}", "site": "A", "entered_on": date(2010, 1, 1)} for i in range(30)]
    for i, row in enumerate(rows):
        row |= {"closed_on": date(2011, 1, 1)} if i < 18 else {}
        row |= {"status": "closed", "status_on": date(2012, 1, 1)} if 18 <= i < 20 else {}
    table = ask(Park(date(2018, 6, 30), tenants=rows), ["survival_5y", "survival_km_5y"]).set_index("metric")
    assert table["value"].to_dict() == pytest.approx({"survival_5y": 1 / 3, "survival_km_5y": 1 / 3}, abs=1e-12)


def test_every_metric_has_its_object_even_without_rows(capsys: pytest.CaptureFixture[str]) -> None:
    park = Park(date(2020, 10, 25), tenants=[{"firm_id": "F", "site": "A", "entered_on": date(2019, 1, 1)}])
    scope = Scope()
    objects = as_json(ask(park, ["exits", "hosted"], scope, ["site"]), scope, ["site"])
    assert [(one["metric"], len(one["rows"])) for one in objects] == [("exits", 0), ("hosted", 1)]


def test_an_entry_moved_behind_the_exit_that_an_earlier_list_gave_leaves_a_stay_of_no_day() -> None:
    row = {
        "firm_id": "1",
        "firm_name": "Un",
        "site": "Rabat",
        "entered_on": date(2017, 1, 1),
        "left_on": date(2016, 1, 1),
    }
    other = {"firm_id": "2", "firm_name": "Deux", "site": "Rabat", "entered_on": date(2016, 1, 1)}
    park = Park(date(2020, 10, 25), tenants=[row, other])
    assert figures(park, "hosted", "former") == [1, 1]
    assert ask(park, ["median_stay"])["n"].tolist() == [2]
    assert park.query("select until - day as days from stay where until is not null")["days"].tolist() == [0]
