"""What titles and alternative texts say of a figure is what its numbers are, worked out here once more."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import words
from charts import bars, curve, estimates, life, lines, map, triangle
from charts.chart import Chart
from charts.theme import Look
from metrics import METRICS
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
    assert chart.title == chart.alt == "Entries: no firm in this scope"
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
    if len(sure) == 1 or max(sure) > min(sure):
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
