"""What each number means: its sentence, its formula, its SQL, its limits, and what it says today."""

from metrics import METRICS
from ui import page, show

view = page.open("definitions")
t = view.t
show.title(view, t("Definitions"), t("Every number that Essaim reports, and the one meaning it has everywhere."))
found = show.search(t("Find a definition"), METRICS.values(), key="find")
for metric in found:
    show.declared(view, metric)
if not found:
    show.nothing(view, t("No definition bears these words."))
