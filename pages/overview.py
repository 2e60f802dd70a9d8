"""Where the park stands on its stated day, and how firms came in month by month."""

import streamlit as st

from charts.bars import months, stacked_months
from charts.theme import colours
from metrics import METRICS
from metrics.ask import Scope, ask
from ui import park, show, tiles, words

now = park.generation()
if now.empty or now.stated_on is None:
    show.nothing_loaded()
    st.stop()

as_of = now.stated_on
year, year_before = words.year_up_to(as_of), words.year_up_to(as_of, ago=1)
situation = tiles.Answers(ask(now, ["hosted", "former", "alumni", "closed", "survival_5y"], Scope()))
entered = tiles.Answers(ask(now, ["entries"], Scope(start=year[0], end=year[1])))
entered_before = tiles.Answers(ask(now, ["entries"], Scope(start=year_before[0], end=year_before[1])))

show.title(now)
show.cards(
    [
        tiles.hosted(situation),
        tiles.former(situation),
        tiles.survival(situation),
        tiles.entries(entered, entered_before, since=year[0]),
    ]
)

sites = park.sites(now)
first = words.first_of_months(as_of, 36)
counts = ask(now, ["entries"], Scope(start=first, end=as_of), by=("month", "site"))
by_month = months(counts, "site", sites, first, as_of)
show.chart(
    "Entries per month, by site",
    stacked_months(by_month, colours(sites), as_of=as_of),
    words.month_table(by_month),
    alt=f"Stacked bars: entries per month and site from {words.month(first)} to {words.month(as_of)}.",
    caption=f"A move between sites counts as an entry of the site that receives the firm. {words.running_month(as_of)}",
    metrics=[METRICS["entries"]],
)
