"""Where the park stands: who is hosted, who has left, who is still alive, and who came in."""

from charts import bars, lines
from ui import page, show

view = page.open("overview")
t = view.t
show.title(view, t("Where the park stands"))
show.tiles(view, ["hosted", "former", "survival_5y", "entries"])
show.chart(view, bars.by_period, "entries", by=("month", "site"))
show.chart(view, lines.trend, "hosted", by=("year", "site"))
left, right = show.side_by_side(2)
with left:
    show.chart(view, bars.ranked, "hosted", by=("site",))
with right:
    show.chart(view, bars.ranked, "hosted", by=("sector",))
