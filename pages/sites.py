"""How the sites and the sectors compare, what the mix becomes over the years, and one site in full."""

from charts import bars, lines, map, mixture
from ui import page, show

view = page.open("sites")
t = view.t
show.title(view, t("Sites and sectors"), t("Every site on one scale, and what the park is made of."))

left, right = show.side_by_side(2)
with left:
    show.chart(view, map.sites, "hosted", by=("site",))
with right:
    show.chart(view, bars.ranked, "occupancy", by=("site",))

show.chart(view, lines.multiples, "hosted", by=("year", "site"))
show.chart(view, mixture.mix, "hosted", by=("year", "sector"))

show.section(t("One site in full"))
site = show.choice(view, t("Site"), {name: name for name in view.scope.sites or view.sites}, key="one")
show.tiles(view, ["hosted", "former", "survival_5y", "entries"], changes={"sites": (site,)})
left, right = show.side_by_side(2)
with left:
    show.chart(view, bars.by_period, "entries", by=("year", "sector"), changes={"sites": (site,)}, key="one-entries")
with right:
    show.chart(view, bars.ranked, "hosted", by=("sector",), changes={"sites": (site,)}, key="one-sectors")
