"""How much of what a site can let is let."""

from __future__ import annotations

import numpy as np

from metrics.metric import Among, Metric, Parts, noted

# What can be let has no end, so that one condition serves both.
_THERE = "(until is null or until > d)"
_BY_AREA = f"{_THERE} and measure = 'area'"
_BY_UNITS = f"{_THERE} and measure = 'units'"


def _occupancy(parts: Parts) -> Parts:
    by_area = parts["sites_by_area"] > 0
    let = np.where(by_area, parts["let_area"], parts["let_units"])
    whole = np.where(by_area, parts["area"], parts["units"])
    left_out = parts["sites"] - np.where(by_area, parts["sites_by_area"], parts["sites_by_units"])
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(whole > 0, np.nan_to_num(let) / whole, np.nan)
    missing = np.where(by_area, parts["stays_by_area"] - parts["areas"], 0)
    known = ~np.isnan(value)
    return {
        "value": value,
        "n": np.where(by_area, parts["stays_by_area"], np.nan_to_num(parts["let_units"])),
        "left_out": left_out,
        "missing": missing,
        "note": noted(
            len(value),
            no_capacity=~known,
            by_units=~by_area & known,
            areas_missing=missing > 0,
            sites_left_out=(left_out > 0) & known,
        ),
    }


OCCUPANCY = Metric(
    "occupancy",
    "Occupancy",
    "Area let on the day, to tenants and other occupants alike, over the area the site can let; where no area is "
    "known, units let over units, a stay being one unit. Over several sites: those whose area is known.",
    "space",
    {
        "let_area": f"sum(let) filter ({_BY_AREA})",
        "area": f"sum(whole) filter ({_BY_AREA})",
        "areas": f"count(let) filter ({_BY_AREA})",
        "stays_by_area": f"count(firm_no) filter ({_BY_AREA})",
        "sites_by_area": f"count(whole) filter ({_BY_AREA})",
        "let_units": f"sum(let) filter ({_BY_UNITS})",
        "units": f"sum(whole) filter ({_BY_UNITS})",
        "sites_by_units": f"count(whole) filter ({_BY_UNITS})",
        "sites": "count(distinct site)",
    },
    "share",
    stock=True,
    finish=_occupancy,
    dimensions=("site", "year", "quarter", "month"),
    formula="Σ area let ÷ Σ area that can be let; else Σ units let ÷ Σ units",
    limits="Stays whose area no list gives count as none, so that the figure is too low by them.",
    behind={
        "let": Among("firm_no is not null and meant", "n", "area", "let"),
        "places": Among("whole is not null and meant", "", "area", "whole"),
        "missing": Among("firm_no is not null and meant and measure = 'area' and let is null", "missing"),
        "left_out": Among(
            "not bool_or(whole is not null and meant) over (partition by site) and turn = 1", "left_out", "area"
        ),
    },
    marks={
        "meant": f"""coalesce({_THERE} and measure = case when count(whole) filter ({_BY_AREA}) over () > 0 then 'area'
            else 'units' end, false)""",
        "turn": "row_number() over (partition by site order by firm_no nulls first)",
    },
)
METRICS = (OCCUPANCY,)
