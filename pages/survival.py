"""How long firms stay in activity, by which definition, and how sure that is."""

from charts import curve, endings, estimates
from ui import comparing, page, show

ESTIMATORS = (
    "survival_5y",
    "survival_km_5y",
    "survival_5y_eurostat",
    "survival_km_5y_founded",
    "survival_km_5y_left",
    "survival_rmst_5y",
)

view = page.open("survival")
t = view.t
show.title(view, t("Survival"), t("In activity, inside or outside the park. Leaving the park is not closing."))
show.tiles(view, ["survival_5y", "survival_km_5y", "survival_rmst_5y", "median_stay"])

by = show.choice(
    view,
    t("By"),
    {"": t("all firms together"), "site": t("site"), "sector": t("sector"), "cohort": t("cohort")},
    key="by",
)
show.chart(view, curve.survival, ("survival_curve", "survival_km_years"), by=(by,) if by else ())
comparing.verdict(view, by)

show.chart(view, estimates.estimates, ESTIMATORS)
show.note(
    t(
        "Why they differ: each starts its clock elsewhere, counts other firms, or asks for another day. "
        "The headline is the share on the fifth anniversary of entry; quote a figure with its definition."
    )
)
show.unknown_fates(view)
show.chart(view, endings.outcomes, "survival_outcomes")
