"""What a load would make of the figures that the public has."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from data.review import Draft
from metrics.ask import NothingLoaded
from publish.effect import Moved, moved
from ui import park, release_tables, show
from ui.kept import kept
from ui.trouble import failure
from ui.upload_effect import trial
from ui.view import View
from words import Words

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
    show.note(t("Once this file is accepted, the next release gives the new figures and says what changed."))
    rows = [
        {
            t("Figure"): release_tables.table_name(t, one.table),
            t("Of"): release_tables.about(t, one.labels),
            t("Before"): release_tables.value(t, one.table, one.before),
            t("After"): release_tables.value(t, one.table, one.after),
            t("In the release"): t("shown") if place in found.printed else t("hidden"),
        }
        for place, one in enumerate(found.changes[:MOST])
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("Figures that are public"), key="released_rows", width="content"
    )
    if len(found.changes) > MOST:
        show.note(t("The first {n:,} are listed.", n=MOST))
