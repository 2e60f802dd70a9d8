"""What stands around every page: its name, the ways to the others, the language, the filters and what they mean."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import streamlit as st

from metrics.ask import Scope
from ui import language, page, park, reader, scope, trouble
from ui.markup import plain
from ui.view import View
from words import Words

here = Path(__file__).resolve().parent
pages = here.parent / "pages"
# Pages about what is loaded and who comes in, whatever a reader looks at.
UNFILTERED = {"upload", "lists", "releases", "persons", "accounts", "audit"}


def titles(t: Words) -> dict[str, str]:
    """Every page with the name it bears in the navigation; the first is where a reader starts."""
    return {
        "overview": t("Overview"),
        "entries": t("Entries"),
        "sites": t("Sites and sectors"),
        "survival": t("Survival"),
        "cohorts": t("Cohorts"),
        "firms": t("Firms"),
        "history": t("History"),
        "lists": t("Lists"),
        "upload": t("Upload"),
        "releases": t("Releases"),
        "definitions": t("Definitions"),
        "persons": t("Personal data"),
        "accounts": t("Accounts"),
        "audit": t("Audit"),
    }


st.set_page_config(page_icon=str(here / "static" / "logo.svg"), layout="wide")
st.logo(str(here / "wordmark.svg"), size="large")
scope.carry_over()
top = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="top", key="top")
head = top.container(gap="xsmall", width="stretch")
with top, st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="corner"):
    corner = st.container(width="content")
    t = language.switch()
who = reader.greet(t)
with corner:
    reader.badge(t, who)

latest = park.generation()
mine = reader.pages()
listed = {name: title for name, title in titles(t).items() if name in mine}
if latest.empty:
    # Where everything was taken back, the way to bring it back has to stay open.
    still = ("upload", "history", "releases", "definitions", "persons", "accounts", "audit")
    kept = [name for name in still if name in listed]
    listed = {"first_run": t("Start"), **{name: listed[name] for name in kept}}
here_now = st.navigation(
    [
        st.Page(pages / f"{name}.py", title=title, url_path=name, default=place == 0)
        for place, (name, title) in enumerate(listed.items())
    ],
    position="top",
)
st.set_page_config(page_title=f"{here_now.title} – Essaim")

known = park.names(latest)
if latest.empty or here_now.url_path in UNFILTERED:
    # There is nothing to filter; where no day is stated, none is shown either.
    view = View(latest, t, Scope(as_of=latest.stated_on or date.today()), known.sites, known.sectors, known.cohorts)
    page.hand_over(view, head)
    here_now.run()
    st.stop()

with st.container(horizontal=True, gap="xsmall", key="filters"):
    filters = scope.bar(latest, known, t)
    chips = st.container(horizontal=True, gap="xsmall", width="content", key="chips")
shown = park.generation(filters.known_on) if filters.known_on else latest
if shown.stated_on is None:
    trouble.not_yet_known(t, filters.known_on, latest.first_known_on)
    st.stop()
view = View(shown, t, filters.scope(shown.stated_on), known.sites, known.sectors, known.cohorts)
page.hand_over(view, head)
with chips:
    scope.chips(filters, view)
st.caption(plain(view.sentence))
trouble.about_the_scope(view, filters, park.names(shown))
here_now.run()
