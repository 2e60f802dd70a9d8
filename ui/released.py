"""What a load would make of the figures that the public has."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from data.review import Draft
from metrics import METRICS
from metrics.ask import NothingLoaded
from publish.columns import title
from publish.content import metric_of
from publish.effect import Moved, moved
from publish.release import Change
from ui import park, show
from ui.kept import kept
from ui.trouble import failure
from ui.upload_effect import trial
from ui.view import View
from words import MISSING, Words

MOST = 500


def figures(view: View, draft: Draft) -> None:
    """The figures of the release in force before and after; worked out when somebody asks for them."""
    t = view.t
    if park.sight().sites is not None:
        # A release speaks of every site.
        return
    opened = st.popover(t("Figures that are public"), type="tertiary", on_change="rerun", key="released")
    if not opened.open:
        return
    with opened:
        try:
            with st.spinner(t("The public figures are worked out …")):
                found = _moved(draft)
        except NothingLoaded:
            found = None
        except Exception as error:
            failure(t, error, t("This comparison"))
            return
        _told(t, found)


def _moved(draft: Draft) -> Moved | None:
    def made() -> Moved | None:
        with trial(draft) as then:
            return moved(park.warehouse(), draft.now, then)

    return kept.get(("released", draft.receipt.hash, draft.now.key), made)


def _told(t: Words, found: Moved | None) -> None:
    if found is None:
        show.note(t("Nothing is public yet, so nothing public changes."))
        return
    release = found.release
    if not found.changes:
        show.note(t("No figure of release {number} changes.", number=str(release.number)))
        return
    st.markdown(
        t.many(
            "{n:,} figure of release {number} ({as_of}) would be another one today. The release stays as it is.",
            "{n:,} figures of release {number} ({as_of}) would be others today. The release stays as it is.",
            len(found.changes),
            number=str(release.number),
            as_of=release.content.as_of,
        )
    )
    rows = [
        {
            t("Figure"): title(one.table, t),
            t("Of"): ", ".join(one.labels.values()) or t("the whole network"),
            t("Before"): _value(t, one, one.before),
            t("After"): _value(t, one, one.after),
            t("In the release"): t("shown") if place in found.printed else t("hidden"),
        }
        for place, one in enumerate(found.changes[:MOST])
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("Figures that are public"), key="released_rows", width="content"
    )


def _value(t: Words, change: Change, cell: dict[str, object]) -> str:
    value = cell["value"]
    if not isinstance(value, int | float):
        return MISSING
    return t.value(float(value), METRICS[metric_of(change.table)].unit)
