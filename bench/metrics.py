"""The headline metrics for a park of today's size and for a million firms, beside pandas on the same questions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from bench.measure import Measured, interleaved
from bench.park import STATED_ON, Park
from metrics.ask import ask

HEADLINE = ["hosted", "supported", "former", "alumni", "closed", "entries", "exits", "transfers"]
HEADLINE += ["survival_5y", "survival_km_5y", "median_stay", "occupancy"]
CUT = ("site", "sector", "cohort")
TODAY = pd.Timestamp(STATED_ON)


def kaplan_meier(lives: pd.DataFrame, by: list[str], days: int, length: str, ended: str) -> pd.DataFrame:
    """Survival after every age up to `days`, per group: sorted, ranked from the longest life down, multiplied up."""
    lives = lives[[*by, length, ended]].sort_values([*by, length, ended], ascending=[True] * len(by) + [False, True])
    groups = lives.groupby(by, observed=True, sort=False) if by else lives.assign(all=0).groupby("all")
    rank = groups.cumcount().to_numpy() + 1
    steps = np.where(lives[ended] & (lives[length] <= days), 1 - 1 / rank, 1.0)
    return lives.assign(step=steps)


def headline(stays: pd.DataFrame, lives: pd.DataFrame, sites: pd.DataFrame) -> dict[str, float]:
    """The same twelve figures by hand, over the same tables of presences and lives."""
    network = stays[~stays["by_site"] & (stays["day"] <= TODAY)]
    hosted = (network["until"].isna() | (network["until"] > TODAY)).sum()
    supported = network["first"].sum()
    closed = (network["first"] & (network["gone_on"] <= TODAY)).sum()
    reached = lives[lives["anniversary"] <= TODAY]["fate"].value_counts()
    length = (lives["alive_on"].where(lambda day: day < TODAY, TODAY) - lives["day"]).dt.days
    survival = kaplan_meier(lives.assign(length=length, ended=lives["closed_on"] <= TODAY), [], 1826, "length", "ended")
    first = network[network["first"]]
    left = first["left_on"] <= TODAY
    end = first["left_on"].where(left, first["seen_on"].where(lambda day: day < TODAY, TODAY))
    stay = kaplan_meier(first.assign(length=(end - first["day"]).dt.days, ended=left), [], 10**6, "length", "ended")
    share = stay["step"][::-1].cumprod()
    moved = stays[stays["by_site"] & stays["first"]].merge(
        network.loc[network["first"], ["firm_no", "day"]], on="firm_no"
    )
    let = sites[~sites["lettable"] & (sites["until"].isna() | (sites["until"] > TODAY))]
    return {
        "hosted": hosted,
        "supported": supported,
        "former": supported - hosted,
        "alumni": supported - hosted - closed,
        "closed": closed,
        "entries": supported,
        "exits": (network["exit"] & (network["until"] <= TODAY)).sum(),
        "transfers": (moved["day_x"] > moved["day_y"]).sum(),
        "survival_5y": reached["alive"] / (reached["alive"] + reached["closed"]),
        "survival_km_5y": survival["step"].prod(),
        "median_stay": stay.loc[share[share <= 0.5].index[0], "length"],
        "occupancy": let["area_m2"].sum() / sites.loc[sites["lettable"], "area_m2"].sum(),
    }


def cut(lives: pd.DataFrame) -> pd.Series:
    """Kaplan-Meier at five years per site, sector and cohort."""
    length = (lives["alive_on"].where(lambda day: day < TODAY, TODAY) - lives["day"]).dt.days
    told = lives.assign(length=length, ended=lives["closed_on"] <= TODAY)
    steps = kaplan_meier(told, list(CUT), 1826, "length", "ended")
    return steps.groupby(list(CUT), observed=True, sort=False)["step"].prod()


def measure(folder: Path) -> list[Measured]:
    """The bounds: 20 ms for 1,500 firms; half a second for a million on 50 sites, 0.35 for Kaplan-Meier by three cuts.

    The parks live in memory: `folder` stays empty.
    """
    measured = []
    for firms, sites, bound, runs in ((1_500, 4, 0.02, 15), (1_000_000, 50, 0.5, 5)):
        park = Park(firms, sites)
        stays, lives, space = (park.query(f"from {table}") for table in ("presence", "life", "space"))
        _agree(park, stays, lives, space)
        whole: dict[str, Callable[[], object]] = {
            "essaim": partial(ask, park, HEADLINE),
            "pandas": partial(headline, stays, lives, space),
        }
        question = f"all headline metrics, {firms:,} firms on {sites} sites"
        measured += interleaved(question, whole, runs=runs, bounds={"essaim": bound})
    cuts: dict[str, Callable[[], object]] = {
        "essaim, with intervals": partial(ask, park, ["survival_km_5y"], by=CUT),
        "pandas, without": partial(cut, lives),
    }
    question = f"Kaplan-Meier by site, sector and cohort, {firms:,} firms on {sites} sites"
    return [*measured, *interleaved(question, cuts, runs=runs, bounds={"essaim, with intervals": 0.35})]


def _agree(park: Park, stays: pd.DataFrame, lives: pd.DataFrame, space: pd.DataFrame) -> None:
    """Both contenders answer the same; otherwise their times say nothing."""
    ours = ask(park, HEADLINE).set_index("metric")["value"]
    for name, value in headline(stays, lives, space).items():
        if not np.isclose(ours[name], value, rtol=1e-9):
            raise AssertionError(f"{name}: {ours[name]} here, {value} in pandas")
    slices = ask(park, ["survival_km_5y"], by=CUT).dropna(subset=["value"]).set_index(list(CUT))["value"]
    theirs = cut(lives).rename(index=str)
    if not np.allclose(slices, theirs.loc[slices.index], rtol=1e-9):
        raise AssertionError("Kaplan-Meier by site, sector and cohort differs")
