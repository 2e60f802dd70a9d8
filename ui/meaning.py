"""What the numbers mean, in the words of the catalogue, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import dedent

import streamlit as st

from metrics import METRICS
from metrics.metric import Metric
from ui import behind, language
from ui.asked import Asked
from ui.markup import plain
from ui.trouble import failure
from ui.view import View
from words import Words


def dimensions(t: Words) -> dict[str, str]:
    """What figures can be cut by, as a reader calls it."""
    return {
        "site": t("site"),
        "sector": t("sector"),
        "cohort": t("cohort"),
        "year": t("year"),
        "quarter": t("quarter"),
        "month": t("month"),
    }


def definition(view: View, names: Sequence[str]) -> None:
    """What each number means, in the words of the catalogue."""
    for name in names:
        metric = METRICS[name]
        st.markdown(f"**{view.t(metric.label)}**")
        st.markdown(plain(view.t(metric.says)))


def declared(view: View, metric: Metric) -> None:
    """One number of the catalogue: what it means, what it says today, how it is worked out and where it ends."""
    t = view.t
    with st.container(border=True, gap="small", key=f"declared_{metric.name}"):
        st.header(plain(t(metric.label)), anchor=False)
        st.markdown(plain(t(metric.says)))
        if not view.park.empty:
            try:
                st.markdown(_today(view, metric))
            except Exception as error:
                failure(t, error, t("This figure"))
        st.caption(
            t("Read on a day, never added up over time.")
            if metric.stock
            else t("Counted over a period, by the day of what happened.")
            if metric.counts_periods
            else t("Worked out from firms' lives up to the day described.")
        )
        st.markdown(t("**Formula**: {formula}", formula=plain(t(metric.formula))))
        st.markdown(t("**Limits**: {limits}", limits=plain(t(metric.limits))))
        with st.container(horizontal=True, gap="xsmall", key=f"more_{metric.name}"):
            asked = st.popover(t("SQL"), type="tertiary", on_change="rerun", key=f"sql_{metric.name}")
            if asked.open:
                with asked:
                    _sql(view, metric)
            if not view.park.empty:
                behind.door(view, lambda: [Asked(t(metric.label), metric.name, view.scope)], metric.name)


def _sql(view: View, metric: Metric) -> None:
    """How a number is counted, and who of those it counts stands in which list."""
    t = view.t
    st.markdown(t("Each row of `{table}` that is in the scope is counted by:", table=metric.over))
    for name, sql in metric.parts.items():
        st.code(f"{dedent(sql)} as {name}", language="sql", wrap_lines=True)
    cut = t.list(dimensions(t)[name] for name in metric.dimensions)
    st.markdown(t("It can be cut and filtered by {dimensions}.", dimensions=cut))


def _today(view: View, metric: Metric) -> str:
    """What a metric says for the scope, or that it takes several numbers to say it."""
    t, answer = view.t, view.ask(metric.name)
    if len(answer) != 1:
        return t("A curve: it takes a chart to show it.")
    found = view.figure(metric.name)
    value = f"**{t.value(found.value, metric.unit)}**"
    if metric.counts_periods:
        told = t("Up to {day}: {value}", day=view.as_of, value=value)
    else:
        told = t("On {day}: {value}", day=view.as_of, value=value)
    if found.note:
        told = t("{figure} ({note})", figure=told, note=plain(found.note))
    return told


def search(label: str, metrics: Iterable[Metric], key: str) -> list[Metric]:
    """A field to search the catalogue with, and the metrics that hold every word of it."""
    t = language.spoken()
    asked = st.text_input(label, key=key, bind="query-params").casefold().split()
    return [
        metric
        for metric in metrics
        if all(word in f"{metric.name} {t(metric.label)} {t(metric.says)}".casefold() for word in asked)
    ]


def unknown_fates(view: View) -> None:
    """How many fates nobody knows, and how far they could move the headline rate."""
    t = view.t
    rate = view.figure("survival_5y")
    if not rate.n and not rate.unknown:
        return
    with st.container(border=True):
        st.header(t("What nobody knows"), anchor=False)
        unknown, known = rate.unknown or 0, rate.n or 0
        if not unknown:
            st.markdown(t("The fate of every firm that reached its fifth anniversary of entry is known."))
        else:
            st.markdown(
                t(
                    "{all:,} firms are past their fifth anniversary of entry; the fate of {n:,} is unknown "
                    "({share:.1%}).",
                    all=known + unknown,
                    n=unknown,
                    share=unknown / (known + unknown),
                )
            )
            st.markdown(
                t(
                    "Without them the rate is {value}. If all of them had closed it would be {low}; if none "
                    "had, {high}.",
                    low=t.share(rate.lower_bound),
                    high=t.share(rate.upper_bound),
                    value=t.share(rate.value),
                )
            )
        behind.door(
            view, lambda: [Asked(t(METRICS["survival_5y"].label), "survival_5y", view.scope, part="unknown")], "unknown"
        )
