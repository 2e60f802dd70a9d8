"""Whether groups differ by more than chance, in sentences a director can repeat."""

from __future__ import annotations

import streamlit as st

from charts.says import named
from metrics import METRICS
from metrics.behind import narrowed
from metrics.compare import Comparison, compare
from ui import behind
from ui.asked import Asked
from ui.kept import kept
from ui.markup import plain
from ui.view import View
from words import Words

# Where chance alone would show so large a difference at most once in twenty times, it is called one.
LEVEL = 0.05


def verdict(view: View, by: str) -> None:
    """What the log-rank test says of the groups shown; nothing where they are not split."""
    if not by:
        return
    found = kept.get(("compared", view.identity, view.scope, by), lambda: compare(view.park, view.scope, by, view.t))
    for sentence in told(found, view.t):
        st.markdown(plain(sentence))
    if found.note is None:
        behind.door(view, lambda: compared(view, found), f"compared_{by}")


def compared(view: View, found: Comparison) -> list[Asked]:
    """The lives of each group that was tested, for those who ask which firms were at risk and which closed."""
    t = view.t
    rows = found.groups[found.groups["compared"]]
    return [
        Asked(
            t("{name}: {n:,} at risk, {closures:,} closed", name=named(t, group), n=n, closures=events),
            "survival_curve",
            narrowed(view.scope, METRICS["survival_curve"], {found.by: group}),
            part="lives",
        )
        for group, n, events in zip(
            [one or None for one in rows[found.by]], rows["n"].tolist(), rows["events"].tolist(), strict=True
        )
    ]


def told(found: Comparison, t: Words) -> list[str]:
    """The test of all groups, the pairs that differ, and the groups that were left out."""
    left_out = [
        t("(none)") if not name else str(name) for name in found.groups.loc[~found.groups["compared"], found.by]
    ]
    said = [t.sentence(found.note)] if found.note else [_overall(found, t)]
    apart = found.pairs[found.pairs["adjusted_p"] < LEVEL] if len(found.pairs) else found.pairs
    if not found.note and found.p < LEVEL and len(found.groups) > 2:
        said.append(_pairs([(str(a), str(b)) for a, b in zip(apart["first"], apart["second"], strict=True)], t))
    if left_out and not found.note:
        said.append(
            t(
                "Not enough data to compare {names}: fewer than 10 firms or 5 closures, or closures without a date.",
                names=t.list(left_out),
            )
        )
    return said


def _overall(found: Comparison, t: Words) -> str:
    if found.p < 0.001:
        return t("Survival differs between these groups by more than chance (log-rank test, p < 0.001).")
    p = t.number(found.p, 3)
    if found.p < LEVEL:
        return t("Survival differs between these groups by more than chance (log-rank test, p = {p}).", p=p)
    return t("The differences between these groups are no larger than chance makes them (log-rank test, p = {p}).", p=p)


def _pairs(pairs: list[tuple[str, str]], t: Words) -> str:
    if not pairs:
        return t("No single pair differs by itself, once all pairs are counted (Holm).")
    return t.many(
        "This pair differs by itself, all pairs counted (Holm): {pairs}.",
        "These pairs differ by themselves, all pairs counted (Holm): {pairs}.",
        len(pairs),
        pairs=t.list(f"{a} – {b}" for a, b in pairs),
    )
