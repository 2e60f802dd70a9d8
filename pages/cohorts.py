"""What became of each year's entrants, age by age."""

from charts import bars, triangle
from ui import page, show

view = page.open("cohorts")
t = view.t
show.title(
    view,
    t("Cohorts"),
    t("Each row is the firms of one cohort, each column an age. Hatched cells have not been lived through yet."),
)
by = show.choice(view, t("Cohorts are"), {"year": t("years of entry"), "cohort": t("intakes as named")}, key="by")
show.chart(view, triangle.triangle, "survival_by_age", by=(by,))
show.chart(view, bars.by_period, "entries", by=("year", "sector"))
