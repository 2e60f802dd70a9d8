"""Who came in, who moved and who left, and whether that is more than in other years."""

from charts import bars
from ui import page, show, windows

view = page.open("entries")
t = view.t
show.title(view, t("Entries and exits"), t("Firms that came in, in each period, and the same window over the years."))

with show.row():
    step = show.choice(view, t("Per"), {"month": t("month"), "quarter": t("quarter"), "year": t("year")}, key="step")
    by = show.choice(view, t("By"), {"site": t("site"), "sector": t("sector"), "cohort": t("cohort")}, key="by")

show.chart(view, bars.by_period, "entries", by=(step, by))
show.drawn(view, windows.chart(view), "entries", key="window", behind=lambda: windows.behind(view))

left, right = show.side_by_side(2)
with left:
    show.chart(view, bars.by_period, "exits", by=(step, by))
with right:
    show.chart(view, bars.by_period, "transfers", by=(step, by))
