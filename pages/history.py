"""What was accepted and taken back, by whom, what it did to the figures, and why a figure moved."""

from ui import history, moving, page, past, show

view = page.open("history")
t = view.t
show.title(view, t("History"), t("Every file accepted and every undo: who, when, and what it did to the figures."))
receipts = past.receipts()
if not receipts:
    show.nothing(view, t("Nothing was ever loaded here: every file accepted will have its receipt on this page."))
else:
    asked = show.choice(
        view, t("Show"), {"receipts": t("Receipts"), "moved": t("Why did this number move?")}, key="show"
    )
    if asked == "moved":
        moving.explained(view, receipts)
    else:
        history.chain(view, receipts)
        history.listed(view, history.chosen(view, receipts), receipts)
