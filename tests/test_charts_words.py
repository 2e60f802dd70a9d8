"""What titles and alternative texts say of a figure is what its numbers are, worked out here once more."""

from __future__ import annotations

import io
import math
import re
from datetime import date
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import words
from charts import bars, curve, estimates, life, lines, map, triangle
from charts.chart import Chart, Source
from charts.theme import Look
from metrics import METRICS
from publish import tables
from words import Words

SITES = ("Casablanca", "Rabat", "Tanger", "Agadir")
LOOK = Look(sites=SITES)
AS_OF = date(2020, 10, 25)
ENGLISH = words.of("en")
readers = st.sampled_from([ENGLISH, words.of("fr")])
MONTHS = pd.period_range("2019-11", "2020-10", freq="M").astype(str).tolist()
FIRST = date(2019, 11, 1)


def answer(rows: list[dict[str, Any]], *columns: str) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(columns))
    table.attrs["as_of"] = AS_OF
    return table


def number(text: str) -> float:
    return float(text.replace(",", ""))


def said(chart: Chart) -> str:
    """The alternative text, its colons as English sets them."""
    return re.sub("[\u00a0\u202f]:", ":", chart.alt)


def has(t: Words, text: str, value: float) -> bool:
    """Whether a text names a count, as a number of its own."""
    number_of_its_own = rf"(?<!\d)(?<!\d[.,\u202f]){re.escape(t.count(value))}(?!\d|[.,\u202f]\d)"
    return re.search(number_of_its_own, text) is not None


@st.composite
def entries(draw: st.DrawFn, by: str = "site") -> pd.DataFrame:
    """Counts in some months of some sites, at least one of them not 0."""
    rows = [
        {by: site, "month": month, "value": float(draw(st.integers(0, 2000)))}
        for site in draw(st.lists(st.sampled_from(SITES), min_size=2, max_size=4, unique=True))
        for month in draw(st.lists(st.sampled_from(MONTHS), min_size=1, max_size=5, unique=True))
    ]
    rows[0]["value"] += 1
    return answer(rows, by, "month", "value")


@given(entries(), readers)
@settings(deadline=None, max_examples=50)
def test_entries_by_site_name_the_largest_its_part_and_the_whole(table: pd.DataFrame, t: Words) -> None:
    chart = bars.by_period(
        table, t, LOOK, metric=METRICS["entries"], by="site", period="month", first=FIRST, last=AS_OF
    )
    sums = table.groupby("site")["value"].sum()
    leading = set(sums[sums == sums.max()].index)
    assert {site for site in SITES if site in chart.title} == leading
    assert has(t, chart.title, sums.max()) and has(t, chart.title, sums.sum())
    assert t.day(FIRST) in chart.title and t.day(AS_OF) in chart.title
    for site, part in sums.items():
        assert f"{site}: {t.count(part)}" in said(chart)
    by_month = table.groupby("month")["value"].sum().reindex(MONTHS, fill_value=0)
    for value, month in (
        (by_month.min(), by_month.idxmin()),
        (by_month.max(), by_month.idxmax()),
        (by_month.iloc[-1], MONTHS[-1]),
    ):
        assert t.period(str(month)) in said(chart) and has(t, said(chart), value)
    # The figure and the table hold the same numbers.
    drawn = sum(sum(trace["y"]) for trace in chart.figure.to_dict()["data"])
    assert drawn == chart.table[chart.table.columns[-1]].sum() == table["value"].sum()
    assert len(chart.table) == len(MONTHS) * table["site"].nunique()
    if t is ENGLISH and len(leading) == 1:
        found = re.fullmatch(
            r"(.+) comes first with ([\d,]+) of ([\d,]+) (?:entries|entry) at the sites, "
            r"1 November 2019 to 25 October 2020",
            chart.title,
        )
        assert found and (found[1], number(found[2]), number(found[3])) == (*leading, sums.max(), sums.sum())


@given(entries(), readers)
@settings(deadline=None, max_examples=40)
def test_entries_together_name_the_whole_and_the_month_with_the_most(table: pd.DataFrame, t: Words) -> None:
    together = table.groupby("month")["value"].sum().reset_index()
    together.attrs = {"as_of": AS_OF}
    metric = METRICS["entries"]
    chart = bars.by_period(together, t, LOOK, metric=metric, by=None, period="month", first=FIRST, last=AS_OF)
    best = together["value"].max()
    assert has(t, chart.title, table["value"].sum()) and has(t, chart.title, best)
    earliest = min(together.loc[together["value"] == best, "month"])
    assert t.period(earliest) in chart.title


def test_nothing_counted_says_none() -> None:
    table = answer([{"site": "Rabat", "month": "2020-09", "value": 0.0}], "site", "month", "value")
    chart = bars.by_period(table, ENGLISH, LOOK, metric=METRICS["exits"], by="site", first=FIRST, last=AS_OF)
    assert chart.title == "Exits: none from 1 November 2019 to 25 October 2020"


def test_nobody_in_the_scope_is_said_in_the_middle_of_no_axes() -> None:
    table = answer([], "site", "month", "value")
    chart = bars.by_period(table, ENGLISH, LOOK, metric=METRICS["entries"], by="site")
    assert chart.title == chart.alt == "Entries: none, up to 25 October 2020"
    assert chart.figure.to_dict()["layout"]["annotations"][0]["text"] == chart.title
    assert list(chart.table.columns) == ["Month", "Site", "Entries"] and chart.table.empty


values = st.dictionaries(st.sampled_from(SITES), st.integers(0, 5000).map(float), min_size=2)


@given(values, readers)
@settings(deadline=None, max_examples=50)
def test_a_ranking_names_who_comes_first_and_lists_all(found: dict[str, float], t: Words) -> None:
    table = answer([{"site": site, "value": value} for site, value in found.items()], "site", "value")
    chart = bars.ranked(table, t, LOOK, metric=METRICS["hosted"], by="site")
    best = max(found.values())
    if best > 0:
        assert {site for site in SITES if site in chart.title} == {site for site in found if found[site] == best}
        assert has(t, chart.title, best) and t.day(AS_OF) in chart.title
        # Sites share firms: their sum is nobody's number.
        assert sum(found.values()) == best or not has(t, chart.title.replace(t.day(AS_OF), ""), sum(found.values()))
    shown = [
        f"{site}: {t.count(found[site])}" for site in sorted(found, key=lambda one: (-found[one], SITES.index(one)))
    ]
    at = [said(chart).index(text) for text in shown]
    assert at == sorted(at)
    assert chart.table["Site" if t is ENGLISH else chart.table.columns[0]].tolist() == [
        one.split(":")[0] for one in shown
    ]


@given(values.filter(lambda found: max(found.values()) > 0), readers)
@settings(deadline=None, max_examples=40)
def test_a_ranking_by_sector_names_the_part_of_the_whole(found: dict[str, float], t: Words) -> None:
    table = answer([{"sector": name, "value": value} for name, value in found.items()], "sector", "value")
    chart = bars.ranked(table, t, LOOK, metric=METRICS["hosted"], by="sector")
    assert has(t, chart.title, max(found.values())) and has(t, chart.title, sum(found.values()))
    for name, value in found.items():
        assert f"{name}: {t.count(value)} ({t.share(value / sum(found.values()), 0)})" in said(chart)


@given(st.dictionaries(st.sampled_from(SITES), st.floats(0, 1), min_size=2), readers)
@settings(deadline=None, max_examples=40)
def test_shares_ranked_name_the_highest_and_the_lowest(found: dict[str, float], t: Words) -> None:
    table = answer([{"site": site, "value": value} for site, value in found.items()], "site", "value")
    chart = bars.ranked(table, t, LOOK, metric=METRICS["occupancy"], by="site")
    assert t.share(max(found.values())) in chart.title and t.share(min(found.values())) in chart.title
    for site, value in found.items():
        assert f"{site}: {t.share(value)}" in said(chart)


@given(st.lists(st.integers(0, 300), min_size=2, max_size=15), readers)
@settings(deadline=None, max_examples=40)
def test_windows_name_the_change_on_the_year_before(counted: list[int], t: Words) -> None:
    years = range(2021 - len(counted), 2021)
    rows = [
        {
            "year": year,
            "first": date(year, 4, 1),
            "last": date(year, 10, 25),
            "value": float(n),
            "low": n * 0.7,
            "high": n + 4.0,
        }
        for year, n in zip(years, counted, strict=True)
    ]
    table = answer(rows, "year", "first", "last", "value", "low", "high")
    chart = bars.windows(table, t, LOOK, metric=METRICS["entries"])
    now, before = counted[-1], counted[-2]
    assert has(t, chart.title, now) and t.day(date(2020, 4, 1)) in chart.title and t.day(AS_OF) in chart.title
    assert "2019" in chart.title
    if now != before:
        assert t.signed(now - before) in chart.title and has(t, chart.title, before)
    assert has(t, said(chart), max(counted)) and has(t, said(chart), min(counted))
    assert t.number(now * 0.7) in said(chart) and t.number(now + 4.0) in said(chart)
    bars_drawn = chart.figure.to_dict()["data"][0]
    assert bars_drawn["y"] == counted
    assert bars_drawn["error_y"]["array"] == [4.0] * len(counted)


@st.composite
def levels(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for site in draw(st.lists(st.sampled_from(SITES), min_size=2, max_size=4, unique=True)):
        for year in range(draw(st.integers(2001, 2019)), 2021):
            rows.append({"site": site, "year": str(year), "value": float(draw(st.integers(1, 3000)))})
    return answer(rows, "site", "year", "value")


@given(levels(), readers)
@settings(deadline=None, max_examples=40)
def test_lines_name_who_is_first_at_the_end_and_each_ones_course(table: pd.DataFrame, t: Words) -> None:
    last = table[table["year"] == "2020"].set_index("site")["value"]
    for form in (lines.trend, lines.multiples):
        chart = form(table, t, LOOK, metric=METRICS["hosted"], by="site", period="year", last=AS_OF)
        leading = set(last[last == last.max()].index)
        assert {site for site in SITES if site in chart.title} == leading
        assert has(t, chart.title, last.max()) and t.day(AS_OF) in chart.title
        if len(leading) == 1:
            own = table[table["site"] == next(iter(leading))].sort_values("year").iloc[0]
            assert has(t, chart.title, own["value"]) and own["year"] in chart.title
        for site, rows in table.groupby("site"):
            course = said(chart)[said(chart).index(str(site)) :]
            for value in (rows["value"].iloc[0], rows["value"].max(), rows["value"].iloc[-1]):
                assert has(t, course, value)
        assert len(chart.table) == len(table)
        assert sorted(chart.table[chart.table.columns[-1]]) == sorted(table["value"])


@given(levels(), readers)
@settings(deadline=None, max_examples=40)
def test_the_mix_names_the_largest_share_now_and_then(table: pd.DataFrame, t: Words) -> None:
    wide = table.pivot(index="year", columns="site", values="value").fillna(0)
    shares = wide.div(wide.sum(axis=1), axis=0)
    chart = lines.mix(table, t, LOOK, metric=METRICS["hosted"], by="site", period="year", last=AS_OF)
    now = {str(site): float(shares[site].iloc[-1]) for site in shares.columns}
    largest = [site for site in SITES if site in chart.title]
    assert len(largest) == 1 and math.isclose(now[largest[0]], max(now.values()))
    assert t.share(now[largest[0]], 0) in chart.title
    if len(shares) > 1:
        assert t.share(float(shares[largest[0]].iloc[0]), 0) in chart.title
    for site, share in now.items():
        assert f"{site}: {t.share(share)}" in said(chart)
    drawn = pd.DataFrame([trace["y"] for trace in chart.figure.to_dict()["data"]]).sum()
    assert drawn.to_list() == pytest.approx([100] * len(drawn))


@st.composite
def survived(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for site in draw(st.lists(st.sampled_from(SITES), min_size=1, max_size=3, unique=True)):
        left, share = draw(st.integers(12, 400)), 1.0
        n = left
        for age in [0, *sorted(draw(st.sets(st.integers(1, 4000), min_size=1, max_size=9)))]:
            events = 0 if age == 0 else draw(st.integers(0, min(3, left)))
            share *= 1 - events / left
            rows.append(
                {"site": site, "age_days": float(age), "value": share, "low": share * 0.9, "high": min(share * 1.1, 1)}
                | {"at_risk": float(left), "n": float(n), "events": float(events), "note": None}
            )
            left = max(left - events - draw(st.integers(0, 40)), 1)
    return answer(rows, "site", "age_days", "value", "low", "high", "at_risk", "n", "events", "note")


def at_five(rows: pd.DataFrame) -> float | None:
    """The share after 1,826 days of a curve that ends with the last row of ten at risk."""
    few = (rows["at_risk"] < 10).to_numpy()
    read = rows.iloc[: int(few.argmax()) if few.any() else len(rows)]
    if len(read) < 2 or read["age_days"].iloc[-1] < 1826:
        return None
    return float(read.loc[read["age_days"] <= 1826, "value"].iloc[-1])


@given(survived(), readers)
@settings(deadline=None, max_examples=50)
def test_curves_name_the_share_after_five_years_and_where_they_end(table: pd.DataFrame, t: Words) -> None:
    found = {site: at_five(rows) for site, rows in table.groupby("site", sort=False)}
    known = {site: share for site, share in found.items() if share is not None}
    chart = curve.survival(table, t, LOOK, metric=METRICS["survival_curve"], by="site")
    for share in (max(known.values()), min(known.values())) if known else ():
        assert t.share(share) in chart.title
    for site, rows in table.groupby("site", sort=False):
        read = rows[(rows["at_risk"] >= 10).cummin()]
        if len(read) < 2:
            continue
        own = said(chart)[said(chart).index(f"{site}, ") :].split(". ")[0]
        assert has(t, own, rows["n"].iloc[0])
        assert t.share(read["value"].iloc[-1]) in own
        assert t.number(read["age_days"].iloc[-1] / 365.25, 1) in own
        if site in known:
            assert t.share(known[site]) in own
    # Nothing is drawn beyond the last row with ten at risk, and nothing of fewer.
    for trace in chart.figure.to_dict()["data"]:
        if trace.get("mode") == "lines+markers":
            own_rows = table[table["site"] == trace["customdata"][0][0]]
            read = own_rows[(own_rows["at_risk"] >= 10).cummin()]
            assert max(trace["x"]) <= min(read["age_days"].iloc[-1] / 365.25, 10) + 0.001
            assert min(trace["y"]) >= 100 * read["value"].min() - 0.001


@given(survived(), readers)
@settings(deadline=None, max_examples=50)
def test_no_number_at_risk_is_too_large_and_those_of_a_row_are_exact(table: pd.DataFrame, t: Words) -> None:
    """Between two rows of an answer at least as many are at risk as in the later one."""
    chart = curve.survival(table, t, LOOK, metric=METRICS["survival_curve"], by="site")
    for trace in chart.figure.to_dict()["data"]:
        if trace.get("mode") != "text":
            continue
        rows = table[table["site"] == trace["customdata"][0][0]]
        rows = rows[(rows["at_risk"] >= 10).cummin()]
        for year, text in zip(trace["x"], trace["text"], strict=True):
            day = int(year * 365.25)
            after = rows[rows["age_days"] >= day]
            if after.empty:
                assert text == ""
            elif after["age_days"].iloc[0] == day:
                assert text == t.count(after["at_risk"].iloc[0])
            else:
                assert text == "≥" + t.count(after["at_risk"].iloc[0])


def test_rows_at_whole_years_carry_a_curve_on_and_make_numbers_exact() -> None:
    """The metric of whole years beside the curve's: known beyond the last closure, as far as ten are at risk."""
    curved = [(0.0, 1.0, 40.0, 0.0), (500.0, 0.9, 30.0, 3.0), (3000.0, 0.9, 1.0, 0.0)]
    yearly = [(365.0, 1.0, 35.0, 0.0), (730.0, 0.9, 26.0, 3.0), (1826.0, 0.9, 11.0, 3.0), (2191.0, 0.9, 9.0, 3.0)]
    rows = [
        {"metric": name, "age_days": age, "value": share, "low": 0.8, "high": 0.97, "at_risk": at_risk, "n": 40.0}
        | {"events": events, "note": None}
        for name, own in (("survival_curve", curved), ("survival_km_years", yearly))
        for age, share, at_risk, events in own
    ]
    columns = ["metric", "age_days", "value", "low", "high", "at_risk", "n", "events", "note"]
    chart = curve.survival(answer(rows, *columns), ENGLISH, LOOK, metric=METRICS["survival_curve"])
    assert chart.title.startswith("90.0% of firms are in activity five years after entry")
    drawn = {trace["mode"]: trace for trace in chart.figure.to_dict()["data"] if "mode" in trace}
    assert max(drawn["lines+markers"]["x"]) == pytest.approx(1826 / 365.25, abs=0.001)
    told = dict(zip(drawn["text"]["x"], drawn["text"]["text"], strict=True))
    assert (told[0], told[1], told[2], told[5], told[6]) == ("40", "35", "26", "11", "")
    assert len(chart.table) == len(curved)


@given(st.lists(st.floats(0.01, 0.9), min_size=5, max_size=5), readers)
@settings(deadline=None, max_examples=30)
def test_endings_name_the_shares_of_the_latest_age(parts: list[float], t: Words) -> None:
    outcomes = ("closed", "merged", "left", "untraced", "hosted")
    share = {outcome: part / sum(parts) for outcome, part in zip(outcomes, parts, strict=True)}
    rows = [
        {"age_days": age, "outcome": outcome, "value": value if age == 1095 else math.nan if age > 1095 else 0.2}
        | {"at_risk": 40.0}
        for age in (365.0, 730.0, 1095.0, 1461.0)
        for outcome, value in share.items()
    ]
    table = answer(rows, "age_days", "outcome", "value", "at_risk")
    chart = curve.outcomes(table, t, LOOK, metric=METRICS["survival_outcomes"])
    assert chart.title.startswith("3 ")
    for told in (share["hosted"], share["left"] + share["untraced"], share["closed"]):
        assert t.share(told, 0) in chart.title
    for told in share.values():
        assert t.share(told) in said(chart)
    assert len(chart.table) == 15


@given(st.lists(st.floats(0.3, 0.99), min_size=2, max_size=4), readers)
@settings(deadline=None, max_examples=40)
def test_estimators_name_the_headline_and_the_range_of_the_others(shares: list[float], t: Words) -> None:
    asked = ["survival_5y", "survival_km_5y", "survival_5y_eurostat", "survival_km_5y_left"][: len(shares)]
    rows = [
        {"metric": name, "value": share, "low": share - 0.05, "high": share + 0.01, "lower_bound": share - 0.1}
        | {"upper_bound": 1.0, "n": 50.0, "note": None}
        for name, share in zip(asked, shares, strict=True)
    ]
    table = answer(rows, "metric", "value", "low", "high", "lower_bound", "upper_bound", "n", "note")
    chart = estimates.estimates(table, t, LOOK, metric=METRICS["survival_5y"])
    for share in (shares[0], min(shares[1:]), max(shares[1:])):
        assert t.share(share) in chart.title
    for name, share in zip(asked, shares, strict=True):
        own = said(chart)[said(chart).index(f"{t(METRICS[name].label)}: ") :]
        for told in (share, share - 0.05, share + 0.01, share - 0.1):
            assert t.share(told) in own


@given(st.lists(st.floats(0.2, 1.0), min_size=1, max_size=8), readers)
@settings(deadline=None, max_examples=40)
def test_the_triangle_names_the_range_after_five_years_among_ten_firms_or_more(shares: list[float], t: Words) -> None:
    rows = [
        {
            "year": str(2005 + place),
            "age": float(age),
            "value": share if age == 5 else 0.5,
            "n": 9.0 if place == 0 else 30.0,
        }
        for place, share in enumerate(shares)
        for age in range(1, 11)
    ]
    table = answer(rows, "year", "age", "value", "n")
    chart = triangle.triangle(table, t, LOOK, metric=METRICS["survival_by_age"], by="year")
    sure = shares[1:] or shares
    assert t.share(min(sure), 0) in chart.title and t.share(max(sure), 0) in chart.title
    if len(sure) == 1 or t.share(max(sure), 0) != t.share(min(sure), 0):
        assert str(2005 + len(shares) - len(sure) + sure.index(max(sure))) in chart.title
    for place, share in enumerate(shares):
        own = said(chart)[said(chart).rindex(f"{2005 + place}") :].split(". ")[0]
        assert t.share(share) in own


def test_cells_not_lived_through_are_hatched_and_those_of_few_firms_pale() -> None:
    rows = [
        {"year": year, "age": float(age), "value": value, "n": n, "note": note}
        for year, age, value, n, note in [
            ("2014", 1, 0.9, 40.0, None),
            ("2014", 2, 0.8, 40.0, None),
            ("2015", 1, 0.7, 6.0, None),
            ("2015", 2, math.nan, 0.0, "not yet observable: 6 of 6 have not reached this age"),
        ]
    ]
    table = answer(rows, "year", "age", "value", "n", "note")
    chart = triangle.triangle(table, ENGLISH, LOOK, metric=METRICS["survival_by_age"], by="year")
    traces = chart.figure.to_dict()["data"]
    hatched = [trace for trace in traces if trace.get("marker", {}).get("pattern")]
    assert [one["customdata"] for one in hatched] == [
        [["2015", "2015", 2, "Not yet observable: 6 of 6 have not reached<br>this age."]]
    ]
    full = next(trace for trace in traces if isinstance(trace.get("marker", {}).get("color"), list))
    assert [custom[:3] for custom in full["customdata"]] == [["2014", "2014", 1], ["2014", "2014", 2]]
    assert full["text"] == ["90", "80"]
    assert any("Hatched" in note for note in chart.notes) and any("fewer than 10" in note for note in chart.notes)


@given(values.filter(lambda found: max(found.values()) > 0), readers)
@settings(deadline=None, max_examples=40)
def test_the_map_names_the_largest_and_the_sites_it_cannot_show(found: dict[str, float], t: Words) -> None:
    positions: dict[str, tuple[float, float] | None] = {
        "Casablanca": (33.57, -7.59), "Rabat": (34.02, -6.84), "Tanger": None, "Agadir": (30.43, -9.6)
    }  # fmt: skip
    table = answer([{"site": site, "value": value} for site, value in found.items()], "site", "value")
    chart = map.sites(table, t, LOOK, metric=METRICS["hosted"], positions=positions)
    if list(found) == ["Tanger"] or not any(positions[site] for site in found):
        assert all(site in chart.title for site in found)
        return
    best = max(found.values())
    assert {site for site in SITES if site in chart.title} == {site for site in found if found[site] == best}
    assert has(t, chart.title, best)
    assert ("Tanger" in chart.notes[0]) == ("Tanger" in found)
    circles = chart.figure.to_dict()["data"][-1]
    for site, value in found.items():
        if site != "Tanger":
            assert f"{site}: {t.count(value)}" in said(chart)
            place = [custom[0] for custom in circles["customdata"]].index(site)
            assert (circles["y"][place], circles["x"][place]) == positions[site]
    areas = {
        c[0]: size**2 for c, size in zip(circles["customdata"], circles["marker"]["size"], strict=True) if size > 6
    }
    drawn = {site: value for site, value in found.items() if site in areas}
    ratios = [areas[site] / value for site, value in drawn.items()]
    assert not ratios or max(ratios) == pytest.approx(min(ratios))


def test_a_line_of_life_tells_every_stay_and_event() -> None:
    stays = pd.DataFrame(
        [
            {
                "site": "Rabat",
                "entered_on": date(2012, 5, 1),
                "left_on": date(2016, 3, 31),
                "open": False,
                "seen_on": None,
            },
            {
                "site": "Tanger",
                "entered_on": date(2016, 4, 1),
                "left_on": None,
                "open": True,
                "seen_on": date(2019, 9, 1),
            },
        ],
        dtype=object,
    )
    events = pd.DataFrame([{"day": date(2011, 2, 3), "event": "founded", "site": None, "detail": None}], dtype=object)
    for t in (ENGLISH, words.of("fr")):
        chart = life.life(stays, t, LOOK, firm="Azrnalia", events=events, as_of=AS_OF)
        assert "Azrnalia" in chart.title and "Tanger" in chart.title and "Rabat" not in chart.title
        assert t.day(date(2012, 5, 1)) in chart.title and t.day(AS_OF) in chart.title
        for day in (date(2012, 5, 1), date(2016, 3, 31), date(2016, 4, 1), date(2011, 2, 3)):
            assert t.day(day) in said(chart)
        drawn = [trace for trace in chart.figure.to_dict()["data"] if trace["type"] == "bar"]
        hatched = [trace for trace in drawn if trace["marker"]["pattern"]["shape"]]
        assert [trace["base"] for trace in hatched] == [["2019-09-01"]]
        assert len(chart.table) == 3


def test_why_there_is_nothing_is_what_is_true() -> None:
    """No event in these days, what the answer notes, or nobody: never that a scope full of firms has none."""
    none = answer([], "site", "month", "value")
    days: dict[str, Any] = {"by": "site", "first": FIRST, "last": AS_OF}
    chart = bars.by_period(none, ENGLISH, LOOK, metric=METRICS["exits"], **days)
    assert chart.title == "Exits: none from 1 November 2019 to 25 October 2020"
    none.attrs.clear()
    assert bars.ranked(none, ENGLISH, LOOK, metric=METRICS["exits"]).title == "Exits: none in this period"
    assert bars.ranked(none, ENGLISH, LOOK, metric=METRICS["hosted"]).title == "Hosted firms: no firm in this scope"
    why = "no list gives what the site can let"
    table = answer([{"site": "Rabat", "value": math.nan, "note": why}], "site", "value", "note")
    for form in (map.sites, bars.ranked):
        chart = form(table, ENGLISH, LOOK, metric=METRICS["occupancy"])
        assert chart.title == f"{ENGLISH(METRICS['occupancy'].label)}: {why}"
    assert lines.trend(none, ENGLISH, LOOK, metric=METRICS["hosted"], **days).title.endswith("no firm in this scope")


def test_a_long_sentence_about_nothing_is_wrapped_and_names_three() -> None:
    rows = [{"site": f"A rather long name of site {place}", "value": 1.0} for place in range(9)]
    chart = map.sites(answer(rows, "site", "value"), ENGLISH, LOOK, metric=METRICS["hosted"])
    shown = chart.figure.to_dict()["layout"]["annotations"][0]["text"].split("<br>")
    assert len(shown) > 1 and all(len(line) <= 44 for line in shown)
    assert " ".join(shown) == chart.title and chart.title.endswith("site 2, and 6 others")


def test_the_map_says_the_day_its_stocks_are_read_on() -> None:
    positions: dict[str, tuple[float, float] | None] = dict.fromkeys(SITES, (33.0, -7.0))
    for found in ({"Rabat": 3.0, "Tanger": 3.0}, {"Rabat": 4.0, "Tanger": 3.0}, {"Rabat": 2.0}):
        table = answer([{"site": site, "value": value} for site, value in found.items()], "site", "value")
        for metric in (METRICS["hosted"], METRICS["occupancy"]):
            chart = map.sites(
                table, ENGLISH, LOOK, metric=metric, positions=positions, as_of=AS_OF, last=date(2019, 12, 31)
            )
            for text in (chart.title, chart.alt):
                assert "31 December 2019" in text and "2020" not in text


def fates(shares: dict[tuple[str, int], tuple[float, float, float]]) -> pd.DataFrame:
    rows = [
        {"year": year, "age": float(age), "value": value, "n": n, "unknown": unknown}
        for (year, age), (value, n, unknown) in shares.items()
    ]
    return answer(rows, "year", "age", "value", "n", "unknown")


def test_a_share_with_many_unknown_fates_is_pale_and_no_headline() -> None:
    metric = METRICS["survival_by_age"]
    # One unknown of ten is not more than a tenth; two of eleven are.
    table = fates({("2010", 5): (0.2, 40, 9), ("2011", 5): (0.8, 90, 10), ("2012", 5): (0.9, 9, 1)})
    table.loc[len(table)] = {"year": "2013", "age": 5.0, "value": 0.7, "n": 40.0, "unknown": 0.0}
    chart = triangle.triangle(table, ENGLISH, LOOK, metric=metric, by="year")
    assert chart.title == "5 years after entry, from 70% (2013) to 80% (2011) of the firms are in activity"
    traces = chart.figure.to_dict()["data"]
    pale = next(trace for trace in traces if "%{customdata[5]}" in trace.get("hovertemplate", ""))
    signs = {custom[0]: custom[5] for custom in pale["customdata"]}
    assert set(signs) == {"2010", "2012"} and "Indicative" in signs["2010"] and not signs["2012"]
    assert "2010: 5 years: 20.0% (indicative)" in chart.alt
    assert chart.table["Note"].fillna("").tolist() == ["indicative", "", "", ""]
    assert [note for note in chart.notes if note.startswith("Pale:")] == [
        "Pale: a share of fewer than 10 firms, or only indicative: more than 10% of the fates unknown."
    ]
    only = triangle.triangle(table[:1], ENGLISH, LOOK, metric=metric, by="year")
    assert only.title == "Survival by age: indicative only, more than 10% of the fates unknown"
    assert "20" not in only.title.replace("2010", "")


def test_an_indicative_headline_says_so() -> None:
    rows = [
        {"metric": name, "value": value, "n": 80.0, "unknown": unknown, "note": None}
        for name, value, unknown in [("survival_5y", 0.88, 9.0), ("survival_km_5y", 0.9, math.nan)]
    ]
    for unknown, said_so in ((9.0, " (indicative)"), (8.0, "")):
        rows[0]["unknown"] = unknown
        table = answer(rows, "metric", "value", "n", "unknown", "note")
        chart = estimates.estimates(table, ENGLISH, LOOK, metric=METRICS["survival_5y"])
        assert f"88.0%{said_so}; by another definition, 90.0%" in chart.title


def test_the_range_of_the_curves_is_that_of_all_groups() -> None:
    """Of many groups the largest are drawn; a small one may be the lowest."""
    rows = [
        {"cohort": f"C{place:02d}", "age_days": age, "value": share, "low": share - 0.01, "high": share + 0.01}
        | {"at_risk": 100.0 - place, "n": 100.0 - place, "events": 0.0, "note": None}
        for place in range(12)
        for age, share in ((0.0, 1.0), (2000.0, 0.9 - place / 20))
    ]
    for row in rows:
        row["age_days"] = min(float(str(row["age_days"])), 1826.0)
    table = answer(rows, "cohort", "age_days", "value", "low", "high", "at_risk", "n", "events", "note")
    chart = curve.survival(table, ENGLISH, LOOK, metric=METRICS["survival_curve"], by="cohort")
    assert "35.0% (C11) to 90.0% (C00)" in chart.title


def test_the_headline_of_endings_is_of_ten_at_least() -> None:
    def rows(*risks: float) -> pd.DataFrame:
        return answer(
            [
                {"age_days": 365.25 * (place + 1), "outcome": outcome, "value": 0.2, "at_risk": risk}
                for place, risk in enumerate(risks)
                for outcome in ("closed", "merged", "left", "untraced", "hosted")
            ],
            *("age_days", "outcome", "value", "at_risk"),
        )

    metric = METRICS["survival_outcomes"]
    assert curve.outcomes(rows(40, 10, 9), ENGLISH, LOOK, metric=metric).title.startswith("2 years after")
    chart = curve.outcomes(rows(9), ENGLISH, LOOK, metric=metric)
    assert chart.title.endswith("fewer than 10 at risk at every age") and "1 year to 1 year" not in chart.alt


def test_no_comparison_of_a_thing_with_itself() -> None:
    years = {str(year): 54.0 for year in range(2004, 2021)}
    rows = [{"sector": "Health", "year": year, "value": value} for year, value in years.items()]
    table = answer(rows, "sector", "year", "value")
    hosted: dict[str, Any] = {"metric": METRICS["hosted"], "by": "sector", "period": "year", "last": AS_OF}
    assert lines.mix(table, ENGLISH, LOOK, **hosted).title == "Hosted firms: Health has 100% in 2020"
    assert "Health: 54 in 2004, 54 in 2020." in lines.trend(table, ENGLISH, LOOK, **hosted).alt
    now = lines.trend(table[table["year"] == "2020"], ENGLISH, LOOK, **hosted).alt
    assert "Hosted firms in 2020." in now and "from 2020 to 2020" not in now
    same = answer([{"site": site, "value": 1 - at / 1e5} for at, site in enumerate(SITES)], "site", "value")
    assert "100.0% for each" in bars.ranked(same, ENGLISH, LOOK, metric=METRICS["occupancy"], by="site").title
    flow = answer([{"month": month, "value": 3.0} for month in MONTHS], "month", "value")
    tied = answer([{"month": month, "value": 17.0} for month in MONTHS[:2]], "month", "value")
    entered: dict[str, Any] = {"metric": METRICS["entries"], "by": None, "period": "month", "last": AS_OF}
    assert "the most in Nov 2019 among others: 3" in bars.by_period(flow, ENGLISH, LOOK, first=FIRST, **entered).title
    chart = bars.by_period(tied, ENGLISH, LOOK, first=date(2019, 1, 1), **entered)
    assert "the most 17 (Nov 2019 among others)" in chart.alt


def test_years_and_shares_are_numbers_in_a_workbook() -> None:
    """Years count as such, shares are shown as percentages, years of activity among them are not."""

    def cells(chart: Chart, heading: str) -> list[tuple[Any, str]]:
        source = Source((), "All.", AS_OF, AS_OF, "Essaim", AS_OF)
        page = openpyxl.load_workbook(io.BytesIO(tables.xlsx(chart, ENGLISH, source)))["Numbers"]
        column = next(one for one in page.columns if one[0].value == heading)
        return [(cell.value, cell.number_format) for cell in column[1:]]

    table = fates({("2010", 5): (0.75, 40, 0), ("2011", 5): (1.0, 90, 0)})
    chart = triangle.triangle(table, ENGLISH, LOOK, metric=METRICS["survival_by_age"], by="year")
    assert cells(chart, "Year") == [(2010, "General"), (2011, "General")]
    assert cells(chart, "Age in years") == [(5, "General")] * 2
    assert cells(chart, "Survival by age") == [(0.75, "0.0%"), (1, "0.0%")]
    flow = answer([{"year": "2019", "value": 3.0}, {"year": "2020", "value": 4.0}], "year", "value")
    chart = bars.by_period(flow, ENGLISH, LOOK, metric=METRICS["entries"], by=None, period="year", last=AS_OF)
    assert cells(chart, "Year") == [(2019, "General"), (2020, "General")]
    rows = [{"metric": "survival_5y", "value": 0.88, "n": 80.0}, {"metric": "survival_rmst_5y", "value": 4.7}]
    chart = estimates.estimates(answer(rows, "metric", "value", "n"), ENGLISH, LOOK, metric=METRICS["survival_5y"])
    assert cells(chart, "Value") == [(0.88, "[<=1]0.0%;0.00"), (4.7, "[<=1]0.0%;0.00")]
