"""Every form draws whatever it is given, valid and safe, in both languages, each name in its own colour."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import words
from charts import bars, by_entry, curve, estimates, life, lines, map, triangle
from charts.chart import Chart
from charts.theme import DASHES, INK, OTHER, PALETTE, Look, luminance, on, safe, short
from metrics import METRICS
from metrics.ask import NONE

SITES = ("Casablanca", "Rabat", "Tanger", "Agadir")
SECTORS = ("Technologies de l'information et de la communication", "Industries créatives", "Développement durable")
LOOK = Look(sites=SITES, sectors=SECTORS)
AS_OF = date(2020, 10, 25)
ENGLISH, FRENCH = words.of("en"), words.of("fr")
MARKUP = "<a href='x'>%{x} & $y$ =1+1</a>"
# Names as lists hold them: known ones, none, markup, and one without any place to break.
NAMES = [*SITES, None, NONE, MARKUP, "W" * 80, "é" * 3, "=cmd", "1.5"]
EVERY = [f"Site {place:02d}" for place in range(60)]

names = st.lists(st.sampled_from(NAMES), min_size=0, max_size=6, unique=True) | st.just(EVERY)
counts = st.sampled_from([0.0, 1.0, 7.0, 1234.0, math.nan])
shares = st.sampled_from([0.0, 0.25, 0.8797, 1.0, math.nan])
readers = st.sampled_from([ENGLISH, FRENCH])


def answer(rows: list[dict[str, Any]], *columns: str) -> pd.DataFrame:
    """A table as ask() hands it out."""
    table = pd.DataFrame(rows, columns=list(columns))
    table.attrs["as_of"] = AS_OF
    return table


@st.composite
def by_period(draw: st.DrawFn, values: st.SearchStrategy[float], period: str, by: str | None) -> pd.DataFrame:
    labels = {
        "month": ["2018-12", "2019-03", "2020-09", "2020-10"],
        "quarter": ["2018Q4", "2020Q3", "2020Q4"],
        "year": ["2003", "2019", "2020"],
    }[period]
    named = draw(names) if by else [None]
    rows = [
        {"metric": "m", period: label, by or "none": name, "value": draw(values)}
        for label in labels
        for name in named
        if draw(st.booleans()) or len(named) > 20
    ]
    return answer(rows, "metric", period, *([by] if by else []), "value")


@st.composite
def by_name(draw: st.DrawFn, values: st.SearchStrategy[float], by: str) -> pd.DataFrame:
    rows = [{"metric": "m", by: name, "value": draw(values)} for name in draw(names)]
    return answer(rows, "metric", by, "value")


@st.composite
def lives(draw: st.DrawFn, by: str | None) -> pd.DataFrame:
    """Rows of falling curves, some of nobody, some of few."""
    rows = []
    for name in draw(names) if by else [None]:
        left = draw(st.sampled_from([0, 1, 9, 40, 1520]))
        if not left:
            rows.append({by or "none": name, "age_days": math.nan, "value": math.nan, "at_risk": math.nan, "n": 0.0})
            continue
        ages = sorted(draw(st.sets(st.integers(1, 7000), max_size=8)))
        n, share = float(left), 1.0
        for age in [0, *ages]:
            events = 0 if age == 0 else min(1, left)
            share *= 1 - events / left
            sure = 0 < share < 1
            rows.append(
                {
                    by or "none": name,
                    "age_days": float(age),
                    "value": share,
                    "low": share - 0.01 if sure else math.nan,
                    "high": share + 0.01 if sure else math.nan,
                    "at_risk": float(left),
                    "n": n,
                    "events": float(events),
                    "note": None,
                }
            )
            left = max(left - events - draw(st.integers(0, 3)), 1)
    columns = [*([by] if by else []), "age_days", "value", "low", "high", "at_risk", "n", "events", "note"]
    return answer(rows, *columns)


@st.composite
def cells(draw: st.DrawFn, by: str) -> pd.DataFrame:
    years = [str(year) for year in range(2012, 2020)]
    named = draw(names) if by == "cohort" else draw(st.lists(st.sampled_from(years), unique=True, max_size=8))
    rows = [
        {by: name, "age": float(age), "value": value, "n": draw(st.sampled_from([0.0, 4.0, 31.0])), "note": note}
        for name in named[:12]
        for age in range(1, 11)
        for value in [draw(shares)]
        for note in ["not yet observable: <b>" if math.isnan(value) else None]
    ]
    return answer(rows, by, "age", "value", "n", "note")


@st.composite
def estimators(draw: st.DrawFn) -> pd.DataFrame:
    asked = ["survival_5y", "survival_km_5y", "survival_rmst_5y"]
    rows = [
        {
            "metric": name,
            "value": value * (5 if name == "survival_rmst_5y" else 1),
            "low": value * 0.9,
            "high": min(value * 1.1, 1),
            "lower_bound": value * 0.8 if name == "survival_5y" else math.nan,
            "upper_bound": 1.0 if name == "survival_5y" else math.nan,
            "n": 31.0,
            "note": "no firm" if math.isnan(value) else None,
        }
        for name in draw(st.lists(st.sampled_from(asked), unique=True))
        for value in [draw(shares)]
    ]
    return answer(rows, "metric", "value", "low", "high", "lower_bound", "upper_bound", "n", "note")


@st.composite
def windows(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for year in range(2021 - draw(st.integers(0, 14)), 2021):
        value = draw(counts)
        then = draw(counts)
        rows.append(
            {
                "year": year,
                "first": date(year, 4, 1),
                "last": date(year, 10, 25),
                "value": value,
                "low": value * 0.8,
                "high": value * 1.2,
                "running": False,
                "note": "before the first <b>entry</b>" if draw(st.booleans()) else None,
                "value_then": then,
                "known_then_on": date(year, 11, 1),
            }
        )
    columns = ["year", "first", "last", "value", "low", "high", "running", "note", "value_then", "known_then_on"]
    return answer(rows, *columns)


@st.composite
def histories(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    day = date(2010, 1, 1)
    stays = []
    for site in draw(st.lists(st.sampled_from(NAMES), max_size=4)):
        day += timedelta(days=draw(st.integers(0, 900)))
        long, is_open = draw(st.integers(0, 900)), draw(st.booleans())
        stays.append(
            {
                "site": site,
                "entered_on": day,
                "left_on": None if is_open else day + timedelta(days=long),
                "open": is_open,
                "seen_on": day + timedelta(days=long) if is_open else None,
                "exit_reason": None,
            }
        )
    kinds = ["founded", "entered", "left", "graduated", "taken_over", "merged", "closed", "closed_by", "alive"]
    happened = [
        {
            "day": date(2001, 1, 1) + timedelta(days=draw(st.integers(0, 7000))),
            "event": kind,
            "site": None,
            "detail": name,
        }
        for kind in draw(st.lists(st.sampled_from(kinds), max_size=5))
        for name in [draw(st.sampled_from(NAMES))]
    ]
    columns = ["site", "entered_on", "left_on", "open", "seen_on", "exit_reason"]
    return (
        pd.DataFrame(stays, columns=columns, dtype=object),
        pd.DataFrame(happened, columns=["day", "event", "site", "detail"], dtype=object),
    )


POSITIONS: dict[str, tuple[float, float] | None] = {
    "Casablanca": (33.5731, -7.5898),
    "Rabat": (34.0209, -6.8416),
    "Agadir": None,
    MARKUP: (-17.7, 178.9),
}


FORMS = [
    *["by_period", "ranked", "windows", "trend", "multiples", "mix"],
    *["survival", "outcomes", "estimates", "by_entry", "triangle", "map", "life"],
]


@st.composite
def drawings(draw: st.DrawFn) -> Chart:
    """A chart of any form."""
    t = draw(readers)
    period = draw(st.sampled_from(["month", "quarter", "year"]))
    by = draw(st.sampled_from(["site", "sector", "cohort", None]))
    window: dict[str, Any] = draw(
        st.sampled_from([{}, {"last": AS_OF}, {"first": date(2018, 11, 15), "last": AS_OF}, {"as_of": AS_OF}])
    )
    count, share, days = METRICS["entries"], METRICS["occupancy"], METRICS["median_stay"]
    form = draw(st.sampled_from(FORMS))
    metric = draw(st.sampled_from([count, METRICS["hosted"], share, days]))
    values = shares if metric is share else counts
    if form == "by_period":
        return bars.by_period(
            draw(by_period(values, period, by)), t, LOOK, metric=metric, by=by, period=period, **window
        )
    if form == "ranked":
        named = by or "site"
        return bars.ranked(draw(by_name(values, named)), t, LOOK, metric=metric, by=named, **window)
    if form == "windows":
        return bars.windows(draw(windows()), t, LOOK, metric=count)
    if form == "trend":
        return lines.trend(draw(by_period(values, period, by)), t, LOOK, metric=metric, by=by, period=period, **window)
    if form == "multiples":
        named = by or "site"
        table = draw(by_period(values, period, named))
        return lines.multiples(table, t, LOOK, metric=metric, by=named, period=period, **window)
    if form == "mix":
        named = by or "sector"
        table = draw(by_period(counts, period, named))
        return lines.mix(table, t, LOOK, metric=count, by=named, period=period, **window)
    if form == "survival":
        return curve.survival(draw(lives(by)), t, LOOK, metric=METRICS["survival_curve"], by=by)
    if form == "outcomes":
        rows = [
            {"age_days": float(round(365.25 * age)), "outcome": outcome, "value": draw(shares) / 5, "at_risk": 12.0}
            for age in range(1, draw(st.integers(1, 6)))
            for outcome in ("closed", "merged", "left", "untraced", "hosted")
        ]
        table = answer(rows, "age_days", "outcome", "value", "at_risk")
        return curve.outcomes(table, t, LOOK, metric=METRICS["survival_outcomes"])
    if form == "estimates":
        return estimates.estimates(draw(estimators()), t, LOOK, metric=METRICS["survival_5y"])
    if form == "by_entry":
        rates = [
            {
                "metric": "survival_5y",
                "year": year,
                "value": value,
                "low": value * 0.9,
                "high": value,
                "n": 31,
                "note": "",
            }
            for year in draw(st.lists(st.sampled_from(["2003", "2004", "2019"]), unique=True))
            for value in [draw(shares)]
        ]
        table = answer(rates, *["metric", "year", "value", "low", "high", "n", "note"])
        return by_entry.by_entry(table, t, LOOK, metric=METRICS["survival_5y"])
    if form == "triangle":
        named = draw(st.sampled_from(["year", "cohort"]))
        return triangle.triangle(draw(cells(named)), t, LOOK, metric=METRICS["survival_by_age"], by=named)
    if form == "map":
        positions = draw(st.sampled_from([POSITIONS, None, {}]))
        return map.sites(draw(by_name(values, "site")), t, LOOK, metric=metric, positions=positions)
    stays, happened = draw(histories())
    firm = draw(st.sampled_from(["Azrnalia", MARKUP]))
    return life.life(stays, t, LOOK, firm=firm, events=happened, as_of=AS_OF)


def texts(part: Any, key: str = "") -> Iterator[str]:
    """Every text of a figure that Plotly writes. What a click filters by is not written."""
    if isinstance(part, dict):
        for name, inner in part.items():
            yield from texts(inner, name)
    elif isinstance(part, list | tuple):
        if key == "customdata":
            part = [one[1:] if isinstance(one, list) else one for one in part]
            key = ""
        for inner in part:
            yield from texts(inner, key)
    elif isinstance(part, str):
        yield part


@given(drawings())
@settings(max_examples=250, deadline=None)
def test_whatever_comes_is_drawn_valid_and_safe(chart: Chart) -> None:
    spec = json.loads(str(chart.figure.to_json()))
    assert isinstance(chart.figure, go.Figure)
    # Raises for anything that Plotly does not know.
    go.Figure(chart.figure.to_dict())
    assert chart.title and chart.alt and not chart.title.endswith(".") and "{" not in chart.title.replace(MARKUP, "")
    for text in texts(spec):
        assert ("<a " not in text and "%{x} &" not in text.replace("&amp;", "&")) or "&lt;a" in text
        assert "NaN" not in text and "nan" not in text.split()
    assert "nan" not in chart.title.split() and "None" not in chart.title
    for heading, read in chart.reads.items():
        if heading in chart.table:
            assert all(isinstance(read(value), str) for value in chart.table[heading].tolist())
    assert chart.table.columns.is_unique
    if spec["data"]:
        assert any(trace.get("x") for trace in spec["data"])
    else:
        assert len(spec["layout"]["annotations"]) == 1 and not spec["layout"]["xaxis"]["visible"]


@given(drawings())
@settings(max_examples=80, deadline=None)
def test_no_text_is_too_small_and_none_fixes_its_colour(chart: Chart) -> None:
    """12 pixels at least; words on the page's ground have the page's colour, so that they are read in the dark."""

    def sizes(part: Any) -> Iterator[tuple[Any, Any]]:
        if isinstance(part, dict):
            for name, inner in part.items():
                if name in ("font", "textfont", "tickfont"):
                    yield inner.get("size", 12), inner.get("color", INK)
                yield from sizes(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from sizes(inner)

    for size, colour in sizes(chart.figure.to_dict()):
        assert size >= 12
        assert colour in (INK, "#000000", "#ffffff") or set(colour) <= {"#000000", "#ffffff"}


def test_the_mark_for_the_colour_of_text_is_streamlits() -> None:
    theme = pytest.importorskip("streamlit.elements.lib.streamlit_plotly_theme")
    assert INK == theme.GRAY_90


# Machado, Oliveira and Fernandes (2009), severity 1: what people without one kind of cone see, in linear RGB.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    "none": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}


def linear(colour: str) -> np.ndarray[Any, Any]:
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (matrix @ rgb / [0.95047, 1, 1.08883])
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_first_colours_are_apart_for_everybody(blindness: str) -> None:
    """ΔE (CIE 1976) of at least 13 between any two of six; a difference of 2.3 is just seen."""
    seen = [lab(np.clip(np.array(BLINDNESS[blindness]) @ linear(colour), 0, 1)) for colour in PALETTE[:6]]
    apart = [float(np.linalg.norm(one - other)) for place, one in enumerate(seen) for other in seen[:place]]
    assert min(apart) >= 13


@pytest.mark.parametrize("ground", ["#ffffff", "#fbfcfc", "#0f171b", "#11181c"])
def test_every_colour_stands_out_from_both_grounds(ground: str) -> None:
    for colour in (*PALETTE, OTHER):
        dark, light = sorted((luminance(colour), luminance(ground)))
        assert (light + 0.05) / (dark + 0.05) >= 3


def test_words_on_a_colour_are_read() -> None:
    for colour in (*PALETTE, OTHER, "#dcebee", "#0b5563"):
        dark, light = sorted((luminance(colour), luminance(on(colour))))
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def colours(chart: Chart) -> dict[str, str]:
    """The colour of each name by the value that a click on it filters by."""
    found = {}
    for trace in chart.figure.to_dict()["data"]:
        own = trace.get("marker", {}).get("color")
        for place, custom in enumerate(trace.get("customdata", [])):
            if isinstance(own, str) and custom[0] and trace.get("hoverinfo") != "skip":
                found[custom[0]] = own
            elif isinstance(own, list):
                found[custom[0]] = own[place]
    return found


@given(kept=st.sets(st.sampled_from(SITES), min_size=1), t=readers)
@settings(deadline=None, max_examples=40)
def test_a_site_has_one_colour_in_every_form_and_under_every_filter(kept: set[str], t: words.Words) -> None:
    table = answer([{"site": site, "year": "2020", "value": 3.0} for site in sorted(kept)], "site", "year", "value")
    survived = pd.concat(
        [
            pd.DataFrame(
                {"site": site, "age_days": [0.0, 700.0], "value": [1.0, 0.9], "low": math.nan, "high": math.nan}
                | {"at_risk": 40.0, "n": 40.0, "events": 0.0, "note": None}
            )
            for site in sorted(kept)
        ]
    )
    entries, hosted = METRICS["entries"], METRICS["hosted"]
    everywhere: list[Callable[[], Chart]] = [
        lambda: bars.by_period(table, t, LOOK, metric=entries, by="site", period="year", last=AS_OF),
        lambda: bars.ranked(table, t, LOOK, metric=hosted, by="site"),
        lambda: lines.trend(table, t, LOOK, metric=hosted, by="site", period="year", last=AS_OF),
        lambda: lines.multiples(table, t, LOOK, metric=hosted, by="site", period="year", last=AS_OF),
        lambda: lines.mix(table, t, LOOK, metric=hosted, by="site", period="year", last=AS_OF),
        lambda: map.sites(table, t, LOOK, metric=hosted, positions=dict.fromkeys(SITES, (33.0, -7.0))),
        lambda: curve.survival(survived, t, LOOK, metric=METRICS["survival_curve"], by="site"),
    ]
    for form in everywhere:
        assert colours(form()) == {site: PALETTE[SITES.index(site)] for site in kept}


def test_a_name_of_no_list_keeps_its_colour_and_none_is_grey() -> None:
    assert LOOK.colour("site", "Fès") == Look().colour("cohort", "Fès") in PALETTE
    assert LOOK.colour("site", None) == LOOK.colour("sector", NONE) == OTHER


def test_names_that_share_a_colour_are_told_apart() -> None:
    many = tuple(f"S{place}" for place in range(20))
    look = Look(sites=many)
    table = answer(
        [{"site": many[place], "year": "2020", "value": 5.0} for place in (0, 8, 16)], "site", "year", "value"
    )
    chart = lines.trend(table, ENGLISH, look, metric=METRICS["hosted"], by="site", period="year", last=AS_OF)
    drawn = {(trace["line"]["color"], trace["line"]["dash"]) for trace in chart.figure.to_dict()["data"]}
    assert drawn == {(PALETTE[0], dash) for dash in DASHES[:3]}


def test_of_many_names_the_largest_are_drawn_and_the_others_together() -> None:
    rows = [{"site": name, "year": "2019", "value": float(place + 1)} for place, name in enumerate(EVERY)]
    table = answer(rows, "site", "year", "value")
    chart = bars.by_period(
        table,
        ENGLISH,
        Look(sites=tuple(EVERY)),
        metric=METRICS["entries"],
        by="site",
        period="year",
        last=date(2019, 12, 31),
    )
    data = chart.figure.to_dict()["data"]
    assert [trace["name"] for trace in data] == [*EVERY[-7:], "Others (53)"]
    assert sum(trace["y"][0] for trace in data) == sum(range(1, 61))
    assert data[-1]["customdata"][0][0] is None and data[-1]["marker"]["color"] == OTHER


def test_a_long_name_is_wrapped_and_cut_and_never_markup() -> None:
    assert (
        short("Technologies de l'information et de la communication", 20, 2)
        == "Technologies de<br>l'information et de…"
    )
    assert short("<b>x</b> & y", 28) == "&lt;b&gt;x&lt;/b&gt; &amp; y" == safe("<b>x</b> & y")
    assert short("", 10) == ""
    assert len(short("W" * 80, 28)) == 28


def test_a_french_reader_reads_french_numbers_everywhere() -> None:
    rows = [{"site": "Rabat", "month": month, "value": 1234.0} for month in ("2020-01", "2020-08", "2020-10")]
    table = answer(rows, "site", "month", "value")
    chart = bars.by_period(table, FRENCH, LOOK, metric=METRICS["entries"], by="site", period="month", last=AS_OF)
    spec = chart.figure.to_dict()
    assert spec["layout"]["separators"] == ",\u202f"
    assert spec["data"][0]["x"][0] == "janv. 2020" and spec["data"][0]["x"][7] == "août 2020"
    assert "%{y:,}" in spec["data"][0]["hovertemplate"]
    levels = answer([{"site": "Rabat", "year": "2020", "value": 0.715}], "site", "year", "value")
    trend = lines.trend(levels, FRENCH, LOOK, metric=METRICS["occupancy"], by="site", period="year", last=AS_OF)
    spec = trend.figure.to_dict()
    assert spec["layout"]["yaxis"]["ticktext"][1] == FRENCH.share(0.25, 0)
    assert FRENCH.share(0, 0).replace("0", "%{y:.1f}") in spec["data"][0]["hovertemplate"]
    assert (
        "%{y:.1f}%"
        in lines.trend(
            levels, ENGLISH, LOOK, metric=METRICS["occupancy"], by="site", period="year", last=AS_OF
        ).figure.to_dict()["data"][0]["hovertemplate"]
    )
    assert FRENCH.share(0.715) in trend.title and "1er" not in trend.title


@pytest.mark.parametrize("form", [bars.by_period, lines.trend])
def test_bars_and_counts_begin_at_nought_and_shares_go_to_a_hundred(form: Callable[..., Chart]) -> None:
    table = answer([{"site": "Rabat", "year": "2019", "value": 812.0}], "site", "year", "value")
    axis = form(table, ENGLISH, LOOK, metric=METRICS["entries"], by="site", period="year", last=AS_OF).figure.to_dict()
    assert axis["layout"]["yaxis"]["rangemode"] == "tozero"
    table["value"] = 0.8
    axis = form(
        table, ENGLISH, LOOK, metric=METRICS["occupancy"], by="site", period="year", last=AS_OF
    ).figure.to_dict()
    assert axis["layout"]["yaxis"]["range"][0] == 0 and 100 <= axis["layout"]["yaxis"]["range"][1] < 102


@pytest.mark.parametrize(
    ("last", "hatched"), [(date(2020, 10, 25), [False, False, True]), (date(2020, 10, 31), [False, False, False])]
)
def test_only_a_period_that_is_not_over_is_hatched_and_said(last: date, hatched: list[bool]) -> None:
    rows = [{"site": "Rabat", "month": month, "value": 1.0} for month in ("2020-08", "2020-10")]
    chart = bars.by_period(
        answer(rows, "site", "month", "value"), ENGLISH, LOOK, metric=METRICS["entries"], by="site", last=last
    )
    (trace,) = chart.figure.to_dict()["data"]
    assert trace["y"] == [1, 0, 1]
    assert [shape == "/" for shape in trace["marker"]["pattern"]["shape"]] == hatched
    assert ("Oct 2020 is counted" in chart.alt) == hatched[-1] == bool(chart.notes[0].startswith("Oct 2020"))
