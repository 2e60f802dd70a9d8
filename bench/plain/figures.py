"""The four tiles and four charts of a park by pandas and Plotly Express."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import plotly.express as px
from plotly.graph_objects import Figure


@dataclass(frozen=True)
class Tables:
    """One row per stay of a firm at a site, one per firm's life, and the day that the figures describe."""

    stays: pd.DataFrame
    lives: pd.DataFrame
    today: pd.Timestamp

    def at(self, sites: list[str]) -> Tables:
        """The same for some sites; none chosen are all."""
        if not sites:
            return self
        stays, lives = self.stays, self.lives
        return Tables(stays[stays["site"].isin(sites)], lives[lives["site"].isin(sites)], self.today)


@dataclass(frozen=True)
class Overview:
    """What the page shows."""

    tiles: dict[str, str]
    charts: list[Figure]


def read() -> Tables:
    """The park's tables from the folder that the environment names."""
    folder = Path(os.environ["PARK"])
    stays, lives = pd.read_parquet(folder / "stays.parquet"), pd.read_parquet(folder / "lives.parquet")
    return Tables(stays, lives, pd.Timestamp((folder / "today").read_text()))


def hosted_on(stays: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return stays[(stays["entered_on"] <= day) & (stays["left_on"].isna() | (stays["left_on"] > day))]


def overview(park: Tables) -> Overview:
    """Everything the page shows, worked out."""
    stays, today = park.stays, park.today
    hosted = hosted_on(stays, today)
    entered = stays.groupby("firm_id")["entered_on"].min()
    reached = park.lives[park.lives["anniversary"] <= today]["fate"].value_counts()
    known = reached.get("alive", 0) + reached.get("closed", 0)
    firms = hosted["firm_id"].nunique()
    tiles = {
        "Hosted firms": f"{firms:,}",
        "Former tenants": f"{len(entered) - firms:,}",
        "Five-year survival": f"{reached.get('alive', 0) / known:.1%}" if known else "–",
        "Entries, last 12 months": f"{(entered > today - pd.DateOffset(years=1)).sum():,}",
    }
    first = stays.groupby(["firm_id", "site"], observed=True)["entered_on"].min().reset_index()
    first = first[first["entered_on"] > today - pd.DateOffset(years=3)]
    months = first.groupby([first["entered_on"].dt.to_period("M").dt.to_timestamp().rename("month"), "site"]).size()
    years = [
        hosted_on(stays, day).groupby("site")["firm_id"].nunique().reset_index(name="firms").assign(year=day.year)
        for day in pd.date_range(stays["entered_on"].min(), today, freq="YE")
    ]
    stock = pd.concat(years or [pd.DataFrame(columns=["site", "firms", "year"])])
    by_site = hosted.groupby("site")["firm_id"].nunique().sort_values().reset_index(name="firms")
    by_sector = hosted.groupby("sector")["firm_id"].nunique().sort_values().reset_index(name="firms")
    return Overview(
        tiles,
        [
            px.bar(
                months.reset_index(name="firms"), x="month", y="firms", color="site", title="Entries per month by site"
            ),
            px.line(stock, x="year", y="firms", color="site", title="Hosted firms by site"),
            px.bar(by_site, x="firms", y="site", title="Hosted firms by site today"),
            px.bar(by_sector, x="firms", y="sector", title="Hosted firms by sector today"),
        ],
    )
